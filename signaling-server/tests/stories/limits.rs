//! Each limit that keeps a server up: what is told to whoever goes beyond, and that others go on. Those
//! of behaviour are in `unruly`, those of addresses in `crowding`.

use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use signaling_server::protocol::{MESSAGE_BYTES_MAX, PATH, ROOM_PEERS_MAX, Refusal, Reply};
use signaling_server::server::Config;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

#[cfg(target_os = "linux")]
use crate::monitoring::{get, value};
#[cfg(target_os = "linux")]
use crate::process::Running;
use crate::world::{Heard, Peer, Server, config, connect, hear, in_time, join, say};

#[test]
fn the_limits_are_those_of_the_table() {
    let config = Config::default();
    let seconds = |it: Duration| it.as_secs();
    assert_eq!(MESSAGE_BYTES_MAX, 16 * 1024);
    assert_eq!((config.messages_per_second, config.messages_burst), (30, 120));
    assert_eq!((config.upgrades_per_minute, config.upgrades_burst), (20, 40));
    assert_eq!(config.sockets_per_address, 64);
    assert_eq!((seconds(config.header_timeout), seconds(config.join_timeout)), (5, 10));
    assert_eq!((seconds(config.ping_after), seconds(config.dead_after)), (25, 60));
    assert_eq!((config.rooms_max, ROOM_PEERS_MAX, seconds(config.grace)), (10_000, 16, 60));
    assert_eq!((config.queue_messages_max, config.queue_bytes_max), (32, 256 * 1024));
    assert_eq!(seconds(config.bye_spread), 10);
    assert!(seconds(config.close_timeout) <= 10);
    assert_eq!(seconds(config.drain), 0);
    assert!(config.allow_origins.is_empty() && config.trust_proxies.is_empty());
}

/// Says one byte after the other, never a whole request; how long that goes well.
async fn dribble(stream: &mut TcpStream) -> Duration {
    let begun = Instant::now();
    let ended = async {
        loop {
            let written = stream.write_all(b"x").await;
            let mut byte = [0];
            let read = tokio::time::timeout(Duration::from_millis(10), stream.read(&mut byte));
            match (written, read.await) {
                (Ok(()), Err(_)) => {}
                (Err(_), _) | (Ok(()), Ok(Ok(0) | Err(_))) => return,
                (Ok(()), Ok(Ok(_))) => panic!("it is answered"),
            }
        }
    };
    in_time("the server closes", ended).await;
    begun.elapsed()
}

#[tokio::test]
async fn headers_that_come_one_byte_after_the_other_are_not_waited_for() {
    let header_timeout = Duration::from_millis(300);
    let server = Server::start(Config { header_timeout, ..config() }).await;
    let mut slow: Vec<TcpStream> = Vec::new();
    for begin in ["", "GET / HTTP/1.1\r\nX-Filler: "] {
        let mut stream = TcpStream::connect(server.address).await.expect("a connection");
        stream.write_all(begin.as_bytes()).await.expect("it is sent");
        slow.push(stream);
    }
    for mut stream in slow {
        let took = dribble(&mut stream).await;
        assert!(took < 10 * header_timeout, "{took:?}");
    }
    Peer::join(&server, "words").await;
    server.stopped().await;
}

#[tokio::test]
async fn a_silent_peer_is_pinged_and_lives_on_as_long_as_it_answers() {
    let ping_after = Duration::from_millis(100);
    let config = Config { ping_after, dead_after: 4 * ping_after, ..config() };
    let server = Server::start(config).await;
    let mut anna = Peer::join(&server, "words").await;
    let begun = Instant::now();
    // Whoever reads answers: eight pings are longer than it lives without.
    for _ in 0..8 {
        let heard = in_time("a ping", anna.socket.next()).await.expect("no end");
        assert!(matches!(heard, Ok(Message::Ping(_))), "{heard:?}");
        anna.socket.flush().await.expect("the pong is sent");
    }
    assert!(begun.elapsed() >= 8 * ping_after);
    anna.signal(anna.id, "1").await;
    assert!(matches!(anna.hear().await, Reply::Signal { .. }));
    server.stopped().await;
}

async fn refusal(server: &Server, room: &str) -> Refusal {
    let mut socket = connect(server.address).await;
    say(&mut socket, &join(room, None)).await;
    let Heard::Reply(Reply::Refused { reason }) = hear(&mut socket).await else {
        panic!("not refused");
    };
    assert!(matches!(hear(&mut socket).await, Heard::Close(Some(1008))));
    reason
}

#[tokio::test]
async fn a_room_too_many_is_refused_while_those_there_are_take_peers_until_one_is_gone() {
    let grace = Duration::from_millis(200);
    let server = Server::start(Config { rooms_max: 2, grace, ..config() }).await;
    let _anna = Peer::join(&server, "first").await;
    let bert = Peer::join(&server, "second").await;
    assert_eq!(refusal(&server, "third").await, Refusal::ServerFull);
    Peer::join(&server, "first").await;

    // A room whose peers are all away is there until their grace is over.
    drop(bert);
    in_time("the room is gone", async {
        loop {
            let mut socket = connect(server.address).await;
            say(&mut socket, &join("third", None)).await;
            match hear(&mut socket).await {
                Heard::Reply(Reply::Welcome { .. }) => return,
                Heard::Reply(Reply::Refused { reason: Refusal::ServerFull }) => {}
                other => panic!("{other:?}"),
            }
        }
    })
    .await;
    server.stopped().await;
}

