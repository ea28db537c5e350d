//! Peers that do not behave: each is closed with a reason, and nobody else notices.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{FutureExt, SinkExt, StreamExt};
use signaling_server::protocol::{MESSAGE_BYTES_MAX, PATH, Refusal, Reply};
use signaling_server::server::Config;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

use crate::world::{
    Heard, Peer, Server, close_code, config, connect, hear, in_time, join, say, signal,
};

const SOON: Duration = Duration::from_millis(100);

/// Everything the server says to these bytes, until it closes the connection.
pub async fn answer(address: SocketAddr, request: impl AsRef<[u8]>) -> String {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let written = stream.write_all(request.as_ref()).await;
    written.expect("the request is sent");
    let mut answer = Vec::new();
    // A reset after the answer is an end as well.
    let _ = in_time("the server closes", stream.read_to_end(&mut answer)).await;
    String::from_utf8_lossy(&answer).into_owned()
}

pub fn upgrade(address: SocketAddr, headers: &str) -> String {
    format!(
        "GET {PATH} HTTP/1.1\r\nHost: {address}\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
    )
}

async fn first_answer(server: &Server, first: Message) -> Refusal {
    let mut socket = connect(server.address).await;
    socket.send(first).await.expect("it is sent");
    let heard = hear(&mut socket).await;
    let Heard::Reply(Reply::Refused { reason }) = heard else {
        panic!("not refused: {heard:?}");
    };
    assert!(matches!(hear(&mut socket).await, Heard::Close(Some(1008))));
    reason
}

