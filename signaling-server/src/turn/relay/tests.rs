//! A client, its requests, and a relay that has no sockets but numbers.

use std::time::Duration;

use proptest::prelude::*;

use super::requests::{REALM, UDP};
use super::*;
use crate::protocol::{PeerId, RoomId};
use crate::turn::credentials::{Credentials, Key};
use crate::turn::message::FAMILY_V6;

const ROOM: &str = "words";
const UNIX: u64 = 1_700_000_000;

fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

fn secret() -> Secret {
    Secret::of_bytes([3; 32])
}

/// A relay on the open net, at one address of each family.
struct World {
    relay: Relay,
    now: Now,
    port: u16,
    ports_are_there: bool,
    sent: Vec<(SocketAddr, Vec<u8>)>,
    closed: Vec<AllocationId>,
    open: BTreeSet<AllocationId>,
    transactions: u8,
}

impl World {
    fn new() -> Self {
        Self::of(Reach::Public, Limits::default())
    }

    fn of(reach: Reach, limits: Limits) -> Self {
        let place = |bound: &str, told: &str| Place {
            bound: bound.parse().expect("an address"),
            told: told.parse().expect("an address"),
        };
        let places = vec![place("10.0.0.5", "9.9.9.9"), place("2a00::9", "2a00::9")];
        let settings = Settings { secret: secret(), places, reach, limits };
        Self {
            relay: Relay::new(settings, &[4; 32]),
            now: Now { instant: Instant::now(), unix_seconds: UNIX },
            port: 50_000,
            ports_are_there: true,
            sent: Vec::new(),
            closed: Vec::new(),
            open: BTreeSet::new(),
            transactions: 0,
        }
    }

    fn wait(&mut self, seconds: u64) {
        self.now.instant += Duration::from_secs(seconds);
        self.now.unix_seconds += seconds;
        self.relay.handle_timeout(self.now);
        let answers = self.answers();
        assert!(answers.is_empty(), "nobody asked");
    }

    /// Does what the relay wants; returns what goes to clients.
    fn answers(&mut self) -> Vec<(SocketAddr, Vec<u8>)> {
        let mut answers = Vec::new();
        while let Some(action) = self.relay.poll_action() {
            match action {
                Action::Answer { to, datagram } => answers.push((to, datagram)),
                Action::Send { from, to, datagram } => {
                    assert!(self.open.contains(&from), "no socket of {from:?}");
                    self.sent.push((to, datagram));
                }
                Action::Open(opening) => {
                    self.port += 1;
                    if !opening.parity.admits(self.port) {
                        self.port += 1;
                    }
                    let port = self.ports_are_there.then_some(self.port);
                    if port.is_some() {
                        self.open.insert(opening.id);
                    }
                    self.relay.opened(opening, port, self.now);
                }
                Action::Close(id) => {
                    assert!(self.open.remove(&id), "no socket of {id:?}");
                    self.closed.push(id);
                }
            }
        }
        answers
    }

    /// The datagram that answers this one, to the client that it came of.
    fn ask(&mut self, client: SocketAddr, datagram: &[u8]) -> Option<Vec<u8>> {
        self.relay.handle_client(datagram, client, self.now);
        let mut answers = self.answers();
        assert!(answers.len() <= 1, "one answer to one request");
        let (to, answer) = answers.pop()?;
        assert_eq!(to, client);
        Some(answer)
    }

    fn transaction(&mut self) -> Transaction {
        self.transactions += 1;
        [self.transactions; 12]
    }
}

/// A client with credentials, and the nonce that it was told.
#[derive(Clone)]
struct Client {
    at: SocketAddr,
    credentials: Credentials,
    nonce: String,
}

impl Client {
    fn new(world: &mut World, at: &str, peer: u64) -> Self {
        let room = RoomId::try_from(ROOM.to_owned()).expect("a room id");
        let credentials = secret().grant(&room, PeerId(peer), world.now.unix_seconds);
        Self::with(world, at, credentials)
    }

