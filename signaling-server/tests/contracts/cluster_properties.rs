//! Several instances that act as one, against any order of events.
//!
//! Peers come, lose their sockets, move to another instance and leave; instances die; the bus takes
//! messages when it likes, delivers them in the order of each subject alone, and is lost with all that
//! is in it. Once all is quiet, who is there knows of each other, and of each two at least one was told
//! to offer.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::sample::Index;
use signaling_server::cluster::{Cluster, DEAD_AFTER, Incoming, Output, SEARCH, subject_of};
use signaling_server::protocol::{PeerId, Reply, RoomId, Token};
use signaling_server::rooms::{Arrival, Delivery, InstanceId, Limits, Rooms, Route, SocketId, Way};

const INSTANCES: usize = 3;
const ROOMS: usize = 2;
const PEERS: usize = 6;
const GRACE: Duration = Duration::from_mins(1);

/// What happens; an index picks one of what there is at the time.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// A peer comes to an instance, whether or not it has a socket elsewhere, as it would itself.
    Come {
        peer: usize,
        instance: usize,
    },
    /// An instance notices that a socket is lost, half-dead ones first.
    Lose(Index),
    Leave(usize),
    /// The bus takes something of an instance.
    Take(usize),
    /// An instance hears something.
    Hear(Index),
    Wait(u64),
    Kill(usize),
    BusLost,
    BusBack,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..PEERS, 0..INSTANCES).prop_map(|(peer, instance)| Step::Come { peer, instance }),
        3 => any::<Index>().prop_map(Step::Lose),
        2 => (0..PEERS).prop_map(Step::Leave),
        16 => (0..INSTANCES).prop_map(Step::Take),
        16 => any::<Index>().prop_map(Step::Hear),
        3 => (0..400u64).prop_map(Step::Wait),
        1 => (2000..9000u64).prop_map(Step::Wait),
        1 => (0..INSTANCES).prop_map(Step::Kill),
        1 => Just(Step::BusLost),
        2 => Just(Step::BusBack),
    ]
}

fn room_id(peer: usize) -> RoomId {
    RoomId::try_from(format!("room-{}", peer % ROOMS)).expect("a room id")
}

fn token_of(peer: usize) -> Token {
    Token(format!("token of {peer}"))
}

fn id_of(peer: usize) -> PeerId {
    PeerId(peer as u64)
}

struct Instance {
    rooms: Rooms,
    cluster: Cluster,
    subscribed: BTreeSet<String>,
    /// What the bus has not taken yet.
    up: VecDeque<Output>,
    /// Peers that wait to enter.
    knocking: Vec<(usize, SocketId)>,
}

/// Something on its way to an instance.
#[derive(Debug)]
enum Sent {
    Message(Vec<u8>),
    Nobody,
}

/// What a peer believes on the socket that it has.
#[derive(Debug, Default)]
struct Belief {
    here: BTreeSet<PeerId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seat {
    instance: usize,
    socket: SocketId,
}

struct World {
    now: Instant,
    bus: bool,
    /// Those that are dead are none.
    instances: Vec<Option<Instance>>,
    /// By receiver and subject.
    down: BTreeMap<(usize, String), VecDeque<Sent>>,
    sockets_so_far: u64,
    /// Where a peer is, as it sees it.
    seats: BTreeMap<usize, Seat>,
    beliefs: BTreeMap<SocketId, Belief>,
    /// Sockets that their peers have given up, and whose.
    half_dead: BTreeMap<SocketId, usize>,
    /// Who was told to offer to whom.
    offers: BTreeSet<(PeerId, PeerId)>,
}

impl World {
    fn new() -> Self {
        let now = Instant::now();
        let instance = |number: usize| {
            let cluster = Cluster::new(InstanceId(number as u64));
            let limits = Limits { rooms_max: 10, grace: GRACE };
            let subscribed = cluster.subjects().into_iter().collect();
            let (up, knocking) = (VecDeque::new(), Vec::new());
            let rooms = Rooms::of_several(limits);
            Some(Instance { rooms, cluster, subscribed, up, knocking })
        };
        let mut world = Self {
            now,
            bus: false,
            instances: (0..INSTANCES).map(instance).collect(),
            down: BTreeMap::new(),
            sockets_so_far: 0,
            seats: BTreeMap::new(),
            beliefs: BTreeMap::new(),
            half_dead: BTreeMap::new(),
            offers: BTreeSet::new(),
        };
        world.bus_back();
        world
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Come { peer, instance } => self.come(peer, instance),
            Step::Lose(which) => self.lose(which),
            Step::Leave(peer) => self.leave(peer),
            Step::Take(instance) => drop(self.bus_takes(instance)),
            Step::Hear(which) => {
                let waiting: Vec<_> = self.down.keys().cloned().collect();
                if !waiting.is_empty() {
                    self.hear(which.get(&waiting).clone());
                }
            }
            Step::Wait(millis) => self.wait(Duration::from_millis(millis)),
            Step::Kill(instance) => self.kill(instance),
            Step::BusLost => self.bus_lost(),
            Step::BusBack => self.bus_back(),
        }
    }

