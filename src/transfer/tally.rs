//! When the other is told what was lost.

use super::message::Tally;
use crate::path::Packets;
use std::time::{Duration, Instant};

/// What was told last over a connection, and when.
#[derive(Debug, Default)]
pub(super) struct Telling {
    told: Option<(Instant, Tally)>,
}

impl Telling {
    /// Whether this is to be told now; it is then.
    pub fn is_due(&mut self, tally: Tally, now: Instant) -> bool {
        let (at, before) = self.told.unwrap_or((now, Tally::default()));
        let is_time = self.told.is_none() || now.saturating_duration_since(at) >= TELL_APART_MIN;
        let is_due =
            is_time && (is_news(tally.mine, before.mine) || is_news(tally.yours, before.yours));
        if is_due {
            self.told = Some((now, tally));
        }
        is_due
    }
}

impl Tally {
    /// Whether no more packets were lost than sent.
    pub(super) fn is_possible(&self) -> bool {
        [self.mine, self.yours].into_iter().flatten().all(|it| it.lost <= it.sent)
    }
}

/// Whether much has come since, or another count has begun.
fn is_news(now: Option<Packets>, before: Option<Packets>) -> bool {
    let (now, before) = (now.unwrap_or_default().sent, before.unwrap_or_default().sent);
    now < before || now - before >= PACKETS_NEW_MIN
}

/// How long nothing more is told.
const TELL_APART_MIN: Duration = Duration::from_secs(1);
/// Fewer packets are not worth another one; and to tell takes some that are counted in turn.
const PACKETS_NEW_MIN: u64 = 50;

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(mine: u64, yours: u64) -> Tally {
        let packets = |sent| (sent > 0).then_some(Packets { sent, lost: 1 });
        Tally { mine: packets(mine), yours: packets(yours) }
    }

    #[test]
    fn what_is_new_is_told_at_most_once_a_second() {
        let (begun, mut telling) = (Instant::now(), Telling::default());
        let mut told = |millis, mine, yours| {
            telling.is_due(tally(mine, yours), begun + Duration::from_millis(millis))
        };
        assert!(!told(0, 0, 0), "nothing is known");
        assert!(!told(0, 49, 49), "next to nothing is");
        assert!(told(10, 0, 50));
        assert!(!told(1009, 0, 5000), "too soon");
        assert!(told(1010, 0, 5000));
        assert!(!told(9000, 49, 5049), "next to nothing is new");
        assert!(told(9000, 50, 5049));
        assert!(told(10_000, 50, 5000), "a connection is gone");
        assert!(!told(60_000, 50, 5000));
    }

    #[test]
    fn no_more_can_be_lost_than_was_sent() {
        let packets = |lost| Some(Packets { sent: 5, lost });
        for (mine, yours, possible) in [
            (None, None, true),
            (packets(5), packets(0), true),
            (packets(6), None, false),
            (None, packets(6), false),
        ] {
            assert_eq!(Tally { mine, yours }.is_possible(), possible);
        }
    }
}
