//! The prompt for the words, or the link, of a room.
//!
//! What is typed is looked at with each key: a word that is not on the list is pointed out at once.
//! It is as secret as the words themselves, so it is hidden from debug output and wiped.

use super::{App, Effect, Screen};
use crate::link::{Destination, LinkError, Reach};
use crate::seal::words::{self, Typed, WordsError};
use std::fmt;
use std::time::Instant;
use zeroize::Zeroizing;

/// What has been typed so far.
#[derive(Clone)]
pub struct Prompt {
    text: Zeroizing<String>,
    /// What was wrong with it when it was to be entered.
    refused: Option<LinkError>,
}

/// How far what was typed has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// So many words are known; these are what the last one may become.
    Words {
        /// How many.
        known: usize,
        /// The first few of the list that begin so, if the last word is not done.
        candidates: Vec<&'static str>,
    },
    /// It is a link, as far as it goes.
    Link,
    /// Enter will go there.
    Whole,
    /// Something is wrong, as a sentence.
    Wrong(String),
}

impl Prompt {
    /// What is typed, as it is shown.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How far it has come.
    pub fn standing(&self) -> Standing {
        if let Some(why) = &self.refused {
            return Standing::Wrong(why.to_string());
        }
        if self.is_link() {
            // Where the words alone lead does not matter to a link.
            let whole = Destination::join(&self.text, &Reach::Nowhere).is_ok();
            return if whole { Standing::Whole } else { Standing::Link };
        }
        match words::check(&self.text) {
            Ok(Typed::Whole(_)) => Standing::Whole,
            Ok(Typed::Part(known)) => {
                let last = last_word(&self.text);
                let begun = !last.is_empty() && last.len() < LETTERS_ENOUGH;
                let candidates = words::complete(last).take(CANDIDATES_MAX);
                let candidates = if begun { candidates.collect() } else { Vec::new() };
                Standing::Words { known, candidates }
            }
            Err(why) => Standing::Wrong(why.to_string()),
        }
    }

    pub(super) fn push(&mut self, c: char) {
        self.refused = None;
        if !c.is_control() && self.text.len() + c.len_utf8() <= BYTES_MAX {
            self.text.push(c);
        }
    }

    pub(super) fn erase(&mut self) {
        self.refused = None;
        self.text.pop();
    }

    pub(super) fn erase_word(&mut self) {
        self.refused = None;
        let kept = self.text.trim_end_matches(words::is_separator);
        let kept = kept.len() - last_word(kept).len();
        self.text.truncate(kept);
    }

    /// Completes the last word as far as there is no choice; one that is not on the list becomes the
    /// one that was likely meant.
    pub(super) fn complete(&mut self) {
        self.refused = None;
        if self.is_link() {
            return;
        }
        let last = last_word(&self.text);
        let begin = self.text.len() - last.len();
        if last.is_empty() {
            return;
        }
        let mut candidates = words::complete(last);
        let word = match (candidates.next(), candidates.next()) {
            (Some(only), None) => Some((only.to_owned(), true)),
            (Some(first), Some(_)) => Some((common_start(first, words::complete(last)), false)),
            (None, _) => match words::check(&self.text) {
                Err(WordsError::Unknown { nearest: Some(word), .. }) => {
                    Some((word.to_owned(), true))
                }
                _ => None,
            },
        };
        let Some((word, whole)) = word else { return };
        self.text.truncate(begin);
        self.text.push_str(&word);
        let done = words::check(&self.text).is_ok_and(|it| matches!(it, Typed::Whole(_)));
        if whole && !done {
            self.text.push(' ');
        }
    }

    fn is_link(&self) -> bool {
        self.text.contains([':', '/', '#'])
    }
}

impl Default for Prompt {
    /// With room for all that may be typed: text that is moved would leave a copy behind.
    fn default() -> Self {
        Self { text: Zeroizing::new(String::with_capacity(2 * BYTES_MAX)), refused: None }
    }
}

impl fmt::Debug for Prompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Prompt(..)")
    }
}

impl App {
    /// Changes what is typed, where something is.
    pub(super) fn edit(&mut self, edit: impl FnOnce(&mut Prompt)) -> Vec<Effect> {
        if let Screen::Join(prompt) = &mut self.screen {
            edit(prompt);
        }
        Vec::new()
    }

