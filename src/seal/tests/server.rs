//! A server that does as it likes with what it carries.

use super::*;

#[test]
fn a_replayed_signal_opens_once() {
    let (mut ann, mut bob) = pair();
    let payload = sealed(&mut bob, "offer");
    assert_eq!(ann.open(&payload), Ok(Opened::Signal("offer".into())));
    assert_eq!(ann.open(&payload), Err(OpenError::Replayed));
    assert_talk(&mut ann, &mut bob);
}

#[test]
fn reordered_signals_open_in_their_order_alone() {
    let (mut ann, mut bob) = pair();
    let (first, second) = (sealed(&mut bob, "first"), sealed(&mut bob, "second"));
    assert_eq!(ann.open(&second), Err(OpenError::Missing));
    assert_eq!(ann.open(&first), Ok(Opened::Signal("first".into())));
    assert_eq!(ann.open(&second), Ok(Opened::Signal("second".into())));
}

#[test]
fn a_dropped_signal_is_noticed_by_the_next_and_beginning_anew_heals_it() {
    let (mut ann, mut bob) = pair();
    sealed(&mut bob, "dropped");
    let next = sealed(&mut bob, "next");
    assert_eq!(ann.open(&next), Err(OpenError::Missing));
    assert_eq!(ann.open(&sealed(&mut bob, "one more")), Err(OpenError::Missing));
    ann = seal(ANN, BOB, 2);
    settle(&mut ann, &mut bob);
    assert_talk(&mut ann, &mut bob);
}

#[test]
fn a_signal_before_its_hello_is_ignored_and_missed() {
    let (mut ann, mut bob) = (seal(ANN, BOB, 1), seal(BOB, ANN, 1));
    bob.open(&hello(&mut ann)).expect("a hello");
    let (first, offer) = (hello(&mut bob), sealed(&mut bob, "offer"));
    assert_eq!(ann.open(&offer), Ok(Opened::Ignored));
    assert_eq!(ann.open(&first), Ok(Opened::Proven(remote(BOB))));
    assert_eq!(ann.open(&sealed(&mut bob, "candidate")), Err(OpenError::Missing));
}

#[test]
fn what_is_redirected_to_another_peer_does_not_open() {
    let (mut ann, mut bob) = pair();
    let (mut carl, mut bob_of_carl) = (seal(CARL, BOB, 1), seal(BOB, CARL, 1));
    settle(&mut carl, &mut bob_of_carl);
    let signal = sealed(&mut bob, "for Ann");
    assert_eq!(carl.open(&signal), Ok(Opened::Ignored), "no session of hers");
    let mut fresh = seal(BOB, ANN, 2);
    assert_eq!(carl.open(&hello(&mut fresh)), Err(OpenError::WrongKey));
    assert_eq!(ann.open(&signal), Ok(Opened::Signal("for Ann".into())));
}

#[test]
fn what_is_swapped_between_pairs_does_not_open() {
    let (mut ann, mut bob) = pair();
    let (mut ann_of_carl, mut carl) = (seal(ANN, CARL, 1), seal(CARL, ANN, 1));
    settle(&mut ann_of_carl, &mut carl);
    let (of_bob, of_carl) = (sealed(&mut bob, "Bob's"), sealed(&mut carl, "Carl's"));
    assert_eq!(ann.open(&of_carl), Ok(Opened::Ignored));
    assert_eq!(ann_of_carl.open(&of_bob), Ok(Opened::Ignored));
    let (mut bob, mut carl) = (seal(BOB, ANN, 2), seal(CARL, ANN, 2));
    assert_eq!(ann.open(&hello(&mut carl)), Err(OpenError::WrongKey));
    assert_eq!(ann_of_carl.open(&hello(&mut bob)), Err(OpenError::WrongKey));
}

#[test]
fn what_is_reflected_does_not_open() {
    let (mut ann, mut bob) = (seal(ANN, BOB, 1), seal(BOB, ANN, 1));
    let of_ann = hello(&mut ann);
    assert_eq!(ann.open(&of_ann), Err(OpenError::WrongKey));
    bob.open(&of_ann).expect("a hello");
    settle(&mut ann, &mut bob);
    let signal = sealed(&mut ann, "mine");
    assert_eq!(ann.open(&signal), Ok(Opened::Ignored));
    assert_eq!(bob.open(&signal), Ok(Opened::Signal("mine".into())));
}

