//! A screen as a grid of cells, each with what stands in it and how that looks.

use crate::picture::cells::{self, Paint};
use crate::scene::HOLE;
use ratatui::buffer::CellWidth;
use ratatui::style::{Color, Modifier};
use std::sync::Arc;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// What stands in it.
    pub symbol: Symbol,
    /// How.
    pub look: Look,
}

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Symbol {
    /// One character; a wide one takes the next cell too.
    Char(char),
    /// A character of several parts, such as a letter with marks or an emoji of several people.
    Text(Arc<str>),
    /// The second half of the wide character before it.
    Behind,
    /// A picture is seen here.
    Hole,
}

/// How a cell looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// The colour of what stands in it.
    pub front: Paint,
    /// The colour behind.
    pub back: Paint,
    /// Bold and the like.
    pub modifier: Modifier,
}

/// Cells, row by row from the top.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grid {
    columns: u16,
    cells: Vec<Cell>,
}

impl Grid {
    /// Blank cells.
    pub fn blank(columns: u16, rows: u16) -> Self {
        Self { columns, cells: vec![Cell::BLANK; usize::from(columns) * usize::from(rows)] }
    }

    /// Cells in a row.
    pub fn columns(&self) -> u16 {
        self.columns
    }

    /// Rows of cells.
    pub fn rows(&self) -> u16 {
        self.cells.len().checked_div(self.columns.into()).unwrap_or(0) as u16
    }

    /// All of them.
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// Where a cell stands among [`cells`](Self::cells), if there is one.
    pub fn index(&self, x: u16, y: u16) -> Option<usize> {
        let inside = x < self.columns && y < self.rows();
        inside.then(|| usize::from(y) * usize::from(self.columns) + usize::from(x))
    }

    /// Puts a cell there. A wide character takes the next cell with it; in the last column, where
    /// there is none, it is left out.
    pub fn put(&mut self, x: u16, y: u16, mut cell: Cell) {
        let Some(at) = self.index(x, y) else { return };
        if cell.symbol.width() == 2 && x + 1 >= self.columns {
            cell.symbol = Symbol::Char(' ');
        }
        let wide = cell.symbol.width() == 2;
        // Half of a wide character is none.
        let end = at + usize::from(self.columns - x);
        if self.cells[at].symbol == Symbol::Behind {
            self.cells[at - 1] = Cell::BLANK;
        }
        let after = at + if wide { 2 } else { 1 };
        if after < end && self.cells[after].symbol == Symbol::Behind {
            self.cells[after] = Cell::BLANK;
        }
        if wide {
            self.cells[at + 1] = Cell { symbol: Symbol::Behind, look: cell.look };
        }
        self.cells[at] = cell;
    }
}

impl Cell {
    /// Nothing, in the terminal's own colours.
    pub const BLANK: Self = Self { symbol: Symbol::Char(' '), look: Look::PLAIN };

    /// A cell of a picture.
    pub fn of_picture(cell: &cells::Cell) -> Self {
        let look = Look { front: cell.front, back: cell.back, ..Look::PLAIN };
        Self { symbol: Symbol::Char(cell.glyph), look }
    }
}

impl From<&ratatui::buffer::Cell> for Cell {
    fn from(cell: &ratatui::buffer::Cell) -> Self {
        let look = Look { front: paint(cell.fg), back: paint(cell.bg), modifier: cell.modifier };
        Self { symbol: Symbol::of(cell.symbol()), look }
    }
}

impl Symbol {
    fn of(text: &str) -> Self {
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            _ if text == HOLE => Self::Hole,
            (Some(only), None) if only.width().is_some_and(|width| width > 0) => Self::Char(only),
            (Some(_), Some(_)) if text.width() > 0 && !text.contains(char::is_control) => {
                Self::Text(text.into())
            }
            _ => Self::Char(' '),
        }
    }

    /// In cells: 1 or 2; 0 of what is the half of another.
    pub fn width(&self) -> u16 {
        match self {
            Self::Char(c) => c.width().map_or(1, |width| width.clamp(1, 2) as u16),
            Self::Text(text) => text.as_ref().cell_width().clamp(1, 2),
            Self::Behind => 0,
            Self::Hole => 1,
        }
    }

    /// How many cells a terminal may take for it that knows its parts alone.
    pub fn parts_width(&self) -> u16 {
        match self {
            Self::Text(text) => {
                text.chars().filter_map(UnicodeWidthChar::width).sum::<usize>() as u16
            }
            Self::Char(_) | Self::Behind | Self::Hole => self.width(),
        }
    }
}

impl Look {
    /// The terminal's own colours.
    pub const PLAIN: Self =
        Self { front: Paint::Unset, back: Paint::Unset, modifier: Modifier::empty() };
}

fn paint(colour: Color) -> Paint {
    match colour {
        Color::Reset => Paint::Unset,
        Color::Black => Paint::Indexed(0),
        Color::Red => Paint::Indexed(1),
        Color::Green => Paint::Indexed(2),
        Color::Yellow => Paint::Indexed(3),
        Color::Blue => Paint::Indexed(4),
        Color::Magenta => Paint::Indexed(5),
        Color::Cyan => Paint::Indexed(6),
        Color::Gray => Paint::Indexed(7),
        Color::DarkGray => Paint::Indexed(8),
        Color::LightRed => Paint::Indexed(9),
        Color::LightGreen => Paint::Indexed(10),
        Color::LightYellow => Paint::Indexed(11),
        Color::LightBlue => Paint::Indexed(12),
        Color::LightMagenta => Paint::Indexed(13),
        Color::LightCyan => Paint::Indexed(14),
        Color::White => Paint::Indexed(15),
        Color::Indexed(index) => Paint::Indexed(index),
        Color::Rgb(red, green, blue) => Paint::Rgb([red, green, blue]),
    }
}
