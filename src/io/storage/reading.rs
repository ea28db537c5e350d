//! Files that go out: read ahead, told from others by a mark, and hashed as a whole.

use super::READ_BLOCK_BYTES;
use crate::transfer::{Digest, Mark};
use bytes::{Bytes, BytesMut};
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Reads a file ahead from an offset, a block at a time, until the receiver is dropped or it ends.
pub fn read(path: PathBuf, offset: u64) -> mpsc::Receiver<io::Result<Bytes>> {
    let (sender, blocks) = mpsc::channel(READ_AHEAD_BLOCKS);
    // It ends by itself within a block of its receiver's end.
    tokio::task::spawn_blocking(move || {
        let mut file = open_at(&path, offset);
        loop {
            let block = match &mut file {
                Ok(file) => read_block(file),
                Err(error) => Err(io::Error::from(error.kind())),
            };
            let ends = match &block {
                Ok(block) if block.is_empty() => return,
                Ok(_) => false,
                Err(_) => true,
            };
            if sender.blocking_send(block).is_err() || ends {
                return;
            }
        }
    });
    blocks
}

/// What tells a file from others and from itself after a change, by its size and three small pieces
/// of it; none of a short one, or of what is no file. Blocks for a moment.
pub fn mark(path: &Path) -> Option<Mark> {
    // What is no file may never open.
    let size = path.metadata().ok().filter(std::fs::Metadata::is_file)?.len();
    if size < MARKED_BYTES_MIN {
        return None;
    }
    let mut file = File::open(path).ok()?;
    let mut hasher = Sha256::new().chain_update(MARK_LABEL).chain_update(size.to_be_bytes());
    let mut piece = vec![0; PIECE_BYTES];
    for offset in [0, size / 2, size - PIECE_BYTES as u64] {
        file.seek(SeekFrom::Start(offset)).ok()?;
        file.read_exact(&mut piece).ok()?;
        hasher.update(&piece);
    }
    Some(Mark(hasher.finalize().into()))
}

/// The same of what is in memory: as if it lay in a file.
pub fn mark_of(bytes: &[u8]) -> Option<Mark> {
    let size = bytes.len() as u64;
    if size < MARKED_BYTES_MIN {
        return None;
    }
    let mut hasher = Sha256::new().chain_update(MARK_LABEL).chain_update(size.to_be_bytes());
    for offset in [0, bytes.len() / 2, bytes.len() - PIECE_BYTES] {
        hasher.update(&bytes[offset..offset + PIECE_BYTES]);
    }
    Some(Mark(hasher.finalize().into()))
}

/// The digest of a file. Blocks as long as it takes to read it, or until it is cancelled.
pub fn digest(path: &Path, cancel: &CancellationToken) -> io::Result<Digest> {
    let (mut file, mut hasher) = (File::open(path)?, Sha256::new());
    let mut block = vec![0; READ_BLOCK_BYTES];
    loop {
        if cancel.is_cancelled() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        match file.read(&mut block)? {
            0 => return Ok(Digest(hasher.finalize().into())),
            count => hasher.update(&block[..count]),
        }
    }
}

/// The digest of what is in memory.
pub fn digest_of(bytes: &[u8]) -> Digest {
    Digest(Sha256::digest(bytes).into())
}

fn open_at(path: &Path, offset: u64) -> io::Result<File> {
    let mut file = File::open(path)?;
    if offset > 0 {
        file.seek(SeekFrom::Start(offset))?;
    }
    Ok(file)
}

fn read_block(file: &mut File) -> io::Result<Bytes> {
    let mut block = BytesMut::zeroed(READ_BLOCK_BYTES);
    let mut filled = 0;
    while filled < block.len() {
        match file.read(&mut block[filled..])? {
            0 => break,
            read => filled += read,
        }
    }
    block.truncate(filled);
    Ok(block.freeze())
}

const READ_AHEAD_BLOCKS: usize = 2;
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
