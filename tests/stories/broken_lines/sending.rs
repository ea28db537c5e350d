//! Ann sends Ben a large file over a line, and what that must come to in the end.

use crate::world::apart::Apart;
use crate::world::errand::{Errand, Home, Start};
use crate::world::{PATIENCE, digest, files, until_not};
use emulated::{Line, Machine};
use jiff::Timestamp;
use peersnap::report::{self, Report};
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

pub const ANN: Machine = Machine(0);
pub const BEN: Machine = Machine(1);
/// Nobody's, with a line that one of them may be [lent](emulated::Network::lend).
pub const SPARE: Machine = Machine(2);

/// How it went: how long it took, and how many bytes the line carried from Ann.
pub type Went = (Duration, u64);

/// A file on its way.
pub struct Sending {
    pub apart: Apart,
    /// None while nobody is there.
    pub ann: Option<Errand>,
    pub ben: Option<Errand>,
    anns: Home,
    bens: Home,
    size: u64,
    line: Line,
    breaks: u64,
    begun: Instant,
}

impl Sending {
    /// Begins: Ben waits for it, and Ann sends it.
    pub fn begin(line: Line, size: u64) -> Self {
        let apart = Apart::with(&[line; 3]);
        let ben = ben(&apart).run();
        ben.tells("link: ");
        let ann = ann(&apart).file(FILE, &bytes(size)).run();
        let (anns, bens) = (ann.home.clone(), ben.home.clone());
        let (ann, ben) = (Some(ann), Some(ben));
        Self { apart, ann, ben, anns, bens, size, line, breaks: 0, begun: Instant::now() }
    }

    /// Waits until Ann knows that so much of it is there.
    pub fn is_at(&self, wanted: u64) {
        let ann = self.ann.as_ref().expect("Ann is there");
        ann.reports_so(&format!("{wanted} bytes are there"), |report| match report {
            Report::Progress { offset, .. } if *offset >= wanted => Some(()),
            _ => None,
        });
    }

    /// What Ann knew when of how much of it is there, in bytes.
    fn progress(&self) -> Vec<(Timestamp, u64)> {
        let out = self.ann.as_ref().expect("Ann is there").out();
        let whole = out.rfind('\n').map_or(0, |end| end + 1);
        let lines = out[..whole].lines().map(|it| serde_json::from_str(it).expect("a report"));
        let progress = |line: report::Line| match line.report {
            Report::Progress { offset, .. } => Some((line.at.parse().expect("a time"), offset)),
            _ => None,
        };
        lines.filter_map(progress).collect()
    }

    /// How much of it Ann knew to be there at that time, in bytes.
    pub fn told_before(&self, time: Timestamp) -> u64 {
        let progress = self.progress();
        progress.iter().rev().find(|(at, _)| *at <= time).map_or(0, |(_, offset)| *offset)
    }

    /// When Ann knew of more after the longest time without any since then.
    pub fn moves_again(&self, since: Timestamp) -> Timestamp {
        let progress = self.progress();
        let later = progress.iter().skip_while(|(at, _)| *at <= since).map(|(at, _)| *at);
        let later: Vec<_> = std::iter::once(since).chain(later).collect();
        let longest = later.windows(2).max_by_key(|pair| pair[1].duration_since(pair[0]));
        longest.expect("there was progress since then")[1]
    }

    /// Something happens to the line, or to those at its ends.
    pub fn breaks(&mut self) {
        self.breaks += 1;
    }

    /// Begins again whoever is not there, where they were.
    pub fn begin_again(&mut self) {
        if self.ann.is_none() {
            self.ann = Some(ann(&self.apart).home(&self.anns).run());
        }
        if self.ben.is_none() {
            self.ben = Some(ben(&self.apart).home(&self.bens).run());
        }
    }

    /// Whether Ben has all of it.
    pub fn is_there(&self) -> bool {
        self.bens.join(FOLDER).join(FILE).exists()
    }

