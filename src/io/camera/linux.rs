//! What nokhwa leaves undone on Linux: listing devices without opening them, reading back what
//! was agreed, and freeing a device that stands at a rate nokhwa cannot read.

use std::fs;
use std::path::{Path, PathBuf};

use tracing::debug;
use v4l::capability::Flags;
use v4l::frameinterval::FrameIntervalEnum;
use v4l::video::Capture;
use v4l::video::capture::Parameters;
use v4l::{Device, FourCC};

use super::formats::Format;
use super::query::CameraInfo;
use crate::picture::FrameKind;

/// Every `/dev/videoN` that may be a camera. nokhwa's own list also has nodes for metadata, is
/// in no order, and panics on a name such as `/dev/video-front`.
pub(super) fn devices() -> Vec<CameraInfo> {
    let Ok(entries) = fs::read_dir("/dev") else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| index_of(&entry.path()))
        .filter(|&index| sends_pictures(index))
        .map(|index| {
            let path = PathBuf::from(format!("/dev/video{index}"));
            let name = fs::read_to_string(format!("/sys/class/video4linux/video{index}/name"));
            let name =
                name.map_or_else(|_| path.display().to_string(), |name| name.trim().to_owned());
            CameraInfo { index, name, path: Some(path) }
        })
        .collect()
}

/// The number of a device by its path; links such as those in `/dev/v4l/by-id` are followed.
pub(super) fn index_of(path: &Path) -> Option<u32> {
    let path = fs::canonicalize(path).ok()?;
    let number = path.to_str()?.strip_prefix("/dev/video")?;
    number.parse().ok()
}

/// A node that only carries metadata or encodes is no camera. One that cannot be asked may be:
/// opening it tells what is wrong.
fn sends_pictures(index: u32) -> bool {
    let caps = Device::new(index as usize).and_then(|device| device.query_caps());
    caps.map_or(true, |caps| caps.capabilities.contains(Flags::VIDEO_CAPTURE))
}

/// Leaves the formats whose rate is a whole number of frames a second. nokhwa tells of one
/// frame in 2/25 s as 25 a second, and a device that is asked for it gets stuck (see [`free`]).
pub(super) fn keep_whole_rates(index: u32, formats: &mut Vec<Format>) {
    let Ok(device) = Device::new(index as usize) else {
        return;
    };
    formats.retain(|format| {
        let Some(code) = code(format.kind) else {
            return false;
        };
        let intervals = device.enum_frameintervals(FourCC::new(code), format.width, format.height);
        // What cannot be asked is tried.
        intervals.map_or(true, |intervals| {
            intervals.iter().any(|interval| match &interval.interval {
                FrameIntervalEnum::Discrete(d) => d.numerator == 1 && d.denominator == format.fps,
                FrameIntervalEnum::Stepwise(_) => true,
            })
        })
    });
}

/// What the driver really agreed to.
pub(super) struct Agreed {
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Bytes from row to row; 0 where rows mean nothing.
    pub stride: u32,
    /// Whether it stands at a whole number of frames a second: else nokhwa cannot open it
    /// again until it is [freed](free).
    pub whole_rate: bool,
}

/// Reads it back from the driver; `None` where it does not tell.
pub(super) fn agreed(index: u32) -> Option<Agreed> {
    let device = Device::new(index as usize).ok()?;
    let format = device.format().ok()?;
    let interval = device.params().ok()?.interval;
    Some(Agreed {
        width: format.width,
        height: format.height,
        stride: format.stride,
        whole_rate: interval.numerator == 1,
    })
}

/// Sets a format and a rate that nokhwa can read, and says whether the driver took them.
///
/// A device left at 12.5 frames a second or in UYVY, by any program, makes each opening fail
/// until then: nokhwa reads the present state first.
pub(super) fn free(index: u32) -> bool {
    let Ok(device) = Device::new(index as usize) else {
        return false;
    };
    let offered = device.enum_formats().unwrap_or_default();
    let takes = |code: &[u8; 4]| offered.iter().any(|format| format.fourcc.repr == *code);
    let Some(known) = READABLE.into_iter().filter_map(code).find(|code| takes(code)) else {
        return false;
    };
    let (width, height) = device.format().map_or((1280, 720), |now| (now.width, now.height));
    let wanted = v4l::Format::new(width, height, FourCC::new(known));
    if let Err(error) = device.set_format(&wanted) {
        debug!(%error, index, "camera does not take a format that can be read");
        return false;
    }
    let freed = RATES.into_iter().any(|fps| {
        let agreed = device.set_params(&Parameters::with_fps(fps));
        agreed.is_ok_and(|agreed| agreed.interval.numerator == 1)
    });
    debug!(index, freed, "camera stood at a rate or format that cannot be read");
    freed
}

/// The driver's code for a kind, where there is one that nokhwa knows.
fn code(kind: FrameKind) -> Option<&'static [u8; 4]> {
    match kind {
        FrameKind::Mjpeg => Some(b"MJPG"),
        FrameKind::Yuyv => Some(b"YUYV"),
        FrameKind::Nv12 => Some(b"NV12"),
        FrameKind::Rgb => Some(b"RGB3"),
        FrameKind::Bgr => Some(b"BGR3"),
        // nokhwa looks for GRAY, which no driver has.
        FrameKind::Gray => None,
    }
}

const READABLE: [FrameKind; 5] =
    [FrameKind::Mjpeg, FrameKind::Yuyv, FrameKind::Nv12, FrameKind::Rgb, FrameKind::Bgr];

/// Frames a second; the first that the driver takes as it is.
const RATES: [u32; 8] = [30, 25, 24, 20, 15, 10, 5, 1];
