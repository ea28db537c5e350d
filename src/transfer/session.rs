//! All transfers with one remote peer, in both directions.

use super::event::{End, Event, ReadRequest, Violation};
use super::incoming::{self, Check, Incoming, Verified};
use super::message::{
    CHUNK_DATA_BYTES_MAX, CHUNK_HEADER_BYTES, CONTROL_BYTES_MAX, Chunk, Digest, Fingerprint, Hello,
    Limits, Mark, Message, Proposal, Reason, Tally, TransferId, VERSION,
};
use super::outgoing::{self, Acknowledged, Outgoing};
use super::rest::{Rest, Standing, Wish};
use super::settled::{Settled, Settlement};
use super::tally::Telling;
use super::watch::Watch;
use super::{ConnectionNumber, Direction, Room, Side};
use bytes::Bytes;
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// The transfers with one remote peer. See the [module's page](super) for how it is driven.
#[derive(Debug)]
pub struct Session {
    local: Hello,
    /// What the remote peer said of itself, once it has.
    remote: Option<Hello>,
    phase: Phase,
    outgoing: BTreeMap<TransferId, Outgoing>,
    incoming: BTreeMap<TransferId, Incoming>,
    settled: Settled,
    /// The next number to give out.
    next: u32,
    /// The last number that the remote peer gave out.
    last_proposed: Option<TransferId>,
    /// The transfer that was read last, so that the next one has its turn.
    last_read: Option<TransferId>,
    watch: Watch,
    telling: Telling,
    /// What the remote peer has acknowledged, of all transfers, in bytes.
    acknowledged: u64,
    control: VecDeque<Message>,
    events: VecDeque<Event>,
}

#[derive(Debug)]
enum Phase {
    /// There is no connection.
    Apart,
    /// There is one, and the remote peer has not said hello over it; it has until this deadline.
    Greeting { deadline: Instant },
    /// Hellos were said.
    Open,
}

impl Session {
    /// One that has no connection yet.
    pub fn new(hello: Hello, now: Instant) -> Self {
        Self {
            local: hello,
            remote: None,
            phase: Phase::Apart,
            outgoing: BTreeMap::new(),
            incoming: BTreeMap::new(),
            settled: Settled::default(),
            next: 0,
            last_proposed: None,
            last_read: None,
            watch: Watch::new(now),
            telling: Telling::default(),
            acknowledged: 0,
            control: VecDeque::new(),
            events: VecDeque::new(),
        }
    }

    /// There is a connection, the first or in place of another: from now on the messages of its
    /// control channel are handed in, and those of none before. Both sides say hello there, and what
    /// is under way goes on.
    pub fn connect(&mut self, now: Instant) {
        self.phase = Phase::Greeting { deadline: now + GREETING_TIMEOUT };
        self.telling = Telling::default();
        self.control.clear();
        self.control.push_back(self.greeting());
    }

    /// The connection is gone, and there is no other yet.
    pub fn disconnect(&mut self) {
        self.phase = Phase::Apart;
        self.control.clear();
    }

