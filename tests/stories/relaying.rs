//! Where nobody reaches anyone but the server, it relays what is sealed, and says that it does.

use crate::world::apart::Apart;
use crate::world::errand::Errand;
use crate::world::pictures::photo;
use crate::world::read;
use emulated::{Line, Machine};
use peersnap::report::{PathKind, Report};
use std::time::Duration;

const LINE: Line = Line::new(20_000_000, Duration::from_millis(20));
const ANN: Machine = Machine(0);
const BEN: Machine = Machine(1);

/// How this one was told to reach the other, once there is a way besides the server.
fn path(errand: &Errand) -> PathKind {
    errand.reports_so("how it is reached", |report| match report {
        Report::Path { kind, .. } if *kind != PathKind::Server => Some(*kind),
        _ => None,
    })
}

#[test]
fn a_photo_and_a_file_arrive_through_the_servers_relay_which_both_are_told_of() {
    let apart = Apart::with_relay(&[LINE, LINE]).behind_firewalls();
    let paths = hand_over(&apart);
    assert_eq!(paths, [PathKind::Relayed; 2]);
}

#[test]
fn who_is_reached_directly_is_not_relayed_though_there_is_a_relay() {
    let apart = Apart::with_relay(&[LINE, LINE]);
    assert_eq!(hand_over(&apart), [PathKind::Direct; 2]);
}

/// Ann sends a photo and a file that takes a while to Ben; how each was told to reach the other.
fn hand_over(apart: &Apart) -> [PathKind; 2] {
    let receive = ["receive", apart.link(), "--count", "2", "--accept", "all", "--json"];
    let ben = apart.start(BEN, "Ben", &[&receive[..], &["--out", "in"]].concat()).run();
    let large: Vec<_> = (0..2_000_000_u32).flat_map(u32::to_le_bytes).collect();
    let send = ["send", apart.link(), "a.jpg", "large.bin", "--json"];
    let ann = apart.start(ANN, "Ann", &send).file("a.jpg", &photo([1, 2, 3]));
    let ann = ann.file("large.bin", &large).run();
    let paths = [path(&ann), path(&ben)];
    let ended = ann.ends();
    assert_eq!(ended.status, Some(0), "{}", ended.err);
    let home = ben.home.clone();
    assert_eq!(ben.ends().status, Some(0));
    assert_eq!(read(&home.join("in/a.jpg")), photo([1, 2, 3]));
    assert!(read(&home.join("in/large.bin")) == large);
    paths
}
