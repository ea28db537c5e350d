//! Where a JPEG starts, ends and keeps its tables, found by its markers alone.
//!
//! A camera's buffer is longer than the picture in it, may have been cut short, and may leave
//! out the Huffman tables that Motion JPEG takes for granted. Nothing is decoded here.
//! Markers: ITU-T T.81, annex B.

use bytes::{BufMut, Bytes, BytesMut};
use thiserror::Error;

use super::huffman;

/// Why bytes are not a whole JPEG.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum JpegError {
    /// They do not begin with a JPEG's first marker.
    #[error("not a JPEG picture")]
    NotJpeg,
    /// The end is missing: the rest may come with the next frame, or never.
    #[error("JPEG picture is cut short")]
    Truncated,
    /// A segment that cannot be.
    #[error("JPEG picture is damaged")]
    Damaged,
}

/// What the markers of one whole JPEG say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outline {
    /// In pixels, as stored: orientation is not applied.
    pub width: u32,
    /// In pixels, as stored.
    pub height: u32,
    /// Coefficients a pixel that decoding holds at once: none unless it is sent in several passes.
    pub held: u8,
    /// Length of the picture in bytes, its end marker included; what follows is not part of it.
    pub end: usize,
    /// Offset of the first scan, in bytes.
    first_scan: usize,
    /// Whether there are Huffman tables before the first scan.
    has_tables: bool,
}

/// Reads the markers from the first to the end of the picture.
pub fn outline(data: &[u8]) -> Result<Outline, JpegError> {
    let mut size = None;
    let mut colours = 0;
    let mut progressive = false;
    let mut scans = 0;
    let mut has_tables = false;
    let mut first_scan = None;
    let mut end = 0;
    for segment in segments(data)? {
        let segment = segment?;
        match segment.marker {
            DHT if first_scan.is_none() => has_tables = true,
            SOF0..=SOF15 if !matches!(segment.marker, DHT | JPG | DAC) => {
                // Decoders differ on which of two would count.
                if size.is_some() {
                    return Err(JpegError::Damaged);
                }
                size = Some(frame_size(segment.body)?);
                colours = segment.body.get(5).copied().unwrap_or_default();
                progressive = matches!(segment.marker, SOF2 | SOF6 | SOF10 | SOF14);
            }
            SOS => {
                scans += 1;
                first_scan.get_or_insert(segment.start);
            }
            EOI => end = segment.end,
            _ => {}
        }
    }
    let (width, height) = size.ok_or(JpegError::Damaged)?;
    let first_scan = first_scan.ok_or(JpegError::Damaged)?;
    let held = if progressive || scans > 1 { colours } else { 0 };
    Ok(Outline { width, height, held, end, first_scan, has_tables })
}

/// A marker, and what belongs to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment<'a> {
    pub marker: u8,
    /// Offset of the marker.
    pub start: usize,
    /// What the segment says; empty at the picture's end.
    pub body: &'a [u8],
    /// Offset after the body. Behind a scan's header its coded bytes follow, up to the next
    /// segment.
    pub end: usize,
}

/// The segments of a picture in their order, its end marker the last.
pub(super) struct Segments<'a> {
    data: &'a [u8],
    at: usize,
    left: usize,
    scans_left: usize,
}

/// Begins to read the segments.
pub(super) fn segments(data: &[u8]) -> Result<Segments<'_>, JpegError> {
    if !data.starts_with(&[0xFF, SOI]) {
        let could_become_one = b"\xFF\xD8".starts_with(data);
        return Err(if could_become_one { JpegError::Truncated } else { JpegError::NotJpeg });
    }
    Ok(Segments { data, at: 2, left: SEGMENTS_MAX, scans_left: SCANS_MAX })
}

impl<'a> Segments<'a> {
    fn read(&mut self) -> Result<Segment<'a>, JpegError> {
        self.left -= 1;
        let (marker, after) = loop {
            let (marker, after) = next_marker(self.data, self.at)?;
            self.at = after;
            if !matches!(marker, TEM | RST0..=RST7) {
                break (marker, after);
            }
        };
        if marker == SOI || self.left == 0 {
            return Err(JpegError::Damaged);
        }
        if marker == SOS {
            self.scans_left = self.scans_left.checked_sub(1).ok_or(JpegError::Damaged)?;
        }
        let body = if marker == EOI { &[] } else { segment(self.data, after)? };
        let end = if marker == EOI { after } else { after + 2 + body.len() };
        self.at = end;
        Ok(Segment { marker, start: after - 2, body, end })
    }
}

