//! What a remote peer says over a connection, and does with what it was offered.

use crate::path::Packets;
use crate::text::FileName;
use crate::transfer::message::{
    CHUNK_DATA_BYTES_MAX, CHUNK_HEADER_BYTES, CONTROL_BYTES_MAX, Message, VERSION,
};
use crate::transfer::{
    Chunk, ConnectionNumber, Device, Digest, Direction, End, Event, Hello, Limits, Mark, MediaType,
    Proposal, Reason, Room, Session, SessionId, Tally, TransferId, Verified, Violation,
};
use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Lines: messages of the control channel, which begin with `{`, and what is done here, which
/// begin with a letter.
pub(super) fn control(data: &[u8]) {
    let mut side = Side::new();
    for line in data.split(|byte| *byte == b'\n') {
        let done = match line {
            [b'{', ..] => side.session.handle_control(line, side.now),
            [b'#', rest @ ..] => side.send_next(rest.len()),
            [letter, rest @ ..] => {
                side.act(*letter, rest.len() as u64);
                Ok(())
            }
            [] => Ok(()),
        };
        if done.is_err() {
            return;
        }
        side.settle();
    }
}

/// Messages of the bulk channel, each behind its length; a length of 0 stands for the next proper
/// chunk of a transfer, or for something that is done here.
pub(super) fn chunks(data: &[u8]) {
    let mut side = Side::new();
    side.hear(&Message::Hello { hello: hello(), sending: Vec::new() });
    for (id, size) in [(0, 0), (1, 20), (7, 70_000), (8, u64::MAX)] {
        let (transfer, proposal) = (TransferId(id), proposal(size));
        side.hear(&Message::Propose { transfer, proposal, mark: None });
        side.act(b'a', 0);
    }
    let mut rest = data;
    while let Some((length, after)) = rest.split_first() {
        let taken;
        (taken, rest) = after.split_at(usize::from(*length).max(2).min(after.len()));
        let done = match (*length, taken) {
            (0, [0..128, length]) => side.send_next(usize::from(*length) * 8 + 1),
            (0, [letter, _]) => {
                side.act(b'a' + letter % 26, 0);
                Ok(())
            }
            _ => side.session.handle_chunk(Bytes::copy_from_slice(taken)),
        };
        if done.is_err() {
            return;
        }
        side.settle();
    }
}

/// A session, and what is known of it from what it says.
struct Side {
    session: Session,
    now: Instant,
    /// Whether both have said hello over the connection that there is.
    is_open: bool,
    remote: Option<Hello>,
    incoming: BTreeMap<TransferId, Incoming>,
    outgoing: BTreeMap<TransferId, Outgoing>,
}

struct Incoming {
    proposal: Proposal,
    accepted: bool,
    received: u64,
    written: u64,
    acknowledged: u64,
    /// On disk while nothing could be said: the remote peer hears of it where it goes on.
    unsaid: u64,
    hasher: Sha256,
    whole: bool,
}

struct Outgoing {
    size: u64,
    proposed: bool,
    read: u64,
}

impl Side {
    fn new() -> Self {
        let now = Instant::now();
        let (incoming, outgoing) = (BTreeMap::new(), BTreeMap::new());
        let (session, is_open, remote) = (connected(now), false, None);
        let mut side = Self { session, now, is_open, remote, incoming, outgoing };
        side.settle();
        side
    }

    fn hear(&mut self, message: &Message) {
        let text = serde_json::to_vec(message).expect("a message can be written");
        self.session.handle_control(&text, self.now).expect("a proper message");
        self.settle();
    }

    /// The next chunk of the first transfer that misses one.
    fn send_next(&mut self, length: usize) -> Result<(), Violation> {
        let missing =
            |(_, it): &(&TransferId, &Incoming)| it.accepted && it.received < it.proposal.size;
        let Some((transfer, it)) = self.incoming.iter().find(missing) else { return Ok(()) };
        let left = it.proposal.size - it.received;
        let length = length.min(CHUNK_DATA_BYTES_MAX).min(usize::try_from(left).unwrap_or(length));
        let data = vec![it.received as u8; length.max(1)].into();
        let chunk = Chunk { transfer: *transfer, offset: it.received, data };
        self.session.handle_chunk(chunk.encode().freeze())
    }

