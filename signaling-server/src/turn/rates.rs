//! How much there may be a second: bytes through an allocation, answers to an address.
//!
//! The generic cell rate algorithm, as for messages of a websocket, with cells of any size. Times come
//! in as arguments.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use super::Limits;
use crate::network::network;

/// So much for long, so much at once after a silence.
#[derive(Debug, Clone, Copy)]
pub(super) struct Allowance {
    pub per_second: u32,
    pub burst: u32,
}

impl Allowance {
    fn time_of(self, amount: usize) -> Duration {
        let nanoseconds = amount as u128 * 1_000_000_000 / u128::from(self.per_second.max(1));
        Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
    }
}

/// How far ahead of its rate something is.
#[derive(Debug)]
pub(super) struct Meter {
    /// When it would be back at its rate if nothing more came.
    level: Instant,
}

impl Meter {
    /// Nothing so far.
    pub(super) fn new(now: Instant) -> Self {
        Self { level: now }
    }

    /// Counts an amount; false if it is too much, and then it is not counted.
    pub(super) fn admits(&mut self, amount: usize, allowance: Allowance, now: Instant) -> bool {
        self.due(amount, allowance, 0, now).is_some()
    }

    /// Counts an amount: from when on it is not too much any more. If that is after this many have had
    /// their time, it is not counted, and there is no such moment.
    pub(super) fn due(
        &mut self,
        amount: usize,
        allowance: Allowance,
        waiting: u32,
        now: Instant,
    ) -> Option<Instant> {
        let level = self.level.max(now) + allowance.time_of(amount);
        let wait = (level - now).saturating_sub(allowance.time_of(allowance.burst as usize));
        (wait <= allowance.time_of(waiting as usize)).then(|| {
            self.level = level;
            now + wait
        })
    }

    fn is_at_rest(&self, now: Instant) -> bool {
        self.level <= now
    }
}

/// The answers that addresses got which have shown nothing. Its size is bounded.
#[derive(Debug)]
pub(super) struct Answers {
    allowance: Allowance,
    addresses_max: usize,
    meters: HashMap<IpAddr, Meter>,
    /// When it is worth looking who is at rest: a flood under borrowed addresses is not to cost a walk
    /// through all of them for each datagram.
    next_sweep: Option<Instant>,
}

impl Answers {
    pub(super) fn new(limits: &Limits) -> Self {
        let per_second = limits.answers_per_second;
        Self {
            allowance: Allowance { per_second, burst: per_second },
            addresses_max: limits.addresses_max,
            meters: HashMap::new(),
            next_sweep: None,
        }
    }

    /// Counts an answer; false if it is one too many.
    pub(super) fn admits(&mut self, address: IpAddr, now: Instant) -> bool {
        let network = network(address);
        if !self.meters.contains_key(&network) && !self.has_room(now) {
            return false;
        }
        let meter = self.meters.entry(network).or_insert_with(|| Meter::new(now));
        meter.admits(1, self.allowance, now)
    }

    fn has_room(&mut self, now: Instant) -> bool {
        let is_full = self.meters.len() >= self.addresses_max;
        if is_full && self.next_sweep.is_none_or(|at| at <= now) {
            self.meters.retain(|_, meter| !meter.is_at_rest(now));
            self.next_sweep = Some(now + self.allowance.time_of(1));
        }
        self.meters.len() < self.addresses_max
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn answered(answers: &mut Answers, to: &str, now: Instant) -> usize {
        std::iter::from_fn(|| answers.admits(address(to), now).then_some(())).take(1000).count()
    }

    #[test]
    fn an_address_gets_twenty_answers_a_second_whatever_others_do() {
        let mut answers = Answers::new(&Limits::default());
        let start = Instant::now();
        assert_eq!(answered(&mut answers, "192.0.2.1", start), 20);
        assert_eq!(answered(&mut answers, "192.0.2.2", start), 20);
        assert_eq!(answered(&mut answers, "192.0.2.1", start + Duration::from_millis(500)), 10);
        assert_eq!(answered(&mut answers, "192.0.2.1", start + Duration::from_mins(1)), 20);
    }

    #[test]
    fn a_customers_addresses_of_ipv6_are_one() {
        let mut answers = Answers::new(&Limits::default());
        let now = Instant::now();
        assert_eq!(answered(&mut answers, "2001:db8:0:ff01::1", now), 20);
        assert_eq!(answered(&mut answers, "2001:db8:0:ff02:3::4", now), 0);
        assert_eq!(answered(&mut answers, "2001:db8:0:fe01::1", now), 20);
    }

    #[test]
    fn the_table_is_bounded_and_those_at_rest_make_room() {
        let mut answers = Answers::new(&Limits { addresses_max: 3, ..Limits::default() });
        let start = Instant::now();
        let admitted =
            (1..=9).filter(|it| answers.admits(address(&format!("192.0.2.{it}")), start));
        assert_eq!(admitted.count(), 3);
        assert!(answers.admits(address("192.0.2.9"), start + Duration::from_millis(50)));
        assert!(answers.meters.len() <= 3);
    }

    proptest! {
        #[test]
        fn no_second_lets_more_through_than_rate_and_burst(
            steps in proptest::collection::vec((0..40u64, 1..3000usize), 1..400)
        ) {
            let allowance = Allowance { per_second: 20_000, burst: 5_000 };
            let start = Instant::now();
            let (mut meter, mut now) = (Meter::new(start), start);
            let mut passed: Vec<(Instant, usize)> = Vec::new();
            for (milliseconds, amount) in steps {
                now += Duration::from_millis(milliseconds);
                if let Some(due) = meter.due(amount, allowance, 3000, now) {
                    prop_assert!(passed.last().is_none_or(|(before, _)| *before <= due));
                    prop_assert!(due - now <= Duration::from_millis(150), "3,000 of 20,000 a second");
                    passed.push((due, amount));
                }
            }
            for (at, _) in &passed {
                let second = *at..*at + Duration::from_secs(1);
                let inside = passed.iter().filter(|(when, _)| second.contains(when));
                prop_assert!(inside.map(|(_, amount)| amount).sum::<usize>() <= 25_001);
            }
        }
    }
}
