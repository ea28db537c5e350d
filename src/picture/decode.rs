//! Encoded pictures from outside to pixels, within limits.
//!
//! What a picture will take is worked out from its headers and refused before memory is taken.
//! Each error is a sentence for a person; no bytes make this panic.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::io::{self, Cursor};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::jpeg::{self, JpegError};
use super::limits::{DecodeError, Limits};
use super::mjpeg;
use super::photo::PhotoKind;
use super::webp;
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
        let Opened { kind, decoder, orientation, .. } = open(bytes, &Limits::NONE)?;
        let (width, height) = decoder.dimensions();
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
        let mut opened = open(bytes, limits)?;
        let (width, height) = opened.decoder.dimensions();
        limits.check_size(width, height)?;
        let left = limits.memory.checked_sub(memory_needed(&opened));
        let left = left.ok_or(DecodeError::TooMuchMemory { limit: limits.memory })?;
        let told = |error| told(error, bytes, limits);
        // A frame of a GIF may be larger than its picture.
        opened.decoder.set_limits(allowing(left)).map_err(told)?;
        let mut image = DynamicImage::from_decoder(opened.decoder).map_err(told)?;
        image.apply_orientation(opened.orientation);
        Ok(on_white(image))
    })
}

/// A picture whose headers were read, and no more.
struct Opened<D> {
    kind: PhotoKind,
    decoder: D,
    orientation: Orientation,
    /// Bytes a pixel that decoding takes besides the pixels.
    scratch: u64,
}

/// Reads the headers; what decoders would take on trust is checked before.
fn open<'a>(
    bytes: &'a [u8],
    limits: &Limits,
) -> Result<Opened<impl ImageDecoder + 'a>, DecodeError> {
    let mut reader = ImageReader::new(Cursor::new(Cow::Borrowed(bytes)))
        .with_guessed_format()
        .map_err(|_| DecodeError::NotAPicture)?;
    let mut scratch = 0;
    let kind = match reader.format() {
        Some(ImageFormat::Jpeg) => {
            let outline = told_of_jpeg(mjpeg::outline(bytes))?;
            limits.check_size(outline.width, outline.height)?;
            // Two bytes a coefficient.
            scratch = 2 * u64::from(outline.held);
            let essence = Cursor::new(Cow::Owned(told_of_jpeg(jpeg::essence(bytes))?));
            reader = ImageReader::with_format(essence, ImageFormat::Jpeg);
            PhotoKind::Jpeg
        }
        Some(ImageFormat::Png) => PhotoKind::Png,
        Some(ImageFormat::WebP) => {
            let checked = webp::check(bytes, limits)?;
            let own = Cursor::new(Cow::Borrowed(checked.own));
            reader = ImageReader::with_format(own, ImageFormat::WebP);
            // Of an animation: a frame, the same in RGBA, and the canvas that it is put on.
            scratch = if checked.animated { 10 } else { 4 };
            PhotoKind::Webp
        }
        Some(ImageFormat::Gif) => PhotoKind::Gif,
        Some(ImageFormat::Bmp) => PhotoKind::Bmp,
        _ => return Err(DecodeError::NotAPicture),
    };
    // For a PNG's profile of colours and its texts, which may be packed a thousand times over.
    reader.limits(allowing(limits.memory.min(HEADERS_MEMORY)));
    let mut decoder = reader.into_decoder().map_err(|error| told(error, bytes, limits))?;
    let orientation = match kind {
        PhotoKind::Jpeg => jpeg::exif(bytes).and_then(Orientation::from_exif_chunk),
        _ => decoder.orientation().ok(),
    };
    let orientation = orientation.unwrap_or(Orientation::NoTransforms);
    Ok(Opened { kind, decoder, orientation, scratch })
}

fn allowing(memory: u64) -> image::Limits {
    let mut limits = image::Limits::no_limits();
    limits.max_alloc = Some(memory);
    limits
}

/// Decoders take a JPEG without its end for a whole one, with gray where it stops: so its
/// markers are followed to the end first.
fn told_of_jpeg<T>(read: Result<T, JpegError>) -> Result<T, DecodeError> {
    read.map_err(|error| match error {
        JpegError::NotJpeg => DecodeError::NotAPicture,
        JpegError::Truncated => DecodeError::Truncated,
        JpegError::Damaged => DecodeError::Damaged(Some(error.into())),
    })
}

