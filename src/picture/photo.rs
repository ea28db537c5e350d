//! A photo: encoded bytes and the facts about them; snapped from a frame or taken from a file.
//!
//! Bytes from outside are looked at by their headers alone; [`decode`](super::decode()) turns
//! them into pixels. What they claim about themselves (a name, a type) is not asked.

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use image::{ImageFormat, RgbImage};
use jpeg_encoder::{ColorType, Encoder, EncodingError};
use thiserror::Error;

use super::convert::{FrameError, to_rgb};
use super::decode::probe;
use super::frame::{Frame, FrameKind};
use super::limits::DecodeError;
use super::metadata::{Metadata, clean};
use super::mjpeg;

/// An encoded picture. Cheap to clone: the bytes are shared.
#[derive(Clone, PartialEq, Eq)]
pub struct Photo {
    /// The picture as it is stored and sent.
    pub bytes: Bytes,
    /// What the bytes are.
    pub kind: PhotoKind,
    /// In pixels, as it is shown: orientation is applied.
    pub width: u32,
    /// In pixels, as it is shown.
    pub height: u32,
}

/// The formats that are read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PhotoKind {
    /// JPEG (ITU-T T.81).
    Jpeg,
    /// PNG.
    Png,
    /// WebP, lossy or not; of an animated one the first frame.
    Webp,
    /// GIF; of an animated one the first frame.
    Gif,
    /// Windows bitmap.
    Bmp,
}

/// How good a JPEG is made, from 1 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quality(u8);

/// Why there is no photo.
#[derive(Debug, Error)]
pub enum PhotoError {
    /// The frame is no picture; the next may be.
    #[error("the frame cannot be read")]
    Frame(#[from] FrameError),
    /// The picture is larger than JPEG allows: 65,535 pixels a side.
    #[error("the picture cannot be encoded")]
    Encode(#[from] EncodingError),
}

/// A quality outside 1 to 100.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("quality is a number from 1 to 100, not `{0}`")]
pub struct QualityError(String);

impl Photo {
    /// Snaps: a frame that is a JPEG already stays as it is, trimmed and with the tables it
    /// lacks (no loss, no work), and so does one that was decoded of a JPEG file, but for the
    /// metadata; any other is encoded at full size.
    pub fn from_frame(
        frame: &Frame,
        quality: Quality,
        metadata: Metadata,
    ) -> Result<Self, PhotoError> {
        if frame.kind == FrameKind::Mjpeg {
            let (bytes, outline) = mjpeg::complete(&frame.data).map_err(FrameError::from)?;
            let (width, height) = (outline.width, outline.height);
            return Ok(Self { bytes, kind: PhotoKind::Jpeg, width, height });
        }
        let original = frame.original.as_ref().and_then(|original| match metadata {
            Metadata::Cleaned => clean(original).ok(),
            Metadata::Kept => Some(original.clone()),
        });
        match original {
            Some(bytes) => {
                let Frame { width, height, .. } = *frame;
                Ok(Self { bytes, kind: PhotoKind::Jpeg, width, height })
            }
            None => Self::encode(&to_rgb(frame)?, quality),
        }
    }

    /// Encodes pixels as a JPEG that carries nothing else: no EXIF, no position.
    pub fn encode(image: &RgbImage, quality: Quality) -> Result<Self, PhotoError> {
        let (width, height) = image.dimensions();
        let mut bytes = Vec::with_capacity(image.as_raw().len() / 8);
        // A side beyond 16 bits is told as 0, which the encoder refuses.
        let side = |pixels: u32| u16::try_from(pixels).unwrap_or(0);
        Encoder::new(&mut bytes, quality.0).encode(
            image.as_raw(),
            side(width),
            side(height),
            ColorType::Rgb,
        )?;
        Ok(Self { bytes: bytes.into(), kind: PhotoKind::Jpeg, width, height })
    }

    /// A photo from outside, by its headers: nothing is decoded and no size is refused.
    pub fn from_bytes(bytes: Bytes) -> Result<Self, DecodeError> {
        let facts = probe(&bytes)?;
        Ok(Self { bytes, kind: facts.kind, width: facts.width, height: facts.height })
    }
}

impl fmt::Debug for Photo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bytes, kind, width, height } = self;
        write!(f, "Photo {{ {kind:?} {width}x{height}, {} bytes }}", bytes.len())
    }
}

