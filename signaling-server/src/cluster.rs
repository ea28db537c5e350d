//! Several servers that act as one: how each learns which peers of its rooms are at others.
//!
//! Instances say all this over a bus that carries messages by subject and keeps nothing. A balancer
//! that sends a room's peers to one instance leaves it little to do; it has to be right for the rest.
//!
//! ```text
//! first peer here        probe, subscribe, ask ─────────► room's subject
//! those who have it                 ◄── have {their peers, who else has it}
//!   … or the bus: nobody has subscribed; or SEARCH is over
//! the welcome names all  joined, away, left, signals ───► each who has it, in order
//! last peer gone         unsubscribe, closed ───────────► each who has it
//! ```
//!
//! - Who asks and who answers know each other from then on: a room's *neighbours*. All that is said of
//!   peers goes from one to another over one subject, in order: nobody is signalled by one that has not
//!   joined.
//! - In `have` all is said of one's own peers: saying it again mends what was lost. So each does, and asks
//!   anew, once the bus is back, or after one that had fallen silent.
//! - The bus does not know who is there. Each instance says that it lives each [`BEAT`]; one that is
//!   not heard for [`DEAD_AFTER`] is taken for dead, and its peers have left. One that ends says so: its
//!   peers have [`GRACE_SECONDS`] to come to another.
//! - While the bus is gone nothing is known of others, and nothing changes.
//! - Two who enter a room at once, at two instances that have not heard of each other yet, are told of
//!   one another a moment later, and to offer.
//!
//! A pure state machine beside [`Rooms`]: what is to be done comes out of [`Cluster::poll_output`].

mod wire;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::{Duration, Instant};

use wire::{Alive, Hex, News, What};

use crate::protocol::{GRACE_SECONDS, PeerId, RoomId};
use crate::rooms::{Change, Heard, InstanceId, Rooms, SocketId};

/// How often an instance says that it lives.
pub const BEAT: Duration = Duration::from_secs(2);

/// How long an instance may be silent before it is taken for dead: three beats, and what they may be late.
pub const DEAD_AFTER: Duration = Duration::from_millis(6500);

/// How long the answers of those who have a room are waited for, at most.
pub const SEARCH: Duration = Duration::from_millis(150);

/// How much may wait for the bus before what peers say to those of other instances is lost, in bytes.
pub const WAITING_BYTES_MAX: usize = 16 * 1024 * 1024;

/// How many outputs may wait for the bus, beside those that say all of every room. One more, and they
/// are let go of: all is said anew instead, once the bus takes something.
pub const OUTPUTS_MAX: usize = 65_536;

/// Where is published what all hear that have a room.
pub fn subject_of(room: &RoomId) -> String {
    wire::of_room(room)
}

/// What an instance knows of others.
#[derive(Debug)]
pub struct Cluster {
    own: InstanceId,
    /// Those that somebody is in here, or about to enter.
    rooms: HashMap<RoomId, Spread>,
    searches: BTreeSet<(Instant, RoomId)>,
    /// Those that were heard lately, and until when they are taken to live.
    instances: BTreeMap<InstanceId, Instant>,
    /// Those that were taken for dead.
    lost: BTreeSet<InstanceId>,
    /// When the next beat is due; none while the bus is gone.
    beat: Option<Instant>,
    outputs: VecDeque<Output>,
    /// How many of these may wait.
    outputs_max: usize,
    /// Rooms of which it is known by now who has them.
    found: VecDeque<RoomId>,
    /// How much is to be published, in bytes.
    waiting_bytes: usize,
    /// Too much waited, and was let go of.
    is_behind: bool,
    /// How many messages of peers were not carried, as the bus was gone or too much waited.
    dropped: u64,
}

/// Where a room is besides.
#[derive(Debug, Default)]
struct Spread {
    neighbours: BTreeSet<InstanceId>,
    search: Option<Search>,
}

#[derive(Debug)]
struct Search {
    until: Instant,
    /// Those that have said whom they have.
    answered: BTreeSet<InstanceId>,
    /// Those that are said to have the room.
    awaited: BTreeSet<InstanceId>,
}

