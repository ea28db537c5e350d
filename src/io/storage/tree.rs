//! A folder that goes out, as it was when it was offered: one run of bytes, its head and its files.
//!
//! What each file was then is compared with what it is each time that something of it is read. Few of
//! them are open at once, and of pictures that are cleaned few are in memory.

use super::facts::unreadable;
use super::shelf::Read;
use super::walk::{Behind, PICTURE_BYTES_MAX, State, Walked, clean, open};
use crate::transfer::manifest::{Manifest, Place};
use crate::transfer::{Mark, Reason};
use bytes::{Bytes, BytesMut};
use sha2::{Digest as _, Sha256};
use std::collections::VecDeque;
use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// A folder that goes out.
#[derive(Debug)]
pub(super) struct Tree {
    root: PathBuf,
    manifest: Manifest,
    behind: Vec<Behind>,
    /// All that a change changes too.
    identity: Mark,
    /// What was read last, newest first, by its entry.
    open: Mutex<VecDeque<(usize, Opened)>>,
    /// What went wrong first.
    fault: Mutex<Option<String>>,
}

/// A file that is being read.
#[derive(Debug, Clone)]
enum Opened {
    AsItIs(Arc<File>),
    Cleaned(Bytes),
}

impl Tree {
    pub fn new(root: &Path, walked: Walked) -> Self {
        let Walked { manifest, sources: behind, .. } = walked;
        let identity = identity(&manifest, &behind);
        let (open, fault) = (Mutex::default(), Mutex::default());
        Self { root: root.to_owned(), manifest, behind, identity, open, fault }
    }

    /// In bytes.
    pub fn size(&self) -> u64 {
        self.manifest.size()
    }

    /// How many there are.
    pub fn files(&self) -> u32 {
        self.manifest.files()
    }

    /// What tells it from others, and from itself after a change of any of its files.
    pub fn identity(&self) -> Mark {
        self.identity
    }

    /// What went wrong, for whoever sends it: its file is one of many.
    pub fn fault(&self) -> Option<String> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// So many bytes from there on, fewer only at its end. Blocks.
    pub fn read(&self, offset: u64, len: usize) -> Read {
        let left = usize::try_from(self.size().saturating_sub(offset)).unwrap_or(usize::MAX);
        let mut data = BytesMut::zeroed(len.min(left));
        let mut filled = 0;
        while filled < data.len() {
            let piece = &mut data[filled..];
            filled += match self.manifest.at(offset + filled as u64) {
                Place::Head => {
                    let from = (offset + filled as u64) as usize;
                    fill(piece, &self.manifest.head()[from..])
                }
                Place::File { entry, within } => {
                    let rest = self.behind[entry].facts.size - within;
                    let len = piece.len().min(usize::try_from(rest).unwrap_or(usize::MAX));
                    let read = self.read_file(entry, within, &mut piece[..len]);
                    read.inspect_err(|reason| self.tell(entry, *reason))?;
                    len
                }
                Place::End => return Err(Reason::Storage),
            };
        }
        Ok(data.freeze())
    }

    fn read_file(&self, entry: usize, within: u64, piece: &mut [u8]) -> Result<(), Reason> {
        let behind = &self.behind[entry];
        match self.opened(entry)? {
            Opened::Cleaned(bytes) => {
                fill(piece, &bytes[within as usize..]);
                // What was cleaned before a change is not sent after it.
                let facts = self.path(entry).symlink_metadata();
                behind.facts.compare(facts)
            }
            Opened::AsItIs(file) => {
                let read = file.read_exact_at(piece, within);
                // What was read before a change is not told from what was read behind it.
                behind.facts.compare(file.metadata())?;
                read.map_err(|error| unreadable(&error))
            }
        }
    }

    /// A file of it, which is open already or is opened now.
    fn opened(&self, entry: usize) -> Result<Opened, Reason> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = open.iter().position(|(of, _)| *of == entry)
            && let Some(known) = open.remove(at)
        {
            open.push_front(known.clone());
            return Ok(known.1);
        }
        let opened = self.open(entry)?;
        // Those that are read to their end in one go are not worth keeping open, but nobody knows
        // who reads them too.
        open.push_front((entry, opened.clone()));
        let (mut files, mut pictures) = (0, 0);
        open.retain(|(_, opened)| {
            let (count, max) = match opened {
                Opened::AsItIs(_) => (&mut files, OPEN_MAX),
                Opened::Cleaned(_) => (&mut pictures, PICTURES_MAX),
            };
            *count += 1;
            *count <= max
        });
        Ok(opened)
    }

    fn open(&self, entry: usize) -> Result<Opened, Reason> {
        let behind = &self.behind[entry];
        let mut file = open(&self.path(entry)).map_err(|error| match error.kind() {
            // It was there.
            std::io::ErrorKind::NotFound => Reason::Changed,
            _ => unreadable(&error),
        })?;
        behind.facts.compare(file.metadata())?;
        if behind.state == State::AsItIs {
            return Ok(Opened::AsItIs(Arc::new(file)));
        }
        let size = behind.facts.size;
        debug_assert!(size <= PICTURE_BYTES_MAX, "larger ones do not go out");
        let mut whole = Vec::with_capacity(size as usize);
        let read = (&mut file).take(size).read_to_end(&mut whole);
        behind.facts.compare(file.metadata())?;
        read.map_err(|error| unreadable(&error))?;
        clean(&whole.into()).map(Opened::Cleaned).map_err(|why| {
            let path = self.path(entry);
            self.say(format!("{}: {why}; --keep-exif sends it as it is", path.display()));
            Reason::Storage
        })
    }

    fn path(&self, entry: usize) -> PathBuf {
        self.root.join(&self.behind[entry].path)
    }

    fn tell(&self, entry: usize, reason: Reason) {
        let path = self.path(entry);
        self.say(match reason {
            Reason::Changed => format!("{} changed meanwhile", path.display()),
            _ => format!("{} cannot be read any more", path.display()),
        });
    }

    /// What is said first holds.
    fn say(&self, fault: String) {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(fault);
    }
}

