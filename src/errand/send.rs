//! Sending: waiting for those it is for, handing over one file after the other, and one receipt of
//! each of them.

use super::{Ending, Room};
use crate::app::{ConnectionId, Order, Parcel};
use crate::report::{Code, PeerState, Receipt, Report, RoomState, Who};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

/// Whom to, and how long they are waited for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wishes {
    /// Names, or beginnings of fingerprints; nobody's mean everyone.
    pub to: Vec<String>,
    /// How many to wait for; as many as are named, if nothing was said.
    pub wait_for: Option<usize>,
    /// How long to wait for them, if that was said.
    pub wait: Option<Duration>,
    /// Which room it is.
    pub room: Room,
    /// What becomes of it when all have left and there is more to send.
    pub deserted: Deserted,
    /// What the names of its orders begin with: no other errand's do.
    pub prefix: String,
}

/// What becomes of an errand when all have left and there is more to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Deserted {
    /// It ends, if nobody comes back for a while.
    #[default]
    Ends,
    /// It waits, as a camera does.
    Waits,
}

/// The errand.
#[derive(Debug)]
pub struct Send {
    wishes: Wishes,
    phase: Phase,
    /// When what is waited for counts as not coming.
    deadline: Option<Instant>,
    /// When those who have left count as not coming back.
    deserted: Option<Instant>,
    room: Option<RoomState>,
    others: usize,
    peers: BTreeMap<u64, Seen>,
    met_anyone: bool,
    underway: BTreeMap<String, Underway>,
    next: u64,
    supply: Supply,
    delivered: u64,
    /// What went wrong for good, the worst first.
    failed: BTreeSet<(u8, Code, String)>,
    orders: VecDeque<Order>,
    ending: Option<Ending>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Not all of them are here.
    Waiting,
    /// Enough are here; others are being connected to, and are given until this.
    Gathering(Instant),
    /// Files go out.
    Sending,
}

/// Whether there is more to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Supply {
    More,
    Exhausted,
}

#[derive(Debug)]
struct Seen {
    who: Who,
    state: PeerState,
}

/// A file that is not at all of those it is for.
#[derive(Debug)]
struct Underway {
    parcel: Parcel,
    to: Vec<Awaited>,
    /// Over which connections it was ever sent.
    tried: BTreeSet<u64>,
}

/// One of those that a file is for.
#[derive(Debug)]
struct Awaited {
    who: Who,
    state: AwaitedState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AwaitedState {
    /// Offered, or on its way.
    Underway,
    /// The line was cut: once it is back, the file goes out again, until this.
    Cut { until: Instant },
}

impl Send {
    /// Begins now.
    pub fn new(wishes: Wishes, now: Instant) -> Self {
        let wait = wishes.wait.or(match (wishes.room, wishes.deserted) {
            (Room::Joined, Deserted::Ends) => Some(WAIT),
            (Room::Opened, _) | (_, Deserted::Waits) => None,
        });
        Self {
            phase: Phase::Waiting,
            deadline: wait.map(|wait| now + wait),
            deserted: None,
            wishes,
            room: None,
            others: 0,
            peers: BTreeMap::new(),
            met_anyone: false,
            underway: BTreeMap::new(),
            next: 0,
            supply: Supply::More,
            delivered: 0,
            failed: BTreeSet::new(),
            orders: VecDeque::new(),
            ending: None,
        }
    }

    /// Takes what happened.
    pub fn handle(&mut self, report: &Report, now: Instant) {
        match report {
            Report::Room { state, others, text, .. } => {
                (self.room, self.others) = (Some(*state), *others);
                if *state == RoomState::Refused {
                    self.end(Ending::failed(Code::Refused, text));
                }
            }
            Report::Peer { peer, state, .. } => {
                self.met_anyone = true;
                if matches!(state, PeerState::Left | PeerState::Barred) {
                    self.peers.remove(&peer.connection);
                } else {
                    let seen = Seen { who: peer.clone(), state: *state };
                    self.peers.insert(peer.connection, seen);
                }
                self.send_again(peer);
            }
            Report::Sent { order: Some(order), to, receipt, .. } => {
                self.settle(order, to, receipt, now);
            }
            _ => {}
        }
        self.proceed(now);
    }

    /// Whether the next file is wanted now.
    pub fn wants_parcel(&self) -> bool {
        self.phase == Phase::Sending
            && self.supply == Supply::More
            && self.underway.len() < UNDERWAY_MAX
            && self.open().next().is_some()
    }

