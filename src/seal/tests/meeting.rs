//! Peers who meet, part, and come back, with a server that does its work.

use super::*;

#[test]
fn an_offer_follows_the_first_hello_and_opens_before_the_second_is_back() {
    let (mut ann, mut bob) = (seal(ANN, BOB, 1), seal(BOB, ANN, 1));
    let (of_ann, of_bob) = (hello(&mut ann), hello(&mut bob));
    assert_eq!(bob.open(&of_ann), Ok(Opened::Claimed(remote(ANN))));
    let (answer_of_bob, offer) = (hello(&mut bob), sealed(&mut bob, "offer"));
    assert_eq!(ann.open(&of_bob), Ok(Opened::Claimed(remote(BOB))));
    let answer_of_ann = hello(&mut ann);
    assert_eq!(ann.open(&answer_of_bob), Ok(Opened::Proven(remote(BOB))));
    assert_eq!(ann.open(&offer), Ok(Opened::Signal("offer".into())));
    let back = sealed(&mut ann, "answer");
    assert_eq!(bob.open(&answer_of_ann), Ok(Opened::Proven(remote(ANN))));
    assert_eq!(bob.open(&back), Ok(Opened::Signal("answer".into())));
    assert!(ann.poll_hello().is_none() && bob.poll_hello().is_none(), "all is said");
    assert_talk(&mut ann, &mut bob);
}

#[test]
fn nothing_is_sealed_before_a_hello_or_ahead_of_one() {
    let (mut ann, mut bob) = (seal(ANN, BOB, 1), seal(BOB, ANN, 1));
    assert_eq!(bob.seal("offer").err(), Some(SealError::NotReady));
    bob.open(&hello(&mut ann)).expect("a hello");
    assert_eq!(bob.seal("offer").err(), Some(SealError::NotReady), "its own hello goes first");
    hello(&mut bob);
    assert!(bob.seal("offer").is_ok());
}

#[test]
fn a_signal_as_long_as_an_offer_may_be_fits_and_one_beyond_the_server_does_not() {
    let (mut ann, mut bob) = pair();
    let text = "x".repeat(12_000);
    let payload = sealed(&mut ann, &text);
    assert_eq!(bob.open(&payload), Ok(Opened::Signal(text)));
    assert_eq!(ann.seal(&"x".repeat(13_000)).err(), Some(SealError::TooLong));
    assert_talk(&mut ann, &mut bob);
}

#[test]
fn a_peer_that_begins_anew_takes_over_from_its_former_self() {
    let (mut ann, mut bob) = pair();
    assert_talk(&mut ann, &mut bob);
    for life in 2..6 {
        let last = sealed(&mut bob, "last");
        bob = seal(BOB, ANN, life);
        let first = hello(&mut bob);
        assert_eq!(ann.open(&first), Ok(Opened::Ignored), "it may be old");
        assert_eq!(ann.open(&last), Ok(Opened::Signal("last".into())), "the old session stands");
        assert_eq!(bob.open(&hello(&mut ann)), Ok(Opened::Proven(remote(ANN))));
        assert_eq!(ann.open(&hello(&mut bob)), Ok(Opened::Begun(remote(BOB))));
        settle(&mut ann, &mut bob);
        assert_talk(&mut ann, &mut bob);
    }
}

#[test]
fn whichever_side_begins_anew_both_go_on() {
    let (_, mut bob) = pair();
    let mut ann = seal(ANN, BOB, 2);
    settle(&mut ann, &mut bob);
    assert_talk(&mut bob, &mut ann);
    (ann, bob) = (seal(ANN, BOB, 3), seal(BOB, ANN, 3));
    settle(&mut ann, &mut bob);
    assert_talk(&mut bob, &mut ann);
}

#[test]
fn a_hello_that_went_nowhere_is_made_good_by_the_next_attempt() {
    let (mut ann, mut bob) = (seal(ANN, BOB, 1), seal(BOB, ANN, 1));
    hello(&mut ann);
    hello(&mut bob);
    bob = seal(BOB, ANN, 2);
    settle(&mut ann, &mut bob);
    assert_talk(&mut bob, &mut ann);
}

#[test]
fn a_peer_with_other_words_opens_nothing() {
    let (mut ann, mut bob) = pair();
    let seed = Zeroizing::new([99; 32]);
    let mut stranger = Seal::new(member_of(8, BOB), BOB, ANN, seed);
    assert_eq!(ann.open(&hello(&mut stranger)), Err(OpenError::WrongKey));
    let payload = sealed(&mut ann, "offer");
    assert_eq!(bob.open(&payload), Ok(Opened::Signal("offer".into())));
    let mut fresh = seal(ANN, BOB, 2);
    assert_eq!(stranger.open(&hello(&mut fresh)), Err(OpenError::WrongKey));
}

#[test]
fn debug_output_hides_what_is_secret() {
    let (ann, _) = pair();
    assert_eq!(format!("{ann:?}"), "Seal { phase: \"standing\", .. }");
    let member = format!("{:?}", member(ANN));
    assert!(member.contains("SignalKey(..)"), "{member}");
}
