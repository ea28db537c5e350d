//! The supervisor: which source has its turn, what a stall or failure leads to, when it is
//! opened again. It looks at the clock, so that a camera which hangs is noticed.
//!
//! It sleeps until a word comes or a deadline passes: about every three seconds while frames
//! come, not at all while it waits for a person.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use tracing::info;

use super::capture::{self, News, Word, Work};
use super::choice::{Choice, Otherwise};
use super::query::CameraInfo;
use super::shared::Turn;
use crate::app::camera::{CameraFault, CameraSpec, CameraStatus};

/// How long things may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// From asking for a source to its first frame.
    pub open: Duration,
    /// From one frame to the next.
    pub stall: Duration,
    /// Before a failed source is opened again: doubled each time, from the first to the last.
    pub back_off: (Duration, Duration),
    /// Frames for so long, and the next failure counts as the first.
    pub well_again: Duration,
}

impl Default for Pace {
    /// Cameras take up to two seconds to open, and macOS asks a person on the way.
    fn default() -> Self {
        Self {
            open: Duration::from_secs(10),
            stall: Duration::from_secs(3),
            back_off: (Duration::from_millis(500), Duration::from_secs(5)),
            well_again: Duration::from_secs(5),
        }
    }
}

impl Pace {
    /// How long to wait after so many failures before this one.
    fn back_off(&self, failures: u32) -> Duration {
        let (first, last) = self.back_off;
        first.saturating_mul(1 << failures.min(10)).min(last)
    }
}

pub(super) struct Supervisor<R> {
    pub spec: CameraSpec,
    pub pace: Pace,
    /// What there is to switch to; [`query`](super::query::query) but for tests.
    pub cameras: fn() -> Vec<CameraInfo>,
    /// For the capture threads.
    pub work: Work,
    pub words: Receiver<Word>,
    pub report: R,
    pub state: State,
}

/// What the supervisor remembers.
pub(super) struct State {
    turn: Turn,
    /// What is opened, and opened again.
    choice: Choice,
    /// What that came to, last: `auto` becomes a camera or the test card.
    shown: Choice,
    phase: Phase,
    /// Failures since frames last came for a while.
    failures: u32,
    told: Option<CameraStatus>,
}

#[derive(Clone, Copy)]
enum Phase {
    /// Until the first frame, by this deadline. The camera that is being tried, if one is.
    Opening { deadline: Instant, device: Option<u32> },
    /// Frames come since.
    Live { since: Instant },
    /// The thread hangs in its device. A frame would make it live; another thread would find
    /// the device busy.
    Stalled,
    /// Until it is opened again.
    Resting { until: Instant },
    /// Until a person wants something else.
    GivenUp,
}

impl State {
    pub fn new(choice: Choice) -> Self {
        Self {
            turn: Turn::default(),
            shown: choice.clone(),
            choice,
            phase: Phase::GivenUp,
            failures: 0,
            told: None,
        }
    }
}

