//! Without a screen: everything is told in lines, and commands are lines.

use crate::world::launch::Launch;
use crate::world::peer::{Offer, Peer};
use crate::world::piped::Piped;
use crate::world::terminal::Terminal;
use crate::world::{digest, files, only_file, until, whole_files};
use peersnap::app::Action;

/// A terminal of long lines, told in lines.
fn plain(name: &str) -> Terminal {
    Launch::of(name).size(160, 50).start(&["--plain", "--listen", "127.0.0.1:0"])
}

#[test]
fn a_photo_is_taken_and_sent_and_another_comes_back_all_in_lines() {
    let mut ann = plain("Ann");
    let zoe = Peer::join("Zoë", &ann.link());
    ann.shows("the words of the room: ");
    ann.shows("Zoë is here for the first time");
    ann.shows("Zoë is reached directly");
    ann.shows("the camera is ");
    ann.press("s\n");
    ann.shows("a photo is held, 1280 by 720");
    assert!(files(&ann.save).is_empty(), "a held photo is no file");
    ann.press("\n");
    ann.shows("Zoë has peersnap-");
    let received = zoe.receives_from("Ann");
    assert_eq!(digest(&received), digest(&only_file(&ann.save)));

    zoe.sees_the_camera();
    zoe.act(Action::SnapAndSend);
    until("two photos", || (whole_files(&ann.save).len() == 2).then_some(()));
    ann.shows("from Zoë, 1280 by 720");
    ann.press("v\n");
    ann.shows("the newest photo: peersnap-");
    ann.press("q\n");
    assert_eq!(ann.ends(), 0);
}

#[test]
fn a_dumb_terminal_is_told_in_lines_unasked_and_sent_no_escape_at_all() {
    let mut ann = Launch::of("Ann").size(160, 50).env("TERM", "dumb").open();
    let zoe = Peer::join("Zoë", &ann.link());
    ann.shows("Zoë is reached directly");
    zoe.meets("Ann");
    for (line, told) in [
        ("?\n", "S: take a photo and send it at once"),
        ("t\n", "1: Zoë, reached directly"),
        ("t 1\n", "Zoë is trusted, and will be known again"),
        ("i\n", "its link: http://"),
        ("x\n", "nothing is under way"),
        ("esc\n", "no photo is held"),
        ("what\n", "that is no command"),
        ("j crane velvte\n", "\"velvte\" is not on the list: velvet?"),
    ] {
        ann.press(line);
        ann.shows(told);
    }
    zoe.offer(Offer::of("notes.pdf", "application/pdf", vec![7; 4000]));
    ann.shows("Zoë offers notes.pdf, 4 KB: y takes it, n does not");
    ann.press("y\n");
    ann.shows("notes.pdf from Zoë, 4 KB, is saved as ");
    zoe.leave();
    ann.shows("Zoë left");
    ann.press("q\n");
    assert_eq!(ann.ends(), 0);
    let bytes = ann.bytes();
    let wrong = |byte: &&u8| byte.is_ascii_control() && !b"\r\n".contains(byte);
    assert_eq!(bytes.iter().find(wrong), None);
}

#[test]
fn a_room_is_joined_by_its_link_and_another_is_asked_for_again() {
    let ben = plain("Ben");
    let link = ben.link();
    let mut ann = Launch::of("Ann").size(160, 50).start(&["join", "--plain"]);
    ann.shows("no room yet: j joins one");
    ann.press("crane velvet orbit ladder energy quickly\n");
    ann.shows("\"quickly\" is not on the list: quick?");
    ann.press(&format!("{link}\n"));
    ann.shows("Ben is here for the first time");
    ben.shows("Ann is here for the first time");
}

#[test]
fn the_end_of_input_at_a_terminal_is_the_end_of_the_program() {
    let mut ann = plain("Ann");
    ann.link();
    ann.press("\u{4}");
    assert_eq!(ann.ends(), 0);
}

#[test]
fn without_a_terminal_it_receives_until_it_is_ended() {
    let ben = Piped::start(&["--plain", "--listen", "127.0.0.1:0", "--camera", "test"], "i\n");
    let link = ben.find("the link", |told| {
        Some(told.split_once("its link: ")?.1.split_once('\n')?.0.to_owned())
    });
    ben.tells("no more commands come");
    let zoe = Peer::join("Zoë", &link);
    ben.tells("Zoë is here");
    zoe.sees_the_camera();
    zoe.act(Action::SnapAndSend);
    ben.tells("is saved as ");
    let (status, told) = ben.terminate();
    assert_eq!(status, Some(0));
    assert!(!told.contains('\u{1b}'), "{told}");
}
