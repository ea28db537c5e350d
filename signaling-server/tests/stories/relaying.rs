//! STUN and TURN: coturn's own client tools, and bare datagrams, against the server over loopback.

use std::net::SocketAddr;
use std::process::Command;
use std::time::Instant;

use signaling_server::protocol::{IceServer, PeerId, RoomId};
use signaling_server::server::{Config, Turn, TurnError, TurnOptions};
use signaling_server::turn::{Limits, Reach, Secret};
use tokio::net::UdpSocket;

use crate::stun::{
    ALLOCATE, Access, BINDING, CREATE_PERMISSION, Client, DATA, LIFETIME, REFRESH,
    REQUESTED_TRANSPORT, SEND_INDICATION, XOR_MAPPED_ADDRESS, XOR_PEER_ADDRESS,
    XOR_RELAYED_ADDRESS, message, xored,
};
use crate::world::{Peer, Server, config, in_time};

const SECRET: &str = "north";

async fn turn(listen: &str, reach: Reach, limits: Limits) -> Turn {
    let options = TurnOptions {
        listen: listen.parse().expect("an address"),
        public_ip: None,
        ports: None,
        reach,
        secret: Some(Secret::of_text(SECRET).expect("a secret")),
        limits,
    };
    Turn::bind(options).await.expect("a free port")
}

/// A server that relays, and what a peer that joined it was handed.
async fn relaying(reach: Reach) -> (Server, Access) {
    limited(reach, Limits::default()).await
}

async fn limited(reach: Reach, limits: Limits) -> (Server, Access) {
    let turn = Some(turn("127.0.0.1:0", reach, limits).await);
    let server = Server::start(Config { turn, ..config() }).await;
    let ann = Peer::join(&server, "words").await;
    let access = Access::of(&ann.ice_servers);
    (server, access)
}

/// Somebody who sends back what comes.
async fn echo(ip: &str) -> SocketAddr {
    let socket = UdpSocket::bind((ip, 0)).await.expect("a socket");
    let address = socket.local_addr().expect("an address");
    tokio::spawn(async move {
        let mut buffer = [0; 2048];
        while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
            socket.send_to(&buffer[..length], from).await.expect("it goes back");
        }
    });
    address
}

/// What one of coturn's tools says, on both of its outputs.
async fn coturns(tool: &'static str, arguments: Vec<String>) -> String {
    let said = tokio::task::spawn_blocking(move || {
        let output = Command::new(tool).args(arguments).output();
        let output = output.unwrap_or_else(|error| {
            panic!("{tool} does not run ({error}): install the package coturn")
        });
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        text(&output.stdout) + &text(&output.stderr)
    });
    in_time(tool, said).await.expect("no panic")
}

/// coturn's client of TURN, with its own messages through the relay.
async fn uclient(access: &Access, arguments: &str) -> String {
    let port = access.server.port().to_string();
    let own = ["-v", "-u", &access.username, "-w", &access.password, "-p", &port];
    let all = own.into_iter().chain(arguments.split_whitespace()).chain(["127.0.0.1"]);
    coturns("turnutils_uclient", all.map(str::to_owned).collect()).await
}

#[tokio::test]
async fn coturns_client_sends_through_channels_with_the_credentials_of_a_welcome() {
    let (server, access) = relaying(Reach::Private).await;
    let peer = echo("127.0.0.1").await;
    let said = uclient(&access, &format!("-c -n 20 -l 500 -e 127.0.0.1 -r {}", peer.port())).await;
    assert!(said.contains("tot_send_msgs=20, tot_recv_msgs=20"), "{said}");
    assert!(said.contains("tot_recv_bytes ~ 10000"), "{said}");
    server.stopped().await;
}

#[tokio::test]
async fn coturns_client_sends_in_indications_too() {
    let (server, access) = relaying(Reach::Private).await;
    let peer = echo("127.0.0.1").await;
    let said = uclient(&access, &format!("-c -s -n 20 -e 127.0.0.1 -r {}", peer.port())).await;
    assert!(said.contains("tot_send_msgs=20, tot_recv_msgs=20"), "{said}");
    server.stopped().await;
}

