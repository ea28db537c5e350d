//! A whole file, or folder, put in its place: with its facts, synced, under a free name.

use crate::text::FileName;
use crate::transfer::Proposal;
use crate::transfer::manifest::Kind;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tempfile::{NamedTempFile, PersistError};

/// What the sender of a file says of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told {
    /// When it was changed last, in seconds since 1970.
    modified: Option<i64>,
    /// Whether its owner may run it.
    executable: bool,
}

impl Told {
    /// Of a file that comes by itself.
    pub fn of(proposal: &Proposal) -> Self {
        Self { modified: proposal.modified, executable: proposal.executable }
    }

    /// Of a file in a folder.
    pub fn of_entry(kind: Kind) -> Self {
        match kind {
            Kind::File { modified, executable, .. } => Self { modified, executable },
            Kind::Folder => Self { modified: None, executable: false },
        }
    }
}

/// Gives a file what its sender says of it: when it was changed last, and whether its owner may run
/// it. A time that cannot be is not taken, and of rights no other. Where a file cannot have them it is
/// as good without.
pub(super) fn give_facts(file: &File, told: Told, now: SystemTime) {
    if let Err(error) = try_to_give_facts(file, told, now) {
        tracing::debug!(%error, "a file cannot have its facts");
    }
}

fn try_to_give_facts(file: &File, told: Told, now: SystemTime) -> io::Result<()> {
    if told.executable {
        let mode = file.metadata()?.permissions().mode() & RIGHTS;
        // Whoever may read it, as the umask has it.
        let runs = (mode & READS) >> 2;
        file.set_permissions(Permissions::from_mode(mode | runs))?;
    }
    match told.modified.and_then(|modified| time(modified, now)) {
        Some(modified) => file.set_modified(modified),
        None => Ok(()),
    }
}

/// What could not be put in its place.
#[derive(Debug)]
pub(super) struct Unplaced<T> {
    /// It, where it was.
    pub it: T,
    /// Why.
    pub error: io::Error,
    /// Whether all of it is on disk.
    pub synced: Synced,
}

/// Whether what was written is on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Synced {
    /// It is.
    Yes,
    /// It may be lost.
    No,
}

impl<T> Unplaced<T> {
    /// Why; what it is goes.
    pub fn error(self) -> io::Error {
        self.error
    }
}

/// Syncs the file and renames it to its name, or to that with a number.
pub(super) fn place(
    folder: &Path,
    mut file: NamedTempFile,
    name: &FileName,
) -> Result<PathBuf, Unplaced<NamedTempFile>> {
    if let Err(error) = file.as_file().sync_all() {
        return Err(Unplaced { it: file, error, synced: Synced::No });
    }
    for path in candidates(folder, name) {
        match file.persist_noclobber(&path) {
            Ok(_) => {
                sync_folder(folder);
                return Ok(path);
            }
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => file = error.file,
            Err(PersistError { file, error }) => {
                return Err(Unplaced { it: file, error, synced: Synced::Yes });
            }
        }
    }
    Err(Unplaced { it: file, error: too_many(), synced: Synced::Yes })
}

