//! The server around [`rooms`](crate::rooms): a listener, one task a peer, limits on all of it.
//!
//! It moves bytes and keeps time. Who is let in and who hears what is decided in `rooms`; what a
//! signal says is never looked at. It installs nothing global, so that a program can carry it
//! inside.
//!
//! - `serve`: accepts until it is told to stop, then sees every task out
//! - `http`: requests: the files of the page, health and metrics, and the upgrade, which ends them
//! - `gate`: who is there, and whether its address has room for it; `addresses` counts, `forwarded` reads
//!   what a proxy says
//! - `socket`: a peer's websocket from its first message to its close code
//! - `hub`: the one value that tasks share: the rooms, and an `outbox` for each `websocket`
//! - `bus`: what connects several servers that act as one
//! - `tls`: https, for those who come with a handshake
//! - `turn`: the sockets of STUN and TURN
//! - `ice`: what a welcome says of these and others like them
//! - `ending`: why a socket is closed, and what it is told
//! - `rate`, `pulse`: how much and how seldom a peer may speak
//! - `metrics`: what is counted of all that, and of the `process`
//!
//! At the log level `info` stand only the server's own steps; no payload, room id, token or
//! address is logged at any level.

mod addresses;
#[cfg(feature = "nats")]
mod bus;
#[cfg(not(feature = "nats"))]
#[path = "server/no_bus.rs"]
mod bus;
mod config;
mod ending;
mod forwarded;
mod gate;
mod http;
mod hub;
mod ice;
mod metrics;
mod outbox;
mod process;
mod pulse;
mod rate;
mod socket;
mod tls;
mod turn;
mod websocket;

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, info, warn};

use crate::rooms::InstanceId;

pub use bus::Bus;
#[cfg(feature = "nats")]
pub use bus::NotABus;
pub use config::{Config, TurnServers};
use gate::Gate;
use hub::Hub;
pub use ipnet::IpNet;
use metrics::{Census, Dropped, Metrics};
use tls::Stream;
pub use tls::{Tls, TlsError};
pub use turn::{Turn, TurnError, TurnOptions};

/// Why a server does not run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Peers would have no ids or tokens: nothing to be done in this program.
    #[error("the system gives no random numbers")]
    Randomness(#[source] getrandom::Error),
}

/// What all tasks of one server share.
#[derive(Debug)]
struct Server {
    config: Config,
    hub: Hub,
    gate: Gate,
    metrics: Arc<Metrics>,
    /// The caller wants it to end.
    ending: CancellationToken,
    /// It ends.
    shutdown: CancellationToken,
    tasks: TaskTracker,
}

/// Where a server listens.
#[derive(Debug)]
pub struct Listeners {
    /// For the page and the websocket.
    pub here: TcpListener,
    /// For those who come with plain http and are sent to https, at the port of `here`.
    pub redirect: Option<TcpListener>,
    /// For `/metrics`, and for `/healthz` and `/readyz` as they are at `here` too. It is for those who run
    /// the server: nobody is turned away from it as one too many.
    pub monitoring: Option<TcpListener>,
}

impl From<TcpListener> for Listeners {
    fn from(here: TcpListener) -> Self {
        Self { here, redirect: None, monitoring: None }
    }
}

