//! The six words of a room: what one says across a table, types or scans to get in.
//!
//! They are the whole secret of a room (see [`super::keys`]), so they are hidden from debug output
//! and wiped from memory when dropped. They are drawn from random bytes, never chosen: whoever
//! calls [`RoomWords::from_random`] brings the bytes. Nothing here knows of links or screens.
//!
//! The list has 2,048 words, so six of them are 66 bits.

use super::list::{self, INDEX_BITS, Unread};
use crate::text::SafeText;
use std::fmt;
use std::str::FromStr;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

pub use super::list::complete;

/// Six words of the list.
///
/// Read with [`FromStr`]: case does not matter, nor what of spaces, dashes and commas stands
/// between the words, and the first four letters of a word are enough.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct RoomWords([u16; WORDS]);

impl RoomWords {
    /// Words of random bytes, of which the first 66 bits count.
    pub fn from_random(bytes: [u8; RANDOM_BYTES]) -> Self {
        let bits =
            Zeroizing::new(bytes.iter().fold(0, |bits: u128, byte| bits << 8 | u128::from(*byte)));
        let unused = RANDOM_BYTES * 8 - WORDS * INDEX_BITS;
        let word = |at: usize| *bits >> (unused + (WORDS - 1 - at) * INDEX_BITS);
        Self(std::array::from_fn(|at| word(at) as u16 % (1 << INDEX_BITS)))
    }

    /// The words in lower case, joined by `-`: the one form that keys are made of.
    pub fn canonical(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(CANONICAL_BYTES_MAX));
        for word in self.iter() {
            if !text.is_empty() {
                text.push('-');
            }
            text.push_str(word);
        }
        text
    }

    /// The words with spaces between: as people read them.
    pub fn spaced(&self) -> Zeroizing<String> {
        Zeroizing::new(self.canonical().replace('-', " "))
    }

    /// Word by word.
    pub fn iter(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|index| list::word(*index))
    }
}

impl FromStr for RoomWords {
    type Err = WordsError;

    fn from_str(text: &str) -> Result<Self, WordsError> {
        let mut words = Self([0; WORDS]);
        let mut count = 0;
        for (position, typed) in typed_words(text).enumerate() {
            let index = list::read(typed).map_err(|why| wrong(why, position, typed))?;
            if let Some(word) = words.0.get_mut(position) {
                *word = index;
            }
            count += 1;
        }
        if count == WORDS { Ok(words) } else { Err(WordsError::Count(count)) }
    }
}

impl fmt::Display for RoomWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.canonical())
    }
}

impl fmt::Debug for RoomWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RoomWords(..)")
    }
}

/// Why a text is not the words of a room.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WordsError {
    /// A word that is not on the list.
    #[error("{:?} is not on the list{}", .word.as_str(), suggestion(.nearest.as_ref()))]
    Unknown {
        /// Which word, from 0.
        position: usize,
        /// What was typed, safe to show.
        word: SafeText,
        /// The word of the list that was likely meant, if any comes near.
        nearest: Option<&'static str>,
    },
    /// The start of several words.
    #[error("{:?} could be several words: type four letters of it", .word.as_str())]
    Ambiguous {
        /// Which word, from 0.
        position: usize,
        /// What was typed, safe to show.
        word: SafeText,
    },
    /// Too few or too many.
    #[error("a room has {WORDS} words, this has {0}")]
    Count(usize),
}

/// How far a text that is being typed has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    /// All is well so far: this many words are known. The last may still be on its way.
    Part(usize),
    /// These are the words of a room.
    Whole(RoomWords),
}

/// Looks at a text that is being typed, and says at once which word is wrong.
///
/// The last word may be incomplete as long as nothing stands behind it.
pub fn check(text: &str) -> Result<Typed, WordsError> {
    let last_is_open = !text.ends_with(is_separator);
    let mut typed = typed_words(text).enumerate().peekable();
    let mut known = 0;
    while let Some((position, word)) = typed.next() {
        match list::read(word) {
            Ok(_) => known += 1,
            Err(Unread::Ambiguous) if last_is_open && typed.peek().is_none() => {}
            Err(why) => return Err(wrong(why, position, word)),
        }
        if position >= WORDS {
            return Err(WordsError::Count(position + 1 + typed.count()));
        }
    }
    if known == WORDS { text.parse().map(Typed::Whole) } else { Ok(Typed::Part(known)) }
}

fn typed_words(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_separator).filter(|word| !word.is_empty())
}

/// Whether it may stand between two words.
pub fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | ',')
}

/// What is wrong with one word.
fn wrong(why: Unread, position: usize, typed: &str) -> WordsError {
    let word = SafeText::new(typed);
    match why {
        Unread::Unknown => {
            WordsError::Unknown { position, nearest: list::nearest(word.as_str()), word }
        }
        Unread::Ambiguous => WordsError::Ambiguous { position, word },
    }
}

fn suggestion(nearest: Option<&&'static str>) -> String {
    nearest.map_or_else(|| " of room words".to_owned(), |word| format!(": {word}?"))
}

