//! `cargo bench -- crowd`: what a sender's memory comes to with two receivers, and with as many as a
//! room holds.

use crate::lines::place::{FROM, Measured, Place, have_ended};
use crate::row;
use std::fs::File;
use std::time::{Duration, Instant};

pub fn run() {
    let [few, many] = [2, RECEIVERS_MAX].map(sender_with);
    for (receivers, peak) in [(2, few), (RECEIVERS_MAX, many)] {
        let what =
            format!("memory of a sender of {} MB to {receivers}, at most", BYTES / 1_000_000);
        row(&what, &peak.map_or("it failed".to_owned(), |peak| format!("{peak:.1} MB")));
    }
    if let (Some(few), Some(many)) = (few, many) {
        row("ratio (promised: at most 1.20)", &format!("{:.2}", many / few));
    }
}

/// Sends a file to so many; the most that the sender's memory came to.
fn sender_with(receivers: usize) -> Option<f64> {
    let place = Place::loopback();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("large.bin");
    File::create(&file).and_then(|file| file.set_len(BYTES)).expect("a file with a hole");
    let count = receivers.to_string();
    let words = ["send", "--new", "--listen", "127.0.0.1:0", "--wait-for", &count];
    let file = file.display().to_string();
    let words = [&words[..], &[&file]].concat();
    let mut sender = place.peersnap(FROM, &folder.path().join("ann"), &words);
    let (sender, link) = Measured::start_with_link(&mut sender)?;
    let mut programs = vec![sender];
    for at in 0..receivers {
        let home = folder.path().join(format!("receiver {at}"));
        let words = ["receive", &link, "--once", "--accept", "all", "--out", "in"];
        programs.push(Measured::start(&mut place.peersnap(FROM, &home, &words)));
    }
    if !have_ended(&mut programs, Instant::now() + PATIENCE) {
        return None;
    }
    let taken = programs.into_iter().map(Measured::taken).collect::<Option<Vec<_>>>()?;
    Some(taken[0].peak_megabytes)
}

/// A room holds 16 peers.
const RECEIVERS_MAX: usize = 15;
const BYTES: u64 = 64_000_000;
const PATIENCE: Duration = Duration::from_mins(5);
