//! What a program asks its terminal, and what the terminal answers, in the words of xterm's
//! `ctlseqs`.

use std::time::Duration;

/// How the answers of a terminal come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answers {
    /// As soon as it is asked.
    AtOnce,
    /// Not at all.
    Never,
    /// So much later; keys are as quick as ever.
    Late(Duration),
    /// Byte by byte, with so much time between two.
    Split(Duration),
    /// Among what nobody asked for, and what means nothing.
    Garbage,
}

/// Finds the questions in what a program writes.
#[derive(Default)]
pub struct Questions {
    /// Of a sequence that is not whole yet, with its ESC; empty between sequences.
    sequence: Vec<u8>,
    /// How many were answered.
    count: u32,
}

impl Questions {
    /// The answers to what is asked in this output, in order.
    pub fn answer(&mut self, output: &[u8], answers: Answers) -> Vec<Vec<u8>> {
        let mut said = Vec::new();
        for byte in output {
            if *byte == ESC && !self.is_string() {
                self.sequence.clear();
            } else if self.sequence.is_empty() {
                continue;
            }
            self.sequence.push(*byte);
            if !self.is_whole() {
                continue;
            }
            let sequence = std::mem::take(&mut self.sequence);
            let Some(answer) = answer(&sequence) else { continue };
            self.count += 1;
            match answers {
                Answers::Never => {}
                Answers::Garbage => said.push([&garbage(self.count), answer].concat()),
                _ => said.push(answer.to_vec()),
            }
        }
        said
    }

    fn is_string(&self) -> bool {
        matches!(self.sequence.get(1), Some(b'P' | b']' | b'_' | b'^' | b'X'))
    }

    fn is_whole(&self) -> bool {
        match &self.sequence[..] {
            [ESC] => false,
            [_, b'[', body @ ..] => body.last().is_some_and(|last| matches!(last, b'@'..=b'~')),
            _ if self.is_string() => {
                self.sequence.ends_with(b"\x1b\\") || self.sequence.ends_with(b"\x07")
            }
            _ => true,
        }
    }
}

fn answer(sequence: &[u8]) -> Option<&'static [u8]> {
    let is_query = || sequence.windows(3).any(|keys| keys == b"a=q");
    if sequence.starts_with(b"\x1b_G") && is_query() {
        return Some(b"\x1b_Gi=4211;ENOTSUPPORTED:no pictures here\x1b\\");
    }
    KNOWN.iter().find(|(question, _)| *question == sequence).map(|(_, answer)| *answer)
}

/// What a terminal may say out of turn: answers to others, reports, strings of anything. In it
/// stand the letters that would snap, send, quit and ask for help, if they were typed.
fn garbage(number: u32) -> Vec<u8> {
    let mut seed = number.wrapping_mul(2_654_435_761) | 1;
    let any = || {
        seed ^= seed << 13;
        seed ^= seed >> 17;
        seed ^= seed << 5;
        ANYTHING[seed as usize % ANYTHING.len()]
    };
    let anything: Vec<u8> = std::iter::repeat_with(any).take(40).collect();
    let string = |start: &[u8]| [start, &anything[..], b"\x1b\\"].concat();
    match number % 8 {
        0 => string(b"\x1b]52;c;"),
        1 => string(b"\x1bP1+r"),
        2 => string(b"\x1b_Gi=31;"),
        3 => string(b"\x1b^"),
        4 => b"\x1b[?997;1n\x1b[3n\x1b[>41;388;0c\x1b[?1;2c".to_vec(),
        5 => b"\x1b[0n\x1b[0n\x1b[9;1;1t\x1b[?2027;0$y\x1b[?u".to_vec(),
        6 => string(b"\x1b]4;7;"),
        _ => string(b"\x1bX"),
    }
}

const ESC: u8 = 0x1b;
/// Nothing that ends a string.
const ANYTHING: &[u8] = b"sSq?vy\rix nc\x01\x1f~0;/\xc3\xff";

/// Questions, and what is answered.
const KNOWN: [(&[u8], &[u8]); 9] = [
    (b"\x1b[5n", b"\x1b[0n"),
    (b"\x1b[c", b"\x1b[?62;22c"),
    (b"\x1b[>c", b"\x1b[>1;100;0c"),
    (b"\x1b[>q", b"\x1bP>|story 1.0\x1b\\"),
    (b"\x1b[?2026$p", b"\x1b[?2026;2$y"),
    (b"\x1b]11;?\x1b\\", b"\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\"),
    (b"\x1b[16t", b"\x1b[6;16;8t"),
    (b"\x1b[14t", b"\x1b[4;384;640t"),
    (b"\x1bP+q524742\x1b\\", b"\x1bP0+r524742\x1b\\"),
];
