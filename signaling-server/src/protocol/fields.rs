//! How messages are read: all fields of all kinds at once, then the kind picks its own.
//!
//! A derived reader of a tagged enum would first copy the message into a tree of values, and a
//! payload can't be had as it came from such a tree. Here the text is gone through once and
//! the payload stays a slice of it. Nothing but the `Deserialize` of [`Request`] and [`Reply`]
//! uses this; fields that a kind does not have are passed over.

use serde::{Deserialize, Deserializer};

use super::{IceServer, Payload, PeerId, Refusal, Reply, Request, RoomId, Token};

/// A message without a field that its kind needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing(&'static str);

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "missing field `{}`", self.0)
    }
}

#[derive(Deserialize)]
pub(super) struct RequestFields {
    r#type: RequestType,
    version: Option<u32>,
    room: Option<RoomId>,
    token: Option<Token>,
    to: Option<PeerId>,
    #[serde(default, deserialize_with = "even_null")]
    payload: Option<Payload>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum RequestType {
    Join,
    Signal,
    Leave,
}

impl TryFrom<RequestFields> for Request {
    type Error = Missing;

    fn try_from(fields: RequestFields) -> Result<Self, Missing> {
        Ok(match fields.r#type {
            RequestType::Join => Self::Join {
                version: needed("version", fields.version)?,
                room: needed("room", fields.room)?,
                token: fields.token,
            },
            RequestType::Signal => Self::Signal {
                to: needed("to", fields.to)?,
                payload: needed("payload", fields.payload)?,
            },
            RequestType::Leave => Self::Leave,
        })
    }
}

#[derive(Deserialize)]
pub(super) struct ReplyFields {
    r#type: ReplyType,
    version: Option<u32>,
    id: Option<PeerId>,
    peers: Option<Vec<PeerId>>,
    ice_servers: Option<Vec<IceServer>>,
    token: Option<Token>,
    #[serde(default)]
    frames: bool,
    peer: Option<PeerId>,
    #[serde(default)]
    offer: bool,
    from: Option<PeerId>,
    #[serde(default, deserialize_with = "even_null")]
    payload: Option<Payload>,
    reason: Option<Refusal>,
    retry_after_ms: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ReplyType {
    Welcome,
    Joined,
    Away,
    Left,
    Signal,
    Refused,
    Bye,
}

impl TryFrom<ReplyFields> for Reply {
    type Error = Missing;

    fn try_from(fields: ReplyFields) -> Result<Self, Missing> {
        Ok(match fields.r#type {
            ReplyType::Welcome => Self::Welcome {
                version: needed("version", fields.version)?,
                id: needed("id", fields.id)?,
                peers: needed("peers", fields.peers)?,
                ice_servers: needed("ice_servers", fields.ice_servers)?,
                token: needed("token", fields.token)?,
                frames: fields.frames,
            },
            ReplyType::Joined => {
                Self::Joined { peer: needed("peer", fields.peer)?, offer: fields.offer }
            }
            ReplyType::Away => Self::Away { peer: needed("peer", fields.peer)? },
            ReplyType::Left => Self::Left { peer: needed("peer", fields.peer)? },
            ReplyType::Signal => Self::Signal {
                from: needed("from", fields.from)?,
                payload: needed("payload", fields.payload)?,
            },
            ReplyType::Refused => Self::Refused { reason: needed("reason", fields.reason)? },
            ReplyType::Bye => {
                Self::Bye { retry_after_ms: needed("retry_after_ms", fields.retry_after_ms)? }
            }
        })
    }
}

fn needed<T>(name: &'static str, field: Option<T>) -> Result<T, Missing> {
    field.ok_or(Missing(name))
}

/// `null` is a payload too: only an absent field is none.
fn even_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Payload>, D::Error> {
    Payload::deserialize(deserializer).map(Some)
}
