//! Who is there, if a proxy stands between: the last in `X-Forwarded-For` that is not trusted.
//!
//! Each proxy appends the address that came to it. So the header is read from its end, as long as it
//! was written by those who are trusted; what stands before is whatever somebody made up. One who is
//! not trusted may write what it likes: it is not read at all.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

/// Whether this is a proxy that is believed.
pub(super) fn is_trusted(address: IpAddr, proxies: &[IpNet]) -> bool {
    let address = address.to_canonical();
    proxies.iter().any(|it| it.contains(&address))
}

/// Who came to the first of the trusted proxies; if none but those have, the farthest of them.
///
/// `came` is who the connection is from, `headers` the values of `X-Forwarded-For` in their order.
pub(super) fn client<'a>(
    came: IpAddr,
    headers: impl DoubleEndedIterator<Item = &'a str>,
    proxies: &[IpNet],
) -> IpAddr {
    let mut client = came.to_canonical();
    let mut entries = headers.rev().flat_map(|it| it.rsplit(','));
    while is_trusted(client, proxies) {
        // What can't be read was made up before a proxy that does not look, or says it hides who it is.
        let Some(next) = entries.next().and_then(address) else { break };
        client = next;
    }
    client
}

/// An address as proxies write it: alone, with a port, in brackets.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let with_port = || text.parse().ok().map(|it: SocketAddr| it.ip());
    let address: IpAddr = text.parse().ok().or_else(bare).or_else(with_port)?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(came: &str, headers: &[&str], proxies: &[&str]) -> String {
        let proxies: Vec<IpNet> = proxies.iter().map(|it| it.parse().expect("one")).collect();
        let came = came.parse().expect("an address");
        client(came, headers.iter().copied(), &proxies).to_string()
    }

    #[test]
    fn one_that_is_not_trusted_is_not_believed() {
        assert_eq!(found("192.0.2.1", &["198.51.100.1"], &[]), "192.0.2.1");
        assert_eq!(found("192.0.2.1", &["198.51.100.1"], &["10.0.0.0/8"]), "192.0.2.1");
    }

    #[test]
    fn the_last_that_is_not_trusted_counts_and_what_it_made_up_does_not() {
        let proxies = &["10.0.0.0/8", "2001:db8::/32"];
        for (headers, client) in [
            (&["192.0.2.1"][..], "192.0.2.1"),
            (&["203.0.113.9, 192.0.2.1"], "192.0.2.1"),
            (&["203.0.113.9, 192.0.2.1,10.0.0.2"], "192.0.2.1"),
            (&["203.0.113.9", "192.0.2.1", "10.0.0.2 , 2001:db8::1"], "192.0.2.1"),
            (&["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            (&["192.0.2.1, unknown, 10.0.0.2"], "10.0.0.2"),
            (&["192.0.2.1, "], "10.0.0.1"),
            (&[], "10.0.0.1"),
            (&["192.0.2.1:4711"], "192.0.2.1"),
            (&["[2001:db9::1]:4711"], "2001:db9::1"),
            (&["[2001:db9::1]"], "2001:db9::1"),
            (&["::ffff:192.0.2.1"], "192.0.2.1"),
        ] {
            assert_eq!(found("10.0.0.1", headers, proxies), client, "{headers:?}");
            assert_eq!(found("::ffff:10.0.0.1", headers, proxies), client, "{headers:?}");
        }
    }

    proptest! {
        #[test]
        fn who_writes_before_a_trusted_proxy_does_not_change_whom_it_names(made_up in ".{0,60}") {
            let proxies = ["10.0.0.0/8".parse().expect("a network")];
            let came = IpAddr::from([10, 0, 0, 1]);
            let headers = [made_up.as_str(), "192.0.2.1"];
            let named = client(came, headers.into_iter(), &proxies);
            prop_assert_eq!(named, IpAddr::from([192, 0, 2, 1]));
            let _ = client(came, [made_up.as_str()].into_iter(), &proxies);
        }
    }
}
