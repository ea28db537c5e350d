//! Members of the room, who know the words, and the server's help: they cannot pose as others.

use super::*;
use crate::seal::binding::{self, Binding, Way};
use crate::seal::envelope::{Envelope, Sealed};
use crate::seal::hello::{Hello, Instance, answer};

/// What Carl seals as if it came from Bob, with the words that he knows and his own identity.
fn forged(binding: &Binding, body: &[u8]) -> Sealed {
    let carl = member(CARL);
    binding::seal(&carl.keys.signal, &carl.identity, binding, [5; 24], body)
}

const BOB_TO_ANN: Way = Way { from: BOB, to: ANN };
const ANN_TO_BOB: Way = Way { from: ANN, to: BOB };

/// What anyone who knows the words sees in a hello.
fn look_into(payload: &Payload, way: Way) -> Hello {
    let keys = &member(CARL).keys;
    let Ok(Envelope::Hello(sealed)) = Envelope::parse(payload) else { panic!("a hello") };
    let opened = binding::open(&keys.signal, &Binding::hello(&keys.room, way), &sealed);
    Hello::parse(opened.expect("sealed with the words").unverified()).expect("a hello")
}

#[test]
fn a_hello_in_the_name_of_another_is_not_signed_by_it() {
    let mut ann = seal(ANN, BOB, 1);
    let instance = Instance { nonce: [1; 16], key: remote(BOB).key };
    let hello = Hello { instance, question: [2; 16], answer: None, name: remote(BOB).name };
    let binding = Binding::hello(&member(CARL).keys.room, BOB_TO_ANN);
    let payload = Envelope::Hello(forged(&binding, &hello.to_body())).to_payload();
    assert_eq!(ann.open(&payload.expect("short")), Err(OpenError::BadSignature));
}

#[test]
fn a_signal_in_the_name_of_another_is_not_signed_by_it() {
    let (mut ann, mut bob) = pair();
    let Ok(Envelope::Signal(place, _)) = Envelope::parse(&sealed(&mut bob, "dropped")) else {
        panic!("a signal")
    };
    let (room, keys) = (&member(CARL).keys.room, (remote(BOB).key, remote(ANN).key));
    let binding = Binding::signal(room, BOB_TO_ANN, &place, &keys.0, &keys.1);
    let payload = Envelope::Signal(place, forged(&binding, b"forged")).to_payload();
    assert_eq!(ann.open(&payload.expect("short")), Err(OpenError::BadSignature));
}

#[test]
fn a_session_that_stands_is_not_taken_over_by_another_identity() {
    let (mut ann, mut bob) = pair();
    let mut carl = Seal::new(member(CARL), BOB, ANN, Zeroizing::new([50; 32]));
    assert_eq!(ann.open(&hello(&mut carl)), Err(OpenError::OtherIdentity));
    assert!(ann.poll_hello().is_none(), "it is not answered");
    assert_talk(&mut ann, &mut bob);
}

#[test]
fn the_nonce_of_another_is_of_no_use() {
    let (mut ann, mut bob) = (seal(ANN, BOB, 1), seal(BOB, ANN, 1));
    let of_bob = hello(&mut bob);
    let carl = member(CARL);
    let mut copy = look_into(&of_bob, BOB_TO_ANN);
    copy.instance.key = carl.identity.public();
    let binding = Binding::hello(&carl.keys.room, BOB_TO_ANN);
    let payload = Envelope::Hello(forged(&binding, &copy.to_body())).to_payload();
    let claim = ann.open(&payload.expect("short"));
    let key = carl.identity.public();
    assert_eq!(claim, Ok(Opened::Claimed(Remote { name: remote(BOB).name, key })), "as himself");
    ann.open(&of_bob).expect("a hello");
    settle(&mut ann, &mut bob);
    assert_talk(&mut ann, &mut bob);
}

/// Carl stands where Bob expects Ann, shows Bob his own identity with Ann's nonce and question,
/// and hands what Bob says on to Ann: Bob would talk to Ann, and think it is Carl.
#[test]
fn hellos_that_are_passed_on_prove_nothing() {
    let (mut ann, mut bob) = (seal(ANN, BOB, 1), seal(BOB, ANN, 1));
    let carl = member(CARL);
    let mut copy = look_into(&hello(&mut ann), ANN_TO_BOB);
    copy.instance.key = carl.identity.public();
    copy.answer = Some(answer(&look_into(&hello(&mut bob), BOB_TO_ANN).question, &remote(BOB).key));
    let binding = Binding::hello(&carl.keys.room, ANN_TO_BOB);
    let payload = Envelope::Hello(forged(&binding, &copy.to_body())).to_payload();
    let Ok(Opened::Proven(seen)) = bob.open(&payload.expect("short")) else {
        panic!("Carl is here")
    };
    assert_eq!(seen.key, carl.identity.public(), "Bob sees who it is");
    let claim = ann.open(&hello(&mut bob));
    assert_eq!(claim, Ok(Opened::Claimed(remote(BOB))), "Ann's question was not answered");
    ann.poll_hello();
    assert_eq!(ann.open(&sealed(&mut bob, "for Carl")), Ok(Opened::Ignored));
}

/// Bob answers Ann with the nonce of a session that is over, which the server recorded.
#[test]
fn no_session_begins_twice() {
    let (mut ann, mut bob) = pair();
    let recorded = sealed(&mut bob, "once");
    assert_eq!(ann.open(&recorded), Ok(Opened::Signal("once".into())));
    let Ok(Envelope::Signal(place, _)) = Envelope::parse(&recorded) else { panic!("a signal") };
    let mut again = seal(BOB, ANN, 2);
    settle(&mut ann, &mut again);
    ann.open(&hello(&mut seal(BOB, ANN, 9))).expect("a hello");
    let asked = look_into(&hello(&mut ann), ANN_TO_BOB).question;
    let bob = member(BOB);
    let former = Hello {
        instance: Instance { nonce: place.from, key: bob.identity.public() },
        question: [3; 16],
        answer: Some(answer(&asked, &remote(ANN).key)),
        name: bob.name.clone(),
    };
    let binding = Binding::hello(&bob.keys.room, BOB_TO_ANN);
    let body = former.to_body();
    let sealed = binding::seal(&bob.keys.signal, &bob.identity, &binding, [5; 24], &body);
    let payload = Envelope::Hello(sealed).to_payload().expect("short");
    assert_eq!(ann.open(&payload), Ok(Opened::Ignored));
    assert_eq!(ann.open(&recorded), Ok(Opened::Ignored));
    assert_talk(&mut ann, &mut again);
}

/// Even in a session that stands, both identities are bound.
#[test]
fn a_signal_for_one_identity_does_not_open_for_another() {
    let (mut ann, mut bob) = pair();
    let Ok(Envelope::Signal(place, _)) = Envelope::parse(&sealed(&mut bob, "dropped")) else {
        panic!("a signal")
    };
    let bob = member(BOB);
    let seal_for = |key| {
        let from = bob.identity.public();
        let binding = Binding::signal(&bob.keys.room, BOB_TO_ANN, &place, &from, &key);
        let sealed = binding::seal(&bob.keys.signal, &bob.identity, &binding, [6; 24], b"hi");
        Envelope::Signal(place, sealed).to_payload().expect("short")
    };
    assert_eq!(ann.open(&seal_for(remote(CARL).key)), Err(OpenError::WrongKey));
    assert_eq!(ann.open(&seal_for(remote(ANN).key)), Ok(Opened::Signal("hi".into())));
}
