//! Why a command ends as it does: for programs by name, for shells by number.

use serde::{Deserialize, Serialize};

/// What went wrong. Names and numbers are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// Anything that has no name of its own: 1.
    Failed,
    /// What was asked for makes no sense: 2.
    Usage,
    /// No such room, or a word is wrong, or nobody is in it: 3.
    NoSuchRoom,
    /// Nobody came, or nothing came, in time: 4.
    NobodyCame,
    /// The others, or the server, do not take it: 5.
    Refused,
    /// The line was cut before all was over; the same again goes on: 6.
    CutOff,
    /// The disk is full, or cannot be read or written: 7.
    Disk,
    /// No camera, or no picture from it: 8.
    Camera,
    /// The signaling server is not reached: 9.
    Server,
    /// A hook failed: 10.
    Hook,
    /// Standard output was closed before all was written: 11.
    Output,
    /// A file was changed while it was sent; the same again sends it as it is then: 12.
    Changed,
    /// Ctrl-C, before all was done: 130, as shells have it.
    Interrupted,
    /// SIGTERM or SIGHUP, before all was done: 143.
    Terminated,
}

impl Code {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Failed,
        Self::Usage,
        Self::NoSuchRoom,
        Self::NobodyCame,
        Self::Refused,
        Self::CutOff,
        Self::Disk,
        Self::Camera,
        Self::Server,
        Self::Hook,
        Self::Output,
        Self::Changed,
        Self::Interrupted,
        Self::Terminated,
    ];

    /// The exit status.
    pub fn status(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NoSuchRoom => 3,
            Self::NobodyCame => 4,
            Self::Refused => 5,
            Self::CutOff => 6,
            Self::Disk => 7,
            Self::Camera => 8,
            Self::Server => 9,
            Self::Hook => 10,
            Self::Output => 11,
            Self::Changed => 12,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }
}
