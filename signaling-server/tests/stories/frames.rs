//! Frames: bytes from one peer to another that the server carries and does not read.

use std::time::{Duration, Instant};

use futures_util::{FutureExt, SinkExt, StreamExt};
use signaling_server::protocol::{FRAME_DATA_BYTES_MAX, Frame, PeerId, Reply};
use signaling_server::server::Config;
use tokio_tungstenite::tungstenite::Message;

use crate::world::{Heard, Peer, Server, config, connect, hear, in_time, join, say};

async fn send(from: &mut Peer, peer: PeerId, data: &[u8]) {
    let sent = from.socket.send(Message::binary(Frame { peer, data }.encode()));
    in_time("sending", sent).await.expect("it is sent");
}

/// The next frame; what else is said before is passed over.
async fn receive(to: &mut Peer) -> (PeerId, Vec<u8>) {
    loop {
        match in_time("a frame", to.socket.next()).await {
            Some(Ok(Message::Binary(bytes))) => {
                let Frame { peer, data } = Frame::parse(&bytes).expect("a frame");
                return (peer, data.to_vec());
            }
            Some(Ok(Message::Text(_) | Message::Ping(_))) => {}
            other => panic!("no frame: {other:?}"),
        }
    }
}

#[tokio::test]
async fn they_go_to_one_peer_of_the_room_in_order_with_the_senders_id() {
    let server = Server::start(config()).await;
    let mut anna = Peer::join(&server, "words").await;
    let mut bert = Peer::join(&server, "words").await;
    let mut eve = Peer::join(&server, "others").await;
    let long = vec![7; FRAME_DATA_BYTES_MAX];
    send(&mut eve, bert.id, b"from elsewhere").await;
    send(&mut anna, bert.id, b"first").await;
    send(&mut anna, PeerId(1), b"for nobody").await;
    send(&mut anna, bert.id, &long).await;
    send(&mut anna, bert.id, b"").await;
    for expected in [b"first".as_slice(), &long, b""] {
        assert_eq!(receive(&mut bert).await, (anna.id, expected.to_vec()));
    }
    server.stopped().await;
}

#[tokio::test]
async fn a_welcome_says_whether_they_are_carried_and_who_sends_one_all_the_same_is_closed() {
    for (frame_bytes_per_second, carried) in [(1000, true), (0, false)] {
        let server = Server::start(Config { frame_bytes_per_second, ..config() }).await;
        let mut socket = connect(server.address).await;
        say(&mut socket, &join("words", None)).await;
        let heard = hear(&mut socket).await;
        assert!(
            matches!(heard, Heard::Reply(Reply::Welcome { frames, .. }) if frames == carried),
            "{heard:?}"
        );
        let mut anna = Peer::join(&server, "words").await;
        if carried {
            // Too short to say whom it is for.
            anna.socket.send(Message::binary(vec![0; 7])).await.expect("it is sent");
        } else {
            let id = anna.id;
            send(&mut anna, id, b"to herself").await;
        }
        assert_eq!(anna.close_code().await, Some(1008));
        server.stopped().await;
    }
}

#[tokio::test]
async fn one_that_is_too_long_closes_its_sender() {
    let server = Server::start(config()).await;
    let mut anna = Peer::join(&server, "words").await;
    let mut bert = Peer::join(&server, "words").await;
    send(&mut anna, bert.id, &vec![7; FRAME_DATA_BYTES_MAX + 1]).await;
    assert_eq!(anna.close_code().await, Some(1009));
    assert!(matches!(bert.hear().await, Reply::Away { .. }));
    server.stopped().await;
}

#[tokio::test]
async fn what_comes_faster_than_it_may_waits_and_is_not_lost() {
    let rate = 400_000;
    let server = Server::start(Config { frame_bytes_per_second: rate, ..config() }).await;
    let mut anna = Peer::join(&server, "words").await;
    let mut bert = Peer::join(&server, "words").await;
    let (begun, count, to) = (Instant::now(), 40, bert.id);
    let sending = async {
        for number in 0..count {
            send(&mut anna, to, &[number; 16_000]).await;
        }
    };
    let receiving = async {
        for number in 0..count {
            assert_eq!(receive(&mut bert).await.1, [number; 16_000]);
        }
    };
    tokio::join!(sending, receiving);
    // 640,000 bytes, of which 262,144 may come at once.
    assert!(begun.elapsed() >= Duration::from_millis(900), "{:?}", begun.elapsed());
    // Signals have a rate of their own.
    bert.signal(anna.id, "1").await;
    in_time("the signal", async { while !matches!(anna.hear().await, Reply::Signal { .. }) {} })
        .await;
    server.stopped().await;
}

#[tokio::test]
async fn a_peer_that_reads_none_is_closed_and_the_others_go_on() {
    let config = Config {
        frame_bytes_per_second: u32::MAX,
        close_timeout: Duration::from_secs(20),
        ..config()
    };
    let server = Server::start(config).await;
    let mut anna = Peer::join(&server, "words").await;
    let mut bert = Peer::join(&server, "words").await;
    let mut carl = Peer::join(&server, "words").await;
    let heard = loop {
        match anna.socket.next().now_or_never() {
            Some(Some(Ok(Message::Text(text)))) if text.contains("away") => break text,
            _ => send(&mut anna, bert.id, &[7; 16_000]).await,
        }
    };
    assert!(heard.contains(&bert.id.0.to_string()), "{heard}");
    send(&mut anna, carl.id, b"still here").await;
    assert_eq!(receive(&mut carl).await, (anna.id, b"still here".to_vec()));
    let code = loop {
        match in_time("the close", bert.socket.next()).await {
            Some(Ok(Message::Close(frame))) => break frame.map(|frame| u16::from(frame.code)),
            Some(Ok(_)) => {}
            other => panic!("no close: {other:?}"),
        }
    };
    assert_eq!(code, Some(1013));
    drop((anna, bert, carl));
    server.stopped().await;
}
