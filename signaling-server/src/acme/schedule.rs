//! When an authority is asked: well before a certificate ends, and seldom while asking fails.
//!
//! Pure. Now comes in as an argument. Authorities count what they are asked for and what fails, by
//! the hour and by the week; the pauses are such that Let's Encrypt's limit of five validations an
//! hour that fail for a name is never reached, whatever is wrong and however often the program is
//! started anew.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A moment, in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Moment(pub u64);

/// How long a certificate is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// From this moment on.
    pub from: Moment,
    /// Up to this one.
    pub to: Moment,
}

/// The attempts that failed, one after another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attempts {
    /// How many.
    failures: u32,
    /// There is no other before this moment.
    next: Moment,
}

impl Moment {
    /// This much later.
    pub fn after(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span.as_secs()))
    }

    /// How long it is from `now` until then; nothing if it has been.
    pub fn from(self, now: Self) -> Duration {
        Duration::from_secs(self.0.saturating_sub(now.0))
    }
}

impl Validity {
    /// When another is to be had: with a third of the time left, as Let's Encrypt advises.
    pub fn renewal(self) -> Moment {
        let lasts = self.to.0.saturating_sub(self.from.0);
        Moment(self.to.0 - lasts / 3)
    }
}

impl Attempts {
    /// None has failed.
    pub const NONE: Self = Self { failures: 0, next: Moment(0) };

    /// One more that fails, as one does that is begun and not heard of again.
    #[must_use]
    pub fn another(self, now: Moment) -> Self {
        let pause = PAUSE.saturating_mul(1 << self.failures.min(DOUBLINGS_MAX)).min(PAUSE_MAX);
        Self { failures: self.failures.saturating_add(1), next: now.after(pause) }
    }

    /// When there may be another. A clock that has been wrong does not put it off for ever.
    pub fn next(self, now: Moment) -> Moment {
        self.next.min(now.after(PAUSE_MAX))
    }

    /// Whether any has failed.
    pub fn is_none(self) -> bool {
        self.failures == 0
    }
}

const PAUSE: Duration = Duration::from_mins(1);
const PAUSE_MAX: Duration = Duration::from_hours(6);
/// More make more than [`PAUSE_MAX`].
const DOUBLINGS_MAX: u32 = 9;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOUR: u64 = 3600;

    #[test]
    fn a_certificate_is_renewed_with_a_third_of_its_time_left() {
        let of = |from, to| Validity { from: Moment(from), to: Moment(to) }.renewal();
        assert_eq!(of(1000, 1000 + 90 * 24 * HOUR), Moment(1000 + 60 * 24 * HOUR));
        assert_eq!(of(1000, 1006), Moment(1004));
        assert_eq!(of(1000, 1000), Moment(1000));
        assert_eq!(of(1000, 10), Moment(10), "one that makes no sense has ended");
    }

    #[test]
    fn pauses_double_from_a_minute_up_to_six_hours() {
        let mut attempts = Attempts::NONE;
        assert!(attempts.is_none());
        assert_eq!(attempts.next(Moment(5)), Moment(0));
        for minutes in [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360, 360] {
            attempts = attempts.another(Moment(7));
            assert_eq!(attempts.next(Moment(7)), Moment(7 + 60 * minutes));
            assert!(!attempts.is_none());
        }
    }

    #[test]
    fn validations_that_fail_stay_within_the_limit_of_lets_encrypt() {
        // A bucket of five that gets one more each twelve minutes, in seconds of it.
        let (mut bucket, mut now, mut attempts) = (HOUR, Moment(0), Attempts::NONE);
        for _ in 0..1000 {
            assert!(bucket >= HOUR / 5, "one too many after {now:?}");
            bucket -= HOUR / 5;
            attempts = attempts.another(now);
            let next = attempts.next(now);
            bucket = HOUR.min(bucket + next.from(now).as_secs());
            now = next;
        }
    }

    #[test]
    fn a_clock_that_was_years_ahead_puts_nothing_off_for_years() {
        let attempts = Attempts::NONE.another(Moment(u64::MAX / 2));
        assert_eq!(attempts.next(Moment(100)), Moment(100 + 6 * HOUR));
    }

    proptest! {
        #[test]
        fn no_numbers_panic_and_no_pause_is_longer_than_the_longest(
            failures: u32, next: u64, now: u64, from: u64, to: u64,
        ) {
            let attempts = Attempts { failures, next: Moment(next) };
            let now = Moment(now);
            prop_assert!(attempts.next(now).from(now) <= PAUSE_MAX);
            prop_assert!(attempts.another(now).next(now).from(now) <= PAUSE_MAX);
            let validity = Validity { from: Moment(from), to: Moment(to) };
            prop_assert!(validity.renewal() <= validity.to);
        }
    }
}
