//! A file here that goes out: told from others by a mark, read in pieces, and hashed as a whole.

use super::READ_BLOCK_BYTES;
use super::shelf::Read;
use crate::transfer::{Digest, Mark, Reason};
use bytes::{Bytes, BytesMut};
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokio_util::sync::CancellationToken;

/// A file that goes out, as it was when it was offered.
#[derive(Debug)]
pub struct Original {
    path: PathBuf,
    size: u64,
    mark: OnceLock<Option<Mark>>,
    /// From the first read on.
    file: Mutex<Option<Arc<File>>>,
    /// Of all of it, once somebody asked for it.
    digest: Mutex<Option<Digest>>,
    #[cfg(test)]
    pub(super) reads: std::sync::atomic::AtomicUsize,
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
            size: facts.len(),
            mark: OnceLock::new(),
            file: Mutex::new(None),
            digest: Mutex::new(None),
            #[cfg(test)]
            reads: std::sync::atomic::AtomicUsize::new(0),
        })
    }

    /// Whether that is the same, unchanged.
    pub(super) fn is_as(&self, other: &Self) -> bool {
        self.size == other.size
    }

    /// In bytes.
    pub fn size(&self) -> u64 {
        self.size
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
        while offset < self.size {
            if cancel.is_cancelled() {
                return Err(Reason::Storage);
            }
            let block = self.read(offset, READ_BLOCK_BYTES)?;
            offset += block.len() as u64;
            hasher.update(&block);
        }
        let digest = Digest(hasher.finalize().into());
        *known = Some(digest);
        Ok(digest)
    }

    /// So many bytes from there on, fewer only at its end. Blocks.
    pub(super) fn read(&self, offset: u64, len: usize) -> Read {
        let read = self.open().and_then(|file| self.read_from(&file, offset, len));
        read.map_err(|error| {
            tracing::warn!(%error, "a file cannot be read");
            Reason::Storage
        })
    }

    fn read_from(&self, file: &File, offset: u64, len: usize) -> io::Result<Bytes> {
        #[cfg(test)]
        self.reads.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let left = usize::try_from(self.size.saturating_sub(offset)).unwrap_or(usize::MAX);
        let mut data = BytesMut::zeroed(len.min(left));
        file.read_exact_at(&mut data, offset)?;
        Ok(data.freeze())
    }

    fn open(&self) -> io::Result<Arc<File>> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        match &*file {
            Some(file) => Ok(file.clone()),
            None => Ok(file.insert(Arc::new(File::open(&self.path)?)).clone()),
        }
    }
}

fn mark(path: &Path) -> Option<Mark> {
    // What is no file may never open.
    let size = path.metadata().ok().filter(std::fs::Metadata::is_file)?.len();
    if size < MARKED_BYTES_MIN {
        return None;
    }
    let file = File::open(path).ok()?;
    let mut hasher = Sha256::new().chain_update(MARK_LABEL).chain_update(size.to_be_bytes());
    let mut piece = vec![0; PIECE_BYTES];
    for offset in [0, size / 2, size - PIECE_BYTES as u64] {
        file.read_exact_at(&mut piece, offset).ok()?;
        hasher.update(&piece);
    }
    Some(Mark(hasher.finalize().into()))
}

const MARK_LABEL: &[u8] = b"peersnap mark 1";
const PIECE_BYTES: usize = 64 * 1024;
/// Of less, nothing is worth keeping.
const MARKED_BYTES_MIN: u64 = 1024 * 1024;
