//! What is said to each server to enter a room of two, to send the other a message, and to hear it.
//!
//! | | enters | learns of the other | sends |
//! |---|---|---|---|
//! | ours | `join` as the first message | the first in by `joined`, the second by `welcome` | `signal` |
//! | matchbox | by the path | the first in by `NewPeer`; the second by its first signal | `Signal` |
//! | `PeerJS` | by an id in the path; it knows no rooms | both know: ids are chosen | `OFFER` |
//!
//! A message's payload is a JSON string, as sealed signals are, with the time of sending in front:
//! `"~0000000012345678~xxx…"`. That mark is searched for, and nothing parsed, once peers have met.

use serde_json::Value;
use signaling_server::protocol::{self, Request, RoomId};

/// A kind of server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// The signaling server of this workspace.
    Ours,
    /// `matchbox_server` of crates.io.
    Matchbox,
    /// The `peer` package of npm.
    PeerJs,
}

/// A place in a room of two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seat {
    /// Comes first, mostly.
    First,
    /// Comes second.
    Second,
}

/// What a server's message means to a peer.
#[derive(Debug, PartialEq, Eq)]
pub enum Reply {
    /// It is in; this one was there, if anybody was.
    Entered(Option<String>),
    /// This one has come in.
    Met(String),
    /// A message of the other, sent at this time.
    Signal(u64),
    /// It is not let in.
    Refused,
    /// Nothing that matters here.
    Other,
}

impl Dialect {
    /// What the handshake asks for.
    pub fn path(self, room: usize, seat: Seat) -> String {
        match self {
            Self::Ours => protocol::PATH.to_owned(),
            Self::Matchbox => format!("/{}", room_name(room)),
            Self::PeerJs => format!("/peerjs?key=peerjs&id={}&token=t", peer_name(room, seat)),
        }
    }

    /// What is said once the websocket is open, if anything is.
    pub fn join(self, room: usize) -> Option<String> {
        let room = match self {
            Self::Ours => RoomId::try_from(room_name(room)).expect("a room's name is short"),
            Self::Matchbox | Self::PeerJs => return None,
        };
        let request = Request::Join { version: protocol::VERSION, room, token: None };
        Some(serde_json::to_string(&request).expect("a request has text keys"))
    }

    /// The other, where it is known before anything is heard.
    pub fn partner(self, room: usize, seat: Seat) -> Option<String> {
        let other = match seat {
            Seat::First => Seat::Second,
            Seat::Second => Seat::First,
        };
        (self == Self::PeerJs).then(|| peer_name(room, other))
    }

    /// What is said to leave in order, where that is known.
    pub fn leave(self) -> Option<String> {
        let leave = serde_json::to_string(&Request::Leave).expect("a request has text keys");
        (self == Self::Ours).then_some(leave)
    }

