//! A program has the program do what people do, and reads what came of it, line by line.

use crate::world::command::{Ran, run};
use crate::world::peer::{Offer, Peer};
use crate::world::pictures::photo;
use crate::world::program::Program;
use crate::world::reports::Reports;
use crate::world::server::Server;
use crate::world::{digest, reports, until};
use peersnap::app::Action;
use peersnap::report::{CameraState, Code, Mood, PeerState, Receipt, Report, RoomState};
use std::process::ChildStdout;

/// What was told, without the end, which must say this.
fn told(ran: &Ran, expected: Option<Code>) -> Vec<Report> {
    assert_eq!(ran.stderr, "", "all is told on standard output");
    let mut told = reports::read(&ran.stdout);
    let status = expected.map_or(0, Code::status);
    assert_eq!(told.pop(), Some(Report::Bye { status, code: expected }), "{}", ran.stdout);
    assert_eq!(ran.status, Some(i32::from(status)));
    told
}

#[test]
fn a_photo_is_told_with_its_place_and_its_size() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("card.jpg");
    let ran = run(&["snap", "--json", "--camera", "test", "-o", &path.display().to_string()]);
    let size = std::fs::metadata(&path).expect("a photo").len();
    let path = path.canonicalize().expect("a photo");
    assert_eq!(told(&ran, None), [Report::Snapped { path, size, width: 1280, height: 720 }]);
}

#[test]
fn why_there_is_no_photo_has_a_code() {
    let no_camera = run(&["--json", "snap", "--camera", "99"]);
    assert!(matches!(
        &told(&no_camera, Some(Code::Camera))[..],
        [Report::Error { code: Code::Camera, .. }]
    ));
    let nowhere = run(&["snap", "--json", "--camera", "test", "-o", "/proc/none/a.jpg"]);
    assert!(matches!(
        &told(&nowhere, Some(Code::Disk))[..],
        [Report::Error { code: Code::Disk, .. }]
    ));
    let both = run(&["snap", "--json", "--camera", "test", "-o", "-"]);
    assert!(matches!(
        &told(&both, Some(Code::Usage))[..],
        [Report::Error { code: Code::Usage, .. }]
    ));
}

#[test]
fn what_is_no_json_is_not_printed_among_it() {
    for arguments in [&["man", "--json"][..], &["completions", "bash", "--json"]] {
        let reports = told(&run(arguments), Some(Code::Usage));
        assert!(matches!(&reports[..], [Report::Error { code: Code::Usage, .. }]), "{reports:?}");
    }
}

#[test]
fn cameras_are_told_one_by_one_and_none_is_no_failure() {
    let cameras = told(&run(&["--json", "cameras"]), None);
    assert!(
        cameras.iter().all(|report| matches!(report, Report::CameraFound { .. })),
        "{cameras:?}"
    );
}

#[test]
fn pictures_are_told_one_by_one_and_none_is_drawn() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let bytes = photo([200, 10, 10]);
    std::fs::write(path("red.jpg"), &bytes).expect("written");
    std::fs::write(path("letter.jpg"), "no picture").expect("written");
    let named =
        ["red.jpg", "letter.jpg", "missing.jpg"].map(|name| path(name).display().to_string());
    let [red, letter, missing] = &named;
    let reports = told(&run(&["view", "--json", red, letter, missing]), Some(Code::Failed));
    let size = bytes.len() as u64;
    let shown = Report::Shown { path: path("red.jpg"), size, width: 64, height: 48 };
    assert_eq!(reports[0], shown);
    for (report, expected, named) in
        [(&reports[1], Code::Failed, letter), (&reports[2], Code::Disk, missing)]
    {
        let Report::Error { code, file, .. } = report else { panic!("{report:?}") };
        assert_eq!((*code, file.as_ref()), (expected, Some(named)));
    }
    assert_eq!(reports.len(), 3);
    assert_eq!(told(&run(&["view", "--json", red]), None), [shown]);
}

#[test]
fn the_demo_tells_what_a_person_in_a_room_would_see() {
    let ran = run(&["demo", "--json", "--listen", "127.0.0.1:0", "--camera", "test"]);
    let reports = told(&ran, None);
    let has = |what: &str, so: fn(&Report) -> bool| {
        assert!(reports.iter().any(so), "{what}: {reports:#?}");
    };
    has("the room", |it| matches!(it, Report::Room { words: Some(_), link: Some(_), .. }));
    has(
        "the other",
        |it| matches!(it, Report::Peer { state: PeerState::Open, peer, .. } if peer.name == "Demo"),
    );
    has("a receipt", |it| matches!(it, Report::Sent { receipt: Receipt::Delivered { .. }, .. }));
    has("a photo", |it| matches!(it, Report::Received { path, .. } if path.is_absolute()));
}

/// A room that a program has, and somebody in it.
fn in_a_room() -> (Program, Peer) {
    let usual = ["--listen", "127.0.0.1:0", "--no-lan", "--camera", "test", "--name", "Ann"];
    let mut ann = Program::start(&usual);
    let link = ann.tells("the link", |report| match report {
        Report::Room { link, words: Some(_), .. } => link.clone(),
        _ => None,
    });
    let zoe = Peer::join("Zoë", &link);
    ann.tells("Zoë is here", |report| match report {
        Report::Peer { peer, state: PeerState::Open, .. } => (peer.name == "Zoë").then_some(()),
        _ => None,
    });
    zoe.meets("Ann");
    (ann, zoe)
}

