//! What the terminal shows, as far as it is known.

use super::grid::{Cell, Symbol};

/// The cells of a screen, each known or not.
#[derive(Debug, Default)]
pub(super) struct Shown {
    columns: usize,
    cells: Vec<Option<Cell>>,
}

impl Shown {
    /// A screen of so many cells, of which nothing is known.
    pub fn unknown(columns: u16, cells: usize) -> Self {
        Self { columns: columns.into(), cells: vec![None; cells] }
    }

    /// What stands there, if it is known.
    pub fn get(&self, at: usize) -> Option<&Cell> {
        self.cells.get(at)?.as_ref()
    }

    /// What stands there is not known.
    pub fn forget(&mut self, at: usize) {
        self.cells[at] = None;
    }

    /// The terminal has drawn this there; what it had to break for it is not known.
    pub fn put(&mut self, at: usize, cell: Cell) {
        let end = (at / self.columns + 1) * self.columns;
        let width = usize::from(cell.symbol.width());
        if self.is_half(at) && !at.is_multiple_of(self.columns) {
            self.cells[at - 1] = None;
        }
        let after = at + width;
        if after < end && self.is_half(after) {
            self.cells[after] = None;
        }
        // A terminal that does not know a character of several parts draws them side by side.
        for covered in at + 1..(at + usize::from(cell.symbol.parts_width())).min(end) {
            self.cells[covered] = None;
        }
        if width == 2 && at + 1 < end {
            self.cells[at + 1] = Some(Cell { symbol: Symbol::Behind, look: cell.look });
        }
        self.cells[at] = Some(cell);
    }

    fn is_half(&self, at: usize) -> bool {
        self.get(at).is_some_and(|cell| cell.symbol == Symbol::Behind)
    }
}
