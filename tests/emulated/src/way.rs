//! One way of a line, without a clock or a device: packets go in with the time, and come out later.

use crate::Line;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// What has become of packets so far.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carried {
    /// Sent into the line.
    pub sent: Count,
    /// Of those, dropped since the queue was full.
    pub dropped: Count,
    /// Lost on the way, by the line's loss or while it was cut.
    pub lost: Count,
}

/// Packets, and their bytes with all headers.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// How many.
    pub packets: u64,
    /// How much.
    pub bytes: u64,
}

impl Count {
    pub(crate) fn add(&mut self, packet: &[u8]) {
        self.packets += 1;
        self.bytes += packet.len() as u64;
    }
}

/// One way of a line.
pub(crate) struct Way {
    pub(crate) line: Line,
    pub(crate) carried: Carried,
    waiting: VecDeque<(Instant, Vec<u8>)>,
    waiting_bytes: usize,
    /// When the packet that is being put on the line is on it.
    free_at: Instant,
    flying: VecDeque<(Instant, Vec<u8>)>,
    chance: u64,
}

impl Way {
    /// The seed decides which packets are lost.
    pub(crate) fn new(line: Line, seed: u64, now: Instant) -> Self {
        Self {
            line,
            carried: Carried::default(),
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            free_at: now,
            flying: VecDeque::new(),
            chance: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
        }
    }

    /// A packet comes to the line.
    pub(crate) fn send(&mut self, packet: &[u8], now: Instant) {
        self.advance(now);
        self.carried.sent.add(packet);
        if self.waiting_bytes + packet.len() > self.line.queue_bytes {
            self.carried.dropped.add(packet);
        } else {
            self.waiting_bytes += packet.len();
            self.waiting.push_back((now, packet.to_vec()));
            self.advance(now);
        }
    }

    /// The next packet that has arrived by now.
    pub(crate) fn arrived(&mut self, now: Instant) -> Option<Vec<u8>> {
        self.advance(now);
        let (at, _) = self.flying.front()?;
        if *at <= now { self.flying.pop_front().map(|(_, packet)| packet) } else { None }
    }

    /// When there is something to do next, if nothing is sent until then.
    pub(crate) fn wakes_at(&self) -> Option<Instant> {
        let next = self.waiting.front().map(|_| self.free_at);
        let arrives = self.flying.front().map(|(at, _)| *at);
        next.into_iter().chain(arrives).min()
    }

    /// Puts on the line what has its turn by now.
    fn advance(&mut self, now: Instant) {
        while self.free_at <= now {
            let Some((came, packet)) = self.waiting.pop_front() else { return };
            self.waiting_bytes -= packet.len();
            let nanoseconds = packet.len() as u64 * 8 * 1_000_000_000 / self.line.bits_per_second;
            self.free_at = self.free_at.max(came) + Duration::from_nanos(nanoseconds);
            if self.is_lost() {
                self.carried.lost.add(&packet);
                continue;
            }
            let arrives = self.free_at + self.line.delay;
            // Where the delay has become less, packets still keep their order.
            let last = self.flying.back().map_or(arrives, |(at, _)| *at);
            self.flying.push_back((arrives.max(last), packet));
        }
    }

    fn is_lost(&mut self) -> bool {
        // Marsaglia's xorshift: its upper bits are good enough for a share.
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        ((self.chance >> 11) as f64 / (1_u64 << 53) as f64) < self.line.loss
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: Line = Line::new(1_000_000, Duration::from_millis(50));

    /// All that arrives within a time, each with its milliseconds.
    fn arrivals(way: &mut Way, begun: Instant) -> Vec<u128> {
        let mut arrivals = Vec::new();
        while let Some(at) = way.wakes_at() {
            while way.arrived(at).is_some() {
                arrivals.push((at - begun).as_millis());
            }
        }
        arrivals
    }

    #[test]
    fn packets_take_their_time_one_after_the_other_and_then_the_delay() {
        let now = Instant::now();
        let mut way = Way::new(LINE, 1, now);
        for _ in 0..3 {
            way.send(&[0; 1250], now);
        }
        assert_eq!(arrivals(&mut way, now), [35, 45, 55]);
        let later = now + Duration::from_secs(1);
        way.send(&[0; 1250], later);
        assert_eq!(arrivals(&mut way, later), [35]);
    }

    #[test]
    fn what_comes_when_the_queue_is_full_is_dropped() {
        let now = Instant::now();
        let mut way = Way::new(Line { queue_bytes: 3000, ..LINE }, 1, now);
        for _ in 0..6 {
            way.send(&[0; 1000], now);
        }
        // One is on the line at once, three wait.
        assert_eq!(way.carried.sent, Count { packets: 6, bytes: 6000 });
        assert_eq!(way.carried.dropped, Count { packets: 2, bytes: 2000 });
        assert_eq!(arrivals(&mut way, now).len(), 4);
    }

    #[test]
    fn the_share_that_is_lost_is_the_one_that_was_asked_for() {
        let now = Instant::now();
        let mut way = Way::new(LINE.losing(0.01), 7, now);
        for second in 0..40_000 {
            way.send(&[0; 100], now + Duration::from_secs(second));
        }
        assert!((350..450).contains(&way.carried.lost.packets), "{:?}", way.carried);
    }

    #[test]
    fn a_line_that_gets_shorter_does_not_change_their_order() {
        let now = Instant::now();
        let mut way = Way::new(LINE, 1, now);
        way.send(&[1; 1250], now);
        way.line.delay = Duration::ZERO;
        way.send(&[2; 1250], now + Duration::from_millis(10));
        let at = now + Duration::from_millis(40);
        assert_eq!(way.arrived(at).map(|it| it[0]), Some(1));
        assert_eq!(way.arrived(at).map(|it| it[0]), Some(2));
    }
}
