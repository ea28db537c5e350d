//! The name of something inside a folder that crosses.

use super::FileName;
use std::fmt;

/// The name of a file or a folder inside another folder: a [`FileName`], but that it may begin with
/// one dot. Such a name is hidden in its folder alone, which itself is not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryName(String);

impl EntryName {
    /// The longest name, in bytes.
    pub const BYTES_MAX: usize = FileName::BYTES_MAX + 1;

    /// Makes any text portable; of a path, all of it.
    pub fn new(text: &str) -> Self {
        let one = text.replace(['/', '\\'], "_");
        let (dot, rest) = split(&one);
        Self(format!("{dot}{}", FileName::new(rest)))
    }

    /// Takes a name that is portable as it is, and no other.
    pub fn parse(text: &str) -> Option<Self> {
        let name = Self::new(text);
        (name.0 == text).then_some(name)
    }

    /// The same name with ` (n)` before its extension, for when the name is taken.
    #[must_use]
    pub fn numbered(&self, n: u32) -> Self {
        let (dot, rest) = split(&self.0);
        Self(format!("{dot}{}", FileName::new(rest).numbered(n)))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EntryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The dot that hides it, if there is one, and the rest.
fn split(name: &str) -> (&str, &str) {
    name.split_at(usize::from(name.starts_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_hidden_stays_so_and_all_else_is_as_of_a_file() {
        for (from, name) in [
            ("a.txt", "a.txt"),
            (".gitignore", ".gitignore"),
            ("..", ".unnamed"),
            (".", ".unnamed"),
            ("", "unnamed"),
            ("..data", ".data"),
            ("a/b\\c", "a_b_c"),
            ("../../etc/passwd", "._.._etc_passwd"),
            ("-rf", "_-rf"),
            (".con", "._con"),
            ("a\u{202e}b\n", "ab"),
        ] {
            assert_eq!(EntryName::new(from).as_str(), name, "{from:?}");
        }
        assert_eq!(EntryName::new(".a.txt").numbered(2).as_str(), ".a (2).txt");
        assert_eq!(EntryName::new("a").numbered(3).as_str(), "a (3)");
    }

    proptest! {
        #[test]
        fn a_name_is_made_portable_once_and_stays_in_its_folder(text in "\\PC*|.{0,300}") {
            let name = EntryName::new(&text);
            prop_assert_eq!(EntryName::parse(name.as_str()), Some(name.clone()));
            prop_assert!(name.as_str().len() <= EntryName::BYTES_MAX && !name.as_str().is_empty());
            prop_assert!(!name.as_str().contains(['/', '\\', '\0']) && name.as_str() != "..");
            let numbered = name.numbered(7);
            prop_assert_eq!(EntryName::parse(numbered.as_str()), Some(numbered));
        }
    }
}
