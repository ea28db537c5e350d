//! A person at a terminal: keys and frames come in, the screen goes out.
//!
//! Sleeps until something happens; takes all that has happened, then draws once. What of that is
//! the terminal's is its [`Face`], which a daemon has too: there terminals come and go.

mod face;
mod window;

use crate::app::Action;
use crate::config::Config;
use crate::io::display;
use crate::shell::Shell;
use crate::terminal::Tty;
use crate::terminal::capabilities::{Environment, Wishes};
use anyhow::Context;

pub(crate) use face::{Face, Sign, Turn};
pub(crate) use window::{Changed, Ends, Window, suspend};

/// Runs until the person quits, the terminal goes, or the system ends the program.
pub async fn run(mut shell: Shell, config: &Config) -> anyhow::Result<()> {
    let environment = Environment::read(|name| std::env::var(name).ok());
    let wishes = wishes(config, &environment);
    let tty = Tty::standard().context("finding the terminal")?;
    let mut face = Face::enter(tty, &environment, wishes, &shell)?;
    let outcome = interact(&mut shell, &mut face).await;
    drop(face);
    shell.close().await;
    outcome
}

/// What is wished of this terminal: said now, remembered, or said in the config file of all.
fn wishes(config: &Config, environment: &Environment) -> Wishes {
    display::remember(config.state.as_deref(), &environment.kind(), config.wishes)
        .or(config.usual_wishes)
}

async fn interact(shell: &mut Shell, face: &mut Face) -> anyhow::Result<()> {
    let mut ends = Ends::new()?;
    let mut window = Window::new()?;
    while !shell.app.quitting {
        if face.draw(shell)? == Turn::Gone {
            return Ok(());
        }
        tokio::select! {
            sign = face.next() => match face.handle(shell, sign)? {
                Turn::On => {}
                Turn::Suspend => suspend(),
                Turn::Gone => return Ok(()),
            },
            event = shell.next() => shell.handle(event),
            changed = window.next() => match changed {
                Changed::Size => face.terminal.forget(),
                Changed::Stop => {
                    face.terminal.leave();
                    window.stop().await;
                    face.terminal.enter_again()?;
                }
                Changed::Continued => face.terminal.enter_again()?,
            },
            () = ends.next() => {
                tracing::info!("ended by the system");
                shell.act(Action::Quit);
            }
        }
    }
    Ok(())
}
