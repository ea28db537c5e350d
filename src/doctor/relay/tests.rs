use super::*;
use signaling_server::protocol::{PeerId, RoomId};
use signaling_server::server::{Config, Turn, TurnOptions, serve};
use signaling_server::turn::{Limits, Reach};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

/// A server that relays, until it is dropped.
struct Serving {
    turn: Turn,
    _end: DropGuard,
}

impl Serving {
    async fn begin(limits: Limits) -> Self {
        let options = TurnOptions {
            listen: "127.0.0.1:0".parse().expect("an address"),
            public_ip: None,
            ports: None,
            reach: Reach::Private,
            secret: None,
            limits,
        };
        let turn = Turn::bind(options).await.expect("a port");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let end = CancellationToken::new();
        let config = Config { turn: Some(turn.clone()), ..Config::default() };
        tokio::spawn(serve(listener, config, end.clone()));
        Self { turn, _end: end.drop_guard() }
    }

    /// As it is handed out to somebody.
    fn handed_out(&self) -> IceServer {
        let room = RoomId::try_from("words".to_owned()).expect("a room id");
        let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let now = since_1970.expect("it is later").as_secs();
        let credentials = self.turn.secret().grant(&room, PeerId(1), now);
        credentials.for_servers(vec![self.turn.turn_url()])
    }

    fn at(&self) -> Host {
        Host::of_ice(&self.turn.turn_url()).expect("its address")
    }
}

/// What is found of these, in a while that is short enough for tests and long enough for loopback.
async fn found(servers: &[IceServer]) -> Option<(Host, Option<(usize, usize)>)> {
    let relay = find(servers, Duration::from_secs(2)).await?;
    Some((relay.at, relay.passed.map(|series| (series.sent(), series.lost()))))
}

#[tokio::test]
async fn what_is_sent_through_a_relay_comes_back_and_its_addresses_are_given_back() {
    let serving = Serving::begin(Limits::default()).await;
    // It gives two to each.
    for _ in 0..3 {
        let relay = find(&[serving.handed_out()], Duration::from_secs(2)).await.expect("it stands");
        let series = relay.passed.expect("it is tried");
        assert_eq!((relay.at, series.sent(), series.lost()), (serving.at(), TIMES, 0));
        assert!(series.round_trip().is_some_and(|it| it < PATIENCE), "{series:?}");
    }
}

#[tokio::test]
async fn the_first_relay_that_works_is_told_and_one_without_the_password_is_none() {
    let serving = Serving::begin(Limits::default()).await;
    let works = serving.handed_out();
    let wrong = IceServer { credential: Some("wrong".to_owned()), ..works.clone() };
    assert_eq!(found(std::slice::from_ref(&wrong)).await, None);
    let mute = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
    let mute = format!("turn:{}", mute.local_addr().expect("its address"));
    let mute = IceServer { urls: vec![mute], ..works.clone() };
    assert_eq!(found(&[wrong, mute, works]).await, Some((serving.at(), Some((TIMES, 0)))));
}

#[tokio::test]
async fn one_that_passes_nothing_on_is_told_unless_another_does() {
    let limits = Limits { bytes_burst: 0, bytes_waiting: 0, ..Limits::default() };
    let [silent, works] = [Serving::begin(limits).await, Serving::begin(Limits::default()).await];
    let of = |serving: &Serving| serving.handed_out();
    assert_eq!(found(&[of(&silent)]).await, Some((silent.at(), Some((TIMES, TIMES)))));
    let both = found(&[of(&silent), of(&works)]).await;
    assert_eq!(both, Some((works.at(), Some((TIMES, 0)))));
}

#[tokio::test]
async fn of_one_that_gives_a_single_address_no_more_is_known() {
    let limits = Limits { allocations_per_peer: 1, ..Limits::default() };
    let serving = Serving::begin(limits).await;
    assert_eq!(found(&[serving.handed_out()]).await, Some((serving.at(), None)));
}

#[test]
fn relays_over_udp_alone_are_asked() {
    let urls = [
        "stun:a.example",
        "turn:b.example",
        "turn:c.example?transport=tcp",
        "turn:d.example:99?transport=udp",
        "turns:e.example",
        "turn:\u{1b}",
    ];
    let urls = urls.map(str::to_owned).to_vec();
    let server = IceServer { urls, username: None, credential: None };
    let hosts: Vec<_> = over_udp(&server).map(|(host, _)| host.to_string()).collect();
    assert_eq!(hosts, ["b.example:3478", "d.example:99"]);
}
