//! Frames to RGB pictures: at full size for photos, straight down to a small size for previews.
//!
//! Going straight down averages the camera's own planes and turns only the pixels that are
//! left into RGB. //! A frame shorter than it says is an error; no bytes make this panic.

use image::RgbImage;
use thiserror::Error;
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::average::{Rows, WHOLE_ROW, Weights};
use super::frame::{Frame, FrameKind};
use super::mjpeg::{self, JpegError};
use super::scale::{Light, scale};
use super::yuv::Chroma;

/// Why a frame gives no picture. The next frame may.
#[derive(Debug, Error)]
pub enum FrameError {
    /// Fewer bytes than its size calls for.
    #[error("frame is cut short: {got} of {needed} bytes")]
    Short {
        /// Bytes there are.
        got: usize,
        /// Bytes its size and kind call for.
        needed: usize,
    },
    /// No pixels, rows longer than their distance, or more pixels than [`MAX_PIXELS`].
    #[error("frame of an impossible size: {width}x{height}")]
    Size {
        /// In pixels.
        width: u32,
        /// In pixels.
        height: u32,
    },
    /// Its markers do not make a whole JPEG.
    #[error("frame is not a whole JPEG picture")]
    Jpeg(#[from] JpegError),
    /// The decoder gave up.
    #[error("frame cannot be decoded")]
    Decode(#[from] zune_jpeg::errors::DecodeErrors),
}

/// Most pixels a frame may have: 8K video is half of it.
pub const MAX_PIXELS: u64 = 64 << 20;

/// The frame at full size.
pub fn to_rgb(frame: &Frame) -> Result<RgbImage, FrameError> {
    check(frame)?;
    let (width, height) = (frame.width as usize, frame.height as usize);
    let stride = frame.stride as usize;
    let row_bytes = frame.kind.row_bytes(width).unwrap_or(0);
    if frame.kind == FrameKind::Mjpeg {
        return decode(frame);
    }
    let mut out = RgbImage::new(frame.width, frame.height);
    for (y, line) in out.chunks_exact_mut(width * 3).enumerate() {
        let row = &frame.data[y * stride..y * stride + row_bytes];
        match frame.kind {
            FrameKind::Mjpeg => {}
            FrameKind::Yuyv => {
                let (pairs, _) = row.as_chunks();
                for (&[y0, u, y1, v], out) in pairs.iter().zip(line.chunks_mut(6)) {
                    Chroma::new(u, v).put([y0, y1], out);
                }
            }
            FrameKind::Nv12 => {
                let start = (height + y / 2) * stride;
                let (colours, _) = frame.data[start..start + row_bytes].as_chunks();
                let (lumas, _) = row.as_chunks();
                let pairs = lumas.iter().zip(colours);
                for ((&lumas, &[u, v]), out) in pairs.zip(line.chunks_mut(6)) {
                    Chroma::new(u, v).put(lumas, out);
                }
            }
            FrameKind::Rgb => line.copy_from_slice(row),
            FrameKind::Bgr => {
                let (pixels, _) = line.as_chunks_mut();
                let (samples, _) = row.as_chunks();
                for (pixel, &[blue, green, red]) in pixels.iter_mut().zip(samples) {
                    *pixel = [red, green, blue];
                }
            }
            FrameKind::Gray => {
                for (pixel, &gray) in line.chunks_exact_mut(3).zip(row) {
                    pixel.fill(gray);
                }
            }
        }
    }
    Ok(out)
}

/// The frame at exactly this size, in pixels; averaged as stored ([`Light::Gamma`]).
pub fn to_rgb_at(frame: &Frame, width: u32, height: u32) -> Result<RgbImage, FrameError> {
    check(frame)?;
    if width == 0 || height == 0 {
        return Ok(RgbImage::new(width, height));
    }
    let mut out = RgbImage::new(width, height);
    let pairs = frame.width.div_ceil(2);
    match frame.kind {
        FrameKind::Mjpeg => return Ok(scale(&decode(frame)?, width, height, Light::Gamma)),
        FrameKind::Yuyv => {
            let luma = Channel { first: 0, step: 2, count: frame.width };
            let u = Channel { first: 1, step: 4, count: pairs };
            let v = Channel { first: 3, step: 4, count: pairs };
            average(&rows(frame, 0, frame.height), [luma, u, v].into_iter().zip(0..), &mut out);
        }
        FrameKind::Nv12 => {
            let luma = Channel { first: 0, step: 1, count: frame.width };
            let u = Channel { first: 0, step: 2, count: pairs };
            let v = Channel { first: 1, step: 2, count: pairs };
            average(&rows(frame, 0, frame.height), [(luma, 0)].into_iter(), &mut out);
            let colours = rows(frame, frame.height, frame.height.div_ceil(2));
            average(&colours, [(u, 1), (v, 2)].into_iter(), &mut out);
        }
        FrameKind::Rgb | FrameKind::Bgr => {
            let channel = |first| Channel { first, step: 3, count: frame.width };
            let order = if frame.kind == FrameKind::Rgb { [0, 1, 2] } else { [2, 1, 0] };
            let channels = order.map(channel).into_iter().zip(0..);
            average(&rows(frame, 0, frame.height), channels, &mut out);
        }
        FrameKind::Gray => {
            let channels = (0..3).map(|to| (Channel { first: 0, step: 1, count: frame.width }, to));
            average(&rows(frame, 0, frame.height), channels, &mut out);
        }
    }
    if matches!(frame.kind, FrameKind::Yuyv | FrameKind::Nv12) {
        for pixel in out.pixels_mut() {
            let [luma, u, v] = pixel.0;
            pixel.0 = Chroma::new(u, v).rgb(luma);
        }
    }
    Ok(out)
}

/// Afterwards every row that the frame's facts speak of is there.
fn check(frame: &Frame) -> Result<(), FrameError> {
    let size = FrameError::Size { width: frame.width, height: frame.height };
    if u64::from(frame.width) * u64::from(frame.height) > MAX_PIXELS {
        return Err(size);
    }
    let needed = frame.bytes_needed().ok_or(size)?;
    if frame.data.len() < needed {
        return Err(FrameError::Short { got: frame.data.len(), needed });
    }
    Ok(())
}

fn decode(frame: &Frame) -> Result<RgbImage, FrameError> {
    let (jpeg, outline) = mjpeg::complete(&frame.data)?;
    let (width, height) = (outline.width, outline.height);
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(FrameError::Size { width, height });
    }
    let options = DecoderOptions::new_fast()
        .set_max_width(width as usize)
        .set_max_height(height as usize)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let pixels = JpegDecoder::new_with_options(ZCursor::new(&jpeg[..]), options).decode()?;
    RgbImage::from_raw(width, height, pixels).ok_or(FrameError::Size { width, height })
}

fn rows(frame: &Frame, first: u32, count: u32) -> Rows<'_> {
    let stride = frame.stride as usize;
    let row_bytes = frame.kind.row_bytes(frame.width as usize).unwrap_or(0);
    Rows { data: &frame.data[first as usize * stride..], stride, row_bytes, count }
}

