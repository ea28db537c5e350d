//! What a picture from outside may ask for, and what is said to one that asks for more.

use std::error::Error as StdError;

use thiserror::Error;

/// The most a picture from outside may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Encoded bytes.
    pub bytes: u64,
    /// Pixels in all.
    pub pixels: u64,
    /// Pixels along either side.
    pub side: u32,
    /// Bytes of memory while decoding, as worked out from the headers.
    pub memory: u64,
}

impl Default for Limits {
    /// 32 MB, 100 million pixels, 32,768 a side, 512 MiB: any photo of a phone, and no bomb.
    fn default() -> Self {
        Self { bytes: 32_000_000, pixels: 100_000_000, side: 32_768, memory: 512 << 20 }
    }
}

impl Limits {
    /// For looking at headers.
    pub(super) const NONE: Self =
        Self { bytes: u64::MAX, pixels: u64::MAX, side: u32::MAX, memory: u64::MAX };

    /// Refuses a size beyond them; width and height are as stored, in pixels.
    pub(super) fn check_size(&self, width: u32, height: u32) -> Result<(), DecodeError> {
        if width.max(height) > self.side {
            return Err(DecodeError::TooWide { width, height, limit: self.side });
        }
        if u64::from(width) * u64::from(height) > self.pixels {
            return Err(DecodeError::TooManyPixels { width, height, limit: self.pixels });
        }
        Ok(())
    }
}

/// Why there are no pixels. Each reads as a sentence for a person.
#[derive(Debug, Error)]
pub enum DecodeError {
    /// Of none of the formats that are read here.
    #[error("not a picture that can be shown: JPEG, PNG, WebP, GIF and BMP can")]
    NotAPicture,
    /// The file is too long to open.
    #[error("picture of {} MB is too long to show: up to {} MB are", .bytes / 1_000_000, .limit / 1_000_000)]
    TooLong {
        /// Encoded bytes there are.
        bytes: u64,
        /// Encoded bytes there may be.
        limit: u64,
    },
    /// One side is too long.
    #[error(
        "picture of {width}x{height} pixels is too wide or too high to show: up to {limit} are"
    )]
    TooWide {
        /// In pixels, as stored.
        width: u32,
        /// In pixels, as stored.
        height: u32,
        /// Pixels there may be along a side.
        limit: u32,
    },
    /// Too many pixels: a scan of a wall, or a bomb.
    #[error("picture of {width}x{height} pixels is too large to show: up to {} million are", .limit / 1_000_000)]
    TooManyPixels {
        /// In pixels, as stored.
        width: u32,
        /// In pixels, as stored.
        height: u32,
        /// Pixels there may be in all.
        limit: u64,
    },
    /// The way it is stored takes too much memory, though its size is allowed.
    #[error("picture takes too much memory to show: up to {} MB are used", .limit >> 20)]
    TooMuchMemory {
        /// Bytes there may be.
        limit: u64,
    },
    /// The end is missing.
    #[error("picture is cut short: the end of the file is missing")]
    Truncated,
    /// Whole, as it seems, and yet not readable.
    #[error("picture is damaged or of an unusual kind: it cannot be shown")]
    Damaged(#[source] Option<Box<dyn StdError + Send + Sync>>),
}