/// What is to be done, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// What is published of a room is to be heard: see [`subject_of`].
    Subscribe(RoomId),
    /// Not any more.
    Unsubscribe(RoomId),
    /// The same of these rooms, and of no others.
    SubscribeOnly(Vec<RoomId>),
    /// To be published.
    Publish {
        /// Where.
        subject: String,
        /// Where the bus is to say that nobody has subscribed there.
        reply_to: Option<String>,
        /// What.
        body: Vec<u8>,
    },
}

/// What came over the bus.
#[derive(Debug)]
pub enum Incoming<'a> {
    /// Something of other instances' peers.
    News(Heard),
    /// A reply, as it goes over a websocket.
    Text(SocketId, &'a str),
    /// A frame likewise.
    Frame(SocketId, &'a [u8]),
    /// Nothing that anybody here is to hear.
    Nothing,
}

impl Cluster {
    /// One that has heard of no other, without a bus yet.
    pub fn new(own: InstanceId) -> Self {
        Self {
            own,
            rooms: HashMap::new(),
            searches: BTreeSet::new(),
            instances: BTreeMap::new(),
            lost: BTreeSet::new(),
            beat: None,
            outputs: VecDeque::new(),
            outputs_max: OUTPUTS_MAX,
            found: VecDeque::new(),
            waiting_bytes: 0,
            is_behind: false,
            dropped: 0,
        }
    }

    /// What is to be heard as long as it runs, whatever rooms it has.
    pub fn subjects(&self) -> [String; 2] {
        [wire::ALIVE.to_owned(), wire::to_any(self.own)]
    }

    /// How many others live, as far as is known.
    pub fn others(&self) -> usize {
        self.instances.len()
    }

    /// Whether the bus is there.
    pub fn is_connected(&self) -> bool {
        self.beat.is_some()
    }

    /// Nothing is held of any room.
    pub fn is_empty(&self) -> bool {
        self.rooms.is_empty() && self.searches.is_empty()
    }

    /// The bus is there, perhaps again. Who was heard before has as long as ever to be heard.
    pub fn connect(&mut self, rooms: &Rooms, now: Instant) {
        self.beat = Some(now);
        for until in self.instances.values_mut() {
            *until = (now + DEAD_AFTER).max(*until);
        }
        self.catch_up(rooms);
    }

    /// The bus is gone: nobody is waited for.
    pub fn disconnect(&mut self) {
        self.beat = None;
        self.let_go();
        for (_, room) in std::mem::take(&mut self.searches) {
            self.find(&room);
        }
    }

    /// Something may have been lost on the way: all is asked and said again.
    pub fn ask_anew(&mut self, rooms: &Rooms) {
        // As much as there is of rooms, however much that is.
        self.outputs_max = usize::MAX;
        let spread = self.rooms.iter();
        let spread: Vec<_> =
            spread.map(|(room, it)| (room.clone(), it.neighbours.clone())).collect();
        for (room, neighbours) in spread {
            for neighbour in neighbours {
                self.have(neighbour, &room, rooms);
            }
            self.ask(&room);
        }
        self.outputs_max = self.outputs.len() + OUTPUTS_MAX;
    }

    /// Whether it is known who has the room. If it is not, that is asked, and
    /// [`Cluster::poll_found`] tells when it is.
    pub fn look(&mut self, room: &RoomId, now: Instant) -> bool {
        if let Some(spread) = self.rooms.get(room) {
            return spread.search.is_none();
        }
        let mut spread = Spread::default();
        if self.is_connected() {
            let until = now + SEARCH;
            self.searches.insert((until, room.clone()));
            let (answered, awaited) = Default::default();
            spread.search = Some(Search { until, answered, awaited });
            // Nobody answers this. But the bus says so if nobody can, as it comes before the
            // subscription; those who subscribe at the same time hear what is asked behind it.
            let reply_to = Some(wire::to(self.own, room));
            let probe =
                Output::Publish { subject: wire::of_room(room), reply_to, body: Vec::new() };
            self.push(probe);
            self.push(Output::Subscribe(room.clone()));
            self.ask(room);
        }
        let is_known = spread.search.is_none();
        self.rooms.insert(room.clone(), spread);
        is_known
    }

    /// Tells those who have a room what happened to peers here.
    pub fn tell(&mut self, changes: Vec<(RoomId, Change)>) {
        for (room, change) in changes {
            let Some(spread) = self.rooms.get(&room) else { continue };
            let neighbours = spread.neighbours.clone();
            let what = match change {
                Change::Joined { peer, offers } => What::Joined { peer, offers },
                Change::Away(peer) => What::Away { peer },
                Change::Left(peer) => What::Left { peer },
                Change::Closed => {
                    self.find(&room);
                    self.rooms.remove(&room);
                    self.push(Output::Unsubscribe(room.clone()));
                    What::Closed
                }
            };
            for neighbour in neighbours {
                self.say(neighbour, &room, what.clone());
            }
        }
    }

    /// Sends a peer of another instance a reply, as it goes over a websocket.
    pub fn send_text(&mut self, instance: InstanceId, room: &RoomId, to: PeerId, text: &str) {
        self.carry(instance, room, wire::carry(to, wire::Carried::Text(text)));
    }

    /// Sends a peer of another instance a frame likewise.
    pub fn send_frame(&mut self, instance: InstanceId, room: &RoomId, to: PeerId, frame: &[u8]) {
        self.carry(instance, room, wire::carry(to, wire::Carried::Frame(frame)));
    }

    /// This instance is about to end: its peers will come to others.
    pub fn end(&mut self) {
        self.say_alive(true);
    }

    /// Nobody had subscribed where something was published, with this as the place to say so.
    pub fn hear_nobody(&mut self, subject: &str) {
        let Some(room) = wire::room_of(subject) else { return };
        let Some(spread) = self.rooms.get(&room) else { return };
        // An answer that came first knows better: it is of one that has subscribed since.
        if spread.neighbours.is_empty() {
            self.find(&room);
        }
    }

    /// Takes what came over the bus.
    pub fn hear<'a>(
        &mut self,
        rooms: &mut Rooms,
        subject: &str,
        body: &'a [u8],
        now: Instant,
    ) -> Incoming<'a> {
        let Some(room) = wire::room_of(subject) else {
            if subject == wire::ALIVE
                && let Ok(alive) = serde_json::from_slice(body)
            {
                self.hear_alive(alive, rooms, now);
            }
            return Incoming::Nothing;
        };
        if let Some((to, what)) = wire::carried(body) {
            let Some(socket) = rooms.socket(&room, to) else { return Incoming::Nothing };
            return match what {
                wire::Carried::Text(text) => Incoming::Text(socket, text),
                wire::Carried::Frame(frame) => Incoming::Frame(socket, frame),
            };
        }
        match serde_json::from_slice(body) {
            Ok(news) => Incoming::News(self.hear_news(rooms, &room, news, now)),
            Err(_) => Incoming::Nothing,
        }
    }

    /// When [`Cluster::handle_timeout`] has something to do next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let beat = self.beat?;
        let search = self.searches.first().map(|(until, _)| *until);
        let life = self.instances.values().min().copied();
        [Some(beat), search, life].into_iter().flatten().min()
    }

    /// Says that this instance lives, ends searches, and takes those for dead that are silent.
    pub fn handle_timeout(&mut self, rooms: &mut Rooms, now: Instant) -> Heard {
        let mut heard = Heard::default();
        let Some(beat) = self.beat else { return heard };
        if beat <= now {
            self.say_alive(false);
            self.beat = Some(now + BEAT);
        }
        while self.searches.first().is_some_and(|(until, _)| *until <= now) {
            if let Some((_, room)) = self.searches.pop_first() {
                self.find(&room);
            }
        }
        let over = self.instances.iter().filter(|(_, until)| **until <= now);
        let over: Vec<InstanceId> = over.map(|(id, _)| *id).collect();
        for instance in over {
            self.instances.remove(&instance);
            if self.lost.len() < LOST_MAX {
                self.lost.insert(instance);
            }
            self.forget(instance, rooms, &mut heard);
        }
        heard
    }

    /// The next thing to be done.
    pub fn poll_output(&mut self, rooms: &Rooms) -> Option<Output> {
        if self.is_behind {
            self.catch_up(rooms);
        }
        let output = self.outputs.pop_front();
        if let Some(Output::Publish { body, .. }) = &output {
            self.waiting_bytes = self.waiting_bytes.saturating_sub(body.len());
        }
        output
    }

    /// Whether there is something to be done.
    pub fn has_output(&self) -> bool {
        self.is_behind || !self.outputs.is_empty()
    }

    /// The next room of which it is known now who has it: those who wait for that may enter.
    pub fn poll_found(&mut self) -> Option<RoomId> {
        self.found.pop_front()
    }

    /// How many messages of peers were not carried, as the bus was gone or [`WAITING_BYTES_MAX`] waited.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    fn hear_news(
        &mut self,
        rooms: &mut Rooms,
        room: &RoomId,
        News { from, what }: News,
        now: Instant,
    ) -> Heard {
        let mut heard = Heard::default();
        if from == self.own {
            return heard;
        }
        self.instances.entry(from).or_insert(now + DEAD_AFTER);
        let Some(spread) = self.rooms.get_mut(room) else {
            // It says this to one that has had the room.
            if !matches!(what, What::Ask | What::Closed) {
                self.say(from, room, What::Closed);
            }
            return heard;
        };
        let is_new = spread.neighbours.insert(from);
        // One that answers knows of none here yet.
        let is_owed =
            what == What::Ask || is_new && what != What::Closed && !rooms.own(room).is_empty();
        match what {
            What::Ask => {}
            What::Have { peers, others } => {
                rooms.hear_all(from, room, &peers, &mut heard);
                self.answered(room, from, others);
            }
            What::Joined { peer, offers } => {
                heard = rooms.hear(from, room, Change::Joined { peer, offers });
            }
            What::Away { peer } => heard = rooms.hear(from, room, Change::Away(peer)),
            What::Left { peer } => heard = rooms.hear(from, room, Change::Left(peer)),
            What::Closed => {
                spread.neighbours.remove(&from);
                heard = rooms.hear(from, room, Change::Closed);
            }
        }
        if is_owed {
            self.have(from, room, rooms);
        }
        heard
    }

    fn hear_alive(&mut self, Alive { from, is_ending }: Alive, rooms: &Rooms, now: Instant) {
        if from == self.own {
            return;
        }
        let patience = if is_ending { Duration::from_secs(GRACE_SECONDS) } else { DEAD_AFTER };
        self.instances.insert(from, now + patience);
        if self.lost.remove(&from) {
            self.ask_anew(rooms);
        }
    }

    /// One has said which peers of a room it has, and who else has it.
    fn answered(&mut self, room: &RoomId, from: InstanceId, others: Vec<Hex>) {
        let Some(spread) = self.rooms.get_mut(room) else { return };
        let Some(search) = &mut spread.search else { return };
        search.answered.insert(from);
        search.awaited.extend(others.into_iter().map(|it| it.0).filter(|it| *it != self.own));
        if search.awaited.is_subset(&search.answered) {
            self.find(room);
        }
    }

    /// Nothing more is to be known of who has a room, if that was looked for.
    fn find(&mut self, room: &RoomId) {
        if let Some(search) = self.rooms.get_mut(room).and_then(|it| it.search.take()) {
            self.searches.remove(&(search.until, room.clone()));
            self.found.push_back(room.clone());
        }
    }

    /// One is gone, and its peers with it.
    fn forget(&mut self, instance: InstanceId, rooms: &mut Rooms, heard: &mut Heard) {
        let with_it = self.rooms.iter_mut();
        let with_it =
            with_it.filter_map(|(room, it)| it.neighbours.remove(&instance).then_some(room));
        for room in with_it {
            rooms.hear_all(instance, room, &[], heard);
        }
    }

    fn ask(&mut self, room: &RoomId) {
        let news = News { from: self.own, what: What::Ask };
        self.publish(wire::of_room(room), wire::body(&news));
    }

    fn have(&mut self, to: InstanceId, room: &RoomId, rooms: &Rooms) {
        let neighbours = self.rooms.get(room).into_iter().flat_map(|it| &it.neighbours);
        let others = neighbours.filter(|it| **it != to).map(|it| Hex(*it)).collect();
        self.say(to, room, What::Have { peers: rooms.own(room), others });
    }

    fn say(&mut self, to: InstanceId, room: &RoomId, what: What) {
        self.publish(wire::to(to, room), wire::body(&News { from: self.own, what }));
    }

    fn say_alive(&mut self, is_ending: bool) {
        let alive = Alive { from: self.own, is_ending };
        self.publish(wire::ALIVE.to_owned(), wire::body(&alive));
    }

    fn carry(&mut self, to: InstanceId, room: &RoomId, body: Vec<u8>) {
        if !self.is_connected() || self.waiting_bytes + body.len() > WAITING_BYTES_MAX {
            self.dropped += 1;
            return;
        }
        self.publish(wire::to(to, room), body);
    }

    fn publish(&mut self, subject: String, body: Vec<u8>) {
        self.push(Output::Publish { subject, reply_to: None, body });
    }

    /// What comes while the bus is gone, or too slow, is made up for later, or is of no use then.
    fn push(&mut self, output: Output) {
        if !self.is_connected() || self.is_behind {
            return;
        }
        if self.outputs.len() >= self.outputs_max {
            self.let_go();
            self.is_behind = true;
            return;
        }
        if let Output::Publish { body, .. } = &output {
            self.waiting_bytes += body.len();
        }
        self.outputs.push_back(output);
    }

    fn let_go(&mut self) {
        self.outputs.clear();
        self.waiting_bytes = 0;
        self.is_behind = false;
    }

    /// Says all that there is to say of every room, whatever was said before.
    fn catch_up(&mut self, rooms: &Rooms) {
        self.is_behind = false;
        self.push(Output::SubscribeOnly(self.rooms.keys().cloned().collect()));
        self.ask_anew(rooms);
    }
}

