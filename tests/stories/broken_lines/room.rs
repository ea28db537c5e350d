//! A full room: what happens to some is nothing to the others.

use super::sending::{ANN, FILE, FOLDER, bytes};
use crate::world::apart::Apart;
use crate::world::errand::Errand;
use crate::world::{files, read};
use emulated::{Line, Machine};
use peersnap::report::{Receipt, Report};
use std::collections::BTreeSet;

/// Sends a file to everyone in a full room, and kills some of them in the middle of it.
pub fn some_are_killed(line: Line, size: u64, killed: usize) {
    let apart = Apart::with(&[line; PEERS]);
    let others = 1..PEERS;
    let ben = |at: usize| {
        let words = ["receive", apart.link(), "--once", "--accept", "all", "--out", FOLDER];
        apart.start(Machine(at), &format!("Ben {at}"), &words).run()
    };
    let mut receivers: Vec<_> = others.map(ben).collect();
    let count = receivers.len().to_string();
    let words = ["send", apart.link(), FILE, "--wait-for", &count, "--wait", "60s", "--json"];
    let ann = apart.start(ANN, "Ann", &words).file(FILE, &bytes(size)).run();
    for (at, receiver) in (1..).zip(receivers.drain(..killed)) {
        is_under_way_to(&ann, &format!("Ben {at}"));
        receiver.signal("KILL");
    }
    let whole = bytes(size);
    for receiver in receivers {
        let home = receiver.home.clone();
        let ended = receiver.ends();
        assert_eq!(ended.status, Some(0), "{}", ended.err);
        let came = home.join(FOLDER).join(FILE);
        assert_eq!(files(&home.join(FOLDER)), std::slice::from_ref(&came));
        assert!(read(&came) == whole, "another file has come");
    }
    // Those that were killed might come back, and are waited for: not here.
    let living: BTreeSet<_> = (killed + 1..PEERS).map(|at| format!("Ben {at}")).collect();
    let receipts = ann.find("all receipts", || {
        let receipts: BTreeSet<_> = ann.reports().iter().filter_map(delivered_to).collect();
        (receipts.len() >= living.len()).then_some(receipts)
    });
    assert_eq!(receipts, living, "{}", ann.out());
}

/// Waits until some of it is there, and not all.
fn is_under_way_to(ann: &Errand, name: &str) {
    ann.reports_so(&format!("some of it is at {name}'s"), |report| match report {
        Report::Progress { peer, offset: 1.., .. } if peer.name == name => Some(()),
        _ => None,
    });
}

fn delivered_to(report: &Report) -> Option<String> {
    match report {
        Report::Sent { to, receipt: Receipt::Delivered { .. }, .. } => Some(to.name.clone()),
        _ => None,
    }
}

/// As many as a room holds.
const PEERS: usize = 16;

#[test]
fn three_of_sixteen_are_killed_and_the_other_twelve_have_it_whole() {
    some_are_killed(Line::new(50_000_000, std::time::Duration::from_millis(20)), 4 << 20, 3);
}
