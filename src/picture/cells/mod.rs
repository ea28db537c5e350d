//! Pictures as cells of a terminal: in each a glyph, in one colour on another.
//!
//! What glyphs there are, and how many colours, differs from terminal to terminal; the shell
//! says so by [`Glyphs`] and [`Depth`]. A still is fitted as well as these allow; a live picture
//! is made the same from frame to frame where nothing has moved, so that nothing is sent.

mod few;
mod fit;
mod halves;
pub mod palette;
mod sample;
mod shapes;
mod two_tone;

use super::scale::{Light, scale};
use image::RgbImage;

/// Red, green, blue.
pub type Rgb = [u8; 3];

/// How many colours a terminal shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Depth {
    /// Any, as red, green and blue.
    True,
    /// The 256 of xterm.
    Ansi256,
    /// The 16 that every colour terminal names.
    Ansi16,
    /// None, or none wanted.
    None,
}

/// Which glyphs a terminal draws without gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Glyphs {
    /// The upper half of a cell, and the whole: everywhere.
    Half,
    /// Block elements, U+2580 to U+259F: halves, quarters, eighths.
    Block,
    /// Two by three, U+1FB00 to U+1FB3B (Symbols for Legacy Computing, Unicode 13), and those of
    /// [`Block`](Self::Block).
    Sextant,
    /// Two by four, U+1CD00 to U+1CDE5 (its supplement, Unicode 16), and those of
    /// [`Block`](Self::Block).
    Octant,
}

/// A colour as a terminal is told it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Paint {
    /// The terminal's own.
    Unset,
    /// One of the 256 of xterm; the first 16 are those that every colour terminal names.
    Indexed(u8),
    /// Red, green, blue.
    Rgb(Rgb),
}

/// One cell of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cell {
    /// What is drawn.
    pub glyph: char,
    /// The colour of the glyph.
    pub front: Paint,
    /// The colour behind it.
    pub back: Paint,
}

/// A picture in cells, row by row from the top.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grid {
    columns: usize,
    cells: Vec<Cell>,
}

impl Grid {
    /// Rows of `columns` cells each; cells that fill no row are left out.
    pub fn new(columns: usize, mut cells: Vec<Cell>) -> Self {
        let rows = cells.len().checked_div(columns).unwrap_or(0);
        cells.truncate(rows * columns);
        Self { columns, cells }
    }

    /// Cells in a row.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Rows of cells.
    pub fn rows(&self) -> usize {
        self.cells.len().checked_div(self.columns).unwrap_or(0)
    }

    /// One of them, if it is there.
    pub fn get(&self, row: usize, column: usize) -> Option<&Cell> {
        let inside = column < self.columns;
        inside.then(|| self.cells.get(row * self.columns + column)).flatten()
    }

    /// The rows from the top, each of [`columns`](Self::columns) cells.
    pub fn iter(&self) -> impl Iterator<Item = &[Cell]> {
        self.cells.chunks_exact(self.columns.max(1))
    }
}

/// A still, as good as it can be in exactly so many cells. The picture may be of any size.
pub fn still(image: &RgbImage, columns: u32, rows: u32, glyphs: Glyphs, depth: Depth) -> Grid {
    let cells = match (depth, glyphs) {
        (Depth::None | Depth::True, Glyphs::Half) => {
            return live(&scale(image, columns, rows * 2, Light::Linear), depth);
        }
        (Depth::None, _) => two_tone::fit(image, columns, rows, glyphs),
        (Depth::True, _) => fit::fit(image, columns, rows, glyphs),
        (Depth::Ansi256 | Depth::Ansi16, _) => few::fit(image, columns, rows, glyphs, depth),
    };
    Grid::new(columns as usize, cells)
}

/// A frame of a live picture, of a pixel to a half-cell. Of an odd height, the last row of pixels
/// fills both halves of its cells. The same pixel at the same place is always the same cell.
pub fn live(image: &RgbImage, depth: Depth) -> Grid {
    Grid::new(image.width() as usize, halves::cells(image, depth))
}

#[cfg(test)]
mod tests;