    /// Waits until both have ended well, and sees that what was promised is so. How long it took, and
    /// how many bytes the line carried from Ann.
    pub fn ends(mut self) -> Went {
        let took = self.ends_well(ANN);
        self.ends_well(BEN);
        (took, self.is_whole())
    }

    /// Waits until this one has ended well; how long all of it took.
    pub fn ends_well(&mut self, who: Machine) -> Duration {
        let errand = if who == ANN { self.ann.take() } else { self.ben.take() };
        let ended = errand.expect("somebody is there").ends_within(self.patience());
        let out = String::from_utf8_lossy(&ended.out);
        assert_eq!(ended.status, Some(0), "machine {}: {}\n{out}", who.0, ended.err);
        self.begun.elapsed()
    }

    /// How long it may take, on a line that loses much.
    fn patience(&self) -> Duration {
        let once = self.size as f64 * 8.0 / self.line.bits_per_second as f64;
        2 * PATIENCE + Duration::from_secs_f64(once * (1.0 + 1000.0 * self.line.loss))
    }

    /// Sees that the file is whole, that nothing else is left, and that no more was sent than is
    /// promised; how many bytes the line carried from Ann.
    pub fn is_whole(&mut self) -> u64 {
        let folder = self.bens.join(FOLDER);
        let (sent, came) = (self.anns.join(FILE), folder.join(FILE));
        // What is not needed any more goes after the receipt.
        until_not(|| match files(&folder) {
            left if left == [came.clone()] => Ok(()),
            left => Err(format!("one file, and nothing beside it: {left:?}")),
        });
        assert_eq!(digest(&came), digest(&sent), "another file has come");
        let known = |path: &PathBuf| *path == sent || path.ends_with(".local");
        let others: Vec<_> = files(&self.anns).into_iter().filter(|it| !known(it)).collect();
        assert_eq!(others, [""; 0].map(PathBuf::from), "left at Ann's");
        self.carried()
    }

    /// Sees that no more was sent than is promised; how many bytes the line carried from Ann.
    fn carried(&mut self) -> u64 {
        let sent = [ANN, SPARE].map(|it| self.apart.network.carried(it).sent.bytes);
        let sent = sent.iter().sum();
        let second = self.line.bits_per_second / 8;
        // What is lost is sent again, and what only seems so: behind a loss of a loss, all of it.
        let once = self.size as f64 * (1.0 + HEADERS + 3.0 * self.line.loss);
        // One that loses so much that nothing is heard for long is given up, and another made.
        let given_up = if self.line.loss > 0.0 { AGAIN } else { 0 };
        let breaks = self.breaks * (AGAIN + second + BEGINNING);
        let most = once as u64 + BEGINNING + given_up + breaks;
        assert!(sent <= most, "{sent} bytes were sent of {}: more than {most}", self.size);
        sent
    }
}

fn ann(apart: &Apart) -> Start {
    apart.start(ANN, "Ann", &["send", apart.link(), FILE, "--wait", "3m", "--json"])
}

fn ben(apart: &Apart) -> Start {
    let receive = ["receive", apart.link(), "--once", "--accept", "all", "--out", FOLDER];
    apart.start(BEN, "Ben", &receive)
}

/// Bytes without a pattern.
pub fn bytes(size: u64) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let word = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    (0..size.div_ceil(8)).flat_map(word).take(size as usize).collect()
}

/// Lets this time pass: it is what the story is about.
pub fn lasts(time: Duration) {
    sleep(time);
}

pub const FILE: &str = "large.bin";
pub const FOLDER: &str = "in";
/// Of IP, UDP, DTLS and SCTP, for a packet of 1,200 bytes.
const HEADERS: f64 = 0.12;
/// To meet, to connect, and what is said about a transfer.
const BEGINNING: u64 = 100_000;
/// What may be sent again each time.
const AGAIN: u64 = 1 << 20;
