//! Over how many connections a session sends, so that a line that loses packets is made use of.
//!
//! On such a line SCTP halves its window with each loss, as all of the Reno family do, and carries
//! a small part of what the line could; several associations at once carry the sum. On a line that
//! loses nothing they take from each other. So it is tried out, and kept only if it pays; and it is
//! not tried where the round trip has grown under the load, since there the line is full.

use std::time::{Duration, Instant};

/// What is known of a session's connections at some time.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// How many carry chunks.
    pub open: u32,
    /// How many the remote peer and this one take.
    pub most: u32,
    /// What was acknowledged since the beginning, in bytes.
    pub acknowledged: u64,
    /// Whether more would be sent if it could.
    pub is_sending: bool,
    /// How long a packet takes there and back now.
    pub round_trip: Option<Duration>,
}

/// Decides how many connections there should be.
#[derive(Debug)]
pub struct Stripes {
    wanted: u32,
    phase: Phase,
    /// The shortest round trip that was seen.
    least: Option<Duration>,
    /// When it may be tried with more, and how long after that again.
    try_at: Instant,
    pause: Duration,
    /// When something was sent last.
    sent_at: Instant,
}

#[derive(Debug, Clone, Copy)]
enum Phase {
    Idle,
    /// Lets what has changed show, until then. The rate was this with so many.
    Settling {
        until: Instant,
        before: Option<Measured>,
    },
    /// Measures until then.
    Measuring {
        since: Instant,
        from: u64,
        before: Option<Measured>,
    },
}

/// A rate, in bytes a second, and with how many connections.
#[derive(Debug, Clone, Copy)]
struct Measured {
    rate: f64,
    connections: u32,
}

impl Stripes {
    /// One connection, to begin with.
    pub fn new(now: Instant) -> Self {
        Self {
            wanted: 1,
            phase: Phase::Idle,
            least: None,
            try_at: now,
            pause: PAUSE_FIRST,
            sent_at: now,
        }
    }

    /// How many there should be now.
    pub fn handle(&mut self, sample: Sample, now: Instant) -> u32 {
        if let Some(round_trip) = sample.round_trip {
            self.least = Some(self.least.map_or(round_trip, |least| least.min(round_trip)));
        }
        if sample.is_sending {
            self.sent_at = now;
        } else {
            self.phase = Phase::Idle;
            if now.saturating_duration_since(self.sent_at) >= IDLE {
                self.wanted = 1;
            }
            return self.wanted;
        }
        self.phase = match self.phase {
            Phase::Idle => Phase::Settling { until: now + SETTLING, before: None },
            Phase::Settling { until, before } if now >= until => {
                // Some may not have come about; what there is, is measured.
                self.wanted = self.wanted.min(sample.open.max(1));
                Phase::Measuring { since: now, from: sample.acknowledged, before }
            }
            Phase::Measuring { since, from, before } => {
                let took = now.saturating_duration_since(since);
                if took < MEASURING {
                    return self.wanted;
                }
                let bytes = sample.acknowledged - from;
                let rate = bytes as f64 / took.as_secs_f64();
                self.weigh(Measured { rate, connections: sample.open.max(1) }, before, &sample, now)
            }
            phase @ Phase::Settling { .. } => phase,
        };
        self.wanted
    }

    /// Keeps what was tried if it paid, and tries more if that may pay.
    fn weigh(
        &mut self,
        measured: Measured,
        before: Option<Measured>,
        sample: &Sample,
        now: Instant,
    ) -> Phase {
        if let Some(before) = before {
            let times = f64::from(measured.connections) / f64::from(before.connections);
            let least = 1.0 + (times - 1.0) * SHARE;
            // Those that did not come about pay nothing.
            if times <= 1.0 || measured.rate < before.rate * least {
                self.wanted = before.connections;
                self.try_at = now + self.pause;
                self.pause = (self.pause * 2).min(PAUSE_MAX);
                return Phase::Settling { until: now + SETTLING, before: None };
            }
            self.pause = PAUSE_FIRST;
        }
        let more = (measured.connections * TIMES).min(sample.most);
        if more > measured.connections && now >= self.try_at && self.may_lose(sample, measured) {
            self.wanted = more;
            return Phase::Settling { until: now + SETTLING, before: Some(measured) };
        }
        Phase::Measuring { since: now, from: sample.acknowledged, before: None }
    }

