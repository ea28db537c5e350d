//! How much a peer may say: so many messages a second for long, so many at once after a silence.
//!
//! The generic cell rate algorithm: one instant says how far ahead of its rate the peer is.
//! Times come in as arguments.

use std::time::{Duration, Instant};

/// The allowance of one peer.
#[derive(Debug)]
pub(super) struct Rate {
    interval: Duration,
    lead_max: Duration,
    /// When the peer would be back at its rate if it said nothing more.
    level: Instant,
}

impl Rate {
    /// A full allowance.
    pub(super) fn new(now: Instant, per_second: u32, burst: u32) -> Self {
        let interval = Duration::from_secs(1) / per_second.max(1);
        Self { interval, lead_max: interval * burst.max(1), level: now }
    }

    /// Counts a message; false if it is one too many.
    pub(super) fn admits(&mut self, now: Instant) -> bool {
        let level = self.level.max(now) + self.interval;
        let admitted = level - now <= self.lead_max;
        if admitted {
            self.level = level;
        }
        admitted
    }

    /// Counts so much of what may be late, and says from when on there may be more of it.
    pub(super) fn charge(&mut self, now: Instant, count: u32) -> Option<Instant> {
        self.level = self.level.max(now) + self.interval * count;
        let free = self.level.checked_sub(self.lead_max)?;
        (free > now).then_some(free)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(rate: &mut Rate, now: Instant) -> usize {
        std::iter::from_fn(|| rate.admits(now).then_some(())).count()
    }

    #[test]
    fn a_burst_then_the_rate_then_a_burst_again() {
        let start = Instant::now();
        let mut rate = Rate::new(start, 30, 120);
        assert_eq!(admitted(&mut rate, start), 120);
        assert_eq!(admitted(&mut rate, start + Duration::from_secs(1)), 30);
        assert_eq!(admitted(&mut rate, start + Duration::from_mins(1)), 120);
    }

    #[test]
    fn what_may_be_late_is_told_when_it_may_come() {
        let start = Instant::now();
        let mut rate = Rate::new(start, 1000, 500);
        assert_eq!(rate.charge(start, 500), None);
        let at = start + Duration::from_millis(200);
        assert_eq!(rate.charge(start, 200), Some(at));
        assert_eq!(rate.charge(at, 0), None);
        assert_eq!(rate.charge(start + Duration::from_secs(9), 500), None);
    }

    #[test]
    fn no_allowance_is_taken_for_the_least() {
        let start = Instant::now();
        assert_eq!(admitted(&mut Rate::new(start, 0, 0), start), 1);
    }
}
