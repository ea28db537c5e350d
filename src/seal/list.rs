//! The word list: the English one of BIP-39, 2,048 common words of 3 to 8 letters in alphabetical
//! order, no two of which begin with the same four.
//!
//! Looks words up as a person types them: short, in capitals, or with a slip. What six of them mean
//! is [`super::words`]'s to know.

use bip39::Language;
use zeroize::Zeroizing;

/// A word's place on the list.
pub(super) type Index = u16;

/// Why a text is no word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unread {
    /// No word begins so.
    Unknown,
    /// Several words begin so.
    Ambiguous,
}

/// The words of the list that begin so, in alphabetical order. Case does not matter.
pub fn complete(start: &str) -> impl Iterator<Item = &'static str> + use<> {
    let too_long = start.len() > BYTES_MAX;
    let words = if too_long { &[] } else { beginning_with(&start.to_ascii_lowercase()) };
    words.iter().copied()
}

/// The word at a place; what is beyond the list's end counts from its beginning again.
pub(super) fn word(index: Index) -> &'static str {
    list()[usize::from(index) % list().len()]
}

/// Finds the word that is meant: whole, or by its first four letters or more.
pub(super) fn read(typed: &str) -> Result<Index, Unread> {
    if typed.len() > BYTES_MAX {
        return Err(Unread::Unknown);
    }
    let typed = Zeroizing::new(typed.to_ascii_lowercase());
    match beginning_with(&typed) {
        [] => Err(Unread::Unknown),
        [first, ..] if *first == typed.as_str() || typed.len() >= TELLING_LETTERS => {
            Ok(list().partition_point(|word| word < first) as Index)
        }
        _ => Err(Unread::Ambiguous),
    }
}

/// The word with the fewest slips between it and what was typed, unless half of its letters would
/// be slips. Two letters that changed places are one slip.
pub(super) fn nearest(typed: &str) -> Option<&'static str> {
    let typed = typed.to_lowercase();
    let length = typed.chars().count();
    // There are as many slips at least as letters too many or too few.
    let may_be_near = |word: &&str| word.len().abs_diff(length) * 2 < word.len();
    let slips = |word: &&str| strsim::osa_distance(word, &typed);
    let nearest = list().iter().copied().filter(may_be_near).min_by_key(slips);
    nearest.filter(|word| slips(word) * 2 < word.len())
}

fn beginning_with(start: &str) -> &'static [&'static str] {
    let first = list().partition_point(|word| *word < start);
    let count = list()[first..].partition_point(|word| word.starts_with(start));
    &list()[first..first + count]
}

fn list() -> &'static [&'static str; 1 << INDEX_BITS] {
    Language::English.word_list()
}

/// What a word is worth.
pub(super) const INDEX_BITS: usize = 11;
/// The longest word.
pub(super) const BYTES_MAX: usize = 8;
/// As many letters tell any word from all others.
const TELLING_LETTERS: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};
    use std::collections::BTreeSet;

    #[test]
    fn the_list_is_that_of_bip_39() {
        let mut text = list().join("\n");
        text.push('\n');
        let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(text));
        assert_eq!(digest, "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda");
        assert!(list().is_sorted());
        let starts: BTreeSet<&str> = list().iter().map(|word| &word[..word.len().min(4)]).collect();
        assert_eq!(starts.len(), list().len(), "four letters tell a word");
        assert!(list().iter().all(|word| (3..=BYTES_MAX).contains(&word.len())));
    }

    #[test]
    fn a_word_is_read_whole_or_from_four_letters_on() {
        for typed in ["orbit", "orbi", "ORBI", "Orbit"] {
            assert_eq!(read(typed).map(word), Ok("orbit"), "{typed}");
        }
        assert_eq!(read("add").map(word), Ok("add"), "though others begin so");
        assert_eq!(read("orb"), Err(Unread::Ambiguous));
        assert_eq!(read(""), Err(Unread::Ambiguous));
        for typed in ["orbits", "orbx", "\u{fc}ber", "orbit orbit"] {
            assert_eq!(read(typed), Err(Unread::Unknown), "{typed}");
        }
    }

    #[test]
    fn a_slip_has_a_likely_word() {
        for (typed, meant) in [("velvte", "velvet"), ("obrit", "orbit"), ("ZEBAR", "zebra")] {
            assert_eq!(nearest(typed), Some(meant));
        }
        assert_eq!(nearest("xqkw"), None);
        assert_eq!(nearest(""), None);
    }

    #[test]
    fn tab_completes() {
        assert_eq!(complete("ORB").collect::<Vec<_>>(), ["orbit"]);
        assert_eq!(complete("cra").next(), Some("crack"));
        assert_eq!(complete("").count(), 2048);
        let long = ["orbits".to_owned(), "x".repeat(1 << 20), "\u{1f98a}".repeat(3)];
        assert!(long.iter().all(|start| complete(start).next().is_none()));
    }
}
