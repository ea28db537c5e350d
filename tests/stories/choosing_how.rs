//! Who knows better than the program how pictures are drawn here, says so once.

use crate::world::launch::Launch;
use crate::world::pictures::cells;
use crate::world::terminal::Terminal;
use std::collections::BTreeSet;

#[test]
fn what_is_said_of_the_terminal_is_heeded_and_remembered() {
    let home = tempfile::tempdir().expect("a folder for a person");
    let usual = ["--listen", "127.0.0.1:0"];
    let said = ["--graphics", "cells", "--cells", "half", "--color", "16"];
    for arguments in [[&usual[..], &said[..]].concat(), usual.to_vec()] {
        let mut ann = Launch::of("Ann").home(home.path()).start(&arguments);
        a_photo_is_held(&mut ann);
        let glyphs = glyphs(&ann);
        let halves = ["▀", "▄", "█", " ", ""].map(str::to_owned).into();
        assert!(glyphs.is_subset(&halves), "{arguments:?}: {glyphs:?}");
        ann.quits();
        let bytes = ann.bytes();
        let text = String::from_utf8_lossy(&bytes);
        for many in ["38;2", "38;5", "48;2", "48;5"] {
            assert!(!text.contains(many), "{arguments:?}: {many}");
        }
    }
    // The stories above would notice if nothing were heeded.
    let mut ann = Launch::of("Ann").open();
    a_photo_is_held(&mut ann);
    let glyphs = glyphs(&ann);
    assert!(glyphs.len() > 4, "{glyphs:?}");
}

fn a_photo_is_held(ann: &mut Terminal) {
    ann.sees_the_camera();
    ann.press("s");
    ann.shows("held: Enter sends");
    ann.settles();
}

/// What the cells of pictures are made of.
fn glyphs(ann: &Terminal) -> BTreeSet<String> {
    ann.find("a screen", |screen| {
        let cells = cells(screen, 0..80).into_iter().flatten();
        Some(cells.map(|(cell, _)| cell.contents().to_owned()).collect())
    })
}
