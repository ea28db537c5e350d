//! What a line carries, and so how much of it may be under way.
//!
//! The delivery rate and the round trip are measured from when what was sent came to be acknowledged,
//! as BBR does (Cardwell et al., "BBR: Congestion-Based Congestion Control", 2016); that a packet is
//! lost says little, so a line that loses some by its nature is made use of all the same. No more may
//! be under way than is carried in the round trip and a moment besides, so that what comes next need
//! not wait for long. Where that is more than the line's own queue holds, much is lost, and it is less.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The rate of one connection, and what follows from it.
#[derive(Debug, Clone)]
pub struct Rate {
    /// The most that may be under way, in bytes.
    bytes_max: usize,
    /// How long what is handed over may wait before it is on the line; a part of the round trip,
    /// where that is long.
    queue: Duration,
    /// Acknowledged since the beginning, in bytes.
    delivered: u64,
    /// The shortest that anything took.
    round_trip: Option<Duration>,
    /// When something was sent, and what was delivered by then: of the last while, in order.
    sent: VecDeque<(Instant, u64)>,
    /// What is measured now.
    span: Span,
    /// The greatest rates of the last spans, in bytes a second.
    rates: VecDeque<f64>,
    /// How often in a row the rate has not grown by much.
    level: u32,
    /// How many spans there were.
    spans: u32,
    /// The share of what might wait on the line that does, from [`SHARE_MIN`] to 1.
    share: f64,
}

/// A while in which the rate is measured.
#[derive(Debug, Clone, Copy)]
struct Span {
    since: Instant,
    /// The greatest rate, in bytes a second.
    rate: f64,
    /// Acknowledged, in bytes.
    came: u64,
    /// Lost, in bytes.
    lost: u64,
}

impl Span {
    fn new(since: Instant) -> Self {
        Self { since, rate: 0.0, came: 0, lost: 0 }
    }
}

impl Rate {
    /// Of a connection of which so much may be under way at most, and wait for so long.
    pub fn new(bytes_max: usize, queue: Duration, now: Instant) -> Self {
        Self {
            bytes_max,
            queue,
            delivered: 0,
            round_trip: None,
            sent: VecDeque::new(),
            span: Span::new(now),
            rates: VecDeque::new(),
            level: 0,
            spans: 0,
            share: 1.0,
        }
    }

    /// So much may be under way at most, from now on.
    pub fn allow(&mut self, bytes_max: usize) {
        self.bytes_max = bytes_max;
    }

    /// Something is sent.
    pub fn send(&mut self, now: Instant) {
        let is_near = |(at, _): &(Instant, u64)| now.saturating_duration_since(*at) < STEP;
        if !self.sent.back().is_some_and(is_near) {
            self.sent.push_back((now, self.delivered));
        }
    }

    /// So many more bytes were acknowledged; the last of them were sent then.
    ///
    /// What came since that was sent, or for a little longer, tells the rate: however bytes are
    /// bundled on their way, and whatever was under way before.
    pub fn deliver(&mut self, bytes: u64, sent_at: Instant, now: Instant) {
        self.delivered += bytes;
        self.span.came += bytes;
        let since = now.checked_sub(INTERVAL).map_or(sent_at, |since| since.min(sent_at));
        while self.sent.get(1).is_some_and(|(at, _)| *at <= since) {
            self.sent.pop_front();
        }
        if let Some((at, delivered)) = self.sent.front().filter(|(at, _)| *at <= sent_at) {
            let time = now.saturating_duration_since(*at).max(INTERVAL);
            let rate = (self.delivered - delivered) as f64 / time.as_secs_f64();
            self.span.rate = self.span.rate.max(rate);
        }
        self.end_span(now);
    }

    /// So many bytes will never be acknowledged.
    pub fn lose(&mut self, bytes: u64) {
        self.span.lost += bytes;
    }

    fn end_span(&mut self, now: Instant) {
        let least = if self.level < LEVEL { SPAN_FIRST } else { SPAN };
        let least = least.max(self.round_trip.unwrap_or_default());
        let Span { since, rate, came, lost } = self.span;
        if rate == 0.0 || now.saturating_duration_since(since) < least {
            return;
        }
        self.level = if rate > self.known() * GROWTH { 0 } else { self.level + 1 };
        self.spans = self.spans.wrapping_add(1);
        self.rates.push_back(rate);
        if self.rates.len() > RATES {
            self.rates.pop_front();
        }
        let is_too_much = lost as f64 > (came + lost) as f64 * LOSS_MAX;
        self.share =
            (self.share + if is_too_much { -SHARE_DOWN } else { SHARE_UP }).clamp(SHARE_MIN, 1.0);
        self.span = Span::new(now);
    }

