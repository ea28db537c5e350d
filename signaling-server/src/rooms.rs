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
//! Several servers that act as one each have such a value, and tell each other of the peers on their own
//! sockets: what others are to hear is in [`Rooms::take_changes`], and what is heard of them goes into
//! [`Rooms::hear`]. A peer that comes to another of them takes its id along, as ids go with tokens.
//!
//! A peer that is away is gone once [`Rooms::handle_timeout`] says so: until then its token works and
//! its place in the room is kept, unless the room is full and somebody else comes. Who has been away
//! the longest then gives up its place.

mod elsewhere;

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use litemap::LiteMap;

use crate::protocol::{
    GRACE_SECONDS, IceServer, PeerId, ROOM_PEERS_MAX, Refusal, Reply, RoomId, Token, VERSION,
};

/// A socket, as the server counts them: each has a number that no other had before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketId(pub u64);

/// One of several servers that act as one, drawn at random when it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceId(pub u64);

/// What happened to a peer of this instance, for the others that have its room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It entered, or came back.
    Joined {
        /// Who.
        peer: PeerId,
        /// The peers of others that its welcome named: it offers to these.
        offers: Vec<PeerId>,
    },
    /// Its socket was lost.
    Away(PeerId),
    /// It went for good.
    Left(PeerId),
    /// Nobody of this instance has, or is about to enter, the room any more.
    Closed,
}

/// Where a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// To a socket of this instance.
    Here(SocketId),
    /// To whoever has the peer.
    Elsewhere(InstanceId),
}

/// A message's sender and its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route<'a> {
    /// The room of both.
    pub room: &'a RoomId,
    /// Who sends it.
    pub from: PeerId,
    /// Where the other is.
    pub to: Way,
}

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

/// What came of the word of another instance.
#[derive(Debug, Default)]
pub struct Heard {
    /// What peers of this instance hear.
    pub deliveries: Vec<Delivery>,
    /// Sockets of peers that have come to another instance: void, to be closed.
    pub superseded: Vec<SocketId>,
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
    /// Those that somebody is in or about to enter.
    open: HashMap<RoomId, Room>,
    /// Where the peer of a socket is. A superseded socket is not here any more.
    sockets: HashMap<SocketId, Place>,
    /// Where the peer of a token is: one for each peer of each room.
    tokens: HashMap<Token, Place>,
    /// When the grace of those who are away is over.
    deadlines: BTreeSet<(Instant, Place)>,
    /// What others have not heard yet, if there are others.
    changes: Option<Vec<(RoomId, Change)>>,
}

#[derive(Debug, Default)]
struct Room {
    /// Few, of which the nodes of a tree would take up three times as much.
    members: LiteMap<PeerId, Member>,
    /// How many are about to enter.
    knocks: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    room: RoomId,
    peer: PeerId,
}

/// A peer of a room: here, if any instance says so.
#[derive(Debug, Default)]
struct Member {
    /// What this instance knows.
    local: Option<Local>,
    /// What others say that have it, the latest last. More than one has where a peer has moved, and not
    /// all have heard of that.
    claims: Vec<Claim>,
}

#[derive(Debug)]
struct Local {
    token: Token,
    presence: Presence,
}

#[derive(Debug, Clone, Copy)]
struct Claim {
    instance: InstanceId,
    is_here: bool,
}

#[derive(Debug, Clone, Copy)]
enum Presence {
    Here(SocketId),
    Away { until: Instant },
}

impl Member {
    /// The way to it, if it is here.
    fn way(&self) -> Option<Way> {
        if let Some(Local { presence: Presence::Here(socket), .. }) = &self.local {
            return Some(Way::Here(*socket));
        }
        let claim = self.claims.iter().rfind(|it| it.is_here)?;
        Some(Way::Elsewhere(claim.instance))
    }
}

