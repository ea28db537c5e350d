//! People behind routers of all kinds find the best way to each other that there is, and are told
//! which it is.

use crate::world::apart::{Apart, Place};
use crate::world::errand::Ended;
use crate::world::pictures::photo;
use crate::world::read;
use Place::{Behind, Open, Version6};
use emulated::{Line, Machine, Router};
use jiff::Timestamp;
use peersnap::report::{self, Obstacle, PathKind, PeerState, Receipt, Report};
use std::time::Duration;

const LINE: Line = Line::new(50_000_000, Duration::from_millis(50));
const ANN: Machine = Machine(0);
const BEN: Machine = Machine(1);
const FULL_CONE: Place = Behind(Router::FullCone);
const ADDRESS_RESTRICTED: Place = Behind(Router::AddressRestricted);
const PORT_RESTRICTED: Place = Behind(Router::PortRestricted);
const SYMMETRIC: Place = Behind(Router::Symmetric);
const DOUBLE: Place = Behind(Router::Double);
const NO_UDP: Place = Behind(Router::NoUdp);
const WEB_ONLY: Place = Behind(Router::WebOnly);

/// Why it is no direct one, as who is at the first place is told.
fn obstacle(one: Place, other: Place) -> Option<Obstacle> {
    let closed = [NO_UDP, WEB_ONLY];
    match best(one, other) {
        PathKind::Direct => None,
        _ if (one == Version6) != (other == Version6) => Some(Obstacle::Versions),
        _ if closed.contains(&one) => Some(Obstacle::OwnUdp),
        _ if closed.contains(&other) => Some(Obstacle::TheirUdp),
        _ => Some(Obstacle::Routers),
    }
}

/// The best way there is between two places.
fn best(one: Place, other: Place) -> PathKind {
    let closed = [NO_UDP, WEB_ONLY];
    let strict = [PORT_RESTRICTED, DOUBLE];
    let symmetric =
        |one, other| one == SYMMETRIC && (strict.contains(&other) || other == SYMMETRIC);
    if closed.contains(&one) || closed.contains(&other) || (one == Version6) != (other == Version6)
    {
        PathKind::Server
    } else if symmetric(one, other) || symmetric(other, one) {
        PathKind::Relayed
    } else {
        PathKind::Direct
    }
}

/// How two met.
#[derive(Debug)]
struct Meeting {
    /// How Ann was told last to reach Ben, and he to reach her, and why not directly.
    paths: [Option<(PathKind, Option<Obstacle>)>; 2],
    /// From when Ann was in the room until she reached Ben.
    to_path: Duration,
    /// Of the file, from its first byte to its receipt, in bytes a second.
    rate: f64,
    /// What the server's machine sent meanwhile.
    by_server: u64,
}

/// Ann sends a photo and a file to Ben, who has both in the end.
fn meet(places: [Place; 2], line: Line, size: usize) -> Meeting {
    let mut apart = Apart::at(&places, line);
    let of = |place| match place {
        Version6 => apart.link_by_version_6().to_owned(),
        Open | Behind(_) => apart.link().to_owned(),
    };
    let [anns, bens] = places.map(of);
    let file: Vec<_> = (0..size).map(|at| (at / 7) as u8).collect();
    let receive = ["receive", &bens, "--count", "2", "--accept", "all", "--json", "--out", "in"];
    let ben = apart.start(BEN, "Ben", &receive).run();
    let ann = apart.start(ANN, "Ann", &["send", &anns, "a.jpg", "large.bin", "--json"]);
    let ann = ann.file("a.jpg", &photo([1, 2, 3])).file("large.bin", &file).run().ends();
    assert_eq!(ann.status, Some(0), "{places:?}: {}", ann.text());
    let home = ben.home.clone();
    let ben = ben.ends();
    assert_eq!(ben.status, Some(0), "{places:?}: {}", ben.text());
    assert_eq!(read(&home.join("in/a.jpg")), photo([1, 2, 3]));
    assert!(read(&home.join("in/large.bin")) == file, "{places:?}");
    let took = |from: Timestamp, to: Timestamp| to.duration_since(from).unsigned_abs();
    let is_file = |it: &report::File| it.name == "large.bin";
    let in_room = at(&ann, |it| matches!(it, Report::Room { others: 1, .. }));
    let reached = at(&ann, |it| matches!(it, Report::Peer { state: PeerState::Open, .. }));
    let begun = at(&ann, |it| matches!(it, Report::Progress { name, .. } if name == "large.bin"));
    let arrived = at(
        &ann,
        |it| matches!(it, Report::Sent { file, receipt: Receipt::Delivered { .. }, .. } if is_file(file)),
    );
    Meeting {
        paths: [&ann, &ben].map(path),
        to_path: took(in_room, reached),
        rate: size as f64 / took(begun, arrived).as_secs_f64(),
        by_server: apart.sent_by_server(),
    }
}

