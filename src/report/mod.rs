//! What happens, told to programs: one JSON object a line, the same for every command.
//!
//! The app says what happened ([`App::take_reports`](crate::app::App::take_reports)); whoever
//! listens writes it down with the time ([`Line`]). The same lines go over the daemon's socket.
//! `schema.json` beside this page describes each of them and is what the tests hold them against.
//!
//! # Promises
//! - One object a line, in UTF-8, with `v`, `at` and `event` first. Nothing else is on the stream.
//! - Within a version (`v`), events and fields are only added: skip what you do not know.
//! - Text from remote peers is cleaned as it is for the screen: no control characters, no more than
//!   a few dozen columns. A path that is not UTF-8 is written with replacement characters.
//! - Sizes and offsets are bytes, rates bytes a second, times RFC 3339 in UTC.

mod code;

pub use crate::obstacle::Obstacle;
pub use crate::path::{Hop, HopKind, PathKind};
pub use code::Code;

use serde::{Deserialize, Serialize, Serializer};
use std::path::PathBuf;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Report {
    /// How the room is, each time that changes.
    Room {
        /// Whether it is reached.
        state: RoomState,
        /// How many others the server says are there, proven or not.
        others: usize,
        /// Its six words.
        words: Option<String>,
        /// How others join, once it is known where it is.
        link: Option<String>,
        /// The same in a sentence.
        text: String,
    },
    /// How a peer that knows the words is, each time that changes.
    Peer {
        /// Which.
        #[serde(flatten)]
        peer: Who,
        /// Whether it can be sent something.
        state: PeerState,
        /// How well it is known.
        trust: Standing,
        /// What it runs on, unless that is a terminal.
        #[serde(default)]
        device: Option<Device>,
    },
    /// How a peer is reached, and what the way to it is like, each time that changes; while something
    /// moves, twice a second. The figures are those of [`crate::path`].
    Path {
        /// Which.
        #[serde(flatten)]
        peer: Who,
        /// Over a relay, or not.
        kind: PathKind,
        /// Through whose hands, the nearest first, as far as it is known.
        #[serde(default)]
        via: Vec<Hop>,
        /// There and back.
        round_trip_ms: Option<f64>,
        /// Which share of the packets sent from here was lost, from 0 to 1, as it was known last.
        #[serde(default)]
        loss: Option<f64>,
        /// The same of those that the peer sent.
        #[serde(default)]
        loss_in: Option<f64>,
        /// What went to the peer over the last seconds, as it was known last: in bytes a second.
        #[serde(default)]
        rate_out: Option<u64>,
        /// The same from the peer.
        #[serde(default)]
        rate_in: Option<u64>,
        /// Why it is not a direct one, if that is known.
        #[serde(default)]
        why: Option<Obstacle>,
    },
    /// A peer offers a file.
    Proposal {
        /// Its number.
        transfer: TransferRef,
        /// Who.
        from: Who,
        /// What.
        file: File,
        /// Whether it is taken already, or an answer is awaited.
        answer: Taken,
    },
    /// A file begins to go out.
    Sending {
        /// The order that it was asked for with, if it was.
        order: Option<String>,
        /// What.
        file: File,
        /// To whom.
        to: Vec<Who>,
    },
    /// A transfer moved; at most ten times a second each.
    Progress {
        /// Its number.
        transfer: TransferRef,
        /// The other side.
        peer: Who,
        /// The file's name.
        name: String,
        /// What the receiver has on disk.
        offset: u64,
        /// The size of all of it.
        size: u64,
        /// Smoothed; 0 before it is known.
        rate: f64,
    },
    /// A file came in, is whole, and lies in its place.
    Received {
        /// Its number.
        transfer: TransferRef,
        /// From whom.
        from: Who,
        /// What.
        file: File,
        /// SHA-256, in hex.
        digest: String,
        /// Where; whole from the root.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
    },
    /// What became of a file at one of those it was sent to.
    Sent {
        /// The order that it was asked for with, if it was.
        order: Option<String>,
        /// To whom.
        to: Who,
        /// What.
        file: File,
        /// Whether it lies on their disk.
        #[serde(flatten)]
        receipt: Receipt,
    },
    /// How the camera is, each time that changes.
    Camera {
        /// Whether frames come.
        state: CameraState,
        /// In a sentence.
        text: String,
    },
    /// A photo was taken and lies in a file.
    Snapped {
        /// Where; whole from the root.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
        /// In bytes.
        size: u64,
        /// In pixels.
        width: u32,
        /// In pixels.
        height: u32,
    },
    /// A picture was shown in the terminal.
    Shown {
        /// Which.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
        /// In bytes.
        size: u64,
        /// In pixels.
        width: u32,
        /// In pixels.
        height: u32,
    },
    /// A camera that there is.
    CameraFound {
        /// Its number, for `--camera`.
        number: u32,
        /// What it calls itself.
        name: String,
        /// Its device file, where cameras have one.
        device: Option<String>,
        /// The best it sends.
        sends: Option<String>,
        /// Why it sends nothing, if so.
        fault: Option<String>,
    },
    /// What `doctor` found of one thing.
    Check {
        /// Of what: `terminal`, `camera`, `server`...
        subject: String,
        /// How it is.
        verdict: Verdict,
        /// What was found.
        text: String,
        /// What to do, unless it is good.
        advice: Option<String>,
    },
    /// How a hook went that was run for a file.
    Hook {
        /// The file.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
        /// Its exit status, if it ended by itself.
        status: Option<i32>,
        /// In a sentence, if it failed.
        text: Option<String>,
    },
    /// How the daemon is: told once to who asks.
    Daemon {
        /// Its process.
        pid: u32,
        /// Since when, RFC 3339.
        since: String,
        /// Whether a terminal is attached.
        attached: bool,
        /// Where files are saved.
        #[serde(serialize_with = "lossy")]
        save: PathBuf,
    },
    /// What becomes of a terminal that is attached to the daemon: told to who attached it.
    Terminal {
        /// What.
        state: TerminalState,
    },
    /// Something a person would be told.
    Notice {
        /// Whether it is good news.
        mood: Mood,
        /// A sentence.
        text: String,
    },
    /// Something that went wrong.
    Error {
        /// Which kind: stable, made for programs.
        code: Code,
        /// A sentence, made for people.
        text: String,
        /// The file it concerns, if it concerns one.
        file: Option<String>,
        /// The peer, if it concerns one.
        peer: Option<Who>,
        /// The transfer that it ended, if it ended one.
        transfer: Option<TransferRef>,
    },
    /// The last line: the command ends.
    Bye {
        /// The exit status.
        status: u8,
        /// Why, if it is not 0.
        code: Option<Code>,
    },
}

