//! The seal between this peer and one remote peer: who says hello when, what opens, what counts.
//!
//! Sans-IO: [`Seal`] holds no socket, clock or source of randomness. The task of a remote peer
//! drives it: it sends what [`Seal::poll_hello`] gives, at the start and whenever something was
//! opened, seals its signals, opens the remote peer's, and does what [`Opened`] says. The rules
//! are those of [`super`]'s page.

use super::binding::{self, Binding, Way};
use super::envelope::{Envelope, Nonce, Place, Sealed};
use super::fresh::{Fresh, Seed};
use super::hello::{Answer, Hello, Instance, Question, answer};
use super::identity::{Identity, PublicKey};
use super::keys::RoomKeys;
use super::{OpenError, SealError};
use crate::text::SafeText;
use serde_json::value::RawValue;
use signaling_server::protocol::{Payload, PeerId};
use std::fmt;
use std::sync::Arc;

/// This peer, as a member of the room: the same in every [`Seal`].
#[derive(Debug)]
pub struct Member {
    /// What the words are worth.
    pub keys: RoomKeys,
    /// Who it is.
    pub identity: Identity,
    /// What it is called.
    pub name: SafeText,
}

/// Who a remote peer says it is. Whether it is true, [`Opened`] tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// What it is called.
    pub name: SafeText,
    /// Its identity.
    pub key: PublicKey,
}

/// What an opened message means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    /// Someone who knows the words says this; it may be an old hello. A session begins: signals
    /// may be sealed, and are of no use to anyone but this identity. Nothing is to be shown yet.
    Claimed(Remote),
    /// This peer is here now. What was sealed before, if anything was, is for it.
    Proven(Remote),
    /// This peer is here now, and begins anew. What was sealed before is lost: the side that offers
    /// offers again.
    Begun(Remote),
    /// A signal of the peer that was proven.
    Signal(String),
    /// Nothing new: a hello that was heard, or a signal of a session that is no more.
    Ignored,
}

/// The seal between this peer and one remote peer.
pub struct Seal {
    member: Arc<Member>,
    local: PeerId,
    remote: PeerId,
    fresh: Fresh,
    /// This side's half of every session of this value.
    nonce: Nonce,
    /// Drawn anew as soon as it is answered.
    question: Question,
    owed: Option<Owed>,
    /// The question answered last.
    answered: Option<Question>,
    phase: Phase,
    /// Whose sessions are over, so that none begins twice.
    retired: Vec<Instance>,
}

/// A hello that is to be said, and what it answers.
struct Owed(Option<Answer>);

/// How well the remote peer is known.
pub(super) enum Phase {
    /// No hello was heard.
    Alone,
    /// One was that may be old.
    Claimed(Session),
    /// The remote peer answered our question.
    Standing(Session),
}

/// What both sides count for themselves.
pub(super) struct Session {
    pub remote: Instance,
    /// How many signals were sealed in it.
    pub sealed: u64,
    /// How many were opened in it.
    pub opened: u64,
}

impl Seal {
    /// Between these two peers, from its beginning. The seed is for this value alone.
    pub fn new(member: Arc<Member>, local: PeerId, remote: PeerId, seed: Seed) -> Self {
        let mut fresh = Fresh::new(seed, local, remote);
        let (nonce, question) = (fresh.draw(), fresh.draw());
        let (owed, phase) = (Some(Owed(None)), Phase::Alone);
        let (answered, retired) = (None, Vec::new());
        Self { member, local, remote, fresh, nonce, question, owed, answered, phase, retired }
    }

    /// The hello to send now, if one is owed: at the start, and after whatever was opened.
    pub fn poll_hello(&mut self) -> Option<Payload> {
        let Owed(answer) = self.owed.take()?;
        let Member { keys, identity, name } = &*self.member;
        let instance = Instance { nonce: self.nonce, key: identity.public() };
        let hello = Hello { instance, question: self.question, answer, name: name.clone() };
        let binding = Binding::hello(&keys.room, self.way_out());
        let xnonce = self.fresh.draw();
        let sealed = binding::seal(&keys.signal, identity, &binding, xnonce, &hello.to_body());
        Some(Envelope::Hello(sealed).to_payload().expect("a name is short"))
    }

    /// Seals a signal for the remote peer.
    pub fn seal(&mut self, signal: &str) -> Result<Payload, SealError> {
        let way = self.way_out();
        let (Phase::Claimed(session) | Phase::Standing(session), None) =
            (&mut self.phase, &self.owed)
        else {
            return Err(SealError::NotReady);
        };
        let Member { keys, identity, .. } = &*self.member;
        let place = Place { from: self.nonce, to: session.remote.nonce, counter: session.sealed };
        let (from, to) = (identity.public(), &session.remote.key);
        let binding = Binding::signal(&keys.room, way, &place, &from, to);
        let xnonce = self.fresh.draw();
        let sealed = binding::seal(&keys.signal, identity, &binding, xnonce, signal.as_bytes());
        let payload = Envelope::Signal(place, sealed).to_payload().ok_or(SealError::TooLong)?;
        session.sealed += 1;
        Ok(payload)
    }