/// When something was told first.
fn at(ended: &Ended, is_it: impl Fn(&Report) -> bool) -> Timestamp {
    let lines = ended.text();
    let mut lines =
        lines.lines().map(|it| serde_json::from_str::<report::Line>(it).expect("checked"));
    let line = lines.find(|line| is_it(&line.report));
    line.unwrap_or_else(|| panic!("{}", ended.text())).at.parse().expect("a time")
}

/// How this one was told last to reach the other, and why not directly.
fn path(ended: &Ended) -> Option<(PathKind, Option<Obstacle>)> {
    ended.reports().iter().rev().find_map(|report| match report {
        Report::Path { kind, why, .. } => Some((*kind, *why)),
        _ => None,
    })
}

/// They meet the best way, are told so, and it is true.
fn meet_the_best_way(one: Place, other: Place) -> Meeting {
    let size = 3_000_000;
    let meeting = meet([one, other], LINE, size);
    let best = best(one, other);
    let expected =
        [(one, other), (other, one)].map(|(own, theirs)| Some((best, obstacle(own, theirs))));
    assert_eq!(meeting.paths, expected, "{one:?} and {other:?}: {meeting:?}");
    let through_server = meeting.by_server > size as u64;
    assert_eq!(through_server, best != PathKind::Direct, "{one:?} and {other:?}: {meeting:?}");
    meeting
}

#[test]
fn two_at_home_reach_each_other_directly() {
    meet_the_best_way(PORT_RESTRICTED, PORT_RESTRICTED);
    meet_the_best_way(FULL_CONE, ADDRESS_RESTRICTED);
}

#[test]
fn so_do_those_whose_provider_translates_addresses_once_more() {
    meet_the_best_way(DOUBLE, PORT_RESTRICTED);
}

#[test]
fn who_is_sent_from_another_port_to_each_reaches_those_who_let_them_in() {
    meet_the_best_way(SYMMETRIC, ADDRESS_RESTRICTED);
}

#[test]
fn where_neither_lets_the_other_in_the_relay_helps() {
    meet_the_best_way(SYMMETRIC, SYMMETRIC);
    meet_the_best_way(PORT_RESTRICTED, SYMMETRIC);
}

#[test]
fn who_has_the_web_alone_is_reached_through_the_server() {
    meet_the_best_way(WEB_ONLY, SYMMETRIC);
    meet_the_best_way(Open, NO_UDP);
}

#[test]
fn version_6_alone_reaches_its_like_directly_and_others_through_the_server() {
    meet_the_best_way(Version6, Version6);
    meet_the_best_way(PORT_RESTRICTED, Version6);
}

/// The relay carries at least half of what goes directly, each time.
pub fn the_relay_beside_the_direct_way() {
    let line = Line::new(20_000_000, Duration::from_millis(50));
    for run in 1..=10 {
        let [direct, relayed] =
            [PORT_RESTRICTED, SYMMETRIC].map(|place| meet([place; 2], line, 16_000_000));
        let share = relayed.rate / direct.rate;
        println!(
            "run {run:<2} {:>5.2} MB/s directly {:>5.2} MB/s over the relay {share:>5.2}",
            direct.rate / 1e6,
            relayed.rate / 1e6
        );
        assert!(share >= 0.5);
    }
}

/// Some pairs of places, where one packet of a hundred is lost: whichever way they find, all arrives.
pub fn some_pairs_with_loss() {
    let pairs = [
        (Open, Open),
        (PORT_RESTRICTED, PORT_RESTRICTED),
        (SYMMETRIC, ADDRESS_RESTRICTED),
        (DOUBLE, PORT_RESTRICTED),
        (SYMMETRIC, SYMMETRIC),
        (PORT_RESTRICTED, SYMMETRIC),
        (Open, NO_UDP),
        (WEB_ONLY, SYMMETRIC),
        (Version6, Version6),
        (PORT_RESTRICTED, Version6),
    ];
    for (one, other) in pairs {
        let meeting = meet([one, other], LINE.losing(0.01), 3_000_000);
        tell(one, other, &meeting);
    }
}

/// How long it took two to reach each other, and how.
fn tell(one: Place, other: Place, meeting: &Meeting) {
    let [way, _] = meeting.paths.map(|path| path.map(|(kind, _)| kind));
    let way = way.map_or_else(|| "?".to_owned(), |kind| format!("{kind:?}"));
    let (one, other) = (format!("{one:?}"), format!("{other:?}"));
    let (to_path, rate) = (meeting.to_path.as_secs_f64(), meeting.rate / 1e6);
    println!("{one:<26} {other:<26} {way:<8} {to_path:>5.2} s to the path {rate:>7.2} MB/s");
}

/// Each pair of places, and how long it takes them to reach each other.
pub fn each_pair() {
    let places = [
        Open,
        FULL_CONE,
        ADDRESS_RESTRICTED,
        PORT_RESTRICTED,
        SYMMETRIC,
        DOUBLE,
        NO_UDP,
        WEB_ONLY,
        Version6,
    ];
    for (at, one) in places.iter().enumerate() {
        for other in &places[at..] {
            tell(*one, *other, &meet_the_best_way(*one, *other));
        }
    }
}
