//! One transfer from the remote peer: what it may send next, and when the file is whole.

use super::event::Violation;
use super::message::{Chunk, Digest, Limits, Mark, Proposal};
use super::pace::Pace;
use super::rest::Rest;
use sha2::digest::common::hazmat::SerializableState as _;
use sha2::{Digest as _, Sha256};
use std::fmt;

/// How much of a file is on disk, and what its digest is made of so far.
#[derive(Clone)]
pub struct Verified {
    /// From the file's start, in bytes.
    pub offset: u64,
    hasher: Sha256,
}

impl Verified {
    /// These bytes, from the file's start on.
    pub fn of(bytes: &[u8]) -> Self {
        Self { offset: bytes.len() as u64, hasher: Sha256::new().chain_update(bytes) }
    }

    /// What [`Verified::decode`] reads, but for the offset.
    pub fn encode(&self) -> Vec<u8> {
        self.hasher.serialize().to_vec()
    }

    /// Reads what was kept with that offset; none if that is not what it is.
    pub fn decode(offset: u64, state: &[u8]) -> Option<Self> {
        let hasher = Sha256::deserialize(state.try_into().ok()?).ok()?;
        Some(Self { offset, hasher })
    }
}

impl PartialEq for Verified {
    fn eq(&self, other: &Self) -> bool {
        self.offset == other.offset && self.encode() == other.encode()
    }
}

impl Eq for Verified {}

impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified").field("offset", &self.offset).finish_non_exhaustive()
    }
}

#[derive(Debug)]
pub(super) struct Incoming {
    pub proposal: Proposal,
    /// Whether what has come is kept, should it end early.
    is_kept: bool,
    pub phase: Phase,
    pub pace: Pace,
    pub rest: Rest,
}

#[derive(Debug)]
pub(super) enum Phase {
    /// Proposed; nobody here has answered.
    Proposed,
    /// Accepted: chunks are coming in.
    Receiving(Receiving),
    /// Whole and equal; being put in its place.
    Storing(Digest),
}

#[derive(Debug)]
pub(super) struct Receiving {
    /// What has come in.
    received: u64,
    /// What is on disk.
    written: u64,
    /// What the remote peer was told is on disk.
    acknowledged: u64,
    /// Up to where it is kept.
    kept: u64,
    hasher: Sha256,
    /// What the remote peer says the digest is.
    promised: Option<Digest>,
}

/// What a receiving transfer has come to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Check {
    /// Bytes, or the sender's digest, are still missing.
    Partial,
    /// Every byte is on disk, and the digests are equal.
    Whole,
    /// Every byte is on disk, and the digests are not equal.
    Corrupt,
}

impl Incoming {
    pub fn new(proposal: Proposal, mark: Option<Mark>) -> Self {
        let is_kept = mark.is_some();
        Self {
            proposal,
            is_kept,
            phase: Phase::Proposed,
            pace: Pace::default(),
            rest: Rest::default(),
        }
    }

    /// Whether it is whole and being put in its place.
    pub fn is_stored(&self) -> bool {
        matches!(self.phase, Phase::Storing(_))
    }

    /// Begins to receive, behind what there is already; false if it was answered before, or there
    /// cannot be so much.
    pub fn accept(&mut self, held: Verified) -> bool {
        let Verified { offset, hasher } = held;
        let possible = offset == 0 || (self.is_kept && offset <= self.proposal.size);
        let fresh = matches!(self.phase, Phase::Proposed) && possible;
        if fresh {
            self.phase = Phase::Receiving(Receiving {
                received: offset,
                written: offset,
                acknowledged: offset,
                kept: offset,
                hasher,
                promised: None,
            });
        }
        fresh
    }

    /// Takes a chunk, which must be the next one and within the window. What there is with it, if
    /// that is worth keeping.
    pub fn handle_chunk(
        &mut self,
        chunk: &Chunk,
        limits: &Limits,
    ) -> Result<Option<Verified>, Violation> {
        let Phase::Receiving(receiving) = &mut self.phase else { return Err(Violation::Chunk) };
        let end = chunk.offset.checked_add(chunk.data.len() as u64).ok_or(Violation::Chunk)?;
        let window_end = receiving.acknowledged + u64::from(limits.window_bytes);
        if chunk.offset != receiving.received || end > self.proposal.size || end > window_end {
            return Err(Violation::Chunk);
        }
        receiving.hasher.update(&chunk.data);
        receiving.received = end;
        let is_due = end - receiving.kept >= ACKNOWLEDGE_BYTES || end == self.proposal.size;
        if !self.is_kept || !is_due {
            return Ok(None);
        }
        receiving.kept = end;
        Ok(Some(Verified { offset: end, hasher: receiving.hasher.clone() }))
    }

    /// Takes note of what is on disk; the offset to acknowledge, if it is time.
    pub fn written(&mut self, offset: u64) -> Option<u64> {
        let Phase::Receiving(receiving) = &mut self.phase else { return None };
        receiving.written = receiving.written.max(offset.min(receiving.received));
        let due = receiving.written - receiving.acknowledged >= ACKNOWLEDGE_BYTES
            || (receiving.written == self.proposal.size
                && receiving.written > receiving.acknowledged);
        due.then(|| {
            receiving.acknowledged = receiving.written;
            receiving.written
        })
    }

    /// Takes the sender's digest, which comes once.
    pub fn promise(&mut self, digest: Digest) -> Result<(), Violation> {
        match &mut self.phase {
            Phase::Receiving(receiving) if receiving.promised.is_none() => {
                receiving.promised = Some(digest);
                Ok(())
            }
            _ => Err(Violation::Digest),
        }
    }

    /// Whether the file is whole; if so, it is being stored from now on.
    pub fn check(&mut self) -> Check {
        let Phase::Receiving(receiving) = &mut self.phase else { return Check::Partial };
        let Some(promised) = receiving.promised else { return Check::Partial };
        if receiving.written < self.proposal.size {
            return Check::Partial;
        }
        if Digest(std::mem::take(&mut receiving.hasher).finalize().into()) != promised {
            return Check::Corrupt;
        }
        self.phase = Phase::Storing(promised);
        Check::Whole
    }
}

impl Default for Verified {
    fn default() -> Self {
        Self { offset: 0, hasher: Sha256::new() }
    }
}

/// How much comes to lie on disk before the sender is told, and before it is kept, in bytes.
const ACKNOWLEDGE_BYTES: u64 = 1024 * 1024;
