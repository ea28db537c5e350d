//! Either end is killed, again and again, at any moment, and begun again.

use super::sending::{ANN, BEN, Sending, lasts};
use emulated::Line;
use std::time::Duration;

/// Chances that are the same each time they begin with the same seed.
pub struct Chances(pub u64);

impl Chances {
    /// A number below this one.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % limit
    }
}

/// Sends files, each with kills at random moments, until so many have happened; how many files.
pub fn kills(line: Line, size: u64, count: u64, a_file: u64, chances: &mut Chances) -> u64 {
    let (mut left, mut files) = (count, 0);
    while left > 0 {
        left -= one_file(line, size, left.min(a_file), chances);
        files += 1;
    }
    files
}

/// Sends a file with so many kills at most; how many there were.
fn one_file(line: Line, size: u64, count: u64, chances: &mut Chances) -> u64 {
    let mut sending = Sending::begin(line, size);
    let (mut killed, mut last) = (0, None);
    while killed < count {
        lasts(Duration::from_millis(chances.below(EACH_MS)));
        // Once it has arrived there is nothing more to break.
        if sending.is_there() {
            break;
        }
        let who = if chances.below(2) == 0 { ANN } else { BEN };
        let end = if who == ANN { &mut sending.ann } else { &mut sending.ben };
        let end = end.take().expect("it was begun again");
        end.signal("KILL");
        drop(end);
        last = Some(who);
        killed += 1;
        sending.breaks();
        sending.begin_again();
    }
    // Who was killed as the other had all it needed has nothing left to do, and waits.
    match last {
        None => drop(sending.ends()),
        Some(killed) => {
            sending.ends_well(if killed == ANN { BEN } else { ANN });
            sending.is_whole();
        }
    }
    killed
}

/// At most this passes from one kill to the next.
const EACH_MS: u64 = 2500;

#[test]
fn a_file_arrives_though_either_end_is_killed_six_times() {
    let line = Line::new(10_000_000, Duration::from_millis(20));
    kills(line, 8 << 20, 6, 6, &mut Chances(1));
}
