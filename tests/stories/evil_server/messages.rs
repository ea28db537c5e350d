//! The server says what is no message, or too much of one, or says that it is over.

use super::{ANN, Scene, ZOE, zoe};
use crate::world::passing::{Passing, Way};
use crate::world::rules::{Signal, honest};
use signaling_server::protocol::{PeerId, Refusal, Reply, Token, VERSION};
use tokio_tungstenite::tungstenite::Message as Frame;

#[test]
fn the_first_answer_is_of_ten_megabytes() {
    let mut scene = Scene::begin(Box::new(|_, passing| match passing.as_reply() {
        Some(Reply::Welcome { version, id, ice_servers, token, .. }) if passing.line >= ZOE => {
            let peers = (0..800_000).map(|number| PeerId(10_000_000_000 + number)).collect();
            let welcome = Reply::Welcome { version, id, peers, ice_servers, token, frames: false };
            vec![Passing::reply(passing.line, &welcome)]
        }
        _ => vec![passing],
    }));
    scene.zoe.shows("the server says more than it may; trying again");
    scene.ann.press("S");
    scene.ann.is_told("nobody is here yet");
    scene.evil.rule(honest());
    scene.meet();
    scene.has(&[zoe(&scene)]);
    scene.ends_well();
}

#[test]
fn a_message_of_ten_megabytes_comes_while_two_people_talk() {
    let mut scene = Scene::met();
    let her = scene.evil.peer(ZOE);
    let huge = Signal::of(her, scene.evil.peer(ANN), &vec![7; 7_500_000]);
    let nonsense = Frame::text("[".repeat(10_000_000));
    for frame in [huge.on_line(ANN).frame, nonsense, Frame::binary(vec![0; 10_000_000])] {
        let line = scene.evil.newest_line(ANN);
        scene.evil.say(Passing { line, way: Way::Down, frame });
        scene.evil.line_after(line);
        scene.ann.is_told("back in the room");
    }
    scene.sends(&[zoe(&scene)], &[]);
    scene.ends_well();
}

#[test]
fn what_is_no_message_is_passed_over() {
    let mut scene = Scene::met();
    let (her, own) = (scene.evil.peer(ZOE), scene.evil.peer(ANN));
    let texts = [
        "",
        "null",
        "{}",
        "[[[[[[[[",
        "{\"type\":\"welcome\"}",
        "{\"type\":\"dance\",\"peer\":1}",
        "{\"type\":\"joined\",\"peer\":-1}",
        "{\"type\":\"joined\",\"peer\":1e400}",
        "{\"type\":\"signal\",\"from\":\"\\u001b[2J\",\"payload\":0}",
        "{\"type\":\"bye\",\"retry_after_ms\":-1}",
        "{\"type\":\"refused\",\"reason\":\"\\u001b]0;owned\\u0007\"}",
        "\u{1b}[2J\u{1b}]0;owned\u{7}",
    ];
    for text in texts {
        scene.evil.say(Passing { line: ANN, way: Way::Down, frame: Frame::text(text) });
    }
    for bytes in [&b""[..], b"\x00\xff", b"{\"type\":\"joined\",\"peer\":1}"] {
        let frame = Frame::binary(bytes.to_vec());
        scene.evil.say(Passing { line: ANN, way: Way::Down, frame });
    }
    for payload in ["null", "1", "[]", "{\"type\":\"offer\"}", "\"\"", "\"=\"", "\"AQ\"", "\"AQE\""]
    {
        let text =
            format!("{{\"type\":\"signal\",\"from\":{her},\"payload\":{payload}}}", her = her.0);
        scene.evil.say(Passing { line: ANN, way: Way::Down, frame: Frame::text(text) });
    }
    scene.ann.is_told("a sealed message could not be opened: it is damaged");
    let words = scene.ann.words();
    assert!(words.contains("2 in the room") && words.contains("● Zoë"), "{words}");

    let newer = Signal::of(her, own, &[2, 1, 0, 0]);
    scene.evil.say(newer.on_line(ANN));
    scene
        .ann
        .is_told("it is of version 2, this program knows version 1; update whichever is older");
    assert!(!contains(&scene.ann.bytes(), b"owned"));
    scene.sends(&[zoe(&scene)], &[]);
    scene.ends_well();
}

#[test]
fn ten_thousand_messages_come_in_the_name_of_one_who_is_here() {
    let mut scene = Scene::met();
    let damaged = Signal::of(scene.evil.peer(ZOE), scene.evil.peer(ANN), &[1, 1, 0]);
    for _ in 0..10_000 {
        scene.evil.say(damaged.clone().on_line(ANN));
    }
    scene.ann.answers();
    scene.ann.meets("Zoë");
    scene.sends(&[zoe(&scene)], &[]);
    scene.ends_well();
}

#[test]
fn a_second_welcome_makes_somebody_else_of_nobody() {
    let mut scene = Scene::met();
    let (her, own) = (scene.evil.peer(ZOE), scene.evil.peer(ANN));
    for (id, peers) in
        [(her, vec![own]), (own, vec![own]), (PeerId(1), vec![her]), (own, vec![her])]
    {
        let (ice_servers, token) = (Vec::new(), Token("0".repeat(32)));
        let welcome =
            Reply::Welcome { version: VERSION + 1, id, peers, ice_servers, token, frames: false };
        scene.evil.tell(ANN, &welcome);
    }
    scene.ann.meets("Zoë");
    scene.sends(&[zoe(&scene)], &[]);
    scene.ends_well();
}

#[test]
fn the_server_says_it_goes_down_for_ages() {
    let mut scene = Scene::met();
    scene.evil.tell(ANN, &Reply::Bye { retry_after_ms: u64::MAX });
    scene.ann.shows("the server is going down; trying again, transfers go on");
    scene.sends(&[zoe(&scene)], &[]);
    scene.ends_well();
}

#[test]
fn the_server_lets_nobody_stay_and_two_people_go_on_without_it() {
    for (reason, sentence) in [
        (Refusal::RoomFull, "the room is full: it holds 16; open another one"),
        (Refusal::ServerFull, "the server has no room left: try later, or another server"),
        (Refusal::Version, "the server speaks another version: update whichever is older"),
        (Refusal::Malformed, "the server did not understand: is it a peersnap server?"),
    ] {
        let mut scene = Scene::met();
        scene.evil.tell(ANN, &Reply::Refused { reason });
        scene.ann.is_told(sentence);
        scene.sends(&[zoe(&scene)], &[]);
        scene.ends_well();
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
