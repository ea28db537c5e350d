//! What is said in [`super::fuzz`] of every text, tried on texts that were made for it.

use super::fuzz::{file_names, safe_text};
use proptest::prelude::*;
use serde::Deserialize;

/// Texts that were made to do harm, for all tests that show or store a text from outside.
const HOSTILE: &str = include_str!("../../tests/contracts/golden/hostile_text.json");

#[derive(Deserialize)]
struct Hostile {
    what: String,
    text: String,
}

#[test]
fn no_hostile_text_gets_through() {
    let hostile: Vec<Hostile> = serde_json::from_str(HOSTILE).expect("a list of texts");
    assert!(hostile.len() >= 60);
    for Hostile { what, text } in hostile {
        println!("{what}");
        check(&text);
    }
}

proptest! {
    #[test]
    fn any_text_is_cleaned_once(text in any::<String>()) {
        check(&text);
    }

    /// Made of what graphemes, sequences and names are made of: far more of them meet.
    #[test]
    fn any_text_of_awkward_parts_is_cleaned_once(
        parts in prop::collection::vec((prop::sample::select(PARTS), 1..4_usize), 0..100),
    ) {
        check(&parts.iter().map(|(part, times)| part.repeat(*times)).collect::<String>());
    }
}

fn check(text: &str) {
    safe_text(text.as_bytes());
    file_names(text.as_bytes());
}

#[rustfmt::skip]
const PARTS: &[&str] = &[
    "a", "e", "x", "-", ".", " ", "/", "\\", "*", "1", "#", "_", "<", ":", "~", "con", "COM", "lpt",
    "\u{b9}", ".jpg", "\u{1b}", "[", "]", "m", "\u{7}", "\u{9b}", "\u{9c}", "\u{90}", "\n", "\u{18}",
    "\u{301}", "\u{316}", "\u{338}", "\u{345}", "\u{20dd}", "\u{34f}", "\u{ad}", "\u{202e}", "\u{2028}",
    "\u{3000}", "\u{2003}", "\u{200b}", "\u{200d}", "\u{fe0f}", "\u{fe0e}", "\u{20e3}", "\u{e0041}",
    "👩", "🚀", "❤", "👋", "🏽", "🏿", "🦰", "↔", "©", "🇩", "🇪", "写", "﷽", "\u{1100}", "\u{1161}",
    "\u{11a8}", "\u{ac00}", "\u{a960}", "\u{d7b0}", "\u{d7cb}", "\u{915}", "\u{928}", "\u{94d}",
    "\u{93c}", "\u{940}", "\u{9c7}", "\u{9be}", "\u{dd9}", "\u{dcf}", "\u{d4e}", "\u{600}", "\u{e33}",
    "\u{ff9e}", "\u{644}", "\u{627}", "\u{653}", "\u{17d2}", "\u{1780}", "\u{17d8}", "\u{a8fa}",
    "\u{2329}", "\u{1fef}", "\u{37e}", "\u{10eeee}", "\u{3164}", "\u{378}", "\u{16d63}", "\u{16d67}",
    "\u{1e000}", "\u{20d0}", "\u{1a61}", "\u{102c}", "\u{1025}", "\u{e48}", "\u{fffd}",
];