    /// Enters the room that was typed, or says why not.
    pub(super) fn submit(&mut self, now: Instant) -> Vec<Effect> {
        let Screen::Join(prompt) = &mut self.screen else { return Vec::new() };
        match Destination::join(&prompt.text, &self.settings.reach) {
            Ok(destination) => self.enter(destination, now),
            Err(why) => {
                prompt.refused = Some(why);
                Vec::new()
            }
        }
    }
}

/// The word that is being typed: empty after a separator.
fn last_word(text: &str) -> &str {
    text.rsplit(words::is_separator).next().unwrap_or_default()
}

/// The letters that all of these begin with.
fn common_start(first: &str, all: impl Iterator<Item = &'static str>) -> String {
    let shared = all.fold(first.len(), |shared, word| {
        let same = first.bytes().zip(word.bytes()).take_while(|(a, b)| a == b).count();
        shared.min(same)
    });
    first[..shared].to_owned()
}

/// More than any link has, in bytes.
const BYTES_MAX: usize = 512;
/// As many letters of a word as tell it from all others.
const LETTERS_ENOUGH: usize = 4;
/// As many as fit in a row.
const CANDIDATES_MAX: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn typed(text: &str) -> Prompt {
        let mut prompt = Prompt::default();
        text.chars().for_each(|c| prompt.push(c));
        prompt
    }

    fn completed(text: &str) -> String {
        let mut prompt = typed(text);
        prompt.complete();
        prompt.text().to_owned()
    }

    #[test]
    fn tab_completes_as_far_as_there_is_no_choice() {
        assert_eq!(completed("vel"), "velvet ");
        assert_eq!(completed("crane, VELV"), "crane, velvet ");
        assert_eq!(completed("abs"), "abs", "absent, absorb, absurd");
        assert_eq!(completed("ven"), "ven", "vendor, venture, venue");
        assert_eq!(completed("crane "), "crane ", "there is nothing to complete");
        assert_eq!(completed("velvte"), "velvet ", "the one that was meant");
        assert_eq!(completed("xqkw"), "xqkw");
        assert_eq!(completed("http://a/#cran"), "http://a/#cran");
        let last = completed("crane velvet orbit ladder energy quic");
        assert_eq!(last, "crane velvet orbit ladder energy quick", "it is done");
    }

    #[test]
    fn it_is_said_with_each_key_how_far_it_is() {
        let standing = |text: &str| typed(text).standing();
        let part = |known, candidates: &[&'static str]| Standing::Words {
            known,
            candidates: candidates.to_vec(),
        };
        assert_eq!(standing(""), part(0, &[]));
        assert_eq!(standing("crane vel"), part(1, &["velvet"]));
        assert_eq!(standing("crane velv"), part(2, &[]));
        assert_eq!(
            standing("crane velvte "),
            Standing::Wrong("\"velvte\" is not on the list: velvet?".into())
        );
        assert_eq!(standing("crane velvet orbit ladder energy quick"), Standing::Whole);
        assert_eq!(standing("http://192.0.2.7:8765/#crane"), Standing::Link);
    }

    #[test]
    fn words_are_taken_back_one_by_one() {
        let mut prompt = typed("crane velvet, ");
        prompt.erase_word();
        assert_eq!(prompt.text(), "crane ");
        prompt.erase();
        assert_eq!(prompt.text(), "crane");
        prompt.erase_word();
        prompt.erase_word();
        assert_eq!(prompt.text(), "");
    }

    #[test]
    fn debug_output_hides_it() {
        assert_eq!(format!("{:?}", typed("crane")), "Prompt(..)");
    }

    proptest! {
        #[test]
        fn no_keys_panic_or_grow_it(keys in prop::collection::vec((0..4, any::<char>()), 0..700)) {
            let mut prompt = Prompt::default();
            for (key, c) in keys {
                match key {
                    0 => prompt.erase(),
                    1 => prompt.erase_word(),
                    2 => prompt.complete(),
                    _ => prompt.push(c),
                }
                prop_assert!(prompt.text().len() <= BYTES_MAX + 10);
                let _ = prompt.standing();
            }
        }
    }
}
