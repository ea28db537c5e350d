//! A camera, by way of nokhwa.
//!
//! It is opened, asked, read and dropped on one thread, since it may not be moved. Formats are
//! asked for one by one, best first, and what the driver agreed to is read back: drivers say
//! yes to more than they do. A frame that arrives cut short is dropped here.

use std::borrow::Cow;
use std::time::Instant;

use bytes::Bytes;
use nokhwa::utils::{CameraFormat, CameraIndex, FrameFormat, RequestedFormat, RequestedFormatType};
use nokhwa::{Camera, NokhwaError};
use tracing::{debug, info};

use super::faults::{During, fault};
use super::formats::{Format, ranked};
use super::source::{Facts, Source, SourceError};
use super::system;
use crate::app::camera::{CameraFault, CameraKind};
use crate::picture::{Frame, FrameKind, mjpeg};

/// An open camera whose stream runs.
pub(super) struct Device {
    camera: Camera,
    facts: Facts,
    /// Bytes from row to row as the driver tells; `None` where it does not.
    stride: Option<u32>,
    seq: u64,
}

/// Opens a camera with the best format it will really give.
pub(super) fn open(index: u32, name: &str) -> Result<Device, CameraFault> {
    let mut why = CameraFault::NoFormat;
    for format in formats(index)?.into_iter().take(MAX_TRIES) {
        match open_with(index, name, format) {
            Ok(device) => {
                info!(index, name, %format, "camera open");
                return Ok(device);
            }
            Err(fault @ (CameraFault::Absent | CameraFault::Busy | CameraFault::Forbidden)) => {
                return Err(fault);
            }
            Err(fault) => {
                debug!(index, %format, %fault, "format refused");
                why = fault;
            }
        }
    }
    Err(why)
}

/// What a camera offers, best first; it is closed again afterwards.
pub(super) fn formats(index: u32) -> Result<Vec<Format>, CameraFault> {
    permission()?;
    let mut camera = camera(index, RequestedFormatType::None)?;
    let offered = camera.compatible_camera_formats().map_err(|e| fault(&e, During::Opening))?;
    let mut formats = ranked(offered.iter().map(from_nokhwa).collect());
    system::keep_whole_rates(index, &mut formats);
    Ok(formats)
}

fn open_with(index: u32, name: &str, format: Format) -> Result<Device, CameraFault> {
    let mut camera = camera(index, RequestedFormatType::Exact(to_nokhwa(format)))?;
    let agreed = system::agreed(index);
    if let Some(agreed) = &agreed {
        if !agreed.whole_rate {
            drop(camera);
            system::free(index);
            return Err(CameraFault::Other(format!("{format} is not what the camera gives")));
        }
        if (agreed.width, agreed.height) != (format.width, format.height) {
            let (width, height) = (agreed.width, agreed.height);
            return Err(CameraFault::Other(format!("{format} is given as {width}x{height}")));
        }
    }
    camera.open_stream().map_err(|error| fault(&error, During::Opening))?;
    let Format { kind, width, height, fps } = format;
    let facts = Facts {
        name: name.to_owned(),
        kind: CameraKind::Device,
        format: kind,
        width,
        height,
        fps: Some(fps),
    };
    let stride = agreed.map(|agreed| agreed.stride).filter(|&stride| stride > 0);
    Ok(Device { camera, facts, stride, seq: 0 })
}

/// Opens, and once more after freeing a device that stands at a state nokhwa cannot read.
fn camera(index: u32, wanted: RequestedFormatType) -> Result<Camera, CameraFault> {
    let open = || {
        let request = RequestedFormat::with_formats(wanted, &KINDS);
        Camera::new(CameraIndex::Index(index), request)
    };
    let opened = match open() {
        Err(NokhwaError::GetPropertyError { .. }) if system::free(index) => open(),
        opened => opened,
    };
    opened.map_err(|error| fault(&error, During::Opening))
}

impl Source for Device {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn next(&mut self) -> Result<Frame, SourceError> {
        let Facts { format: kind, width, height, .. } = self.facts;
        let buffer =
            self.camera.frame_raw().map_err(|error| match fault(&error, During::Reading) {
                CameraFault::Other(text) => SourceError::Frame(text),
                fault => SourceError::Gone(fault),
            })?;
        let at = Instant::now();
        let stride = self.stride.unwrap_or_else(|| stride(kind, width, height, buffer.len()));
        let stride = if kind == FrameKind::Mjpeg { 0 } else { stride };
        let mut frame = Frame {
            data: Bytes::new(),
            original: None,
            kind,
            width,
            height,
            stride,
            at,
            seq: self.seq,
        };
        frame.data = contents(buffer, &frame)?;
        self.seq += 1;
        Ok(frame)
    }
}

