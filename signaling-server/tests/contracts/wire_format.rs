//! Every message as text and as a value: old peers and browser pages depend on each letter.

use serde_json::value::RawValue;
use signaling_server::protocol::{
    IceServer, Payload, PeerId, Refusal, Reply, Request, RoomId, Token,
};

fn room(text: &str) -> RoomId {
    RoomId::try_from(text.to_owned()).expect("a room id")
}

fn token(text: &str) -> Token {
    Token(text.to_owned())
}

fn payload(text: &str) -> Payload {
    RawValue::from_string(text.to_owned()).expect("a JSON value")
}

fn requests() -> Vec<(Request, &'static str)> {
    vec![
        (
            Request::Join { version: 1, room: room("crane-velvet_7"), token: None },
            r#"{"type":"join","version":1,"room":"crane-velvet_7"}"#,
        ),
        (
            Request::Join { version: 1, room: room("r"), token: Some(token("00ff")) },
            r#"{"type":"join","version":1,"room":"r","token":"00ff"}"#,
        ),
        (
            Request::Signal {
                to: PeerId(9_007_199_254_740_991),
                payload: payload(r#"{"sealed": "…" , "n":1e0}"#),
            },
            r#"{"type":"signal","to":9007199254740991,"payload":{"sealed": "…" , "n":1e0}}"#,
        ),
        (
            Request::Signal { to: PeerId(1), payload: payload("null") },
            r#"{"type":"signal","to":1,"payload":null}"#,
        ),
        (Request::Leave, r#"{"type":"leave"}"#),
    ]
}

fn replies() -> Vec<(Reply, &'static str)> {
    let turn = IceServer {
        urls: vec!["turn:t.example:3478".to_owned()],
        username: Some("u".to_owned()),
        credential: Some("c".to_owned()),
    };
    let stun = IceServer {
        urls: vec!["stun:s.example".to_owned(), "stun:t.example".to_owned()],
        username: None,
        credential: None,
    };
    let refused = |reason| Reply::Refused { reason };
    vec![
        (
            Reply::Welcome {
                version: 1,
                id: PeerId(5),
                peers: vec![PeerId(6), PeerId(7)],
                ice_servers: vec![stun, turn],
                token: token("00ff"),
                frames: true,
            },
            concat!(
                r#"{"type":"welcome","version":1,"id":5,"peers":[6,7],"ice_servers":["#,
                r#"{"urls":["stun:s.example","stun:t.example"]},"#,
                r#"{"urls":["turn:t.example:3478"],"username":"u","credential":"c"}],"#,
                r#""token":"00ff","frames":true}"#,
            ),
        ),
        (Reply::Joined { peer: PeerId(5), offer: false }, r#"{"type":"joined","peer":5}"#),
        (
            Reply::Joined { peer: PeerId(5), offer: true },
            r#"{"type":"joined","peer":5,"offer":true}"#,
        ),
        (Reply::Away { peer: PeerId(5) }, r#"{"type":"away","peer":5}"#),
        (Reply::Left { peer: PeerId(5) }, r#"{"type":"left","peer":5}"#),
        (
            Reply::Signal { from: PeerId(5), payload: payload(r#"[ "kept" ,  "as it came" ]"#) },
            r#"{"type":"signal","from":5,"payload":[ "kept" ,  "as it came" ]}"#,
        ),
        (refused(Refusal::RoomFull), r#"{"type":"refused","reason":"room_full"}"#),
        (refused(Refusal::ServerFull), r#"{"type":"refused","reason":"server_full"}"#),
        (refused(Refusal::Version), r#"{"type":"refused","reason":"version"}"#),
        (refused(Refusal::Malformed), r#"{"type":"refused","reason":"malformed"}"#),
        (Reply::Bye { retry_after_ms: 9999 }, r#"{"type":"bye","retry_after_ms":9999}"#),
    ]
}

fn text(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("messages can be written")
}

#[test]
fn every_request_is_written_as_this_text_and_read_back() {
    for (request, golden) in requests() {
        assert_eq!(text(&request), golden);
        let read: Request = serde_json::from_str(golden).expect(golden);
        assert_eq!(text(&read), golden);
    }
}

#[test]
fn every_reply_is_written_as_this_text_and_read_back() {
    for (reply, golden) in replies() {
        assert_eq!(text(&reply), golden);
        let read: Reply = serde_json::from_str(golden).expect(golden);
        assert_eq!(text(&read), golden);
    }
}

#[test]
fn fields_come_in_any_order_and_unknown_ones_are_passed_over() {
    let read: Request = serde_json::from_str(
        r#" { "payload" : {"a": [1,  2]} , "later": true, "to": 3, "type": "signal" } "#,
    )
    .expect("a signal");
    let Request::Signal { to, payload } = read else {
        panic!("{read:?}");
    };
    assert_eq!(to, PeerId(3));
    assert_eq!(payload.get(), r#"{"a": [1,  2]}"#);
}

#[test]
fn a_text_that_is_no_request_is_an_error() {
    let long = format!(r#"{{"type":"join","version":1,"room":"{}"}}"#, "a".repeat(65));
    let deep = "[".repeat(10_000);
    for text in [
        "",
        "null",
        "{}",
        "[]",
        r#"{"type":"join","version":1}"#,
        r#"{"type":"join","version":1,"room":""}"#,
        r#"{"type":"join","version":1,"room":"no spaces"}"#,
        r#"{"type":"join","version":-1,"room":"r"}"#,
        r#"{"type":"join","room":"r"}"#,
        r#"{"type":"signal","to":1}"#,
        r#"{"type":"signal","payload":1}"#,
        r#"{"type":"signal","to":"1","payload":1}"#,
        r#"{"type":"signal","to":1,"to":2,"payload":1}"#,
        r#"{"type":"signal","to":1,"payload":}"#,
        r#"{"type":"welcome"}"#,
        r#"{"type":"leave"} trailing"#,
        &long,
        &deep,
    ] {
        assert!(serde_json::from_str::<Request>(text).is_err(), "{text}");
    }
}

#[test]
fn an_error_names_the_missing_field() {
    let error = serde_json::from_str::<Request>(r#"{"type":"signal","to":1}"#);
    let error = error.expect_err("a signal without a payload").to_string();
    assert!(error.contains("missing field `payload`"), "{error}");
}

#[test]
fn a_token_does_not_show_in_debug_output() {
    let (join, _) = requests().remove(1);
    assert!(!format!("{join:?}").contains("00ff"));
}
