//! What a terminal types when a file is dropped on it, read as paths.
//!
//! Some put quotes around a path, some backslashes into it, some make a URL of it, and some leave
//! it as it is, spaces and all. So there may be two ways to read a text, and what is there decides
//! which one was meant. Any text is read, none is believed: nothing here looks at a file.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

/// The ways to read a text as paths, the most likely first. None if it is no list of paths, or too
/// long a one.
pub(super) fn readings(text: &str) -> Vec<Vec<PathBuf>> {
    if text.len() > BYTES_MAX {
        return Vec::new();
    }
    let words = words(text).filter(|it| is_list(it));
    let lines = Some(lines(text)).filter(|it| is_list(it) && words.as_ref() != Some(it));
    words.into_iter().chain(lines).collect()
}

/// Whether it is meant as a path, be it one of another machine.
pub(super) fn is_path(path: &Path) -> bool {
    let text = path.to_string_lossy();
    let drive = || {
        let mut chars = text.chars();
        let letter = chars.next().is_some_and(|c| c.is_ascii_alphabetic());
        letter && chars.next() == Some(':') && matches!(chars.next(), Some('\\' | '/'))
    };
    let starts = ["/", "~/", "./", "../", "file:", "\\\\"];
    starts.iter().any(|start| text.starts_with(start)) || drive()
}

fn is_list(paths: &[PathBuf]) -> bool {
    (1..=PATHS_MAX).contains(&paths.len())
}

/// A path a line, as it stands there.
fn lines(text: &str) -> Vec<PathBuf> {
    let lines = text.split(['\n', '\r']).map(str::trim_ascii).filter(|line| !line.is_empty());
    lines.map(|line| path(line.to_owned())).take(PATHS_MAX + 1).collect()
}

/// Words as a shell has them, or URLs, which have no quotes; `None` if a quote does not end.
fn words(text: &str) -> Option<Vec<PathBuf>> {
    let mut words = Vec::new();
    let mut rest = text.trim_ascii_start();
    while !rest.is_empty() && words.len() <= PATHS_MAX {
        let (word, length) = if rest.starts_with(SCHEME) {
            let length = rest.find(is_space).unwrap_or(rest.len());
            (rest[..length].to_owned(), length)
        } else {
            word(rest)?
        };
        words.push(path(word));
        rest = rest[length..].trim_ascii_start();
    }
    Some(words)
}

/// The word that a text begins with, without its quotes, and how long it was with them.
fn word(text: &str) -> Option<(String, usize)> {
    let (mut word, mut quote) = (String::new(), None);
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match (quote, c) {
            (None, c) if is_space(c) => return Some((word, at)),
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            (None, '\\') => word.push(chars.next()?.1),
            (Some('"'), '\\') => {
                let escaped = chars.next_if(|(_, c)| matches!(c, '"' | '\\' | '$' | '`' | '\n'));
                word.push(escaped.map_or('\\', |(_, c)| c));
            }
            (_, c) => word.push(c),
        }
    }
    quote.is_none().then_some((word, text.len()))
}

/// What stands between words. Other spaces belong to names.
fn is_space(c: char) -> bool {
    c.is_ascii_whitespace()
}

/// A path, or the one that a URL of this machine leads to.
fn path(word: String) -> PathBuf {
    let of_url = word.strip_prefix(SCHEME).and_then(|rest| {
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        let rest = rest.strip_prefix("localhost").unwrap_or(rest);
        // Of another machine it stays a URL, and so is not found here.
        rest.starts_with('/').then(|| OsString::from_vec(unescaped(rest)))
    });
    of_url.unwrap_or_else(|| word.into()).into()
}

