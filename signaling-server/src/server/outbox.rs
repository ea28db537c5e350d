//! What waits to be sent to one socket, bounded in messages and in bytes.
//!
//! Other sockets' tasks fill it, without waiting; its own task empties it. A peer that doesn't
//! read fills it up: then what waited is let go at once, and its task hears to close.
//!
//! That it fills up must not mean only that its task had no turn yet, as after a burst. So whoever
//! filled half of it lets its own peer wait until there is room again, unless a write is stuck:
//! for a peer that doesn't read nobody waits.
//!
//! Texts, which are few and waited for, go before frames.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use axum::body::Bytes;
use axum::extract::ws::{Message, Utf8Bytes};
use tokio::sync::Notify;

/// A queue of messages for one socket, or the reason why there will be none any more.
#[derive(Debug)]
pub(super) struct Outbox {
    inner: Mutex<Inner>,
    /// For those who wait for room.
    eased: Notify,
}

#[derive(Debug)]
struct Inner {
    state: State,
    /// The socket's own task, while it waits.
    owner: Option<Waker>,
}

/// The most that may wait, of each kind.
#[derive(Debug, Clone, Copy)]
pub(super) struct Queues {
    pub(super) texts: Limits,
    pub(super) frames: Limits,
}

/// The most that may wait.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) messages_max: usize,
    pub(super) bytes_max: usize,
}

/// Why a socket is to be closed from elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// It does not read what it is sent.
    TooSlow,
    /// Its peer came back on another socket.
    Superseded,
    /// Its task is closing it already.
    Gone,
}

/// What became of a message that was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Added {
    /// It will be sent.
    Fine,
    /// It will be, but half of the outbox is taken; its task makes room as soon as it has a turn.
    Crowds,
    /// Nothing is sent any more.
    Ended,
}

/// Whether the peer takes what is written to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    /// As far as is known.
    Free,
    /// A write waits for the peer to read.
    Stuck,
}

#[derive(Debug)]
enum State {
    Open { texts: Queue, frames: Queue, flow: Flow },
    Ended(Cause),
}

/// Messages of one kind.
#[derive(Debug)]
struct Queue {
    limits: Limits,
    messages: VecDeque<Message>,
    bytes: usize,
}

impl Queue {
    fn new(limits: Limits) -> Self {
        Self { limits, messages: VecDeque::new(), bytes: 0 }
    }

    /// False if it is one too many.
    fn push(&mut self, message: Message) -> bool {
        let Limits { messages_max, bytes_max } = self.limits;
        let bytes = self.bytes + bytes_of(&message);
        let fits = self.messages.len() < messages_max && bytes <= bytes_max;
        if fits {
            self.bytes = bytes;
            self.messages.push_back(message);
        }
        fits
    }

    fn pop(&mut self) -> Option<Message> {
        let message = self.messages.pop_front()?;
        self.bytes -= bytes_of(&message);
        Some(message)
    }

    fn is_half_full(&self) -> bool {
        let Limits { messages_max, bytes_max } = self.limits;
        self.messages.len() > messages_max / 2 || self.bytes > bytes_max / 2
    }
}

impl State {
    fn is_crowded(&self) -> bool {
        match self {
            Self::Open { texts, frames, flow: Flow::Free } => {
                texts.is_half_full() || frames.is_half_full()
            }
            Self::Open { flow: Flow::Stuck, .. } | Self::Ended(_) => false,
        }
    }

    fn add(&mut self, push: impl FnOnce(&mut Queue, &mut Queue) -> bool) -> Added {
        let Self::Open { texts, frames, .. } = self else { return Added::Ended };
        if !push(texts, frames) {
            *self = Self::Ended(Cause::TooSlow);
            return Added::Ended;
        }
        if self.is_crowded() { Added::Crowds } else { Added::Fine }
    }

    fn take(&mut self) -> Option<Result<Message, Cause>> {
        match self {
            Self::Open { texts, frames, .. } => texts.pop().or_else(|| frames.pop()).map(Ok),
            Self::Ended(cause) => Some(Err(*cause)),
        }
    }
}

impl Outbox {
    pub(super) fn new(limits: Queues) -> Self {
        let (texts, frames) = (Queue::new(limits.texts), Queue::new(limits.frames));
        let state = State::Open { texts, frames, flow: Flow::Free };
        Self { inner: Mutex::new(Inner { state, owner: None }), eased: Notify::new() }
    }

    /// Adds a text; one too many ends the outbox.
    pub(super) fn push(&self, text: Utf8Bytes) -> Added {
        self.add(|texts, _| texts.push(Message::Text(text)))
    }

    /// Adds a frame; one too many ends the outbox.
    pub(super) fn push_frame(&self, frame: Bytes) -> Added {
        self.add(|_, frames| frames.push(Message::Binary(frame)))
    }

    fn add(&self, push: impl FnOnce(&mut Queue, &mut Queue) -> bool) -> Added {
        let added = self.change(|state| state.add(push));
        if added == Added::Ended {
            self.eased.notify_waiters();
        }
        added
    }

    /// Ends the outbox, unless it has ended; what waited is let go.
    pub(super) fn end(&self, cause: Cause) {
        self.change(|state| {
            if let State::Open { .. } = state {
                *state = State::Ended(cause);
            }
        });
        self.eased.notify_waiters();
    }

