//! Parts of files and folders that nobody goes on with.

use super::inside::HEAD;
use std::ffi::OsStr;
use std::fs::File;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Lets go of what nobody has gone on with for a long time, and of the oldest if there are many:
/// whoever may send us files could fill a disk with their beginnings otherwise.
pub(super) fn clear(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let now = SystemTime::now();
    let mut parts = Vec::new();
    for entry in entries.flatten() {
        let path = entry.path();
        let is = |end: &str| path.extension().is_some_and(|extension| extension == end);
        let is_ours = entry.file_name().as_encoded_bytes().starts_with(PREFIX.as_bytes());
        let Ok(modified) = entry.metadata().and_then(|facts| facts.modified()) else { continue };
        let age = now.duration_since(modified).unwrap_or_default();
        if is_ours && is(&SUFFIX[1..]) {
            parts.push((age, path));
        } else if is_ours && is(RECORD) && age > KEPT_FOR {
            // Somebody else may have been faster.
            let _ = std::fs::remove_file(path);
        }
    }
    parts.sort();
    for (at, (age, path)) in parts.into_iter().enumerate() {
        if (at >= KEPT_MAX || age > KEPT_FOR) && !is_held(&path) {
            let _ = std::fs::remove_file(path.with_extension(RECORD));
            // No link is followed, and what is no folder is not one.
            let _ = std::fs::remove_file(&path).or_else(|_| std::fs::remove_dir_all(&path));
        }
    }
}

/// Whether that is the name of a part, or of what is noted of one.
pub(super) fn is_part(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    let ends = |end: &str| name.ends_with(end.as_bytes());
    name.starts_with(PREFIX.as_bytes()) && (ends(SUFFIX) || ends(RECORD))
}

/// Whether somebody writes to it.
fn is_held(part: &Path) -> bool {
    let locked = if part.is_dir() { part.join(HEAD) } else { part.to_owned() };
    File::open(locked).is_ok_and(|file| file.try_lock().is_err())
}

/// What the hidden names of parts begin with.
pub(super) const PREFIX: &str = ".peersnap-";
/// What they end with.
pub(super) const SUFFIX: &str = ".part";
/// What the names of their records end with, behind a dot.
pub(super) const RECORD: &str = "part-record";
/// So many parts at most lie in one folder.
pub(super) const KEPT_MAX: usize = 16;
const KEPT_FOR: Duration = Duration::from_hours(7 * 24);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_goes_on_with_goes_after_a_week_and_nothing_else_does() {
        let folder = tempfile::tempdir().expect("a folder");
        let old = SystemTime::now() - KEPT_FOR - Duration::from_secs(1);
        for name in
            [".peersnap-old.part", ".peersnap-old.part-record", "mine.part", ".peersnap-mine"]
        {
            let file = File::create(folder.path().join(name)).expect("a file");
            file.set_modified(old).expect("a time");
        }
        File::create(folder.path().join(".peersnap-new.part")).expect("a file");
        let old_folder = folder.path().join(".peersnap-folder-old.part");
        std::fs::create_dir_all(old_folder.join("files/a")).expect("room");
        File::open(&old_folder).expect("a folder").set_modified(old).expect("a time");
        clear(folder.path());
        let entries = std::fs::read_dir(folder.path()).expect("a folder").flatten();
        let mut names: Vec<_> = entries.map(|entry| entry.file_name()).collect();
        names.sort();
        assert_eq!(names, [".peersnap-mine", ".peersnap-new.part", "mine.part"]);
    }
}
