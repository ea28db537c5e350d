//! How much may be written now, so that the next key's answer is never behind a long queue.
//!
//! What stands between here and the terminal, an SSH daemon above all, takes megabytes without a
//! word. So each chunk of output ends with a question that the terminal itself answers
//! (`CSI 5 n`, device status report, ECMA-48 8.3.35), and no more is sent than keeps the line busy
//! for a moment beyond its own delay. The rate is measured as congestion control does it: what was
//! delivered between the question and its answer (delivery rate, draft-cheng-iccrg).
//!
//! Sans-IO: the time comes in, and nothing is written here.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The pace of a line to a terminal.
#[derive(Debug)]
pub struct Pace {
    begun_at: Instant,
    answers: Answers,
    /// Bytes a second.
    rate: f64,
    /// Chunks whose questions are not answered yet, oldest first.
    sent: VecDeque<Sent>,
    /// Older ones that are not kept: their answers may still come, ahead of the others'.
    dropped: usize,
    in_flight: usize,
    delivered: u64,
    /// When the line last had nothing to carry, or delivered something.
    delivered_at: Instant,
    delay: Delay,
    /// When the line will have carried all of it, if it is as fast as it seems: a window that
    /// opens is not filled in one go.
    carried_at: Instant,
    /// Whether it was said that nothing may be written, since the last chunk.
    held: bool,
}

/// What is known of the terminal's answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answers {
    /// None has come: so many bytes a second are written, from then on.
    Silent { free_at: Instant },
    /// They come.
    Coming,
    /// They came, and come no more: the line is dead for now. A little is tried then.
    Lost { try_at: Instant },
}

#[derive(Debug, Clone, Copy)]
struct Sent {
    at: Instant,
    bytes: usize,
    /// Whether nothing else was under way.
    alone: bool,
    delivered: u64,
    delivered_at: Instant,
    /// Whether as much was under way as was allowed: then the line was busy all the time.
    busy: bool,
}

impl Pace {
    /// Of a line that nothing is known of.
    pub fn new(now: Instant) -> Self {
        Self {
            begun_at: now,
            answers: Answers::Silent { free_at: now },
            rate: RATE_START,
            sent: VecDeque::new(),
            dropped: 0,
            in_flight: 0,
            delivered: 0,
            delivered_at: now,
            delay: Delay::new(now),
            carried_at: now,
            held: false,
        }
    }

    /// How many bytes the next chunk may have, if one may be sent now.
    pub fn allowance(&mut self, now: Instant) -> Option<usize> {
        if let (Answers::Coming, Some(oldest)) = (self.answers, self.sent.front())
            && now >= oldest.at + ANSWER_TIMEOUT
        {
            self.answers = Answers::Lost { try_at: now };
        }
        let chunk = self.chunk();
        let allowed = match self.answers {
            Answers::Silent { free_at } => (now >= free_at).then_some(chunk),
            Answers::Coming => {
                let moment = self.delay.least.unwrap_or_default() + CHUNK_TIME;
                let window = (self.rate * moment.as_secs_f64()) as usize;
                // One is carried while the other waits.
                let window = if self.delay.is_old(now) { chunk } else { window.max(2 * chunk) };
                let fits = self.sent.is_empty() || self.in_flight + chunk / 2 < window;
                let now_or_soon = now + CHUNK_TIME >= self.carried_at;
                let few = self.sent.len() < UNANSWERED_MAX;
                (fits && few && now_or_soon).then_some(chunk)
            }
            Answers::Lost { try_at } => (now >= try_at).then_some(CHUNK_BYTES_MIN),
        };
        // A line that is left to run empty is not a slow one.
        self.held |= allowed.is_none() && !self.delay.is_old(now);
        allowed
    }

    /// Whether words need not wait for the pace: nothing is known of the line yet, and a terminal
    /// that never answers shall be painted at once.
    pub fn is_unknown(&self) -> bool {
        matches!(self.answers, Answers::Silent { .. })
    }

    /// A chunk was written, a question at its end.
    pub fn handle_sent(&mut self, bytes: usize, now: Instant) {
        if self.sent.is_empty() {
            self.delivered_at = now;
        }
        self.in_flight += bytes;
        let busy = std::mem::take(&mut self.held);
        self.sent.push_back(Sent {
            at: now,
            bytes,
            alone: self.sent.is_empty(),
            delivered: self.delivered,
            delivered_at: self.delivered_at,
            busy,
        });
        let carried = Duration::from_secs_f64(bytes as f64 / (self.rate * EAGERNESS));
        self.carried_at = now.max(self.carried_at) + carried;
        match &mut self.answers {
            Answers::Silent { free_at } => {
                let taken = Duration::from_secs_f64(bytes as f64 / RATE_START);
                *free_at = now.max(*free_at) + taken;
                // Nobody may ever answer.
                while self.sent.len() > UNANSWERED_MAX {
                    self.drop_oldest();
                    self.dropped += 1;
                }
            }
            Answers::Coming => {}
            Answers::Lost { try_at } => *try_at = now + ANSWER_TIMEOUT,
        }
    }