    /// The next file. The name of its order.
    pub fn supply(&mut self, parcel: Parcel) {
        self.next += 1;
        let order = format!("{}{}", self.wishes.prefix, self.next);
        let to: Vec<_> = self.open().map(|seen| seen.who.clone()).collect();
        self.order(&order, &parcel, to.iter());
        let tried = to.iter().map(|who| who.connection).collect();
        let awaited = |who| Awaited { who, state: AwaitedState::Underway };
        let to = to.into_iter().map(awaited).collect();
        self.underway.insert(order, Underway { parcel, to, tried });
    }

    /// There are no more files.
    pub fn exhausted(&mut self, now: Instant) {
        self.supply = Supply::Exhausted;
        self.proceed(now);
    }

    /// A file could not be supplied. Others may still come.
    pub fn fail(&mut self, code: Code, text: &str) {
        self.failed.insert((severity(code), code, text.to_owned()));
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        let over = |until: Instant| until <= now;
        for underway in self.underway.values_mut() {
            for lost in underway
                .to
                .extract_if(.., |it| matches!(it.state, AwaitedState::Cut { until } if over(until)))
            {
                let text = format!(
                    "{} did not reach {}: connection lost",
                    underway.parcel.proposal.name, lost.who.name
                );
                self.failed.insert((severity(Code::CutOff), Code::CutOff, text));
            }
        }
        self.underway.retain(|_, underway| !underway.to.is_empty());
        if self.deserted.is_some_and(over) {
            self.end(Ending::failed(Code::CutOff, "all have left before all was sent"));
        }
        if self.phase == Phase::Waiting && self.deadline.is_some_and(over) {
            self.deadline = None;
            let doubted = self.peers.values().find(|seen| seen.state == PeerState::Doubted);
            let ending = if let Some(doubted) = doubted {
                let name = &doubted.who.name;
                let text = format!("nothing is sent to {name}, who is not the one you trust");
                Ending::failed(Code::Refused, &text)
            } else {
                super::nobody(self.room, self.met_anyone, "not all of them came in time")
            };
            self.end(ending);
        }
        self.proceed(now);
    }

