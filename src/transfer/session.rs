//! All transfers with one remote peer, in both directions.

use super::event::{End, Event, ReadRequest, Violation};
use super::incoming::{self, Check, Incoming, Verified};
use super::message::{
    CHUNK_HEADER_BYTES, CONTROL_BYTES_MAX, Chunk, Digest, Hello, Mark, Message, Proposal, Reason,
    TransferId, VERSION,
};
use super::outgoing::{self, Begun, Outgoing};
use super::pace::Pace;
use super::rest::{Change, Rest};
use super::{Direction, Side};
use bytes::Bytes;
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// The transfers with one remote peer. See the [module's page](super) for how it is driven.
#[derive(Debug)]
pub struct Session {
    local: Hello,
    phase: Phase,
    outgoing: BTreeMap<TransferId, Outgoing>,
    incoming: BTreeMap<TransferId, Incoming>,
    /// The next number to give out.
    next: u32,
    /// The last number that the remote peer gave out.
    last_proposed: Option<TransferId>,
    /// The transfer that was read last, so that the next one has its turn.
    last_read: Option<TransferId>,
    control: VecDeque<Message>,
    events: VecDeque<Event>,
}

#[derive(Debug)]
enum Phase {
    /// The remote peer has not said who it is; it has until this deadline.
    Greeting {
        deadline: Instant,
    },
    Open {
        remote: Hello,
    },
}

impl Session {
    /// Begins with a hello, which the remote peer must answer within [`GREETING_TIMEOUT`].
    pub fn new(hello: Hello, now: Instant) -> Self {
        Self {
            local: hello,
            phase: Phase::Greeting { deadline: now + GREETING_TIMEOUT },
            outgoing: BTreeMap::new(),
            incoming: BTreeMap::new(),
            next: 0,
            last_proposed: None,
            last_read: None,
            control: VecDeque::from([Message::Hello(hello)]),
            events: VecDeque::new(),
        }
    }

    /// Offers a file to the remote peer; it waits its turn if that has enough open.
    /// With a mark, it may have the beginning of the file already.
    pub fn propose(&mut self, proposal: Proposal, mark: Option<Mark>) -> TransferId {
        let transfer = TransferId(self.next);
        self.next += 1;
        self.outgoing.insert(transfer, Outgoing::new(proposal, mark));
        self.promote();
        transfer
    }

    /// Takes a file that was proposed, from its beginning or behind what there is already.
    pub fn accept(&mut self, transfer: TransferId, held: Verified) {
        let offset = held.offset;
        if self.incoming.get_mut(&transfer).is_some_and(|incoming| incoming.accept(held)) {
            self.control.push_back(Message::Accept { transfer, offset });
        }
    }

    /// The digest of all of a file, which an [`Event::Hash`] asked for.
    pub fn hashed(&mut self, transfer: TransferId, digest: Digest) {
        if self.outgoing.get_mut(&transfer).is_some_and(|outgoing| outgoing.hashed(digest)) {
            self.control.push_back(Message::Digest { transfer, digest });
        }
    }

    /// Does not take a file, or no longer. One that is being stored is too far for that.
    pub fn decline(&mut self, transfer: TransferId, reason: Reason) {
        if self.incoming.get(&transfer).is_some_and(|incoming| !incoming.is_stored()) {
            self.refuse(transfer, reason);
        }
    }

    /// Takes a file back that was proposed.
    pub fn cancel(&mut self, transfer: TransferId, reason: Reason) {
        if let Some(outgoing) = self.outgoing.remove(&transfer) {
            if outgoing.is_open() {
                self.control.push_back(Message::Cancel { transfer, reason });
            }
            self.end(Direction::Outgoing, transfer, End::Local(reason));
            self.promote();
        }
    }

    /// Lets a transfer rest: no chunks of it go out, or the remote peer is asked to send none.
    pub fn pause(&mut self, direction: Direction, transfer: TransferId) {
        self.wish(direction, transfer, Side::Local, Change::Paused);
    }

    /// Lets a transfer go on that this side has paused.
    pub fn go_on(&mut self, direction: Direction, transfer: TransferId) {
        self.wish(direction, transfer, Side::Local, Change::Continued);
    }

    /// Takes a message of the control channel.
    pub fn handle_control(&mut self, text: &[u8], now: Instant) -> Result<(), Violation> {
        if text.len() > CONTROL_BYTES_MAX {
            return Err(Violation::Malformed);
        }
        let message = serde_json::from_slice(text).map_err(|_| Violation::Malformed)?;
        match (&self.phase, message) {
            (Phase::Greeting { .. }, Message::Hello(hello)) => self.greet(hello),
            (Phase::Greeting { .. }, _) => Err(Violation::Hello),
            (Phase::Open { remote }, Message::Hello(again)) if again == *remote => Ok(()),
            (Phase::Open { .. }, message) => self.handle(message, now),
        }
    }

