//! Why two peers do not reach each other directly, as far as either can tell.
//!
//! What there is to go by are the candidates of both (RFC 8839, section 5.1): which versions of IP
//! they name, and whether anything beyond their own network answered them. The module is pure.

use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// What is in the way of datagrams between two peers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Obstacle {
    /// Nobody tells peers at which address others see them: the server names no STUN server.
    NoStun,
    /// Neither has an address of a version that the other has one of.
    Versions,
    /// No answer to UDP comes into this peer's network.
    OwnUdp,
    /// None comes into the remote peer's.
    TheirUdp,
    /// Both get answers, and nothing comes through from one to the other: each router lets in only
    /// whom its peer has sent something from that very port.
    Routers,
}

/// The candidates of two peers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Candidates {
    /// Those of this peer.
    pub own: Seen,
    /// Those of the remote one.
    pub theirs: Seen,
}

/// What one peer's candidates tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// An address of version 4 that others may reach.
    version_4: bool,
    /// One of version 6.
    version_6: bool,
    /// Something beyond its network has answered, or it has an address there.
    beyond: bool,
}

impl Seen {
    /// Takes the line of a candidate; one that makes no sense tells nothing.
    pub fn add(&mut self, line: &str) {
        let kind = kind(line);
        self.beyond |= matches!(kind, Some("srflx" | "relay"));
        // A relay's address is no way to reach it directly.
        if kind == Some("relay") {
            return;
        }
        let Some(address) = line.split(' ').nth(4).and_then(|it| it.parse::<IpAddr>().ok()) else {
            return;
        };
        match address {
            // Of what holds for this machine or this link alone, nothing is to be learnt.
            _ if address.is_unspecified() || address.is_loopback() => {}
            IpAddr::V4(address) if address.is_link_local() => {}
            IpAddr::V6(address) if address.is_unicast_link_local() => {}
            IpAddr::V4(address) => {
                self.version_4 = true;
                let is_shared = address.octets()[0] == 100 && address.octets()[1] & 0xc0 == 64;
                self.beyond |= !address.is_private() && !is_shared;
            }
            IpAddr::V6(address) => {
                self.version_6 = true;
                self.beyond |= !address.is_unique_local();
            }
        }
    }

    fn has_address(self) -> bool {
        self.version_4 || self.version_6
    }
}

impl Candidates {
    /// What is in the way where no direct one has come about, with a STUN server or without.
    pub fn obstacle(self, has_stun: bool) -> Obstacle {
        let Self { own, theirs } = self;
        let share = own.version_4 && theirs.version_4 || own.version_6 && theirs.version_6;
        if own.has_address() && theirs.has_address() && !share {
            Obstacle::Versions
        } else if !has_stun {
            Obstacle::NoStun
        } else if !own.beyond {
            Obstacle::OwnUdp
        } else if !theirs.beyond {
            Obstacle::TheirUdp
        } else {
            Obstacle::Routers
        }
    }
}

impl Obstacle {
    /// The same for a person, of a remote peer of this name.
    pub fn text(self, name: &str) -> String {
        match self {
            Self::NoStun => "the server names no STUN server".to_owned(),
            Self::Versions => "one has IPv4 alone, the other IPv6".to_owned(),
            Self::OwnUdp => "this network lets no UDP through".to_owned(),
            Self::TheirUdp => format!("the network of {name} lets no UDP through"),
            Self::Routers => "neither router lets the other in".to_owned(),
        }
    }
}

/// A candidate's type: `host`, `srflx`, `prflx` or `relay`.
pub fn kind(line: &str) -> Option<&str> {
    line.split_once(" typ ").and_then(|(_, rest)| rest.split(' ').next())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "candidate:1 1 udp 5 192.168.1.2 5 typ host";
    const REFLEXIVE: &str = "candidate:2 1 udp 5 203.0.113.1 5 typ srflx raddr 192.168.1.2 rport 5";
    const RELAY: &str = "candidate:3 1 udp 5 203.0.113.9 5 typ relay raddr 203.0.113.1 rport 5";
    const HOST_6: &str = "candidate:4 1 udp 5 fd77::1 5 typ host";
    /// As of a socket that is bound to no address.
    const ANYWHERE: &str = "candidate:4 1 udp 5 0.0.0.0 5 typ host";
    const NAMED: &str = "candidate:5 1 udp 5 5e0f.local 5 typ host";

    fn seen(lines: &[&str]) -> Seen {
        lines.iter().fold(Seen::default(), |mut seen, line| {
            seen.add(line);
            seen
        })
    }

    #[test]
    fn what_is_in_the_way_is_told_by_the_candidates_of_both() {
        for (own, theirs, has_stun, expected) in [
            (&[HOST, REFLEXIVE][..], &[HOST, REFLEXIVE][..], true, Obstacle::Routers),
            (&[HOST, RELAY], &[NAMED, REFLEXIVE], true, Obstacle::Routers),
            (&[HOST], &[HOST, REFLEXIVE], true, Obstacle::OwnUdp),
            (&[], &[], true, Obstacle::OwnUdp),
            (&[HOST, REFLEXIVE], &[NAMED], true, Obstacle::TheirUdp),
            (&[HOST, REFLEXIVE], &[HOST_6], true, Obstacle::Versions),
            (&[HOST_6], &[HOST, RELAY], false, Obstacle::Versions),
            (&[HOST, HOST_6], &[HOST], false, Obstacle::NoStun),
            (&["candidate:1 1 udp 5 203.0.113.5 5 typ host"], &[HOST], true, Obstacle::TheirUdp),
            (&["candidate:1 1 udp 5 100.64.0.1 5 typ host"], &[HOST], true, Obstacle::OwnUdp),
            (&[HOST], &["candidate:1 1 udp 5 fe80::1 5 typ host"], false, Obstacle::NoStun),
            (&[HOST_6, ANYWHERE], &[HOST, REFLEXIVE], true, Obstacle::Versions),
        ] {
            let candidates = Candidates { own: seen(own), theirs: seen(theirs) };
            assert_eq!(candidates.obstacle(has_stun), expected, "{own:?} {theirs:?}");
        }
    }

    #[test]
    fn lines_that_make_no_sense_tell_nothing() {
        for line in
            ["", "typ host", " typ ", "candidate:1 1 udp 5 nowhere 5", "a b c d e f typ host"]
        {
            assert_eq!(seen(&[line]), Seen::default(), "{line}");
        }
    }
}
