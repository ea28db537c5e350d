//! The way that a session is driven over: what it is like, whether more connections are worth it, and what
//! a change of this machine's network means to it.

use super::super::connection::ICE_DISCONNECTED;
use super::super::connections::{Duty, Load};
use super::{Drive, ROUTE_FIRST, ROUTE_STEP};
use crate::app::event::PeerEvent;
use crate::network::Ground;
use crate::transfer::stripes::Sample;
use std::time::{Duration, Instant};

impl Drive {
    /// What went out of this machine before may not arrive any more, nor what is to come in. Another
    /// connection is made as soon as the server is known to carry signals.
    pub(super) async fn handle_network_change(&mut self) {
        match self.footing.handle(self.connections.source(), Instant::now()) {
            Ground::Firm => {}
            Ground::Gone => self.tell_silent().await,
            Ground::Back(_) | Ground::Elsewhere => {
                self.tell_silent().await;
                // There may be no server to make another one by.
                self.stands_at = Some(Instant::now() + SILENCE_TOLD);
            }
        }
    }

    /// Sees how the remote peer is reached, and whether more connections are worth it.
    pub(super) async fn look_at_route(&mut self, now: Instant) {
        let has_moved = std::mem::take(&mut self.has_moved);
        let load = if has_moved { Load::Moving } else { Load::AtRest };
        if let Some(route) = self.connections.route(load, now).await {
            self.round_trip = route.round_trip.or(self.round_trip);
            self.session.tally(self.connections.known(), now);
            self.setup.tell(PeerEvent::Route(route)).await;
        }
        let is_alone = self.connections.has_quic() || self.connections.is_tunnel();
        let ours = if is_alone { 1 } else { self.setup.limits.connections };
        let theirs = self.session.remote_limits().map_or(1, |limits| limits.connections);
        let sample = Sample {
            open: u32::try_from(self.connections.open()).unwrap_or(u32::MAX),
            most: ours.min(theirs),
            acknowledged: self.session.acknowledged(),
            is_sending: self.session.in_flight() > 0,
            round_trip: self.round_trip,
        };
        let wanted = self.stripes.handle(sample, now) as usize;
        let own = self.connections.own_beside();
        for number in own.iter().skip(wanted - 1) {
            if let Some(change) = self.connections.remove(*number) {
                self.change(*number, change).await;
            }
        }
        for _ in own.len()..wanted - 1 {
            let offer = self.connections.offer(Duty::Beside, false).await;
            self.signal(offer).await;
        }
        self.looks_at_rest = if has_moved { 0 } else { self.looks_at_rest + 1 };
        if self.is_moving || wanted > 1 {
            self.route_at = Some(now + ROUTE_STEP);
        } else if self.looks_at_rest < LOOKS_AT_REST_MAX {
            // On a busy line, or a busy machine, the round trip is another than at rest.
            self.route_at = Some(now + ROUTE_FIRST * 2_u32.pow(self.looks_at_rest));
        }
    }

    /// Has it looked at by then, at the latest.
    pub(super) fn look_by(&mut self, at: Instant) {
        self.route_at = Some(self.route_at.map_or(at, |before| before.min(at)));
    }

    pub(super) async fn tell_silent(&mut self) {
        if !std::mem::replace(&mut self.told_silent, true) && self.session.is_greeted() {
            self.setup.tell(PeerEvent::Unreachable).await;
        }
    }

    pub(super) async fn tell_heard(&mut self) {
        if std::mem::take(&mut self.told_silent) {
            self.setup.tell(PeerEvent::Reachable).await;
        }
    }
}

/// The last of them is three quarters of a minute after anything moved.
const LOOKS_AT_REST_MAX: u32 = 5;
/// Longer than it takes until a connection over which nothing comes says so.
const SILENCE_TOLD: Duration = ICE_DISCONNECTED.saturating_add(Duration::from_secs(1));
