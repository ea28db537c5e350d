//! The state machine: what has come of an input, byte by byte, and how long the rest is waited for.

use super::paste::Paste;
use super::reply::Kind;
use super::sequence::Csi;
use super::string::{Step, Text};
use super::tail::{Fit, fit};
use super::{Expected, Input, keys, mouse, reply};
use std::time::{Duration, Instant};

/// Makes inputs of bytes. Keeps at most some kilobytes, whatever comes.
#[derive(Debug)]
pub struct Parser {
    state: State,
    expected: Expected,
}

#[derive(Debug)]
enum State {
    /// Between inputs.
    Ground,
    /// So many bytes of a character, which has `need` in all; Alt was held, or not.
    Character { bytes: [u8; 4], have: usize, need: usize, alt: bool },
    /// After an ESC that came at this time.
    Escape(Instant),
    /// After `ESC O`, and modifiers, if they are told.
    Ss3 { modifiers: Option<u8>, newest: Instant },
    /// After `ESC [`.
    Csi { body: Vec<u8>, newest: Instant },
    /// After `ESC [ [`: a key of the Linux console.
    Linux(Instant),
    /// After `ESC [ M`.
    Mouse { bytes: [u8; 3], have: usize, newest: Instant },
    /// After what begins a string.
    Text(Text),
    /// After what begins a paste.
    Paste(Paste),
    /// After an ESC that was given up. The last `held` bytes of what was seen since become keys if
    /// no answer comes of them; what was seen before does not.
    Tail { seen: Vec<u8>, held: usize, newest: Instant },
}

impl Default for Parser {
    fn default() -> Self {
        Self::new()
    }
}

impl Parser {
    /// A parser of a terminal that has said nothing yet.
    pub fn new() -> Self {
        Self { state: State::Ground, expected: Expected::Nothing }
    }

