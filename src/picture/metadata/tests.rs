//! Files that tell too much, as phones and cameras write them, and what is left of them.

use super::*;
use crate::picture::{Limits, Photo, Quality, RgbImage, decode, probe};
use exif::experimental::Writer;
use exif::{Exif, Field, In, Rational, Reader, Tag, Value};
use image::{DynamicImage, ExtendedColorType, ImageEncoder, ImageFormat};
use proptest::prelude::*;
use std::io::Cursor;

const PLANTED: [&str; 9] = [
    "SERIAL-4711",
    "2026:11:22",
    "Ann's phone",
    "THUMBNAIL",
    "<x:xmpmeta",
    "PHOTOSHOP",
    "a comment",
    "behind the end",
    "MAKERNOTE",
];

fn sample() -> RgbImage {
    RgbImage::from_fn(40, 24, |x, y| image::Rgb([(x * 6) as u8, (y * 10) as u8, 90]))
}

/// What a phone says: who took the picture with what, when, where; with a thumbnail in it.
fn exif(orientation: u16) -> Vec<u8> {
    let field = |tag, value| Field { tag, ifd_num: In::PRIMARY, value };
    let text = |text: &str| Value::Ascii(vec![text.as_bytes().to_vec()]);
    let degrees = [48, 8, 15].map(|num| Rational { num, denom: 1 });
    let fields = [
        field(Tag::Model, text("Ann's phone")),
        field(Tag::Orientation, Value::Short(vec![orientation])),
        field(Tag::DateTimeOriginal, text("2026:11:22 10:15:02")),
        field(Tag::BodySerialNumber, text("SERIAL-4711")),
        field(Tag::MakerNote, Value::Undefined(b"MAKERNOTE".to_vec(), 0)),
        field(Tag::GPSLatitudeRef, text("N")),
        field(Tag::GPSLatitude, Value::Rational(degrees.to_vec())),
    ];
    let mut writer = Writer::new();
    for field in &fields {
        writer.push_field(field);
    }
    writer.set_jpeg(b"\xFF\xD8THUMBNAIL\xFF\xD9", In::THUMBNAIL);
    let mut exif = Cursor::new(Vec::new());
    writer.write(&mut exif, false).expect("fields can be written");
    exif.into_inner()
}

fn jpeg(orientation: u16) -> Vec<u8> {
    let mut jpeg = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut jpeg, 90);
    let exif = [b"Exif\0\0", &exif(orientation)[..]].concat();
    for (number, body) in [
        (1, exif),
        (1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>".to_vec()),
        (2, b"MPF\0MM\0*".to_vec()),
        (13, b"Photoshop 3.0\0PHOTOSHOP".to_vec()),
        (5, b"SERIAL-4711".to_vec()),
    ] {
        encoder.add_app_segment(number, body).expect("short enough");
    }
    encoder.add_icc_profile(b"a profile of colours").expect("short enough");
    encoder.encode(&sample(), 40, 24, jpeg_encoder::ColorType::Rgb).expect("encodes");
    // JFIF with a thumbnail of one pixel row in place of the one without.
    let jfif = [&b"\xFF\xE0\0\x19JFIF\0\x01\x01\0\0\x01\0\x01\x03\x01"[..], b"THUMBNAIL"].concat();
    let comment = b"\xFF\xFE\0\x0ba comment";
    assert!(jpeg.starts_with(b"\xFF\xD8\xFF\xE0\0\x10JFIF\0"));
    jpeg.splice(2..20, [&jfif[..], comment].concat());
    jpeg.extend_from_slice(b"\xFF\xD8 a video behind the end \xFF\xD9");
    jpeg
}

fn png(orientation: u16) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = image::codecs::png::PngEncoder::new(&mut out);
    encoder.set_exif_metadata(exif(orientation)).expect("has a place for it");
    encoder.write_image(&sample(), 40, 24, ExtendedColorType::Rgb8).expect("encodes");
    let mut texts = Vec::new();
    for (kind, body) in [
        (*b"tEXt", &b"Comment\0a comment"[..]),
        (*b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x:xmpmeta/>"),
        (*b"tIME", b"2026:11"),
        (*b"seRi", b"SERIAL-4711"),
    ] {
        png::push(&mut texts, kind, body);
    }
    out.splice(33..33, texts);
    out.extend_from_slice(b"behind the end");
    out
}

fn webp(orientation: u16) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = image::codecs::webp::WebPEncoder::new_lossless(&mut out);
    encoder.set_exif_metadata(exif(orientation)).expect("has a place for it");
    encoder.write_image(&sample(), 40, 24, ExtendedColorType::Rgb8).expect("encodes");
    webp::push(&mut out, *b"XMP ", b"<x:xmpmeta/>");
    webp::push(&mut out, *b"seri", b"SERIAL-4711");
    let flags = out.windows(4).position(|at| at == b"VP8X").expect("extended") + 8;
    out[flags] |= 0x04;
    let length = (out.len() - 8) as u32;
    out[4..8].copy_from_slice(&length.to_le_bytes());
    out.extend_from_slice(b"behind the end");
    out
}

fn gif() -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = image::codecs::gif::GifEncoder::new(&mut out);
    encoder.set_repeat(image::codecs::gif::Repeat::Infinite).expect("written");
    for shade in [10, 200] {
        let image = image::RgbaImage::from_pixel(9, 7, image::Rgba([shade, 5, 5, 255]));
        encoder.encode_frame(image::Frame::new(image)).expect("encodes");
    }
    drop(encoder);
    let extensions = b"!\xFE\x09a comment\0!\xFF\x0bXMP DataXMP\x0c<x:xmpmeta/>\0";
    let screen = 13 + if out[10] & 0x80 == 0 { 0 } else { 3 << ((out[10] & 7) + 1) };
    out.splice(screen..screen, *extensions);
    out.extend_from_slice(b"behind the end");
    out
}

