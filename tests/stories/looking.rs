//! A person looks at what has come in, and finds out what else can be done.

use crate::world::launch::Launch;
use crate::world::peer::{Offer, Peer};
use crate::world::pictures::{photo, seen};
use crate::world::server::Server;
use crate::world::shown::TRAIL;
use crate::world::terminal::{Terminal, key};
use vt100::{Color, Screen};

/// Ann, who has got a red photo and then a blue one.
fn with_two_photos() -> (Terminal, Peer) {
    let ann = Launch::of("Ann").open();
    let zoe = Peer::join("Zoë", &ann.link());
    ann.meets("Zoë");
    zoe.meets("Ann");
    for (name, colour) in [("red.jpg", [220, 0, 0]), ("blue.jpg", [0, 0, 220])] {
        zoe.offer(Offer::of(name, "image/jpeg", photo(colour)));
        ann.has_in_its_trail(name);
    }
    (ann, zoe)
}

#[test]
fn a_photo_is_viewed_on_the_whole_screen_and_left_again() {
    let (mut ann, _zoe) = with_two_photos();
    ann.press("v");
    ann.shows("blue.jpg from Zoë");
    ann.shows("1 of 2");
    ann.until("a blue screen", |screen| is_filled(screen, |[r, g, b]| b > 150 && r < 80 && g < 80));
    ann.press("v");
    ann.shows("2 in the room");
    ann.press("v");
    ann.shows("1 of 2");
    ann.press(key::ESC);
    ann.shows("2 in the room");
}

#[test]
fn arrows_choose_in_the_trail_and_turn_pages_in_the_large_view() {
    let (mut ann, _zoe) = with_two_photos();
    ann.until("the newest is chosen", |screen| marked(screen).contains("blue.jpg"));
    ann.press(key::DOWN);
    ann.until("the older is chosen", |screen| marked(screen).contains("red.jpg"));
    ann.press("v");
    ann.shows("red.jpg from Zoë");
    ann.until("a red screen", |screen| is_filled(screen, |[r, g, b]| r > 150 && g < 80 && b < 80));
    ann.press(key::LEFT);
    ann.shows("blue.jpg from Zoë");
    ann.press(key::RIGHT);
    ann.shows("2 of 2");
    ann.press(key::ESC);
    // A terminal tells Esc and what follows apart by time alone.
    ann.shows("2 in the room");
    ann.press(key::UP);
    ann.until("the newest is chosen", |screen| marked(screen).contains("blue.jpg"));
}

#[test]
fn a_photo_that_comes_in_meanwhile_does_not_change_what_is_viewed() {
    let (mut ann, zoe) = with_two_photos();
    ann.press(key::DOWN);
    ann.press("v");
    ann.shows("red.jpg from Zoë");
    zoe.offer(Offer::of("green.jpg", "image/jpeg", photo([0, 200, 0])));
    ann.is_told("green.jpg from Zoë");
    ann.shows("3 of 3");
    ann.shows("red.jpg from Zoë");
}

#[test]
fn the_help_lists_the_keys_and_goes_again() {
    let mut ann = Launch::of("Ann").open();
    ann.link();
    ann.press("?");
    for line in ["Enter send", "S snap and send at once", "v view the chosen photo", "q quit;"] {
        ann.shows(line);
    }
    ann.press("?");
    ann.shows_no_more("snap and send at once");
    ann.press("?");
    ann.shows("snap and send at once");
    ann.press(key::ESC);
    ann.shows_no_more("snap and send at once");
}

#[test]
fn the_invitation_shows_the_whole_link_even_where_it_has_no_room_at_the_top() {
    let server = Server::start();
    let link = server.link();
    let mut ann = Launch::of("Ann").size(74, 20).join(&link);
    let _zoe = Peer::join("A person with a rather long name", &link);
    ann.shows("2 in the room");
    ann.shows_no_more("http://");
    ann.press("i");
    ann.shows("Whoever knows these words can join:");
    ann.shows(&link);
    ann.press(key::ESC);
    ann.shows_no_more("http://");
}

/// The text beside the mark of the chosen photo, which stands before its picture.
fn marked(screen: &Screen) -> String {
    let rows = screen.rows(TRAIL.start, TRAIL.end - TRAIL.start);
    rows.filter(|row| row.starts_with(" ▌")).collect::<Vec<_>>().join("\n")
}

/// Whether the middle of the screen is a picture of such a colour.
fn is_filled(screen: &Screen, so: impl Fn([u8; 3]) -> bool) -> bool {
    let middle = (8..14).flat_map(|row| (35..45).map(move |column| (row, column)));
    middle.filter_map(|(row, column)| screen.cell(row, column)).all(|cell| {
        let seen = seen(cell);
        let so = |colour: &Color| matches!(*colour, Color::Rgb(r, g, b) if so([r, g, b]));
        !seen.is_empty() && seen.iter().all(so)
    })
}
