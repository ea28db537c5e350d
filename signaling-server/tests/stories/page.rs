//! The page that browsers join with, over connections that go on.

use std::io::Read;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use signaling_server::protocol::{PATH, Reply};
use signaling_server::server::Config;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio_tungstenite::client_async;

use crate::world::{Heard, Server, config, hear, in_time, join, say};

/// A connection that requests go over, one after another.
struct Connection(BufReader<TcpStream>);

/// What came back.
struct Answer {
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn status(&self) -> &str {
        self.head.split(' ').nth(1).expect("a status")
    }

    fn header(&self, name: &str) -> Option<&str> {
        let fields = self.head.lines().filter_map(|line| line.split_once(": "));
        let mut found = fields.filter(|(it, _)| it.eq_ignore_ascii_case(name));
        let (_, value) = found.next()?;
        assert_eq!(found.next(), None, "{name} is there twice");
        Some(value)
    }

    /// How many bytes follow; of HEAD and 304, none do.
    fn length(&self) -> usize {
        self.header("content-length").map_or(0, |it| it.parse().expect("a number"))
    }
}

impl Connection {
    async fn open(address: SocketAddr) -> Self {
        Self(BufReader::new(TcpStream::connect(address).await.expect("a connection")))
    }

    async fn ask(&mut self, method: &str, path: &str, headers: &str) -> Answer {
        let request = format!("{method} {path} HTTP/1.1\r\nHost: a\r\n{headers}\r\n");
        self.0.write_all(request.as_bytes()).await.expect("the request is sent");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(in_time("an answer", self.0.read_u8()).await.expect("a byte"));
        }
        let head = String::from_utf8(head).expect("text");
        let mut answer = Answer { head, body: Vec::new() };
        if method != "HEAD" && answer.status() != "304" {
            answer.body = vec![0; answer.length()];
            in_time("the body", self.0.read_exact(&mut answer.body)).await.expect("all of it");
        }
        answer
    }

    async fn get(&mut self, path: &str, headers: &str) -> Answer {
        self.ask("GET", path, headers).await
    }

    /// Waits until the server has closed it; nothing more came.
    async fn ended(mut self) {
        let mut rest = Vec::new();
        in_time("the end", self.0.read_to_end(&mut rest)).await.expect("an orderly end");
        assert_eq!(String::from_utf8_lossy(&rest), "");
    }
}

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' blob:; media-src 'self' blob:; connect-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

