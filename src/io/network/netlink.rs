//! What Linux says of its network: that something is another way, never what.

use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, socket_with};
use std::io;
use std::os::unix::net::UnixDatagram as Datagrams;
use tokio::net::UnixDatagram;
use tokio::sync::watch;

/// Each time something has changed.
pub struct Stirs {
    /// Of another family than the type says: it is read in the same way, and no more is done with it.
    socket: UnixDatagram,
}

impl Stirs {
    /// From now on. It costs nothing as long as nothing changes, whoever it matters to.
    pub fn new(_matters: watch::Receiver<bool>) -> io::Result<Self> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        // No protocol is that of routes, the first of all.
        let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, None)?;
        bind(&socket, &SocketAddrNetlink::new(0, GROUPS))?;
        Ok(Self { socket: UnixDatagram::from_std(Datagrams::from(socket))? })
    }

    /// Waits for the next time.
    pub async fn next(&mut self) -> io::Result<()> {
        // What it says is looked at by other means: it may be old by now.
        match self.socket.recv(&mut [0; MESSAGE_BYTES]).await {
            Ok(_) => Ok(()),
            // More has changed than there was room for.
            Err(error) if error.raw_os_error() == Some(Errno::NOBUFS.raw_os_error()) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Interfaces, addresses and routes: `RTMGRP_LINK`, `RTMGRP_IPV4_IFADDR`, `RTMGRP_IPV4_ROUTE`,
/// `RTMGRP_IPV6_IFADDR` and `RTMGRP_IPV6_ROUTE` of linux/rtnetlink.h.
const GROUPS: u32 = 0x1 | 0x10 | 0x40 | 0x100 | 0x400;
/// What is longer is cut off, which is no loss.
const MESSAGE_BYTES: usize = 64;
