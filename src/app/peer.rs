//! A remote peer, as the app knows it: who it is, how it is reached, how well it is known.

use super::ConnectionId;
use super::event::Route;
use crate::seal::{Met, Remote};
use crate::text::SafeText;
use crate::transfer::Device;
use std::time::{Duration, Instant};

/// A remote peer.
#[derive(Debug, Clone)]
pub struct Peer {
    /// The connection to it.
    pub connection: ConnectionId,
    /// Who it is, once it has proven that it knows the room's words.
    pub remote: Option<Remote>,
    /// How it looks in the light of those met before, once that was looked up.
    pub met: Option<Met>,
    /// How far the connection is.
    pub phase: PeerPhase,
    /// What it runs on, as it says once its connection is open.
    pub device: Device,
    /// Whether the server has it.
    pub presence: Presence,
    /// Whether the person was told that it is here.
    pub(super) announced: bool,
}

/// How far the connection to a peer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PeerPhase {
    /// Being made, for the first time or again.
    Connecting,
    /// Open.
    Open(Option<Route>),
    /// Open, but nothing has come for seconds.
    Unreachable,
    /// Ended: it broke the protocol.
    Barred,
}

/// Whether the signaling server has a socket of a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It has.
    Present,
    /// It lost it then.
    Away {
        /// When.
        since: Instant,
    },
    /// It left then, for good.
    Left {
        /// When.
        at: Instant,
    },
}

impl Peer {
    pub(super) fn new(connection: ConnectionId) -> Self {
        let (phase, presence) = (PeerPhase::Connecting, Presence::Present);
        let device = Device::Terminal;
        Self { connection, remote: None, met: None, phase, device, presence, announced: false }
    }

    /// What to call it. Who goes by a name that was another's is told apart by the start of the
    /// fingerprint.
    pub fn label(&self) -> SafeText {
        let Some(Remote { name, key }) = &self.remote else { return SafeText::new("someone") };
        let name = if name.is_empty() { "someone" } else { name.as_str() };
        if let Some(Met::Changed { .. }) = self.met {
            let start: String = name.chars().take(NAME_CHARS_BEFORE_FINGERPRINT).collect();
            let fingerprint = key.fingerprint().to_string();
            let group = fingerprint.split('-').next().unwrap_or_default();
            return SafeText::new(&format!("{start} ({group})"));
        }
        SafeText::new(name)
    }

    /// Whether a photo would reach it: its connection is open, and it is known who it is.
    pub fn is_open(&self) -> bool {
        matches!(self.phase, PeerPhase::Open(_)) && self.met.is_some()
    }

    /// Whether a person here said that this is who it seems.
    pub fn is_trusted(&self) -> bool {
        matches!(self.met, Some(Met::Known { trusted } | Met::Renamed { trusted, .. }) if trusted)
    }

    /// Whether it goes by the name of somebody else who is trusted. Until a person says that it is
    /// all right, nothing is sent to it, and nothing of it is taken unasked.
    pub fn is_doubted(&self) -> bool {
        matches!(self.met, Some(Met::Changed { trusted: true, .. }))
    }

    /// Whether files go to it, now or as soon as its connection is open.
    pub fn is_welcome(&self) -> bool {
        self.met.is_some() && !self.is_doubted() && self.phase != PeerPhase::Barred
    }

    /// From when on it is gone, as far as anyone can tell: away from the server for a while, and not to
    /// be reached without it. One that is being connected to may come back to the server in time.
    pub(super) fn gone_at(&self) -> Option<Instant> {
        match (self.presence, &self.phase) {
            (Presence::Away { since }, PeerPhase::Unreachable) => Some(since + COMES_BACK),
            (Presence::Left { at }, PeerPhase::Unreachable) => Some(at),
            _ => None,
        }
    }
}

/// How long who has come to another network takes to be at the server again.
const COMES_BACK: Duration = Duration::from_secs(3);
/// With four characters of a fingerprint, a name stays within what [`SafeText`] holds.
const NAME_CHARS_BEFORE_FINGERPRINT: usize = 24;
