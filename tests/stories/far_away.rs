//! A terminal at the other end of a slow line with a long way: what stands on the way takes more than
//! the line carries, as an SSH daemon does.

use crate::world::launch::Launch;
use crate::world::line::Far;
use crate::world::terminal::Terminal;
use std::time::Duration;

#[test]
fn quitting_leaves_a_clean_shell() {
    let mut ann = Launch::of("Ann").far(FAR).shell();
    ann.press("$PEERSNAP\r");
    ann.shows("waiting for someone");
    ann.sees_the_camera();
    ann.is_asked(10);
    ann.press("q");
    ann.is_at_the_shell();
    nothing_was_typed(&ann);
}

#[test]
fn quitting_before_the_line_is_known_leaves_a_clean_shell_too() {
    let mut ann = Launch::of("Ann").far(FAR).shell();
    ann.press("$PEERSNAP\r");
    ann.until("the program", vt100::Screen::alternate_screen);
    ann.press("q");
    ann.is_at_the_shell();
    nothing_was_typed(&ann);
}

#[test]
fn keys_are_not_behind_pictures() {
    let mut ann = Launch::of("Ann").far(FAR).open();
    ann.sees_the_camera();
    ann.is_asked(20);
    ann.answers();
    ann.quits();
}

/// No answer of the terminal has reached the shell, which would show it.
fn nothing_was_typed(ann: &Terminal) {
    let words = ann.words();
    for answer in ["0n", "^[", "[?", "rgb:", "62;22", "story"] {
        assert!(!words.contains(answer), "{answer} in\n{words}");
    }
}

const FAR: Far = Far { rate: 10_000, delay: Duration::from_millis(100) };