    /// What a person, the disk or the clock does.
    fn act(&mut self, letter: u8, number: u64) {
        let first = self.incoming.first_key_value().map(|(transfer, _)| *transfer);
        let waiting = self.incoming.iter().find(|(_, it)| !it.accepted).map(|(it, _)| *it);
        let unwritten = self.incoming.iter().find(|(_, it)| it.written < it.received);
        let whole = self.incoming.iter().find(|(_, it)| it.whole).map(|(it, _)| *it);
        match letter {
            b'p' if self.outgoing.len() < PROPOSALS_MAX => {
                let mark = (number % 2 == 1).then_some(Mark([7; 32]));
                let transfer = self.session.propose(proposal(number), mark);
                let outgoing = Outgoing { size: number, proposed: false, read: 0 };
                assert!(self.outgoing.insert(transfer, outgoing).is_none());
            }
            b'a' => {
                if let Some(it) = waiting.and_then(|it| self.incoming.get_mut(&it)) {
                    it.accepted = true;
                }
                waiting.inspect(|it| self.session.accept(*it, Verified::default()));
            }
            b'h' => {
                let ours = self.outgoing.keys().next();
                ours.inspect(|it| self.session.hashed(**it, Digest([number as u8; 32])));
            }
            b'd' => {
                first.inspect(|it| self.session.decline(*it, Reason::Person));
            }
            b'c' => {
                let ours = self.outgoing.keys().next();
                ours.inspect(|it| self.session.cancel(**it, Reason::Person));
            }
            b'w' => {
                if let Some((transfer, it)) = unwritten {
                    let (transfer, offset) = (*transfer, it.received);
                    self.session.written(transfer, offset, self.now);
                    self.incoming.entry(transfer).and_modify(|it| it.written = offset);
                    self.note_unsaid();
                }
            }
            b's' => {
                whole.inspect(|it| self.session.stored(*it));
            }
            b'f' => {
                first.inspect(|it| self.session.failed(*it, Reason::Storage));
            }
            b'r' => self.read(),
            b'n' => {
                self.session.connect(self.now);
                self.is_open = false;
            }
            b'l' => self.session.lost(ConnectionNumber(0)),
            b'k' => {
                let yours = Some(Packets { sent: number.saturating_mul(PACKETS), lost: number });
                self.session.tally(Tally { mine: None, yours }, self.now);
            }
            b't' => {
                self.now += Duration::from_millis(60);
                self.session.handle_timeout(self.now);
                self.note_unsaid();
                assert!(self.session.poll_timeout().is_none_or(|at| at > self.now));
            }
            _ => {}
        }
    }

    fn note_unsaid(&mut self) {
        if !self.is_open {
            self.incoming.values_mut().for_each(|it| it.unsaid = it.written);
        }
    }

    /// Gives the session the bytes that it would send.
    fn read(&mut self) {
        let room = Room { connection: ConnectionNumber(0), bytes: CHUNK_DATA_BYTES_MAX };
        let Some(request) = self.session.poll_read(room) else { return };
        let limits = self.remote.as_ref().expect("nothing is sent before a hello").limits;
        let it = self.outgoing.get_mut(&request.transfer).expect("one of ours");
        // What a lost connection has carried is asked for again.
        assert!(it.proposed && request.offset <= it.read && request.len > 0);
        assert!(request.len <= CHUNK_DATA_BYTES_MAX);
        assert!(request.len + CHUNK_HEADER_BYTES <= limits.chunk_bytes as usize);
        it.read = it.read.max(request.offset + request.len as u64);
        assert!(it.read <= it.size);
        let data = Bytes::from(vec![0; request.len]);
        let chunk =
            self.session.handle_read(request.transfer, data, self.now).expect("it was asked for");
        assert_eq!((chunk.offset, chunk.data.len()), (request.offset, request.len));
    }