    fn come(&mut self, peer: usize, number: usize) {
        if self.instances[number].is_none() {
            return;
        }
        self.sockets_so_far += 1;
        let socket = SocketId(self.sockets_so_far);
        if let Some(before) = self.seats.insert(peer, Seat { instance: number, socket }) {
            self.give_up(peer, before);
        }
        let Some(instance) = &mut self.instances[number] else { return };
        instance.rooms.knock(&room_id(peer)).expect("few rooms");
        instance.knocking.push((peer, socket));
        if instance.cluster.look(&room_id(peer), self.now) {
            self.enter(number, peer, socket);
        }
        self.settle(number);
    }

    /// The peer has no use of this socket any more; its instance does not know yet.
    fn give_up(&mut self, peer: usize, seat: Seat) {
        self.beliefs.remove(&seat.socket);
        if let Some(instance) = &mut self.instances[seat.instance] {
            let waiting = instance.knocking.iter().position(|(_, it)| *it == seat.socket);
            if let Some(at) = waiting {
                instance.knocking.remove(at);
                instance.rooms.unknock(&room_id(peer));
                self.settle(seat.instance);
            } else {
                self.half_dead.insert(seat.socket, peer);
            }
        }
    }

    fn enter(&mut self, number: usize, peer: usize, socket: SocketId) {
        let Some(instance) = &mut self.instances[number] else { return };
        instance.knocking.retain(|(_, it)| *it != socket);
        let token = token_of(peer);
        let knows = instance.rooms.knows(&token);
        let fresh_token = if knows { Token(format!("spare {}", socket.0)) } else { token.clone() };
        let admission = instance.rooms.join(Arrival {
            socket,
            room: room_id(peer),
            token: Some(token),
            fresh_id: id_of(peer),
            fresh_token,
            ice_servers: Vec::new(),
        });
        let admission = admission.expect("there is room");
        instance.rooms.unknock(&room_id(peer));
        if let Some(void) = admission.superseded {
            self.half_dead.remove(&void);
        }
        self.deliver(number, admission.deliveries);
    }

    fn lose(&mut self, which: Index) {
        let dead: Vec<_> = self.half_dead.keys().copied().collect();
        let (number, socket) = if dead.is_empty() {
            let seats: Vec<_> = self.seats.iter().map(|(peer, seat)| (*peer, *seat)).collect();
            if seats.is_empty() {
                return;
            }
            let (peer, seat) = *which.get(&seats);
            self.seats.remove(&peer);
            self.give_up(peer, seat);
            (seat.instance, seat.socket)
        } else {
            let socket = *which.get(&dead);
            let at = |it: &Option<Instance>| {
                it.as_ref().is_some_and(|it| it.rooms.route(socket, PeerId(u64::MAX)).is_some())
            };
            (self.instances.iter().position(at).unwrap_or(0), socket)
        };
        self.half_dead.remove(&socket);
        // Only its own instance knows the socket.
        for number in [number].into_iter().chain(0..INSTANCES) {
            if let Some(instance) = &mut self.instances[number] {
                let deliveries = instance.rooms.disconnect(socket, self.now);
                self.deliver(number, deliveries);
                self.settle(number);
            }
        }
    }

    fn leave(&mut self, peer: usize) {
        let Some(seat) = self.seats.remove(&peer) else { return };
        self.beliefs.remove(&seat.socket);
        let Some(instance) = &mut self.instances[seat.instance] else { return };
        if instance.knocking.iter().any(|(_, it)| *it == seat.socket) {
            return self.give_up(peer, seat);
        }
        let deliveries = instance.rooms.leave(seat.socket);
        self.deliver(seat.instance, deliveries);
        self.settle(seat.instance);
    }

