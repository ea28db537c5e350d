//! What two peers say to each other over a connection: the wire format, version 1.
//!
//! A connection carries two ordered, reliable data channels, negotiated beforehand:
//!
//! | channel | id | carries |
//! |---|---|---|
//! | `control` | 0 | [`Message`]s as JSON text, at most [`CONTROL_BYTES_MAX`] each |
//! | `bulk` | 1 | [`Chunk`]s, at most [`CHUNK_BYTES_MAX`] each, header included |
//!
//! ```text
//! sender                                    receiver
//!   ── propose {transfer, name, type, size} ──►  with a mark, if it may take several times
//!   ◄──────────── accept {transfer, offset} ──   or decline {transfer, reason}, at any time
//!   ══ chunk, chunk, chunk … (bulk) ═════════►
//!   ◄────────── progress {transfer, offset} ──   each MiB that is on disk
//!   ── digest {transfer, digest} ────────────►   or cancel {transfer, reason}, at any time
//!   ◄────────── confirm {transfer, digest} ───   whole, digest equal, in its place on disk
//!
//!   ── rest {transfer, resting} ─────────────►   no chunks until it goes on: the sender's person
//!   ◄────────── wait {transfer, waiting} ─────   or the receiver's wants it so
//! ```
//!
//! A file that was proposed with a [`Mark`] may be accepted from any offset: what lies before is on
//! the receiver's disk from another time, and the digest is of all of it. Who does not know marks
//! neither sends nor minds them.
//!
//! A folder is proposed with the number of its files, and is one transfer: a
//! [`Manifest`](super::Manifest), and then the bytes of each file.
//!
//! # More connections than one
//! A session outlives its connections. Where one is lost, or stands still, either side makes another;
//! both say hello there, with the number of their session and the transfers that they have open, and
//! the sender proposes those again. The receiver answers with an accept from what it has by now, or
//! with what became of it, and the chunks go on. What was said over the connection before is void.
//!
//! Where a line loses packets, further connections carry chunks besides, on a bulk channel of the
//! same kind; all else is said over the one that was made last for it. Chunks of a transfer then come
//! in any order, and some twice.
//!
//! # What is lost
//! One peer alone knows whether a packet was lost: of what DTLS numbers the receiver, of what QUIC sends
//! the sender. It tells the other in a [`Tally`]: at most once a second, if there is enough that is new,
//! and if the other says in its hello that it takes that. The numbers are sums, so that each tally makes
//! those before it void. A browser's page sees no packets, and takes none.
//!
//! # QUIC
//! Who can be reached directly, and names the fingerprint of a certificate in its hello, takes chunks
//! over QUIC too: on the connection's own UDP path, told apart by the first byte of a packet (RFC 9443).
//! The sender opens it, with one stream, on which each chunk follows its length (4 bytes, big-endian);
//! both ends show the certificates that they have named.
//!
//! Each side numbers the transfers that it sends; since every message has one direction, a number
//! never needs to say whose it is. A chunk's header is the transfer's number (4 bytes) and the
//! offset in the file (8 bytes), big-endian; the rest is the file's bytes.

use crate::path::Packets;
use crate::text::FileName;
use bytes::{Buf, BufMut, Bytes, BytesMut};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The version of this format.
pub const VERSION: u32 = 1;
/// The longest control message, in bytes.
pub const CONTROL_BYTES_MAX: usize = 16 * 1024;
/// The longest bulk message, in bytes, header included.
pub const CHUNK_BYTES_MAX: usize = 64_000;
/// A chunk's header, in bytes.
pub const CHUNK_HEADER_BYTES: usize = 12;
/// The most bytes of a file that a chunk carries.
pub const CHUNK_DATA_BYTES_MAX: usize = CHUNK_BYTES_MAX - CHUNK_HEADER_BYTES;

/// A transfer, as its sender numbers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TransferId(pub u32);

impl fmt::Display for TransferId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// All that two peers say to each other, over one connection or several, from when one of them
/// began to know the other: a random number. Who comes with another has forgotten what was before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(pub u32);

/// A SHA-256 value of a whole file; 64 hexadecimal digits in JSON.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(#[serde(with = "hex::serde")] pub [u8; 32]);

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// What tells a file from others, and from itself after a change, without reading all of it; 64
/// hexadecimal digits in JSON. A receiver that holds a part of a file of this mark goes on from
/// there. What it promises is no more than likely: the digest of the whole decides in the end.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mark(#[serde(with = "hex::serde")] pub [u8; 32]);