#[test]
fn a_peer_that_is_told_it_is_its_own_remote_peer_does_not_meet_itself() {
    let mut mirror = seal(ANN, ANN, 1);
    let own = hello(&mut mirror);
    assert_eq!(mirror.open(&own), Ok(Opened::Ignored));
    let former = hello(&mut seal(ANN, ANN, 2));
    assert_eq!(mirror.open(&former), Ok(Opened::Claimed(remote(ANN))));
    let answer = hello(&mut mirror);
    assert_eq!(mirror.open(&answer), Ok(Opened::Ignored), "never proven");
}

#[test]
fn an_old_hello_does_not_break_a_session_that_stands() {
    let mut former = seal(BOB, ANN, 9);
    let old = hello(&mut former);
    let (mut ann, mut bob) = (seal(ANN, BOB, 1), seal(BOB, ANN, 1));
    let first = hello(&mut bob);
    assert_eq!(ann.open(&first), Ok(Opened::Claimed(remote(BOB))));
    settle(&mut ann, &mut bob);
    for replayed in [&old, &first, &old] {
        assert_eq!(ann.open(replayed), Ok(Opened::Ignored));
        // The answer is for who spoke then. Bob is told of it, and goes on as he was.
        if let Some(answer) = ann.poll_hello() {
            assert_eq!(bob.open(&answer), Ok(Opened::Ignored));
        }
        assert!(bob.poll_hello().is_none());
        assert_talk(&mut ann, &mut bob);
    }
}

#[test]
fn an_old_hello_that_comes_first_does_not_keep_two_apart() {
    let old = hello(&mut seal(BOB, ANN, 9));
    let (mut ann, mut bob) = (seal(ANN, BOB, 1), seal(BOB, ANN, 1));
    assert_eq!(ann.open(&old), Ok(Opened::Claimed(remote(BOB))));
    let of_ann = hello(&mut ann);
    assert!(ann.seal("for nobody").is_ok());
    assert_eq!(ann.open(&hello(&mut bob)), Ok(Opened::Ignored), "one claim is as good as another");
    bob.open(&of_ann).expect("a hello");
    assert_eq!(ann.open(&hello(&mut bob)), Ok(Opened::Begun(remote(BOB))));
    settle(&mut ann, &mut bob);
    assert_talk(&mut ann, &mut bob);
}

#[test]
fn a_hello_that_was_held_back_does_not_bring_a_former_self_to_life() {
    let (mut ann, mut first) = pair();
    // Bob begins anew, twice; the server keeps what the second Bob says in answer.
    let mut second = seal(BOB, ANN, 2);
    ann.open(&hello(&mut second)).expect("a hello");
    second.open(&hello(&mut ann)).expect("a hello");
    let (held_hello, held_signal) = (hello(&mut second), sealed(&mut second, "held"));
    let mut third = seal(BOB, ANN, 3);
    settle(&mut ann, &mut third);
    assert_talk(&mut ann, &mut third);
    assert_eq!(ann.open(&held_hello), Ok(Opened::Ignored));
    assert_eq!(ann.open(&held_signal), Ok(Opened::Ignored));
    assert_eq!(ann.open(&sealed(&mut first, "from the first")), Ok(Opened::Ignored));
    settle(&mut ann, &mut third);
    assert_talk(&mut ann, &mut third);
}

#[test]
fn a_signal_of_a_former_session_opens_no_more() {
    let (mut ann, mut bob) = pair();
    let (opened, held) = (sealed(&mut bob, "opened"), sealed(&mut bob, "held"));
    assert_eq!(ann.open(&opened), Ok(Opened::Signal("opened".into())));
    let mut ann = seal(ANN, BOB, 2);
    settle(&mut ann, &mut bob);
    for former in [&opened, &held] {
        assert_eq!(ann.open(former), Ok(Opened::Ignored));
    }
    assert_talk(&mut ann, &mut bob);
}

#[test]
fn any_number_of_old_hellos_leaves_nothing_behind() {
    let (mut ann, mut bob) = pair();
    for life in 0..=255 {
        let mut former = Seal::new(member(BOB), BOB, ANN, Zeroizing::new([life; 32]));
        assert_eq!(ann.open(&hello(&mut former)), Ok(Opened::Ignored));
    }
    ann.poll_hello();
    assert_talk(&mut ann, &mut bob);
}

#[test]
fn a_peer_that_never_stops_beginning_anew_is_heard_no_more() {
    let (mut ann, mut bob) = pair();
    for life in 0..40 {
        bob = Seal::new(member(BOB), BOB, ANN, Zeroizing::new([100 + life; 32]));
        settle(&mut ann, &mut bob);
    }
    assert_eq!(bob.seal("anyone?").err(), Some(SealError::NotReady));
    ann = seal(ANN, BOB, 2);
    settle(&mut ann, &mut bob);
    assert_talk(&mut ann, &mut bob);
}
