//! Whether a peer is alive: silent for a while it is pinged, silent for longer it is dead.
//!
//! Times come in as arguments. Anything heard counts, so a peer that talks is never pinged.

use std::time::{Duration, Instant};

/// When a peer was heard, and whether it was pinged since.
#[derive(Debug)]
pub(super) struct Pulse {
    heard: Instant,
    pinged: bool,
    ping_after: Duration,
    dead_after: Duration,
}

/// What is to be done about a peer's silence.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Beat {
    /// Nothing until [`Pulse::next`].
    Fine,
    /// A ping, now.
    Ping,
    /// It is taken for dead.
    Dead,
}

impl Pulse {
    pub(super) fn new(now: Instant, ping_after: Duration, dead_after: Duration) -> Self {
        Self { heard: now, pinged: false, ping_after, dead_after }
    }

    /// Something came from the peer.
    pub(super) fn heard(&mut self, now: Instant) {
        self.heard = now;
        self.pinged = false;
    }

    /// What the time calls for.
    pub(super) fn beat(&mut self, now: Instant) -> Beat {
        let silence = now.saturating_duration_since(self.heard);
        if silence >= self.dead_after {
            Beat::Dead
        } else if silence >= self.ping_after && !self.pinged {
            self.pinged = true;
            Beat::Ping
        } else {
            Beat::Fine
        }
    }

    /// When [`Pulse::beat`] has something to say next, if nothing is heard.
    pub(super) fn next(&self) -> Instant {
        if self.pinged { self.dead() } else { self.dead().min(self.heard + self.ping_after) }
    }

    /// When the peer is dead, if nothing is heard.
    pub(super) fn dead(&self) -> Instant {
        self.heard + self.dead_after
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_silent_peer_is_pinged_once_and_then_dead() {
        let start = Instant::now();
        let mut pulse = Pulse::new(start, 25 * SECOND, 60 * SECOND);
        assert_eq!(pulse.next(), start + 25 * SECOND);
        assert_eq!(pulse.beat(start + 24 * SECOND), Beat::Fine);
        assert_eq!(pulse.beat(start + 25 * SECOND), Beat::Ping);
        assert_eq!(pulse.next(), start + 60 * SECOND);
        assert_eq!(pulse.beat(start + 59 * SECOND), Beat::Fine);
        assert_eq!(pulse.beat(start + 60 * SECOND), Beat::Dead);
    }

    #[test]
    fn a_peer_that_answers_lives_on() {
        let start = Instant::now();
        let mut pulse = Pulse::new(start, 25 * SECOND, 60 * SECOND);
        assert_eq!(pulse.beat(start + 25 * SECOND), Beat::Ping);
        pulse.heard(start + 26 * SECOND);
        assert_eq!(pulse.next(), start + 51 * SECOND);
        assert_eq!(pulse.beat(start + 60 * SECOND), Beat::Ping);
    }
}
