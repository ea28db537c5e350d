//! What the task of one remote peer does: it says hello until one comes back, then drives the session.

use super::drive::Drive;
use super::sealed::{Heard, Sealed};
use super::{Command, Setup, Standing};
use std::time::Duration;
use tokio::sync::mpsc;

/// Runs the task, which is fed by the inbox, until it is ended.
#[tracing::instrument(name = "peer", skip_all, fields(peer = %setup.remote))]
pub async fn run(setup: Setup, mut inbox: mpsc::Receiver<Command>) {
    let mut sealed = match Sealed::new(setup.member.clone(), setup.local, setup.remote) {
        Ok(sealed) => sealed,
        Err(error) => {
            tracing::error!(%error, "no seal can be made");
            return;
        }
    };
    if greet(&setup, &mut sealed, &mut inbox).await {
        Drive::new(setup, sealed).run(&mut inbox).await;
    }
}

/// Says hello until one comes back; false if the task is ended.
async fn greet(setup: &Setup, sealed: &mut Sealed, inbox: &mut mpsc::Receiver<Command>) -> bool {
    let mut pause = HELLO_FIRST;
    loop {
        setup.send(sealed).await;
        let deadline = tokio::time::Instant::now() + pause;
        loop {
            tokio::select! {
                () = setup.cancel.cancelled() => return false,
                () = tokio::time::sleep_until(deadline) => break,
                command = inbox.recv() => match command {
                    Some(Command::Signal(payload)) => {
                        match setup.hear(sealed, &payload, Standing::No).await {
                            Heard::Greeted | Heard::Proven(_) | Heard::Anew(_) => return true,
                            Heard::Nothing
                            | Heard::Signal(_)
                            | Heard::Renewed
                            | Heard::Unopened(_) => {}
                        }
                    }
                    // What was said to this one may be lost.
                    Some(Command::Reconnect | Command::Returned) => break,
                    Some(_) => tracing::debug!("not connected yet"),
                    None => return false,
                },
            }
        }
        // What was said may have been lost on its way.
        setup.renew(sealed).await;
        pause = (pause * 2).min(HELLO_MAX);
    }
}

/// How long one hello is waited for, at first; each time twice as long.
const HELLO_FIRST: Duration = Duration::from_secs(3);
const HELLO_MAX: Duration = Duration::from_secs(30);
