//! A person at a terminal: keys and frames come in, the screen goes out.
//!
//! Sleeps until something happens; takes all that has happened, then draws once.

use crate::app::Event;
use crate::shell::Shell;
use crate::terminal::{Mouse, Terminal};
use crate::ui::{self, Theme};
use anyhow::Context;
use crossterm::event::{Event as Input, EventStream};
use futures_util::StreamExt;
use ratatui::layout::Rect;
use std::future::poll_fn;
use std::task::Poll;
use std::time::Instant;

/// Runs until the person quits, the terminal goes, or the system ends the program.
pub async fn run(mut shell: Shell) -> anyhow::Result<()> {
    let mut terminal = Terminal::enter()?;
    let theme = Theme::detect(
        std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()),
        std::env::var("COLORTERM").ok().as_deref(),
        std::env::var("TERM").ok().as_deref(),
    );
    let outcome = interact(&mut shell, &mut terminal, theme).await;
    drop(terminal);
    shell.close().await;
    outcome
}

async fn interact(shell: &mut Shell, terminal: &mut Terminal, theme: Theme) -> anyhow::Result<()> {
    let mut input = EventStream::new();
    let mut previews = shell.io.camera.previews();
    let mut ends = Ends::new()?;
    while !shell.app.quitting {
        let drawn =
            terminal.screen.draw(|frame| ui::render(&shell.app, frame, theme, Instant::now()));
        let area = drawn.context("drawing")?.area;
        let wanted = ui::mouse::is_wanted(&shell.app);
        terminal.set_mouse(if wanted { Mouse::Captured } else { Mouse::Free })?;
        shell.io.camera.set_preview(ui::preview_size(&shell.app, area));
        tokio::select! {
            happened = input.next() => {
                let mut next = Some(happened);
                while let Some(happened) = next {
                    // None: the terminal is gone.
                    let Some(happened) = happened else { return Ok(()) };
                    handle_input(shell, area, &happened.context("reading the terminal")?);
                    next = ready(&mut input).await;
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

/// What the terminal has said already; `None` if it has to be waited for.
///
/// With this task's own waker: the stream keeps the first one that it is polled with, and one that
/// wakes nobody would leave the next key unheard.
async fn ready(input: &mut EventStream) -> Option<Option<std::io::Result<Input>>> {
    poll_fn(|cx| match input.poll_next_unpin(cx) {
        Poll::Ready(next) => Poll::Ready(Some(next)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
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
struct Ends {
    terminate: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Ends {
    fn new() -> anyhow::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| signal(kind).context("listening for signals");
        Ok(Self {
            terminate: listen(SignalKind::terminate())?,
            hang_up: listen(SignalKind::hangup())?,
            interrupt: listen(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Ends;

#[cfg(not(unix))]
impl Ends {
    fn new() -> anyhow::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}
