//! Many from one address: so many get in, the rest are told when to come again, and those of other
//! addresses notice nothing. A proxy on this machine says where they are from.

use std::time::Duration;

use futures_util::future::join_all;
use signaling_server::protocol::{Reply, Token};
use signaling_server::server::Config;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, http};

use crate::monitoring::metric;
use crate::unruly::{answer, upgrade};
use crate::world::{Heard, Peer, Server, config, connect, hear, in_time, join, say};

/// Whoever comes from this machine is a proxy.
fn behind_a_proxy() -> Config {
    let trust_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
    Config { trust_proxies, ..config() }
}

/// Comes from somewhere; the server's answer if it is not let in.
async fn come(
    server: &Server,
    from: &str,
) -> Result<WebSocketStream<TcpStream>, http::Response<Option<Vec<u8>>>> {
    let url = format!("ws://{}{}", server.address, signaling_server::protocol::PATH);
    let mut request = url.into_client_request().expect("a request");
    request.headers_mut().insert("x-forwarded-for", from.parse().expect("a value"));
    let stream = TcpStream::connect(server.address).await.expect("a connection");
    let upgraded = tokio_tungstenite::client_async(request, stream);
    match in_time("the upgrade", upgraded).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(response)) => Err(*response),
        Err(error) => panic!("{error}"),
    }
}

fn retry_after(response: &http::Response<Option<Vec<u8>>>) -> u64 {
    assert_eq!(response.status(), 429);
    let value = response.headers().get("retry-after").expect("it is said when to come again");
    value.to_str().ok().and_then(|it| it.parse().ok()).expect("seconds")
}

#[tokio::test]
async fn a_storm_from_one_address_gets_forty_in_and_is_told_when_to_come_again() {
    let server = Server::start(behind_a_proxy()).await;
    let storm = join_all((0..100).map(|_| come(&server, "192.0.2.1"))).await;
    let (inside, outside): (Vec<_>, Vec<_>) = storm.into_iter().partition(Result::is_ok);
    // One more comes in for each three seconds that this takes.
    assert!((40..=46).contains(&inside.len()), "{}", inside.len());
    for response in outside.into_iter().filter_map(Result::err) {
        assert!((1..=3).contains(&retry_after(&response)));
    }

    let mut other = come(&server, "192.0.2.2").await.expect("somebody else is let in");
    say(&mut other, &join("words", None)).await;
    assert!(matches!(hear(&mut other).await, Heard::Reply(Reply::Welcome { .. })));
    let turned_away = metric(&server, "signaling_upgrades_total{result=\"rate\"}").await;
    assert!((54.0..=60.0).contains(&turned_away), "{turned_away}");
    server.stopped().await;
}

#[tokio::test]
async fn a_storm_that_comes_back_is_let_in_when_it_was_told_to() {
    // A second of it is what a minute is otherwise.
    let config = Config { upgrades_per_minute: 60, upgrades_burst: 2, ..behind_a_proxy() };
    let server = Server::start(config).await;
    let _inside = (come(&server, "192.0.2.1").await, come(&server, "192.0.2.1").await);
    let refused = come(&server, "192.0.2.1").await.expect_err("one too many");
    tokio::time::sleep(Duration::from_secs(retry_after(&refused))).await;
    come(&server, "192.0.2.1").await.expect("it waited as it was told to");
    server.stopped().await;
}

#[tokio::test]
async fn a_full_house_that_comes_to_a_server_started_anew_is_let_in_as_who_it_was() {
    let before = Server::start(behind_a_proxy()).await;
    let address = |number: usize| format!("192.0.2.{}", number % 50);
    let enter = async |server: &Server, number: usize, token: Option<&Token>| {
        let mut socket = come(server, &address(number)).await.expect("it is let in");
        say(&mut socket, &join(&format!("room-{}", number % 20), token)).await;
        match hear(&mut socket).await {
            Heard::Reply(Reply::Welcome { id, token, .. }) => (socket, id, token),
            other => panic!("no welcome: {other:?}"),
        }
    };
    let peers = join_all((0..300).map(|number| enter(&before, number, None))).await;
    before.stopped().await;
    let after = Server::start(behind_a_proxy()).await;
    let back = peers.iter().enumerate().map(|(number, it)| enter(&after, number, Some(&it.2)));
    let back = join_all(back).await;
    for ((_, id, token), (_, id_after, token_after)) in peers.iter().zip(&back) {
        assert_eq!((id, &token.0), (id_after, &token_after.0));
    }
    for (name, wanted) in [("signaling_rooms", 20.0), ("signaling_peers_here", 300.0)] {
        let found = metric(&after, name).await;
        assert!((found - wanted).abs() < 0.5, "{name}: {found}");
    }
    after.stopped().await;
}

