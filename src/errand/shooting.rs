//! The camera of an errand: photos on a thread of their own, each once it is due and wanted.
//!
//! The test card is no photo unless it was asked for: while a camera is away, none is taken.

use super::schedule::{Next, Schedule, Wanted};
use crate::app::camera::{CameraKind, CameraSpec, CameraStatus};
use crate::app::{Content, Parcel};
use crate::commands::snap::{SETTLING_FRAMES, await_live};
use crate::io::camera::CameraHandle;
use crate::io::exact_photo_name;
use crate::picture::{Frame, Metadata, Motion, Photo, PhotoError, Quality, to_rgb_at};
use crate::transfer::{Dimensions, MediaType, Proposal};
use anyhow::Context as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};

/// What is wanted of the camera, and how.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Which.
    pub spec: CameraSpec,
    /// When.
    pub wanted: Wanted,
    /// How photos of raw frames are encoded.
    pub quality: Quality,
    /// What becomes of what a JPEG file tells besides its picture.
    pub metadata: Metadata,
}

/// The camera at work.
pub struct Shooting {
    permits: SyncSender<()>,
    shots: mpsc::Receiver<Shot>,
    statuses: mpsc::Receiver<CameraStatus>,
    /// Whether one photo is wanted and has not come.
    asked: bool,
    _ends: DropGuard,
}

/// Whether a photo is wanted now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appetite {
    /// It is.
    Hungry,
    /// Those that were taken are still on their way.
    Sated,
}

/// What came of waiting for the camera.
#[derive(Debug)]
pub enum Shot {
    /// It is in another state.
    Status(CameraStatus),
    /// One.
    Photo {
        /// It.
        parcel: Parcel,
        /// How many were due before and could not be taken in time.
        missed: u32,
    },
    /// There is no camera, or no picture from it.
    NoCamera(String),
    /// There will be no more.
    Over,
}

impl Shooting {
    /// Opens the camera.
    pub fn start(setup: Setup) -> anyhow::Result<Self> {
        let (permits, wanted) = sync_channel(1);
        let (sender, shots) = mpsc::channel(1);
        let (told, statuses) = mpsc::channel(STATUSES_MAX);
        let (first, opening) = sync_channel(STATUSES_MAX);
        let is_real = Arc::new(AtomicBool::new(false));
        let real = Arc::clone(&is_real);
        let camera = CameraHandle::spawn(setup.spec.clone(), move |status| {
            let live = matches!(status, CameraStatus::Live { instead: None, .. });
            real.store(live, Ordering::SeqCst);
            // More than the channels hold is trouble upon trouble: the first is told.
            let _ = first.try_send(status.clone());
            let _ = told.try_send(status);
        })
        .context("starting the camera")?;
        let cancel = CancellationToken::new();
        let thread =
            Thread { camera, is_real, setup, wanted, shots: sender, cancel: cancel.clone() };
        std::thread::Builder::new()
            .name("shooting".to_owned())
            .spawn(move || thread.run(&opening))
            .context("starting the camera")?;
        Ok(Self { permits, shots, statuses, asked: false, _ends: cancel.drop_guard() })
    }

    /// The next photo, once it is wanted and due, or news of the camera. Cancel-safe.
    pub async fn next(&mut self, appetite: Appetite) -> Shot {
        if appetite == Appetite::Hungry && !self.asked {
            // There is room for one, and it is empty.
            self.asked = self.permits.try_send(()).is_ok();
        }
        tokio::select! {
            biased;
            Some(status) = self.statuses.recv() => Shot::Status(status),
            shot = self.shots.recv(), if appetite == Appetite::Hungry => {
                self.asked = false;
                shot.unwrap_or(Shot::Over)
            }
            else => std::future::pending().await,
        }
    }
}

struct Thread {
    camera: CameraHandle,
    is_real: Arc<AtomicBool>,
    setup: Setup,
    wanted: Receiver<()>,
    shots: mpsc::Sender<Shot>,
    cancel: CancellationToken,
}

