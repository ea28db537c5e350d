//! The rules of a room, against any order of events.
//!
//! A world of sockets does anything to a `Rooms`; beside it stand a model of who is where, and
//! what each socket believes from what it was told. Both must agree after every step.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::sample::Index;
use signaling_server::protocol::{PeerId, ROOM_PEERS_MAX, Refusal, Reply, RoomId, Token};
use signaling_server::rooms::{Arrival, Delivery, Limits, Rooms, Route, SocketId, Way};

const ROOMS_MAX: usize = 3;
const GRACE: Duration = Duration::from_mins(1);

/// What happens; an index picks one of what there is at the time.
#[derive(Debug, Clone, Copy)]
enum Step {
    Join { room: usize, id: u64 },
    JoinWithToken { room: usize, token: Index },
    Disconnect(Index),
    Leave(Index),
    Signal { from: Index, to: Index },
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let token = (0..=ROOMS_MAX, any::<Index>());
    prop_oneof![
        // Ids from a small range, so that one is drawn twice now and then.
        6 => (0..=ROOMS_MAX, 0..500u64).prop_map(|(room, id)| Step::Join { room, id }),
        4 => token.prop_map(|(room, token)| Step::JoinWithToken { room, token }),
        2 => any::<Index>().prop_map(Step::Disconnect),
        1 => any::<Index>().prop_map(Step::Leave),
        3 => any::<(Index, Index)>().prop_map(|(from, to)| Step::Signal { from, to }),
        1 => (0..90u64).prop_map(Step::Wait),
    ]
}

fn room_id(room: usize) -> RoomId {
    RoomId::try_from(format!("room-{room}")).expect("a room id")
}

/// A peer as the model has it.
#[derive(Debug, Clone, Copy)]
enum Peer {
    Here(SocketId),
    Away(Instant),
}

/// What a socket believes.
#[derive(Debug, Default)]
struct Belief {
    here: BTreeSet<PeerId>,
}

struct World {
    rooms: Rooms,
    now: Instant,
    sockets_so_far: u64,
    /// Room and peer to where it is.
    peers: BTreeMap<(usize, PeerId), Peer>,
    /// Every token ever given, with the peer it was given to.
    tokens: Vec<(Token, usize, PeerId)>,
    beliefs: BTreeMap<SocketId, Belief>,
}

/// Who gives up its place if the room is full.
fn longest_away(peers: &BTreeMap<(usize, PeerId), Peer>, room: usize) -> Option<(usize, PeerId)> {
    let away = peers.iter().filter_map(|(key, peer)| match peer {
        Peer::Away(until) if key.0 == room => Some((*until, *key)),
        _ => None,
    });
    away.min().map(|(_, key)| key)
}

impl World {
    fn new() -> Self {
        let limits = Limits { rooms_max: ROOMS_MAX, grace: GRACE };
        Self {
            rooms: Rooms::new(limits),
            now: Instant::now(),
            sockets_so_far: 0,
            peers: BTreeMap::new(),
            tokens: Vec::new(),
            beliefs: BTreeMap::new(),
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Join { room, id } => self.join(room, PeerId(id), None),
            Step::JoinWithToken { room, token } => {
                if !self.tokens.is_empty() {
                    let known = token.get(&self.tokens).clone();
                    // Half of the time in the token's own room.
                    let room = if room % 2 == 0 { known.1 } else { room };
                    self.join(room, PeerId(1000), Some(known));
                }
            }
            Step::Disconnect(which) => {
                if let Some((room, peer, socket)) = self.pick(which) {
                    self.beliefs.remove(&socket);
                    self.peers.insert((room, peer), Peer::Away(self.now + GRACE));
                    let deliveries = self.rooms.disconnect(socket, self.now);
                    self.hear(room, deliveries);
                    // A second report of the same loss says nothing.
                    assert!(self.rooms.disconnect(socket, self.now).is_empty());
                }
            }
            Step::Leave(which) => {
                if let Some((room, peer, socket)) = self.pick(which) {
                    self.beliefs.remove(&socket);
                    self.peers.remove(&(room, peer));
                    let deliveries = self.rooms.leave(socket);
                    self.hear(room, deliveries);
                }
            }
            Step::Signal { from, to } => self.signal(from, to),
            Step::Wait(seconds) => self.wait(Duration::from_secs(seconds)),
        }
        self.check();
    }

