//! How much of a data channel's may be under way, so that what comes next need not wait for long.
//!
//! SCTP takes as much as it is given and fills every queue on the way with it; a small photo, or the
//! word that all is to stop, would wait behind seconds of a large file. So no more is handed to a
//! channel than its [`Rate`] says.

use super::rate::Rate;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The flow of one data channel.
#[derive(Debug)]
pub struct Flow {
    rate: Rate,
    /// Handed over since the beginning, in bytes.
    sent: u64,
    /// Acknowledged since the beginning, in bytes.
    delivered: u64,
    /// When that last became more, or there was nothing to wait for.
    moved_at: Instant,
    /// What was handed over last and is not acknowledged: up to where, and when.
    pieces: VecDeque<(u64, Instant)>,
}

impl Flow {
    /// Of a channel that takes so much at most.
    pub fn new(bytes_max: usize, now: Instant) -> Self {
        Self {
            rate: Rate::new(bytes_max, QUEUE, now),
            sent: 0,
            delivered: 0,
            moved_at: now,
            pieces: VecDeque::new(),
        }
    }

    /// The channel takes so much at most, from now on.
    pub fn allow(&mut self, bytes_max: usize) {
        self.rate.allow(bytes_max);
    }

    /// So many bytes were handed over.
    pub fn sent(&mut self, bytes: usize, now: Instant) {
        if self.pieces.is_empty() {
            self.moved_at = now;
        }
        self.rate.send(now);
        self.sent += bytes as u64;
        self.pieces.push_back((self.sent, now));
    }

    /// So many bytes of what was handed over are not acknowledged.
    pub fn observe(&mut self, outstanding: usize, now: Instant) {
        let delivered = self.sent.saturating_sub(outstanding as u64).max(self.delivered);
        let more = delivered - self.delivered;
        if more > 0 {
            self.delivered = delivered;
            self.moved_at = now;
        }
        let mut sent_at = self.pieces.front().map(|(_, at)| *at);
        while let Some((_, at)) = self.pieces.pop_front_if(|(end, _)| *end <= self.delivered) {
            self.rate.took(now.saturating_duration_since(at));
            sent_at = Some(at);
        }
        if let Some(sent_at) = sent_at.filter(|_| more > 0) {
            self.rate.deliver(more, sent_at, now);
        }
    }

    /// How many bytes the next piece may have, if there is room for any.
    pub fn room(&self) -> Option<usize> {
        let outstanding = usize::try_from(self.sent - self.delivered).unwrap_or(usize::MAX);
        let piece = self.rate.piece();
        (outstanding == 0 || outstanding + piece <= self.rate.limit()).then_some(piece)
    }

    /// Whether something is under way, and nothing of it has been acknowledged for long.
    pub fn stands_still(&self, now: Instant) -> bool {
        let patience = STILL.max(self.rate.round_trip().unwrap_or_default() * 4);
        !self.pieces.is_empty() && now.saturating_duration_since(self.moved_at) >= patience
    }

    /// Whether nothing is under way.
    pub fn is_idle(&self) -> bool {
        self.pieces.is_empty()
    }
}

/// How long what is handed over may wait before it is on the line.
const QUEUE: Duration = Duration::from_millis(100);
/// SCTP waits for a second before it sends again what it has heard nothing of (RFC 9260, 6.3.1).
const STILL: Duration = Duration::from_millis(600);

#[cfg(test)]
mod tests {
    use super::*;

    /// A line that carries so many bytes a second, and each for so long.
    struct Line {
        rate: f64,
        delay: Duration,
        flow: Flow,
        now: Instant,
        /// When each piece will be acknowledged, and its bytes.
        underway: VecDeque<(Instant, usize)>,
        free_at: Instant,
    }

    impl Line {
        fn new(rate: f64, delay: Duration) -> Self {
            let now = Instant::now();
            let flow = Flow::new(2 << 20, now);
            Self { rate, delay, flow, now, underway: VecDeque::new(), free_at: now }
        }

        /// Sends as much as it may for a while; how many bytes arrived.
        fn run(&mut self, time: Duration) -> u64 {
            let (end, before) = (self.now + time, self.flow.delivered);
            while self.now < end {
                self.now += Duration::from_millis(1);
                while self.underway.pop_front_if(|(at, _)| *at <= self.now).is_some() {}
                let outstanding = self.underway.iter().map(|(_, bytes)| bytes).sum();
                self.flow.observe(outstanding, self.now);
                while let Some(bytes) = self.flow.room() {
                    let bytes = bytes.min(64_000);
                    self.flow.sent(bytes, self.now);
                    let took = Duration::from_secs_f64(bytes as f64 / self.rate);
                    self.free_at = self.free_at.max(self.now) + took;
                    self.underway.push_back((self.free_at + self.delay, bytes));
                }
            }
            self.flow.delivered - before
        }

        /// How long what is sent next would wait.
        fn wait(&self) -> Duration {
            self.free_at.saturating_duration_since(self.now)
        }
    }

    #[test]
    fn a_line_is_filled_and_what_comes_next_waits_for_a_moment_only() {
        for (rate, delay) in [(125e3, 50), (1.25e6, 50), (12.5e6, 50), (6e6, 200), (60e6, 2)] {
            let mut line = Line::new(rate, Duration::from_millis(delay));
            line.run(Duration::from_secs(3));
            let share = line.run(Duration::from_secs(4)) as f64 / (4.0 * rate);
            let most = Duration::from_millis(delay.max(100) + 150);
            assert!(share > 0.9, "{share} of {rate}, {delay} ms");
            assert!(line.wait() < most, "{:?} at {rate}, {delay} ms", line.wait());
        }
    }

    #[test]
    fn a_near_line_is_filled_again_after_acknowledgements_have_come_late() {
        let mut line = Line::new(60e6, Duration::from_millis(1));
        line.run(Duration::from_secs(1));
        line.delay = Duration::from_millis(130);
        line.run(Duration::from_secs(10));
        let late = line.run(Duration::from_secs(2)) as f64 / 2.0;
        line.delay = Duration::from_millis(1);
        line.run(Duration::from_secs(4));
        let share = line.run(Duration::from_secs(2)) as f64 / (2.0 * 60e6);
        assert!(late > 5e6 && share > 0.9, "{late} while they were late, then {share}");
    }

    #[test]
    fn a_line_that_becomes_slow_is_not_filled_as_before() {
        let mut line = Line::new(12.5e6, Duration::from_millis(20));
        line.run(Duration::from_secs(3));
        line.rate = 125e3;
        line.run(Duration::from_secs(20));
        assert!(line.wait() < Duration::from_millis(300), "{:?}", line.wait());
    }

    #[test]
    fn no_more_is_under_way_than_the_channel_takes_from_now_on() {
        let now = Instant::now();
        let mut flow = Flow::new(2 << 20, now);
        flow.allow(8 << 10);
        let mut sent = 0;
        while let Some(piece) = flow.room() {
            flow.sent(piece, now);
            sent += piece;
        }
        assert!((1..=8 << 10).contains(&sent), "{sent}");
    }

    #[test]
    fn what_stands_still_is_noticed_unless_there_is_nothing() {
        let mut line = Line::new(1e6, Duration::from_millis(20));
        line.run(Duration::from_secs(1));
        let later = line.now + Duration::from_secs(1);
        assert!(line.flow.stands_still(later) && !line.flow.stands_still(line.now));
        line.flow.observe(0, later);
        assert!(line.flow.is_idle() && !line.flow.stands_still(later + STILL));
    }
}
