//! Every message between two peers as text and as a value: old peers and browser pages depend on
//! each letter. The texts lie in `golden/`, one file each, for tests in other languages too.

use bytes::Bytes;
use peersnap::negotiation::{Attempt, Body, Candidate, Signal};
use peersnap::path::Packets;
use peersnap::text::{EntryName, FileName, SafeText};
use peersnap::transfer::manifest::{
    DEPTH_MAX, ENTRIES_MAX, Entry, EntryPath, HEAD_BYTES_MAX, Kind, LENGTH_BYTES, PATH_BYTES_MAX,
};
use peersnap::transfer::message::{
    CHUNK_BYTES_MAX, CHUNK_DATA_BYTES_MAX, CHUNK_HEADER_BYTES, CONTROL_BYTES_MAX, Message, VERSION,
};
use peersnap::transfer::{
    Chunk, Device, Digest, Dimensions, Fingerprint, Hello, Limits, Manifest, MediaType, Proposal,
    Reason, SessionId, Tally, TransferId,
};
use peersnap::tunnel;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::path::PathBuf;

#[test]
fn every_message_is_written_as_its_golden_file_and_read_back() {
    for (file, message) in messages() {
        is_golden(file, &message);
    }
}

#[test]
fn every_signal_is_written_as_its_golden_file_and_read_back() {
    for (file, signal) in signals() {
        is_golden(file, &signal);
    }
}

#[test]
fn every_reason_is_written_as_its_golden_file_and_read_back() {
    is_golden("reasons.json", &reasons().to_vec());
}

#[test]
fn the_numbers_of_the_format_are_those_of_their_golden_file() {
    let numbers = json!({
        "version": VERSION,
        "control_bytes_max": CONTROL_BYTES_MAX,
        "chunk_bytes_max": CHUNK_BYTES_MAX,
        "chunk_header_bytes": CHUNK_HEADER_BYTES,
        "chunk_data_bytes_max": CHUNK_DATA_BYTES_MAX,
        "limits": Limits::default(),
        "file_name_bytes_max": FileName::BYTES_MAX,
        "name_graphemes_max": SafeText::GRAPHEMES_MAX,
        "media_type_bytes_max": MediaType::BYTES_MAX,
        "folder_length_bytes": LENGTH_BYTES,
        "folder_head_bytes_max": HEAD_BYTES_MAX,
        "folder_entries_max": ENTRIES_MAX,
        "folder_depth_max": DEPTH_MAX,
        "folder_path_bytes_max": PATH_BYTES_MAX,
    });
    let golden: serde_json::Value = serde_json::from_str(&golden("numbers.json")).expect("JSON");
    assert_eq!(numbers, golden);
}

#[test]
fn every_chunk_is_encoded_as_its_golden_file_and_decoded_again() {
    for (file, chunk) in chunks() {
        assert_eq!(hex::encode(chunk.encode()), golden(file), "{file}");
        let bytes = hex::decode(golden(file)).expect("hexadecimal digits");
        assert_eq!(Chunk::decode(bytes.into()), Some(chunk), "{file}");
    }
}

#[test]
fn the_head_of_a_folder_is_written_as_its_golden_file_and_read_back() {
    let head = folder_head();
    assert_eq!(hex::encode(head.head()), golden("folder_head.hex"));
    let bytes = hex::decode(golden("folder_head.hex")).expect("hexadecimal digits");
    assert_eq!(Manifest::parse(bytes.into()), Ok(head));
}

#[test]
fn a_chunk_without_data_and_one_too_long_are_none() {
    let longest = Chunk { data: vec![1; CHUNK_DATA_BYTES_MAX].into(), ..chunks()[0].1.clone() };
    assert_eq!(longest.encode().len(), CHUNK_BYTES_MAX);
    assert_eq!(Chunk::decode(longest.encode().freeze()), Some(longest));
    for length in [0, 1, CHUNK_HEADER_BYTES, CHUNK_BYTES_MAX + 1] {
        assert_eq!(Chunk::decode(vec![0; length].into()), None, "{length} bytes");
    }
}

#[test]
fn fields_come_in_any_order_and_unknown_ones_are_passed_over() {
    let text = r#"{ "later": [1], "size": 5, "name": "a.jpg",
        "media_type": "image/jpeg", "transfer": 3, "type": "propose" }"#;
    let proposal = Proposal { size: 5, dimensions: None, ..photo("a.jpg") };
    let message = Message::Propose { transfer: TransferId(3), proposal, mark: None };
    assert_eq!(serde_json::from_str::<Message>(text).expect("a proposal"), message);

    let text = r#"{"sdp":"v=0","later":null,"type":"offer","attempt":1}"#;
    let signal = Signal {
        attempt: Attempt(1),
        body: Body::Offer { sdp: "v=0".into(), beside: false, tunnel: None },
    };
    assert_eq!(serde_json::from_str::<Signal>(text).expect("an offer"), signal);
}

