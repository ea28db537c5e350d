//! What is under way, in both directions: how far, how fast, and what a person is asked.

use super::event::PeerEvent;
use super::{
    Answer, App, Author, ConnectionId, Content, Effect, Item, ItemId, Mood, Picture, PictureSize,
    ReceiptState, why,
};
use crate::text::SafeText;
use crate::transfer::{Direction, End, Proposal, Reason, TransferId};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// One transfer.
#[derive(Debug, Clone)]
pub struct Transfer {
    /// Over which connection.
    pub connection: ConnectionId,
    /// Which way.
    pub direction: Direction,
    /// Its number on that connection.
    pub transfer: TransferId,
    /// The other side's person.
    pub name: SafeText,
    /// The item that goes out.
    pub item: Option<ItemId>,
    /// What it is.
    pub proposal: Proposal,
    /// How far it is.
    pub phase: TransferPhase,
}

/// How far a transfer is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TransferPhase {
    /// The person here is asked.
    Asked,
    /// The other side is asked.
    Waiting,
    /// Bytes are under way.
    Moving {
        /// What the receiver has, in bytes.
        offset: u64,
        /// In bytes a second, smoothed; 0 before it is known.
        rate: f64,
        /// When `offset` was told.
        at: Instant,
    },
}

impl Transfer {
    /// How much of it is done, from 0 to 1.
    pub fn ratio(&self) -> f64 {
        match self.phase {
            TransferPhase::Moving { offset, .. } if self.proposal.size > 0 => {
                (offset as f64 / self.proposal.size as f64).min(1.0)
            }
            _ => 0.0,
        }
    }

    /// How long it will take from now, once that can be said.
    pub fn time_left(&self) -> Option<Duration> {
        match self.phase {
            TransferPhase::Moving { offset, rate, .. } if rate > 1.0 => {
                let seconds = self.proposal.size.saturating_sub(offset) as f64 / rate;
                Duration::try_from_secs_f64(seconds).ok()
            }
            _ => None,
        }
    }

    fn progress(&mut self, to: u64, now: Instant) {
        let TransferPhase::Moving { offset, rate, at } = self.phase else { return };
        let seconds = now.saturating_duration_since(at).as_secs_f64();
        if seconds < RATE_STEP_SECONDS && to < self.proposal.size {
            return;
        }
        let newest = to.saturating_sub(offset) as f64 / seconds.max(RATE_STEP_SECONDS);
        let rate = if rate == 0.0 { newest } else { rate + RATE_WEIGHT * (newest - rate) };
        self.phase = TransferPhase::Moving { offset: to, rate, at: now };
    }
}

/// The transfers, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Transfers {
    list: Vec<Transfer>,
}

impl Transfers {
    /// All of them, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Transfer> + ExactSizeIterator {
        self.list.iter()
    }

    /// The oldest that a person is asked about.
    pub fn asked(&self) -> Option<&Transfer> {
        self.list.iter().find(|transfer| transfer.phase == TransferPhase::Asked)
    }

    fn find(
        &mut self,
        connection: ConnectionId,
        direction: Direction,
        transfer: TransferId,
    ) -> Option<&mut Transfer> {
        self.list.iter_mut().find(|t| {
            t.connection == connection && t.direction == direction && t.transfer == transfer
        })
    }

    fn take(
        &mut self,
        connection: ConnectionId,
        direction: Direction,
        transfer: TransferId,
    ) -> Option<Transfer> {
        let at = self.list.iter().position(|t| {
            t.connection == connection && t.direction == direction && t.transfer == transfer
        })?;
        Some(self.list.remove(at))
    }

    fn take_all(&mut self, connection: ConnectionId) -> Vec<Transfer> {
        self.list.extract_if(.., |transfer| transfer.connection == connection).collect()
    }
}

