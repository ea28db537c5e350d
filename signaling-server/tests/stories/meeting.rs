//! Peers who find each other, lose their sockets and come back.

use std::time::Duration;

use futures_util::SinkExt;
use signaling_server::protocol::{IceServer, PeerId, Reply, Token};
use signaling_server::server::Config;

use tokio_tungstenite::tungstenite::Message;

use crate::world::{Heard, Peer, Server, config, connect, hear, join, say, signal};

fn joined(reply: &Reply) -> PeerId {
    match reply {
        Reply::Joined { peer, offer: false } => *peer,
        other => panic!("not joined: {other:?}"),
    }
}

fn away(reply: &Reply) -> PeerId {
    match reply {
        Reply::Away { peer } => *peer,
        other => panic!("not away: {other:?}"),
    }
}

fn left(reply: &Reply) -> PeerId {
    match reply {
        Reply::Left { peer } => *peer,
        other => panic!("not left: {other:?}"),
    }
}

#[tokio::test]
async fn two_peers_meet_and_signal_each_other() {
    let server = Server::start(config()).await;
    let mut anna = Peer::join(&server, "words").await;
    assert!(anna.others.is_empty());
    let mut bert = Peer::join(&server, "words").await;
    assert_eq!(bert.others, [anna.id]);
    assert_eq!(joined(&anna.hear().await), bert.id);

    bert.signal(anna.id, r#"{"offer":1}"#).await;
    let expected = format!(r#"{{"type":"signal","from":{},"payload":{{"offer":1}}}}"#, bert.id.0);
    assert_eq!(anna.hear_text().await, expected);
    anna.signal(bert.id, r#"{"answer":2}"#).await;
    let expected = format!(r#"{{"type":"signal","from":{},"payload":{{"answer":2}}}}"#, anna.id.0);
    assert_eq!(bert.hear_text().await, expected);
    server.stopped().await;
}

#[tokio::test]
async fn a_payload_arrives_byte_for_byte() {
    let server = Server::start(config()).await;
    let mut anna = Peer::join(&server, "words").await;
    let mut bert = Peer::join(&server, "words").await;
    anna.hear().await;
    // What a reader and writer of JSON would not leave alone.
    for payload in [
        r#"{ "b" : 1.0e+2,  "a":[ ], "b":"twice", "\u0041":"\u2028\/" }"#,
        "123456789012345678901234567890.000",
        "null",
        "\"\u{1f4f7} \u{202e}\"",
        "[\n\t1 ,\r\n 2]",
    ] {
        bert.signal(anna.id, payload).await;
        let Reply::Signal { from, payload: got } = anna.hear().await else {
            panic!("no signal");
        };
        assert_eq!(from, bert.id);
        assert_eq!(got.get(), payload);
    }
    server.stopped().await;
}

#[tokio::test]
async fn a_signal_reaches_nobody_in_another_room_and_nobody_who_is_not_there() {
    let server = Server::start(config()).await;
    let mut anna = Peer::join(&server, "one").await;
    let mut bert = Peer::join(&server, "two").await;
    bert.signal(anna.id, "1").await;
    bert.signal(PeerId(0), "2").await;
    bert.signal(bert.id, "3").await;
    let Reply::Signal { payload, .. } = bert.hear().await else {
        panic!("no signal");
    };
    assert_eq!(payload.get(), "3");
    anna.signal(anna.id, "4").await;
    let Reply::Signal { payload, .. } = anna.hear().await else {
        panic!("no signal");
    };
    assert_eq!(payload.get(), "4");
    server.stopped().await;
}

/// All at once: more than may wait for a peer, less than the kernel holds for it.
async fn burst(from: &mut Peer, to: PeerId, payload: &str) {
    for _ in 0..100 {
        let message = Message::text(signal(to, payload));
        from.socket.feed(message).await.expect("it is sent");
    }
    from.socket.flush().await.expect("it is sent");
}

async fn hundred_signals(at: &mut Peer) {
    for _ in 0..100 {
        assert!(matches!(at.hear().await, Reply::Signal { .. }));
    }
}

#[tokio::test]
async fn bursts_both_ways_arrive_whole_at_peers_that_read() {
    let config = Config { messages_burst: 300, queue_bytes_max: 8 * 1024, ..config() };
    let server = Server::start(config).await;
    let mut anna = Peer::join(&server, "words").await;
    let mut bert = Peer::join(&server, "words").await;
    anna.hear().await;
    let (to_anna, to_bert) = (anna.id, bert.id);
    let long = format!("\"{}\"", "x".repeat(1000));
    for payload in ["1", &long] {
        tokio::join!(burst(&mut anna, to_bert, payload), burst(&mut bert, to_anna, payload),);
        tokio::join!(hundred_signals(&mut anna), hundred_signals(&mut bert));
    }
    server.stopped().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newcomer_to_a_full_room_hears_everyone_at_once() {
    let server = Server::start(config()).await;
    let mut peers = Vec::new();
    for _ in 0..15 {
        peers.push(Peer::join(&server, "words").await);
    }
    let mut late = Peer::join(&server, "words").await;
    let to = late.id;
    let bursts: Vec<_> = peers
        .into_iter()
        .map(|mut peer| {
            tokio::spawn(async move {
                burst(&mut peer, to, "1").await;
                peer
            })
        })
        .collect();
    for _ in 0..15 {
        hundred_signals(&mut late).await;
    }
    drop(bursts);
    server.stopped().await;
}

#[tokio::test]
async fn the_welcome_names_the_ice_servers() {
    let stun = IceServer {
        urls: vec!["stun:stun.example:3478".to_owned()],
        username: None,
        credential: None,
    };
    let config = Config { ice_servers: vec![stun.clone()], ..config() };
    let server = Server::start(config).await;
    let mut socket = connect(server.address).await;
    say(&mut socket, &join("words", None)).await;
    let Heard::Reply(Reply::Welcome { ice_servers, .. }) = hear(&mut socket).await else {
        panic!("no welcome");
    };
    assert_eq!(ice_servers, [stun]);
    server.stopped().await;
}

#[tokio::test]
async fn a_seventeenth_peer_is_refused() {
    let server = Server::start(config()).await;
    let mut peers = Vec::new();
    for others in 0..16 {
        let peer = Peer::join(&server, "words").await;
        assert_eq!(peer.others.len(), others);
        peers.push(peer);
    }
    let mut late = connect(server.address).await;
    say(&mut late, &join("words", None)).await;
    let heard = hear(&mut late).await;
    let Heard::Reply(refused @ Reply::Refused { .. }) = heard else {
        panic!("not refused: {heard:?}");
    };
    let text = serde_json::to_string(&refused).expect("a reply");
    assert_eq!(text, r#"{"type":"refused","reason":"room_full"}"#);
    assert!(matches!(hear(&mut late).await, Heard::Close(Some(1008))));
    server.stopped().await;
}

#[tokio::test]
async fn a_room_too_many_is_refused_and_welcome_again_when_one_is_empty() {
    let config = Config { rooms_max: 1, ..config() };
    let server = Server::start(config).await;
    let mut anna = Peer::join(&server, "one").await;
    let mut bert = connect(server.address).await;
    say(&mut bert, &join("two", None)).await;
    let heard = hear(&mut bert).await;
    assert!(matches!(heard, Heard::Reply(Reply::Refused { .. })));

    anna.say(r#"{"type":"leave"}"#).await;
    assert_eq!(anna.close_code().await, Some(1000));
    Peer::join(&server, "two").await;
    server.stopped().await;
}

#[tokio::test]
async fn a_lost_socket_comes_back_with_its_token_and_keeps_its_id() {
    let server = Server::start(config()).await;
    let mut anna = Peer::join(&server, "words").await;
    let mut bert = Peer::join(&server, "words").await;
    assert_eq!(joined(&anna.hear().await), bert.id);
    anna.signal(bert.id, "0").await;
    assert!(matches!(bert.hear().await, Reply::Signal { .. }));

    drop(bert.socket);
    assert_eq!(away(&anna.hear().await), bert.id);
    let mut back = Peer::come_back(&server, "words", &bert.token).await;
    assert_eq!(back.id, bert.id);
    assert_eq!(back.others, [anna.id]);
    assert_eq!(joined(&anna.hear().await), bert.id);

    anna.signal(bert.id, "1").await;
    assert!(matches!(back.hear().await, Reply::Signal { .. }));
    server.stopped().await;
}

#[tokio::test]
async fn a_comeback_supersedes_a_socket_that_seems_alive() {
    let server = Server::start(config()).await;
    let mut anna = Peer::join(&server, "words").await;
    let mut bert = Peer::join(&server, "words").await;
    assert_eq!(joined(&anna.hear().await), bert.id);
    anna.signal(bert.id, "0").await;
    assert!(matches!(bert.hear().await, Reply::Signal { .. }));

    let mut back = Peer::come_back(&server, "words", &bert.token).await;
    assert_eq!(back.id, bert.id);
    assert_eq!(away(&anna.hear().await), bert.id);
    assert_eq!(joined(&anna.hear().await), bert.id);
    assert_eq!(bert.close_code().await, Some(4001));
    drop(bert);

    // The loss of the old socket is not heard as a loss of the peer: the signal is next.
    back.signal(anna.id, "1").await;
    assert!(matches!(anna.hear().await, Reply::Signal { .. }));
    anna.signal(back.id, "2").await;
    assert!(matches!(back.hear().await, Reply::Signal { .. }));
    server.stopped().await;
}

#[tokio::test]
async fn a_token_that_is_in_use_elsewhere_or_unknown_makes_a_new_peer() {
    let server = Server::start(config()).await;
    let anna = Peer::join(&server, "one").await;
    let elsewhere = Peer::come_back(&server, "two", &anna.token).await;
    assert_ne!(elsewhere.id, anna.id);
    let unknown = Peer::come_back(&server, "two", &Token("unknown".to_owned())).await;
    assert_eq!(unknown.others, [elsewhere.id]);
    server.stopped().await;
}

#[tokio::test]
async fn a_server_that_begins_anew_gives_the_same_ids_again() {
    let server = Server::start(config()).await;
    let anna = Peer::join(&server, "words").await;
    let bert = Peer::join(&server, "words").await;
    server.stopped().await;

    let server = Server::start(config()).await;
    let bert_again = Peer::come_back(&server, "words", &bert.token).await;
    let anna_again = Peer::come_back(&server, "words", &anna.token).await;
    assert_eq!((anna_again.id, bert_again.id), (anna.id, bert.id));
    assert_eq!(anna_again.others, [bert.id]);
    server.stopped().await;
}

#[tokio::test]
async fn who_leaves_has_left_and_who_stays_away_has_left_in_the_end() {
    let config = Config { grace: Duration::from_millis(50), ..config() };
    let server = Server::start(config).await;
    let mut anna = Peer::join(&server, "words").await;
    let mut bert = Peer::join(&server, "words").await;
    assert_eq!(joined(&anna.hear().await), bert.id);
    bert.say(r#"{"type":"leave"}"#).await;
    assert_eq!(left(&anna.hear().await), bert.id);
    assert_eq!(bert.close_code().await, Some(1000));

    let carl = Peer::join(&server, "words").await;
    assert_eq!(joined(&anna.hear().await), carl.id);
    drop(carl.socket);
    assert_eq!(away(&anna.hear().await), carl.id);
    assert_eq!(left(&anna.hear().await), carl.id);
    let late = Peer::come_back(&server, "words", &carl.token).await;
    assert_eq!(joined(&anna.hear().await), late.id);
    server.stopped().await;
}