impl<R: Fn(CameraStatus)> Supervisor<R> {
    /// Works until the camera is closed.
    pub fn run(mut self) {
        self.tell(CameraStatus::Opening { name: None });
        self.open();
        while !self.work.shared.is_closed() {
            let word = match self.deadline() {
                Some(at) => self.words.recv_timeout(at.saturating_duration_since(Instant::now())),
                None => self.words.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match word {
                Ok(Word::Switch) => self.switch(),
                Ok(Word::From(turn, news)) if turn == self.state.turn => self.hear(news),
                // From a thread whose turn is over.
                Ok(Word::From(..)) => {}
                Err(RecvTimeoutError::Timeout) => self.deadline_passed(),
                Ok(Word::Close) | Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn open(&mut self) {
        self.state.turn = self.work.shared.next_turn();
        let deadline = Instant::now() + self.pace.open;
        self.state.phase = Phase::Opening { deadline, device: None };
        capture::spawn(self.state.turn, self.state.choice.clone(), &self.work);
    }

    fn switch(&mut self) {
        self.state.choice = self.state.shown.after(&self.spec, (self.cameras)());
        self.state.shown = self.state.choice.clone();
        self.state.failures = 0;
        self.tell(CameraStatus::Opening { name: None });
        self.open();
    }

    fn hear(&mut self, news: News) {
        match news {
            News::Trying(camera) => {
                let deadline = Instant::now() + self.pace.open;
                self.state.phase = Phase::Opening { deadline, device: Some(camera.index) };
                self.state.shown = Choice::Device(camera.index);
                // While it is tried again, the trouble stays on the screen.
                if !matches!(self.state.told, Some(CameraStatus::Trouble { .. })) {
                    self.tell(CameraStatus::Opening { name: Some(camera.name) });
                }
            }
            News::Live { choice, facts, instead } => {
                info!(name = facts.name, "camera live");
                self.state.phase = Phase::Live { since: Instant::now() };
                self.state.shown = choice.clone();
                // `auto` stays `auto`: if its camera goes away, any other will do.
                if !matches!(self.state.choice, Choice::Auto { .. }) || instead.is_some() {
                    self.state.choice = choice;
                } else {
                    self.state.choice =
                        Choice::Auto { skip: Vec::new(), otherwise: Otherwise::Fail };
                }
                self.tell(CameraStatus::Live {
                    name: facts.name,
                    kind: facts.kind,
                    format: facts.format.name(),
                    width: facts.width,
                    height: facts.height,
                    fps: facts.fps,
                    instead,
                });
            }
            News::Failed(fault) => self.failed(fault),
        }
    }

    fn failed(&mut self, fault: CameraFault) {
        self.work.shared.forget_frames();
        if let Phase::Live { since } = self.state.phase
            && since.elapsed() >= self.pace.well_again
        {
            self.state.failures = 0;
        }
        let retrying = fault.may_pass();
        self.state.phase = if retrying {
            Phase::Resting { until: Instant::now() + self.pace.back_off(self.state.failures) }
        } else {
            Phase::GivenUp
        };
        self.state.failures = self.state.failures.saturating_add(1);
        // That it is absent is no news of one that was unplugged.
        let unplugged = CameraStatus::Trouble { fault: CameraFault::Unplugged, retrying: true };
        if fault != CameraFault::Absent || self.state.told.as_ref() != Some(&unplugged) {
            self.tell(CameraStatus::Trouble { fault, retrying });
        }
    }

    fn deadline(&self) -> Option<Instant> {
        match self.state.phase {
            Phase::Opening { deadline, .. } => Some(deadline),
            Phase::Live { since } => {
                Some(self.work.shared.last().unwrap_or(since) + self.pace.stall)
            }
            Phase::Resting { until } => Some(until),
            Phase::Stalled | Phase::GivenUp => None,
        }
    }

    fn deadline_passed(&mut self) {
        // Frames have moved it on meanwhile.
        if self.deadline().is_none_or(|deadline| deadline > Instant::now()) {
            return;
        }
        match self.state.phase {
            Phase::Resting { .. } => self.open(),
            Phase::Opening { device, .. } => self.does_not_open(device),
            Phase::Live { .. } => self.stalled(),
            Phase::Stalled | Phase::GivenUp => {}
        }
    }

    /// `auto` goes on to the next camera; one that was asked for is waited for.
    fn does_not_open(&mut self, device: Option<u32>) {
        if let (Choice::Auto { skip, .. }, Some(index)) = (&mut self.state.choice, device)
            && !skip.contains(&index)
        {
            skip.push(index);
            return self.open();
        }
        self.stalled();
    }

    fn stalled(&mut self) {
        info!("camera stalled");
        self.work.shared.forget_frames();
        self.state.phase = Phase::Stalled;
        self.tell(CameraStatus::Trouble { fault: CameraFault::Stalled, retrying: true });
    }

    /// Each status once.
    fn tell(&mut self, status: CameraStatus) {
        if self.state.told.as_ref() != Some(&status) {
            self.state.told = Some(status.clone());
            (self.report)(status);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_camera_is_opened_again_less_and_less_often() {
        let pace = Pace::default();
        let waits: Vec<_> = (0..6).map(|failures| pace.back_off(failures).as_millis()).collect();
        assert_eq!(waits, [500, 1000, 2000, 4000, 5000, 5000]);
        assert_eq!(pace.back_off(u32::MAX), pace.back_off.1);
    }
}