#[tokio::test]
async fn two_of_coturns_clients_meet_in_a_relay_that_reaches_nothing_private() {
    // It tries an allocation first, and keeps it beside the two that it sends through.
    let limits = Limits { allocations_per_peer: 3, ..Limits::default() };
    let (server, access) = limited(Reach::Public, limits).await;
    let said = uclient(&access, "-c -y -n 20").await;
    assert!(said.contains("tot_send_msgs=40, tot_recv_msgs=40"), "{said}");
    server.stopped().await;
}

#[tokio::test]
async fn a_private_peer_is_refused_and_hears_nothing() {
    let (server, access) = relaying(Reach::Public).await;
    let private = UdpSocket::bind("127.0.0.2:0").await.expect("a socket");
    let port = private.local_addr().expect("an address").port();
    let said = uclient(&access, &format!("-c -n 5 -e 127.0.0.2 -r {port}")).await;
    assert!(said.contains("error 403"), "{said}");
    assert!(!said.contains("tot_recv_msgs=5"), "{said}");
    assert_eq!(heard(&private), 0);
    server.stopped().await;
}

#[tokio::test]
async fn what_else_listens_at_the_relays_own_address_hears_nothing() {
    let (server, access) = relaying(Reach::Public).await;
    let mut ann = Client::new("127.0.0.1", access).await;
    assert_eq!(ann.allocate().await.code(), None);
    let private = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
    let peer = xored(private.local_addr().expect("an address"));
    // Another allocation could be there, so it is permitted; but there is none at that port.
    let permitted = ann.ask_signed(CREATE_PERMISSION, &[(XOR_PEER_ADDRESS, &peer)]).await;
    assert_eq!(permitted.code(), None);
    for _ in 0..50 {
        let data = [(XOR_PEER_ADDRESS, &*peer), (DATA, b"hello")];
        ann.socket.send(&message(SEND_INDICATION, 9, &data)).await.expect("it is sent");
    }
    // When this is answered, all of those have been looked at.
    assert_eq!(ann.ask_signed(REFRESH, &[]).await.lifetime(), Some(600));
    assert_eq!(heard(&private), 0);
    server.stopped().await;
}

/// How many datagrams wait.
fn heard(socket: &UdpSocket) -> usize {
    let mut buffer = [0; 2048];
    std::iter::from_fn(|| socket.try_recv(&mut buffer).ok()).count()
}

#[tokio::test]
async fn wrong_credentials_are_refused_with_401() {
    let (server, access) = relaying(Reach::Private).await;
    let wrong = Access { password: "wrong".to_owned(), ..access.clone() };
    let said = uclient(&wrong, "-c -n 2 -e 127.0.0.1").await;
    assert!(said.contains("allocate response") && !said.contains("success"), "{said}");
    assert_eq!(Client::new("127.0.0.2", wrong).await.allocate().await.code(), Some(401));
    let unknown = Access { username: "ann".to_owned(), ..access };
    assert_eq!(Client::new("127.0.0.3", unknown).await.allocate().await.code(), Some(401));
    server.stopped().await;
}

#[tokio::test]
async fn expired_credentials_are_refused_with_401() {
    let (server, access) = relaying(Reach::Private).await;
    let (expires, _) = access.username.split_once(':').expect("a time");
    let granted: u64 = expires.parse::<u64>().expect("a number") - 3600;
    let room = RoomId::try_from("words".to_owned()).expect("a room id");
    let secret = Secret::of_text(SECRET).expect("a secret");
    // As they were handed out a little more than an hour before.
    let old = secret.grant(&room, PeerId(1), granted - 3601);
    let old = Access { username: old.username, password: old.password, ..access };
    let said = uclient(&old, "-c -n 2 -e 127.0.0.1").await;
    assert!(said.contains("allocate response") && !said.contains("success"), "{said}");
    assert_eq!(Client::new("127.0.0.2", old).await.allocate().await.code(), Some(401));
    server.stopped().await;
}

