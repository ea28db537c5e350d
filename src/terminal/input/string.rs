//! A string of a terminal (DCS, OSC, APC and the like), which ends by ST or BEL.
//!
//! None of it ever becomes a key, answer or not. One without an end must not eat the keyboard for
//! ever: a second of silence ends it (five, if it began as an answer does), and so do ten seconds or
//! 64 KiB in all, Ctrl-C, CAN and SUB.

use super::reply::{self, Kind, Reply};
use super::tail::{Fit, fit};
use std::time::{Duration, Instant};

/// A string that has begun.
#[derive(Debug)]
pub(super) struct Text {
    kind: Kind,
    /// Its beginning.
    kept: Vec<u8>,
    /// How many bytes have come, kept or not.
    count: usize,
    begun: Instant,
    newest: Instant,
    /// Whether the last byte was an ESC: of ST, or of what comes in place of the rest.
    closing: bool,
}

/// What a byte does to a string.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It goes on.
    On,
    /// It is whole, and may be an answer.
    Ended(Option<Reply>),
    /// It is none: it ends before this byte.
    Broken,
    /// It ended before the ESC that came before this byte.
    BrokenByEscape,
}

impl Text {
    /// A string that begins with what has been seen of it after the byte that says its kind.
    pub fn new(kind: Kind, seen: &[u8], now: Instant) -> Self {
        let (kept, count) = (seen.to_vec(), seen.len());
        Self { kind, kept, count, begun: now, newest: now, closing: false }
    }

    /// Takes a byte.
    pub fn push(&mut self, byte: u8, now: Instant) -> Step {
        self.newest = now;
        match byte {
            b'\\' if self.closing => return self.end(),
            _ if self.closing => return Step::BrokenByEscape,
            0x07 => return self.end(),
            0x1b => self.closing = true,
            CAN | SUB => return Step::Ended(None),
            CTRL_C => return Step::Broken,
            _ => {
                self.count += 1;
                if self.kept.len() < KEPT_MAX {
                    self.kept.push(byte);
                }
                if self.count > COUNT_MAX {
                    return Step::Ended(None);
                }
            }
        }
        Step::On
    }

    /// When it is over though its end has not come.
    pub fn deadline(&self) -> Instant {
        let patience = if self.is_answer() { PATIENCE_WITH_ANSWERS } else { PATIENCE };
        (self.newest + patience).min(self.begun + PATIENCE_IN_ALL)
    }

    /// What was seen of it after ESC, if it may yet become an answer.
    pub fn into_tail(self) -> Vec<u8> {
        let seen = self.seen();
        if self.closing || fit(&seen) != Fit::Start { Vec::new() } else { seen }
    }

    fn is_answer(&self) -> bool {
        self.kind.starts().iter().any(|start| self.kept.starts_with(start))
    }

    fn seen(&self) -> Vec<u8> {
        let first = match self.kind {
            Kind::Dcs => b'P',
            Kind::Osc => b']',
            Kind::Apc => b'_',
            Kind::Other => b'X',
        };
        [&[first], &self.kept[..]].concat()
    }

    fn end(&self) -> Step {
        let whole = self.count == self.kept.len();
        Step::Ended(reply::string(self.kind, &self.kept).filter(|_| whole))
    }

    #[cfg(any(test, fuzzing))]
    pub fn kept(&self) -> usize {
        self.kept.len()
    }
}

const CTRL_C: u8 = 0x03;
const CAN: u8 = 0x18;
const SUB: u8 = 0x1a;
/// In bytes: an answer is no longer.
const KEPT_MAX: usize = 4096;
/// In bytes.
const COUNT_MAX: usize = 64 << 10;
const PATIENCE: Duration = Duration::from_secs(1);
const PATIENCE_WITH_ANSWERS: Duration = Duration::from_secs(5);
const PATIENCE_IN_ALL: Duration = Duration::from_secs(10);
