//! The signaling server that this program carries, for rooms opened without another one.

use signaling_server::server::{Config, serve};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A server that runs beside the rest of the program.
#[derive(Debug)]
pub struct Carried {
    /// Where it listens.
    pub address: SocketAddr,
    cancel: CancellationToken,
    tasks: TaskTracker,
}

/// Where to listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listen {
    /// There, or not at all.
    At(SocketAddr),
    /// On all interfaces, at [`PORT`] or the next port that is free.
    Anywhere,
}

impl Carried {
    /// Begins to serve.
    pub async fn start(listen: Listen) -> io::Result<Self> {
        let listener = match listen {
            Listen::At(address) => TcpListener::bind(address).await?,
            Listen::Anywhere => bind_next_free().await?,
        };
        let address = listener.local_addr()?;
        let (cancel, tasks) = (CancellationToken::new(), TaskTracker::new());
        let shutdown = cancel.clone();
        tasks.spawn(async move {
            if let Err(error) = serve(listener, Config::default(), shutdown).await {
                tracing::error!(%error, "the signaling server ended");
            }
        });
        Ok(Self { address, cancel, tasks })
    }

    /// The address that others on the network are most likely to reach it at.
    pub fn public_address(&self) -> SocketAddr {
        let mut address = self.address;
        if address.ip().is_unspecified() {
            address.set_ip(outward_address().unwrap_or(Ipv4Addr::LOCALHOST.into()));
        }
        address
    }

    /// The address to reach it at from here.
    pub fn local_address(&self) -> SocketAddr {
        let mut address = self.address;
        if address.ip().is_unspecified() {
            address.set_ip(Ipv4Addr::LOCALHOST.into());
        }
        address
    }

    /// Ends it; peers are told when to look for it again.
    pub async fn close(self) {
        self.cancel.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

async fn bind_next_free() -> io::Result<TcpListener> {
    let mut taken = None;
    for port in PORT..PORT + PORTS_TRIED {
        match TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).await {
            Ok(listener) => return Ok(listener),
            Err(error) => taken = Some(error),
        }
    }
    Err(taken.unwrap_or_else(|| io::ErrorKind::AddrInUse.into()))
}

/// This machine's address on the way to others. Nothing is sent: connecting a UDP socket only
/// asks the routing table.
fn outward_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect(DOCUMENTATION_ADDRESS).ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_unspecified()).then_some(address)
}

/// Where rooms are opened if nothing else is said.
pub const PORT: u16 = 8765;
const PORTS_TRIED: u16 = 50;
/// An address that stands for any far one (RFC 5737).
const DOCUMENTATION_ADDRESS: (Ipv4Addr, u16) = (Ipv4Addr::new(192, 0, 2, 1), 9);
