//! Orders: what a program asks for, where no person does.

use super::sending::Parcel;
use super::{Answer, App, Audience, ConnectionId, Effect};
use crate::transfer::TransferId;
use std::time::Instant;

/// One thing that a program asks for.
#[derive(Debug, Clone)]
pub enum Order {
    /// Sends a file.
    Send {
        /// What the program calls it: reports of it say so.
        order: String,
        /// What.
        parcel: Parcel,
        /// To these.
        to: Vec<ConnectionId>,
    },
    /// Says to a file that is offered whether it is taken.
    Answer {
        /// By whom it is offered.
        connection: ConnectionId,
        /// Which.
        transfer: TransferId,
        /// What is said.
        answer: Answer,
    },
    /// Stops what was asked for by this name.
    Cancel {
        /// The name.
        order: String,
    },
}

impl App {
    /// Does what a program asks for. What is not, or no longer, possible is left: reports tell.
    pub(super) fn obey(&mut self, order: Order, now: Instant) -> Vec<Effect> {
        match order {
            Order::Send { order, parcel, to } => {
                let receivers = self.receivers(&to);
                let to = (Audience::Here, receivers);
                self.send(parcel, Some(order), to, now).1
            }
            Order::Answer { connection, transfer, answer } => {
                self.answer_to(connection, transfer, answer, now)
            }
            Order::Cancel { order } => {
                let item = self.trail.iter().find(|item| item.order.as_ref() == Some(&order));
                item.map(|item| item.id).map_or_else(Vec::new, |item| self.cancel_item(item))
            }
        }
    }
}
