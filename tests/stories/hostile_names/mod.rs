//! People and files have names that people and files should not have: they stay in their places.
//!
//! Each name is told twice: as it is, and with each of its characters made a `~` once it is clean.
//! What is then not alike outside the `~` was reached by the name.

mod drawn;
mod heard;

use crate::world::launch::Launch;
use crate::world::only_file;
use crate::world::pictures::{colours, photo};
use crate::world::raw::RawPeer;
use crate::world::sequences::kinds;
use crate::world::server::Server;
use crate::world::shown::TRAIL;
use crate::world::terminal::key;
use heard::{TILDE, WIDE_TILDE};
use serde::Deserialize;
use std::ops::Range;
use std::time::Instant;
use vt100::{Cell, Screen};

/// A text, and what is wrong with it.
#[derive(Debug, Deserialize)]
struct Hostile {
    what: String,
    text: String,
}

fn corpus() -> Vec<Hostile> {
    serde_json::from_str(include_str!("text.json")).expect("a list of texts")
}

#[test]
fn no_name_reaches_anything_but_its_own_place() {
    let now = Instant::now();
    let reached: Vec<_> =
        corpus().iter().filter_map(|hostile| reaches(hostile, now).err()).collect();
    assert!(reached.is_empty(), "{} do:\n{}", reached.len(), reached.join("\n\n"));
}

/// The first thing beside its own place that a text reaches, as the name of a person and a file.
fn reaches(Hostile { what, text }: &Hostile, now: Instant) -> Result<(), String> {
    let (name, file) = (heard::name(text), heard::file(text));
    let (tildes, tilde_file) = (heard::harmless(&name), heard::harmless_file(&file));
    for size in SIZES {
        let told = drawn::evening(size, now, &name, &file);
        let harmless = drawn::evening(size, now, &tildes, &tilde_file);
        for (told, harmless) in told.iter().zip(&harmless) {
            let at = |reached| format!("{what}, {text:?}: {}: {reached}", told.step);
            same_but_for_the_name(&told.screen, &harmless.screen, &[]).map_err(at)?;
            let orders: Vec<_> = told.orders.difference(&harmless.orders).collect();
            let kinds = kinds(&told.bytes);
            let strange: Vec<_> =
                kinds.iter().filter(|kind| !DRAWING.contains(&&***kind)).collect();
            if !orders.is_empty() || !strange.is_empty() {
                return Err(at(format!("the terminal {orders:?}, is sent {strange:?}")));
            }
        }
    }
    Ok(())
}

#[test]
fn a_terminal_is_steered_by_nobodys_name() {
    let server = Server::start();
    // Each is an evening at a terminal, and one to compare it with.
    let worst = corpus().into_iter().filter(|it| AT_A_TERMINAL.contains(&it.what.as_str()));
    for Hostile { what, text } in worst {
        let told = evening(&server, &text, &text);
        let name = heard::harmless(&heard::name(&text));
        let file = heard::harmless_file(&heard::file(&text));
        let harmless = evening(&server, name.as_str(), file.as_str());
        // Behind the mark, the name, and how it is reached: how long it takes.
        let time = 3 + name.as_str().len() as u16 + " direct ".len() as u16;
        let live = [PREVIEW, (1..2, time..time + "999 ms".len() as u16)];
        let same = same_but_for_the_name(&told.0, &harmless.0, &live);
        assert!(same.is_ok(), "{what}: {same:?}");
        assert_eq!(kinds(&told.1), kinds(&harmless.1), "{what}");
    }
}

/// Somebody of this name hands over a file of that name: the screen then, and all that was sent to
/// the terminal up to its end.
fn evening(server: &Server, name: &str, file: &str) -> (Screen, Vec<u8>) {
    let mut ann = Launch::of("Ann").join(&server.link());
    ann.shows("waiting for someone");
    let raw = RawPeer::join(name, server);
    ann.shows("2 in the room");
    raw.hand_over(0, file, &photo([9, 99, 199]));
    only_file(&ann.save);
    ann.shows("direct");
    ann.until("its picture", |screen| colours(screen, TRAIL) > 0);
    let screen = ann.find("a screen", |screen| Some(screen.clone()));
    ann.press("v");
    ann.shows("1 of 1");
    ann.press(key::ESC);
    ann.shows("2 in the room");
    drop(raw);
    ann.quits();
    (screen, ann.bytes())
}

/// Outside the name all is alike, but for these rows and columns; and so is how the name looks.
fn same_but_for_the_name(
    told: &Screen,
    harmless: &Screen,
    but_for: &[(Range<u16>, Range<u16>)],
) -> Result<(), String> {
    let (rows, columns) = told.size();
    let all = (0..rows.get()).flat_map(|row| (0..columns.get()).map(move |column| (row, column)));
    let but_for = |row, column| {
        but_for.iter().any(|(rows, columns)| rows.contains(&row) && columns.contains(&column))
    };
    for (row, column) in all.filter(|(row, column)| !but_for(*row, *column)) {
        let cells = (told.cell(row, column), harmless.cell(row, column));
        let (Some(cell), Some(other)) = cells else { return Err("another size".to_owned()) };
        // The second half of a wide character has no looks of its own, and nobody else is wide.
        if other.is_wide_continuation() {
            continue;
        }
        let is_name = matches!(other.contents(), TILDE | WIDE_TILDE | "…");
        if looks(cell) != looks(other) || (!is_name && contents(cell) != contents(other)) {
            let (text, others) = (told.contents(), harmless.contents());
            let (cell, other) = (contents(cell), contents(other));
            let place = format!("row {row}, column {column}: {cell:?} for {other:?}");
            return Err(format!("{place}\n{text}\n--- but\n{others}"));
        }
    }
    if modes(told) == modes(harmless) { Ok(()) } else { Err("modes differ".to_owned()) }
}

/// A cell that nothing was drawn in looks like a space.
fn contents(cell: &Cell) -> &str {
    if cell.contents().is_empty() { " " } else { cell.contents() }
}

fn modes(screen: &Screen) -> impl PartialEq + use<> {
    let cursor = (screen.cursor_position(), screen.hide_cursor());
    let mouse = (screen.mouse_protocol_mode(), screen.mouse_protocol_encoding());
    let keys = (screen.application_keypad(), screen.application_cursor());
    (cursor, mouse, keys, screen.alternate_screen(), screen.bracketed_paste())
}

fn looks(cell: &Cell) -> impl PartialEq + use<> {
    (cell.fgcolor(), cell.bgcolor(), cell.bold(), cell.dim(), cell.inverse(), cell.underline())
}

/// All that drawing takes: colours, places, the clearing of a screen, and no cursor.
const DRAWING: [&str; 5] = ["CSI m", "CSI H", "CSI J", "CSI ?25l", "CSI ?25h"];
const SIZES: [(u16, u16); 3] = [(80, 24), (40, 12), (120, 40)];
const AT_A_TERMINAL: [&str; 3] = ["sets the title", "C1 controls", "wide characters"];
/// Where the live picture is, in rows and columns: another each time.
const PREVIEW: (Range<u16>, Range<u16>) = (3..19, 0..49);
