//! What waits to be sent to one socket, bounded in messages and in bytes.
//!
//! Other sockets' tasks fill it, without waiting; its own task empties it. A peer that doesn't
//! read fills it up: then what waited is let go at once, and its task hears to close.
//!
//! That it fills up must not mean only that its task had no turn yet, as after a burst. So whoever
//! filled half of it lets its own peer wait until there is room again, unless a write is stuck:
//! for a peer that doesn't read nobody waits.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::extract::ws::Utf8Bytes;
use tokio::sync::Notify;

/// A queue of messages for one socket, or the reason why there will be none any more.
#[derive(Debug)]
pub(super) struct Outbox {
    limits: Limits,
    state: Mutex<State>,
    /// For the socket's own task.
    changed: Notify,
    /// For those who wait for room.
    eased: Notify,
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
    Open { queue: VecDeque<Utf8Bytes>, bytes: usize, flow: Flow },
    Ended(Cause),
}

impl Outbox {
    pub(super) fn new(limits: Limits) -> Self {
        let state = State::Open { queue: VecDeque::new(), bytes: 0, flow: Flow::Free };
        Self { limits, state: Mutex::new(state), changed: Notify::new(), eased: Notify::new() }
    }

    /// Adds a message; one too many ends the outbox.
    pub(super) fn push(&self, text: Utf8Bytes) {
        let mut state = self.lock();
        let State::Open { queue, bytes, .. } = &mut *state else {
            return;
        };
        let Limits { messages_max, bytes_max } = self.limits;
        if queue.len() < messages_max && *bytes + text.len() <= bytes_max {
            *bytes += text.len();
            queue.push_back(text);
            drop(state);
            self.changed.notify_one();
        } else {
            drop(state);
            self.end(Cause::TooSlow);
        }
    }

    /// Ends the outbox, unless it has ended; what waited is let go.
    pub(super) fn end(&self, cause: Cause) {
        let mut state = self.lock();
        if let State::Open { .. } = *state {
            *state = State::Ended(cause);
        }
        drop(state);
        self.changed.notify_one();
        self.eased.notify_waiters();
    }

    /// The socket's task tells how its writes go.
    pub(super) fn set_flow(&self, now: Flow) {
        if let State::Open { flow, .. } = &mut *self.lock() {
            *flow = now;
        }
        self.eased.notify_waiters();
    }

    /// The next message, once there is one. For the socket's task alone.
    pub(super) async fn next(&self) -> Result<Utf8Bytes, Cause> {
        loop {
            if let Some(next) = self.take() {
                return next;
            }
            self.changed.notified().await;
        }
    }

    /// Resolves when the outbox has ended. For the socket's task alone, in place of `next`.
    pub(super) async fn ended(&self) -> Cause {
        loop {
            if let State::Ended(cause) = *self.lock() {
                return cause;
            }
            self.changed.notified().await;
        }
    }

    /// Half of it is taken, and its task will make room as soon as it has a turn.
    pub(super) fn is_crowded(&self) -> bool {
        self.crowds(&self.lock())
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

    fn crowds(&self, state: &State) -> bool {
        let Limits { messages_max, bytes_max } = self.limits;
        match state {
            State::Open { queue, bytes, flow: Flow::Free } => {
                queue.len() > messages_max / 2 || *bytes > bytes_max / 2
            }
            State::Open { flow: Flow::Stuck, .. } | State::Ended(_) => false,
        }
    }

    pub(super) fn take(&self) -> Option<Result<Utf8Bytes, Cause>> {
        let mut state = self.lock();
        let was_crowded = self.crowds(&state);
        let next = match &mut *state {
            State::Open { queue, bytes, .. } => {
                let text = queue.pop_front()?;
                *bytes -= text.len();
                Ok(text)
            }
            State::Ended(cause) => Err(*cause),
        };
        if was_crowded && !self.crowds(&state) {
            self.eased.notify_waiters();
        }
        Some(next)
    }

    /// Every change is made whole under the lock, so a panic elsewhere spoils nothing.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { messages_max: 3, bytes_max: 10 };

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
