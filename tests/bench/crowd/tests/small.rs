//! A small crowd at our own server, so that what measures it is known to work with it.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::thread::JoinHandle;
use std::time::Duration;

use crowd::crowd::{Crowd, Pace};
use crowd::dialect::Dialect;
use crowd::flood::Flood;
use crowd::measure::{Plan, crowd_at};
use crowd::program::Servers;
use signaling_server::server::{Config, serve};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

#[test]
fn twenty_peers_in_ten_rooms_hear_each_other_and_cost_something() {
    let server = Server::start(Config::default());
    let plan = Plan {
        rooms: 10,
        pace: PACE,
        talk: Duration::from_millis(500),
        settle: Duration::from_millis(10),
        flood: FLOOD,
    };
    let figures = crowd_at(&server.servers(), Dialect::Ours, &plan).expect("every message arrives");
    assert!(figures.empty > 0.0 && figures.joins_per_second > 0.0, "{figures:?}");
    assert!(0.0 < figures.p50 && figures.p50 <= figures.p99, "{figures:?}");
    server.end();
}

#[test]
fn a_crowd_that_is_idle_answers_pings() {
    let config = Config {
        ping_after: Duration::from_secs(1),
        dead_after: Duration::from_secs(2),
        ..Config::default()
    };
    let server = Server::start(config);
    let mut crowd =
        Crowd::enter(server.servers().addresses, Dialect::Ours, 3).expect("all are let in");
    crowd.idle(Duration::from_secs(4)).expect("nobody is taken for dead");
    let ways = crowd.talk(30, PACE).expect("they still hear each other");
    assert_eq!(ways.len(), 30);
    drop(crowd);
    server.end();
}

#[test]
fn a_crowd_says_so_when_its_server_ends() {
    let server = Server::start(Config::default());
    let mut crowd =
        Crowd::enter(server.servers().addresses, Dialect::Ours, 3).expect("all are let in");
    server.shutdown.cancel();
    let error = crowd.idle(Duration::from_secs(10)).expect_err("the server ended");
    assert!(format!("{error:#}").contains("the server"), "{error:#}");
    drop(crowd);
    server.end();
}

#[test]
fn a_flooder_is_thrown_out_until_it_is_not_let_in_any_more() {
    let server = Server::start(Config::default());
    let outcome = FLOOD.pour(&server.servers(), Dialect::Ours).expect("it is measured to its end");
    assert!(outcome.thrown_out > 1, "{outcome:?}");
    assert!(outcome.poured > 1024 * 1024 && outcome.poured < FLOOD.bytes_max, "{outcome:?}");
    server.end();
}

/// A server in this process.
struct Server {
    address: SocketAddrV4,
    shutdown: CancellationToken,
    thread: JoinHandle<()>,
}

impl Server {
    fn start(config: Config) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let listener =
            runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).expect("a port is free");
        let Ok(SocketAddr::V4(address)) = listener.local_addr() else {
            panic!("no address");
        };
        let shutdown = CancellationToken::new();
        let served = serve(listener, config, shutdown.clone());
        let thread =
            std::thread::spawn(move || runtime.block_on(served).expect("it serves to its end"));
        Self { address, shutdown, thread }
    }

    fn servers(&self) -> Servers {
        Servers::one(self.address, std::process::id())
    }

    fn end(self) {
        self.shutdown.cancel();
        self.thread.join().expect("it ends well");
    }
}

const PACE: Pace = Pace { per_second: 400, payload_bytes: 600 };

const FLOOD: Flood = Flood {
    payload_bytes: 12_000,
    bytes_max: 256 * 1024 * 1024,
    time_max: Duration::from_secs(20),
};
