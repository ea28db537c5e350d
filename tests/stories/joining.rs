//! Joining by words: typed at a prompt, with as few letters as will do, and found or not.

use crate::world::launch::Launch;
use crate::world::peer::Peer;
use crate::world::server::Server;
use crate::world::terminal::{Terminal, key};
use crate::world::{only_file, until};

/// A terminal that asks for the words of a room on this server.
fn asked(name: &str, server: &Server) -> Terminal {
    let terminal = Launch::of(name).start(&["join", "--server", &server.url()]);
    terminal.shows("Its six words, or its link:");
    terminal
}

#[test]
fn words_are_completed_and_pointed_out_as_they_are_typed_and_lead_to_the_room() {
    let server = Server::start();
    let ann = Launch::of("Ann").join(&server.link());
    ann.shows("waiting for someone");
    let mut zoe = asked("Zoë", &server);
    zoe.shows("no room yet");
    zoe.press("CRAN, vel");
    zoe.shows("1 of 6 velvet");
    zoe.press(key::TAB);
    zoe.shows("› CRAN, velvet");
    zoe.press("orbti ");
    zoe.shows("\"orbti\" is not on the list: orbit?");
    zoe.press(key::ENTER);
    zoe.shows("\"orbti\" is not on the list: orbit?");
    zoe.press(key::CTRL_W);
    zoe.press("orbt");
    zoe.press(key::TAB);
    zoe.shows("› CRAN, velvet orbit");
    zoe.press("ladd-ener quic");
    zoe.shows("Enter joins");
    zoe.press(key::ENTER);
    zoe.meets("Ann");
    ann.meets("Zoë");
    zoe.shows("2 in the room");
}

#[test]
fn words_that_are_typed_are_in_no_argument_list_and_no_log() {
    let server = Server::start();
    let ann = Peer::join("Ann", &server.link());
    let mut zoe = asked("Zoë", &server);
    zoe.press("crane velvet orbit ladder energy quick\r");
    ann.meets("Zoë");
    zoe.meets("Ann");
    let arguments = zoe.inside_proc("cmdline");
    let environment = zoe.inside_proc("environ");
    let log = zoe.log();
    assert!(log.contains("in the room"), "there is a log: {log}");
    for word in ["crane", "velvet", "orbit", "ladder", "quick"] {
        for (place, text) in
            [("arguments", &arguments), ("environment", &environment), ("log", &log)]
        {
            assert!(!text.contains(word), "{word} is in the {place}: {text}");
        }
    }
}

#[test]
fn a_room_is_left_for_another_and_only_those_there_get_the_next_photo() {
    let (here, there) = (Server::start(), Server::start());
    let mut ann = Launch::of("Ann").join(&here.link());
    ann.shows("waiting for someone");
    let ben = Peer::join("Ben", &here.link());
    ann.meets("Ben");
    // Nobody is told of the going of somebody who was not here yet.
    ben.meets("Ann");
    let zoe = Peer::join("Zoë", &there.link());

    ann.press("j");
    ann.shows("Its six words, or its link:");
    ann.press(key::ESC);
    ann.shows_no_more("Its six words, or its link:");
    ann.meets("Ben");
    ann.press("j");
    ann.press(&there.link());
    ann.shows("Enter joins");
    ann.press(key::ENTER);
    ann.meets("Zoë");
    ann.shows_no_more("Ben");
    ben.is_told("Ann left");

    ann.sees_the_camera();
    ann.press("S");
    let received = zoe.receives_from("Ann");
    assert_eq!(crate::world::digest(&received), crate::world::digest(&only_file(&ann.save)));
    assert!(!ben.save.exists() || crate::world::files(&ben.save).is_empty());
}

#[test]
fn whoever_carried_the_room_they_leave_takes_its_server_along_and_not_its_connections() {
    let mut ann = Launch::of("Ann").open();
    let link = ann.link();
    let ben = Launch::of("Ben").join(&link);
    let mut cat = Launch::of("Cat").join(&link);
    ben.meets("Cat");
    cat.meets("Ann");
    cat.sees_the_camera();
    let elsewhere = Server::start();
    ann.press("j");
    ann.press(&elsewhere.link());
    ann.press(key::ENTER);
    ann.shows("waiting for someone");
    ben.shows("no server answers there");
    cat.press("S");
    cat.shows("✓ Ben");
    only_file(&ben.save);
}

#[test]
fn a_room_that_is_not_there_says_so_within_ten_seconds_and_is_waited_for() {
    let server = Server::start();
    let zoe = Launch::of("Zoë").join(&server.link());
    let asked = std::time::Instant::now();
    zoe.shows("no such room, or a word is wrong; still waiting for someone");
    assert!(asked.elapsed().as_secs() < 10, "{:?}", asked.elapsed());
    zoe.is_told("check the words: j asks for them again");
    let _ann = Peer::join("Ann", &server.link());
    zoe.meets("Ann");
    until("the sentence is gone", || zoe.words().contains("2 in the room").then_some(()));
}