/// The bytes that `%20` and the like stand for.
fn unescaped(text: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let [first, after @ ..] = rest {
        let escaped = match (first, after) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)),
            _ => None,
        };
        if let Some((high, low)) = escaped {
            bytes.push(high << 4 | low);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    bytes
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

const SCHEME: &str = "file:";
/// As many files may wait at once.
pub(super) const PATHS_MAX: usize = 64;
/// In bytes. Half of what is kept of a paste: one that was cut is never read.
const BYTES_MAX: usize = 32 << 10;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use url::Url;

    fn paths(all: &[&str]) -> Vec<PathBuf> {
        all.iter().map(PathBuf::from).collect()
    }

    #[test]
    fn each_terminal_has_its_way_to_write_a_path_and_all_are_read() {
        let file = paths(&["/home/ann/my photo.jpg"]);
        for text in [
            r"/home/ann/my\ photo.jpg",
            "'/home/ann/my photo.jpg'",
            "\"/home/ann/my photo.jpg\" ",
            "/home/ann/'my photo'.jpg\n",
            "file:///home/ann/my%20photo.jpg\r",
            "file://localhost/home/ann/my%20photo.jpg",
            "file:/home/ann/my%20photo.jpg",
        ] {
            assert_eq!(readings(text)[0], file, "{text:?}");
        }
        let plain = readings(" /home/ann/my photo.jpg ");
        assert_eq!(plain, [paths(&["/home/ann/my", "photo.jpg"]), file]);
    }

    #[test]
    fn several_are_read_apart_by_spaces_or_by_lines() {
        for text in ["'/a b' /c\\'d", "'/a b'\n/c\\'d\n", "file:///a%20b\r\nfile:///c'd"] {
            assert_eq!(readings(text)[0], paths(&["/a b", "/c'd"]), "{text:?}");
        }
        assert_eq!(readings("/a b\n/c'd")[0], paths(&["/a b", "/c'd"]), "a quote that never ends");
        assert_eq!(readings("/a b\n/c d")[1], paths(&["/a b", "/c d"]));
    }

    #[test]
    fn what_is_no_list_of_paths_is_read_as_none() {
        assert!(readings("").is_empty());
        assert!(readings(" \n ").is_empty());
        assert!(readings(&"a\n".repeat(PATHS_MAX + 1)).is_empty(), "more than go out at once");
        assert!(readings(&"a".repeat(BYTES_MAX + 1)).is_empty(), "a paste that may be cut");
        assert_eq!(readings("file://other/a%20b")[0], paths(&["file://other/a%20b"]));
    }

    #[test]
    fn a_path_of_another_machine_is_told_from_words() {
        for path in ["/a", "~/a", "./a", "../a", "file://b/a", r"C:\a", "c:/a", r"\\server\a"] {
            assert!(is_path(path.as_ref()), "{path}");
        }
        for text in ["a", "crane velvet", "http://a/#crane", "C:", "-rf", "", "é:/"] {
            assert!(!is_path(text.as_ref()), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics_or_grows(text in "[ -~\\n'\"\\\\%]{0,200}|\\PC{0,200}") {
            for reading in readings(&text) {
                prop_assert!((1..=PATHS_MAX).contains(&reading.len()));
                let bytes: usize = reading.iter().map(|path| path.as_os_str().len()).sum();
                prop_assert!(bytes <= text.len());
                let _ = reading.iter().all(|path| is_path(path));
            }
        }

        #[test]
        fn what_a_shell_would_read_is_read(
            names in prop::collection::vec("/[ -~\\n]{1,20}|/\\PC{1,20}", 1..9),
        ) {
            let quoted = shlex::try_join(names.iter().map(String::as_str)).expect("no NUL");
            let expected: Vec<_> = names.iter().map(PathBuf::from).collect();
            prop_assert_eq!(readings(&quoted)[0].clone(), expected);
        }

        #[test]
        fn what_is_made_a_url_comes_back(names in prop::collection::vec("[ -.0-~é写]{1,20}", 1..9)) {
            let paths: Vec<_> = names.iter().map(|name| format!("/a/x{name}").into()).collect();
            let url = |path: &PathBuf| Url::from_file_path(path).expect("whole").to_string();
            let text: Vec<_> = paths.iter().map(url).collect();
            prop_assert_eq!(readings(&text.join("\n"))[0].clone(), paths);
        }

        #[test]
        fn a_backslash_before_each_sign_is_read(name in "/[ -~]{1,20}") {
            let text: String = name.chars().flat_map(|c| ['\\', c]).collect();
            prop_assert_eq!(readings(&text)[0].clone(), [PathBuf::from(name)]);
        }
    }
}
