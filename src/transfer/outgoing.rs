//! One transfer to the remote peer: which bytes to read next, and when to stop and wait.

use super::event::{ReadRequest, Violation};
use super::message::{
    CHUNK_BYTES_MAX, CHUNK_HEADER_BYTES, Chunk, Digest, Limits, Proposal, TransferId,
};
use super::pace::Pace;
use bytes::Bytes;
use sha2::{Digest as _, Sha256};

#[derive(Debug)]
pub(super) struct Outgoing {
    pub proposal: Proposal,
    pub phase: Phase,
    pub pace: Pace,
}

#[derive(Debug)]
pub(super) enum Phase {
    /// Not proposed yet: the remote peer has as many open as it takes.
    Waiting,
    /// Proposed; the remote peer has not answered.
    Proposed,
    /// Accepted: chunks are going out.
    Sending(Sending),
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
    hasher: Sha256,
}

/// What a read turned into.
#[derive(Debug)]
pub(super) struct Ready {
    pub chunk: Chunk,
    /// Set with the last chunk.
    pub digest: Option<Digest>,
}

impl Outgoing {
    pub fn new(proposal: Proposal) -> Self {
        Self { proposal, phase: Phase::Waiting, pace: Pace::default() }
    }

    /// Whether the remote peer counts it among those it has open.
    pub fn is_open(&self) -> bool {
        !matches!(self.phase, Phase::Waiting)
    }

    /// Begins to send. An empty file has nothing to read: its digest is returned at once.
    pub fn accept(&mut self, offset: u64) -> Result<Option<Digest>, Violation> {
        if !matches!(self.phase, Phase::Proposed) || offset != 0 {
            return Err(Violation::Accept);
        }
        let hasher = Sha256::new();
        if self.proposal.size == 0 {
            let digest = Digest(hasher.finalize().into());
            self.phase = Phase::Sent(digest);
            return Ok(Some(digest));
        }
        self.phase = Phase::Sending(Sending { next: 0, reading: false, acknowledged: 0, hasher });
        Ok(None)
    }

    /// The next read, unless one is under way or the window is full.
    pub fn poll_read(&mut self, transfer: TransferId, limits: &Limits) -> Option<ReadRequest> {
        let Phase::Sending(sending) = &mut self.phase else { return None };
        let window_end = sending.acknowledged.saturating_add(limits.window_bytes.into());
        let chunk_bytes = (limits.chunk_bytes as usize).min(CHUNK_BYTES_MAX);
        let len = (chunk_bytes.saturating_sub(CHUNK_HEADER_BYTES) as u64)
            .min(self.proposal.size - sending.next)
            .min(window_end.saturating_sub(sending.next));
        if sending.reading || len == 0 {
            return None;
        }
        sending.reading = true;
        Some(ReadRequest { transfer, offset: sending.next, len: len as usize })
    }

    /// Takes the bytes of the read under way.
    pub fn handle_read(&mut self, transfer: TransferId, data: Bytes) -> Option<Ready> {
        let Phase::Sending(sending) = &mut self.phase else { return None };
        sending.hasher.update(&data);
        let chunk = Chunk { transfer, offset: sending.next, data };
        sending.next += chunk.data.len() as u64;
        sending.reading = false;
        let digest = (sending.next == self.proposal.size)
            .then(|| Digest(std::mem::take(&mut sending.hasher).finalize().into()));
        if let Some(digest) = digest {
            self.phase = Phase::Sent(digest);
        }
        Some(Ready { chunk, digest })
    }

    /// Takes the remote peer's word on how much it has.
    pub fn progress(&mut self, offset: u64) -> Result<(), Violation> {
        match &mut self.phase {
            Phase::Sending(sending) if offset <= sending.next && offset >= sending.acknowledged => {
                sending.acknowledged = offset;
                Ok(())
            }
            Phase::Sent(_) if offset <= self.proposal.size => Ok(()),
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