    /// Takes bytes as they were read, at this time, and adds what they are to `out`. No bytes say
    /// that other answers are expected now than before.
    pub fn handle(&mut self, bytes: &[u8], now: Instant, expected: Expected, out: &mut Vec<Input>) {
        self.expected = expected;
        // While bytes keep coming nobody may have asked for the time: what has no end ends here.
        // An ESC does not: its rest may have waited as long as the reader of it did.
        if let State::Text(_) | State::Paste(_) = self.state {
            self.handle_timeout(now, out);
        }
        for byte in bytes {
            self.byte(*byte, now, out);
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due, unless more bytes come.
    pub fn poll_timeout(&self) -> Option<Instant> {
        match &self.state {
            State::Ground | State::Character { .. } | State::Tail { held: 0, .. } => None,
            State::Escape(since) => Some(*since + self.escape_patience()),
            State::Ss3 { newest, .. }
            | State::Csi { newest, .. }
            | State::Linux(newest)
            | State::Mouse { newest, .. } => Some(*newest + SEQUENCE_PATIENCE),
            State::Text(text) => Some(text.deadline()),
            State::Paste(paste) => Some(paste.deadline()),
            State::Tail { newest, .. } => match self.expected {
                Expected::Answers => None,
                Expected::Nothing => Some(*newest + SEQUENCE_PATIENCE),
            },
        }
    }

    /// Ends what has waited for more bytes long enough.
    pub fn handle_timeout(&mut self, now: Instant, out: &mut Vec<Input>) {
        if self.poll_timeout().is_none_or(|deadline| now < deadline) {
            return;
        }
        let tail = |seen| State::Tail { seen, held: 0, newest: now };
        match self.take() {
            State::Ground | State::Character { .. } | State::Linux(_) | State::Mouse { .. } => {}
            State::Escape(_) => {
                out.push(Input::Key(keys::ascii(ESC)));
                self.state = tail(Vec::new());
            }
            State::Ss3 { .. } => out.push(Input::Key(keys::with_alt(keys::character('O')))),
            State::Csi { body, .. } => {
                let seen = [b"[", &body[..]].concat();
                if fit(&seen) == Fit::Start {
                    self.state = tail(seen);
                }
            }
            State::Text(text) => self.state = tail(text.into_tail()),
            State::Paste(paste) => out.push(Input::Paste(paste.text())),
            State::Tail { seen, held, .. } => {
                // One byte was typed. More are hardly ever, and would be read as orders.
                if held == 1 {
                    out.extend(seen.last().map(|byte| Input::Key(keys::ascii(*byte))));
                }
                self.state = tail(seen);
            }
        }
    }

    fn byte(&mut self, byte: u8, now: Instant, out: &mut Vec<Input>) {
        match self.take() {
            State::Ground => self.begin(byte, false, now, out),
            State::Character { mut bytes, have, need, alt } => {
                if !(0x80..0xc0).contains(&byte) {
                    // What had come is no character.
                    return self.byte(byte, now, out);
                }
                bytes[have] = byte;
                let have = have + 1;
                if have < need {
                    self.state = State::Character { bytes, have, need, alt };
                } else if let Ok(text) = std::str::from_utf8(&bytes[..need]) {
                    let keys = text.chars().filter(|c| !c.is_control()).map(keys::character);
                    out.extend(
                        keys.map(|key| if alt { keys::with_alt(key) } else { key }).map(Input::Key),
                    );
                }
            }
            State::Escape(since) => self.after_escape(byte, since, now, out),
            State::Ss3 { modifiers, .. } => match byte {
                b'1'..=b'9' => {
                    self.state = State::Ss3 { modifiers: Some(byte - b'0'), newest: now };
                }
                b';' => self.state = State::Ss3 { modifiers, newest: now },
                b' '..=b'~' => out.extend(keys::ss3(modifiers, byte).map(Input::Key)),
                _ => self.byte(byte, now, out),
            },
            State::Csi { body, .. } => self.csi(body, byte, now, out),
            State::Linux(_) => match byte {
                b' '..=b'~' => out.extend(keys::linux(byte).map(Input::Key)),
                _ => self.byte(byte, now, out),
            },
            State::Mouse { mut bytes, have, .. } => {
                if byte < b' ' {
                    return self.byte(byte, now, out);
                }
                bytes[have] = byte;
                if have + 1 < bytes.len() {
                    self.state = State::Mouse { bytes, have: have + 1, newest: now };
                } else {
                    out.extend(mouse::three(bytes).map(Input::Mouse));
                }
            }
            State::Text(mut text) => match text.push(byte, now) {
                Step::On => self.state = State::Text(text),
                Step::Ended(reply) => out.extend(reply.map(Input::Reply)),
                Step::Broken => self.byte(byte, now, out),
                Step::BrokenByEscape => self.after_escape(byte, now, now, out),
            },
            State::Paste(mut paste) => {
                if paste.push(byte, now) {
                    out.push(Input::Paste(paste.text()));
                } else {
                    self.state = State::Paste(paste);
                }
            }
            State::Tail { seen, held, .. } => self.tail(seen, held, byte, now, out),
        }
    }

    /// The first byte of an input.
    fn begin(&mut self, byte: u8, alt: bool, now: Instant, out: &mut Vec<Input>) {
        let need = match byte {
            ESC => {
                self.state = State::Escape(now);
                return;
            }
            0..0x80 => {
                let key = keys::ascii(byte);
                out.push(Input::Key(if alt { keys::with_alt(key) } else { key }));
                return;
            }
            0xc2..0xe0 => 2,
            0xe0..0xf0 => 3,
            0xf0..0xf5 => 4,
            // Nothing begins so.
            _ => return,
        };
        self.state = State::Character { bytes: [byte, 0, 0, 0], have: 1, need, alt };
    }

    fn after_escape(&mut self, byte: u8, since: Instant, now: Instant, out: &mut Vec<Input>) {
        match byte {
            b'[' => self.state = State::Csi { body: Vec::new(), newest: now },
            b'O' => self.state = State::Ss3 { modifiers: None, newest: now },
            // The end of a string that was given up.
            b'\\' => {}
            ESC => {
                out.push(Input::Key(keys::ascii(ESC)));
                self.state = State::Escape(now);
            }
            _ => {
                if let Some(kind) = Kind::of(byte) {
                    self.state = State::Text(Text::new(kind, &[], now));
                } else if now.saturating_duration_since(since) < ESCAPE_PATIENCE {
                    self.begin(byte, true, now, out);
                } else {
                    // Held for an answer that it did not begin: nobody is as fast as Alt is.
                    out.push(Input::Key(keys::ascii(ESC)));
                    self.begin(byte, false, now, out);
                }
            }
        }
    }

    fn csi(&mut self, mut body: Vec<u8>, byte: u8, now: Instant, out: &mut Vec<Input>) {
        match byte {
            b' '..=b'?' => {
                // What is longer is nothing that is known; its last byte is waited for.
                if body.len() <= CSI_BYTES_MAX {
                    body.push(byte);
                }
                self.state = State::Csi { body, newest: now };
            }
            b'[' if body.is_empty() => self.state = State::Linux(now),
            b'M' if body.is_empty() => {
                self.state = State::Mouse { bytes: [0; 3], have: 0, newest: now };
            }
            b'~' if body == b"200" => self.state = State::Paste(Paste::new(now)),
            b'@'..=b'~' if body.len() <= CSI_BYTES_MAX => {
                let csi = Csi::read(&body, byte);
                let reply = || reply::csi(&csi).map(Input::Reply);
                let mouse = || mouse::csi(&csi).map(Input::Mouse);
                let key = || keys::csi(&csi).map(Input::Key);
                out.extend(reply().or_else(mouse).or_else(key));
            }
            b'@'..=b'~' | CAN | SUB => {}
            _ => self.byte(byte, now, out),
        }
    }

    fn tail(
        &mut self,
        mut seen: Vec<u8>,
        held: usize,
        byte: u8,
        now: Instant,
        out: &mut Vec<Input>,
    ) {
        seen.push(byte);
        match fit(&seen) {
            Fit::Start => self.state = State::Tail { seen, held: held + 1, newest: now },
            Fit::Whole => {
                if let [b'[', body @ .., last] = &seen[..] {
                    out.extend(reply::csi(&Csi::read(body, *last)).map(Input::Reply));
                }
            }
            Fit::String(kind) => self.state = State::Text(Text::new(kind, &seen[1..], now)),
            Fit::None => {
                for byte in &seen[seen.len() - 1 - held..] {
                    self.byte(*byte, now, out);
                }
            }
        }
    }

    fn take(&mut self) -> State {
        std::mem::replace(&mut self.state, State::Ground)
    }

    fn escape_patience(&self) -> Duration {
        match self.expected {
            Expected::Answers => ESCAPE_PATIENCE_WITH_ANSWERS,
            Expected::Nothing => ESCAPE_PATIENCE,
        }
    }

    /// How many bytes are kept.
    #[cfg(any(test, fuzzing))]
    pub fn kept(&self) -> usize {
        match &self.state {
            State::Csi { body, .. } => body.len(),
            State::Text(text) => text.kept(),
            State::Paste(paste) => paste.kept(),
            State::Tail { seen, .. } => seen.len(),
            _ => 0,
        }
    }
}

const ESC: u8 = 0x1b;
const CAN: u8 = 0x18;
const SUB: u8 = 0x1a;
/// In bytes: more than the attributes of any terminal take.
const CSI_BYTES_MAX: usize = 128;
/// Keys that begin with ESC are sent in one piece, and seldom cut.
const ESCAPE_PATIENCE: Duration = Duration::from_millis(25);
/// Longer than a slow line cuts an answer for, as a rule; short enough for a person.
const ESCAPE_PATIENCE_WITH_ANSWERS: Duration = Duration::from_millis(300);
/// For the rest of what an ESC and another byte have begun.
const SEQUENCE_PATIENCE: Duration = Duration::from_secs(1);
