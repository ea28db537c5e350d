//! Pictures from outside: looked at, decoded within limits, cleaned.

use crate::picture::metadata::clean;
use crate::picture::{Limits, decode, mjpeg, probe};
use bytes::Bytes;

pub(super) fn pictures(data: &[u8]) {
    let data = Bytes::copy_from_slice(data);
    let facts = probe(&data).ok();
    let image = decode(&data, &LIMITS).ok();
    if let Some(image) = &image {
        let facts = facts.expect("what is decoded has facts");
        assert_eq!(image.dimensions(), (facts.width, facts.height));
        assert!(u64::from(image.width()) * u64::from(image.height()) <= LIMITS.pixels);
    }
    if let Ok(cleaned) = clean(&data) {
        assert_eq!(probe(&cleaned).ok(), facts);
        assert!(cleaned.len() <= data.len() + 128, "{} of {}", cleaned.len(), data.len());
        assert_eq!(clean(&cleaned), Ok(cleaned.clone()), "cleaning twice");
        if image.is_some() {
            assert_eq!(decode(&cleaned, &LIMITS).ok(), image);
        }
    }
    if let Ok((whole, outline)) = mjpeg::complete(&data) {
        assert_eq!(outline.end, whole.len());
        assert_eq!(mjpeg::trim(&whole), Ok(&whole[..]));
    }
}

/// Small, so that they are reached.
const LIMITS: Limits = Limits { bytes: 1 << 16, pixels: 1 << 16, side: 4096, memory: 4 << 20 };
