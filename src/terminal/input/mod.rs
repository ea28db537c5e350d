//! What comes from a terminal: bytes in, keys and answers out.
//!
//! A [`Parser`] is fed what is read from standard input, with the time; it reads nothing itself. It
//! recognises a complete answer at all times, asked for or not, and makes a key of none, however
//! the line has cut it: an ESC alone is held for a while, and where it became a key after all, the
//! rest of an answer that it began is taken for that ([`tail`]).
//!
//! Written by hand, since what is needed lies between what crates offer: `vte` says nothing of an
//! ESC that stands alone and keeps no APC, and key parsers type out the answers they do not know.
//! The keys are crossterm's types, so that whatever means them need not know this.

mod functional;
mod keys;
mod mouse;
mod parser;
mod paste;
mod reply;
mod sequence;
mod string;
mod tail;
#[cfg(test)]
mod tests;

pub use parser::Parser;
pub use reply::{GRAPHICS_QUERY_ID, Reply};

use crossterm::event::{KeyEvent, MouseEvent};

/// What comes from a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A key was pressed; or released, or held, from terminals that say so.
    Key(KeyEvent),
    /// The mouse did something.
    Mouse(MouseEvent),
    /// Text was pasted: lines, without any other control characters, of at most 64 KiB.
    Paste(String),
    /// The terminal answered.
    Reply(Reply),
}

/// Whether answers are still out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// Some are: an ESC may begin one, and is held longer.
    Answers,
    /// None are: an ESC is a key, unless more follows at once.
    Nothing,
}
