//! When photos are taken: at once, every so often, in rows, when something moves, and how many.

use std::time::{Duration, Instant};

/// What is wanted of the camera.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wanted {
    /// A photo, or a row of them, every so often.
    pub every: Option<Duration>,
    /// How many in a row, from one frame to the next.
    pub burst: u32,
    /// A photo, or a row of them, when so much of the picture moves, in percent.
    pub motion: Option<f32>,
    /// It is over after so many photos.
    pub count: Option<u32>,
    /// It is over after so long.
    pub time: Option<Duration>,
}

/// What is to be done next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Next {
    /// A photo of the next frame there is.
    Take,
    /// Waiting until this; then to ask again.
    Wait(Instant),
    /// Looking for motion of so much, in percent; then [`Schedule::moved`].
    Watch(f32),
    /// It is over.
    Over,
}

/// How far it is.
#[derive(Debug)]
pub struct Schedule {
    wanted: Wanted,
    over: Option<Instant>,
    /// When the next row may begin.
    due: Instant,
    /// How many of the row are still to be taken.
    row: u32,
    taken: u32,
    /// How many rows were due and not taken, since it was last asked.
    missed: u32,
}

impl Schedule {
    /// Begins now.
    pub fn new(wanted: Wanted, now: Instant) -> Self {
        let over = wanted.time.map(|time| now + time);
        Self { wanted, over, due: now, row: 0, taken: 0, missed: 0 }
    }

    /// What is next.
    pub fn next(&mut self, now: Instant) -> Next {
        let once = self.wanted.every.is_none() && self.wanted.motion.is_none();
        let most = self.wanted.count.or(once.then_some(self.wanted.burst));
        if most.is_some_and(|most| self.taken >= most) || self.over.is_some_and(|over| over <= now)
        {
            return Next::Over;
        }
        if self.row > 0 || once {
            return Next::Take;
        }
        if now < self.due {
            return Next::Wait(self.over.map_or(self.due, |over| over.min(self.due)));
        }
        if let Some(level) = self.wanted.motion {
            return Next::Watch(level);
        }
        self.begin(now);
        Next::Take
    }

    /// Something moves.
    pub fn moved(&mut self, now: Instant) {
        self.begin(now);
    }

    /// A photo was taken.
    pub fn took(&mut self) {
        self.taken += 1;
        self.row = self.row.saturating_sub(1);
    }

    /// How many rows were due and could not be taken in time, since this was asked last.
    pub fn take_missed(&mut self) -> u32 {
        std::mem::take(&mut self.missed)
    }

    fn begin(&mut self, now: Instant) {
        self.row = self.wanted.burst;
        match (self.wanted.every, self.wanted.motion) {
            (Some(every), None) => {
                // What was missed, while the line or the machine stood still, is not made up for.
                let late = now.saturating_duration_since(self.due).as_nanos() / every.as_nanos();
                let late = u32::try_from(late).unwrap_or(u32::MAX);
                self.missed = self.missed.saturating_add(late);
                self.due += every.saturating_mul(late.saturating_add(1));
            }
            (every, _) => self.due = now + every.unwrap_or(MOTION_PAUSE),
        }
    }
}

/// How long motion is not looked for after it was seen, unless it was said.
const MOTION_PAUSE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ONE: Wanted = Wanted { every: None, burst: 1, motion: None, count: None, time: None };

    fn after(start: Instant, ms: u64) -> Instant {
        start + Duration::from_millis(ms)
    }

    #[test]
    fn one_photo_is_taken_or_a_row_of_them() {
        let now = Instant::now();
        for burst in [1, 5] {
            let mut schedule = Schedule::new(Wanted { burst, ..ONE }, now);
            for _ in 0..burst {
                assert_eq!(schedule.next(now), Next::Take);
                schedule.took();
            }
            assert_eq!(schedule.next(now), Next::Over);
        }
    }

    #[test]
    fn every_so_often_keeps_its_beat_and_counts_what_it_missed() {
        let start = Instant::now();
        let every = Some(Duration::from_millis(200));
        let mut schedule = Schedule::new(Wanted { every, count: Some(3), ..ONE }, start);
        assert_eq!(schedule.next(start), Next::Take);
        schedule.took();
        assert_eq!(schedule.next(after(start, 30)), Next::Wait(after(start, 200)));
        assert_eq!(schedule.next(after(start, 210)), Next::Take);
        schedule.took();
        assert_eq!(schedule.next(after(start, 211)), Next::Wait(after(start, 400)));
        assert_eq!(schedule.take_missed(), 0);
        assert_eq!(schedule.next(after(start, 1050)), Next::Take);
        schedule.took();
        assert_eq!(schedule.take_missed(), 3);
        assert_eq!(schedule.next(after(start, 1100)), Next::Over);
    }

    #[test]
    fn motion_is_watched_for_and_then_not_for_a_while() {
        let start = Instant::now();
        let mut schedule = Schedule::new(Wanted { motion: Some(2.0), burst: 2, ..ONE }, start);
        assert_eq!(schedule.next(start), Next::Watch(2.0));
        schedule.moved(start);
        for _ in 0..2 {
            assert_eq!(schedule.next(after(start, 10)), Next::Take);
            schedule.took();
        }
        assert_eq!(schedule.next(after(start, 100)), Next::Wait(after(start, 1000)));
        assert_eq!(schedule.next(after(start, 1000)), Next::Watch(2.0));
    }

    proptest! {
        #[test]
        fn it_never_takes_more_than_is_due(
            steps in prop::collection::vec(0_u64..2000, 1..60),
            every in 50_u64..1000,
            burst in 1_u32..4,
        ) {
            let start = Instant::now();
            let wanted = Wanted { every: Some(Duration::from_millis(every)), burst, ..ONE };
            let mut schedule = Schedule::new(wanted, start);
            let (mut now, mut taken) = (0, 0);
            for step in steps {
                now += step;
                while schedule.next(after(start, now)) == Next::Take {
                    schedule.took();
                    taken += 1;
                }
                let rows = now / every + 1;
                prop_assert!(taken + u64::from(schedule.missed * burst) <= rows * u64::from(burst));
                prop_assert_eq!(taken % u64::from(burst), 0);
            }
        }

        #[test]
        fn over_is_over(time in 0_u64..5000) {
            let start = Instant::now();
            let time = Duration::from_millis(time);
            let mut schedule = Schedule::new(Wanted { time: Some(time), motion: Some(1.0), ..ONE }, start);
            prop_assert_eq!(schedule.next(start + time), Next::Over);
        }
    }
}
