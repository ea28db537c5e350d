//! A raw picture from a camera: bytes as the source gave them, and how to read them.
//!
//! A frame is never stored and never sent: it becomes a preview or a [`Photo`](super::Photo).
//! Sources in `io::camera` make it; nothing here trusts that its bytes match its facts.

use std::fmt;
use std::time::Instant;

use bytes::Bytes;

/// One frame. Cheap to clone: the bytes are shared.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    /// The picture as the source gave it, cut to its length where that is known.
    pub data: Bytes,
    /// The JPEG file that `data` was decoded of, for a picture from disk.
    pub original: Option<Bytes>,
    /// How `data` is to be read.
    pub kind: FrameKind,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Bytes from the start of one row to the start of the next; 0 for [`FrameKind::Mjpeg`].
    pub stride: u32,
    /// When it was taken, as near as the source can say.
    pub at: Instant,
    /// Counts up by one a frame within one source, from 0.
    pub seq: u64,
}

/// How the bytes of a frame are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FrameKind {
    /// A JPEG picture a frame, perhaps without Huffman tables.
    Mjpeg,
    /// 4:2:2, one plane: `Y0 U Y1 V` for two pixels.
    Yuyv,
    /// 4:2:0, two planes: every `Y`, then `U V` for each 2x2 pixels.
    Nv12,
    /// Three bytes a pixel: red, green, blue.
    Rgb,
    /// Three bytes a pixel: blue, green, red.
    Bgr,
    /// One byte a pixel.
    Gray,
}

impl Frame {
    /// Bytes the facts call for; `None` when they are impossible: no pixels, a stride shorter
    /// than a row, or more bytes than an address can count. 0 for MJPEG, which says itself.
    pub fn bytes_needed(&self) -> Option<usize> {
        let (width, height) = (self.width as usize, self.height as usize);
        let stride = self.stride as usize;
        if width == 0 || height == 0 {
            return None;
        }
        if self.kind == FrameKind::Mjpeg {
            return Some(0);
        }
        let row = self.kind.row_bytes(width)?;
        if stride < row {
            return None;
        }
        let rows = match self.kind {
            FrameKind::Nv12 => height.checked_add(height.div_ceil(2))?,
            _ => height,
        };
        // The last row may end where its pixels do.
        stride.checked_mul(rows - 1)?.checked_add(row)
    }
}

impl FrameKind {
    /// The name people know it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mjpeg => "MJPEG",
            Self::Yuyv => "YUYV",
            Self::Nv12 => "NV12",
            Self::Rgb => "RGB",
            Self::Bgr => "BGR",
            Self::Gray => "GRAY",
        }
    }

    /// Bytes of one row of `width` pixels without padding; 0 for MJPEG.
    pub fn row_bytes(self, width: usize) -> Option<usize> {
        match self {
            Self::Mjpeg => Some(0),
            // Colour comes in pairs, so an odd width takes a whole pair for its last pixel.
            Self::Yuyv => width.div_ceil(2).checked_mul(4),
            Self::Nv12 => width.div_ceil(2).checked_mul(2),
            Self::Rgb | Self::Bgr => width.checked_mul(3),
            Self::Gray => Some(width),
        }
    }
}

impl fmt::Display for FrameKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { data, kind, width, height, seq, .. } = self;
        write!(f, "Frame {{ #{seq} {kind} {width}x{height}, {} bytes }}", data.len())
    }
}