    /// Takes a message of the bulk channel.
    pub fn handle_chunk(&mut self, message: Bytes) -> Result<(), Violation> {
        let chunk = Chunk::decode(message).ok_or(Violation::Chunk)?;
        let local = self.local.limits;
        if let Some(incoming) = self.incoming_of(chunk.transfer, Violation::Chunk)? {
            let verified = incoming.handle_chunk(&chunk, &local)?;
            let transfer = chunk.transfer;
            self.events.push_back(Event::Write(chunk));
            self.events.extend(verified.map(|verified| Event::Checkpoint { transfer, verified }));
        }
        Ok(())
    }

    /// The bytes of an incoming file up to `offset` are on disk.
    pub fn written(&mut self, transfer: TransferId, offset: u64, now: Instant) {
        let Some(incoming) = self.incoming.get_mut(&transfer) else { return };
        let acknowledge = incoming.written(offset);
        let told = incoming.pace.tell(offset, now);
        if let Some(offset) = acknowledge {
            self.control.push_back(Message::Progress { transfer, offset });
        }
        if let Some(offset) = told {
            let direction = Direction::Incoming;
            self.events.push_back(Event::Progress { direction, transfer, offset });
        }
        self.check(transfer);
    }

    /// An incoming file was put in its place.
    pub fn stored(&mut self, transfer: TransferId) {
        let incoming = self.incoming.get(&transfer);
        if let Some(Incoming { phase: incoming::Phase::Storing(digest), .. }) = incoming {
            let digest = *digest;
            self.incoming.remove(&transfer);
            self.control.push_back(Message::Confirm { transfer, digest });
            self.end(Direction::Incoming, transfer, End::Done(digest));
        }
    }

    /// An incoming file could not be written, or not be put in its place.
    pub fn failed(&mut self, transfer: TransferId, reason: Reason) {
        if self.incoming.contains_key(&transfer) {
            self.refuse(transfer, reason);
        }
    }

    /// The bytes that a [`ReadRequest`] asked for; the chunk to send, if it is still wanted.
    pub fn handle_read(&mut self, transfer: TransferId, data: Bytes) -> Option<Chunk> {
        let ready = self.outgoing.get_mut(&transfer)?.handle_read(transfer, data)?;
        if let Some(digest) = ready.digest {
            self.control.push_back(Message::Digest { transfer, digest });
        }
        Some(ready.chunk)
    }

    /// The next message for the control channel.
    pub fn poll_control(&mut self) -> Option<String> {
        let message = self.control.pop_front()?;
        Some(serde_json::to_string(&message).expect("messages have no maps and no failing fields"))
    }

    /// The next bytes for the bulk channel: each transfer in turn, a chunk at a time.
    pub fn poll_read(&mut self) -> Option<ReadRequest> {
        let Phase::Open { remote } = &self.phase else { return None };
        let after = self.last_read.map_or(0, |TransferId(id)| id.wrapping_add(1));
        let (earlier, later): (Vec<_>, Vec<_>) =
            self.outgoing.keys().copied().partition(|id| id.0 < after);
        let request = later
            .into_iter()
            .chain(earlier)
            .find_map(|id| self.outgoing.get_mut(&id)?.poll_read(id, &remote.limits))?;
        self.last_read = Some(request.transfer);
        Some(request)
    }

    /// The next thing to do or to tell.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When [`Session::handle_timeout`] is due.
    pub fn poll_timeout(&self) -> Option<Instant> {
        if let Phase::Greeting { deadline } = self.phase {
            return Some(deadline);
        }
        let outgoing = self.outgoing.values().map(|outgoing| &outgoing.pace);
        let incoming = self.incoming.values().map(|incoming| &incoming.pace);
        outgoing.chain(incoming).filter_map(Pace::poll_timeout).min()
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Instant) -> Result<(), Violation> {
        if let Phase::Greeting { deadline } = self.phase {
            return if now >= deadline { Err(Violation::Hello) } else { Ok(()) };
        }
        let outgoing =
            self.outgoing.iter_mut().map(|(id, it)| (Direction::Outgoing, id, &mut it.pace));
        let incoming =
            self.incoming.iter_mut().map(|(id, it)| (Direction::Incoming, id, &mut it.pace));
        for (direction, &transfer, pace) in outgoing.chain(incoming) {
            if let Some(offset) = pace.poll(now) {
                self.events.push_back(Event::Progress { direction, transfer, offset });
            }
        }
        Ok(())
    }

