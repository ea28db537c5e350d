//! A file that was cut off goes on where it stopped, whoever was killed and whoever begins again.

use crate::world::errand::{Errand, Home, Start};
use crate::world::launch::Launch;
use crate::world::server::Server;
use crate::world::terminal::Terminal;
use crate::world::{files, until};
use peersnap::report::{Code, PeerState, Report};
use std::path::PathBuf;

/// So large that it takes a while.
const SIZE: usize = 150_000_000;

/// Who sends it lets others go first: on a busy machine it is not over before anybody sees it begin.
const PATIENT: [&str; 3] = ["nice", "-n", "19"];

struct Room {
    _server: Server,
    link: String,
    file: Vec<u8>,
}

impl Room {
    fn new() -> Self {
        let server = Server::start();
        let link = server.link();
        let file = (0..SIZE as u64 / 8).flat_map(|at| (at * 0x9E37_79B9).to_le_bytes()).collect();
        Self { _server: server, link, file }
    }

    fn receive(&self, arguments: &[&str]) -> Start {
        let common = ["receive", &self.link, "--accept", "all", "--out", "in"];
        Start::of("Ben", &[&common, arguments].concat())
    }

    fn send(&self) -> Start {
        let send = ["send", &self.link, "large.bin", "--json"];
        Start::through(&PATIENT, "Ann", &send).file("large.bin", &self.file)
    }

    fn has_all(&self, home: &Home, name: &str) {
        let whole = std::fs::read(home.join("in").join(name)).expect("it is there");
        assert!(whole == self.file, "{} bytes of {}", whole.len(), self.file.len());
    }
}

/// Waits until a good deal of it has come, and not all.
fn is_under_way(errand: &Errand) {
    errand.reports_so("it is on its way", |report| match report {
        Report::Progress { offset: 4_000_000.., .. } => Some(()),
        _ => None,
    });
}

/// Whether this was told: that it went on, and not from its beginning.
fn went_on(reports: &[Report]) -> bool {
    reports.iter().any(|report| match report {
        Report::Notice { text, .. } => text.starts_with("large.bin goes on at "),
        _ => false,
    })
}

/// What lies in the folder besides what came.
fn left(home: &Home) -> Vec<PathBuf> {
    let hidden =
        |path: &PathBuf| path.file_name().is_some_and(|it| it.as_encoded_bytes()[0] == b'.');
    files(&home.join("in")).into_iter().filter(hidden).collect()
}

#[test]
fn a_receiver_that_is_killed_gets_the_rest() {
    for signal in ["KILL", "TERM"] {
        let room = Room::new();
        let ben = room.receive(&[]).run();
        let ann = room.send().run();
        is_under_way(&ann);
        ben.signal(signal);
        let home = ben.home.clone();
        ben.ends();
        assert_eq!(left(&home).len(), 2, "a part, and what is known of it");
        let again = room.receive(&["--once"]).home(&home).run();
        let ended = ann.ends();
        assert_eq!(ended.status, Some(0), "{signal}: {}", ended.err);
        assert!(went_on(&ended.reports()), "{signal}");
        assert_eq!(again.ends().status, Some(0));
        room.has_all(&home, "large.bin");
        assert_eq!(left(&home), [""; 0].map(PathBuf::from));
    }
}

#[test]
fn a_sender_that_is_killed_sends_the_rest_when_it_is_asked_again_by_whomever() {
    let room = Room::new();
    let ben = room.receive(&["--once", "--json"]).run();
    let ann = room.send().run();
    is_under_way(&ann);
    ann.signal("KILL");
    // The same bytes, at somebody else's.
    let again = room.send().run().ends();
    assert_eq!(again.status, Some(0), "{}", again.err);
    assert!(went_on(&again.reports()));
    let home = ben.home.clone();
    let ended = ben.ends();
    assert_eq!(ended.status, Some(0));
    assert!(went_on(&ended.reports()));
    room.has_all(&home, "large.bin");
}

#[test]
fn a_sender_whose_terminal_is_killed_sends_the_rest_when_the_file_is_dropped_on_it_again() {
    let room = Room::new();
    let ben = room.receive(&["--once", "--json"]).run();
    let home = tempfile::tempdir().expect("a folder for a person");
    let path = home.path().join("large.bin");
    std::fs::write(&path, &room.file).expect("room");
    let send = || -> Terminal {
        let patient = PATIENT.map(str::to_owned);
        let mut ann = Launch::of("Ann").home(home.path()).through(&patient).join(&room.link);
        ann.meets("Ben");
        ann.drops(&[&path]);
        ann
    };
    let first = send();
    is_under_way(&ben);
    first.signal("KILL");
    first.ends();
    let second = send();
    second.is_told("large.bin goes on at ");
    second.shows("✓ Ben has it");
    let home = ben.home.clone();
    let ended = ben.ends();
    assert_eq!(ended.status, Some(0));
    assert!(went_on(&ended.reports()));
    room.has_all(&home, "large.bin");
    assert_eq!(left(&home), [""; 0].map(PathBuf::from));
}

#[test]
fn a_file_that_has_changed_is_sent_as_it_is_now() {
    let mut room = Room::new();
    let ben = room.receive(&["--once", "--json"]).run();
    let ann = room.send().run();
    is_under_way(&ann);
    ann.signal("KILL");
    // Where it is looked at, and then where it is not.
    room.file[0] ^= 1;
    let again = room.send().run().ends();
    assert_eq!(again.status, Some(0), "{}", again.err);
    assert!(!went_on(&again.reports()));
    let home = ben.home.clone();
    assert_eq!(ben.ends().status, Some(0));
    room.has_all(&home, "large.bin");
}

#[test]
fn a_change_that_is_not_seen_beforehand_is_noticed_in_the_end_and_the_next_time_is_whole() {
    let mut room = Room::new();
    let ben = room.receive(&["--json"]).run();
    let ann = room.send().run();
    is_under_way(&ann);
    ann.signal("KILL");
    ben.reports_so("she is gone", |report| match report {
        Report::Peer { state: PeerState::Left, .. } => Some(()),
        _ => None,
    });
    room.file[200_000] ^= 1;
    let again = room.send().run().ends();
    assert_eq!(again.status, Some(Code::Failed.status().into()), "{}", again.text());
    let third = room.send().run().ends();
    assert_eq!(third.status, Some(0), "{}", third.err);
    until("it is whole", || ben.home.join("in/large.bin").exists().then_some(()));
    room.has_all(&ben.home, "large.bin");
}

#[test]
fn two_receivers_in_one_folder_each_get_all_of_it() {
    let room = Room::new();
    let ben = room.receive(&["--once"]).run();
    let folder = ben.home.join("in").display().to_string();
    let bob = ["receive", &room.link, "--accept", "all", "--once", "--out", &folder];
    let bob = Start::of("Bob", &bob).run();
    for errand in [&ben, &bob] {
        errand.tells("link: ");
    }
    let to_both = ["send", &room.link, "large.bin", "--wait-for", "2"];
    let ann = Start::of("Ann", &to_both).file("large.bin", &room.file).run();
    assert_eq!(ann.ends().status, Some(0));
    let home = ben.home.clone();
    assert_eq!((ben.ends().status, bob.ends().status), (Some(0), Some(0)));
    room.has_all(&home, "large.bin");
    room.has_all(&home, "large (2).bin");
    assert_eq!(left(&home), [""; 0].map(PathBuf::from));
}