    fn with(world: &mut World, at: &str, credentials: Credentials) -> Self {
        let at = address(at);
        let first = Writer::new(Class::Request, Method::Allocate, &world.transaction()).finish();
        let answer = world.ask(at, &first).expect("an answer");
        assert_eq!(code(&answer), Some(401));
        let answer = Message::read(&answer).expect("a message");
        let nonce = answer.text(attribute::NONCE).expect("a nonce").to_owned();
        assert_eq!(answer.text(attribute::REALM), Some(REALM));
        Self { at, credentials, nonce }
    }

    fn key(&self) -> Key {
        use md5::{Digest, Md5};
        let Credentials { username, password } = &self.credentials;
        Md5::digest(format!("{username}:{REALM}:{password}")).into()
    }

    fn sign(&self, request: Writer) -> Vec<u8> {
        request
            .attribute(attribute::USERNAME, self.credentials.username.as_bytes())
            .attribute(attribute::REALM, REALM.as_bytes())
            .attribute(attribute::NONCE, self.nonce.as_bytes())
            .sign(&self.key())
    }

    fn request(
        &self,
        world: &mut World,
        method: Method,
        with: impl FnOnce(Writer) -> Writer,
    ) -> Vec<u8> {
        let request = Writer::new(Class::Request, method, &world.transaction());
        let request = self.sign(with(request));
        world.ask(self.at, &request).expect("an answer")
    }

    fn allocate(&self, world: &mut World) -> Vec<u8> {
        self.request(world, Method::Allocate, udp)
    }

    /// Has an allocation; says where.
    fn allocated(&self, world: &mut World) -> SocketAddr {
        let answer = self.allocate(world);
        assert_eq!(code(&answer), None);
        let message = Message::read(&answer).expect("a message");
        assert!(message.is_signed_with(&self.key()));
        let relayed = message.addresses(attribute::XOR_RELAYED_ADDRESS).next();
        relayed.flatten().expect("an address")
    }

    fn permit(&self, world: &mut World, peer: &str) -> Vec<u8> {
        let peer = address(peer);
        self.request(world, Method::CreatePermission, |it| {
            it.address(attribute::XOR_PEER_ADDRESS, peer)
        })
    }

    fn bind(&self, world: &mut World, number: u16, peer: SocketAddr) -> Vec<u8> {
        let [high, low] = number.to_be_bytes();
        self.request(world, Method::ChannelBind, |it| {
            it.attribute(attribute::CHANNEL_NUMBER, &[high, low, 0, 0])
                .address(attribute::XOR_PEER_ADDRESS, peer)
        })
    }

    fn refresh(&self, world: &mut World, seconds: u32) -> Vec<u8> {
        self.request(world, Method::Refresh, |it| {
            it.attribute(attribute::LIFETIME, &seconds.to_be_bytes())
        })
    }

    fn send(&self, world: &mut World, peer: &str, data: &[u8]) {
        let indication = Writer::new(Class::Indication, Method::Send, &[9; 12])
            .address(attribute::XOR_PEER_ADDRESS, address(peer))
            .attribute(attribute::DATA, data)
            .finish();
        assert_eq!(world.ask(self.at, &indication), None);
    }
}

fn udp(request: Writer) -> Writer {
    request.attribute(attribute::REQUESTED_TRANSPORT, &[UDP, 0, 0, 0])
}

fn code(answer: &[u8]) -> Option<u16> {
    let message = Message::read(answer).expect("a message");
    let [_, _, class, number] = *message.attribute(attribute::ERROR_CODE)? else {
        panic!("not a code");
    };
    assert_eq!(message.class, Class::Error);
    Some(u16::from(class) * 100 + u16::from(number))
}

fn lifetime(answer: &[u8]) -> u32 {
    let message = Message::read(answer).expect("a message");
    let seconds = message.attribute(attribute::LIFETIME).expect("a lifetime");
    u32::from_be_bytes(seconds.try_into().expect("four bytes"))
}

#[test]
fn a_client_learns_where_it_is_seen() {
    let mut world = World::new();
    for client in ["1.2.3.4:5678", "[2a00::7]:5678"] {
        let request = Writer::new(Class::Request, Method::Binding, &[7; 12]).finish();
        let answer = world.ask(address(client), &request).expect("an answer");
        let message = Message::read(&answer).expect("a message");
        assert_eq!((message.class, message.transaction), (Class::Success, [7; 12]));
        let seen = message.addresses(attribute::XOR_MAPPED_ADDRESS).next().flatten();
        assert_eq!(seen, Some(address(client)));
    }
}

