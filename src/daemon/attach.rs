//! `peersnap attach`: hands this terminal to the daemon, and waits.
//!
//! The daemon draws on it and reads it. What only the program knows that a terminal's shell has
//! started is told from here: another size of the window, Ctrl-Z and `fg`, the end of the line.
//! However it ends, the terminal is then as it was, also when the daemon is gone in the middle.

use super::client::Client;
use super::none_runs;
use super::request::Request;
use crate::report::{Report, TerminalState};
use crate::run::{Changed, Ends, Window, suspend};
use crate::terminal::capabilities::{Environment, Wishes};
use crate::terminal::{self, Tty};
use anyhow::Context;
use std::io::{self, Write};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Shows the daemon's room in this terminal until it is detached.
pub async fn attach(wishes: Wishes) -> anyhow::Result<()> {
    anyhow::ensure!(terminal::is_there(), "there is no terminal to draw on");
    let client = Client::connect().await.context("reaching the daemon")?.ok_or_else(none_runs)?;
    let tty = Tty::standard().context("finding the terminal")?;
    tty.remember().context("looking at the terminal")?;
    let mut hand = Hand { client, tty, ends: Ends::new()?, window: Window::new()? };
    let outcome = hand.lend(wishes).await;
    match outcome {
        // The daemon has given it back; its modes are what another may have changed meanwhile.
        Ok(_) => hand.tty.make_cooked(),
        Err(_) => terminal::restore(&hand.tty),
    }
    let text = match outcome? {
        TerminalState::TakenOver => "another terminal shows the room now",
        TerminalState::Ended => "the room is closed",
        _ => "detached: the room stays open, `peersnap attach` looks into it again",
    };
    // The terminal may be gone.
    let _ = writeln!(io::stdout(), "{text}");
    Ok(())
}

/// A terminal in the daemon's hand.
struct Hand {
    client: Client,
    tty: Tty,
    ends: Ends,
    window: Window,
}

impl Hand {
    /// Lends it until it is given back; why it was.
    async fn lend(&mut self, wishes: Wishes) -> anyhow::Result<TerminalState> {
        let variable = |name: &str| Some((name.to_owned(), std::env::var(name).ok()?));
        let environment = Environment::VARIABLES.into_iter().filter_map(variable).collect();
        let request = Request::Attach { environment, wishes };
        let asked = self.client.request_with(&request, self.tty.descriptors()).await;
        asked.context(LOST)?;
        // Once it is asked back, so long.
        let mut deadline = None;
        loop {
            tokio::select! {
                told = self.client.next() => match told.context(LOST)?.context(LOST)? {
                    Report::Terminal { state: TerminalState::Attached } => {}
                    Report::Terminal { state: TerminalState::Suspend } => suspend(),
                    Report::Terminal { state: TerminalState::Left } => {
                        self.window.stop().await;
                        self.go_on().await?;
                    }
                    Report::Terminal { state } => return Ok(state),
                    Report::Error { text, .. } => anyhow::bail!(text),
                    _ => {}
                },
                changed = self.window.next() => match changed {
                    Changed::Size => self.tell(&Request::Resized).await?,
                    Changed::Stop => self.tell(&Request::Suspend).await?,
                    Changed::Continued => self.go_on().await?,
                },
                () = self.ends.next() => {
                    deadline = Some(Instant::now() + DETACH_TIMEOUT);
                    self.tell(&Request::Detach).await?;
                }
                () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => {
                    anyhow::bail!("the daemon does not give the terminal back")
                }
            }
        }
    }

    /// The program goes on after it was stopped, in the foreground or as soon as it is there.
    async fn go_on(&mut self) -> anyhow::Result<()> {
        self.tty.remember().context("looking at the terminal")?;
        self.tell(&Request::Continued).await
    }

    async fn tell(&mut self, request: &Request) -> anyhow::Result<()> {
        self.client.request(request).await.context(LOST)
    }
}

const LOST: &str = "the daemon has ended without a word: its log may say why";
/// Longer than giving a terminal back takes.
const DETACH_TIMEOUT: Duration = Duration::from_secs(5);