    fn kill(&mut self, number: usize) {
        if self.instances.iter().flatten().count() < 2 {
            return;
        }
        self.instances[number] = None;
        self.down.retain(|(to, _), _| *to != number);
        let of_it = |seat: &Seat| seat.instance == number;
        let lost: Vec<_> =
            self.seats.iter().filter(|(_, it)| of_it(it)).map(|(it, _)| *it).collect();
        for peer in lost {
            if let Some(seat) = self.seats.remove(&peer) {
                self.beliefs.remove(&seat.socket);
            }
        }
    }

    fn bus_lost(&mut self) {
        self.bus = false;
        self.down.clear();
        for number in 0..INSTANCES {
            if let Some(instance) = &mut self.instances[number] {
                instance.up.clear();
                instance.cluster.disconnect();
            }
            self.settle(number);
        }
    }

    fn bus_back(&mut self) {
        if std::mem::replace(&mut self.bus, true) {
            return;
        }
        for number in 0..INSTANCES {
            if let Some(instance) = &mut self.instances[number] {
                instance.cluster.connect(&instance.rooms, self.now);
            }
            self.settle(number);
        }
    }

    /// The bus takes one thing; says whether there was one.
    fn bus_takes(&mut self, number: usize) -> bool {
        let Some(instance) = &mut self.instances[number] else { return false };
        let Some(output) = instance.up.pop_front() else { return false };
        match output {
            Output::Subscribe(room) => {
                instance.subscribed.insert(subject_of(&room));
            }
            Output::Unsubscribe(room) => {
                instance.subscribed.remove(&subject_of(&room));
            }
            Output::SubscribeOnly(rooms) => {
                instance.subscribed = instance.cluster.subjects().into_iter().collect();
                instance.subscribed.extend(rooms.iter().map(subject_of));
            }
            Output::Publish { subject, reply_to, body } => {
                let mut receivers = Vec::new();
                for (other, it) in self.instances.iter().enumerate() {
                    let Some(it) = it else { continue };
                    let whole = it.subscribed.contains(&subject);
                    let wild = it.subscribed.iter().any(|it| {
                        it.strip_suffix('*').is_some_and(|start| subject.starts_with(start))
                    });
                    if whole || wild {
                        receivers.push(other);
                    }
                }
                if let Some(reply_to) = reply_to.filter(|_| receivers.is_empty()) {
                    self.down.entry((number, reply_to)).or_default().push_back(Sent::Nobody);
                }
                for receiver in receivers.into_iter().filter(|it| *it != number) {
                    let queue = self.down.entry((receiver, subject.clone())).or_default();
                    queue.push_back(Sent::Message(body.clone()));
                }
            }
        }
        true
    }

    fn hear(&mut self, (number, subject): (usize, String)) {
        let Some(queue) = self.down.get_mut(&(number, subject.clone())) else { return };
        let sent = queue.pop_front();
        if queue.is_empty() {
            self.down.remove(&(number, subject.clone()));
        }
        let Some(instance) = &mut self.instances[number] else { return };
        let mut superseded = Vec::new();
        match sent {
            None => {}
            Some(Sent::Nobody) => instance.cluster.hear_nobody(&subject),
            Some(Sent::Message(body)) => {
                let incoming =
                    instance.cluster.hear(&mut instance.rooms, &subject, &body, self.now);
                if let Incoming::News(heard) = incoming {
                    self.deliver(number, heard.deliveries);
                    superseded = heard.superseded;
                }
            }
        }
        self.settle(number);
        for socket in superseded {
            self.half_dead.remove(&socket);
            self.beliefs.remove(&socket);
            // News of where it was before have come late: it finds its socket closed, and comes again.
            let whose = self.seats.iter().find(|(_, seat)| seat.socket == socket);
            if let Some(peer) = whose.map(|(peer, _)| *peer) {
                self.seats.remove(&peer);
                self.come(peer, number);
            }
        }
    }

    fn wait(&mut self, span: Duration) {
        self.now += span;
        for number in 0..INSTANCES {
            let Some(instance) = &mut self.instances[number] else { continue };
            let mut deliveries = instance.rooms.handle_timeout(self.now);
            let heard = instance.cluster.handle_timeout(&mut instance.rooms, self.now);
            deliveries.extend(heard.deliveries);
            self.deliver(number, deliveries);
            self.settle(number);
        }
    }

    /// What an instance does after each thing that happens to it.
    fn settle(&mut self, number: usize) {
        loop {
            let Some(instance) = &mut self.instances[number] else { return };
            let changes = instance.rooms.take_changes();
            instance.cluster.tell(changes);
            while let Some(output) = instance.cluster.poll_output(&instance.rooms) {
                instance.up.push_back(output);
            }
            let Some(found) = instance.cluster.poll_found() else { return };
            let knocking = instance.knocking.clone();
            for (peer, socket) in knocking.into_iter().filter(|(it, _)| room_id(*it) == found) {
                self.enter(number, peer, socket);
            }
        }
    }