    /// Something took so long, there and back.
    pub fn took(&mut self, time: Duration) {
        self.round_trip = Some(self.round_trip.map_or(time, |known| known.min(time)));
    }

    /// The shortest that anything took.
    pub fn round_trip(&self) -> Option<Duration> {
        self.round_trip
    }

    /// How many bytes may be under way.
    pub fn limit(&self) -> usize {
        let rate = self.known();
        let bytes = match self.round_trip {
            Some(round_trip) if rate > 0.0 => {
                // As long as that makes it faster, thrice as much: it shows a round trip later.
                let queue = if self.level < LEVEL { round_trip * 2 } else { round_trip / 2 };
                let time = round_trip + self.queue.max(queue).mul_f64(self.share);
                let probes = round_trip < NEAR && self.spans.is_multiple_of(PROBE);
                let gain = if probes { 2.0 } else { 1.0 };
                (gain * rate * time.as_secs_f64()) as usize
            }
            // As in a slow start: twice as much in each round trip.
            _ => BEGINNING + usize::try_from(2 * self.delivered).unwrap_or(usize::MAX / 2),
        };
        bytes.clamp(BYTES_MIN.min(self.bytes_max), self.bytes_max)
    }

    /// How many bytes the next piece may have: several fit, so that others have their turn between.
    pub fn piece(&self) -> usize {
        (self.limit() / 3).max(PIECE_MIN)
    }

    fn known(&self) -> f64 {
        self.rates.iter().copied().fold(0.0, f64::max)
    }
}

/// What may be under way before anything is known.
const BEGINNING: usize = 16 * 1024;
const BYTES_MIN: usize = 12 * 1024;
const PIECE_MIN: usize = 4 * 1024;
/// How long a span takes, and as long as the rate grows.
const SPAN: Duration = Duration::from_millis(100);
const SPAN_FIRST: Duration = Duration::from_millis(30);
/// How many of them count: the greatest does, so that a short stop costs nothing.
const RATES: usize = 20;
/// Over how long the rate is measured at least: what comes in one bundle is not faster for it.
const INTERVAL: Duration = Duration::from_millis(30);
/// How closely it is noted when something was sent.
const STEP: Duration = Duration::from_millis(1);
/// What is much, as a factor, and how often it must not come before the rate is known.
const GROWTH: f64 = 1.25;
const LEVEL: u32 = 3;
/// Where the other end is near, acknowledgements come late rather than the line is long, as on a busy
/// machine, and the rate would hold itself where it is: one measurement of so many is with twice as
/// much under way.
const PROBE: u32 = 8;
const NEAR: Duration = Duration::from_millis(20);
/// What loses more than this share is too much for the line's queue, rather than the line's nature.
const LOSS_MAX: f64 = 0.08;
/// How much less may wait then, and how much more again otherwise, with each measurement.
const SHARE_DOWN: f64 = 0.2;
const SHARE_UP: f64 = 0.02;
/// It is never so little that losses alone would make the rate fall.
const SHARE_MIN: f64 = 0.15;

#[cfg(test)]
mod tests {
    use super::*;

    /// A line that carries so many bytes a second, after so long, and loses one packet of so many;
    /// its queue holds what it carries in so long.
    struct Line {
        bytes_per_second: f64,
        round_trip: Duration,
        one_lost_of: Option<u64>,
        queue: Duration,
    }

    /// What came of it after a while.
    struct Outcome {
        /// Of what the line carries.
        used: f64,
        /// Of what was sent.
        lost: f64,
        /// The longest that a packet waited to be put on it.
        waited: Duration,
    }

    const PACKET: u64 = 1400;

