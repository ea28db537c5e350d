//! What was said some time ago is said again, by a server that has kept it.

use super::{AGAIN, ANN, Scene, ZOE, zoe};
use crate::world::launch::Launch;
use crate::world::passing::Passing;
use crate::world::rules::{Rule, Signal, honest};
use crate::world::until;
use signaling_server::protocol::{PeerId, Reply, Request, Token};
use std::sync::{Arc, Mutex};

#[test]
fn all_that_somebody_said_is_said_again_when_they_come_back_to_the_server() {
    let mut scene = Scene::met();
    scene.evil.cut(ZOE);
    scene.zoe.is_told("back in the room");
    for old in scene.evil.recorded(ZOE, ANN) {
        scene.evil.say(old.on_line(ANN));
    }
    scene.ann.is_told(AGAIN);
    scene.sends(&[zoe(&scene)], &[]);
    scene.ends_well();
}

#[test]
fn all_that_somebody_said_yesterday_does_not_make_them_be_here_today() {
    let home = tempfile::tempdir().expect("a home that is kept");
    let mut scene = Scene::met_from(home.path());
    let (spoken, heard) = (scene.evil.recorded(ZOE, ANN), scene.evil.recorded(ANN, ZOE));
    let token = scene.evil.token(ZOE);
    scene.zoe.quits();
    scene.ann.shows("waiting for someone");

    // She is the same one in all that a server can arrange: her number, her key, her name.
    let fresh = Arc::new(Mutex::new(Vec::new()));
    scene.evil.rule(yesterday(token, scene.evil.peer(ZOE), spoken, heard, fresh.clone()));
    scene.zoe = Launch::of("Zoë").env("HOME", &home.path().display().to_string()).join(&scene.link);
    scene.ann.shows("1 at the door");
    until("Zoë's own words", || {
        let fresh = fresh.lock().expect("nobody panics with it");
        (fresh.len() > 1).then_some(())
    });

    scene.evil.rule(honest());
    for signal in fresh.lock().expect("nobody panics with it").drain(..) {
        scene.evil.say(signal.on_line(ANN));
    }
    scene.meet();
    scene.sends(&[zoe(&scene)], &[]);
    scene.ends_well();
}

/// Zoë comes back as the one she was; what was said then is heard again, and what she says now is
/// kept back.
fn yesterday(
    token: Token,
    her: PeerId,
    spoken: Vec<Signal>,
    heard: Vec<Signal>,
    fresh: Arc<Mutex<Vec<Signal>>>,
) -> Rule {
    Box::new(move |_, passing| {
        if let Some(Request::Join { version, room, token: None }) = passing.as_request() {
            let join = Request::Join { version, room, token: Some(token.clone()) };
            return vec![Passing::request(passing.line, &join)];
        }
        let line = passing.line;
        let old = |signals: &[Signal]| -> Vec<Passing> {
            signals.iter().cloned().map(|signal| signal.on_line(line)).collect()
        };
        match passing.as_reply() {
            Some(Reply::Joined { peer, .. }) if peer == her => {
                [vec![passing], old(&spoken)].concat()
            }
            Some(Reply::Welcome { id, .. }) if id == her => [vec![passing], old(&heard)].concat(),
            Some(Reply::Signal { from, payload }) if from == her => {
                let signal = Signal { from, to: her, payload };
                fresh.lock().expect("nobody panics with it").push(signal);
                Vec::new()
            }
            _ => vec![passing],
        }
    })
}
