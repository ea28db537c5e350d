//! Which cameras there are.

use std::fmt;
use std::path::PathBuf;

use super::device;
use super::formats::Format;
use super::system;
use crate::app::camera::CameraFault;

/// A camera the system tells of; it may still not open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CameraInfo {
    /// What `--camera` takes.
    pub index: u32,
    /// As the device calls itself, without control characters and cut to a bearable length.
    pub name: String,
    /// Its device file, where there is one.
    pub path: Option<PathBuf>,
}

impl fmt::Display for CameraInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.index, self.name)
    }
}

/// Every camera in order of its number. Opens none for longer than a question.
pub fn query() -> Vec<CameraInfo> {
    let mut found = system::devices();
    for info in &mut found {
        let printable = info.name.chars().filter(|c| !c.is_control());
        info.name = printable.take(MAX_NAME).collect();
    }
    found.sort_by_key(|info| info.index);
    found.dedup_by_key(|info| info.index);
    found
}

/// Every camera with the format that would be asked of it, or why there is none. Opens each
/// one, so a camera's light may blink.
pub fn list() -> Vec<(CameraInfo, Result<Format, CameraFault>)> {
    let with_format = |info: CameraInfo| {
        let best = device::formats(info.index)
            .and_then(|formats| formats.first().copied().ok_or(CameraFault::NoFormat));
        (info, best)
    };
    query().into_iter().map(with_format).collect()
}

/// Characters of a name that are kept.
const MAX_NAME: usize = 60;
