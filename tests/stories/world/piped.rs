//! The program without a terminal: a text for its input, and its output read as it comes.

use super::until;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use tempfile::TempDir;

/// The program. It is killed at the end of its story.
pub struct Piped {
    child: Child,
    told: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
    _home: TempDir,
}

impl Piped {
    /// Starts it; its input is this, and then ends.
    pub fn start(arguments: &[&str], input: &str) -> Self {
        let home = tempfile::tempdir().expect("a folder for a person");
        let mut child = Command::new(env!("CARGO_BIN_EXE_peersnap"))
            .args(arguments)
            .env_clear()
            .env("HOME", home.path())
            .current_dir(home.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut lines = child.stdin.take().expect("its input");
        lines.write_all(input.as_bytes()).expect("it reads");
        drop(lines);
        let mut output = child.stdout.take().expect("its output");
        let told = Arc::new(Mutex::new(String::new()));
        let writer = Arc::clone(&told);
        let reader = std::thread::spawn(move || {
            let (mut all, mut buffer) = (Vec::new(), [0; 1024]);
            while let Ok(count @ 1..) = output.read(&mut buffer) {
                all.extend_from_slice(&buffer[..count]);
                let mut told = writer.lock().unwrap_or_else(PoisonError::into_inner);
                *told = String::from_utf8_lossy(&all).into_owned();
            }
        });
        Self { child, told, reader: Some(reader), _home: home }
    }

    /// Waits until something is in what was told, and says what it is.
    pub fn find<T>(&self, what: &str, look: impl Fn(&str) -> Option<T>) -> T {
        until(what, || look(&self.told()))
    }

    /// Waits until this was told.
    pub fn tells(&self, text: &str) {
        self.find(text, |told| told.contains(text).then_some(()));
    }

    /// Ends it as the system does; its exit status, and all that it told.
    pub fn terminate(mut self) -> (Option<i32>, String) {
        let id = self.child.id().to_string();
        let kill = Command::new("kill").args(["-s", "TERM", &id]).status();
        assert!(kill.expect("kill runs").success());
        let status = until("it ends", || self.child.try_wait().expect("a child"));
        if let Some(reader) = self.reader.take() {
            reader.join().expect("no panic in the reader");
        }
        (status.code(), self.told())
    }

    fn told(&self) -> String {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Piped {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
