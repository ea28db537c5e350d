//! What is under way, in both directions: how far, how fast, and who lets it rest.

use super::event::PeerEvent;
use super::{App, ConnectionId, Effect, Item, ItemId, Mood, RecordId, reports};
use crate::report::{Report, Taken, Who};
use crate::text::SafeText;
use crate::transfer::{Direction, Proposal, Reason, Side, TransferId};
use std::time::{Duration, Instant};

/// What tells a transfer from every other: its connection, its way, and its number there.
pub type TransferKey = (ConnectionId, Direction, TransferId);

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
    /// That person's fingerprint.
    pub id: String,
    /// The item that goes out.
    pub item: Option<ItemId>,
    /// What it is.
    pub proposal: Proposal,
    /// How far it is.
    pub phase: TransferPhase,
    /// Whose person lets it rest, if one does.
    pub rests: Option<Side>,
    /// What it is remembered by.
    pub record: RecordId,
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
            TransferPhase::Moving { offset, rate, .. } if rate > 1.0 && self.rests.is_none() => {
                let seconds = self.proposal.size.saturating_sub(offset) as f64 / rate;
                Duration::try_from_secs_f64(seconds).ok()
            }
            _ => None,
        }
    }

    /// The other side, told to programs.
    pub(super) fn who(&self) -> Who {
        let (connection, name) = (self.connection.0, self.name.to_string());
        Who { connection, name, id: self.id.clone() }
    }

    /// How it is, for whoever begins to listen: of what comes in, that it was offered; and how far
    /// what is taken has come.
    pub(super) fn present(&self) -> Vec<Report> {
        let asked = self.phase == TransferPhase::Asked;
        let proposal = (self.direction == Direction::Incoming).then(|| Report::Proposal {
            transfer: self.told(),
            from: self.who(),
            file: reports::file(&self.proposal),
            answer: if asked { Taken::Asked } else { Taken::Taken },
        });
        proposal.into_iter().chain((!asked).then(|| self.report_progress())).collect()
    }

    fn report_progress(&self) -> Report {
        let offset = match self.phase {
            TransferPhase::Moving { offset, .. } => offset,
            TransferPhase::Asked | TransferPhase::Waiting => 0,
        };
        Report::Progress {
            transfer: self.told(),
            peer: self.who(),
            name: self.proposal.name.to_string(),
            offset,
            size: self.proposal.size,
            rate: self.rate(),
        }
    }

    /// What has it rest.
    pub(super) fn rest(&self) -> Effect {
        let (connection, direction, transfer) = self.key();
        Effect::Pause { connection, direction, transfer }
    }

    /// What has it go on.
    pub(super) fn go_on(&self) -> Effect {
        let (connection, direction, transfer) = self.key();
        Effect::Continue { connection, direction, transfer }
    }

    /// What tells it from every other.
    pub fn key(&self) -> TransferKey {
        (self.connection, self.direction, self.transfer)
    }

    /// What stops it.
    pub(super) fn stop(&self) -> Effect {
        let (connection, transfer) = (self.connection, self.transfer);
        match self.direction {
            Direction::Outgoing => Effect::Cancel { connection, transfer },
            Direction::Incoming => Effect::Decline { connection, transfer, reason: Reason::Person },
        }
    }

    fn rate(&self) -> f64 {
        match self.phase {
            TransferPhase::Moving { rate, .. } => rate,
            TransferPhase::Asked | TransferPhase::Waiting => 0.0,
        }
    }

    /// Forgets how fast it was.
    fn begin_rate(&mut self, now: Instant) {
        if let TransferPhase::Moving { rate, at, .. } = &mut self.phase {
            (*rate, *at) = (0.0, now);
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
    pub(super) list: Vec<Transfer>,
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

    /// The one of this key.
    pub fn get(&self, key: TransferKey) -> Option<&Transfer> {
        self.list.iter().find(|transfer| transfer.key() == key)
    }

    fn find(&mut self, key: TransferKey) -> Option<&mut Transfer> {
        self.list.iter_mut().find(|transfer| transfer.key() == key)
    }

    fn take(&mut self, key: TransferKey) -> Option<Transfer> {
        let at = self.list.iter().position(|transfer| transfer.key() == key)?;
        Some(self.list.remove(at))
    }

    /// Takes all that go over a connection, which is over.
    /// Whether anything moves to or from a peer.
    pub fn move_over(&self, connection: ConnectionId) -> bool {
        let moves = |it: &Transfer| matches!(it.phase, TransferPhase::Moving { .. });
        self.iter().any(|it| it.connection == connection && moves(it) && it.rests.is_none())
    }

    pub(super) fn take_all(&mut self, connection: ConnectionId) -> Vec<Transfer> {
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
            PeerEvent::Proposed { transfer, proposal, held } => {
                return self.handle_proposed(connection, transfer, (proposal, held), now);
            }
            PeerEvent::Offered { item, transfer } => {
                return self.handle_offered(connection, item, transfer);
            }
            PeerEvent::Accepted { transfer, offset } => {
                self.begin((connection, Direction::Outgoing, transfer), offset, now);
            }
            PeerEvent::Resumed { transfer, offset } => {
                self.begin((connection, Direction::Incoming, transfer), offset, now);
            }
            PeerEvent::Unread(text) => self.notices.say(Mood::Bad, text, now),
            PeerEvent::Paused { direction, transfer, by } => {
                self.rest((connection, direction, transfer), by, now);
            }
            PeerEvent::Continued { direction, transfer } => {
                self.rests_no_more((connection, direction, transfer), now);
            }
            PeerEvent::Progress { direction, transfer, offset } => {
                if let Some(transfer) = self.transfers.find((connection, direction, transfer)) {
                    transfer.progress(offset, now);
                    self.reports.push(Report::Progress {
                        transfer: transfer.told(),
                        peer: transfer.who(),
                        name: transfer.proposal.name.to_string(),
                        offset,
                        size: transfer.proposal.size,
                        rate: transfer.rate(),
                    });
                }
            }
            PeerEvent::Ended { direction, transfer, end, path } => {
                let Some(transfer) = self.transfers.take((connection, direction, transfer)) else {
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

    /// A transfer rests: whose person wants it so is said.
    fn rest(&mut self, key: TransferKey, by: Side, now: Instant) {
        let Some(transfer) = self.transfers.find(key) else { return };
        transfer.rests = Some(by);
        transfer.begin_rate(now);
        let (file, name) = (&transfer.proposal.name, &transfer.name);
        let text = match by {
            Side::Local => format!("{file} is paused"),
            Side::Remote => format!("{name} has paused {file}"),
        };
        self.notices.say(Mood::Info, text, now);
    }

    fn rests_no_more(&mut self, key: TransferKey, now: Instant) {
        let Some(transfer) = self.transfers.find(key) else { return };
        let by = transfer.rests.take();
        transfer.begin_rate(now);
        let (file, name) = (&transfer.proposal.name, &transfer.name);
        let text = match by {
            Some(Side::Remote) => format!("{name} lets {file} go on"),
            Some(Side::Local) | None => format!("{file} goes on"),
        };
        self.notices.say(Mood::Info, text, now);
    }

    /// A transfer begins to move, perhaps behind what is there already.
    fn begin(&mut self, key: TransferKey, offset: u64, now: Instant) {
        let Some(transfer) = self.transfers.find(key) else { return };
        transfer.phase = TransferPhase::Moving { offset, rate: 0.0, at: now };
        if offset > 0 {
            let percent = (transfer.ratio() * 100.0) as u32;
            let text = format!("{} goes on at {percent} %", transfer.proposal.name);
            self.notices.say(Mood::Info, text, now);
        }
    }

    /// Stops the newest transfer; an item that goes to several is stopped for all of them.
    pub(super) fn cancel_newest(&mut self, now: Instant) -> Vec<Effect> {
        let Some(newest) = self.transfers.list.last() else {
            let waits = self.trail.iter().any(Item::is_awaited);
            let text = if waits { "nothing is under way; p shows what waits" } else { IDLE };
            self.notices.say(Mood::Info, text, now);
            return Vec::new();
        };
        match newest.item {
            Some(item) => self.cancel_item(item),
            None => vec![newest.stop()],
        }
    }
}

const IDLE: &str = "nothing is under way";
/// The shortest time that a rate is measured over.
const RATE_STEP_SECONDS: f64 = 0.05;
/// How much the newest measurement counts.
const RATE_WEIGHT: f64 = 0.3;
