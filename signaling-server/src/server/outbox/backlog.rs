//! What waits to be sent to one socket, as plain data: texts and frames, each within limits.
//!
//! Texts, which are few and waited for, go before frames.

use std::collections::VecDeque;

use tungstenite::Message;

/// The most that may wait, of each kind.
#[derive(Debug, Clone, Copy)]
pub(in crate::server) struct Queues {
    pub(in crate::server) texts: Limits,
    pub(in crate::server) frames: Limits,
}

/// The most that may wait.
#[derive(Debug, Clone, Copy)]
pub(in crate::server) struct Limits {
    pub(in crate::server) messages_max: usize,
    pub(in crate::server) bytes_max: usize,
}

/// Why nothing is sent to a socket any more, which is to be closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server) enum Cause {
    /// It does not read what it is sent.
    TooSlow,
    /// Its peer came back on another socket.
    Superseded,
    /// Its task is closing it already.
    Gone,
    /// A write to it failed.
    Lost,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server) enum Added {
    /// It is sent, or will be.
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

/// What waits, or why nothing does any more.
#[derive(Debug)]
pub(super) enum Backlog {
    Open { texts: Queue, frames: Queue, flow: Flow },
    Ended(Cause),
}

/// What a socket's task is to do about its writes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// To send this.
    Send(Message),
    /// To go on with the write that is stuck.
    GoOn,
    /// To close.
    End(Cause),
    /// To wait.
    Nothing,
}

impl Backlog {
    pub(super) fn new(limits: Queues) -> Self {
        let (texts, frames) = (Queue::new(limits.texts), Queue::new(limits.frames));
        Self::Open { texts, frames, flow: Flow::Free }
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(self, Self::Open { .. })
    }

    /// Whether a message may be sent at once, as none waits before it and no write is stuck.
    pub(super) fn is_clear(&self) -> bool {
        match self {
            Self::Open { texts, frames, flow } => {
                *flow == Flow::Free && texts.is_empty() && frames.is_empty()
            }
            Self::Ended(_) => false,
        }
    }

    pub(super) fn is_stuck(&self) -> bool {
        matches!(self, Self::Open { flow: Flow::Stuck, .. })
    }

    /// Half of it is taken, and a turn of its task would change that.
    pub(super) fn is_crowded(&self) -> bool {
        match self {
            Self::Open { texts, frames, flow: Flow::Free } => {
                texts.is_half_full() || frames.is_half_full()
            }
            Self::Open { flow: Flow::Stuck, .. } | Self::Ended(_) => false,
        }
    }

    /// Adds a message; one too many ends it, and what waited is let go.
    pub(super) fn add(&mut self, message: Message) -> Added {
        let Self::Open { texts, frames, .. } = self else { return Added::Ended };
        let queue = if matches!(message, Message::Binary(_)) { frames } else { texts };
        if !queue.push(message) {
            *self = Self::Ended(Cause::TooSlow);
            return Added::Ended;
        }
        if self.is_crowded() { Added::Crowds } else { Added::Fine }
    }

    /// Ends it, unless it has ended.
    pub(super) fn end(&mut self, cause: Cause) {
        if self.is_open() {
            *self = Self::Ended(cause);
        }
    }

    pub(super) fn set_flow(&mut self, now: Flow) {
        if let Self::Open { flow, .. } = self {
            *flow = now;
        }
    }

    /// The next message, if there is one.
    pub(super) fn take(&mut self) -> Option<Message> {
        match self {
            Self::Open { texts, frames, .. } => texts.pop().or_else(|| frames.pop()),
            Self::Ended(_) => None,
        }
    }

    pub(super) fn next(&mut self) -> Next {
        match self {
            Self::Ended(cause) => Next::End(*cause),
            Self::Open { flow: Flow::Stuck, .. } => Next::GoOn,
            Self::Open { flow: Flow::Free, .. } => self.take().map_or(Next::Nothing, Next::Send),
        }
    }
}

