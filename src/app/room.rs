//! The room: whether it is reached, who is here, and how each is reached.

use super::event::{Closed, PeerEvent, Route, SignalingEvent};
use super::{App, ConnectionId, Effect, Mood};
use crate::negotiation::Role;
use crate::text::SafeText;
use signaling_server::protocol::{IceServer, PeerId, ROOM_PEERS_MAX, Refusal};
use std::collections::BTreeMap;
use std::time::Instant;

/// What is known of the room.
#[derive(Debug, Default)]
pub struct Room {
    /// Whether it is reached.
    pub phase: RoomPhase,
    peers: BTreeMap<PeerId, Peer>,
    ice_servers: Vec<IceServer>,
    local: Option<PeerId>,
}

/// Whether the signaling server is reached, and lets this peer in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum RoomPhase {
    /// Being reached for the first time.
    #[default]
    Joining,
    /// In.
    Joined,
    /// Not reached; it is tried again after a while. Connections that stand go on.
    Lost {
        /// Why, as a sentence.
        why: String,
    },
    /// Not let in.
    Refused(Refusal),
}

/// A remote peer.
#[derive(Debug, Clone)]
pub struct Peer {
    /// The connection to it.
    pub connection: ConnectionId,
    /// What its person is called, once it has said so.
    pub name: Option<SafeText>,
    /// How far the connection is.
    pub phase: PeerPhase,
    /// Whether the server has it.
    pub presence: Presence,
}

/// How far the connection to a peer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerPhase {
    /// Being made, for the first time or again.
    Connecting,
    /// Open.
    Open(Option<Route>),
    /// Open, but nothing has come for seconds.
    Unreachable,
    /// Ended: it broke the protocol.
    Barred,
}

/// Whether the signaling server has a socket of a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It has.
    Present,
    /// It lost it.
    Away,
}

impl Peer {
    fn new(connection: ConnectionId) -> Self {
        let (phase, presence) = (PeerPhase::Connecting, Presence::Present);
        Self { connection, name: None, phase, presence }
    }

    /// What to call it.
    pub fn label(&self) -> SafeText {
        match &self.name {
            Some(name) if !name.is_empty() => name.clone(),
            _ => SafeText::new("someone"),
        }
    }

    /// Away from the server, and not to be reached without it: gone, as far as anyone can tell.
    /// One that is being connected to may come back to the server in time.
    fn is_gone(&self) -> bool {
        self.presence == Presence::Away && self.phase == PeerPhase::Unreachable
    }
}

impl Room {
    /// Everyone else who is here.
    pub fn peers(&self) -> impl ExactSizeIterator<Item = &Peer> {
        self.peers.values()
    }

    /// Those whom a photo would reach.
    pub fn open_peers(&self) -> impl Iterator<Item = &Peer> {
        self.peers.values().filter(|peer| matches!(peer.phase, PeerPhase::Open(_)))
    }

    /// The peer at the end of a connection.
    pub fn by_connection(&self, connection: ConnectionId) -> Option<&Peer> {
        self.peers.values().find(|peer| peer.connection == connection)
    }

    fn by_connection_mut(&mut self, connection: ConnectionId) -> Option<(PeerId, &mut Peer)> {
        self.peers
            .iter_mut()
            .find(|(_, peer)| peer.connection == connection)
            .map(|(id, peer)| (*id, peer))
    }

    /// How the room is, in a sentence.
    pub fn sentence(&self) -> String {
        match &self.phase {
            RoomPhase::Joining => "reaching the room".to_owned(),
            RoomPhase::Refused(refusal) => refused(*refusal),
            RoomPhase::Lost { why } => format!("{why}; trying again, transfers go on"),
            RoomPhase::Joined if self.peers.is_empty() => {
                "waiting for someone: i shows the link to share".to_owned()
            }
            RoomPhase::Joined => {
                let open = self.open_peers().count();
                match (open, self.peers.len()) {
                    (0, _) => "connecting".to_owned(),
                    (open, all) if open == all => format!("{} in the room", all + 1),
                    (open, all) => format!("{} in the room, {} connecting", open + 1, all - open),
                }
            }
        }
    }
}

impl App {
    /// What comes from the signaling server.
    pub(super) fn handle_signaling(&mut self, event: SignalingEvent, now: Instant) -> Vec<Effect> {
        match event {
            SignalingEvent::Welcome { id, peers, ice_servers } => {
                if matches!(self.room.phase, RoomPhase::Lost { .. }) {
                    self.notices.say(Mood::Good, "back in the room", now);
                }
                self.room.phase = RoomPhase::Joined;
                self.room.local = Some(id);
                self.room.ice_servers = ice_servers;
                self.meet(&peers, now)
            }
            SignalingEvent::Joined(id) => match self.room.peers.get_mut(&id) {
                Some(peer) => {
                    peer.presence = Presence::Present;
                    Vec::new()
                }
                None => self.connect(id, Role::Answerer).into_iter().collect(),
            },
            SignalingEvent::Away(id) => {
                if let Some(peer) = self.room.peers.get_mut(&id) {
                    peer.presence = Presence::Away;
                }
                self.drop_if_gone(id, now)
            }
            SignalingEvent::Left(id) => self.drop_peer(id, now),
            SignalingEvent::Signal { from, payload } => {
                let peer = self.room.peers.get(&from);
                let deliver =
                    |peer: &Peer| Effect::Deliver { connection: peer.connection, payload };
                peer.map(deliver).into_iter().collect()
            }
            SignalingEvent::Refused(refusal) => {
                self.notices.say(Mood::Bad, refused(refusal), now);
                self.room.phase = RoomPhase::Refused(refusal);
                Vec::new()
            }
            SignalingEvent::Lost { why } => {
                self.room.phase = RoomPhase::Lost { why };
                Vec::new()
            }
        }
    }