    /// A connection that carried chunks is lost, or stands still: what went over it, and was not
    /// acknowledged, goes over others.
    pub fn lost(&mut self, connection: ConnectionNumber) {
        self.outgoing.values_mut().for_each(|outgoing| outgoing.lost(connection));
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
            self.say(Message::Accept { transfer, offset });
        }
    }

    /// The digest of all of a file, which an [`Event::Hash`] asked for.
    pub fn hashed(&mut self, transfer: TransferId, digest: Digest) {
        let told = self.outgoing.get_mut(&transfer).and_then(|outgoing| outgoing.hashed(digest));
        if let Some(digest) = told {
            self.say(Message::Digest { transfer, digest });
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
                self.say(Message::Cancel { transfer, reason });
            }
            self.end(Direction::Outgoing, transfer, End::Local(reason));
            self.promote();
        }
    }

    /// Lets a transfer rest: no chunks of it go out, or the remote peer is asked to send none.
    pub fn pause(&mut self, direction: Direction, transfer: TransferId) {
        self.wish(direction, transfer, Side::Local, Wish::Rest);
    }

    /// Lets a transfer go on that this side has paused.
    pub fn go_on(&mut self, direction: Direction, transfer: TransferId) {
        self.wish(direction, transfer, Side::Local, Wish::Move);
    }

    /// Tells the remote peer what is known of packets that were lost, if it takes that and it is time.
    pub fn tally(&mut self, tally: Tally, now: Instant) {
        let is_wanted = self.remote.is_some_and(|remote| remote.tally);
        let is_open = matches!(self.phase, Phase::Open);
        if is_open && is_wanted && self.telling.is_due(tally, now) {
            // One that did not go out yet is of the past.
            self.control.retain(|message| !matches!(message, Message::Tally(_)));
            self.say(Message::Tally(tally));
        }
    }

    /// Takes a message of the control channel.
    pub fn handle_control(&mut self, text: &[u8], now: Instant) -> Result<(), Violation> {
        if text.len() > CONTROL_BYTES_MAX {
            return Err(Violation::Malformed);
        }
        let message = serde_json::from_slice(text).map_err(|_| Violation::Malformed)?;
        match (&self.phase, message) {
            (Phase::Greeting { .. }, Message::Hello { hello, sending }) => {
                self.greet(hello, &sending, now)
            }
            // Said again, in answer to ours: since the first, something may have been taken back.
            (Phase::Open, Message::Hello { hello, sending }) if Some(hello) == self.remote => {
                self.forget_all_but(&sending);
                Ok(())
            }
            (Phase::Open, Message::Hello { .. }) | (Phase::Greeting { .. }, _) => {
                Err(Violation::Hello)
            }
            (Phase::Open, message) => self.handle(message, now),
            // What is left of a connection that is gone.
            (Phase::Apart, _) => Ok(()),
        }
    }

    /// Takes a message of the bulk channel of any connection.
    pub fn handle_chunk(&mut self, message: Bytes) -> Result<(), Violation> {
        let chunk = Chunk::decode(message).ok_or(Violation::Chunk)?;
        let (transfer, limits) = (chunk.transfer, self.local.limits);
        // Chunks that were cut before a connection was lost may overlap with those cut after.
        let early_max = 2 * limits.window_bytes as usize;
        let early: usize = self.incoming.values().map(Incoming::early_bytes).sum();
        if let Some(incoming) = self.incoming_of(transfer, Violation::Chunk)? {
            let taken = incoming.handle_chunk(chunk, &limits, early_max.saturating_sub(early))?;
            self.events.extend(taken.chunks.into_iter().map(Event::Write));
            let verified = taken.verified;
            self.events.extend(verified.map(|verified| Event::Checkpoint { transfer, verified }));
        }
        Ok(())
    }

    /// The bytes of an incoming file up to `offset` are on disk.
    pub fn written(&mut self, transfer: TransferId, offset: u64, now: Instant) {
        let Some(incoming) = self.incoming.get_mut(&transfer) else { return };
        let acknowledge = incoming.written(offset, now);
        let told = incoming.pace.tell(offset, now);
        if let Some(offset) = acknowledge {
            self.say(Message::Progress { transfer, offset });
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
            self.settle(transfer, Settlement::Stored(digest));
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
    pub fn handle_read(
        &mut self,
        transfer: TransferId,
        data: Bytes,
        now: Instant,
    ) -> Option<Chunk> {
        let idle = self.in_flight() == 0;
        let ready = self.outgoing.get_mut(&transfer)?.handle_read(transfer, data)?;
        if idle {
            self.watch.begin(now);
        }
        if let Some(digest) = ready.digest {
            self.say(Message::Digest { transfer, digest });
        }
        Some(ready.chunk)
    }

    /// The next message for the control channel.
    pub fn poll_control(&mut self) -> Option<String> {
        let message = self.control.pop_front()?;
        Some(serde_json::to_string(&message).expect("messages have no maps and no failing fields"))
    }

    /// The next bytes for the bulk channel of a connection that has room: each transfer in turn, a
    /// chunk at a time.
    pub fn poll_read(&mut self, room: Room) -> Option<ReadRequest> {
        let limits = self.open_limits()?;
        let chunk_bytes = (limits.chunk_bytes as usize).saturating_sub(CHUNK_HEADER_BYTES);
        let room = Room { bytes: room.bytes.min(chunk_bytes).min(CHUNK_DATA_BYTES_MAX), ..room };
        let window = u64::from(limits.window_bytes).saturating_sub(self.in_flight());
        let after = self.last_read.map_or(0, |TransferId(id)| id.wrapping_add(1));
        let (earlier, later): (Vec<_>, Vec<_>) =
            self.outgoing.keys().copied().partition(|id| id.0 < after);
        let request = later
            .into_iter()
            .chain(earlier)
            .find_map(|id| self.outgoing.get_mut(&id)?.poll_read(id, room, window))?;
        self.last_read = Some(request.transfer);
        Some(request)
    }

    /// The next thing to do or to tell.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When [`Session::handle_timeout`] is due.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let patience = match self.phase {
            Phase::Greeting { deadline } => Some(deadline),
            Phase::Open => (self.in_flight() > 0).then(|| self.watch.deadline()),
            Phase::Apart => None,
        };
        let outgoing = self.outgoing.values().filter_map(|outgoing| outgoing.pace.poll_timeout());
        let incoming = self.incoming.values().filter_map(Incoming::poll_timeout);
        patience.into_iter().chain(outgoing).chain(incoming).min()
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        let in_flight = self.in_flight() > 0;
        let stalled = match &mut self.phase {
            Phase::Greeting { deadline } if now >= *deadline => {
                *deadline = now + GREETING_TIMEOUT;
                true
            }
            Phase::Open => in_flight && self.watch.is_over(now),
            Phase::Greeting { .. } | Phase::Apart => false,
        };
        if stalled {
            self.events.push_back(Event::Stalled);
        }
        let due = self.incoming.iter_mut().filter_map(|(transfer, incoming)| {
            let offset = incoming.poll_acknowledge(now)?;
            Some(Message::Progress { transfer: *transfer, offset })
        });
        let due: Vec<_> = due.collect();
        for message in due {
            self.say(message);
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
    }

    /// Whether hellos were ever said.
    pub fn is_greeted(&self) -> bool {
        self.remote.is_some()
    }

    /// How the remote peer's ends of QUIC connections are known, if it speaks QUIC.
    pub fn remote_quic(&self) -> Option<Fingerprint> {
        self.remote?.quic
    }

    /// What the remote peer takes, once it has said so.
    pub fn remote_limits(&self) -> Option<Limits> {
        self.remote.map(|remote| remote.limits)
    }

    /// How many bytes are under way, sent and not acknowledged.
    pub fn in_flight(&self) -> u64 {
        self.outgoing.values().map(Outgoing::in_flight).sum()
    }

    /// What the remote peer has acknowledged since the beginning, of all transfers, in bytes.
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    /// Whether bytes are due in either direction, so that the connection should be kept awake.
    pub fn is_moving(&self) -> bool {
        self.outgoing.values().any(|o| matches!(o.phase, outgoing::Phase::Sending(_)))
            || self.incoming.values().any(|i| !matches!(i.phase, incoming::Phase::Proposed))
    }

    /// Takes the first hello of a connection, and says its own once more: what was said before the
    /// other side's channel was open may not have been heard. What comes twice is ignored.
    fn greet(
        &mut self,
        hello: Hello,
        sending: &[TransferId],
        now: Instant,
    ) -> Result<(), Violation> {
        if hello.version < VERSION {
            return Err(Violation::Version(hello.version));
        }
        let limits = hello.limits;
        if limits.chunk_bytes as usize <= CHUNK_HEADER_BYTES || limits.window_bytes == 0 {
            return Err(Violation::Hello);
        }
        let known = self.remote.replace(hello);
        match known {
            Some(known) if known.session == hello.session => self.forget_all_but(sending),
            Some(_) => self.begin_anew(),
            None => {}
        }
        self.control.push_back(self.greeting());
        self.phase = Phase::Open;
        self.watch.begin(now);
        self.incoming.values_mut().for_each(Incoming::expect_again);
        let is_known = known.is_some_and(|known| known.session == hello.session);
        self.events.push_back(if is_known { Event::Reopened } else { Event::Open(hello) });
        let open: Vec<_> = self.outgoing.iter().filter(|(_, it)| it.is_open()).collect();
        let open: Vec<_> = open.into_iter().map(|(transfer, _)| *transfer).collect();
        for transfer in open {
            self.propose_again(transfer);
        }
        self.promote();
        Ok(())
    }

    fn greeting(&self) -> Message {
        let sending = self.outgoing.iter().filter(|(_, outgoing)| outgoing.is_open());
        let sending = sending.map(|(transfer, _)| *transfer).collect();
        Message::Hello { hello: self.local, sending }
    }

    /// The remote peer is in the same session, and has these open: others were taken back.
    fn forget_all_but(&mut self, sending: &[TransferId]) {
        let over = |(transfer, it): &(&TransferId, &Incoming)| {
            !sending.contains(transfer) && !it.is_stored()
        };
        let over: Vec<_> = self.incoming.iter().filter(over).map(|(it, _)| *it).collect();
        for transfer in over {
            self.incoming.remove(&transfer);
            self.end(Direction::Incoming, transfer, End::Remote(Reason::Person));
        }
    }

    /// The remote peer knows nothing of what was before.
    fn begin_anew(&mut self) {
        self.outgoing.clear();
        self.incoming.clear();
        self.settled = Settled::default();
        self.last_proposed = None;
        self.events.push_back(Event::Anew);
    }

    fn propose_again(&mut self, transfer: TransferId) {
        let Some(outgoing) = self.outgoing.get_mut(&transfer) else { return };
        outgoing.ask_again();
        let (proposal, mark) = (outgoing.proposal.clone(), outgoing.mark);
        let resting = outgoing.rest.is_local();
        self.say(Message::Propose { transfer, proposal, mark });
        if resting {
            self.say(Message::Rest { transfer, resting });
        }
    }

    fn handle(&mut self, message: Message, now: Instant) -> Result<(), Violation> {
        match message {
            Message::Hello { .. } => Err(Violation::Hello),
            Message::Propose { transfer, proposal, mark } => {
                self.handle_propose(transfer, proposal, mark)
            }
            Message::Accept { transfer, offset } => {
                let Some(outgoing) = self.outgoing_of(transfer, Violation::Accept)? else {
                    return Ok(());
                };
                let begun = outgoing.accept(offset)?;
                let direction = Direction::Outgoing;
                self.events.push_back(if begun.again {
                    Event::Resumed { direction, transfer, offset }
                } else {
                    Event::Accepted { transfer, offset }
                });
                if begun.hash {
                    self.events.push_back(Event::Hash { transfer });
                }
                if let Some(digest) = begun.digest {
                    self.say(Message::Digest { transfer, digest });
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
                let Acknowledged { more, digest } = outgoing.progress(offset)?;
                let told = outgoing.pace.tell(offset, now);
                self.acknowledged += more;
                if more > 0 {
                    self.watch.progress(now);
                }
                if let Some(offset) = told {
                    let direction = Direction::Outgoing;
                    self.events.push_back(Event::Progress { direction, transfer, offset });
                }
                if let Some(digest) = digest {
                    self.say(Message::Digest { transfer, digest });
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
                    let wish = if resting { Wish::Rest } else { Wish::Move };
                    self.wish(Direction::Incoming, transfer, Side::Remote, wish);
                }
                Ok(())
            }
            Message::Wait { transfer, waiting } => {
                if self.outgoing_of(transfer, Violation::Accept)?.is_some() {
                    let wish = if waiting { Wish::Rest } else { Wish::Move };
                    self.wish(Direction::Outgoing, transfer, Side::Remote, wish);
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
            Message::Tally(tally) => {
                if !self.local.tally || !tally.is_possible() {
                    return Err(Violation::Tally);
                }
                self.events.push_back(Event::Tally(tally));
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
            return self.handle_proposed_again(transfer, &proposal);
        }
        self.last_proposed = Some(transfer);
        if self.incoming.len() >= self.local.limits.transfers as usize {
            self.settle(transfer, Settlement::Declined(Reason::Busy));
            return Ok(());
        }
        self.incoming.insert(transfer, Incoming::new(proposal.clone(), mark));
        self.events.push_back(Event::Proposed { transfer, proposal, mark });
        Ok(())
    }

    /// A proposal that is known, over a connection in place of the one it came over: the sender hears
    /// how it stands.
    fn handle_proposed_again(
        &mut self,
        transfer: TransferId,
        proposal: &Proposal,
    ) -> Result<(), Violation> {
        let Some(incoming) = self.incoming.get_mut(&transfer) else {
            let answer = self.settled.answer(transfer).ok_or(Violation::Proposal)?;
            self.say(answer);
            return Ok(());
        };
        if !incoming.is_again(proposal) {
            return Err(Violation::Proposal);
        }
        let waiting = incoming.rest.is_local();
        if let Some(offset) = incoming.go_on() {
            self.say(Message::Accept { transfer, offset });
            let direction = Direction::Incoming;
            self.events.push_back(Event::Resumed { direction, transfer, offset });
        }
        if waiting {
            self.say(Message::Wait { transfer, waiting });
        }
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
    fn wish(&mut self, direction: Direction, transfer: TransferId, by: Side, wish: Wish) {
        let Some(rest) = self.rest_of(direction, transfer) else { return };
        let was_local = rest.is_local();
        let standing = rest.wish(by, wish);
        if by == Side::Local && was_local != rest.is_local() {
            let rests = wish == Wish::Rest;
            let proposed = self.outgoing.get(&transfer).is_some_and(Outgoing::is_open);
            match direction {
                Direction::Outgoing if !proposed => {}
                Direction::Outgoing => self.say(Message::Rest { transfer, resting: rests }),
                Direction::Incoming => self.say(Message::Wait { transfer, waiting: rests }),
            }
        }
        self.events.extend(standing.map(|standing| match standing {
            Standing::Resting(by) => Event::Paused { direction, transfer, by },
            Standing::Moving => Event::Continued { direction, transfer },
        }));
    }

    fn rest_of(&mut self, direction: Direction, transfer: TransferId) -> Option<&mut Rest> {
        match direction {
            Direction::Outgoing => self.outgoing.get_mut(&transfer).map(|it| &mut it.rest),
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
        self.settle(transfer, Settlement::Declined(reason));
        self.end(Direction::Incoming, transfer, End::Local(reason));
    }

    /// Tells the sender how a transfer has ended here, now and should it ask again.
    fn settle(&mut self, transfer: TransferId, settlement: Settlement) {
        self.incoming.remove(&transfer);
        self.settled.keep(transfer, settlement, self.local.limits.transfers);
        self.say(settlement.message(transfer));
    }

    /// Says something over the connection that is. Where there is none, the next begins with how
    /// everything stands.
    fn say(&mut self, message: Message) {
        if matches!(self.phase, Phase::Open) {
            self.control.push_back(message);
        }
    }

    fn open_limits(&self) -> Option<Limits> {
        matches!(self.phase, Phase::Open).then_some(self.remote?.limits)
    }

    fn end(&mut self, direction: Direction, transfer: TransferId, end: End) {
        self.events.push_back(Event::Ended { direction, transfer, end });
    }

    /// Proposes what was waiting, as far as the remote peer takes it.
    fn promote(&mut self) {
        let Some(limits) = self.open_limits() else { return };
        let open = self.outgoing.values().filter(|outgoing| outgoing.is_open()).count();
        let room = (limits.transfers as usize).saturating_sub(open);
        let waiting = self.outgoing.iter_mut().filter(|(_, outgoing)| !outgoing.is_open());
        for (&transfer, outgoing) in waiting.take(room) {
            outgoing.phase = outgoing::Phase::Proposed;
            let (proposal, mark) = (outgoing.proposal.clone(), outgoing.mark);
            self.control.push_back(Message::Propose { transfer, proposal, mark });
            if outgoing.rest.is_local() {
                self.control.push_back(Message::Rest { transfer, resting: true });
            }
        }
    }
}

/// How long a remote peer may take to say who it is.
pub const GREETING_TIMEOUT: Duration = Duration::from_secs(10);
