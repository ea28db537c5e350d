//! A person who keeps a room open in the background, and looks into it from any terminal.

use super::command::{Ran, run_at};
use super::launch::Launch;
use super::terminal::Terminal;
use super::{reports, until};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// A person with a home, and a folder of the login session, of their own. A daemon that runs there is
/// killed at the end of its story.
pub struct Keeper {
    /// Where photos are saved.
    pub save: PathBuf,
    home: TempDir,
    runtime: TempDir,
}

impl Keeper {
    /// With no room yet.
    pub fn new() -> Self {
        let home = tempfile::tempdir().expect("a folder for a person");
        let runtime = tempfile::tempdir().expect("a folder for a session");
        Self { save: home.path().join("photos"), home, runtime }
    }

    /// Keeps a room open in the background.
    pub fn open() -> Self {
        let keeper = Self::new();
        let told = keeper.run(&OPEN);
        assert_eq!((told.status, told.stderr.as_str()), (Some(0), ""), "{}", told.stdout);
        keeper
    }

    /// Runs the program to its end.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        run_at(self.home(), &[("XDG_RUNTIME_DIR", self.runtime.path())], arguments)
    }

    /// Starts the program, and reads nothing of what it tells.
    pub fn start(&self, arguments: &[&str]) -> Child {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).env_clear().env("HOME", self.home()).current_dir(self.home());
        command.env("XDG_RUNTIME_DIR", self.runtime.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("the program starts")
    }

    /// What `status` tells to programs: each report by its event.
    pub fn status(&self) -> Vec<Value> {
        let told = self.run(&["status", "--json"]);
        json(&told.stdout)
    }

    /// The reports of this event that `status` tells.
    pub fn reports(&self, event: &str) -> Vec<Value> {
        let mut reports = self.status();
        reports.retain(|report| report["event"] == event);
        reports
    }

    /// The room's link.
    pub fn link(&self) -> String {
        let room = self.reports("room").pop().expect("a room");
        room["link"].as_str().expect("a link").to_owned()
    }

    /// The daemon's process.
    pub fn pid(&self) -> u32 {
        let daemon = self.reports("daemon").pop().expect("a daemon");
        daemon["pid"].as_u64().expect("a number") as u32
    }

    /// Waits until a terminal shows the room, or none does.
    pub fn is_attached(&self, attached: bool) {
        until(&format!("attached: {attached}"), || {
            let daemon = self.reports("daemon").pop()?;
            (daemon["attached"] == attached).then_some(())
        });
    }

    /// Looks into the room, from a terminal like this.
    pub fn attach_from(&self, launch: Launch) -> Terminal {
        self.at_home(launch).program(&[PROGRAM, "attach"]).start(&[])
    }

    /// Looks into the room.
    pub fn attach(&self) -> Terminal {
        self.attach_from(Launch::of("Ann"))
    }

    /// A terminal with a shell in it, which knows the program as `$PEERSNAP`.
    pub fn shell(&self) -> Terminal {
        self.at_home(Launch::of("Ann")).env("PEERSNAP", PROGRAM).shell()
    }

    /// The person's home.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// The folder of the session.
    pub fn session(&self) -> &Path {
        self.runtime.path()
    }

    /// The folder with the daemon's socket in it, in that of the session.
    pub fn folder(&self) -> PathBuf {
        self.runtime.path().join("peersnap")
    }

    /// The folder with the daemon's other socket in it.
    pub fn state(&self) -> PathBuf {
        self.home().join(".local/state/peersnap")
    }

    fn at_home(&self, launch: Launch) -> Launch {
        let runtime = self.runtime.path().display().to_string();
        launch.home(self.home()).env("XDG_RUNTIME_DIR", &runtime)
    }
}

/// What programs are told, each report by its event; all of it as the schema says.
pub fn json(told: &str) -> Vec<Value> {
    let line = |line| {
        reports::check(line);
        serde_json::from_str(line).expect("JSON")
    };
    told.lines().map(line).collect()
}

impl Drop for Keeper {
    fn drop(&mut self) {
        let told = self.run(&["status", "--json"]).stdout;
        let mut daemon = told.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let pid = daemon.find_map(|report| report["pid"].as_u64());
        if let Some(pid) = pid {
            let _ = Command::new("kill").args(["-s", "KILL", &pid.to_string()]).status();
        }
    }
}

/// How a room is opened that nobody else finds.
pub const OPEN: [&str; 10] = [
    "daemon",
    "--name",
    "Ann",
    "--save",
    "photos",
    "--camera",
    "test",
    "--no-lan",
    "--listen",
    "127.0.0.1:0",
];
const PROGRAM: &str = env!("CARGO_BIN_EXE_peersnap");