/// The frame's own bytes: a buffer is as long as the longest frame may be, 20 times a JPEG.
fn contents(buffer: Cow<'_, [u8]>, frame: &Frame) -> Result<Bytes, SourceError> {
    let lost = |why: String| SourceError::Frame(why);
    let length = match frame.kind {
        FrameKind::Mjpeg => mjpeg::trim(&buffer).map_err(|e| lost(e.to_string()))?.len(),
        _ => frame.bytes_needed().ok_or_else(|| lost("its rows are too short".to_owned()))?,
    };
    match buffer {
        Cow::Borrowed(buffer) => buffer.get(..length).map(Bytes::copy_from_slice),
        Cow::Owned(buffer) => (length <= buffer.len()).then(|| Bytes::from(buffer).slice(..length)),
    }
    .ok_or_else(|| lost("it is cut short".to_owned()))
}

/// Rows may be padded (macOS does): then the buffer is a whole number of longer rows.
fn stride(kind: FrameKind, width: u32, height: u32, length: usize) -> u32 {
    let row = kind.row_bytes(width as usize).unwrap_or(0);
    let rows = match kind {
        FrameKind::Nv12 => height + height.div_ceil(2),
        _ => height,
    } as usize;
    if rows > 0 && length.is_multiple_of(rows) {
        (length / rows).max(row) as u32
    } else {
        row as u32
    }
}

/// macOS asks the person, once for each terminal program; over SSH no dialog appears.
#[cfg(target_os = "macos")]
fn permission() -> Result<(), CameraFault> {
    use std::sync::mpsc;
    use std::time::Duration;

    /// Long enough to find the dialog and read it, within the time allowed for opening.
    const TIME_TO_ANSWER: Duration = Duration::from_secs(9);

    if nokhwa::nokhwa_check() {
        return Ok(());
    }
    let (answer, answered) = mpsc::sync_channel(1);
    nokhwa::nokhwa_initialize(move |granted| {
        let _ = answer.try_send(granted);
    });
    match answered.recv_timeout(TIME_TO_ANSWER) {
        Ok(true) => Ok(()),
        _ => Err(CameraFault::Forbidden),
    }
}

/// Others check when the device is opened.
#[cfg(not(target_os = "macos"))]
#[expect(clippy::unnecessary_wraps, reason = "macOS may refuse")]
fn permission() -> Result<(), CameraFault> {
    Ok(())
}

fn from_nokhwa(format: &CameraFormat) -> Format {
    let kind = match format.format() {
        FrameFormat::MJPEG => FrameKind::Mjpeg,
        FrameFormat::YUYV => FrameKind::Yuyv,
        FrameFormat::NV12 => FrameKind::Nv12,
        FrameFormat::GRAY => FrameKind::Gray,
        FrameFormat::RAWRGB => FrameKind::Rgb,
        FrameFormat::RAWBGR => FrameKind::Bgr,
    };
    Format { kind, width: format.width(), height: format.height(), fps: format.frame_rate() }
}

fn to_nokhwa(format: Format) -> CameraFormat {
    let kind = match format.kind {
        FrameKind::Mjpeg => FrameFormat::MJPEG,
        FrameKind::Yuyv => FrameFormat::YUYV,
        FrameKind::Nv12 => FrameFormat::NV12,
        FrameKind::Gray => FrameFormat::GRAY,
        FrameKind::Rgb => FrameFormat::RAWRGB,
        FrameKind::Bgr => FrameFormat::RAWBGR,
    };
    CameraFormat::new_from(format.width, format.height, kind, format.fps)
}

const KINDS: [FrameFormat; 6] = [
    FrameFormat::MJPEG,
    FrameFormat::NV12,
    FrameFormat::YUYV,
    FrameFormat::RAWRGB,
    FrameFormat::RAWBGR,
    FrameFormat::GRAY,
];

/// Formats tried before a camera is given up.
const MAX_TRIES: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: FrameKind, stride: u32) -> Frame {
        let at = Instant::now();
        Frame { data: Bytes::new(), original: None, kind, width: 4, height: 2, stride, at, seq: 0 }
    }

    #[test]
    fn padded_rows_are_noticed() {
        assert_eq!(stride(FrameKind::Rgb, 4, 2, 24), 12);
        assert_eq!(stride(FrameKind::Rgb, 4, 2, 32), 16);
        assert_eq!(stride(FrameKind::Nv12, 4, 2, 24), 8);
        // A buffer rounded up to pages tells nothing about rows.
        assert_eq!(stride(FrameKind::Rgb, 4, 3, 4096), 12);
    }

    #[test]
    fn a_buffer_is_cut_to_the_frame() {
        let cut = contents(Cow::Borrowed(&[7; 4096]), &frame(FrameKind::Yuyv, 8)).expect("whole");
        assert_eq!(cut.len(), 16);
        assert!(contents(Cow::Borrowed(&[7; 15]), &frame(FrameKind::Yuyv, 8)).is_err());
        assert!(contents(Cow::Borrowed(&[0xFF, 0xD8, 0, 0]), &frame(FrameKind::Mjpeg, 0)).is_err());
    }
}
