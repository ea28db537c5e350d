//! How the terminal is taken over, and how it is given back.

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::queue;
use crossterm::terminal::{
    Clear, ClearType, DisableLineWrap, EnableLineWrap, EnterAlternateScreen, LeaveAlternateScreen,
};

/// Who gets what the mouse does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mouse {
    /// This program.
    Captured,
    /// The terminal, which selects text with it.
    Free,
}

/// Another screen beside the one with the shell on it.
pub(super) fn enter() -> Vec<u8> {
    let mut out = Vec::new();
    // What is wider at the right edge than it was taken for stays in its row.
    let _ = queue!(out, EnterAlternateScreen, DisableLineWrap, Hide, EnableBracketedPaste);
    out
}

/// The shell's screen as it was.
pub(super) fn leave() -> Vec<u8> {
    let mut out = Vec::new();
    out.extend_from_slice(b"\x1b[m");
    let _ = queue!(out, DisableMouseCapture, DisableBracketedPaste, EnableLineWrap);
    // Where there is no other screen, as in GNU screen, a shell would write into what stands there.
    let _ = queue!(out, MoveTo(0, 0), Clear(ClearType::FromCursorDown));
    let _ = queue!(out, LeaveAlternateScreen, Show);
    out
}

/// What gives the mouse to whom it belongs.
pub(super) fn mouse(mouse: Mouse) -> Vec<u8> {
    let mut out = Vec::new();
    let _ = match mouse {
        Mouse::Captured => queue!(out, EnableMouseCapture),
        Mouse::Free => queue!(out, DisableMouseCapture),
    };
    out
}
