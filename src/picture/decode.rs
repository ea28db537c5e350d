//! Encoded pictures from outside to pixels, within limits.
//!
//! What a picture will take is worked out from its headers and refused before memory is taken.
//! Each error is a sentence for a person; no bytes make this panic.

use std::error::Error as StdError;
use std::io::{self, Cursor};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::limits::{DecodeError, Limits};
use super::mjpeg::{self, JpegError, Outline};
use super::photo::PhotoKind;
use image::metadata::Orientation;
use image::{
    ColorType, DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, RgbImage,
};

/// What the headers of a picture say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// By the first bytes, whatever its name is.
    pub kind: PhotoKind,
    /// In pixels, as it is shown: orientation is applied.
    pub width: u32,
    /// In pixels, as it is shown.
    pub height: u32,
}

/// Type and size of a picture by its headers. Nothing is decoded and no size is refused.
pub fn probe(bytes: &[u8]) -> Result<Facts, DecodeError> {
    headers(bytes).map(|headers| headers.facts)
}

/// What the headers of a picture say, and how it is turned for that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Headers {
    pub facts: Facts,
    pub orientation: Orientation,
}

pub(super) fn headers(bytes: &[u8]) -> Result<Headers, DecodeError> {
    unwind_safe(|| {
        let (kind, mut decoder) = open(bytes, &Limits { memory: PROBE_MEMORY, ..Limits::NONE })?;
        let (width, height) = decoder.dimensions();
        let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        let (width, height) = if turns(orientation) { (height, width) } else { (width, height) };
        Ok(Headers { facts: Facts { kind, width, height }, orientation })
    })
}

/// The picture's pixels as they are to be shown: turned as its EXIF says, transparent parts
/// on white, of an animation the first frame.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<RgbImage, DecodeError> {
    unwind_safe(|| {
        let length = bytes.len() as u64;
        if length > limits.bytes {
            return Err(DecodeError::TooLong { bytes: length, limit: limits.bytes });
        }
        let outline = jpeg_outline(bytes)?;
        if let Some(Outline { width, height, .. }) = outline {
            limits.check_size(width, height)?;
        }
        let (_, mut decoder) = open(bytes, limits)?;
        let (width, height) = decoder.dimensions();
        limits.check_size(width, height)?;
        let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        let progressive = outline.is_some_and(|outline| outline.progressive);
        if memory_needed(&decoder, orientation, progressive) > limits.memory {
            return Err(DecodeError::TooMuchMemory { limit: limits.memory });
        }
        let mut image = DynamicImage::from_decoder(decoder).map_err(|e| told(e, bytes, limits))?;
        image.apply_orientation(orientation);
        Ok(on_white(image))
    })
}

/// A decoder that has read the headers and no more.
fn open<'a>(
    bytes: &'a [u8],
    limits: &Limits,
) -> Result<(PhotoKind, impl ImageDecoder + 'a), DecodeError> {
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|_| DecodeError::NotAPicture)?;
    let kind = match reader.format() {
        Some(ImageFormat::Jpeg) => PhotoKind::Jpeg,
        Some(ImageFormat::Png) => PhotoKind::Png,
        Some(ImageFormat::WebP) => PhotoKind::Webp,
        Some(ImageFormat::Gif) => PhotoKind::Gif,
        Some(ImageFormat::Bmp) => PhotoKind::Bmp,
        _ => return Err(DecodeError::NotAPicture),
    };
    let mut caps = image::Limits::no_limits();
    caps.max_alloc = Some(limits.memory);
    reader.limits(caps);
    let decoder = reader.into_decoder().map_err(|error| told(error, bytes, limits))?;
    Ok((kind, decoder))
}

/// Decoders take a JPEG without its end for a whole one, with gray where it stops: so its
/// markers are followed to the end first.
fn jpeg_outline(bytes: &[u8]) -> Result<Option<Outline>, DecodeError> {
    match mjpeg::outline(bytes) {
        Ok(outline) => Ok(Some(outline)),
        Err(JpegError::NotJpeg) => Ok(None),
        Err(JpegError::Truncated) if bytes.len() < 3 => Ok(None),
        Err(JpegError::Truncated) => Err(DecodeError::Truncated),
        Err(error @ JpegError::Damaged) => Err(DecodeError::Damaged(Some(error.into()))),
    }
}

