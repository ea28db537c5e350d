//! How the last incoming transfers ended here, for a sender who may not have heard of it.

use super::message::{Digest, Message, Reason, TransferId};
use std::collections::VecDeque;

/// The last ends, oldest first.
#[derive(Debug, Default)]
pub(super) struct Settled {
    ends: VecDeque<(TransferId, Settlement)>,
}

/// What a sender is told of a transfer that is over.
#[derive(Debug, Clone, Copy)]
pub(super) enum Settlement {
    /// It is whole, and in its place.
    Stored(Digest),
    /// It was not taken, or no longer.
    Declined(Reason),
}

impl Settled {
    /// Keeps one, and lets go of the oldest if there are more than a sender can have open.
    pub fn keep(&mut self, transfer: TransferId, settlement: Settlement, open_max: u32) {
        self.ends.push_back((transfer, settlement));
        while self.ends.len() > open_max as usize {
            self.ends.pop_front();
        }
    }

    /// What is said to a sender that proposes it once more.
    pub fn answer(&self, transfer: TransferId) -> Option<Message> {
        let (_, settlement) = self.ends.iter().find(|(known, _)| *known == transfer)?;
        Some(settlement.message(transfer))
    }
}

impl Settlement {
    pub fn message(self, transfer: TransferId) -> Message {
        match self {
            Self::Stored(digest) => Message::Confirm { transfer, digest },
            Self::Declined(reason) => Message::Decline { transfer, reason },
        }
    }
}
