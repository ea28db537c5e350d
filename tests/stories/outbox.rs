//! What is sent reaches whom it is for, whenever they come, and whatever happened meanwhile.

use crate::world::apart::Apart;
use crate::world::launch::Launch;
use crate::world::peer::{Offer, Peer};
use crate::world::pictures::{colours, grainy};
use crate::world::server::Server;
use crate::world::shown::TRAIL;
use crate::world::terminal::{Terminal, key};
use crate::world::{digest, files, only_file, until, whole_files};
use emulated::{Line, Machine};
use peersnap::app::{Action, App, Content, TransferPhase};
use peersnap::transfer::Side;
use std::fs::File;
use std::time::Duration;
use tempfile::{NamedTempFile, TempDir};

#[test]
fn a_photo_that_is_sent_before_anyone_has_come_arrives_at_each_who_joins() {
    let mut ann = Launch::of("Ann").open();
    let link = ann.link();
    ann.sees_the_camera();
    ann.press("S");
    ann.is_told("nobody is here yet: peersnap-");
    ann.shows("… for who comes");
    ann.press("p");
    ann.shows("for whoever comes");
    let zoe = Launch::of("Zoë").join(&link);
    zoe.shows("Ann now");
    ann.shows("✓ has it · and whoever joins");
    let bob = Peer::join("Bob", &link);
    let theirs = [only_file(&zoe.save), bob.receives_from("Ann")];
    for received in theirs {
        assert_eq!(digest(&received), digest(&only_file(&ann.save)));
    }
}

/// Chooses one of two who are here, or no longer: who stands first, the server's numbers say.
fn choose_zoe(terminal: &mut Terminal) {
    terminal.press("t");
    let is_at = |line: &str, name: &str| {
        let mut chosen = line.split('▌').skip(1);
        chosen.any(|rest| rest.trim_start_matches([' ', '→']).starts_with(name))
    };
    let is_first = terminal.find("who is chosen", |screen| {
        let contents = screen.contents();
        let at = |name| contents.lines().any(|line| is_at(line, name));
        (at("Zoë") || at("Bob")).then(|| at("Zoë"))
    });
    if !is_first {
        terminal.press(key::DOWN);
        terminal.until("Zoë is chosen", |screen| {
            screen.contents().lines().any(|line| is_at(line, "Zoë"))
        });
    }
    terminal.press(" ");
}

#[test]
fn those_who_are_chosen_get_it_alone() {
    let mut ann = Launch::of("Ann").open();
    let zoe = Peer::join("Zoë", &ann.link());
    ann.meets("Zoë");
    ann.press("i");
    let link = ann.link();
    ann.press("i");
    let bob = Peer::join("Bob", &link);
    ann.meets("Bob");
    ann.sees_the_camera();
    choose_zoe(&mut ann);
    ann.shows("What you send goes to Zoë alone");
    ann.press(key::ESC);
    // A letter that comes with an Esc is another key.
    ann.shows_no_more("who is here");
    ann.shows("to Zoë");
    ann.press("s");
    ann.shows("held: Enter sends to Zoë");
    ann.press(key::ENTER);
    zoe.receives_from("Ann");
    choose_zoe(&mut ann);
    ann.shows("What you send goes to everyone");
    ann.press("t");
    ann.press("S");
    // The second one is the only one that Bob gets, though the first would have come before it.
    bob.receives_from("Ann");
    until("both", || (whole_files(&zoe.save).len() == 2).then_some(()));
    assert_eq!(files(&bob.save).len(), 1);
}

