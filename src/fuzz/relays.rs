//! The server's relay, by what clients and their peers send to it.

use rtc::crypto::RTCCryptoProvider as _;
use rtc::crypto::providers::RingProvider;
use rtc::stun::attributes::{
    ATTR_DATA, ATTR_NONCE, ATTR_REALM, ATTR_USERNAME, ATTR_XOR_PEER_ADDRESS, AttrType,
};
use rtc::stun::integrity::MessageIntegrity;
use rtc::stun::message::{Message, MessageType, Setter as _, TransactionId};
use rtc::stun::xoraddr::XorMappedAddress;
use signaling_server::protocol::{PeerId, RoomId};
use signaling_server::turn::{
    Action, AllocationId, Credentials, Limits, Now, Place, Reach, Relay, Secret, Settings,
};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

/// Steps of three bytes, and what follows: what is done, by whom or with which address, and how much of
/// what follows belongs to it. What is signed is signed as another implementation does it.
pub(super) fn relay(data: &[u8]) {
    let mut world = World::new();
    let mut rest = data;
    for _ in 0..STEPS_MAX {
        let Some(([step, whom, length], after)) = rest.split_first_chunk() else { break };
        let (more, after) = after.split_at(usize::from(*length).min(after.len()));
        rest = after;
        world.act(*step, *whom, more);
        world.settle(step % STEPS == ASK);
    }
    world.ends();
}

/// A relay, and what is known of it from what it wants.
struct World {
    relay: Relay,
    now: Now,
    clients: Vec<Client>,
    /// Where each allocation is reached.
    sockets: BTreeMap<AllocationId, SocketAddr>,
    port: u16,
    has_ports: bool,
    transactions: u8,
}

struct Client {
    at: SocketAddr,
    credentials: Credentials,
    /// What it has to repeat, as it was told last.
    nonce: Vec<u8>,
    has_spoken: bool,
}

impl World {
    fn new() -> Self {
        let secret = Secret::of_bytes([3; 32]);
        let now = Now { instant: Instant::now(), unix_seconds: 1_700_000_000 };
        let client = |(number, at): (u64, &&str)| {
            let room = RoomId::try_from(format!("room-{}", number / 3)).expect("a room id");
            let credentials = secret.grant(&room, PeerId(number / 2), now.unix_seconds);
            Client { at: address(at), credentials, nonce: Vec::new(), has_spoken: false }
        };
        let clients = (0..).zip(&CLIENTS).map(client).collect();
        let places = OWN.map(|at| Place { bound: ip(at), told: ip(at) }).to_vec();
        let settings = Settings { secret, places, reach: Reach::Public, limits: limits() };
        Self {
            relay: Relay::new(settings, &[4; 32]),
            now,
            clients,
            sockets: BTreeMap::new(),
            port: 50_000,
            has_ports: true,
            transactions: 0,
        }
    }

    fn act(&mut self, step: u8, whom: u8, more: &[u8]) {
        match step % STEPS {
            0 => self.say(whom, more),
            ASK => self.ask(whom, more, None),
            2 => self.ask(whom, more, Some("another password")),
            3 => {
                let length = more.len() as u8;
                self.say(whom, &[&[0x40, whom / 4 % 4, 0, length], more].concat());
            }
            4 => {
                let mut message = self.message(SEND_INDICATION);
                add_peer(&mut message, self.address(whom / 4));
                message.add(ATTR_DATA, more);
                self.say(whom, &message.raw);
            }
            5 => {
                let (to, peer) = (AllocationId(u64::from(whom % 8)), self.address(whom / 8));
                self.relay.handle_peer(to, more, peer, self.now);
            }
            6 => self.wait(Duration::from_millis(u64::from(whom) * 10 * (more.len() as u64 + 1))),
            _ => self.has_ports = whom.is_multiple_of(2),
        }
    }

    fn say(&mut self, whom: u8, datagram: &[u8]) {
        let client = &mut self.clients[usize::from(whom) % CLIENTS.len()];
        client.has_spoken = true;
        self.relay.handle_client(datagram, client.at, self.now);
    }

    /// A request: its method, then attributes, each a type, a length and a value. A peer's address may be
    /// one byte.
    fn ask(&mut self, whom: u8, more: &[u8], password: Option<&str>) {
        let Some((method, mut attributes)) = more.split_first() else { return };
        let mut message = self.message(u16::from(method % 16));
        while let Some(([kind, length], after)) = attributes.split_first_chunk() {
            let (value, others) = after.split_at(usize::from(*length).min(after.len()));
            attributes = others;
            match (AttrType(u16::from(*kind)), value) {
                (ATTR_XOR_PEER_ADDRESS, [which]) => add_peer(&mut message, self.address(*which)),
                (kind, value) => message.add(kind, value),
            }
        }
        let Client { credentials, nonce, .. } = &self.clients[usize::from(whom) % CLIENTS.len()];
        let Credentials { username, password: own } = credentials;
        message.add(ATTR_USERNAME, username.as_bytes());
        message.add(ATTR_REALM, REALM.as_bytes());
        message.add(ATTR_NONCE, nonce);
        let provider = RingProvider::new();
        let signature = MessageIntegrity::new_long_term_integrity_with_provider(
            username.clone(),
            REALM.to_owned(),
            password.unwrap_or(own).to_owned(),
            provider.crypto(),
        );
        signature.and_then(|it| it.add_to(&mut message)).expect("it can be signed");
        self.say(whom, &message.raw);
    }