    fn deliver(&mut self, number: usize, deliveries: Vec<Delivery>) {
        for Delivery { to, reply } in deliveries {
            let whose = self.seats.iter().find(|(_, seat)| seat.socket == to).map(|(it, _)| *it);
            let Some(peer) = whose else {
                assert!(self.half_dead.contains_key(&to), "{reply:?} is for nobody");
                continue;
            };
            assert_eq!(self.seats[&peer].instance, number);
            let own = id_of(peer);
            match reply {
                Reply::Welcome { id, peers, .. } => {
                    assert_eq!(id, own, "ids go with tokens");
                    self.offers.extend(peers.iter().map(|it| (own, *it)));
                    self.beliefs.insert(to, Belief { here: peers.into_iter().collect() });
                }
                Reply::Joined { peer: other, offer } => {
                    let belief = self.beliefs.get_mut(&to).expect("it was welcomed");
                    assert!(belief.here.insert(other), "joined twice: {other}");
                    assert_ne!(other, own);
                    if offer {
                        self.offers.insert((own, other));
                    }
                }
                Reply::Away { peer: other } => {
                    let belief = self.beliefs.get_mut(&to).expect("it was welcomed");
                    assert!(belief.here.remove(&other), "away, and never joined: {other}");
                }
                Reply::Left { peer: other } => {
                    self.beliefs.get_mut(&to).expect("it was welcomed").here.remove(&other);
                }
                other => panic!("{other:?} is no news"),
            }
        }
    }

    /// All that is on its way arrives.
    fn calm(&mut self) {
        loop {
            let mut moved = false;
            for number in 0..INSTANCES {
                while self.bus_takes(number) {
                    moved = true;
                }
            }
            while let Some((key, _)) = self.down.first_key_value() {
                self.hear(key.clone());
                moved = true;
            }
            if !moved {
                return;
            }
        }
    }

    /// The bus is there for a while, half-dead sockets are noticed, and nothing else happens.
    fn rest(&mut self) {
        self.bus_back();
        let step = SEARCH * 2;
        let steps = (DEAD_AFTER * 2).as_millis() / step.as_millis();
        for round in 0..=steps {
            self.calm();
            if round == steps / 2 {
                while let Some(socket) = self.half_dead.keys().next().copied() {
                    self.half_dead.remove(&socket);
                    for number in 0..INSTANCES {
                        if let Some(instance) = &mut self.instances[number] {
                            let deliveries = instance.rooms.disconnect(socket, self.now);
                            self.deliver(number, deliveries);
                            self.settle(number);
                        }
                    }
                }
            }
            self.wait(step);
        }
        self.calm();
    }

    fn check(&mut self) {
        for (peer, seat) in &self.seats {
            let same_room = |it: &usize| it % ROOMS == peer % ROOMS && it != peer;
            let others: BTreeSet<_> =
                self.seats.keys().copied().filter(same_room).map(id_of).collect();
            let believed = self.beliefs.get(&seat.socket).map(|it| &it.here);
            assert_eq!(believed, Some(&others), "what {peer} believes");
            for other in others {
                let own = id_of(*peer);
                let met =
                    self.offers.contains(&(own, other)) || self.offers.contains(&(other, own));
                assert!(met, "neither of {own} and {other} was told to offer");
                let instance = self.instances[seat.instance].as_ref().expect("it lives");
                let there = self.seats[&usize::try_from(other.0).expect("small")];
                let to = if there.instance == seat.instance {
                    Way::Here(there.socket)
                } else {
                    Way::Elsewhere(InstanceId(there.instance as u64))
                };
                let room = room_id(*peer);
                let route = Route { room: &room, from: own, to };
                assert_eq!(instance.rooms.route(seat.socket, other), Some(route));
            }
        }
    }

    fn empty(&mut self) {
        for peer in 0..PEERS {
            self.leave(peer);
        }
        self.calm();
        self.wait(GRACE);
        self.calm();
        for instance in self.instances.iter().flatten() {
            assert!(instance.rooms.is_empty(), "something is left when all have gone");
            assert!(instance.cluster.is_empty(), "something is left when all have gone");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn instances_agree_once_all_is_quiet(steps in prop::collection::vec(step(), 1..150)) {
        let mut world = World::new();
        for step in steps {
            world.take(step);
        }
        world.rest();
        world.check();
        world.empty();
    }
}
