//! Who is in which room, and who hears of it: the rules of the signaling server, as a pure value.
//!
//! It never sees a socket, a clock or a source of randomness. The server calls it with what
//! happened on a socket (known by its [`SocketId`]), the time where it matters, and fresh ids and
//! tokens; it answers with [`Delivery`]s, which are to be made in their order.
//!
//! ```text
//!            join                      socket lost
//!  (nobody) ──────► here on a socket ◄────────────► away until a deadline ──► gone: `left`
//!                      │   └ leave ──► gone: `left`    join with the token
//!                      └ join with the token on a new socket: `away`, `joined`, old socket void
//! ```
//!
//! A peer that is away is gone once [`Rooms::handle_timeout`] says so: until then its token works and
//! its place in the room is kept, unless the room is full and somebody else comes. Who has been away
//! the longest then gives up its place.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

use crate::protocol::{
    GRACE_SECONDS, IceServer, Payload, PeerId, ROOM_PEERS_MAX, Refusal, Reply, RoomId, Token,
    VERSION,
};

/// A socket, as the server counts them: each has a number that no other had before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketId(pub u64);

/// What one socket is to be told.
#[derive(Debug)]
pub struct Delivery {
    /// The socket of the peer that is to hear it.
    pub to: SocketId,
    /// What it hears.
    pub reply: Reply,
}

/// A peer at the door: what it asked for, and what it gets if it is let in.
#[derive(Debug)]
pub struct Arrival {
    /// The socket it stands on; one that is in already is refused.
    pub socket: SocketId,
    /// The room it asked for.
    pub room: RoomId,
    /// What it came back with, if it did.
    pub token: Option<Token>,
    /// Its id if it is new, up to [`PEER_ID_MAX`].
    pub fresh_id: PeerId,
    /// Its token if it is new: one that no peer holds.
    pub fresh_token: Token,
    /// What its welcome names.
    pub ice_servers: Vec<IceServer>,
}

/// A peer was let in.
#[derive(Debug)]
pub struct Admission {
    /// The welcome, then what the others hear.
    pub deliveries: Vec<Delivery>,
    /// The socket that the peer was on until now: void, to be closed.
    pub superseded: Option<SocketId>,
}

/// What [`Rooms`] holds to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most rooms at a time.
    pub rooms_max: usize,
    /// How long the place of a peer that is away is kept.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { rooms_max: ROOMS_MAX, grace: Duration::from_secs(GRACE_SECONDS) }
    }
}

/// All rooms of a server.
#[derive(Debug, Default)]
pub struct Rooms {
    limits: Limits,
    members: HashMap<RoomId, Room>,
    /// Where the peer of a socket is. A superseded socket is not here any more.
    sockets: HashMap<SocketId, Place>,
    /// Where the peer of a token is: one for each peer of each room.
    tokens: HashMap<Token, Place>,
    /// When the grace of those who are away is over.
    deadlines: BTreeSet<(Instant, Place)>,
}

type Room = BTreeMap<PeerId, Member>;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    room: RoomId,
    peer: PeerId,
}

#[derive(Debug)]
struct Member {
    token: Token,
    presence: Presence,
}

#[derive(Debug, Clone, Copy)]
enum Presence {
    Here(SocketId),
    Away { until: Instant },
}

impl Rooms {
    /// No rooms yet.
    pub fn new(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Nothing is held: no room, no socket, no token, no deadline.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
            && self.sockets.is_empty()
            && self.tokens.is_empty()
            && self.deadlines.is_empty()
    }

    /// Lets a peer in: one with a token of this room comes back, any other is new.
    ///
    /// A comeback is heard by the others as `away`, then `joined`, whether or not the loss of the
    /// old socket was noticed first.
    pub fn join(&mut self, arrival: Arrival) -> Result<Admission, Refusal> {
        if self.sockets.contains_key(&arrival.socket) {
            return Err(Refusal::Malformed);
        }
        let known = arrival.token.as_ref().and_then(|it| self.tokens.get(it));
        match known.filter(|place| place.room == arrival.room).cloned() {
            Some(place) => Ok(self.come_back(&place, arrival)),
            None => self.enter(arrival),
        }
    }

    /// How many there are: rooms, peers that are here, peers that are away.
    pub fn counts(&self) -> (usize, usize, usize) {
        (self.members.len(), self.sockets.len(), self.deadlines.len())
    }

    /// Whether a peer of any room holds this token.
    pub fn knows(&self, token: &Token) -> bool {
        self.tokens.contains_key(token)
    }

    /// Carries a signal to one peer of the same room; nowhere if it is not there.
    pub fn relay(&self, from: SocketId, to: PeerId, payload: Payload) -> Option<Delivery> {
        let (from, to) = self.way(from, to)?;
        Some(Delivery { to, reply: Reply::Signal { from, payload } })
    }

    /// Whom one on this socket is to another peer of the same room, and that one's socket; nothing if
    /// it is not there.
    pub fn way(&self, from: SocketId, to: PeerId) -> Option<(PeerId, SocketId)> {
        let sender = self.sockets.get(&from)?;
        match self.members.get(&sender.room)?.get(&to)?.presence {
            Presence::Here(socket) => Some((sender.peer, socket)),
            Presence::Away { .. } => None,
        }
    }

    /// The peer goes for good; its token is void.
    pub fn leave(&mut self, socket: SocketId) -> Vec<Delivery> {
        match self.sockets.remove(&socket) {
            Some(place) => self.remove(&place),
            None => Vec::new(),
        }
    }

