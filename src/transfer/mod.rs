//! Files from one peer to another over a connection's two data channels, sans-IO.
//!
//! [`message`] is the wire format; [`Session`] is the protocol: all transfers, in both directions,
//! with one remote peer. It holds no channel, file, clock or task. Whoever drives it
//!
//! - feeds it what came in: [`Session::handle_control`], [`Session::handle_chunk`];
//! - sends what it has to say: [`Session::poll_control`], and the bytes it asks for:
//!   [`Session::poll_read`], answered by [`Session::handle_read`];
//! - does what it says: [`Session::poll_event`], answering a [`Event::Write`] with
//!   [`Session::written`] and a [`Event::Store`] with [`Session::stored`], or either with
//!   [`Session::failed`];
//! - wakes it: [`Session::poll_timeout`], [`Session::handle_timeout`].
//!
//! What holds, whatever the remote peer sends: nothing panics; a receiver is handed exactly the
//! bytes from where it accepted to the proposed size, in order, no more than [`Limits::window_bytes`] of them
//! ahead of its disk; a file is stored only if its digest is the sender's; a receipt means it was
//! stored. A remote peer that breaks the protocol ends its own session with a [`Violation`].
//!
//! [`Limits::window_bytes`]: message::Limits::window_bytes

mod event;
pub mod flow;
mod incoming;
pub mod manifest;
pub mod message;
mod outgoing;
mod pace;
pub mod rate;
mod rest;
mod session;
mod settled;
pub mod stripes;
mod tally;
#[cfg(test)]
mod tests;
mod watch;

pub use event::{End, Event, ReadRequest, Violation};
pub use incoming::Verified;
pub use manifest::Manifest;
pub use message::{
    Chunk, Device, Digest, Dimensions, Fingerprint, Hello, Limits, Mark, MediaType, Proposal,
    Reason, SessionId, Tally, TransferId,
};
pub use session::Session;

/// One of the connections of a session, as its driver numbers them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionNumber(pub u32);

/// What a connection can take next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Which connection.
    pub connection: ConnectionNumber,
    /// How many bytes of a file, at most.
    pub bytes: usize,
}

/// One of the two peers, seen from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// This one.
    Local,
    /// The other one.
    Remote,
}

/// Which way a transfer goes, seen from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// From here to the remote peer.
    Outgoing,
    /// From the remote peer to here.
    Incoming,
}