/// Messages of one kind.
#[derive(Debug)]
pub(super) struct Queue {
    limits: Limits,
    messages: VecDeque<Message>,
    bytes: usize,
}

impl Queue {
    fn new(limits: Limits) -> Self {
        Self { limits, messages: VecDeque::new(), bytes: 0 }
    }

    fn is_empty(&self) -> bool {
        self.messages.is_empty()
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

fn bytes_of(message: &Message) -> usize {
    match message {
        Message::Text(text) => text.len(),
        Message::Binary(bytes) => bytes.len(),
        Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Queues = Queues {
        texts: Limits { messages_max: 3, bytes_max: 10 },
        frames: Limits { messages_max: 2, bytes_max: 100 },
    };

    fn frame(bytes: &'static str) -> Message {
        Message::Binary(bytes.into())
    }

    #[test]
    fn messages_come_out_in_order() {
        let mut backlog = Backlog::new(LIMITS);
        assert!(backlog.is_clear());
        backlog.add("a".into());
        backlog.add("b".into());
        assert!(!backlog.is_clear());
        assert_eq!(backlog.next(), Next::Send("a".into()));
        assert_eq!(backlog.next(), Next::Send("b".into()));
        assert_eq!(backlog.next(), Next::Nothing);
    }

    #[test]
    fn texts_go_before_frames_and_each_have_limits_of_their_own() {
        let mut backlog = Backlog::new(LIMITS);
        backlog.add(frame("f"));
        assert_eq!(backlog.add(frame("g")), Added::Crowds);
        backlog.add("a".into());
        assert_eq!(backlog.next(), Next::Send("a".into()));
        assert_eq!(backlog.next(), Next::Send(frame("f")));
        assert!(!backlog.is_crowded());
        backlog.add(frame("h"));
        assert_eq!(backlog.add(frame("i")), Added::Ended);
        assert_eq!(backlog.next(), Next::End(Cause::TooSlow));
    }

    #[test]
    fn a_message_too_many_ends_it_and_lets_go_of_the_rest() {
        let mut backlog = Backlog::new(LIMITS);
        let added = [(); 4].map(|()| backlog.add("a".into()));
        assert_eq!(added, [Added::Fine, Added::Crowds, Added::Crowds, Added::Ended]);
        assert_eq!(backlog.take(), None);
        assert_eq!(backlog.next(), Next::End(Cause::TooSlow));
        assert_eq!(backlog.add("a".into()), Added::Ended);
    }

    #[test]
    fn a_byte_too_many_ends_it() {
        let mut backlog = Backlog::new(LIMITS);
        backlog.add("123456".into());
        backlog.add("1234".into());
        assert_eq!(backlog.take(), Some("123456".into()));
        backlog.add("1234567".into());
        assert_eq!(backlog.next(), Next::End(Cause::TooSlow));
    }

    #[test]
    fn half_full_it_is_crowded_until_its_task_took_some_or_its_peer_takes_none() {
        let mut backlog = Backlog::new(LIMITS);
        backlog.add("a".into());
        assert!(!backlog.is_crowded());
        backlog.add("a".into());
        assert!(backlog.is_crowded());
        backlog.set_flow(Flow::Stuck);
        assert!(!backlog.is_crowded());
        backlog.set_flow(Flow::Free);
        assert!(backlog.is_crowded());
        assert_eq!(backlog.take(), Some("a".into()));
        assert!(!backlog.is_crowded());
    }

    #[test]
    fn while_a_write_is_stuck_nothing_is_taken_but_an_end() {
        let mut backlog = Backlog::new(LIMITS);
        backlog.set_flow(Flow::Stuck);
        assert!(backlog.is_stuck() && !backlog.is_clear());
        backlog.add("a".into());
        assert_eq!(backlog.next(), Next::GoOn);
        backlog.end(Cause::Superseded);
        backlog.end(Cause::Gone);
        assert_eq!(backlog.next(), Next::End(Cause::Superseded));
    }
}
