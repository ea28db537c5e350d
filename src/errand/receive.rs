//! Receiving: which files are taken, how many, and when it is over.

use super::Ending;
use crate::app::{Answer, ConnectionId, Order};
use crate::report::{Code, File, PeerState, Report, RoomState, Standing, Taken, TransferRef, Who};
use crate::transfer::{Reason, TransferId};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

/// What is taken, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wishes {
    /// Which files.
    pub accept: Accept,
    /// Whether folders are, too.
    pub folders: Folders,
    /// How large a file may be, in bytes, if it was said.
    pub size_max: Option<u64>,
    /// After how many files it is over.
    pub count: Option<u32>,
    /// After how long it is over.
    pub time: Option<Duration>,
}

/// Whether folders are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folders {
    /// As files are that are no pictures.
    Taken,
    /// None is: there is no place for one.
    Declined,
}

/// Which files are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accept {
    /// Pictures, of anyone in the room.
    Photos,
    /// All, of anyone in the room.
    All,
    /// All, of those that are trusted.
    Trusted,
}

/// The errand.
#[derive(Debug)]
pub struct Receive {
    wishes: Wishes,
    deadline: Option<Instant>,
    room: Option<RoomState>,
    peers: BTreeMap<u64, Standing>,
    doubted: BTreeSet<u64>,
    met_anyone: bool,
    offers: VecDeque<Offer>,
    underway: BTreeSet<TransferRef>,
    /// What somebody else in a daemon's room has taken, and is not wished for here.
    unwanted: BTreeSet<TransferRef>,
    received: u32,
    orders: VecDeque<Order>,
    ending: Option<Ending>,
}

#[derive(Debug)]
struct Offer {
    transfer: TransferRef,
    from: Who,
    file: File,
}

impl Receive {
    /// Begins now.
    pub fn new(wishes: Wishes, now: Instant) -> Self {
        Self {
            deadline: wishes.time.map(|time| now + time),
            wishes,
            room: None,
            peers: BTreeMap::new(),
            doubted: BTreeSet::new(),
            met_anyone: false,
            offers: VecDeque::new(),
            underway: BTreeSet::new(),
            unwanted: BTreeSet::new(),
            received: 0,
            orders: VecDeque::new(),
            ending: None,
        }
    }

    /// Takes what happened.
    pub fn handle(&mut self, report: &Report) {
        match report {
            Report::Room { state, text, .. } => {
                self.room = Some(*state);
                if *state == RoomState::Refused {
                    self.end(Ending::failed(Code::Refused, text));
                }
            }
            Report::Peer { peer, state, trust, .. } => self.meet(peer, *state, *trust),
            Report::Proposal { transfer, from, file, answer } => {
                let (transfer, from, file) = (*transfer, from.clone(), file.clone());
                let offer = Offer { transfer, from, file };
                match answer {
                    Taken::Asked => self.offers.push_back(offer),
                    // It comes in any case.
                    Taken::Taken if self.is_wanted(&offer) => {
                        self.underway.insert(transfer);
                    }
                    Taken::Taken => drop(self.unwanted.insert(transfer)),
                }
            }
            Report::Received { transfer, .. } if self.unwanted.remove(transfer) => {}
            Report::Received { transfer, .. } => {
                self.underway.remove(transfer);
                self.received += 1;
                if self.missing() == Some(0) {
                    self.end(Ending::Done);
                }
            }
            Report::Error { transfer: Some(transfer), code, text, .. } => {
                self.offers.retain(|offer| offer.transfer != *transfer);
                self.unwanted.remove(transfer);
                let was_taken = self.underway.remove(transfer);
                // There is no room for the next one either.
                if was_taken && *code == Code::Disk && self.wishes.count.is_some() {
                    self.end(Ending::failed(Code::Disk, text));
                }
            }
            _ => {}
        }
        self.consider();
    }

    /// Whether what happened is none of its business: a file that somebody else has taken came, and
    /// is not wished for here. To be asked before it is handled.
    pub fn ignores(&self, report: &Report) -> bool {
        matches!(report, Report::Received { transfer, .. } if self.unwanted.contains(transfer))
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.deadline.is_some_and(|deadline| deadline <= now) {
            self.deadline = None;
            let ending = self.ending_unfulfilled();
            self.end(ending);
        }
    }