#[tokio::test]
async fn a_peers_third_allocation_is_refused_with_486_and_anothers_is_not() {
    let (server, access) = relaying(Reach::Private).await;
    let mut clients = Vec::new();
    for _ in 0..3 {
        clients.push(Client::new("127.0.0.1", access.clone()).await);
    }
    assert_eq!(clients[0].allocate().await.code(), None);
    assert_eq!(clients[1].allocate().await.code(), None);
    assert_eq!(clients[2].allocate().await.code(), Some(486));
    let said = uclient(&access, "-c -n 2 -e 127.0.0.1").await;
    assert!(said.contains("error 486"), "{said}");
    let bert = Peer::join(&server, "words").await;
    let mut bert = Client::new("127.0.0.1", Access::of(&bert.ice_servers)).await;
    assert_eq!(bert.allocate().await.code(), None);
    // One that is given back is there again.
    let given_back = clients[0].ask_signed(REFRESH, &[(LIFETIME, &[0; 4])]).await;
    assert_eq!(given_back.lifetime(), Some(0));
    assert_eq!(clients[2].allocate().await.code(), None);
    server.stopped().await;
}

#[tokio::test]
async fn a_peer_that_comes_back_is_the_same_to_the_quota() {
    let turn = Some(turn("127.0.0.1:0", Reach::Private, Limits::default()).await);
    let server = Server::start(Config { turn, ..config() }).await;
    let ann = Peer::join(&server, "words").await;
    let again = Peer::come_back(&server, "words", &ann.token).await;
    assert_eq!(again.id, ann.id);
    let owner = |of: &Peer| {
        let access = Access::of(&of.ice_servers);
        access.username.split_once(':').expect("an owner").1.to_owned()
    };
    assert_eq!(owner(&again), owner(&ann));
    let bert = Peer::join(&server, "words").await;
    assert_ne!(owner(&bert), owner(&ann));
    assert!(!owner(&ann).contains("words"));
    server.stopped().await;
}

#[tokio::test]
async fn a_lifetime_is_cut_to_600_seconds() {
    let (server, access) = relaying(Reach::Private).await;
    let mut ann = Client::new("127.0.0.1", access).await;
    let hour = 3600_u32.to_be_bytes();
    let wished = [(REQUESTED_TRANSPORT, &[17, 0, 0, 0][..]), (LIFETIME, &hour[..])];
    let answer = ann.ask_signed(ALLOCATE, &wished).await;
    assert_eq!(answer.lifetime(), Some(600));
    let relayed = answer.address(XOR_RELAYED_ADDRESS).expect("a relayed address");
    assert_eq!(relayed.ip().to_string(), "127.0.0.1");
    assert_eq!(ann.ask_signed(REFRESH, &[(LIFETIME, &hour)]).await.lifetime(), Some(600));
    server.stopped().await;
}

#[tokio::test]
async fn stun_says_where_one_is_seen() {
    let (server, access) = relaying(Reach::Public).await;
    let port = access.server.port().to_string();
    let arguments = ["-p", &port, "127.0.0.1"].map(str::to_owned).to_vec();
    let said = coturns("turnutils_stunclient", arguments).await;
    assert!(said.contains("UDP reflexive addr: 127.0.0.1:"), "{said}");

    let mut ann = Client::new("127.0.0.3", access).await;
    let seen = ann.ask(BINDING, &[]).await.address(XOR_MAPPED_ADDRESS);
    assert_eq!(seen, ann.socket.local_addr().ok());
    server.stopped().await;
}

#[tokio::test]
async fn stun_and_turn_are_there_over_ipv6_as_well() {
    let turn = Some(turn("[::1]:0", Reach::Private, Limits::default()).await);
    let server = Server::start(Config { turn, ..config() }).await;
    let ann = Peer::join(&server, "words").await;
    let mut ann = Client::new("::1", Access::of(&ann.ice_servers)).await;
    let seen = ann.ask(BINDING, &[]).await.address(XOR_MAPPED_ADDRESS);
    assert_eq!(seen, ann.socket.local_addr().ok());
    // An address of IPv4 is what one gets without asking; this server has none.
    assert_eq!(ann.allocate().await.code(), Some(440));
    let wished = [(REQUESTED_TRANSPORT, &[17, 0, 0, 0][..]), (0x0017, &[2, 0, 0, 0][..])];
    let relayed = ann.ask_signed(ALLOCATE, &wished).await.address(XOR_RELAYED_ADDRESS);
    assert!(relayed.is_some_and(|it| it.is_ipv6()), "{relayed:?}");
    server.stopped().await;
}

