//! People and files have names that people and files should not have: they stay in their places.
//!
//! Each name is told twice: as it is, and with each of its characters made a `~` once it is clean.
//! What is then not alike outside the `~` was reached by the name.

mod drawn;
mod heard;
mod orders;

use crate::world::launch::Launch;
use crate::world::only_file;
use crate::world::pictures::{colours, photo};
use crate::world::raw::RawPeer;
use crate::world::sequences::kinds;
use crate::world::server::Server;
use crate::world::shown::TRAIL;
use crate::world::terminal::key;
use heard::{TILDE, WIDE_TILDE};
use peersnap::terminal::capabilities::{Capabilities, Environment};
use serde::Deserialize;
use std::ops::Range;
use std::time::Instant;
use unicode_width::UnicodeWidthStr;
use vt100::{Cell, Screen};

/// A text, and what is wrong with it.
#[derive(Debug, Deserialize)]
struct Hostile {
    what: String,
    text: String,
}

fn corpus() -> Vec<Hostile> {
    serde_json::from_str(include_str!("../../contracts/golden/hostile_text.json"))
        .expect("a list of texts")
}

#[test]
fn no_name_reaches_anything_but_its_own_place() {
    let now = Instant::now();
    let reached: Vec<_> = corpus()
        .iter()
        .filter(|it| !it.text.contains(NOT_DRAWN))
        .filter_map(|hostile| reaches(hostile, now).err())
        .collect();
    assert!(reached.is_empty(), "{} do:\n{}", reached.len(), reached.join("\n\n"));
}