    fn join(&mut self, room: usize, fresh_id: PeerId, known: Option<(Token, usize, PeerId)>) {
        self.sockets_so_far += 1;
        let socket = SocketId(self.sockets_so_far);
        let fresh_token = Token(format!("token-{}", self.sockets_so_far));
        let known_here = known
            .as_ref()
            .filter(|(_, of_room, peer)| {
                *of_room == room && self.peers.contains_key(&(room, *peer))
            })
            .filter(|(token, ..)| self.is_latest(token))
            .map(|(_, _, peer)| *peer);
        let before = self.peers.clone();
        let result = self.rooms.join(Arrival {
            socket,
            room: room_id(room),
            token: known.map(|(token, ..)| token),
            fresh_id,
            fresh_token: fresh_token.clone(),
            ice_servers: Vec::new(),
        });

        let in_room = before.keys().filter(|(of, _)| *of == room).count();
        let admission = match result {
            Ok(admission) => admission,
            Err(refusal) => {
                assert!(known_here.is_none(), "a place that was kept was refused");
                match refusal {
                    Refusal::RoomFull => {
                        assert_eq!(in_room, ROOM_PEERS_MAX);
                        assert!(longest_away(&before, room).is_none(), "a place could be had");
                    }
                    Refusal::ServerFull => {
                        assert_eq!(in_room, 0);
                        assert_eq!(self.rooms_in_use(), ROOMS_MAX);
                    }
                    Refusal::Version | Refusal::Malformed => panic!("{refusal:?}"),
                }
                return;
            }
        };

        let Reply::Welcome { id, peers, token, .. } = &admission.deliveries[0].reply else {
            panic!("no welcome first: {admission:?}");
        };
        assert_eq!(admission.deliveries[0].to, socket);
        let (id, token) = (*id, token.clone());
        if let Some(peer) = known_here {
            assert_eq!(id, peer, "a token that works keeps its id");
        } else {
            if in_room == ROOM_PEERS_MAX {
                let gone = longest_away(&before, room).expect("a place that could be had");
                self.peers.remove(&gone);
            }
            assert!(!self.peers.contains_key(&(room, id)), "an id given twice");
            assert_eq!(token, fresh_token);
            self.tokens.push((token, room, id));
        }
        let replaced = match before.get(&(room, id)).filter(|_| known_here.is_some()) {
            Some(Peer::Here(old)) => Some(*old),
            _ => None,
        };
        assert_eq!(admission.superseded, replaced);
        if let Some(old) = replaced {
            self.beliefs.remove(&old);
        }

        self.peers.insert((room, id), Peer::Here(socket));
        let here = peers.iter().copied().collect();
        self.beliefs.insert(socket, Belief { here });
        let mut deliveries = admission.deliveries;
        deliveries.remove(0);
        self.hear(room, deliveries);
        if let Some(old) = replaced {
            // The half-dead socket is reported lost later: nobody hears of it.
            assert!(self.rooms.disconnect(old, self.now).is_empty());
        }
    }

    fn signal(&mut self, from: Index, to: Index) {
        let Some((room, sender, socket)) = self.pick(from) else {
            return;
        };
        let everyone: Vec<_> = self.peers.iter().map(|(key, peer)| (*key, *peer)).collect();
        let ((_, to), _) = *to.get(&everyone);
        let route = self.rooms.route(socket, to);
        match (self.peers.get(&(room, to)), route) {
            (Some(Peer::Here(expected)), Some(route)) => {
                let room = room_id(room);
                assert_eq!(route, Route { room: &room, from: sender, to: Way::Here(*expected) });
            }
            (Some(Peer::Away(_)) | None, None) => {}
            (peer, route) => panic!("{peer:?} is reached by {route:?}"),
        }
    }

    fn wait(&mut self, span: Duration) {
        self.now += span;
        let now = self.now;
        let gone: Vec<_> = self
            .peers
            .iter()
            .filter(|(_, peer)| matches!(peer, Peer::Away(until) if *until <= now))
            .map(|(key, _)| *key)
            .collect();
        for key in &gone {
            self.peers.remove(key);
        }
        for delivery in self.rooms.handle_timeout(now) {
            let rooms: Vec<_> = gone
                .iter()
                .filter(
                    |(_, peer)| matches!(delivery.reply, Reply::Left { peer: it } if it == *peer),
                )
                .map(|(room, _)| *room)
                .filter(|room| self.room_of(delivery.to) == Some(*room))
                .collect();
            assert!(!rooms.is_empty(), "{delivery:?} crosses rooms");
            self.hear(rooms[0], vec![delivery]);
        }
    }