impl fmt::Debug for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mark({self})")
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// The SHA-256 value of a certificate; 64 hexadecimal digits in JSON.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(#[serde(with = "hex::serde")] pub [u8; 32]);

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({})", hex::encode(self.0))
    }
}

/// A message of the control channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Message {
    /// The first message of each side, said again in answer to the other's: one that comes before
    /// the receiving side's channel is open may be lost.
    Hello {
        /// What it speaks and takes.
        #[serde(flatten)]
        hello: Hello,
        /// Which transfers of its own are open: those go on over this connection. Any other that
        /// the receiver knows of is over.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        sending: Vec<TransferId>,
    },
    /// A file that the sender would like to hand over.
    Propose {
        /// Its number from now on; never used twice on a connection.
        transfer: TransferId,
        /// What it is.
        #[serde(flatten)]
        proposal: Proposal,
        /// What tells it from others; of a file that is sent in one piece in any case, none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mark: Option<Mark>,
    },
    /// The receiver takes it, from this offset on.
    Accept {
        /// Which.
        transfer: TransferId,
        /// In bytes from the file's start; what lies before is there already. 0, unless it was
        /// proposed with a mark.
        offset: u64,
    },
    /// The receiver does not take it, or no longer.
    Decline {
        /// Which.
        transfer: TransferId,
        /// Why.
        reason: Reason,
    },
    /// How much the receiver has on disk.
    Progress {
        /// Which.
        transfer: TransferId,
        /// In bytes from the file's start.
        offset: u64,
    },
    /// All chunks are out; this is the file's digest.
    Digest {
        /// Which.
        transfer: TransferId,
        /// Of the whole file.
        digest: Digest,
    },
    /// The receipt: the receiver has the file whole, in its place on disk.
    Confirm {
        /// Which.
        transfer: TransferId,
        /// Of what lies on the receiver's disk.
        digest: Digest,
    },
    /// The sender lets it rest, or lets it go on.
    Rest {
        /// Which.
        transfer: TransferId,
        /// Which of both.
        resting: bool,
    },
    /// The receiver asks for it to rest, or to go on.
    Wait {
        /// Which.
        transfer: TransferId,
        /// Which of both.
        waiting: bool,
    },
    /// The sender takes it back.
    Cancel {
        /// Which.
        transfer: TransferId,
        /// Why.
        reason: Reason,
    },
    /// What is known of packets that were lost.
    Tally(Tally),
}

/// What a peer knows of the packets between both, since the connection that it is said over came about:
/// of that one, and of those that carry chunks besides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Of those that it has sent itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mine: Option<Packets>,
    /// Of those that the other, who is told so, has sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yours: Option<Packets>,
}

/// What a peer speaks and takes. Who it is, the [`seal`](crate::seal) has told already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The newest [`VERSION`] that it speaks.
    pub version: u32,
    /// Which of its sessions with the other this is.
    pub session: SessionId,
    /// What it takes.
    pub limits: Limits,
    /// What it runs on.
    #[serde(default, skip_serializing_if = "Device::is_terminal")]
    pub device: Device,
    /// How its ends of QUIC connections are known, if it speaks QUIC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quic: Option<Fingerprint>,
    /// Whether it takes a [`Tally`]. Who does not say so may hold one for a violation.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tally: bool,
}

/// What a peer runs on, as it says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Device {
    /// A browser on something larger than a phone.
    Browser,
    /// A browser on a phone.
    Phone,
    /// A terminal; or what this version does not know.
    #[default]
    #[serde(other)]
    Terminal,
}

impl Device {
    /// What most are, and what is not said of them.
    pub fn is_terminal(&self) -> bool {
        *self == Self::Terminal
    }

    /// What it is called; nothing if it is a terminal.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Browser => Some("browser"),
            Self::Phone => Some("phone"),
            Self::Terminal => None,
        }
    }
}

/// What a peer takes from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// The longest bulk message, in bytes.
    pub chunk_bytes: u32,
    /// How many bytes may be under way, sent and not yet acknowledged by progress.
    pub window_bytes: u32,
    /// How many transfers may be open at once.
    pub transfers: u32,
    /// How many connections may be open at once; of who does not say, 1.
    #[serde(default = "one")]
    pub connections: u32,
}

fn one() -> u32 {
    1
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            chunk_bytes: CHUNK_BYTES_MAX as u32,
            window_bytes: 8 * 1024 * 1024,
            transfers: 16,
            connections: 32,
        }
    }
}