/// Bytes that decoding, turning and making RGB hold at one time, at most.
fn memory_needed(opened: &Opened<impl ImageDecoder>) -> u64 {
    let (width, height) = opened.decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    let as_stored = opened.decoder.total_bytes();
    let turned = if turns(opened.orientation) { as_stored } else { 0 };
    let rgb = match opened.decoder.color_type() {
        ColorType::Rgb8 => 0,
        ColorType::La8 | ColorType::L16 | ColorType::La16 | ColorType::Rgba16 => pixels * 4,
        _ => pixels * 3,
    };
    as_stored.saturating_add((pixels * opened.scratch).max(turned).max(rgb))
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
const HEADERS_MEMORY: u64 = 64 << 20;

#[cfg(test)]
mod tests {
    use super::*;
    use image::{ExtendedColorType, ImageEncoder, Rgb};
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
    fn a_jpeg_that_would_keep_a_decoder_busy_is_stripped_or_refused() {
        let plain = encoded(&sample(), ImageFormat::Jpeg);
        let with = |at: usize, more: &[u8]| [&plain[..at], more, &plain[at..]].concat();
        // A piece of extended XMP that never becomes whole: a decoder looks at all for each.
        let mut xmp = b"\xFF\xE1\0\x4Dhttp://ns.adobe.com/xmp/extension/\0".to_vec();
        xmp.extend_from_slice(&[b'A'; 32]);
        xmp.extend_from_slice(b"\x7F\xFF\xFF\xFF\0\0\0\x01");
        assert_eq!(xmp.len(), 2 + 0x4D);
        let pixels = |bytes: &[u8]| decode(bytes, &Limits::default());
        let stripped = pixels(&with(2, &xmp.repeat(4000))).expect("a few are nothing strange");
        assert_eq!(stripped, pixels(&plain).expect("whole"));
        assert!(matches!(pixels(&with(2, &xmp.repeat(5000))), Err(DecodeError::Damaged(_))));

        let scan = plain.windows(2).position(|at| at == b"\xFF\xDA").expect("a scan");
        let end = plain.len() - 2;
        let scans = with(end, &plain[scan..end].repeat(100));
        assert!(matches!(pixels(&scans), Err(DecodeError::Damaged(_))));
        let frame = plain.windows(2).position(|at| at == b"\xFF\xC0").expect("a frame");
        let twice = with(frame, &plain[frame..frame + 19]);
        assert!(matches!(pixels(&twice), Err(DecodeError::Damaged(_))));
    }

    #[test]
    fn a_profile_that_is_packed_a_thousand_times_over_is_passed_over() {
        let mut png = Vec::new();
        let mut encoder = image::codecs::png::PngEncoder::new(&mut png);
        let bomb = vec![0; HEADERS_MEMORY as usize + 1];
        encoder.set_icc_profile(bomb).expect("has a place for it");
        let sample = sample().into_rgb8();
        encoder.write_image(&sample, 40, 30, ExtendedColorType::Rgb8).expect("encodes");
        assert!(png.len() < 100_000, "{} bytes", png.len());
        let Opened { mut decoder, .. } = open(&png, &Limits::default()).expect("its headers");
        assert_eq!(decoder.icc_profile().expect("read"), None);
        assert_eq!(decode(&png, &Limits::default()).expect("whole"), sample);
    }

    #[test]
    fn sixteen_bits_a_colour_are_shown_as_eight_and_counted_as_sixteen() {
        let deep = sample().into_rgba16();
        let png = encoded(&deep.into(), ImageFormat::Png);
        let image = decode(&png, &Limits::default()).expect("whole");
        assert_eq!(image, sample().into_rgb8());
        let limits = Limits { memory: 40 * 30 * (8 + 4) - 1, ..Limits::default() };
        assert!(matches!(decode(&png, &limits), Err(DecodeError::TooMuchMemory { .. })));
    }

    #[test]
    fn a_frame_larger_than_its_picture_is_refused() {
        let mut gif = encoded(&sample(), ImageFormat::Gif);
        let whole = b",\0\0\0\0\x28\0\x1E\0";
        let at = gif.windows(whole.len()).rposition(|at| at == whole).expect("a frame");
        gif[at + 5..at + 9].copy_from_slice(b"\xFF\xFF\xFF\xFF");
        assert!(sentence(&gif).starts_with("picture takes too much memory"));

        // The picture says that it is small, the frame in it that it is 16,383 pixels a side.
        let mut webp = b"RIFF\0\0\0\0WEBPVP8X\x0A\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec();
        webp.extend_from_slice(b"VP8 \x0A\0\0\0\x10\0\0\x9D\x01\x2A\xFF\x3F\xFF\x3F");
        let length = (webp.len() - 8) as u8;
        webp[4] = length;
        assert_eq!(
            sentence(&webp),
            "picture of 16383x16383 pixels is too large to show: up to 100 million are"
        );
    }

    #[test]
    fn a_chunk_longer_than_its_file_takes_no_memory() {
        let mut webp = Vec::new();
        let mut encoder = image::codecs::webp::WebPEncoder::new_lossless(&mut webp);
        encoder.set_exif_metadata(vec![0; 8]).expect("has a place for it");
        let sample = sample().into_rgb8();
        encoder.write_image(&sample, 40, 30, ExtendedColorType::Rgb8).expect("encodes");
        let exif = webp.windows(4).position(|at| at == b"EXIF").expect("a chunk");
        webp[exif + 4..exif + 8].copy_from_slice(&[0xFF; 4]);
        assert_eq!(sentence(&webp), "picture is cut short: the end of the file is missing");
        assert!(matches!(probe(&webp), Err(DecodeError::Truncated)));
        // The same behind the file's own end, where decoders look too.
        webp[4..8].copy_from_slice(&((exif - 8) as u32).to_le_bytes());
        assert!(matches!(probe(&webp), Err(DecodeError::Damaged(_))), "EXIF is missing");
    }

    #[test]
    fn of_an_animation_the_first_frame_is_shown() {
        let mut gif = Vec::new();
        let mut encoder = image::codecs::gif::GifEncoder::new(&mut gif);
        for shade in [10, 200] {
            let image = image::RgbaImage::from_pixel(9, 7, image::Rgba([shade, 5, 5, 255]));
            encoder.encode_frame(image::Frame::new(image)).expect("encodes");
        }
        drop(encoder);
        let image = decode(&gif, &Limits::default()).expect("whole");
        assert_eq!(image, RgbImage::from_pixel(9, 7, Rgb([10, 5, 5])));
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
