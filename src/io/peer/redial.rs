//! When a connection to a peer is tried again.

use crate::negotiation::Role;
use std::time::{Duration, Instant};

/// The tries of one peer's task.
#[derive(Debug)]
pub struct Redial {
    role: Role,
    /// When the next one is due.
    at: Option<Instant>,
    /// How long after that the one behind it.
    pause: Duration,
    /// When the last one began.
    begun: Instant,
    /// Whether there is a way already, if not a good one: then there is time.
    has_way: bool,
}

impl Redial {
    /// The side that offers tries at once; the other waits for that.
    pub fn new(role: Role, now: Instant) -> Self {
        Self {
            role,
            at: (role == Role::Offerer).then_some(now),
            pause: FIRST,
            begun: now,
            has_way: false,
        }
    }

    /// Another connection is wanted: at once by the side that offered first, and a moment later by
    /// the other, so that offers seldom cross.
    pub fn want(&mut self, now: Instant) {
        if std::mem::take(&mut self.has_way) {
            (self.at, self.pause) = (None, FIRST);
        }
        let grace = match self.role {
            Role::Offerer => Duration::ZERO,
            Role::Answerer => GRACE,
        };
        self.at.get_or_insert(now + grace);
    }

    /// The same, though one has failed a moment ago, and whichever side this is: the other knows
    /// nothing of it.
    pub fn at_once(&mut self, now: Instant) {
        let (at, pause) = (Some(now), FIRST_AT_ONCE);
        *self = Self { at, pause, begun: self.begun, role: self.role, has_way: false };
    }

    /// The same, but the remote peer is to make it: only if it does not in time.
    pub fn expect(&mut self, now: Instant) {
        self.at = Some(now + GRACE);
    }

    /// Whether a try is due by now; the next one then waits.
    pub fn is_due(&mut self, now: Instant) -> bool {
        let is_due = self.at.take_if(|at| *at <= now).is_some();
        if is_due {
            self.begun = now;
        }
        is_due
    }

    /// One is of no use any more, since the remote peer has begun anew: the next is tried at once, but
    /// not again and again without a pause.
    pub fn anew(&mut self, now: Instant) {
        self.at = Some(now.max(self.begun + self.pause));
        self.pause = (self.pause * 2).min(LAST);
    }

    /// One has failed.
    pub fn failed(&mut self, now: Instant) {
        self.at = Some(now + self.pause);
        self.pause = (self.pause * 2).min(if self.has_way { LAST_BESIDE } else { LAST });
    }

    /// One is open.
    pub fn opened(&mut self) {
        self.at = None;
        self.pause = FIRST;
        self.has_way = false;
    }

    /// There is a way that will do; a better one is still looked for.
    pub fn stands_in(&mut self) {
        self.has_way = true;
    }

    /// When a try is due.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.at
    }
}

const FIRST: Duration = Duration::from_millis(500);
/// The same where it is known that the network has just changed for the better.
const FIRST_AT_ONCE: Duration = Duration::from_millis(100);
const LAST: Duration = Duration::from_secs(8);
/// The same where there is a way that will do.
const LAST_BESIDE: Duration = Duration::from_mins(1);
const GRACE: Duration = Duration::from_millis(1500);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_side_that_offers_is_first_and_pauses_grow_until_one_is_open() {
        let now = Instant::now();
        let mut offerer = Redial::new(Role::Offerer, now);
        assert!(offerer.is_due(now) && !offerer.is_due(now));
        offerer.failed(now);
        offerer.want(now);
        assert_eq!(offerer.poll_timeout(), Some(now + FIRST), "it is wanted already");
        assert!(offerer.is_due(now + FIRST));
        offerer.failed(now);
        assert_eq!(offerer.poll_timeout(), Some(now + 2 * FIRST));
        offerer.opened();
        assert_eq!(offerer.poll_timeout(), None);
        offerer.stands_in();
        for pause in [FIRST, 2 * FIRST, 4 * FIRST] {
            offerer.failed(now);
            assert_eq!(offerer.poll_timeout(), Some(now + pause));
        }
        for _ in 0..20 {
            offerer.failed(now);
        }
        assert_eq!(offerer.poll_timeout(), Some(now + LAST_BESIDE));
        offerer.want(now);
        assert_eq!(offerer.poll_timeout(), Some(now), "that way is lost");
        offerer.failed(now);
        offerer.at_once(now);
        assert!(offerer.is_due(now), "the network is another");
        offerer.failed(now);
        assert_eq!(offerer.poll_timeout(), Some(now + FIRST_AT_ONCE));
        offerer.expect(now);
        assert_eq!(offerer.poll_timeout(), Some(now + GRACE));
        let mut answerer = Redial::new(Role::Answerer, now);
        assert_eq!(answerer.poll_timeout(), None);
        answerer.want(now);
        assert_eq!(answerer.poll_timeout(), Some(now + GRACE));
        answerer.at_once(now);
        assert_eq!(answerer.poll_timeout(), Some(now));
    }
}
