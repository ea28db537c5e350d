//! The name of a file, as it may stand in any folder.

use super::plain::{plain, without_escapes};
use super::shape::{Bounds, shape};
use serde::{Deserialize, Serialize};
use std::fmt;
use unicode_segmentation::UnicodeSegmentation;

/// The name of a file, without any path: usable as it is on every common file system, and no trap
/// in a shell.
///
/// Clean as [`SafeText`](super::SafeText) is. No separators nor any of `<>:"|?*`, no dots or spaces
/// at an end, no dash at its start, none of the names that Windows reserves, at most
/// [`FileName::BYTES_MAX`] bytes with its extension kept. Never empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct FileName(String);

impl FileName {
    /// The longest name, in bytes.
    pub const BYTES_MAX: usize = 200;

    /// Takes the last part of any path-like text and makes it portable.
    pub fn new(text: &str) -> Self {
        let plain_path: String = without_escapes(text).collect();
        let last = plain_path.rsplit(['/', '\\']).next().unwrap_or_default();
        let portable = last.chars().map(|c| if FORBIDDEN.contains(&c) { '_' } else { c });
        let name = shape(plain(portable), &BOUNDS);
        let (stem, extension) = split(&name);
        let stem = if stem.is_empty() { "unnamed" } else { stem };
        let prefix = if stem.starts_with('-') || is_reserved(&name) { "_" } else { "" };
        let room = Self::BYTES_MAX - prefix.len() - extension.len();
        Self(format!("{prefix}{}{extension}", head(stem, room)))
    }

