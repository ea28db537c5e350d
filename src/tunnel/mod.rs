//! The tunnel: two data channels' worth of messages through the signaling server, closed to it.
//!
//! It is the last resort, for two peers between whom no datagram finds a way, neither directly nor
//! through a relay: where a network lets nothing but the web through, say. What goes through it is
//! what goes over a connection: control messages and chunks ([`crate::transfer::message`]), in order
//! and none lost. The server, which carries frames of bytes from one peer to another, sees how long
//! they are and when they go. This page is the protocol, version 1; `tests/contracts/golden/tunnel.json`
//! has the vectors. The module is pure: randomness comes in as bytes.
//!
//! # Agreeing upon keys
//! The signals that negotiate a connection ([`crate::negotiation`]) carry a [`Share`] of each side:
//! an X25519 public key (RFC 7748), drawn for this attempt alone. They are sealed and signed
//! ([`crate::seal`]), so each side knows whose the other's share is; and as the secrets are
//! forgotten with the tunnel, words that leak later open nothing that went through it.
//!
//! ```text
//! keys = HKDF-SHA256(X25519(own secret, other's share), no salt,
//!                    "peersnap/1 tunnel" ‖ number (4) ‖ offerer's share (32) ‖ answerer's share (32))
//! key of what the offerer says  = keys[0..32]
//! key of what the answerer says = keys[32..64]
//! ```
//!
//! A share that leads to a secret of zeros is refused (RFC 7748, section 6.1).
//!
//! # Frames
//! Numbers are big-endian. A frame is at most [`FRAME_BYTES_MAX`] long, and of that:
//!
//! ```text
//!  4  number: that of the attempt, which tells tunnels between the two peers apart
//!  …  XChaCha20-Poly1305(key, nonce, kind (1) ‖ data), no associated data
//!
//! nonce = 16 zeros ‖ counter (8): from 0, each direction for itself
//!
//! kind       data
//!  0 ping     8 bytes, whatever they are
//!  1 pong     those of a ping
//!  2 taken    4: how many messages and parts were taken, since the beginning
//!  3 part     the beginning of a control message, or more of it
//!  4 control  all of a control message, or its end
//!  5 chunk    one chunk
//!  6 bye      nothing: no more is said
//! ```
//!
//! The offerer speaks first, if only a ping: the answerer's answer may be behind its frames, which
//! would open nowhere yet, and a frame that is lost ends the tunnel.
//!
//! Either side may have [`UNTAKEN_MAX`] frames of the kinds 3 to 5 under way; each is acknowledged by
//! `taken` once it was handed on. So nothing piles up anywhere for more than that, and the server never
//! has a reason to end a socket. A frame that does not open, is of no known kind, or is one too many
//! ends the tunnel.

mod cipher;
mod keys;
mod session;
#[cfg(test)]
mod tests;

#[cfg(any(test, fuzzing))]
pub(crate) use session::fuzz;

pub use keys::{Keys, Secret, Share, Side};
pub use session::{
    Broken, CHUNK_BYTES_MAX, FRAME_BYTES_MAX, Heard, Session, UNTAKEN_MAX, number_of,
};

/// A tunnel between two peers: the number of the [attempt](crate::negotiation::Attempt) that it began
/// with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Number(pub u32);