#[test]
fn a_text_that_is_no_message_is_an_error() {
    for text in [
        "",
        "null",
        "[]",
        "{}",
        r#"{"type":"later"}"#,
        r#"{"type":"accept","transfer":0}"#,
        r#"{"type":"accept","transfer":-1,"offset":0}"#,
        r#"{"type":"accept","transfer":4294967296,"offset":0}"#,
        r#"{"type":"accept","transfer":0,"offset":1.5}"#,
        r#"{"type":"decline","transfer":0,"reason":"mood"}"#,
        r#"{"type":"digest","transfer":0,"digest":"00"}"#,
        r#"{"type":"confirm","transfer":0,"digest":"zz"}"#,
        r#"{"type":"propose","transfer":0,"name":"a","media_type":"picture","size":1}"#,
        r#"{"type":"propose","transfer":0,"name":"a","media_type":"image/png","size":-1}"#,
        r#"{"type":"hello","version":1}"#,
        r#"{"type":"tally","mine":{"sent":-1,"lost":0}}"#,
        r#"{"type":"tally","yours":{"sent":1}}"#,
    ] {
        assert!(serde_json::from_str::<Message>(text).is_err(), "{text}");
    }
    for text in ["", "{}", r#"{"attempt":1}"#, r#"{"attempt":1,"type":"offer"}"#] {
        assert!(serde_json::from_str::<Signal>(text).is_err(), "{text}");
    }
}

#[test]
fn every_golden_file_is_about_something_here() {
    // What texts and seals are checked against is so where they are.
    let mut known: BTreeSet<_> = [
        "hostile_text.json",
        "numbers.json",
        "reasons.json",
        "tunnel.json",
        "vectors.json",
        "folder_head.hex",
    ]
    .into();
    known.extend(messages().iter().map(|(file, _)| *file));
    known.extend(signals().iter().map(|(file, _)| *file));
    known.extend(chunks().iter().map(|(file, _)| *file));
    let files = std::fs::read_dir(folder()).expect("the golden files");
    let files: BTreeSet<_> = files.map(|file| file.expect("an entry").file_name()).collect();
    assert_eq!(files, known.into_iter().map(Into::into).collect());
}

/// At least one of each kind: a kind that is new here does not compile until it is added.
fn offer(beside: bool) -> Body {
    Body::Offer { sdp: "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\n".to_owned(), beside, tunnel: None }
}

fn answer(tunnel: Option<tunnel::Share>) -> Body {
    Body::Answer { sdp: "v=0\r\no=- 3 4 IN IP4 127.0.0.1\r\n".to_owned(), tunnel }
}

fn messages() -> Vec<(&'static str, Message)> {
    let (transfer, digest) = (TransferId(7), Digest(Sha256::digest(b"peersnap").into()));
    let (session, limits) = (SessionId(23), Limits::default());
    let hello =
        Hello { version: 1, session, limits, device: Device::Terminal, quic: None, tally: false };
    let page = Hello { device: Device::Phone, ..hello };
    let quic = Some(Fingerprint([0x5a; 32]));
    let again = Hello { quic, ..hello };
    let teller = Hello { tally: true, ..hello };
    let packets = |sent, lost| Some(Packets { sent, lost });
    let messages = vec![
        Message::Hello { hello, sending: Vec::new() },
        Message::Hello { hello: teller, sending: Vec::new() },
        Message::Hello { hello: page, sending: Vec::new() },
        Message::Hello { hello: again, sending: vec![transfer, TransferId(9)] },
        Message::Propose { transfer, proposal: photo("peersnap-20261122-101502.jpg"), mark: None },
        Message::Accept { transfer, offset: 0 },
        Message::Decline { transfer, reason: Reason::Person },
        Message::Progress { transfer, offset: 1_048_576 },
        Message::Digest { transfer, digest },
        Message::Confirm { transfer, digest },
        Message::Rest { transfer, resting: true },
        Message::Wait { transfer, waiting: false },
        Message::Cancel { transfer, reason: Reason::Storage },
        Message::Tally(Tally { mine: packets(9_007_199_254_740_991, 12), yours: packets(5000, 0) }),
        Message::Tally(Tally { mine: None, yours: packets(1200, 36) }),
    ];
    let file = |message: &Message| match message {
        Message::Hello { hello, .. } if !hello.device.is_terminal() => "message_hello_phone.json",
        Message::Hello { hello, .. } if hello.tally => "message_hello_tally.json",
        Message::Hello { sending, .. } if sending.is_empty() => "message_hello.json",
        Message::Hello { .. } => "message_hello_again.json",
        Message::Propose { .. } => "message_propose.json",
        Message::Accept { .. } => "message_accept.json",
        Message::Decline { .. } => "message_decline.json",
        Message::Progress { .. } => "message_progress.json",
        Message::Digest { .. } => "message_digest.json",
        Message::Confirm { .. } => "message_confirm.json",
        Message::Rest { .. } => "message_rest.json",
        Message::Wait { .. } => "message_wait.json",
        Message::Cancel { .. } => "message_cancel.json",
        Message::Tally(Tally { mine: Some(_), .. }) => "message_tally.json",
        Message::Tally(_) => "message_tally_yours.json",
    };
    let mut all: Vec<_> = messages.into_iter().map(|message| (file(&message), message)).collect();
    let pdf = MediaType::try_from("application/pdf".to_owned()).expect("a media type");
    let plain = Proposal {
        modified: Some(1_700_000_000),
        executable: true,
        ..Proposal::new(FileName::new("report.pdf"), pdf, 9_007_199_254_740_991)
    };
    let plain = Message::Propose { transfer: TransferId(u32::MAX), proposal: plain, mark: None };
    all.push(("message_propose_file.json", plain));
    let (size, files) = (folder_head().size(), folder_head().files());
    let photos = Proposal::folder(FileName::new("photos of today"), size, files);
    all.push((
        "message_propose_folder.json",
        Message::Propose { transfer, proposal: photos, mark: None },
    ));
    all
}

