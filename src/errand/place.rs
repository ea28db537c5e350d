//! The room of an errand: one of this program, or one that a daemon keeps open.

use crate::app::{Event, Order};
use crate::report::Report;
use crate::shell::Shell;

/// The room, as far as an errand sees of it.
pub enum Place {
    /// This program is in it.
    Here(Box<Shell>),
}

impl Place {
    /// The room that this program is in.
    pub fn here(mut shell: Shell) -> Self {
        shell.listen();
        Self::Here(Box::new(shell))
    }

    /// What happens next; nothing more ever, if the room is gone. Cancel-safe.
    pub async fn next(&mut self) -> Option<Report> {
        match self {
            Self::Here(shell) => loop {
                if let Some(report) = shell.next_report() {
                    return Some(report);
                }
                let event = shell.next().await;
                shell.apply(event);
            },
        }
    }

    /// What has happened already and was not told yet.
    pub fn rest(&mut self) -> Vec<Report> {
        match self {
            Self::Here(shell) => std::iter::from_fn(|| shell.next_report()).collect(),
        }
    }

    /// Asks the room for something.
    pub fn order(&mut self, order: Order) {
        match self {
            Self::Here(shell) => shell.apply(Event::Order(order)),
        }
    }

    /// Leaves it. What was said last, such as a receipt, goes out before.
    pub async fn close(self) {
        match self {
            Self::Here(shell) => shell.close().await,
        }
    }
}
