//! How often something may be: so many times a second or minute for long, so many at once after a
//! silence. Messages of a peer, upgrades of an address.
//!
//! The generic cell rate algorithm: one instant says how far ahead of its rate it is.
//! Times come in as arguments.

use std::time::{Duration, Instant};

/// The allowance of one peer, or of one address.
#[derive(Debug)]
pub(super) struct Rate {
    interval: Duration,
    lead_max: Duration,
    /// When it would be back at its rate if nothing more came.
    level: Instant,
}

impl Rate {
    /// A full allowance.
    pub(super) fn new(now: Instant, per_second: u32, burst: u32) -> Self {
        Self::every(Duration::from_secs(1) / per_second.max(1), burst, now)
    }

    /// A full allowance of one each `interval`.
    pub(super) fn every(interval: Duration, burst: u32, now: Instant) -> Self {
        Self { interval, lead_max: interval * burst.max(1), level: now }
    }

    /// Counts one; false if it is one too many.
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

    /// How long it is until one more is admitted.
    pub(super) fn wait(&self, now: Instant) -> Duration {
        (self.level.max(now) + self.interval).saturating_duration_since(now + self.lead_max)
    }

    /// Whether it is as a new one.
    pub(super) fn is_at_rest(&self, now: Instant) -> bool {
        self.level <= now
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

    #[test]
    fn after_the_wait_one_is_admitted_and_not_before() {
        let start = Instant::now();
        let mut rate = Rate::every(Duration::from_secs(3), 2, start);
        assert_eq!(rate.wait(start), Duration::ZERO);
        assert_eq!(admitted(&mut rate, start), 2);
        let wait = rate.wait(start);
        assert_eq!(wait, Duration::from_secs(3));
        assert!(!rate.admits(start + Duration::from_millis(2999)));
        assert!(!rate.is_at_rest(start + wait));
        assert!(rate.admits(start + wait));
        assert!(rate.is_at_rest(start + 3 * wait));
    }
}