#[test]
fn who_shows_nothing_gets_twenty_answers_a_second() {
    let mut world = World::new();
    let client = address("1.2.3.4:5678");
    let request = Writer::new(Class::Request, Method::Binding, &[7; 12]).finish();
    let other = Writer::new(Class::Request, Method::Allocate, &[7; 12]).finish();
    let asked = |world: &mut World| {
        let of = |it| if it % 2 == 0 { &request } else { &other };
        (0..100).filter(|it| world.ask(client, of(*it)).is_some()).count()
    };
    assert_eq!(asked(&mut world), 20);
    world.wait(1);
    assert_eq!(asked(&mut world), 20);
    assert_eq!(world.relay.counts().unanswered, 160);
}

#[test]
fn an_allocation_is_told_with_its_lifetime_and_where_it_is_behind_a_nat() {
    let mut world = World::new();
    let ann = Client::new(&mut world, "1.2.3.4:5678", 1);
    let answer = ann.request(&mut world, Method::Allocate, |it| {
        udp(it).attribute(attribute::LIFETIME, &3600_u32.to_be_bytes())
    });
    assert_eq!(lifetime(&answer), 600);
    let message = Message::read(&answer).expect("a message");
    let of = |kind| message.addresses(kind).next().flatten();
    assert_eq!(of(attribute::XOR_RELAYED_ADDRESS), Some(address("9.9.9.9:50001")));
    assert_eq!(of(attribute::XOR_MAPPED_ADDRESS), Some(ann.at));
}

#[test]
fn the_same_request_is_answered_again_and_another_is_a_mismatch() {
    let mut world = World::new();
    let ann = Client::new(&mut world, "1.2.3.4:5678", 1);
    let request = ann.sign(udp(Writer::new(Class::Request, Method::Allocate, &[1; 12])));
    let first = world.ask(ann.at, &request).expect("an answer");
    assert_eq!(world.ask(ann.at, &request), Some(first));
    assert_eq!(world.open.len(), 1);
    assert_eq!(code(&ann.allocate(&mut world)), Some(437));
}

#[test]
fn a_client_has_an_allocation_of_each_family() {
    let mut world = World::new();
    let ann = Client::new(&mut world, "1.2.3.4:5678", 1);
    let answer = ann.request(&mut world, Method::Allocate, |it| {
        udp(it).attribute(attribute::REQUESTED_ADDRESS_FAMILY, &[FAMILY_V6, 0, 0, 0])
    });
    let message = Message::read(&answer).expect("a message");
    let relayed = message.addresses(attribute::XOR_RELAYED_ADDRESS).next().flatten();
    assert_eq!(relayed, Some(address("[2a00::9]:50001")));
    assert_eq!(code(&ann.permit(&mut world, "1.1.1.1:1")), Some(443));
    assert_eq!(code(&ann.permit(&mut world, "[2a00::1]:1")), None);
}

#[test]
fn requests_that_cannot_be_granted_say_why() {
    let mut world = World::new();
    let ann = Client::new(&mut world, "1.2.3.4:5678", 1);
    let mut allocate = |kind: u16, value: &[u8], with: fn(Writer) -> Writer| {
        let with = |it: Writer| with(it).attribute(kind, value);
        code(&ann.request(&mut world, Method::Allocate, with))
    };
    assert_eq!(allocate(attribute::LIFETIME, &[0; 4], |it| it), Some(400));
    assert_eq!(allocate(attribute::REQUESTED_TRANSPORT, &[6, 0, 0, 0], |it| it), Some(442));
    assert_eq!(allocate(attribute::REQUESTED_ADDRESS_FAMILY, &[9, 0, 0, 0], udp), Some(440));
    let (reservation_token, dont_fragment) = (0x0022, 0x001a);
    assert_eq!(allocate(attribute::EVEN_PORT, &[0x80], udp), Some(508));
    assert_eq!(allocate(attribute::EVEN_PORT, &[0; 2], udp), Some(400));
    assert_eq!(allocate(reservation_token, &[0; 8], udp), Some(420));
    assert_eq!(allocate(dont_fragment, &[], udp), Some(420));
    world.ports_are_there = false;
    assert_eq!(code(&ann.allocate(&mut world)), Some(508));
    assert_eq!(code(&ann.refresh(&mut world, 600)), Some(437));
    assert_eq!(code(&ann.permit(&mut world, "1.1.1.1:1")), Some(437));
}

