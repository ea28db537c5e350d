//! What stands in `vectors.json`: results are made here, outcomes ([`super::openings`]) are written
//! by hand.

use super::form::Kind;
use super::*;
use crate::seal::keys::master;
use serde_json::json;
use std::sync::LazyLock;

const WORDS: &str = "crane-velvet-orbit-lamp-add-zebra";
pub static ROOM: LazyLock<Keys> = LazyLock::new(|| keys(WORDS));
pub static OTHER_ROOM: LazyLock<Keys> = LazyLock::new(|| keys("zoo-zoo-zoo-zoo-zoo-zoo"));
/// The greatest id that a JSON number carries everywhere.
pub const ANN_ID: u64 = (1 << 53) - 1;
pub const BOB_ID: u64 = 0x0102_0304_0506;
pub const CARL_ID: u64 = 3;

pub fn all() -> Vectors {
    Vectors {
        about: "The seal of peersnap, version 1. See src/seal/mod.rs; bytes are hexadecimal."
            .into(),
        typed: typed(),
        wrong: wrong(),
        keys: vec![ROOM.clone(), OTHER_ROOM.clone()],
        identities: [1, 2, 3].map(signed).into(),
        refused_keys: refused_keys(),
        answers: [1, 2].map(answered).into(),
        sealings: sealings(),
        openings: openings::all(),
    }
}

fn typed() -> Vec<Typed> {
    [WORDS, "Crane Velvet Orbit Lamp Add Zebra", " CRAN,velv ,orbi - LAMP\u{a0}add\tzebr\n"]
        .map(|typed| Typed { typed: typed.into(), words: WORDS.into() })
        .into()
}

fn wrong() -> Vec<Wrong> {
    let unknown = |typed: &str, position, nearest: Option<&str>| Wrong {
        typed: typed.into(),
        error: "unknown".into(),
        position: Some(position),
        nearest: nearest.map(Into::into),
    };
    let (typed, nearest) = ("crane cra velvet".into(), None);
    let ambiguous = Wrong { typed, error: "ambiguous".into(), position: Some(1), nearest };
    let count = |typed: &str| {
        let (typed, error) = (typed.into(), "count".into());
        Wrong { typed, error, position: None, nearest: None }
    };
    vec![
        unknown("crane velvte", 1, Some("velvet")),
        unknown("cranes velvet", 0, Some("crane")),
        unknown("crane xqkw", 1, None),
        ambiguous,
        count(""),
        count("crane velvet"),
        count(&format!("{WORDS} add")),
    ]
}

fn keys(text: &str) -> Keys {
    let words: RoomWords = text.parse().expect("words");
    let master = master(&words);
    let keys = RoomKeys::of_master(&master);
    let (room, signal_key) = (keys.room.into(), hex(&keys.signal.0));
    Keys { words: text.into(), master: hex(master.as_ref()), room, signal_key }
}

/// Ann's is 1, Bob's is 2, Carl's is 3.
pub fn secret(byte: u8) -> String {
    hex(&[byte; 32])
}

pub fn public(byte: u8) -> String {
    hex(identity(&secret(byte)).public().as_bytes())
}

fn signed(byte: u8) -> Signed {
    let identity = identity(&secret(byte));
    let message = vec![byte; usize::from(byte) - 1];
    let fingerprint = identity.public().fingerprint().to_string();
    let signature = hex(&identity.sign(&message));
    let (secret, public) = (secret(byte), public(byte));
    Signed { secret, public, fingerprint, message: hex(&message), signature }
}

fn refused_keys() -> Vec<String> {
    let neutral = format!("01{}", "00".repeat(31));
    let off_the_curve = format!("02{}", "00".repeat(31));
    vec!["00".repeat(32), neutral, off_the_curve]
}

fn answered(byte: u8) -> Answered {
    let (question, asker) = ([byte; 16], identity(&secret(byte)).public());
    let answer = hex(&answer(&question, &asker));
    Answered { question: hex(&question), asker: public(byte), answer }
}

/// A hello from Bob to Ann: the first, with nothing to answer.
pub fn hello() -> Sealing {
    let Keys { room, signal_key, .. } = ROOM.clone();
    remade(&Sealing {
        name: "a first hello".into(),
        signal_key,
        room,
        from: BOB_ID,
        to: ANN_ID,
        secret: secret(2),
        nonce: hex(&[0xb0; 16]),
        kind: Kind::Hello { question: hex(&[0xb1; 16]), answer: None, called: "Bob 👋".into() },
        xnonce: hex(&[0xb2; 24]),
        binding: String::new(),
        body: String::new(),
        payload: String::new(),
    })
}

/// The same with the answer to the question that Ann asks.
pub fn answering() -> Sealing {
    let ask = answer(&ANN_ASKS, &identity(&secret(1)).public());
    let (question, answer) = (hex(&[0xb1; 16]), Some(hex(&ask)));
    let kind = Kind::Hello { question, answer, called: "Bob 👋".into() };
    let xnonce = hex(&[0xb3; 24]);
    remade(&Sealing { name: "a hello that answers".into(), kind, xnonce, ..hello() })
}

pub const ANN_ASKS: [u8; 16] = [0xa1; 16];

/// A signal from Bob to Ann.
pub fn signal(counter: u64) -> Sealing {
    let body = json!({"attempt": 7, "type": "offer", "sdp": "v=0\r\n"});
    let kind = Kind::Signal {
        to_nonce: hex(&[0xa0; 16]),
        to_public: public(1),
        counter,
        signal: body.to_string(),
    };
    let name = format!("signal {counter}");
    remade(&Sealing { name, kind, xnonce: hex(&[0xb4 + counter as u8; 24]), ..hello() })
}

fn sealings() -> Vec<Sealing> {
    vec![hello(), answering(), signal(0), signal(1)]
}

/// Fills in what follows from the rest.
pub fn remade(sealing: &Sealing) -> Sealing {
    let room = RoomId::try_from(sealing.room.clone()).expect("a room id");
    let way = Way { from: PeerId(sealing.from), to: PeerId(sealing.to) };
    let (identity, nonce) = (identity(&sealing.secret), array(&sealing.nonce));
    let (binding, body, place) = match &sealing.kind {
        Kind::Hello { question, answer, called } => {
            let hello = Hello {
                instance: Instance { nonce, key: identity.public() },
                question: array(question),
                answer: answer.as_deref().map(array),
                name: SafeText::new(called),
            };
            (Binding::hello(&room, way), hello.to_body(), None)
        }
        Kind::Signal { to_nonce, to_public, counter, signal } => {
            let place = Place { from: nonce, to: array(to_nonce), counter: *counter };
            let (from, to) = (identity.public(), key(to_public));
            let binding = Binding::signal(&room, way, &place, &from, &to);
            (binding, signal.clone().into_bytes(), Some(place))
        }
    };
    let payload = sealed_by(&identity, sealing, place, &binding, &body);
    let (binding, body) = (hex(binding.as_bytes()), hex(&body));
    Sealing { binding, body, payload, ..sealing.clone() }
}

pub fn sealed_by(
    author: &Identity,
    sealing: &Sealing,
    place: Option<Place>,
    binding: &Binding,
    body: &[u8],
) -> String {
    let signal_key = SignalKey(array(&sealing.signal_key));
    let sealed = binding::seal(&signal_key, author, binding, array(&sealing.xnonce), body);
    let envelope = match place {
        None => Envelope::Hello(sealed),
        Some(place) => Envelope::Signal(place, sealed),
    };
    let payload = envelope.to_payload().expect("short");
    serde_json::from_str(payload.get()).expect("a string")
}
