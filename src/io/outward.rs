//! From which of this machine's addresses packets go out. None is sent to find out.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// The address that what is sent there comes from; none if it cannot be sent.
pub fn source_towards(remote: SocketAddr) -> Option<IpAddr> {
    let any: IpAddr = match remote {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect(remote).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

/// The same, to wherever the way out leads, of each version of IP.
pub fn sources() -> impl Iterator<Item = IpAddr> {
    ANYWHERE.into_iter().filter_map(source_towards)
}

/// Addresses for documentation are nobody's (RFC 5737, RFC 3849), and so on no network of this
/// machine's.
const ANYWHERE: [SocketAddr; 2] = [
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), DISCARD),
    SocketAddr::new(IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)), DISCARD),
];
/// Any port would do; this one takes all and says nothing (RFC 863).
const DISCARD: u16 = 9;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_to_this_machine_comes_from_where_it_goes() {
        for here in [Ipv4Addr::LOCALHOST, Ipv4Addr::new(127, 9, 9, 9)] {
            let source = source_towards((here, DISCARD).into());
            assert!(source.is_some_and(|it| it.is_loopback()), "{source:?}");
        }
        for source in sources() {
            assert!(!source.is_loopback(), "{source}");
        }
    }
}