    /// Whether it may be lost packets that hold the rate down: the line is not full, or a packet
    /// would wait in its queue; and it is far enough for a loss to matter.
    fn may_lose(&self, sample: &Sample, measured: Measured) -> bool {
        let (Some(least), Some(now)) = (self.least, sample.round_trip) else { return false };
        let waits = now.saturating_sub(least) > (least / 3).max(WAIT);
        least >= NEAR && !waits && measured.rate < FAST
    }
}

/// How many times as many are tried next.
const TIMES: u32 = 4;
/// What each further connection has to bring at least, as a share of what each brought before.
const SHARE: f64 = 0.35;
/// From a change to its measurement: to make connections, and for their windows to grow.
const SETTLING: Duration = Duration::from_millis(1200);
const MEASURING: Duration = Duration::from_millis(1200);
/// How long it is left at that after a trial that did not pay.
const PAUSE_FIRST: Duration = Duration::from_secs(20);
const PAUSE_MAX: Duration = Duration::from_secs(320);
/// How long after the last chunk the others are closed.
const IDLE: Duration = Duration::from_secs(5);
/// A packet that takes so much longer than it could has waited.
const WAIT: Duration = Duration::from_millis(12);
/// With a round trip shorter than this, a loss is made up for at once.
const NEAR: Duration = Duration::from_millis(4);
/// One connection that carries so many bytes a second is not held down by losses.
const FAST: f64 = 40e6;

#[cfg(test)]
mod tests {
    use super::*;

    struct World {
        stripes: Stripes,
        now: Instant,
        acknowledged: f64,
        wanted: u32,
        /// The most there ever were.
        most: u32,
    }

    impl World {
        fn new() -> Self {
            let now = Instant::now();
            let stripes = Stripes::new(now);
            Self { stripes, now, acknowledged: 0.0, wanted: 1, most: 1 }
        }

        /// Sends for a while over a line whose rate and round trip depend on the connections.
        fn send(&mut self, time: u64, line: impl Fn(u32) -> (f64, u64)) {
            for _ in 0..time * 4 {
                let (rate, round_trip) = line(self.wanted);
                self.acknowledged += rate / 4.0;
                self.now += Duration::from_millis(250);
                let sample = Sample {
                    open: self.wanted,
                    most: 32,
                    acknowledged: self.acknowledged as u64,
                    is_sending: rate > 0.0,
                    round_trip: Some(Duration::from_millis(round_trip)),
                };
                self.wanted = self.stripes.handle(sample, self.now);
                self.most = self.most.max(self.wanted);
            }
        }
    }

    #[test]
    fn on_a_line_with_losses_more_are_made_as_long_as_they_pay() {
        let mut world = World::new();
        world.send(12, |open| (f64::from(open) * 0.3e6, 50));
        assert_eq!(world.wanted, 32);
        let mut world = World::new();
        world.send(20, |open| (f64::from(open.min(4)) * 0.3e6, 50));
        assert_eq!(world.wanted, 4);
    }

    #[test]
    fn a_full_line_and_a_near_one_are_left_alone() {
        let mut world = World::new();
        world.send(1, |_| (6e6, 50));
        world.send(100, |_| (11.3e6, 130));
        assert_eq!(world.most, 1);
        let mut world = World::new();
        world.send(100, |_| (30e6, 1));
        assert_eq!(world.most, 1);
    }

    #[test]
    fn what_does_not_pay_is_tried_seldom() {
        let mut world = World::new();
        let mut tried = 0;
        for _ in 0..300 {
            let before = world.wanted;
            world.send(1, |open| (if open == 1 { 5e6 } else { 4e6 }, 50));
            tried += u32::from(world.wanted > before);
        }
        assert!((1..=5).contains(&tried), "{tried} times");
        assert_eq!(world.wanted, 1);
    }

    #[test]
    fn when_nothing_is_sent_any_more_there_is_one() {
        let mut world = World::new();
        world.send(12, |open| (f64::from(open) * 0.3e6, 50));
        world.send(6, |_| (0.0, 50));
        assert_eq!(world.wanted, 1);
    }
}