impl<'a> Iterator for Segments<'a> {
    type Item = Result<Segment<'a>, JpegError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            return None;
        }
        let segment = self.read();
        if !matches!(segment, Ok(Segment { marker, .. }) if marker != EOI) {
            self.left = 0;
        }
        Some(segment)
    }
}

/// The EXIF of a picture (a TIFF file by itself), if it has any before its first scan.
pub(super) fn exif(data: &[u8]) -> Option<&[u8]> {
    segments(data).ok()?.map_while(Result::ok).take_while(|segment| segment.marker != SOS).find_map(
        |segment| segment.body.strip_prefix(b"Exif\0\0").filter(|_| segment.marker == APP1),
    )
}

/// What a decoder needs of a picture, and nothing else: one that is given more can be kept busy
/// with it for hours (a hundred thousand pieces of XMP).
pub(super) fn essence(data: &[u8]) -> Result<Vec<u8>, JpegError> {
    let mut essence = Vec::with_capacity(data.len());
    essence.extend_from_slice(&[0xFF, SOI]);
    let mut scan = None;
    for segment in segments(data)? {
        let segment = segment?;
        if let Some(from) = scan.take() {
            essence.extend_from_slice(&data[from..segment.start]);
        }
        let is_kept = match segment.marker {
            APP14 => segment.body.starts_with(b"Adobe"),
            APP0 => segment.body.starts_with(b"AVI1"),
            marker => matches!(marker, SOF0..=EXP) && marker != JPG,
        };
        if is_kept {
            essence.extend_from_slice(&data[segment.start..segment.end]);
        }
        scan = (segment.marker == SOS).then_some(segment.end);
    }
    Ok(essence)
}

/// The picture alone, without what follows its end marker.
pub fn trim(data: &[u8]) -> Result<&[u8], JpegError> {
    Ok(&data[..outline(data)?.end])
}

/// A picture that any decoder takes: cut at its end marker, with the standard Huffman tables
/// put in where it has none. Copies only in that case.
pub fn complete(data: &Bytes) -> Result<(Bytes, Outline), JpegError> {
    let found = outline(data)?;
    if found.has_tables {
        return Ok((data.slice(..found.end), found));
    }
    let mut whole = BytesMut::with_capacity(found.end + huffman::LENGTH);
    whole.put_slice(&data[..found.first_scan]);
    huffman::put_standard(&mut whole);
    whole.put_slice(&data[found.first_scan..found.end]);
    let end = whole.len();
    Ok((whole.freeze(), Outline { end, has_tables: true, ..found }))
}

/// The next marker's code and the offset after it. Entropy-coded bytes are passed over: there
/// an `FF` is followed by a zero.
fn next_marker(data: &[u8], mut at: usize) -> Result<(u8, usize), JpegError> {
    loop {
        let rest = data.get(at..).ok_or(JpegError::Truncated)?;
        at += rest.iter().position(|&byte| byte == 0xFF).ok_or(JpegError::Truncated)?;
        match data.get(at + 1) {
            None => return Err(JpegError::Truncated),
            Some(0x00) => at += 2,
            // Any number of fill bytes may stand before a marker.
            Some(0xFF) => at += 1,
            Some(&marker) => return Ok((marker, at + 2)),
        }
    }
}

/// The body of the segment whose length field stands at `at`.
fn segment(data: &[u8], at: usize) -> Result<&[u8], JpegError> {
    let length = data.get(at..at + 2).ok_or(JpegError::Truncated)?;
    let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
    if length < 2 {
        return Err(JpegError::Damaged);
    }
    data.get(at + 2..at + length).ok_or(JpegError::Truncated)
}

fn frame_size(body: &[u8]) -> Result<(u32, u32), JpegError> {
    let &[_, h1, h0, w1, w0, ..] = body else {
        return Err(JpegError::Damaged);
    };
    let (width, height) = (u16::from_be_bytes([w1, w0]), u16::from_be_bytes([h1, h0]));
    if width == 0 || height == 0 {
        return Err(JpegError::Damaged);
    }
    Ok((width.into(), height.into()))
}

