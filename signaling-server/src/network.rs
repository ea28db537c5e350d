//! Whom an address stands for, where so much is for each: one customer of a provider.

use std::net::{IpAddr, Ipv6Addr};

/// What one customer of a provider has: one address of IPv4, a /56 of IPv6.
///
/// A socket of both families writes those of IPv4 as mapped ones, which are of one network: they are
/// taken for what they are.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << HOST_BITS)).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

const HOST_BITS: u32 = 128 - 56;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_ipv4_is_one_customer_and_a_56_of_ipv6() {
        let of = |text: &str| network(text.parse().expect("an address")).to_string();
        assert_eq!(of("192.0.2.1"), "192.0.2.1");
        assert_eq!(of("::ffff:192.0.2.1"), "192.0.2.1");
        assert_eq!(of("2001:db8:0:ff01::1"), "2001:db8:0:ff00::");
        assert_eq!(of("2001:db8:0:ffff:9::1"), "2001:db8:0:ff00::");
        assert_eq!(of("2001:db8:0:fe01::1"), "2001:db8:0:fe00::");
    }
}