fn photo(name: &str) -> Proposal {
    Proposal {
        dimensions: Some(Dimensions { width: 1280, height: 720 }),
        ..Proposal::new(FileName::new(name), MediaType::jpeg(), 218_400)
    }
}

/// What is in a folder: two files, and an empty folder.
fn folder_head() -> Manifest {
    let path = |names: &[&str]| {
        let names: Vec<_> = names.iter().map(|name| EntryName::new(name)).collect();
        EntryPath::new(&names).expect("a short path")
    };
    let file = |size, executable| Kind::File { size, modified: Some(1_700_000_000), executable };
    let entries = vec![
        Entry { path: path(&["docs", "a.txt"]), kind: file(12, false) },
        Entry { path: path(&["empty"]), kind: Kind::Folder },
        Entry { path: path(&["run.sh"]), kind: file(3, true) },
    ];
    Manifest::new(entries).expect("a folder")
}

fn reasons() -> [Reason; 7] {
    let reasons = [
        Reason::Person,
        Reason::TooLarge,
        Reason::Busy,
        Reason::DiskFull,
        Reason::Storage,
        Reason::Digest,
        Reason::Changed,
    ];
    let place = |reason| match reason {
        Reason::Person => 0,
        Reason::TooLarge => 1,
        Reason::Busy => 2,
        Reason::DiskFull => 3,
        Reason::Storage => 4,
        Reason::Digest => 5,
        Reason::Changed => 6,
    };
    assert!(reasons.iter().enumerate().all(|(at, reason)| place(*reason) == at));
    reasons
}

fn signals() -> Vec<(&'static str, Signal)> {
    let candidate = Candidate {
        candidate: "candidate:1 1 udp 2130706431 192.0.2.7 50000 typ host".to_owned(),
        sdp_mid: Some("0".to_owned()),
        sdp_m_line_index: Some(0),
    };
    let bare = Candidate { sdp_mid: None, sdp_m_line_index: None, ..candidate.clone() };
    let bodies = vec![offer(false), offer(true), answer(None), Body::Candidate(candidate)];
    let share = tunnel::Secret::new([0x11; 32]).share();
    let Body::Offer { sdp, beside, .. } = offer(false) else { unreachable!("it is an offer") };
    let with_tunnel = [Body::Offer { sdp, beside, tunnel: Some(share) }, answer(Some(share))];
    let bodies = bodies.into_iter().chain(with_tunnel);
    let file = |body: &Body| match body {
        Body::Offer { tunnel: Some(_), .. } => "signal_offer_tunnel.json",
        Body::Answer { tunnel: Some(_), .. } => "signal_answer_tunnel.json",
        Body::Offer { beside: false, .. } => "signal_offer.json",
        Body::Offer { beside: true, .. } => "signal_offer_beside.json",
        Body::Answer { .. } => "signal_answer.json",
        Body::Candidate(_) => "signal_candidate.json",
    };
    let attempt = Attempt(4_026_531_840);
    let mut all: Vec<_> = bodies.map(|body| (file(&body), Signal { attempt, body })).collect();
    all.push(("signal_candidate_bare.json", Signal { attempt, body: Body::Candidate(bare) }));
    all
}

fn chunks() -> Vec<(&'static str, Chunk)> {
    vec![
        (
            "chunk.hex",
            Chunk {
                transfer: TransferId(0x0102_0304),
                offset: 0x0506_0708_090a_0b0c,
                data: Bytes::from_static(b"peersnap"),
            },
        ),
        (
            "chunk_first.hex",
            Chunk { transfer: TransferId(0), offset: 0, data: Bytes::from_static(&[0xff]) },
        ),
    ]
}

/// Both ways, letter by letter.
fn is_golden<T: Serialize + DeserializeOwned + PartialEq + Debug>(file: &str, value: &T) {
    let text = serde_json::to_string(value).expect("messages can be written");
    let golden = golden(file);
    assert_eq!(text, golden, "{file}");
    let read: T = serde_json::from_str(&golden).expect("golden files can be read");
    assert_eq!(read, *value, "{file}");
}

/// A golden file, without the end of its line.
fn golden(file: &str) -> String {
    let text = std::fs::read_to_string(folder().join(file));
    text.unwrap_or_else(|error| panic!("{file}: {error}")).trim_end().to_owned()
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/contracts/golden")
}
