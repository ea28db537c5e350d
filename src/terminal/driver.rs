//! The thread that owns the terminal: it alone reads it and writes to it, for the program's life.
//!
//! ```text
//!  Terminal::draw ──newest scene──► Mailbox ─┐           ┌─► write ──► terminal
//!                                            ├─► Painter ─┤               │ keys, answers
//!  studio ──────worked-out stills────────────┘           └── Parser ◄────┘
//!                                                               └──► inputs: keys, the mouse
//! ```
//!
//! Nobody else waits for the terminal: a line that stalls stops no key, no transfer, and no end.
//! When there is nothing to do it sleeps.

use super::capabilities::Capabilities;
use super::input::{Expected, Input, Parser, Reply};
use super::mailbox::{Mail, Mailbox, Order};
use super::paint::{Painter, Work};
use super::screen;
use super::tty::{ReadKeys, Tty, Write, take_calls};
use crate::line::Line;
use std::collections::VecDeque;
use std::io::{self, PipeReader};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, watch};

/// What the thread works with.
pub(super) struct Driver {
    /// The device.
    pub tty: Arc<Tty>,
    /// What it is told.
    pub mailbox: Arc<Mailbox>,
    /// Readable when it is told something.
    pub calls: PipeReader,
    /// Keys and the mouse, for whoever means them.
    pub inputs: mpsc::Sender<io::Result<Input>>,
    /// How the line is doing.
    pub line: watch::Sender<Line>,
    /// What the terminal can do.
    pub capabilities: watch::Sender<Capabilities>,
    /// Where stills are worked out.
    pub studio: SyncSender<Work>,
    /// What is written.
    pub painter: Painter,
    /// What is read.
    pub parser: Parser,
    /// What is left of it.
    pub state: State,
}

/// What is under way.
#[derive(Debug, Default)]
pub(super) struct State {
    /// Being written, and how far it is.
    output: Vec<u8>,
    written: usize,
    /// Inputs that nobody has taken yet.
    unheard: VecDeque<Input>,
    /// Stills that are being worked out.
    works: usize,
    /// The terminal is given back for a while.
    is_away: bool,
    /// When it was told last how the line is doing.
    told_at: Option<Instant>,
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.mailbox.close();
    }
}

impl Driver {
    /// Works until nobody listens any more, or the terminal is gone. The terminal is asked first
    /// what it can do; nothing waits for its answers.
    pub fn run(mut self, questions: &[u8]) {
        self.enter();
        self.state.output.extend_from_slice(questions);
        while !self.inputs.is_closed() {
            if let Err(error) = self.turn() {
                let _ = self.inputs.blocking_send(Err(error));
                return;
            }
        }
    }

    /// Does all that can be done now, then waits.
    fn turn(&mut self) -> io::Result<()> {
        let mail = self.mailbox.take();
        self.handle_mail(mail);
        let now = Instant::now();
        self.hear(now);
        self.write(now)?;
        // Writing finds out what is to be worked out.
        self.hand_out_works();
        let waits = self.state.unheard.is_empty();
        let keys = if waits && !self.state.is_away { ReadKeys::Wanted } else { ReadKeys::Enough };
        let write = if self.is_writing() { Write::Wanted } else { Write::Idle };
        let again = (!waits).then(|| now + UNHEARD_TIMEOUT);
        let painter = if self.is_writing() { None } else { self.painter.poll_timeout(now) };
        let until = [again, painter, self.parser.poll_timeout()].into_iter().flatten().min();
        let ready = self.tty.wait(keys, write, self.calls.as_fd(), until)?;
        if ready.call {
            take_calls(&mut self.calls);
        }
        if ready.input {
            self.read()?;
        }
        Ok(())
    }

    fn handle_mail(&mut self, mail: Mail) {
        for (work, art) in mail.works {
            self.state.works -= 1;
            self.painter.handle_work(&work, art);
        }
        if mail.is_unknown {
            self.painter.forget();
        }
        if let Some(scene) = mail.scene {
            self.painter.set_scene(scene);
        }
        match mail.order {
            Some(Order::Leave(left)) => {
                self.leave();
                let _ = left.try_send(());
            }
            Some(Order::Enter) => self.enter(),
            None => {}
        }
        if !self.state.is_away {
            self.state.output.extend_from_slice(&mail.controls);
        }
    }

    fn hand_out_works(&mut self) {
        while self.state.works < WORKS_MAX
            && let Some(work) = self.painter.poll_work()
            && self.studio.try_send(work).is_ok()
        {
            self.state.works += 1;
        }
    }

    fn is_writing(&self) -> bool {
        self.state.written < self.state.output.len()
    }

    fn write(&mut self, now: Instant) -> io::Result<()> {
        if self.state.is_away {
            return Ok(());
        }
        loop {
            if !self.is_writing() {
                self.state.output.clear();
                self.state.written = 0;
                let Some(output) = self.painter.poll_transmit(now) else { return Ok(()) };
                self.state.output = output;
                self.tell_line(now);
            }
            let taken = self.tty.write(&self.state.output[self.state.written..])?;
            self.state.written += taken;
            if taken == 0 {
                return Ok(());
            }
        }
    }

