//! The program is stopped and goes on, as Ctrl-Z and `fg` do it, or others do it to it.

use crate::world::launch::Launch;
use crate::world::machine::{is_stopped, processes_that_name, signal};
use crate::world::terminal::{Terminal, key};
use crate::world::until;
use vt100::Screen;

/// Ann's shell, in which she has opened a room.
fn from_a_shell() -> Terminal {
    let mut ann = Launch::of("Ann").shell();
    ann.press("$PEERSNAP\r");
    ann.shows("waiting for someone");
    ann.sees_the_camera();
    ann
}

/// The program in her shell.
fn program(ann: &Terminal) -> u32 {
    let save = ann.save.display().to_string();
    until("the program", || processes_that_name(&save).first().copied())
}

fn is_back(ann: &mut Terminal) {
    ann.until("the other screen", Screen::alternate_screen);
    ann.shows("waiting for someone");
    ann.sees_the_camera();
    ann.until("nothing else", |screen| !screen.contents().contains("42 left"));
    ann.answers();
}

#[test]
fn ctrl_z_gives_the_shell_back_and_fg_the_room() {
    let mut ann = from_a_shell();
    for _ in 0..2 {
        ann.press(key::CTRL_Z);
        ann.shows("Stopped");
        ann.is_at_the_shell();
        ann.press("clear; fg\r");
        is_back(&mut ann);
    }
    ann.press("q");
    ann.is_at_the_shell();
}

#[test]
fn stopped_by_another_it_gives_the_shell_back_and_waits_for_fg() {
    let mut ann = from_a_shell();
    let program = program(&ann);
    signal(program, "TSTP");
    ann.shows("Stopped");
    ann.is_at_the_shell();
    // It goes on, but not before the shell's eyes.
    signal(program, "CONT");
    ann.press("clear\r");
    ann.is_at_the_shell();
    ann.press("clear; fg\r");
    is_back(&mut ann);
    ann.press("q");
    ann.is_at_the_shell();
}

#[test]
fn stopped_without_being_asked_it_draws_everything_anew_when_it_goes_on() {
    let mut ann = from_a_shell();
    signal(program(&ann), "STOP");
    ann.shows("Stopped");
    ann.press("clear; fg\r");
    is_back(&mut ann);
    ann.press("q");
    ann.is_at_the_shell();
}

#[test]
fn without_a_shell_it_stops_and_goes_on_as_it_is_told() {
    let mut ann = Launch::of("Ann").open();
    ann.sees_the_camera();
    ann.signal("TSTP");
    ann.until("the screen as it was", |screen| {
        !screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste()
    });
    until("it stops", || is_stopped(ann.pid()).then_some(()));
    ann.signal("CONT");
    is_back(&mut ann);
    ann.signal("STOP");
    until("it stops", || is_stopped(ann.pid()).then_some(()));
    ann.signal("CONT");
    is_back(&mut ann);
    ann.quits();
}

#[test]
fn where_there_is_no_shell_to_go_back_to_ctrl_z_stops_nothing() {
    let mut ann = Launch::of("Ann").open();
    ann.sees_the_camera();
    ann.press(key::CTRL_Z);
    ann.answers();
    ann.quits();
}
