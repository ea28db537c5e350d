//! Two sessions talk to each other through queues; what they agree on is checked at the end.

use super::message::{CHUNK_DATA_BYTES_MAX, Message, VERSION};
use super::*;
use crate::path::Packets;
use crate::text::FileName;
use bytes::Bytes;
use proptest::prelude::*;
use sha2::Digest as _;
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// One side: its session, the files it sends, and the files that came in.
struct Side {
    session: Session,
    sends: BTreeMap<TransferId, Vec<u8>>,
    receives: BTreeMap<TransferId, Vec<u8>>,
    stored: Vec<Vec<u8>>,
    events: Vec<Event>,
    policy: Policy,
    /// What is proposed with.
    mark: Option<Mark>,
    /// What it has of a file before it is sent anything.
    beginning: Vec<u8>,
}

#[derive(Clone, Copy)]
enum Policy {
    Accept,
    Decline,
    FailToStore,
}

/// Two sides and what is under way between them; time is virtual.
struct Pair {
    sides: [Side; 2],
    control: [VecDeque<String>; 2],
    /// Of each connection.
    bulk: [[VecDeque<Bytes>; CONNECTIONS]; 2],
    /// Which connection has the next turn.
    turn: usize,
    now: Instant,
    /// How many chunks were sent.
    chunks: usize,
    /// The most bytes of chunks ever under way or unwritten.
    unwritten_max: usize,
}

fn hello() -> Hello {
    Hello {
        version: VERSION,
        session: SessionId(1),
        limits: Limits::default(),
        device: Device::Terminal,
        quic: None,
        tally: true,
    }
}

fn greeting() -> Message {
    Message::Hello { hello: hello(), sending: Vec::new() }
}

/// A session with a connection.
fn connected(now: Instant) -> Session {
    let mut session = Session::new(hello(), now);
    session.connect(now);
    session
}

fn proposal(size: usize) -> Proposal {
    let dimensions = Some(Dimensions { width: 4, height: 3 });
    Proposal { dimensions, ..Proposal::new(FileName::new("a.jpg"), MediaType::jpeg(), size as u64) }
}

/// Over which chunks go.
const CONNECTIONS: usize = 3;

fn content(size: usize) -> Vec<u8> {
    (0..size).map(|i| (i * 31 + i / 251) as u8).collect()
}

impl Side {
    fn new(now: Instant) -> Self {
        Self {
            session: connected(now),
            sends: BTreeMap::new(),
            receives: BTreeMap::new(),
            stored: Vec::new(),
            events: Vec::new(),
            policy: Policy::Accept,
            mark: None,
            beginning: Vec::new(),
        }
    }

    fn send(&mut self, file: Vec<u8>) -> TransferId {
        let transfer = self.session.propose(proposal(file.len()), self.mark);
        self.sends.insert(transfer, file);
        transfer
    }

    fn perform(&mut self, now: Instant) {
        while let Some(event) = self.session.poll_event() {
            match &event {
                Event::Proposed { transfer, .. } => match self.policy {
                    Policy::Decline => self.session.decline(*transfer, Reason::Person),
                    Policy::Accept | Policy::FailToStore => {
                        self.receives.insert(*transfer, self.beginning.clone());
                        self.session.accept(*transfer, Verified::of(&self.beginning));
                    }
                },
                Event::Write(chunk) => {
                    let file = self.receives.entry(chunk.transfer).or_default();
                    assert_eq!(file.len() as u64, chunk.offset, "bytes come in order");
                    file.extend_from_slice(&chunk.data);
                    let written = file.len() as u64;
                    self.session.written(chunk.transfer, written, now);
                }
                Event::Hash { transfer } => {
                    let digest = sha2::Sha256::digest(&self.sends[transfer]);
                    self.session.hashed(*transfer, Digest(digest.into()));
                }
                Event::Store { transfer } if matches!(self.policy, Policy::FailToStore) => {
                    self.session.failed(*transfer, Reason::DiskFull);
                }
                Event::Store { transfer } => {
                    self.stored.push(self.receives.remove(transfer).unwrap_or_default());
                    self.session.stored(*transfer);
                }
                _ => {}
            }
            self.events.push(event);
        }
    }

