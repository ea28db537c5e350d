//! Sending: a file goes to some of those who are here, and each answers for itself.

use super::reports;
use super::{
    App, Attendance, Author, ConnectionId, Content, Effect, Item, ItemId, Picture, PictureSize,
    Receipt,
};
use crate::report::{File, Report, Who};
use crate::text::FileName;
use crate::transfer::{Dimensions, MediaType, Proposal};
use std::time::Instant;

/// A file that is to go out.
#[derive(Debug, Clone)]
pub struct Parcel {
    /// What it is called.
    pub name: FileName,
    /// What it is.
    pub media_type: MediaType,
    /// In bytes.
    pub size: u64,
    /// For pictures.
    pub dimensions: Option<Dimensions>,
    /// Where its bytes are.
    pub content: Content,
}

impl Parcel {
    /// What it is, told to programs.
    pub fn told(&self) -> File {
        reports::file(&self.proposal())
    }

    fn proposal(&self) -> Proposal {
        Proposal {
            name: self.name.clone(),
            media_type: self.media_type.clone(),
            size: self.size,
            dimensions: self.dimensions,
        }
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
        let proposal = parcel.proposal();
        let mut effects: Vec<Effect> = receivers
            .iter()
            .map(|receipt| Effect::Propose {
                connection: receipt.connection,
                item,
                proposal: proposal.clone(),
                content: parcel.content.clone(),
            })
            .collect();
        if self.settings.attendance == Attendance::Person && parcel.media_type.is_picture() {
            let content = parcel.content.clone();
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
            name: parcel.name,
            media_type: parcel.media_type,
            size: parcel.size,
            dimensions: parcel.dimensions,
            at: now,
            picture: Picture::Pending,
            content: parcel.content,
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

impl Item {
    /// What it is, as it is proposed.
    pub(super) fn proposal(&self) -> Proposal {
        Proposal {
            name: self.name.clone(),
            media_type: self.media_type.clone(),
            size: self.size,
            dimensions: self.dimensions,
        }
    }
}

impl Receipt {
    /// Whom it is awaited of, told to programs.
    pub(super) fn who(&self) -> Who {
        let (connection, name) = (self.connection.0, self.name.to_string());
        Who { connection, name, id: self.id.clone() }
    }
}
