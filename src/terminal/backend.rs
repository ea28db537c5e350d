//! Where ratatui draws: a grid in memory. Nothing here touches the terminal, or waits for it.

use super::paint::{Cell, Grid};
use ratatui::backend::{self, ClearType, WindowSize};
use ratatui::layout::{Position, Size};
use std::io;

/// A grid that ratatui draws into.
#[derive(Debug, Default)]
pub struct Backend {
    grid: Grid,
    size: Size,
    cursor: Position,
}

impl Backend {
    /// Of a screen of this size.
    pub fn new(size: Size) -> Self {
        let grid = Grid::blank(size.width, size.height);
        Self { grid, size, cursor: Position::ORIGIN }
    }

    /// The screen has another size, perhaps: ratatui asks for it before it draws.
    pub fn set_size(&mut self, size: Size) {
        self.size = size;
    }

    /// What was drawn.
    pub fn grid(&self) -> &Grid {
        &self.grid
    }
}

impl backend::Backend for Backend {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a ratatui::buffer::Cell)>,
    {
        for (x, y, cell) in content {
            self.grid.put(x, y, Cell::from(cell));
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.cursor)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.cursor = position.into();
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.grid = Grid::blank(self.size.width, self.size.height);
        Ok(())
    }

    /// All of it, whatever part is meant: ratatui draws again what it clears.
    fn clear_region(&mut self, _: ClearType) -> io::Result<()> {
        self.clear()
    }

    fn size(&self) -> io::Result<Size> {
        Ok(self.size)
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: self.size, pixels: Size::ZERO })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
