//! Asking a terminal once what it can do, for a command that prints and ends.

use super::capabilities::{Capabilities, Environment, Wishes};
use super::input::{Expected, Input, Parser, Reply};
use super::tty::{ReadKeys, Tty, Write};
use super::{give_back_on_panic, is_there, known_of};
use std::io;
use std::os::fd::AsFd;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

/// What the terminal can do: as it says within a second, or as the environment tells.
pub fn ask(environment: &Environment, wishes: &Wishes) -> Capabilities {
    let Ok(tty) = Tty::standard() else { return Capabilities::of(environment, wishes) };
    let tty = Arc::new(tty);
    let mut known = known_of(&tty, environment, *wishes);
    let questions = Capabilities::probe(environment);
    if is_there() && !questions.is_empty() {
        give_back_on_panic(&tty, Weak::new());
        if let Err(error) = learn(&tty, &mut known, &questions) {
            tracing::info!(%error, "the terminal is not asked");
        }
        tty.make_cooked();
    }
    known
}

/// Its attributes come last: what it does not know, it does not answer.
fn learn(tty: &Tty, known: &mut Capabilities, questions: &[u8]) -> io::Result<()> {
    let (calls, _caller) = io::pipe()?;
    tty.make_raw()?;
    let deadline = Instant::now() + ANSWERS_TIMEOUT;
    let mut left = questions;
    let mut parser = Parser::new();
    let mut inputs = Vec::new();
    while Instant::now() < deadline {
        let write = if left.is_empty() { Write::Idle } else { Write::Wanted };
        let ready = tty.wait(ReadKeys::Wanted, write, calls.as_fd(), Some(deadline))?;
        if ready.output {
            left = &left[tty.write(left)?..];
        }
        if ready.input {
            let mut bytes = [0; 1024];
            let read = tty.read(&mut bytes)?;
            if read == 0 {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            parser.handle(&bytes[..read], Instant::now(), Expected::Answers, &mut inputs);
        }
        for input in inputs.drain(..) {
            let Input::Reply(reply) = input else { continue };
            known.learn(&reply);
            if matches!(reply, Reply::Attributes { .. }) {
                return Ok(());
            }
        }
    }
    tty.discard_input();
    Ok(())
}

/// Beyond that it is a terminal that does not answer.
const ANSWERS_TIMEOUT: Duration = Duration::from_secs(1);
