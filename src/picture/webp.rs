//! The chunks of a WebP file, and what they claim (RFC 9649).
//!
//! Nothing is decoded here. What decoders believe before they look is checked against limits: how
//! long a chunk is, and how large a frame inside of a picture that calls itself small.

use super::limits::{DecodeError, Limits};

/// A chunk's kind and its body.
pub(super) type Chunk<'a> = ([u8; 4], &'a [u8]);

/// The file's chunks; `None` where the file ends before one does.
pub(super) fn chunks(data: &[u8]) -> impl Iterator<Item = Option<Chunk<'_>>> {
    Chunks(own(data).and_then(|own| own.get(HEADER_BYTES..)))
}

/// The file without what is behind its own end.
fn own(data: &[u8]) -> Option<&[u8]> {
    let length = u32::from_le_bytes(*data.get(4..8)?.first_chunk()?);
    data.get(..(length as usize).checked_add(8)?)
}

/// The chunks inside of a frame of an animation, behind its header.
pub(super) fn chunks_of_frame(frame: &[u8]) -> impl Iterator<Item = Option<Chunk<'_>>> {
    Chunks(frame.get(FRAME_HEADER_BYTES..))
}

/// A file that a decoder may be given.
pub(super) struct Checked<'a> {
    /// Without what is behind its own end.
    pub own: &'a [u8],
    pub animated: bool,
}

/// Refuses a file whose chunks are not all there, or that has a frame beyond the limits.
pub(super) fn check<'a>(data: &'a [u8], limits: &Limits) -> Result<Checked<'a>, DecodeError> {
    let own = own(data).ok_or(DecodeError::Truncated)?;
    let mut animated = false;
    for chunk in chunks(data) {
        let (kind, body) = chunk.ok_or(DecodeError::Truncated)?;
        check_frame(kind, body, limits)?;
        if kind == *b"ANMF" {
            animated = true;
            for chunk in chunks_of_frame(body) {
                let (kind, body) = chunk.ok_or(DecodeError::Truncated)?;
                check_frame(kind, body, limits)?;
            }
        }
    }
    Ok(Checked { own, animated })
}

/// The size that a lossy frame has by itself (RFC 6386, section 9.1). A lossless one is compared
/// with what is expected before it is decoded.
fn check_frame(kind: [u8; 4], body: &[u8], limits: &Limits) -> Result<(), DecodeError> {
    match *body {
        [_, _, _, 0x9D, 0x01, 0x2A, w0, w1, h0, h1, ..] if kind == *b"VP8 " => {
            let side = |low, high| u32::from(u16::from_le_bytes([low, high]) & 0x3FFF);
            limits.check_size(side(w0, w1), side(h0, h1))
        }
        _ => Ok(()),
    }
}

struct Chunks<'a>(Option<&'a [u8]>);

impl<'a> Chunks<'a> {
    fn read(&mut self, data: &'a [u8]) -> Option<Chunk<'a>> {
        let (kind, rest) = data.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let (body, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        // Chunks begin at even offsets; the last one's padding is often left out.
        let padding = (body.len() % 2).min(rest.len());
        self.0 = Some(&rest[padding..]);
        Some((*kind, body))
    }
}

impl<'a> Iterator for Chunks<'a> {
    type Item = Option<Chunk<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.0 {
            Some([]) => None,
            Some(data) => {
                self.0 = Some(&[]);
                Some(self.read(data))
            }
            None => {
                self.0 = Some(&[]);
                Some(None)
            }
        }
    }
}

/// `RIFF`, the length of what follows, `WEBP`.
pub(super) const HEADER_BYTES: usize = 12;
/// Of a frame of an animation.
pub(super) const FRAME_HEADER_BYTES: usize = 16;
