//! Hooks: a program that is run for each file that came.
//!
//! It gets the file's facts in its environment and nothing on its command line, so that no name
//! from outside is ever taken for an option or a command. Its output goes to standard error. It is
//! stopped with all that it started when it takes too long, or when the errand ends.

use crate::report::{Code, File, Report, Who};
use rustix::process::{Pid, Signal, kill_process_group};
use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::stderr;
use std::os::fd::AsFd as _;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

/// What is run for each file, and how.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The program and its arguments.
    pub command: Vec<OsString>,
    /// How many may run at once.
    pub jobs: usize,
    /// How long one may take.
    pub timeout: Duration,
}

/// A file that came.
#[derive(Debug, Clone)]
pub struct Arrived {
    /// Where it lies.
    pub path: PathBuf,
    /// What it is.
    pub file: File,
    /// SHA-256, in hex.
    pub digest: String,
    /// From whom.
    pub from: Who,
}

/// The hooks that run, and those that wait.
#[derive(Debug)]
pub struct Hooks {
    setup: Setup,
    waiting: VecDeque<Arrived>,
    running: JoinSet<Report>,
    failed: u64,
}

impl Setup {
    /// A command that is split into words as a shell does, or handed to one; none if a quotation
    /// mark has no other.
    pub fn command(text: &str, shell: bool) -> Option<Vec<OsString>> {
        let words = if shell {
            vec!["/bin/sh".to_owned(), "-c".to_owned(), text.to_owned()]
        } else {
            shlex::split(text).filter(|words| !words.is_empty())?
        };
        Some(words.into_iter().map(Into::into).collect())
    }
}

impl Hooks {
    /// None runs yet.
    pub fn new(setup: Setup) -> Self {
        Self { setup, waiting: VecDeque::new(), running: JoinSet::new(), failed: 0 }
    }

    /// Runs the program for a file, now or later. What there is to tell of that already.
    pub fn push(&mut self, arrived: Arrived) -> Option<Report> {
        if self.waiting.len() >= WAITING_MAX {
            self.failed += 1;
            let text = "too many files wait for their hook: it is not run for this one".to_owned();
            return Some(Report::Hook { path: arrived.path, status: None, text: Some(text) });
        }
        self.waiting.push_back(arrived);
        self.start();
        None
    }

    /// Whether none runs and none waits.
    pub fn are_over(&self) -> bool {
        self.running.is_empty() && self.waiting.is_empty()
    }

    /// The code of those that failed, if any did.
    pub fn failure(&self) -> Option<Code> {
        (self.failed > 0).then_some(Code::Hook)
    }

    /// How the next one went that ends. Cancel-safe.
    pub async fn next(&mut self) -> Report {
        let Some(report) = self.running.join_next().await else {
            return std::future::pending().await;
        };
        let report = report.unwrap_or_else(|error| {
            let text = Some(format!("a hook was lost: {error}"));
            Report::Hook { path: PathBuf::new(), status: None, text }
        });
        if matches!(report, Report::Hook { text: Some(_), .. }) {
            self.failed += 1;
        }
        self.start();
        report
    }

    fn start(&mut self) {
        while self.running.len() < self.setup.jobs {
            let Some(arrived) = self.waiting.pop_front() else { return };
            let setup = self.setup.clone();
            self.running.spawn(run(setup, arrived));
        }
    }
}

async fn run(setup: Setup, arrived: Arrived) -> Report {
    let path = arrived.path.clone();
    let failed = |status, text: String| Report::Hook {
        path: path.clone(),
        status,
        text: Some(format!("the hook for {} {text}", arrived.file.name)),
    };
    let child = command(&setup, &arrived).and_then(|mut command| command.spawn());
    let child = match child {
        Ok(child) => child,
        Err(error) => return failed(None, format!("did not start: {error}")),
    };
    let mut group = Group::of(child);
    match tokio::time::timeout(setup.timeout, group.child.wait()).await {
        Ok(Ok(status)) if status.success() => {
            Report::Hook { path: path.clone(), status: Some(0), text: None }
        }
        Ok(Ok(status)) => failed(status.code(), format!("failed: {status}")),
        Ok(Err(error)) => failed(None, format!("was lost: {error}")),
        Err(_) => {
            group.signal(Signal::TERM);
            // It may want to put something in order.
            let _ = tokio::time::timeout(TERM_TIMEOUT, group.child.wait()).await;
            group.signal(Signal::KILL);
            let time = humantime::format_duration(setup.timeout);
            failed(None, format!("took longer than {time}: it was stopped"))
        }
    }
}

fn command(setup: &Setup, arrived: &Arrived) -> std::io::Result<Command> {
    let (program, arguments) = setup.command.split_first().ok_or(std::io::ErrorKind::NotFound)?;
    let mut command = Command::new(program);
    // Standard output is the errand's own.
    let output = stderr().as_fd().try_clone_to_owned()?;
    command
        .args(arguments)
        .env("PEERSNAP_PATH", &arrived.path)
        .env("PEERSNAP_NAME", &arrived.file.name)
        .env("PEERSNAP_TYPE", &arrived.file.media_type)
        .env("PEERSNAP_SIZE", arrived.file.size.to_string())
        .env("PEERSNAP_DIGEST", &arrived.digest)
        .env("PEERSNAP_FROM", &arrived.from.name)
        .env("PEERSNAP_FROM_ID", &arrived.from.id)
        .envs(arrived.file.files.map(|files| ("PEERSNAP_FILES", files.to_string())))
        .stdin(Stdio::null())
        .stdout(output)
        .process_group(0);
    Ok(command)
}

/// A hook and all that it starts: killed when this goes.
struct Group {
    child: Child,
    id: Option<Pid>,
}

impl Group {
    fn of(child: Child) -> Self {
        let id = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        Self { child, id }
    }

    fn signal(&self, signal: Signal) {
        if let Some(id) = self.id {
            // Nothing of it may be left.
            let _ = kill_process_group(id, signal);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // One that ended by itself may have left something in the background, which is its own
        // affair; one that did not is ended with all of that.
        if self.child.id().is_some() {
            self.signal(Signal::KILL);
        }
    }
}

/// As many as come in a night.
const WAITING_MAX: usize = 10_000;
const TERM_TIMEOUT: Duration = Duration::from_secs(2);
