//! Ten thousand peers of a signaling server, in one thread, and what they cost it.
//!
//! The crowd must be cheaper than the servers that it loads, or it would measure itself: its
//! websockets are a few lines over TCP without a buffer each, and one `epoll` waits for all of
//! them. It speaks to three servers, and does the same to each: peers enter rooms of two, greet
//! each other, are idle, and talk at a given rate; then, on a server begun anew, one peer never
//! reads while its partner floods it.
//!
//! ```text
//! measure ─► program: starts a server        process: what it has cost so far (/proc)
//!    ├─► crowd: epoll, sockets ◄─► line (frames) ◄─► member (who is met) ◄─► dialect
//!    ├─► flood: two sockets    ◄─►       "                  "
//!    └─► figures: the table, ratios and targets
//! ```
//!
//! | module | what it is | |
//! |---|---|---|
//! | [`frame`], [`handshake`], [`line`](mod@line) | the client's side of RFC 6455, as much as servers here need | pure |
//! | [`dialect`] | what is said to which server | pure |
//! | [`member`] | one peer: enters, meets its partner, tells when it hears of it | pure |
//! | [`figures`] | what was measured, beside what was aimed at | pure |
//! | [`crowd`], [`flood`], [`soak`] | sockets | |
//! | [`process`], [`program`], [`descriptors`] | the server's process, and limits of this one | |
//!
//! All traffic goes to 127.0.0.1, from an address of 127.0.0.0/8 that each room has to itself: so
//! ports do not run out, and a server's limits on one address do not matter.

pub mod crowd;
pub mod descriptors;
pub mod dialect;
pub mod figures;
pub mod flood;
pub mod frame;
pub mod handshake;
pub mod line;
pub mod measure;
pub mod member;
pub mod process;
pub mod program;
pub mod soak;

use std::net::{Ipv4Addr, SocketAddrV4, TcpStream};

use anyhow::{Context, Result};
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, connect, socket_with};

/// Where the peers of a room come from: an address that no other room has.
///
/// There are 16,646,144 of them in 127.1.0.0 to 127.254.255.255; rooms beyond that share.
pub fn source_of(room: usize) -> Ipv4Addr {
    let [_, second, third, fourth] = ((room % SOURCES) as u32).to_be_bytes();
    Ipv4Addr::new(127, second + 1, third, fourth)
}

/// A socket of a peer of this room.
pub(crate) fn connection(server: SocketAddrV4, room: usize) -> Result<TcpStream> {
    let socket = socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None)
        .context("making a socket")?;
    bind(&socket, &SocketAddrV4::new(source_of(room), 0)).context("binding a socket")?;
    connect(&socket, &server).with_context(|| format!("connecting to {server}"))?;
    let stream = TcpStream::from(socket);
    stream.set_nodelay(true).context("setting TCP_NODELAY")?;
    Ok(stream)
}

const SOURCES: usize = 254 << 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_room_has_an_address_of_the_loopback_range_to_itself() {
        assert_eq!(source_of(0), Ipv4Addr::new(127, 1, 0, 0));
        assert_eq!(source_of(4999), Ipv4Addr::new(127, 1, 19, 135));
        assert_eq!(source_of(SOURCES - 1), Ipv4Addr::new(127, 254, 255, 255));
        assert_eq!(source_of(SOURCES), source_of(0));
    }
}