/// Instances that were taken for dead, and are remembered.
const LOST_MAX: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rooms::Limits;

    fn room(number: usize) -> RoomId {
        RoomId::try_from(format!("room-{number}")).expect("a room id")
    }

    #[test]
    fn what_waits_for_a_bus_that_takes_nothing_is_let_go_of_and_all_is_said_anew() {
        let (now, rooms) = (Instant::now(), Rooms::of_several(Limits::default()));
        let mut cluster = Cluster::new(InstanceId(1));
        cluster.connect(&rooms, now);
        let count = OUTPUTS_MAX;
        for number in 0..count {
            cluster.look(&room(number), now);
            assert!(cluster.outputs.len() <= 1 + OUTPUTS_MAX);
        }
        let first = cluster.poll_output(&rooms);
        assert!(matches!(first, Some(Output::SubscribeOnly(rooms)) if rooms.len() == count));
        let asks = std::iter::from_fn(|| cluster.poll_output(&rooms));
        assert_eq!(asks.filter(|it| matches!(it, Output::Publish { .. })).count(), count);
        assert!(!cluster.has_output());
        assert_eq!(cluster.waiting_bytes, 0);
    }

    #[test]
    fn what_peers_say_is_lost_where_too_much_waits_or_there_is_no_bus() {
        let (now, rooms) = (Instant::now(), Rooms::of_several(Limits::default()));
        let mut cluster = Cluster::new(InstanceId(1));
        let frame = vec![0; 16_000];
        let send = |cluster: &mut Cluster| {
            cluster.send_frame(InstanceId(2), &room(0), PeerId(3), &frame);
        };
        send(&mut cluster);
        assert_eq!(cluster.dropped(), 1);
        cluster.connect(&rooms, now);
        for _ in 0..WAITING_BYTES_MAX / frame.len() + 2 {
            send(&mut cluster);
        }
        assert!(cluster.dropped() > 1 && cluster.waiting_bytes <= WAITING_BYTES_MAX);
        while cluster.poll_output(&rooms).is_some() {}
        let dropped = cluster.dropped();
        send(&mut cluster);
        assert_eq!(cluster.dropped(), dropped);
    }

    #[test]
    fn an_instance_that_is_silent_is_taken_for_dead_within_eight_seconds() {
        let (now, mut rooms) = (Instant::now(), Rooms::of_several(Limits::default()));
        let mut cluster = Cluster::new(InstanceId(1));
        cluster.connect(&rooms, now);
        let alive = wire::body(&Alive { from: InstanceId(2), is_ending: false });
        cluster.hear(&mut rooms, wire::ALIVE, &alive, now);
        cluster.handle_timeout(&mut rooms, now + 3 * BEAT);
        assert_eq!(cluster.others(), 1, "two beats may be lost, and the third late");
        cluster.handle_timeout(&mut rooms, now + Duration::from_secs(8));
        assert_eq!(cluster.others(), 0);
    }
}
