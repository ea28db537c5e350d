//! A server that goes down: told to everyone, and over within a bounded time.

use std::time::{Duration, Instant};

use signaling_server::protocol::Reply;
use signaling_server::server::Config;
use tokio::net::TcpStream;

use crate::world::{Peer, Server, connect, in_time};

#[tokio::test]
async fn a_shutdown_says_bye_to_everyone_and_closes_with_1001() {
    let server = Server::start(Config::default()).await;
    let mut peers = Vec::new();
    for room in 0..8 {
        peers.push(Peer::join(&server, &format!("room-{room}")).await);
    }
    server.stop();
    let mut spread = Vec::new();
    for peer in &mut peers {
        let Reply::Bye { retry_after_ms } = peer.hear().await else {
            panic!("no bye");
        };
        assert!(retry_after_ms < 10_000);
        spread.push(retry_after_ms);
        assert_eq!(peer.close_code().await, Some(1001));
    }
    spread.dedup();
    assert!(spread.len() > 1, "all are to come back at once");

    let address = server.address;
    server.stopped().await;
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_those_who_never_answer() {
    let config = Config { close_timeout: Duration::from_millis(200), ..Config::default() };
    let server = Server::start(config).await;
    let silent = Peer::join(&server, "words").await;
    let not_joined = connect(server.address).await;
    let not_upgraded = TcpStream::connect(server.address).await;
    let begun = Instant::now();
    server.stopped().await;
    // The limits of a handshake are 5 and 10 s: none of them was waited for.
    assert!(begun.elapsed() < Duration::from_secs(4));
    drop((silent, not_joined, not_upgraded));
}

#[tokio::test]
async fn a_server_whose_future_is_dropped_closes_its_sockets() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let never = tokio_util::sync::CancellationToken::new();
    let serving = tokio::spawn(signaling_server::server::serve(listener, Config::default(), never));
    let mut socket = connect(address).await;
    crate::world::say(&mut socket, &crate::world::join("words", None)).await;
    serving.abort();
    let code = in_time("the close", crate::world::close_code(&mut socket)).await;
    assert_eq!(code, Some(1001));
}