/// Serves on `listeners` until `shutdown` is cancelled; returns when every task has ended.
///
/// Then `/readyz` says so at once, and for [`Config::drain`] all else goes on. After that nothing more
/// is accepted, each peer is told `bye` and closed with 1001, and what has not closed after
/// [`Config::close_timeout`] is dropped. A future that is dropped before it is done brings the same
/// about, unwaited.
pub async fn serve(
    listeners: impl Into<Listeners>,
    config: Config,
    shutdown: CancellationToken,
) -> Result<(), ServeError> {
    let instance = InstanceId(getrandom::u64().map_err(ServeError::Randomness)?);
    let server = Arc::new(Server::new(config, instance, shutdown));
    let _stop_if_dropped = server.shutdown.clone().drop_guard();
    // The bus goes last: what becomes of peers as they are closed is for others to hear.
    let bus_over = CancellationToken::new();
    let _end_bus_if_dropped = bus_over.clone().drop_guard();
    let bus = server.begin_bus(bus_over.clone());
    server.tasks.spawn(Arc::clone(&server).keep_time());
    if let Some(turn) = server.config.turn.clone() {
        let shutdown = server.shutdown.clone();
        server.tasks.spawn(async move { turn.run(&shutdown).await });
    }
    info!("serving");

    let Listeners { here, redirect, monitoring } = listeners.into();
    // Without a port nobody can come here either.
    let port = here.local_addr().map(|it| it.port()).unwrap_or_default();
    let doors = [
        Some((here, Door::Here(http::Routes::new(&server)))),
        redirect.map(|it| (it, Door::Elsewhere(port))),
        monitoring.map(|it| (it, Door::Monitoring(http::monitoring(&server)))),
    ];
    let [first, second, third] = doors.map(|door| server.keep(door));
    tokio::join!(first, second, third, server.drain());

    info!(tasks = server.tasks.len(), "going down");
    server.hub.end();
    server.tasks.close();
    server.tasks.wait().await;
    bus_over.cancel();
    if let Some(bus) = bus
        && let Err(error) = bus.await
    {
        warn!(%error, "the bus ended badly");
    }
    info!("down");
    Ok(())
}

/// Where a connection comes in.
#[derive(Debug, Clone)]
enum Door {
    /// The page and the websocket are behind it.
    Here(http::Routes),
    /// Those are behind this port, over https.
    Elsewhere(u16),
    /// For those who run the server.
    Monitoring(Router),
}

async fn accept(listener: &TcpListener, door: &Door, server: &Arc<Server>) {
    loop {
        let accepted = tokio::select! {
            biased;
            () = server.shutdown.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, from)) => server.take(stream, from.ip(), door),
            Err(error) if is_of_one_connection(&error) => debug!(%error, "not accepted"),
            Err(error) => {
                // Most likely no file descriptor is free. The queue stays full, so accepting
                // again at once would only spin.
                warn!(%error, "cannot accept for now");
                tokio::select! {
                    () = server.shutdown.cancelled() => return,
                    () = tokio::time::sleep(ACCEPT_PAUSE) => {}
                }
            }
        }
    }
}

/// Serves a connection as what it turns out to be.
async fn let_in(stream: TcpStream, address: IpAddr, door: Door, server: Arc<Server>) {
    let (routes, tls) = match (door, &server.config.tls) {
        (Door::Elsewhere(port), _) => {
            return http::redirect(stream, address, Some(port), server).await;
        }
        (Door::Monitoring(routes), _) => {
            return http::converse(Stream::Left(stream), address, routes, server).await;
        }
        (Door::Here(routes), None) => {
            return http::converse(Stream::Left(stream), address, routes.plain, server).await;
        }
        (Door::Here(routes), Some(tls)) => (routes, tls),
    };
    let come = tokio::select! {
        biased;
        () = server.shutdown.cancelled() => return,
        come = timeout(server.config.header_timeout, come(stream, tls)) => come,
    };
    match come {
        Ok(Ok(Come::Secured(stream))) => {
            http::converse(Stream::Right(stream), address, routes.secure, server).await;
        }
        Ok(Ok(Come::Plain(stream))) => http::redirect(stream, address, None, server).await,
        Ok(Ok(Come::ToLook)) => debug!("an authority has come to look"),
        Ok(Err(error)) => debug!(%error, "no handshake"),
        Err(_) => debug!("the handshake took too long"),
    }
}

async fn come(stream: TcpStream, tls: &Tls) -> io::Result<Come> {
    if !tls::begins_handshake(&stream).await? {
        return Ok(Come::Plain(stream));
    }
    let stream = tls.accept(stream).await?;
    Ok(stream.map_or(Come::ToLook, |it| Come::Secured(Box::new(it))))
}

