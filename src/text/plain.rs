//! Which characters may be shown: none that steers a terminal, none that cannot be seen.
//!
//! Decided character by character, by general category. What graphemes come of them is
//! [`super::shape`]'s to say.

use unicode_properties::emoji::is_regional_indicator;
use unicode_properties::{
    EmojiStatus, GeneralCategory, GeneralCategoryGroup, UnicodeEmoji, UnicodeGeneralCategory,
};
use unicode_width::UnicodeWidthChar;

/// The characters that may be shown; every space is a plain one.
///
/// What joins emoji stays between those that it joins, and nowhere else.
pub(super) fn plain(text: impl Iterator<Item = char>) -> impl Iterator<Item = char> {
    let mut seen = text.filter_map(shown).peekable();
    let mut before = None;
    std::iter::from_fn(move || {
        loop {
            let c = seen.next()?;
            if joins_well(before, c, seen.peek().copied()) {
                before = Some(c);
                return Some(c);
            }
        }
    })
}

/// The text without escape sequences: an ESC takes with it what a terminal would have swallowed.
pub(super) fn without_escapes(text: &str) -> impl Iterator<Item = char> {
    let mut state = Escape::Outside;
    text.chars().filter(move |&c| {
        let keep = matches!(state, Escape::Outside) && !begins_escape(c);
        state = match (state, c) {
            (_, CANCEL | SUBSTITUTE) | (Escape::Text, BELL | STRING_TERMINATOR | '\n') => {
                Escape::Outside
            }
            // A terminal obeys a control character in the midst of a sequence, and goes on.
            (_, ESC) | (Escape::Begun, '\0'..='\u{2f}') => Escape::Begun,
            (_, '\u{9b}') | (Escape::Begun, '[') | (Escape::Csi, '\0'..='\u{3f}') => Escape::Csi,
            (Escape::Text, _)
            | (Escape::Begun, ']' | 'P' | '_' | '^' | 'X')
            | (_, '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}') => Escape::Text,
            _ => Escape::Outside,
        };
        keep
    })
}

/// Whether it stands on the letter before, and has no meaning without.
pub(super) fn is_mark(c: char) -> bool {
    c.general_category_group() == GeneralCategoryGroup::Mark
}

/// ESC, and the C1 controls that stand for it and a letter.
fn begins_escape(c: char) -> bool {
    matches!(c, ESC | '\u{80}'..='\u{9f}')
}

#[derive(Clone, Copy)]
enum Escape {
    Outside,
    Begun,
    Csi,
    /// In a string that runs to BEL or ST (OSC, DCS, APC, PM, SOS).
    Text,
}

/// The character as it is shown, if it may be.
fn shown(c: char) -> Option<char> {
    match c.general_category() {
        _ if c == JOINER => Some(c),
        GeneralCategory::SpaceSeparator => Some(' '),
        GeneralCategory::Control
        | GeneralCategory::Format
        | GeneralCategory::PrivateUse
        | GeneralCategory::Surrogate
        | GeneralCategory::Unassigned
        | GeneralCategory::LineSeparator
        | GeneralCategory::ParagraphSeparator => None,
        _ => (!is_blank(c) && !is_very_wide(c)).then_some(c),
    }
}

/// Letters, marks and symbols that cannot be seen: fillers, selectors, signs without a sign.
///
/// Selectors ask for a coloured or a plain picture, and make it a cell wider or not: about that,
/// terminals and libraries differ, and what stands behind would move.
///
/// Those that are `Default_Ignorable_Code_Point` though not of a category that goes anyway, and a
/// few that are empty by design.
fn is_blank(c: char) -> bool {
    matches!(c,
        '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180d}'
        | '\u{180f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{fffc}'
        | '\u{16fe4}' | '\u{1d159}' | '\u{e0100}'..='\u{e01ef}')
}

/// A few that are counted as three cells and more, and drawn as two.
fn is_very_wide(c: char) -> bool {
    c.width().is_some_and(|cells| cells > 2)
}

/// Whether a character may stand between these two: of any but those that make emoji, yes.
fn joins_well(before: Option<char>, c: char, after: Option<char>) -> bool {
    let before = before.unwrap_or(' ');
    match c {
        JOINER => {
            (is_pictograph(before) || matches!(before, TONE_FIRST..=TONE_LAST))
                && after.is_some_and(is_pictograph)
        }
        TONE_FIRST..=TONE_LAST => matches!(
            before.emoji_status(),
            EmojiStatus::EmojiModifierBase | EmojiStatus::EmojiPresentationAndModifierBase
        ),
        _ => true,
    }
}

/// An emoji by itself, no part of one.
fn is_pictograph(c: char) -> bool {
    let is_part = c.is_ascii() || is_regional_indicator(c) || (TONE_FIRST..=TONE_LAST).contains(&c);
    c.is_emoji_char() && !is_part
}

/// Zero width joiner.
pub(super) const JOINER: char = '\u{200d}';
/// Skin tones.
const TONE_FIRST: char = '\u{1f3fb}';
const TONE_LAST: char = '\u{1f3ff}';
const ESC: char = '\u{1b}';
const BELL: char = '\u{7}';
const CANCEL: char = '\u{18}';
const SUBSTITUTE: char = '\u{1a}';
const STRING_TERMINATOR: char = '\u{9c}';
