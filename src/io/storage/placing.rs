//! A whole file, put in its place: with its facts, synced, under a free name.

use crate::text::FileName;
use crate::transfer::Proposal;
use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tempfile::{NamedTempFile, PersistError};

/// Gives a file what its sender says of it: when it was changed last, and whether its owner may run
/// it. A time that cannot be is not taken, and of rights no other. Where a file cannot have them it is
/// as good without.
pub(super) fn give_facts(file: &File, proposal: &Proposal, now: SystemTime) {
    if let Err(error) = try_to_give_facts(file, proposal, now) {
        tracing::debug!(%error, "a file cannot have its facts");
    }
}

fn try_to_give_facts(file: &File, proposal: &Proposal, now: SystemTime) -> io::Result<()> {
    if proposal.executable {
        let mode = file.metadata()?.permissions().mode() & RIGHTS;
        // Whoever may read it, as the umask has it.
        let runs = (mode & READS) >> 2;
        file.set_permissions(Permissions::from_mode(mode | runs))?;
    }
    match proposal.modified.and_then(|modified| time(modified, now)) {
        Some(modified) => file.set_modified(modified),
        None => Ok(()),
    }
}

/// A file that could not be put in its place.
#[derive(Debug)]
pub(super) struct Unplaced {
    /// It, where it was.
    pub file: NamedTempFile,
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

impl Unplaced {
    /// Why; the file goes.
    pub fn error(self) -> io::Error {
        self.error
    }
}

/// Syncs the file and renames it to its name, or to that with a number.
pub(super) fn place(
    folder: &Path,
    mut file: NamedTempFile,
    name: &FileName,
) -> Result<PathBuf, Unplaced> {
    if let Err(error) = file.as_file().sync_all() {
        return Err(Unplaced { file, error, synced: Synced::No });
    }
    for number in 1..=NUMBER_MAX {
        let candidate = if number == 1 { name.clone() } else { name.numbered(number) };
        let path = folder.join(candidate.as_str());
        match file.persist_noclobber(&path) {
            Ok(_) => {
                sync_folder(folder);
                return Ok(path);
            }
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => file = error.file,
            Err(PersistError { file, error }) => {
                return Err(Unplaced { file, error, synced: Synced::Yes });
            }
        }
    }
    let error = io::Error::new(io::ErrorKind::AlreadyExists, "too many files of that name");
    Err(Unplaced { file, error, synced: Synced::Yes })
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
    use crate::transfer::MediaType;

    fn proposal(modified: Option<i64>, executable: bool) -> Proposal {
        let name = FileName::new("a");
        Proposal { modified, executable, ..Proposal::new(name, MediaType::any(), 1) }
    }

    #[test]
    fn a_program_can_be_run_by_whoever_may_read_it_and_has_no_other_right() {
        let file = NamedTempFile::new().expect("a file");
        let now = SystemTime::now();
        for (before, after) in [(0o644, 0o755), (0o600, 0o700), (0o4640, 0o750), (0o666, 0o777)] {
            let set = |mode| file.as_file().set_permissions(Permissions::from_mode(mode));
            let mode = || file.as_file().metadata().expect("facts").permissions().mode() & 0o7777;
            set(before).expect("it is ours");
            give_facts(file.as_file(), &proposal(None, false), now);
            assert_eq!(mode(), before);
            give_facts(file.as_file(), &proposal(None, true), now);
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
            give_facts(file.as_file(), &proposal(Some(modified), false), now);
            let found = file.as_file().metadata().and_then(|facts| facts.modified());
            let found = found.expect("a time").duration_since(UNIX_EPOCH).expect("after 1970");
            assert_eq!(i64::try_from(found.as_secs()) == Ok(modified), is_taken, "{modified}");
        }
    }
}
