//! What instances say to each other, and where: subjects as NATS has them, and bodies.
//!
//! | subject | what is published there | who has subscribed |
//! |---|---|---|
//! | `peersnap.1.room.ROOM` | who has this room? | those with a peer in it |
//! | `peersnap.1.to.INSTANCE.ROOM` | all else of a room | that instance |
//! | `peersnap.1.alive` | that one is there, or will end | all |
//!
//! `1` is the version of all this; an instance of another hears nothing of it. A body is JSON and names
//! its sender, except that of what is carried for peers, which has the kind in its first byte and
//! the receiver in the eight behind it, big-endian.
//!
//! Whoever publishes here is believed: a bus is for the instances alone. What makes no sense is passed
//! over nevertheless.

use serde::{Deserialize, Serialize};

use crate::protocol::{MESSAGE_BYTES_MAX, PeerId, RoomId};
use crate::rooms::InstanceId;

/// What one instance says of a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct News {
    /// Who says it.
    #[serde(with = "hex")]
    pub from: InstanceId,
    #[serde(flatten)]
    pub what: What,
}

/// Of the room that the subject names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum What {
    /// Who has it?
    Ask,
    /// These are those of mine, and whether each is there; these instances have it besides.
    Have { peers: Vec<(PeerId, bool)>, others: Vec<Hex> },
    /// One of mine has entered or come back, and offers to these.
    Joined { peer: PeerId, offers: Vec<PeerId> },
    /// The socket of one of mine was lost.
    Away { peer: PeerId },
    /// One of mine has left.
    Left { peer: PeerId },
    /// I have nobody in it any more.
    Closed,
}

/// That an instance is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Alive {
    #[serde(with = "hex")]
    pub from: InstanceId,
    /// It was told to end.
    #[serde(default)]
    pub is_ending: bool,
}

/// What is carried for a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Carried<'a> {
    /// A reply, as it goes over a websocket.
    Text(&'a str),
    /// A frame likewise.
    Frame(&'a [u8]),
}

const TEXT: u8 = b't';
const FRAME: u8 = b'f';

/// For a peer of another instance.
pub(super) fn carry(to: PeerId, what: Carried<'_>) -> Vec<u8> {
    let (kind, bytes) = match what {
        Carried::Text(text) => (TEXT, text.as_bytes()),
        Carried::Frame(frame) => (FRAME, frame),
    };
    [&[kind][..], &to.0.to_be_bytes(), bytes].concat()
}

/// The same; `None` if it is news, or nothing.
pub(super) fn carried(body: &[u8]) -> Option<(PeerId, Carried<'_>)> {
    let (kind, rest) = body.split_first()?;
    let (to, bytes) = rest.split_first_chunk()?;
    let what = match *kind {
        TEXT => Carried::Text(str::from_utf8(bytes).ok()?),
        FRAME => Carried::Frame(bytes),
        _ => return None,
    };
    (bytes.len() <= MESSAGE_BYTES_MAX).then_some((PeerId(u64::from_be_bytes(*to)), what))
}

pub(super) fn body(said: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(said).expect("it has text keys and no failing parts")
}

/// Where all hear that one is there.
pub(super) const ALIVE: &str = "peersnap.1.alive";

const ROOM: &str = "peersnap.1.room.";
const TO: &str = "peersnap.1.to.";

/// Where those hear who have a room.
pub(super) fn of_room(room: &RoomId) -> String {
    format!("{ROOM}{}", room.as_str())
}

/// Where one instance hears of a room.
pub(super) fn to(instance: InstanceId, room: &RoomId) -> String {
    format!("{TO}{:016x}.{}", instance.0, room.as_str())
}

/// Where one instance hears.
pub(super) fn to_any(instance: InstanceId) -> String {
    format!("{TO}{:016x}.*", instance.0)
}

/// The room of a subject, if it has one.
pub(super) fn room_of(subject: &str) -> Option<RoomId> {
    let room = match (subject.strip_prefix(ROOM), subject.strip_prefix(TO)) {
        (Some(room), _) => room,
        (None, Some(rest)) => rest.split_once('.')?.1,
        (None, None) => return None,
    };
    RoomId::try_from(room.to_owned()).ok()
}

/// An instance in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Hex(#[serde(with = "hex")] pub InstanceId);

/// All 64 bits, which a number in JSON does not hold everywhere.
mod hex {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::InstanceId;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    pub fn serialize<S: Serializer>(id: &InstanceId, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:016x}", id.0))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<InstanceId, D::Error> {
        let text = String::deserialize(from)?;
        u64::from_str_radix(&text, 16).map(InstanceId).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: InstanceId = InstanceId(0xfedc_ba98_7654_3210);

    fn room() -> RoomId {
        RoomId::try_from("the-room_1".to_owned()).expect("a room id")
    }

    #[test]
    fn news_come_out_as_they_went_in() {
        for what in [
            What::Ask,
            What::Have {
                peers: vec![(PeerId(1), true), (PeerId(2), false)],
                others: vec![Hex(ONE)],
            },
            What::Joined { peer: PeerId(3), offers: vec![PeerId(4)] },
            What::Away { peer: PeerId(5) },
            What::Left { peer: PeerId(5) },
            What::Closed,
        ] {
            let news = News { from: ONE, what };
            let body = body(&news);
            assert_eq!(serde_json::from_slice::<News>(&body).expect("news"), news);
            assert_eq!(carried(&body), None);
        }
    }

    #[test]
    fn what_is_carried_comes_out_as_it_went_in_and_no_longer_than_it_may_be() {
        let frame = vec![7; MESSAGE_BYTES_MAX];
        for what in [Carried::Text("{}"), Carried::Frame(&frame)] {
            let body = carry(PeerId(9), what);
            assert_eq!(carried(&body), Some((PeerId(9), what)));
        }
        let frame = vec![7; MESSAGE_BYTES_MAX + 1];
        assert_eq!(carried(&carry(PeerId(9), Carried::Frame(&frame))), None);
        assert_eq!(carried(b"t\0\0\0\0\0\0\0\x01\xff"), None);
        assert_eq!(carried(b"t\0\0"), None);
        assert_eq!(carried(b""), None);
    }

    #[test]
    fn a_subject_tells_its_room() {
        assert_eq!(room_of(&of_room(&room())), Some(room()));
        assert_eq!(room_of(&to(ONE, &room())), Some(room()));
        assert_eq!(to(ONE, &room()), "peersnap.1.to.fedcba9876543210.the-room_1");
        for other in [ALIVE, "peersnap.1.to.", "peersnap.1.room.", "peersnap.1.room.a b", ""] {
            assert_eq!(room_of(other), None, "{other}");
        }
    }
}
