//! A file that is coming in, and what is left of it for the next time.
//!
//! A file that was proposed with a mark lies under a hidden name that is made of it, beside a record
//! of how much of it is verified. Whoever proposes a file of that mark again, be it after a day or by
//! another program, finds it: the rest is asked for, and no more. It is locked while it is written
//! to; a second one who receives the same at that time begins anew.

use super::{Wanted, create};
use crate::transfer::{Mark, Verified};
use rustix::fs::OFlags;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};
use tempfile::{NamedTempFile, TempPath};

/// A file that is coming in. Dropped, it is kept if anything of it is worth that.
pub(super) struct Partial {
    file: Option<NamedTempFile>,
    pub wanted: Wanted,
    pub written: u64,
    record: Option<Kept>,
}

/// Where the record lies, and what of it does not change.
struct Kept {
    path: PathBuf,
    record: Record,
    /// Open once anything was noted.
    file: Option<File>,
}

/// How much of a file is verified: JSON, one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    v: u32,
    mark: Mark,
    size: u64,
    /// In bytes from the file's start.
    offset: u64,
    /// What its digest is made of so far.
    #[serde(with = "hex::serde")]
    state: Vec<u8>,
}

impl Partial {
    /// One that nothing is kept of.
    pub fn new(folder: &Path, wanted: Wanted) -> io::Result<Self> {
        Ok(Self { file: Some(create(folder)?), wanted, written: 0, record: None })
    }

    /// One of a file of this mark, and what there is of it.
    pub fn resume(folder: &Path, wanted: Wanted, mark: Mark) -> io::Result<(Self, Verified)> {
        let size = wanted.proposal.size;
        let path = folder.join(format!("{PREFIX}{}{SUFFIX}", &mark.to_string()[..MARK_DIGITS]));
        let Some(mut file) = open_locked(&path)? else {
            return Ok((Self::new(folder, wanted)?, Verified::default()));
        };
        let record_path = path.with_extension(RECORD);
        let kept = read(&record_path, mark, size);
        let held = kept.filter(|held| file.metadata().is_ok_and(|it| it.len() >= held.offset));
        let held = held.unwrap_or_default();
        // What is beyond was not verified.
        file.set_len(held.offset)?;
        file.seek(SeekFrom::End(0))?;
        let file = NamedTempFile::from_parts(file, TempPath::try_from_path(&path)?);
        let record = Record { v: VERSION, mark, size, offset: held.offset, state: held.encode() };
        let record = Some(Kept { path: record_path, record, file: None });
        Ok((Self { file: Some(file), wanted, written: held.offset, record }, held))
    }

    /// Writes what is next.
    pub fn write(&mut self, data: &[u8]) -> io::Result<u64> {
        let file = self.file.as_mut().ok_or(io::ErrorKind::NotFound)?;
        file.write_all(data)?;
        self.written += data.len() as u64;
        Ok(self.written)
    }

    /// All that was written is verified. That it is not noted costs those bytes once more.
    pub fn checkpoint(&mut self, verified: &Verified) {
        let Some(kept) = &mut self.record else { return };
        kept.record.offset = verified.offset;
        kept.record.state = verified.encode();
        if let Err(error) = kept.note() {
            tracing::debug!(%error, "how much of a file there is was not noted");
        }
    }

    /// It is whole: the file, to be put in its place.
    pub fn finish(mut self) -> io::Result<NamedTempFile> {
        self.forget_record();
        self.file.take().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// Nothing of it is wanted any more.
    pub fn forget(mut self) {
        self.forget_record();
        // With its file.
        drop(self.file.take());
    }

    fn forget_record(&mut self) {
        if let Some(kept) = self.record.take() {
            // Perhaps none was written yet.
            let _ = std::fs::remove_file(kept.path);
        }
    }
}

impl Kept {
    /// In one write of one length, over what was noted before: it is whole even if this program is
    /// killed meanwhile.
    fn note(&mut self) -> io::Result<()> {
        let mut line = serde_json::to_vec(&self.record).expect("a record has no maps");
        line.resize(RECORD_BYTES, b' ');
        if self.file.is_none() {
            self.file = Some(open(&self.path)?);
        }
        self.file.as_ref().map_or(Ok(()), |file| file.write_all_at(&line, 0))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        let is_worth_it = self.record.as_ref().is_some_and(|kept| kept.record.offset > 0);
        match self.file.take() {
            Some(file) if is_worth_it => match file.into_temp_path().keep() {
                Ok(path) => path.parent().into_iter().for_each(clear),
                Err(error) => tracing::warn!(%error, "a part of a file could not be kept"),
            },
            _ => self.forget_record(),
        }
    }
}

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
        let is_held = || File::open(&path).is_ok_and(|file| file.try_lock().is_err());
        if (at >= KEPT_MAX || age > KEPT_FOR) && !is_held() {
            let _ = std::fs::remove_file(path.with_extension(RECORD));
            let _ = std::fs::remove_file(path);
        }
    }
}

