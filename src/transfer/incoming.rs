//! One transfer from the remote peer: what it may send next, and when the file is whole.

use super::event::Violation;
use super::message::{Chunk, Digest, Limits, Proposal};
use super::pace::Pace;
use sha2::{Digest as _, Sha256};

#[derive(Debug)]
pub(super) struct Incoming {
    pub proposal: Proposal,
    pub phase: Phase,
    pub pace: Pace,
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
    pub fn new(proposal: Proposal) -> Self {
        Self { proposal, phase: Phase::Proposed, pace: Pace::default() }
    }

    /// Whether it is whole and being put in its place.
    pub fn is_stored(&self) -> bool {
        matches!(self.phase, Phase::Storing(_))
    }

    /// Begins to receive; false if it was answered before.
    pub fn accept(&mut self) -> bool {
        let fresh = matches!(self.phase, Phase::Proposed);
        if fresh {
            self.phase = Phase::Receiving(Receiving {
                received: 0,
                written: 0,
                acknowledged: 0,
                hasher: Sha256::new(),
                promised: None,
            });
        }
        fresh
    }

    /// Takes a chunk, which must be the next one and within the window.
    pub fn handle_chunk(&mut self, chunk: &Chunk, limits: &Limits) -> Result<(), Violation> {
        let Phase::Receiving(receiving) = &mut self.phase else { return Err(Violation::Chunk) };
        let end = chunk.offset.checked_add(chunk.data.len() as u64).ok_or(Violation::Chunk)?;
        let window_end = receiving.acknowledged + u64::from(limits.window_bytes);
        if chunk.offset != receiving.received || end > self.proposal.size || end > window_end {
            return Err(Violation::Chunk);
        }
        receiving.hasher.update(&chunk.data);
        receiving.received = end;
        Ok(())
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

/// How much comes to lie on disk before the sender is told, in bytes.
const ACKNOWLEDGE_BYTES: u64 = 1024 * 1024;