#[test]
fn an_even_port_is_there_for_who_wants_one() {
    let mut world = World::new();
    let ann = Client::new(&mut world, "1.2.3.4:5678", 1);
    let answer = ann
        .request(&mut world, Method::Allocate, |it| udp(it).attribute(attribute::EVEN_PORT, &[0]));
    let message = Message::read(&answer).expect("a message");
    let relayed = message.addresses(attribute::XOR_RELAYED_ADDRESS).next().flatten();
    assert_eq!(relayed, Some(address("9.9.9.9:50002")));
}

#[test]
fn an_unknown_attribute_is_named() {
    let mut world = World::new();
    let request = Writer::new(Class::Request, Method::Binding, &[7; 12])
        .attribute(0x7777, &[1])
        .attribute(0x8888, &[1])
        .finish();
    let answer = world.ask(address("1.2.3.4:5678"), &request).expect("an answer");
    assert_eq!(code(&answer), Some(420));
    let message = Message::read(&answer).expect("a message");
    assert_eq!(message.attribute(attribute::UNKNOWN_ATTRIBUTES), Some(&[0x77, 0x77][..]));
}

#[test]
fn wrong_credentials_are_refused_with_401() {
    let mut world = World::new();
    let mut ann = Client::new(&mut world, "1.2.3.4:5678", 1);
    ann.credentials.password.push('x');
    assert_eq!(code(&ann.allocate(&mut world)), Some(401));
    ann.credentials.username = "ann".to_owned();
    assert_eq!(code(&ann.allocate(&mut world)), Some(401));
    assert!(world.open.is_empty());
}

#[test]
fn expired_credentials_make_no_allocation_but_keep_one() {
    let mut world = World::new();
    let ann = Client::new(&mut world, "1.2.3.4:5678", 1);
    ann.allocated(&mut world);
    for _ in 0..7 {
        world.wait(590);
        let answer = ann.refresh(&mut world, 600);
        // The nonce is stale after an hour; a client takes the new one and asks again.
        if code(&answer) == Some(438) {
            let fresh = Client::with(&mut world, "1.2.3.4:5678", ann.credentials.clone());
            assert_eq!(lifetime(&fresh.refresh(&mut world, 600)), 600);
            assert_eq!(lifetime(&fresh.refresh(&mut world, 0)), 0);
            assert_eq!(code(&fresh.allocate(&mut world)), Some(401));
            return;
        }
    }
    panic!("the nonce never went stale");
}

#[test]
fn a_nonce_is_of_one_client() {
    let mut world = World::new();
    let ann = Client::new(&mut world, "1.2.3.4:5678", 1);
    let elsewhere = Client { at: address("1.2.3.4:5679"), ..ann };
    assert_eq!(code(&elsewhere.allocate(&mut world)), Some(438));
}

#[test]
fn an_allocation_is_of_who_made_it() {
    let mut world = World::new();
    let ann = Client::new(&mut world, "1.2.3.4:5678", 1);
    ann.allocated(&mut world);
    let bert = Client::new(&mut world, "1.2.3.4:5678", 2);
    assert_eq!(code(&bert.refresh(&mut world, 0)), Some(441));
    assert_eq!(code(&bert.permit(&mut world, "1.1.1.1:1")), Some(441));
}

#[test]
fn the_third_allocation_of_a_peer_is_one_too_many_until_one_ends() {
    let mut world = World::new();
    let clients: Vec<Client> =
        (1..=3).map(|it| Client::new(&mut world, &format!("1.2.3.{it}:5678"), 1)).collect();
    clients[0].allocated(&mut world);
    clients[1].allocated(&mut world);
    assert_eq!(code(&clients[2].allocate(&mut world)), Some(486));
    assert_eq!(lifetime(&clients[0].refresh(&mut world, 0)), 0);
    assert_eq!(world.closed, [AllocationId(1)]);
    clients[2].allocated(&mut world);
    let counts = Counts { allocations: 2, granted: 3, refused: 1, ..Counts::default() };
    assert_eq!(world.relay.counts(), counts);
}

