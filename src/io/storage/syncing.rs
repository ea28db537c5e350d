//! What is synced: a part of a file or folder, while more of it comes in, or all of it.

use super::placing::sync_folder;
use crate::transfer::Verified;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::thread::{self, JoinHandle};

/// How much is synced of what a file handle stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// Of a file, its bytes.
    File,
    /// Of a folder, all that lies in it.
    Inside,
}

/// Waits until what was written is on disk.
pub(super) fn sync(file: &File, extent: Extent) -> io::Result<()> {
    match extent {
        Extent::File => file.sync_data(),
        // Once for all files, however many: each by itself takes the disk some milliseconds.
        #[cfg(target_os = "linux")]
        Extent::Inside => Ok(rustix::fs::syncfs(file)?),
        // Elsewhere each is synced when it is whole.
        #[cfg(not(target_os = "linux"))]
        Extent::Inside => file.sync_all(),
    }
}

/// A thread that syncs what was written until now.
#[derive(Debug)]
pub(super) struct Syncing {
    thread: JoinHandle<io::Result<()>>,
    verified: Verified,
}

impl Syncing {
    /// Begins; so much of it is verified. Its name may be new in the folder.
    pub fn begin(
        (file, extent): (&File, Extent),
        folder: PathBuf,
        verified: Verified,
    ) -> io::Result<Self> {
        let file = file.try_clone()?;
        let work = move || {
            sync(&file, extent)?;
            sync_folder(&folder);
            Ok(())
        };
        let thread = thread::Builder::new().name("sync".to_owned()).spawn(work)?;
        Ok(Self { thread, verified })
    }

    /// Whether waiting for it takes no time.
    pub fn is_over(&self) -> bool {
        self.thread.is_finished()
    }

    /// Waits for it: what is synced.
    pub fn finish(self) -> io::Result<Verified> {
        self.thread.join().map_err(|_| io::Error::other("the thread is gone"))??;
        Ok(self.verified)
    }
}