    impl Line {
        /// Sends all the time, first for a while that does not count; paced, as quinn does it.
        fn fill(&self) -> Outcome {
            let begun = Instant::now();
            let mut rate = Rate::new(8 << 20, Duration::from_millis(60), begun);
            let mut underway: VecDeque<(Instant, Instant, bool)> = VecDeque::new();
            let (mut free_at, mut number, mut tokens) = (begun, 0, 0.0);
            let (mut sent, mut lost, mut came) = (0_u64, 0_u64, 0_u64);
            let mut waited = Duration::ZERO;
            let step = Duration::from_millis(1);
            for at in 0..10_000_u32 {
                let now = begun + step * at;
                let counts = at >= 5000;
                while let Some((_, since, arrived)) =
                    underway.pop_front_if(|(acknowledged, ..)| *acknowledged <= now)
                {
                    if arrived {
                        rate.took(now - since);
                        rate.deliver(PACKET, since, now);
                        came += u64::from(counts);
                    } else {
                        rate.lose(PACKET);
                    }
                }
                let smooth = self.round_trip + free_at.saturating_duration_since(now);
                let burst = 10.0 * PACKET as f64;
                let window = rate.limit() as f64;
                let more = window * 1.25 * step.as_secs_f64() / smooth.as_secs_f64();
                tokens = f64::min(tokens + more, burst.max(more));
                while tokens >= PACKET as f64
                    && (underway.len() as u64 + 1) * PACKET <= rate.limit() as u64
                {
                    rate.send(now);
                    tokens -= PACKET as f64;
                    number += 1;
                    let wait = free_at.saturating_duration_since(now);
                    let falls =
                        wait > self.queue || self.one_lost_of.is_some_and(|of| number % of == 0);
                    if !falls {
                        let took = PACKET as f64 / self.bytes_per_second;
                        free_at = free_at.max(now) + Duration::from_secs_f64(took);
                    }
                    let heard = free_at.max(now) + self.round_trip;
                    underway.push_back((heard, now, !falls));
                    if counts {
                        sent += 1;
                        lost += u64::from(falls);
                        waited = waited.max(wait);
                    }
                }
            }
            let used = (came * PACKET) as f64 / (self.bytes_per_second * 5.0);
            Outcome { used, lost: lost as f64 / sent as f64, waited }
        }
    }

    fn line(bytes_per_second: f64, round_trip: u64) -> Line {
        let round_trip = Duration::from_millis(round_trip);
        let queue = Duration::from_millis(200);
        Line { bytes_per_second, round_trip, one_lost_of: None, queue }
    }

    #[test]
    fn a_line_is_filled_and_what_comes_next_waits_for_a_moment_only() {
        for (rate, round_trip) in [(125e3, 50), (1.25e6, 50), (12.5e6, 50), (6e6, 200), (60e6, 2)] {
            let Outcome { used, lost, waited } = line(rate, round_trip).fill();
            let most = Duration::from_millis(round_trip.max(100) + 60);
            assert!(used > 0.93, "{used} of {rate}, {round_trip} ms");
            assert!(waited < most && lost == 0.0, "{waited:?}, {lost}: {rate}, {round_trip} ms");
        }
    }

    #[test]
    fn a_line_that_loses_by_its_nature_is_made_use_of() {
        for (one_lost_of, least) in [(1000, 0.93), (100, 0.92), (20, 0.85)] {
            let lossy = Line { one_lost_of: Some(one_lost_of), ..line(12.5e6, 50) };
            let used = lossy.fill().used;
            assert!(used > least, "{used} where one of {one_lost_of} is lost");
        }
    }

    #[test]
    fn what_goes_out_in_bursts_between_which_nothing_is_under_way_is_measured_too() {
        let round_trip = Duration::from_millis(200);
        let mut now = Instant::now();
        let mut rate = Rate::new(8 << 20, Duration::from_millis(60), now);
        for _ in 0..20 {
            let count = u32::try_from(rate.limit() as u64 / PACKET).expect("few");
            let gap = round_trip * 4 / 5 / count;
            for number in 0..count {
                rate.send(now + gap * number);
            }
            for number in 0..count {
                let sent_at = now + gap * number;
                rate.took(round_trip);
                rate.deliver(PACKET, sent_at, sent_at + round_trip);
            }
            now += gap * count + round_trip;
        }
        assert!(rate.limit() > 4 << 20, "{} bytes after 20 of them", rate.limit());
    }

    #[test]
    fn a_line_with_a_short_queue_is_filled_without_losing_much() {
        for queue in [5, 20, 50] {
            let short = Line { queue: Duration::from_millis(queue), ..line(12.5e6, 50) };
            let Outcome { used, lost, .. } = short.fill();
            assert!(used > 0.9 && lost < 0.2, "{used} used, {lost} lost with {queue} ms");
        }
    }
}
