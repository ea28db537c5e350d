//! A connection before it is a websocket: one request, within its limits of time and size.
//!
//! A connection serves one request and is closed, or becomes a websocket and goes on in
//! [`socket`]. Pages of other hosts are turned away here, by their `Origin`.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::header::{CONNECTION, HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tracing::debug;

use super::{Server, socket};
use crate::protocol::{MESSAGE_BYTES_MAX, PATH};

/// Everything that can be asked for over http.
pub(super) fn routes(server: &Arc<Server>) -> Router {
    Router::new()
        .route(PATH, get(upgrade))
        .route("/healthz", get("ok\n"))
        .layer(map_response(close_unless_upgraded))
        .with_state(Arc::clone(server))
}

/// Answers the request of one connection.
pub(super) async fn converse(stream: TcpStream, routes: Router, server: Arc<Server>) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(server.config.header_timeout)
        .max_buf_size(HEADER_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes))
        .with_upgrades();
    let in_time = tokio::time::timeout(server.config.upgrade_timeout, connection);
    tokio::select! {
        biased;
        () = server.shutdown.cancelled() => {}
        ended = in_time => match ended {
            Ok(Ok(())) => {}
            Ok(Err(error)) => debug!(%error, "the connection failed"),
            Err(_) => debug!("the connection took too long"),
        },
    }
}

async fn close_unless_upgraded(mut response: Response) -> Response {
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(CONNECTION, close);
    }
    response
}

async fn upgrade(
    State(server): State<Arc<Server>>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !is_from_here(&headers, &server.config.allow_origins) {
        let advice = "this page's origin is not allowed here\n";
        return (StatusCode::FORBIDDEN, advice).into_response();
    }
    let task = server.tasks.token();
    upgrade
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(WRITE_BUFFER_BYTES_MAX)
        .max_message_size(MESSAGE_BYTES_MAX)
        .max_frame_size(MESSAGE_BYTES_MAX)
        .on_upgrade(|socket| async move {
            socket::run(socket, server).await;
            drop(task);
        })
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

/// tungstenite would take 128 KiB a socket at once, and clear them before every read.
const READ_BUFFER_BYTES: usize = 2 * 1024;

/// Room for one message and the pongs behind it. Nothing is put there while it is not empty,
/// except pongs, and those wait when it is full.
const WRITE_BUFFER_BYTES_MAX: usize = 4 * MESSAGE_BYTES_MAX;

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
