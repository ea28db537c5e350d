//! Where what is coming in lies until it is whole: a file, or a folder.

use super::create;
use super::inside::{self, Inside, Seized};
use super::leftovers::{PREFIX, SUFFIX};
use super::placing::{Synced, Told, Unplaced, give_facts, place, place_folder};
use super::syncing::{Extent, sync};
use crate::transfer::{Mark, Proposal};
use rustix::fs::OFlags;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};
use tempfile::{NamedTempFile, TempPath};

/// The bytes of a file, or of a folder. Dropped, they go.
#[derive(Debug)]
pub(super) enum Body {
    File(NamedTempFile),
    Folder(Box<Inside>),
}

/// What is left of another time, and that nobody else writes to.
#[derive(Debug)]
pub(super) enum Left {
    File(PathBuf, File),
    Folder(Seized),
}

impl Body {
    /// None of it is there, and none of it is kept.
    pub fn new(folder: &Path, proposal: &Proposal) -> io::Result<Self> {
        if proposal.files.is_none() {
            return Ok(Self::File(create(folder)?));
        }
        let part = tempfile::Builder::new().prefix(PREFIX).suffix(SUFFIX).tempdir_in(folder)?;
        let inside = Inside::new(part.path(), proposal)?;
        // From here on it takes care of itself.
        let _ = part.keep();
        Ok(Self::Folder(Box::new(inside)))
    }

    /// Writes what is next.
    pub fn write(&mut self, data: &[u8]) -> io::Result<()> {
        match self {
            Self::File(file) => file.write_all(data),
            Self::Folder(inside) => inside.write(data),
        }
    }

    /// What is to be synced, so that all that was written outlasts a power cut.
    pub fn handle(&self) -> (&File, Extent) {
        match self {
            Self::File(file) => (file.as_file(), Extent::File),
            Self::Folder(inside) => (inside.folder(), Extent::Inside),
        }
    }

    /// It is whole: with its facts, synced, and renamed to its name or to that with a number.
    pub fn place(self, folder: &Path, proposal: &Proposal) -> Result<PathBuf, Unplaced<Self>> {
        match self {
            Self::File(file) => {
                let now = SystemTime::now();
                give_facts(file.as_file(), Told::of(proposal), now);
                place(folder, file, &proposal.name).map_err(|Unplaced { it, error, synced }| {
                    // Parts go when they are old.
                    let _ = it.as_file().set_modified(now);
                    Unplaced { it: Self::File(it), error, synced }
                })
            }
            Self::Folder(mut inside) => {
                let synced = inside.finish().and_then(|()| sync(inside.folder(), Extent::Inside));
                if let Err(error) = synced {
                    return Err(Unplaced { it: Self::Folder(inside), error, synced: Synced::No });
                }
                match place_folder(folder, &inside.files(), &proposal.name) {
                    Ok(path) => {
                        inside.let_go();
                        Ok(path)
                    }
                    Err(error) => {
                        Err(Unplaced { it: Self::Folder(inside), error, synced: Synced::Yes })
                    }
                }
            }
        }
    }

    /// Nothing of it is wanted any more.
    pub fn let_go(&mut self) {
        if let Self::Folder(inside) = self {
            inside.let_go();
        }
    }

    /// It stays as it is.
    pub fn keep(self) -> io::Result<PathBuf> {
        match self {
            Self::File(file) => Ok(file.into_temp_path().keep()?),
            Self::Folder(inside) => Ok(inside.keep()),
        }
    }
}

impl Left {
    /// What is left there, made if there is nothing; none while somebody else writes to it. Blocks
    /// for a moment.
    pub fn seize(path: &Path, proposal: &Proposal) -> io::Result<Option<Self>> {
        if proposal.files.is_none() {
            let file = open(path)?;
            return Ok(lock(&file, path)?.then(|| Self::File(path.to_owned(), file)));
        }
        let seized = Seized::open(path)?;
        let is_ours = lock(seized.lock(), &path.join(inside::HEAD))?;
        Ok(is_ours.then_some(Self::Folder(seized)))
    }

    /// Goes on behind so much: what is beyond was not verified.
    pub fn go_on(self, offset: u64, proposal: &Proposal) -> io::Result<Body> {
        match self {
            Self::File(path, mut file) => {
                file.set_len(offset)?;
                file.seek(SeekFrom::End(0))?;
                let path = TempPath::try_from_path(&path)?;
                Ok(Body::File(NamedTempFile::from_parts(file, path)))
            }
            Self::Folder(seized) => Ok(Body::Folder(Box::new(seized.go_on(offset, proposal)?))),
        }
    }
}

/// Whether so much lies there.
pub(super) fn holds(path: &Path, proposal: &Proposal, offset: u64) -> bool {
    match proposal.files {
        Some(_) => inside::holds(path, proposal, offset),
        None => path.metadata().is_ok_and(|facts| facts.len() >= offset),
    }
}

/// Where what is kept of a file of this mark lies.
pub(super) fn path(folder: &Path, proposal: &Proposal, mark: Mark) -> PathBuf {
    let kind = if proposal.files.is_some() { FOLDER } else { "" };
    folder.join(format!("{PREFIX}{kind}{}{SUFFIX}", &mark.to_string()[..MARK_DIGITS]))
}

/// Locks a file, and whether it is still the one that lies there.
fn lock(file: &File, path: &Path) -> io::Result<bool> {
    let (begun, length) = (Instant::now(), file.metadata()?.len());
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) => {
                // A connection that is over is about to let go of it, once that is known.
                let is_still = file.metadata()?.len() == length;
                let patience = if is_still { STILL_PATIENCE } else { PATIENCE };
                if begun.elapsed() >= patience {
                    return Ok(false);
                }
                sleep(LOOK_AGAIN);
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    // Whoever held it may have put it in its place, or thrown it away: then it is another's.
    let is_there = |it: std::fs::Metadata| file.metadata().is_ok_and(|own| own.ino() == it.ino());
    Ok(std::fs::symlink_metadata(path).is_ok_and(is_there))
}

/// A file to read and write, made if it is not there. Nobody leads it
/// elsewhere by a link.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o666);
    options.custom_flags(OFlags::NOFOLLOW.bits().cast_signed()).open(path)
}

/// What tells the part of a folder from that of a file.
const FOLDER: &str = "folder-";
/// Of 64: 80 bits, which nobody meets by chance. The record has all of them.
const MARK_DIGITS: usize = 20;
/// How long somebody else is waited for who writes to the same file.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long who holds it and writes nothing is: a sender that was killed is known to be gone after more
/// than three seconds, and who lets go of a folder syncs all of its file system before.
const STILL_PATIENCE: Duration = Duration::from_secs(6);
const LOOK_AGAIN: Duration = Duration::from_millis(20);