#[test]
fn a_room_is_joined_by_lines_and_photos_go_both_ways() {
    let (mut ann, zoe) = in_a_room();
    ann.say("c");
    ann.tells("the camera works", |report| match report {
        Report::Camera { state: CameraState::Live, .. } => Some(()),
        _ => None,
    });
    ann.say("S");
    let sent = ann.tells("a receipt", |report| match report {
        Report::Sent { receipt: Receipt::Delivered { digest }, to, .. } if to.name == "Zoë" => {
            Some(digest.clone())
        }
        _ => None,
    });
    assert_eq!(digest(&zoe.receives_from("Ann")), sent);

    zoe.sees_the_camera();
    zoe.act(Action::SnapAndSend);
    let (path, came) = ann.tells("a photo", |report| match report {
        Report::Received { path, digest, .. } => Some((path.clone(), digest.clone())),
        _ => None,
    });
    assert!(path.starts_with(ann.home()), "{}", path.display());
    assert_eq!(digest(&path), came);

    zoe.offer(Offer::of("notes.pdf", "application/pdf", vec![7; 4000]));
    ann.tells("a proposal", |report| match report {
        Report::Proposal { file, .. } => (file.name == "notes.pdf").then_some(()),
        _ => None,
    });
    ann.say("y");
    ann.tells("it came", |report| match report {
        Report::Received { file, .. } => (file.name == "notes.pdf").then_some(()),
        _ => None,
    });
    ann.say("q");
    let (status, told) = ann.ends();
    assert_eq!(status, Some(0));
    assert_eq!(told.last(), Some(&Report::Bye { status: 0, code: None }));
}

#[test]
fn answers_are_notices_and_a_wrong_room_is_an_error() {
    let (mut ann, _zoe) = in_a_room();
    for (line, answer) in [("?", "S: take a photo"), ("t", "1: Zoë"), ("i", "its link: http://")] {
        ann.say(line);
        ann.tells(line, |report| match report {
            Report::Notice { mood: Mood::Info, text } => text.contains(answer).then_some(()),
            _ => None,
        });
    }
    ann.say("j crane velvte");
    ann.tells("why not", |report| match report {
        Report::Error { code: Code::Usage, text, .. } => text.contains("velvet?").then_some(()),
        _ => None,
    });
    ann.close();
    ann.terminate();
    let (status, told) = ann.ends();
    assert_eq!((status, told.last()), (Some(0), Some(&Report::Bye { status: 0, code: None })));
}

#[test]
fn whoever_asks_for_no_room_is_told_of_none_before_it_is_joined() {
    let server = Server::start();
    let link = server.link();
    let _zoe = Peer::join("Zoë", &link);
    let mut ann = Program::start(&["join", "--camera", "test"]);
    ann.tells("no room", |report| match report {
        Report::Room { state: RoomState::Outside, words: None, .. } => Some(()),
        _ => None,
    });
    ann.say(&link);
    ann.tells("Zoë", |report| match report {
        Report::Peer { peer, state: PeerState::Open, .. } => (peer.name == "Zoë").then_some(()),
        _ => None,
    });
}

/// A program that has more to tell than a reader takes who takes nothing.
fn with_much_to_tell() -> (Program, ChildStdout) {
    let usual = ["--listen", "127.0.0.1:0", "--no-lan", "--camera", "test"];
    let (mut ann, output) = Program::start_unread(&usual);
    (0..QUESTIONS).for_each(|_| ann.say("?"));
    until("nothing more fits", || {
        let waiting = rustix::io::ioctl_fionread(&output).expect("a pipe");
        (waiting > PIPE_BYTES - 4096).then_some(())
    });
    (ann, output)
}

#[test]
fn a_slow_reader_is_waited_for_and_told_everything() {
    let (mut ann, output) = with_much_to_tell();
    ann.say("q");
    ann.reports = Some(Reports::of(output));
    let (status, told) = ann.ends();
    assert_eq!((status, told.last()), (Some(0), Some(&Report::Bye { status: 0, code: None })));
    let answers = told.iter().filter(|report| {
        matches!(report, Report::Notice { text, .. } if text.starts_with("s: take a photo"))
    });
    assert_eq!(answers.count(), QUESTIONS);
}

#[test]
fn a_reader_that_is_stuck_keeps_nothing_from_ending() {
    let (ann, _output) = with_much_to_tell();
    ann.terminate();
    assert_eq!(ann.ends().0, Some(0));
}

#[test]
fn nobody_who_reads_is_a_failure_of_its_own() {
    let (ann, _zoe) = in_a_room();
    assert_eq!(ann.ends_unread(), Some(i32::from(Code::Output.status())));
}

/// Some hundred kilobytes of answers.
const QUESTIONS: usize = 400;
/// What a pipe holds, on Linux.
const PIPE_BYTES: u64 = 64 * 1024;
