//! Which of a camera's formats to ask for, best first.
//!
//! The choice is made here because a library's own ("highest", "closest") gave a preview of
//! 320x180 at 1 frame a second, or 4K at 2.

use std::cmp::Reverse;
use std::fmt;

use crate::picture::FrameKind;

/// One thing a camera offers to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// What its frames are.
    pub kind: FrameKind,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Frames a second.
    pub fps: u32,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, width, height, fps } = self;
        write!(f, "{kind} {width}x{height} at {fps} fps")
    }
}

/// Best first: nothing above 1080p if there is a choice, smooth, in colour, near 720p, and of
/// the kind that costs least; without formats nobody could use, and each once.
pub(super) fn ranked(mut formats: Vec<Format>) -> Vec<Format> {
    formats.retain(|format| format.width > 0 && format.height > 0 && format.fps > 0);
    formats.sort_by_key(|format| rank(*format));
    formats.dedup();
    formats
}

fn rank(format: Format) -> impl Ord {
    let Format { kind, width, height, fps } = format;
    let too_large = width > 1920 || height > 1080;
    let choppy = fps < SMOOTH;
    let gray = kind == FrameKind::Gray;
    let off_size = width.abs_diff(1280) + height.abs_diff(720);
    let off_rate = fps.abs_diff(30);
    let smoothest = Reverse(fps.min(SMOOTH));
    // Of choppy formats the smoothest counts more than the size: 1 frame a second is no preview.
    (too_large, choppy, gray, smoothest, off_size, cost(kind), off_rate)
}

/// MJPEG comes compressed and is the photo as it is; the others in order of their bytes.
fn cost(kind: FrameKind) -> u8 {
    match kind {
        FrameKind::Mjpeg => 0,
        FrameKind::Nv12 => 1,
        FrameKind::Yuyv => 2,
        FrameKind::Rgb => 3,
        FrameKind::Bgr => 4,
        FrameKind::Gray => 5,
    }
}

/// Frames a second from which movement looks smooth enough.
const SMOOTH: u32 = 24;

#[cfg(test)]
mod tests {
    use super::*;
    use FrameKind::{Gray, Mjpeg, Nv12, Rgb, Yuyv};

    fn best(formats: &[(FrameKind, u32, u32, u32)]) -> String {
        let formats = formats
            .iter()
            .map(|&(kind, width, height, fps)| Format { kind, width, height, fps })
            .collect();
        ranked(formats).first().map(ToString::to_string).unwrap_or_default()
    }

    #[test]
    fn a_usual_webcam_gives_compressed_720p() {
        let offers = [
            (Yuyv, 640, 480, 30),
            (Yuyv, 1280, 720, 10),
            (Mjpeg, 640, 480, 30),
            (Mjpeg, 1280, 720, 30),
            (Mjpeg, 1920, 1080, 30),
        ];
        assert_eq!(best(&offers), "MJPEG 1280x720 at 30 fps");
    }

    #[test]
    fn smooth_and_small_beats_large_and_choppy() {
        assert_eq!(best(&[(Yuyv, 1280, 720, 10), (Yuyv, 640, 480, 30)]), "YUYV 640x480 at 30 fps");
    }

    #[test]
    fn of_choppy_formats_the_smoothest_is_taken() {
        assert_eq!(best(&[(Rgb, 1280, 720, 2), (Rgb, 320, 180, 15)]), "RGB 320x180 at 15 fps");
    }

    #[test]
    fn colour_beats_an_infrared_camera_of_the_wanted_size() {
        assert_eq!(best(&[(Gray, 1280, 720, 30), (Nv12, 640, 360, 30)]), "NV12 640x360 at 30 fps");
    }

    #[test]
    fn four_k_is_taken_when_there_is_nothing_else() {
        assert_eq!(best(&[(Mjpeg, 3840, 2160, 30), (Rgb, 0, 0, 30)]), "MJPEG 3840x2160 at 30 fps");
    }

    #[test]
    fn nothing_comes_of_nothing() {
        assert_eq!(best(&[]), "");
    }
}
