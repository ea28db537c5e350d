//! What a [`Session`](super::Session) says to whoever drives it, and what it objects to.

use super::incoming::Verified;
use super::message::{Chunk, Digest, Hello, Mark, Proposal, Reason, Tally, TransferId};
use super::{Direction, Side};

/// What the driver of a session is to do, or to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The remote peer said what it speaks and takes: files can be proposed.
    Open(Hello),
    /// The remote peer has forgotten what was before: every transfer is over.
    Anew,
    /// Hellos were said over another connection: what is under way goes on.
    Reopened,
    /// Nothing of what is under way was acknowledged for a while: another connection is wanted.
    Stalled,
    /// A transfer goes on over another connection, from here.
    Resumed {
        /// Which way it goes.
        direction: Direction,
        /// Its number.
        transfer: TransferId,
        /// What the receiver has of it, in bytes.
        offset: u64,
    },
    /// The remote peer offers a file: answer with [`accept`](super::Session::accept) or [`decline`](super::Session::decline).
    Proposed {
        /// Its number.
        transfer: TransferId,
        /// What it is.
        proposal: Proposal,
        /// What tells it from others, if it may be taken in several pieces.
        mark: Option<Mark>,
    },
    /// The remote peer takes a file of ours.
    Accepted {
        /// Its number.
        transfer: TransferId,
        /// What the remote peer has of it already, in bytes.
        offset: u64,
    },
    /// The remote peer has the beginning of a file of ours: its digest is to be made of all of it,
    /// and told by [`hashed`](super::Session::hashed).
    Hash {
        /// Its number.
        transfer: TransferId,
    },
    /// What was written up to here is worth keeping, should the transfer end early.
    Checkpoint {
        /// Its number.
        transfer: TransferId,
        /// How much there is, and what its digest is made of so far.
        verified: Verified,
    },
    /// Write this, then say [`written`](super::Session::written).
    Write(Chunk),
    /// Sync the file, put it in its place, then say [`stored`](super::Session::stored).
    Store {
        /// Its number.
        transfer: TransferId,
    },
    /// A transfer rests, since a person wants it so.
    Paused {
        /// Which way it goes.
        direction: Direction,
        /// Its number.
        transfer: TransferId,
        /// Which side's person; whoever paused it lets it go on.
        by: Side,
    },
    /// A transfer that rested goes on.
    Continued {
        /// Which way it goes.
        direction: Direction,
        /// Its number.
        transfer: TransferId,
    },
    /// A transfer moved; at most [`PROGRESS_INTERVAL`](super::pace::PROGRESS_INTERVAL) often.
    Progress {
        /// Which way it goes.
        direction: Direction,
        /// Its number.
        transfer: TransferId,
        /// What the receiver has on disk, in bytes.
        offset: u64,
    },
    /// A transfer is over; what it left behind may go.
    Ended {
        /// Which way it went.
        direction: Direction,
        /// Its number.
        transfer: TransferId,
        /// How.
        end: End,
    },
    /// What the remote peer knows of packets that were lost.
    Tally(Tally),
}

/// How a transfer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The receiver has it, whole.
    Done(Digest),
    /// This side stopped it.
    Local(Reason),
    /// The remote side stopped it.
    Remote(Reason),
}

/// Bytes that the session would send next: answer with [`handle_read`](super::Session::handle_read).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadRequest {
    /// Of which file.
    pub transfer: TransferId,
    /// From where, in bytes from its start.
    pub offset: u64,
    /// How many, or fewer, but at least one.
    pub len: usize,
}

/// What a remote peer did that the protocol does not allow. Its session is over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// Longer than allowed, or not of the wire format.
    #[error("a control message that cannot be read")]
    Malformed,
    /// Not a hello first, or a second one.
    #[error("no proper hello")]
    Hello,
    /// It speaks a version that this side does not.
    #[error("version {0} of the protocol is not spoken here")]
    Version(u32),
    /// A number that is not greater than the one before.
    #[error("a proposal out of order")]
    Proposal,
    /// Of nothing that was proposed, or twice, or from an impossible offset.
    #[error("an accept of what was not proposed")]
    Accept,
    /// Not of a file that was accepted, or beyond its size or the window.
    #[error("a chunk that is out of place")]
    Chunk,
    /// Backwards, or beyond what was sent.
    #[error("progress that cannot be")]
    Progress,
    /// Twice, or of a file that is not being received.
    #[error("a digest out of order")]
    Digest,
    /// Of another digest, or of a file that was not sent.
    #[error("a receipt for what was not sent")]
    Confirm,
    /// Unasked, or of more packets that were lost than were sent.
    #[error("a tally that cannot be")]
    Tally,
}
