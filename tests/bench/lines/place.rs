//! Where a file is moved: between two machines, or on one of them, and what its programs take.

use super::told::Told;
use emulated::{Line, Machine, Network};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

/// Where it comes from and goes to.
pub struct Place {
    network: Network,
    /// The machine that it goes to.
    pub to: Machine,
    /// How that one is called from the other.
    pub host: String,
}

/// The machine that files come from.
pub const FROM: Machine = Machine(0);

impl Place {
    /// One machine for both.
    pub fn loopback() -> Self {
        let network = lay(&[Line::new(1_000_000_000, Duration::ZERO)]);
        Self { network, to: FROM, host: "127.0.0.1".to_owned() }
    }

    /// Two, and a line between them.
    pub fn between(line: Line) -> Self {
        let network = lay(&[line, line]);
        let to = Machine(1);
        let host = network.address(to).to_string();
        Self { network, to, host }
    }

    /// A program on one of them, without input or output.
    pub fn program(&self, machine: Machine, words: &[&str]) -> Command {
        command(&self.network.enter(machine), words)
    }

    /// The same, with the rights of a real root, if this is one's.
    pub fn program_of_root(&self, machine: Machine, words: &[&str]) -> Command {
        command(&self.network.enter_as_root(machine), words)
    }

    /// This program, with a home of its own.
    pub fn peersnap(&self, machine: Machine, home: &Path, words: &[&str]) -> Command {
        fs::create_dir_all(home).expect("a folder");
        let mut command =
            self.program(machine, &[&[env!("CARGO_BIN_EXE_peersnap")], words].concat());
        command.env("HOME", home).env("XDG_RUNTIME_DIR", home).env("PEERSNAP_NO_LAN", "1");
        command.current_dir(home);
        command
    }
}

fn lay(lines: &[Line]) -> Network {
    let this = std::env::current_exe().expect("this program").display().to_string();
    Network::lay(&[&this, "carry"], lines)
}

fn command(enter: &[String], words: &[&str]) -> Command {
    let mut command = Command::new(&enter[0]);
    command.args(&enter[1..]).args(words);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// A program that is measured until it ends, and ends with this at the latest.
pub struct Measured {
    child: Child,
    peak_kilobytes: u64,
}

/// What a program took.
#[derive(Debug, Clone, Copy)]
pub struct Taken {
    /// Of memory, at most.
    pub peak_megabytes: f64,
    /// Of processors.
    pub seconds: f64,
}

impl Measured {
    /// Starts it.
    pub fn start(command: &mut Command) -> Self {
        let child = command.spawn().expect("nsenter: tests/run installs util-linux");
        Self { child, peak_kilobytes: 0 }
    }

    /// Starts this program, and waits for the link of its room; none if it has none.
    pub fn start_with_link(command: &mut Command) -> Option<(Self, String)> {
        let mut program = Self::start(command.stderr(Stdio::piped()));
        let stream = program.child.stderr.take().expect("it is piped");
        let mut told = BufReader::new(stream).lines().map_while(Result::ok);
        let link = told.find_map(|line| line.strip_prefix("link: ").map(str::to_owned))?;
        // What else it tells is read, so that it can tell it.
        thread::spawn(move || told.count());
        Some((program, link))
    }

    /// Starts this program, and reads what it tells to programs.
    pub fn start_with_reports(command: &mut Command) -> (Self, Told) {
        let mut program = Self::start(command.stdout(Stdio::piped()));
        let told = Told::of(program.child.stdout.take().expect("it is piped"));
        (program, told)
    }

    /// Whether it has ended, after another look at its memory.
    pub fn has_ended(&mut self) -> bool {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.expect("its process is there until it is waited for");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|it| it.trim().trim_end_matches(" kB").parse().ok());
        self.peak_kilobytes = self.peak_kilobytes.max(peak.unwrap_or(0));
        status.lines().any(|line| line.starts_with("State:\tZ"))
    }

    /// Most of its memory so far, in megabytes.
    pub fn peak_megabytes(&mut self) -> f64 {
        self.has_ended();
        self.peak_kilobytes as f64 * 1024.0 / 1e6
    }

    /// Looks at what it took, once it has ended; nothing if it failed.
    pub fn taken(mut self) -> Option<Taken> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()));
        let stat = stat.expect("its process is there until it is waited for");
        // The name may have anything in it; what comes after its bracket is numbers.
        let fields: Vec<_> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
        let ticks = |at: usize| fields.get(at).and_then(|it| it.parse::<f64>().ok());
        let ticks = ticks(USER).unwrap_or(0.0) + ticks(SYSTEM).unwrap_or(0.0);
        let peak_megabytes = self.peak_megabytes();
        let status = self.child.wait().expect("a child");
        status.success().then_some(Taken { peak_megabytes, seconds: ticks / TICKS_A_SECOND })
    }
}

impl Drop for Measured {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Until all of them have ended; whether they have by then.
pub fn have_ended(programs: &mut [Measured], deadline: Instant) -> bool {
    loop {
        // Each is looked at, for its memory.
        let ended = programs.iter_mut().filter_map(|it| it.has_ended().then_some(())).count();
        if ended == programs.len() {
            return true;
        }
        if Instant::now() > deadline {
            return false;
        }
        sleep(LOOK_AGAIN);
    }
}

pub const LOOK_AGAIN: Duration = Duration::from_millis(5);
/// Fields of `/proc/PID/stat`, after the name.
const USER: usize = 11;
const SYSTEM: usize = 12;
/// `USER_HZ`, which is the same everywhere by now.
const TICKS_A_SECOND: f64 = 100.0;