/// Whether this is a word of the list, or enough of one.
pub fn is_word(text: &str) -> bool {
    list::read(text).is_ok()
}

/// How many words a room has.
pub const WORDS: usize = 6;
/// How many random bytes words are made of.
pub const RANDOM_BYTES: usize = 9;
const CANONICAL_BYTES_MAX: usize = WORDS * (list::BYTES_MAX + 1);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    const TEXT: &str = "crane-velvet-orbit-lamp-add-zebra";

    fn words(text: &str) -> RoomWords {
        text.parse().expect("words")
    }

    #[test]
    fn words_are_read_however_they_are_typed() {
        for typed in [
            TEXT,
            "Crane Velvet Orbit Lamp Add Zebra",
            " CRAN, velv ,orbi - LAMP\u{a0}add\tzebr\n",
            "crane--velvet,,orbit  lamp-add-zebra-",
        ] {
            assert_eq!(words(typed), words(TEXT), "{typed:?}");
        }
        assert_eq!(words("cran velv orbi lamp add zebr").to_string(), TEXT);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let sentence = |text: &str| text.parse::<RoomWords>().expect_err("wrong").to_string();
        assert_eq!(sentence("velvte crane"), "\"velvte\" is not on the list: velvet?");
        assert_eq!(
            sentence("crane cra velvet"),
            "\"cra\" could be several words: type four letters of it"
        );
        assert_eq!(sentence("\u{1b}[2Jxqkw"), "\"xqkw\" is not on the list of room words");
        assert_eq!(sentence("crane velvet"), "a room has 6 words, this has 2");
        assert_eq!(sentence(&"crane ".repeat(7)), "a room has 6 words, this has 7");
        assert_eq!(sentence(""), "a room has 6 words, this has 0");
        let long = sentence(&"x".repeat(1 << 20));
        assert!(long.len() < 100, "{long}");
    }

    #[test]
    fn a_prompt_hears_at_once_which_word_is_wrong() {
        for (typed, known) in
            [("", 0), ("c", 0), ("cra", 0), ("cran", 1), ("crane ", 1), ("crane-velvet o", 2)]
        {
            assert_eq!(check(typed), Ok(Typed::Part(known)), "{typed:?}");
        }
        assert_eq!(check(TEXT), Ok(Typed::Whole(words(TEXT))));
        let position = |text: &str| match check(text) {
            Err(WordsError::Unknown { position, .. } | WordsError::Ambiguous { position, .. }) => {
                position
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(position("crane qx"), 1, "no word begins so");
        assert_eq!(position("cra velvet"), 0, "it is not the last");
        assert_eq!(position("crane cra "), 1, "it is closed");
        assert_eq!(position(&format!("{TEXT} qx")), 6, "a seventh");
        assert_eq!(check(&format!("{TEXT} crane c")), Err(WordsError::Count(8)));
    }

    #[test]
    fn every_bit_counts_and_the_rest_does_not() {
        assert_eq!(RoomWords::from_random([0; 9]).to_string(), ["abandon"; 6].join("-"));
        assert_eq!(RoomWords::from_random([0xff; 9]).to_string(), ["zoo"; 6].join("-"));
        let of_bit = |bit: usize| {
            let mut bytes = [0; RANDOM_BYTES];
            bytes[bit / 8] = 0x80 >> (bit % 8);
            RoomWords::from_random(bytes).to_string()
        };
        let different: BTreeSet<String> = (0..66).map(of_bit).collect();
        assert_eq!(different.len(), 66);
        assert!((66..72).all(|bit| of_bit(bit) == of_bit(71)));
    }

    #[test]
    fn debug_output_hides_them() {
        assert_eq!(format!("{:?}", words(TEXT)), "RoomWords(..)");
    }

    proptest! {
        #[test]
        fn words_are_read_back(bytes: [u8; RANDOM_BYTES]) {
            let drawn = RoomWords::from_random(bytes);
            prop_assert_eq!(drawn.to_string().parse(), Ok(drawn.clone()));
            let short: Vec<&str> = drawn.iter().map(|word| &word[..word.len().min(4)]).collect();
            prop_assert_eq!(short.join(" ").to_uppercase().parse(), Ok(drawn.clone()));
            prop_assert_eq!(check(&drawn.to_string()), Ok(Typed::Whole(drawn)));
        }

        #[test]
        fn a_prompt_and_the_parser_agree(text in "([a-z]{0,6}|cran|add|zebra)([ ,-]{1,2}([a-z]{2,5}|cran|add|zebra)){0,7}") {
            let parsed = text.parse::<RoomWords>();
            match check(&text) {
                Ok(Typed::Whole(words)) => prop_assert_eq!(parsed, Ok(words)),
                _ => prop_assert!(parsed.is_err()),
            }
        }

        #[test]
        fn no_text_panics(text: String) {
            let _ = (text.parse::<RoomWords>(), check(&text), complete(&text).count());
        }
    }
}
