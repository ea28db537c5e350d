//! What a peer and the signaling server say to each other: JSON text over a websocket, version 1.
//!
//! The server routes: it knows room ids, the peer ids it hands out, and who is in. The payload of
//! a [`Request::Signal`] is carried as it came and never parsed on the way. This module is the one
//! definition for both ends; it names no clock, socket, file or source of randomness.
//!
//! ```text
//! peer                               server
//!   ── join {version, room} ──────────►
//!   ◄───────── welcome {id, peers, …} ──   then, to everyone else: joined {peer}
//!   ── signal {to, payload} ──────────►
//!   ◄──────── signal {from, payload} ──
//!   ── leave ─────────────────────────►   to everyone else: left {peer}
//! ```
//!
//! Where a welcome says so, the server carries [`Frame`]s besides, as binary messages: bytes for one
//! peer, which come from it to that one, in order. They are for peers between whom no other way is
//! found.
//!
//! A socket that is lost without `leave` makes its peer [`Reply::Away`]: it may come back with its
//! token for [`GRACE_SECONDS`], keeps its id, and is then announced by `joined` again. The room
//! hears `left` when the time is up. A server that has begun anew knows no tokens, and gives who
//! comes with one the same id again, as does another of several that act as one, so that peers who are
//! connected know each other still. Connections between peers never depend on any of this.

mod fields;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The version of this protocol. A server refuses any other with [`Refusal::Version`].
pub const VERSION: u32 = 1;

/// The most peers that a room holds.
pub const ROOM_PEERS_MAX: usize = 16;

/// The longest message either side sends, in bytes of JSON text.
pub const MESSAGE_BYTES_MAX: usize = 16 * 1024;

/// The longest frame's data, in bytes: see [`Frame`].
pub const FRAME_DATA_BYTES_MAX: usize = MESSAGE_BYTES_MAX - Frame::HEADER_BYTES;

/// How long a peer whose socket was lost may come back with its token, in seconds.
pub const GRACE_SECONDS: u64 = 60;

/// The websocket's path on the server. Behind it, `?shard=` and a [`RoomId::shard`] tell a balancer before
/// several servers which of them is to have the room; a server passes that over.
pub const PATH: &str = "/signaling";

/// A peer, as the server calls it: goes with its [`Token`], and so is kept when it comes back.
///
/// Below 2^53, so that it survives JSON numbers in browsers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PeerId(pub u64);

impl std::fmt::Display for PeerId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:014x}", self.0)
    }
}

/// A room, as the server knows it: 1 to [`RoomId::BYTES_MAX`] letters, digits, `-` or `_`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RoomId(String);

impl RoomId {
    /// The longest room id, in bytes.
    pub const BYTES_MAX: usize = 64;

    /// The two characters that it begins with: 4,096 parts of all rooms, as equal as ids are random. It
    /// goes into requests, which proxies keep a log of: so much of a room, and no more, is told them.
    pub fn shard(&self) -> &str {
        self.0.get(..2).unwrap_or(&self.0)
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text that is no room id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotARoomId;

impl std::fmt::Display for NotARoomId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a room id is 1 to 64 letters, digits, - or _")
    }
}

impl std::error::Error for NotARoomId {}

impl TryFrom<String> for RoomId {
    type Error = NotARoomId;

    fn try_from(text: String) -> Result<Self, NotARoomId> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if text.is_empty() || text.len() > Self::BYTES_MAX || !text.bytes().all(allowed) {
            return Err(NotARoomId);
        }
        Ok(Self(text))
    }
}

impl From<RoomId> for String {
    fn from(id: RoomId) -> Self {
        id.0
    }
}

/// What a peer comes back with after its socket was lost: unguessable, known to it and the server.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Token(pub String);

impl Token {
    /// Whether it looks like one that a server gave out: 32 hexadecimal digits, in lower case.
    pub fn is_whole(&self) -> bool {
        let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        self.0.len() == 32 && self.0.bytes().all(digit)
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(..)")
    }
}

/// One opaque message of a negotiation between two peers: any JSON value.
pub type Payload = Box<RawValue>;

/// What a peer says to the server.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", try_from = "fields::RequestFields")]
pub enum Request {
    /// The first message on a socket: enters a room, or comes back to it with a token.
    Join {
        /// The [`VERSION`] that the peer speaks.
        version: u32,
        /// The room to enter; it is made if nobody is in it.
        room: RoomId,
        /// From an earlier [`Reply::Welcome`], to keep that id.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token: Option<Token>,
    },
    /// A message for one peer of the room. One for a peer that is not there goes nowhere.
    Signal {
        /// Who is to get it.
        to: PeerId,
        /// What the server does not read.
        payload: Payload,
    },
    /// Goes for good: the room hears it at once, and the token is void.
    Leave,
}

/// What the server says to a peer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", try_from = "fields::ReplyFields")]
pub enum Reply {
    /// The peer is in.
    Welcome {
        /// The [`VERSION`] that the server speaks.
        version: u32,
        /// The peer's id.
        id: PeerId,
        /// Who else is there, those away left out. The newcomer offers to each of them.
        peers: Vec<PeerId>,
        /// Servers for ICE, to be used as they come.
        ice_servers: Vec<IceServer>,
        /// For coming back after a lost socket.
        token: Token,
        /// Whether the server carries [`Frame`]s.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        frames: bool,
    },
    /// Another peer entered, or came back.
    Joined {
        /// Who.
        peer: PeerId,
        /// Whether the one who hears this is to offer, as it may be that the other does not know of it:
        /// both have entered at once, at different servers of several that act as one.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        offer: bool,
    },
    /// Another peer's socket was lost; it may come back.
    Away {
        /// Who.
        peer: PeerId,
    },
    /// Another peer went for good.
    Left {
        /// Who.
        peer: PeerId,
    },
    /// A message from another peer.
    Signal {
        /// Who sent it.
        from: PeerId,
        /// As it was sent.
        payload: Payload,
    },
    /// The server does not let this peer in; it closes the socket next.
    Refused {
        /// Why.
        reason: Refusal,
    },
    /// The server is going down: come back after this many milliseconds.
    Bye {
        /// Spread at random over the peers, so that they do not all come at once.
        retry_after_ms: u64,
    },
}

/// A binary message: the id of a peer in 8 bytes, big-endian, and bytes that the server does not read.
/// From a peer it names the receiver, and to a peer the sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The receiver, or the sender.
    pub peer: PeerId,
    /// At most [`FRAME_DATA_BYTES_MAX`].
    pub data: &'a [u8],
}

impl<'a> Frame<'a> {
    /// How much longer a message is than its data.
    pub const HEADER_BYTES: usize = 8;

    /// Takes a message apart; `None` if it is too short to name a peer.
    pub fn parse(message: &'a [u8]) -> Option<Self> {
        let (peer, data) = message.split_first_chunk()?;
        Some(Self { peer: PeerId(u64::from_be_bytes(*peer)), data })
    }

    /// Puts a message together.
    pub fn encode(self) -> Vec<u8> {
        [&self.peer.0.to_be_bytes(), self.data].concat()
    }
}

/// Why a server lets a peer not in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The room holds [`ROOM_PEERS_MAX`] peers.
    RoomFull,
    /// The server holds as many rooms as it will.
    ServerFull,
    /// The server speaks another [`VERSION`].
    Version,
    /// The first message was no `join`, or could not be read.
    Malformed,
}

/// A STUN or TURN server (`RTCIceServer` of the WebRTC API).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IceServer {
    /// `stun:` and `turn:` URLs.
    pub urls: Vec<String>,
    /// For TURN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// For TURN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}