/// A file that is offered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Its name, without any path.
    pub name: FileName,
    /// Its media type, such as `image/jpeg`.
    #[serde(rename = "media_type")]
    pub media_type: MediaType,
    /// Its size in bytes.
    pub size: u64,
    /// For pictures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dimensions: Option<Dimensions>,
    /// When it was changed last, in seconds since 1970; of a photo that is sent as it is taken, none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<i64>,
    /// Whether it is a program, which its owner may run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub executable: bool,
    /// Of a folder: how many files it has. Its bytes are a [`Manifest`](super::Manifest) and then
    /// those of each file, and its size is that of all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<u32>,
}

impl Proposal {
    /// A file of which no more is known.
    pub fn new(name: FileName, media_type: MediaType, size: u64) -> Self {
        Self {
            name,
            media_type,
            size,
            dimensions: None,
            modified: None,
            executable: false,
            files: None,
        }
    }

    /// A folder of so many files, and so many bytes with what tells of them.
    pub fn folder(name: FileName, size: u64, files: u32) -> Self {
        Self { files: Some(files), ..Self::new(name, MediaType::folder(), size) }
    }

    /// Whether it claims to be a picture. Of a folder, whatever its type claims, it does not.
    pub fn is_picture(&self) -> bool {
        self.files.is_none() && self.media_type.is_picture()
    }
}

/// A picture's size in pixels, as it should be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dimensions {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

/// A media type (RFC 6838), as far as anything here depends on it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MediaType(String);

impl MediaType {
    /// The longest media type, in bytes (RFC 6838, section 4.2).
    pub const BYTES_MAX: usize = 127 + 1 + 127;

    /// A JPEG photo.
    pub fn jpeg() -> Self {
        Self("image/jpeg".to_owned())
    }

    /// Of a picture of this kind.
    pub fn of_picture(subtype: &'static str) -> Self {
        Self(format!("image/{subtype}"))
    }

    /// Of anything.
    pub fn any() -> Self {
        Self("application/octet-stream".to_owned())
    }

    /// Of a folder.
    pub fn folder() -> Self {
        Self("inode/directory".to_owned())
    }

    /// The type as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it claims to be a picture. What it is, its bytes will tell.
    pub fn is_picture(&self) -> bool {
        self.0.starts_with("image/")
    }
}

/// A text that is no media type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a media type is two names of letters, digits and !#$&^_.+- with a / between")]
pub struct NotAMediaType;

impl TryFrom<String> for MediaType {
    type Error = NotAMediaType;

    fn try_from(text: String) -> Result<Self, NotAMediaType> {
        let name = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b))
        };
        match text.split_once('/') {
            Some((kind, rest)) if name(kind) && name(rest) && text.len() <= Self::BYTES_MAX => {
                Ok(Self(text))
            }
            _ => Err(NotAMediaType),
        }
    }
}

impl From<MediaType> for String {
    fn from(media_type: MediaType) -> Self {
        media_type.0
    }
}

/// Why a transfer ended before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A person said no, or stopped it.
    Person,
    /// It is larger than the receiver takes.
    TooLarge,
    /// The receiver has as many transfers open as it takes.
    Busy,
    /// The receiver's disk is full.
    DiskFull,
    /// The receiver could not write it, or the sender could not read it.
    Storage,
    /// The digest of what arrived is not the digest of what was sent.
    Digest,
    /// The sender's file was changed since it was proposed.
    Changed,
}

/// A run of a file's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// Which transfer it belongs to.
    pub transfer: TransferId,
    /// Where it begins, in bytes from the file's start.
    pub offset: u64,
    /// The bytes, at most [`CHUNK_DATA_BYTES_MAX`].
    pub data: Bytes,
}

impl Chunk {
    /// The chunk as one bulk message.
    pub fn encode(&self) -> BytesMut {
        let mut message = BytesMut::with_capacity(CHUNK_HEADER_BYTES + self.data.len());
        message.put_u32(self.transfer.0);
        message.put_u64(self.offset);
        message.put_slice(&self.data);
        message
    }

    /// Reads a bulk message; `None` if it is too short to hold any byte, or too long.
    pub fn decode(mut message: Bytes) -> Option<Self> {
        if message.len() <= CHUNK_HEADER_BYTES || message.len() > CHUNK_BYTES_MAX {
            return None;
        }
        let transfer = TransferId(message.get_u32());
        let offset = message.get_u64();
        Some(Self { transfer, offset, data: message })
    }
}