    fn ends(&self) -> Vec<(Direction, TransferId, End)> {
        let end = |event: &Event| match event {
            Event::Ended { direction, transfer, end } => Some((*direction, *transfer, *end)),
            _ => None,
        };
        self.events.iter().filter_map(end).collect()
    }
}

impl Pair {
    fn new() -> Self {
        let now = Instant::now();
        Self {
            sides: [Side::new(now), Side::new(now)],
            control: Default::default(),
            bulk: Default::default(),
            turn: 0,
            now,
            chunks: 0,
            unwritten_max: 0,
        }
    }

    /// One step of one side: takes in at most one message of each channel, then speaks.
    fn step(&mut self, at: usize) -> bool {
        let other = 1 - at;
        let mut moved = false;
        self.now += Duration::from_millis(1);
        if let Some(text) = self.control[at].pop_front() {
            self.sides[at].session.handle_control(text.as_bytes(), self.now).expect("no violation");
            moved = true;
        }
        self.turn = (self.turn + 1) % CONNECTIONS;
        let mut queues = (0..CONNECTIONS).map(|number| (self.turn + number) % CONNECTIONS);
        if let Some(chunk) = queues.find_map(|queue| self.bulk[at][queue].pop_front()) {
            self.sides[at].session.handle_chunk(chunk).expect("no violation");
            moved = true;
        }
        self.sides[at].perform(self.now);
        while let Some(text) = self.sides[at].session.poll_control() {
            self.control[other].push_back(text);
            moved = true;
        }
        let connection = ConnectionNumber(self.turn as u32);
        let room = Room { connection, bytes: CHUNK_DATA_BYTES_MAX };
        if let Some(read) = self.sides[at].session.poll_read(room) {
            let file = &self.sides[at].sends[&read.transfer];
            let from = read.offset as usize;
            let data = Bytes::copy_from_slice(&file[from..from + read.len]);
            let session = &mut self.sides[at].session;
            if let Some(chunk) = session.handle_read(read.transfer, data, self.now) {
                self.chunks += 1;
                self.bulk[other][self.turn].push_back(chunk.encode().freeze());
            }
            moved = true;
        }
        self.unwritten_max = self.unwritten_max.max(self.unwritten(other));
        moved
    }

    /// The bytes under way to one side.
    fn unwritten(&self, to: usize) -> usize {
        self.bulk[to].iter().flatten().map(Bytes::len).sum()
    }

    /// Another connection in place of the one for messages: what was under way is lost.
    fn reconnect(&mut self) {
        for side in 0..2 {
            self.sides[side].session.connect(self.now);
            self.control[side].clear();
        }
        self.lose(0);
    }

    /// What is under way over one connection is lost, and both sides know that it is.
    fn lose(&mut self, number: usize) {
        for side in 0..2 {
            self.sides[side].session.lost(ConnectionNumber(number as u32));
            self.bulk[side][number].clear();
        }
    }

    /// Until nothing is left to be said, now or in a moment.
    fn settle(&mut self) {
        loop {
            if [self.step(0), self.step(1)].contains(&true) {
                continue;
            }
            let due = self.sides.iter().filter_map(|side| side.session.poll_timeout()).min();
            let soon = self.now + Duration::from_millis(200);
            let Some(due) = due.filter(|due| *due < soon) else { return };
            self.now = due;
            for side in &mut self.sides {
                side.session.handle_timeout(due);
            }
        }
    }
}

#[test]
fn a_photo_arrives_whole_and_its_sender_has_a_receipt() {
    let mut pair = Pair::new();
    let photo = content(3 * CHUNK_DATA_BYTES_MAX + 17);
    let transfer = pair.sides[0].send(photo.clone());
    pair.settle();
    let digest = Digest(sha2::Sha256::digest(&photo).into());
    assert_eq!(pair.sides[1].stored, [photo]);
    assert_eq!(pair.sides[0].ends(), [(Direction::Outgoing, transfer, End::Done(digest))]);
    assert_eq!(pair.sides[1].ends(), [(Direction::Incoming, transfer, End::Done(digest))]);
}