    /// When [`Receive::handle_timeout`] is due.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.deadline
    }

    /// What is to be asked of the room next.
    pub fn poll_order(&mut self) -> Option<Order> {
        self.orders.pop_front()
    }

    /// How it ended, once it has.
    pub fn ending(&self) -> Option<&Ending> {
        self.ending.as_ref()
    }

    /// The system ends it.
    pub fn interrupt(&mut self, code: Code) {
        // Without a number to reach, this is how it is meant to end.
        let ending = match self.missing() {
            None => Ending::Done,
            Some(_) => Ending::failed(code, "stopped before all had come"),
        };
        self.end(ending);
    }

    fn meet(&mut self, peer: &Who, state: PeerState, trust: Standing) {
        self.met_anyone = true;
        match state {
            PeerState::Left | PeerState::Barred => drop(self.peers.remove(&peer.connection)),
            _ => drop(self.peers.insert(peer.connection, trust)),
        }
        if state == PeerState::Doubted {
            self.doubted.insert(peer.connection);
        } else {
            self.doubted.remove(&peer.connection);
        }
    }

    /// Answers what can be answered by now.
    fn consider(&mut self) {
        for _ in 0..self.offers.len() {
            let Some(offer) = self.offers.pop_front() else { return };
            let trust = self.peers.get(&offer.from.connection).copied();
            // It is still being looked up who offers it, or others come first.
            let full = self.missing().is_some_and(|left| self.underway.len() as u32 >= left);
            let answer = match trust {
                None | Some(Standing::Unknown) => None,
                Some(trust) => match self.objection(&offer, trust) {
                    Some(reason) => Some(Answer::Decline(reason)),
                    None if full => None,
                    None => Some(Answer::Accept),
                },
            };
            match answer {
                Some(answer) => self.answer(offer.transfer, answer),
                None => self.offers.push_back(offer),
            }
        }
    }

    /// Whether a file would be taken that is taken already.
    fn is_wanted(&self, offer: &Offer) -> bool {
        let trust = self.peers.get(&offer.from.connection).copied();
        self.objection(offer, trust.unwrap_or(Standing::Unknown)).is_none()
    }

    fn objection(&self, offer: &Offer, trust: Standing) -> Option<Reason> {
        let is_photo = offer.file.is_picture();
        let fits = self.wishes.folders == Folders::Taken || offer.file.files.is_none();
        let taken = match self.wishes.accept {
            Accept::Photos => is_photo,
            Accept::All => true,
            Accept::Trusted => trust == Standing::Trusted,
        };
        let usual = if is_photo { PHOTO_BYTES_MAX } else { u64::MAX };
        if !taken || !fits || self.doubted.contains(&offer.from.connection) {
            return Some(Reason::Person);
        }
        (offer.file.size > self.wishes.size_max.unwrap_or(usual)).then_some(Reason::TooLarge)
    }

    fn answer(&mut self, transfer: TransferRef, answer: Answer) {
        if answer == Answer::Accept {
            self.underway.insert(transfer);
        }
        let TransferRef { connection, number, .. } = transfer;
        let (connection, transfer) = (ConnectionId(connection), TransferId(number));
        self.orders.push_back(Order::Answer { connection, transfer, answer });
    }

    /// How many files are still to come, if that was said.
    fn missing(&self) -> Option<u32> {
        Some(self.wishes.count?.saturating_sub(self.received))
    }

    /// How it ends when time is over.
    fn ending_unfulfilled(&self) -> Ending {
        match self.missing() {
            None => Ending::Done,
            Some(_) if !self.underway.is_empty() => {
                Ending::failed(Code::CutOff, "time is over, and a file was on its way")
            }
            Some(_) => super::nobody(self.room, self.met_anyone, "nothing came in time"),
        }
    }

    fn end(&mut self, ending: Ending) {
        self.ending.get_or_insert(ending);
    }
}

/// Photos up to this size are taken unless something else was said, in bytes.
const PHOTO_BYTES_MAX: u64 = 32_000_000;