    /// Takes what the session says, and checks it.
    fn settle(&mut self) {
        let mut said = 0;
        while let Some(event) = self.session.poll_event() {
            self.take(event);
            said += 1;
        }
        while let Some(text) = self.session.poll_control() {
            assert!(text.len() <= CONTROL_BYTES_MAX);
            match serde_json::from_str(&text).expect("a message") {
                Message::Propose { transfer, .. } => {
                    self.outgoing.get_mut(&transfer).expect("one of ours").proposed = true;
                }
                // It may have ended with the same step.
                Message::Progress { transfer, offset } => {
                    if let Some(it) = self.incoming.get_mut(&transfer) {
                        assert!(offset > it.acknowledged && offset <= it.received);
                        it.acknowledged = offset;
                    }
                }
                _ => {}
            }
            said += 1;
        }
        // One message has few consequences, but for those that let others in that waited.
        assert!(said <= 8 + PROPOSALS_MAX, "{said} things follow from one");
        assert!(self.incoming.len() <= LIMITS.transfers as usize);
        let open = self.outgoing.values().filter(|it| it.proposed).count();
        let remote = self.remote.as_ref().map_or(0, |remote| remote.limits.transfers as usize);
        assert!(open <= remote, "{open} are open, {remote} may be");
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Open(hello) => {
                assert!(self.remote.replace(hello).is_none(), "two hellos");
                self.is_open = true;
            }
            Event::Reopened => self.is_open = true,
            Event::Anew => {
                self.remote = None;
                self.incoming.clear();
                self.outgoing.clear();
            }
            Event::Resumed { direction: Direction::Outgoing, transfer, offset } => {
                let it = self.outgoing.get_mut(&transfer).expect("one of ours");
                assert!(offset <= it.read);
                it.read = offset;
            }
            Event::Resumed { direction: Direction::Incoming, transfer, offset } => {
                let it = &self.incoming[&transfer];
                assert!(it.accepted && offset == it.received);
            }
            Event::Proposed { transfer, proposal, .. } => {
                let fresh = Incoming {
                    proposal,
                    accepted: false,
                    received: 0,
                    written: 0,
                    acknowledged: 0,
                    unsaid: 0,
                    hasher: Sha256::new(),
                    whole: false,
                };
                assert!(self.incoming.insert(transfer, fresh).is_none(), "proposed twice");
            }
            Event::Accepted { transfer, offset } => {
                let it = self.outgoing.get_mut(&transfer).expect("one of ours");
                assert!(it.proposed && offset <= it.size);
                it.read = offset;
            }
            Event::Hash { transfer } => assert!(self.outgoing[&transfer].proposed),
            Event::Checkpoint { transfer, verified } => {
                let it = &self.incoming[&transfer];
                assert!(verified.offset == it.received);
            }
            Event::Write(chunk) => {
                let it = self.incoming.get_mut(&chunk.transfer).expect("one that comes in");
                assert!(it.accepted && !it.whole && chunk.offset == it.received);
                it.received += chunk.data.len() as u64;
                it.hasher.update(&chunk.data);
                assert!(it.received <= it.proposal.size);
                let window = u64::from(LIMITS.window_bytes);
                assert!(it.received - it.written <= window);
                assert!(it.received - it.acknowledged.max(it.unsaid) <= window);
            }
            Event::Store { transfer } => {
                let it = self.incoming.get_mut(&transfer).expect("one that comes in");
                assert!(!it.whole && it.received == it.proposal.size);
                it.whole = true;
            }
            Event::Tally(tally) => {
                let possible = |it: Packets| it.lost <= it.sent;
                assert!([tally.mine, tally.yours].into_iter().flatten().all(possible));
            }
            Event::Stalled
            | Event::Progress { .. }
            | Event::Paused { .. }
            | Event::Continued { .. } => {}
            Event::Ended { direction: Direction::Incoming, transfer, end } => {
                let it = self.incoming.remove(&transfer).expect("one that comes in");
                if let End::Done(digest) = end {
                    assert!(it.whole && digest.0[..] == it.hasher.finalize()[..]);
                }
            }
            Event::Ended { direction: Direction::Outgoing, transfer, end } => {
                let it = self.outgoing.remove(&transfer).expect("one of ours");
                assert!(!matches!(end, End::Done(_)) || it.read == it.size);
            }
        }
    }
}

fn hello() -> Hello {
    Hello {
        version: VERSION,
        session: SessionId(1),
        limits: LIMITS,
        device: Device::Terminal,
        quic: None,
        tally: true,
    }
}

fn connected(now: Instant) -> Session {
    let mut session = Session::new(hello(), now);
    session.connect(now);
    session
}

fn proposal(size: u64) -> Proposal {
    let (name, media_type) = (FileName::new("a.jpg"), MediaType::jpeg());
    Proposal::new(name, media_type, size)
}

/// Small, so that they are reached.
const LIMITS: Limits =
    Limits { chunk_bytes: 64_000, window_bytes: 2_000, transfers: 4, connections: 1 };
/// Some of those that come at a time.
const PACKETS: u64 = 100;
/// Of ours at a time; how many a session keeps is its driver's to bound.
const PROPOSALS_MAX: usize = 8;
