//! What programs are told: every line is as the schema says, and nothing else is a line.

use jsonschema::Validator;
use peersnap::path::Host;
use peersnap::report::{
    CameraState, Code, Device, File, Hop, HopKind, Line, Mood, Obstacle, PathKind, PeerState,
    Receipt, Report, RoomState, SCHEMA, Standing, Taken, TerminalState, TransferRef, VERSION,
    Verdict, Way, Who,
};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// All values of an enum. One that is new does not compile before it is named where this is used.
macro_rules! every {
    ($kind:ident: $($value:ident),+) => {{
        let _ = |value: $kind| match value { $($kind::$value => ()),+ };
        [$($kind::$value),+]
    }};
}

/// The names of all reports. One that is new does not compile before it is named where this is used.
macro_rules! every_report {
    ($($event:ident),+) => {
        fn variant(report: &Report) -> &'static str {
            match report { $(Report::$event { .. } => stringify!($event)),+ }
        }
        const VARIANTS: &[&str] = &[$(stringify!($event)),+];
    };
}

every_report!(
    Room,
    Peer,
    Path,
    Proposal,
    Sending,
    Progress,
    Received,
    Sent,
    Camera,
    Snapped,
    Shown,
    CameraFound,
    Check,
    Hook,
    Daemon,
    Terminal,
    Notice,
    Error,
    Bye
);

#[test]
fn the_schema_is_one_itself() {
    let schema = schema();
    assert!(jsonschema::meta::is_valid(&schema), "{:?}", jsonschema::meta::validate(&schema));
    assert_eq!(schema["properties"]["v"]["const"], VERSION);
}

#[test]
fn every_report_is_as_the_schema_says() {
    let schema = validator();
    for report in samples() {
        let value = written(report);
        assert_eq!(faults(&schema, &value), Vec::<String>::new(), "{value:#}");
    }
}

#[test]
fn every_report_has_a_sample_and_a_place_in_the_schema() {
    let samples = samples();
    let covered: BTreeSet<_> = samples.iter().map(variant).collect();
    assert_eq!(covered, VARIANTS.iter().copied().collect());
    let told: BTreeSet<_> =
        samples.into_iter().map(|it| written(it)["event"].as_str().map(str::to_owned)).collect();
    let schema = schema();
    let listed = schema["oneOf"].as_array().expect("a list").iter().map(|it| {
        let name = it["$ref"].as_str().and_then(|it| it.strip_prefix("#/$defs/"));
        let name = name.expect("a definition");
        assert_eq!(schema["$defs"][name]["properties"]["event"]["const"], name);
        Some(name.to_owned())
    });
    assert_eq!(told, listed.collect());
}

#[test]
fn every_list_of_the_schema_has_the_words_that_are_written_and_no_others() {
    fn same<T: Serialize>(name: &str, values: &[T]) {
        let written: Vec<_> = values.iter().map(|it| json!(it)).collect();
        assert_eq!(schema()["$defs"][name]["enum"], Value::Array(written), "{name}");
    }
    same("room_state", &room_states());
    same("peer_state", &peer_states());
    same("standing", &standings());
    same("path_kind", &every!(PathKind: Direct, Relayed, Server));
    same("hop_kind", &every!(HopKind: OwnRelay, TheirRelay, Server));
    same("obstacle", &obstacles());
    same("way", &every!(Way: Out, In));
    same("taken", &every!(Taken: Taken, Asked));
    same("camera_state", &camera_states());
    same("verdict", &every!(Verdict: Good, SoSo, Bad));
    same("mood", &every!(Mood: Good, Info, Bad));
    same("code", &codes());
    assert_eq!(codes(), Code::ALL);
}

#[test]
fn a_line_that_lacks_anything_or_has_something_else_in_its_place_is_none() {
    let schema = validator();
    for report in samples() {
        let value = written(report);
        for path in paths(&value) {
            let (mut without, mut other) = (value.clone(), value.clone());
            let (parent, key) = path.rsplit_once('/').expect("below the top");
            let object = |whole: &mut Value| -> Option<Map<String, Value>> {
                whole.pointer(parent)?.as_object().cloned()
            };
            if let Some(mut object) = object(&mut without) {
                object.remove(key);
                *without.pointer_mut(parent).expect("it is there") = Value::Object(object);
                assert_ne!(faults(&schema, &without), [""; 0], "without {path}: {value:#}");
            }
            *other.pointer_mut(&path).expect("it is there") = json!([[]]);
            assert_ne!(faults(&schema, &other), [""; 0], "another {path}: {value:#}");
        }
    }
}

#[test]
fn what_is_new_does_not_disturb_a_reader_of_today() {
    let schema = validator();
    for report in samples() {
        let mut value = written(report);
        let object = value.as_object_mut().expect("an object");
        object.insert("since_then".to_owned(), json!({"a": [1]}));
        assert_eq!(faults(&schema, &value), [""; 0]);
        serde_json::from_value::<Line>(value).expect("a line all the same");
    }
}

