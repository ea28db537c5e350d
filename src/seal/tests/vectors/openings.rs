//! Payloads, who gets them, and what is to come of it.

use super::cases::{
    ANN_ASKS, ANN_ID, BOB_ID, CARL_ID, OTHER_ROOM, ROOM, answering, hello, public, remade,
    sealed_by, secret, signal,
};
use super::form::{Failure, Kind};
use super::*;
use data_encoding::BASE64URL_NOPAD;
use serde_json::json;
use serde_json::value::to_raw_value;

/// Ann, who hears from Bob, and has no session yet.
fn ann() -> Receiver {
    let Keys { room, signal_key, .. } = ROOM.clone();
    Receiver {
        signal_key,
        room,
        local: ANN_ID,
        remote: BOB_ID,
        secret: secret(1),
        nonce: hex(&[0xa0; 16]),
        question: hex(&ANN_ASKS),
        session: None,
    }
}

/// Ann with a session of Bob, of which this many signals were opened.
fn ann_in(proven: bool, nonce: u8, opened: u64) -> Receiver {
    let state = State { proven, nonce: hex(&[nonce; 16]), public: public(2), opened };
    Receiver { session: Some(state), ..ann() }
}

fn standing() -> Receiver {
    ann_in(true, 0xb0, 0)
}

fn bob() -> Greeting {
    Greeting { name: "Bob 👋".into(), public: public(2) }
}

pub fn all() -> Vec<Opening> {
    let (hello, answering, first) = (&hello().payload, &answering().payload, &signal(0).payload);
    let body = Outcome::Signal(match signal(0).kind {
        Kind::Signal { signal, .. } => signal,
        Kind::Hello { .. } => String::new(),
    });
    let mut openings = vec![
        opening("the first hello claims", ann(), hello, Outcome::Claimed(bob())),
        opening(
            "an answer to a claim's question proves",
            ann_in(false, 0xb0, 0),
            answering,
            Outcome::Proven(bob()),
        ),
        opening("an answer that comes first proves", ann(), answering, Outcome::Proven(bob())),
        opening(
            "a hello after a claim changes nothing",
            ann_in(false, 0xcc, 0),
            hello,
            Outcome::Ignored,
        ),
        opening(
            "an answer after another's claim begins",
            ann_in(false, 0xcc, 0),
            answering,
            Outcome::Begun(bob()),
        ),
        opening(
            "an old hello does not touch what stands",
            ann_in(true, 0xcc, 0),
            hello,
            Outcome::Ignored,
        ),
        opening(
            "an answer takes over what stands",
            ann_in(true, 0xcc, 0),
            answering,
            Outcome::Begun(bob()),
        ),
        opening(
            "a hello of the session that stands is nothing new",
            standing(),
            answering,
            Outcome::Ignored,
        ),
        opening(
            "a hello to another question claims",
            Receiver { question: hex(&[0; 16]), ..ann() },
            answering,
            Outcome::Claimed(bob()),
        ),
        opening("the next signal opens", standing(), first, body),
        opening(
            "a signal does not open twice",
            ann_in(true, 0xb0, 1),
            first,
            error(Failure::Replayed),
        ),
        opening(
            "a signal after a gap does not open",
            standing(),
            &signal(1).payload,
            error(Failure::Missing),
        ),
        opening(
            "no signal opens before the proof",
            ann_in(false, 0xb0, 0),
            first,
            Outcome::Ignored,
        ),
        opening("no signal opens before a hello", ann(), first, Outcome::Ignored),
        opening(
            "a signal of a former session of theirs",
            ann_in(true, 0xcc, 0),
            first,
            Outcome::Ignored,
        ),
        opening(
            "a signal of a former session of ours",
            Receiver { nonce: hex(&[0xcc; 16]), ..standing() },
            first,
            Outcome::Ignored,
        ),
        opening(
            "our own nonce comes back",
            Receiver { nonce: hex(&[0xb0; 16]), ..ann() },
            hello,
            Outcome::Ignored,
        ),
    ];
    openings.extend(other_contexts());
    openings.extend(other_authors());
    openings.extend(flips());
    openings.extend(malformed());
    openings
}

fn opening(name: &str, receiver: Receiver, payload: &str, outcome: Outcome) -> Opening {
    let payload = to_raw_value(payload).expect("plain");
    Opening { name: name.into(), receiver, payload, outcome }
}

fn error(failure: Failure) -> Outcome {
    Outcome::Error(failure)
}

type Change = fn(&mut Receiver, &Keys);