#[test]
fn what_is_there_already_is_not_sent_again_and_the_digest_is_of_the_whole() {
    let file = content(5 * CHUNK_DATA_BYTES_MAX + 17);
    let digest = Digest(sha2::Sha256::digest(&file).into());
    for there in [1, CHUNK_DATA_BYTES_MAX, file.len() - 1, file.len()] {
        let mut pair = Pair::new();
        pair.sides[0].mark = Some(Mark([7; 32]));
        pair.sides[1].beginning = file[..there].to_vec();
        let transfer = pair.sides[0].send(file.clone());
        pair.settle();
        assert_eq!(pair.sides[1].stored, std::slice::from_ref(&file), "{there}");
        assert_eq!(pair.sides[0].ends(), [(Direction::Outgoing, transfer, End::Done(digest))]);
        let writes = pair.sides[1].events.iter().filter_map(|event| match event {
            Event::Write(chunk) => Some(chunk.data.len()),
            _ => None,
        });
        assert_eq!(writes.sum::<usize>(), file.len() - there);
    }
}

#[test]
fn a_beginning_of_something_else_is_noticed_in_the_end() {
    let mut pair = Pair::new();
    pair.sides[0].mark = Some(Mark([7; 32]));
    pair.sides[1].beginning = vec![0; 1000];
    let transfer = pair.sides[0].send(content(CHUNK_DATA_BYTES_MAX));
    pair.settle();
    assert!(pair.sides[1].stored.is_empty());
    let end = End::Remote(Reason::Digest);
    assert_eq!(pair.sides[0].ends(), [(Direction::Outgoing, transfer, end)]);
}

#[test]
fn what_comes_is_kept_now_and_then_so_that_the_rest_can_follow_another_time() {
    let file = content(3 * 1024 * 1024);
    let mut pair = Pair::new();
    pair.sides[0].mark = Some(Mark([7; 32]));
    pair.sides[0].send(file.clone());
    pair.settle();
    let kept: Vec<_> = pair.sides[1]
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Checkpoint { verified, .. } => Some(verified.clone()),
            _ => None,
        })
        .collect();
    assert!(kept.len() >= 3 && kept.windows(2).all(|it| it[0].offset < it[1].offset));
    for verified in kept {
        let again = Verified::decode(verified.offset, &verified.encode());
        assert_eq!(again.as_ref(), Some(&verified));
        assert_eq!(again, Some(Verified::of(&file[..verified.offset as usize])));
    }
    assert_eq!(Verified::decode(0, b"something else"), None);
}

#[test]
fn nobody_goes_on_with_what_was_proposed_without_a_mark() {
    let mut session = connected(Instant::now());
    let transfer = session.propose(proposal(10), None);
    let mut hear = |message: &Message| {
        let text = serde_json::to_string(message).expect("JSON");
        session.handle_control(text.as_bytes(), Instant::now())
    };
    hear(&greeting()).expect("a hello");
    let accept = Message::Accept { transfer, offset: 5 };
    assert_eq!(hear(&accept), Err(Violation::Accept));
}

#[test]
fn an_empty_file_arrives_too() {
    let mut pair = Pair::new();
    pair.sides[1].send(Vec::new());
    pair.settle();
    assert_eq!(pair.sides[0].stored, [Vec::<u8>::new()]);
}

#[test]
fn a_declined_file_sends_no_byte() {
    let mut pair = Pair::new();
    pair.sides[1].policy = Policy::Decline;
    let transfer = pair.sides[0].send(content(100_000));
    pair.settle();
    assert_eq!(pair.unwritten_max, 0);
    assert_eq!(
        pair.sides[0].ends(),
        [(Direction::Outgoing, transfer, End::Remote(Reason::Person))]
    );
}

#[test]
fn a_full_disk_gives_no_receipt() {
    let mut pair = Pair::new();
    pair.sides[1].policy = Policy::FailToStore;
    let transfer = pair.sides[0].send(content(10));
    pair.settle();
    assert_eq!(
        pair.sides[0].ends(),
        [(Direction::Outgoing, transfer, End::Remote(Reason::DiskFull))]
    );
}