/// A remote peer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Who {
    /// The connection to it: a number that is never used for another.
    pub connection: u64,
    /// What it calls itself.
    pub name: String,
    /// Its fingerprint: who it is, from day to day. Empty before it has proven to know the words.
    pub id: String,
}

/// What a peer runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Device {
    /// A browser on a phone.
    Phone,
    /// A browser on something larger.
    Browser,
}

/// The number of a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TransferRef {
    /// Over which connection.
    pub connection: u64,
    /// Which way.
    pub way: Way,
    /// Its number there.
    pub number: u32,
}

/// Which way a transfer goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// From here.
    Out,
    /// To here.
    In,
}

/// What a file is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Its name, without any folder.
    pub name: String,
    /// Its media type, as its sender says.
    #[serde(rename = "type")]
    pub media_type: String,
    /// In bytes.
    pub size: u64,
    /// In pixels, for pictures.
    pub width: Option<u32>,
    /// In pixels, for pictures.
    pub height: Option<u32>,
    /// Of a folder: how many files it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<u32>,
}

impl File {
    /// Whether it claims to be a picture. A folder does not, whatever its type claims.
    pub fn is_picture(&self) -> bool {
        self.files.is_none() && self.media_type.starts_with("image/")
    }
}

/// Whether a room is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoomState {
    /// None was named yet.
    Outside,
    /// Being looked for on the network.
    Searching,
    /// Being reached.
    Joining,
    /// In.
    Joined,
    /// In, or looking for it, and nobody was met in the time it takes: no such room, perhaps.
    Empty,
    /// The server is not reached; it is tried again.
    Lost,
    /// Not let in.
    Refused,
}

/// Whether a peer can be sent something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PeerState {
    /// It is being connected to.
    Connecting,
    /// It can.
    Open,
    /// It can be, and is not before a person says that it is who it seems.
    Doubted,
    /// Nothing has come from it for a while.
    Unreachable,
    /// It broke the protocol.
    Barred,
    /// It is gone.
    Left,
}

/// How well a peer is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Not looked up yet.
    Unknown,
    /// Here for the first time.
    New,
    /// Met before.
    Met,
    /// A person here trusts it.
    Trusted,
    /// Another was met under its name.
    Changed,
}

/// Whether a file that is offered is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Taken {
    /// It is, without asking.
    Taken,
    /// An answer is awaited.
    Asked,
}

/// What became of a file that was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "receipt", rename_all = "snake_case")]
pub enum Receipt {
    /// It lies on their disk, whole.
    Delivered {
        /// SHA-256, in hex.
        digest: String,
    },
    /// It did not arrive.
    Failed {
        /// Which kind: stable, made for programs.
        code: Code,
        /// Why, in a few words.
        text: String,
    },
}

/// Whether frames come from a camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CameraState {
    /// Being opened.
    Opening,
    /// They do.
    Live,
    /// They do not; it is tried again.
    Trouble,
}

/// How something is that `doctor` looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As it should be.
    Good,
    /// It works, and could be better.
    SoSo,
    /// It does not work.
    Bad,
}

/// What becomes of a terminal that is attached to the daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TerminalState {
    /// It is taken over.
    Attached,
    /// The person wants the shell for a while: who attached it is to stop.
    Suspend,
    /// It is given back for a while.
    Left,
    /// It is given back, as the person wants; the room stays open.
    Detached,
    /// It is given back, since another terminal was attached.
    TakenOver,
    /// It is given back: the room is closed.
    Ended,
}

/// Whether a notice is good news.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mood {
    /// It is.
    Good,
    /// Neither.
    Info,
    /// It is not.
    Bad,
}

/// A report as it is written: one object, one line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// The version of the format: [`VERSION`].
    pub v: u32,
    /// When it was written, RFC 3339 in UTC.
    pub at: String,
    /// What happened.
    #[serde(flatten)]
    pub report: Report,
}

impl Line {
    /// A report that is written at this time, which is RFC 3339 in UTC.
    pub fn new(report: Report, at: String) -> Self {
        Self { v: VERSION, at, report }
    }

    /// Its text, without the end of the line.
    pub fn encode(&self) -> String {
        serde_json::to_string(self).expect("reports have no maps and no failing fields")
    }
}

impl Report {
    /// Something that went wrong, of no file and no peer.
    pub fn error(code: Code, text: impl Into<String>) -> Self {
        Self::Error { code, text: text.into(), file: None, peer: None, transfer: None }
    }
}

/// A path as text, whatever bytes it is made of.
fn lossy<S: Serializer>(path: &std::path::Path, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&path.to_string_lossy())
}

/// The version of the format.
pub const VERSION: u32 = 1;
/// What describes the format: JSON Schema, draft 2020-12.
pub const SCHEMA: &str = include_str!("schema.json");
