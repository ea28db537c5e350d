//! PNG: chunks, each with its checksum (W3C PNG, third edition).

use super::{ROOM, take};

/// The chunks that show the picture, as they are. `None` if one is missing that is needed, or one
/// is there that nobody knows.
pub(super) fn clean(data: &[u8], exif: Option<&[u8]>) -> Option<Vec<u8>> {
    let mut clean = Vec::with_capacity(data.len() + ROOM);
    let mut rest = data;
    clean.extend_from_slice(take(&mut rest, SIGNATURE_BYTES)?);
    loop {
        let length = u32::from_be_bytes(*rest.first_chunk()?);
        let chunk = take(&mut rest, usize::try_from(length).ok()?.checked_add(AROUND_BYTES)?)?;
        let kind: &[u8; 4] = chunk[4..].first_chunk()?;
        let is_first = clean.len() == SIGNATURE_BYTES;
        if is_first != (kind == b"IHDR") {
            return None;
        }
        if KEPT.contains(&kind) {
            clean.extend_from_slice(chunk);
        } else if kind[0].is_ascii_uppercase() {
            return None;
        }
        if is_first && let Some(exif) = exif {
            push(&mut clean, *b"eXIf", exif);
        }
        if kind == b"IEND" {
            return Some(clean);
        }
    }
}

pub(super) fn push(out: &mut Vec<u8>, kind: [u8; 4], body: &[u8]) {
    let checked = [&kind, body].concat();
    out.extend_from_slice(&(body.len() as u32).to_be_bytes());
    out.extend_from_slice(&checked);
    out.extend_from_slice(&crc32fast::hash(&checked).to_be_bytes());
}

const SIGNATURE_BYTES: usize = 8;
/// Length and kind before a chunk's body, checksum behind.
const AROUND_BYTES: usize = 12;
const KEPT: [&[u8; 4]; 16] = [
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT",
    b"pHYs", b"cICP", b"bKGD", b"acTL", b"fcTL", b"fdAT",
];
