//! Text from outside, made safe to show and to use as a file name.
//!
//! Whatever a remote peer says that a person will read passes through here once, where it enters:
//! [`SafeText`] for names and captions, [`FileName`] for files. Nothing here knows about screens,
//! files or the network; both types exist only clean.

use serde::{Deserialize, Serialize};
use std::fmt;
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// One line of text that cannot steer a terminal: no control or formatting characters, no escape
/// sequences, at most [`SafeText::GRAPHEMES_MAX`] graphemes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct SafeText(String);

impl SafeText {
    /// The longest text, in graphemes.
    pub const GRAPHEMES_MAX: usize = 32;

    /// Cleans any text. What is left may be empty.
    pub fn new(text: &str) -> Self {
        Self(clean(text, Self::GRAPHEMES_MAX))
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

/// The name of a file, without any path: usable as it is on every common file system.
///
/// No separators, no leading or trailing dots or spaces, none of the names that Windows reserves,
/// at most [`FileName::BYTES_MAX`] bytes with its extension kept. Never empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct FileName(String);

impl FileName {
    /// The longest name, in bytes.
    pub const BYTES_MAX: usize = 200;

    /// Takes the last part of any path-like text and makes it portable.
    pub fn new(text: &str) -> Self {
        let last = text.rsplit(['/', '\\']).next().unwrap_or_default();
        let kept: String = clean(last, PATH_PART_GRAPHEMES_MAX)
            .chars()
            .map(|c| if FORBIDDEN.contains(&c) { '_' } else { c })
            .collect();
        let (stem, extension) = split(kept.trim_matches(['.', ' ']));
        let stem = if stem.is_empty() { "unnamed" } else { stem };
        let reserved = RESERVED.iter().any(|name| name.eq_ignore_ascii_case(device_name(stem)));
        let extension = head(extension, EXTENSION_BYTES_MAX);
        let prefix = if reserved { "_" } else { "" };
        let room = Self::BYTES_MAX - prefix.len() - extension.len();
        Self(format!("{prefix}{}{extension}", head(stem, room).trim_end_matches(['.', ' '])))
    }

    /// The same name with ` (n)` before its extension, for when the name is taken.
    #[must_use]
    pub fn numbered(&self, n: u32) -> Self {
        let (stem, extension) = split(&self.0);
        let number = format!(" ({n})");
        let room = Self::BYTES_MAX - number.len() - extension.len();
        Self(format!("{}{number}{extension}", head(stem, room)))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for FileName {
    fn from(text: String) -> Self {
        Self::new(&text)
    }
}

impl From<FileName> for String {
    fn from(name: FileName) -> Self {
        name.0
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Removes what could steer a terminal or hide in one, and keeps at most `graphemes_max`.
fn clean(text: &str, graphemes_max: usize) -> String {
    // A grapheme is cut off well before its marks can pile up; this bounds the work beforehand.
    let bounded = head(text, graphemes_max.saturating_mul(64));
    let plain: String = without_escapes(bounded).nfc().filter(|c| !is_hostile(*c)).collect();
    let mut clean = String::with_capacity(plain.len());
    for grapheme in plain.trim().graphemes(true).take(graphemes_max) {
        let mut marks = 0;
        for c in grapheme.chars() {
            marks += usize::from(unicode_normalization::char::is_combining_mark(c));
            if marks <= MARKS_MAX {
                clean.push(c);
            }
        }
    }
    clean
}

/// The text without escape sequences: an ESC takes with it what a terminal would have swallowed.
fn without_escapes(text: &str) -> impl Iterator<Item = char> {
    let mut state = Escape::Outside;
    text.chars().filter(move |&c| {
        let keep = matches!(state, Escape::Outside) && !begins_escape(c);
        state = match (state, c) {
            (Escape::Begun, '[') | (_, '\u{9b}') | (Escape::Csi, '\u{20}'..='\u{3f}') => {
                Escape::Csi
            }
            (_, '\u{1b}') | (Escape::Begun, '\u{20}'..='\u{2f}') => Escape::Begun,
            (Escape::Text, '\u{7}' | '\u{9c}' | '\n') => Escape::Outside,
            (Escape::Begun, ']' | 'P' | '_' | '^' | 'X')
            | (Escape::Text, _)
            | (_, '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}') => Escape::Text,
            _ => Escape::Outside,
        };
        keep
    })
}

/// ESC, and the C1 controls that stand for it and a letter.
fn begins_escape(c: char) -> bool {
    matches!(c, '\u{1b}' | '\u{80}'..='\u{9f}')
}

#[derive(Clone, Copy)]
enum Escape {
    Outside,
    Begun,
    Csi,
    /// In a string that runs to BEL or ST (OSC, DCS, APC, PM, SOS).
    Text,
}

/// Controls, line and paragraph separators, bidi and invisible formatting, tags, private use
/// (U+10EEEE places kitty pictures), fillers and unassigned noncharacters.
fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200c}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0e}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{ffff}' | '\u{e000}'..='\u{f8ff}'
            | '\u{fdd0}'..='\u{fdef}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{10ffff}')
}

/// The longest start of `text` of at most `bytes` bytes that ends between characters.
fn head(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// Stem and extension, the dot with the latter.
fn split(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(at) if at > 0 && name.len() - at <= EXTENSION_BYTES_MAX => name.split_at(at),
        _ => (name, ""),
    }
}

/// Windows looks at what stands before the first dot.
fn device_name(stem: &str) -> &str {
    stem.split('.').next().unwrap_or_default().trim_end()
}

/// Far more than a name keeps, so that its extension is seen.
const PATH_PART_GRAPHEMES_MAX: usize = 1024;
const MARKS_MAX: usize = 2;
const EXTENSION_BYTES_MAX: usize = 16;
const FORBIDDEN: [char; 7] = ['<', '>', ':', '"', '|', '?', '*'];
const RESERVED: [&str; 22] = [
    "CON", "PRN", "AUX", "NUL", "COM1", "COM2", "COM3", "COM4", "COM5", "COM6", "COM7", "COM8",
    "COM9", "LPT1", "LPT2", "LPT3", "LPT4", "LPT5", "LPT6", "LPT7", "LPT8", "LPT9",
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_cannot_steer_the_terminal() {
        for (from, clean) in [
            ("\u{1b}]52;c;cGFzdGU=\u{7}Ann", "Ann"),
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("\u{9b}2Jx", "x"),
            ("a\u{202e}b\u{10eeee}c\nd", "abcd"),
            ("e\u{301}", "\u{e9}"),
            ("  Zoë 写真 👩\u{200d}🚀 ", "Zoë 写真 👩\u{200d}🚀"),
        ] {
            assert_eq!(SafeText::new(from).as_str(), clean, "{from:?}");
        }
        assert_eq!(SafeText::new(&"x".repeat(300)).as_str().len(), SafeText::GRAPHEMES_MAX);
        assert!(SafeText::new(&format!("a{}", "\u{301}\u{302}".repeat(20))).as_str().len() < 10);
    }

    #[test]
    fn a_file_name_stays_in_its_folder() {
        for (from, portable) in [
            ("../../etc/passwd", "passwd"),
            ("..\\..\\boot.ini", "boot.ini"),
            ("..", "unnamed"),
            ("", "unnamed"),
            ("/", "unnamed"),
            (".ssh", "ssh"),
            ("con.txt", "_con.txt"),
            ("NUL", "_NUL"),
            ("a:b?.jpg", "a_b_.jpg"),
            ("photo.jpg. . ", "photo.jpg"),
        ] {
            assert_eq!(FileName::new(from).as_str(), portable, "{from:?}");
        }
        let long = FileName::new(&format!("{}.jpeg", "ü".repeat(300)));
        assert!(long.as_str().len() <= FileName::BYTES_MAX);
        assert_eq!(&long.as_str()[long.as_str().len() - 5..], ".jpeg");
        assert_eq!(FileName::new("a.jpg").numbered(2).as_str(), "a (2).jpg");
    }

    proptest! {
        #[test]
        fn cleaning_is_done_once(text in any::<String>()) {
            let once = SafeText::new(&text);
            prop_assert_eq!(&SafeText::new(once.as_str()), &once);
            let name = FileName::new(&text);
            prop_assert_eq!(&FileName::new(name.as_str()), &name);
            prop_assert!(!name.as_str().is_empty() && name.as_str().len() <= FileName::BYTES_MAX);
            prop_assert!(!name.as_str().contains(['/', '\\', '\0']) && name.as_str() != "..");
            prop_assert!(name.numbered(7).as_str().len() <= FileName::BYTES_MAX);
        }
    }
}
