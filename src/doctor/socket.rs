//! Sockets that say to one server, and hear from it, alone.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use tokio::net::{UdpSocket, lookup_host};

/// Where the server at `host:port` is.
pub(super) async fn find(server: &str) -> io::Result<SocketAddr> {
    Ok(lookup_host(server).await?.next().ok_or(io::ErrorKind::NotFound)?)
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
