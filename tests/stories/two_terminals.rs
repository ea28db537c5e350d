//! Two people, two terminals: one snaps and sends, the other sees it a moment later.

use crate::world::launch::Launch;
use crate::world::peer::Peer;
use crate::world::pictures::colours;
use crate::world::shown::{TRAIL, words};
use crate::world::terminal::{Terminal, key};
use crate::world::{digest, files, only_file, read};

/// Two terminals in one room, connected, the first with a live picture.
fn two() -> (Terminal, Terminal) {
    let ann = Launch::of("Ann").open();
    let zoe = Launch::of("Zoë").join(&ann.link());
    ann.meets("Zoë");
    zoe.meets("Ann");
    ann.sees_the_camera();
    (ann, zoe)
}

#[test]
fn a_photo_that_is_snapped_and_sent_is_seen_by_the_other_and_lies_on_both_disks() {
    let (mut ann, zoe) = two();
    ann.press("s");
    ann.shows("held: Enter sends, Esc throws away");
    assert!(files(&ann.save).is_empty(), "a held photo is no file");
    ann.press(key::ENTER);

    zoe.until("the photo in the trail", |screen| {
        words(screen).contains("Ann now") && colours(screen, TRAIL) > 8
    });
    ann.shows("✓ Zoë");
    ann.is_told("Zoë has peersnap-");
    zoe.is_told("from Ann");

    let (sent, received) = (only_file(&ann.save), only_file(&zoe.save));
    assert_eq!(sent.file_name(), received.file_name());
    assert_eq!(digest(&sent), digest(&received));
    let picture = image::load_from_memory(&read(&received)).expect("a picture");
    assert_eq!((picture.width(), picture.height()), (1280, 720));
}

#[test]
fn a_photo_goes_the_other_way_over_the_same_connection() {
    let (ann, mut zoe) = two();
    zoe.sees_the_camera();
    zoe.press("S");
    ann.shows("Zoë now");
    zoe.shows("✓ Ann");
    assert_eq!(digest(&only_file(&ann.save)), digest(&only_file(&zoe.save)));
}

#[test]
fn a_photo_that_is_snapped_and_sent_at_once_is_never_held() {
    let (mut ann, zoe) = two();
    ann.press("S");
    zoe.shows("Ann now");
    ann.shows("✓ Zoë");
    let bytes = ann.bytes();
    assert!(!String::from_utf8_lossy(&bytes).contains("held: Enter"));
    assert_eq!(digest(&only_file(&ann.save)), digest(&only_file(&zoe.save)));
}

#[test]
fn one_send_reaches_everyone_in_the_room_with_a_receipt_from_each() {
    let (mut ann, zoe) = two();
    let bob = Peer::join("Bob", &link_of(&mut ann));
    ann.meets("Bob");
    zoe.meets("Bob");
    ann.shows("3 in the room");
    ann.press("S");
    ann.shows("✓ Zoë");
    ann.shows("✓ Bob");
    let theirs = [only_file(&zoe.save), bob.receives_from("Ann")];
    for received in theirs {
        assert_eq!(digest(&received), digest(&only_file(&ann.save)));
    }
}

#[test]
fn a_held_photo_is_thrown_away_by_esc() {
    let (mut ann, zoe) = two();
    ann.press("s");
    ann.shows("held: Enter sends");
    ann.press(key::ESC);
    ann.is_told("the photo is thrown away");
    ann.shows_no_more("held: Enter sends");
    // Whatever went out before the next photo would have come before it.
    ann.press("S");
    ann.shows("✓ Zoë");
    only_file(&ann.save);
    only_file(&zoe.save);
}

#[test]
fn a_photo_that_is_held_at_the_end_is_kept() {
    let mut ann = Launch::of("Ann").open();
    ann.sees_the_camera();
    ann.press("s");
    ann.shows("held: Enter sends");
    ann.press("q");
    assert_eq!(ann.ends(), 0);
    image::load_from_memory(&read(&only_file(&ann.save))).expect("a picture");
}

/// The link, as the invitation shows it while others are here.
fn link_of(terminal: &mut Terminal) -> String {
    terminal.press("i");
    let link = terminal.link();
    terminal.press("i");
    link
}