    /// Makes a change, and wakes the socket's task.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut inner = self.lock();
        let (changed, owner) = (change(&mut inner.state), inner.owner.take());
        drop(inner);
        if let Some(owner) = owner {
            owner.wake();
        }
        changed
    }

    /// Whether anything is still sent.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.lock().state, State::Open { .. })
    }

    /// The socket's task tells how its writes go.
    pub(super) fn set_flow(&self, now: Flow) {
        if let State::Open { flow, .. } = &mut self.lock().state {
            *flow = now;
        }
        self.eased.notify_waiters();
    }

    /// The next message, once there is one. For the socket's task alone.
    pub(super) async fn next(&self) -> Result<Message, Cause> {
        poll_fn(|context| self.poll(context, |state| self.take_of(state))).await
    }

    /// Resolves when the outbox has ended. For the socket's task alone, in place of `next`.
    pub(super) async fn ended(&self) -> Cause {
        let cause = |state: &mut State| match state {
            State::Open { .. } => None,
            State::Ended(cause) => Some(*cause),
        };
        poll_fn(|context| self.poll(context, cause)).await
    }

    /// The next message, if there is one.
    pub(super) fn take(&self) -> Option<Result<Message, Cause>> {
        self.take_of(&mut self.lock().state)
    }

    fn take_of(&self, state: &mut State) -> Option<Result<Message, Cause>> {
        let was_crowded = state.is_crowded();
        let taken = state.take();
        if was_crowded && !state.is_crowded() {
            self.eased.notify_waiters();
        }
        taken
    }

    /// What the socket's task looks for; if it is not there, the task is woken at the next change.
    fn poll<T>(
        &self,
        context: &Context<'_>,
        look: impl FnOnce(&mut State) -> Option<T>,
    ) -> Poll<T> {
        let Inner { state, owner } = &mut *self.lock();
        let found = look(state);
        if found.is_none() {
            match owner {
                Some(owner) => owner.clone_from(context.waker()),
                None => *owner = Some(context.waker().clone()),
            }
        }
        found.map_or(Poll::Pending, Poll::Ready)
    }

    /// Half of it is taken, and its task will make room as soon as it has a turn.
    fn is_crowded(&self) -> bool {
        self.lock().state.is_crowded()
    }

    /// Resolves when the outbox isn't crowded. For any number of tasks.
    pub(super) async fn eased(&self) {
        loop {
            // Made before the look, so that no change is missed in between.
            let eased = self.eased.notified();
            if !self.is_crowded() {
                return;
            }
            eased.await;
        }
    }

    /// Every change is made whole under the lock, so a panic elsewhere spoils nothing.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn bytes_of(message: &Message) -> usize {
    match message {
        Message::Text(text) => text.len(),
        Message::Binary(bytes) => bytes.len(),
        Message::Ping(_) | Message::Pong(_) | Message::Close(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Queues = Queues {
        texts: Limits { messages_max: 3, bytes_max: 10 },
        frames: Limits { messages_max: 2, bytes_max: 100 },
    };

    #[test]
    fn messages_come_out_in_order() {
        let outbox = Outbox::new(LIMITS);
        outbox.push("a".into());
        outbox.push("b".into());
        assert_eq!(outbox.take(), Some(Ok("a".into())));
        assert_eq!(outbox.take(), Some(Ok("b".into())));
        assert_eq!(outbox.take(), None);
    }

    #[test]
    fn texts_go_before_frames_and_each_have_limits_of_their_own() {
        let outbox = Outbox::new(LIMITS);
        outbox.push_frame("f".into());
        outbox.push_frame("g".into());
        assert!(outbox.is_crowded());
        outbox.push("a".into());
        assert_eq!(outbox.take(), Some(Ok("a".into())));
        assert_eq!(outbox.take(), Some(Ok(Message::Binary("f".into()))));
        assert!(!outbox.is_crowded());
        outbox.push_frame("h".into());
        outbox.push_frame("i".into());
        assert_eq!(outbox.take(), Some(Err(Cause::TooSlow)));
    }

    #[test]
    fn a_message_too_many_ends_it_and_lets_go_of_the_rest() {
        let outbox = Outbox::new(LIMITS);
        for _ in 0..4 {
            outbox.push("a".into());
        }
        assert_eq!(outbox.take(), Some(Err(Cause::TooSlow)));
    }

    #[test]
    fn a_byte_too_many_ends_it() {
        let outbox = Outbox::new(LIMITS);
        outbox.push("123456".into());
        outbox.push("1234".into());
        assert_eq!(outbox.take(), Some(Ok("123456".into())));
        outbox.push("1234567".into());
        assert_eq!(outbox.take(), Some(Err(Cause::TooSlow)));
    }

    #[test]
    fn half_full_it_is_crowded_until_its_task_took_some_or_its_peer_takes_none() {
        let outbox = Outbox::new(LIMITS);
        outbox.push("a".into());
        assert!(!outbox.is_crowded());
        outbox.push("a".into());
        assert!(outbox.is_crowded());
        outbox.set_flow(Flow::Stuck);
        assert!(!outbox.is_crowded());
        outbox.set_flow(Flow::Free);
        assert!(outbox.is_crowded());
        assert!(matches!(outbox.take(), Some(Ok(_))));
        assert!(!outbox.is_crowded());
    }

    #[tokio::test]
    async fn those_who_wait_for_room_hear_of_it_and_of_an_end() {
        let outbox = Outbox::new(LIMITS);
        for wake in [Outbox::take, |it: &Outbox| {
            it.end(Cause::Gone);
            None
        }] {
            outbox.push("a".into());
            outbox.push("a".into());
            assert!(outbox.is_crowded());
            tokio::join!(outbox.eased(), outbox.eased(), async {
                wake(&outbox);
            });
        }
    }

    #[tokio::test]
    async fn an_end_is_heard_by_a_task_that_waits() {
        let outbox = Outbox::new(LIMITS);
        let (cause, ()) = tokio::join!(outbox.ended(), async { outbox.end(Cause::Superseded) });
        assert_eq!(cause, Cause::Superseded);
    }
}