    fn message(&mut self, kind: u16) -> Message {
        self.transactions = self.transactions.wrapping_add(1);
        let mut message = Message::new();
        let mut of_kind = MessageType::default();
        of_kind.read_value(kind);
        message.transaction_id = TransactionId([self.transactions; 12]);
        message.set_type(of_kind);
        message.write_header();
        message
    }

    /// One that means something here: somebody's outside, an allocation's, or one that is not for relays.
    fn address(&self, which: u8) -> SocketAddr {
        let own = self.sockets.values().copied();
        let all: Vec<_> = ADDRESSES.iter().map(|it| address(it)).chain(own).collect();
        all[usize::from(which) % all.len()]
    }

    fn wait(&mut self, long: Duration) {
        self.now.instant += long;
        self.now.unix_seconds += long.as_secs();
        self.relay.handle_timeout(self.now);
        assert!(self.relay.poll_timeout().is_none_or(|at| at > self.now.instant));
    }

    /// Does what the relay wants, if it may want that.
    fn settle(&mut self, has_asked: bool) {
        while let Some(action) = self.relay.poll_action() {
            match action {
                Action::Answer { to, datagram } => self.answer(to, &datagram),
                Action::Send { from, to, datagram } => {
                    assert!(self.sockets.contains_key(&from), "no socket of {from:?}");
                    assert!(is_outside(to), "{to} is not to be reached from outside");
                    assert!(u8::try_from(datagram.len()).is_ok(), "no more than came");
                }
                Action::Open(opening) => {
                    assert!(has_asked, "nobody has shown credentials");
                    self.port += 1;
                    self.port += u16::from(!opening.parity.admits(self.port));
                    let port = self.has_ports.then_some(self.port);
                    if let Some(port) = port {
                        let at = SocketAddr::new(opening.place.told, port);
                        self.sockets.insert(opening.id, at);
                    }
                    self.relay.opened(opening, port, self.now);
                }
                Action::Close(id) => {
                    assert!(self.sockets.remove(&id).is_some(), "no socket of {id:?}");
                }
            }
        }
        assert_eq!(self.relay.counts().allocations, self.sockets.len());
        assert!(self.sockets.len() <= limits().allocations_max);
    }

    fn answer(&mut self, to: SocketAddr, datagram: &[u8]) {
        let client = self.clients.iter_mut().find(|it| it.at == to && it.has_spoken);
        let client = client.expect("nobody hears anything who has said nothing");
        assert!(datagram.len() <= usize::from(u8::MAX) + OVERHEAD_BYTES, "{}", datagram.len());
        let mut message = Message::new();
        if message.unmarshal_binary(datagram).is_ok()
            && let Ok(nonce) = message.get(ATTR_NONCE)
        {
            client.nonce = nonce;
        }
    }

    /// Nobody asks for more time, and nothing is left.
    fn ends(mut self) {
        self.wait(limits().lifetime);
        self.settle(false);
        assert!(self.sockets.is_empty(), "{:?}", self.sockets);
        self.wait(limits().lifetime);
        self.settle(false);
        assert_eq!(self.relay.poll_timeout(), None);
    }
}

fn add_peer(message: &mut Message, at: SocketAddr) {
    let address = XorMappedAddress { ip: at.ip(), port: at.port() };
    address.add_to_as(message, ATTR_XOR_PEER_ADDRESS).expect("an address can be written");
}

/// Whether one of the open net is there, as far as the standard library knows.
fn is_outside(at: SocketAddr) -> bool {
    let is_special = match at.ip().to_canonical() {
        IpAddr::V4(it) => {
            it.is_private()
                || it.is_loopback()
                || it.is_link_local()
                || it.is_multicast()
                || it.is_broadcast()
                || it.is_unspecified()
                || it.is_documentation()
        }
        IpAddr::V6(it) => {
            it.is_loopback()
                || it.is_multicast()
                || it.is_unspecified()
                || it.is_unique_local()
                || it.is_unicast_link_local()
        }
    };
    at.port() != 0 && !is_special && !OWN.map(ip).contains(&at.ip().to_canonical())
}

fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

/// So little that a few steps come to the end of it.
fn limits() -> Limits {
    Limits {
        allocations_per_peer: 2,
        allocations_per_room: 3,
        allocations_per_address: 4,
        allocations_max: 5,
        permissions_max: 3,
        channels_max: 2,
        bytes_per_second: 100,
        bytes_burst: 300,
        bytes_waiting: 300,
        bytes_waiting_of_all: 500,
        ..Limits::default()
    }
}

const STEPS_MAX: usize = 100;
const STEPS: u8 = 8;
/// The step that may lead to an allocation.
const ASK: u8 = 1;
const SEND_INDICATION: u16 = 0x0016;
const REALM: &str = "signaling-server";
/// Of an indication with an address of version 6, and more than any other answer has.
const OVERHEAD_BYTES: usize = 64;
const OWN: [&str; 2] = ["9.9.9.9", "2a00::9"];
/// Of two rooms, some on the same machine.
const CLIENTS: [&str; 6] = [
    "1.1.1.1:1000",
    "1.1.1.1:1001",
    "1.1.1.1:1002",
    "1.1.1.1:1003",
    "1.1.1.1:1004",
    "[2a01::1]:1000",
];
const ADDRESSES: [&str; 12] = [
    "8.8.8.8:53",
    "8.8.8.8:54",
    "8.8.4.4:53",
    "4.4.4.4:53",
    "[2a02::1]:53",
    "8.8.8.8:0",
    "10.0.0.1:80",
    "127.0.0.1:80",
    "9.9.9.9:3478",
    "[::ffff:127.0.0.1]:80",
    "[fe80::1]:80",
    "224.0.0.1:80",
];
