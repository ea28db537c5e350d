//! Somebody's network changes: what is under way goes on within seconds, and the next photo goes at
//! once.

use crate::broken_lines::sending::{ANN, BEN, SPARE, Sending, lasts};
use crate::world::apart::Apart;
use crate::world::launch::Launch;
use crate::world::{digest, until, whole_files};
use emulated::{Line, Machine, Network};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::path::Path;
use std::time::{Duration, Instant};

/// What happens to the network of a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It has another address on the same line.
    Address,
    /// Its line is down for so long, as the machine notices, and is as before then.
    Down(Duration),
    /// That line is down for good, and another one up, with another address.
    Line,
}

impl Change {
    /// Happens to a machine, for the so manyth time; the network works from then on.
    fn happens(self, network: &mut Network, who: Machine, time: usize) {
        match self {
            Self::Address => {
                network.readdress(who, Ipv4Addr::new(10, 77, 0, 100 + time as u8));
            }
            Self::Down(rests) => {
                network.down(who);
                lasts(rests);
                network.up(who);
            }
            Self::Line => network.switch(who),
        }
    }
}

/// It happens so often to either end of a line on which a file is under way, which arrives whole: how
/// long it took each time, from when the network worked again until bytes moved again.
pub fn while_a_file_is_under_way(
    line: Line,
    who: Machine,
    change: Change,
    times: usize,
) -> Vec<Duration> {
    let mut sending = Sending::begin(line, (times as u64 + 2) * 2 * STRETCH);
    sending.apart.network.lend(SPARE, who);
    let (mut took, mut there) = (Vec::new(), 0);
    for time in 0..times {
        sending.is_at(there + STRETCH);
        let begun = Timestamp::now();
        change.happens(&mut sending.apart.network, who, time);
        let works = Timestamp::now();
        sending.breaks();
        there = sending.told_before(works);
        // By then it does not only seem so, as what was sent before is acknowledged late.
        sending.is_at(there + STRETCH);
        took.push(sending.moves_again(begun).duration_since(works).unsigned_abs());
        there += STRETCH;
    }
    sending.ends();
    took
}

/// It happens so often to one of two who look at their screens and send nothing, each time a photo is
/// sent at once, and arrives: how long after.
pub fn while_nothing_is_under_way(line: Line, change: Change, times: usize) -> Vec<Duration> {
    let mut apart = Apart::with(&[line; 3]);
    apart.network.lend(SPARE, ANN);
    let [mut ann, ben] = [(ANN, "Ann"), (BEN, "Ben")]
        .map(|(who, name)| Launch::of(name).through(&apart.network.enter(who)).join(apart.link()));
    ann.meets("Ben");
    ben.meets("Ann");
    ann.sees_the_camera();
    let mut took = Vec::new();
    for time in 0..times {
        change.happens(&mut apart.network, ANN, time);
        let works = Instant::now();
        ann.press("S");
        let sent = until("a photo", || {
            let sent = digests(&ann.save);
            (sent.len() > time).then_some(sent)
        });
        until("the photo", || sent.is_subset(&digests(&ben.save)).then_some(()));
        took.push(works.elapsed());
        ann.is_told("Ben has peersnap-");
    }
    // What has come of those that had to be sent again goes a moment later.
    until("the same photos", || (digests(&ann.save) == digests(&ben.save)).then_some(()));
    took
}

fn digests(folder: &Path) -> BTreeSet<String> {
    whole_files(folder).iter().map(|it| digest(it)).collect()
}

/// How much arrives between two changes.
const STRETCH: u64 = 1_000_000;
const LINE: Line = Line::new(8_000_000, Duration::from_millis(20));

#[test]
fn a_file_goes_on_when_its_sender_has_another_address() {
    while_a_file_is_under_way(LINE, ANN, Change::Address, 2);
}

#[test]
fn a_file_goes_on_when_its_receiver_comes_to_another_line() {
    while_a_file_is_under_way(LINE, BEN, Change::Line, 2);
}

#[test]
fn a_file_goes_on_when_its_senders_line_was_down_for_a_moment() {
    while_a_file_is_under_way(LINE, ANN, Change::Down(Duration::from_secs(1)), 2);
}

#[test]
fn the_next_photo_goes_though_who_sends_it_comes_to_another_line_again_and_again() {
    // What is said as one comes about may be lost as the next change comes.
    while_nothing_is_under_way(LINE, Change::Line, 8);
}

#[test]
fn the_next_photo_goes_when_the_line_of_who_sends_it_was_down_for_some_seconds() {
    while_nothing_is_under_way(LINE, Change::Down(Duration::from_secs(5)), 1);
}
