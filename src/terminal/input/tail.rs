//! The rest of an answer whose beginning was given up.
//!
//! An ESC that stood alone for too long has become a key, or half a control sequence was dropped.
//! What follows may still be the rest of an answer: on a slow line anything can be late.

use super::reply::Kind;

/// What bytes after an ESC are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    /// The beginning of an answer, or of several.
    Start,
    /// A control sequence that is one, or the end of a string.
    Whole,
    /// The beginning of a string that is one for sure.
    String(Kind),
    /// No answer begins so.
    None,
}

/// How bytes after an ESC fit the answers there are. Nothing fits as a beginning.
pub(super) fn fit(seen: &[u8]) -> Fit {
    match seen {
        [] => Fit::Start,
        b"\\" => Fit::Whole,
        [b'[', rest @ ..] => match rest {
            [] | b"0" | b"4" | b"6" => Fit::Start,
            b"0n" => Fit::Whole,
            [b'?', rest @ ..] => private(rest),
            [b'4' | b'6', b';', rest @ ..] => size(rest),
            _ => Fit::None,
        },
        [first, rest @ ..] => match Kind::of(*first) {
            Some(kind) => string(kind, rest),
            None => Fit::None,
        },
    }
}

/// `CSI ? numbers c`, or `CSI ? numbers $ y`.
fn private(rest: &[u8]) -> Fit {
    match rest.strip_suffix(b"$y").or_else(|| rest.strip_suffix(b"c")) {
        Some(numbers) if are_numbers(numbers) => Fit::Whole,
        _ if are_numbers(rest.strip_suffix(b"$").unwrap_or(rest)) => Fit::Start,
        _ => Fit::None,
    }
}

/// `height ; width t`.
fn size(rest: &[u8]) -> Fit {
    match rest.strip_suffix(b"t") {
        Some(numbers) if are_numbers(numbers) => Fit::Whole,
        _ if are_numbers(rest) => Fit::Start,
        _ => Fit::None,
    }
}

fn string(kind: Kind, rest: &[u8]) -> Fit {
    if kind.starts().iter().any(|start| rest.starts_with(start)) {
        Fit::String(kind)
    } else if kind.starts().iter().any(|start| start.starts_with(rest)) {
        Fit::Start
    } else {
        Fit::None
    }
}

fn are_numbers(bytes: &[u8]) -> bool {
    bytes.len() <= NUMBERS_BYTES_MAX
        && bytes.iter().all(|byte| byte.is_ascii_digit() || *byte == b';')
}

/// More than the attributes of any terminal take.
const NUMBERS_BYTES_MAX: usize = 120;