/// How somebody comes to where https is spoken.
enum Come {
    Secured(Box<tokio_rustls::server::TlsStream<TcpStream>>),
    Plain(TcpStream),
    /// An authority, which has seen what it came for.
    ToLook,
}

/// Signals are small and waited for: they are not to be held back for fuller packets.
fn send_at_once(stream: &TcpStream) {
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%error, "TCP_NODELAY is not set");
    }
}

/// The connection failed before it was accepted; the next one may be fine.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    )
}

impl Server {
    fn new(config: Config, instance: InstanceId, shutdown: CancellationToken) -> Self {
        let instance = config.bus.as_ref().map(|_| instance);
        let metrics = Arc::new(Metrics::new());
        Self {
            hub: Hub::new(&config, Arc::clone(&metrics), instance),
            gate: Gate::new(&config),
            metrics,
            config,
            ending: shutdown,
            shutdown: CancellationToken::new(),
            tasks: TaskTracker::new(),
        }
    }

    /// Connects with other instances, if there may be any.
    fn begin_bus(self: &Arc<Self>, over: CancellationToken) -> Option<JoinHandle<()>> {
        let bus = self.config.bus.clone()?;
        Some(tokio::spawn(bus.run(Arc::clone(self), over)))
    }

    /// Accepts what comes in by a door, if there is one, until the server ends.
    async fn keep(self: &Arc<Self>, door: Option<(TcpListener, Door)>) {
        if let Some((listener, door)) = door {
            accept(&listener, &door, self).await;
        }
    }

    /// Ends the server when it is told to, after the time that others have to hear of it.
    async fn drain(&self) {
        self.ending.cancelled().await;
        if !self.config.drain.is_zero() {
            info!(seconds = self.config.drain.as_secs(), "not ready any more; all goes on");
            tokio::time::sleep(self.config.drain).await;
        }
        self.shutdown.cancel();
    }

    /// Takes a connection, if there is room for it.
    fn take(self: &Arc<Self>, stream: TcpStream, came: IpAddr, door: &Door) {
        let connections_max = self.config.connections_max;
        let (most, pass) = match (door, self.gate.connect(came)) {
            // Whoever runs a server that is full wants to see it.
            (Door::Monitoring(_), _) => (connections_max + MONITORING_MAX, None),
            (Door::Here(_) | Door::Elsewhere(_), Ok(pass)) => (connections_max, Some(pass)),
            (Door::Here(_) | Door::Elsewhere(_), Err(_)) => {
                debug!("too many connections from one address: one is dropped");
                return self.metrics.dropped(Dropped::Address);
            }
        };
        if self.connections() >= most {
            debug!("too many connections: one is dropped");
            return self.metrics.dropped(Dropped::Server);
        }
        self.metrics.accepted();
        send_at_once(&stream);
        let (server, door) = (Arc::clone(self), door.clone());
        self.tasks.spawn(async move {
            let_in(stream, came, door, server).await;
            drop(pass);
        });
    }

    /// Every connection is a task; the others are the server's own: one keeps time, one relays.
    fn connections(&self) -> usize {
        let own_tasks = 1 + usize::from(self.config.turn.is_some());
        self.tasks.len().saturating_sub(own_tasks)
    }

    /// Whether it was told to end.
    fn is_ending(&self) -> bool {
        self.ending.is_cancelled() || self.shutdown.is_cancelled()
    }

    fn census(&self) -> Census {
        self.hub.count(Census {
            connections: self.connections(),
            turn: self.config.turn.as_ref().map(Turn::counts),
            is_ending: self.is_ending(),
            ..Census::default()
        })
    }

    /// Does what is due at its time: lets peers go whose grace is over, tells others that this lives.
    async fn keep_time(self: Arc<Self>) {
        tokio::select! {
            () = self.shutdown.cancelled() => {}
            () = self.hub.keep_time() => {}
        }
    }
}

const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Connections of those who run the server, beyond all others.
const MONITORING_MAX: usize = 32;
