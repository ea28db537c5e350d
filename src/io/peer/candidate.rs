//! What the line of a candidate tells (RFC 8839, section 5.1).

use crate::obstacle::kind;
use std::net::SocketAddr;

/// The relay's address that it tells of, if it is of a relay.
pub fn relayed(line: &str) -> Option<SocketAddr> {
    let mut words = line.split(' ').skip(4);
    let (address, port) = (words.next()?, words.next()?);
    let address = SocketAddr::new(address.parse().ok()?, port.parse().ok()?);
    (kind(line) == Some("relay")).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relays_address_is_told_from_others() {
        for (line, expected) in [
            ("candidate:1 1 udp 5 10.0.0.1 5 typ host", None),
            (
                "candidate:1 1 udp 5 192.0.2.9 70 typ relay raddr 0.0.0.0 rport 0",
                Some("192.0.2.9:70"),
            ),
            ("candidate:1 1 udp 5 2001:db8::1 70 typ relay", Some("[2001:db8::1]:70")),
            ("candidate:1 1 udp 5 a.local 70 typ relay", None),
            ("typ relay", None),
        ] {
            let expected = expected.map(|it| it.parse().expect("an address"));
            assert_eq!(relayed(line), expected, "{line}");
        }
    }
}