fn other_contexts() -> Vec<Opening> {
    let (hello, signal) = (hello().payload, signal(0).payload);
    let other = &*OTHER_ROOM;
    let contexts: [(&str, Change); 5] = [
        ("other words", |it, other| it.signal_key.clone_from(&other.signal_key)),
        ("another room", |it, other| it.room.clone_from(&other.room)),
        ("another sender", |it, _| it.remote = CARL_ID),
        ("another receiver", |it, _| it.local = CARL_ID),
        ("the other direction", |it, _| std::mem::swap(&mut it.local, &mut it.remote)),
    ];
    let both = contexts.iter().flat_map(|(name, change)| {
        [(ann(), &hello, "hello"), (standing(), &signal, "signal")].map(
            |(mut receiver, payload, kind)| {
                change(&mut receiver, other);
                opening(&format!("{kind}: {name}"), receiver, payload, error(Failure::WrongKey))
            },
        )
    });
    let identity = Receiver { secret: secret(3), ..standing() };
    both.chain([opening(
        "signal: for another identity",
        identity,
        &signal,
        error(Failure::WrongKey),
    )])
    .collect()
}

fn other_authors() -> Vec<Opening> {
    let carl = |sealing: Sealing| remade(&Sealing { secret: secret(3), ..sealing }).payload;
    // Signed by Carl, with Bob's key in the body and in the binding.
    let forged = |sealing: &Sealing, place, binding: &Binding| {
        sealed_by(&identity(&secret(3)), sealing, place, binding, &bytes(&sealing.body))
    };
    let room = RoomId::try_from(hello().room).expect("a room id");
    let way = Way { from: PeerId(BOB_ID), to: PeerId(ANN_ID) };
    let place = Place { from: [0xb0; 16], to: [0xa0; 16], counter: 0 };
    let of_signal = Binding::signal(&room, way, &place, &key(&public(2)), &key(&public(1)));
    let hello_forged = forged(&hello(), None, &Binding::hello(&room, way));
    let signal_forged = forged(&signal(0), Some(place), &of_signal);
    vec![
        opening("a hello signed by another", ann(), &hello_forged, error(Failure::BadSignature)),
        opening(
            "a signal signed by another",
            standing(),
            &signal_forged,
            error(Failure::BadSignature),
        ),
        opening(
            "another identity cannot take over",
            standing(),
            &carl(Sealing { nonce: hex(&[0xcc; 16]), ..answering() }),
            error(Failure::OtherIdentity),
        ),
    ]
}

/// One bit of each field.
fn flips() -> Vec<Opening> {
    let signal = signal(0).payload;
    let last = BASE64URL_NOPAD.decode(signal.as_bytes()).expect("base64url").len() - 1;
    let fields = [
        (0, "version", error(Failure::Version)),
        (1, "kind", error(Failure::Malformed)),
        (2, "the sender's nonce", Outcome::Ignored),
        (18, "the receiver's nonce", Outcome::Ignored),
        (41, "counter", error(Failure::WrongKey)),
        (42, "nonce of the cipher", error(Failure::WrongKey)),
        (66, "signature", error(Failure::WrongKey)),
        (130, "body", error(Failure::WrongKey)),
        (last, "tag", error(Failure::WrongKey)),
    ];
    fields
        .map(|(at, field, outcome)| {
            let mut bytes = BASE64URL_NOPAD.decode(signal.as_bytes()).expect("base64url");
            bytes[at] ^= 4;
            let flipped = BASE64URL_NOPAD.encode(&bytes);
            opening(&format!("a bit flipped: {field}"), standing(), &flipped, outcome)
        })
        .into()
}

fn malformed() -> Vec<Opening> {
    let hello = hello().payload;
    // One more byte makes the bits at the end of the text matter.
    let texts = [
        ("nothing", String::new()),
        ("no text", "AQE".into()),
        ("a text shorter than the cipher's nonce", hello[..20].into()),
        ("padding", format!("{hello}=")),
        ("white space", format!(" {hello}")),
        ("bits beyond the end", "AR".into()),
        ("the other alphabet", format!("{}+", &hello[..hello.len() - 1])),
    ];
    let texts = texts.map(|(name, text)| {
        let name = format!("malformed: {name}");
        opening(&name, ann(), &text, error(Failure::Malformed))
    });
    let values = [("a number", json!(1)), ("an object", json!({})), ("a list", json!([hello]))];
    let values = values.map(|(name, value)| Opening {
        name: format!("malformed: {name}"),
        receiver: ann(),
        payload: to_raw_value(&value).expect("plain"),
        outcome: error(Failure::Malformed),
    });
    texts.into_iter().chain(values).collect()
}
