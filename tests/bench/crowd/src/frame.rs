//! Frames of RFC 6455, section 5: what a client writes, and what it reads of a server.
//!
//! No server here sends fragments or extensions, so those are [`Broken`].

/// What a frame of a server carries.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// Opcode 1.
    Text(&'a str),
    /// Opcode 9; a pong with the same bytes is owed.
    Ping(&'a [u8]),
    /// Opcode 8, with its code; 1005 if it says none.
    Close(u16),
    /// Opcode 10.
    Pong,
}

/// Bytes that no server should have sent: which rule they break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broken(pub &'static str);

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Broken {}

/// The first frame of these bytes and its length in bytes; none if more are needed.
pub fn decode(bytes: &[u8]) -> Result<Option<(Frame<'_>, usize)>, Broken> {
    let Some((head, payload)) = split(bytes)? else {
        return Ok(None);
    };
    let frame = match head {
        TEXT => Frame::Text(str::from_utf8(payload).map_err(|_| Broken("text is not UTF-8"))?),
        PING => Frame::Ping(payload),
        PONG => Frame::Pong,
        CLOSE => Frame::Close(match payload {
            [high, low, ..] => u16::from_be_bytes([*high, *low]),
            _ => NO_CODE,
        }),
        _ => return Err(Broken("a frame that is neither text nor control")),
    };
    let length = payload.as_ptr().addr() - bytes.as_ptr().addr() + payload.len();
    Ok(Some((frame, length)))
}

/// Opcode and payload of the first frame.
fn split(bytes: &[u8]) -> Result<Option<(u8, &[u8])>, Broken> {
    let [first, second, rest @ ..] = bytes else {
        return Ok(None);
    };
    if first & 0xf0 != FINAL {
        return Err(Broken("a fragment, or an extension that was not asked for"));
    }
    if *second & MASKED != 0 {
        return Err(Broken("a server's frame is masked"));
    }
    let wide = match *second {
        LENGTH_OF_2_BYTES => {
            rest.split_first_chunk().map(|(it, rest)| (u16::from_be_bytes(*it).into(), rest))
        }
        LENGTH_OF_8_BYTES => {
            rest.split_first_chunk().map(|(it, rest)| (u64::from_be_bytes(*it), rest))
        }
        length => Some((u64::from(length), rest)),
    };
    let Some((length, rest)) = wide else {
        return Ok(None);
    };
    if length > PAYLOAD_BYTES_MAX {
        return Err(Broken("a frame is longer than anything that was said"));
    }
    Ok(rest.get(..length as usize).map(|payload| (first & 0x0f, payload)))
}

/// Appends a text message.
pub fn encode_text(text: &str, out: &mut Vec<u8>) {
    encode(TEXT, text.as_bytes(), out);
}

/// Appends what answers a ping.
pub fn encode_pong(payload: &[u8], out: &mut Vec<u8>) {
    encode(PONG, payload, out);
}

fn encode(opcode: u8, payload: &[u8], out: &mut Vec<u8>) {
    out.push(FINAL | opcode);
    match payload.len() {
        length @ 0..=125 => out.push(MASKED | length as u8),
        length @ 126..=0xffff => {
            out.push(MASKED | LENGTH_OF_2_BYTES);
            out.extend((length as u16).to_be_bytes());
        }
        length => {
            out.push(MASKED | LENGTH_OF_8_BYTES);
            out.extend((length as u64).to_be_bytes());
        }
    }
    out.extend(MASK);
    let masked = out.len();
    out.extend(payload);
    // A whole mask at a time, which compilers make wide instructions of.
    for chunk in out[masked..].chunks_mut(MASK.len()) {
        chunk.iter_mut().zip(MASK).for_each(|(byte, mask)| *byte ^= mask);
    }
}

const FINAL: u8 = 0x80;
const MASKED: u8 = 0x80;
const LENGTH_OF_2_BYTES: u8 = 126;
const LENGTH_OF_8_BYTES: u8 = 127;
const TEXT: u8 = 1;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;
const NO_CODE: u16 = 1005;

/// Masks protect proxies from pages (section 10.3). Here is neither: one mask does, and costs a
/// server as much as any.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

const PAYLOAD_BYTES_MAX: u64 = 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_hello_is_that_of_the_standard() {
        let mut out = Vec::new();
        encode_text("Hello", &mut out);
        let example = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
        assert_eq!(out, example);
    }

    #[test]
    fn longer_messages_have_longer_lengths() {
        for (length, head) in [(125, 2 + 4), (126, 4 + 4), (65_535, 4 + 4), (65_536, 10 + 4)] {
            let mut out = Vec::new();
            encode_text(&"x".repeat(length), &mut out);
            assert_eq!(out.len(), head + length, "{length}");
        }
    }

    #[test]
    fn frames_of_a_server_are_read_one_after_the_other() {
        let bytes = [0x81, 2, b'h', b'i', 0x89, 1, b'p', 0x88, 2, 0x03, 0xf5, 0x8a, 0];
        let mut rest = &bytes[..];
        let mut heard = Vec::new();
        while let Some((frame, length)) = decode(rest).expect("frames") {
            heard.push(format!("{frame:?}"));
            rest = &rest[length..];
        }
        assert_eq!(heard, ["Text(\"hi\")", "Ping([112])", "Close(1013)", "Pong"]);
        assert!(rest.is_empty());
    }

    #[test]
    fn a_frame_that_is_not_all_there_is_waited_for() {
        for length in [5, 200, 70_000] {
            let payload = vec![b'x'; length];
            let mut bytes = vec![0x81];
            match length {
                5 => bytes.push(5),
                200 => bytes.extend([126, 0, 200]),
                _ => bytes.extend([127, 0, 0, 0, 0, 0, 1, 0x11, 0x70]),
            }
            bytes.extend(&payload);
            for end in 0..bytes.len() {
                assert_eq!(decode(&bytes[..end]), Ok(None), "{end} of {}", bytes.len());
            }
            let (frame, taken) = decode(&bytes).expect("a frame").expect("the whole of it");
            assert_eq!((frame, taken), (Frame::Text(&"x".repeat(length)), bytes.len()));
        }
    }

    #[test]
    fn what_no_server_may_send_is_told() {
        for bytes in [
            &[0x01, 0][..],
            &[0xc1, 0],
            &[0x82, 0],
            &[0x81, 0x80, 1, 2, 3, 4],
            &[0x81, 1, 0xff],
            &[0x81, 127, 0xff, 0, 0, 0, 0, 0, 0, 0],
        ] {
            assert!(decode(bytes).is_err(), "{bytes:?}");
        }
    }
}
