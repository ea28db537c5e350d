//! A path of this machine, or a name in one of its folders, as it may be shown.

use super::plain::{plain, without_escapes};
use super::shape::{Bounds, shape};
use std::ffi::OsStr;
use std::fmt;

/// What a person reads of a path. It opens nothing: two files may read the same.
///
/// Clean as [`SafeText`](super::SafeText) is, with a sign in place of each byte that is no text. At
/// most [`PathText::GRAPHEMES_MAX`] graphemes, and never empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathText(String);

impl PathText {
    /// More than any name has, and more than a screen shows of a path.
    pub const GRAPHEMES_MAX: usize = 1024;

    /// Of a path or a name.
    pub fn of(path: impl AsRef<OsStr>) -> Self {
        let bounds = Bounds {
            graphemes: Self::GRAPHEMES_MAX,
            cells: 2 * Self::GRAPHEMES_MAX,
            edges: &[' '],
        };
        let text = shape(plain(without_escapes(&path.as_ref().to_string_lossy())), &bounds);
        Self(if text.is_empty() { UNSEEN.to_owned() } else { text })
    }

    /// The clean text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PathText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Of a name that is made of what cannot be seen.
const UNSEEN: &str = "(a name without letters)";

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStrExt as _;

    #[test]
    fn a_path_is_shown_with_its_dots_and_without_what_steers_a_terminal() {
        for (path, shown) in [
            ("/home/zoë/.ssh/a b.jpg", "/home/zoë/.ssh/a b.jpg"),
            ("..", ".."),
            ("a\u{1b}[31mb\u{202e}gpj.exe", "abgpj.exe"),
            ("two\nlines", "twolines"),
            ("\u{200b}", UNSEEN),
        ] {
            assert_eq!(PathText::of(path).as_str(), shown, "{path:?}");
        }
        assert_eq!(PathText::of(OsStr::from_bytes(b"a\xffb")).as_str(), "a\u{fffd}b");
        let long = PathText::of("写".repeat(5000));
        assert_eq!(long.as_str().chars().count(), PathText::GRAPHEMES_MAX);
    }
}
