//! Sockets that say to one server, and hear from it, alone.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::net::{UdpSocket, lookup_host};
use tokio::time::timeout;

/// Where the server at `host:port` is, if its name is known in a while.
pub(super) async fn find(server: &str) -> io::Result<SocketAddr> {
    let mut found = timeout(PATIENCE, lookup_host(server)).await??;
    Ok(found.next().ok_or(io::ErrorKind::NotFound)?)
}

/// A socket for that server.
pub(super) async fn towards(server: SocketAddr) -> io::Result<UdpSocket> {
    let any: IpAddr = match server.ip() {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).await?;
    socket.connect(server).await?;
    Ok(socket)
}

const PATIENCE: Duration = Duration::from_secs(2);