#[tokio::test]
async fn a_seventeenth_peer_is_refused_and_the_sixteen_hear_nothing_of_it() {
    let server = Server::start(config()).await;
    let mut peers = Vec::new();
    for _ in 0..ROOM_PEERS_MAX {
        peers.push(Peer::join(&server, "words").await);
    }
    assert_eq!(refusal(&server, "words").await, Refusal::RoomFull);
    let (first, second) = (peers[0].id, peers[1].id);
    peers[1].signal(first, "1").await;
    // Fifteen came after the first, and nothing else is heard before the signal.
    for _ in 1..ROOM_PEERS_MAX {
        assert!(matches!(peers[0].hear().await, Reply::Joined { .. }));
    }
    assert!(matches!(peers[0].hear().await, Reply::Signal { from, .. } if from == second));
    server.stopped().await;
}

#[tokio::test]
async fn while_one_floods_the_messages_of_others_keep_coming() {
    let server = Server::start(config()).await;
    let mut anna = Peer::join(&server, "words").await;
    let mut bert = Peer::join(&server, "words").await;
    anna.hear().await;
    let flood = async {
        let mut floods = 0;
        for _ in 0..5 {
            let mut carl = Peer::join(&server, "others").await;
            for _ in 0..1000 {
                if carl.socket.feed(Message::text("{}")).await.is_err() {
                    break;
                }
            }
            let _ = carl.socket.flush().await;
            floods += u32::from(carl.close_code().await == Some(1008));
        }
        floods
    };
    let talk = async {
        let mut longest = Duration::ZERO;
        for _ in 0..20 {
            let begun = Instant::now();
            bert.signal(anna.id, "1").await;
            assert!(matches!(anna.hear().await, Reply::Signal { .. }));
            longest = longest.max(begun.elapsed());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        longest
    };
    let (floods, longest) = tokio::join!(flood, talk);
    assert_eq!(floods, 5);
    assert!(longest < Duration::from_secs(1), "{longest:?}");
    server.stopped().await;
}

/// Whoever reads nothing is closed with 1013 (`unruly`), and this is what it costs until then.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn peers_that_never_read_cost_a_bounded_amount_of_memory() {
    let rate = ["--messages-per-second", "1000000", "--messages-burst", "1000000"];
    let places = ["--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0"];
    let (running, monitoring) = Running::with_metrics(&[&places[..], &rate].concat());
    let memory = async || {
        let text = get(monitoring, "/metrics").await;
        (
            value(&text, "process_resident_memory_bytes"),
            value(&text, "signaling_closes_total{reason=\"too_slow\"}"),
        )
    };
    let enter = async || {
        let mut socket = connect(running.address).await;
        say(&mut socket, &join("words", None)).await;
        match hear(&mut socket).await {
            Heard::Reply(Reply::Welcome { id, .. }) => (socket, id),
            other => panic!("no welcome: {other:?}"),
        }
    };
    let (mut anna, _) = enter().await;
    let mut deaf = Vec::new();
    for _ in 0..10 {
        deaf.push(enter().await);
    }
    let (before, _) = memory().await;
    let payload = "x".repeat(15_000);
    let mut sent = 0_u64;
    let mut most = before;
    in_time("all are closed", async {
        loop {
            for _ in 0..100 {
                for (_, id) in &deaf {
                    let text = crate::world::signal(*id, &format!("\"{payload}\""));
                    anna.feed(Message::text(text)).await.expect("it is sent");
                    sent += payload.len() as u64;
                }
            }
            anna.flush().await.expect("it is sent");
            let (now, closed) = memory().await;
            most = most.max(now);
            if closed > 9.5 {
                return;
            }
        }
    })
    .await;
    // The kernel holds some megabytes for each; the program 256 KiB and a message for each.
    assert!(sent > 10 << 20, "{sent} bytes were enough");
    let growth = most - before;
    assert!(growth < 10e6, "{growth} bytes more");
}

#[tokio::test]
async fn one_that_upgrades_too_slowly_is_closed() {
    let http_timeout = Duration::from_millis(200);
    let server = Server::start(Config { http_timeout, ..config() }).await;
    let mut stream = TcpStream::connect(server.address).await.expect("a connection");
    // Whole requests, again and again, and none that upgrades.
    let request = format!("GET /app.js HTTP/1.1\r\nHost: x\r\nIf-None-Match: {PATH}\r\n\r\n");
    let begun = Instant::now();
    in_time("the server closes", async {
        let mut buffer = vec![0; 1 << 16];
        while stream.write_all(request.as_bytes()).await.is_ok() {
            match stream.read(&mut buffer).await {
                Ok(0) | Err(_) => break,
                Ok(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    })
    .await;
    assert!(begun.elapsed() < 20 * http_timeout);
    server.stopped().await;
}