    /// When [`Send::handle_timeout`] is due.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let patience = match self.phase {
            Phase::Waiting => self.deadline,
            Phase::Gathering(until) => Some(until),
            Phase::Sending => self.deserted,
        };
        let awaited = self.underway.values().flat_map(|underway| &underway.to);
        let cut = awaited.filter_map(|awaited| match awaited.state {
            AwaitedState::Cut { until } => Some(until),
            AwaitedState::Underway => None,
        });
        cut.chain(patience).min()
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
        let is_over = self.supply == Supply::More && self.underway.is_empty() && self.delivered > 0;
        // Of a camera that sends until it is stopped, all has arrived.
        let ending = if is_over && self.failed.is_empty() {
            Ending::Done
        } else {
            Ending::failed(code, "stopped before all was sent")
        };
        self.end(ending);
    }

    /// How many receipts are in.
    pub fn delivered(&self) -> u64 {
        self.delivered
    }

    /// Goes on as far as it can.
    fn proceed(&mut self, now: Instant) {
        let (ready, all_here) = (self.are_enough(), self.are_all_here());
        self.phase = match self.phase {
            Phase::Waiting if ready => Phase::Gathering(now + GATHER),
            Phase::Gathering(_) if !ready => Phase::Waiting,
            phase => phase,
        };
        if let Phase::Gathering(until) = self.phase
            && (all_here || until <= now)
        {
            self.phase = Phase::Sending;
        }
        let is_deserted = self.phase == Phase::Sending
            && self.supply == Supply::More
            && self.wishes.deserted == Deserted::Ends
            && self.open().next().is_none();
        self.deserted = is_deserted.then(|| self.deserted.unwrap_or(now + self.patience()));
        if self.supply == Supply::Exhausted && self.underway.is_empty() {
            let worst = self.failed.first();
            let ending = worst.map_or(Ending::Done, |(_, code, text)| Ending::failed(*code, text));
            self.end(ending);
        }
    }

    /// How long someone is waited for whose line was cut.
    fn patience(&self) -> Duration {
        self.wishes.wait.map_or(CUT, |wait| wait.max(CUT))
    }

    /// Whether those that are waited for are here.
    fn are_enough(&self) -> bool {
        let named = self.wishes.to.iter().all(|to| self.open().any(|seen| seen.is(to)));
        let wanted = self.wishes.wait_for.unwrap_or(1).max(1);
        named && self.open().count() >= wanted
    }

    /// Whether nobody else is on the way.
    fn are_all_here(&self) -> bool {
        !self.wishes.to.is_empty() || self.open().count() >= self.others
    }

    /// Those it is for who can be sent something now.
    fn open(&self) -> impl Iterator<Item = &Seen> {
        let wanted =
            |seen: &&Seen| self.wishes.to.is_empty() || self.wishes.to.iter().any(|to| seen.is(to));
        self.peers.values().filter(|seen| seen.state == PeerState::Open).filter(wanted)
    }

    /// One of those a file is for has it, or will not.
    fn settle(&mut self, order: &str, to: &Who, receipt: &Receipt, now: Instant) {
        let until = now + self.patience();
        let Some(underway) = self.underway.get_mut(order) else { return };
        let Some(at) = underway.to.iter().position(|it| it.who.connection == to.connection) else {
            return;
        };
        match receipt {
            Receipt::Failed { code: Code::CutOff, .. } => {
                underway.to[at].state = AwaitedState::Cut { until };
                // Whoever began anew may be back before the old connection is given up.
                let others = self.peers.values().filter(|it| it.who.connection != to.connection);
                let back = others.filter(|seen| seen.who.id == to.id);
                let back: Vec<_> = back.map(|seen| seen.who.clone()).collect();
                for who in &back {
                    self.send_again(who);
                }
                return;
            }
            Receipt::Failed { code, text } => {
                let text =
                    format!("{} did not reach {}: {text}", underway.parcel.proposal.name, to.name);
                self.failed.insert((severity(*code), *code, text));
            }
            Receipt::Delivered { .. } => self.delivered += 1,
        }
        underway.to.remove(at);
        if underway.to.is_empty() {
            self.underway.remove(order);
        }
    }

    /// Sends again what was cut, to whom it was for and who is back.
    fn send_again(&mut self, back: &Who) {
        let is_open =
            self.peers.get(&back.connection).is_some_and(|it| it.state == PeerState::Open);
        if !is_open {
            return;
        }
        let mut again = Vec::new();
        for (order, underway) in &mut self.underway {
            // The same one may come back over another connection; but one of two that are here at
            // once does not stand in for the other.
            let is_new = !underway.tried.contains(&back.connection);
            let cut = underway.to.iter_mut().find(|it| {
                let same = it.who.connection == back.connection || (is_new && it.who.id == back.id);
                same && matches!(it.state, AwaitedState::Cut { .. })
            });
            if let Some(cut) = cut {
                underway.tried.insert(back.connection);
                *cut = Awaited { who: back.clone(), state: AwaitedState::Underway };
                again.push((order.clone(), underway.parcel.clone()));
            }
        }
        for (order, parcel) in again {
            self.order(&order, &parcel, std::iter::once(back));
        }
    }

    fn order<'a>(&mut self, order: &str, parcel: &Parcel, to: impl Iterator<Item = &'a Who>) {
        let to = to.map(|who| ConnectionId(who.connection)).collect();
        let (order, parcel) = (order.to_owned(), parcel.clone());
        self.orders.push_back(Order::Send { order, parcel, to });
    }

    fn end(&mut self, ending: Ending) {
        self.ending.get_or_insert(ending);
    }
}

impl Seen {
    /// Whether a person means this one by a name or the beginning of a fingerprint.
    fn is(&self, said: &str) -> bool {
        let bare = |text: &str| text.replace('-', "").to_lowercase();
        let id = bare(said);
        self.who.name == said || (id.len() >= ID_CHARS_MIN && bare(&self.who.id).starts_with(&id))
    }
}

/// Of several failures, the one with the lowest is told.
fn severity(code: Code) -> u8 {
    match code {
        Code::CutOff => 0,
        Code::Disk => 1,
        Code::Refused => 2,
        _ => 3,
    }
}

/// How long someone in a room that is joined is waited for.
const WAIT: Duration = Duration::from_secs(10);
/// How long others are waited for who are on the way, once enough are here.
const GATHER: Duration = Duration::from_secs(3);
/// How long that is at least.
const CUT: Duration = Duration::from_secs(30);
/// So few that photos arrive in order, and so many that a long way does not hold them up.
const UNDERWAY_MAX: usize = 4;
/// Fewer could be anybody.
const ID_CHARS_MIN: usize = 4;
