//! Why a socket is closed, and what it is told: last words, then a close code and a short reason.

use std::time::Duration;

use tungstenite::Utf8Bytes;
use tungstenite::error::{CapacityError, Error, ProtocolError};
use tungstenite::protocol::CloseFrame;
use tungstenite::protocol::frame::coding::CloseCode;

use super::hub::TooLong;
use super::outbox::{Cause, Over};
use crate::protocol::{Refusal, Reply};

/// Why a socket is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// It is gone, or dead: there is nobody to be told.
    Lost,
    /// The peer closed it.
    Closed,
    /// The peer said `leave`.
    Left,
    /// The peer is not let in.
    Refused(Refusal),
    /// The peer did not say `join` in time.
    Silent,
    /// The peer said more than its allowance.
    Flood,
    /// What the peer said is no message of the protocol, or not one for now.
    Unreadable,
    /// What the peer said is no text.
    NotText,
    /// What the peer said is longer than a message may be.
    TooLong,
    /// What the peer sent is not the websocket protocol.
    NotWebsocket,
    /// It does not read what it is sent.
    TooSlow,
    /// Its peer came back on another socket.
    Superseded,
    /// It is being closed already.
    Gone,
    /// The server is going down.
    Shutdown,
}

impl Ending {
    /// All that [`Ending::name`] says.
    pub(super) const NAMES: [&str; 14] = [
        "lost",
        "closed",
        "left",
        "refused",
        "silent",
        "flood",
        "unreadable",
        "not_text",
        "too_long",
        "not_websocket",
        "too_slow",
        "superseded",
        "gone",
        "shutdown",
    ];

    /// What it is counted as.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Closed => "closed",
            Self::Left => "left",
            Self::Refused(_) => "refused",
            Self::Silent => "silent",
            Self::Flood => "flood",
            Self::Unreadable => "unreadable",
            Self::NotText => "not_text",
            Self::TooLong => "too_long",
            Self::NotWebsocket => "not_websocket",
            Self::TooSlow => "too_slow",
            Self::Superseded => "superseded",
            Self::Gone => "gone",
            Self::Shutdown => "shutdown",
        }
    }

    /// What is said before the close, if anything. Peers come back over a span of `bye_spread`.
    pub(super) fn last_words(self, bye_spread: Duration) -> Option<Reply> {
        match self {
            Self::Refused(reason) => Some(Reply::Refused { reason }),
            Self::Shutdown => Some(Reply::Bye { retry_after_ms: somewhere_in(bye_spread) }),
            _ => None,
        }
    }

    /// The close frame, if there is somebody to read it.
    pub(super) fn close_frame(self) -> Option<CloseFrame> {
        let (code, reason) = match self {
            Self::Lost | Self::Closed | Self::Gone => return None,
            Self::Left => (CloseCode::Normal, "left"),
            Self::Refused(_) => (CloseCode::Policy, "refused"),
            Self::Silent => (CloseCode::Policy, "no join in time"),
            Self::Flood => (CloseCode::Policy, "too many messages"),
            Self::Unreadable => (CloseCode::Policy, "not a message of this protocol"),
            Self::NotText => (CloseCode::Invalid, "not utf-8"),
            Self::TooLong => (CloseCode::Size, "message too long"),
            Self::NotWebsocket => (CloseCode::Protocol, "not the websocket protocol"),
            Self::TooSlow => (CloseCode::Again, "not reading"),
            Self::Superseded => (SUPERSEDED, "came back on another socket"),
            Self::Shutdown => (CloseCode::Away, "going down"),
        };
        Some(CloseFrame { code, reason: Utf8Bytes::from_static(reason) })
    }

    /// The websocket can't be read any further.
    pub(super) fn is_of_reading(self) -> bool {
        matches!(self, Self::TooLong | Self::NotText | Self::NotWebsocket)
    }
}

impl From<Over> for Ending {
    fn from(over: Over) -> Self {
        match over {
            Over::Failed(error) => Self::from(error),
            Over::Called(Cause::TooSlow) => Self::TooSlow,
            Over::Called(Cause::Superseded) => Self::Superseded,
            Over::Called(Cause::Gone) => Self::Gone,
            Over::Called(Cause::Lost) => Self::Lost,
        }
    }
}

impl From<TooLong> for Ending {
    fn from(_: TooLong) -> Self {
        Self::TooLong
    }
}

/// A read or a write that failed.
impl From<Error> for Ending {
    fn from(error: Error) -> Self {
        match error {
            Error::Capacity(CapacityError::MessageTooLong { .. }) => Self::TooLong,
            Error::Utf8(_) => Self::NotText,
            // The connection ended, and nobody said so: TCP alone did.
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => Self::Lost,
            Error::Protocol(_) => Self::NotWebsocket,
            _ => Self::Lost,
        }
    }
}

/// A number of milliseconds below `span`, at random.
fn somewhere_in(span: Duration) -> u64 {
    let span = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    // Without random numbers peers come back at once: not spread, but back.
    getrandom::u64().unwrap_or(0) % span.max(1)
}

/// From the range that RFC 6455 leaves to applications.
const SUPERSEDED: CloseCode = CloseCode::Library(4001);
