//! A file, or a folder, here that goes out: told from others by a mark, read in pieces, and hashed as a
//! whole.
//!
//! What it was when it was offered is compared with what it is each time that something of it is read,
//! and once more before its end is handed out: half of one file and half of another is nothing that
//! anybody wants.

use super::READ_BLOCK_BYTES;
use super::facts::{Facts, unreadable};
use super::shelf::Read;
use super::tree::Tree;
use super::walk::Walked;
use crate::transfer::{Digest, Mark, Reason};
use bytes::{Bytes, BytesMut};
use sha2::{Digest as _, Sha256};
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokio_util::sync::CancellationToken;

/// What goes out, as it was when it was offered.
#[derive(Debug)]
pub struct Original {
    body: Body,
    mark: OnceLock<Option<Mark>>,
    /// Of all of it, once somebody asked for it.
    digest: Mutex<Option<Digest>>,
    #[cfg(test)]
    pub(super) reads: std::sync::atomic::AtomicUsize,
}

#[derive(Debug)]
enum Body {
    File(Single),
    Folder(Tree),
}

#[derive(Debug)]
struct Single {
    path: PathBuf,
    facts: Facts,
    /// From the first read on.
    file: Mutex<Option<Arc<File>>>,
}

impl Original {
    /// The file that is there now.
    pub(super) fn find(path: &Path) -> io::Result<Self> {
        let facts = path.metadata()?;
        // What is no file may never open: a pipe waits for its other end.
        if !facts.is_file() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let (path, facts, file) = (path.to_owned(), Facts::of(&facts), Mutex::default());
        Ok(Self::of(Body::File(Single { path, facts, file })))
    }

    /// A folder of which this was found.
    pub(super) fn folder(path: &Path, walked: Walked) -> Self {
        Self::of(Body::Folder(Tree::new(path, walked)))
    }

    fn of(body: Body) -> Self {
        Self {
            body,
            mark: OnceLock::new(),
            digest: Mutex::default(),
            #[cfg(test)]
            reads: std::sync::atomic::AtomicUsize::new(0),
        }
    }

    /// Whether that is the same, unchanged.
    pub(super) fn is_as(&self, other: &Self) -> bool {
        match (&self.body, &other.body) {
            (Body::File(one), Body::File(other)) => one.facts == other.facts,
            (Body::Folder(one), Body::Folder(other)) => one.identity() == other.identity(),
            _ => false,
        }
    }

    /// In bytes.
    pub fn size(&self) -> u64 {
        match &self.body {
            Body::File(file) => file.facts.size,
            Body::Folder(tree) => tree.size(),
        }
    }

    /// Of a folder, how many files it has.
    pub fn files(&self) -> Option<u32> {
        match &self.body {
            Body::File(_) => None,
            Body::Folder(tree) => Some(tree.files()),
        }
    }

    /// What tells it from others and from itself after a change: a file by its size and three small
    /// pieces of it, a folder by the names, sizes and times of its files. None of a short one, or of
    /// what is no file. Blocks for a moment.
    pub fn mark(&self) -> Option<Mark> {
        *self.mark.get_or_init(|| match &self.body {
            Body::File(file) => mark(&file.path),
            Body::Folder(tree) => (tree.size() >= MARKED_BYTES_MIN).then(|| tree.identity()),
        })
    }

    /// Which of many files is at fault that it cannot be read, if it has many.
    pub fn fault(&self) -> Option<String> {
        match &self.body {
            Body::File(_) => None,
            Body::Folder(tree) => tree.fault(),
        }
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
        #[cfg(test)]
        self.reads.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        match &self.body {
            Body::File(file) => file.read(offset, len),
            Body::Folder(tree) => tree.read(offset, len),
        }
    }

    /// Whether it is what it was, and still lies in its place unless it was taken away. Of a folder,
    /// each file was looked at when its last bytes were read. Blocks for a moment.
    pub(super) fn check(&self) -> Result<(), Reason> {
        match &self.body {
            Body::File(file) => file.check(),
            Body::Folder(_) => Ok(()),
        }
    }
}

impl Single {
    fn read(&self, offset: u64, len: usize) -> Read {
        let file = self.open()?;
        let data = self.read_from(&file, offset, len);
        // What was read before a change is not told from what was read behind it.
        self.facts.compare(file.metadata())?;
        data.map_err(|error| unreadable(&error))
    }

    fn check(&self) -> Result<(), Reason> {
        self.facts.compare(self.open()?.metadata())?;
        match self.path.metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            facts => self.facts.compare(facts),
        }
    }

    fn read_from(&self, file: &File, offset: u64, len: usize) -> io::Result<Bytes> {
        let left = usize::try_from(self.facts.size.saturating_sub(offset)).unwrap_or(usize::MAX);
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
        self.facts.compare(self.path.metadata())?;
        let file = File::open(&self.path).map_err(|error| unreadable(&error))?;
        Ok(known.insert(Arc::new(file)).clone())
    }
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