#[test]
fn an_allocation_ends_after_600_seconds_unless_it_is_refreshed() {
    let mut world = World::new();
    let ann = Client::new(&mut world, "1.2.3.4:5678", 1);
    ann.allocated(&mut world);
    world.wait(599);
    assert_eq!(lifetime(&ann.refresh(&mut world, 3600)), 600);
    world.wait(599);
    assert_eq!(world.open.len(), 1);
    world.wait(1);
    assert!(world.open.is_empty());
    assert_eq!(world.relay.poll_timeout(), None);
    assert_eq!(code(&ann.refresh(&mut world, 600)), Some(437));
}

#[test]
fn data_goes_to_permitted_peers_and_comes_from_them() {
    let mut world = World::new();
    let ann = Client::new(&mut world, "1.2.3.4:5678", 1);
    ann.allocated(&mut world);
    ann.send(&mut world, "1.1.1.1:7000", b"too early");
    assert_eq!(code(&ann.permit(&mut world, "1.1.1.1:1")), None);
    ann.send(&mut world, "1.1.1.1:7000", b"hello");
    ann.send(&mut world, "1.1.1.2:7000", b"not permitted");
    assert_eq!(world.sent, [(address("1.1.1.1:7000"), b"hello".to_vec())]);

    let now = world.now;
    world.relay.handle_peer(AllocationId(1), b"not permitted", address("1.1.1.2:7000"), now);
    world.relay.handle_peer(AllocationId(1), b"hi", address("1.1.1.1:7000"), now);
    let answers = world.answers();
    let [(to, datagram)] = &answers[..] else { panic!("{answers:?}") };
    assert_eq!(*to, ann.at);
    let message = Message::read(datagram).expect("a message");
    assert_eq!((message.class, message.method), (Class::Indication, Method::Data));
    assert_eq!(message.attribute(attribute::DATA), Some(&b"hi"[..]));
    let peer = message.addresses(attribute::XOR_PEER_ADDRESS).next().flatten();
    assert_eq!(peer, Some(address("1.1.1.1:7000")));
}

#[test]
fn a_channel_carries_both_ways() {
    let mut world = World::new();
    let ann = Client::new(&mut world, "1.2.3.4:5678", 1);
    ann.allocated(&mut world);
    let peer = address("1.1.1.1:7000");
    assert_eq!(code(&ann.bind(&mut world, 0x3fff, peer)), Some(400));
    assert_eq!(code(&ann.bind(&mut world, 0x8000, peer)), Some(400));
    assert_eq!(code(&ann.bind(&mut world, 0x4000, peer)), None);
    assert_eq!(world.ask(ann.at, &channel_data(0x4000, b"hello")), None);
    assert_eq!(world.ask(ann.at, &channel_data(0x4001, b"nobody")), None);
    assert_eq!(world.sent, [(peer, b"hello".to_vec())]);
    let now = world.now;
    world.relay.handle_peer(AllocationId(1), b"hi", peer, now);
    assert_eq!(world.answers(), [(ann.at, channel_data(0x4000, b"hi"))]);
}

#[test]
fn nothing_goes_where_the_relay_does_not_reach() {
    let mut world = World::new();
    let ann = Client::new(&mut world, "1.2.3.4:5678", 1);
    ann.allocated(&mut world);
    for peer in ["10.0.0.5:1", "127.0.0.1:1", "169.254.169.254:80", "224.0.0.1:1"] {
        assert_eq!(code(&ann.permit(&mut world, peer)), Some(403), "{peer}");
        assert_eq!(code(&ann.bind(&mut world, 0x4000, address(peer))), Some(403), "{peer}");
        ann.send(&mut world, peer, b"hello");
    }
    // Others' allocations may be there, and nothing else is let through.
    assert_eq!(code(&ann.permit(&mut world, "9.9.9.9:1")), None);
    ann.send(&mut world, "9.9.9.9:53", b"hello");
    assert!(world.sent.is_empty());
    let now = world.now;
    for peer in ["9.9.9.9:53", "10.0.0.5:53", "1.1.1.1:0"] {
        world.relay.handle_peer(AllocationId(1), b"hello", address(peer), now);
    }
    assert!(world.answers().is_empty());
    let counts = Counts { allocations: 1, granted: 1, ..Counts::default() };
    assert_eq!(world.relay.counts(), counts);
}

