//! One transfer to the remote peer: which bytes to read next, and when to stop and wait.

use super::event::{ReadRequest, Violation};
use super::message::{
    CHUNK_BYTES_MAX, CHUNK_HEADER_BYTES, Chunk, Digest, Limits, Mark, Proposal, TransferId,
};
use super::pace::Pace;
use super::rest::Rest;
use bytes::Bytes;
use sha2::{Digest as _, Sha256};

#[derive(Debug)]
pub(super) struct Outgoing {
    pub proposal: Proposal,
    pub mark: Option<Mark>,
    pub phase: Phase,
    pub pace: Pace,
    pub rest: Rest,
}

#[derive(Debug)]
pub(super) enum Phase {
    /// Not proposed yet: the remote peer has as many open as it takes.
    Waiting,
    /// Proposed; the remote peer has not answered.
    Proposed,
    /// Accepted: chunks are going out.
    Sending(Sending),
    /// All chunks are out; the digest of all of the file is not made yet.
    Hashing,
    /// All chunks and the digest are out; the receipt is awaited.
    Sent(Digest),
}

#[derive(Debug)]
pub(super) struct Sending {
    /// The offset of the next byte to read.
    next: u64,
    /// Whether a read is under way.
    reading: bool,
    /// What the remote peer has on disk.
    acknowledged: u64,
    hashing: Hashing,
}

/// How the digest of all of the file comes about.
#[derive(Debug)]
enum Hashing {
    /// Of the chunks, as they go out.
    Here(Sha256),
    /// Of the file, by others: the remote peer has its beginning. Once it is known.
    Elsewhere(Option<Digest>),
}

/// What follows of an accept.
#[derive(Debug)]
pub(super) enum Begun {
    /// Chunks go out.
    Sending,
    /// Chunks go out, and the digest is to be made of all of the file beside that.
    Resumed,
    /// There is nothing to send; this is the digest of nothing.
    Empty(Digest),
}

/// What a read turned into.
#[derive(Debug)]
pub(super) struct Ready {
    pub chunk: Chunk,
    /// Set with the last chunk.
    pub digest: Option<Digest>,
}

impl Outgoing {
    pub fn new(proposal: Proposal, mark: Option<Mark>) -> Self {
        Self { proposal, mark, phase: Phase::Waiting, pace: Pace::default(), rest: Rest::default() }
    }

    /// Whether the remote peer counts it among those it has open.
    pub fn is_open(&self) -> bool {
        !matches!(self.phase, Phase::Waiting)
    }

    /// Begins to send, behind what the remote peer has already.
    pub fn accept(&mut self, offset: u64) -> Result<Begun, Violation> {
        let possible = offset == 0 || (self.mark.is_some() && offset <= self.proposal.size);
        if !matches!(self.phase, Phase::Proposed) || !possible {
            return Err(Violation::Accept);
        }
        let size = self.proposal.size;
        if size == 0 {
            let digest = Digest(Sha256::new().finalize().into());
            self.phase = Phase::Sent(digest);
            return Ok(Begun::Empty(digest));
        }
        let (hashing, begun) = match offset {
            0 => (Hashing::Here(Sha256::new()), Begun::Sending),
            _ => (Hashing::Elsewhere(None), Begun::Resumed),
        };
        let sending = Sending { next: offset, reading: false, acknowledged: offset, hashing };
        self.phase = if offset == size { Phase::Hashing } else { Phase::Sending(sending) };
        Ok(begun)
    }

    /// The digest of all of the file, made elsewhere; whether it is to be told now.
    pub fn hashed(&mut self, digest: Digest) -> bool {
        match &mut self.phase {
            Phase::Sending(Sending { hashing: Hashing::Elsewhere(known), .. }) => {
                *known = Some(digest);
                false
            }
            Phase::Hashing => {
                self.phase = Phase::Sent(digest);
                true
            }
            _ => false,
        }
    }

    /// The next read, unless one is under way or the window is full.
    pub fn poll_read(&mut self, transfer: TransferId, limits: &Limits) -> Option<ReadRequest> {
        let Phase::Sending(sending) = &mut self.phase else { return None };
        let window_end = sending.acknowledged.saturating_add(limits.window_bytes.into());
        let chunk_bytes = (limits.chunk_bytes as usize).min(CHUNK_BYTES_MAX);
        let len = (chunk_bytes.saturating_sub(CHUNK_HEADER_BYTES) as u64)
            .min(self.proposal.size - sending.next)
            .min(window_end.saturating_sub(sending.next));
        if sending.reading || len == 0 || self.rest.is_on() {
            return None;
        }
        sending.reading = true;
        Some(ReadRequest { transfer, offset: sending.next, len: len as usize })
    }

    /// Takes the bytes of the read under way.
    pub fn handle_read(&mut self, transfer: TransferId, data: Bytes) -> Option<Ready> {
        let Phase::Sending(sending) = &mut self.phase else { return None };
        if let Hashing::Here(hasher) = &mut sending.hashing {
            hasher.update(&data);
        }
        let chunk = Chunk { transfer, offset: sending.next, data };
        sending.next += chunk.data.len() as u64;
        sending.reading = false;
        if sending.next < self.proposal.size {
            return Some(Ready { chunk, digest: None });
        }
        let digest = match &mut sending.hashing {
            Hashing::Here(hasher) => Some(Digest(std::mem::take(hasher).finalize().into())),
            Hashing::Elsewhere(known) => *known,
        };
        self.phase = digest.map_or(Phase::Hashing, Phase::Sent);
        Some(Ready { chunk, digest })
    }

    /// Takes the remote peer's word on how much it has.
    pub fn progress(&mut self, offset: u64) -> Result<(), Violation> {
        match &mut self.phase {
            Phase::Sending(sending) if offset <= sending.next && offset >= sending.acknowledged => {
                sending.acknowledged = offset;
                Ok(())
            }
            Phase::Sent(_) | Phase::Hashing if offset <= self.proposal.size => Ok(()),
            _ => Err(Violation::Progress),
        }
    }

    /// Whether the receipt is for what was sent.
    pub fn confirm(&self, digest: Digest) -> Result<(), Violation> {
        match self.phase {
            Phase::Sent(sent) if sent == digest => Ok(()),
            _ => Err(Violation::Confirm),
        }
    }
}