#[test]
fn who_is_killed_in_the_middle_and_comes_back_gets_the_rest_without_anyone_pressing_a_key() {
    // Of a line that takes ten seconds for it.
    let apart = Apart::with(&[Line::new(4_000_000, Duration::from_millis(20)); 2]);
    let [anns, zoes] = [(); 2].map(|()| tempfile::tempdir().expect("a folder for a person"));
    let join = |who, name, home: &TempDir| {
        let there = apart.network.enter(Machine(who));
        Launch::of(name).through(&there).home(home.path()).join(apart.link())
    };
    let first = join(0, "Ann", &anns);
    let mut zoe = join(1, "Zoë", &zoes);
    zoe.meets("Ann");
    let wall = zoes.path().join("wall.jpg");
    std::fs::write(&wall, grainy(2000, 2000)).expect("room");
    zoe.drops(&[&wall]);
    until("some of it is there", || {
        let sizes = files(&first.save).into_iter().filter_map(|it| Some(it.metadata().ok()?.len()));
        (sizes.max()? > 2_000_000).then_some(())
    });
    first.signal("KILL");
    first.ends();
    zoe.is_told("wall.jpg goes on when Ann is back");
    zoe.has_in_its_trail("Ann: waiting");
    let again = join(0, "Ann", &anns);
    zoe.is_told("wall.jpg goes on at ");
    zoe.is_told("Ann has wall.jpg");
    again.has_in_its_trail("wall.jpg");
    assert_eq!(digest(&again.save.join("wall.jpg")), digest(&wall));
}

#[test]
fn what_is_paused_says_so_on_both_sides_and_goes_on() {
    let mut ann = Launch::of("Ann").open();
    let zoe = Peer::join("Zoë", &ann.link());
    zoe.meets("Ann");
    let (_file, offer) = endless();
    zoe.sends(offer);
    ann.shows("? Zoë offers endless.bin");
    ann.press("y");
    ann.shows("B/s");
    ann.press("p");
    ann.shows("under way");
    ann.press(" ");
    ann.shows("paused by you");
    zoe.until("it is paused over there", |app| {
        app.transfers.iter().all(|it| it.rests == Some(Side::Remote))
    });
    zoe.is_told("Ann has paused endless.bin");
    let before = zoe.find("how far it is", |app| Some(moved(app)));
    ann.press(" ");
    ann.shows_no_more("paused by you");
    zoe.until("it moves again", move |app| moved(app) > before);
    // The other side may pause it, too.
    zoe.act(Action::Transfers);
    zoe.act(Action::Rest);
    ann.shows("paused by Zoë");
    ann.press("x");
    ann.is_told("endless.bin from Zoë was stopped");
}

#[test]
fn after_a_restart_the_trail_shows_the_photos_and_what_did_not_go_out_can_be_sent_again() {
    let server = Server::start();
    let home = tempfile::tempdir().expect("a folder");
    let ann = || Launch::of("Ann").home(home.path()).join(&server.link());
    let mut first = ann();
    first.shows("waiting for someone");
    first.sees_the_camera();
    first.press("S");
    first.shows("… for who comes");
    until("it is known where it lies", || {
        let history = std::fs::read_to_string(first.state().join("history.jsonl")).ok()?;
        history.contains("\"path\":").then_some(())
    });
    first.press("q");
    assert_eq!(first.ends(), 0);

    let mut again = ann();
    again.until("the photo in the trail", |screen| colours(screen, TRAIL) > 8);
    again.press("p");
    again.shows("nobody came");
    let zoe = Peer::join("Zoë", &server.link());
    zoe.meets("Ann");
    again.press(key::ENTER);
    let received = zoe.receives_from("Ann");
    assert_eq!(digest(&received), digest(&only_file(&again.save)));
    again.shows("has it");
    again.press("q");
    again.ends();

    let third = ann();
    third.shows("✓ Zoë");
}

/// How many bytes of what is under way have come, at the most.
fn moved(app: &App) -> u64 {
    let offsets = app.transfers.iter().map(|it| match it.phase {
        TransferPhase::Moving { offset, .. } => offset,
        TransferPhase::Asked | TransferPhase::Waiting => 0,
    });
    offsets.max().unwrap_or_default()
}

/// A file without end, as far as any of these stories go; it takes no place on the disk.
fn endless() -> (NamedTempFile, Offer) {
    let file = NamedTempFile::new().expect("a file");
    let size = 1 << 40;
    File::set_len(file.as_file(), size).expect("a file with a hole in it");
    let content = Content::File(file.path().to_owned());
    (file, Offer { name: "endless.bin", media_type: "application/octet-stream", size, content })
}
