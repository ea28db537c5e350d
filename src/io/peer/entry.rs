//! One of the connections with a remote peer, or its stand-in: what it is for, and how far it is.

use super::connection::Connection;
use super::look::Look;
use super::tunnel::Tunnel;
use crate::negotiation::Negotiation;
use crate::tunnel::Secret;
use bytes::BytesMut;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// What is spoken over, or may be.
pub struct Entry {
    /// Over what.
    pub line: Line,
    /// What for.
    pub duty: Duty,
    /// How far it is.
    pub state: State,
}

/// A connection, or what stands in for it.
pub enum Line {
    /// A connection.
    Webrtc(Box<Webrtc>),
    /// A tunnel.
    Tunnel(Tunnel),
}

/// A connection, and how it came about.
pub struct Webrtc {
    /// Itself.
    pub connection: Connection,
    /// How it is negotiated.
    pub negotiation: Negotiation,
    /// Whether chunks go over QUIC beside it.
    pub has_quic: bool,
    /// For the tunnel that was offered with it, and when that was.
    pub offered: Option<(Secret, Instant)>,
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duty {
    /// To be spoken over, and to carry chunks.
    Main,
    /// To carry chunks besides.
    Beside,
    /// To be spoken over as long as there is nothing better: a tunnel.
    Fallback,
}

/// How far a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// A connection that is being made, until this deadline at most; so many of its channels are open.
    Opening { deadline: Instant, channels: usize },
    /// A tunnel that is to be spoken through from then on, if ever by this side, and once it is known
    /// to lead somewhere.
    Waiting { speak_at: Option<Instant>, is_proven: bool },
    /// It is sent over.
    Open,
}

impl Entry {
    /// The connection, if it is one.
    pub fn webrtc(&self) -> Option<&Webrtc> {
        match &self.line {
            Line::Webrtc(webrtc) => Some(webrtc),
            Line::Tunnel(_) => None,
        }
    }

    /// The same.
    pub fn webrtc_mut(&mut self) -> Option<&mut Webrtc> {
        match &mut self.line {
            Line::Webrtc(webrtc) => Some(webrtc),
            Line::Tunnel(_) => None,
        }
    }

    /// When something is due: it has failed by then, or is spoken over from then on.
    pub fn deadline(&self) -> Option<Instant> {
        match self.state {
            State::Opening { deadline, .. } => Some(deadline),
            State::Waiting { speak_at, is_proven: true } => speak_at,
            State::Waiting { .. } | State::Open => None,
        }
    }
}

impl Line {
    /// Messages for the other side.
    pub fn control_out(&self) -> &mpsc::Sender<String> {
        match self {
            Self::Webrtc(webrtc) => &webrtc.connection.control_out,
            Self::Tunnel(tunnel) => &tunnel.control_out,
        }
    }

    /// One chunk, each time it has said that there is room.
    pub fn bulk_out(&self) -> &mpsc::Sender<BytesMut> {
        match self {
            Self::Webrtc(webrtc) => &webrtc.connection.bulk_out,
            Self::Tunnel(tunnel) => &tunnel.bulk_out,
        }
    }

    /// How the remote peer is reached, and what was counted of the way.
    pub async fn look(&self) -> Option<Look> {
        match self {
            Self::Webrtc(webrtc) => webrtc.connection.look().await,
            Self::Tunnel(tunnel) => Some(tunnel.look()),
        }
    }

    /// Keeps the driver of a connection awake while bytes are under way.
    pub fn keep_awake(&self, awake: bool) {
        if let Self::Webrtc(webrtc) = self {
            webrtc.connection.keep_awake(awake);
        }
    }

    /// Ends it, once what was said last has arrived or that time is over.
    pub async fn close(self, patience: Duration) {
        match self {
            Self::Webrtc(webrtc) => webrtc.connection.close(patience).await,
            Self::Tunnel(tunnel) => tunnel.close(patience).await,
        }
    }
}