#[tokio::test]
async fn a_browser_loads_the_page_and_joins_over_one_connection() {
    let server = Server::start(config()).await;
    let mut browser = Connection::open(server.address).await;
    let page = browser.get("/", "Accept-Encoding: gzip, deflate\r\n").await;
    assert_eq!(page.status(), "200");
    for (name, value) in [
        ("content-type", "text/html; charset=utf-8"),
        ("content-encoding", "gzip"),
        ("content-security-policy", POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("permissions-policy", "camera=(self), microphone=(), geolocation=()"),
        ("cache-control", "no-cache"),
        ("vary", "accept-encoding"),
    ] {
        assert_eq!(page.header(name), Some(value), "{}", page.head);
    }
    for name in ["set-cookie", "cross-origin-opener-policy", "server", "connection"] {
        assert_eq!(page.header(name), None, "{}", page.head);
    }
    let mut html = String::new();
    GzDecoder::new(&page.body[..]).read_to_string(&mut html).expect("it is text, compressed");
    let plain = browser.get("/", "").await;
    assert_eq!(plain.header("content-encoding"), None);
    assert_eq!(String::from_utf8(plain.body).as_ref(), Ok(&html));

    let modules = html.split("rel=\"modulepreload\"").skip(1);
    let modules: Vec<_> =
        modules.filter_map(|it| it.split("href=\"").nth(1)?.split('"').next()).collect();
    assert!(modules.len() > 40, "{modules:?}");
    for module in modules {
        let answer = browser.get(&format!("/{module}"), "Accept-Encoding: gzip\r\n").await;
        assert_eq!(answer.status(), "200", "{module}");
        assert_eq!(answer.header("content-type"), Some("text/javascript; charset=utf-8"));
    }

    let url = format!("ws://{}{PATH}", server.address);
    let upgraded = in_time("the upgrade", client_async(url, browser.0.into_inner())).await;
    let mut socket = upgraded.expect("a websocket").0;
    say(&mut socket, &join("words", None)).await;
    assert!(matches!(hear(&mut socket).await, Heard::Reply(Reply::Welcome { .. })));
    drop(socket);
    server.stopped().await;
}

#[tokio::test]
async fn what_a_browser_has_is_not_sent_again() {
    let server = Server::start(config()).await;
    let mut browser = Connection::open(server.address).await;
    let first = browser.get("/main.js", "").await;
    let tag = first.header("etag").expect("a tag");
    let asked = format!("If-None-Match: {tag}\r\n");
    let again = browser.get("/main.js", &asked).await;
    assert_eq!((again.status(), again.header("etag")), ("304", Some(tag)));
    assert_eq!(again.header("content-security-policy"), Some(POLICY));
    let other = browser.get("/link.js", &asked).await;
    assert_eq!(other.status(), "200");
    let head = browser.ask("HEAD", "/main.js", "").await;
    assert_eq!((head.status(), head.length()), ("200", first.body.len()));
    assert_eq!(browser.get("/link.js", "").await.body, other.body, "nothing followed the head");
    server.stopped().await;
}

#[tokio::test]
async fn nothing_but_the_page_is_there_however_it_is_spelt() {
    let server = Server::start(config()).await;
    for path in [
        "/../Cargo.toml",
        "/%2e%2e/Cargo.toml",
        "/%2e%2e/",
        "//app/x.js",
        "//main.js",
        "/app/../main.js",
        "/tests/golden.js",
        "/vendor/vendor.json",
        "/README.md",
        "/index.html",
        "/elsewhere?/main.js",
    ] {
        let mut stranger = Connection::open(server.address).await;
        let answer = stranger.get(path, "").await;
        assert_eq!(answer.status(), "404", "{path}");
        assert_eq!(answer.body, b"there is nothing here; the page is at /\n");
        stranger.ended().await;
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let mut stranger = Connection::open(server.address).await;
        let answer = stranger.ask(method, "/", "").await;
        assert_eq!((answer.status(), answer.header("allow")), ("405", Some("GET, HEAD")));
        stranger.ended().await;
    }
    let mut browser = Connection::open(server.address).await;
    assert_eq!(browser.get("/main.js?v=1", "").await.status(), "200");
    server.stopped().await;
}

#[tokio::test]
async fn a_connection_that_asks_for_nothing_more_is_closed() {
    let config = Config { header_timeout: Duration::from_millis(200), ..config() };
    let server = Server::start(config).await;
    let mut idle = Connection::open(server.address).await;
    idle.get("/icon.svg", "").await;
    idle.ended().await;
    let mut slow = Connection::open(server.address).await;
    slow.get("/icon.svg", "").await;
    slow.0.write_all(b"GET /icon.svg HT").await.expect("it is sent");
    slow.ended().await;
    server.stopped().await;
}

#[tokio::test]
async fn a_connection_that_never_stops_asking_is_closed() {
    let server = Server::start(config()).await;
    let mut busy = Connection::open(server.address).await;
    let mut asked = 1;
    while busy.get("/icon.svg", "").await.header("connection") != Some("close") {
        asked += 1;
        assert!(asked < 1000, "it goes on for ever");
    }
    assert!(asked > 100, "a page is loaded over one");
    busy.ended().await;
    server.stopped().await;

    let config = Config { http_timeout: Duration::from_millis(300), ..config() };
    let server = Server::start(config).await;
    let mut long = Connection::open(server.address).await;
    long.get("/icon.svg", "").await;
    let begun = Instant::now();
    long.ended().await;
    assert!(begun.elapsed() < Duration::from_secs(4), "that was the limit of headers");
    server.stopped().await;
}

#[tokio::test]
async fn headers_without_end_are_not_read_on_a_connection_that_goes_on_either() {
    let server = Server::start(config()).await;
    let mut browser = Connection::open(server.address).await;
    browser.get("/icon.svg", "").await;
    let many = format!("X-Filler: {}\r\n", "x".repeat(9000));
    assert_eq!(browser.get("/icon.svg", &many).await.status(), "431");
    server.stopped().await;
}

#[tokio::test]
async fn connections_that_go_on_count_and_do_not_hold_up_the_end() {
    let server = Server::start(Config { connections_max: 1, ..config() }).await;
    let mut browser = Connection::open(server.address).await;
    browser.get("/icon.svg", "").await;
    Connection::open(server.address).await.ended().await;
    assert_eq!(browser.get("/main.js", "").await.status(), "200");
    let begun = Instant::now();
    server.stopped().await;
    assert!(begun.elapsed() < Duration::from_secs(4), "it was waited for");
}
