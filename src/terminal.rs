//! The tty: raw mode and the alternate screen, and its way back whatever happens.

use anyhow::Context;
use crossterm::cursor::Show;
use crossterm::event::{DisableMouseCapture, EnableMouseCapture};
use crossterm::execute;
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::backend::CrosstermBackend;
use std::io::{BufWriter, IsTerminal, Stdout, stdin, stdout};
use std::mem::ManuallyDrop;
use std::sync::Once;

/// A screen to draw on. Dropping it gives the terminal back.
pub struct Terminal {
    /// What ratatui draws with. Never dropped: its end would print to a terminal that may be gone,
    /// and panic there. What it would do, [`restore`] does.
    pub screen: ManuallyDrop<ratatui::Terminal<CrosstermBackend<BufWriter<Stdout>>>>,
    mouse: Mouse,
}

/// Who gets what the mouse does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mouse {
    /// This program.
    Captured,
    /// The terminal, which selects text with it.
    Free,
}

impl Terminal {
    /// Takes the terminal over.
    pub fn enter() -> anyhow::Result<Self> {
        if !stdin().is_terminal() || !stdout().is_terminal() {
            anyhow::bail!(
                "there is no terminal to draw on; without one, `peersnap snap`, `view`, \
                 `cameras` and `demo` work"
            );
        }
        restore_on_panic();
        enable_raw_mode().context("taking the terminal over")?;
        execute!(stdout(), EnterAlternateScreen).context("taking the terminal over")?;
        // One frame is one write, not one for each cell that changes.
        let backend = CrosstermBackend::new(BufWriter::with_capacity(FRAME_BYTES, stdout()));
        let screen = ratatui::Terminal::new(backend).context("taking the terminal over")?;
        Ok(Self { screen: ManuallyDrop::new(screen), mouse: Mouse::Free })
    }

    /// Captures the mouse, or leaves it to the terminal.
    pub fn set_mouse(&mut self, mouse: Mouse) -> anyhow::Result<()> {
        if mouse != self.mouse {
            self.mouse = mouse;
            let set = match mouse {
                Mouse::Captured => execute!(stdout(), EnableMouseCapture),
                Mouse::Free => execute!(stdout(), DisableMouseCapture),
            };
            set.context("setting the mouse")?;
        }
        Ok(())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        restore();
    }
}

/// Gives the terminal back, as far as it goes.
fn restore() {
    // The terminal may be gone altogether: there is nobody left to tell.
    let _ = execute!(stdout(), DisableMouseCapture, LeaveAlternateScreen, Show);
    let _ = disable_raw_mode();
}

/// A panic's message must not be lost on a screen that goes.
fn restore_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            // Only the loop's own thread ends the program.
            if std::thread::current().name() == Some("main") {
                restore();
            }
            tracing::error!(%panic, "panic");
            report(panic);
        }));
    });
}

const FRAME_BYTES: usize = 128 * 1024;