/// The file of that name, made if it is not there; none while somebody else writes to it. Blocks for
/// a moment.
fn open_locked(path: &Path) -> io::Result<Option<File>> {
    let file = open(path)?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => break,
            // A connection that is over may be about to let go of it.
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => sleep(LOOK_AGAIN),
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    // Whoever held it may have put it in its place, or thrown it away: then it is another's.
    let is_there = |it: std::fs::Metadata| file.metadata().is_ok_and(|own| own.ino() == it.ino());
    Ok(std::fs::symlink_metadata(path).is_ok_and(is_there).then_some(file))
}

/// A file to read and write, made if it is not there. Nobody leads it
/// elsewhere by a link.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o666);
    options.custom_flags(OFlags::NOFOLLOW.bits().cast_signed()).open(path)
}

/// What is noted of a file of this mark and size.
fn read(path: &Path, mark: Mark, size: u64) -> Option<Verified> {
    if std::fs::metadata(path).ok()?.len() != RECORD_BYTES as u64 {
        return None;
    }
    let record: Record = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
    let is_it = (record.v, record.mark, record.size) == (VERSION, mark, size);
    if !is_it || record.offset > size {
        return None;
    }
    Verified::decode(record.offset, &record.state)
}

const PREFIX: &str = ".peersnap-";
const SUFFIX: &str = ".part";
const RECORD: &str = "part-record";
const VERSION: u32 = 1;
/// Of 64: 80 bits, which nobody meets by chance. The record has all of them.
const MARK_DIGITS: usize = 20;
/// More than a record takes.
const RECORD_BYTES: usize = 512;
/// How long somebody else is waited for who writes to the same file.
const PATIENCE: Duration = Duration::from_secs(1);
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// So many parts at most lie in one folder.
const KEPT_MAX: usize = 16;
const KEPT_FOR: Duration = Duration::from_hours(7 * 24);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::FileName;
    use crate::transfer::{MediaType, Proposal};
    use tempfile::TempDir;

    const MARK: Mark = Mark([7; 32]);

    struct World {
        folder: TempDir,
    }

    impl World {
        fn new() -> Self {
            Self { folder: tempfile::tempdir().expect("a folder") }
        }

        fn begin(&self, mark: Mark, size: u64) -> (Partial, u64) {
            let proposal = Proposal::new(FileName::new("a.bin"), MediaType::any(), size);
            let wanted = Wanted { proposal, mark: Some(mark) };
            let partial = Partial::resume(self.folder.path(), wanted, mark);
            let (partial, held) = partial.expect("a file");
            (partial, held.offset)
        }

        fn names(&self) -> Vec<String> {
            let entries = std::fs::read_dir(self.folder.path()).expect("a folder").flatten();
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
        }
    }

    fn write(partial: &mut Partial, verified: &[u8], more: &[u8]) {
        partial.write(verified).expect("room");
        partial.checkpoint(&Verified::of(verified));
        partial.write(more).expect("room");
    }

    #[test]
    fn what_is_verified_is_there_the_next_time_and_what_is_not_is_not() {
        let world = World::new();
        let (mut partial, held) = world.begin(MARK, 100);
        assert_eq!(held, 0);
        write(&mut partial, b"verified", b"not yet");
        drop(partial);
        let (mut again, held) = world.begin(MARK, 100);
        assert_eq!((held, again.written), (8, 8));
        again.write(b" and more").expect("room");
        let file = again.finish().expect("a file");
        assert_eq!(std::fs::read(file.path()).expect("it is there"), b"verified and more");
        drop(file);
        assert_eq!(world.names(), [""; 0]);
    }

    #[test]
    fn nothing_is_left_of_what_is_not_wanted_or_has_hardly_begun() {
        let world = World::new();
        let (mut partial, _) = world.begin(MARK, 100);
        write(&mut partial, b"verified", b"");
        partial.forget();
        assert_eq!(world.names(), [""; 0]);
        let (mut partial, _) = world.begin(MARK, 100);
        partial.write(b"nothing of this is verified").expect("room");
        drop(partial);
        assert_eq!(world.names(), [""; 0]);
    }

    #[test]
    fn another_file_another_size_a_shorter_part_and_a_broken_record_begin_anew() {
        let world = World::new();
        let (mut partial, _) = world.begin(MARK, 100);
        write(&mut partial, b"verified", b"");
        drop(partial);
        assert_eq!(world.begin(Mark([8; 32]), 100).1, 0);
        let of = |end: &str| {
            let name = world.names().into_iter().find(|name| name.ends_with(end));
            world.folder.path().join(name.expect("it is there"))
        };
        let (part, record) = (of(SUFFIX), of(RECORD));
        let (whole, noted) = (std::fs::read(&part), std::fs::read(&record));
        let (whole, noted) = (whole.expect("a part"), noted.expect("a record"));
        let restore = || {
            std::fs::write(&part, &whole).expect("room");
            std::fs::write(&record, &noted).expect("room");
        };
        let noted_as = |text: &[u8]| std::fs::write(&record, text).expect("room");
        assert_eq!(world.begin(MARK, 99).1, 0, "another size");
        for broken in [&b"{}"[..], b"", &[b' '; RECORD_BYTES], &[b' '; 5000], &noted[..300]] {
            restore();
            noted_as(broken);
            assert_eq!(world.begin(MARK, 100).1, 0);
        }
        restore();
        std::fs::write(&part, b"short").expect("room");
        assert_eq!(world.begin(MARK, 100).1, 0);
        restore();
        assert_eq!(world.begin(MARK, 100).1, 8);
    }

    #[test]
    fn the_second_of_two_at_once_begins_anew() {
        let world = World::new();
        let (mut first, _) = world.begin(MARK, 100);
        write(&mut first, b"verified", b"");
        let (mut second, held) = world.begin(MARK, 100);
        assert_eq!(held, 0);
        second.write(b"by itself").expect("room");
        let file = first.finish().expect("a file");
        assert_eq!(std::fs::read(file.path()).expect("it is there"), b"verified");
    }

    #[test]
    fn of_many_parts_the_oldest_go() {
        let world = World::new();
        for number in 0..KEPT_MAX as u8 + 4 {
            let (mut partial, _) = world.begin(Mark([number; 32]), 100);
            write(&mut partial, b"verified", b"");
        }
        let parts = world.names().into_iter().filter(|name| name.ends_with(SUFFIX)).count();
        assert_eq!((parts, world.names().len()), (KEPT_MAX, 2 * KEPT_MAX));
        assert_eq!(world.begin(Mark([KEPT_MAX as u8 + 3; 32]), 100).1, 8, "the newest is there");
    }

    #[test]
    fn what_nobody_goes_on_with_goes_after_a_week_and_nothing_else_does() {
        let world = World::new();
        let old = SystemTime::now() - KEPT_FOR - Duration::from_secs(1);
        for name in
            [".peersnap-old.part", ".peersnap-old.part-record", "mine.part", ".peersnap-mine"]
        {
            let file = File::create(world.folder.path().join(name)).expect("a file");
            file.set_modified(old).expect("a time");
        }
        File::create(world.folder.path().join(".peersnap-new.part")).expect("a file");
        clear(world.folder.path());
        let mut names = world.names();
        names.sort();
        assert_eq!(names, [".peersnap-mine", ".peersnap-new.part", "mine.part"]);
    }
}
