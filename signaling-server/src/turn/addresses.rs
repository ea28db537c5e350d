//! Whom the relay exchanges datagrams with: whoever is on the open net, and nobody behind it.
//!
//! A relay stands where its clients do not, often beside databases, routers and clouds' metadata
//! services. What it would open to them is left out here: everything that the registries of special
//! addresses do not call globally reachable (RFC 6890 and its updates), in every form in which an IPv4
//! address is written as one of IPv6.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How far the relay reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Addresses of the open net alone.
    Public,
    /// Private, loopback and link-local ones too: of use in a network of one's own, where nothing else
    /// listens that the relay's clients are not to reach.
    Private,
}

impl Reach {
    /// Whether datagrams may go there and come from there. One and many are never the same: no
    /// multicast, no broadcast.
    pub fn admits(self, address: IpAddr) -> bool {
        match self {
            Self::Public => is_public(address),
            Self::Private => is_of_one(address.to_canonical()),
        }
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !SPECIAL_V4.iter().any(|block| block.holds(address)),
        IpAddr::V6(address) => match embedded(address) {
            Some(inner) => is_public(inner.into()),
            None => is_public_v6(address),
        },
    }
}

/// Whether exactly one host has it.
fn is_of_one(address: IpAddr) -> bool {
    let none_or_many = match address {
        IpAddr::V4(address) => address.octets()[0] == 0 || address.octets()[0] >= 224,
        IpAddr::V6(address) => address.is_unspecified() || address.is_multicast(),
    };
    !none_or_many
}

/// What is assigned for global unicast, without what is special in it.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let global = Block6 { start: Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), bits: 3 };
    global.holds(address) && !SPECIAL_V6.iter().any(|block| block.holds(address))
}

/// The IPv4 address that datagrams to this one end up at.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    // Mapped (RFC 4291, section 2.5.5.2), translated by NAT64 (RFC 6052), 6to4 (RFC 3056).
    let ([0, 0, 0, 0, 0, 0xffff, high, low]
    | [0x0064, 0xff9b, 0, 0, 0, 0, high, low]
    | [0x2002, high, low, ..]) = address.segments()
    else {
        return None;
    };
    let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
    Some(Ipv4Addr::new(a, b, c, d))
}

struct Block {
    start: Ipv4Addr,
    bits: u32,
}

impl Block {
    fn holds(&self, address: Ipv4Addr) -> bool {
        (self.start.to_bits() ^ address.to_bits()).leading_zeros() >= self.bits
    }
}

struct Block6 {
    start: Ipv6Addr,
    bits: u32,
}

impl Block6 {
    fn holds(&self, address: Ipv6Addr) -> bool {
        (self.start.to_bits() ^ address.to_bits()).leading_zeros() >= self.bits
    }
}

const fn v4(a: u8, b: u8, c: u8, d: u8, bits: u32) -> Block {
    Block { start: Ipv4Addr::new(a, b, c, d), bits }
}

const fn v6(a: u16, b: u16, bits: u32) -> Block6 {
    Block6 { start: Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0), bits }
}

/// IANA's registry of special-purpose addresses, IPv4, and what is for many.
const SPECIAL_V4: [Block; 15] = [
    v4(0, 0, 0, 0, 8),       // this network, unspecified: RFC 791
    v4(10, 0, 0, 0, 8),      // private: RFC 1918
    v4(100, 64, 0, 0, 10),   // behind carriers' NAT: RFC 6598
    v4(127, 0, 0, 0, 8),     // loopback: RFC 1122
    v4(169, 254, 0, 0, 16),  // link-local, metadata of clouds: RFC 3927
    v4(172, 16, 0, 0, 12),   // private: RFC 1918
    v4(192, 0, 0, 0, 24),    // protocols: RFC 6890
    v4(192, 0, 2, 0, 24),    // documentation: RFC 5737
    v4(192, 88, 99, 0, 24),  // relays of 6to4: RFC 7526
    v4(192, 168, 0, 0, 16),  // private: RFC 1918
    v4(198, 18, 0, 0, 15),   // benchmarks: RFC 2544
    v4(198, 51, 100, 0, 24), // documentation: RFC 5737
    v4(203, 0, 113, 0, 24),  // documentation: RFC 5737
    v4(224, 0, 0, 0, 4),     // multicast: RFC 5771
    v4(240, 0, 0, 0, 4),     // reserved, broadcast: RFC 1112, RFC 919
];

