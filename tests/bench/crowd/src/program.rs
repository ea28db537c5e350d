//! The servers, as programs that are started and ended.

use std::ffi::OsString;
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
        Ok(Self { name: "ours", dialect: Dialect::Ours, command, path })
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
        Ok(Self { name, dialect, command, path })
    }

    /// Starts it, and waits until it takes connections.
    pub fn start(&self) -> Result<Running> {
        let address = free_address()?;
        let mut command = (self.command)(&self.path, address);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let child = command.spawn().with_context(|| {
            let program: OsString = command.get_program().to_owned();
            format!("starting {} ({})", self.name, program.display())
        })?;
        let mut running = Running { child, address };
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(address).is_err() {
            if let Some(status) = running.child.try_wait().context("looking after a server")? {
                bail!("{} has ended at once: {status}", self.name);
            }
            ensure!(Instant::now() < deadline, "{} takes no connections", self.name);
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(running)
    }
}

/// A server that runs; killed when dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    /// Where it listens.
    pub address: SocketAddrV4,
}

impl Running {
    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended by itself is no concern any more.
        let _ = self.child.kill();
        let _ = self.child.wait();
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
