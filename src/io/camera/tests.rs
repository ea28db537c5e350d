//! Stories of a camera that misbehaves, told with sources made for it and the real threads.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::capture::Open;
use super::choice::{Choice, Opened};
use super::source::{Facts, Source, SourceError};
use super::supervisor::Pace;
use super::{CameraHandle, CameraInfo};
use crate::app::camera::{CameraFault, CameraKind, CameraSpec, CameraStatus, PreviewSize};
use crate::picture::{Frame, FrameKind};

/// What a made-up source does next.
enum Step {
    Frame(u8),
    Lost,
    Gone(CameraFault),
    Panic,
}

/// A source that does as it is told through a channel; it hangs while it is told nothing.
struct Fake {
    facts: Facts,
    steps: Receiver<Step>,
    seq: u64,
}

impl Source for Fake {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn next(&mut self) -> Result<Frame, SourceError> {
        // Hanging for ever is what it is for: it ends when the story does.
        match self.steps.recv().unwrap_or(Step::Gone(CameraFault::Absent)) {
            Step::Frame(gray) => {
                self.seq += 1;
                Ok(Frame {
                    data: vec![gray; 64].into(),
                    original: None,
                    kind: FrameKind::Gray,
                    width: 8,
                    height: 8,
                    stride: 8,
                    at: Instant::now(),
                    seq: self.seq,
                })
            }
            Step::Lost => Err(SourceError::Frame("made up".to_owned())),
            Step::Gone(fault) => Err(SourceError::Gone(fault)),
            Step::Panic => panic!("a driver's slip, made up"),
        }
    }
}

/// One opening after the other: a fault, or a source to be told what to do.
struct Story {
    camera: CameraHandle,
    statuses: Receiver<CameraStatus>,
    /// The tellers of the sources, in the order of their opening.
    tell: VecDeque<Sender<Step>>,
    /// What was asked to be opened.
    opened: Arc<Mutex<Vec<Choice>>>,
}

impl Story {
    /// Time never runs out, however busy the machine is.
    /// Time never runs out, however busy the machine is.
    fn new(spec: CameraSpec, openings: Vec<Result<&str, CameraFault>>) -> Self {
        let never = Duration::from_mins(10);
        Self::at_pace(spec, openings, never, never)
    }

    /// Time runs out quickly.
    fn hasty(spec: CameraSpec, openings: Vec<Result<&str, CameraFault>>) -> Self {
        let (open, stall) = (Duration::from_millis(400), Duration::from_millis(150));
        Self::at_pace(spec, openings, open, stall)
    }

    fn at_pace(
        spec: CameraSpec,
        openings: Vec<Result<&str, CameraFault>>,
        open: Duration,
        stall: Duration,
    ) -> Self {
        let mut tell = VecDeque::new();
        let mut sources = VecDeque::new();
        for opening in openings {
            sources.push_back(opening.map(|name| {
                let (teller, steps) = channel();
                tell.push_back(teller);
                let facts = Facts {
                    name: name.to_owned(),
                    kind: CameraKind::Device,
                    format: FrameKind::Gray,
                    width: 8,
                    height: 8,
                    fps: Some(30),
                };
                Fake { facts, steps, seq: 0 }
            }));
        }
        let sources = Mutex::new(sources);
        let opened = Arc::new(Mutex::new(Vec::new()));
        let asked = Arc::clone(&opened);
        let open_next: Arc<Open> = Arc::new(move |choice, trying| {
            asked.lock().expect("no test panics in here").push(choice.clone());
            let index = match choice {
                Choice::Device(index) => index,
                _ => 7,
            };
            let next = sources.lock().expect("no test panics in here").pop_front();
            let fake = next.unwrap_or(Err(CameraFault::Absent))?;
            trying(&CameraInfo { index, name: fake.facts.name.clone(), path: None });
            Ok(Opened { source: Box::new(fake), choice: Choice::Device(index), instead: None })
        });
        let pace = Pace {
            open,
            stall,
            back_off: (Duration::from_millis(5), Duration::from_millis(20)),
            well_again: Duration::from_secs(5),
        };
        let (report, statuses) = channel();
        let camera = CameraHandle::start(spec, open_next, two_cameras, pace, move |status| {
            let _ = report.send(status);
        });
        Self { camera: camera.expect("threads"), statuses, tell, opened }
    }

