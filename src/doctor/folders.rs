//! Folders and files: where photos are saved, where what is remembered lies, what is configured.
//!
//! Nothing is left behind: a folder that is not there yet is not made, but the nearest one that is
//! there is tried.

use super::finding::{Finding, Subject};
use crate::io::storage;
use rustix::fs::statvfs;
use std::io;
use std::path::Path;

/// What was found of a folder.
#[derive(Debug)]
struct Seen {
    exists: bool,
    /// Whether a file could be made in it, or beside where it will be.
    writable: Result<(), String>,
    /// In bytes, if the system says so.
    free: Option<u64>,
}

/// What was found of a file that holds a secret.
#[derive(Debug)]
enum Secret {
    Absent,
    Unreadable(String),
    There { bytes: u64, mode: u32 },
}

pub(super) fn save(folder: &Path) -> Finding {
    judge_save(&look(folder), &whole(folder))
}

pub(super) fn state(folder: Option<&Path>) -> Finding {
    match folder {
        Some(folder) => judge_state(&look(folder), &whole(folder)),
        None => Subject::StateFolder.so_so(
            "this system names no place for it",
            "set HOME: without it, nobody knows you again the next day",
        ),
    }
}

/// Of the config file: that it is read, or why not.
pub(super) fn config(path: Option<&Path>, read: Result<(), String>) -> Finding {
    let exists = path.is_some_and(Path::exists);
    let path = path.map(whole).unwrap_or_default();
    match read {
        Err(why) => {
            Subject::ConfigFile.bad(why, "correct it, or remove it; the README lists its keys")
        }
        Ok(()) if exists => Subject::ConfigFile.good(path),
        Ok(()) => Subject::ConfigFile.good(format!("none, and none is needed; it would be {path}")),
    }
}

pub(super) fn identity(state: Option<&Path>) -> Finding {
    let path = state.map(|state| state.join("identity"));
    let seen = path.as_deref().map_or(Secret::Absent, look_at_secret);
    judge_identity(&seen, &path.as_deref().map(whole).unwrap_or_default())
}

fn look(folder: &Path) -> Seen {
    let there = nearest(folder);
    let writable = storage::check(there).map_err(|error| own_words(&error));
    let free = statvfs(there).ok().map(|facts| facts.f_bavail.saturating_mul(facts.f_frsize));
    Seen { exists: folder.exists(), writable, free }
}

/// The system's words, without the name of a file that was only tried.
fn own_words(error: &io::Error) -> String {
    let cause = error.get_ref().and_then(|error| error.source());
    cause.map_or_else(|| error.to_string(), ToString::to_string)
}

/// The folder, or the first of those it will be made in that is there.
fn nearest(folder: &Path) -> &Path {
    let usable = |path: &&Path| !path.as_os_str().is_empty() && path.symlink_metadata().is_ok();
    folder.ancestors().find(usable).unwrap_or(Path::new("."))
}

fn look_at_secret(path: &Path) -> Secret {
    use std::os::unix::fs::PermissionsExt as _;
    match std::fs::File::open(path).and_then(|file| file.metadata()) {
        Ok(facts) => Secret::There { bytes: facts.len(), mode: facts.permissions().mode() },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Secret::Absent,
        Err(error) => Secret::Unreadable(error.to_string()),
    }
}

fn judge_save(seen: &Seen, folder: &str) -> Finding {
    let subject = Subject::SaveFolder;
    if let Err(why) = &seen.writable {
        let text = format!("photos cannot be saved in {folder}: {why}");
        return subject.bad(text, "choose another with --save, or --out for receive");
    }
    let later = if seen.exists { "" } else { ", which will be made" };
    let Some(free) = seen.free else { return subject.good(format!("{folder}{later}")) };
    let text = format!("{folder}{later}; {} are free", size(free));
    if free < FREE_BYTES_BAD {
        subject.bad(text, "make room: not even a photo fits")
    } else if free < FREE_BYTES_SO_SO {
        subject.so_so(text, "make room: it is full soon")
    } else {
        subject.good(text)
    }
}

fn judge_state(seen: &Seen, folder: &str) -> Finding {
    let subject = Subject::StateFolder;
    match &seen.writable {
        Ok(()) if seen.exists => subject.good(folder),
        Ok(()) => subject.good(format!("{folder}, which will be made")),
        Err(why) => subject.so_so(
            format!("{folder}: {why}"),
            "make it writable: until then nobody knows you again the next day, and no log is kept",
        ),
    }
}

