//! What is pasted: `CSI 200 ~`, the text, `CSI 201 ~`.

use std::time::{Duration, Instant};

/// A paste that has begun.
#[derive(Debug)]
pub(super) struct Paste {
    /// With the end, as far as it has come.
    bytes: Vec<u8>,
    /// How much of it ends the paste, if more follows.
    ending: usize,
    /// How many bytes have come, kept or not.
    count: usize,
    newest: Instant,
}

impl Paste {
    /// Of which nothing has come yet.
    pub fn new(now: Instant) -> Self {
        Self { bytes: Vec::new(), ending: 0, count: 0, newest: now }
    }

    /// Takes a byte; whether the paste has ended.
    pub fn push(&mut self, byte: u8, now: Instant) -> bool {
        self.newest = now;
        self.count += 1;
        if byte == END[self.ending] {
            self.ending += 1;
        } else {
            // The end begins with the only ESC that it has: nothing before counts any more.
            let ending = std::mem::replace(&mut self.ending, usize::from(byte == END[0]));
            self.keep(&END[..ending]);
            if self.ending == 0 {
                self.keep(&[byte]);
            }
        }
        self.ending == END.len() || self.count >= COUNT_MAX
    }

    /// What was pasted: lines, without any other control characters.
    pub fn text(self) -> String {
        let clean = |c: char| match c {
            '\n' | '\r' => Some('\n'),
            '\t' => Some(' '),
            c if c.is_control() => None,
            c => Some(c),
        };
        // The last character may be cut in two.
        String::from_utf8_lossy(&self.bytes).chars().filter_map(clean).collect()
    }

    /// When it is over though its end has not come.
    pub fn deadline(&self) -> Instant {
        self.newest + PATIENCE
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = KEPT_MAX.saturating_sub(self.bytes.len()).min(bytes.len());
        self.bytes.extend_from_slice(&bytes[..room]);
    }

    #[cfg(any(test, fuzzing))]
    pub fn kept(&self) -> usize {
        self.bytes.len()
    }
}

const END: &[u8] = b"\x1b[201~";
/// In bytes: more than the paths of all files have that go out at once.
const KEPT_MAX: usize = 64 << 10;
/// In bytes: what comes without an end is typed, from here on.
const COUNT_MAX: usize = 16 << 20;
const PATIENCE: Duration = Duration::from_secs(2);
