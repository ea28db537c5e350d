//! The vectors that every implementation of the seal is tested with: `vectors.json`.
//!
//! The file is made by this one, and a test compares the two. All bytes are hexadecimal digits in
//! lower case. What is fixed here, nonces of the cipher above all, is fresh everywhere else.

mod cases;
mod form;
mod openings;

use super::*;
use crate::seal::binding::{self, Binding, Way};
use crate::seal::envelope::{Envelope, Place};
use crate::seal::hello::{Hello, Instance, answer};
use crate::seal::keys::SignalKey;
use crate::seal::session::{Phase, Session};
use crate::seal::words::WordsError;
use form::{
    Answered, Greeting, Keys, Opening, Outcome, Receiver, Sealing, Signed, State, Typed, Vectors,
    Wrong,
};
use signaling_server::protocol::RoomId;

const FILE: &str = include_str!("../../../../tests/contracts/golden/vectors.json");

#[test]
fn the_file_is_what_this_implementation_makes() {
    let made = serde_json::to_string_pretty(&cases::all()).expect("plain") + "\n";
    if std::env::var_os("UPDATE_VECTORS").is_some() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/contracts/golden/vectors.json");
        std::fs::write(file, &made).expect("the file is written");
        return;
    }
    assert!(
        FILE == made,
        "vectors.json is not what this implementation makes: if that is meant, renew it with \
         UPDATE_VECTORS=1 cargo test --lib seal::tests::vectors, and raise the seal's version"
    );
}

#[test]
fn words_and_keys_of_the_file() {
    let vectors = read();
    for Typed { typed, words } in &vectors.typed {
        assert_eq!(typed.parse::<RoomWords>().expect("words").to_string(), *words, "{typed}");
    }
    for Wrong { typed, error, position, nearest } in &vectors.wrong {
        let wrong = typed.parse::<RoomWords>().expect_err("wrong");
        let found = match wrong {
            WordsError::Unknown { position, nearest, .. } => ("unknown", Some(position), nearest),
            WordsError::Ambiguous { position, .. } => ("ambiguous", Some(position), None),
            WordsError::Count(_) => ("count", None, None),
        };
        assert_eq!(found, (error.as_str(), *position, nearest.as_deref()), "{typed}");
    }
    for Keys { words, room, signal_key, .. } in &vectors.keys {
        let keys = RoomKeys::derive(&words.parse().expect("words"));
        assert_eq!((keys.room.as_str(), hex(&keys.signal.0)), (room.as_str(), signal_key.clone()));
    }
}

#[test]
fn identities_of_the_file() {
    let vectors = read();
    for Signed { secret, public, fingerprint, message, signature } in &vectors.identities {
        let key = identity(secret).public();
        assert_eq!(
            (hex(key.as_bytes()), key.fingerprint().to_string()),
            (public.clone(), fingerprint.clone())
        );
        assert!(key.verify(&bytes(message), &array(signature)));
    }
    for refused in &vectors.refused_keys {
        assert_eq!(PublicKey::from_bytes(&array(refused)), None, "{refused}");
    }
    for Answered { question, asker, answer: expected } in &vectors.answers {
        assert_eq!(hex(&answer(&array(question), &key(asker))), *expected);
    }
}

#[test]
fn sealings_of_the_file() {
    for sealing in read().sealings {
        assert_eq!(cases::remade(&sealing), sealing);
    }
}

#[test]
fn openings_of_the_file() {
    for Opening { name, receiver, payload, outcome } in read().openings {
        let opened = seal_at(&receiver).open(&payload);
        assert_eq!(Outcome::of(opened), outcome, "{name}");
    }
}

/// The seal of a receiver, as a vector describes it.
fn seal_at(receiver: &Receiver) -> Seal {
    let room = RoomId::try_from(receiver.room.clone()).expect("a room id");
    let keys = RoomKeys { room, signal: SignalKey(array(&receiver.signal_key)) };
    let member = Member { keys, identity: identity(&receiver.secret), name: SafeText::default() };
    let (local, remote) = (PeerId(receiver.local), PeerId(receiver.remote));
    let session = |state: &State| {
        let remote = Instance { nonce: array(&state.nonce), key: key(&state.public) };
        Session { remote, sealed: 0, opened: state.opened }
    };
    let phase = match &receiver.session {
        None => Phase::Alone,
        Some(state) if state.proven => Phase::Standing(session(state)),
        Some(state) => Phase::Claimed(session(state)),
    };
    Seal::new(Arc::new(member), local, remote, Seed::default()).resumed(
        array(&receiver.nonce),
        array(&receiver.question),
        phase,
    )
}

fn read() -> Vectors {
    serde_json::from_str(FILE).expect("the file is in its form")
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

fn bytes(hex: &str) -> Vec<u8> {
    data_encoding::HEXLOWER.decode(hex.as_bytes()).expect("hexadecimal digits")
}

fn array<const N: usize>(hex: &str) -> [u8; N] {
    bytes(hex).try_into().expect("as many bytes")
}

fn identity(secret: &str) -> Identity {
    Identity::from_secret(&Zeroizing::new(array(secret)))
}

fn key(public: &str) -> PublicKey {
    PublicKey::from_bytes(&array(public)).expect("a key")
}
