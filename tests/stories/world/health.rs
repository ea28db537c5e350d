//! What a program costs the machine, as the system counts it: nothing that comes from outside may
//! make it grow.

use super::terminal::Terminal;
use super::until_not;
use std::path::Path;
use std::time::{Duration, Instant};

/// What a program holds at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Health {
    /// Resident memory, in kilobytes.
    memory: u64,
    threads: u64,
    /// Open files and sockets.
    descriptors: u64,
    /// What is written down, in bytes.
    log: u64,
}

impl Health {
    fn of(pid: u32, log: &Path) -> Self {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
        let number = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key)).expect("it is told");
            line.trim_end_matches("kB").trim().parse().expect("a number")
        };
        let descriptors = std::fs::read_dir(format!("/proc/{pid}/fd")).expect("it runs").count();
        Self {
            memory: number("VmRSS:"),
            threads: number("Threads:"),
            descriptors: descriptors as u64,
            log: std::fs::metadata(log).map_or(0, |facts| facts.len()),
        }
    }

    /// Whether it has not grown since then.
    pub fn is_near(self, before: Self) -> bool {
        self.memory < MEMORY_KB_MAX.min(before.memory + MEMORY_KB_MORE)
            && self.threads <= before.threads + THREADS_MORE
            && self.descriptors <= before.descriptors + DESCRIPTORS_MORE
            && self.log <= before.log + LOG_BYTES_MORE
    }
}

impl Terminal {
    /// What the program holds now.
    pub fn health(&self) -> Health {
        Health::of(self.pid, &self.state().join("peersnap.log"))
    }

    /// A key does what it always does, and soon; nothing has grown since `before`.
    pub fn is_as_well_as(&mut self, before: Health) {
        self.answers();
        until_not(|| {
            let now = self.health();
            let grown = || format!("{} has grown from {before:?} to {now:?}", self.name);
            now.is_near(before).then_some(()).ok_or_else(grown)
        });
    }

    /// A key does what it always does, and soon.
    pub fn answers(&mut self) {
        let asked = Instant::now();
        self.press("?");
        self.shows("snap and send at once");
        let took = asked.elapsed();
        assert!(took < SOON, "{} took {took:?} over a key", self.name);
        self.press("?");
        self.shows_no_more("snap and send at once");
    }

    /// It ends when it is told to.
    pub fn quits(&mut self) {
        self.press("q");
        assert_eq!(self.ends(), 0, "{} does not end well", self.name);
        assert!(self.is_given_back());
    }
}

/// For a key to be answered on a machine that does much else.
const SOON: Duration = Duration::from_secs(3);
const MEMORY_KB_MAX: u64 = 150 * 1024;
const MEMORY_KB_MORE: u64 = 40 * 1024;
/// Those that write files, and that wait for more work before they end.
const THREADS_MORE: u64 = 16;
/// A connection that is made anew, while the last one is being closed.
const DESCRIPTORS_MORE: u64 = 24;
/// At the level of these stories, where each step is told.
const LOG_BYTES_MORE: u64 = 500_000;
