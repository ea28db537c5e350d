//! Pictures as they are being drawn, cell by cell.

use super::grid::{Cell, Look};
use super::placeholder::PlacedId;
use crate::line::Rung;
use crate::picture::cells::{self, Depth, Paint};
use crate::picture::{Light, STEADY_THRESHOLD, Steady, scale};
use crate::scene::{Motion, Placed};
use ratatui::layout::Rect;
use std::sync::Arc;

/// Pictures that are being drawn: all of them, before newer ones are looked at.
#[derive(Debug)]
pub(super) struct Drawing {
    pub layers: Vec<Layer>,
    /// The next cell to look at.
    pub layer: usize,
    pub cell: usize,
    /// Sent so far.
    pub bytes: usize,
}

/// A picture of them.
#[derive(Debug)]
pub(super) struct Layer {
    pub area: Rect,
    pub motion: Motion,
    pub fill: Fill,
}

/// What the cells of a picture's place hold.
#[derive(Debug)]
pub(super) enum Fill {
    /// The picture.
    Cells(Arc<cells::Grid>),
    /// Nothing: it is, or will be, drawn over them.
    Blank,
    /// What stands for it.
    Placeholders(PlacedId),
    /// What is there: the picture is drawn over it.
    AsItIs,
}

impl Drawing {
    /// Of these, and nothing of them drawn yet.
    pub fn new(layers: Vec<Layer>) -> Self {
        Self { layers, layer: 0, cell: 0, bytes: 0 }
    }

    /// Whether one of them moves.
    pub fn is_live(&self) -> bool {
        self.layers.iter().any(|layer| layer.motion == Motion::Live)
    }
}

impl Fill {
    /// The cell of this row and column, if it is to be another than there is.
    pub fn cell(&self, row: u16, column: u16) -> Option<Cell> {
        match self {
            Self::Cells(cells) => cells.get(row.into(), column.into()).map(Cell::of_picture),
            Self::Blank => Some(Cell::BLANK),
            Self::Placeholders(id) => Some(id.cell(row, column)),
            Self::AsItIs => None,
        }
    }
}

/// A frame in cells that are the same as before where next to nothing has changed.
pub(super) fn live(placed: &Placed, steady: &mut Steady, depth: Depth, rung: Rung) -> cells::Grid {
    let (width, height) = (u32::from(placed.area.width), u32::from(placed.area.height) * 2);
    let image = if placed.image.dimensions() == (width, height) {
        (*placed.image).clone()
    } else {
        scale(&placed.image, width, height, Light::Gamma)
    };
    steady.set_threshold(if rung >= Rung::Coarse { COARSE_THRESHOLD } else { STEADY_THRESHOLD });
    steady.update(image);
    let depth = match depth {
        Depth::True if rung >= Rung::Few => Depth::Ansi256,
        depth => depth,
    };
    cells::live(steady.shown(), depth)
}

/// As what stands behind a panel looks.
pub(super) fn darker(look: Look) -> Look {
    let darker = |paint| match paint {
        Paint::Rgb(rgb) => Paint::Rgb(rgb.map(|value| value / 2)),
        // Of few colours there may be none that is darker.
        Paint::Indexed(_) | Paint::Unset => paint,
    };
    Look { front: darker(look.front), back: darker(look.back), ..look }
}

/// As [`STEADY_THRESHOLD`], on a slow line.
const COARSE_THRESHOLD: u8 = 18;