/// Renames a folder in one step to its name, or to that with a number. What is in it is synced.
pub(super) fn place_folder(folder: &Path, from: &Path, name: &FileName) -> io::Result<PathBuf> {
    for path in candidates(folder, name) {
        match rename_folder(from, &path) {
            Ok(()) => {
                sync_folder(folder);
                return Ok(path);
            }
            Err(error) if is_taken(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Err(too_many())
}

fn rename_folder(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {}
        renamed => return Ok(renamed?),
    }
    // Not every file system can. An empty folder claims the name, and is the one thing that is
    // replaced by another folder.
    std::fs::create_dir(to)?;
    std::fs::rename(from, to).inspect_err(|_| {
        // It was empty, and is ours, unless somebody was faster.
        let _ = std::fs::remove_dir(to);
    })
}

fn is_taken(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::AlreadyExists | io::ErrorKind::DirectoryNotEmpty)
}

/// The name, and the same with numbers.
fn candidates(folder: &Path, name: &FileName) -> impl Iterator<Item = PathBuf> {
    let numbered = (2..=NUMBER_MAX).map(|number| folder.join(name.numbered(number).as_str()));
    std::iter::once(folder.join(name.as_str())).chain(numbered)
}

fn too_many() -> io::Error {
    io::Error::new(io::ErrorKind::AlreadyExists, "too many files of that name")
}

/// A name itself lasts only when its folder is synced; not every system can.
pub(super) fn sync_folder(folder: &Path) {
    if let Err(error) = File::open(folder).and_then(|folder| folder.sync_all()) {
        tracing::debug!(%error, "the folder cannot be synced");
    }
}

/// A time that a file may have: from 1970 on, and not in the future but for a clock that is wrong.
fn time(modified: i64, now: SystemTime) -> Option<SystemTime> {
    let since = Duration::from_secs(u64::try_from(modified).ok()?);
    UNIX_EPOCH.checked_add(since).filter(|time| *time <= now + AHEAD_MAX)
}

const NUMBER_MAX: u32 = 10_000;
const AHEAD_MAX: Duration = Duration::from_hours(24);
/// Of owner, group and others: no set-user-ID, set-group-ID or sticky bit.
const RIGHTS: u32 = 0o777;
const READS: u32 = 0o444;

#[cfg(test)]
mod tests {
    use super::*;

    fn told(modified: Option<i64>, executable: bool) -> Told {
        Told { modified, executable }
    }

    #[test]
    fn a_folder_takes_a_free_name_and_nothing_goes_for_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let name = FileName::new("photos");
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("photos"), "a file").expect("room");
        // Even one that is empty.
        std::fs::create_dir(at("photos (2)")).expect("room");
        for expected in ["photos (3)", "photos (4)"] {
            std::fs::create_dir(at("part")).expect("room");
            std::fs::write(at("part/a"), expected).expect("room");
            let placed = place_folder(folder.path(), &at("part"), &name).expect("room");
            assert_eq!(placed, at(expected));
            assert_eq!(std::fs::read(placed.join("a")).expect("there"), expected.as_bytes());
        }
        assert_eq!(std::fs::read(at("photos")).expect("it is there"), b"a file");
        assert_eq!(std::fs::read_dir(at("photos (2)")).expect("a folder").count(), 0);
        assert!(place_folder(folder.path(), &at("gone"), &name).is_err());
    }

    #[test]
    fn a_program_can_be_run_by_whoever_may_read_it_and_has_no_other_right() {
        let file = NamedTempFile::new().expect("a file");
        let now = SystemTime::now();
        for (before, after) in [(0o644, 0o755), (0o600, 0o700), (0o4640, 0o750), (0o666, 0o777)] {
            let set = |mode| file.as_file().set_permissions(Permissions::from_mode(mode));
            let mode = || file.as_file().metadata().expect("facts").permissions().mode() & 0o7777;
            set(before).expect("it is ours");
            give_facts(file.as_file(), told(None, false), now);
            assert_eq!(mode(), before);
            give_facts(file.as_file(), told(None, true), now);
            assert_eq!(mode(), after);
        }
    }

    #[test]
    fn a_time_is_taken_only_if_it_can_be() {
        let now = UNIX_EPOCH + Duration::from_hours(500_000);
        let (day, now_seconds) = (24 * 3600, 1_800_000_000);
        for (modified, is_taken) in [
            (0, true),
            (1_700_000_000, true),
            (now_seconds + day, true),
            (now_seconds + day + 1, false),
            (-1, false),
            (i64::MIN, false),
            (i64::MAX, false),
        ] {
            let file = NamedTempFile::new().expect("a file");
            give_facts(file.as_file(), told(Some(modified), false), now);
            let found = file.as_file().metadata().and_then(|facts| facts.modified());
            let found = found.expect("a time").duration_since(UNIX_EPOCH).expect("after 1970");
            assert_eq!(i64::try_from(found.as_secs()) == Ok(modified), is_taken, "{modified}");
        }
    }
}