#[test]
fn what_is_whole_already_is_kept_though_its_sender_takes_it_back() {
    let now = Instant::now();
    let mut session = connected(now);
    let mut hear = |message: &Message| {
        let text = serde_json::to_vec(message).expect("plain");
        session.handle_control(&text, now).expect("no violation");
        if let Message::Propose { transfer, .. } = message {
            session.accept(*transfer, Verified::default());
        }
    };
    let (transfer, digest) = (TransferId(0), Digest(sha2::Sha256::digest([]).into()));
    hear(&greeting());
    hear(&Message::Propose { transfer, proposal: proposal(0), mark: None });
    hear(&Message::Digest { transfer, digest });
    hear(&Message::Cancel { transfer, reason: Reason::Person });
    session.decline(transfer, Reason::Person);
    session.stored(transfer);
    let ends = std::iter::from_fn(|| session.poll_event())
        .filter(|event| matches!(event, Event::Ended { .. }))
        .collect::<Vec<_>>();
    let direction = Direction::Incoming;
    assert_eq!(ends, [Event::Ended { direction, transfer, end: End::Done(digest) }]);
}

#[test]
fn a_cancel_on_the_way_ends_both_sides_and_crossing_chunks_do_no_harm() {
    for direction in [Direction::Outgoing, Direction::Incoming] {
        let mut pair = Pair::new();
        let transfer = pair.sides[0].send(content(20 * CHUNK_DATA_BYTES_MAX));
        for step in 0..24 {
            pair.step(step % 2);
        }
        assert!(!pair.sides[1].receives[&transfer].is_empty(), "chunks are under way");
        match direction {
            Direction::Outgoing => pair.sides[0].session.cancel(transfer, Reason::Person),
            Direction::Incoming => pair.sides[1].session.decline(transfer, Reason::Person),
        }
        pair.settle();
        assert_eq!(pair.sides[0].ends().len(), 1);
        assert_eq!(pair.sides[1].ends().len(), 1);
        assert!(pair.sides[1].stored.is_empty());
    }
}

#[test]
fn several_files_take_turns_chunk_by_chunk() {
    let mut pair = Pair::new();
    pair.sides[0].send(content(30 * CHUNK_DATA_BYTES_MAX));
    pair.sides[0].send(content(2 * CHUNK_DATA_BYTES_MAX));
    pair.settle();
    assert_eq!(pair.sides[1].stored[0].len(), 2 * CHUNK_DATA_BYTES_MAX, "the small one is first");
    assert_eq!(pair.sides[1].stored.len(), 2);
}

#[test]
fn more_files_than_the_other_side_takes_wait_their_turn() {
    let mut pair = Pair::new();
    let count = Limits::default().transfers as usize * 3;
    for _ in 0..count {
        pair.sides[0].send(content(1000));
    }
    pair.settle();
    assert_eq!(pair.sides[1].stored.len(), count);
}

#[test]
fn a_sender_waits_for_a_slow_disk() {
    let mut pair = Pair::new();
    pair.sides[1].policy = Policy::Accept;
    pair.sides[0].send(content(20 << 20));
    for _ in 0..2000 {
        pair.step(0);
        if let Some(text) = pair.control[1].pop_front() {
            pair.sides[1].session.handle_control(text.as_bytes(), pair.now).expect("no violation");
            while let Some(event) = pair.sides[1].session.poll_event() {
                if let Event::Proposed { transfer, .. } = event {
                    pair.sides[1].session.accept(transfer, Verified::default());
                }
            }
            while let Some(text) = pair.sides[1].session.poll_control() {
                pair.control[0].push_back(text);
            }
        }
    }
    let window = Limits::default().window_bytes as usize;
    assert!(pair.unwritten_max > window / 2 && pair.unwritten_max < window + (64 << 10));
}

