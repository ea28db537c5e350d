//! A connection before it is a websocket: requests, within their limits of time, size and number.
//!
//! A connection serves files of the [`page`], one after another, until it becomes a websocket and
//! goes on in [`socket`]; after any other answer it is closed. Pages of other hosts are turned away
//! from the websocket, by their `Origin`.

use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::pin;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, Request, State};
use axum::http::header::{
    CONNECTION, CONTENT_TYPE, HOST, LOCATION, ORIGIN, RETRY_AFTER, SEC_WEBSOCKET_VERSION,
};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper::upgrade::Upgraded;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tracing::{debug, error};
use tungstenite::Error;
use tungstenite::error::ProtocolError;
use tungstenite::handshake::server::create_response_with_body;

use super::addresses::TooMany;
use super::metrics::{self, Upgrade};
use super::tls::Stream;
use super::websocket::WebSocket;
use super::{Server, socket};
use crate::page::{self, Scheme};
use crate::protocol::PATH;

/// Everything that can be asked for, over either scheme.
#[derive(Debug, Clone)]
pub(super) struct Routes {
    pub plain: Router,
    pub secure: Router,
}

impl Routes {
    pub fn new(server: &Arc<Server>) -> Self {
        let of = |scheme| routes(scheme, server);
        Self { plain: of(Scheme::Plain), secure: of(Scheme::Secure) }
    }
}

fn routes(scheme: Scheme, server: &Arc<Server>) -> Router {
    Router::new()
        .route(PATH, get(upgrade))
        .merge(health())
        .fallback(async move |method: Method, uri: Uri, headers: HeaderMap| {
            file(&method, &uri, &headers, scheme)
        })
        .with_state(Arc::clone(server))
}

/// What is asked for by those who run the server, at a place of its own.
pub(super) fn monitoring(server: &Arc<Server>) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .merge(health())
        .fallback(async || closed(StatusCode::NOT_FOUND.into_response()))
        .with_state(Arc::clone(server))
}

/// Whether the server lives, and whether somebody new may be sent to it.
fn health() -> Router<Arc<Server>> {
    Router::new()
        .route("/healthz", get(async || closed("ok\n".into_response())))
        .route("/readyz", get(ready))
}

async fn ready(State(server): State<Arc<Server>>) -> Response {
    let why_not = if server.is_ending() {
        "going down\n"
    } else if server.hub.lacks_bus() {
        "no bus\n"
    } else {
        return closed("ready\n".into_response());
    };
    closed((StatusCode::SERVICE_UNAVAILABLE, why_not).into_response())
}

