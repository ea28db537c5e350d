//! One transfer to the remote peer: which bytes to read next, over which connection each went, and
//! when to stop and wait.

use super::event::{ReadRequest, Violation};
use super::message::{Chunk, Digest, Mark, Proposal, TransferId};
use super::pace::Pace;
use super::rest::Rest;
use super::{ConnectionNumber, Room};
use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

#[derive(Debug)]
pub(super) struct Outgoing {
    pub proposal: Proposal,
    pub mark: Option<Mark>,
    pub phase: Phase,
    pub pace: Pace,
    pub rest: Rest,
    /// Proposed once more, over another connection: the next accept says what there is by now.
    asked_again: bool,
}

#[derive(Debug)]
pub(super) enum Phase {
    /// Not proposed yet: the remote peer has as many open as it takes.
    Waiting,
    /// Proposed; the remote peer has not answered.
    Proposed,
    /// Accepted: chunks, then the digest, go out, until the receipt comes.
    Sending(Box<Sending>),
}

#[derive(Debug)]
pub(super) struct Sending {
    /// The offset of the next byte that is to be sent.
    next: u64,
    /// The end of what was ever sent. It may still come, over a connection that was given up.
    furthest: u64,
    /// The read under way.
    reading: Option<Reading>,
    /// What the remote peer has on disk.
    acknowledged: u64,
    /// What was sent and is not acknowledged, by offset.
    sent: BTreeMap<u64, Sent>,
    /// What was sent over a connection that is lost, by offset, with its length.
    again: BTreeMap<u64, u64>,
    hashing: Hashing,
    /// Whether the remote peer was told the digest.
    told: bool,
}

#[derive(Debug, Clone, Copy)]
struct Reading {
    offset: u64,
    len: usize,
    over: ConnectionNumber,
}

#[derive(Debug, Clone, Copy)]
struct Sent {
    len: u64,
    over: ConnectionNumber,
}

/// How the digest of all of the file comes about.
#[derive(Debug)]
enum Hashing {
    /// Of the chunks, as they go out for the first time: of so many bytes until now.
    Here(Sha256, u64),
    /// Of the file, by others: the remote peer has its beginning.
    Elsewhere,
    /// It is known.
    Known(Digest),
}

/// What follows of an accept.
#[derive(Debug, Default)]
pub(super) struct Begun {
    /// Whether the digest is to be made of all of the file, beside sending the rest of it.
    pub hash: bool,
    /// Whether it went on over another connection.
    pub again: bool,
    /// The digest, if there is nothing more to send.
    pub digest: Option<Digest>,
}

/// What the remote peer's word means.
#[derive(Debug, Default)]
pub(super) struct Acknowledged {
    /// How many bytes more it has than before.
    pub more: u64,
    /// The digest, if nothing more needs to be sent.
    pub digest: Option<Digest>,
}

/// What a read turned into.
#[derive(Debug)]
pub(super) struct Ready {
    pub chunk: Chunk,
    /// Set once everything has gone out.
    pub digest: Option<Digest>,
}

impl Outgoing {
    pub fn new(proposal: Proposal, mark: Option<Mark>) -> Self {
        let (phase, pace, rest) = (Phase::Waiting, Pace::default(), Rest::default());
        Self { proposal, mark, phase, pace, rest, asked_again: false }
    }

    /// Whether the remote peer counts it among those it has open.
    pub fn is_open(&self) -> bool {
        !matches!(self.phase, Phase::Waiting)
    }

    /// How many bytes are under way.
    pub fn in_flight(&self) -> u64 {
        match &self.phase {
            Phase::Sending(sending) => sending.next - sending.acknowledged,
            Phase::Waiting | Phase::Proposed => 0,
        }
    }

    /// It is proposed over another connection; what is under way over others may be lost.
    pub fn ask_again(&mut self) {
        self.asked_again = true;
        if let Phase::Sending(sending) = &mut self.phase {
            sending.reading = None;
        }
    }

    /// Begins to send, or goes on, behind what the remote peer has already.
    pub fn accept(&mut self, offset: u64) -> Result<Begun, Violation> {
        let size = self.proposal.size;
        let again = match &self.phase {
            Phase::Proposed => false,
            Phase::Sending(_) if self.asked_again => true,
            Phase::Waiting | Phase::Sending(_) => return Err(Violation::Accept),
        };
        self.asked_again = false;
        match &mut self.phase {
            Phase::Sending(sending) => {
                if !sending.may_have(offset) {
                    return Err(Violation::Accept);
                }
                sending.rewind(offset);
            }
            Phase::Waiting | Phase::Proposed => {
                if offset > 0 && (self.mark.is_none() || offset > size) {
                    return Err(Violation::Accept);
                }
                self.phase = Phase::Sending(Box::new(Sending::from(offset)));
            }
        }
        let Phase::Sending(sending) = &mut self.phase else { return Err(Violation::Accept) };
        let hash = !again && offset > 0;
        Ok(Begun { hash, again, digest: sending.poll_digest(size) })
    }

    /// The digest of all of the file, made elsewhere; it, if it is to be told now.
    pub fn hashed(&mut self, digest: Digest) -> Option<Digest> {
        let Phase::Sending(sending) = &mut self.phase else { return None };
        if matches!(sending.hashing, Hashing::Elsewhere) {
            sending.hashing = Hashing::Known(digest);
        }
        sending.poll_digest(self.proposal.size)
    }

