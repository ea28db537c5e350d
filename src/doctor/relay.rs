//! What a relay is like: this machine has two relayed addresses given to it, and sends a few datagrams
//! from the one to the other (RFC 8656).
//!
//! One relayed address reaches another of the same server whatever else the server keeps apart. Each
//! datagram goes to the server and comes back from there, once.

use super::series::{Series, TIMES};
use super::socket;
use crate::path::Host;
use rtc::crypto::providers::RingProvider;
use rtc::sansio::Protocol as _;
use rtc::shared::{TaggedBytesMut, TransportContext, TransportProtocol};
use rtc::turn::client::{Client, ClientConfig, Event};
use signaling_server::protocol::IceServer;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::UdpSocket;
use tokio::time::timeout_at;

/// A TURN server that gives relayed addresses.
#[derive(Debug, Clone)]
pub(super) struct Relay {
    pub at: Host,
    /// What became of what was sent through it; not known if it gives one address alone, or keeps those
    /// that it gives from each other.
    pub passed: Option<Series>,
}

/// The first of the TURN servers over UDP that gives an address and passes on what comes there; if
/// nothing comes through any, the first that gives one.
///
/// They have as long as the limit is to give addresses, together; then datagrams go for a second.
pub(super) async fn find(servers: &[IceServer], limit: Duration) -> Option<Relay> {
    let all: Vec<_> = servers.iter().flat_map(over_udp).collect();
    let deadline = Instant::now() + limit;
    let mut silent = None;
    for ((at, server), left) in all.iter().zip((1..=all.len() as u32).rev()) {
        let now = Instant::now();
        let until = now + deadline.saturating_duration_since(now) / left;
        match ask(at, server, until).await {
            Ok(passed) => {
                let is_silent = passed.as_ref().is_some_and(|it| it.round_trip().is_none());
                let relay = Relay { at: at.clone(), passed };
                if !is_silent {
                    return Some(relay);
                }
                silent.get_or_insert(relay);
            }
            Err(error) => tracing::debug!(kind = %error.kind(), "no relayed address is given"),
        }
    }
    silent
}

/// Where it is asked over UDP (RFC 7065), with the credentials for that.
fn over_udp(server: &IceServer) -> impl Iterator<Item = (Host, &IceServer)> {
    let urls = server.urls.iter().filter(|it| {
        it.starts_with("turn:") && it.split_once("?transport=").is_none_or(|(_, it)| it == "udp")
    });
    urls.filter_map(|url| Host::of_ice(url)).map(move |host| (host, server))
}

/// What becomes of datagrams through this one, if that can be tried; an error if it gives no address.
async fn ask(at: &Host, server: &IceServer, until: Instant) -> io::Result<Option<Series>> {
    let address = timeout_at(until.into(), socket::find(&at.to_string())).await??;
    let allocate = || Allocation::make(address, server, until);
    match tokio::join!(allocate(), allocate()) {
        (Ok(mut from), Ok(mut to)) => {
            let passed = pass(&mut from, &mut to, until).await;
            from.give_back().await;
            to.give_back().await;
            let passed = passed.inspect_err(|error| {
                tracing::debug!(kind = %error.kind(), "nothing can be sent through a relay");
            });
            Ok(passed.ok())
        }
        (Ok(mut only), Err(_)) | (Err(_), Ok(mut only)) => {
            only.give_back().await;
            Ok(None)
        }
        (Err(error), Err(_)) => Err(error),
    }
}

/// Sends a series from the one to the other; an error if they are kept from each other, or if that is
/// not known by then.
async fn pass(from: &mut Allocation, to: &mut Allocation, until: Instant) -> io::Result<Series> {
    let (source, target) = (from.relayed, to.relayed);
    tokio::try_join!(from.permit(target, until), to.permit(source, until))?;
    let mut series = Series::new();
    for wait in [PACE; TIMES - 1].into_iter().chain([PATIENCE]) {
        let now = Instant::now();
        let datagram = series.send(now);
        from.relay(|relay| relay.send_to(now, &datagram, target))?;
        listen(from, to, &mut series, now + wait).await?;
    }
    Ok(series)
}

/// Hears what is passed on until then, or until the last one has come.
async fn listen(
    from: &mut Allocation,
    to: &mut Allocation,
    series: &mut Series,
    until: Instant,
) -> io::Result<()> {
    while series.is_awaited() {
        tokio::select! {
            heard = to.wire.next(until) => match heard? {
                Some(Event::DataIndicationOrChannelData(_, source, datagram)) => {
                    if source == from.relayed {
                        series.hear(&datagram, Instant::now());
                    }
                }
                Some(_) => {}
                None => break,
            },
            // A channel is asked for as the first one is sent: nothing depends on it.
            asked = from.wire.next(until) => if asked?.is_none() { break },
        }
    }
    Ok(())
}