const SOI: u8 = 0xD8;
/// More than the longest profile of colours and the largest depth map come in.
const SEGMENTS_MAX: usize = 4096;
/// Ten times what encoders make.
const SCANS_MAX: usize = 100;

pub(super) const EOI: u8 = 0xD9;
pub(super) const SOS: u8 = 0xDA;
pub(super) const DHT: u8 = 0xC4;
pub(super) const DAC: u8 = 0xCC;
pub(super) const JPG: u8 = 0xC8;
pub(super) const EXP: u8 = 0xDF;
pub(super) const APP0: u8 = 0xE0;
pub(super) const APP1: u8 = 0xE1;
pub(super) const APP14: u8 = 0xEE;
pub(super) const SOF0: u8 = 0xC0;
const SOF2: u8 = 0xC2;
const SOF6: u8 = 0xC6;
const SOF10: u8 = 0xCA;
const SOF14: u8 = 0xCE;
pub(super) const SOF15: u8 = 0xCF;
const RST0: u8 = 0xD0;
const RST7: u8 = 0xD7;
const TEM: u8 = 0x01;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn jpeg() -> Vec<u8> {
        let mut out = Vec::new();
        let pixels: Vec<u8> = (0..32 * 24 * 3).map(|i| (i * 7 % 251) as u8).collect();
        jpeg_encoder::Encoder::new(&mut out, 80)
            .encode(&pixels, 32, 24, jpeg_encoder::ColorType::Rgb)
            .expect("a small picture encodes");
        out
    }

    /// The same picture as a camera may send it: no Huffman tables.
    fn without_tables(jpeg: &[u8]) -> Bytes {
        let mut out = jpeg[..2].to_vec();
        let mut at = 2;
        loop {
            let (marker, after) = next_marker(jpeg, at).expect("well formed");
            let end = after + 2 + segment(jpeg, after).expect("well formed").len();
            if marker == SOS {
                out.extend_from_slice(&jpeg[at..]);
                return out.into();
            }
            if marker != DHT {
                out.extend_from_slice(&jpeg[at..end]);
            }
            at = end;
        }
    }

    fn decode(jpeg: &[u8]) -> image::RgbImage {
        image::load_from_memory(jpeg).expect("decodes").to_rgb8()
    }

    #[test]
    fn the_rest_of_the_buffer_is_cut_off() {
        let jpeg = jpeg();
        let mut buffer = jpeg.clone();
        buffer.extend_from_slice(&[0, 0, 0xFF, EOI, 1, 2, 3]);
        assert_eq!(trim(&buffer), Ok(&jpeg[..]));
    }

    #[test]
    fn every_cut_is_noticed() {
        let jpeg = jpeg();
        for length in 0..jpeg.len() {
            assert_eq!(trim(&jpeg[..length]), Err(JpegError::Truncated), "cut at {length}");
        }
    }

    #[test]
    fn other_bytes_are_not_a_jpeg() {
        assert_eq!(trim(b"GIF89a"), Err(JpegError::NotJpeg));
        assert_eq!(trim(&[0xFF, SOI, 0xFF, EOI]), Err(JpegError::Damaged));
    }

    #[test]
    fn tables_left_out_are_put_in_and_the_picture_is_the_same() {
        let jpeg = jpeg();
        let bare = without_tables(&jpeg);
        assert!(bare.len() < jpeg.len());
        let (whole, outline) = complete(&bare).expect("complete");
        assert_eq!((outline.width, outline.height, outline.end), (32, 24, whole.len()));
        assert_eq!(decode(&whole), decode(&jpeg));
    }

    #[test]
    fn a_whole_picture_is_left_as_it_is() {
        let jpeg = Bytes::from(jpeg());
        assert_eq!(complete(&jpeg).expect("complete").0, jpeg);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(
            start in prop_oneof![Just(&b"\xFF\xD8"[..]), Just(&b""[..])],
            rest in proptest::collection::vec(
                prop_oneof![Just(0xFF), Just(0xC0), Just(0xDA), Just(0x00), any::<u8>()], 0..300),
        ) {
            let data = Bytes::from([start, &rest].concat());
            if let Ok((whole, outline)) = complete(&data) {
                prop_assert!(outline.end <= whole.len());
                prop_assert!(trim(&whole).is_ok());
            }
        }
    }
}
