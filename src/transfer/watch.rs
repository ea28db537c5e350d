//! Whether what is under way gets anywhere.

use std::time::{Duration, Instant};

/// When something was last known to have arrived, and how long the next may take.
#[derive(Debug)]
pub(super) struct Watch {
    since: Instant,
    patience: Duration,
}

impl Watch {
    pub fn new(now: Instant) -> Self {
        Self { since: now, patience: PATIENCE_FIRST }
    }

    /// Something has begun: from now on it is waited for.
    pub fn begin(&mut self, now: Instant) {
        self.since = now;
    }

    /// Something has arrived.
    pub fn progress(&mut self, now: Instant) {
        *self = Self::new(now);
    }

    /// When patience is over.
    pub fn deadline(&self) -> Instant {
        self.since + self.patience
    }

    /// Whether it is by now. If so, it is longer the next time: whoever writes to a slow disk must not
    /// be given one connection after the other.
    pub fn is_over(&mut self, now: Instant) -> bool {
        let is_over = now >= self.deadline();
        if is_over {
            *self = Self { since: now, patience: (self.patience * 2).min(PATIENCE_MAX) };
        }
        is_over
    }
}

/// Long for any line that carries anything: what has arrived is acknowledged ten times a second.
const PATIENCE_FIRST: Duration = Duration::from_secs(3);
const PATIENCE_MAX: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_time_it_is_over_it_lasts_longer_until_something_arrives() {
        let start = Instant::now();
        let mut watch = Watch::new(start);
        assert!(!watch.is_over(start + PATIENCE_FIRST / 2));
        let first = start + PATIENCE_FIRST;
        assert!(watch.is_over(first) && !watch.is_over(first + PATIENCE_FIRST));
        assert!(watch.is_over(first + 2 * PATIENCE_FIRST));
        watch.progress(first);
        assert_eq!(watch.deadline(), first + PATIENCE_FIRST);
    }
}
