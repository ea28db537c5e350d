//! What of a person is the terminal's: what it says, and what it shows of the app.
//!
//! The loop around it draws after whatever happens, waits for the next [`Sign`], and has it
//! handled; it is the same whether the terminal is this program's own or was handed to a daemon.

use crate::app::Event;
use crate::picture::{CellShape, RgbImage};
use crate::shell::Shell;
use crate::terminal::capabilities::{Environment, Inside, Wishes};
use crate::terminal::input::Input;
use crate::terminal::{self, Mouse, Terminal, Tty};
use crate::ui::{self, Ground, Theme};
use anyhow::Context;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;
use std::io;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::watch;

/// A terminal that shows the app. Dropping it gives the terminal back.
pub(crate) struct Face {
    /// The terminal itself, for whoever knows what becomes of its window.
    pub terminal: Terminal,
    previews: watch::Receiver<Option<Arc<RgbImage>>>,
    area: Rect,
}

/// What comes of a terminal.
pub(crate) enum Sign {
    /// Keys, the mouse, or why no more of them comes.
    Input(Option<io::Result<Input>>),
    /// What the camera sees is another picture.
    Preview,
    /// Its line is faster or slower than it was.
    Line,
    /// More is known of what it can do.
    Capabilities,
}

/// What is to become of the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It goes on.
    On,
    /// The person wants the shell for a while.
    Suspend,
    /// It is gone: its window was closed, its line dropped.
    Gone,
}

impl Face {
    /// Takes a terminal over, to show the app and what the camera sees.
    pub fn enter(
        tty: Tty,
        environment: &Environment,
        wishes: Wishes,
        shell: &Shell,
    ) -> anyhow::Result<Self> {
        let terminal = Terminal::enter(tty, environment, &wishes)?;
        Ok(Self { terminal, previews: shell.io.camera.previews(), area: Rect::default() })
    }

    /// Draws the app as it is, and tells the camera how large it is looked at.
    pub fn draw(&mut self, shell: &Shell) -> anyhow::Result<Turn> {
        match self.show(shell) {
            Ok(area) => self.area = area,
            Err(error) if terminal::is_gone(&error) => return Ok(Turn::Gone),
            Err(error) => return Err(error).context("drawing"),
        }
        let theme = theme(&mut self.terminal);
        shell.io.camera.set_preview(ui::preview_size(&shell.app, self.area, theme));
        Ok(Turn::On)
    }

    /// What comes next of it. Cancel-safe.
    pub async fn next(&mut self) -> Sign {
        tokio::select! {
            input = self.terminal.inputs.recv() => Sign::Input(input),
            Ok(()) = self.previews.changed() => Sign::Preview,
            Ok(()) = self.terminal.line.changed() => Sign::Line,
            Ok(()) = self.terminal.capabilities.changed() => Sign::Capabilities,
        }
    }

    /// Has the app take it, with all that has come behind it.
    pub fn handle(&mut self, shell: &mut Shell, sign: Sign) -> anyhow::Result<Turn> {
        match sign {
            Sign::Input(input) => return self.handle_inputs(shell, input),
            Sign::Preview => {
                let newest = self.previews.borrow_and_update().clone();
                if let Some(picture) = newest {
                    shell.handle(Event::Preview(picture));
                }
            }
            Sign::Line => {
                let line = *self.terminal.line.borrow_and_update();
                shell.handle(Event::Line(line));
            }
            Sign::Capabilities => {}
        }
        Ok(Turn::On)
    }

    fn handle_inputs(
        &mut self,
        shell: &mut Shell,
        mut next: Option<io::Result<Input>>,
    ) -> anyhow::Result<Turn> {
        anyhow::ensure!(next.is_some(), "the terminal is not read any more");
        let mut turn = Turn::On;
        while let Some(input) = next {
            match input {
                Ok(Input::Key(key)) if is_suspend(key) => turn = Turn::Suspend,
                Ok(input) => handle_input(shell, self.area, input),
                Err(error) if terminal::is_gone(&error) => return Ok(Turn::Gone),
                Err(error) => return Err(error).context("reading the terminal"),
            }
            next = self.terminal.inputs.try_recv().ok();
        }
        Ok(turn)
    }

    fn show(&mut self, shell: &Shell) -> io::Result<Rect> {
        let theme = theme(&mut self.terminal);
        let render =
            |frame: &mut ratatui::Frame<'_>| ui::render(&shell.app, frame, theme, Instant::now());
        let area = self.terminal.draw(render)?;
        let inside = self.terminal.capabilities.borrow().inside;
        // GNU screen, once it looks for the mouse, holds an Esc back until another key is pressed.
        let wanted = ui::mouse::is_wanted(&shell.app) && inside != Some(Inside::Screen);
        self.terminal.set_mouse(if wanted { Mouse::Captured } else { Mouse::Free });
        Ok(area)
    }
}

/// What there is to draw with, as far as the terminal has told.
fn theme(terminal: &mut Terminal) -> Theme {
    let capabilities = terminal.capabilities.borrow_and_update();
    let cell = capabilities.cell_pixels;
    let cell = cell.map_or_else(CellShape::default, |(w, h)| CellShape::of_pixels(w, h));
    let ground = if capabilities.dark == Some(false) { Ground::Light } else { Ground::Dark };
    Theme { depth: capabilities.depth, cell, ground }
}

fn handle_input(shell: &mut Shell, area: Rect, input: Input) {
    let event = match input {
        Input::Key(key) => ui::keymap::action(&shell.app, key).map(Event::Action),
        Input::Mouse(mouse) => ui::mouse::action(&shell.app, area, mouse).map(Event::Action),
        Input::Paste(text) => Some(Event::Pasted(text)),
        Input::Reply(_) => None,
    };
    if let Some(event) = event {
        shell.apply(event);
    }
}

/// Ctrl-Z, which a terminal in raw mode makes no signal of.
fn is_suspend(key: KeyEvent) -> bool {
    key.code == KeyCode::Char('z') && key.modifiers == KeyModifiers::CONTROL
}
