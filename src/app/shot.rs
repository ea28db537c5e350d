//! The photo between snap and send: taken, held, sent, thrown away, or kept at the end.

use super::event::Snap;
use super::{App, Content, Effect, ItemId, Mood, Parcel, Screen};
use crate::transfer::{Dimensions, MediaType, Proposal};
use std::path::PathBuf;
use std::time::Instant;

/// The photo between snap and send.
#[derive(Debug, Clone)]
pub enum Shot {
    /// The preview is live.
    None,
    /// A frame is being made a photo.
    Taking(Then),
    /// It waits for Enter or Esc.
    Held(Snap),
}

/// What happens to a photo once it is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// It is held.
    Hold,
    /// It is sent at once.
    Send,
}

impl App {
    /// Takes a photo.
    pub(super) fn snap(&mut self, then: Then) -> Vec<Effect> {
        self.screen = Screen::Room;
        match self.shot {
            Shot::None => {
                self.shot = Shot::Taking(then);
                vec![Effect::Snap]
            }
            // A second press takes another picture in place of the held one.
            Shot::Held(_) if then == Then::Hold => {
                self.shot = Shot::Taking(then);
                vec![Effect::Snap]
            }
            Shot::Held(_) | Shot::Taking(_) => Vec::new(),
        }
    }

    /// It is taken, or there is none.
    pub(super) fn handle_snapped(
        &mut self,
        outcome: Result<Snap, String>,
        now: Instant,
    ) -> Vec<Effect> {
        let Shot::Taking(then) = self.shot else { return Vec::new() };
        match outcome {
            Ok(snap) => {
                self.shot = Shot::Held(snap);
                if then == Then::Send { self.send_held(now) } else { Vec::new() }
            }
            Err(why) => {
                self.shot = Shot::None;
                self.notices.say(Mood::Bad, why, now);
                Vec::new()
            }
        }
    }

    /// Sends the held photo to everyone, or to those who are chosen.
    pub(super) fn send_held(&mut self, now: Instant) -> Vec<Effect> {
        let Shot::Held(snap) = &self.shot else {
            if matches!(self.shot, Shot::None) && matches!(self.screen, Screen::Room) {
                self.notices.say(Mood::Info, "nothing to send yet: s takes a photo", now);
            }
            return Vec::new();
        };
        let snap = snap.clone();
        let bytes = snap.photo.bytes.clone();
        let proposal = Proposal {
            dimensions: Some(Dimensions { width: snap.photo.width, height: snap.photo.height }),
            ..Proposal::new(snap.name.clone(), MediaType::jpeg(), bytes.len() as u64)
        };
        let parcel = Parcel { proposal, content: Content::Bytes(bytes.clone()) };
        let Some((item, mut effects)) = self.hand_over(parcel, now) else { return Vec::new() };
        self.shot = Shot::None;
        effects.push(Effect::Keep { item, name: snap.name, bytes });
        effects
    }

    /// Ends the program; a held photo is kept.
    pub(super) fn quit(&mut self) -> Vec<Effect> {
        self.quitting = true;
        let mut effects = Vec::new();
        if let Shot::Held(snap) = std::mem::replace(&mut self.shot, Shot::None) {
            let (item, bytes) = (ItemId(self.take_id()), snap.photo.bytes.clone());
            effects.push(Effect::Keep { item, name: snap.name, bytes });
        }
        effects.push(Effect::Quit);
        effects
    }

    /// A photo lies in the save folder, or does not.
    pub(super) fn handle_kept(
        &mut self,
        item: ItemId,
        path: Result<PathBuf, String>,
        now: Instant,
    ) {
        match path {
            Ok(path) => self.trail.set_content(item, Content::File(path)),
            Err(why) => self.notices.say(Mood::Bad, why, now),
        }
    }
}