#[test]
fn what_the_readme_shows_is_so() {
    let readme = include_str!("../../README.md");
    let schema = validator();
    let lines: Vec<_> = readme.lines().filter(|line| line.starts_with("{\"v\"")).collect();
    assert!(lines.len() > 2, "{lines:?}");
    for line in lines {
        let value = serde_json::from_str(line).expect("JSON");
        assert_eq!(faults(&schema, &value), [""; 0], "{line}");
    }
    for code in Code::ALL {
        let (status, name) = (code.status().to_string(), json!(code));
        let name = format!("`{}`", name.as_str().expect("a name"));
        let row =
            readme.lines().filter(|line| line.starts_with('|')).find(|line| line.contains(&name));
        let row = row.unwrap_or_else(|| panic!("{name} is not in the table"));
        assert!(row.split(['|', ',']).any(|cell| cell.trim() == status), "{row}");
        let said = peersnap::cli::STATUSES.split([' ', ',', '\n']).any(|word| word == status);
        assert!(said, "{status} is not in the help");
    }
}

#[test]
fn what_is_wrong_is_no_line() {
    let schema = validator();
    let at = "2026-01-02T03:04:05.678Z";
    let notice = |change: Value| {
        let mut line =
            json!({"v": 1, "at": at, "event": "notice", "mood": "good", "text": "hello"});
        let object = line.as_object_mut().expect("an object");
        object.extend(change.as_object().expect("an object").clone());
        line
    };
    assert_eq!(faults(&schema, &notice(json!({}))), [""; 0]);
    for wrong in [
        json!([]),
        json!("notice"),
        json!({}),
        notice(json!({"v": 2})),
        notice(json!({"v": "1"})),
        notice(json!({"at": "today"})),
        notice(json!({"at": "2026-01-02T03:04:05+01:00"})),
        notice(json!({"event": "dance"})),
        notice(json!({"mood": "splendid"})),
        notice(json!({"event": "bye", "status": 256, "code": null})),
        notice(json!({"event": "bye", "status": 1, "code": "sad"})),
        notice(
            json!({"event": "check", "subject": "The Terminal", "verdict": "good", "advice": null}),
        ),
        notice(json!({"event": "snapped", "path": "", "size": 1, "width": 1, "height": 1})),
        notice(json!({"event": "snapped", "path": "/a", "size": -1, "width": 1, "height": 1})),
    ] {
        assert_ne!(faults(&schema, &wrong), [""; 0], "{wrong}");
    }
}

/// One whose round trip was measured has figures, and one that is not direct leads through all that it
/// may.
fn path(peer: Who, kind: PathKind, round_trip_ms: Option<f64>, why: Option<Obstacle>) -> Report {
    let hops = every!(HopKind: OwnRelay, TheirRelay, Server).map(|kind| {
        let at = Host::try_from("turn.example.org:3478".to_owned()).expect("a host");
        Hop { kind, at }
    });
    let via = if kind == PathKind::Direct { Vec::new() } else { hops.into() };
    let known = round_trip_ms.is_some();
    let (loss, rate) = (known.then_some(0.05), known.then_some(1_000_000));
    let (loss_in, rate_out, rate_in) = (loss, rate, rate);
    Report::Path { peer, kind, via, round_trip_ms, loss, loss_in, rate_out, rate_in, why }
}

