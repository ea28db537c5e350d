//! Who is who: peers are known again by their fingerprints, and whoever takes a name is told apart.

use crate::world::launch::Launch;
use crate::world::server::Server;
use crate::world::terminal::{Terminal, key};
use crate::world::{files, only_file};
use std::path::Path;

/// The terminal of somebody whose state lies in this folder.
fn at(home: &Path, name: &str, server: &Server) -> Terminal {
    Launch::of(name).env("HOME", &home.display().to_string()).join(&server.link())
}

/// Trusts the only other one in the room.
fn trusts(terminal: &mut Terminal) {
    terminal.press("t");
    terminal.shows("who is here");
    terminal.press("t");
    terminal.shows("✓ trusted");
    terminal.press(key::ESC);
    terminal.shows_no_more("who is here");
}

#[test]
fn whoever_was_met_is_known_again_and_whoever_is_trusted_stays_so() {
    let (server, homes) = (Server::start(), tempfile::tempdir().expect("a folder"));
    let (ann, zoe) = (homes.path().join("ann"), homes.path().join("zoe"));
    let mut first = at(&ann, "Ann", &server);
    first.shows("waiting for someone");
    let mut other = at(&zoe, "Zoë", &server);
    first.is_told("Zoë is here for the first time: ");
    other.is_told("Ann is here for the first time: ");
    trusts(&mut first);
    first.shows("● Zoë ✓");
    other.press("q");
    assert_eq!(other.ends(), 0);
    first.press("q");
    assert_eq!(first.ends(), 0);

    let first = at(&ann, "Ann", &server);
    let other = at(&zoe, "Zoë", &server);
    first.shows("● Zoë ✓");
    first.is_told("Zoë is here");
    other.is_told("Ann is here");
    for terminal in [&first, &other] {
        let bytes = terminal.bytes();
        assert!(!String::from_utf8_lossy(&bytes).contains("for the first time"));
    }
}

#[test]
fn another_fingerprint_under_a_known_name_is_shown() {
    let (server, homes) = (Server::start(), tempfile::tempdir().expect("a folder"));
    let mut ann = at(&homes.path().join("ann"), "Ann", &server);
    let mut before = at(&homes.path().join("before"), "Zoë", &server);
    ann.meets("Zoë");
    before.press("q");
    assert_eq!(before.ends(), 0);
    let _after = at(&homes.path().join("after"), "Zoë", &server);
    ann.is_told("Zoë has another fingerprint than before: ");
    ann.press("t");
    ann.shows("! was ");
}

#[test]
fn nothing_is_sent_to_who_takes_the_name_of_someone_trusted_and_nothing_taken_unasked() {
    let (server, homes) = (Server::start(), tempfile::tempdir().expect("a folder"));
    let mut ann = at(&homes.path().join("ann"), "Ann", &server);
    let zoe = at(&homes.path().join("zoe"), "Zoë", &server);
    ann.meets("Zoë");
    trusts(&mut ann);
    let mut impostor = at(&homes.path().join("impostor"), "zoë", &server);
    ann.is_told("this is not the zoë you trust: ");
    ann.shows("not trusted");
    zoe.shows("3 in the room");
    impostor.shows("3 in the room");

    ann.sees_the_camera();
    ann.press("S");
    ann.is_told("nothing is sent to zoë (");
    ann.shows("✓ Zoë has it");
    only_file(&zoe.save);
    impostor.sees_the_camera();
    impostor.press("S");
    // It asks, and takes nothing before it is answered.
    ann.shows("y take it");
    assert_eq!(files(&ann.save).len(), 1, "its own photo");
    assert!(files(&impostor.save).len() <= 1, "no photo of Ann's");
    ann.press("n");
    impostor.shows("! Ann: declined");
    ann.press("q");
    assert_eq!(ann.ends(), 0);
    for file in files(&impostor.save) {
        assert_ne!(crate::world::digest(&file), crate::world::digest(&only_file(&ann.save)));
    }
}
