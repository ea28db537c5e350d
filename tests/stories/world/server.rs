//! A signaling server that nobody's program carries, which can be stopped, killed and begun anew.

use super::until;
use signaling_server::protocol::IceServer;
use signaling_server::server::{Bus, Config, serve};
use socket2::{Domain, Socket, Type};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A server, or a place for one: its port is its own even while it does not run.
pub struct Server {
    address: SocketAddr,
    ice_servers: Vec<IceServer>,
    /// What connects it with others, if it is one of several.
    bus: Option<Bus>,
    phase: Phase,
}

enum Phase {
    /// The port is bound, but nobody listens: whoever connects is refused.
    Away(Socket),
    Running(Running),
    /// On the way from one to the other.
    Between,
}

struct Running {
    runtime: Runtime,
    shutdown: CancellationToken,
    task: JoinHandle<()>,
}

impl Server {
    /// A server that runs.
    pub fn start() -> Self {
        let mut server = Self::promise();
        server.begin();
        server
    }

    /// A server that runs and hands out this STUN or TURN server.
    pub fn with_ice(ice_server: IceServer) -> Self {
        let mut server = Self::promise();
        server.ice_servers = vec![ice_server];
        server.begin();
        server
    }

    /// One of several that act as one over this.
    pub fn of_several(bus: Bus) -> Self {
        let mut server = Self::promise();
        server.bus = Some(bus);
        server.begin();
        server
    }

    /// A server that does not run yet.
    pub fn promise() -> Self {
        let socket = bind(ANY_PORT).expect("a free port");
        let address = socket.local_addr().ok().and_then(|it| it.as_socket());
        Self {
            address: address.expect("a bound socket has an address"),
            ice_servers: Vec::new(),
            bus: None,
            phase: Phase::Away(socket),
        }
    }

    /// The link of a room on it.
    pub fn link(&self) -> String {
        format!("http://{}/#{WORDS}", self.address)
    }

    /// Its address, as `--server` takes it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its websocket.
    pub fn websocket(&self) -> String {
        format!("ws://{}{}", self.address, signaling_server::protocol::PATH)
    }

    /// Begins, or begins anew, at the same address, knowing nothing of before.
    pub fn begin(&mut self) {
        let Phase::Away(socket) = &self.phase else { panic!("the server runs") };
        let socket = socket.try_clone().expect("a socket can be shared");
        socket.listen(128).expect("a port of our own");
        socket.set_nonblocking(true).expect("a socket can be made so");
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let shutdown = CancellationToken::new();
        let (stop, ice_servers) = (shutdown.clone(), self.ice_servers.clone());
        let bus = self.bus.clone();
        let task = runtime.spawn(async move {
            let listener = TcpListener::from_std(socket.into()).expect("a listening socket");
            // Whoever is told to come back does so at once.
            let bye_spread = Duration::from_millis(200);
            let config = Config { bye_spread, ice_servers, bus, ..Config::default() };
            serve(listener, config, stop).await.expect("the system has random numbers");
        });
        self.phase = Phase::Running(Running { runtime, shutdown, task });
    }

    /// Ends as a program does that is told to: everyone hears of it.
    pub fn stop(&mut self) {
        let Running { runtime, shutdown, task } = self.take();
        shutdown.cancel();
        runtime.block_on(task).expect("no panic in the server");
        drop(runtime);
        self.reserve();
    }

    /// Ends as a program does that is killed: its sockets are closed, and that is all.
    pub fn kill(&mut self) {
        drop(self.take().runtime);
        self.reserve();
    }

    fn take(&mut self) -> Running {
        match std::mem::replace(&mut self.phase, Phase::Between) {
            Phase::Running(running) => running,
            Phase::Away(_) | Phase::Between => panic!("the server does not run"),
        }
    }

    fn reserve(&mut self) {
        // A program that is just being started has all sockets of this process for a moment.
        let socket = until("the port is free again", || bind(self.address).ok());
        self.phase = Phase::Away(socket);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if matches!(self.phase, Phase::Running(_)) {
            drop(self.take().runtime);
        }
    }
}

fn bind(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

const ANY_PORT: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0));
/// The room of [`Server::link`].
pub const WORDS: &str = "crane-velvet-orbit-ladder-energy-quick";
