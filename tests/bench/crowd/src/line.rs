//! What one websocket has said so far: bytes in, messages out. It keeps only what is not whole yet.

use crate::frame::{self, Broken, Frame};
use crate::handshake;

/// The client's ear on one connection.
#[derive(Debug, Default)]
pub struct Line {
    stage: Stage,
    rest: Vec<u8>,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Handshake,
    Open,
}

/// What comes of some bytes.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard<'a> {
    /// The handshake is done.
    Open,
    /// A message.
    Text(&'a str),
    /// Is to be answered with the same bytes.
    Ping(&'a [u8]),
    /// The server closes, with this code.
    Closed(u16),
}

impl Line {
    /// Takes bytes as they come, and tells what they say.
    pub fn read<E: From<Broken>>(
        &mut self,
        bytes: &[u8],
        mut hear: impl FnMut(Heard<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut kept = std::mem::take(&mut self.rest);
        let mut rest = if kept.is_empty() {
            bytes
        } else {
            kept.extend(bytes);
            &kept
        };
        if self.stage == Stage::Handshake
            && let Some(length) = handshake::answer(rest)?
        {
            self.stage = Stage::Open;
            rest = &rest[length..];
            hear(Heard::Open)?;
        }
        while self.stage == Stage::Open
            && let Some((frame, length)) = frame::decode(rest)?
        {
            rest = &rest[length..];
            match frame {
                Frame::Text(text) => hear(Heard::Text(text))?,
                Frame::Ping(payload) => hear(Heard::Ping(payload))?,
                Frame::Close(code) => hear(Heard::Closed(code))?,
                Frame::Pong => {}
            }
        }
        self.rest = rest.to_vec();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_bytes_are_cut_the_same_is_heard() {
        let answer = "HTTP/1.1 101 Switching Protocols\r\n\
             Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
        let frames = [0x81, 2, b'h', b'i', 0x89, 1, b'p', 0x8a, 0, 0x88, 2, 0x03, 0xe9];
        let bytes = [answer.as_bytes(), &frames].concat();
        for step in 1..=bytes.len() {
            let mut line = Line::default();
            let mut heard = Vec::new();
            for bytes in bytes.chunks(step) {
                let hear = |it: Heard<'_>| {
                    heard.push(format!("{it:?}"));
                    Ok::<_, Broken>(())
                };
                line.read(bytes, hear).expect("a line");
            }
            assert_eq!(heard, ["Open", "Text(\"hi\")", "Ping([112])", "Closed(1001)"], "{step}");
            assert!(line.rest.is_empty());
        }
    }
}