    /// What the task of a remote peer says.
    pub(super) fn handle_peer(
        &mut self,
        connection: ConnectionId,
        event: PeerEvent,
        now: Instant,
    ) -> Vec<Effect> {
        // A task that has just been ended may have had more to say.
        let Some((id, peer)) = self.room.by_connection_mut(connection) else { return Vec::new() };
        match event {
            PeerEvent::Signal(payload) => return vec![Effect::Relay { to: id, payload }],
            PeerEvent::Unopened(error) => {
                self.notices.say(Mood::Bad, error.to_string(), now);
            }
            PeerEvent::Open { name } => {
                peer.phase = PeerPhase::Open(None);
                let first = peer.name.is_none();
                peer.name = Some(name);
                let text = format!("{} is {}", peer.label(), if first { "here" } else { "back" });
                self.notices.say(Mood::Good, text, now);
            }
            PeerEvent::Route(route) => {
                if let PeerPhase::Open(known) = &mut peer.phase {
                    *known = Some(route);
                }
            }
            PeerEvent::Unreachable => {
                peer.phase = PeerPhase::Unreachable;
                return self.drop_if_gone(id, now);
            }
            PeerEvent::Reachable => peer.phase = PeerPhase::Open(None),
            PeerEvent::Closed(Closed::Lost) => {
                peer.phase = PeerPhase::Connecting;
                let away = peer.presence == Presence::Away;
                self.fail_transfers(connection, now);
                return if away { self.drop_peer(id, now) } else { Vec::new() };
            }
            PeerEvent::Closed(Closed::Violated(violation)) => {
                peer.phase = PeerPhase::Barred;
                let text =
                    format!("{} broke the protocol ({violation}): disconnected", peer.label());
                // The reason is told last: it is the notice that is shown.
                self.fail_transfers(connection, now);
                self.notices.say(Mood::Bad, text, now);
            }
            other => return self.handle_transfer(connection, other, now),
        }
        Vec::new()
    }

    /// In a room, perhaps anew: offers to everyone there whom no connection reaches, as who comes
    /// does, and lets go of those who are neither there nor reached.
    fn meet(&mut self, roster: &[PeerId], now: Instant) -> Vec<Effect> {
        let open = |peer: &Peer| matches!(peer.phase, PeerPhase::Open(_));
        let unreached = self.room.peers.iter().filter(|(_, peer)| !open(peer));
        let unreached: Vec<PeerId> = unreached.map(|(id, _)| *id).collect();
        let mut effects: Vec<Effect> =
            unreached.into_iter().flat_map(|id| self.drop_peer(id, now)).collect();
        for (id, peer) in &mut self.room.peers {
            let here = roster.contains(id);
            peer.presence = if here { Presence::Present } else { Presence::Away };
        }
        effects.extend(roster.iter().filter_map(|id| self.connect(*id, Role::Offerer)));
        effects
    }

    /// Begins a task for a peer, unless there is one, or the room is impossibly full.
    fn connect(&mut self, peer: PeerId, role: Role) -> Option<Effect> {
        let known = self.room.peers.contains_key(&peer);
        let local = self.room.local?;
        if known || self.room.peers.len() >= ROOM_PEERS_MAX {
            return None;
        }
        let connection = ConnectionId(self.take_id());
        self.room.peers.insert(peer, Peer::new(connection));
        let ice_servers = self.room.ice_servers.clone();
        Some(Effect::Connect { peer, connection, local, role, ice_servers })
    }

    fn drop_if_gone(&mut self, id: PeerId, now: Instant) -> Vec<Effect> {
        let gone = self.room.peers.get(&id).is_some_and(Peer::is_gone);
        if gone { self.drop_peer(id, now) } else { Vec::new() }
    }

    fn drop_peer(&mut self, id: PeerId, now: Instant) -> Vec<Effect> {
        let Some(peer) = self.room.peers.remove(&id) else { return Vec::new() };
        if peer.name.is_some() {
            self.notices.say(Mood::Info, format!("{} left", peer.label()), now);
        }
        self.fail_transfers(peer.connection, now);
        vec![Effect::Disconnect(peer.connection)]
    }
}

fn refused(refusal: Refusal) -> String {
    match refusal {
        Refusal::RoomFull => {
            format!("the room is full: it holds {ROOM_PEERS_MAX}; open another one")
        }
        Refusal::ServerFull => {
            "the server has no room left: try later, or another server".to_owned()
        }
        Refusal::Version => {
            "the server speaks another version: update whichever is older".to_owned()
        }
        Refusal::Malformed => "the server did not understand: is it a peersnap server?".to_owned(),
    }
}
