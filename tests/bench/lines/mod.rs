//! `cargo bench -- lines`: a file from one machine to another, over lines as people have them.
//!
//! The same file is moved by each program in turn, in one run. First each moves a thousand bytes:
//! that is its time to begin, and what more the whole file takes is its rate. TCP is cubic, as most
//! systems have it. Words of CASES and programs' names given as arguments run those alone; `large`
//! is 10 GB by this program, for its memory.

pub mod movers;
pub mod place;
pub mod told;

use emulated::Line;
use movers::{Moved, Mover, Peersnap, ThroughSsh, Wormhole};
use place::Place;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;
use std::time::Duration;

/// Where, and how much.
struct Case {
    word: &'static str,
    told: &'static str,
    line: Option<Line>,
    bytes: u64,
}

const FAR: Line = Line::new(100_000_000, Duration::from_millis(50));
const CASES: [Case; 5] = [
    Case { word: "loopback", told: "loopback", line: None, bytes: 512 << 20 },
    Case { word: "0", told: "100 Mbit/s, 50 ms, no loss", line: Some(FAR), bytes: 128 << 20 },
    Case {
        word: "0.1",
        told: "100 Mbit/s, 50 ms, 0.1% loss",
        line: Some(FAR.losing(0.001)),
        bytes: 32 << 20,
    },
    Case {
        word: "1",
        told: "100 Mbit/s, 50 ms, 1% loss",
        line: Some(FAR.losing(0.01)),
        bytes: 16 << 20,
    },
    Case { word: "large", told: "loopback, 10 GB", line: None, bytes: 10_000_000_000 },
];

pub fn run(words: &[String]) {
    let is_asked = |word: &str| words.iter().any(|it| it == word);
    let any_case = CASES.iter().any(|case| is_asked(case.word));
    for case in CASES {
        let is_usual = !any_case && case.word != "large";
        if is_asked(case.word) || is_usual {
            let names: Vec<_> =
                words.iter().filter(|it| CASES.iter().all(|case| case.word != *it)).collect();
            case.run(&|name| names.is_empty() || names.iter().any(|it| name.contains(it.as_str())));
        }
    }
}

impl Case {
    fn run(&self, is_wanted: &dyn Fn(&str) -> bool) {
        println!("\n{}; {} MB", self.told, self.bytes / 1_000_000);
        println!(
            "{:<16} {:>10} {:>12} {:>12} {:>12}",
            "", "to begin", "rate", "of the line", "to peersnap"
        );
        let place = self.line.map_or_else(Place::loopback, Place::between);
        let folder = tempfile::tempdir().expect("a folder");
        let [small, whole] = [("small", SMALL_BYTES), ("whole", self.bytes)].map(|(name, size)| {
            let path = folder.path().join(name);
            fill(&path, size);
            path
        });
        let home = folder.path().join("home");
        let mut peersnap = Peersnap { place: &place, home };
        let ours = is_wanted(peersnap.name())
            .then(|| self.measure(&mut peersnap, &small, &whole, None))
            .flatten();
        if self.word == "large" {
            return;
        }
        let keys = folder.path().join("keys");
        for name in OTHERS.into_iter().filter(|name| is_wanted(name)) {
            match other(name, &place, &keys) {
                Some(mut mover) => drop(self.measure(&mut *mover, &small, &whole, ours)),
                None => println!("{name:<16} cannot be had here"),
            }
        }
    }

    /// Moves a little, then all, and prints what came of it; the rate in bytes a second.
    fn measure(
        &self,
        mover: &mut dyn Mover,
        small: &Path,
        whole: &Path,
        ours: Option<f64>,
    ) -> Option<f64> {
        let mut carry = |file: &Path| -> Option<Moved> {
            let into = tempfile::tempdir().expect("a folder");
            let went = mover.move_file(file, into.path())?;
            let came = into.path().join(file.file_name().expect("a name"));
            let whole = fs::metadata(file).expect("the source").len();
            (fs::metadata(came).ok()?.len() == whole).then_some(went)
        };
        let begun = carry(small);
        let went = begun.as_ref().and_then(|_| carry(whole));
        let name = mover.name();
        let (Some(begun), Some(went)) = (begun, went) else {
            println!("{name:<16} did not get it there");
            return None;
        };
        let rate = self.bytes as f64 / went.took.saturating_sub(begun.took).as_secs_f64();
        let share = self.line.map(|line| rate * 8.0 / line.bits_per_second as f64);
        println!(
            "{name:<16} {:>8.2} s {:>7.2} MB/s {:>12} {:>12}",
            begun.took.as_secs_f64(),
            rate / 1e6,
            share.map_or(String::new(), |share| format!("{:.1} %", share * 100.0)),
            ours.map_or(String::new(), |ours| format!("{:.2}", rate / ours)),
        );
        for (who, taken) in ["its sender", "its receiver"].iter().zip(&went.taken) {
            println!(
                "  {who:<14} {:>8.1} MB {:>10.2} s of a core",
                taken.peak_megabytes, taken.seconds
            );
        }
        Some(rate)
    }
}

/// A program beside this one.
fn other<'a>(name: &str, place: &'a Place, keys: &Path) -> Option<Box<dyn Mover + 'a>> {
    Some(match name {
        "magic-wormhole" => Box::new(Wormhole::new(place)?),
        "scp" => Box::new(ThroughSsh::new(place, "scp", keys)?),
        _ => Box::new(ThroughSsh::new(place, "rsync", keys)?),
    })
}

/// Bytes that no line can make less of; more than a gigabyte has holes in the place of them.
fn fill(path: &Path, size: u64) {
    let file = File::create(path).expect("a file");
    if size > HOLES_FROM {
        return file.set_len(size).expect("a disk");
    }
    let random = File::open("/dev/urandom").expect("random numbers");
    let mut file = std::io::BufWriter::new(file);
    std::io::copy(&mut random.take(size), &mut file).expect("room on the disk");
    file.flush().expect("room on the disk");
}

const OTHERS: [&str; 3] = ["magic-wormhole", "rsync over ssh", "scp"];
const SMALL_BYTES: u64 = 1000;
const HOLES_FROM: u64 = 1 << 30;