    /// The terminal has answered the oldest question.
    pub fn handle_answer(&mut self, now: Instant) {
        self.answers = Answers::Coming;
        if self.dropped > 0 {
            self.dropped -= 1;
            return;
        }
        let Some(sent) = self.sent.pop_front() else { return };
        self.in_flight -= sent.bytes;
        self.delivered += sent.bytes as u64;
        self.delivered_at = now;
        let elapsed = now.saturating_duration_since(sent.delivered_at).max(TICK);
        let sample = (self.delivered - sent.delivered) as f64 / elapsed.as_secs_f64();
        if sample > self.rate {
            self.rate += (sample - self.rate) * 0.5;
        } else if sent.busy {
            self.rate += (sample - self.rate) * 0.25;
        }
        self.rate = self.rate.clamp(RATE_MIN, RATE_MAX);
        let delay = now.saturating_duration_since(sent.at).min(DELAY_MAX);
        self.delay.last = Some(delay);
        if sent.alone {
            self.delay.handle_alone(delay, now);
        }
    }

    /// When [`allowance`](Self::allowance) may say something else without an answer.
    pub fn poll_timeout(&self, now: Instant) -> Option<Instant> {
        match self.answers {
            Answers::Silent { free_at } => Some(free_at),
            // Before the time for the next chunk, that; then an answer comes, or none.
            Answers::Coming if now + CHUNK_TIME < self.carried_at => {
                self.carried_at.checked_sub(CHUNK_TIME)
            }
            Answers::Coming => self.sent.front().map(|oldest| oldest.at + ANSWER_TIMEOUT),
            Answers::Lost { try_at } => Some(try_at),
        }
    }

    /// Bytes a second.
    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// From a question to its answer, of late; none before the first.
    pub fn delay(&self) -> Option<Duration> {
        self.delay.last
    }

    /// Whether answers may still come.
    pub fn expects_answers(&self, now: Instant) -> bool {
        let given_up = self.is_unknown() && now >= self.begun_at + SILENCE;
        (!self.sent.is_empty() || self.dropped > 0) && !given_up
    }

    fn chunk(&self) -> usize {
        ((self.rate * CHUNK_TIME.as_secs_f64()) as usize).max(CHUNK_BYTES_MIN)
    }

    fn drop_oldest(&mut self) {
        if let Some(sent) = self.sent.pop_front() {
            self.in_flight -= sent.bytes;
        }
    }
}

/// How long it takes to the terminal and back.
#[derive(Debug)]
struct Delay {
    last: Option<Duration>,
    /// With nothing else on the line.
    least: Option<Duration>,
    /// Until then. After it the line is left to run empty once, to measure it again: what is
    /// measured on a busy one is for the most part its own queue.
    good_until: Instant,
}

impl Delay {
    fn new(now: Instant) -> Self {
        Self { last: None, least: None, good_until: now }
    }

    fn handle_alone(&mut self, delay: Duration, now: Instant) {
        let known = self.least.filter(|_| !self.is_old(now));
        self.least = Some(known.map_or(delay, |known| known.min(delay)));
        if known.is_none() {
            self.good_until = now + DELAY_WINDOW;
        }
    }

    fn is_old(&self, now: Instant) -> bool {
        now >= self.good_until
    }
}