impl Rooms {
    /// No rooms yet.
    pub fn new(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// No rooms yet, of a server beside which there are others.
    pub fn of_several(limits: Limits) -> Self {
        Self { changes: Some(Vec::new()), ..Self::new(limits) }
    }

    /// What others are to hear that have these rooms, in its order. Nothing, unless there are others.
    pub fn take_changes(&mut self) -> Vec<(RoomId, Change)> {
        self.changes.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Somebody is about to enter: until [`Rooms::unknock`], what is heard of the room is kept.
    pub fn knock(&mut self, room: &RoomId) -> Result<(), Refusal> {
        if !self.open.contains_key(room) && self.open.len() >= self.limits.rooms_max {
            return Err(Refusal::ServerFull);
        }
        self.open.entry(room.clone()).or_default().knocks += 1;
        Ok(())
    }

    /// That one has entered, or does not.
    pub fn unknock(&mut self, room: &RoomId) {
        if let Some(it) = self.open.get_mut(room) {
            it.knocks = it.knocks.saturating_sub(1);
        }
        self.close_if_over(room);
    }

    /// Nothing is held: no room, no socket, no token, no deadline.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
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
        (self.open.len(), self.sockets.len(), self.deadlines.len())
    }

    /// Whether a peer of any room holds this token.
    pub fn knows(&self, token: &Token) -> bool {
        self.tokens.contains_key(token)
    }

    /// The socket of a peer that is here.
    pub fn socket(&self, room: &RoomId, peer: PeerId) -> Option<SocketId> {
        match self.open.get(room)?.members.get(&peer)?.way()? {
            Way::Here(socket) => Some(socket),
            Way::Elsewhere(_) => None,
        }
    }

    /// How a message gets from this socket to another peer of the same room; not at all if it is not
    /// there.
    pub fn route(&self, from: SocketId, to: PeerId) -> Option<Route<'_>> {
        let Place { room, peer } = self.sockets.get(&from)?;
        let to = self.open.get(room)?.members.get(&to)?.way()?;
        Some(Route { room, from: *peer, to })
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
        self.local(&place).presence = Presence::Away { until };
        self.deadlines.insert((until, place.clone()));
        self.change(&place.room, Change::Away(place.peer));
        self.tell_change(&place, Some(true))
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
        let room = self.open.get(&arrival.room);
        let members = room.map(|it| &it.members);
        // One that came with the token of its id is the same, wherever it has been.
        let brought = arrival.token.as_ref() == Some(&arrival.fresh_token);
        let known = members.and_then(|it| it.get(&peer));
        let moved = known.filter(|it| brought && it.local.is_none());
        let moved = moved.map(|it| it.way().is_some());
        let mut gone = Vec::new();
        if moved.is_none() && members.is_some_and(|it| it.len() >= ROOM_PEERS_MAX) {
            let away = self.deadlines.iter().find(|(_, place)| place.room == arrival.room);
            let (until, place) = away.cloned().ok_or(Refusal::RoomFull)?;
            self.deadlines.remove(&(until, place.clone()));
            gone = self.remove(&place);
        }
        match self.open.get(&arrival.room) {
            None if self.open.len() >= self.limits.rooms_max => return Err(Refusal::ServerFull),
            None => {}
            Some(_) if moved.is_some() => {}
            // An id drawn twice is rare beyond telling; the next free one serves as well.
            Some(room) => {
                while room.members.contains_key(&peer) {
                    peer = PeerId((peer.0 + 1) & PEER_ID_MAX);
                }
            }
        }
        let place = Place { room: arrival.room, peer };
        let presence = Presence::Here(arrival.socket);
        let members = &mut self.open.entry(place.room.clone()).or_default().members;
        members.entry(peer).or_default().local =
            Some(Local { token: arrival.fresh_token.clone(), presence });
        self.tokens.insert(arrival.fresh_token, place.clone());
        self.sockets.insert(arrival.socket, place.clone());

        let mut deliveries = vec![self.welcome(&place, arrival.socket, arrival.ice_servers)];
        deliveries.extend(gone);
        if moved == Some(true) {
            deliveries.extend(self.tell_others(&place, |_, peer| Reply::Away { peer }));
        }
        deliveries.extend(self.announce(&place));
        Ok(Admission { deliveries, superseded: None })
    }

    fn come_back(&mut self, place: &Place, arrival: Arrival) -> Admission {
        let was_here = self.standing(place) == Some(true);
        let here = Presence::Here(arrival.socket);
        let before = std::mem::replace(&mut self.local(place).presence, here);
        self.sockets.insert(arrival.socket, place.clone());

        let mut deliveries = vec![self.welcome(place, arrival.socket, arrival.ice_servers)];
        let superseded = match before {
            Presence::Here(socket) => {
                self.sockets.remove(&socket);
                Some(socket)
            }
            Presence::Away { until } => {
                self.deadlines.remove(&(until, place.clone()));
                None
            }
        };
        if was_here {
            deliveries.extend(self.tell_others(place, |_, peer| Reply::Away { peer }));
        }
        deliveries.extend(self.announce(place));
        Admission { deliveries, superseded }
    }

