//! WebP: chunks of a RIFF file, and chunks inside of each frame of an animation (RFC 9649).

use super::{ROOM, take};

/// The chunks that show the picture, as they are. `None` if they are not in the form.
pub(super) fn clean(data: &[u8], exif: Option<&[u8]>) -> Option<Vec<u8>> {
    let mut rest = data;
    let header = take(&mut rest, HEADER_BYTES)?;
    let length = u32::from_le_bytes(*header.get(4..8)?.first_chunk()?) as usize;
    // What is behind the file's own end is not the picture's.
    let mut rest = rest.get(..length.checked_sub(4)?)?;
    let mut clean = Vec::with_capacity(data.len() + ROOM);
    clean.extend_from_slice(header);
    while !rest.is_empty() {
        let (kind, body) = next_chunk(&mut rest)?;
        match kind {
            b"VP8X" => {
                let flags = clean.len() + 8;
                push(&mut clean, *kind, body);
                *clean.get_mut(flags)? &= !(EXIF_FLAG | XMP_FLAG);
                *clean.get_mut(flags)? |= if exif.is_some() { EXIF_FLAG } else { 0 };
            }
            b"ANMF" => push(&mut clean, *kind, &clean_frame(body)?),
            kind if KEPT.contains(&kind) => push(&mut clean, *kind, body),
            _ => {}
        }
    }
    if let Some(exif) = exif {
        push(&mut clean, *b"EXIF", exif);
    }
    let length = u32::try_from(clean.len() - 8).ok()?;
    clean[4..8].copy_from_slice(&length.to_le_bytes());
    Some(clean)
}

fn clean_frame(body: &[u8]) -> Option<Vec<u8>> {
    let mut rest = body;
    let mut clean = take(&mut rest, FRAME_HEADER_BYTES)?.to_vec();
    while !rest.is_empty() {
        let (kind, body) = next_chunk(&mut rest)?;
        if KEPT_IN_FRAMES.contains(&kind) {
            push(&mut clean, *kind, body);
        }
    }
    Some(clean)
}

fn next_chunk<'a>(rest: &mut &'a [u8]) -> Option<(&'a [u8; 4], &'a [u8])> {
    let header = take(rest, 8)?;
    let length = u32::from_le_bytes(*header[4..].first_chunk()?) as usize;
    let body = take(rest, length)?;
    // Chunks begin at even offsets.
    take(rest, length % 2)?;
    Some((header.first_chunk()?, body))
}

pub(super) fn push(out: &mut Vec<u8>, kind: [u8; 4], body: &[u8]) {
    out.extend_from_slice(&kind);
    out.extend_from_slice(&(body.len() as u32).to_le_bytes());
    out.extend_from_slice(body);
    out.resize(out.len() + body.len() % 2, 0);
}

/// `RIFF`, the length of what follows, `WEBP`.
const HEADER_BYTES: usize = 12;
const FRAME_HEADER_BYTES: usize = 16;
const EXIF_FLAG: u8 = 0x08;
const XMP_FLAG: u8 = 0x04;
const KEPT: [&[u8; 4]; 5] = [b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ICCP"];
const KEPT_IN_FRAMES: [&[u8; 4]; 3] = [b"VP8 ", b"VP8L", b"ALPH"];
