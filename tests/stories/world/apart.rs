//! People on machines of their own, with lines between them, and a server on one more machine.

use super::errand::Start;
use emulated::{Line, Machine, Network, Router};
use signaling_server::server::{Config, Turn, TurnOptions, serve};
use signaling_server::turn::{self, Limits, Reach};
use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Where somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Where everyone reaches them.
    Open,
    /// Behind such a router.
    Behind(Router),
    /// Where there is version 6 alone.
    Version6,
}

/// The machines. They go with their story.
pub struct Apart {
    /// What they hang on.
    pub network: Network,
    /// So many of the machines are theirs.
    people: usize,
    server: Child,
    link: String,
    /// The same by version 6, which some have alone.
    link_6: String,
    /// There to the end, for what else it tells.
    _output: BufReader<ChildStdout>,
}

impl Apart {
    /// A machine for each of these lines; the server's own is fast, and near.
    pub fn with(lines: &[Line]) -> Self {
        Self::lay(lines, false)
    }

    /// The same, with a server that relays.
    pub fn with_relay(lines: &[Line]) -> Self {
        Self::lay(lines, true)
    }

    /// The same, where nobody reaches anyone but the server.
    #[must_use]
    pub fn behind_firewalls(mut self) -> Self {
        for one in 0..self.people {
            for other in one + 1..self.people {
                self.network.part(Machine(one), Machine(other));
            }
        }
        self
    }

    /// The same for people who are at these places.
    pub fn at(places: &[Place], line: Line) -> Self {
        let mut apart = Self::with_relay(&vec![line; places.len()]);
        for (at, place) in places.iter().enumerate() {
            match *place {
                Place::Open => {}
                Place::Behind(router) => apart.network.put_behind(Machine(at), router),
                Place::Version6 => {
                    apart.network.add_version_6(Machine(at));
                    apart.network.drop_version_4(Machine(at));
                }
            }
        }
        apart
    }

    fn lay(lines: &[Line], relays: bool) -> Self {
        let machine = Machine(lines.len());
        let all = [lines, &[Line::new(1_000_000_000, Duration::ZERO)]].concat();
        let carrier = this("it_carries");
        let carrier: Vec<_> = carrier.iter().map(String::as_str).collect();
        let mut network = Network::lay(&carrier, &all);
        let words = super::server::WORDS;
        let link = format!("http://{}:{PORT}/#{words}", network.address(machine));
        let link_6 = format!("http://[{}]:{PORT}/#{words}", network.add_version_6(machine));
        let words = [network.enter(machine), this("it_serves")].concat();
        let mut server = Command::new(&words[0]);
        if relays {
            server.env(RELAYS_AT, network.address(machine).to_string());
        }
        let mut server = server
            .args(&words[1..])
            // It ends with this process.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("nsenter: tests/run installs util-linux");
        let mut output = BufReader::new(server.stdout.take().expect("it is piped"));
        let mut told = output.by_ref().lines().map_while(Result::ok);
        assert!(told.any(|line| line.contains(SERVES)), "no server on its machine");
        Self { network, people: lines.len(), server, link, link_6, _output: output }
    }

    /// The link of the room.
    pub fn link(&self) -> &str {
        &self.link
    }

    /// The same for those who have version 6 alone.
    pub fn link_by_version_6(&self) -> &str {
        &self.link_6
    }

    /// How many bytes the server's machine has sent.
    pub fn sent_by_server(&mut self) -> u64 {
        self.network.carried(Machine(self.people)).sent.bytes
    }

    /// Of a person of this name, on this machine.
    pub fn start(&self, machine: Machine, name: &str, arguments: &[&str]) -> Start {
        let enter = self.network.enter(machine);
        let enter = enter.iter().map(String::as_str).chain(["setsid", "--wait"]);
        Start::through(&enter.collect::<Vec<_>>(), name, arguments)
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        drop(self.server.stdin.take());
        let _ = self.server.wait();
    }
}

/// This program, for one of the helpers below.
fn this(name: &str) -> Vec<String> {
    let this = std::env::current_exe().expect("this program").display().to_string();
    let helper = format!("world::apart::{name}");
    [this.as_str(), "--exact", &helper, "--ignored", "--nocapture"].map(str::to_owned).into()
}

/// Run by [`Apart`]: carries packets.
#[test]
#[ignore = "carries packets for stories, which run it"]
fn it_carries() {
    emulated::carry();
}

/// Run by [`Apart`], on a machine: is a signaling server until its input ends.
#[test]
#[ignore = "serves people of stories, which run it"]
fn it_serves() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.spawn(async {
        // Of both versions.
        let listener = TcpListener::bind((Ipv6Addr::UNSPECIFIED, PORT)).await;
        println!("\n{SERVES}");
        let listener = listener.expect("a port of our own");
        let config = Config { turn: relay().await, ..Config::default() };
        let served = serve(listener, config, CancellationToken::new()).await;
        served.expect("the system has random numbers");
    });
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    runtime.shutdown_background();
}

/// The relay that was asked for, if one was: the machine's network has private addresses alone.
async fn relay() -> Option<Turn> {
    let address: Ipv4Addr = std::env::var(RELAYS_AT).ok()?.parse().expect("an address");
    let options = TurnOptions {
        listen: (address, turn::PORT).into(),
        public_ip: None,
        ports: None,
        reach: Reach::Private,
        secret: None,
        limits: Limits::default(),
    };
    Some(Turn::bind(options).await.expect("a port of our own"))
}

/// At which address a server is to relay.
const RELAYS_AT: &str = "STORY_RELAYS_AT";
/// That of the web, which is open where nothing else is.
const PORT: u16 = 443;
const SERVES: &str = "it serves";
