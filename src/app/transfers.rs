//! What is under way, in both directions: how far, how fast, and what a person is asked.

use super::event::PeerEvent;
use super::{
    Answer, App, Attendance, Author, ConnectionId, Content, Effect, Item, ItemId, Mood, Picture,
    PictureSize, Receipt as TrailReceipt, ReceiptState, reports, why,
};
use crate::report::{Code, Receipt, Report, Taken, TransferRef, Who};
use crate::text::{FileName, SafeText};
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
    /// That person's fingerprint.
    pub id: String,
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

    /// The other side, told to programs.
    fn who(&self) -> Who {
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

    /// What stops it.
    fn stop(&self) -> Effect {
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
            PeerEvent::Proposed { transfer, proposal, held: _ } => {
                return self.handle_proposed(connection, transfer, proposal, now);
            }
            PeerEvent::Offered { item, transfer } => {
                let known = self.trail.iter().find(|known| known.id == item);
                if let (Some(known), Some(peer)) = (known, self.room.by_connection(connection)) {
                    let proposal = known.proposal.clone();
                    self.transfers.list.push(Transfer {
                        connection,
                        direction: Direction::Outgoing,
                        transfer,
                        name: peer.label(),
                        id: peer.who().id,
                        item: Some(item),
                        proposal,
                        phase: TransferPhase::Waiting,
                    });
                }
            }
            PeerEvent::Accepted { transfer, offset } => {
                self.go_on(connection, Direction::Outgoing, transfer, offset, now);
            }
            PeerEvent::Resumed { transfer, offset } => {
                self.go_on(connection, Direction::Incoming, transfer, offset, now);
            }
            PeerEvent::Progress { direction, transfer, offset } => {
                if let Some(transfer) = self.transfers.find(connection, direction, transfer) {
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

    /// A transfer begins to move, perhaps behind what is there already.
    fn go_on(
        &mut self,
        connection: ConnectionId,
        direction: Direction,
        transfer: TransferId,
        offset: u64,
        now: Instant,
    ) {
        let Some(transfer) = self.transfers.find(connection, direction, transfer) else { return };
        transfer.phase = TransferPhase::Moving { offset, rate: 0.0, at: now };
        if offset > 0 {
            let percent = (transfer.ratio() * 100.0) as u32;
            let text = format!("{} goes on at {percent} %", transfer.proposal.name);
            self.notices.say(Mood::Info, text, now);
        }
    }

    fn handle_proposed(
        &mut self,
        connection: ConnectionId,
        transfer: TransferId,
        proposal: Proposal,
        now: Instant,
    ) -> Vec<Effect> {
        let Some(peer) = self.room.by_connection(connection) else { return Vec::new() };
        let (name, who) = (peer.label(), peer.who());
        let small = proposal.size <= self.settings.photo_bytes_max;
        let attended = self.settings.attendance == Attendance::Person;
        let taken = attended && proposal.media_type.is_picture() && small && !peer.is_doubted();
        let phase = if taken {
            TransferPhase::Moving { offset: 0, rate: 0.0, at: now }
        } else {
            TransferPhase::Asked
        };
        let incoming = Transfer {
            connection,
            direction: Direction::Incoming,
            transfer,
            name,
            id: who.id.clone(),
            item: None,
            proposal,
            phase,
        };
        self.reports.push(Report::Proposal {
            transfer: incoming.told(),
            from: who,
            file: reports::file(&incoming.proposal),
            answer: if taken { Taken::Taken } else { Taken::Asked },
        });
        self.transfers.list.push(incoming);
        if taken { vec![Effect::Accept { connection, transfer }] } else { Vec::new() }
    }

    /// Answers the oldest file that is offered.
    pub(super) fn answer(&mut self, answer: Answer, now: Instant) -> Vec<Effect> {
        let asked = self.transfers.asked().map(|asked| (asked.connection, asked.transfer));
        asked.map_or_else(Vec::new, |(connection, transfer)| {
            self.answer_to(connection, transfer, answer, now)
        })
    }

    /// Answers a file that is offered, unless it was answered before.
    pub(super) fn answer_to(
        &mut self,
        connection: ConnectionId,
        transfer: TransferId,
        answer: Answer,
        now: Instant,
    ) -> Vec<Effect> {
        let asked = |t: &Transfer| {
            t.phase == TransferPhase::Asked && (t.connection, t.transfer) == (connection, transfer)
        };
        let Some(at) = self.transfers.list.iter().position(asked) else { return Vec::new() };
        match answer {
            Answer::Accept => {
                let moving = TransferPhase::Moving { offset: 0, rate: 0.0, at: now };
                self.transfers.list[at].phase = moving;
                vec![Effect::Accept { connection, transfer }]
            }
            Answer::Decline(reason) => {
                let Transfer { name, proposal, .. } = self.transfers.list.remove(at);
                let text = format!("{} from {name} was declined", proposal.name);
                self.notices.say(Mood::Info, text, now);
                vec![Effect::Decline { connection, transfer, reason }]
            }
        }
    }

    /// Stops the newest transfer; an item that goes to several is stopped for all of them.
    pub(super) fn cancel_newest(&mut self, now: Instant) -> Vec<Effect> {
        let Some(newest) = self.transfers.list.last() else {
            self.notices.say(Mood::Info, "nothing is under way", now);
            return Vec::new();
        };
        match newest.item {
            Some(item) => self.cancel_item(item),
            None => vec![newest.stop()],
        }
    }

    /// Stops an item that goes out, for all that it goes to.
    pub(super) fn cancel_item(&self, item: ItemId) -> Vec<Effect> {
        self.transfers.iter().filter(|t| t.item == Some(item)).map(Transfer::stop).collect()
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
            let receipt = match end {
                End::Done(digest) => Receipt::Delivered { digest: digest.to_string() },
                End::Local(reason) => failed(reports::code_of_local(reason), why(reason)),
                End::Remote(Reason::Person) => failed(Code::Refused, "declined"),
                End::Remote(reason) => failed(reports::code_of_remote(reason), why(reason)),
            };
            self.report_sent(item, sent.who(), receipt);
        }
        Vec::new()
    }

    /// An item is at one of those it goes to, or will never be.
    fn report_sent(&mut self, item: ItemId, to: Who, receipt: Receipt) {
        let Some(sent) = self.trail.get(item) else { return };
        let (order, file) = (sent.order.clone(), reports::file(&sent.proposal));
        self.reports.push(Report::Sent { order, to, file, receipt });
        if self.settings.attendance == Attendance::Nobody {
            self.trail.forget_settled(item);
        }
    }

    fn handle_received(
        &mut self,
        received: Transfer,
        end: End,
        path: Option<PathBuf>,
        now: Instant,
    ) -> Vec<Effect> {
        let (who, told) = (received.who(), received.told());
        let Transfer { name, proposal, .. } = received;
        let file = &proposal.name;
        if let End::Local(reason) | End::Remote(reason) = end {
            let code = match end {
                End::Local(_) => reports::code_of_local(reason),
                _ => Code::CutOff,
            };
            self.report_unreceived(told, who.clone(), file, code, why(reason));
        }
        match (end, path) {
            (End::Done(digest), Some(path)) => {
                self.notices.say(Mood::Good, format!("{file} from {name}"), now);
                self.reports.push(Report::Received {
                    transfer: told,
                    from: who,
                    file: reports::file(&proposal),
                    digest: digest.to_string(),
                    path: path.clone(),
                });
                if self.settings.attendance == Attendance::Nobody {
                    return Vec::new();
                }
                let item = ItemId(self.take_id());
                let content = Content::File(path);
                self.trail.add(Item {
                    id: item,
                    author: Author::Remote(name),
                    proposal,
                    at: now,
                    picture: Picture::Pending,
                    content: content.clone(),
                    receipts: Vec::new(),
                    order: None,
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
            if transfer.direction == Direction::Incoming {
                let (who, file) = (transfer.who(), &transfer.proposal.name);
                self.report_unreceived(transfer.told(), who, file, Code::CutOff, CONNECTION_LOST);
            }
        }
        // With what was not even offered yet.
        for item in self.trail.fail_receipts(connection, CONNECTION_LOST) {
            let receipts = self.trail.get(item).into_iter().flat_map(|item| &item.receipts);
            let to =
                receipts.filter(|it| it.connection == connection).map(TrailReceipt::who).next();
            if let Some(to) = to {
                self.report_sent(item, to, failed(Code::CutOff, CONNECTION_LOST));
            }
        }
    }

    /// A file that was offered, or on its way here, does not come.
    fn report_unreceived(
        &mut self,
        transfer: TransferRef,
        from: Who,
        file: &FileName,
        code: Code,
        why: &str,
    ) {
        let text = format!("{file} from {} did not arrive: {why}", from.name);
        let (file, peer, transfer) = (Some(file.to_string()), Some(from), Some(transfer));
        self.reports.push(Report::Error { code, text, file, peer, transfer });
    }
}

fn failed(code: Code, why: &str) -> Receipt {
    Receipt::Failed { code, text: why.to_owned() }
}

const CONNECTION_LOST: &str = "connection lost";
/// The shortest time that a rate is measured over.
const RATE_STEP_SECONDS: f64 = 0.05;
/// How much the newest measurement counts.
const RATE_WEIGHT: f64 = 0.3;
