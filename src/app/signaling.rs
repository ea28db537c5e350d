//! Entering rooms, and what the signaling server says of who is there.

use super::event::SignalingEvent;
use super::outbox::Loss;
use super::peer::{Peer, Presence};
use super::room::{EntryId, Patience, Room, RoomPhase, refused};
use super::{App, Attendance, ConnectionId, Effect, Mood, PeerPhase, Screen};
use crate::link::Destination;
use crate::negotiation::Role;
use signaling_server::protocol::{PeerId, ROOM_PEERS_MAX};
use std::time::Instant;

impl App {
    /// Leaves the room, if there is one, and enters another.
    pub(super) fn enter(&mut self, destination: Destination, now: Instant) -> Vec<Effect> {
        let mut effects = self.leave(now);
        let entry = EntryId(self.take_id());
        self.room = Room::entered(entry, &destination, now);
        self.screen = Screen::Room;
        effects.push(Effect::Enter { entry, destination });
        effects
    }

    /// What comes from the signaling server of the room.
    pub(super) fn handle_signaling(
        &mut self,
        entry: EntryId,
        event: SignalingEvent,
        now: Instant,
    ) -> Vec<Effect> {
        if self.room.entry != Some(entry) {
            // Of a room that was left; it may have had more to say.
            return Vec::new();
        }
        match event {
            SignalingEvent::Found(server) => {
                self.room.server = Some(server);
                if self.room.phase == RoomPhase::Searching {
                    self.room.phase = RoomPhase::Joining;
                }
                Vec::new()
            }
            SignalingEvent::Welcome { id, peers, ice_servers } => {
                let was_in = self.room.local.is_some();
                if was_in && matches!(self.room.phase, RoomPhase::Lost { .. }) {
                    self.notices.say(Mood::Good, "back in the room", now);
                }
                self.room.phase = RoomPhase::Joined;
                self.room.local = Some(id);
                self.room.ice_servers = ice_servers;
                if self.room.patience != Patience::Endless {
                    self.room.patience = Patience::from(now);
                }
                self.meet(&peers, now)
            }
            SignalingEvent::Joined(id, role) => match self.room.peers.get_mut(&id) {
                Some(peer) => {
                    peer.presence = Presence::Present;
                    vec![Effect::Returned(peer.connection)]
                }
                None => self.connect(id, role).into_iter().collect(),
            },
            SignalingEvent::Away(id) => {
                if let Some(peer) = self.room.peers.get_mut(&id) {
                    peer.presence = Presence::Away { since: now };
                }
                self.drop_if_gone(id, now)
            }
            SignalingEvent::Left(id) => match self.room.peers.get_mut(&id) {
                // What it said last may still be on its way: it is gone when its connection has ended.
                Some(peer) if matches!(peer.phase, PeerPhase::Open(_)) => {
                    peer.presence = Presence::Left { at: now };
                    Vec::new()
                }
                _ => self.drop_peer(id, now),
            },
            SignalingEvent::StillThere => self.reconnect(),
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

    /// Nobody was met in time.
    pub(super) fn handle_patience(&mut self, now: Instant) {
        let seems_empty = matches!(self.room.phase, RoomPhase::Joined | RoomPhase::Searching);
        let attended = self.settings.attendance == Attendance::Person;
        if self.room.handle_timeout(now) && seems_empty && attended {
            self.notices.say(Mood::Info, "check the words: j asks for them again", now);
        }
    }

    /// In a room, perhaps anew: offers to everyone there whom no connection reaches, as who comes
    /// does, and lets go of those who are neither there nor reached. Those who were lost with the
    /// server are reached again, and what was under way to them goes on.
    fn meet(&mut self, roster: &[PeerId], now: Instant) -> Vec<Effect> {
        let is_over = |(id, peer): &(&PeerId, &Peer)| match peer.phase {
            PeerPhase::Open(_) => false,
            PeerPhase::Unreachable => !roster.contains(id),
            PeerPhase::Connecting | PeerPhase::Barred => true,
        };
        let over: Vec<PeerId> = self.room.peers.iter().filter(is_over).map(|(id, _)| *id).collect();
        let mut effects: Vec<Effect> =
            over.into_iter().flat_map(|id| self.drop_peer(id, now)).collect();
        for (id, peer) in &mut self.room.peers {
            let here = roster.contains(id);
            peer.presence = if here { Presence::Present } else { Presence::Away { since: now } };
        }
        effects.extend(self.reconnect());
        effects.extend(roster.iter().filter_map(|id| self.connect(*id, Role::Offerer)));
        effects
    }

    /// Has those reached again whom the server has, and no connection reaches.
    fn reconnect(&self) -> Vec<Effect> {
        let here = self.room.peers.values().filter(|peer| peer.presence == Presence::Present);
        here.map(|peer| Effect::Reconnect(peer.connection)).collect()
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

    pub(super) fn drop_if_gone(&mut self, id: PeerId, now: Instant) -> Vec<Effect> {
        let gone_at = self.room.peers.get(&id).and_then(Peer::gone_at);
        if gone_at.is_some_and(|at| at <= now) { self.drop_peer(id, now) } else { Vec::new() }
    }

    /// Lets go of those who have not come back in time.
    pub(super) fn drop_the_gone(&mut self, now: Instant) -> Vec<Effect> {
        let all: Vec<PeerId> = self.room.peers.keys().copied().collect();
        all.into_iter().flat_map(|id| self.drop_if_gone(id, now)).collect()
    }

    pub(super) fn drop_peer(&mut self, id: PeerId, now: Instant) -> Vec<Effect> {
        let Some(peer) = self.room.peers.remove(&id) else { return Vec::new() };
        if peer.announced {
            self.notices.say(Mood::Info, format!("{} left", peer.label()), now);
        }
        let mut effects = self.lose(peer.connection, Loss::Gone, now);
        effects.push(Effect::Disconnect(peer.connection));
        effects
    }
}