impl Thread {
    fn run(self, statuses: &Receiver<CameraStatus>) {
        let mut seen = match await_live(statuses, Instant::now() + PATIENCE) {
            Ok(CameraKind::Device) => SETTLING_FRAMES,
            Ok(CameraKind::TestCard | CameraKind::Pictures) => 0,
            Err(error) => {
                let _ = self.shots.blocking_send(Shot::NoCamera(format!("{error:#}")));
                return;
            }
        };
        let (mut schedule, mut motion) = (None, Motion::default());
        while self.wanted.recv().is_ok() {
            // Time begins when the first photo is wanted.
            let schedule =
                schedule.get_or_insert_with(|| Schedule::new(self.setup.wanted, Instant::now()));
            let shot = match self.photo(schedule, &mut motion, &mut seen) {
                Some(Ok(photo)) => {
                    schedule.took();
                    Shot::Photo { parcel: parcel(photo), missed: schedule.take_missed() }
                }
                Some(Err(error)) => Shot::NoCamera(error.to_string()),
                None => break,
            };
            if self.shots.blocking_send(shot).is_err() {
                return;
            }
        }
        let _ = self.shots.blocking_send(Shot::Over);
    }

    /// The photo that is due next, when it is; none when it is over. A frame that is no picture is
    /// let go for the next one, but not for ever.
    fn photo(
        &self,
        schedule: &mut Schedule,
        motion: &mut Motion,
        seen: &mut u64,
    ) -> Option<Result<Photo, PhotoError>> {
        let mut unreadable = 0;
        loop {
            let frame = self.due(schedule, motion, seen)?;
            match Photo::from_frame(&frame, self.setup.quality, self.setup.metadata) {
                Err(error) if unreadable < UNREADABLE_MAX => {
                    tracing::info!(%error, "a frame is no picture");
                    unreadable += 1;
                }
                photo => return Some(photo),
            }
        }
    }

    /// The frame that is due next, when it is; none when it is over.
    fn due(
        &self,
        schedule: &mut Schedule,
        motion: &mut Motion,
        seen: &mut u64,
    ) -> Option<Arc<Frame>> {
        loop {
            if self.cancel.is_cancelled() {
                return None;
            }
            match schedule.next(Instant::now()) {
                Next::Over => return None,
                Next::Wait(until) => {
                    let left = until.saturating_duration_since(Instant::now());
                    std::thread::sleep(left.min(STEP));
                }
                Next::Take => {
                    if let Some(frame) = self.frame(seen) {
                        return Some(frame);
                    }
                }
                Next::Watch(level) => {
                    let Some(frame) = self.frame(seen) else { continue };
                    let small = to_rgb_at(&frame, MOTION_PIXELS.0, MOTION_PIXELS.1);
                    if small.is_ok_and(|small| motion.look(&small) >= level) {
                        schedule.moved(Instant::now());
                        // What moves may be gone in the next one.
                        return Some(frame);
                    }
                    std::thread::sleep(MOTION_STEP);
                }
            }
        }
    }

    /// A frame of the camera that was asked for, later than those seen; if there is none for a
    /// moment, none.
    fn frame(&self, seen: &mut u64) -> Option<Arc<Frame>> {
        let (count, frame) = self.camera.next_frame(*seen, STEP)?;
        *seen = count;
        self.is_real.load(Ordering::SeqCst).then_some(frame)
    }
}

fn parcel(photo: Photo) -> Parcel {
    let size = photo.bytes.len() as u64;
    let proposal = Proposal {
        dimensions: Some(Dimensions { width: photo.width, height: photo.height }),
        ..Proposal::new(exact_photo_name(), MediaType::jpeg(), size)
    };
    Parcel { proposal, content: Content::Bytes(photo.bytes) }
}

/// How often it is looked whether all is over.
const STEP: Duration = Duration::from_millis(200);
/// From the start to the first frame.
const PATIENCE: Duration = Duration::from_secs(20);
/// Motion is looked for ten times a second, in pictures of this size.
const MOTION_STEP: Duration = Duration::from_millis(100);
const MOTION_PIXELS: (u32, u32) = (96, 54);
const STATUSES_MAX: usize = 16;
/// A second of most cameras.
const UNREADABLE_MAX: u32 = 30;
