//! The server around [`rooms`](crate::rooms): a listener, one task a peer, limits on all of it.
//!
//! It moves bytes and keeps time. Who is let in and who hears what is decided in `rooms`; what a
//! signal says is never looked at. It installs nothing global, so that a program can carry it
//! inside.
//!
//! - `serve`: accepts until it is told to stop, then sees every task out
//! - `http`: requests: the files of the page, a health check, and the upgrade, which ends them
//! - `socket`: a peer's websocket from its first message to its close code
//! - `hub`: the one value that tasks share: the rooms, and an `outbox` for each socket
//! - `tls`: https, for those who come with a handshake
//! - `turn`: the sockets of STUN and TURN
//! - `ice`: what a welcome says of these and others like them
//! - `ending`: why a socket is closed, and what it is told
//! - `rate`, `pulse`: how much and how seldom a peer may speak
//!
//! At the log level `info` stand only the server's own steps; no payload, room id, token or
//! address is logged at any level.

mod config;
mod ending;
mod http;
mod hub;
mod ice;
mod outbox;
mod pulse;
mod rate;
mod socket;
mod tls;
mod turn;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, info, warn};

pub use config::{Config, TurnServers};
use hub::Hub;
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
    shutdown: CancellationToken,
    tasks: TaskTracker,
}

/// Serves on `listener` until `shutdown` is cancelled; returns when every task has ended.
///
/// On shutdown nothing more is accepted, each peer is told `bye` and closed with 1001, and what
/// has not closed after [`Config::close_timeout`] is dropped. A future that is dropped before it
/// is done brings the same about, unwaited.
pub async fn serve(
    listener: TcpListener,
    config: Config,
    shutdown: CancellationToken,
) -> Result<(), ServeError> {
    serve_with_redirect(listener, None, config, shutdown).await
}

/// The same, and whoever comes to the second listener is sent to the first one, over https.
pub async fn serve_with_redirect(
    listener: TcpListener,
    redirect: Option<TcpListener>,
    config: Config,
    shutdown: CancellationToken,
) -> Result<(), ServeError> {
    getrandom::u64().map_err(ServeError::Randomness)?;
    let shutdown = shutdown.child_token();
    let _stop_if_dropped = shutdown.clone().drop_guard();
    let server =
        Arc::new(Server { hub: Hub::new(&config), config, shutdown, tasks: TaskTracker::new() });
    server.tasks.spawn(Arc::clone(&server).keep_grace());
    if let Some(turn) = server.config.turn.clone() {
        let shutdown = server.shutdown.clone();
        server.tasks.spawn(async move { turn.run(&shutdown).await });
    }
    info!("serving");

    // Without a port nobody can come here either.
    let port = listener.local_addr().map(|it| it.port()).unwrap_or_default();
    let elsewhere = async {
        if let Some(listener) = redirect {
            accept(&listener, Door::Elsewhere(port), &server).await;
        }
    };
    let here = async {
        accept(&listener, Door::Here(http::Routes::new(&server)), &server).await;
        drop(listener);
    };
    tokio::join!(here, elsewhere);

    info!(tasks = server.tasks.len(), "going down");
    server.tasks.close();
    server.tasks.wait().await;
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
}

async fn accept(listener: &TcpListener, door: Door, server: &Arc<Server>) {
    // One keeps the grace of those away, one relays.
    let own_tasks = 1 + usize::from(server.config.turn.is_some());
    loop {
        let accepted = tokio::select! {
            biased;
            () = server.shutdown.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            // Every connection is a task; the others are the server's own.
            Ok((stream, _)) if server.tasks.len() >= server.config.connections_max + own_tasks => {
                debug!("too many connections: one is dropped");
                drop(stream);
            }
            Ok((stream, _)) => {
                send_at_once(&stream);
                server.tasks.spawn(let_in(stream, door.clone(), Arc::clone(server)));
            }
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
async fn let_in(stream: TcpStream, door: Door, server: Arc<Server>) {
    let (routes, tls) = match (door, &server.config.tls) {
        (Door::Elsewhere(port), _) => return http::redirect(stream, Some(port), server).await,
        (Door::Here(routes), None) => return http::converse(stream, routes.plain, server).await,
        (Door::Here(routes), Some(tls)) => (routes, tls),
    };
    let come = tokio::select! {
        biased;
        () = server.shutdown.cancelled() => return,
        come = timeout(server.config.header_timeout, come(stream, tls)) => come,
    };
    match come {
        Ok(Ok(Come::Secured(stream))) => http::converse(stream, routes.secure, server).await,
        Ok(Ok(Come::Plain(stream))) => http::redirect(stream, None, server).await,
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
    /// Lets peers go whose grace is over, one deadline after another.
    async fn keep_grace(self: Arc<Self>) {
        tokio::select! {
            () = self.shutdown.cancelled() => {}
            () = self.hub.keep_grace() => {}
        }
    }
}

const ACCEPT_PAUSE: Duration = Duration::from_millis(200);
