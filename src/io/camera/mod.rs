//! The camera: frames from a device, the test card or pictures on disk, and the preview of them.
//!
//! ```text
//!              words                    newest frame, latest wins
//! supervisor ◄─────── capture thread ──────────┬───────────────► snap
//!     │               (one a source)           │
//!     └─► report(CameraStatus)                 └─► preview thread ──► watch
//! ```
//!
//! Reading a camera blocks, and may block for ever, so none of this is async and no thread is
//! joined: closing the handle tells them to end, and a camera that hangs keeps only itself.
//! Faults come out as [`CameraStatus`]; nothing here decides what is shown.

mod capture;
mod choice;
mod device;
mod faults;
mod font;
mod formats;
mod pictures;
mod preview;
mod query;
mod shared;
mod source;
mod supervisor;
mod testcard;
#[cfg(test)]
mod tests;

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
use elsewhere as system;
#[cfg(target_os = "linux")]
use linux as system;

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use tokio::sync::watch;

pub use self::formats::Format;
pub use self::query::{CameraInfo, list, query};
pub use self::testcard::frame_number;

use self::capture::{Open, Word, Work};
use self::choice::Choice;
use self::preview::Preview;
use self::shared::Shared;
use self::supervisor::{Pace, State, Supervisor};
use crate::app::camera::{CameraSpec, CameraStatus, PreviewSize};
use crate::picture::Frame;

/// A camera at work. Dropping it closes it, without waiting.
pub struct CameraHandle {
    shared: Arc<Shared>,
    words: SyncSender<Word>,
    previews: watch::Receiver<Preview>,
}

impl CameraHandle {
    /// Opens what is asked for, in the background, and keeps at it: [`CameraStatus`] tells how
    /// it goes. `report` is called from a thread of the camera's; it must not wait for anything.
    ///
    /// Fails when the system gives no thread.
    pub fn spawn(
        spec: CameraSpec,
        report: impl Fn(CameraStatus) + Send + 'static,
    ) -> io::Result<Self> {
        Self::start(spec, Arc::new(Choice::open), query, Pace::default(), report)
    }

    /// No camera: there are no frames, and no thread works for any.
    pub fn absent() -> Self {
        let (words, _) = sync_channel(0);
        let (_, previews) = watch::channel(None);
        Self { shared: Arc::default(), words, previews }
    }

    fn start(
        spec: CameraSpec,
        open: Arc<Open>,
        cameras: fn() -> Vec<CameraInfo>,
        pace: Pace,
        report: impl Fn(CameraStatus) + Send + 'static,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let (words, their_words) = sync_channel(WORDS);
        let (preview, previews) = watch::channel(None);
        // Should a thread not start, dropping this ends the others.
        let handle = Self { shared: Arc::clone(&shared), words: words.clone(), previews };

        let for_preview = Arc::clone(&shared);
        thread::Builder::new()
            .name("preview".to_owned())
            .spawn(move || preview::run(&for_preview, &preview))?;

        let work = Work { shared, open, words, stall: pace.stall };
        let state = State::new(Choice::of(&spec));
        let supervisor =
            Supervisor { spec, pace, cameras, work, words: their_words, report, state };
        thread::Builder::new()
            .name("camera-supervisor".to_owned())
            .spawn(move || supervisor.run())?;
        Ok(handle)
    }

    /// The newest frame, for a photo; `None` while there are none. Costs nothing.
    pub fn snap(&self) -> Option<Arc<Frame>> {
        self.shared.newest()
    }

    /// Waits for the next frame after the first `seen` ones. Gives how many there were with it,
    /// or `None` when none comes in time. For commands; a loop that must not wait has
    /// [`snap`](Self::snap) and [`previews`](Self::previews).
    pub fn next_frame(&self, seen: u64, timeout: Duration) -> Option<(u64, Arc<Frame>)> {
        self.shared.wait_beyond(seen, timeout)
    }

    /// How big a preview is wanted. None, as it is at first, stops all work
    /// for it.
    pub fn set_preview(&self, size: PreviewSize) {
        self.shared.set_preview_size(size);
    }

    /// The newest preview: in the camera's own shape inside the size that is wanted, at
    /// most 30 a second. `None` while there are no frames.
    pub fn previews(&self) -> watch::Receiver<Preview> {
        self.previews.clone()
    }

    /// Goes on to the next of what there is: cameras, pictures, the test card.
    pub fn switch(&self) {
        // If the channel is full, the supervisor has enough to do as it is.
        let _ = self.words.try_send(Word::Switch);
    }
}

impl Drop for CameraHandle {
    fn drop(&mut self) {
        self.shared.close();
        // If the channel is full, it looks whether it is closed after the next word.
        let _ = self.words.try_send(Word::Close);
    }
}

/// Words not yet heard: a few keys, and news of one or two capture threads.
const WORDS: usize = 16;