    /// Whether bytes are due in either direction, so that the connection should be kept awake.
    pub fn is_moving(&self) -> bool {
        use outgoing::Phase::{Hashing, Sending, Sent};
        self.outgoing.values().any(|o| matches!(o.phase, Sending(_) | Hashing | Sent(_)))
            || self.incoming.values().any(|i| !matches!(i.phase, incoming::Phase::Proposed))
    }

    /// Takes the first hello, and says its own once more: what was said before the other side's
    /// channel was open may not have been heard. What comes twice is ignored.
    fn greet(&mut self, hello: Hello) -> Result<(), Violation> {
        if hello.version < VERSION {
            return Err(Violation::Version(hello.version));
        }
        let limits = hello.limits;
        if limits.chunk_bytes as usize <= CHUNK_HEADER_BYTES || limits.window_bytes == 0 {
            return Err(Violation::Hello);
        }
        self.phase = Phase::Open { remote: hello };
        self.control.push_back(Message::Hello(self.local));
        self.events.push_back(Event::Open(hello));
        self.promote();
        Ok(())
    }

    fn handle(&mut self, message: Message, now: Instant) -> Result<(), Violation> {
        match message {
            Message::Hello(_) => Err(Violation::Hello),
            Message::Propose { transfer, proposal, mark } => {
                self.handle_propose(transfer, proposal, mark)
            }
            Message::Accept { transfer, offset } => {
                let Some(outgoing) = self.outgoing_of(transfer, Violation::Accept)? else {
                    return Ok(());
                };
                let begun = outgoing.accept(offset)?;
                self.events.push_back(Event::Accepted { transfer, offset });
                match begun {
                    Begun::Sending => {}
                    Begun::Resumed => self.events.push_back(Event::Hash { transfer }),
                    Begun::Empty(digest) => {
                        self.control.push_back(Message::Digest { transfer, digest });
                    }
                }
                Ok(())
            }
            Message::Decline { transfer, reason } => {
                if self.outgoing_of(transfer, Violation::Accept)?.is_some() {
                    self.outgoing.remove(&transfer);
                    self.end(Direction::Outgoing, transfer, End::Remote(reason));
                    self.promote();
                }
                Ok(())
            }
            Message::Progress { transfer, offset } => {
                let Some(outgoing) = self.outgoing_of(transfer, Violation::Progress)? else {
                    return Ok(());
                };
                outgoing.progress(offset)?;
                if let Some(offset) = outgoing.pace.tell(offset, now) {
                    let direction = Direction::Outgoing;
                    self.events.push_back(Event::Progress { direction, transfer, offset });
                }
                Ok(())
            }
            Message::Digest { transfer, digest } => {
                if let Some(incoming) = self.incoming_of(transfer, Violation::Digest)? {
                    incoming.promise(digest)?;
                    self.check(transfer);
                }
                Ok(())
            }
            Message::Confirm { transfer, digest } => {
                let Some(outgoing) = self.outgoing_of(transfer, Violation::Confirm)? else {
                    return Ok(());
                };
                outgoing.confirm(digest)?;
                self.outgoing.remove(&transfer);
                self.end(Direction::Outgoing, transfer, End::Done(digest));
                self.promote();
                Ok(())
            }
            Message::Rest { transfer, resting } => {
                if self.incoming_of(transfer, Violation::Proposal)?.is_some() {
                    let change = if resting { Change::Paused } else { Change::Continued };
                    self.wish(Direction::Incoming, transfer, Side::Remote, change);
                }
                Ok(())
            }
            Message::Wait { transfer, waiting } => {
                if self.outgoing_of(transfer, Violation::Accept)?.is_some() {
                    let change = if waiting { Change::Paused } else { Change::Continued };
                    self.wish(Direction::Outgoing, transfer, Side::Remote, change);
                }
                Ok(())
            }
            Message::Cancel { transfer, reason } => {
                let incoming = self.incoming_of(transfer, Violation::Proposal)?;
                // What is whole here already is kept: its sender hears so, and ignores it.
                if incoming.is_some_and(|incoming| !incoming.is_stored()) {
                    self.incoming.remove(&transfer);
                    self.end(Direction::Incoming, transfer, End::Remote(reason));
                }
                Ok(())
            }
        }
    }

