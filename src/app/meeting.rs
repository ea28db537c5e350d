//! Meeting peers: who has come, whether it is who it seems, and how it is reached.
//!
//! A peer that has proven to know the words is looked up among those met before. Only then is it
//! here: what a person is told of it, and whether photos go to it, depends on what was found.

use super::event::{Closed, PeerEvent, Route};
use super::outbox::Loss;
use super::peer::{Peer, Presence};
use super::room::Patience;
use super::{App, ConnectionId, Effect, Listed, Mood, PeerPhase, Screen};
use crate::path::PathKind;
use crate::seal::{Met, OpenError, PublicKey, Remote};
use std::time::Instant;

/// Whether a person says of a peer that it is who it seems.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// It is.
    Given,
    /// It is not said any more.
    TakenBack,
}

impl App {
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
                if peer.remote.is_some() || is_worth_telling(error) {
                    self.notices.say(Mood::Bad, error.to_string(), now);
                }
            }
            PeerEvent::Proven(remote) => return self.handle_proven(connection, remote, now),
            PeerEvent::Open(device) => {
                peer.device = device;
                peer.phase = PeerPhase::Open(None);
                self.announce(connection, now);
                return self.reach(connection, now);
            }
            PeerEvent::Route(route) => self.handle_route(connection, route, now),
            PeerEvent::Unreachable => {
                peer.phase = PeerPhase::Unreachable;
                let mut effects = self.drop_if_gone(id, now);
                // What another connection needs goes through the server, which may be lost too.
                effects.push(Effect::CheckServer);
                return effects;
            }
            PeerEvent::Reachable => {
                peer.phase = PeerPhase::Open(None);
                return self.reach(connection, now);
            }
            PeerEvent::Closed(Closed::Lost) => {
                peer.phase = PeerPhase::Connecting;
                let away = peer.presence != Presence::Present;
                let mut effects = self.lose(connection, Loss::Gone, now);
                if away {
                    effects.extend(self.drop_peer(id, now));
                }
                return effects;
            }
            PeerEvent::Closed(Closed::Violated(violation)) => {
                peer.phase = PeerPhase::Barred;
                let text =
                    format!("{} broke the protocol ({violation}): disconnected", peer.label());
                // The reason is told last: it is the notice that is shown.
                let effects = self.lose(connection, Loss::Barred, now);
                self.notices.say(Mood::Bad, text, now);
                return effects;
            }
            other => return self.handle_transfer(connection, other, now),
        }
        Vec::new()
    }

    /// A peer is reached in this way. Which server is the signaling server, its task does not know.
    fn handle_route(&mut self, connection: ConnectionId, mut route: Route, now: Instant) {
        if route.kind == PathKind::Server {
            route.via = self.room.server_hop().into_iter().collect();
        }
        let Some((_, peer)) = self.room.by_connection_mut(connection) else { return };
        let PeerPhase::Open(known) = &mut peer.phase else { return };
        let obstacle = route.obstacle;
        let before = known.replace(route).and_then(|before| before.obstacle);
        if let Some(obstacle) = obstacle.filter(|it| before != Some(*it)) {
            let name = peer.label().to_string();
            let text = format!("no direct way to {name}: {}", obstacle.text(&name));
            self.notices.say(Mood::Info, text, now);
        }
    }

    /// A peer knows the words: who it is, is looked up.
    fn handle_proven(
        &mut self,
        connection: ConnectionId,
        remote: Remote,
        now: Instant,
    ) -> Vec<Effect> {
        self.room.patience = Patience::Endless;
        let own = remote.key == self.settings.key;
        let Some((_, peer)) = self.room.by_connection_mut(connection) else { return Vec::new() };
        if peer.remote.as_ref() == Some(&remote) {
            return Vec::new();
        }
        // Someone else in the place of another has not been here.
        peer.announced &= peer.remote.as_ref().is_some_and(|before| before.key == remote.key);
        peer.remote = Some(remote.clone());
        peer.met = None;
        if own {
            // Another program of the person here.
            return self.handle_met(connection, remote.key, Met::Known { trusted: true }, now);
        }
        vec![Effect::Meet { connection, remote }]
    }

    /// It is known how a peer looks in the light of those met before.
    pub(super) fn handle_met(
        &mut self,
        connection: ConnectionId,
        key: PublicKey,
        met: Met,
        now: Instant,
    ) -> Vec<Effect> {
        let Some((_, peer)) = self.room.by_connection_mut(connection) else { return Vec::new() };
        if peer.remote.as_ref().is_none_or(|remote| remote.key != key) {
            return Vec::new();
        }
        let before = peer.met.replace(met);
        if before.is_none() {
            self.announce(connection, now);
            return Vec::new();
        }
        let text = if peer.is_trusted() {
            format!("{} is trusted, and will be known again", peer.label())
        } else {
            format!("{} is not trusted any more", peer.label())
        };
        self.notices.say(Mood::Good, text, now);
        Vec::new()
    }

    /// Says that a peer is here, once it is.
    fn announce(&mut self, connection: ConnectionId, now: Instant) {
        let Some((_, peer)) = self.room.by_connection_mut(connection) else { return };
        if !peer.is_open() {
            return;
        }
        let again = std::mem::replace(&mut peer.announced, true);
        let (mood, text) = arrival(peer, if again { "back" } else { "here" });
        self.notices.say(mood, text, now);
    }

    /// Trusts the peer that is chosen where one sees who is here, or takes that back.
    pub(super) fn trust(&mut self, now: Instant) -> Vec<Effect> {
        let Screen::Who { chosen: Some(Listed::Here(chosen)) } = self.screen else {
            return Vec::new();
        };
        let peer = self.room.by_connection(chosen);
        let Some(peer) = peer else { return Vec::new() };
        let Some(remote) = peer.remote.clone().filter(|_| peer.met.is_some()) else {
            return Vec::new();
        };
        if remote.key == self.settings.key {
            self.notices.say(Mood::Info, "that is another terminal of yours", now);
            return Vec::new();
        }
        let trust = if peer.is_trusted() { Trust::TakenBack } else { Trust::Given };
        vec![Effect::Trust { connection: peer.connection, remote, trust }]
    }
}

/// What a person is told of a peer that has come, or come back.
fn arrival(peer: &Peer, is: &str) -> (Mood, String) {
    let label = peer.label();
    let Some(Remote { name, key }) = &peer.remote else {
        return (Mood::Good, format!("{label} is {is}"));
    };
    let fingerprint = key.fingerprint();
    match &peer.met {
        Some(Met::New) => {
            (Mood::Good, format!("{label} is {is} for the first time: {fingerprint}"))
        }
        Some(Met::Renamed { before, .. }) if !before.is_empty() => {
            (Mood::Good, format!("{label} is {is}, who was {before} before"))
        }
        Some(Met::Changed { before, trusted: true }) => {
            let before = before.fingerprint();
            let text = format!(
                "this is not the {name} you trust: {fingerprint}, not {before}; t tells more"
            );
            (Mood::Bad, text)
        }
        Some(Met::Changed { before, trusted: false }) => {
            let before = before.fingerprint();
            let text =
                format!("{name} has another fingerprint than before: {fingerprint}, was {before}");
            (Mood::Bad, text)
        }
        _ => (Mood::Good, format!("{label} is {is}")),
    }
}

/// Whether a person hears of what did not open though nobody has proven to know the words: only
/// what nobody without the words could have made, or what says what to do.
fn is_worth_telling(error: OpenError) -> bool {
    matches!(error, OpenError::BadSignature | OpenError::Version(_))
}