/// A name, the file, and how it is turned.
fn telling() -> Vec<(&'static str, Bytes, u16)> {
    let mut files = vec![("gif", gif().into(), 1)];
    for orientation in 1..=8 {
        files.push(("jpeg", jpeg(orientation).into(), orientation));
        files.push(("png", png(orientation).into(), orientation));
        files.push(("webp", webp(orientation).into(), orientation));
    }
    files
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|at| at == text.as_bytes())
}

fn read_exif(bytes: &[u8]) -> Option<Exif> {
    Reader::new().read_from_container(&mut Cursor::new(bytes)).ok()
}

#[test]
fn nothing_is_told_but_the_picture() {
    for (kind, telling, _) in telling() {
        let planted = PLANTED.iter().filter(|text| holds(&telling, text)).count();
        assert!(planted >= 3, "{planted} things are told by the {kind} to begin with");
        let clean = clean(&telling).expect("taken apart");
        for text in PLANTED {
            assert!(!holds(&clean, text), "{text} is in the {kind}");
        }
        assert!(clean.len() < telling.len());
    }
}

#[test]
fn the_pixels_and_how_they_are_turned_stay_the_same() {
    for (kind, telling, orientation) in telling() {
        let clean = clean(&telling).expect("taken apart");
        let pixels = |bytes| decode(bytes, &Limits::default()).expect("a picture");
        assert_eq!(pixels(&clean), pixels(&telling), "{kind} {orientation}");
        assert_eq!(probe(&clean).expect("a picture"), probe(&telling).expect("a picture"));
    }
}

#[test]
fn of_exif_the_orientation_is_left_alone() {
    for (kind, telling, orientation) in telling().into_iter().filter(|(kind, ..)| *kind != "gif") {
        let before = read_exif(&telling).expect("others read it");
        assert!(before.get_field(Tag::GPSLatitude, In::PRIMARY).is_some(), "{kind}");
        let after = read_exif(&clean(&telling).expect("taken apart"));
        let fields = after.iter().flat_map(Exif::fields);
        let fields: Vec<_> = fields.map(|it| (it.tag, it.value.get_uint(0))).collect();
        let turned = vec![(Tag::Orientation, Some(u32::from(orientation)))];
        assert_eq!(fields, if orientation == 1 { vec![] } else { turned }, "{kind}");
    }
}

#[test]
fn colours_and_repetition_are_kept() {
    assert!(holds(&clean(&jpeg(1).into()).expect("taken apart"), "a profile of colours"));
    assert!(holds(&clean(&gif().into()).expect("taken apart"), "NETSCAPE2.0"));
}

#[test]
fn what_is_between_the_scans_of_a_jpeg_goes_too() {
    let mut jpeg = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut jpeg, 90);
    encoder.set_progressive(true);
    encoder.encode(&sample(), 40, 24, jpeg_encoder::ColorType::Rgb).expect("encodes");
    let second = jpeg.windows(2).rposition(|at| at == b"\xFF\xDA").expect("several scans");
    jpeg.splice(second..second, *b"\xFF\xE1\0\x0dSERIAL-4711");
    let jpeg = Bytes::from(jpeg);
    let clean = clean(&jpeg).expect("taken apart");
    assert!(!holds(&clean, "SERIAL"));
    let pixels = |bytes| decode(bytes, &Limits::default()).expect("a picture");
    assert_eq!(pixels(&clean), pixels(&jpeg));
}

#[test]
fn what_is_not_in_the_form_is_refused() {
    let jpeg = Photo::encode(&sample(), Quality::default()).expect("encodes").bytes;
    let scan = jpeg.windows(2).position(|at| at == b"\xFF\xDA").expect("a scan");
    let with = |at: usize, more: &[u8]| Bytes::from([&jpeg[..at], more, &jpeg[at..]].concat());
    for strange in [
        with(scan, b"text between segments"),
        with(scan, b"\xFF\x3A\0\x04ab"),
        with(2, b"\xFF\xE0\0\x07AVI1\0"),
        jpeg.slice(..jpeg.len() - 2),
        Bytes::from_static(b"no picture"),
    ] {
        assert_eq!(clean(&strange), Err(NotCleaned), "{strange:?}");
    }
}

#[test]
fn a_bitmap_has_nothing_to_tell() {
    let mut bmp = Cursor::new(Vec::new());
    DynamicImage::from(sample()).write_to(&mut bmp, ImageFormat::Bmp).expect("encodes");
    let bmp = Bytes::from(bmp.into_inner());
    assert_eq!(clean(&bmp), Ok(bmp));
}

proptest! {
    #[test]
    fn any_damage_is_refused_or_leaves_the_same_picture(
        at in any::<prop::sample::Index>(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        length in any::<prop::sample::Index>(),
    ) {
        let files = telling();
        let mut bytes = at.get(&files).1.to_vec();
        for (at, value) in flips {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        bytes.truncate(length.index(bytes.len() * 3));
        let bytes = Bytes::from(bytes);
        if let Ok(cleaned) = clean(&bytes) {
            prop_assert!(cleaned.len() <= bytes.len() + ROOM);
            prop_assert_eq!(clean(&cleaned), Ok(cleaned.clone()));
            let limits = Limits { pixels: 1_000_000, memory: 8_000_000, ..Limits::default() };
            if let Ok(before) = decode(&bytes, &limits) {
                prop_assert_eq!(decode(&cleaned, &limits).expect("as before"), before);
            }
        }
    }
}
