//! STUN and TURN over UDP: how peers learn where they are seen, and a way round where none leads
//! from one to the other.
//!
//! [`Relay`] is a pure value. It is fed datagrams and the time, and says what is to be done; the
//! sockets around it are in [`server`](crate::server). It never reads what it relays.
//!
//! ```text
//!  client's datagram ─► handle_client ┐            ┌► Answer: from the server's own address
//!  peer's datagram ───► handle_peer ──┼─► Relay ───┼► Send: from an allocation's relayed address
//!  a time that comes ─► handle_timeout┤ poll_action├► Open: a socket is wanted ─► opened
//!                       opened ───────┘            └► Close: that socket is not wanted any more
//! ```
//!
//! In this module the words are those of RFC 8656: a *client* is who has an *allocation* here, and its
//! *peers* are whom it exchanges datagrams with from the *relayed address* of that.
//!
//! | module | what it is |
//! |---|---|
//! | `message` | STUN messages and `ChannelData`, read and written (RFC 8489; RFC 8656, section 12.4) |
//! | `credentials` | usernames that expire and the passwords that go with them |
//! | `nonces` | what a client has to repeat, without any memory of it |
//! | `addresses` | whom the relay exchanges datagrams with at all |
//! | `quota` | how many allocations a peer, a room and all together have |
//! | `rates` | how many answers an address gets, how many bytes go through an allocation |
//! | `allocation` | one client's permissions and channels |
//! | `relay` | the requests, and what becomes of them |
//! | `counts` | what is counted of all that |
//!
//! # What holds at all times
//! - Nothing is relayed to or from an address that [`Reach`] does not admit, nor the server's own
//!   addresses, except from one allocation to another.
//! - Whoever has shown no credentials costs no memory but a count in a table of a fixed size, and gets
//!   at most [`Limits::answers_per_second`].
//! - Everything is counted: see [`Limits`].
//!
//! # What is not there
//! TCP and TLS (RFC 6062), `RESERVATION-TOKEN` and what `EVEN-PORT` may ask for beside an even port, and
//! `DONT-FRAGMENT`. WebRTC uses none of these; requests with them are refused as RFC 8656 has it.

mod addresses;
mod allocation;
mod counts;
mod credentials;
mod message;
mod nonces;
mod quota;
mod rates;
mod relay;

use std::time::{Duration, Instant};

pub use addresses::Reach;
pub use counts::Counts;
pub use credentials::{CREDENTIALS_SECONDS, Credentials, NoSecret, Secret};
pub use relay::{Action, AllocationId, Opening, Parity, Place, Relay, Settings};

/// The port of STUN and TURN (RFC 8656, section 4.6).
pub const PORT: u16 = 3478;

/// The longest datagram that is looked at, in bytes. WebRTC keeps to what an Ethernet frame holds.
pub const DATAGRAM_BYTES_MAX: usize = 2048;

/// What a client asks of a relay is bounded by these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most allocations that a peer of a room has at a time: 2, one of each family of addresses or
    /// one of each of two networks. One more is answered with 486.
    pub allocations_per_peer: usize,
    /// The most allocations of a room: 20, more than one for each of its peers. Then 486.
    pub allocations_per_room: usize,
    /// The most allocations of an address (a /56 of IPv6): 32, two of each of a full room behind one
    /// router. Whoever opens room after room comes no further. Then 486.
    pub allocations_per_address: usize,
    /// The most allocations of all: 200, each with a socket. Then 486.
    pub allocations_max: usize,
    /// How long an allocation lasts that is not refreshed, whatever its client asks for: 600 s, the
    /// default of RFC 8656.
    pub lifetime: Duration,
    /// The most addresses that an allocation has permissions for: 64. Then 508.
    pub permissions_max: usize,
    /// The most channels of an allocation: 64. Then 508.
    pub channels_max: usize,
    /// The bytes that an allocation relays for long, each way for itself: 2 MiB a second. What is
    /// more waits, as in front of a line of that rate.
    pub bytes_per_second: u32,
    /// The bytes that it relays at once after a silence: 512 KiB.
    pub bytes_burst: u32,
    /// The bytes of it that wait, each way for itself: 256 KiB, an eighth of a second. More is dropped.
    pub bytes_waiting: u32,
    /// The bytes of all allocations that wait: 16 MiB. More is dropped.
    pub bytes_waiting_of_all: usize,
    /// The answers that an address (a /56 of IPv6) gets that has not shown credentials, bindings of STUN
    /// among them: 20 a second, and as many at once. What is more stays unanswered.
    pub answers_per_second: u32,
    /// The addresses that are counted so at a time: 10,000. Others stay unanswered meanwhile, a fraction
    /// of a second.
    pub addresses_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            allocations_per_peer: 2,
            allocations_per_room: 20,
            allocations_per_address: 32,
            allocations_max: 200,
            lifetime: Duration::from_mins(10),
            permissions_max: 64,
            channels_max: 64,
            bytes_per_second: 2 * 1024 * 1024,
            bytes_burst: 512 * 1024,
            bytes_waiting: 256 * 1024,
            bytes_waiting_of_all: 16 * 1024 * 1024,
            answers_per_second: 20,
            addresses_max: 10_000,
        }
    }
}

/// A moment, on the two clocks that matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// For what lasts a while.
    pub instant: Instant,
    /// For what others have to agree on: seconds since 1970, of credentials.
    pub unix_seconds: u64,
}
