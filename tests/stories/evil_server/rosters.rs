//! Who is in the room is told wrongly: some are kept from each other, others are invented.

use super::{ANN, BOB, Scene, ZOE, bob, zoe};
use crate::world::launch::Launch;
use crate::world::passing::Passing;
use crate::world::rules::{Rule, Signal, inventing, replies};
use crate::world::with_one_other_word;
use signaling_server::protocol::{PeerId, ROOM_PEERS_MAX, Reply, Request, RoomId};
use std::sync::{Arc, Mutex};

#[test]
fn one_is_told_of_another_who_is_told_of_nobody() {
    let mut scene = Scene::begin(replies(|line, reply| match reply {
        Reply::Welcome { version, id, ice_servers, token, .. } if line == ZOE => {
            vec![Reply::Welcome {
                version,
                id,
                peers: Vec::new(),
                ice_servers,
                token,
                frames: false,
            }]
        }
        _ => vec![reply],
    }));
    scene.ann.shows("1 at the door");
    scene.zoe.shows("no such room, or a word is wrong");
    assert!(!scene.zoe.words().contains("or the server is not honest"), "her roster is empty");
    let bobby = scene.bob();
    scene.ann.shows("2 in the room, 1 at the door");
    scene.sends(&[bob(&bobby)], &[zoe(&scene)]);
    scene.ends_well();
}

#[test]
fn two_of_three_are_never_told_of_each_other() {
    let mut scene = Scene::begin(split(ANN, ZOE));
    let bobby = scene.bob();
    bobby.meets("Zoë");
    scene.ann.shows("2 in the room");
    scene.zoe.shows("2 in the room");
    scene.sends(&[bob(&bobby)], &[zoe(&scene)]);
    scene.ends_well();
}

/// The people of these lines do not hear of each other.
fn split(one: usize, other: usize) -> Rule {
    let ids = Arc::new(Mutex::new([None; 2]));
    replies(move |line, reply| {
        let mut ids = ids.lock().expect("nobody panics with it");
        if let Reply::Welcome { id, .. } = &reply
            && let Some(place) = [one, other].iter().position(|it| *it == line)
        {
            ids[place] = Some(*id);
        }
        let hidden = match line {
            _ if line == one => ids[1],
            _ if line == other => ids[0],
            _ => None,
        };
        match reply {
            Reply::Welcome { version, id, mut peers, ice_servers, token, .. } => {
                peers.retain(|peer| Some(*peer) != hidden);
                vec![Reply::Welcome { version, id, peers, ice_servers, token, frames: false }]
            }
            Reply::Joined { peer, .. }
                if line == one && ids[1].is_none() || Some(peer) == hidden =>
            {
                Vec::new()
            }
            _ => vec![reply],
        }
    })
}

#[test]
fn five_who_do_not_exist_are_said_to_have_come() {
    let mut scene = Scene::met();
    scene.evil.rule(inventing());
    for number in 0..5 {
        scene.evil.tell(ANN, &Reply::Joined { peer: invented(number), offer: false });
    }
    scene.ann.shows("2 in the room, 5 at the door");
    let zoe_said = scene.evil.recorded(ZOE, ANN);
    for (number, signal) in (0..5).cycle().zip(zoe_said) {
        scene.evil.say(signal.said_by(invented(number)).on_line(ANN));
        let garbage = Signal::of(invented(number), scene.evil.peer(ANN), &[1, 1, 2, 3]);
        scene.evil.say(garbage.on_line(ANN));
    }
    scene.sends(&[zoe(&scene)], &[]);
    let told = scene.ann.told("a sealed message could not be opened");
    assert!(told.is_empty(), "nobody said anything, and yet: {told:?}");
    for number in 0..5 {
        scene.evil.tell(ANN, &Reply::Left { peer: invented(number) });
    }
    scene.ann.shows_no_more("at the door");
    scene.ends_well();
}

#[test]
fn ten_thousand_who_do_not_exist_are_said_to_have_come() {
    let mut scene = Scene::met();
    scene.evil.rule(inventing());
    for number in 0..10_000 {
        scene.evil.tell(ANN, &Reply::Joined { peer: invented(number), offer: false });
    }
    scene.ann.answers();
    scene.ann.shows(&format!("2 in the room, {} at the door", ROOM_PEERS_MAX - 1));
    scene.sends(&[zoe(&scene)], &[]);
    for number in 0..10_000 {
        scene.evil.tell(ANN, &Reply::Left { peer: invented(number) });
    }
    scene.ends_well();
}

#[test]
fn somebody_who_does_not_exist_comes_and_goes_without_end() {
    let mut scene = Scene::met();
    scene.evil.rule(inventing());
    for number in 0..2_000 {
        let peer = invented(number % 3);
        scene.evil.tell(ANN, &Reply::Joined { peer, offer: false });
        scene.evil.tell(ANN, &Reply::Left { peer });
    }
    scene.ann.answers();
    scene.sends(&[zoe(&scene)], &[]);
    scene.ends_well();
}

#[test]
fn who_has_a_word_wrong_is_put_into_the_room() {
    let mut room: Option<RoomId> = None;
    let mut scene = Scene::begin(Box::new(move |_, passing| match passing.as_request() {
        Some(Request::Join { version, room: wanted, token }) => {
            let room = room.get_or_insert(wanted).clone();
            vec![Passing::request(passing.line, &Request::Join { version, room, token })]
        }
        _ => vec![passing],
    }));
    scene.meet();
    let mut eve = Launch::of("Eve").join(&with_one_other_word(&scene.link));
    scene.evil.peer(BOB);
    scene.ann.shows("2 in the room, 1 at the door");
    scene.zoe.shows("2 in the room, 1 at the door");
    eve.shows("no such room, or a word is wrong, or the server is not honest");
    scene.sends(&[zoe(&scene)], &[super::Receiver { name: "Eve", save: eve.save.clone() }]);
    eve.quits();
    scene.ends_well();
}

/// A peer that there is not.
fn invented(number: u64) -> PeerId {
    PeerId(7_000_000 + number)
}
