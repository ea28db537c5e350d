//! The way to a remote peer: through whose hands what is said goes, and, in [`meter`], what it was like
//! over the last seconds; what was lost of what came is told by the numbers on it ([`records`]), also
//! where a relay has wrapped that ([`wrapping`]).
//!
//! The module is pure. What a TURN server's URL or an ICE candidate says of a host is checked here, once.

#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod meter;
mod records;
mod wrapping;

pub use meter::{Counts, Figures, Loss, Losses, Meter, Packets, Rate};
pub use records::Records;
pub use wrapping::unwrapped;

use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::SocketAddr;

/// What lies between this peer and a remote one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PathKind {
    /// Nothing: what is said goes straight.
    Direct,
    /// A TURN server, or one of each.
    Relayed,
    /// The signaling server, which cannot look in: no datagram finds a way.
    Server,
}

/// Somebody between two peers who hands on what they say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hop {
    /// What it is.
    pub kind: HopKind,
    /// Where it is.
    pub at: Host,
}

/// What somebody between two peers is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HopKind {
    /// A TURN server that this peer was told of, and sends through.
    OwnRelay,
    /// One that the remote peer sends through.
    TheirRelay,
    /// The signaling server.
    Server,
}

/// A host's name or address, perhaps with a port: `turn.example.org:3478`, `192.0.2.7:3478`,
/// `[2001:db8::7]:3478`. It has no other characters than those have, and is no longer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Host(String);

/// What is no [`Host`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoHost;

impl Hop {
    /// The relay that was gathered from a TURN server of this URL (RFC 7065); if that makes no sense, the
    /// address that the relay gave.
    pub fn own_relay(url: Option<&str>, relayed: SocketAddr) -> Self {
        let at = url.and_then(Host::of_ice).unwrap_or_else(|| relayed.into());
        Self { kind: HopKind::OwnRelay, at }
    }

    /// The relay that gave the remote peer this address.
    pub fn their_relay(relayed: SocketAddr) -> Self {
        Self { kind: HopKind::TheirRelay, at: relayed.into() }
    }

    /// The signaling server at this host, and perhaps port.
    pub fn server(at: &str) -> Option<Self> {
        let at = Host::try_from(at.to_owned()).ok()?;
        Some(Self { kind: HopKind::Server, at })
    }

    /// The same for a person, of a remote peer of this name.
    fn text(&self, name: &str) -> String {
        match self.kind {
            HopKind::OwnRelay | HopKind::Server => self.at.to_string(),
            HopKind::TheirRelay => format!("{} ({name}'s)", self.at),
        }
    }
}

impl PathKind {
    /// The path to a remote peer of this name, for a person: `relayed by 192.0.2.7:3478`.
    pub fn text(self, via: &[Hop], name: &str) -> String {
        match (self, by(via, name)) {
            (Self::Direct, _) => "direct".to_owned(),
            (Self::Relayed, None) => "relayed".to_owned(),
            (Self::Relayed, Some(relays)) => format!("relayed by {relays}"),
            (Self::Server, None) => "via server".to_owned(),
            (Self::Server, Some(server)) => format!("via server {server}"),
        }
    }

    /// How the remote peer is reached, behind "is reached" and such words.
    pub fn sentence(self, via: &[Hop], name: &str) -> String {
        match (self, by(via, name)) {
            (Self::Direct, _) => "directly".to_owned(),
            (Self::Relayed, None) => "over a relay".to_owned(),
            (Self::Relayed, Some(relays)) => format!("over the relay {relays}"),
            (Self::Server, None) => "through the server".to_owned(),
            (Self::Server, Some(server)) => format!("through the server {server}"),
        }
    }
}

/// By whom what is said to a remote peer of this name is handed on, if that is known.
fn by(via: &[Hop], name: &str) -> Option<String> {
    let all: Vec<_> = via.iter().map(|hop| hop.text(name)).collect();
    (!all.is_empty()).then(|| all.join(" and "))
}

