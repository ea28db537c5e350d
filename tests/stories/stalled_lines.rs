//! A line hangs, a window is dragged about: the program goes on, and the screen comes right.

use crate::world::launch::Launch;
use crate::world::machine::processes_that_name;
use crate::world::peer::Peer;
use crate::world::pictures::{all, colours, everything};
use crate::world::questions::Answers;
use crate::world::shown::{TRAIL, words};
use crate::world::{files, until};
use peersnap::app::Action;
use std::time::{Duration, Instant};

/// Photos that the trail keeps.
const TRAIL_MAX: usize = 200;

#[test]
fn while_nothing_reaches_the_screen_keys_work_photos_come_in_and_nothing_grows() {
    let mut ann = Launch::of("Ann").open();
    let zoe = Peer::join("Zoë", &ann.link());
    ann.meets("Zoë");
    ann.sees_the_camera();
    zoe.sees_the_camera();
    let before = ann.health();
    ann.stall();
    let stalled = Instant::now();
    ann.press("S");
    zoe.receives_from("Ann");
    let mut photos = 1;
    while stalled.elapsed() < HANGS {
        zoe.act(Action::SnapAndSend);
        photos += 1;
        until("another photo", || (files(&ann.save).len() == photos).then_some(()));
    }
    let held = ann.health();
    ann.press("s");
    ann.go_on();
    ann.shows("held: Enter sends");
    ann.until("the newest in the trail", |screen| {
        // Four are shown; the trail keeps so many, however fast they come.
        let older = format!("+{} older", photos.min(TRAIL_MAX) - 4);
        words(screen).contains("Zoë now") && words(screen).contains(&older)
    });
    ann.until("its picture", |screen| colours(screen, TRAIL) > 8);
    assert!(held.is_near(before), "it has grown from {before:?} to {held:?}");
    ann.is_as_well_as(before);
    // Drawn anew, it is the same.
    ann.settles();
    let seen = ann.find("a screen", |screen| Some(all(screen)));
    ann.resize(70, 20);
    ann.settles();
    ann.resize(80, 24);
    ann.looks_like(&seen, all);
    ann.quits();
}

#[test]
fn whoever_quits_while_the_line_hangs_gets_the_terminal_back_once_it_goes_on() {
    quits_while_the_line_hangs(Answers::AtOnce, Duration::ZERO);
}

#[test]
fn so_does_whoever_quits_when_the_line_takes_nothing_any_more() {
    // At a terminal that never answers pictures are sent until nothing more is taken.
    quits_while_the_line_hangs(Answers::Never, HANGS * 2);
}

fn quits_while_the_line_hangs(answers: Answers, hangs: Duration) {
    let mut ann = Launch::of("Ann").answers(answers).shell();
    ann.press("$PEERSNAP\r");
    ann.shows("waiting for someone");
    ann.sees_the_camera();
    ann.stall();
    let stalled = Instant::now();
    until("it hangs for long", || (stalled.elapsed() >= hangs).then_some(()));
    ann.press("q");
    let save = ann.save.display().to_string();
    until("its end", || processes_that_name(&save).is_empty().then_some(()));
    ann.go_on();
    ann.is_at_the_shell();
}

#[test]
fn after_a_storm_of_sizes_the_screen_is_as_it_was() {
    let mut ann = Launch::of("Ann").open();
    ann.sees_the_camera();
    ann.press("s");
    ann.shows("held: Enter sends");
    ann.settles();
    let before = ann.find("a screen", |screen| Some(everything(screen)));
    for at in 0..100 {
        ann.resize(20 + at * 37 % 101, 6 + at * 17 % 41);
    }
    ann.resize(79, 23);
    ann.resize(80, 24);
    ann.looks_like(&before, everything);
    // It was another size for so short a time that nobody may have noticed.
    for _ in 0..20 {
        ann.resize(30, 8);
        ann.resize(80, 24);
        ann.looks_like(&before, everything);
    }
    ann.quits();
}

const HANGS: Duration = Duration::from_secs(5);