#[test]
fn whoever_breaks_the_protocol_is_told_apart() {
    let now = Instant::now();
    let greeted = || {
        let mut session = connected(now);
        let text = serde_json::to_vec(&greeting()).expect("plain");
        session.handle_control(&text, now).expect("a hello");
        session
    };
    let chunk = |transfer, offset, len: usize| {
        Chunk { transfer: TransferId(transfer), offset, data: content(len).into() }
            .encode()
            .freeze()
    };
    let propose = br#"{"type":"propose","transfer":3,"name":"a","media_type":"a/b","size":9}"#;
    assert_eq!(greeted().handle_control(b"{", now), Err(Violation::Malformed));
    assert_eq!(greeted().handle_control(&vec![b' '; 20_000], now), Err(Violation::Malformed));
    assert_eq!(connected(now).handle_control(propose, now), Err(Violation::Hello));
    assert_eq!(greeted().handle_chunk(chunk(3, 0, 1)), Err(Violation::Chunk));
    let accept = br#"{"type":"accept","transfer":0,"offset":0}"#;
    assert_eq!(greeted().handle_control(accept, now), Err(Violation::Accept));
    let tally = br#"{"type":"tally","yours":{"sent":1,"lost":2}}"#;
    assert_eq!(greeted().handle_control(tally, now), Err(Violation::Tally));
    let mut session = greeted();
    session.handle_control(propose, now).expect("a proposal");
    assert_eq!(session.handle_control(propose, now), Err(Violation::Proposal));
    assert_eq!(session.handle_chunk(chunk(3, 0, 1)), Err(Violation::Chunk), "not accepted");
    session.accept(TransferId(3), Verified::default());
    assert_eq!(session.handle_chunk(chunk(3, 0, 10)), Err(Violation::Chunk), "too much");
    assert_eq!(session.handle_chunk(chunk(3, u64::MAX, 1)), Err(Violation::Chunk), "overflow");
    let mut silent = connected(now);
    silent.handle_timeout(now + Duration::from_secs(9));
    assert_eq!(silent.poll_event(), None);
    silent.handle_timeout(now + Duration::from_secs(10));
    assert_eq!(silent.poll_event(), Some(Event::Stalled), "another connection is tried");
}

#[test]
fn what_is_known_of_packets_is_told_to_who_takes_that_and_the_newest_alone_waits() {
    let now = Instant::now();
    let packets = |sent| Some(Packets { sent, lost: 7 });
    let mut other = connected(now);
    for takes in [true, false] {
        let theirs =
            Message::Hello { hello: Hello { tally: takes, ..hello() }, sending: Vec::new() };
        let mut session = connected(now);
        session.tally(Tally { mine: None, yours: packets(100) }, now);
        let text = serde_json::to_vec(&theirs).expect("plain");
        session.handle_control(&text, now).expect("a hello");
        for second in [0, 1, 2] {
            let yours = packets(1000 * (second + 1));
            session.tally(Tally { mine: None, yours }, now + Duration::from_secs(second));
        }
        let said: Vec<_> = std::iter::from_fn(|| session.poll_control()).collect();
        assert_eq!(said.len(), if takes { 3 } else { 2 }, "two hellos: {said:?}");
        for text in said {
            other.handle_control(text.as_bytes(), now).expect("it is proper");
        }
    }
    let told = std::iter::from_fn(|| other.poll_event());
    let told: Vec<_> = told.filter(|event| matches!(event, Event::Tally(_))).collect();
    assert_eq!(told, [Event::Tally(Tally { mine: None, yours: packets(3000) })]);
}

#[test]
fn what_is_lost_with_a_connection_goes_over_the_next_and_nothing_is_sent_twice_besides() {
    let mut pair = Pair::new();
    let file = content(40 * CHUNK_DATA_BYTES_MAX);
    let transfer = pair.sides[0].send(file.clone());
    for step in 0..60 {
        pair.step(step % 2);
    }
    for _ in 0..6 {
        pair.step(0);
    }
    let lost: usize = (0..CONNECTIONS).map(|it| pair.bulk[1][it].len()).sum();
    (0..CONNECTIONS).for_each(|it| pair.lose(it));
    pair.reconnect();
    pair.settle();
    assert_eq!(pair.sides[1].stored, [file]);
    let resumed = |side: &Side| {
        let is = |event: &&Event| matches!(event, Event::Resumed { transfer: it, .. } if *it == transfer);
        side.events.iter().filter(is).count()
    };
    assert_eq!((resumed(&pair.sides[0]), resumed(&pair.sides[1])), (1, 1));
    assert!(lost > 0 && pair.chunks <= 40 + lost, "{} chunks, {lost} lost", pair.chunks);
}

