//! Datagrams that are numbered, and what came back of them: how long that took, and how many did not.

use std::time::{Duration, Instant};

/// Datagrams of one series, and what came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Series {
    /// What their ids have in common: all but the first byte, which counts them.
    id: Id,
    /// When each was sent, and after which time it was back, if it came.
    datagrams: Vec<(Instant, Option<Duration>)>,
}

/// One of them; as long as the id of a transaction of STUN (RFC 8489, section 5).
pub(super) type Id = [u8; ID_BYTES];

impl Series {
    /// None sent so far.
    pub fn new() -> Self {
        let mut id = [0; ID_BYTES];
        // Without random numbers they go out all the same: nobody gains by one that is forged.
        let _ = getrandom::fill(&mut id);
        Self { id, datagrams: Vec::new() }
    }

    /// Counts one that is sent now.
    pub fn send(&mut self, now: Instant) -> Id {
        let mut id = self.id;
        id[0] = u8::try_from(self.sent()).unwrap_or(u8::MAX);
        self.datagrams.push((now, None));
        id
    }

    /// Counts one that came back, the first time; what is none of these is nothing.
    pub fn hear(&mut self, id: &[u8], now: Instant) {
        let Some((count, common)) = id.split_first() else { return };
        if *common != self.id[1..] {
            return;
        }
        if let Some((sent, took @ None)) = self.datagrams.get_mut(usize::from(*count)) {
            *took = Some(now.saturating_duration_since(*sent));
        }
    }

    /// Whether any may still come.
    pub fn is_awaited(&self) -> bool {
        self.sent() < TIMES || self.lost() > 0
    }

    /// How long one took there and back, by the half that took longer and the half that did not; nothing
    /// if none came.
    pub fn round_trip(&self) -> Option<Duration> {
        let mut took: Vec<_> = self.datagrams.iter().filter_map(|(_, took)| *took).collect();
        took.sort();
        took.get(took.len() / 2).copied()
    }

    /// How many were sent.
    pub fn sent(&self) -> usize {
        self.datagrams.len()
    }

    /// How many of them did not come back.
    pub fn lost(&self) -> usize {
        self.datagrams.iter().filter(|(_, took)| took.is_none()).count()
    }

    /// One of which so many came back, each in 12 ms, and so many did not.
    #[cfg(test)]
    pub fn of(back: usize, lost: usize) -> Self {
        let took = [Some(Duration::from_millis(12)), None];
        let took = took.into_iter().zip([back, lost]);
        let took = took.flat_map(|(took, times)| std::iter::repeat_n(took, times));
        let now = Instant::now();
        Self { id: [0; ID_BYTES], datagrams: took.map(|took| (now, took)).collect() }
    }
}

/// How many are sent.
pub(super) const TIMES: usize = 10;
const ID_BYTES: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_that_comes_back_is_counted_once_and_nothing_else_is_one() {
        let mut series = Series { id: [7; ID_BYTES], datagrams: Vec::new() };
        let begun = Instant::now();
        let at = |millis| begun + Duration::from_millis(millis);
        let ids = [0, 100, 200].map(|millis| series.send(at(millis)));
        assert_eq!(ids[1], [1, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7]);
        assert_eq!((series.lost(), series.round_trip()), (3, None));
        series.hear(&ids[1], at(120));
        series.hear(&ids[1], at(190));
        series.hear(&ids[0], at(230));
        let (mut strange, mut unknown) = (ids[2], ids[2]);
        (strange[4], unknown[0]) = (6, 3);
        for other in [&ids[2][..11], &[&ids[2][..], &[7]].concat(), &strange, &unknown, b""] {
            series.hear(other, at(240));
        }
        assert_eq!((series.sent(), series.lost()), (3, 1));
        assert_eq!(series.round_trip(), Some(Duration::from_millis(230)));
        series.hear(&ids[2], at(230));
        assert_eq!(series.round_trip(), Some(Duration::from_millis(30)));
    }
}
