//! The program as another program has it: lines go in, reports come out.

use super::reports::Reports;
use super::until;
use peersnap::report::Report;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use tempfile::TempDir;

/// The program. It is killed at the end of its story.
pub struct Program {
    /// What it tells.
    pub reports: Option<Reports>,
    child: Child,
    input: Option<ChildStdin>,
    home: TempDir,
}

impl Program {
    /// Starts it in an empty home, with `--json`.
    pub fn start(arguments: &[&str]) -> Self {
        let (mut program, output) = Self::start_unread(arguments);
        program.reports = Some(Reports::of(output));
        program
    }

    /// Starts it with a reader that has yet to begin; its output.
    pub fn start_unread(arguments: &[&str]) -> (Self, ChildStdout) {
        let home = tempfile::tempdir().expect("a folder for a person");
        let mut child = spawn(arguments, home.path());
        let output = child.stdout.take().expect("its output");
        let input = child.stdin.take();
        (Self { reports: None, child, input, home }, output)
    }

    /// Says a line.
    pub fn say(&mut self, line: &str) {
        let input = self.input.as_mut().expect("its input");
        input.write_all(format!("{line}\n").as_bytes()).expect("it reads");
    }

    /// Says no more.
    pub fn close(&mut self) {
        self.input = None;
    }

    /// Waits until something is told from now on, and says what it is.
    pub fn tells<T>(&mut self, what: &str, look: impl Fn(&Report) -> Option<T>) -> T {
        self.reports.as_mut().expect("somebody reads").find(what, look)
    }

    /// Where it is, and saves what comes.
    pub fn home(&self) -> PathBuf {
        self.home.path().canonicalize().expect("a folder")
    }

    /// Reads no more of what it tells, and has it tell more until it ends; its exit status.
    pub fn ends_unread(mut self) -> Option<i32> {
        self.reports = None;
        let status = until("it ends", || {
            // It may be gone already.
            let _ = self.input.as_mut().map(|input| input.write_all(b"?\n"));
            self.child.try_wait().expect("a child")
        });
        status.code()
    }

    /// Ends it as the system does.
    pub fn terminate(&self) {
        let kill = Command::new("kill").args(["-s", "TERM", &self.child.id().to_string()]).status();
        assert!(kill.expect("kill runs").success());
    }

    /// Waits for its end; its exit status, and all that it ever told.
    pub fn ends(mut self) -> (Option<i32>, Vec<Report>) {
        let status = until("it ends", || self.child.try_wait().expect("a child"));
        let told = self.reports.take().map(Reports::finish);
        (status.code(), told.unwrap_or_default())
    }
}

fn spawn(arguments: &[&str], home: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_peersnap"))
        .args(arguments)
        .arg("--json")
        .env_clear()
        .env("HOME", home)
        .current_dir(home)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts")
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