#[tokio::test]
async fn no_more_than_so_many_websockets_of_an_address_stay_open() {
    let config = Config { sockets_per_address: 3, ..behind_a_proxy() };
    let server = Server::start(config).await;
    let mut inside = Vec::new();
    for last in 1..=3 {
        // One customer's addresses of IPv6 are one.
        let from = format!("2001:db8:0:4200::{last}");
        inside.push(come(&server, &from).await.expect("it is let in"));
    }
    let refused = come(&server, "2001:db8:0:42ff::4").await.expect_err("one too many");
    assert_eq!(retry_after(&refused), 60);
    come(&server, "2001:db8:0:4300::4").await.expect("another customer is let in");

    inside.pop();
    in_time("a place is free", async {
        while come(&server, "2001:db8:0:4200::4").await.is_err() {}
    })
    .await;
    server.stopped().await;
}

#[tokio::test]
async fn what_somebody_makes_up_before_the_proxy_is_not_believed() {
    let config = Config { upgrades_burst: 1, ..behind_a_proxy() };
    let server = Server::start(config).await;
    let _first = come(&server, "198.51.100.1, 192.0.2.1").await.expect("the first");
    for made_up in ["198.51.100.2", "127.0.0.1", "nonsense", "198.51.100.3, 198.51.100.4"] {
        let refused = come(&server, &format!("{made_up}, 192.0.2.1")).await;
        assert!(retry_after(&refused.expect_err("the same one")) >= 1, "{made_up}");
    }
    server.stopped().await;
}

#[tokio::test]
async fn without_a_proxy_this_machine_is_not_counted_and_what_it_says_not_read() {
    let config = Config { upgrades_burst: 1, sockets_per_address: 1, ..config() };
    let server = Server::start(config).await;
    let mut inside = Vec::new();
    for _ in 0..5 {
        inside.push(connect(server.address).await);
        inside.push(come(&server, "192.0.2.1").await.expect("let in"));
    }
    server.stopped().await;
}

#[tokio::test]
async fn one_who_guesses_rooms_has_so_many_guesses_a_minute() {
    let server = Server::start(behind_a_proxy()).await;
    let _anna = Peer::join(&server, "words").await;
    let mut guesses = 0;
    loop {
        // A websocket joins once, so each guess is an upgrade, whatever becomes of it.
        let Ok(mut socket) = come(&server, "192.0.2.1").await else { break };
        say(&mut socket, &join(&format!("guess-{guesses}"), None)).await;
        let Heard::Reply(Reply::Welcome { peers, .. }) = hear(&mut socket).await else {
            panic!("no welcome");
        };
        assert!(peers.is_empty());
        say(&mut socket, &join("words", None)).await;
        assert!(matches!(hear(&mut socket).await, Heard::Close(Some(1008))));
        guesses += 1;
    }
    assert!((40..=46).contains(&guesses), "{guesses}");
    server.stopped().await;
}

#[tokio::test]
async fn a_page_of_elsewhere_uses_up_nothing_of_its_visitors() {
    let config = Config { upgrades_burst: 1, ..behind_a_proxy() };
    let server = Server::start(config).await;
    let hostile = "Origin: https://elsewhere.example\r\nX-Forwarded-For: 192.0.2.1\r\n";
    for _ in 0..3 {
        let answer = answer(server.address, &upgrade(server.address, hostile)).await;
        assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    }
    come(&server, "192.0.2.1").await.expect("the visitor is let in");
    server.stopped().await;
}
