//! The vectors that every implementation of the tunnel is tested with: `tunnel.json`, which a test
//! compares with what is made here. All bytes are hexadecimal digits in lower case.

use super::{CHUNK_BYTES_MAX, Number, Secret, Session, Side};
use crate::transfer::message::CONTROL_BYTES_MAX;
use data_encoding::HEXLOWER;
use serde::Serialize;

#[derive(Serialize)]
struct Vectors {
    number: u32,
    offerer: End,
    answerer: End,
    /// What the offerer says.
    offered: Vec<Said>,
    /// What the answerer says.
    answered: Vec<Said>,
}

#[derive(Serialize)]
struct End {
    secret: String,
    share: String,
}

/// What is said, and the frames that it becomes.
#[derive(Serialize)]
struct Said {
    kind: &'static str,
    data: String,
    frames: Vec<String>,
}

const FILE: &str = include_str!("../../tests/contracts/golden/tunnel.json");

#[test]
fn the_file_is_what_this_implementation_makes() {
    let made = serde_json::to_string_pretty(&all()).expect("plain") + "\n";
    if std::env::var_os("UPDATE_VECTORS").is_some() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/contracts/golden/tunnel.json");
        std::fs::write(file, &made).expect("the file is written");
        return;
    }
    assert!(
        FILE == made,
        "tunnel.json is not what this implementation makes: if that is meant, renew it with \
         UPDATE_VECTORS=1 cargo test --lib tunnel::tests, and the label of its keys"
    );
}

fn all() -> Vectors {
    let secrets = [[0x11; 32], [0x22; 32]].map(Secret::new);
    let shares = [secrets[0].share(), secrets[1].share()];
    let number = Number(4_026_531_840);
    let session = |own: usize, side| {
        let keys = secrets[own].agree(side, number, shares[1 - own]).expect("a good share");
        Session::new(number, &keys)
    };
    let (mut one, mut other) = (session(0, Side::Offerer), session(1, Side::Answerer));
    let end = |byte: u8, at: usize| End {
        secret: HEXLOWER.encode(&[byte; 32]),
        share: shares[at].into(),
    };
    let long: Vec<u8> = (b'a'..=b'z').cycle().take(CONTROL_BYTES_MAX).collect();
    let chunk: Vec<u8> = (0..=u8::MAX).cycle().take(CHUNK_BYTES_MAX).collect();
    Vectors {
        number: number.0,
        offerer: end(0x11, 0),
        answerer: end(0x22, 1),
        offered: vec![
            said(&mut one, "ping", b"12345678", |it| it.ping(*b"12345678")),
            said(&mut one, "control", b"{}", |it| it.control(b"{}")),
            said(&mut one, "control", &long, |it| it.control(&long)),
            said(&mut one, "chunk", &chunk, |it| it.chunk(&chunk)),
            said(&mut one, "bye", b"", Session::bye),
        ],
        answered: vec![
            said(&mut other, "taken", &[0, 0, 0, 1], Session::take),
            said(&mut other, "taken", &[0, 0, 0, 2], Session::take),
            said(&mut other, "control", b"[]", |it| it.control(b"[]")),
        ],
    }
}

fn said(
    session: &mut Session,
    kind: &'static str,
    data: &[u8],
    say: impl FnOnce(&mut Session),
) -> Said {
    say(session);
    let frames = std::iter::from_fn(|| session.poll_frame());
    let frames = frames.map(|frame| HEXLOWER.encode(&frame)).collect();
    Said { kind, data: HEXLOWER.encode(data), frames }
}
