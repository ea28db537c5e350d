//! The form of `vectors.json`.

use super::hex;
use crate::seal::{OpenError, Opened, Remote};
use serde::{Deserialize, Serialize};
use signaling_server::protocol::Payload;

#[derive(Serialize, Deserialize)]
pub struct Vectors {
    pub about: String,
    /// How words may be typed.
    pub typed: Vec<Typed>,
    /// What is wrong with others.
    pub wrong: Vec<Wrong>,
    /// What words are worth.
    pub keys: Vec<Keys>,
    pub identities: Vec<Signed>,
    /// Public keys that are none.
    pub refused_keys: Vec<String>,
    pub answers: Vec<Answered>,
    /// What is sealed, byte by byte.
    pub sealings: Vec<Sealing>,
    /// What opens, and what does not.
    pub openings: Vec<Opening>,
}

#[derive(Serialize, Deserialize)]
pub struct Typed {
    pub typed: String,
    pub words: String,
}

#[derive(Serialize, Deserialize)]
pub struct Wrong {
    pub typed: String,
    /// `unknown`, `ambiguous` or `count`.
    pub error: String,
    pub position: Option<usize>,
    pub nearest: Option<String>,
}

#[derive(Clone, Serialize, Deserialize)]
pub struct Keys {
    pub words: String,
    pub master: String,
    pub room: String,
    pub signal_key: String,
}

#[derive(Serialize, Deserialize)]
pub struct Signed {
    pub secret: String,
    pub public: String,
    pub fingerprint: String,
    pub message: String,
    pub signature: String,
}

#[derive(Serialize, Deserialize)]
pub struct Answered {
    pub question: String,
    pub asker: String,
    pub answer: String,
}

/// One message, from the parts it is made of to the payload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sealing {
    pub name: String,
    pub signal_key: String,
    pub room: String,
    pub from: u64,
    pub to: u64,
    /// Of who seals.
    pub secret: String,
    /// Of who seals.
    pub nonce: String,
    #[serde(flatten)]
    pub kind: Kind,
    pub xnonce: String,
    pub binding: String,
    pub body: String,
    /// The JSON string's content.
    pub payload: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Kind {
    Hello { question: String, answer: Option<String>, called: String },
    Signal { to_nonce: String, to_public: String, counter: u64, signal: String },
}

/// A payload, who gets it, and what comes of it.
#[derive(Serialize, Deserialize)]
pub struct Opening {
    pub name: String,
    pub receiver: Receiver,
    /// Any JSON.
    pub payload: Payload,
    pub outcome: Outcome,
}

#[derive(Clone, Serialize, Deserialize)]
pub struct Receiver {
    pub signal_key: String,
    pub room: String,
    pub local: u64,
    pub remote: u64,
    pub secret: String,
    pub nonce: String,
    pub question: String,
    pub session: Option<State>,
}

/// A session that was claimed, or proven and stands.
#[derive(Clone, Serialize, Deserialize)]
pub struct State {
    pub proven: bool,
    /// Of the remote peer.
    pub nonce: String,
    /// Of the remote peer.
    pub public: String,
    /// How many signals were opened.
    pub opened: u64,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Claimed(Greeting),
    Proven(Greeting),
    Begun(Greeting),
    Signal(String),
    Ignored,
    Error(Failure),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct Greeting {
    pub name: String,
    pub public: String,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    Malformed,
    Version,
    WrongKey,
    BadSignature,
    Replayed,
    Missing,
    OtherIdentity,
}

impl Outcome {
    pub fn of(opened: Result<Opened, OpenError>) -> Self {
        match opened {
            Ok(Opened::Claimed(remote)) => Self::Claimed(remote.into()),
            Ok(Opened::Proven(remote)) => Self::Proven(remote.into()),
            Ok(Opened::Begun(remote)) => Self::Begun(remote.into()),
            Ok(Opened::Signal(signal)) => Self::Signal(signal),
            Ok(Opened::Ignored) => Self::Ignored,
            Err(error) => Self::Error(error.into()),
        }
    }
}

impl From<Remote> for Greeting {
    fn from(remote: Remote) -> Self {
        Self { name: remote.name.into(), public: hex(remote.key.as_bytes()) }
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Malformed => Self::Malformed,
            OpenError::Version(_) => Self::Version,
            OpenError::WrongKey => Self::WrongKey,
            OpenError::BadSignature => Self::BadSignature,
            OpenError::Replayed => Self::Replayed,
            OpenError::Missing => Self::Missing,
            OpenError::OtherIdentity => Self::OtherIdentity,
        }
    }
}
