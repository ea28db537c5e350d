//! What is written to a terminal: from what is wanted, and what it shows, to bytes.
//!
//! ```text
//!  Scene ─► Painter ─┬─ grid, pen   cells, and the fewest bytes that draw them; shade: colours
//!                    │              that stand for others
//!                    ├─ pace        how much may be written now
//!                    ├─ ladder      what a live picture gives up on a slow line
//!                    ├─ studio      stills, worked out beside this and kept
//!                    └─ album       stills in pixels; placeholder: through tmux
//! ```
//!
//! Pure: the time comes in, bytes go out, and nothing is waited for. [`mod@print`] is for a command that
//! prints a picture once.

mod album;
mod drawing;
mod grid;
mod ladder;
mod means;
mod pace;
mod painter;
mod pen;
mod placeholder;
pub mod print;
mod shade;
mod shown;
mod studio;
#[cfg(test)]
mod tests;

pub use album::{Pixels, Through};
pub use grid::{Cell, Grid};
pub use means::Means;
pub use painter::{Painter, Scene};
pub use studio::{Art, Work};

/// A cell's size where the terminal does not tell it, across and down: about that of most.
const CELL_PIXELS: (u16, u16) = (10, 20);
