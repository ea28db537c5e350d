//! The program without a terminal: what it prints, and how it ends.

use super::PATIENCE;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::channel;

/// What came of it.
pub struct Ran {
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// Runs the program to its end, with an empty home.
pub fn run(arguments: &[&str]) -> Ran {
    run_through(&[], arguments)
}

/// The same, through another command, which is given the program's own as its last words.
pub fn run_through(through: &[&str], arguments: &[&str]) -> Ran {
    let home = tempfile::tempdir().expect("a folder for a person");
    run_in(home.path(), through, &[], arguments)
}

/// Runs the program to its end, with this home, and folders that variables name.
pub fn run_at(home: &Path, folders: &[(&str, &Path)], arguments: &[&str]) -> Ran {
    run_in(home, &[], folders, arguments)
}

fn run_in(home: &Path, through: &[&str], folders: &[(&str, &Path)], arguments: &[&str]) -> Ran {
    let words = [through, &[env!("CARGO_BIN_EXE_peersnap")], arguments].concat();
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).env_clear().env("HOME", home).current_dir(home);
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.envs(folders.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("the program starts");
    let pid = child.id().to_string();
    let (answer, answers) = channel();
    let waiting = std::thread::spawn(move || answer.send(child.wait_with_output()));
    let Ok(output) = answers.recv_timeout(PATIENCE * 2) else {
        let _ = Command::new("kill").args(["-s", "KILL", &pid]).status();
        panic!("`peersnap {}` does not end", arguments.join(" "));
    };
    waiting.join().expect("no panic").expect("somebody listens");
    let Output { status, stdout, stderr } = output.expect("its output");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    Ran { status: status.code(), stdout: text(stdout), stderr: text(stderr) }
}
