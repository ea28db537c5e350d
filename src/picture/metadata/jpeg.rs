//! JPEG: segments, and scans between them (ITU-T T.81, annex B).

use super::super::jpeg::{APP0, APP1, APP14, DAC, DHT, EOI, EXP, JPG, SOF0, SOS, segments};
use super::ROOM;

/// The picture's own segments. `None` if anything stands where it should not.
pub(super) fn clean(data: &[u8], exif: Option<&[u8]>) -> Option<Vec<u8>> {
    let mut clean = Vec::with_capacity(data.len() + ROOM);
    clean.extend_from_slice(data.get(..2)?);
    let mut exif = exif;
    let mut has_tables = false;
    let mut has_jfif = false;
    let mut in_scan = false;
    let mut last_end = clean.len();
    for segment in segments(data).ok()? {
        let segment = segment.ok()?;
        let before = &data[last_end..segment.start];
        if in_scan {
            clean.extend_from_slice(before);
        } else if before.iter().any(|byte| *byte != 0xFF) {
            // Only fill bytes may stand between segments; decoders differ on what else means.
            return None;
        }
        if segment.marker != APP0
            && let Some(exif) = exif.take()
        {
            push(&mut clean, APP1, &[b"Exif\0\0", exif].concat());
        }
        let body = segment.body;
        match segment.marker {
            EOI => clean.extend_from_slice(&[0xFF, EOI]),
            // Motion JPEG's: its tables are somewhere else.
            APP0 if body.starts_with(b"AVI1") => return None,
            APP0 if body.starts_with(b"JFIF\0") && body.len() >= JFIF_BYTES && !has_jfif => {
                has_jfif = true;
                let mut jfif = [0; JFIF_BYTES];
                jfif[..THUMBNAIL_AT].copy_from_slice(&body[..THUMBNAIL_AT]);
                push(&mut clean, APP0, &jfif);
            }
            APP2 if body.starts_with(b"ICC_PROFILE\0") => push(&mut clean, APP2, body),
            APP14 if body.starts_with(b"Adobe") && body.len() >= ADOBE_BYTES => {
                push(&mut clean, APP14, &body[..ADOBE_BYTES]);
            }
            APP0..=APP15 | COM => {}
            marker @ SOF0..=EXP if marker != JPG => {
                has_tables |= marker == DHT || marker == DAC;
                push(&mut clean, marker, body);
            }
            _ => return None,
        }
        in_scan = segment.marker == SOS;
        last_end = segment.end;
    }
    has_tables.then_some(clean)
}

fn push(out: &mut Vec<u8>, marker: u8, body: &[u8]) {
    out.extend_from_slice(&[0xFF, marker]);
    out.extend_from_slice(&((body.len() + 2) as u16).to_be_bytes());
    out.extend_from_slice(body);
}

const APP2: u8 = 0xE2;
const APP15: u8 = 0xEF;
const COM: u8 = 0xFE;
/// Up to and with the thumbnail's size (ITU-T T.871, section 10.1).
const JFIF_BYTES: usize = 14;
const THUMBNAIL_AT: usize = 12;
const ADOBE_BYTES: usize = 12;