    /// The socket is lost. Its peer is away from now on, unless it left or stands on another.
    pub fn disconnect(&mut self, socket: SocketId, now: Instant) -> Vec<Delivery> {
        let Some(place) = self.sockets.remove(&socket) else {
            return Vec::new();
        };
        let until = now + self.limits.grace;
        self.member(&place).presence = Presence::Away { until };
        self.deadlines.insert((until, place.clone()));
        self.tell_others(&place, |peer| Reply::Away { peer })
    }

    /// When [`Rooms::handle_timeout`] has something to do next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.deadlines.first().map(|(until, _)| *until)
    }

    /// Lets those go whose grace is over.
    pub fn handle_timeout(&mut self, now: Instant) -> Vec<Delivery> {
        let mut deliveries = Vec::new();
        while self.poll_timeout().is_some_and(|until| until <= now) {
            if let Some((_, place)) = self.deadlines.pop_first() {
                deliveries.extend(self.remove(&place));
            }
        }
        deliveries
    }

    fn enter(&mut self, arrival: Arrival) -> Result<Admission, Refusal> {
        let mut peer = arrival.fresh_id;
        let mut gone = Vec::new();
        if self.members.get(&arrival.room).is_some_and(|room| room.len() >= ROOM_PEERS_MAX) {
            let away = self.deadlines.iter().find(|(_, place)| place.room == arrival.room);
            let (until, place) = away.cloned().ok_or(Refusal::RoomFull)?;
            self.deadlines.remove(&(until, place.clone()));
            gone = self.remove(&place);
        }
        match self.members.get(&arrival.room) {
            None if self.members.len() >= self.limits.rooms_max => return Err(Refusal::ServerFull),
            None => {}
            // An id drawn twice is rare beyond telling; the next free one serves as well.
            Some(room) => {
                while room.contains_key(&peer) {
                    peer = PeerId((peer.0 + 1) & PEER_ID_MAX);
                }
            }
        }
        let place = Place { room: arrival.room, peer };
        let member =
            Member { token: arrival.fresh_token.clone(), presence: Presence::Here(arrival.socket) };
        let room = self.members.entry(place.room.clone()).or_default();
        room.insert(peer, member);
        self.tokens.insert(arrival.fresh_token, place.clone());
        self.sockets.insert(arrival.socket, place.clone());

        let mut deliveries = vec![self.welcome(&place, arrival.socket, arrival.ice_servers)];
        deliveries.extend(gone);
        deliveries.extend(self.tell_others(&place, |peer| Reply::Joined { peer }));
        Ok(Admission { deliveries, superseded: None })
    }

    fn come_back(&mut self, place: &Place, arrival: Arrival) -> Admission {
        let here = Presence::Here(arrival.socket);
        let before = std::mem::replace(&mut self.member(place).presence, here);
        self.sockets.insert(arrival.socket, place.clone());

        let mut deliveries = vec![self.welcome(place, arrival.socket, arrival.ice_servers)];
        let superseded = match before {
            Presence::Here(socket) => {
                self.sockets.remove(&socket);
                deliveries.extend(self.tell_others(place, |peer| Reply::Away { peer }));
                Some(socket)
            }
            Presence::Away { until } => {
                self.deadlines.remove(&(until, place.clone()));
                None
            }
        };
        deliveries.extend(self.tell_others(place, |peer| Reply::Joined { peer }));
        Admission { deliveries, superseded }
    }

    /// Takes a peer out that is neither among the sockets nor among the deadlines any more.
    fn remove(&mut self, place: &Place) -> Vec<Delivery> {
        let deliveries = self.tell_others(place, |peer| Reply::Left { peer });
        if let Some(room) = self.members.get_mut(&place.room) {
            if let Some(member) = room.remove(&place.peer) {
                self.tokens.remove(&member.token);
            }
            if room.is_empty() {
                self.members.remove(&place.room);
            }
        }
        deliveries
    }

    fn welcome(&mut self, place: &Place, to: SocketId, ice_servers: Vec<IceServer>) -> Delivery {
        let reply = Reply::Welcome {
            version: VERSION,
            id: place.peer,
            peers: self.others(place).map(|(peer, _)| peer).collect(),
            ice_servers,
            token: self.member(place).token.clone(),
            frames: false,
        };
        Delivery { to, reply }
    }

    fn tell_others(&self, place: &Place, news: impl Fn(PeerId) -> Reply) -> Vec<Delivery> {
        let tell = |(_, to)| Delivery { to, reply: news(place.peer) };
        self.others(place).map(tell).collect()
    }

    /// The other peers of the room that are here, with their sockets.
    fn others(&self, place: &Place) -> impl Iterator<Item = (PeerId, SocketId)> {
        let members = self.members.get(&place.room).into_iter().flatten();
        let others = members.filter(|(peer, _)| **peer != place.peer);
        others.filter_map(|(peer, member)| match member.presence {
            Presence::Here(socket) => Some((*peer, socket)),
            Presence::Away { .. } => None,
        })
    }

    fn member(&mut self, place: &Place) -> &mut Member {
        let room = self.members.get_mut(&place.room);
        room.and_then(|room| room.get_mut(&place.peer))
            .expect("a place that a socket or a token names is taken")
    }
}

/// The most rooms that a server holds, unless it is told another number.
pub const ROOMS_MAX: usize = 10_000;

/// The greatest peer id: 53 bits, which a number in a browser holds.
pub const PEER_ID_MAX: u64 = (1 << 53) - 1;
