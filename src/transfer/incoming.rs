//! One transfer from the remote peer: what it may send next, and when the file is whole.

use super::event::Violation;
use super::message::{Chunk, Digest, Limits, Mark, Proposal, TransferId};
use super::pace::Pace;
use super::rest::Rest;
use bytes::Bytes;
use sha2::digest::common::hazmat::SerializableState as _;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Instant;

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
    /// Whether it may be proposed once more: over another connection than before.
    again: bool,
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
    /// What has come in without a gap.
    received: u64,
    /// What has come in beyond a gap, by offset: over other connections than what is missing.
    early: BTreeMap<u64, Bytes>,
    /// What is on disk.
    written: u64,
    /// What the remote peer was told is on disk.
    acknowledged: u64,
    /// When it is told again, if not much has come.
    telling: Pace,
    /// Up to where it is kept.
    kept: u64,
    hasher: Sha256,
    /// What the remote peer says the digest is.
    promised: Option<Digest>,
}

/// What a chunk turns into.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// What is to be written now, in order.
    pub chunks: Vec<Chunk>,
    /// What there is with it, if that is worth keeping.
    pub verified: Option<Verified>,
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
        let (phase, pace, rest) = (Phase::Proposed, Pace::default(), Rest::default());
        Self { proposal, is_kept: mark.is_some(), again: false, phase, pace, rest }
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
                early: BTreeMap::new(),
                written: offset,
                acknowledged: offset,
                telling: Pace::default(),
                kept: offset,
                hasher,
                promised: None,
            });
        }
        fresh
    }

    /// There is another connection, over which it will be proposed once more.
    pub fn expect_again(&mut self) {
        self.again = true;
    }

    /// Whether this is that proposal.
    pub fn is_again(&mut self, proposal: &Proposal) -> bool {
        std::mem::take(&mut self.again) && self.proposal == *proposal
    }

    /// It is proposed once more: from where it goes on, if it was taken.
    pub fn go_on(&mut self) -> Option<u64> {
        match &mut self.phase {
            Phase::Proposed => None,
            Phase::Receiving(receiving) => {
                receiving.early.clear();
                receiving.promised = None;
                Some(receiving.received)
            }
            Phase::Storing(_) => Some(self.proposal.size),
        }
    }

    /// How many bytes wait for others before them.
    pub fn early_bytes(&self) -> usize {
        match &self.phase {
            Phase::Receiving(receiving) => receiving.early.values().map(Bytes::len).sum(),
            Phase::Proposed | Phase::Storing(_) => 0,
        }
    }

    /// Takes a chunk, which must be within the window. It may come a second time, over another
    /// connection. `early` is how many bytes may wait for others before them.
    pub fn handle_chunk(
        &mut self,
        chunk: Chunk,
        limits: &Limits,
        early: usize,
    ) -> Result<Taken, Violation> {
        let end = chunk.offset.checked_add(chunk.data.len() as u64).ok_or(Violation::Chunk)?;
        if end > self.proposal.size {
            return Err(Violation::Chunk);
        }
        let receiving = match &mut self.phase {
            Phase::Receiving(receiving) => receiving,
            Phase::Storing(_) => return Ok(Taken::default()),
            Phase::Proposed => return Err(Violation::Chunk),
        };
        if end > receiving.acknowledged.saturating_add(limits.window_bytes.into()) {
            return Err(Violation::Chunk);
        }
        if chunk.offset > receiving.received {
            receiving.keep_early(chunk, early)?;
            return Ok(Taken::default());
        }
        let before = receiving.received;
        let mut chunks = Vec::new();
        chunks.extend(receiving.append(chunk.offset, &chunk.data, chunk.transfer));
        while let Some(next) = receiving.early.first_entry()
            && *next.key() <= receiving.received
        {
            let (offset, data) = next.remove_entry();
            chunks.extend(receiving.append(offset, &data, chunk.transfer));
        }
        let end = receiving.received;
        let is_due = end - receiving.kept >= ACKNOWLEDGE_BYTES || end == self.proposal.size;
        if !self.is_kept || !is_due || end == before {
            return Ok(Taken { chunks, verified: None });
        }
        receiving.kept = end;
        let verified = Verified { offset: end, hasher: receiving.hasher.clone() };
        Ok(Taken { chunks, verified: Some(verified) })
    }

    /// Takes note of what is on disk; the offset to acknowledge, if it is time.
    pub fn written(&mut self, offset: u64, now: Instant) -> Option<u64> {
        let Phase::Receiving(receiving) = &mut self.phase else { return None };
        receiving.written = receiving.written.max(offset.min(receiving.received));
        let news = receiving.written - receiving.acknowledged;
        let much = news >= ACKNOWLEDGE_BYTES || receiving.written == self.proposal.size;
        let told = match receiving.telling.tell(receiving.written, now) {
            None if much => receiving.telling.hurry(now),
            told => told,
        };
        receiving.acknowledge(told)
    }

    /// The offset to acknowledge, now that time has passed.
    pub fn poll_acknowledge(&mut self, now: Instant) -> Option<u64> {
        let Phase::Receiving(receiving) = &mut self.phase else { return None };
        let told = receiving.telling.poll(now);
        receiving.acknowledge(told)
    }

    /// When [`Incoming::poll_acknowledge`] is due.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let telling = match &self.phase {
            Phase::Receiving(receiving) => receiving.telling.poll_timeout(),
            Phase::Proposed | Phase::Storing(_) => None,
        };
        [telling, self.pace.poll_timeout()].into_iter().flatten().min()
    }

    /// Takes the sender's digest, which comes once.
    pub fn promise(&mut self, digest: Digest) -> Result<(), Violation> {
        match &mut self.phase {
            Phase::Receiving(receiving) if receiving.promised.is_none() => {
                receiving.promised = Some(digest);
                Ok(())
            }
            // Said again over another connection.
            Phase::Storing(promised) if *promised == digest => Ok(()),
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

impl Receiving {
    /// What of these bytes comes next, if any does.
    fn append(&mut self, offset: u64, data: &Bytes, transfer: TransferId) -> Option<Chunk> {
        let known = usize::try_from(self.received.saturating_sub(offset)).unwrap_or(usize::MAX);
        if known >= data.len() {
            return None;
        }
        let data = data.slice(known..);
        self.hasher.update(&data);
        let chunk = Chunk { transfer, offset: self.received, data };
        self.received += chunk.data.len() as u64;
        Some(chunk)
    }

    fn keep_early(&mut self, chunk: Chunk, room: usize) -> Result<(), Violation> {
        let known = self.early.get(&chunk.offset).map_or(0, Bytes::len);
        if chunk.data.len() > known {
            if chunk.data.len() - known > room {
                return Err(Violation::Chunk);
            }
            self.early.insert(chunk.offset, chunk.data);
        }
        Ok(())
    }

    fn acknowledge(&mut self, told: Option<u64>) -> Option<u64> {
        let offset = told.filter(|offset| *offset > self.acknowledged)?;
        self.acknowledged = offset;
        Some(offset)
    }
}

impl Default for Verified {
    fn default() -> Self {
        Self { offset: 0, hasher: Sha256::new() }
    }
}

/// How much comes to lie on disk before the sender is told, and before it is kept, in bytes.
const ACKNOWLEDGE_BYTES: u64 = 1024 * 1024;