impl Host {
    /// Of a URL of STUN (RFC 7064) or TURN (RFC 7065), with its port:
    /// `turn:turn.example.org:3478?transport=udp`.
    pub fn of_ice(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once(':')?;
        let port = match scheme {
            "stun" | "turn" => 3478,
            "stuns" | "turns" => 5349,
            _ => return None,
        };
        let host = rest.split('?').next()?;
        let has_port = host.rsplit_once(':').is_some_and(|(before, port)| {
            (!before.contains(':') || before.ends_with(']')) && port.parse::<u16>().is_ok()
        });
        let host = if has_port { host.to_owned() } else { format!("{host}:{port}") };
        Self::try_from(host).ok()
    }
}

impl TryFrom<String> for Host {
    type Error = NoHost;

    fn try_from(text: String) -> Result<Self, NoHost> {
        let is_of_one = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
        let fits = (1..=HOST_CHARS_MAX).contains(&text.len()) && text.chars().all(is_of_one);
        if fits { Ok(Self(text)) } else { Err(NoHost) }
    }
}

impl From<SocketAddr> for Host {
    fn from(address: SocketAddr) -> Self {
        Self(address.to_string())
    }
}

impl From<Host> for String {
    fn from(host: Host) -> Self {
        host.0
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for NoHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this is no name or address of a host")
    }
}

/// A name (RFC 1035, section 2.3.4), or an address in brackets, and a port.
const HOST_CHARS_MAX: usize = 261;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_url_makes_a_host_that_is_none(url in "((stun|turn)s?:)?.{0,300}") {
            if let Some(host) = Host::of_ice(&url) {
                prop_assert_eq!(Host::try_from(host.to_string()), Ok(host));
            }
        }
    }

    #[test]
    fn a_relay_is_named_by_its_url_or_by_the_address_it_gave() {
        let relayed: SocketAddr = "192.0.2.7:50000".parse().expect("an address");
        for (url, at) in [
            (Some("turn:turn.example.org:3479?transport=udp"), "turn.example.org:3479"),
            (Some("turn:turn.example.org"), "turn.example.org:3478"),
            (Some("turns:turn.example.org"), "turn.example.org:5349"),
            (Some("turn:[2001:db8::7]"), "[2001:db8::7]:3478"),
            (Some("turn:[2001:db8::7]:99"), "[2001:db8::7]:99"),
            (Some("http://turn.example.org"), "192.0.2.7:50000"),
            (Some("turn:evil\u{1b}[2J"), "192.0.2.7:50000"),
            (Some(""), "192.0.2.7:50000"),
            (None, "192.0.2.7:50000"),
        ] {
            assert_eq!(Hop::own_relay(url, relayed).at.to_string(), at, "{url:?}");
        }
    }

    #[test]
    fn who_hands_on_is_told_in_words() {
        let relayed: SocketAddr = "192.0.2.9:50000".parse().expect("an address");
        let own = Hop::own_relay(Some("turn:192.0.2.7"), relayed);
        let theirs = Hop::their_relay(relayed);
        assert_eq!(by(&[], "Ben"), None);
        assert_eq!(by(std::slice::from_ref(&own), "Ben").as_deref(), Some("192.0.2.7:3478"));
        let both = by(&[own, theirs], "Ben");
        assert_eq!(both.as_deref(), Some("192.0.2.7:3478 and 192.0.2.9:50000 (Ben's)"));
        let server = [Hop::server("snap.example").expect("a name")];
        let theirs = [Hop::their_relay(relayed)];
        for (kind, via, text, sentence) in [
            (PathKind::Direct, &[][..], "direct", "directly"),
            (PathKind::Relayed, &[], "relayed", "over a relay"),
            (
                PathKind::Relayed,
                &theirs,
                "relayed by 192.0.2.9:50000 (Ben's)",
                "over the relay 192.0.2.9:50000 (Ben's)",
            ),
            (PathKind::Server, &[], "via server", "through the server"),
            (
                PathKind::Server,
                &server,
                "via server snap.example",
                "through the server snap.example",
            ),
        ] {
            assert_eq!(kind.text(via, "Ben"), text);
            assert_eq!(kind.sentence(via, "Ben"), sentence);
        }
    }
}