impl App {
    /// What the task of a peer says of its transfers.
    pub(super) fn handle_transfer(
        &mut self,
        connection: ConnectionId,
        event: PeerEvent,
        now: Instant,
    ) -> Vec<Effect> {
        match event {
            PeerEvent::Proposed { transfer, proposal } => {
                return self.handle_proposed(connection, transfer, proposal, now);
            }
            PeerEvent::Offered { item, transfer } => {
                let known = self.trail.iter().find(|known| known.id == item);
                if let (Some(known), Some(peer)) = (known, self.room.by_connection(connection)) {
                    let proposal = Proposal {
                        name: known.name.clone(),
                        media_type: known.media_type.clone(),
                        size: known.size,
                        dimensions: known.dimensions,
                    };
                    self.transfers.list.push(Transfer {
                        connection,
                        direction: Direction::Outgoing,
                        transfer,
                        name: peer.label(),
                        item: Some(item),
                        proposal,
                        phase: TransferPhase::Waiting,
                    });
                }
            }
            PeerEvent::Accepted { transfer } => {
                if let Some(transfer) =
                    self.transfers.find(connection, Direction::Outgoing, transfer)
                {
                    transfer.phase = TransferPhase::Moving { offset: 0, rate: 0.0, at: now };
                }
            }
            PeerEvent::Progress { direction, transfer, offset } => {
                if let Some(transfer) = self.transfers.find(connection, direction, transfer) {
                    transfer.progress(offset, now);
                }
            }
            PeerEvent::Ended { direction, transfer, end, path } => {
                let Some(transfer) = self.transfers.take(connection, direction, transfer) else {
                    return Vec::new();
                };
                return match direction {
                    Direction::Outgoing => self.handle_sent(&transfer, end, now),
                    Direction::Incoming => self.handle_received(transfer, end, path, now),
                };
            }
            _ => {}
        }
        Vec::new()
    }

    fn handle_proposed(
        &mut self,
        connection: ConnectionId,
        transfer: TransferId,
        proposal: Proposal,
        now: Instant,
    ) -> Vec<Effect> {
        let Some(peer) = self.room.by_connection(connection) else { return Vec::new() };
        let name = peer.label();
        let small = proposal.size <= self.settings.photo_bytes_max;
        let taken = proposal.media_type.is_picture() && small && !peer.is_doubted();
        let phase = if taken {
            TransferPhase::Moving { offset: 0, rate: 0.0, at: now }
        } else {
            TransferPhase::Asked
        };
        let direction = Direction::Incoming;
        self.transfers.list.push(Transfer {
            connection,
            direction,
            transfer,
            name,
            item: None,
            proposal,
            phase,
        });
        if taken { vec![Effect::Accept { connection, transfer }] } else { Vec::new() }
    }

    /// Answers the oldest file that is offered.
    pub(super) fn answer(&mut self, answer: Answer, now: Instant) -> Vec<Effect> {
        let asked = |t: &Transfer| t.phase == TransferPhase::Asked;
        let Some(at) = self.transfers.list.iter().position(asked) else { return Vec::new() };
        let Transfer { connection, transfer, .. } = self.transfers.list[at];
        match answer {
            Answer::Accept => {
                let moving = TransferPhase::Moving { offset: 0, rate: 0.0, at: now };
                self.transfers.list[at].phase = moving;
                vec![Effect::Accept { connection, transfer }]
            }
            Answer::Decline => {
                let Transfer { name, proposal, .. } = self.transfers.list.remove(at);
                let text = format!("{} from {name} was declined", proposal.name);
                self.notices.say(Mood::Info, text, now);
                vec![Effect::Decline { connection, transfer, reason: Reason::Person }]
            }
        }
    }

    /// Stops the newest transfer; an item that goes to several is stopped for all of them.
    pub(super) fn cancel_newest(&mut self, now: Instant) -> Vec<Effect> {
        let Some(newest) = self.transfers.list.last() else {
            self.notices.say(Mood::Info, "nothing is under way", now);
            return Vec::new();
        };
        let stop = |t: &Transfer| {
            let (connection, transfer) = (t.connection, t.transfer);
            match t.direction {
                Direction::Outgoing => Effect::Cancel { connection, transfer },
                Direction::Incoming => {
                    Effect::Decline { connection, transfer, reason: Reason::Person }
                }
            }
        };
        match newest.item {
            Some(item) => {
                self.transfers.list.iter().filter(|t| t.item == Some(item)).map(stop).collect()
            }
            None => vec![stop(newest)],
        }
    }

