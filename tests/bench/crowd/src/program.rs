//! The servers, as programs that are started and ended.

use std::borrow::BorrowMut;
use std::ffi::OsString;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::dialect::Dialect;

/// A server that can be started.
#[derive(Debug)]
pub struct Program {
    /// Its name and version.
    pub name: &'static str,
    /// What is said to it.
    pub dialect: Dialect,
    command: fn(&Path, SocketAddrV4) -> Command,
    path: PathBuf,
    /// The file with the secret of its TURN, if it has one.
    turn: Option<PathBuf>,
    /// Whether it is two servers that act as one.
    is_two: bool,
}

/// Servers that run.
#[derive(Debug, Clone)]
pub struct Servers {
    /// Where the first of each room goes, and where the second does.
    pub addresses: [SocketAddrV4; 2],
    /// The processes that are measured.
    pub pids: Vec<u32>,
    /// What carries messages from one to the other, if they are two.
    pub broker: Option<u32>,
}

impl Servers {
    /// One, in this process or another.
    pub fn one(address: SocketAddrV4, pid: u32) -> Self {
        Self { addresses: [address; 2], pids: vec![pid], broker: None }
    }
}

impl Program {
    /// Ours, from this file.
    pub fn ours(path: PathBuf) -> Result<Self> {
        ensure!(
            path.is_file(),
            "{} is not there: cargo build --release -p signaling-server",
            path.display()
        );
        let command = |path: &Path, address: SocketAddrV4| {
            let mut command = Command::new(path);
            command.args(["--listen", &address.to_string(), "--log", "warn"]);
            command
        };
        Ok(Self { name: "ours", dialect: Dialect::Ours, command, path, turn: None, is_two: false })
    }

    /// Ours, with TURN at the same port, for anybody and to anywhere, by this secret in a file.
    pub fn ours_with_turn(path: PathBuf, secret: &Path) -> Result<Self> {
        let turn = Some(secret.to_owned());
        Ok(Self { turn, ..Self::ours(path)? })
    }

    /// Two of ours over a NATS server, with a peer of each room at either.
    pub fn ours_twice(path: PathBuf) -> Result<Self> {
        Ok(Self { name: "two over NATS", is_two: true, ..Self::ours(path)? })
    }

    /// matchbox's, from the folder that `tests/bench/crowd/run` fills. Its log, a line for each peer, is
    /// off.
    pub fn matchbox(peers: &Path) -> Result<Self> {
        let command = |path: &Path, address: SocketAddrV4| {
            let mut command = Command::new(path);
            command.arg(address.to_string()).env("RUST_LOG", "error");
            command
        };
        Self::of(MATCHBOX, Dialect::Matchbox, peers, "bin/matchbox_server", command)
    }

    /// `PeerJS`'s, from the same folder. Its limit of 5,000 peers is lifted, and it waits for no
    /// heartbeats.
    pub fn peerjs(peers: &Path) -> Result<Self> {
        let command = |path: &Path, address: SocketAddrV4| {
            let mut command = Command::new("node");
            command.arg(path).args(["--host", &address.ip().to_string()]);
            command.args(["--port", &address.port().to_string()]);
            command.args(["--concurrent_limit", "1000000", "--alive_timeout", "3600000"]);
            command
        };
        let file = "node_modules/peer/dist/bin/peerjs.js";
        Self::of(PEERJS, Dialect::PeerJs, peers, file, command)
    }

    fn of(
        name: &'static str,
        dialect: Dialect,
        peers: &Path,
        file: &str,
        command: fn(&Path, SocketAddrV4) -> Command,
    ) -> Result<Self> {
        let path = peers.join(name.replace(' ', "-")).join(file);
        ensure!(
            path.is_file(),
            "{name} is not there ({}): tests/bench/crowd/run installs it, and --without leaves it out",
            path.display()
        );
        Ok(Self { name, dialect, command, path, turn: None, is_two: false })
    }

    /// Starts it, and waits until it takes connections.
    pub fn start(&self) -> Result<Running> {
        let mut children = Children(Vec::new());
        let servers = if self.is_two {
            self.start_two(&mut children)?
        } else {
            let address = free_address()?;
            let mut command = (self.command)(&self.path, address);
            if let Some(secret) = &self.turn {
                command.args(["--turn", &address.to_string(), "--turn-allow-private"]);
                command.arg("--turn-secret-file").arg(secret);
            }
            Servers::one(address, children.begin(self.name, command, address)?)
        };
        Ok(Running { _children: children, servers })
    }

    fn start_two(&self, children: &mut Children) -> Result<Servers> {
        let bus = free_address()?;
        let mut broker = Command::new("nats-server");
        broker.args(["--addr", "127.0.0.1", "--port", &bus.port().to_string()]);
        let broker = children.begin("nats-server", broker.stderr(Stdio::null()), bus)?;
        let addresses = [free_address()?, free_address()?];
        let mut pids = Vec::new();
        for address in addresses {
            let mut command = (self.command)(&self.path, address);
            command.arg("--bus").arg(format!("nats://{bus}"));
            pids.push(children.begin(self.name, command, address)?);
        }
        for address in addresses {
            until(|| Ok(is_ready(address)), "a server does not reach the broker")?;
        }
        Ok(Servers { addresses, pids, broker: Some(broker) })
    }
}

/// Servers that run; killed when dropped.
#[derive(Debug)]
pub struct Running {
    _children: Children,
    /// What is to be known of them.
    pub servers: Servers,
}

#[derive(Debug)]
struct Children(Vec<Child>);

impl Children {
    /// Starts one, and waits until it takes connections; its process.
    fn begin(
        &mut self,
        name: &str,
        mut command: impl BorrowMut<Command>,
        address: SocketAddrV4,
    ) -> Result<u32> {
        let command = command.borrow_mut().stdin(Stdio::null()).stdout(Stdio::null());
        let child = command.spawn().with_context(|| {
            let program: OsString = command.get_program().to_owned();
            format!("starting {name} ({})", program.display())
        })?;
        let pid = child.id();
        self.0.push(child);
        let child = self.0.last_mut().expect("it has just been started");
        let taken = until(
            || {
                if let Some(status) = child.try_wait().context("looking after a server")? {
                    bail!("it has ended at once: {status}");
                }
                Ok(TcpStream::connect(address).is_ok())
            },
            "it takes no connections",
        );
        taken.with_context(|| format!("starting {name}")).map(|()| pid)
    }
}

/// Whether a server of ours has all that it needs.
fn is_ready(address: SocketAddrV4) -> bool {
    let ask = || {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: crowd\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok::<_, std::io::Error>(answer)
    };
    ask().is_ok_and(|it| it.starts_with("HTTP/1.1 200"))
}

fn until(mut is_so: impl FnMut() -> Result<bool>, otherwise: &str) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while !is_so()? {
        ensure!(Instant::now() < deadline, "{otherwise}");
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

impl Drop for Children {
    fn drop(&mut self) {
        // What was started last depends on what was before.
        for child in self.0.iter_mut().rev() {
            // One that has ended by itself is no concern any more.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A port that was free a moment ago: not all servers say which one they took.
fn free_address() -> Result<SocketAddrV4> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("looking for a port")?;
    let port = listener.local_addr().context("looking for a port")?.port();
    Ok(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port))
}

const MATCHBOX: &str = "matchbox_server 0.15.0";
const PEERJS: &str = "peer 1.0.2";
const PATIENCE: Duration = Duration::from_secs(20);
