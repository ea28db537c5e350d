//! Where no datagram finds a way between two people, the server carries what is sealed, as long as
//! there is nothing better.

use crate::world::apart::Apart;
use crate::world::pictures::photo;
use crate::world::{read, until};
use emulated::{Line, Machine};
use peersnap::report::{PathKind, Report};
use std::time::Duration;

const LINE: Line = Line::new(20_000_000, Duration::from_millis(20));
const ANN: Machine = Machine(0);
const BEN: Machine = Machine(1);

/// How this one was told last to reach the other.
fn path(reports: &[Report]) -> Option<PathKind> {
    reports.iter().rev().find_map(|report| match report {
        Report::Path { kind, .. } => Some(*kind),
        _ => None,
    })
}

fn large(megabytes: u32) -> Vec<u8> {
    (0..megabytes * 250_000).flat_map(u32::to_le_bytes).collect()
}

#[test]
fn a_photo_and_a_file_arrive_through_the_server_which_both_are_told_of() {
    let apart = Apart::with(&[LINE, LINE]).behind_firewalls();
    let receive = ["receive", apart.link(), "--count", "2", "--accept", "all", "--json"];
    let ben = apart.start(BEN, "Ben", &[&receive[..], &["--out", "in"]].concat()).run();
    let send = ["send", apart.link(), "a.jpg", "large.bin", "--json"];
    let ann = apart.start(ANN, "Ann", &send).file("a.jpg", &photo([1, 2, 3]));
    let ann = ann.file("large.bin", &large(4)).run().ends();
    assert_eq!(ann.status, Some(0), "{}{}", ann.text(), ann.err);
    let home = ben.home.clone();
    let ben = ben.ends();
    assert_eq!(ben.status, Some(0), "{}{}", ben.text(), ben.err);
    assert_eq!(read(&home.join("in/a.jpg")), photo([1, 2, 3]));
    assert!(read(&home.join("in/large.bin")) == large(4));
    for ended in [&ann, &ben] {
        assert!(ended.reports().iter().any(|it| {
            matches!(it, Report::Path { kind: PathKind::Server, round_trip_ms: Some(20.0..), .. })
        }));
    }
}

#[test]
fn what_goes_through_the_server_goes_on_directly_once_there_is_a_way() {
    let slow = Line::new(4_000_000, Duration::from_millis(20));
    let mut apart = Apart::with(&[slow, slow]).behind_firewalls();
    let receive = ["receive", apart.link(), "--once", "--accept", "all", "--json", "--out", "in"];
    let ben = apart.start(BEN, "Ben", &receive).run();
    let send = ["send", apart.link(), "large.bin", "--json"];
    let ann = apart.start(ANN, "Ann", &send).file("large.bin", &large(12)).run();
    until("it goes through the server", || {
        (path(&ann.reports()) == Some(PathKind::Server)).then_some(())
    });
    apart.network.join(ANN, BEN);
    let ann = ann.ends();
    assert_eq!(ann.status, Some(0), "{}{}", ann.text(), ann.err);
    let home = ben.home.clone();
    assert_eq!(ben.ends().status, Some(0));
    assert!(read(&home.join("in/large.bin")) == large(12));
    assert_eq!(path(&ann.reports()), Some(PathKind::Direct));
}
