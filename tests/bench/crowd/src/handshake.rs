//! The opening handshake of RFC 6455, section 4, with the key of its example: all know the answer.

use crate::frame::Broken;

/// Asks for a websocket.
pub fn request(host: &str, path: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n\r\n"
    )
}

/// How long the server's answer is, in bytes; none if it is not all there yet.
pub fn answer(bytes: &[u8]) -> Result<Option<usize>, Broken> {
    let Some(end) = bytes.windows(END.len()).position(|window| window == END) else {
        let too_long = bytes.len() > ANSWER_BYTES_MAX;
        return if too_long { Err(Broken("an answer without an end")) } else { Ok(None) };
    };
    let head = str::from_utf8(&bytes[..end]).map_err(|_| Broken("an answer is not text"))?;
    let mut lines = head.split("\r\n");
    if !lines.next().is_some_and(|status| status.starts_with("HTTP/1.1 101 ")) {
        return Err(Broken("the server gives no websocket"));
    }
    let is_accepted = lines
        .filter_map(|line| line.split_once(':'))
        .any(|(name, value)| name.eq_ignore_ascii_case(ACCEPT_NAME) && value.trim() == ACCEPT);
    if is_accepted {
        Ok(Some(end + END.len()))
    } else {
        Err(Broken("the server answers to another key"))
    }
}

const END: &[u8] = b"\r\n\r\n";
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT_NAME: &str = "Sec-WebSocket-Accept";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
const ANSWER_BYTES_MAX: usize = 8 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\
         sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

    #[test]
    fn the_answer_ends_where_frames_begin() {
        let bytes = [ANSWER.as_bytes(), &[0x81, 0]].concat();
        for end in 0..ANSWER.len() {
            assert_eq!(answer(&bytes[..end]), Ok(None), "{end}");
        }
        assert_eq!(answer(&bytes), Ok(Some(ANSWER.len())));
    }

    #[test]
    fn a_refusal_is_no_websocket() {
        assert!(answer(b"HTTP/1.1 429 Too Many Requests\r\n\r\n").is_err());
        assert!(answer(ANSWER.replace("s3pP", "s3pQ").as_bytes()).is_err());
        assert!(answer(&vec![b'x'; 2 * ANSWER_BYTES_MAX]).is_err());
    }
}