    /// Sockets hear news; none may come from another room, or contradict what they believe.
    fn hear(&mut self, room: usize, deliveries: Vec<Delivery>) {
        for Delivery { to, reply } in deliveries {
            assert_eq!(self.room_of(to), Some(room), "{reply:?} crosses rooms");
            let belief = self.beliefs.get_mut(&to).expect("a socket in the room");
            match reply {
                Reply::Joined { peer, offer: false } => {
                    assert!(belief.here.insert(peer), "joined twice: {peer}");
                }
                Reply::Away { peer } => {
                    assert!(belief.here.remove(&peer), "away, and never joined: {peer}");
                }
                Reply::Left { peer } => {
                    belief.here.remove(&peer);
                }
                other => panic!("{other:?} is no news"),
            }
        }
    }

    fn check(&self) {
        for room in 0..=ROOMS_MAX {
            let members = self.peers.iter().filter(|((of, _), _)| *of == room);
            let members: Vec<_> = members.map(|((_, id), peer)| (*id, *peer)).collect();
            assert!(members.len() <= ROOM_PEERS_MAX);
            let here: BTreeMap<_, _> = members
                .iter()
                .filter_map(|(id, peer)| match peer {
                    Peer::Here(socket) => Some((*id, *socket)),
                    Peer::Away(_) => None,
                })
                .collect();
            for (id, socket) in &here {
                let others = here.keys().copied().filter(|other| other != id);
                let believed = &self.beliefs[socket].here;
                assert_eq!(*believed, others.collect(), "what {id} believes");
            }
        }
        let next = self.peers.values().filter_map(|peer| match peer {
            Peer::Away(until) => Some(*until),
            Peer::Here(_) => None,
        });
        assert_eq!(self.rooms.poll_timeout(), next.min());
        assert_eq!(self.rooms.is_empty(), self.peers.is_empty());
    }

    fn pick(&self, which: Index) -> Option<(usize, PeerId, SocketId)> {
        let here: Vec<_> = self
            .peers
            .iter()
            .filter_map(|((room, id), peer)| match peer {
                Peer::Here(socket) => Some((*room, *id, *socket)),
                Peer::Away(_) => None,
            })
            .collect();
        (!here.is_empty()).then(|| *which.get(&here))
    }

    /// The token is the one of the peer that has its id now, not of one long gone.
    fn is_latest(&self, token: &Token) -> bool {
        let given = self.tokens.iter().find(|(it, ..)| it == token);
        let Some((_, room, peer)) = given else {
            return false;
        };
        let latest = self.tokens.iter().rfind(|(_, of, id)| of == room && id == peer);
        latest.is_some_and(|(it, ..)| it == token)
    }

    fn room_of(&self, socket: SocketId) -> Option<usize> {
        self.peers.iter().find_map(|((room, _), peer)| match peer {
            Peer::Here(it) if *it == socket => Some(*room),
            _ => None,
        })
    }

    fn rooms_in_use(&self) -> usize {
        let rooms: BTreeSet<_> = self.peers.keys().map(|(room, _)| room).collect();
        rooms.len()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn rooms_hold_to_their_rules(
        steps in prop::collection::vec(step(), 1..200),
        leave in any::<bool>(),
        last in any::<Index>(),
    ) {
        let mut world = World::new();
        for step in steps {
            world.take(step);
        }
        while world.pick(last).is_some() {
            world.take(if leave { Step::Leave(last) } else { Step::Disconnect(last) });
        }
        world.take(Step::Wait(GRACE.as_secs()));
        prop_assert!(world.rooms.is_empty(), "something is left when all have gone");
    }
}

#[test]
fn the_seventeenth_peer_is_refused_unless_one_is_away_whose_place_it_takes() {
    let mut world = World::new();
    for id in 0..16 {
        world.take(Step::Join { room: 0, id });
    }
    let arrival = |socket| Arrival {
        socket: SocketId(socket),
        room: room_id(0),
        token: None,
        fresh_id: PeerId(99),
        fresh_token: Token(format!("late {socket}")),
        ice_servers: Vec::new(),
    };
    let refused = world.rooms.join(arrival(100)).expect_err("a full room");
    assert_eq!(refused, Refusal::RoomFull);
    world.rooms.disconnect(SocketId(1), world.now);
    let admission = world.rooms.join(arrival(101)).expect("a place");
    let left = |it: &Delivery| matches!(it.reply, Reply::Left { peer: PeerId(0) });
    assert_eq!(admission.deliveries.iter().filter(|it| left(it)).count(), 15);
    assert!(world.rooms.join(arrival(102)).is_err(), "full again");
    assert!(world.rooms.handle_timeout(world.now + GRACE).is_empty(), "it is gone already");
}
