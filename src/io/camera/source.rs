//! What every source of frames has in common: a camera, the test card, pictures on disk.

use thiserror::Error;

use crate::app::camera::{CameraFault, CameraKind};
use crate::picture::{Frame, FrameKind};

/// Gives frames one by one. Blocks, and lives on one thread from opening to dropping: many a
/// camera may not be moved to another.
pub(super) trait Source {
    /// What it is; the same as long as it is open.
    fn facts(&self) -> &Facts;

    /// Waits for the next frame. May wait for ever: a watchdog looks at the clock elsewhere.
    fn next(&mut self) -> Result<Frame, SourceError>;
}

/// What a source is and what its frames are like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Facts {
    /// As the device calls itself, or the name of a file or folder.
    pub name: String,
    pub kind: CameraKind,
    /// What its frames are, as agreed when it was opened.
    pub format: FrameKind,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Frames a second, where there is a rate.
    pub fps: Option<u32>,
}

/// Why there was no frame.
#[derive(Debug, Error)]
pub(super) enum SourceError {
    /// This one failed; the next may not.
    #[error("frame is lost: {0}")]
    Frame(String),
    /// There will be no more: close it, and open it anew.
    #[error("source is gone")]
    Gone(#[source] CameraFault),
}