/// A relayed address, and what it is held by.
struct Allocation {
    wire: Wire,
    relayed: SocketAddr,
}

impl Allocation {
    /// Has one given (sections 7.1 to 7.4).
    async fn make(at: SocketAddr, server: &IceServer, until: Instant) -> io::Result<Self> {
        let mut wire = Wire::to(at, server).await?;
        wire.client.allocate(Instant::now()).map_err(io::Error::other)?;
        loop {
            match wire.next(until).await? {
                Some(Event::AllocateResponse(_, relayed)) => return Ok(Self { wire, relayed }),
                Some(Event::AllocateError(..)) => {
                    return Err(io::ErrorKind::PermissionDenied.into());
                }
                Some(_) => {}
                None => return Err(io::ErrorKind::TimedOut.into()),
            }
        }
    }

    /// Has a peer let through (section 10).
    async fn permit(&mut self, peer: SocketAddr, until: Instant) -> io::Result<()> {
        self.relay(|relay| relay.create_permission(Instant::now(), peer))?;
        loop {
            match self.wire.next(until).await? {
                Some(Event::CreatePermissionResponse(..)) => return Ok(()),
                Some(Event::CreatePermissionError(..)) => {
                    return Err(io::ErrorKind::PermissionDenied.into());
                }
                Some(_) => {}
                None => return Err(io::ErrorKind::TimedOut.into()),
            }
        }
    }

    /// Ends it (section 8). If that is lost on the way, it ends by itself, some minutes later.
    async fn give_back(&mut self) {
        let ended = self.relay(|relay| relay.close(Instant::now()));
        if let Err(error) = ended.and(self.wire.flush().await) {
            tracing::debug!(kind = %error.kind(), "a relayed address is not given back");
        }
    }

    fn relay<T>(
        &mut self,
        act: impl FnOnce(&mut rtc::turn::client::relay::Relay<'_>) -> rtc::shared::error::Result<T>,
    ) -> io::Result<T> {
        let relay = self.wire.client.relay(self.relayed);
        relay.and_then(|mut relay| act(&mut relay)).map_err(io::Error::other)
    }
}

/// The protocol, and the socket that it speaks over.
struct Wire {
    client: Client,
    socket: UdpSocket,
    transport: TransportContext,
}

impl Wire {
    async fn to(at: SocketAddr, server: &IceServer) -> io::Result<Self> {
        let socket = socket::towards(at).await?;
        let local = socket.local_addr()?;
        let config = ClientConfig {
            turn_serv_addr: at.to_string(),
            local_addr: local,
            username: server.username.clone().unwrap_or_default(),
            password: server.credential.clone().unwrap_or_default(),
            ..ClientConfig::default()
        };
        let provider = Arc::new(RingProvider::new());
        let client = Client::new(config, provider).map_err(io::Error::other)?;
        let transport = TransportContext {
            local_addr: local,
            peer_addr: at,
            transport_protocol: TransportProtocol::UDP,
            ecn: None,
        };
        Ok(Self { client, socket, transport })
    }

    /// What comes of what was said, or from a peer; nothing if it has not come by then.
    ///
    /// Cancel-safe: at most a datagram is lost.
    async fn next(&mut self, until: Instant) -> io::Result<Option<Event>> {
        let mut datagram = [0; DATAGRAM_BYTES_MAX];
        loop {
            if let Some(event) = self.client.poll_event() {
                return Ok(Some(event));
            }
            self.flush().await?;
            if Instant::now() >= until {
                return Ok(None);
            }
            let due = self.client.poll_timeout().map_or(until, |due| due.min(until));
            match timeout_at(due.into(), self.socket.recv(&mut datagram)).await {
                Ok(length) => self.hear(&datagram[..length?]),
                Err(_) => self.client.handle_timeout(Instant::now()).map_err(io::Error::other)?,
            }
        }
    }

    /// What is none of the protocol is nothing.
    fn hear(&mut self, datagram: &[u8]) {
        let (now, transport) = (Instant::now(), self.transport);
        let message = TaggedBytesMut { now, transport, message: datagram.into() };
        if self.client.handle_read(message).is_err() {
            tracing::trace!("a datagram is none of TURN");
        }
    }

    async fn flush(&mut self) -> io::Result<()> {
        while let Some(due) = self.client.poll_write() {
            self.socket.send(&due.message).await?;
        }
        Ok(())
    }
}

const PACE: Duration = Duration::from_millis(20);
/// For the last one; a satellite takes half of it.
const PATIENCE: Duration = Duration::from_secs(1);
const DATAGRAM_BYTES_MAX: usize = 2048;

#[cfg(test)]
mod tests;