#[test]
fn what_a_connection_that_stands_still_holds_goes_over_others_and_does_no_harm_when_it_comes() {
    let mut pair = Pair::new();
    pair.sides[0].send(content(40 * CHUNK_DATA_BYTES_MAX));
    let mut held = VecDeque::new();
    for step in 0..60 {
        pair.step(step % 2);
        held.extend(std::mem::take(&mut pair.bulk[1][1]));
    }
    assert!(!held.is_empty());
    pair.sides[0].session.lost(ConnectionNumber(1));
    for step in 0..60 {
        pair.step(step % 2);
        pair.bulk[1][1].extend(held.pop_front());
    }
    pair.settle();
    assert_eq!(pair.sides[1].stored, [content(40 * CHUNK_DATA_BYTES_MAX)]);
}

#[test]
fn what_still_comes_over_the_connection_before_need_not_be_sent_again() {
    for under_way in 1..=12 {
        let mut pair = Pair::new();
        let file = content(12 * CHUNK_DATA_BYTES_MAX);
        pair.sides[0].send(file.clone());
        while pair.chunks < under_way {
            pair.step(0);
            if pair.chunks == 0 {
                pair.step(1);
            }
        }
        let held = std::mem::take(&mut pair.bulk[1]);
        pair.reconnect();
        let is_resumed = |event: &Event| matches!(event, Event::Resumed { .. });
        while !pair.sides[1].events.iter().any(is_resumed) {
            pair.step(0);
            pair.step(1);
        }
        // Before the sender hears from where it is to go on.
        pair.bulk[1] = held;
        while pair.unwritten(1) > 0 {
            pair.step(1);
        }
        pair.settle();
        assert_eq!(pair.sides[1].stored, [file]);
        assert!(pair.sides[0].ends().len() == 1 && pair.chunks <= 12 + under_way);
    }
}

#[test]
fn a_remote_peer_that_has_forgotten_everything_begins_anew() {
    let mut pair = Pair::new();
    pair.sides[0].send(content(40 * CHUNK_DATA_BYTES_MAX));
    for step in 0..60 {
        pair.step(step % 2);
    }
    let fresh = Session::new(Hello { session: SessionId(2), ..hello() }, pair.now);
    pair.sides[1].session = fresh;
    pair.sides[1].receives.clear();
    (0..CONNECTIONS).for_each(|it| pair.lose(it));
    pair.reconnect();
    pair.settle();
    assert!(pair.sides[0].events.contains(&Event::Anew) && !pair.sides[0].session.is_moving());
    pair.sides[0].send(content(10));
    pair.settle();
    assert_eq!(pair.sides[1].stored, [content(10)]);
}

#[test]
fn what_is_taken_back_before_hellos_are_said_again_is_over_on_both_sides() {
    let mut pair = Pair::new();
    let transfer = pair.sides[0].send(content(40 * CHUNK_DATA_BYTES_MAX));
    for step in 0..20 {
        pair.step(step % 2);
    }
    pair.reconnect();
    pair.sides[0].session.cancel(transfer, Reason::Person);
    pair.settle();
    assert_eq!(pair.sides[1].ends().len(), 1);
    assert!(!pair.sides[1].session.is_moving());
}

#[test]
fn no_word_on_what_is_under_way_asks_for_another_connection() {
    let mut pair = Pair::new();
    pair.sides[0].send(content(40 * CHUNK_DATA_BYTES_MAX));
    for step in 0..60 {
        pair.step(step % 2);
    }
    while pair.step(0) {
        pair.control[0].clear();
    }
    let (session, later) = (&mut pair.sides[0].session, pair.now + Duration::from_secs(3));
    session.handle_timeout(later);
    let mut events = std::iter::from_fn(|| session.poll_event());
    assert!(events.any(|event| event == Event::Stalled));
    assert!(session.poll_timeout().is_some_and(|next| next > later));
}