    /// Tells everybody else of a peer that has just been welcomed.
    fn announce(&mut self, place: &Place) -> Vec<Delivery> {
        if self.changes.is_some() {
            let others = self.others(place);
            let offers = others.filter(|(_, way)| matches!(way, Way::Elsewhere(_)));
            let offers = offers.map(|(peer, _)| peer).collect();
            self.change(&place.room, Change::Joined { peer: place.peer, offers });
        }
        self.tell_others(place, |_, peer| Reply::Joined { peer, offer: false })
    }

    /// Takes a peer out that is neither among the sockets nor among the deadlines any more.
    fn remove(&mut self, place: &Place) -> Vec<Delivery> {
        let before = self.standing(place);
        self.void(place);
        let deliveries = self.tell_change(place, before);
        self.close_if_over(&place.room);
        deliveries
    }

    /// This instance has nothing to say of the peer any more.
    fn void(&mut self, place: &Place) -> Option<Presence> {
        let members = &mut self.open.get_mut(&place.room)?.members;
        let Local { token, presence } = members.get_mut(&place.peer)?.local.take()?;
        self.tokens.remove(&token);
        self.drop_if_nowhere(place);
        self.change(&place.room, Change::Left(place.peer));
        Some(presence)
    }

    /// Forgets a peer of which nobody says anything.
    fn drop_if_nowhere(&mut self, place: &Place) {
        let Some(members) = self.open.get_mut(&place.room).map(|it| &mut it.members) else {
            return;
        };
        if members.get(&place.peer).is_some_and(|it| it.local.is_none() && it.claims.is_empty()) {
            members.remove(&place.peer);
        }
    }

    /// Whether a peer is here, if it is known.
    fn standing(&self, place: &Place) -> Option<bool> {
        let member = self.open.get(&place.room)?.members.get(&place.peer)?;
        Some(member.way().is_some())
    }

    /// Tells the others of this instance that a peer, which stood so before, is away or has left.
    fn tell_change(&self, place: &Place, before: Option<bool>) -> Vec<Delivery> {
        match (before, self.standing(place)) {
            (Some(true), Some(false)) => self.tell_others(place, |_, peer| Reply::Away { peer }),
            (Some(_), None) => self.tell_others(place, |_, peer| Reply::Left { peer }),
            _ => Vec::new(),
        }
    }

    /// Forgets a room that nobody of this instance is in or about to enter.
    fn close_if_over(&mut self, room: &RoomId) {
        let is_local = |it: &Member| it.local.is_some();
        let is_over = |it: &Room| it.knocks == 0 && !it.members.values().any(is_local);
        if self.open.get(room).is_some_and(is_over) {
            self.open.remove(room);
            self.change(room, Change::Closed);
        }
    }

    fn change(&mut self, room: &RoomId, change: Change) {
        if let Some(changes) = &mut self.changes {
            changes.push((room.clone(), change));
        }
    }

    fn welcome(&mut self, place: &Place, to: SocketId, ice_servers: Vec<IceServer>) -> Delivery {
        let token = self.local(place).token.clone();
        let reply = Reply::Welcome {
            version: VERSION,
            id: place.peer,
            peers: self.others(place).map(|(peer, _)| peer).collect(),
            ice_servers,
            token,
            frames: false,
        };
        Delivery { to, reply }
    }

    /// What is told the others of this instance, made of whom it is told and whom it is about.
    fn tell_others(&self, place: &Place, news: impl Fn(PeerId, PeerId) -> Reply) -> Vec<Delivery> {
        let tell = |(other, way)| match way {
            Way::Here(to) => Some(Delivery { to, reply: news(other, place.peer) }),
            Way::Elsewhere(_) => None,
        };
        self.others(place).filter_map(tell).collect()
    }

    /// The other peers of the room that are here or at another instance.
    fn others(&self, place: &Place) -> impl Iterator<Item = (PeerId, Way)> {
        let members = self.open.get(&place.room).into_iter().flat_map(|it| it.members.iter());
        let others = members.filter(|(peer, _)| **peer != place.peer);
        others.filter_map(|(peer, member)| Some((*peer, member.way()?)))
    }

    /// What this instance knows of a peer whose place a socket or a token names.
    fn local(&mut self, place: &Place) -> &mut Local {
        let room = self.open.get_mut(&place.room);
        let member = room.and_then(|room| room.members.get_mut(&place.peer));
        member.and_then(|it| it.local.as_mut()).expect("it is of this instance")
    }
}

/// The most rooms that a server holds, unless it is told another number.
pub const ROOMS_MAX: usize = 10_000;

/// The greatest peer id: 53 bits, which a number in a browser holds.
pub const PEER_ID_MAX: u64 = (1 << 53) - 1;