    /// The next read, unless one is under way or the window is full. `window` is what may be sent
    /// besides what is under way.
    pub fn poll_read(
        &mut self,
        transfer: TransferId,
        room: Room,
        window: u64,
    ) -> Option<ReadRequest> {
        let Phase::Sending(sending) = &mut self.phase else { return None };
        if sending.reading.is_some() || self.rest.is_on() || self.asked_again {
            return None;
        }
        let (offset, len) = sending.poll(room.bytes, window, self.proposal.size)?;
        sending.reading = Some(Reading { offset, len, over: room.connection });
        Some(ReadRequest { transfer, offset, len })
    }

    /// Takes the bytes of the read under way.
    pub fn handle_read(&mut self, transfer: TransferId, mut data: Bytes) -> Option<Ready> {
        let Phase::Sending(sending) = &mut self.phase else { return None };
        let Reading { offset, len, over } = sending.reading.take()?;
        data.truncate(len);
        if data.is_empty() {
            return None;
        }
        sending.sent(offset, &data, over);
        let chunk = Chunk { transfer, offset, data };
        Some(Ready { chunk, digest: sending.poll_digest(self.proposal.size) })
    }

    /// Takes the remote peer's word on how much it has.
    pub fn progress(&mut self, offset: u64) -> Result<Acknowledged, Violation> {
        let size = self.proposal.size;
        match &mut self.phase {
            Phase::Sending(sending) if sending.may_have(offset) => {
                let more = offset - sending.acknowledged;
                sending.acknowledge(offset);
                // What is asked for again is told of when that is answered.
                let digest = if self.asked_again { None } else { sending.poll_digest(size) };
                Ok(Acknowledged { more, digest })
            }
            // Said before it heard that all is asked for again.
            _ if self.asked_again => Ok(Acknowledged::default()),
            _ => Err(Violation::Progress),
        }
    }

    /// A connection is lost, and what went over it perhaps too.
    pub fn lost(&mut self, connection: ConnectionNumber) {
        if let Phase::Sending(sending) = &mut self.phase {
            let lost = sending.sent.extract_if(.., |_, sent| sent.over == connection);
            sending.again.extend(lost.map(|(offset, sent)| (offset, sent.len)));
            sending.reading.take_if(|reading| reading.over == connection);
        }
    }

    /// Whether the receipt is for what was sent.
    pub fn confirm(&self, digest: Digest) -> Result<(), Violation> {
        match &self.phase {
            Phase::Sending(sending) if sending.has_told(digest) => Ok(()),
            _ => Err(Violation::Confirm),
        }
    }
}

impl Sending {
    fn from(offset: u64) -> Self {
        let hashing = match offset {
            0 => Hashing::Here(Sha256::new(), 0),
            _ => Hashing::Elsewhere,
        };
        let (sent, again) = (BTreeMap::new(), BTreeMap::new());
        Self {
            next: offset,
            furthest: offset,
            reading: None,
            acknowledged: offset,
            sent,
            again,
            hashing,
            told: false,
        }
    }

    /// Everything from here on goes out again.
    fn rewind(&mut self, offset: u64) {
        self.next = offset;
        self.sent.clear();
        self.again.clear();
        (self.reading, self.told) = (None, false);
    }

    /// What is to be sent next, at most so much: what was lost, or what is new.
    fn poll(&self, room: usize, window: u64, size: u64) -> Option<(u64, usize)> {
        let whole = |len: u64| usize::try_from(len).unwrap_or(usize::MAX).min(room);
        if let Some((&offset, &len)) = self.again.first_key_value() {
            return Some((offset, whole(len)));
        }
        let len = whole((size - self.next).min(window));
        (len > 0).then_some((self.next, len))
    }

    fn sent(&mut self, offset: u64, data: &Bytes, over: ConnectionNumber) {
        let (len, end) = (data.len() as u64, offset + data.len() as u64);
        // Of what is sent once more in smaller pieces, the others follow.
        if let Some(lost) = self.again.remove(&offset).filter(|lost| *lost > len) {
            self.again.insert(end, lost - len);
        }
        self.sent.insert(offset, Sent { len, over });
        if let Hashing::Here(hasher, hashed) = &mut self.hashing
            && end > *hashed
        {
            let known = usize::try_from(hashed.saturating_sub(offset)).unwrap_or(usize::MAX);
            hasher.update(&data[known.min(data.len())..]);
            *hashed = end;
        }
        self.next = self.next.max(end);
        self.furthest = self.furthest.max(end);
    }

    /// Whether the remote peer can have so much, and not less than it said before.
    fn may_have(&self, offset: u64) -> bool {
        (self.acknowledged..=self.furthest).contains(&offset)
    }

    fn acknowledge(&mut self, offset: u64) {
        self.acknowledged = offset;
        // More than was sent since it went on has come over the connection before.
        self.next = self.next.max(offset);
        self.sent.retain(|from, sent| from + sent.len > offset);
        self.again.retain(|from, len| *from + *len > offset);
    }

    fn has_told(&self, digest: Digest) -> bool {
        self.told && matches!(self.hashing, Hashing::Known(known) if known == digest)
    }

    /// The digest, once all is sent and it is known, but not told yet.
    fn poll_digest(&mut self, size: u64) -> Option<Digest> {
        if self.next < size || self.told {
            return None;
        }
        if let Hashing::Here(hasher, hashed) = &mut self.hashing
            && *hashed == size
        {
            self.hashing = Hashing::Known(Digest(std::mem::take(hasher).finalize().into()));
        }
        let Hashing::Known(digest) = self.hashing else { return None };
        self.told = true;
        Some(digest)
    }
}