#[tokio::test]
async fn a_flood_of_stun_gets_twenty_answers_a_second_and_others_notice_nothing() {
    let (server, access) = relaying(Reach::Public).await;
    let flooding = Client::new("127.0.0.1", access.clone()).await;
    let mut other = Client::new("127.0.0.2", access).await;
    assert_eq!(other.allocate().await.code(), None);
    let begun = Instant::now();
    let mut answered = 0;
    for _ in 0..40 {
        // Few enough at a time for the sockets to hold them all.
        for _ in 0..25 {
            flooding.socket.send(&message(BINDING, 1, &[])).await.expect("it is sent");
        }
        // When this is answered, all of those have been looked at. It shows credentials, and so is
        // answered as often as it likes.
        assert_eq!(other.ask_signed(REFRESH, &[]).await.lifetime(), Some(600));
        answered += heard(&flooding.socket);
    }
    let allowed = 20 + (begun.elapsed().as_secs_f64() * 20.0).ceil() as usize;
    assert!((20..=allowed).contains(&answered), "{answered} of 1000, {allowed} allowed");
    server.stopped().await;
}

#[tokio::test]
async fn it_ends_with_the_server() {
    let (server, access) = relaying(Reach::Private).await;
    let mut ann = Client::new("127.0.0.1", access.clone()).await;
    let relayed = ann.allocate().await.address(XOR_RELAYED_ADDRESS).expect("an address");
    let taken = UdpSocket::bind(relayed).await.expect_err("it is the relay's");
    assert_eq!(taken.kind(), std::io::ErrorKind::AddrInUse);
    server.stopped().await;
    UdpSocket::bind(relayed).await.expect("it is free");
    UdpSocket::bind(access.server).await.expect("it is free");
}

#[tokio::test]
async fn an_address_in_use_and_one_of_another_kind_are_said() {
    let taken = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
    let options = TurnOptions {
        listen: taken.local_addr().expect("an address"),
        public_ip: None,
        ports: None,
        reach: Reach::Public,
        secret: None,
        limits: Limits::default(),
    };
    let refused = Turn::bind(options.clone()).await.expect_err("it is in use");
    assert!(matches!(refused, TurnError::Listen(..)), "{refused}");
    let public_ip = Some("2001:4860::1".parse().expect("an address"));
    let refused = Turn::bind(TurnOptions { public_ip, ..options }).await.expect_err("another kind");
    assert!(matches!(refused, TurnError::OtherFamily(_)), "{refused}");
}

#[tokio::test]
async fn behind_a_nat_the_public_address_is_told() {
    let options = TurnOptions {
        listen: "127.0.0.1:0".parse().expect("an address"),
        public_ip: Some("9.9.9.9".parse().expect("an address")),
        ports: Some(47_400..=47_420),
        reach: Reach::Private,
        secret: None,
        limits: Limits::default(),
    };
    let turn = Turn::bind(options).await.expect("a free port");
    let server = Server::start(Config { turn: Some(turn), ..config() }).await;
    let ann = Peer::join(&server, "words").await;
    let mut access = Access::of(&ann.ice_servers);
    assert_eq!(access.server.ip().to_string(), "9.9.9.9");
    let stun = IceServer {
        urls: vec![format!("stun:{}", access.server)],
        username: None,
        credential: None,
    };
    assert_eq!(ann.ice_servers[1], stun);
    access.server.set_ip([127, 0, 0, 1].into());
    let relayed = Client::new("127.0.0.1", access).await.allocate().await;
    let relayed = relayed.address(XOR_RELAYED_ADDRESS).expect("a relayed address");
    assert_eq!(relayed.ip().to_string(), "9.9.9.9");
    assert!((47_400..=47_420).contains(&relayed.port()), "{relayed}");
    server.stopped().await;
}
