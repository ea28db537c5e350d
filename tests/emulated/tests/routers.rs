//! Routers are what they are called: whom they let in, and from where they send.

mod helper;

use emulated::{Line, Machine, Network, Router};
use helper::{Helper, lay};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::Duration;

const INSIDE: Machine = Machine(0);
const ONE: Machine = Machine(1);
const OTHER: Machine = Machine(2);
const LINE: Line = Line::new(100_000_000, Duration::ZERO);

/// A socket on a machine.
struct Socket {
    helper: Helper,
    address: SocketAddr,
}

impl Socket {
    fn open(network: &Network, machine: Machine, address: impl Into<IpAddr>) -> Self {
        let mut helper = Helper::begin(network, machine, "it_talks");
        let port = helper.tell("port").parse().expect("a port");
        Self { helper, address: (address.into(), port).into() }
    }

    /// From where it arrives at the other one, if it does.
    fn reaches(&mut self, to: SocketAddr, other: &mut Self) -> Option<SocketAddr> {
        self.helper.tell(&format!("send {to}"));
        other.helper.tell("hear").parse().ok()
    }
}

#[test]
fn each_kind_lets_in_whom_it_should_and_sends_from_one_port_or_many() {
    // Whether there is one mapping for all; whether another port of those who were sent something
    // comes in, and whether strangers do.
    let kinds = [
        (Router::FullCone, [true, true, true]),
        (Router::AddressRestricted, [true, true, false]),
        (Router::PortRestricted, [true, false, false]),
        (Router::Symmetric, [false, false, false]),
        (Router::Double, [true, false, false]),
    ];
    for (router, expected) in kinds {
        let mut network = lay(&[LINE; 3]);
        network.put_behind(INSIDE, router);
        let mut inside = Socket::open(&network, INSIDE, network.address(INSIDE));
        let [mut one, mut port, mut other] =
            [ONE, ONE, OTHER].map(|it| Socket::open(&network, it, network.address(it)));
        let seen = inside.reaches(one.address, &mut one).expect("a way out");
        assert_eq!(seen.ip(), network.address(INSIDE));
        assert!(one.reaches(seen, &mut inside).is_some(), "{router:?}: an answer");
        let lets_in = [&mut port, &mut other].map(|it| it.reaches(seen, &mut inside).is_some());
        let also = inside.reaches(other.address, &mut other).expect("a way out");
        assert_eq!([also == seen, lets_in[0], lets_in[1]], expected, "{router:?}");
    }
}

#[test]
fn where_no_udp_goes_through_none_does() {
    for router in [Router::NoUdp, Router::WebOnly] {
        let mut network = lay(&[LINE; 2]);
        network.put_behind(INSIDE, router);
        let mut inside = Socket::open(&network, INSIDE, network.address(INSIDE));
        let mut one = Socket::open(&network, ONE, network.address(ONE));
        assert_eq!(inside.reaches(one.address, &mut one), None);
    }
}

#[test]
fn who_has_version_6_alone_reaches_who_has_it_too() {
    let mut network = lay(&[LINE; 2]);
    let addresses = [INSIDE, ONE].map(|it| network.add_version_6(it));
    network.drop_version_4(INSIDE);
    let mut inside = Socket::open(&network, INSIDE, addresses[0]);
    let mut one = Socket::open(&network, ONE, addresses[1]);
    assert_eq!(inside.reaches(one.address, &mut one), Some(inside.address));
    let by_4 = (network.address(ONE), one.address.port()).into();
    assert_eq!(inside.reaches(by_4, &mut one), None);
}

/// Run by the networks of the tests above.
#[test]
#[ignore = "carries packets for other tests, which run it"]
fn it_carries() {
    emulated::carry();
}

/// Run on a machine: has a socket, and sends and hears as it is told to.
#[test]
#[ignore = "talks for other tests, which run it"]
fn it_talks() {
    println!();
    // Of both versions.
    let socket = UdpSocket::bind("[::]:0").expect("a port");
    socket.set_read_timeout(Some(Duration::from_millis(500))).expect("an option");
    for line in std::io::stdin().lines().map_while(Result::ok) {
        match line.split_once(' ') {
            Some((_, to)) => {
                let to: SocketAddr = to.parse().expect("an address");
                let mapped = match to.ip() {
                    IpAddr::V4(address) => address.to_ipv6_mapped(),
                    IpAddr::V6(address) => address,
                };
                // There may be no way there.
                let _ = socket.send_to(b"hello", (mapped, to.port()));
                println!("told so");
            }
            None if line == "port" => {
                println!("told {}", socket.local_addr().expect("its address").port());
            }
            None => match socket.recv_from(&mut [0; 100]) {
                Ok((_, from)) => {
                    println!("told {}", SocketAddr::from((from.ip().to_canonical(), from.port())));
                }
                Err(_) => println!("told nothing"),
            },
        }
    }
}
