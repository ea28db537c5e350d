//! A whole evening, and what is in the log of it afterwards: nothing of anybody, at any level.

use std::io::Read;

use signaling_server::protocol::Reply;

use crate::process::Running;
use crate::stun::{Access, Client};
use crate::unruly::{answer, upgrade};
use crate::world::{Heard, close_code, connect, hear, join, say, signal};

const ROOM: &str = "velvet-orbit-7c41";
const PAYLOAD: &str = "a-secret-payload-91f3";
const FORWARDED: &str = "198.51.100.77";

/// People come, talk, go, come back and behave badly; what there is to hide, and the log.
async fn evening(options: &[&str]) -> (Vec<String>, String) {
    let listen = ["--listen", "127.0.0.1:0", "--trust-proxy", "127.0.0.0/8"];
    let turn = ["--turn", "127.0.0.1:0", "--turn-allow-private", "--metrics", "127.0.0.1:0"];
    let limits = ["--messages-burst", "40", "--messages-per-second", "1"];
    let mut running = Running::start(&[&listen[..], &turn, &limits, options].concat());
    // Read as it comes, so that the program never waits for us.
    let mut stderr = running.child.stderr.take().expect("its stderr");
    let log = std::thread::spawn(move || {
        let mut log = String::new();
        stderr.read_to_string(&mut log).map(|_| log)
    });
    let enter = async |token| {
        let mut socket = connect(running.address).await;
        say(&mut socket, &join(ROOM, token)).await;
        match hear(&mut socket).await {
            Heard::Reply(Reply::Welcome { id, token, ice_servers, .. }) => {
                (socket, id, token, ice_servers)
            }
            other => panic!("no welcome: {other:?}"),
        }
    };
    let (mut anna, anna_id, anna_token, ice_servers) = enter(None).await;
    let (mut bert, bert_id, bert_token, _) = enter(None).await;
    hear(&mut anna).await;
    say(&mut bert, &signal(anna_id, &format!("\"{PAYLOAD}\""))).await;
    hear(&mut anna).await;
    let access = Access::of(&ice_servers);
    let mut relayed = Client::new("127.0.0.1", access.clone()).await;
    assert_eq!(relayed.allocate().await.code(), None);

    drop(bert);
    hear(&mut anna).await;
    let (mut bert, ..) = enter(Some(&bert_token)).await;
    hear(&mut anna).await;
    say(&mut bert, &format!("{{\"type\":\"nonsense\",\"{ROOM}\":\"{PAYLOAD}\"}}")).await;
    assert_eq!(close_code(&mut bert).await, Some(1008));
    for _ in 0..60 {
        say(&mut anna, &signal(bert_id, &format!("\"{PAYLOAD}\""))).await;
    }
    assert_eq!(close_code(&mut anna).await, Some(1008));
    for headers in [
        format!("X-Forwarded-For: {FORWARDED}\r\nOrigin: https://{ROOM}.example\r\n"),
        format!("X-Forwarded-For: {FORWARDED}\r\nX-Filler: {}\r\n", PAYLOAD.repeat(900)),
    ] {
        answer(running.address, &upgrade(running.address, &headers)).await;
    }
    let mut storm = Vec::new();
    for _ in 0..42 {
        let headers = format!("X-Forwarded-For: {FORWARDED}\r\n");
        let request = upgrade(running.address, &headers);
        let mut stream = std::net::TcpStream::connect(running.address).expect("a connection");
        std::io::Write::write_all(&mut stream, request.as_bytes()).expect("it is sent");
        let mut status = [0; 12];
        stream.read_exact(&mut status).expect("an answer");
        storm.push((stream, status));
    }
    assert_eq!(&storm.last().expect("the last").1, b"HTTP/1.1 429");
    answer(running.address, &format!("GET /{ROOM} HTTP/1.1\r\nHost: {FORWARDED}\r\n\r\n")).await;

    running.child.kill().expect("it ends");
    let log = log.join().expect("no panic").expect("a log");
    let ids = [anna_id, bert_id].map(|it| [it.0.to_string(), it.to_string()]).concat();
    let words = [ROOM, PAYLOAD, FORWARDED, "127.0.0.1"].map(str::to_owned);
    let tokens = [anna_token.0, bert_token.0, access.username, access.password];
    ([&ids[..], &words, &tokens].concat(), log)
}

#[tokio::test]
async fn nothing_of_anybody_is_in_the_log_of_an_evening_at_debug() {
    let (private, log) = evening(&["--log", "debug"]).await;
    for step in ["joined", "closing", "Flood", "serving"] {
        assert!(log.contains(step), "{step} in the log: {log}");
    }
    for private in private {
        assert!(!log.contains(&private), "{private} in the log: {log}");
    }
}

#[tokio::test]
async fn nothing_of_anybody_is_in_the_log_of_an_evening_in_json() {
    let (private, log) = evening(&["--log", "trace", "--log-format", "json"]).await;
    let mut steps = 0;
    for line in log.lines() {
        let line: serde_json::Value = serde_json::from_str(line).expect("an object each line");
        for field in ["timestamp", "level", "message", "target"] {
            assert!(line.get(field).is_some_and(serde_json::Value::is_string), "{field}: {line}");
        }
        steps += 1;
    }
    assert!(steps > 10, "{log}");
    // At trace, what is below this program tells more of itself: here it is this program that counts.
    let own: String = log.lines().filter(|it| it.contains("signaling_server")).collect();
    for private in private {
        assert!(!own.contains(&private), "{private} in the log: {own}");
    }
}