/// What is special inside of `2000::/3`. All else that is special lies outside.
const SPECIAL_V6: [Block6; 3] = [
    v6(0x2001, 0, 23), // protocols, Teredo among them, which embeds addresses: RFC 2928
    v6(0x2001, 0xdb8, 32), // documentation: RFC 3849
    v6(0x3fff, 0, 20), // documentation: RFC 9637
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn public(text: &str) -> bool {
        Reach::Public.admits(text.parse().expect("an address"))
    }

    #[test]
    fn the_open_net_is_reached() {
        for text in [
            "1.1.1.1",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00::1",
            "2001:200::1",
            "2002:101:101::1",
            "64:ff9b::1.1.1.1",
            "::ffff:1.1.1.1",
        ] {
            assert!(public(text), "{text}");
        }
    }

    #[test]
    fn what_lies_behind_the_relay_is_not() {
        for text in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.255",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.251",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "2002:c0a8:101::1",
            "3fff::1",
            "4000::1",
            "5f00::1",
            "fc00::1",
            "fdff::1",
            "fe80::1",
            "fec0::1",
            "ff02::fb",
        ] {
            assert!(!public(text), "{text}");
        }
    }

    #[test]
    fn a_network_of_ones_own_is_reached_when_asked_for_but_never_many_at_once() {
        for text in ["127.0.0.1", "10.0.0.1", "::1", "fd00::1", "fe80::1", "1.1.1.1", "2a00::1"] {
            assert!(Reach::Private.admits(text.parse().expect("an address")), "{text}");
        }
        for text in ["0.0.0.0", "::", "224.0.0.1", "255.255.255.255", "ff02::1", "::ffff:224.0.0.1"]
        {
            assert!(!Reach::Private.admits(text.parse().expect("an address")), "{text}");
        }
    }

    proptest! {
        #[test]
        fn an_ipv4_address_is_judged_alike_in_every_form(bits: u32, low: u64) {
            let address = Ipv4Addr::from_bits(bits);
            let [high, end] = [(bits >> 16) as u16, bits as u16];
            let expected = Reach::Public.admits(address.into());
            let forms = [
                address.to_ipv6_mapped(),
                Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, end),
                Ipv6Addr::from_bits(0x2002 << 112 | u128::from(bits) << 80 | u128::from(low)),
            ];
            for form in forms {
                prop_assert_eq!(Reach::Public.admits(form.into()), expected, "{}", form);
            }
        }

        #[test]
        fn no_address_that_std_calls_special_is_public(bits: u32, bits6: u128) {
            let four = Ipv4Addr::from_bits(bits);
            let special = four.is_private() || four.is_loopback() || four.is_link_local()
                || four.is_broadcast() || four.is_documentation() || four.is_multicast()
                || four.is_unspecified();
            prop_assert!(!(special && Reach::Public.admits(four.into())), "{}", four);
            let six = Ipv6Addr::from_bits(bits6);
            let special = six.is_loopback() || six.is_unicast_link_local() || six.is_multicast()
                || six.is_unique_local() || six.is_unspecified();
            prop_assert!(!(special && Reach::Public.admits(six.into())), "{}", six);
        }

        #[test]
        fn what_is_public_is_reached_by_a_private_relay_too(bits: u32) {
            let address = IpAddr::from(Ipv4Addr::from_bits(bits));
            prop_assert!(!Reach::Public.admits(address) || Reach::Private.admits(address));
        }
    }
}
