//! What a picture's file tells besides the picture: where it was taken, by which camera, when.
//!
//! [`clean`] takes a file apart and puts together anew what shows the picture and nothing else:
//! whatever is not known to be needed stays behind. Its pixels are not touched, not even decoded.
//! Of EXIF the orientation is left, without which a picture would lie on its side.
//!
//! | file | kept |
//! |---|---|
//! | `jpeg` | tables, frames, scans; JFIF without its thumbnail, ICC, Adobe's colour transform |
//! | `png` | the chunks that show the picture or its animation |
//! | `webp` | the same, and the same inside of each frame |
//! | `gif` | frames and how they follow each other |
//!
//! What cannot be taken apart without a doubt is refused: its pixels are encoded anew instead.

mod gif;
mod jpeg;
mod png;
mod webp;

use super::decode::headers;
use super::photo::PhotoKind;
use bytes::Bytes;
use image::metadata::Orientation;
use thiserror::Error;

/// What becomes of what a picture's file tells besides the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Metadata {
    /// It stays here.
    #[default]
    Cleaned,
    /// It goes with the picture.
    Kept,
}

impl Metadata {
    /// As a person says it, `--keep-exif` or not.
    pub fn of_flag(keep_exif: bool) -> Self {
        if keep_exif { Self::Kept } else { Self::Cleaned }
    }
}

/// A picture that cannot be taken apart without a doubt: encode its pixels anew.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("the picture's file is damaged or of an unusual kind")]
pub struct NotCleaned;

/// The picture without anything else. No longer than it was, but for a few bytes.
///
/// Cleaning what is clean changes nothing.
pub fn clean(bytes: &Bytes) -> Result<Bytes, NotCleaned> {
    let before = headers(bytes).map_err(|_| NotCleaned)?;
    let exif = minimal_exif(before.orientation);
    let exif = exif.as_ref().map(|exif| &exif[..]);
    let cleaned = match before.facts.kind {
        PhotoKind::Jpeg => jpeg::clean(bytes, exif),
        PhotoKind::Png => png::clean(bytes, exif),
        PhotoKind::Webp => webp::clean(bytes, exif),
        PhotoKind::Gif => gif::clean(bytes),
        // Has no place for anything else.
        PhotoKind::Bmp => return Ok(bytes.clone()),
    };
    let cleaned = cleaned.ok_or(NotCleaned)?;
    let after = headers(&cleaned).map_err(|_| NotCleaned)?;
    if after == before { Ok(cleaned.into()) } else { Err(NotCleaned) }
}

/// EXIF that says how the picture is turned, if it is, and no more (TIFF 6.0, section 2).
fn minimal_exif(orientation: Orientation) -> Option<[u8; EXIF_BYTES]> {
    let mut exif = *b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0";
    exif[ORIENTATION_AT] = orientation.to_exif();
    (orientation != Orientation::NoTransforms).then_some(exif)
}

/// Takes the first bytes off; `None` if there are fewer.
fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (head, tail) = rest.split_at_checked(length)?;
    *rest = tail;
    Some(head)
}

/// Header, one entry, end.
const EXIF_BYTES: usize = 8 + 2 + 12 + 4;
const ORIENTATION_AT: usize = 19;
/// The most bytes that are put in besides those that were there, with room to spare.
const ROOM: usize = 128;

#[cfg(test)]
mod tests;
