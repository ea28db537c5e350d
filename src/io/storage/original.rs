//! A file here that goes out: told from others by a mark, read in pieces, and hashed as a whole.
//!
//! What it was when it was offered is compared with what it is each time that something of it is read,
//! and once more before its end is handed out: half of one file and half of another is nothing that
//! anybody wants.

use super::READ_BLOCK_BYTES;
use super::shelf::Read;
use crate::transfer::{Digest, Mark, Reason};
use bytes::{Bytes, BytesMut};
use sha2::{Digest as _, Sha256};
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokio_util::sync::CancellationToken;

/// A file that goes out, as it was when it was offered.
#[derive(Debug)]
pub struct Original {
    path: PathBuf,
    facts: Facts,
    mark: OnceLock<Option<Mark>>,
    /// From the first read on.
    file: Mutex<Option<Arc<File>>>,
    /// Of all of it, once somebody asked for it.
    digest: Mutex<Option<Digest>>,
    #[cfg(test)]
    pub(super) reads: std::sync::atomic::AtomicUsize,
}

/// What a change of a file changes too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Facts {
    size: u64,
    /// Seconds and nanoseconds.
    modified: (i64, i64),
    inode: (u64, u64),
}

impl Original {
    /// What is there now.
    pub(super) fn find(path: &Path) -> io::Result<Self> {
        let facts = path.metadata()?;
        // What is no file may never open: a pipe waits for its other end.
        if !facts.is_file() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        Ok(Self {
            path: path.to_owned(),
            facts: Facts::of(&facts),
            mark: OnceLock::new(),
            file: Mutex::new(None),
            digest: Mutex::new(None),
            #[cfg(test)]
            reads: std::sync::atomic::AtomicUsize::new(0),
        })
    }

    /// Whether that is the same, unchanged.
    pub(super) fn is_as(&self, other: &Self) -> bool {
        self.facts == other.facts
    }

    /// In bytes.
    pub fn size(&self) -> u64 {
        self.facts.size
    }

    /// What tells it from others and from itself after a change, by its size and three small pieces
    /// of it; none of a short one, or of what is no file. Blocks for a moment.
    pub fn mark(&self) -> Option<Mark> {
        *self.mark.get_or_init(|| mark(&self.path))
    }

    /// The digest of all of it. Blocks as long as it takes to read it, or until it is cancelled; of
    /// several who ask at once, one reads.
    pub fn digest(&self, cancel: &CancellationToken) -> Result<Digest, Reason> {
        let mut known = self.digest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(digest) = *known {
            return Ok(digest);
        }
        let (mut hasher, mut offset) = (Sha256::new(), 0);
        while offset < self.size() {
            if cancel.is_cancelled() {
                return Err(Reason::Storage);
            }
            let block = self.read(offset, READ_BLOCK_BYTES)?;
            offset += block.len() as u64;
            hasher.update(&block);
        }
        self.check()?;
        let digest = Digest(hasher.finalize().into());
        *known = Some(digest);
        Ok(digest)
    }

    /// So many bytes from there on, fewer only at its end. Blocks.
    pub(super) fn read(&self, offset: u64, len: usize) -> Read {
        let file = self.open()?;
        let data = self.read_from(&file, offset, len);
        // What was read before a change is not told from what was read behind it.
        self.compare(file.metadata())?;
        data.map_err(|error| unreadable(&error))
    }

    /// Whether it is what it was, and still lies in its place unless it was taken away. Blocks for a
    /// moment.
    pub(super) fn check(&self) -> Result<(), Reason> {
        self.compare(self.open()?.metadata())?;
        match self.path.metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            facts => self.compare(facts),
        }
    }

    fn compare(&self, facts: io::Result<Metadata>) -> Result<(), Reason> {
        if Facts::of(&facts.map_err(|error| unreadable(&error))?) == self.facts {
            return Ok(());
        }
        tracing::info!("a file has changed since it was offered");
        Err(Reason::Changed)
    }

    fn read_from(&self, file: &File, offset: u64, len: usize) -> io::Result<Bytes> {
        #[cfg(test)]
        self.reads.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let left = usize::try_from(self.size().saturating_sub(offset)).unwrap_or(usize::MAX);
        let mut data = BytesMut::zeroed(len.min(left));
        file.read_exact_at(&mut data, offset)?;
        Ok(data.freeze())
    }

    fn open(&self) -> Result<Arc<File>, Reason> {
        let mut known = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = &*known {
            return Ok(file.clone());
        }
        // What took its place may be no file, and never open.
        self.compare(self.path.metadata())?;
        let file = File::open(&self.path).map_err(|error| unreadable(&error))?;
        Ok(known.insert(Arc::new(file)).clone())
    }
}

impl Facts {
    fn of(facts: &Metadata) -> Self {
        Self {
            size: facts.size(),
            modified: (facts.mtime(), facts.mtime_nsec()),
            inode: (facts.dev(), facts.ino()),
        }
    }
}

fn unreadable(error: &io::Error) -> Reason {
    tracing::warn!(%error, "a file cannot be read");
    Reason::Storage
}

fn mark(path: &Path) -> Option<Mark> {
    // What is no file may never open.
    let size = path.metadata().ok().filter(Metadata::is_file)?.len();
    if size < MARKED_BYTES_MIN {
        return None;
    }
    let file = File::open(path).ok()?;
    mark_by(size, |piece, offset| file.read_exact_at(piece, offset).ok())
}

/// The mark of what is in memory: as if it lay in a file.
pub fn mark_of(bytes: &[u8]) -> Option<Mark> {
    let size = bytes.len() as u64;
    if size < MARKED_BYTES_MIN {
        return None;
    }
    mark_by(size, |piece, offset| {
        let from = usize::try_from(offset).ok()?;
        piece.copy_from_slice(bytes.get(from..from + piece.len())?);
        Some(())
    })
}

/// The digest of what is in memory.
pub fn digest_of(bytes: &[u8]) -> Digest {
    Digest(Sha256::digest(bytes).into())
}

fn mark_by(size: u64, read: impl Fn(&mut [u8], u64) -> Option<()>) -> Option<Mark> {
    let mut hasher = Sha256::new().chain_update(MARK_LABEL).chain_update(size.to_be_bytes());
    let mut piece = vec![0; PIECE_BYTES];
    for offset in [0, size / 2, size - PIECE_BYTES as u64] {
        read(&mut piece, offset)?;
        hasher.update(&piece);
    }
    Some(Mark(hasher.finalize().into()))
}

const MARK_LABEL: &[u8] = b"peersnap mark 1";
const PIECE_BYTES: usize = 64 * 1024;
/// Of less, nothing is worth keeping.
const MARKED_BYTES_MIN: u64 = 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_memory_has_the_mark_of_a_file_with_the_same_in_it() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        for size in [0, MARKED_BYTES_MIN - 1, MARKED_BYTES_MIN, 2 * MARKED_BYTES_MIN + 7] {
            let bytes: Vec<u8> = (0..size).map(|at| (at / 7) as u8).collect();
            std::fs::write(file.path(), &bytes).expect("room");
            assert_eq!(mark(file.path()), mark_of(&bytes));
            assert_eq!(mark_of(&bytes).is_some(), size >= MARKED_BYTES_MIN);
        }
    }
}