/// Until the line is known, in bytes a second: what a slow one carries.
const RATE_START: f64 = 20_000.0;
const RATE_MIN: f64 = 1_000.0;
const RATE_MAX: f64 = 100_000_000.0;
/// What a chunk keeps the line busy for.
const CHUNK_TIME: Duration = Duration::from_millis(30);
/// How much faster than it seems the line is tried, so that a faster one is noticed.
const EAGERNESS: f64 = 1.25;
/// Less would be more questions than picture.
const CHUNK_BYTES_MIN: usize = 400;
/// On a line of long delay there are some under way.
const UNANSWERED_MAX: usize = 64;
/// After so long without one the line is taken for dead.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);
/// Who has not answered by then never will.
const SILENCE: Duration = Duration::from_secs(10);
/// No measurement is finer than this.
const TICK: Duration = Duration::from_micros(200);
/// The path changes at times, as with a laptop that is carried about.
const DELAY_WINDOW: Duration = Duration::from_secs(10);
const DELAY_MAX: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A line of this rate and delay, there and back, that is kept as busy as it may be.
    fn run(rate: f64, delay: Duration, seconds: u64) -> (Pace, f64, Duration) {
        let begin = Instant::now();
        let mut now = begin;
        let mut pace = Pace::new(now);
        let mut answers: VecDeque<(Instant, Instant)> = VecDeque::new();
        let (mut free_at, mut carried, mut slowest) = (now, 0, Duration::ZERO);
        while now < begin + Duration::from_secs(seconds) {
            while let Some(bytes) = pace.allowance(now) {
                free_at = now.max(free_at) + Duration::from_secs_f64(bytes as f64 / rate);
                answers.push_back((now, free_at + delay));
                pace.handle_sent(bytes, now);
                // The last half has settled.
                if now > begin + Duration::from_secs(seconds / 2) {
                    carried += bytes;
                    slowest = slowest.max(free_at - now);
                }
            }
            let answer = answers.front().map(|answer| answer.1);
            let next = [answer, pace.poll_timeout(now)].into_iter().flatten().min();
            now = next.expect("something is to come").max(now);
            if answer == Some(now) {
                answers.pop_front();
                pace.handle_answer(now);
            }
        }
        (pace, carried as f64 / (seconds as f64 / 2.0), slowest)
    }

    #[test]
    fn any_line_is_used_and_no_queue_grows_on_it() {
        for rate in [12_500.0, 125_000.0, 1_250_000.0] {
            for millis in [1, 20, 200] {
                let delay = Duration::from_millis(millis);
                let (pace, carried, slowest) = run(rate, delay, 20);
                let used = carried / rate;
                let case = format!("{rate} B/s, {millis} ms: {used}, {slowest:?}, {pace:?}");
                assert!(used > 0.8 && used < 1.1, "{case}");
                assert!(pace.rate() > rate * 0.7 && pace.rate() < rate * 1.3, "{case}");
                assert!(slowest < Duration::from_millis(100), "{case}");
            }
        }
    }

    #[test]
    fn a_terminal_that_never_answers_gets_a_slow_line_s_worth() {
        let begin = Instant::now();
        let mut now = begin;
        let mut pace = Pace::new(now);
        let mut bytes = 0;
        while now < begin + Duration::from_secs(10) {
            if let Some(allowed) = pace.allowance(now) {
                bytes += allowed;
                pace.handle_sent(allowed, now);
            }
            now = pace.poll_timeout(now).expect("there is always a next time").max(now);
        }
        assert!((190_000..=201_000).contains(&bytes), "{bytes}");
        assert!(pace.expects_answers(begin) && !pace.expects_answers(now));
    }

    #[test]
    fn all_answers_are_expected_of_a_terminal_that_begins_late() {
        let begin = Instant::now();
        let mut now = begin;
        let mut pace = Pace::new(now);
        let mut asked = 0;
        while now < begin + Duration::from_secs(6) {
            if let Some(allowed) = pace.allowance(now) {
                pace.handle_sent(allowed, now);
                asked += 1;
            }
            now = pace.poll_timeout(now).expect("there is always a next time").max(now);
        }
        assert!(asked > 2 * UNANSWERED_MAX, "{asked}");
        for left in (0..asked).rev() {
            assert!(pace.expects_answers(now), "{left} after this one");
            pace.handle_answer(now);
        }
        assert!(!pace.expects_answers(now));
    }

    #[test]
    fn a_line_that_dies_is_tried_again_now_and_then() {
        let begin = Instant::now();
        let (mut pace, ..) = run(125_000.0, Duration::from_millis(10), 3);
        let mut now = begin + Duration::from_secs(3);
        let mut bytes = 0;
        while now < begin + Duration::from_secs(63) {
            while let Some(allowed) = pace.allowance(now) {
                bytes += allowed;
                pace.handle_sent(allowed, now);
            }
            now += Duration::from_millis(100);
        }
        assert!(bytes < 30_000, "{bytes} bytes would come all at once later");
        pace.handle_answer(now);
        assert!(pace.rate() >= RATE_MIN);
    }

    proptest! {
        #[test]
        fn answers_that_were_not_asked_for_do_no_harm(
            steps in proptest::collection::vec((0..3_u8, 0..3000_u64), 0..200),
        ) {
            let mut now = Instant::now();
            let mut pace = Pace::new(now);
            for (step, millis) in steps {
                now += Duration::from_millis(millis);
                match step {
                    0 => pace.handle_answer(now),
                    _ => if let Some(bytes) = pace.allowance(now) {
                        prop_assert!(bytes >= CHUNK_BYTES_MIN);
                        pace.handle_sent(bytes, now);
                    },
                }
                prop_assert!(pace.rate() >= RATE_MIN && pace.rate() <= RATE_MAX);
            }
        }
    }
}
