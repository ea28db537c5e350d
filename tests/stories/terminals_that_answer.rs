//! Terminals answer what they are asked at once, late, in pieces, beside the point, or not at all:
//! none of it is ever taken for a key, and keys are keys meanwhile.

use crate::world::files;
use crate::world::launch::Launch;
use crate::world::only_file;
use crate::world::peer::Peer;
use crate::world::questions::Answers;
use crate::world::shown::words;
use crate::world::terminal::{Terminal, key};
use std::time::Duration;
use vt100::Parser;

#[test]
fn answers_that_come_at_once_are_no_keys() {
    an_evening_at_a_terminal_that_answers(Answers::AtOnce);
}

#[test]
fn a_terminal_that_never_answers_shows_pictures_and_takes_keys() {
    an_evening_at_a_terminal_that_answers(Answers::Never);
}

#[test]
fn answers_that_come_late_are_no_keys() {
    an_evening_at_a_terminal_that_answers(Answers::Late(Duration::from_millis(1500)));
}

#[test]
fn answers_that_come_byte_by_byte_are_no_keys() {
    an_evening_at_a_terminal_that_answers(Answers::Split(Duration::ZERO));
}

#[test]
fn answers_whose_bytes_come_slowly_one_by_one_are_no_keys() {
    an_evening_at_a_terminal_that_answers(Answers::Split(Duration::from_millis(40)));
}

#[test]
fn what_a_terminal_says_that_nobody_asked_for_is_no_key() {
    an_evening_at_a_terminal_that_answers(Answers::Garbage);
}

/// Any key that nobody has pressed would snap, send, open something, or end the program.
fn an_evening_at_a_terminal_that_answers(answers: Answers) {
    let mut ann = Launch::of("Ann").answers(answers).open();
    let zoe = Peer::join("Zoë", &ann.link());
    ann.meets("Zoë");
    ann.sees_the_camera();
    ann.is_asked(20);
    nothing_is_open(&ann);
    assert!(ann.words().contains("s snap S snap & send"), "{}", ann.words());

    ann.press("s");
    ann.shows("held: Enter sends");
    for _ in 0..3 {
        ann.press("i");
        ann.shows("Whoever knows these words");
        ann.press("i");
        ann.shows_no_more("Whoever knows these words");
    }
    ann.has_answered();
    // A key that waits for its end would be one by now.
    ann.settles();
    nothing_is_open(&ann);
    assert!(ann.words().contains("held: Enter sends"), "{}", ann.words());

    ann.press(key::ESC);
    ann.is_told("the photo is thrown away");
    ann.is_asked(5);
    ann.press("?");
    ann.shows("snap and send at once");
    ann.press(key::ESC);
    ann.shows_no_more("snap and send at once");
    ann.press("S");
    ann.shows("✓ Zoë");
    zoe.receives_from("Ann");
    only_file(&ann.save);
    ann.quits();
}

fn nothing_is_open(ann: &Terminal) {
    let words = ann.words();
    assert!(words.contains("2 in the room"), "{words}");
    assert!(!words.contains("snap and send at once"), "{words}");
    assert!(!words.contains("Whoever knows"), "{words}");
    assert!(files_or_none(ann).is_empty(), "something was sent");
}

fn files_or_none(ann: &Terminal) -> Vec<std::path::PathBuf> {
    if ann.save.exists() { files(&ann.save) } else { Vec::new() }
}

#[test]
fn the_first_words_are_on_the_screen_before_anything_is_waited_for() {
    let ann = Launch::of("Ann").answers(Answers::Never).open();
    ann.is_asked(1);
    let bytes = ann.bytes();
    let question = b"\x1b[5n";
    let first = bytes.windows(question.len()).position(|some| some == question);
    let mut screen = Parser::new(rows(24), rows(80), 0);
    screen.process(&bytes[..first.expect("a question")]);
    let words = words(screen.screen());
    assert!(words.contains("q quit") && words.contains("photos you send"), "{words}");
}

fn rows(number: u16) -> std::num::NonZeroU16 {
    std::num::NonZeroU16::new(number).expect("some")
}