impl PhotoKind {
    /// As in a `Content-Type`.
    pub fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Gif => "image/gif",
            Self::Bmp => "image/bmp",
        }
    }

    /// What a file is that begins with these bytes, if it is one of these.
    pub fn of(head: &[u8]) -> Option<Self> {
        Some(match image::guess_format(head).ok()? {
            ImageFormat::Jpeg => Self::Jpeg,
            ImageFormat::Png => Self::Png,
            ImageFormat::WebP => Self::Webp,
            ImageFormat::Gif => Self::Gif,
            ImageFormat::Bmp => Self::Bmp,
            _ => return None,
        })
    }

    /// The second half of its media type.
    pub fn subtype(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::Webp => "webp",
            Self::Gif => "gif",
            Self::Bmp => "bmp",
        }
    }

    /// The usual end of a file name, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Webp => "webp",
            Self::Gif => "gif",
            Self::Bmp => "bmp",
        }
    }
}

impl Quality {
    /// A quality from 1 to 100; `None` for any other number.
    pub fn new(quality: u8) -> Option<Self> {
        (1..=100).contains(&quality).then_some(Self(quality))
    }
}

impl Default for Quality {
    /// 90: a 1080p photo of some 400 KB without visible faults.
    fn default() -> Self {
        Self(90)
    }
}

impl FromStr for Quality {
    type Err = QualityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.trim().parse().ok().and_then(Self::new);
        number.ok_or_else(|| QualityError(text.to_owned()))
    }
}

impl fmt::Display for Quality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::picture::{Limits, decode};

    fn frame(kind: FrameKind, width: u32, height: u32, stride: u32, data: Bytes) -> Frame {
        let at = Instant::now();
        Frame { data, original: None, kind, width, height, stride, at, seq: 0 }
    }

    fn snap(frame: &Frame) -> Result<Photo, PhotoError> {
        Photo::from_frame(frame, Quality::default(), Metadata::Cleaned)
    }

    #[test]
    fn a_jpeg_frame_is_the_photo_byte_for_byte() {
        let image = RgbImage::from_pixel(40, 30, image::Rgb([200, 100, 50]));
        let jpeg = Photo::encode(&image, Quality::default()).expect("encodes").bytes;
        let mut buffer = jpeg.to_vec();
        buffer.resize(100_000, 0);
        // The size in the bytes counts, not the one that was agreed with the driver.
        let photo = snap(&frame(FrameKind::Mjpeg, 1, 1, 0, buffer.into())).expect("whole");
        assert_eq!(photo, Photo { bytes: jpeg, kind: PhotoKind::Jpeg, width: 40, height: 30 });
    }

    #[test]
    fn raw_pixels_are_encoded_at_full_size_and_look_the_same() {
        let data: Vec<u8> = (0..64 * 48).flat_map(|i| [(i % 64 * 4) as u8, 128, 60]).collect();
        let raw = frame(FrameKind::Rgb, 64, 48, 192, data.clone().into());
        let photo = snap(&raw).expect("whole");
        let back = decode(&photo.bytes, &Limits::default()).expect("our own");
        assert_eq!(back.dimensions(), (64, 48));
        let apart: u64 = back.iter().zip(&data).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        assert!(apart / (data.len() as u64) < 3, "mean difference of {apart} in all");
    }

    #[test]
    fn a_truncated_frame_is_no_photo() {
        let image = RgbImage::new(16, 16);
        let jpeg = Photo::encode(&image, Quality::default()).expect("encodes").bytes;
        let cut = frame(FrameKind::Mjpeg, 16, 16, 0, jpeg.slice(..jpeg.len() - 2));
        assert!(matches!(
            snap(&cut),
            Err(PhotoError::Frame(FrameError::Jpeg(mjpeg::JpegError::Truncated)))
        ));
    }

    #[test]
    fn quality_is_a_number_from_1_to_100() {
        assert_eq!("85".parse(), Ok(Quality(85)));
        let error = "0".parse::<Quality>().expect_err("too low").to_string();
        assert_eq!(error, "quality is a number from 1 to 100, not `0`");
    }
}
