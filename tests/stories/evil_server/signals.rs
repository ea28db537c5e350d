//! What two people say to each other through the server is changed, mixed up, kept, or said again.

use super::{AGAIN, ANN, BOB, MISSING, Scene, UNOPENED, ZOE, bob, zoe};
use crate::world::peer::Peer;
use crate::world::rules::{Signal, signals};
use crate::world::until;
use std::time::{Duration, Instant};

#[test]
fn every_message_is_changed_by_a_bit_and_two_people_never_meet() {
    let mut scene = Scene::begin(signals(|cast, signal| {
        vec![if cast.are(&signal, ANN, ZOE) { signal.damaged() } else { signal }]
    }));
    scene.ann.shows("1 at the door");
    scene.zoe.shows("no such room, or a word is wrong, or the server is not honest");
    scene.ann.shows("1 at the door");
    let bobby = scene.bob();
    scene.ann.shows("2 in the room, 1 at the door");
    scene.sends(&[bob(&bobby)], &[zoe(&scene)]);
    scene.ends_well();
}

#[test]
fn offers_and_answers_are_changed_by_a_bit_and_two_people_never_connect() {
    let mut scene = Scene::begin(signals(|cast, signal| {
        let fingerprints = cast.are(&signal, ANN, ZOE) && signal.is_description();
        vec![if fingerprints { signal.damaged() } else { signal }]
    }));
    scene.ann.is_told(UNOPENED);
    let bobby = scene.bob();
    scene.sends(&[bob(&bobby)], &[zoe(&scene)]);
    scene.ends_well();
}

#[test]
fn offers_that_never_arrive_are_not_made_in_a_hurry() {
    let scene = Scene::begin(signals(|_, signal| {
        vec![if signal.is_description() { signal.damaged() } else { signal }]
    }));
    let begun = Instant::now();
    until("some more offers", || {
        let said = scene.evil.recorded(ZOE, ANN);
        (said.iter().filter(|signal| signal.is_description()).count() >= 4).then_some(())
    });
    let took = begun.elapsed();
    assert!(took > Duration::from_secs(1), "it took {took:?}");
    scene.ends_well();
}

#[test]
fn one_bit_of_one_message_is_changed_and_two_people_meet_all_the_same() {
    let mut once = false;
    let mut scene = Scene::begin(signals(move |cast, signal| {
        let offer = cast.is(&signal, ZOE, ANN) && signal.is_description();
        vec![if offer && !std::mem::replace(&mut once, true) { signal.damaged() } else { signal }]
    }));
    scene.ann.is_told(UNOPENED);
    scene.meet();
    scene.sends(&[zoe(&scene)], &[]);
    scene.ends_well();
}

#[test]
fn what_two_people_say_and_hear_is_swapped_and_neither_of_them_is_met() {
    let mut scene = Scene::begin(signals(|cast, signal| {
        let other = |number| if number == ZOE { BOB } else { ZOE };
        let swapped = match (cast.number(signal.from), cast.number(signal.to)) {
            (Some(from @ (ZOE | BOB)), Some(ANN)) => {
                cast.known(other(from)).map(|from| Signal { from, ..signal })
            }
            (Some(ANN), Some(to @ (ZOE | BOB))) => {
                cast.known(other(to)).map(|to| Signal { to, ..signal })
            }
            _ => Some(signal),
        };
        // With who is not there yet, nothing can be swapped.
        swapped.into_iter().collect()
    }));
    let bobby = Peer::join("Bob", &scene.link);
    bobby.meets("Zoë");
    scene.zoe.shows("2 in the room, 1 at the door");
    scene.ann.shows("2 at the door");
    scene.sends_from_zoe(&bobby);
    scene.ends_well();
}

#[test]
fn all_that_somebody_says_comes_back_to_them_and_nobody_takes_it_for_the_others_word() {
    let mut scene = Scene::begin(signals(|_, signal| {
        let back = Signal { from: signal.to, to: signal.from, ..signal.clone() };
        vec![signal, back]
    }));
    // It is of no session that there is: nobody is bothered with it.
    scene.meet();
    scene.sends(&[zoe(&scene)], &[]);
    scene.ends_well();
}

#[test]
fn everything_is_said_twice_and_heard_once() {
    let mut scene = Scene::begin(signals(|_, signal| vec![signal.clone(), signal]));
    scene.meet();
    scene.ann.is_told(AGAIN);
    scene.sends(&[zoe(&scene)], &[]);
    scene.ends_well();
}

#[test]
fn an_offer_is_lost_and_made_again() {
    let mut lost = false;
    let mut scene = Scene::begin(signals(move |cast, signal| {
        let offer = cast.is(&signal, ZOE, ANN) && signal.is_description();
        if offer && !std::mem::replace(&mut lost, true) { Vec::new() } else { vec![signal] }
    }));
    scene.meet();
    scene.ann.is_told(MISSING);
    scene.sends(&[zoe(&scene)], &[]);
    scene.ends_well();
}

#[test]
fn an_offer_comes_after_what_was_said_behind_it() {
    let mut early = None;
    let mut swapped = false;
    let mut scene = Scene::begin(signals(move |cast, signal| {
        if swapped || !cast.is(&signal, ZOE, ANN) || signal.is_hello() {
            return vec![signal];
        }
        match early.take() {
            None => {
                early = Some(signal);
                Vec::new()
            }
            Some(first) => {
                swapped = true;
                vec![signal, first]
            }
        }
    }));
    scene.meet();
    scene.ann.is_told(MISSING);
    scene.sends(&[zoe(&scene)], &[]);
    scene.ends_well();
}

#[test]
fn nothing_is_passed_on_after_the_hellos_and_two_people_never_connect() {
    let mut scene = Scene::begin(signals(|cast, signal| {
        let kept = cast.are(&signal, ANN, ZOE) && !signal.is_hello();
        if kept { Vec::new() } else { vec![signal] }
    }));
    let bobby = scene.bob();
    scene.sends(&[bob(&bobby)], &[zoe(&scene)]);
    scene.ends_well();
}
