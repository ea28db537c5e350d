//! GIF: blocks one after the other (version 89a).

use super::take;

/// Frames, their timing, and how often they are repeated. `None` if they are not in the form.
pub(super) fn clean(data: &[u8]) -> Option<Vec<u8>> {
    let mut clean = Vec::with_capacity(data.len());
    let mut rest = data;
    let screen = take(&mut rest, SCREEN_BYTES)?;
    clean.extend_from_slice(screen);
    clean.extend_from_slice(take(&mut rest, table_bytes(screen[10]))?);
    loop {
        match *take(&mut rest, 1)?.first()? {
            FRAME => {
                let descriptor = take(&mut rest, FRAME_BYTES)?;
                let table = take(&mut rest, table_bytes(descriptor[8]))?;
                let code_size = take(&mut rest, 1)?;
                let data = take_blocks(&mut rest)?;
                clean.extend_from_slice(&[&[FRAME], descriptor, table, code_size, data].concat());
            }
            EXTENSION => {
                let label = *take(&mut rest, 1)?.first()?;
                let data = take_blocks(&mut rest)?;
                if label == TIMING || (label == APPLICATION && data.starts_with(LOOPING)) {
                    clean.extend_from_slice(&[&[EXTENSION, label], data].concat());
                }
            }
            END => {
                clean.push(END);
                return Some(clean);
            }
            _ => return None,
        }
    }
}

/// Blocks of up to 255 bytes, each behind its length, and the empty one at their end.
fn take_blocks<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let all = *rest;
    loop {
        let length = *take(rest, 1)?.first()?;
        if length == 0 {
            return Some(&all[..all.len() - rest.len()]);
        }
        take(rest, usize::from(length))?;
    }
}

/// Of the table of colours that a byte of flags announces.
fn table_bytes(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

/// Signature, size, flags.
const SCREEN_BYTES: usize = 13;
const FRAME: u8 = b',';
/// Without its first byte.
const FRAME_BYTES: usize = 9;
const EXTENSION: u8 = b'!';
const TIMING: u8 = 0xF9;
const APPLICATION: u8 = 0xFF;
/// How often an animation is repeated, with the block's length before.
const LOOPING: &[u8] = b"\x0bNETSCAPE2.0";
const END: u8 = b';';
