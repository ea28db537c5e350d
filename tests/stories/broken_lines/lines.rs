//! Lines that are cut or lossy; a receiver that sleeps.

use super::sending::{BEN, Sending, Went, lasts};
use emulated::Line;
use std::time::Duration;

/// The line is cut in the middle, for so long.
pub fn cut(line: Line, size: u64, time: Duration) -> Went {
    let mut sending = Sending::begin(line, size);
    sending.is_at(size / 3);
    sending.breaks();
    sending.apart.network.cut(BEN);
    lasts(time);
    sending.apart.network.mend(BEN);
    sending.ends()
}

/// Nothing happens, on a line like this.
pub fn nothing(line: Line, size: u64) -> Went {
    Sending::begin(line, size).ends()
}

/// The receiver's machine sleeps, for so long.
pub fn sleeps(line: Line, size: u64, time: Duration) -> Went {
    let mut sending = Sending::begin(line, size);
    sending.is_at(size / 3);
    sending.breaks();
    let ben = sending.ben.as_ref().expect("Ben is there");
    ben.signal("STOP");
    lasts(time);
    ben.signal("CONT");
    sending.ends()
}

const LINE: Line = Line::new(10_000_000, Duration::from_millis(20));
const SIZE: u64 = 4 << 20;

#[test]
fn a_file_arrives_though_the_line_is_cut_for_a_second() {
    cut(LINE, SIZE, Duration::from_secs(1));
}

#[test]
fn a_file_arrives_though_the_line_is_cut_for_ten_seconds() {
    cut(LINE, SIZE, Duration::from_secs(10));
}

#[test]
fn a_file_arrives_though_one_packet_of_twenty_is_lost() {
    nothing(Line::new(2_000_000, Duration::from_millis(20)).losing(0.05), 1 << 20);
}

#[test]
fn a_file_arrives_though_its_receiver_sleeps_for_some_seconds() {
    sleeps(LINE, SIZE, Duration::from_secs(5));
}
