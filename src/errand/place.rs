//! The room of an errand: one that this program is in, or one that a daemon keeps open.

use super::spool::Spool;
use crate::app::{Answer, Content, Event, Order, Parcel};
use crate::daemon::{Client, Request};
use crate::picture::Metadata;
use crate::report::{Report, TransferRef, Way};
use crate::shell::Shell;
use crate::transfer::Proposal;
use std::io;

/// The room, as far as an errand sees of it.
pub enum Place {
    /// This program is in it.
    Here(Box<Shell>),
    /// A daemon is.
    Daemon {
        /// The way to it.
        client: Box<Client>,
        /// What it reads of this program.
        spool: Spool,
    },
}

impl Place {
    /// The room that this program is in.
    pub fn here(mut shell: Shell) -> Self {
        shell.listen();
        Self::Here(Box::new(shell))
    }

    /// The room that a daemon keeps open.
    pub async fn daemon(mut client: Client) -> io::Result<Self> {
        client.request(&Request::Watch).await?;
        Ok(Self::Daemon { client: Box::new(client), spool: Spool::new()? })
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
            Self::Daemon { client, spool } => match client.next().await {
                Ok(report) => {
                    if let Some(report) = &report {
                        spool.handle(report);
                    }
                    report
                }
                Err(error) => {
                    tracing::warn!(%error, "the daemon");
                    None
                }
            },
        }
    }

    /// What has happened already and was not told yet.
    pub fn rest(&mut self) -> Vec<Report> {
        match self {
            Self::Here(shell) => std::iter::from_fn(|| shell.next_report()).collect(),
            Self::Daemon { .. } => Vec::new(),
        }
    }

    /// Asks the room for something. Fails if it cannot be asked.
    pub async fn order(&mut self, order: Order) -> io::Result<()> {
        match self {
            Self::Here(shell) => {
                shell.apply(Event::Order(order));
                Ok(())
            }
            Self::Daemon { client, spool } => client.request(&request(order, spool)?).await,
        }
    }

    /// Leaves it. What was said last, such as a receipt, goes out before.
    pub async fn close(self) {
        match self {
            Self::Here(shell) => shell.close().await,
            Self::Daemon { .. } => {}
        }
    }
}

/// What a daemon is asked.
fn request(order: Order, spool: &mut Spool) -> io::Result<Request> {
    Ok(match order {
        Order::Send { order, parcel, to } => {
            let file = parcel.told();
            let Parcel { content, proposal } = parcel;
            let Proposal { modified, executable, .. } = proposal;
            let keep_exif = matches!(content, Content::Folder(_, Metadata::Kept));
            let path = spool.path(&order, content, to.len())?;
            let to = to.iter().map(|connection| connection.0).collect();
            Request::Send { order, path, file, to, modified, executable, keep_exif }
        }
        Order::Answer { connection, transfer, answer } => {
            let (connection, number) = (connection.0, transfer.0);
            let transfer = TransferRef { connection, way: Way::In, number };
            match answer {
                Answer::Accept => Request::Accept { transfer },
                Answer::Decline(reason) => Request::Decline { transfer, reason },
            }
        }
        Order::Cancel { order } => Request::Cancel { order },
    })
}
