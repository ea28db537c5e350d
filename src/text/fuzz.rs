//! What holds of every clean text, whatever it was made of. See [`crate::fuzz`].

use super::plain::is_mark;
use super::shape::{CODE_POINTS_MAX, GRAPHEME_CELLS_MAX, MARKS_MAX};
use super::{FileName, SafeText};
use unicode_normalization::is_nfc;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// A line for a person.
pub(crate) fn safe_text(data: &[u8]) {
    let clean = SafeText::new(&String::from_utf8_lossy(data));
    assert_clean(clean.as_str());
    let graphemes = clean.as_str().graphemes(true);
    assert!(graphemes.clone().count() <= SafeText::GRAPHEMES_MAX);
    let cells: usize = graphemes.map(UnicodeWidthStr::width).sum();
    assert!(cells <= 2 * SafeText::GRAPHEMES_MAX, "{clean:?} takes {cells} cells");
    assert_eq!(SafeText::new(clean.as_str()), clean, "cleaning twice");
}

/// A name of a file, and the same with a number.
pub(crate) fn file_names(data: &[u8]) {
    let name = FileName::new(&String::from_utf8_lossy(data));
    assert_portable(&name);
    let number = data.iter().fold(0, |number: u32, byte| number << 5 ^ u32::from(*byte));
    let numbered = name.numbered(number);
    let said = format!(" ({number})");
    assert!(numbered.as_str().contains(&said), "{numbered:?} has no number {number}");
    assert_portable(&numbered);
}

fn assert_portable(name: &FileName) {
    let said = name.as_str();
    assert_clean(said);
    assert!(!said.is_empty() && said.len() <= FileName::BYTES_MAX, "{said:?}");
    assert!(!said.contains(['/', '\\', '<', '>', ':', '"', '|', '?', '*']), "{said:?}");
    assert!(!said.starts_with(['.', ' ', '-']) && !said.ends_with(['.', ' ']), "{said:?}");
    let device = said.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
    let reserved = ["con", "prn", "aux", "nul", "conin$", "conout$", "clock$"];
    assert!(!reserved.contains(&device.as_str()), "{said:?}");
    let number = device.strip_prefix("com").or(device.strip_prefix("lpt")).unwrap_or_default();
    let digit = |c| matches!(c, '0'..='9' | '\u{b9}' | '\u{b2}' | '\u{b3}');
    assert!(!(number.chars().count() == 1 && number.chars().all(digit)), "{said:?}");
    assert_eq!(FileName::new(said), *name, "cleaning twice");
}

/// What holds of both.
fn assert_clean(clean: &str) {
    assert!(is_nfc(clean), "{clean:?} is not in NFC");
    assert!(!clean.contains("  ") && clean.trim() == clean, "{clean:?}");
    let baseless = clean.split(' ').any(|word| word.starts_with(is_mark));
    assert!(!baseless, "{clean:?} has a mark that stands on nothing");
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
        assert!(!forbidden, "{c:?} is left in {clean:?}");
    }
    for grapheme in clean.graphemes(true) {
        assert!(grapheme.chars().count() <= CODE_POINTS_MAX, "{grapheme:?} in {clean:?}");
        let cells = grapheme.width();
        assert!((1..=GRAPHEME_CELLS_MAX).contains(&cells), "{grapheme:?} takes {cells}");
        assert!(!grapheme.ends_with('\u{200d}'), "{grapheme:?} joins nothing in {clean:?}");
        let marks = grapheme.split(|c| !is_mark(c)).map(|marks| marks.chars().count()).max();
        assert!(marks.unwrap_or_default() <= MARKS_MAX, "{grapheme:?} in {clean:?}");
    }
}

/// Some of those that cannot be seen.
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
