//! A JPEG's segments, one after the other (ITU-T T.81, annex B); what is in them is others' to read.
//!
//! Entropy-coded bytes are passed over, never decoded. How many segments there may be is bounded.

use thiserror::Error;

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
pub(super) const SOF2: u8 = 0xC2;
pub(super) const SOF6: u8 = 0xC6;
pub(super) const SOF10: u8 = 0xCA;
pub(super) const SOF14: u8 = 0xCE;
pub(super) const SOF15: u8 = 0xCF;
const RST0: u8 = 0xD0;
const RST7: u8 = 0xD7;
const TEM: u8 = 0x01;