    fn handle_sent(&mut self, sent: &Transfer, end: End, now: Instant) -> Vec<Effect> {
        let (name, file) = (&sent.name, &sent.proposal.name);
        let state = match end {
            End::Done(_) => {
                self.notices.say(Mood::Good, format!("{name} has {file}"), now);
                ReceiptState::Delivered
            }
            End::Local(Reason::Person) => {
                self.notices.say(Mood::Info, format!("sending {file} was stopped"), now);
                ReceiptState::Failed(why(Reason::Person))
            }
            End::Remote(Reason::Person) => {
                self.notices.say(Mood::Info, format!("{name} did not take {file}"), now);
                ReceiptState::Failed("declined")
            }
            End::Local(reason) | End::Remote(reason) => {
                let text = format!("{file} did not reach {name}: {}", why(reason));
                self.notices.say(Mood::Bad, text, now);
                ReceiptState::Failed(why(reason))
            }
        };
        if let Some(item) = sent.item {
            self.trail.set_receipt(item, sent.connection, state);
        }
        Vec::new()
    }

    fn handle_received(
        &mut self,
        received: Transfer,
        end: End,
        path: Option<PathBuf>,
        now: Instant,
    ) -> Vec<Effect> {
        let Transfer { name, proposal, .. } = received;
        let file = &proposal.name;
        match (end, path) {
            (End::Done(_), Some(path)) => {
                self.notices.say(Mood::Good, format!("{file} from {name}"), now);
                let item = ItemId(self.take_id());
                let content = Content::File(path);
                self.trail.add(Item {
                    id: item,
                    author: Author::Remote(name),
                    name: proposal.name,
                    media_type: proposal.media_type,
                    size: proposal.size,
                    dimensions: proposal.dimensions,
                    at: now,
                    picture: Picture::Pending,
                    content: content.clone(),
                    receipts: Vec::new(),
                });
                return vec![Effect::Decode { item, size: PictureSize::Small, content }];
            }
            (End::Local(Reason::Person), _) => {
                self.notices.say(Mood::Info, format!("{file} from {name} was stopped"), now);
            }
            (End::Remote(Reason::Person), _) => {
                self.notices.say(Mood::Info, format!("{name} took {file} back"), now);
            }
            (End::Local(Reason::DiskFull | Reason::Storage), _) => {
                let folder = self.settings.folder.display();
                let text = format!("{file} could not be saved: check space and rights of {folder}");
                self.notices.say(Mood::Bad, text, now);
            }
            (End::Local(reason) | End::Remote(reason), _) => {
                let text = format!("{file} from {name} did not arrive: {}", why(reason));
                self.notices.say(Mood::Bad, text, now);
            }
            (End::Done(_), None) => {}
        }
        Vec::new()
    }

    /// A connection is over, and with it what went over it.
    pub(super) fn fail_transfers(&mut self, connection: ConnectionId, now: Instant) {
        for transfer in self.transfers.take_all(connection) {
            let (name, file) = (&transfer.name, &transfer.proposal.name);
            let text = match transfer.direction {
                Direction::Outgoing => format!("{file} did not reach {name}: connection lost"),
                Direction::Incoming => format!("{file} from {name} is not whole: connection lost"),
            };
            self.notices.say(Mood::Bad, text, now);
        }
        // With what was not even offered yet.
        self.trail.fail_receipts(connection, "connection lost");
    }
}

/// The shortest time that a rate is measured over.
const RATE_STEP_SECONDS: f64 = 0.05;
/// How much the newest measurement counts.
const RATE_WEIGHT: f64 = 0.3;