    /// Waits until a status is told that fits.
    fn until(&self, what: &str, fits: impl Fn(&CameraStatus) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(10);
        let mut seen = Vec::new();
        while let Ok(status) =
            self.statuses.recv_timeout(deadline.saturating_duration_since(Instant::now()))
        {
            if fits(&status) {
                return;
            }
            seen.push(status);
        }
        panic!("never {what}; told: {seen:#?}");
    }

    fn until_live(&self, wanted: &str) {
        self.until(wanted, |s| matches!(s, CameraStatus::Live { name, .. } if name == wanted));
    }

    fn until_trouble(&self, wanted: &CameraFault) {
        self.until(
            "in trouble",
            |s| matches!(s, CameraStatus::Trouble { fault, .. } if fault == wanted),
        );
    }

    fn opened(&self) -> Vec<Choice> {
        self.opened.lock().expect("no test panics in here").clone()
    }

    fn step(&self, source: usize, step: Step) {
        self.tell[source].send(step).expect("the source is open");
    }
}

/// Numbers 7 and 8.
fn two_cameras() -> Vec<CameraInfo> {
    let camera = |index| CameraInfo { index, name: String::new(), path: None };
    vec![camera(7), camera(8)]
}

#[test]
fn frames_come_and_the_newest_can_be_snapped() {
    let story = Story::new(CameraSpec::Index(7), vec![Ok("webcam")]);
    story.step(0, Step::Frame(1));
    story.until_live("webcam");
    story.step(0, Step::Frame(2));
    let (_, frame) = story.camera.next_frame(1, Duration::from_secs(10)).expect("a frame");
    assert_eq!(frame.data[0], 2);
    assert_eq!(story.camera.snap().expect("a frame").seq, frame.seq);
}

#[test]
fn a_camera_unplugged_is_used_again_when_it_is_back() {
    let openings =
        vec![Ok("webcam"), Err(CameraFault::Absent), Err(CameraFault::Absent), Ok("webcam")];
    let story = Story::new(CameraSpec::Index(7), openings);
    story.step(0, Step::Frame(1));
    story.until_live("webcam");
    story.step(0, Step::Gone(CameraFault::Unplugged));
    story.until_trouble(&CameraFault::Unplugged);
    assert!(story.camera.snap().is_none(), "nothing old is snapped");
    story.step(1, Step::Frame(2));
    // That it is absent meanwhile is not told over its being unplugged.
    let next = story.statuses.recv_timeout(Duration::from_secs(10)).expect("a status");
    assert!(matches!(next, CameraStatus::Live { .. }), "{next:?}");
}

#[test]
fn a_camera_that_hangs_is_told_and_live_again_with_its_next_frame() {
    let story = Story::hasty(CameraSpec::Index(7), vec![Ok("webcam")]);
    story.step(0, Step::Frame(1));
    story.until_live("webcam");
    story.until_trouble(&CameraFault::Stalled);
    assert!(story.camera.snap().is_none(), "nothing old is snapped");
    story.step(0, Step::Frame(2));
    story.until_live("webcam");
    assert!(story.camera.snap().is_some());
}

#[test]
fn a_camera_that_hangs_is_left_to_itself_when_another_is_wanted() {
    let story = Story::hasty(CameraSpec::Index(7), vec![Ok("hung"), Ok("other")]);
    story.step(0, Step::Frame(1));
    story.until_live("hung");
    story.until_trouble(&CameraFault::Stalled);
    story.camera.switch();
    story.step(1, Step::Frame(2));
    story.until_live("other");
    // It wakes up, learns that its turn is over, and ends: nobody hears its teller any more.
    let deadline = Instant::now() + Duration::from_secs(10);
    while story.tell[0].send(Step::Frame(9)).is_ok() {
        assert!(Instant::now() < deadline, "it goes on for ever");
        thread::yield_now();
    }
    assert_ne!(story.camera.snap().map(|frame| frame.data[0]), Some(9));
}

