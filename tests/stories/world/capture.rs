//! All that has passed a server, taken apart: what is sealed, what is known to be no more than the
//! protocol's own words and numbers, and what else there is.

use super::evil::Evil;
use super::needle::Needle;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use serde_json::Value;
use signaling_server::protocol;
use std::collections::BTreeSet;
use tokio_tungstenite::tungstenite::Message as Frame;

/// What has passed, in both directions.
#[derive(Debug, Clone, Default)]
pub struct Capture {
    /// What was said, by the types of messages.
    pub types: BTreeSet<String>,
    /// The rooms that were asked for.
    pub rooms: BTreeSet<String>,
    /// The payloads of signals, as they came and decoded.
    pub sealed: Vec<(String, Vec<u8>)>,
    /// What is carried in frames.
    pub frames: Vec<Vec<u8>>,
    /// All that is none of this, and does not have to be there.
    pub rest: String,
}

impl Capture {
    /// Of all that the server has seen.
    pub fn of(evil: &Evil) -> Self {
        let mut capture = Self::default();
        for line in evil.heads().iter().flat_map(|head| head.lines()) {
            let name = line.split_inclusive(": ").next().unwrap_or_default();
            if !HEAD_LINES.contains(&line) && !HEAD_NAMES.contains(&name) && !is_request(line) {
                capture.keep(line);
            }
        }
        for passing in evil.seen() {
            match &passing.frame {
                Frame::Text(text) => {
                    let message = serde_json::from_str(text).expect("messages are JSON");
                    capture.take(message);
                }
                Frame::Binary(message) => {
                    let frame = protocol::Frame::parse(message).expect("it is for somebody");
                    capture.frames.push(frame.data.to_vec());
                }
                Frame::Close(Some(close)) if REASONS.contains(&close.reason.as_str()) => {}
                Frame::Close(None) => {}
                Frame::Ping(data) | Frame::Pong(data) if data.is_empty() => {}
                frame => capture.keep(&format!("{frame:?}")),
            }
        }
        capture
    }

    /// Where a thing is found that must not be there.
    pub fn find(&self, needle: &Needle) -> Option<&'static str> {
        if needle.is_in(self.rest.as_bytes()) {
            return Some("in the open");
        }
        let found = |(text, bytes): &(String, Vec<u8>)| {
            needle.is_in_random(text.as_bytes()) || needle.is_in_random(bytes)
        };
        if self.frames.iter().any(|data| needle.is_in_random(data)) {
            return Some("in a frame");
        }
        self.sealed.iter().any(found).then_some("in a payload")
    }

    fn keep(&mut self, text: &str) {
        self.rest.push_str(text);
        self.rest.push('\n');
    }

    /// Takes a message apart: what has the form that its field should have is that and no more.
    fn take(&mut self, mut message: Value) {
        let fields = message.as_object_mut().expect("a message has fields");
        fields.retain(|field, value| match (field.as_str(), &*value) {
            ("type", Value::String(text)) => {
                self.types.insert(text.clone());
                !TYPES.contains(&text.as_str())
            }
            ("room", Value::String(room)) => {
                self.rooms.insert(room.clone());
                !is_hex(room)
            }
            ("payload", Value::String(text)) => {
                let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).unwrap_or_default();
                let is_sealed = matches!(bytes[..], [1, 1 | 2, ..]);
                self.sealed.push((text.clone(), bytes));
                !is_sealed
            }
            ("token", Value::String(token)) => !is_hex(token),
            ("frames" | "offer", Value::Bool(_)) => false,
            ("version" | "id" | "from" | "to" | "peer" | "retry_after_ms", number) => {
                !number.is_u64()
            }
            ("peers" | "ice_servers", Value::Array(ids)) => !ids.iter().all(Value::is_u64),
            _ => true,
        });
        if !fields.is_empty() {
            self.keep(&message.to_string());
        }
    }
}

/// The path, and which of several servers are to be asked: two characters of the room, which they are
/// told in any case.
fn is_request(line: &str) -> bool {
    let shard = line.strip_prefix("GET /signaling?shard=");
    shard.is_some_and(|shard| shard.len() == 2 && HEXLOWER.decode(shard.as_bytes()).is_ok())
}

/// As tokens and rooms are: 128 bits.
fn is_hex(text: &str) -> bool {
    text.len() == 32 && HEXLOWER.decode(text.as_bytes()).is_ok()
}

const TYPES: [&str; 8] = ["join", "welcome", "joined", "away", "left", "signal", "leave", "bye"];
/// For closing a socket.
const REASONS: [&str; 3] = ["", "left", "going down"];
/// What a websocket is opened with.
const HEAD_LINES: [&str; 4] = [
    "connection: Upgrade",
    "connection: upgrade",
    "upgrade: websocket",
    "sec-websocket-version: 13",
];
/// Random, or known to the server: where it is, and what time it is.
const HEAD_NAMES: [&str; 4] = ["host: ", "date: ", "sec-websocket-key: ", "sec-websocket-accept: "];
