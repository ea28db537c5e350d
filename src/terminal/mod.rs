//! The tty: raw mode and the alternate screen, and its way back whatever happens.

pub mod input;

use anyhow::Context;
use crossterm::cursor::Show;
use crossterm::event::{DisableMouseCapture, EnableMouseCapture, Event};
use crossterm::execute;
use crossterm::terminal::{
    DisableLineWrap, EnableLineWrap, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode,
};
use ratatui::backend::CrosstermBackend;
use std::io::{self, BufWriter, IsTerminal, Stdout, stdin, stdout};
use std::mem::ManuallyDrop;
use std::sync::Once;
use tokio::sync::mpsc;

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
        restore_on_panic();
        enable_raw_mode().context("taking the terminal over")?;
        // What is wider at the right edge than it was taken for stays in its row.
        execute!(stdout(), EnterAlternateScreen, DisableLineWrap)
            .context("taking the terminal over")?;
        // One frame is one write, not one for each cell that changes.
        let backend = CrosstermBackend::new(BufWriter::with_capacity(FRAME_BYTES, stdout()));
        let screen = ratatui::Terminal::new(backend).context("taking the terminal over")?;
        Ok(Self { screen: ManuallyDrop::new(screen), mouse: Mouse::Free })
    }

    /// Captures the mouse, or leaves it to the terminal.
    pub fn set_mouse(&mut self, mouse: Mouse) -> io::Result<()> {
        if mouse != self.mouse {
            self.mouse = mouse;
            match mouse {
                Mouse::Captured => execute!(stdout(), EnableMouseCapture)?,
                Mouse::Free => execute!(stdout(), DisableMouseCapture)?,
            }
        }
        Ok(())
    }
}

/// Whether there is a terminal to draw on and to read keys from.
pub fn is_there() -> bool {
    stdin().is_terminal() && stdout().is_terminal()
}

/// What the terminal says, read on a thread of its own, which ends with the program alone.
///
/// crossterm's own stream reads on the task that polls it, and there it never comes back from a
/// terminal that is gone: the loop could not hear that the system ends the program.
pub fn inputs() -> mpsc::Receiver<io::Result<Event>> {
    let (sender, inputs) = mpsc::channel(INPUTS_MAX);
    std::thread::spawn(move || {
        loop {
            let input = crossterm::event::read();
            let failed = input.is_err();
            if sender.blocking_send(input).is_err() || failed {
                return;
            }
        }
    });
    inputs
}

/// Whether a failure means that the terminal is gone: its window was closed, its line dropped.
pub fn is_gone(error: &io::Error) -> bool {
    const EIO: i32 = 5;
    error.raw_os_error() == Some(EIO) || error.kind() == io::ErrorKind::BrokenPipe
}

impl Drop for Terminal {
    fn drop(&mut self) {
        restore();
    }
}

/// Gives the terminal back, as far as it goes.
fn restore() {
    // The terminal may be gone altogether: there is nobody left to tell.
    let _ = execute!(stdout(), DisableMouseCapture, EnableLineWrap, LeaveAlternateScreen, Show);
    let _ = disable_raw_mode();
}

/// A panic's message must not be lost on a screen that goes.
fn restore_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let report = std::panic::take_hook();
        let owner = std::thread::current().id();
        std::panic::set_hook(Box::new(move |panic| {
            // A panic of another thread does not end the program.
            if std::thread::current().id() == owner {
                restore();
            }
            tracing::error!(%panic, "panic");
            report(panic);
        }));
    });
}

const FRAME_BYTES: usize = 128 * 1024;
/// A hand on the keyboard, and a mouse that is moved.
const INPUTS_MAX: usize = 64;