/// As much as there is of both.
fn fill(piece: &mut [u8], from: &[u8]) -> usize {
    let len = piece.len().min(from.len());
    piece[..len].copy_from_slice(&from[..len]);
    len
}

fn identity(manifest: &Manifest, behind: &[Behind]) -> Mark {
    let mut hasher = Sha256::new().chain_update(IDENTITY_LABEL).chain_update(manifest.head());
    for Behind { facts, state, .. } in behind {
        hasher.update([u8::from(*state == State::Cleaned)]);
        hasher.update(facts.modified.0.to_be_bytes());
        hasher.update(facts.modified.1.to_be_bytes());
    }
    Mark(hasher.finalize().into())
}

const IDENTITY_LABEL: &[u8] = b"peersnap folder 1";
/// Peers at about the same place, and what is read ahead.
const OPEN_MAX: usize = 8;
/// Together at most 128 MB.
const PICTURES_MAX: usize = 2;

#[cfg(test)]
mod tests {
    use super::super::walk::{Care, walk};
    use super::*;
    use crate::picture::Metadata;
    use std::fs;
    use std::time::{Duration, SystemTime};
    use tempfile::TempDir;
    use tokio_util::sync::CancellationToken;

    fn tree(folder: &TempDir, metadata: Metadata) -> Tree {
        let walked = walk(folder.path(), metadata, Care::Thorough, &CancellationToken::new());
        Tree::new(folder.path(), walked.expect("a folder"))
    }

    fn folder(files: &[(&str, &[u8])]) -> TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (path, bytes) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("below")).expect("room");
            fs::write(path, bytes).expect("room");
        }
        folder
    }

    #[test]
    fn it_is_one_run_of_bytes_however_it_is_read() {
        let large: Vec<u8> = (0..3000_u32).map(|at| (at / 7) as u8).collect();
        let folder = folder(&[("a", b"12"), ("b/c", b""), ("b/d", &large), ("e", b"end")]);
        let tree = tree(&folder, Metadata::Cleaned);
        let whole = [&tree.manifest.head()[..], b"12", &large, b"end"].concat();
        assert_eq!(tree.size(), whole.len() as u64);
        for len in [1, 7, 1000, 10_000] {
            let mut read = Vec::new();
            while read.len() < whole.len() {
                read.extend(tree.read(read.len() as u64, len).expect("bytes"));
            }
            assert_eq!(read, whole);
        }
        assert!(tree.open.lock().expect("nobody panicked").len() <= OPEN_MAX);
    }

    #[test]
    fn a_file_that_changes_goes_or_grows_ends_it_and_is_named() {
        let changes: [fn(&Path); 4] = [
            |path| fs::write(path, b"123").expect("room"),
            |path| fs::remove_file(path).expect("it was there"),
            |path| {
                let later = SystemTime::now() + Duration::from_secs(9);
                let file = File::options().append(true).open(path).expect("a file");
                file.set_modified(later).expect("a time");
            },
            |path| {
                fs::remove_file(path).expect("it was there");
                std::os::unix::fs::symlink("b", path).expect("room");
            },
        ];
        for (at, change) in changes.into_iter().enumerate() {
            let folder = folder(&[("a", b"12"), ("b", b"12")]);
            let tree = tree(&folder, Metadata::Cleaned);
            change(&folder.path().join("a"));
            // What took its place is no file, and is not even opened.
            let reason = if at == 3 { Reason::Storage } else { Reason::Changed };
            assert_eq!(tree.read(0, 10_000), Err(reason), "{at}");
            let fault = tree.fault().expect("it is told");
            assert!(fault.starts_with(&format!("{}/a ", folder.path().display())), "{fault}");
            assert_eq!(tree.read(tree.size() - 2, 2).expect("bytes")[..], b"12"[..]);
        }
    }

    #[test]
    fn pictures_go_out_clean_and_of_their_size() {
        let folder = folder(&[("z", b"end")]);
        let path = folder.path().join("a.jpg");
        image::RgbImage::new(4, 4).save(&path).expect("room");
        let plain = fs::read(&path).expect("it is there");
        let telling = [&plain[..2], b"\xFF\xFE\0\x0bSERIAL 47", &plain[2..]].concat();
        fs::write(&path, &telling).expect("room");
        let cleaned = tree(&folder, Metadata::Cleaned);
        let kept = tree(&folder, Metadata::Kept);
        assert_ne!(cleaned.identity(), kept.identity());
        let files = |tree: &Tree| {
            let head = tree.manifest.head().len() as u64;
            tree.read(head, 100_000).expect("bytes")
        };
        assert_eq!(files(&cleaned)[..], [&plain[..], &[0; 13], b"end"].concat());
        assert_eq!(files(&kept)[..], [&telling[..], b"end"].concat());
        fs::write(&path, &plain).expect("room");
        assert_eq!(cleaned.read(0, 100_000), Err(Reason::Changed));
    }
}
