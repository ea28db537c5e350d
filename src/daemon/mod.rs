//! A room that is kept open in the background, so that a line that drops loses nothing.
//!
//! ```text
//!  terminal ◄─────────────── drawn on and read by the daemon itself ──────────────┐
//!     │                                                                            │
//!  attach ── its descriptors, its size, Ctrl-Z ──► socket ──► keeper ── Face, Shell ┴─► room
//!  status, send, receive ── requests, reports ───►
//! ```
//!
//! | file | |
//! |---|---|
//! | [`request`], [`lines`] | pure: what is asked of it, and how bytes are lines |
//! | `place` | where its socket is, and that there is one daemon |
//! | `passing` | a terminal's descriptors on their way over the socket |
//! | `server`, `clients` | who has connected, bounded: who does not read is dropped |
//! | `keeper` | the loop: events, requests, the terminal that is attached |
//! | `client` | the other side: for [`attach()`], [`status()`], [`stop`] and whoever sends or receives |
//! | `start` | how it goes into the background |
//!
//! A terminal is attached by handing its descriptors over: the daemon draws on it as a program does
//! that was started there, so that nothing stands between it and the line. The one who attached it
//! waits, and gives it back should the daemon be gone.

mod attach;
mod client;
mod clients;
mod keeper;
pub mod lines;
mod passing;
mod place;
pub mod request;
mod server;
mod start;
mod status;

pub use attach::attach;
pub use client::Client;
pub use keeper::keep;
pub use request::Request;
pub use start::{Voice, inherit, is_in_background, start, stop};
pub use status::status;

use crate::json::Failure;
use crate::report::Code;

/// What is said where no daemon runs.
fn none_runs() -> Failure {
    Failure::new(Code::Failed, NONE_RUNS)
}

const NONE_RUNS: &str = "no room is kept open in the background: `peersnap daemon` opens one";
