//! What holds of every clean text, whatever it was made of.

use super::plain::is_mark;
use super::shape::{CODE_POINTS_MAX, GRAPHEME_CELLS_MAX, MARKS_MAX};
use super::*;
use proptest::prelude::*;
use serde::Deserialize;
use unicode_normalization::is_nfc;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

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
        let checked = check_text(&text).and_then(|()| check_name(&text));
        assert!(checked.is_ok(), "{what}: {checked:?}");
    }
}

proptest! {
    #[test]
    fn any_text_is_cleaned_once(text in any::<String>()) {
        check_text(&text)?;
        check_name(&text)?;
    }

    /// Made of what graphemes, sequences and names are made of: far more of them meet.
    #[test]
    fn any_text_of_awkward_parts_is_cleaned_once(
        parts in prop::collection::vec(prop::sample::select(PARTS), 0..40),
        times in prop::collection::vec(1..4_usize, 40),
    ) {
        let parts = parts.iter().zip(times).map(|(part, times)| part.repeat(times));
        let text: String = parts.collect();
        check_text(&text)?;
        check_name(&text)?;
    }

    #[test]
    fn a_numbered_name_is_a_name(
        parts in prop::collection::vec(prop::sample::select(PARTS), 0..200),
        n in any::<u32>(),
    ) {
        let numbered = FileName::new(&parts.concat()).numbered(n);
        let number = format!(" ({n})");
        prop_assert!(numbered.as_str().contains(&number));
        check_name(numbered.as_str())?;
        prop_assert_eq!(FileName::new(numbered.as_str()), numbered);
    }
}

fn check_text(text: &str) -> Result<(), TestCaseError> {
    let clean = SafeText::new(text);
    check_clean(clean.as_str())?;
    let graphemes = clean.as_str().graphemes(true);
    prop_assert!(graphemes.clone().count() <= SafeText::GRAPHEMES_MAX);
    let cells: usize = graphemes.map(UnicodeWidthStr::width).sum();
    prop_assert!(cells <= 2 * SafeText::GRAPHEMES_MAX, "{clean:?} takes {cells} cells");
    prop_assert_eq!(SafeText::new(clean.as_str()), clean, "cleaning twice");
    Ok(())
}

fn check_name(text: &str) -> Result<(), TestCaseError> {
    let name = FileName::new(text);
    let said = name.as_str();
    check_clean(said)?;
    prop_assert!(!said.is_empty() && said.len() <= FileName::BYTES_MAX, "{said:?}");
    prop_assert!(!said.contains(['/', '\\', '<', '>', ':', '"', '|', '?', '*']), "{said:?}");
    prop_assert!(!said.starts_with(['.', ' ', '-']) && !said.ends_with(['.', ' ']), "{said:?}");
    let device = said.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
    let reserved = ["con", "prn", "aux", "nul", "conin$", "conout$", "clock$"];
    prop_assert!(!reserved.contains(&device.as_str()), "{said:?}");
    let number = device.strip_prefix("com").or(device.strip_prefix("lpt")).unwrap_or_default();
    let digit = |c| matches!(c, '0'..='9' | '\u{b9}' | '\u{b2}' | '\u{b3}');
    prop_assert!(!(number.chars().count() == 1 && number.chars().all(digit)), "{said:?}");
    prop_assert_eq!(FileName::new(said), name, "cleaning twice");
    Ok(())
}

/// What holds of both.
fn check_clean(clean: &str) -> Result<(), TestCaseError> {
    prop_assert!(is_nfc(clean), "{clean:?} is not in NFC");
    prop_assert!(!clean.contains("  ") && clean.trim() == clean, "{clean:?}");
    let baseless = clean.split(' ').any(|word| word.starts_with(is_mark));
    prop_assert!(!baseless, "{clean:?} has a mark that stands on nothing");
    for c in clean.chars() {
        let forbidden = match c.general_category() {
            GeneralCategory::Format => c != '\u{200d}',
            GeneralCategory::SpaceSeparator => c != ' ',
            GeneralCategory::Control
            | GeneralCategory::PrivateUse
            | GeneralCategory::Surrogate
            | GeneralCategory::Unassigned
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator => true,
            _ => BLANK.contains(&c),
        };
        prop_assert!(!forbidden, "{c:?} is left in {clean:?}");
    }
    for grapheme in clean.graphemes(true) {
        prop_assert!(grapheme.chars().count() <= CODE_POINTS_MAX, "{grapheme:?} in {clean:?}");
        let cells = grapheme.width();
        prop_assert!((1..=GRAPHEME_CELLS_MAX).contains(&cells), "{grapheme:?} takes {cells}");
        prop_assert!(!grapheme.ends_with('\u{200d}'), "{grapheme:?} joins nothing in {clean:?}");
        let marks = grapheme.split(|c| !is_mark(c)).map(|marks| marks.chars().count()).max();
        prop_assert!(marks.unwrap_or_default() <= MARKS_MAX, "{grapheme:?} in {clean:?}");
    }
    Ok(())
}

const BLANK: &[char] = &[
    '\u{34f}',
    '\u{115f}',
    '\u{1160}',
    '\u{17b4}',
    '\u{180b}',
    '\u{2800}',
    '\u{3164}',
    '\u{fe00}',
    '\u{fe0e}',
    '\u{ffa0}',
    '\u{fffc}',
    '\u{16fe4}',
    '\u{1d159}',
    '\u{e0100}',
    '\u{10eeee}',
];

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