/// Bytes that decoding, turning and making RGB hold at one time, at most.
fn memory_needed(decoder: &impl ImageDecoder, orientation: Orientation, progressive: bool) -> u64 {
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    let as_stored = decoder.total_bytes();
    let turned = if turns(orientation) { as_stored } else { 0 };
    let rgb = if decoder.color_type() == ColorType::Rgb8 { 0 } else { pixels * 3 };
    // A progressive JPEG keeps two bytes a coefficient of three colours until its last pass.
    let coefficients = if progressive { pixels * 6 } else { 0 };
    as_stored.saturating_add(turned.max(rgb).max(coefficients))
}

/// Whether width and height change places.
fn turns(orientation: Orientation) -> bool {
    matches!(
        orientation,
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    )
}

fn on_white(image: DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.into_rgb8();
    }
    let over = |value: u8, alpha: u8| {
        let (value, alpha) = (u16::from(value), u16::from(alpha));
        ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8
    };
    let image = image.into_rgba8();
    let (width, height) = image.dimensions();
    let data = image
        .pixels()
        .flat_map(|&image::Rgba([red, green, blue, a])| [red, green, blue].map(|v| over(v, a)))
        .collect();
    RgbImage::from_raw(width, height, data).unwrap_or_default()
}

/// The decoder's words in one of ours.
fn told(error: ImageError, bytes: &[u8], limits: &Limits) -> DecodeError {
    match error {
        ImageError::Limits(_) => DecodeError::TooMuchMemory { limit: limits.memory },
        ImageError::IoError(io) if ends_early(&io) => DecodeError::Truncated,
        error if causes(&error).any(|e| e.downcast_ref().is_some_and(ends_early)) => {
            DecodeError::Truncated
        }
        _ if lacks_its_end(bytes) => DecodeError::Truncated,
        error => DecodeError::Damaged(Some(error.into())),
    }
}

/// Whether a WebP is shorter than it says, or a GIF has no trailer: their decoders call both
/// damaged.
fn lacks_its_end(bytes: &[u8]) -> bool {
    match *bytes {
        [b'R', b'I', b'F', b'F', a, b, c, d, b'W', b'E', b'B', b'P', ..] => {
            let after_these = u64::from(u32::from_le_bytes([a, b, c, d]));
            (bytes.len() as u64) < after_these + 8
        }
        [b'G', b'I', b'F', .., last] => last != b';',
        _ => false,
    }
}

fn ends_early(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::UnexpectedEof
}

fn causes(error: &ImageError) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    std::iter::successors(error.source(), |&error| error.source())
}

/// A decoder's own slip on strange bytes costs that picture, not the program.
fn unwind_safe<T>(work: impl FnOnce() -> Result<T, DecodeError>) -> Result<T, DecodeError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(DecodeError::Damaged(None)))
}