    fn read(&mut self) -> io::Result<()> {
        let mut bytes = [0; READ_BYTES];
        let read = self.tty.read(&mut bytes)?;
        if read == 0 {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let now = Instant::now();
        let mut inputs = Vec::new();
        self.parser.handle(&bytes[..read], now, self.expected(now), &mut inputs);
        self.handle_inputs(inputs, now);
        Ok(())
    }

    /// What waited for its end in the parser, then to the app.
    fn hear(&mut self, now: Instant) {
        let mut inputs = Vec::new();
        self.parser.handle_timeout(now, &mut inputs);
        self.handle_inputs(inputs, now);
    }

    fn handle_inputs(&mut self, inputs: Vec<Input>, now: Instant) {
        for input in inputs {
            match input {
                Input::Reply(Reply::Alive) => self.painter.handle_answer(now),
                Input::Reply(reply) => self.learn(&reply),
                input => self.state.unheard.push_back(input),
            }
        }
        while let Some(input) = self.state.unheard.pop_front() {
            // Whoever listens no more is noticed by the loop.
            if let Err(TrySendError::Full(Ok(input))) = self.inputs.try_send(Ok(input)) {
                self.state.unheard.push_front(input);
                return;
            }
        }
    }

    fn learn(&mut self, reply: &Reply) {
        tracing::debug!(?reply, "the terminal answers");
        if self.capabilities.send_if_modified(|capabilities| capabilities.learn(reply)) {
            self.painter.set_means((&*self.capabilities.borrow()).into());
        }
    }

    fn expected(&self, now: Instant) -> Expected {
        if self.painter.expects_answers(now) { Expected::Answers } else { Expected::Nothing }
    }

    /// Tells how the line is doing: at once when the picture gives something up, else now and then.
    fn tell_line(&mut self, now: Instant) {
        let line = self.painter.line();
        let soon = self.state.told_at.is_some_and(|at| now < at + TELL_LINE_EVERY);
        if soon && line.rung == self.line.borrow().rung {
            return;
        }
        self.state.told_at = Some(now);
        self.line.send_replace(line);
    }

    /// The terminal is ours; what it shows is not known.
    fn enter(&mut self) {
        self.state.is_away = false;
        self.painter.forget();
        self.state.output.extend_from_slice(&screen::enter());
    }

    /// Gives the terminal back, within a bounded time: what cannot be written by then is not, and
    /// an answer that is still to come is waited for, so that it does not end up as if typed.
    fn leave(&mut self) {
        if self.state.is_away {
            return;
        }
        self.state.is_away = true;
        if self.state.written == 0 {
            self.state.output.clear();
        }
        self.state.output.extend_from_slice(&self.painter.take_away());
        self.state.output.extend_from_slice(&screen::leave());
        let now = Instant::now();
        if self.finish(now + LEAVE_TIMEOUT).is_err() || self.is_writing() {
            self.tty.discard_output();
            // There is room for this now; what it cuts off is given up first.
            let _ = self.tty.write(&[CANCEL, &screen::leave()].concat());
        } else {
            self.await_answers();
        }
        self.state.output.clear();
        self.state.written = 0;
        self.tty.discard_input();
        self.tty.make_cooked();
    }

    fn finish(&mut self, deadline: Instant) -> io::Result<()> {
        while self.is_writing() && Instant::now() < deadline {
            self.state.written += self.tty.write(&self.state.output[self.state.written..])?;
            if self.is_writing() {
                let calls = self.calls.as_fd();
                self.tty.wait(ReadKeys::Enough, Write::Wanted, calls, Some(deadline))?;
            }
        }
        Ok(())
    }

    /// Waits for the answers that are still to come, as long as they keep coming.
    fn await_answers(&mut self) {
        let last = Instant::now() + ANSWERS_TIMEOUT_MAX;
        let mut deadline = Instant::now() + self.patience();
        while let now = Instant::now()
            && now < deadline.min(last)
            && self.painter.expects_answers(now)
        {
            let (calls, until) = (self.calls.as_fd(), Some(deadline.min(last)));
            let ready = self.tty.wait(ReadKeys::Wanted, Write::Idle, calls, until);
            let Ok(ready) = ready else { return };
            if ready.call {
                take_calls(&mut self.calls);
            }
            if ready.input {
                if self.read().is_err() {
                    return;
                }
                deadline = Instant::now() + self.patience();
            }
        }
        self.state.unheard.clear();
    }

    /// How long an answer may be out: where none has come yet, the line may be of any kind.
    fn patience(&self) -> Duration {
        let delay = self.painter.line().delay;
        delay.map_or(ANSWER_TIMEOUT_UNKNOWN, |delay| ANSWER_TIMEOUT + 2 * delay)
    }
}

/// Stills are few, and one after the other is soon enough.
pub(super) const WORKS_MAX: usize = 4;
/// Whoever should hear of a key is busy: asked again then.
const UNHEARD_TIMEOUT: Duration = Duration::from_millis(20);
/// Nobody reads figures faster.
const TELL_LINE_EVERY: Duration = Duration::from_secs(1);
const READ_BYTES: usize = 4096;
/// What a terminal that does not take any more may hold up the end of the program.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(1);
/// Ends a sequence or a string that is not whole: CAN, and ST.
const CANCEL: &[u8] = b"\x18\x1b\\";
/// For an answer at the end, beyond the line's own delay.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(300);
/// Before the first of them: as long as a first screen takes on a line that crawls.
const ANSWER_TIMEOUT_UNKNOWN: Duration = Duration::from_secs(1);
/// For all of them.
const ANSWERS_TIMEOUT_MAX: Duration = Duration::from_millis(1800);
