//! What other systems need besides nokhwa: its list made safe, and macOS's permission.

use std::panic::catch_unwind;
use std::path::Path;

use nokhwa::query;
use nokhwa::utils::{ApiBackend, CameraIndex};

use super::formats::Format;
use super::query::CameraInfo;

/// Every camera the system tells of.
pub(super) fn devices() -> Vec<CameraInfo> {
    let found = catch_unwind(|| query(ApiBackend::Auto).unwrap_or_default()).unwrap_or_default();
    found
        .iter()
        .filter_map(|info| {
            let CameraIndex::Index(index) = info.index() else {
                return None;
            };
            Some(CameraInfo { index: *index, name: info.human_name(), path: None })
        })
        .collect()
}

/// Cameras have no paths here.
pub(super) fn index_of(_path: &Path) -> Option<u32> {
    None
}

/// All rates are whole here, as far as is known.
pub(super) fn keep_whole_rates(_index: u32, _formats: &mut Vec<Format>) {}

/// What the driver really agreed to.
pub(super) struct Agreed {
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Bytes from row to row.
    pub stride: u32,
    /// Whether it stands at a whole number of frames a second.
    pub whole_rate: bool,
}

/// There is no way to ask.
pub(super) fn agreed(_index: u32) -> Option<Agreed> {
    None
}

/// Nothing gets stuck here.
pub(super) fn free(_index: u32) -> bool {
    false
}
