//! The runtime that a connection's driver runs on: tokio's, with some changes.
//!
//! - Its UDP sockets get large buffers: bulk throughput is 4 to 6 times what it is without.
//! - While the connection is being made, and while bytes are under way, its timers end after at
//!   most [`AWAKE_SLEEP_MAX`]. The driver flushes what is to be sent before it takes in what has
//!   come, then sleeps until its next timer; what it wanted to send in answer would wait for that,
//!   up to 200 ms each time. Connecting takes 25 ms instead of 600 so. At all other times it
//!   sleeps in full: an idle connection wakes nothing but ICE's own keepalives.
//! - What is QUIC of what comes goes elsewhere ([`Demux`]).

use super::quic::demux::Demux;
use std::future::Future;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use webrtc::runtime::{
    AsyncInterval, AsyncTcpListener, AsyncTcpStream, AsyncUdpSocket, JoinHandle, Runtime,
    TokioRuntime,
};

/// A runtime for one connection.
#[derive(Debug, Default)]
pub struct DriverRuntime {
    awake: AtomicBool,
    demux: Arc<Demux>,
}

impl DriverRuntime {
    /// A runtime whose driver is kept awake, as the connection has yet to be made.
    pub fn awake() -> Arc<Self> {
        Arc::new(Self { awake: AtomicBool::new(true), demux: Arc::default() })
    }

    /// The connection's sockets.
    pub fn demux(&self) -> &Demux {
        &self.demux
    }

    /// Keeps the driver awake from its next timer on, or lets it sleep.
    pub fn keep_awake(&self, awake: bool) {
        self.awake.store(awake, Ordering::Relaxed);
    }
}

impl Runtime for DriverRuntime {
    fn spawn(&self, future: BoxFuture<'static, ()>) -> Box<dyn JoinHandle> {
        TokioRuntime.spawn(future)
    }

    fn wrap_udp_socket(&self, socket: UdpSocket) -> io::Result<Arc<dyn AsyncUdpSocket>> {
        enlarge(&socket);
        let clone = socket.try_clone()?;
        Ok(self.demux.add(clone, TokioRuntime.wrap_udp_socket(socket)?))
    }

    fn wrap_tcp_listener(
        &self,
        listener: std::net::TcpListener,
    ) -> io::Result<Arc<dyn AsyncTcpListener>> {
        TokioRuntime.wrap_tcp_listener(listener)
    }

    fn connect_tcp(
        &self,
        remote: SocketAddr,
    ) -> BoxFuture<'_, io::Result<Arc<dyn AsyncTcpStream>>> {
        Box::pin(async move { TokioRuntime.connect_tcp(remote).await })
    }

    fn resolve_host<'a>(&'a self, host: &'a str) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(async move { TokioRuntime.resolve_host(host).await })
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let awake = self.awake.load(Ordering::Relaxed);
        TokioRuntime.sleep(if awake { duration.min(AWAKE_SLEEP_MAX) } else { duration })
    }

    fn interval(&self, period: Duration) -> Box<dyn AsyncInterval> {
        TokioRuntime.interval(period)
    }

    fn block_on(&self, future: Pin<Box<dyn Future<Output = ()> + '_>>) {
        TokioRuntime.block_on(future);
    }

    fn name(&self) -> &'static str {
        "peersnap"
    }
}

/// How many bytes a data channel may have under way: much, unless the system's socket buffers are
/// so small that a burst of that size would be lost in them.
pub fn send_limit_bytes() -> usize {
    static LIMIT: OnceLock<usize> = OnceLock::new();
    *LIMIT.get_or_init(|| {
        let received = UdpSocket::bind("127.0.0.1:0").map(|socket| {
            enlarge(&socket);
            socket2::SockRef::from(&socket).recv_buffer_size().unwrap_or(0)
        });
        let large = received.is_ok_and(|bytes| bytes >= LARGE_BUFFER_BYTES);
        if large { SEND_LIMIT_BYTES } else { SEND_LIMIT_SMALL_BUFFERS_BYTES }
    })
}

/// Asks for large buffers. The system may grant less, which is no error.
fn enlarge(socket: &UdpSocket) {
    let socket = socket2::SockRef::from(socket);
    for outcome in [
        socket.set_recv_buffer_size(SOCKET_BUFFER_BYTES),
        socket.set_send_buffer_size(SOCKET_BUFFER_BYTES),
    ] {
        if let Err(error) = outcome {
            tracing::debug!(%error, "socket buffers stay as they are");
        }
    }
}

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// How long a driver that is kept awake may sleep.
pub const AWAKE_SLEEP_MAX: Duration = Duration::from_millis(5);
const SOCKET_BUFFER_BYTES: usize = 4 * 1024 * 1024;
/// Stock Linux grants 416 KiB of what is asked for.
const LARGE_BUFFER_BYTES: usize = 1024 * 1024;
const SEND_LIMIT_BYTES: usize = 2 * 1024 * 1024;
const SEND_LIMIT_SMALL_BUFFERS_BYTES: usize = 256 * 1024;