    /// Opens what came from the remote peer. After an error everything is as it was before.
    pub fn open(&mut self, payload: &RawValue) -> Result<Opened, OpenError> {
        match Envelope::parse(payload)? {
            Envelope::Hello(sealed) => self.open_hello(&sealed),
            Envelope::Signal(place, sealed) => self.open_signal(&place, &sealed),
        }
    }

    fn open_hello(&mut self, sealed: &Sealed) -> Result<Opened, OpenError> {
        let keys = &self.member.keys;
        let binding = Binding::hello(&keys.room, self.way_in());
        let opened = binding::open(&keys.signal, &binding, sealed)?;
        let hello = Hello::parse(opened.unverified())?;
        opened.verify(&binding, &hello.instance.key)?;
        self.hear(hello)
    }

    fn open_signal(&mut self, place: &Place, sealed: &Sealed) -> Result<Opened, OpenError> {
        let way = self.way_in();
        let Phase::Standing(session) = &mut self.phase else { return Ok(Opened::Ignored) };
        if place.from != session.remote.nonce || place.to != self.nonce {
            return Ok(Opened::Ignored);
        }
        let Member { keys, identity, .. } = &*self.member;
        // Of what this side knows, so that a check forgotten above would open nothing.
        let place = Place { from: session.remote.nonce, to: self.nonce, ..*place };
        let (from, to) = (&session.remote.key, identity.public());
        let binding = Binding::signal(&keys.room, way, &place, from, &to);
        let body = binding::open(&keys.signal, &binding, sealed)?.verify(&binding, from)?;
        if place.counter < session.opened {
            return Err(OpenError::Replayed);
        }
        if place.counter > session.opened {
            return Err(OpenError::Missing);
        }
        let signal = String::from_utf8(body).map_err(|_| OpenError::Malformed)?;
        session.opened += 1;
        Ok(Opened::Signal(signal))
    }

    /// A hello that is signed by the identity it names: now, or some time ago.
    fn hear(&mut self, hello: Hello) -> Result<Opened, OpenError> {
        let Hello { instance, question, answer: answered, name } = hello;
        if instance.nonce == self.nonce || self.retired.contains(&instance) {
            return Ok(Opened::Ignored);
        }
        if let Phase::Standing(session) = &self.phase {
            if session.remote == instance {
                return Ok(Opened::Ignored);
            }
            if session.remote.key != instance.key {
                return Err(OpenError::OtherIdentity);
            }
        }
        if self.retired.len() >= SESSIONS_MAX {
            return Ok(Opened::Ignored);
        }
        let remote = Remote { name, key: instance.key };
        if answered == Some(answer(&self.question, &self.member.identity.public())) {
            if self.answered != Some(question) {
                self.owe(question, &instance.key);
            }
            return Ok(self.stand(instance, remote));
        }
        self.owe(question, &instance.key);
        if let Phase::Alone = self.phase {
            self.phase = Phase::Claimed(Session::new(instance));
            return Ok(Opened::Claimed(remote));
        }
        Ok(Opened::Ignored)
    }

    fn owe(&mut self, question: Question, asker: &PublicKey) {
        self.answered = Some(question);
        self.owed = Some(Owed(Some(answer(&question, asker))));
    }

    /// The remote peer is here, now: its session stands.
    fn stand(&mut self, instance: Instance, remote: Remote) -> Opened {
        self.question = self.fresh.draw();
        match std::mem::replace(&mut self.phase, Phase::Alone) {
            Phase::Alone => {
                self.phase = Phase::Standing(Session::new(instance));
                Opened::Proven(remote)
            }
            Phase::Claimed(session) if session.remote == instance => {
                self.phase = Phase::Standing(session);
                Opened::Proven(remote)
            }
            Phase::Claimed(former) | Phase::Standing(former) => {
                self.retired.push(former.remote);
                self.phase = Phase::Standing(Session::new(instance));
                Opened::Begun(remote)
            }
        }
    }

    fn way_out(&self) -> Way {
        Way { from: self.local, to: self.remote }
    }

    fn way_in(&self) -> Way {
        Way { from: self.remote, to: self.local }
    }
}

#[cfg(test)]
impl Seal {
    /// In the midst of things, for vectors.
    pub(super) fn resumed(self, nonce: Nonce, question: Question, phase: Phase) -> Self {
        Self { nonce, question, phase, ..self }
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let phase = match &self.phase {
            Phase::Alone => "alone",
            Phase::Claimed(_) => "claimed",
            Phase::Standing(_) => "standing",
        };
        f.debug_struct("Seal").field("phase", &phase).finish_non_exhaustive()
    }
}

impl Session {
    fn new(remote: Instance) -> Self {
        Self { remote, sealed: 0, opened: 0 }
    }
}

/// How many sessions there may be with one remote peer in the life of a [`Seal`]. Each is a time
/// that it came back anew; nobody does so more often while this side stays as it is.
const SESSIONS_MAX: usize = 32;