/// Bytes that headers alone may take, colour profiles and the like.
const PROBE_MEMORY: u64 = 64 << 20;

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;
    use proptest::prelude::*;

    const FORMATS: [ImageFormat; 5] = [
        ImageFormat::Jpeg,
        ImageFormat::Png,
        ImageFormat::WebP,
        ImageFormat::Gif,
        ImageFormat::Bmp,
    ];

    fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        image.write_to(&mut out, format).expect("a small picture encodes");
        out.into_inner()
    }

    fn sample() -> DynamicImage {
        RgbImage::from_fn(40, 30, |x, y| Rgb([(x * 6) as u8, (y * 8) as u8, 90])).into()
    }

    fn sentence(bytes: &[u8]) -> String {
        decode(bytes, &Limits::default()).expect_err("refused").to_string()
    }

    /// A whole picture in 26 bytes of header, as far as its size goes.
    fn bmp_header(width: u32, height: u32) -> Vec<u8> {
        let mut bmp = encoded(&RgbImage::new(1, 1).into(), ImageFormat::Bmp);
        bmp[18..22].copy_from_slice(&width.to_le_bytes());
        bmp[22..26].copy_from_slice(&height.to_le_bytes());
        bmp
    }

    #[test]
    fn each_format_is_known_by_its_bytes_and_decoded() {
        for format in FORMATS {
            let bytes = encoded(&sample(), format);
            let facts = probe(&bytes).expect("whole");
            assert_eq!((facts.width, facts.height), (40, 30), "{format:?}");
            assert_eq!(Some(facts.kind.mime()), Some(format.to_mime_type()));
            let image = decode(&bytes, &Limits::default()).expect("whole");
            assert_eq!(image.dimensions(), (40, 30), "{format:?}");
        }
    }

    #[test]
    fn a_picture_50_000_pixels_wide_is_refused() {
        assert_eq!(
            sentence(&bmp_header(50_000, 2)),
            "picture of 50000x2 pixels is too wide or too high to show: up to 32768 are"
        );
    }

    #[test]
    fn a_bomb_is_refused() {
        assert_eq!(
            sentence(&bmp_header(30_000, 30_000)),
            "picture of 30000x30000 pixels is too large to show: up to 100 million are"
        );
    }

    #[test]
    fn a_truncated_picture_is_told_from_a_damaged_one() {
        for format in FORMATS {
            let bytes = encoded(&sample(), format);
            assert_eq!(
                sentence(&bytes[..bytes.len() * 2 / 3]),
                "picture is cut short: the end of the file is missing",
                "{format:?}"
            );
        }
    }

    #[test]
    fn what_is_no_picture_is_told_what_would_be() {
        for bytes in [&b""[..], b"\xFF", b"\xFF\xD8", b"hello", b"%PDF-1.7"] {
            assert_eq!(
                sentence(bytes),
                "not a picture that can be shown: JPEG, PNG, WebP, GIF and BMP can"
            );
        }
    }

    #[test]
    fn a_file_too_long_is_not_looked_at() {
        let limits = Limits { bytes: 2_000_000, ..Limits::default() };
        let error = decode(&vec![0; 3_000_000], &limits).expect_err("too long");
        assert_eq!(error.to_string(), "picture of 3 MB is too long to show: up to 2 MB are");
    }

    #[test]
    fn memory_is_counted_before_it_is_taken() {
        let limits = Limits { memory: 3_000, ..Limits::default() };
        for format in FORMATS {
            let refused = decode(&encoded(&sample(), format), &limits);
            assert!(matches!(refused, Err(DecodeError::TooMuchMemory { .. })), "{format:?}");
        }
    }

    #[test]
    fn a_picture_is_turned_as_its_exif_says() {
        // Orientation 6: the camera stood on its right side.
        let exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
        let mut jpeg = Vec::new();
        let mut encoder = jpeg_encoder::Encoder::new(&mut jpeg, 95);
        encoder.add_app_segment(1, exif.to_vec()).expect("short enough");
        let image = RgbImage::from_fn(32, 16, |x, _| Rgb([if x < 16 { 255 } else { 0 }; 3]));
        encoder.encode(&image, 32, 16, jpeg_encoder::ColorType::Rgb).expect("encodes");
        let facts = probe(&jpeg).expect("whole");
        assert_eq!((facts.width, facts.height), (16, 32));
        let image = decode(&jpeg, &Limits::default()).expect("whole");
        assert_eq!(image.dimensions(), (16, 32));
        assert!(image.get_pixel(8, 4)[0] > 200 && image.get_pixel(8, 28)[0] < 50);
    }

    #[test]
    fn what_is_transparent_is_shown_on_white() {
        let glass = image::RgbaImage::from_pixel(4, 4, image::Rgba([0, 0, 0, 0]));
        let image = decode(&encoded(&glass.into(), ImageFormat::Png), &Limits::default());
        assert_eq!(image.expect("whole").get_pixel(0, 0), &Rgb([255; 3]));
    }

    proptest! {
        #[test]
        fn damaged_pictures_of_any_format_are_shown_or_refused(
            format in proptest::sample::select(&FORMATS[..]),
            flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
            length in any::<prop::sample::Index>(),
        ) {
            let mut bytes = encoded(&sample(), format);
            for (at, value) in flips {
                let at = at.index(bytes.len());
                bytes[at] = value;
            }
            bytes.truncate(length.index(bytes.len() * 3));
            let limits = Limits { pixels: 1_000_000, memory: 8_000_000, ..Limits::default() };
            if let Ok(image) = decode(&bytes, &limits) {
                prop_assert!(image.width() * image.height() <= 1_000_000);
            }
            let _ = probe(&bytes);
        }
    }
}
