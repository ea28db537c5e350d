//! WebP: chunks of a RIFF file, and chunks inside of each frame of an animation (RFC 9649).

use super::super::webp::{FRAME_HEADER_BYTES, HEADER_BYTES, chunks, chunks_of_frame};
use super::ROOM;

/// The chunks that show the picture, as they are. `None` if they are not in the form.
pub(super) fn clean(data: &[u8], exif: Option<&[u8]>) -> Option<Vec<u8>> {
    let mut clean = Vec::with_capacity(data.len() + ROOM);
    clean.extend_from_slice(data.get(..HEADER_BYTES)?);
    for chunk in chunks(data) {
        let (kind, body) = chunk?;
        match &kind {
            b"VP8X" => {
                let flags = clean.len() + 8;
                push(&mut clean, kind, body);
                *clean.get_mut(flags)? &= !(EXIF_FLAG | XMP_FLAG);
                *clean.get_mut(flags)? |= if exif.is_some() { EXIF_FLAG } else { 0 };
            }
            b"ANMF" => push(&mut clean, kind, &clean_frame(body)?),
            it if KEPT.contains(it) => push(&mut clean, kind, body),
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
    let mut clean = body.get(..FRAME_HEADER_BYTES)?.to_vec();
    for chunk in chunks_of_frame(body) {
        let (kind, body) = chunk?;
        if KEPT_IN_FRAMES.contains(&kind) {
            push(&mut clean, kind, body);
        }
    }
    Some(clean)
}

pub(super) fn push(out: &mut Vec<u8>, kind: [u8; 4], body: &[u8]) {
    out.extend_from_slice(&kind);
    out.extend_from_slice(&(body.len() as u32).to_le_bytes());
    out.extend_from_slice(body);
    out.resize(out.len() + body.len() % 2, 0);
}

const EXIF_FLAG: u8 = 0x08;
const XMP_FLAG: u8 = 0x04;
const KEPT: [[u8; 4]; 5] = [*b"VP8 ", *b"VP8L", *b"ALPH", *b"ANIM", *b"ICCP"];
const KEPT_IN_FRAMES: [[u8; 4]; 3] = [*b"VP8 ", *b"VP8L", *b"ALPH"];