/// One of each, with each value that it may have.
fn samples() -> Vec<Report> {
    let who = || Who { connection: 3, name: "Zoë".into(), id: "5f3a-9c01".into() };
    let picture = || file("a.jpg", Some((1280, 720)));
    let transfer = |way| TransferRef { connection: 3, way, number: 1 };
    let text = || "a sentence".to_owned();
    let digest = "0123456789abcdef".repeat(4);
    let mut all = Vec::new();
    for (state, known) in room_states().into_iter().zip([false, true].into_iter().cycle()) {
        let (words, link) = (known.then(text), known.then(text));
        all.push(Report::Room { state, others: 2, words, link, text: text() });
    }
    let devices = [None, Some(Device::Phone), Some(Device::Browser)].into_iter().cycle();
    let peers = peer_states().into_iter().zip(standings().into_iter().cycle()).zip(devices);
    all.extend(peers.map(|((state, trust), device)| Report::Peer {
        peer: who(),
        state,
        trust,
        device,
    }));
    for (kind, round_trip_ms) in
        every!(PathKind: Direct, Relayed, Server).into_iter().zip([None, Some(0.5), Some(80.0)])
    {
        all.push(path(who(), kind, round_trip_ms, None));
    }
    all.extend(obstacles().into_iter().map(|why| path(who(), PathKind::Server, None, Some(why))));
    for answer in every!(Taken: Taken, Asked) {
        let (transfer, from, file) = (transfer(Way::In), who(), file("notes.pdf", None));
        all.push(Report::Proposal { transfer, from, file, answer });
    }
    for way in every!(Way: Out, In) {
        let (transfer, name) = (transfer(way), text());
        all.push(Report::Progress { transfer, peer: who(), name, offset: 1, size: 2, rate: 0.25 });
    }
    for order in [None, Some(text())] {
        all.push(Report::Sending { order: order.clone(), file: picture(), to: vec![who()] });
        let receipts = codes().map(|code| Receipt::Failed { code, text: text() });
        let delivered = Receipt::Delivered { digest: digest.clone() };
        all.extend([delivered].into_iter().chain(receipts).map(|receipt| Report::Sent {
            order: order.clone(),
            to: who(),
            file: picture(),
            receipt,
        }));
    }
    let path = || "/photos/a.jpg".into();
    all.push(Report::Received {
        transfer: transfer(Way::In),
        from: who(),
        file: picture(),
        digest,
        path: path(),
    });
    all.extend(camera_states().map(|state| Report::Camera { state, text: text() }));
    all.push(Report::Snapped { path: path(), size: 1, width: 2, height: 3 });
    all.push(Report::Shown { path: path(), size: 1, width: 2, height: 3 });
    for (sends, fault) in [(None, Some(text())), (Some(text()), None)] {
        let (name, device) = (text(), sends.clone());
        all.push(Report::CameraFound { number: 0, name, device, sends, fault });
    }
    for verdict in every!(Verdict: Good, SoSo, Bad) {
        let advice = (verdict != Verdict::Good).then(text);
        all.push(Report::Check { subject: "terminal".into(), verdict, text: text(), advice });
    }
    for (status, text) in [(Some(0), None), (None, Some(text()))] {
        all.push(Report::Hook { path: path(), status, text });
    }
    let since = TIME.to_owned();
    all.push(Report::Daemon { pid: 7, since, attached: false, save: "/photos".into() });
    let states = every!(TerminalState: Attached, Suspend, Left, Detached, TakenOver, Ended);
    all.extend(states.map(|state| Report::Terminal { state }));
    all.extend(every!(Mood: Good, Info, Bad).map(|mood| Report::Notice { mood, text: text() }));
    for code in codes() {
        all.push(Report::error(code, text()));
        let (file, peer, transfer) = (Some(text()), Some(who()), Some(transfer(Way::In)));
        all.push(Report::Error { code, text: text(), file, peer, transfer });
        all.push(Report::Bye { status: code.status(), code: Some(code) });
    }
    all.push(Report::Bye { status: 0, code: None });
    all
}

fn file(name: &str, size: Option<(u32, u32)>) -> File {
    let (width, height) = size.unzip();
    let (name, media_type) = (name.into(), "image/jpeg".into());
    File { name, media_type, size: 218_000, width, height, files: None }
}

fn obstacles() -> Vec<Obstacle> {
    every!(Obstacle: NoStun, Versions, OwnUdp, TheirUdp, Routers).to_vec()
}

fn room_states() -> [RoomState; 7] {
    every!(RoomState: Outside, Searching, Joining, Joined, Empty, Lost, Refused)
}

fn peer_states() -> [PeerState; 6] {
    every!(PeerState: Connecting, Open, Doubted, Unreachable, Barred, Left)
}

fn standings() -> [Standing; 5] {
    every!(Standing: Unknown, New, Met, Trusted, Changed)
}

fn camera_states() -> [CameraState; 3] {
    every!(CameraState: Opening, Live, Trouble)
}

fn codes() -> [Code; 14] {
    every!(
        Code: Failed, Usage, NoSuchRoom, NobodyCame, Refused, CutOff, Disk, Camera, Server, Hook,
        Output, Changed, Interrupted, Terminated
    )
}

/// A report as it is written.
fn written(report: Report) -> Value {
    let line = Line::new(report, TIME.to_owned());
    let text = line.encode();
    assert!(text.starts_with(r#"{"v":1,"at":"2026-"#) && !text.contains('\n'), "{text}");
    assert_eq!(serde_json::from_str::<Line>(&text).expect("a line"), line);
    serde_json::from_str(&text).expect("JSON")
}

/// Where everything stands in a value, but itself.
fn paths(value: &Value) -> Vec<String> {
    let below = |key: String, value: &Value| {
        let deeper = paths(value).into_iter().map({
            let key = key.clone();
            move |path| format!("/{key}{path}")
        });
        [format!("/{key}")].into_iter().chain(deeper).collect::<Vec<_>>()
    };
    match value {
        Value::Object(object) => {
            object.iter().flat_map(|(key, value)| below(key.clone(), value)).collect()
        }
        Value::Array(items) => {
            items.iter().enumerate().flat_map(|(at, value)| below(at.to_string(), value)).collect()
        }
        _ => Vec::new(),
    }
}

fn faults(schema: &Validator, value: &Value) -> Vec<String> {
    schema.iter_errors(value).map(|error| error.to_string()).collect()
}

fn schema() -> Value {
    serde_json::from_str(SCHEMA).expect("the schema is JSON")
}

fn validator() -> Validator {
    jsonschema::validator_for(&schema()).expect("the schema is one")
}

const TIME: &str = "2026-01-02T03:04:05.678Z";