/// The first thing beside its own place that a text reaches, as the name of a person and a file.
fn reaches(Hostile { what, text }: &Hostile, now: Instant) -> Result<(), String> {
    let (name, file) = (heard::name(text), heard::file(text));
    let (tildes, tilde_file) = (heard::harmless(&name), heard::harmless_file(&file));
    let spill = heard::spill(name.as_str()).max(heard::spill(file.as_str()));
    for size in SIZES {
        let told = drawn::evening(size, now, &name, &file);
        let harmless = drawn::evening(size, now, &tildes, &tilde_file);
        for (told, harmless) in told.iter().zip(&harmless) {
            let at = |reached| format!("{what}, {text:?}: {}: {reached}", told.step);
            same_but_for_the_name(&told.screen, &harmless.screen, size.0, &[], spill)
                .map_err(at)?;
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
        // Behind the mark and the name: how it is reached, and how long that takes.
        let reached = 3 + name.as_str().width() as u16;
        let live = [PREVIEW, (1..2, reached..80)];
        let same = same_but_for_the_name(&told.0, &harmless.0, 80, &live, 0);
        assert!(same.is_ok(), "{what}: {same:?}");
        let said = without_questions(&told.1);
        let kinds = kinds(&said);
        let strange: Vec<_> = kinds.iter().filter(|kind| !is_own(kind)).collect();
        assert!(strange.is_empty(), "{what}: the terminal is sent {strange:?}");
    }
}

/// What is sent to a terminal, but for what it is asked once, at the start.
fn without_questions(bytes: &[u8]) -> Vec<u8> {
    let environment = Environment::read(|name| match name {
        "TERM" => Some("xterm-256color".to_owned()),
        "COLORTERM" => Some("truecolor".to_owned()),
        _ => None,
    });
    let questions = Capabilities::probe(&environment);
    let at = bytes.windows(questions.len()).position(|some| some == questions);
    let at = at.expect("a terminal is asked what it can do");
    [&bytes[..at], &bytes[at + questions.len()..]].concat()
}

/// Whether the program says this by itself: what drawing takes, and what takes the terminal over and
/// gives it back.
fn is_own(kind: &str) -> bool {
    let mode = |mode: &str| OWN_MODES.iter().any(|own| mode.strip_prefix("?") == Some(own));
    match kind.strip_prefix("CSI ") {
        Some("m" | "H" | "J" | "C" | "5n") => true,
        Some(other) => other.strip_suffix(['h', 'l']).is_some_and(mode),
        None => OWN_CONTROLS.contains(&kind),
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
    ann.shows(" ms");
    ann.until("its picture", |screen| colours(screen, TRAIL) > 0);
    let screen = ann.find("a screen", |screen| Some(screen.clone()));
    ann.press("v");
    ann.shows_no_more("2 in the room");
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
    columns: u16,
    but_for: &[(Range<u16>, Range<u16>)],
    spill: u16,
) -> Result<(), String> {
    let rows = told.size().0;
    for row in 0..rows.get() {
        // How many columns from here on may still be the name's: those that it stands in, and of
        // the blank ones behind it those that it takes in a terminal which draws it in parts.
        let mut own = 0;
        for column in 0..columns {
            let cells = (told.cell(row, column), harmless.cell(row, column));
            let (Some(cell), Some(other)) = cells else { return Err("another size".to_owned()) };
            let is_name = matches!(other.contents(), TILDE | WIDE_TILDE | "…");
            own = match own {
                _ if is_name => spill + 1,
                // Behind the first half of a wide one.
                own if other.is_wide_continuation() => own,
                own => own.saturating_sub(1),
            };
            let live = but_for
                .iter()
                .any(|(rows, columns)| rows.contains(&row) && columns.contains(&column));
            let may_be_its = own > 0 && (is_name || contents(other) == " ");
            let alike =
                may_be_its || (contents(cell) == contents(other) && looks(cell) == looks(other));
            if !live && !alike {
                let (text, others) = (told.contents(), harmless.contents());
                let (cell, other) = (contents(cell), contents(other));
                let place = format!("row {row}, column {column}: {cell:?} for {other:?}");
                return Err(format!("{place}\n{text}\n--- but\n{others}"));
            }
        }
    }
    if modes(told) == modes(harmless) { Ok(()) } else { Err("modes differ".to_owned()) }
}

/// A cell that nothing was drawn in looks like a space.
fn contents(cell: &Cell) -> &str {
    if cell.contents().is_empty() { " " } else { cell.contents() }
}

fn modes(screen: &Screen) -> impl PartialEq + use<> {
    // Where a cursor is that nobody sees, is of no interest.
    let cursor = (!screen.hide_cursor()).then(|| screen.cursor_position());
    let mouse = (screen.mouse_protocol_mode(), screen.mouse_protocol_encoding());
    let keys = (screen.application_keypad(), screen.application_cursor());
    (cursor, mouse, keys, screen.alternate_screen(), screen.bracketed_paste())
}

/// How a cell looks; of a blank one, what is seen of that.
fn looks(cell: &Cell) -> impl PartialEq + use<> {
    let letter = (cell.fgcolor(), cell.bold(), cell.dim());
    let seen = (contents(cell) != " ").then_some(letter);
    (seen, cell.bgcolor(), cell.inverse(), cell.underline())
}

/// What this emulator of a terminal leaves out, where others show something.
const NOT_DRAWN: char = char::REPLACEMENT_CHARACTER;
/// All that drawing takes: colours, places, the clearing of a screen, and no cursor.
const DRAWING: [&str; 5] = ["CSI m", "CSI H", "CSI J", "CSI ?25l", "CSI ?25h"];
/// The cursor, the edge, the other screen, pastes, frames that are shown whole, the mouse.
const OWN_MODES: [&str; 10] =
    ["25", "7", "1049", "2004", "2026", "1000", "1002", "1003", "1006", "1015"];
/// To the start of the row, and of the next.
const OWN_CONTROLS: [&str; 2] = ["000d", "000a"];
const SIZES: [(u16, u16); 3] = [(80, 24), (40, 12), (120, 40)];
const AT_A_TERMINAL: [&str; 3] = ["OSC: title, ended by BEL", "CSI: 8-bit", "wide letters"];
/// Where the live picture is, in rows and columns: another each time.
const PREVIEW: (Range<u16>, Range<u16>) = (3..19, 0..49);