    fn handle_propose(
        &mut self,
        transfer: TransferId,
        proposal: Proposal,
        mark: Option<Mark>,
    ) -> Result<(), Violation> {
        if self.was_proposed(transfer) {
            return Err(Violation::Proposal);
        }
        self.last_proposed = Some(transfer);
        if self.incoming.len() >= self.local.limits.transfers as usize {
            self.control.push_back(Message::Decline { transfer, reason: Reason::Busy });
            return Ok(());
        }
        self.incoming.insert(transfer, Incoming::new(proposal.clone(), mark));
        self.events.push_back(Event::Proposed { transfer, proposal, mark });
        Ok(())
    }

    /// The transfer that a message of its receiver speaks of; `None` if it has ended here already,
    /// and the message crossed that news.
    fn outgoing_of(
        &mut self,
        transfer: TransferId,
        otherwise: Violation,
    ) -> Result<Option<&mut Outgoing>, Violation> {
        let given_out = transfer.0 < self.next;
        match self.outgoing.get_mut(&transfer) {
            Some(outgoing) if outgoing.is_open() => Ok(Some(outgoing)),
            None if given_out => Ok(None),
            _ => Err(otherwise),
        }
    }

    /// The transfer that a message of its sender speaks of; `None` if it has ended here already,
    /// and the message crossed that news.
    fn incoming_of(
        &mut self,
        transfer: TransferId,
        otherwise: Violation,
    ) -> Result<Option<&mut Incoming>, Violation> {
        let proposed = self.was_proposed(transfer);
        match self.incoming.get_mut(&transfer) {
            None if !proposed => Err(otherwise),
            incoming => Ok(incoming),
        }
    }

    fn was_proposed(&self, transfer: TransferId) -> bool {
        self.last_proposed.is_some_and(|last| transfer <= last)
    }

    /// A side wants a transfer to rest, or to go on.
    fn wish(&mut self, direction: Direction, transfer: TransferId, by: Side, wish: Change) {
        let Some(rest) = self.rest_of(direction, transfer) else { return };
        let was_local = rest.is_local();
        let change = rest.wish(by, wish);
        if by == Side::Local && was_local != rest.is_local() {
            let rests = wish == Change::Paused;
            self.control.push_back(match direction {
                Direction::Outgoing => Message::Rest { transfer, resting: rests },
                Direction::Incoming => Message::Wait { transfer, waiting: rests },
            });
        }
        self.events.extend(change.map(|change| match change {
            Change::Paused => Event::Paused { direction, transfer, by },
            Change::Continued => Event::Continued { direction, transfer },
        }));
    }

    fn rest_of(&mut self, direction: Direction, transfer: TransferId) -> Option<&mut Rest> {
        match direction {
            Direction::Outgoing => {
                let outgoing = self.outgoing.get_mut(&transfer);
                outgoing.filter(|it| it.is_open()).map(|it| &mut it.rest)
            }
            Direction::Incoming => self.incoming.get_mut(&transfer).map(|it| &mut it.rest),
        }
    }

    /// Stores a file that has become whole, or refuses one that has become another.
    fn check(&mut self, transfer: TransferId) {
        let Some(incoming) = self.incoming.get_mut(&transfer) else { return };
        match incoming.check() {
            Check::Partial => {}
            Check::Whole => self.events.push_back(Event::Store { transfer }),
            Check::Corrupt => self.refuse(transfer, Reason::Digest),
        }
    }

    fn refuse(&mut self, transfer: TransferId, reason: Reason) {
        self.incoming.remove(&transfer);
        self.control.push_back(Message::Decline { transfer, reason });
        self.end(Direction::Incoming, transfer, End::Local(reason));
    }

    fn end(&mut self, direction: Direction, transfer: TransferId, end: End) {
        self.events.push_back(Event::Ended { direction, transfer, end });
    }

    /// Proposes what was waiting, as far as the remote peer takes it.
    fn promote(&mut self) {
        let Phase::Open { remote } = &self.phase else { return };
        let open = self.outgoing.values().filter(|outgoing| outgoing.is_open()).count();
        let room = (remote.limits.transfers as usize).saturating_sub(open);
        let waiting = self.outgoing.iter_mut().filter(|(_, outgoing)| !outgoing.is_open());
        for (&transfer, outgoing) in waiting.take(room) {
            outgoing.phase = outgoing::Phase::Proposed;
            let (proposal, mark) = (outgoing.proposal.clone(), outgoing.mark);
            self.control.push_back(Message::Propose { transfer, proposal, mark });
        }
    }
}

/// How long a remote peer may take to say who it is.
pub const GREETING_TIMEOUT: Duration = Duration::from_secs(10);
