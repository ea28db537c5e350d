//! What of a file a change of it changes too.

use crate::transfer::Reason;
use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;

/// Its size, when it was changed last, and which one it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Facts {
    /// In bytes.
    pub size: u64,
    /// Seconds and nanoseconds.
    pub modified: (i64, i64),
    inode: (u64, u64),
}

impl Facts {
    pub fn of(facts: &Metadata) -> Self {
        Self {
            size: facts.size(),
            modified: (facts.mtime(), facts.mtime_nsec()),
            inode: (facts.dev(), facts.ino()),
        }
    }

    /// Whether they are still the same.
    pub fn compare(&self, facts: io::Result<Metadata>) -> Result<(), Reason> {
        if Self::of(&facts.map_err(|error| unreadable(&error))?) == *self {
            return Ok(());
        }
        tracing::info!("a file has changed since it was offered");
        Err(Reason::Changed)
    }
}

/// Why nothing more of it comes.
pub(super) fn unreadable(error: &io::Error) -> Reason {
    tracing::warn!(%error, "a file cannot be read");
    Reason::Storage
}
