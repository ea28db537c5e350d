//! The signaling server of peersnap: peers who name the same room find each other through it.
//!
//! It routes. It hands out peer ids, says who is in a room, and carries signals from one peer to
//! another without reading them. It keeps nothing on disk, sets no cookies, and knows nobody's
//! name. Losing it never breaks a connection between two peers that stands.
//!
//! ```text
//! TcpListener ─ server ─ http ─► /signaling ─► socket ──(join, signal, leave)──► hub ─► rooms
//!               accepts,  │      upgrades      one task                          a lock  decides
//!               counts,   │                    a peer   ◄── outbox ◄── deliveries ──┘
//!               ends      └────► /, /*.js …    page: what browsers join with
//! ```
//!
//! | module | what it is | feature |
//! |---|---|---|
//! | [`protocol`] | the messages, one definition for both ends | always |
//! | [`page`] | the files that browsers join with, and their headers: pure | `server` |
//! | [`rooms`] | who is in, who hears what: a pure state machine | `server` |
//! | [`cluster`] | what several servers that act as one tell each other: pure | `server` |
//! | [`pin`] | what a server's key is known by, in a link: pure | `server` |
//! | [`certificate`] | where its certificate comes from: files, or itself | `server` |
//! | [`acme`] | where it comes from otherwise: an authority | `acme` |
//! | [`turn`] | STUN and TURN, for peers that do not reach each other: pure | `server` |
//! | [`server`] | sockets, limits and clocks around it: [`server::serve`] | `server` |
//! | `server::bus` | what connects it with others, over NATS | `nats` |
//! | `main` | the stand-alone program | `binary` |
//!
//! # What holds at all times
//! - A message reaches peers of one room only, and a signal exactly one peer.
//! - A room never holds more than [`protocol::ROOM_PEERS_MAX`] peers, those away counted, as far as is
//!   known: at several servers that act as one, more may enter at the same moment.
//! - A peer that is told [`joined`](protocol::Reply::Joined) is told `away` or `left` before it
//!   is told `joined` of the same peer again.
//! - What an address takes up is bounded: connections, websockets, and how often it comes.
//! - What waits for a peer is bounded in messages and bytes; one that does not read is closed.
//! - Every task ends within a bounded time after the caller's token is cancelled.
//!
//! # Close codes
//! Before there is a websocket, answers are of HTTP: 400 and 426 to what is no handshake of RFC 6455, 403 to
//! a page of elsewhere, 429 with `Retry-After` to an address that comes too often or has too many open.
//!
//! | code | why |
//! |---|---|
//! | 1000 | the peer said `leave` |
//! | 1001 | the server is going down; `bye` came before |
//! | 1002, 1007 | not the websocket protocol; text that is not UTF-8 |
//! | 1008 | refused, not a message of the protocol, too many messages, or no `join` in time |
//! | 1009 | a message longer than [`protocol::MESSAGE_BYTES_MAX`] |
//! | 1013 | the peer did not read what was sent to it |
//! | 4001 | the peer came back on another socket; this one is void |

#[cfg(feature = "acme")]
pub mod acme;
#[cfg(feature = "server")]
pub mod certificate;
#[cfg(feature = "server")]
pub mod cluster;
#[cfg(feature = "server")]
mod network;
#[cfg(feature = "server")]
pub mod page;
#[cfg(feature = "server")]
pub mod pin;
pub mod protocol;
#[cfg(feature = "server")]
pub mod rooms;
#[cfg(feature = "server")]
pub mod server;
#[cfg(feature = "server")]
pub mod turn;