#[tokio::test]
async fn a_peer_that_never_reads_is_closed_while_the_others_go_on() {
    let config = Config {
        messages_per_second: 1_000_000,
        messages_burst: 1_000_000,
        close_timeout: Duration::from_secs(20),
        ..config()
    };
    let server = Server::start(config).await;
    let mut anna = Peer::join(&server, "words").await;
    let mut carl = Peer::join(&server, "words").await;
    anna.hear().await;
    let mut bert = Peer::join(&server, "words").await;
    anna.hear().await;
    carl.hear().await;

    // Bert reads nothing. Anna sends until she hears that he is away; what the kernel holds for
    // him comes to megabytes at most.
    let payload = format!("\"{}\"", "x".repeat(15_000));
    let mut sent = 0;
    let heard = loop {
        if let Some(heard) = anna.socket.next().now_or_never() {
            break heard;
        }
        anna.signal(bert.id, &payload).await;
        sent += 1;
        assert!(sent < 10_000, "the server takes everything");
    };
    let expected = format!(r#"{{"type":"away","peer":{}}}"#, bert.id.0);
    let heard = heard.expect("a message").expect("no error");
    assert_eq!(heard.into_text().expect("text").as_str(), expected);
    assert!(matches!(carl.hear().await, Reply::Away { .. }));

    carl.signal(anna.id, "1").await;
    assert!(matches!(anna.hear().await, Reply::Signal { .. }));
    assert_eq!(bert.close_code().await, Some(1013));
    drop((anna, bert, carl));
    server.stopped().await;
}

#[tokio::test]
async fn a_message_too_long_is_closed_with_1009() {
    let server = Server::start(config()).await;
    let mut anna = Peer::join(&server, "words").await;
    let long = format!("\"{}\"", "x".repeat(MESSAGE_BYTES_MAX));
    anna.signal(anna.id, &long).await;
    assert_eq!(anna.close_code().await, Some(1009));
    server.stopped().await;
}

#[tokio::test]
async fn a_signal_that_its_receiver_could_not_take_is_closed_with_1009_at_its_sender() {
    let server = Server::start(config()).await;
    let mut anna = Peer::join(&server, "words").await;
    let mut bert = Peer::join(&server, "words").await;
    anna.hear().await;
    // As long as a request may be: with `from` for `to` the reply would be longer than that.
    let frame = signal(anna.id, "\"\"").len();
    let filler = "x".repeat(MESSAGE_BYTES_MAX - frame);
    bert.signal(anna.id, &format!("\"{filler}\"")).await;
    assert_eq!(bert.close_code().await, Some(1009));
    assert!(matches!(anna.hear().await, Reply::Away { peer } if peer == bert.id));

    let mut carl = Peer::join(&server, "words").await;
    anna.hear().await;
    let shorter = &filler[40..];
    carl.signal(anna.id, &format!("\"{shorter}\"")).await;
    assert!(matches!(anna.hear().await, Reply::Signal { from, .. } if from == carl.id));
    server.stopped().await;
}

#[tokio::test]
async fn a_flood_is_closed_with_1008_while_the_others_go_on() {
    let server = Server::start(config()).await;
    let mut anna = Peer::join(&server, "words").await;
    let mut bert = Peer::join(&server, "words").await;
    anna.hear().await;
    for _ in 0..1000 {
        // The server may have closed by now.
        if bert.socket.feed(Message::Ping("".into())).await.is_err() {
            break;
        }
    }
    let _ = bert.socket.flush().await;
    assert_eq!(bert.close_code().await, Some(1008));
    assert!(matches!(anna.hear().await, Reply::Away { .. }));
    anna.signal(anna.id, "1").await;
    assert!(matches!(anna.hear().await, Reply::Signal { .. }));
    server.stopped().await;
}

#[tokio::test]
async fn what_is_no_message_is_closed_with_1008() {
    let server = Server::start(config()).await;
    let again = join("words", None);
    for text in ["", "nonsense", "{}", r#"{"type":"signal"}"#, r#"{"type":"welcome"}"#, &again] {
        let mut anna = Peer::join(&server, "words").await;
        anna.say(text).await;
        assert_eq!(anna.close_code().await, Some(1008), "{text}");
    }
    server.stopped().await;
}

#[tokio::test]
async fn a_first_message_that_is_no_join_is_refused_as_malformed() {
    let server = Server::start(config()).await;
    for text in [
        "",
        "[]",
        r#"{"type":"leave"}"#,
        r#"{"type":"join","version":1}"#,
        r#"{"type":"join","version":1,"room":"../etc"}"#,
    ] {
        let refusal = first_answer(&server, Message::text(text)).await;
        assert_eq!(refusal, Refusal::Malformed, "{text}");
    }
    let refusal = first_answer(&server, Message::binary(&b"\xff\0"[..])).await;
    assert_eq!(refusal, Refusal::Malformed);
    server.stopped().await;
}

#[tokio::test]
async fn another_version_is_refused_however_it_words_the_rest() {
    let server = Server::start(config()).await;
    for text in [
        r#"{"type":"join","version":2,"room":"words"}"#,
        r#"{"type":"join","version":0,"room":"words"}"#,
        r#"{"type":"join","version":2,"rooms":["words"]}"#,
    ] {
        let refusal = first_answer(&server, Message::text(text)).await;
        assert_eq!(refusal, Refusal::Version, "{text}");
    }
    server.stopped().await;
}

#[tokio::test]
async fn a_connection_that_says_nothing_is_closed() {
    let config = Config { header_timeout: SOON, ..config() };
    let server = Server::start(config).await;
    assert_eq!(answer(server.address, "").await, "");
    assert_eq!(answer(server.address, "GET /healthz HT").await, "");
    server.stopped().await;
}

#[tokio::test]
async fn a_websocket_that_never_joins_is_closed_though_it_pings() {
    let config = Config { join_timeout: SOON, ..config() };
    let server = Server::start(config).await;
    let mut socket = connect(server.address).await;
    let pinged = socket.send(Message::Ping("".into())).await;
    pinged.expect("it is sent");
    assert_eq!(close_code(&mut socket).await, Some(1008));
    server.stopped().await;
}

#[tokio::test]
async fn a_peer_that_answers_no_ping_is_away() {
    let config = Config { ping_after: SOON, dead_after: 5 * SOON, ..config() };
    let server = Server::start(config).await;
    let mut anna = Peer::join(&server, "words").await;
    // A peer answers pings while it reads, and Bert doesn't.
    let bert = Peer::join(&server, "words").await;
    assert!(matches!(anna.hear().await, Reply::Joined { .. }));
    assert!(matches!(anna.hear().await, Reply::Away { peer } if peer == bert.id));
    server.stopped().await;
}

#[tokio::test]
async fn headers_without_end_are_not_read_on() {
    let server = Server::start(config()).await;
    let many = format!("X-Filler: {}\r\n", "x".repeat(9000));
    let answer = answer(server.address, &upgrade(server.address, &many)).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    server.stopped().await;
}

#[tokio::test]
async fn a_page_of_another_host_is_turned_away() {
    let config = Config {
        allow_origins: vec!["https://friend.example".to_owned()],
        join_timeout: SOON,
        ..config()
    };
    let server = Server::start(config).await;
    let address = server.address;
    let ours = format!("http://{address}");
    for (origin, status) in [
        ("https://elsewhere.example", "HTTP/1.1 403"),
        ("null", "HTTP/1.1 403"),
        ("https://friend.example", "HTTP/1.1 101"),
        (ours.as_str(), "HTTP/1.1 101"),
    ] {
        let request = upgrade(address, &format!("Origin: {origin}\r\n"));
        let answer = answer(address, &request).await;
        assert!(answer.starts_with(status), "{origin}: {answer}");
        assert!(!answer.to_lowercase().contains("set-cookie"));
    }
    server.stopped().await;
}

#[tokio::test]
async fn what_is_no_handshake_is_turned_away() {
    let server = Server::start(config()).await;
    let request = upgrade(server.address, "");
    for (from, to, status, header) in [
        ("Version: 13", "Version: 8", "HTTP/1.1 426", "\r\nsec-websocket-version: 13\r\n"),
        ("Upgrade: websocket", "Upgrade: h2c", "HTTP/1.1 400", ""),
        ("Connection: upgrade", "Connection: close", "HTTP/1.1 400", ""),
        ("Sec-WebSocket-Key", "X-Key", "HTTP/1.1 400", ""),
    ] {
        let answer = answer(server.address, &request.replace(from, to)).await;
        assert!(answer.starts_with(status), "{to}: {answer}");
        assert!(answer.contains(header), "{to}: {answer}");
    }
    server.stopped().await;
}

#[tokio::test]
async fn what_is_said_without_waiting_for_the_handshake_is_heard() {
    let server = Server::start(config()).await;
    let mut request = upgrade(server.address, "").into_bytes();
    for text in [&join("words", None), r#"{"type":"leave"}"#] {
        let length = u8::try_from(text.len()).ok().filter(|it| *it < 126).expect("a short text");
        // One frame, masked with nothing (RFC 6455, section 5.2).
        request.extend([0x81, 0x80 | length, 0, 0, 0, 0]);
        request.extend(text.as_bytes());
    }
    let answer = answer(server.address, &request).await;
    assert!(answer.starts_with("HTTP/1.1 101"), "{answer}");
    assert!(answer.contains(r#""type":"welcome""#), "{answer}");
    server.stopped().await;
}

#[tokio::test]
async fn health_is_told_and_nothing_else_is_found() {
    let server = Server::start(config()).await;
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
    let healthy = answer(server.address, &get("/healthz")).await;
    assert!(healthy.starts_with("HTTP/1.1 200"), "{healthy}");
    assert!(healthy.ends_with("ok\n"), "{healthy}");
    let nothing = answer(server.address, &get("/elsewhere")).await;
    assert!(nothing.starts_with("HTTP/1.1 404"), "{nothing}");
    server.stopped().await;
}

#[tokio::test]
async fn connections_beyond_the_limit_are_dropped_until_one_ends() {
    let config = Config { connections_max: 1, ..config() };
    let server = Server::start(config).await;
    let mut anna = Peer::join(&server, "words").await;
    let health = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    assert_eq!(answer(server.address, health).await, "");
    anna.say(r#"{"type":"leave"}"#).await;
    assert_eq!(anna.close_code().await, Some(1000));
    drop(anna);
    // Its place is free when its task has ended.
    in_time("a place is free", async { while answer(server.address, health).await.is_empty() {} })
        .await;
    let mut bert = connect(server.address).await;
    say(&mut bert, &join("words", None)).await;
    let heard = hear(&mut bert).await;
    assert!(matches!(heard, Heard::Reply(Reply::Welcome { .. })));
    server.stopped().await;
}
