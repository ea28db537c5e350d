//! What a server is told by whoever runs it: every limit, with the default that suits the open net.

use std::time::Duration;

use ipnet::IpNet;

use super::{Bus, Tls, Turn};
use crate::protocol::{GRACE_SECONDS, IceServer};
use crate::rooms::ROOMS_MAX;
use crate::turn::Secret;

/// The limits and settings of a server.
#[derive(Debug, Clone)]
pub struct Config {
    /// Servers for ICE that every welcome names. None by default.
    pub ice_servers: Vec<IceServer>,
    /// The server of STUN and TURN that is run beside and named in every welcome, with credentials of
    /// the peer's own. None by default. Its limits are [`turn::Limits`](crate::turn::Limits).
    pub turn: Option<Turn>,
    /// Servers of TURN elsewhere that are named in the same way. None by default.
    pub turn_servers: Option<TurnServers>,
    /// What connects this server with others, which then act as one. None by default.
    pub bus: Option<Bus>,
    /// Origins of pages that may connect though they come from another host, as browsers write
    /// them: `https://example.org`. None by default; a page of this host always may.
    pub allow_origins: Vec<String>,
    /// Whether https is spoken, and with which certificate. Not by default; whoever comes with plain
    /// http then is sent to https.
    pub tls: Option<Tls>,
    /// Proxies that are believed when they say, in `X-Forwarded-For`, whom a request is for. None by
    /// default.
    pub trust_proxies: Vec<IpNet>,
    /// The upgrades of an address for long: 20 a minute. One too many is answered with 429, as is one of
    /// the next two. An address is one of IPv4 or a /56 of IPv6. Those of this machine are not counted,
    /// unless a trusted proxy says whom they are for. 0 counts as 1.
    pub upgrades_per_minute: u32,
    /// The upgrades of an address at once after a silence: 40.
    pub upgrades_burst: u32,
    /// The websockets of an address at a time: 64.
    pub sockets_per_address: usize,
    /// The connections of an address at a time that are no websockets: 256. One more is dropped. A
    /// browser has six, a page behind a trusted proxy none.
    pub connections_per_address: usize,
    /// The addresses that are counted at a time: 65,536. Others are turned away meanwhile, as those
    /// that have opened too much.
    pub addresses_max: usize,
    /// The most rooms at a time: 10,000.
    pub rooms_max: usize,
    /// The most connections at a time, websockets or not: 20,000. One more is dropped.
    pub connections_max: usize,
    /// How long a connection may take over its TLS handshake, and over the headers of a request, from when it was opened or the
    /// answer before was over: 5 s.
    pub header_timeout: Duration,
    /// How long a connection may last that has not become a websocket: 60 s. A page may take that
    /// on a slow line; an answer that is under way then has as long again.
    pub http_timeout: Duration,
    /// How long a websocket may take over its `join`: 10 s.
    pub join_timeout: Duration,
    /// How long a peer may be silent before it is pinged: 25 s.
    pub ping_after: Duration,
    /// How long a peer may be silent before it is taken for dead: 60 s.
    pub dead_after: Duration,
    /// How long the place of a lost peer is kept: 60 s.
    pub grace: Duration,
    /// The messages a peer may send for long, pings counted: 30 a second. 0 counts as 1.
    pub messages_per_second: u32,
    /// The messages a peer may send at once after a silence: 120.
    pub messages_burst: u32,
    /// The most messages that wait for a peer: 32.
    pub queue_messages_max: usize,
    /// The most bytes that wait for a peer: 256 KiB.
    pub queue_bytes_max: usize,
    /// The bytes of frames that a peer may send for long, a second: 2 MiB. One that sends more is read
    /// more slowly. With 0 no frames are carried.
    pub frame_bytes_per_second: u32,
    /// The most frames that wait for a peer: 256.
    pub queue_frames_max: usize,
    /// The most bytes of frames that wait for a peer: 2 MiB. So much may a room of 16 who speak
    /// through the server have under way to one of them.
    pub queue_frame_bytes_max: usize,
    /// How long all goes on after the server was told to end, while `/readyz` says that it will: not at
    /// all. For a balancer that is to send nobody here any more before connections are closed.
    pub drain: Duration,
    /// The span over which peers are told to come back after a shutdown: 10 s.
    pub bye_spread: Duration,
    /// How long a closed socket is waited for: 5 s.
    pub close_timeout: Duration,
}

/// Servers of TURN that share a secret with this one, as coturn's `use-auth-secret` does.
#[derive(Debug, Clone)]
pub struct TurnServers {
    /// `turn:` URLs.
    pub urls: Vec<String>,
    /// What credentials for them are made with.
    pub secret: Secret,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            ice_servers: Vec::new(),
            turn: None,
            turn_servers: None,
            bus: None,
            allow_origins: Vec::new(),
            tls: None,
            trust_proxies: Vec::new(),
            upgrades_per_minute: 20,
            upgrades_burst: 40,
            sockets_per_address: 64,
            connections_per_address: 256,
            addresses_max: 65_536,
            rooms_max: ROOMS_MAX,
            connections_max: 20_000,
            header_timeout: Duration::from_secs(5),
            http_timeout: Duration::from_mins(1),
            join_timeout: Duration::from_secs(10),
            ping_after: Duration::from_secs(25),
            dead_after: Duration::from_mins(1),
            grace: Duration::from_secs(GRACE_SECONDS),
            messages_per_second: 30,
            messages_burst: 120,
            queue_messages_max: 32,
            queue_bytes_max: 256 * 1024,
            frame_bytes_per_second: 2 * 1024 * 1024,
            queue_frames_max: 256,
            queue_frame_bytes_max: 2 * 1024 * 1024,
            drain: Duration::ZERO,
            bye_spread: Duration::from_secs(10),
            close_timeout: Duration::from_secs(5),
        }
    }
}
