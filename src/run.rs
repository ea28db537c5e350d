//! A person at a terminal: keys and frames come in, the screen goes out.
//!
//! Sleeps until something happens; takes all that has happened, then draws once.

use crate::app::{Action, Event};
use crate::config::Config;
use crate::io::display;
use crate::picture::CellShape;
use crate::shell::Shell;
use crate::terminal::capabilities::{Environment, Inside, Wishes};
use crate::terminal::input::Input;
use crate::terminal::{self, Mouse, Terminal};
use crate::ui::{self, Theme};
use anyhow::Context;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;
use std::io;
use std::time::Instant;

/// Runs until the person quits, the terminal goes, or the system ends the program.
pub async fn run(mut shell: Shell, config: &Config) -> anyhow::Result<()> {
    let environment = Environment::read(|name| std::env::var(name).ok());
    let mut terminal = Terminal::enter(&environment, &wishes(config, &environment))?;
    let outcome = interact(&mut shell, &mut terminal).await;
    drop(terminal);
    shell.close().await;
    outcome
}

/// What is wished of this terminal: said now, remembered, or said in the config file of all.
fn wishes(config: &Config, environment: &Environment) -> Wishes {
    display::remember(config.state.as_deref(), &environment.kind(), config.wishes)
        .or(config.usual_wishes)
}

async fn interact(shell: &mut Shell, terminal: &mut Terminal) -> anyhow::Result<()> {
    let mut previews = shell.io.camera.previews();
    let mut ends = Ends::new()?;
    let mut window = Window::new()?;
    while !shell.app.quitting {
        let area = match draw(shell, terminal) {
            Ok(area) => area,
            Err(error) if terminal::is_gone(&error) => return Ok(()),
            Err(error) => return Err(error).context("drawing"),
        };
        shell.io.camera.set_preview(ui::preview_size(&shell.app, area, theme(terminal)));
        tokio::select! {
            input = terminal.inputs.recv() => {
                let mut next = input;
                anyhow::ensure!(next.is_some(), "the terminal is not read any more");
                while let Some(input) = next {
                    match input {
                        Ok(input) => handle_input(shell, area, &input),
                        Err(error) if terminal::is_gone(&error) => return Ok(()),
                        Err(error) => return Err(error).context("reading the terminal"),
                    }
                    next = terminal.inputs.try_recv().ok();
                }
            }
            Ok(()) = previews.changed() => {
                let newest = previews.borrow_and_update().clone();
                if let Some(picture) = newest {
                    shell.handle(Event::Preview(picture));
                }
            }
            Ok(()) = terminal.line.changed() => {
                let line = *terminal.line.borrow_and_update();
                shell.handle(Event::Line(line));
            }
            Ok(()) = terminal.capabilities.changed() => {}
            event = shell.next() => shell.handle(event),
            changed = window.next() => match changed {
                Changed::Size => terminal.forget(),
                Changed::Stop => {
                    terminal.leave();
                    window.stop().await;
                    terminal.enter_again()?;
                }
                Changed::Continued => terminal.enter_again()?,
            },
            () = ends.next() => {
                tracing::info!("ended by the system");
                shell.act(Action::Quit);
            }
        }
    }
    Ok(())
}

fn draw(shell: &Shell, terminal: &mut Terminal) -> io::Result<Rect> {
    let theme = theme(terminal);
    let area = terminal.draw(|frame| ui::render(&shell.app, frame, theme, Instant::now()))?;
    let inside = terminal.capabilities.borrow().inside;
    // GNU screen, once it looks for the mouse, holds an Esc back until another key is pressed.
    let wanted = ui::mouse::is_wanted(&shell.app) && inside != Some(Inside::Screen);
    terminal.set_mouse(if wanted { Mouse::Captured } else { Mouse::Free });
    Ok(area)
}

/// What there is to draw with, as far as the terminal has told.
fn theme(terminal: &mut Terminal) -> Theme {
    let capabilities = terminal.capabilities.borrow_and_update();
    let cell = capabilities.cell_pixels;
    let cell = cell.map_or_else(CellShape::default, |(w, h)| CellShape::of_pixels(w, h));
    Theme { depth: capabilities.depth, cell }
}

fn handle_input(shell: &mut Shell, area: Rect, input: &Input) {
    let action = match input {
        Input::Key(key) if is_suspend(*key) => {
            suspend();
            None
        }
        Input::Key(key) => ui::keymap::action(&shell.app, *key),
        Input::Mouse(mouse) => ui::mouse::action(&shell.app, area, *mouse),
        Input::Paste(text) => {
            for action in ui::keymap::pasted(&shell.app, text) {
                shell.act(action);
            }
            None
        }
        Input::Reply(_) => None,
    };
    if let Some(action) = action {
        shell.act(action);
    }
}

/// Ctrl-Z, which a terminal in raw mode makes no signal of.
fn is_suspend(key: KeyEvent) -> bool {
    key.code == KeyCode::Char('z') && key.modifiers == KeyModifiers::CONTROL
}

/// Stops whatever the shell has started in this terminal, this program with it. Where no shell is
/// that would have it go on, as in a window of its own, nothing is stopped.
fn suspend() {
    use rustix::process::{Signal, getpid, getsid, kill_current_process_group};
    if getsid(None) == Ok(getpid()) {
        return;
    }
    if let Err(error) = kill_current_process_group(Signal::TSTP) {
        tracing::warn!(%error, "not stopped");
    }
}

/// What becomes of the window that the terminal is, and of the program's place in it.
struct Window {
    size: tokio::signal::unix::Signal,
    stop: tokio::signal::unix::Signal,
    continued: tokio::signal::unix::Signal,
}

enum Changed {
    /// It has another size.
    Size,
    /// The program is to stop until it is continued.
    Stop,
    /// The program was stopped without being asked, and goes on.
    Continued,
}

impl Window {
    fn new() -> anyhow::Result<Self> {
        use rustix::process::Signal;
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |which: Signal| {
            signal(SignalKind::from_raw(which.as_raw())).context("listening for signals")
        };
        let (size, stop) = (listen(Signal::WINCH)?, listen(Signal::TSTP)?);
        Ok(Self { size, stop, continued: listen(Signal::CONT)? })
    }

    async fn next(&mut self) -> Changed {
        tokio::select! {
            _ = self.size.recv() => Changed::Size,
            _ = self.stop.recv() => Changed::Stop,
            _ = self.continued.recv() => Changed::Continued,
        }
    }

    /// Stops the program; comes back when it is continued.
    async fn stop(&mut self) {
        use rustix::process::{Signal, getpid, kill_process};
        tokio::select! {
            biased;
            // It is to go on already: once stopped, nobody would tell it again.
            _ = self.continued.recv() => return,
            () = std::future::ready(()) => {}
        }
        match kill_process(getpid(), Signal::STOP) {
            // This thread may go on for a moment before it stops: so the end of it is waited for.
            Ok(()) => drop(self.continued.recv().await),
            Err(error) => tracing::warn!(%error, "not stopped"),
        }
    }
}

/// The signals by which the system ends a program.
pub(crate) struct Ends {
    terminate: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl Ends {
    pub(crate) fn new() -> anyhow::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| signal(kind).context("listening for signals");
        Ok(Self {
            terminate: listen(SignalKind::terminate())?,
            hang_up: listen(SignalKind::hangup())?,
            interrupt: listen(SignalKind::interrupt())?,
        })
    }

    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
