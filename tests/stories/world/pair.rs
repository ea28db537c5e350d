//! Ann and Zoë, and what is under way between them while something else happens.

use super::launch::Launch;
use super::terminal::Terminal;
use super::{digest, files, until};
use std::fs::File;
use std::path::PathBuf;
use tempfile::TempDir;

/// Ann in a room, and then Zoë; each has met the other, and Ann sees her camera.
pub fn two_at(link: &str) -> (Terminal, Terminal) {
    let ann = Launch::of("Ann").join(link);
    ann.shows("waiting for someone");
    let zoe = Launch::of("Zoë").join(link);
    ann.meets("Zoë");
    zoe.meets("Ann");
    ann.sees_the_camera();
    (ann, zoe)
}

/// A file that takes long.
pub struct Large {
    path: PathBuf,
    came: PathBuf,
    _folder: TempDir,
}

impl Large {
    /// On its way from Ann to Zoë, who has some of it already.
    pub fn under_way(ann: &mut Terminal, zoe: &mut Terminal) -> Self {
        let folder = tempfile::tempdir().expect("room");
        let path = folder.path().join("large.bin");
        let file = File::create(&path).expect("room");
        file.set_len(1_500_000_000).expect("it has holes");
        ann.drops(&[&path]);
        zoe.shows("y take it");
        zoe.press("y");
        let is_under_way = |path: &PathBuf| path.metadata().is_ok_and(|it| it.len() > 50_000_000);
        until("it is under way", || files(&zoe.save).iter().any(is_under_way).then_some(()));
        Self { came: zoe.save.join("large.bin"), path, _folder: folder }
    }

    /// It still is: what happened meanwhile was not too late.
    pub fn is_not_over(&self) {
        assert!(!self.came.exists(), "it was over before");
    }

    /// It arrives whole, and was never cut off.
    pub fn arrives_in_one_go(&self, ann: &Terminal, zoe: &Terminal) {
        ann.is_told("Zoë has large.bin");
        assert_eq!(digest(&self.came), digest(&self.path));
        for terminal in [ann, zoe] {
            let told = terminal.told("goes on at ");
            assert!(told.is_empty(), "it was cut off: {told:?}");
        }
    }
}
