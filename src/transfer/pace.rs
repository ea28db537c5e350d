//! How often one transfer's progress is told: at most so often, and the newest in the end.

use std::time::{Duration, Instant};

/// What was told of a transfer's progress, and what is still to be.
#[derive(Debug, Default)]
pub(super) struct Pace {
    told_at: Option<Instant>,
    /// The newest offset, if it came too soon.
    held: Option<u64>,
}

impl Pace {
    /// The offset, if it is to be told now; else it is held until it is time.
    pub fn tell(&mut self, offset: u64, now: Instant) -> Option<u64> {
        self.held = Some(offset);
        self.poll(now)
    }

    /// What is held, in any case.
    pub fn hurry(&mut self, now: Instant) -> Option<u64> {
        let offset = self.held.take()?;
        self.told_at = Some(now);
        Some(offset)
    }

    /// What is held, if it is time.
    pub fn poll(&mut self, now: Instant) -> Option<u64> {
        if self.told_at.is_some_and(|at| now.duration_since(at) < PROGRESS_INTERVAL) {
            return None;
        }
        self.hurry(now)
    }

    /// When it is time, if anything is held.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.held.and(self.told_at).map(|at| at + PROGRESS_INTERVAL)
    }
}

/// How far [`Event::Progress`](super::Event::Progress) of one transfer are apart at least.
pub const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_told_at_once_and_of_the_others_the_newest_when_it_is_time() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        assert_eq!(pace.tell(1, start), Some(1));
        assert_eq!(pace.poll_timeout(), None);
        assert_eq!(pace.tell(2, start), None);
        assert_eq!(pace.tell(3, start + PROGRESS_INTERVAL / 2), None);
        assert_eq!(pace.poll_timeout(), Some(start + PROGRESS_INTERVAL));
        assert_eq!(pace.poll(start + PROGRESS_INTERVAL), Some(3));
        assert_eq!(pace.poll_timeout(), None);
    }
}