#[test]
fn a_private_relay_reaches_its_own_machine() {
    let mut world = World::of(Reach::Private, Limits::default());
    let ann = Client::new(&mut world, "1.2.3.4:5678", 1);
    ann.allocated(&mut world);
    for peer in ["9.9.9.9:53", "127.0.0.1:53", "192.168.1.1:53"] {
        assert_eq!(code(&ann.permit(&mut world, peer)), None, "{peer}");
        ann.send(&mut world, peer, b"hello");
    }
    assert_eq!(world.sent.len(), 3);
}

#[test]
fn two_clients_of_one_relay_meet_in_it() {
    let mut world = World::new();
    let ann = Client::new(&mut world, "1.2.3.4:5678", 1);
    let bert = Client::new(&mut world, "1.2.3.5:5678", 2);
    let (of_ann, of_bert) = (ann.allocated(&mut world), bert.allocated(&mut world));
    assert_eq!(code(&ann.bind(&mut world, 0x4000, of_bert)), None);
    let hello = channel_data(0x4000, b"hello");
    world.relay.handle_client(&hello, ann.at, world.now);
    assert!(world.answers().is_empty(), "bert permits nobody yet");
    assert_eq!(code(&bert.bind(&mut world, 0x4007, of_ann)), None);
    world.relay.handle_client(&hello, ann.at, world.now);
    assert_eq!(world.answers(), [(bert.at, channel_data(0x4007, b"hello"))]);
    assert!(world.sent.is_empty(), "it does not leave the machine");
}

#[test]
fn what_is_over_the_rate_waits_in_its_order_and_what_is_far_over_it_is_dropped() {
    let (bytes_per_second, bytes_burst, bytes_waiting) = (1000, 1000, 500);
    let limits = Limits { bytes_per_second, bytes_burst, bytes_waiting, ..Limits::default() };
    let mut world = World::of(Reach::Public, limits);
    let ann = Client::new(&mut world, "1.2.3.4:5678", 1);
    ann.allocated(&mut world);
    ann.permit(&mut world, "1.1.1.1:1");
    for number in 0..30 {
        ann.send(&mut world, "1.1.1.1:1", &[number; 100]);
    }
    assert_eq!(world.sent.len(), 10);
    let now = world.now;
    for number in 0..30 {
        world.relay.handle_peer(AllocationId(1), &[number; 100], address("1.1.1.1:1"), now);
    }
    assert_eq!(world.answers().len(), 10);
    let counts = world.relay.counts();
    assert_eq!((counts.bytes_to_peers, counts.bytes_to_clients, counts.dropped), (1000, 1000, 30));
    for waited in 1..=5 {
        world.now.instant += Duration::from_millis(100);
        assert_eq!(world.relay.poll_timeout(), Some(world.now.instant));
        world.relay.handle_timeout(world.now);
        assert_eq!(world.answers().len(), 1);
        assert_eq!(world.sent.len(), 10 + waited);
    }
    let sent: Vec<_> = world.sent.iter().map(|(_, data)| data[0]).collect();
    assert_eq!(sent, (0..15).collect::<Vec<_>>());
}

#[test]
fn what_waits_of_all_is_bounded_and_goes_with_its_allocation() {
    let limits = Limits { bytes_burst: 0, bytes_waiting_of_all: 1000, ..Limits::default() };
    let mut world = World::of(Reach::Public, limits);
    let ann = Client::new(&mut world, "1.2.3.4:5678", 1);
    ann.allocated(&mut world);
    ann.permit(&mut world, "1.1.1.1:1");
    for _ in 0..30 {
        ann.send(&mut world, "1.1.1.1:1", &[0; 100]);
    }
    assert_eq!(world.relay.counts().dropped, 20);
    ann.refresh(&mut world, 0);
    world.wait(1);
    assert!(world.sent.is_empty());
    assert_eq!((world.relay.waiting_bytes, world.relay.poll_timeout()), (0, None));
}

