//! A clock that jumps, as a machine's does that hears of the time late: the day's time alone, for one
//! program alone.

use super::errand::Start;
use std::path::PathBuf;
use tempfile::TempDir;

/// The clock of a program.
pub struct Clock {
    folder: TempDir,
}

impl Clock {
    /// One that is right.
    pub fn new() -> Self {
        let clock = Self { folder: tempfile::tempdir().expect("a folder") };
        clock.is_off_by("+0");
        clock
    }

    /// Has an errand go by it.
    pub fn of(&self, errand: Start) -> Start {
        let [library, file] = [library(), self.file()].map(|path| path.display().to_string());
        errand
            .env("LD_PRELOAD", &library)
            .env("FAKETIME_TIMESTAMP_FILE", &file)
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
    }

    /// It is off by so much from now on, such as `-2h`.
    pub fn is_off_by(&self, much: &str) {
        let new = self.folder.path().join("new");
        std::fs::write(&new, much).expect("a file can be written");
        std::fs::rename(new, self.file()).expect("a file can be renamed");
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("clock")
    }
}

fn library() -> PathBuf {
    let folders = std::fs::read_dir("/usr/lib").expect("a folder").flatten();
    let mut found = folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"));
    found.find(|path| path.exists()).expect("libfaketime: tests/run installs faketime")
}