    /// A message of this payload for the other.
    pub fn signal(self, to: &str, payload: &str) -> String {
        match self {
            Self::Ours => format!(r#"{{"type":"signal","to":{to},"payload":{payload}}}"#),
            Self::Matchbox => {
                format!(r#"{{"Signal":{{"receiver":"{to}","data":{payload}}}}}"#)
            }
            Self::PeerJs => format!(r#"{{"type":"OFFER","dst":"{to}","payload":{payload}}}"#),
        }
    }

    /// What a message of the server means.
    pub fn understand(self, text: &str) -> Reply {
        if let Some(sent_at) = sent_at(text) {
            return Reply::Signal(sent_at);
        }
        let Ok(said) = serde_json::from_str::<Value>(text) else {
            return Reply::Other;
        };
        match self {
            Self::Ours => match said["type"].as_str() {
                Some("welcome") => Reply::Entered(said["peers"].get(0).map(Value::to_string)),
                Some("joined") => Reply::Met(said["peer"].to_string()),
                Some("refused" | "bye") => Reply::Refused,
                _ => Reply::Other,
            },
            Self::Matchbox => match (said["IdAssigned"].as_str(), said["NewPeer"].as_str()) {
                (Some(_), _) => Reply::Entered(None),
                (_, Some(other)) => Reply::Met(other.to_owned()),
                _ => Reply::Other,
            },
            Self::PeerJs => match said["type"].as_str() {
                Some("OPEN") => Reply::Entered(None),
                Some("ERROR" | "ID-TAKEN" | "EXPIRE") => Reply::Refused,
                _ => Reply::Other,
            },
        }
    }

    /// Who sent a signal.
    pub fn sender(self, text: &str) -> Option<String> {
        let said: Value = serde_json::from_str(text).ok()?;
        match self {
            Self::Ours => Some(said["from"].as_u64()?.to_string()),
            Self::Matchbox => Some(said["Signal"]["sender"].as_str()?.to_owned()),
            Self::PeerJs => Some(said["src"].as_str()?.to_owned()),
        }
    }
}

/// A payload of so many bytes of JSON text that tells when it was sent.
pub fn payload(sent_at: u64, bytes: usize) -> String {
    let mut text = format!("\"~{sent_at:016x}~");
    // Filled as a whole: padding of `format!` goes character by character.
    text.reserve_exact(bytes.saturating_sub(text.len()));
    text.extend(std::iter::repeat_n(
        FILLER,
        bytes.saturating_sub(PAYLOAD_BYTES_MIN) / FILLER.len(),
    ));
    text.push_str(&FILLER[..bytes.saturating_sub(text.len() + 1) % FILLER.len()]);
    text.push('"');
    text
}

fn sent_at(text: &str) -> Option<u64> {
    let at = text.find('~')?;
    u64::from_str_radix(text.get(at + 1..at + 17)?, 16).ok()
}

fn room_name(room: usize) -> String {
    format!("crowd-{room}")
}

fn peer_name(room: usize, seat: Seat) -> String {
    let seat = match seat {
        Seat::First => 'a',
        Seat::Second => 'b',
    };
    format!("crowd-{room}-{seat}")
}

/// Two quotes, two marks, and 16 digits.
const PAYLOAD_BYTES_MIN: usize = 20;

const FILLER: &str = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

#[cfg(test)]
mod tests {
    use super::*;
    use signaling_server::protocol::{PeerId, Refusal, Reply as OurReply, Token};

    fn ours(reply: &OurReply) -> String {
        serde_json::to_string(reply).expect("a reply")
    }

    #[test]
    fn a_payload_has_its_length_and_its_time() {
        for bytes in [20, 600, 12_000] {
            let payload = payload(0x1234, bytes);
            assert_eq!(payload.len(), bytes);
            assert_eq!(sent_at(&payload), Some(0x1234));
            serde_json::from_str::<Value>(&payload).expect("it is JSON");
        }
        assert_eq!(sent_at("no mark"), None);
        assert_eq!(sent_at("~0123"), None);
    }

    #[test]
    fn our_server_reads_what_is_said_to_it() {
        let join = Dialect::Ours.join(7).expect("it is asked to be let in");
        let Request::Join { room, token: None, .. } = serde_json::from_str(&join).expect("read")
        else {
            panic!("{join}");
        };
        assert_eq!(room.as_str(), "crowd-7");
        let signal = Dialect::Ours.signal("42", &payload(1, 600));
        let Request::Signal { to: PeerId(42), payload } =
            serde_json::from_str(&signal).expect("read")
        else {
            panic!("{signal}");
        };
        assert_eq!(payload.get().len(), 600);
    }

    #[test]
    fn what_our_server_says_is_understood() {
        let welcome = |peers| OurReply::Welcome {
            version: protocol::VERSION,
            id: PeerId(1),
            peers,
            ice_servers: Vec::new(),
            token: Token("0".repeat(32)),
            frames: true,
        };
        let said = |reply| Dialect::Ours.understand(&ours(&reply));
        assert_eq!(said(welcome(Vec::new())), Reply::Entered(None));
        assert_eq!(said(welcome(vec![PeerId(9)])), Reply::Entered(Some("9".to_owned())));
        assert_eq!(
            said(OurReply::Joined { peer: PeerId(9), offer: false }),
            Reply::Met("9".to_owned())
        );
        assert_eq!(said(OurReply::Refused { reason: Refusal::RoomFull }), Reply::Refused);
        assert_eq!(said(OurReply::Away { peer: PeerId(9) }), Reply::Other);
        let raw = serde_json::value::RawValue::from_string(payload(5, 60)).expect("JSON");
        let signal = ours(&OurReply::Signal { from: PeerId(9), payload: raw });
        assert_eq!(Dialect::Ours.understand(&signal), Reply::Signal(5));
        assert_eq!(Dialect::Ours.sender(&signal), Some("9".to_owned()));
    }

    #[test]
    fn what_matchbox_says_is_understood() {
        let said = |text| Dialect::Matchbox.understand(text);
        assert_eq!(said(r#"{"IdAssigned":"an-id"}"#), Reply::Entered(None));
        assert_eq!(said(r#"{"NewPeer":"other"}"#), Reply::Met("other".to_owned()));
        assert_eq!(said(r#"{"PeerLeft":"other"}"#), Reply::Other);
        let signal = format!(r#"{{"Signal":{{"sender":"other","data":{}}}}}"#, payload(5, 60));
        assert_eq!(said(&signal), Reply::Signal(5));
        assert_eq!(Dialect::Matchbox.sender(&signal), Some("other".to_owned()));
    }

    #[test]
    fn what_peerjs_says_is_understood() {
        let said = |text| Dialect::PeerJs.understand(text);
        assert_eq!(said(r#"{"type":"OPEN"}"#), Reply::Entered(None));
        assert_eq!(said(r#"{"type":"ERROR","payload":{"msg":"full"}}"#), Reply::Refused);
        let head = r#"{"type":"OFFER","src":"other","dst":"me","payload":"#;
        let signal = format!("{head}{}}}", payload(5, 60));
        assert_eq!(said(&signal), Reply::Signal(5));
        assert_eq!(Dialect::PeerJs.sender(&signal), Some("other".to_owned()));
    }
}
