//! Machines of their own, and the lines that they hang on: slow, far away, lossy, cut and mended;
//! some of which do not reach each other.
//!
//! Each machine is a network namespace, made without being root, with one TUN device in it. What a
//! machine sends goes out by its own [`Line`], which has a rate, a bounded queue, a delay and a
//! loss, and then straight in at the machine that it is for. Two machines have a line between them;
//! more of them are as houses in a street. Nothing that is sent there goes anywhere else. A machine
//! may stand behind a [`Router`], in a namespace further in.
//!
//! ```text
//!  test process ── orders ──► carrier (a process of its own)
//!                              ├─ thread of machine 1: TUN ► Way (queue, rate, delay, loss) ► TUN of 2
//!                              └─ thread of machine 2: TUN ► Way                            ► TUN of 1
//! ```
//!
//! The carrier is a process of its own, since one with threads cannot enter a user namespace: a
//! test's binary runs itself anew, and calls [`carry`] there. [`Network`] is the side of the test.
//! It needs `unshare` and `nsenter` of util-linux, `ip` of iproute2, `nft` of nftables where there are
//! routers, and `/dev/net/tun`.

mod carrier;
mod machine;
mod network;
mod order;
mod router;
mod way;

pub use carrier::carry;
pub use network::Network;
pub use router::Router;
pub use way::Carried;

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What a machine's way out is like.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// How fast packets are put on it, with all of their headers.
    pub bits_per_second: u64,
    /// From the end of a packet's being put on it to its arrival; a round trip has that of both ends.
    pub delay: Duration,
    /// Which share of all packets is lost on the way, from 0 to 1.
    pub loss: f64,
    /// How much waits to be put on it; what comes when it is full is dropped.
    pub queue_bytes: usize,
}

/// A machine, counted from 0 as their lines were given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine(pub usize);

impl Line {
    /// A line that loses nothing, whose round trip takes so long if its other end is like it.
    ///
    /// Its queue is what it carries in 100 ms, and no less than 64 KiB.
    pub const fn new(bits_per_second: u64, round_trip: Duration) -> Self {
        let tenth = (bits_per_second / 80) as usize;
        let queue_bytes = if tenth > MIN_QUEUE_BYTES { tenth } else { MIN_QUEUE_BYTES };
        let delay = Duration::from_micros(round_trip.as_micros() as u64 / 2);
        Self { bits_per_second, delay, loss: 0.0, queue_bytes }
    }

    /// The same, which loses this share of all packets.
    #[must_use]
    pub const fn losing(self, loss: f64) -> Self {
        Self { loss, ..self }
    }
}

const MIN_QUEUE_BYTES: usize = 64 * 1024;
