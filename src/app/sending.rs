//! Sending: a file goes to some of those who are here, and each answers for itself.

use super::reports;
use super::{
    App, Attendance, Author, ConnectionId, Content, Effect, Item, ItemId, Picture, PictureSize,
    Receipt,
};
use crate::report::{File, Report, Who};
use crate::transfer::Proposal;
use std::time::Instant;

/// A file that is to go out.
#[derive(Debug, Clone)]
pub struct Parcel {
    /// What it is.
    pub proposal: Proposal,
    /// Where its bytes are.
    pub content: Content,
}

impl Parcel {
    /// What it is, told to programs.
    pub fn told(&self) -> File {
        reports::file(&self.proposal)
    }
}

impl App {
    /// Offers a file to these peers, who are here. It is in the trail from now on.
    pub(super) fn send(
        &mut self,
        parcel: Parcel,
        order: Option<String>,
        receivers: Vec<Receipt>,
        now: Instant,
    ) -> (ItemId, Vec<Effect>) {
        let item = ItemId(self.take_id());
        let Parcel { proposal, content } = parcel;
        let mut effects: Vec<Effect> = receivers
            .iter()
            .map(|receipt| Effect::Propose {
                connection: receipt.connection,
                item,
                proposal: proposal.clone(),
                content: content.clone(),
            })
            .collect();
        if self.settings.attendance == Attendance::Person && proposal.media_type.is_picture() {
            let content = content.clone();
            effects.push(Effect::Decode { item, size: PictureSize::Small, content });
        }
        self.reports.push(Report::Sending {
            order: order.clone(),
            file: reports::file(&proposal),
            to: receivers.iter().map(Receipt::who).collect(),
        });
        self.trail.add(Item {
            id: item,
            author: Author::Local,
            proposal,
            at: now,
            picture: Picture::Pending,
            content,
            receipts: receivers,
            order,
        });
        (item, effects)
    }

    /// The receipts that are awaited of those of these peers who are here.
    pub(super) fn receivers(&self, of: &[ConnectionId]) -> Vec<Receipt> {
        let receivers = self.room.receivers();
        receivers.filter(|peer| of.contains(&peer.connection)).map(Receipt::of).collect()
    }
}

impl Receipt {
    /// Whom it is awaited of, told to programs.
    pub(super) fn who(&self) -> Who {
        let (connection, name) = (self.connection.0, self.name.to_string());
        Who { connection, name, id: self.id.clone() }
    }
}
