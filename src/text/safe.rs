//! A line of text that a person reads: what a peer is called.

use super::plain::{plain, without_escapes};
use super::shape::{Bounds, CODE_POINTS_MAX, shape};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One line of text that cannot steer a terminal, hide in one, or leave its cells.
///
/// In NFC. No escape sequences, no control, formatting, private or unassigned characters (but
/// the joiner inside an emoji), nothing that is blank besides single spaces, none of them at an
/// end. At most two marks a letter, [`SafeText::GRAPHEMES_MAX`] graphemes, and twice as many
/// cells.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct SafeText(String);

impl SafeText {
    /// The longest text, in graphemes.
    pub const GRAPHEMES_MAX: usize = 32;

    /// Cleans any text. What is left may be empty.
    pub fn new(text: &str) -> Self {
        let head = &text[..text.floor_char_boundary(BYTES_READ)];
        let bounds = Bounds {
            graphemes: Self::GRAPHEMES_MAX,
            cells: 2 * Self::GRAPHEMES_MAX,
            edges: &[' '],
        };
        Self(shape(plain(without_escapes(head)), &bounds))
    }

    /// The clean text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing was left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<String> for SafeText {
    fn from(text: String) -> Self {
        Self::new(&text)
    }
}

impl From<SafeText> for String {
    fn from(text: SafeText) -> Self {
        text.0
    }
}

impl fmt::Display for SafeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// More than any clean text has: what is behind is not looked at.
const BYTES_READ: usize = 2 * SafeText::GRAPHEMES_MAX * CODE_POINTS_MAX * 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn cleaned(cases: &[(&str, &str)]) {
        for (from, clean) in cases {
            assert_eq!(SafeText::new(from).as_str(), *clean, "{from:?}");
        }
    }

    #[test]
    fn an_escape_sequence_goes_whole() {
        cleaned(&[
            ("\u{1b}]52;c;cGFzdGU=\u{7}Ann", "Ann"),
            ("\u{1b}]8;;http://a/\u{1b}\\Ann\u{1b}]8;;\u{1b}\\", "Ann"),
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("\u{9b}2Jx", "x"),
            ("\u{1b}_Gi=1;AAAA\u{9c}x", "x"),
            ("\u{1b}[3\n1mx", "x"),
            ("\u{1b}(0x", "x"),
            ("\u{1b}]0;never ended", ""),
            ("\u{1b}]0;ended by cancel\u{18}x", "x"),
        ]);
    }

    #[test]
    fn what_is_invisible_goes() {
        cleaned(&[
            ("a\u{202e}b\u{10eeee}c\nd\u{2028}e\u{ad}f\u{feff}g\u{e0041}h", "abcdefgh"),
            ("a\u{3164}b\u{2800}c\u{115f}d\u{34f}e\u{fe01}f\u{378}g", "abcdefg"),
            ("\u{11a8}\u{1161}a\u{a8fa}", "a"),
        ]);
    }

    #[test]
    fn spaces_are_plain_and_single() {
        cleaned(&[("  a \u{3000}\u{a0} b  ", "a b"), ("\u{2003}", ""), ("a \u{200b} b", "a b")]);
    }

    #[test]
    fn marks_stand_on_letters_and_two_are_enough() {
        cleaned(&[
            ("e\u{301}", "\u{e9}"),
            ("\u{301}\u{302}a", "a"),
            ("a \u{301}b", "a b"),
            ("a\u{316}\u{317}\u{318}\u{319}b", "a\u{316}\u{317}b"),
            (
                "Nguy\u{1ec5}n \u{e40}\u{e08}\u{e49}\u{e32}",
                "Nguy\u{1ec5}n \u{e40}\u{e08}\u{e49}\u{e32}",
            ),
            // Lakshmi: one grapheme of three letters, two of them joined by marks.
            (
                "\u{932}\u{915}\u{94d}\u{937}\u{94d}\u{92e}\u{940}",
                "\u{932}\u{915}\u{94d}\u{937}\u{94d}\u{92e}\u{940}",
            ),
        ]);
    }

    #[test]
    fn emoji_stay_whole() {
        cleaned(&[
            ("  Zoë 写真 👩\u{200d}🚀 ", "Zoë 写真 👩\u{200d}🚀"),
            ("❤\u{fe0f}1\u{fe0f}\u{20e3}🇩🇪👋🏽", "❤1\u{20e3}🇩🇪👋🏽"),
            ("a\u{200d}b👩\u{200d}", "ab👩"),
            ("a\u{fe0f}1\u{fe0f}🏽", "a1"),
        ]);
        let kiss = "👩🏻\u{200d}❤\u{200d}💋\u{200d}👨🏿";
        cleaned(&[(kiss, kiss), (&kiss.replace('❤', "❤\u{fe0f}"), kiss)]);
        let family = |people: usize| vec!["👩"; people].join("\u{200d}");
        cleaned(&[(&family(10), &(family(5) + &family(4)))]);
    }

    #[test]
    fn a_text_is_bounded_in_graphemes_and_cells() {
        let length = |text: String| SafeText::new(&text).as_str().chars().count();
        assert_eq!(length("x".repeat(10_000)), 32);
        assert_eq!(length("写".repeat(10_000)), 32);
        assert_eq!(length("\u{1100}".repeat(10_000)), 3, "jamo that never end are one grapheme");
        assert!(length("\u{915}\u{94d}".repeat(10_000)) <= CODE_POINTS_MAX);
        assert!(length(format!("a{}", "\u{316}\u{302}".repeat(20))) <= 3);
    }
}