#[test]
fn a_transfer_that_rests_sends_nothing_and_still_rests_over_another_connection() {
    for (side, direction) in [(0, Direction::Outgoing), (1, Direction::Incoming)] {
        let mut pair = Pair::new();
        let transfer = pair.sides[0].send(content(40 * CHUNK_DATA_BYTES_MAX));
        for step in 0..30 {
            pair.step(step % 2);
        }
        pair.sides[side].session.pause(direction, transfer);
        pair.settle();
        pair.reconnect();
        pair.settle();
        assert!(pair.sides[1].stored.is_empty() && pair.chunks < 40);
        pair.sides[side].session.go_on(direction, transfer);
        pair.settle();
        assert_eq!(pair.sides[1].stored.len(), 1);
    }
}

#[test]
fn a_wrong_digest_stores_nothing() {
    let mut pair = Pair::new();
    let transfer = pair.sides[0].send(content(100));
    for step in 0.. {
        pair.step(step % 2);
        if let Some(chunk) = pair.bulk[1].iter_mut().find_map(VecDeque::front_mut) {
            let mut bent = chunk.to_vec();
            bent[20] ^= 1;
            *chunk = bent.into();
            break;
        }
    }
    pair.settle();
    assert!(pair.sides[1].stored.is_empty());
    assert_eq!(
        pair.sides[0].ends(),
        [(Direction::Outgoing, transfer, End::Remote(Reason::Digest))]
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// However steps fall, every file ends on both sides, and what is stored is what was sent.
    #[test]
    fn both_sides_end(
        files in prop::collection::vec((0usize..2, 0usize..300_000), 1..6),
        steps in prop::collection::vec((0usize..2, 0u8..44), 0..200),
    ) {
        let mut pair = Pair::new();
        let sent: Vec<_> = files.iter().map(|&(at, size)| (at, pair.sides[at].send(content(size)))).collect();
        for (at, act) in steps {
            pair.step(at);
            let (side, transfer) = sent[act as usize % sent.len()];
            match act {
                0..3 => pair.sides[side].session.cancel(transfer, Reason::Person),
                3..6 => pair.sides[1 - side].session.decline(transfer, Reason::Person),
                40 => pair.reconnect(),
                41..44 => pair.lose(act as usize - 41),
                _ => {}
            }
        }
        pair.settle();
        for (at, transfer) in sent {
            let ended = |side: &Side, direction| {
                side.ends().iter().filter(|(d, t, _)| *d == direction && *t == transfer).count()
            };
            prop_assert_eq!(ended(&pair.sides[at], Direction::Outgoing), 1);
            prop_assert!(ended(&pair.sides[1 - at], Direction::Incoming) <= 1);
        }
        for side in 0..2 {
            for stored in &pair.sides[side].stored {
                prop_assert_eq!(stored, &content(stored.len()));
            }
            prop_assert!(!pair.sides[side].session.is_moving());
        }
    }

    /// Nothing that comes in panics, and nothing is kept beyond what was proposed.
    #[test]
    fn any_bytes_are_survived(messages in prop::collection::vec(
        (any::<bool>(), prop_oneof![
            prop::collection::vec(any::<u8>(), 0..64),
            Just(br#"{"type":"propose","transfer":1,"name":"a","media_type":"a/b","size":40}"#.to_vec()),
            Just(br#"{"type":"digest","transfer":1,"digest":"00"}"#.to_vec()),
            Just(br#"{"type":"progress","transfer":0,"offset":18446744073709551615}"#.to_vec()),
            (0u32..3, 0u64..50, 0usize..50).prop_map(|(transfer, offset, len)| {
                Chunk { transfer: TransferId(transfer), offset, data: content(len).into() }.encode().to_vec()
            }),
        ]), 0..40)
    ) {
        let now = Instant::now();
        let mut side = Side::new(now);
        let greeting = serde_json::to_vec(&greeting()).expect("plain");
        side.session.handle_control(&greeting, now).expect("a hello");
        side.send(content(10));
        for (control, message) in messages {
            let outcome = if control {
                side.session.handle_control(&message, now)
            } else {
                side.session.handle_chunk(message.into())
            };
            side.perform(now);
            if outcome.is_err() {
                break;
            }
        }
        prop_assert!(side.receives.values().all(|file| file.len() <= 40));
    }
}
