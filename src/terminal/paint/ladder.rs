//! What a live picture gives up as the line to the terminal gets slower, and takes back later.
//!
//! Each rung costs a part of the bytes of the one before. One is left when frames take too long
//! there, and taken back when they would be quick again: not soon after it was tried in vain.

use crate::line::Rung;
use std::time::{Duration, Instant};

/// Which rung it stands on.
#[derive(Debug)]
pub struct Ladder {
    rung: Rung,
    /// What a frame takes here, smoothed; none before the first.
    frame: Option<Duration>,
    /// Not left before.
    settled_at: Instant,
    /// The next better one is left alone until then.
    climb_at: Instant,
    /// How long for, the next time.
    patience: Duration,
    climbed_at: Option<Instant>,
}

impl Ladder {
    /// At its top.
    pub fn new(now: Instant) -> Self {
        Self {
            rung: Rung::Full,
            frame: None,
            settled_at: now + SETTLE,
            climb_at: now,
            patience: PATIENCE_MIN,
            climbed_at: None,
        }
    }

    /// Where it stands.
    pub fn rung(&self) -> Rung {
        self.rung
    }

    /// A frame of so many bytes was drawn, over a line of this rate in bytes a second.
    pub fn handle_frame(&mut self, bytes: usize, rate: f64, now: Instant) {
        let took = Duration::from_secs_f64(bytes as f64 / rate);
        let frame = self.frame.map_or(took, |before| (before * 3 + took) / 4);
        self.frame = Some(frame);
        if now < self.settled_at {
            return;
        }
        if let Some(lower) = worse(self.rung).filter(|_| frame > SLOW) {
            // What was climbed to in vain is not climbed to again soon.
            let vain = self.climbed_at.is_some_and(|at| now < at + PATIENCE_MIN);
            self.patience = if vain { (self.patience * 2).min(PATIENCE_MAX) } else { PATIENCE_MIN };
            self.climb_at = now + self.patience;
            self.step(lower, now);
        } else if let Some((higher, times)) = better(self.rung)
            && frame * times < QUICK
            && now >= self.climb_at
        {
            self.climbed_at = Some(now);
            self.step(higher, now);
        }
    }

    fn step(&mut self, rung: Rung, now: Instant) {
        self.rung = rung;
        self.frame = None;
        self.settled_at = now + SETTLE;
    }
}

/// What costs less.
fn worse(rung: Rung) -> Option<Rung> {
    match rung {
        Rung::Full => Some(Rung::Coarse),
        Rung::Coarse => Some(Rung::Small),
        Rung::Small => Some(Rung::Few),
        Rung::Few => None,
    }
}

/// What is better, and how many times the bytes it takes.
fn better(rung: Rung) -> Option<(Rung, u32)> {
    match rung {
        Rung::Full => None,
        Rung::Coarse => Some((Rung::Full, 2)),
        Rung::Small => Some((Rung::Coarse, 4)),
        Rung::Few => Some((Rung::Small, 3)),
    }
}

/// Longer than this is not live.
const SLOW: Duration = Duration::from_millis(250);
/// Fast enough.
const QUICK: Duration = Duration::from_millis(150);
/// The first frames after a step say little: all of the picture changes.
const SETTLE: Duration = Duration::from_secs(1);
const PATIENCE_MIN: Duration = Duration::from_secs(5);
const PATIENCE_MAX: Duration = Duration::from_mins(1);

#[cfg(test)]
mod tests {
    use super::*;

    /// What the frames of each rung take, in bytes.
    fn bytes(rung: Rung) -> usize {
        match rung {
            Rung::Full => 18_000,
            Rung::Coarse => 12_000,
            Rung::Small => 4_000,
            Rung::Few => 1_500,
        }
    }

    /// Where it stands after so long on a line of this rate, and how often it has moved.
    fn run(ladder: &mut Ladder, now: &mut Instant, rate: f64, seconds: u64) -> (Rung, usize) {
        let end = *now + Duration::from_secs(seconds);
        let mut steps = 0;
        while *now < end {
            let before = ladder.rung();
            *now +=
                Duration::from_millis(33).max(Duration::from_secs_f64(bytes(before) as f64 / rate));
            ladder.handle_frame(bytes(before), rate, *now);
            steps += usize::from(ladder.rung() != before);
        }
        (ladder.rung(), steps)
    }

    #[test]
    fn each_line_has_its_rung_and_a_better_line_brings_the_picture_back() {
        let mut now = Instant::now();
        let mut ladder = Ladder::new(now);
        let on = |ladder: &mut Ladder, now: &mut Instant, rate| run(ladder, now, rate, 60).0;
        assert_eq!(on(&mut ladder, &mut now, 1_250_000.0), Rung::Full);
        assert_eq!(on(&mut ladder, &mut now, 125_000.0), Rung::Full);
        assert_eq!(on(&mut ladder, &mut now, 50_000.0), Rung::Coarse);
        assert_eq!(on(&mut ladder, &mut now, 25_000.0), Rung::Small);
        assert_eq!(on(&mut ladder, &mut now, 6_000.0), Rung::Few);
        assert_eq!(on(&mut ladder, &mut now, 1_250_000.0), Rung::Full);
    }

    #[test]
    fn it_does_not_go_up_and_down_all_the_time() {
        for rate in (1..200).map(|step| f64::from(step) * 1_000.0) {
            let mut now = Instant::now();
            let mut ladder = Ladder::new(now);
            run(&mut ladder, &mut now, rate, 60);
            let (_, steps) = run(&mut ladder, &mut now, rate, 300);
            assert!(steps <= 12, "{steps} steps in five minutes at {rate} B/s");
        }
    }
}