#[test]
fn auto_passes_over_a_camera_that_never_sends_anything() {
    let story = Story::hasty(CameraSpec::Auto, vec![Ok("dead"), Ok("alive")]);
    story.step(1, Step::Frame(1));
    story.until_live("alive");
}

#[test]
fn switching_goes_on_from_the_camera_that_auto_found() {
    let openings = vec![Ok("found"), Ok("number 8")];
    let story = Story::new(CameraSpec::Auto, openings);
    story.step(0, Step::Frame(1));
    story.until_live("found");
    story.camera.switch();
    story.step(1, Step::Frame(1));
    story.until_live("number 8");
    assert_eq!(story.opened(), [Choice::auto(), Choice::Device(8)]);
}

#[test]
fn five_lost_frames_in_a_row_open_it_anew_and_four_do_not() {
    let story = Story::new(CameraSpec::Index(7), vec![Ok("first"), Ok("second")]);
    for _ in 0..4 {
        story.step(0, Step::Lost);
    }
    story.step(0, Step::Frame(1));
    story.until_live("first");
    for _ in 0..5 {
        story.step(0, Step::Lost);
    }
    story.until_trouble(&CameraFault::Other("made up".to_owned()));
    story.step(1, Step::Frame(1));
    story.until_live("second");
}

#[test]
fn a_panic_of_a_driver_is_a_fault_like_another() {
    let story = Story::new(CameraSpec::Index(7), vec![Ok("bad"), Ok("good")]);
    story.step(0, Step::Panic);
    story.until("in trouble", |s| matches!(s, CameraStatus::Trouble { .. }));
    story.step(1, Step::Frame(1));
    story.until_live("good");
}

#[test]
fn a_camera_that_is_forbidden_is_not_tried_again_unasked() {
    let story = Story::new(CameraSpec::Index(7), vec![Err(CameraFault::Forbidden), Ok("webcam")]);
    story.until("forbidden", |s| {
        *s == CameraStatus::Trouble { fault: CameraFault::Forbidden, retrying: false }
    });
    story.camera.switch();
    story.step(0, Step::Frame(1));
    story.until_live("webcam");
}

#[test]
fn the_preview_follows_what_is_looked_at() {
    let story = Story::new(CameraSpec::Index(7), vec![Ok("webcam")]);
    let previews = story.camera.previews();
    let until = |what: &str, fits: &dyn Fn(Option<(u32, u32)>, Option<u8>) -> bool| {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let shown = previews.borrow().clone();
            let size = shown.as_ref().map(|image| image.dimensions());
            if fits(size, shown.as_ref().map(|image| image.as_raw()[0])) {
                return;
            }
            assert!(Instant::now() < deadline, "never {what}: {size:?}");
            thread::yield_now();
        }
    };
    story.step(0, Step::Frame(100));
    story.until_live("webcam");
    assert!(previews.borrow().is_none(), "nobody looks");
    story.camera.set_preview(PreviewSize { columns: 4, rows: 2, ..PreviewSize::default() });
    until("small", &|size, gray| size == Some((4, 4)) && gray == Some(100));
    // Noise is held back, change is not.
    story.step(0, Step::Frame(103));
    story.step(0, Step::Frame(200));
    until("brighter", &|_, gray| gray == Some(200));
    story.camera.set_preview(PreviewSize { columns: 80, rows: 3, ..PreviewSize::default() });
    until("larger", &|size, _| size == Some((6, 6)));
    story.step(0, Step::Gone(CameraFault::Unplugged));
    until("gone", &|size, _| size.is_none());
}

#[test]
fn the_test_card_needs_no_camera_and_closing_waits_for_nothing() {
    let (report, statuses) = channel();
    let camera = CameraHandle::spawn(CameraSpec::Test, move |status| {
        let _ = report.send(status);
    })
    .expect("threads");
    let (_, frame) = camera.next_frame(0, Duration::from_secs(10)).expect("a frame");
    assert_eq!((frame.width, frame.height), (1280, 720));
    drop(camera);
    // Every thread lets go of what it was given: the reports end.
    let deadline = Instant::now() + Duration::from_secs(10);
    while statuses.recv_timeout(deadline.saturating_duration_since(Instant::now())).is_ok() {}
    assert!(Instant::now() < deadline, "the supervisor lives on");
}
