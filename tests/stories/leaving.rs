//! Everyone goes some day: the others notice, and the terminal is given back.

use crate::world::launch::Launch;
use crate::world::peer::Peer;
use crate::world::terminal::key;
use peersnap::terminal::capabilities::{Environment, Wishes};
use peersnap::terminal::{Terminal, Tty};
use std::time::{Duration, Instant};
use vt100::Screen;

#[test]
fn a_peer_that_quits_is_gone_from_the_room_at_once() {
    let ann = Launch::of("Ann").open();
    let mut zoe = Launch::of("Zoë").join(&ann.link());
    ann.meets("Zoë");
    let quit = Instant::now();
    zoe.press("q");
    ann.shows("waiting for someone");
    let took = quit.elapsed();
    assert!(took < AT_ONCE, "it took {took:?}");
    ann.is_told("Zoë left");
    assert_eq!(zoe.ends(), 0);
}

#[test]
fn a_peer_that_is_killed_is_gone_from_the_room_within_seconds() {
    let ann = Launch::of("Ann").open();
    let zoe = Launch::of("Zoë").join(&ann.link());
    ann.meets("Zoë");
    zoe.meets("Ann");
    let killed = Instant::now();
    zoe.signal("KILL");
    ann.shows("waiting for someone");
    let took = killed.elapsed();
    assert!(took <= KILLED_IS_GONE + SLACK, "it took {took:?}");
    ann.is_told("Zoë left");
}

#[test]
fn when_the_one_who_opened_the_room_quits_the_others_see_both_gone_and_stay_together() {
    let mut ann = Launch::of("Ann").open();
    let link = ann.link();
    let zoe = Launch::of("Zoë").join(&link);
    let bob = Peer::join("Bob", &link);
    zoe.meets("Ann");
    zoe.meets("Bob");
    bob.meets("Zoë");
    ann.press("q");
    zoe.is_told("Ann left");
    zoe.shows("trying again");
    zoe.shows_no_more("● Ann");
    bob.sees_the_camera();
    bob.act(peersnap::app::Action::SnapAndSend);
    zoe.shows("Bob now");
    assert_eq!(ann.ends(), 0);
}

#[test]
fn when_the_one_who_opened_the_room_is_killed_it_is_not_shown_as_reached_any_more() {
    let ann = Launch::of("Ann").open();
    let zoe = Launch::of("Zoë").join(&ann.link());
    zoe.meets("Ann");
    let killed = Instant::now();
    ann.signal("KILL");
    zoe.shows_no_more("● Ann");
    let took = killed.elapsed();
    assert!(took <= KILLED_IS_GONE + SLACK, "it took {took:?}");
    zoe.shows("trying again");
}

#[test]
fn quitting_gives_the_terminal_back() {
    for quit in ["q", key::CTRL_C] {
        let mut ann = Launch::of("Ann").open();
        ann.sees_the_camera();
        ann.press(quit);
        assert_eq!(ann.ends(), 0);
        assert!(ann.is_given_back());
        assert_eq!(ann.words(), "", "the screen is as it was");
    }
}

#[test]
fn a_program_that_is_told_to_end_says_goodbye_and_gives_the_terminal_back() {
    for signal in ["TERM", "HUP", "INT"] {
        let ann = Launch::of("Ann").open();
        let zoe = Launch::of("Zoë").join(&ann.link());
        ann.meets("Zoë");
        zoe.signal(signal);
        assert_eq!(zoe.ends(), 0, "{signal}");
        assert!(zoe.is_given_back(), "{signal}");
        ann.shows("waiting for someone");
    }
}

#[test]
fn a_window_that_is_closed_ends_the_program_in_order() {
    let ann = Launch::of("Ann").open();
    let mut zoe = Launch::of("Zoë").join(&ann.link());
    ann.meets("Zoë");
    // Its pictures go on until the window is gone.
    zoe.sees_the_camera();
    let closed = Instant::now();
    zoe.vanish();
    ann.shows("waiting for someone");
    let took = closed.elapsed();
    assert!(took < AT_ONCE, "it took {took:?}");
    // Nobody is left to look at its exit status.
    zoe.ends();
}

/// For a goodbye to reach the other's screen.
const AT_ONCE: Duration = Duration::from_secs(2);
/// From a peer's end to its absence on the screens of others.
const KILLED_IS_GONE: Duration = Duration::from_secs(7);
/// For a machine that does much else.
const SLACK: Duration = Duration::from_secs(1);

#[test]
fn a_panic_gives_the_terminal_back_and_says_what_it_was() {
    let this = std::env::current_exe().expect("this program");
    let this = this.display().to_string();
    let story = ["--exact", "leaving::it_panics", "--ignored", "--nocapture", "--test-threads=1"];
    let mut program = vec![this.as_str()];
    program.extend(story);
    let mut terminal = Launch::of("Ann").program(&program).start(&[]);
    terminal.until("the screen is taken", Screen::alternate_screen);
    terminal.press("x");
    assert_ne!(terminal.ends(), 0);
    assert!(terminal.is_given_back());
    let said = String::from_utf8_lossy(&terminal.bytes()).into_owned();
    let (screen, after) = said.split_once(LEFT).expect("the screen was taken and given back");
    assert!(screen.contains(TAKEN) && after.contains("on purpose"), "{said:?}");
}

/// Run by the story above, in a terminal of its own: takes the terminal, and fails.
#[test]
#[ignore = "panics on purpose: another story runs it"]
fn it_panics() {
    let (environment, wishes) = (Environment::default(), Wishes::default());
    let tty = Tty::standard().expect("a terminal");
    let mut terminal = Terminal::enter(tty, &environment, &wishes).expect("a terminal");
    terminal.inputs.blocking_recv().expect("a key").expect("a terminal that can be read");
    panic!("on purpose");
}

/// How a program takes the alternate screen, and leaves it.
const TAKEN: &str = "\u{1b}[?1049h";
const LEFT: &str = "\u{1b}[?1049l";
