//! Terminals are small or large, without colours, or not there at all.

use crate::world::command::run;
use crate::world::launch::Launch;
use crate::world::peer::{Offer, Peer};
use crate::world::pictures::{photo, widths};
use crate::world::terminal::key;
use vt100::Screen;

#[test]
fn the_screen_follows_the_window_to_any_size() {
    let ann = Launch::of("Ann").open();
    ann.sees_the_camera();
    for (columns, rows) in [(40, 12), (120, 40), (80, 24)] {
        ann.resize(columns, rows);
        ann.until(&format!("a screen of {columns}x{rows}"), |screen| {
            is_filled(screen, columns, rows)
        });
    }
}

/// The hints are in the last row, the picture ends where the trail begins, the trail at the edge.
fn is_filled(screen: &Screen, columns: u16, rows: u16) -> bool {
    let lines: Vec<_> = screen.rows(0, columns).collect();
    let last = lines.last().is_some_and(|line| line.trim_start().starts_with("s snap"));
    let hints_before = lines[..lines.len() - 1].iter().any(|line| line.contains("s snap"));
    let widths = widths(screen);
    let picture = widths.iter().filter(|width| **width >= 4).count();
    let widest = widths.iter().copied().max().unwrap_or_default();
    let trail = lines.iter().any(|line| line.contains("photos you send"));
    lines.len() == usize::from(rows)
        && last
        && !hints_before
        && picture * 2 >= usize::from(rows)
        && widest * 2 >= usize::from(columns)
        && trail
}

#[test]
fn without_colours_no_colour_is_sent_at_all() {
    let mut ann = Launch::of("Ann").env("NO_COLOR", "1").open();
    let zoe = Peer::join("Zoë", &ann.link());
    ann.meets("Zoë");
    zoe.meets("Ann");
    zoe.offer(Offer::of("red.jpg", "image/jpeg", photo([220, 0, 0])));
    ann.has_in_its_trail("red.jpg");
    for (keys, shown) in [
        ("v", "red.jpg from Zoë 713 B"),
        ("v", "2 in the room"),
        ("i", "Whoever knows these words"),
        ("?", "snap and send at once"),
        ("?", "2 in the room"),
        ("s", "held: Enter sends"),
        (key::ESC, "S snap & send"),
        ("q", ""),
    ] {
        ann.press(keys);
        ann.shows(shown);
    }
    assert_eq!(ann.ends(), 0);
    let bytes = ann.bytes();
    let text = String::from_utf8_lossy(&bytes);
    let coloured: Vec<_> = sgr_numbers(&text).filter(|n| is_colour(*n)).collect();
    assert!(coloured.is_empty(), "{coloured:?}");
}

#[test]
fn with_colours_there_are_some() {
    let ann = Launch::of("Ann").open();
    ann.sees_the_camera();
    let bytes = ann.bytes();
    let text = String::from_utf8_lossy(&bytes);
    assert!(sgr_numbers(&text).any(is_colour), "the story above would notice none");
}

#[test]
fn a_name_of_wide_characters_leaves_everything_in_its_column() {
    let ann = Launch::of("Ann").open();
    let link = ann.link();
    let wide = Peer::join("写真家", &link);
    ann.meets("写真家");
    wide.meets("Ann");
    wide.offer(Offer::of("夕焼けの海.jpg", "image/jpeg", photo([220, 120, 0])));
    ann.shows("夕焼けの海.jpg");
    ann.shows("写真家 now");
    ann.until("everything in its column", |screen| {
        let peers = column_of(screen, 1, "写") == Some(3) && column_of(screen, 1, "家") == Some(7);
        let room = column_of(screen, 0, "m") == Some(78);
        let sender = column_of(screen, 3, "写") == Some(63);
        let age = column_of(screen, 3, "n") == Some(76) && column_of(screen, 3, "w") == Some(78);
        let file = column_of(screen, 4, "夕") == Some(63) && column_of(screen, 4, ".") == Some(73);
        peers && room && sender && age && file
    });
}

/// The last cell of a row that holds this character; a wide one must have both of its cells.
fn column_of(screen: &Screen, row: u16, character: &str) -> Option<u16> {
    (0..screen.size().1.get()).rev().find(|&column| {
        let cell = screen.cell(row, column);
        let next = screen.cell(row, column + 1);
        cell.is_some_and(|cell| {
            cell.contents() == character
                && (!cell.is_wide() || next.is_some_and(vt100::Cell::is_wide_continuation))
        })
    })
}

#[test]
fn without_a_terminal_it_says_so_and_names_what_needs_none() {
    let ran = run(&["--listen", "127.0.0.1:0", "--camera", "test"]);
    assert_eq!(ran.status, Some(1));
    assert_eq!(ran.stdout, "");
    assert!(ran.stderr.starts_with("peersnap: there is no terminal to draw on"), "{}", ran.stderr);
    for command in ["send", "receive", "daemon", "--plain"] {
        assert!(ran.stderr.contains(command), "{}", ran.stderr);
    }
}

/// The numbers of all sequences that choose how text looks.
fn sgr_numbers(text: &str) -> impl Iterator<Item = u32> {
    text.split("\x1b[").skip(1).flat_map(|sequence| {
        let end = sequence.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap_or(0);
        let is_sgr = sequence[end..].starts_with('m');
        let numbers = if is_sgr { &sequence[..end] } else { "" };
        numbers.split(';').filter_map(|number| number.parse().ok()).collect::<Vec<_>>()
    })
}

fn is_colour(number: u32) -> bool {
    matches!(number, 30..=49 | 58 | 59 | 90..=107)
}
