//! Whether a socket is of use after this machine's network has changed.

use super::Socket;
use crate::io::outward;
use crate::network::{Footing, Ground};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio_tungstenite::MaybeTlsStream;

/// The ends of a socket.
pub(super) struct Ends {
    remote: Option<SocketAddr>,
    pub(super) footing: Footing,
}

/// Whether a socket is of use after the network has changed.
pub(super) enum Fitness {
    /// Nothing goes out, for now.
    Gone,
    /// It may be: that is to be seen.
    Doubtful,
    /// It is not, or not for long.
    Lost,
}

impl Ends {
    pub(super) fn of(socket: &Socket) -> Self {
        let tcp = match socket.get_ref() {
            MaybeTlsStream::Plain(tcp) => Some(tcp),
            MaybeTlsStream::Rustls(tls) => Some(tls.get_ref().0),
            _ => None,
        };
        let remote = tcp.and_then(|tcp| tcp.peer_addr().ok());
        let local = tcp.and_then(|tcp| tcp.local_addr().ok());
        Self { remote, footing: Footing::new(local.map(|it| it.ip())) }
    }

    /// The network has changed.
    pub(super) fn look(&mut self) -> Fitness {
        let source = self.remote.and_then(outward::source_towards);
        match self.footing.handle(source, Instant::now()) {
            Ground::Gone => Fitness::Gone,
            Ground::Elsewhere => Fitness::Lost,
            // What the server has sent meanwhile comes as much later again, and all else behind it.
            Ground::Back(after) if after >= GONE_LONG => Fitness::Lost,
            Ground::Back(_) | Ground::Firm => Fitness::Doubtful,
        }
    }
}

/// Nothing went out for so long that what the server sends again comes late.
const GONE_LONG: Duration = Duration::from_secs(2);
