//! A person at a terminal: keys and frames come in, the screen goes out.
//!
//! Sleeps until something happens; takes all that has happened, then draws once.

use crate::app::Event;
use crate::picture::cells::Glyphs;
use crate::shell::Shell;
use crate::terminal::input::Input;
use crate::terminal::{self, Means, Mouse, Terminal};
use crate::ui::{self, Theme};
use anyhow::Context;
use ratatui::layout::Rect;
use std::io;
use std::time::Instant;

/// Runs until the person quits, the terminal goes, or the system ends the program.
pub async fn run(mut shell: Shell) -> anyhow::Result<()> {
    let theme = Theme::detect(
        std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()),
        std::env::var("COLORTERM").ok().as_deref(),
        std::env::var("TERM").ok().as_deref(),
    );
    let means = Means { depth: theme.depth, glyphs: Glyphs::Block, synchronized: false };
    let mut terminal = Terminal::enter(means)?;
    let outcome = interact(&mut shell, &mut terminal, theme).await;
    drop(terminal);
    shell.close().await;
    outcome
}

async fn interact(shell: &mut Shell, terminal: &mut Terminal, theme: Theme) -> anyhow::Result<()> {
    let mut previews = shell.io.camera.previews();
    let mut ends = Ends::new()?;
    while !shell.app.quitting {
        let area = match draw(shell, terminal, theme) {
            Ok(area) => area,
            Err(error) if terminal::is_gone(&error) => return Ok(()),
            Err(error) => return Err(error).context("drawing"),
        };
        shell.io.camera.set_preview(ui::preview_size(&shell.app, area));
        tokio::select! {
            Some(input) = terminal.inputs.recv() => {
                let mut next = Some(input);
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
            event = shell.next() => shell.handle(event),
            () = ends.next() => {
                tracing::info!("ended by the system");
                shell.act(crate::app::Action::Quit);
            }
        }
    }
    Ok(())
}

fn draw(shell: &Shell, terminal: &mut Terminal, theme: Theme) -> io::Result<Rect> {
    let area = terminal.draw(|frame| ui::render(&shell.app, frame, theme, Instant::now()))?;
    let wanted = ui::mouse::is_wanted(&shell.app);
    terminal.set_mouse(if wanted { Mouse::Captured } else { Mouse::Free });
    Ok(area)
}

fn handle_input(shell: &mut Shell, area: Rect, input: &Input) {
    let action = match input {
        Input::Key(key) => ui::keymap::action(&shell.app, *key),
        Input::Mouse(mouse) => ui::mouse::action(&shell.app, area, *mouse),
        _ => None,
    };
    if let Some(action) = action {
        shell.act(action);
    }
}

/// The signals by which the system ends a program.
#[cfg(unix)]
pub(crate) struct Ends {
    terminate: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
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

#[cfg(not(unix))]
pub(crate) struct Ends;

#[cfg(not(unix))]
impl Ends {
    pub(crate) fn new() -> anyhow::Result<Self> {
        Ok(Self)
    }

    pub(crate) async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}