async fn metrics(State(server): State<Arc<Server>>) -> Response {
    closed(match server.metrics.text(server.census()) {
        Ok(text) => ([(CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    })
}

/// Who a connection is from.
#[derive(Debug, Clone, Copy)]
struct Came(IpAddr);

/// Answers the requests of one connection, which came from this address.
pub(super) async fn converse(stream: Stream, came: IpAddr, routes: Router, server: Arc<Server>) {
    let routes = TowerToHyperService::new(routes);
    let count = AtomicU32::new(1);
    let service = service_fn(|mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(Came(came));
        let is_last = count.fetch_add(1, Ordering::Relaxed) >= REQUESTS_MAX;
        let answer = routes.call(request);
        async move {
            let Ok(response) = answer.await;
            Ok::<_, Infallible>(if is_last { closed(response) } else { response })
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(server.config.header_timeout)
        .max_buf_size(HEADER_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        biased;
        () = server.shutdown.cancelled() => return,
        ended = &mut connection => Ok(ended),
        () = sleep(server.config.http_timeout) => {
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                () = server.shutdown.cancelled() => return,
                ended = timeout(server.config.http_timeout, connection) => ended,
            }
        }
    };
    match ended {
        Ok(Ok(())) => {}
        Ok(Err(error)) => debug!(%error, "the connection failed"),
        Err(_) => debug!("the connection took too long"),
    }
}

/// A file of the page, or what there is to say instead.
fn file(method: &Method, uri: &Uri, headers: &HeaderMap, scheme: Scheme) -> Response {
    let answer = page::answer(method, uri.path(), headers, scheme);
    let is_file = page::is_file(&answer);
    let response = answer.map(Body::from);
    if is_file { response } else { closed(response) }
}

/// Sends one who comes with plain http to https: at this port, or at the one that it came to.
pub(super) async fn redirect(
    stream: TcpStream,
    came: IpAddr,
    port: Option<u16>,
    server: Arc<Server>,
) {
    let send = async move |uri: Uri, headers: HeaderMap| closed(elsewhere(&uri, &headers, port));
    converse(Stream::Left(stream), came, Router::new().fallback(send), server).await;
}

fn elsewhere(uri: &Uri, headers: &HeaderMap, port: Option<u16>) -> Response {
    let host = headers.get(HOST).and_then(|it| it.to_str().ok()).map(Authority::from_str);
    let (Some(Ok(host)), Some(path)) = (host, uri.path_and_query()) else {
        return (StatusCode::BAD_REQUEST, "this server is reached over https\n").into_response();
    };
    let location = match port.or(host.port_u16()) {
        None | Some(HTTPS_PORT) => format!("https://{}{path}", host.host()),
        Some(port) => format!("https://{}:{port}{path}", host.host()),
    };
    let status = StatusCode::PERMANENT_REDIRECT;
    (status, [(LOCATION, location)], "this server is reached over https\n").into_response()
}

/// The same, and the connection ends with it.
fn closed(mut response: Response) -> Response {
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

async fn upgrade(
    State(server): State<Arc<Server>>,
    Extension(Came(came)): Extension<Came>,
    mut request: Request,
) -> Response {
    let response = match create_response_with_body(&request, Body::empty) {
        Ok(response) => response,
        Err(error) => return closed(no_handshake(&error)),
    };
    // Before anything is counted: a page of elsewhere must not be able to use up what its visitor has.
    if !is_from_here(request.headers(), &server.config.allow_origins) {
        server.metrics.upgrade(Upgrade::Origin);
        let advice = "this page's origin is not allowed here\n";
        return closed((StatusCode::FORBIDDEN, advice).into_response());
    }
    let pass = match server.gate.upgrade(came, request.headers()) {
        Ok(pass) => pass,
        Err(why) => {
            server.metrics.upgrade(Upgrade::TooMany(why));
            return closed(later(why));
        }
    };
    server.metrics.upgrade(Upgrade::Accepted);
    let upgraded = hyper::upgrade::on(&mut request);
    let tasks = server.tasks.clone();
    tasks.spawn(async move {
        match upgraded.await.map(websocket_on) {
            Ok(Some(socket)) => socket::run(socket, server).await,
            Ok(None) => error!("a connection came by no door"),
            Err(error) => debug!(%error, "gone before its upgrade"),
        }
        drop(pass);
    });
    response
}

/// The websocket on a connection that [`converse`] had, without what lay around it there.
fn websocket_on(upgraded: Upgraded) -> Option<WebSocket<Stream>> {
    let parts = upgraded.downcast::<TokioIo<Stream>>().ok()?;
    // Copied, as it lies in a buffer of some kilobytes.
    Some(WebSocket::new(parts.io.into_inner(), parts.read_buf.to_vec()))
}

/// What one is told who asks for a websocket in another way than RFC 6455 has it, section 4.2.
fn no_handshake(error: &Error) -> Response {
    let text = format!("{error}\n");
    match error {
        Error::Protocol(ProtocolError::MissingSecWebSocketVersionHeader) => {
            (StatusCode::UPGRADE_REQUIRED, [(SEC_WEBSOCKET_VERSION, "13")], text).into_response()
        }
        _ => (StatusCode::BAD_REQUEST, text).into_response(),
    }
}

/// What one is told whose address has too much (RFC 6585, section 4).
fn later(why: TooMany) -> Response {
    // The next whole second is not too early.
    let seconds = why.retry_after().as_millis().div_ceil(1000).max(1);
    let advice = "too many connections from this address\n";
    (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, seconds.to_string())], advice).into_response()
}

/// A page may connect to its own host, or from an origin on the list. A terminal has no origin.
fn is_from_here(headers: &HeaderMap, allow_origins: &[String]) -> bool {
    let mut origins = headers.get_all(ORIGIN).iter();
    let origin = match (origins.next(), origins.next()) {
        (None, _) => return true,
        (Some(origin), None) => origin,
        (Some(_), Some(_)) => return false,
    };
    let Ok(origin) = origin.to_str() else {
        return false;
    };
    if allow_origins.iter().any(|it| it.eq_ignore_ascii_case(origin)) {
        return true;
    }
    let host = headers.get(HOST).map(HeaderValue::as_bytes);
    match (origin.split_once("://"), host) {
        (Some((_, authority)), Some(host)) => authority.as_bytes().eq_ignore_ascii_case(host),
        _ => false,
    }
}

/// The most that a request's line and headers come to; hyper takes no smaller number.
const HEADER_BYTES_MAX: usize = 8 * 1024;

const HTTPS_PORT: u16 = 443;

/// Of one connection: the page is of some sixty files.
const REQUESTS_MAX: u32 = 200;

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(headers: &[(&'static str, &str)], list: &[&str]) -> bool {
        let parsed = headers.iter().map(|(name, value)| {
            let name = axum::http::HeaderName::from_static(name);
            (name, value.parse().expect("a header's value"))
        });
        let mut map = HeaderMap::new();
        for (name, value) in parsed {
            map.append(name, value);
        }
        let list: Vec<String> = list.iter().map(|it| (*it).to_owned()).collect();
        is_from_here(&map, &list)
    }

    #[test]
    fn a_terminal_has_no_origin_and_may() {
        assert!(allowed(&[("host", "a.example")], &[]));
    }

    #[test]
    fn a_page_may_connect_to_its_own_host_and_port_alone() {
        let host = ("host", "a.example:8765");
        assert!(allowed(&[host, ("origin", "http://a.example:8765")], &[]));
        assert!(allowed(&[host, ("origin", "https://A.example:8765")], &[]));
        for origin in [
            "http://a.example",
            "http://a.example:80",
            "http://b.example:8765",
            "http://a.example:8765.b.example",
            "a.example:8765",
            "null",
            "",
        ] {
            assert!(!allowed(&[host, ("origin", origin)], &[]), "{origin}");
        }
    }

    #[test]
    fn a_listed_origin_may_and_two_origins_never() {
        let list = ["https://b.example"];
        let host = ("host", "a.example");
        let origin = ("origin", "https://b.example");
        assert!(allowed(&[host, origin], &list));
        assert!(!allowed(&[host, origin, origin], &list));
    }
}
