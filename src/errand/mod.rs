//! Errands: sending and receiving where nobody looks, for scripts, agents, cameras and cron.
//!
//! ```text
//!            Report                                  Order
//! room ────────────────► Receive, Send (pure) ───────────────► room
//!   │                        ▲        │ Ending
//!   │ Report                 │ Parcel ▼
//!   └──► voice, hooks     supply    exit status
//! ```
//!
//! An errand knows the room by what it reports, and asks it by orders; whether that room is one of
//! this program or of a daemon makes no difference to it. [`run`] is the loop around it.

mod hooks;
mod place;
mod receive;
mod run;
mod schedule;
mod send;
mod sentences;
mod shooting;
mod signals;
mod sink;
mod spool;
mod stdin;
mod supply;
#[cfg(test)]
mod tests;
mod voice;
mod writer;

pub use hooks::{Hooks, Setup as HookSetup};
pub use place::Place;
pub use receive::{Accept, Folders, Receive, Wishes as ReceiveWishes};
pub use run::{receive, send};
pub use schedule::Wanted;
pub use send::{Deserted, Send, Wishes as SendWishes};
pub use shooting::{Setup as CameraSetup, Shooting};
pub use sink::Sink;
pub use stdin::from_stdin;
pub use supply::{Source, Supply};
pub use voice::{Invites, Output, Voice};

use crate::report::{Code, RoomState};

/// How an errand ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// All was done.
    Done,
    /// Not all was.
    Failed {
        /// What kind of failure: the exit status.
        code: Code,
        /// Why, in a sentence.
        text: String,
    },
}

/// Which room an errand is run in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Room {
    /// One that others should be in already.
    #[default]
    Joined,
    /// One that others are told of first.
    Opened,
}

impl Ending {
    fn failed(code: Code, text: &str) -> Self {
        Self::Failed { code, text: text.to_owned() }
    }
}

/// Why nobody came, as far as can be told: by how the room is, and whether anybody was met in it.
fn nobody(room: Option<RoomState>, met_anyone: bool, otherwise: &str) -> Ending {
    match room {
        _ if met_anyone => Ending::failed(Code::NobodyCame, otherwise),
        Some(RoomState::Empty) => Ending::failed(Code::NoSuchRoom, NO_SUCH_ROOM),
        Some(RoomState::Lost | RoomState::Joining) => Ending::failed(Code::Server, NO_SERVER),
        _ => Ending::failed(Code::NobodyCame, "nobody came in time"),
    }
}

const NO_SUCH_ROOM: &str = "no such room, or a word is wrong, or nobody is in it";
const NO_SERVER: &str = "the signaling server was not reached";
