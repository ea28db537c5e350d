//! A part of a file that is synced while more of it comes in.

use super::placing::sync_folder;
use crate::transfer::Verified;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::thread::{self, JoinHandle};

/// A thread that syncs what was written until now.
#[derive(Debug)]
pub(super) struct Syncing {
    thread: JoinHandle<io::Result<()>>,
    verified: Verified,
}

impl Syncing {
    /// Begins; so much of the file is verified. Its name may be new in the folder.
    pub fn begin(file: &File, folder: PathBuf, verified: Verified) -> io::Result<Self> {
        let file = file.try_clone()?;
        let sync = move || {
            file.sync_data()?;
            sync_folder(&folder);
            Ok(())
        };
        let thread = thread::Builder::new().name("sync".to_owned()).spawn(sync)?;
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