/// Where one channel's samples stand in a row.
struct Channel {
    first: usize,
    step: usize,
    count: u32,
}

/// Averages each channel of the rows into the one of `out` it is paired with.
fn average(rows: &Rows<'_>, channels: impl Iterator<Item = (Channel, usize)>, out: &mut RgbImage) {
    let (width, height) = out.dimensions();
    let channels: Vec<_> = channels
        .map(|(channel, to)| (Weights::new(channel.count, width, WHOLE_ROW), channel, to))
        .collect();
    let mut lines = out.chunks_exact_mut(width as usize * 3);
    rows.average(height, |row| {
        let Some(line) = lines.next() else { return };
        for (across, channel, to) in &channels {
            across.along(row, channel.first, channel.step, line, *to, 3);
        }
    });
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use bytes::Bytes;
    use image::Rgb;
    use proptest::prelude::*;

    const RAW: [FrameKind; 5] =
        [FrameKind::Yuyv, FrameKind::Nv12, FrameKind::Rgb, FrameKind::Bgr, FrameKind::Gray];

    fn frame(kind: FrameKind, width: u32, height: u32, stride: u32, data: Vec<u8>) -> Frame {
        let (data, at) = (Bytes::from(data), Instant::now());
        Frame { data, original: None, kind, width, height, stride, at, seq: 0 }
    }

    #[test]
    fn each_kind_shows_red_as_red() {
        // BT.601, narrow range: red is Y 82, U 90, V 240.
        let red = |kind, data: Vec<u8>, stride| {
            let frame = frame(kind, 2, 2, stride, data);
            let full = to_rgb(&frame).expect("whole");
            let small = to_rgb_at(&frame, 1, 1).expect("whole");
            assert!(full.pixels().all(|pixel| pixel == small.get_pixel(0, 0)), "{kind}");
            *small.get_pixel(0, 0)
        };
        let near = |pixel: Rgb<u8>| pixel[0] >= 253 && pixel[1] <= 2 && pixel[2] <= 2;
        assert!(near(red(FrameKind::Yuyv, [82, 90, 82, 240].repeat(2), 4)));
        assert!(near(red(FrameKind::Nv12, vec![82, 82, 82, 82, 90, 240], 2)));
        assert!(near(red(FrameKind::Rgb, [255, 0, 0].repeat(4), 6)));
        assert!(near(red(FrameKind::Bgr, [0, 0, 255].repeat(4), 6)));
    }

    #[test]
    fn padding_at_the_end_of_rows_is_not_shown() {
        let data = vec![10, 20, 99, 99, 30, 40];
        let full = to_rgb(&frame(FrameKind::Gray, 2, 2, 4, data)).expect("whole");
        assert_eq!(full.as_raw()[..], [10, 10, 10, 20, 20, 20, 30, 30, 30, 40, 40, 40]);
    }

    #[test]
    fn a_missing_byte_is_an_error() {
        for kind in RAW {
            let mut whole = frame(kind, 5, 3, 20, vec![7; 200]);
            let needed = whole.bytes_needed().expect("possible");
            whole.data.truncate(needed);
            assert!(to_rgb(&whole).is_ok() && to_rgb_at(&whole, 2, 2).is_ok(), "{kind}");
            whole.data.truncate(needed - 1);
            assert!(matches!(to_rgb(&whole), Err(FrameError::Short { .. })), "{kind}");
            assert!(matches!(to_rgb_at(&whole, 2, 2), Err(FrameError::Short { .. })), "{kind}");
        }
    }

    #[test]
    fn more_pixels_than_any_camera_has_are_refused_before_memory_is_taken() {
        let huge = frame(FrameKind::Gray, 50_000, 50_000, 50_000, vec![0; 10]);
        assert!(matches!(to_rgb(&huge), Err(FrameError::Size { .. })));
    }

    proptest! {
        #[test]
        fn any_frame_gives_a_picture_of_the_size_asked_for_or_an_error(
            kind in prop_oneof![4 => proptest::sample::select(&RAW[..]), 1 => Just(FrameKind::Mjpeg)],
            width in prop_oneof![0..40_u32, any::<u32>()],
            height in prop_oneof![0..40_u32, any::<u32>()],
            stride in prop_oneof![0..130_u32, any::<u32>()],
            data in proptest::collection::vec(any::<u8>(), 0..4000),
            (new_width, new_height) in (0..50_u32, 0..50_u32),
        ) {
            let frame = frame(kind, width, height, stride, data);
            if let Ok(full) = to_rgb(&frame) {
                prop_assert_eq!(full.dimensions(), (width, height));
                let small = to_rgb_at(&frame, new_width, new_height).expect("it is whole");
                prop_assert_eq!(small.dimensions(), (new_width, new_height));
            }
        }

        #[test]
        fn straight_down_looks_like_full_size_then_down(
            kind in proptest::sample::select(&RAW[..]),
            // Middling values: none is clipped on the way to RGB.
            data in proptest::collection::vec(100..150_u8, 32 * 24 * 3),
        ) {
            let frame = frame(kind, 32, 24, kind.row_bytes(32).expect("small") as u32, data);
            let straight = to_rgb_at(&frame, 8, 6).expect("whole");
            let round_about = scale(&to_rgb(&frame).expect("whole"), 8, 6, Light::Gamma);
            for (a, b) in straight.iter().zip(round_about.iter()) {
                prop_assert!(a.abs_diff(*b) <= 3, "{} and {}", a, b);
            }
        }

        #[test]
        fn a_damaged_jpeg_is_shown_or_refused(flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..20)) {
            let mut jpeg = Vec::new();
            let pixels: Vec<u8> = (0..48 * 32 * 3).map(|i| (i * 7 % 251) as u8).collect();
            jpeg_encoder::Encoder::new(&mut jpeg, 70)
                .encode(&pixels, 48, 32, jpeg_encoder::ColorType::Rgb)
                .expect("encodes");
            for (at, value) in flips {
                let at = at.index(jpeg.len());
                jpeg[at] = value;
            }
            let _ = to_rgb(&frame(FrameKind::Mjpeg, 48, 32, 0, jpeg));
        }
    }
}