    /// The same name with ` (n)` before its extension, for when the name is taken.
    #[must_use]
    pub fn numbered(&self, n: u32) -> Self {
        let (stem, extension) = split(&self.0);
        let number = format!(" ({n})");
        let room = Self::BYTES_MAX - number.len() - extension.len();
        let stem = head(stem, room).trim_end_matches(BOUNDS.edges);
        Self(format!("{stem}{number}{extension}"))
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

/// The text if it has at most `bytes` bytes, else a start of it that ends between graphemes, and
/// not with an edge.
fn head(text: &str, bytes: usize) -> &str {
    if text.len() <= bytes {
        return text;
    }
    let ends = text.grapheme_indices(true).map(|(at, grapheme)| at + grapheme.len());
    let end = ends.take_while(|end| *end <= bytes).last().unwrap_or_default();
    text[..end].trim_end_matches(BOUNDS.edges)
}

/// Stem and extension, the dot with the latter.
fn split(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(at) if at > 0 && name.len() - at <= EXTENSION_BYTES_MAX => name.split_at(at),
        _ => (name, ""),
    }
}

/// Whether Windows takes it for a device: by what stands before the first dot.
fn is_reserved(name: &str) -> bool {
    let device = name.split('.').next().unwrap_or_default().trim_end();
    let numbered = device.get(..3).zip(device.get(3..)).is_some_and(|(kind, number)| {
        NUMBERED_DEVICES.iter().any(|it| it.eq_ignore_ascii_case(kind))
            && DEVICE_NUMBERS.contains(&number)
    });
    numbered || DEVICES.iter().any(|it| it.eq_ignore_ascii_case(device))
}

/// The bytes are counted later, when the extension is known.
const BOUNDS: Bounds = Bounds { graphemes: usize::MAX, cells: usize::MAX, edges: &[' ', '.'] };
const EXTENSION_BYTES_MAX: usize = 16;
const FORBIDDEN: [char; 7] = ['<', '>', ':', '"', '|', '?', '*'];
const DEVICES: [&str; 7] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"];
const NUMBERED_DEVICES: [&str; 2] = ["COM", "LPT"];
/// Windows takes the superscript ones for digits.
const DEVICE_NUMBERS: [&str; 13] =
    ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "\u{b9}", "\u{b2}", "\u{b3}"];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn portable(cases: &[(&str, &str)]) {
        for (from, portable) in cases {
            assert_eq!(FileName::new(from).as_str(), *portable, "{from:?}");
        }
    }

    #[test]
    fn a_file_name_stays_in_its_folder() {
        portable(&[
            ("../../etc/passwd", "passwd"),
            ("..\\..\\boot.ini", "boot.ini"),
            ("C:\\photos\\a.jpg", "a.jpg"),
            ("C:a.jpg", "C_a.jpg"),
            ("..", "unnamed"),
            ("", "unnamed"),
            ("/", "unnamed"),
            ("a/\u{1b}]0;b/c\u{7}d.jpg", "d.jpg"),
        ]);
    }

    #[test]
    fn a_name_is_one_on_every_file_system() {
        portable(&[
            ("a:b?.jpg", "a_b_.jpg"),
            ("<>\"|*.txt", "_____.txt"),
            ("a\0b\n.jpg", "ab.jpg"),
            ("50% off & \"more\" $(x) `y`;.txt", "50% off & _more_ $(x) `y`;.txt"),
        ]);
    }

    #[test]
    fn dots_and_spaces_stand_inside() {
        portable(&[
            (".ssh", "ssh"),
            (" . .a.b. . ", "a.b"),
            ("photo.jpg. . ", "photo.jpg"),
            ("a  b.jpg", "a b.jpg"),
            // A dot that goes takes with it what stood on it.
            (".\u{301}a.jpg", "a.jpg"),
        ]);
    }

    #[test]
    fn a_device_of_windows_is_no_name() {
        portable(&[
            ("NUL", "_NUL"),
            ("con.txt", "_con.txt"),
            ("Aux .tar.gz", "_Aux .tar.gz"),
            ("com0", "_com0"),
            ("LPT\u{b9}.jpg", "_LPT\u{b9}.jpg"),
            ("conin$", "_conin$"),
            ("clock$.x", "_clock$.x"),
            ("console", "console"),
            ("COM10", "COM10"),
            ("\u{e9}\u{e9}a", "\u{e9}\u{e9}a"),
        ]);
    }

    #[test]
    fn a_name_is_no_option_of_a_command() {
        portable(&[("-rf", "_-rf"), ("--help.jpg", "_--help.jpg"), ("~", "~"), ("a-b", "a-b")]);
    }

    #[test]
    fn a_long_name_keeps_its_extension_and_whole_graphemes() {
        let long = |part: &str| FileName::new(&format!("{}.jpeg", part.repeat(5_000)));
        for part in ["x", "\u{fc}", "\u{5199}", "a ", "👩\u{200d}🚀", "\u{915}\u{94d}\u{937}"] {
            let name = long(part);
            assert!((150..=FileName::BYTES_MAX).contains(&name.as_str().len()), "{name}");
            let stem = name.as_str().strip_suffix(".jpeg").expect("kept");
            assert_eq!(stem.replace(part, ""), if part == "a " { "a" } else { "" });
        }
        let no_extension = FileName::new(&format!("a.{}", "x".repeat(300)));
        assert_eq!(no_extension.as_str().len(), FileName::BYTES_MAX);
    }

    #[test]
    fn a_number_stands_before_the_extension() {
        let numbered = |name: &str, n| FileName::new(name).numbered(n);
        assert_eq!(numbered("a.jpg", 2).as_str(), "a (2).jpg");
        assert_eq!(numbered("a", 3).as_str(), "a (3)");
        assert_eq!(numbered("a .jpg", 3).as_str(), "a (3).jpg");
        assert_eq!(FileName::new("a .jpg (3)").as_str(), "a .jpg (3)");
        assert_eq!(numbered("a.tar.gz", 2).as_str(), "a.tar (2).gz");
        let long = numbered(&format!("{}.jpg", "x ".repeat(300)), u32::MAX);
        assert!(long.as_str().len() <= FileName::BYTES_MAX);
        assert!(long.as_str().ends_with("x (4294967295).jpg"), "{long}");
    }
}