/// What clients do in any order.
#[derive(Debug, Clone)]
enum Step {
    Allocate(usize),
    Refresh(usize, u32),
    Permit(usize, u8),
    Bind(usize, u16, u8),
    Send(usize, u8),
    Hear(u64, u8),
    Noise(usize, Vec<u8>),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let client = 0..5usize;
    prop_oneof![
        client.clone().prop_map(Step::Allocate),
        (client.clone(), prop_oneof![Just(0), any::<u32>()]).prop_map(|(c, s)| Step::Refresh(c, s)),
        (client.clone(), any::<u8>()).prop_map(|(c, p)| Step::Permit(c, p)),
        (client.clone(), 0x3ffe..0x4006u16, any::<u8>()).prop_map(|(c, n, p)| Step::Bind(c, n, p)),
        (client.clone(), any::<u8>()).prop_map(|(c, p)| Step::Send(c, p)),
        (0..9u64, any::<u8>()).prop_map(|(a, p)| Step::Hear(a, p)),
        (client, any::<Vec<u8>>()).prop_map(|(c, bytes)| Step::Noise(c, bytes)),
        (0..400u64).prop_map(Step::Wait),
    ]
}

/// A few peers of each kind.
fn peer(number: u8) -> String {
    let kinds = ["1.1.1.1", "8.8.4.4", "127.0.0.1", "10.0.0.5", "9.9.9.9", "192.168.0.1"];
    format!("{}:{}", kinds[usize::from(number) % kinds.len()], 50_000 + u16::from(number / 16))
}

proptest! {
    #[test]
    fn in_any_order_counts_hold_and_nothing_private_is_reached(
        steps in proptest::collection::vec(step(), 0..60)
    ) {
        let limits = Limits {
            allocations_per_peer: 2,
            allocations_per_room: 3,
            answers_per_second: 1_000,
            ..Limits::default()
        };
        let mut world = World::of(Reach::Public, limits);
        // Three of one peer, two of others, all of one room.
        let clients: Vec<Client> = (0..5u64)
            .map(|it| Client::new(&mut world, &format!("1.2.3.{it}:5678"), it.saturating_sub(2)))
            .collect();
        for step in steps {
            match step {
                Step::Allocate(it) => drop(clients[it].allocate(&mut world)),
                Step::Refresh(it, seconds) => drop(clients[it].refresh(&mut world, seconds)),
                Step::Permit(it, number) => drop(clients[it].permit(&mut world, &peer(number))),
                Step::Bind(it, channel, number) => {
                    drop(clients[it].bind(&mut world, channel, address(&peer(number))));
                }
                Step::Send(it, number) => {
                    let indication = Writer::new(Class::Indication, Method::Send, &[9; 12])
                        .address(attribute::XOR_PEER_ADDRESS, address(&peer(number)))
                        .attribute(attribute::DATA, b"data")
                        .finish();
                    world.relay.handle_client(&indication, clients[it].at, world.now);
                    world.answers();
                }
                Step::Hear(id, number) => {
                    let now = world.now;
                    world.relay.handle_peer(AllocationId(id), b"data", address(&peer(number)), now);
                    world.answers();
                }
                Step::Noise(it, bytes) => {
                    world.relay.handle_client(&bytes, clients[it].at, world.now);
                    world.answers();
                }
                Step::Wait(seconds) => {
                    world.now.instant += Duration::from_secs(seconds);
                    world.relay.handle_timeout(world.now);
                    world.answers();
                }
            }
            prop_assert!(world.open.len() <= 3);
            prop_assert_eq!(world.open.len(), world.relay.allocations.len());
            prop_assert_eq!(world.open.len(), world.relay.clients.len());
            prop_assert_eq!(world.open.len(), world.relay.relayed.len());
            prop_assert_eq!(world.open.len(), world.relay.deadlines.len());
        }
        for (to, _) in &world.sent {
            prop_assert!(["1.1.1.1", "8.8.4.4"].contains(&&*to.ip().to_string()), "{}", to);
        }
        // Nothing is kept of what is over.
        world.now.instant += Duration::from_secs(601);
        world.relay.handle_timeout(world.now);
        world.answers();
        prop_assert!(world.open.is_empty() && world.relay.poll_timeout().is_none());
    }
}
