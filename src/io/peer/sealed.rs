//! Signals on their way through the server: sealed when they go, opened when they come.
//!
//! Drives the [`Seal`] of one remote peer. A signal waits here until the remote peer has said
//! hello, since it is sealed for that peer alone.

use crate::negotiation::Signal;
use crate::seal::{Member, OpenError, Opened, PublicKey, Remote, Seal, SealError};
use signaling_server::protocol::{Payload, PeerId};
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use zeroize::Zeroizing;

/// The sealed way to one remote peer.
#[derive(Debug)]
pub struct Sealed {
    member: Arc<Member>,
    local: PeerId,
    remote: PeerId,
    seal: Seal,
    waiting: VecDeque<Signal>,
    /// Who the remote peer has proven to be last.
    proven: Option<PublicKey>,
}

/// What an opened message is to the task.
#[derive(Debug)]
pub enum Heard {
    /// Nothing, but that something may have to be sent.
    Nothing,
    /// Someone who knows the words said hello, perhaps some time ago: negotiating may begin.
    Greeted,
    /// The remote peer is here, and is this.
    Proven(Remote),
    /// A signal.
    Signal(Signal),
    /// The remote peer, which is this, begins anew: whoever offers has to offer again.
    Anew(Remote),
    /// It did not open, and this side has begun anew by it: the same holds.
    Renewed,
    /// It did not open.
    Unopened(OpenError),
}

impl Sealed {
    /// A way that begins with a hello.
    pub fn new(member: Arc<Member>, local: PeerId, remote: PeerId) -> io::Result<Self> {
        let seal = begin(&member, local, remote)?;
        Ok(Self { member, local, remote, seal, waiting: VecDeque::new(), proven: None })
    }

    /// Takes a signal to be sent.
    pub fn push(&mut self, signal: Signal) {
        if self.waiting.len() < WAITING_MAX {
            self.waiting.push_back(signal);
        }
    }

    /// The next message for the server to carry, if one can be sent now.
    pub fn poll(&mut self) -> Option<Payload> {
        if let Some(hello) = self.seal.poll_hello() {
            return Some(hello);
        }
        loop {
            let signal = self.waiting.front()?;
            let text = serde_json::to_string(signal).expect("signals are plain JSON");
            match self.seal.seal(&text) {
                Ok(payload) => {
                    self.waiting.pop_front();
                    return Some(payload);
                }
                Err(SealError::NotReady) => return None,
                Err(error @ SealError::TooLong) => {
                    tracing::warn!(%error, "a signal is dropped");
                    self.waiting.pop_front();
                }
            }
        }
    }

    /// Opens what came; then [`Sealed::poll`] may have more to send.
    pub fn open(&mut self, payload: &Payload) -> Heard {
        match self.seal.open(payload) {
            Ok(Opened::Signal(text)) => match serde_json::from_str(&text) {
                Ok(signal) => Heard::Signal(signal),
                Err(error) => {
                    // Its words may be the remote peer's own.
                    let (kind, at) = (error.classify(), error.column());
                    tracing::trace!(?kind, at, "a signal that cannot be read");
                    Heard::Nothing
                }
            },
            Ok(Opened::Begun(remote)) => {
                self.waiting.clear();
                self.proven = Some(remote.key);
                Heard::Anew(remote)
            }
            Ok(Opened::Proven(remote)) => {
                self.proven = Some(remote.key);
                Heard::Proven(remote)
            }
            Ok(Opened::Claimed(_)) => Heard::Greeted,
            Ok(Opened::Ignored) => Heard::Nothing,
            Err(error) => Heard::Unopened(error),
        }
    }

    /// Who the remote peer has proven to be, if it has.
    pub fn proven(&self) -> Option<PublicKey> {
        self.proven
    }

    /// Begins the seal anew, where it cannot go on: the remote peer will hear a new hello.
    pub fn renew(&mut self) -> io::Result<()> {
        self.seal = begin(&self.member, self.local, self.remote)?;
        self.waiting.clear();
        Ok(())
    }
}

fn begin(member: &Arc<Member>, local: PeerId, remote: PeerId) -> io::Result<Seal> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(seed.as_mut()).map_err(io::Error::other)?;
    Ok(Seal::new(member.clone(), local, remote, seed))
}

/// An offer, and more candidates than a machine has addresses.
const WAITING_MAX: usize = 64;
