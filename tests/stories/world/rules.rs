//! What an evil server may do to messages, put so that a story reads like a plan.

use super::evil::Line;
use super::passing::Passing;
use data_encoding::BASE64URL_NOPAD;
use serde_json::value::to_raw_value;
use signaling_server::protocol::{Payload, PeerId, Reply, Request};

/// Sees each message, and says what is to be passed on, to whom.
pub type Rule = Box<dyn FnMut(&[Line], Passing) -> Vec<Passing> + Send>;

/// Everything is passed on as it is.
pub fn honest() -> Rule {
    Box::new(|_, passing| vec![passing])
}

/// What is said to somebody who does not exist is kept, not passed on; the honest server would close
/// the line of who says too much.
pub fn inventing() -> Rule {
    Box::new(|lines, passing| match passing.as_request() {
        Some(Request::Signal { to, .. }) if lines.iter().all(|it| it.peer != Some(to)) => {
            Vec::new()
        }
        _ => vec![passing],
    })
}

/// What the server says to one peer becomes this; what peers say goes as it is.
pub fn replies(mut rule: impl FnMut(usize, Reply) -> Vec<Reply> + Send + 'static) -> Rule {
    Box::new(move |_, passing| match passing.as_reply() {
        Some(reply) => {
            let replies = rule(passing.line, reply);
            replies.iter().map(|reply| Passing::reply(passing.line, reply)).collect()
        }
        None => vec![passing],
    })
}

/// What peers say to each other becomes this; the rest goes as it is.
pub fn signals(mut rule: impl FnMut(&Cast, Signal) -> Vec<Signal> + Send + 'static) -> Rule {
    Box::new(move |lines, passing| {
        let cast = Cast(lines.iter().map(|line| line.peer).collect());
        let to = cast.0.get(passing.line).copied().flatten();
        match (passing.as_reply(), to) {
            (Some(Reply::Signal { from, payload }), Some(to)) => {
                let signals = rule(&cast, Signal { from, to, payload });
                signals.into_iter().filter_map(|signal| signal.on(&cast)).collect()
            }
            _ => vec![passing],
        }
    })
}

/// The peers of all lines so far, in the order in which they came.
pub struct Cast(Vec<Option<PeerId>>);

impl Cast {
    /// Whether these two came as numbers so and so, in either order.
    pub fn are(&self, signal: &Signal, one: usize, other: usize) -> bool {
        let pair = (self.number(signal.from), self.number(signal.to));
        pair == (Some(one), Some(other)) || pair == (Some(other), Some(one))
    }

    /// Whether it is from the one to the other.
    pub fn is(&self, signal: &Signal, from: usize, to: usize) -> bool {
        (self.number(signal.from), self.number(signal.to)) == (Some(from), Some(to))
    }

    /// Who came as this number, once somebody has.
    pub fn known(&self, number: usize) -> Option<PeerId> {
        self.0.get(number).copied().flatten()
    }

    /// As which number a peer came; of one who came again, where it was first.
    pub fn number(&self, peer: PeerId) -> Option<usize> {
        self.0.iter().position(|it| *it == Some(peer))
    }
}

/// A message between two peers, on its way from the server to its receiver.
#[derive(Debug, Clone)]
pub struct Signal {
    pub from: PeerId,
    pub to: PeerId,
    pub payload: Payload,
}

impl Signal {
    /// Of these bytes.
    pub fn of(from: PeerId, to: PeerId, bytes: &[u8]) -> Self {
        Self { from, to, payload: payload(bytes) }
    }

    /// Its bytes, as the seal's page lays them out.
    pub fn bytes(&self) -> Vec<u8> {
        let text: String = serde_json::from_str(self.payload.get()).expect("a payload is a string");
        BASE64URL_NOPAD.decode(text.as_bytes()).expect("a payload is base64url")
    }

    /// Whether it is a hello.
    pub fn is_hello(&self) -> bool {
        self.bytes()[1] == HELLO
    }

    /// Whether it is an offer or an answer: the first signal of each side.
    pub fn is_description(&self) -> bool {
        let bytes = self.bytes();
        bytes[1] == SIGNAL && bytes[COUNTER_AT..COUNTER_AT + 8] == [0; 8]
    }

    /// The same with one bit of its sealed text changed.
    #[must_use]
    pub fn damaged(self) -> Self {
        let mut bytes = self.bytes();
        // Behind all that stands in the open, before the tag.
        let at = bytes.len() - 20;
        bytes[at] ^= 1 << (at % 8);
        Self { payload: payload(&bytes), ..self }
    }

    /// The same, said to be from somebody else.
    #[must_use]
    pub fn said_by(self, from: PeerId) -> Self {
        Self { from, ..self }
    }

    /// On the newest line of its receiver.
    pub fn on(self, cast: &Cast) -> Option<Passing> {
        let line = cast.0.iter().rposition(|peer| *peer == Some(self.to))?;
        Some(self.on_line(line))
    }

    /// On this line.
    pub fn on_line(self, line: usize) -> Passing {
        let Self { from, payload, .. } = self;
        Passing::reply(line, &Reply::Signal { from, payload })
    }
}

/// Bytes as a payload.
pub fn payload(bytes: &[u8]) -> Payload {
    to_raw_value(&BASE64URL_NOPAD.encode(bytes)).expect("a string is plain JSON")
}

const HELLO: u8 = 1;
const SIGNAL: u8 = 2;
/// Behind the version, the kind and two nonces.
const COUNTER_AT: usize = 2 + 16 + 16;
