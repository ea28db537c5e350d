//! The world that stories happen in: terminals with the program in them, servers, other peers.
//!
//! Nothing here sleeps to let something happen: whoever waits says for what, and until when.

pub mod apart;
pub mod balancer;
pub mod broker;
pub mod capture;
pub mod clock;
pub mod command;
pub mod daemon;
pub mod errand;
pub mod evil;
pub mod forged;
pub mod health;
pub mod launch;
pub mod line;
pub mod machine;
pub mod needle;
pub mod network;
pub mod pair;
pub mod passing;
pub mod peer;
pub mod pictures;
pub mod piped;
pub mod program;
pub mod questions;
pub mod raw;
pub mod reports;
pub mod rules;
pub mod sequences;
pub mod server;
pub mod shown;
pub mod ssh;
pub mod stun;
pub mod terminal;
pub mod turn;

use sha2::{Digest, Sha256};
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Longer than anything takes on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Waits for what nobody announces, such as a file.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    until_not(|| look().ok_or(what))
}

/// Waits until nothing is in the way any more; what was last is said if it never goes.
pub fn until_not<T, E: Display>(mut look: impl FnMut() -> Result<T, E>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match look() {
            Ok(found) => return found,
            Err(what) => assert!(Instant::now() < deadline, "in vain: {what}"),
        }
        sleep(LOOK_AGAIN);
    }
}

/// All files of a folder, hidden and partial ones too, in order of their names.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder that can be read");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

/// The same without those that are being written.
pub fn whole_files(folder: &Path) -> Vec<PathBuf> {
    let is_whole = |path: &PathBuf| path.extension() != Some("part".as_ref());
    files(folder).into_iter().filter(is_whole).collect()
}

/// Waits until a folder holds one file and nothing else.
pub fn only_file(folder: &Path) -> PathBuf {
    until(&format!("one whole file in {}", folder.display()), || {
        let whole = whole_files(folder);
        (whole.len() == 1 && files(folder) == whole).then(|| whole[0].clone())
    })
}

/// The bytes of a file.
pub fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).expect("a file that can be read")
}

/// The digest of a file, as the program counts it.
pub fn digest(path: &Path) -> String {
    hex::encode(Sha256::digest(read(path)))
}

/// The same link with another word of the list in place of its last.
pub fn with_one_other_word(link: &str) -> String {
    let (start, last) = link.rsplit_once('-').expect("a link ends in words");
    format!("{start}-{}", if last == "zoo" { "zebra" } else { "zoo" })
}

pub const LOOK_AGAIN: Duration = Duration::from_millis(10);