fn judge_identity(seen: &Secret, path: &str) -> Finding {
    let subject = Subject::Identity;
    match seen {
        Secret::Absent => subject.good("none yet: it is made when a room is first entered"),
        Secret::Unreadable(why) => subject.so_so(
            format!("{path} cannot be read: {why}"),
            "make it yours: until then you are another to others in each room",
        ),
        Secret::There { bytes, .. } if *bytes != IDENTITY_BYTES => subject.so_so(
            format!("{path} is damaged: it has {bytes} bytes, not {IDENTITY_BYTES}"),
            "put it back from a copy, or remove it: then a new one is made, and others are told",
        ),
        Secret::There { mode, .. } if mode & 0o077 != 0 => subject.so_so(
            format!("{path} can be read by others on this machine: they can pose as you"),
            format!("chmod 600 {path}"),
        ),
        Secret::There { .. } => subject.good(format!("{path}, yours alone")),
    }
}

/// The path, whole from the root if the system says how.
fn whole(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}

fn size(bytes: u64) -> String {
    match bytes {
        ..1_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{} GB", bytes / 1_000_000_000),
    }
}

const IDENTITY_BYTES: u64 = 32;
/// A photo of a large camera.
const FREE_BYTES_BAD: u64 = 10_000_000;
/// Some dozens of them.
const FREE_BYTES_SO_SO: u64 = 500_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Verdict;

    #[test]
    fn a_folder_is_as_good_as_what_it_has_room_for() {
        for (free, verdict) in [
            (None, Verdict::Good),
            (Some(0), Verdict::Bad),
            (Some(9_999_999), Verdict::Bad),
            (Some(10_000_000), Verdict::SoSo),
            (Some(500_000_000), Verdict::Good),
        ] {
            let seen = Seen { exists: true, writable: Ok(()), free };
            assert_eq!(judge_save(&seen, "/photos").verdict, verdict, "{free:?}");
        }
        let seen = Seen { exists: false, writable: Ok(()), free: Some(12_345_678_901) };
        let found = judge_save(&seen, "/photos");
        assert_eq!(found.text, "/photos, which will be made; 12 GB are free");
    }

    #[test]
    fn a_folder_that_cannot_be_written_to_is_bad_only_for_photos() {
        let writable = Err("Read-only file system".to_owned());
        let seen = Seen { exists: true, writable, free: Some(u64::MAX) };
        assert_eq!(judge_save(&seen, "/photos").verdict, Verdict::Bad);
        assert_eq!(judge_state(&seen, "/state").verdict, Verdict::SoSo);
    }

    #[test]
    fn looking_leaves_nothing_behind() {
        let folder = tempfile::tempdir().expect("a folder");
        let deep = folder.path().join("not/there/yet");
        let seen = look(&deep);
        assert!(!seen.exists && seen.writable.is_ok() && seen.free.is_some(), "{seen:?}");
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
        let file = folder.path().join("file");
        std::fs::write(&file, "").expect("written");
        assert!(look(&file.join("below")).writable.is_err());
        assert_eq!(nearest(Path::new("not there")), Path::new("."));
    }

    #[test]
    fn an_identity_is_its_owners_alone_and_whole() {
        let verdict = |seen| judge_identity(&seen, "/state/identity").verdict;
        assert_eq!(verdict(Secret::Absent), Verdict::Good);
        assert_eq!(verdict(Secret::There { bytes: 32, mode: 0o100_600 }), Verdict::Good);
        assert_eq!(verdict(Secret::There { bytes: 32, mode: 0o100_640 }), Verdict::SoSo);
        assert_eq!(verdict(Secret::There { bytes: 31, mode: 0o100_600 }), Verdict::SoSo);
        assert_eq!(verdict(Secret::Unreadable("no".into())), Verdict::SoSo);
    }

    #[test]
    fn a_config_file_need_not_be_there_but_what_is_there_must_be_right() {
        assert_eq!(config(None, Ok(())).verdict, Verdict::Good);
        let found = config(Some(Path::new("/c.toml")), Err("unknown field `nmae`".into()));
        assert_eq!((found.verdict, found.text.as_str()), (Verdict::Bad, "unknown field `nmae`"));
    }
}
