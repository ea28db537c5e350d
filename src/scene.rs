//! Pictures on the screen: where each stands, what part of it is seen, and whether it moves.
//!
//! `ui` says so and leaves [`HOLE`]s in its buffer of cells; `terminal` fills them as well as the
//! terminal can: with cells, or with pixels. What is drawn over a hole covers the picture.

use crate::picture::{Part, RgbImage};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::sync::Arc;

/// A picture and its place.
#[derive(Debug, Clone)]
pub struct Placed {
    /// The cells that it fills.
    pub area: Rect,
    /// All of it.
    pub image: Arc<RgbImage>,
    /// What of it is seen.
    pub part: Part,
    /// Whether another follows in a moment.
    pub motion: Motion,
}

/// Whether a picture moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Motion {
    /// It is a frame of many: quick, and the same where nothing moves.
    Live,
    /// It stays: as good as can be.
    Still,
}

impl Placed {
    /// Cuts it from what the buffer shows; the picture will be seen there.
    pub fn cut(self, buf: &mut Buffer, pictures: &mut Vec<Self>) {
        for position in self.area.positions() {
            if let Some(cell) = buf.cell_mut(position) {
                cell.reset();
                cell.set_symbol(HOLE);
            }
        }
        if !self.area.is_empty() {
            pictures.push(self);
        }
    }
}

/// Where a picture is seen: a character for private use, which no text from outside keeps.
pub const HOLE: &str = "\u{10FFFD}";
