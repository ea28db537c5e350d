//! The preview thread: frames to small pictures, straight to the size that is looked at.
//!
//! It never makes more than [`PREVIEW_RATE`] a second, decodes nothing while nobody looks, and
//! keeps all of this work off the thread that answers keys.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tracing::debug;

use super::shared::{Done, PreviewWork, Shared};
use crate::app::camera::PreviewSize;
use crate::picture::{Frame, FrameError, RgbImage, fit_cells, to_rgb_at};

/// Pictures a second, at most.
const PREVIEW_RATE: u32 = 30;

/// The newest preview; `None` while there are no frames.
pub(super) type Preview = Option<Arc<RgbImage>>;

/// Works until the camera is closed.
pub(super) fn run(shared: &Shared, previews: &watch::Sender<Preview>) {
    let mut done = Done::default();
    loop {
        let (frame, size) = match shared.wait_preview(&mut done) {
            PreviewWork::Close => return,
            PreviewWork::Blank => {
                previews.send_replace(None);
                continue;
            }
            PreviewWork::Make(frame, size) => (frame, size),
        };
        let began = Instant::now();
        // A decoder's slip costs a frame, not the preview.
        match catch_unwind(AssertUnwindSafe(|| make(&frame, size))) {
            Ok(Ok(image)) => {
                previews.send_replace(Some(Arc::new(image)));
            }
            Ok(Err(error)) => debug!(%error, seq = frame.seq, "frame not shown"),
            Err(_) => debug!(seq = frame.seq, "frame not shown: its decoder panicked"),
        }
        drop(frame);
        let spare = (Duration::from_secs(1) / PREVIEW_RATE).saturating_sub(began.elapsed());
        std::thread::sleep(spare);
    }
}

/// The frame in its own shape inside the size, of an even height: whole cells.
fn make(frame: &Frame, size: PreviewSize) -> Result<RgbImage, FrameError> {
    let most = (size.columns.into(), size.rows.into());
    let (columns, rows) = fit_cells((frame.width, frame.height), most, size.cell);
    to_rgb_at(frame, columns, rows * 2)
}
