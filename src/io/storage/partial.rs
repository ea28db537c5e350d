//! A file, or a folder, that is coming in, and what is left of it for the next time.
//!
//! What was proposed with a mark lies under a hidden name that is made of it, beside a
//! [`Record`] of how much of it is verified. Whoever proposes a file of that mark again, be it after a
//! day or by another program, finds it: the rest is asked for, and no more. It is locked as long as a
//! connection holds it. One that writes nothing may be over and not know yet, and is waited for; a second
//! one who receives the same while it is written to begins anew.

use super::Wanted;
use super::body::{self, Body, Left, path};
use super::leftovers::{RECORD, clear};
use super::placing::{Synced, Unplaced, sync_folder};
use super::record::{Boot, Record};
use super::syncing::{Syncing, sync};
use crate::transfer::{Mark, Verified};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// A file that is coming in. Dropped, it is kept if anything of it is worth that.
pub(super) struct Partial {
    body: Option<Body>,
    wanted: Wanted,
    written: u64,
    kept: Option<Kept>,
}

/// What is noted of a part that is kept.
struct Kept {
    folder: PathBuf,
    /// Where the record lies.
    path: PathBuf,
    record: Record,
    /// Open once anything was noted.
    file: Option<File>,
    boot: Boot,
    syncing: Option<Syncing>,
    /// Why what was written may not be on disk: said where it is noticed next.
    fault: Option<io::Error>,
}

impl Partial {
    /// One that nothing is kept of.
    pub fn new(folder: &Path, wanted: Wanted) -> io::Result<Self> {
        let body = Some(Body::new(folder, &wanted.proposal)?);
        Ok(Self { body, wanted, written: 0, kept: None })
    }

    /// One of a file of this mark, and what there is of it.
    pub fn resume(
        folder: &Path,
        wanted: Wanted,
        mark: Mark,
        boot: Boot,
    ) -> io::Result<(Self, Verified)> {
        let path = path(folder, &wanted.proposal, mark);
        let Some(left) = Left::seize(&path, &wanted.proposal)? else {
            return Ok((Self::new(folder, wanted)?, Verified::default()));
        };
        let record_path = path.with_extension(RECORD);
        let known = Record::read(&record_path, mark, wanted.proposal.size);
        let held = known.as_ref().and_then(|record| record.held(&boot));
        let held = held.filter(|held| body::holds(&path, &wanted.proposal, held.offset));
        let mut record = known
            .filter(|record| held.as_ref().is_some_and(|held| record.synced() <= held.offset))
            .unwrap_or_else(|| Record::new(&wanted, mark));
        let held = held.unwrap_or_default();
        record.go_on(&held, &wanted, &boot);
        let body = Some(left.go_on(held.offset, &wanted.proposal)?);
        let kept = Kept {
            folder: folder.to_owned(),
            path: record_path,
            record,
            file: None,
            boot,
            syncing: None,
            fault: None,
        };
        Ok((Self { body, wanted, written: held.offset, kept: Some(kept) }, held))
    }

    /// Writes what is next.
    pub fn write(&mut self, data: &[u8]) -> io::Result<u64> {
        self.take_fault()?;
        self.body.as_mut().ok_or(io::ErrorKind::NotFound)?.write(data)?;
        self.written += data.len() as u64;
        Ok(self.written)
    }

    /// All that was written is verified. That it is not noted costs those bytes once more.
    pub fn checkpoint(&mut self, verified: &Verified) {
        let (Some(kept), Some(body)) = (&mut self.kept, &self.body) else { return };
        if kept.syncing.as_ref().is_some_and(Syncing::is_over) {
            kept.finish_syncing();
        }
        if kept.fault.is_some() {
            return;
        }
        kept.record.reach(verified, &kept.boot);
        let ahead = verified.offset.saturating_sub(kept.record.synced());
        if kept.syncing.is_none() && ahead >= SYNC_BYTES {
            let begun = Syncing::begin(body.handle(), kept.folder.clone(), verified.clone());
            kept.syncing = begun.inspect_err(|error| tracing::debug!(%error, "not synced")).ok();
        }
        kept.note();
    }

    /// It is whole: it is put in its place. If it cannot be, it stays as a part of which all is there.
    pub fn place(mut self, folder: &Path) -> io::Result<PathBuf> {
        if let Some(kept) = &mut self.kept {
            kept.finish_syncing();
        }
        self.take_fault()?;
        let body = self.body.take().ok_or(io::ErrorKind::NotFound)?;
        match body.place(folder, &self.wanted.proposal) {
            Ok(path) => {
                self.forget_record();
                Ok(path)
            }
            Err(Unplaced { it, error, synced }) => {
                self.body = Some(it);
                if let (Synced::No, Some(kept)) = (synced, &mut self.kept) {
                    kept.record.fall_back();
                }
                Err(error)
            }
        }
    }

    /// Nothing of it is wanted any more.
    pub fn forget(mut self) {
        self.forget_record();
        if let Some(mut body) = self.body.take() {
            body.let_go();
        }
    }

    /// What went wrong beside is told once.
    fn take_fault(&mut self) -> io::Result<()> {
        self.kept.as_mut().and_then(|kept| kept.fault.take()).map_or(Ok(()), Err)
    }

    fn forget_record(&mut self) {
        if let Some(mut kept) = self.kept.take() {
            kept.finish_syncing();
            // Perhaps none was written yet.
            let _ = std::fs::remove_file(kept.path);
        }
    }
}

impl Kept {
    fn note(&mut self) {
        if let Err(error) = self.try_to_note() {
            tracing::debug!(%error, "how much of a file there is was not noted");
        }
    }

    fn try_to_note(&mut self) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(body::open(&self.path)?),
        };
        self.record.write(file)
    }

    /// Takes note of what was synced. After a fault nobody knows what of the rest is on disk: a sync
    /// that succeeds later says nothing of it.
    fn finish_syncing(&mut self) {
        match self.syncing.take().map(Syncing::finish) {
            Some(Ok(synced)) => self.record.sync(&synced),
            Some(Err(error)) => {
                self.record.fall_back();
                self.fault = Some(error);
            }
            None => {}
        }
    }

    /// Has all that is verified outlast a power cut; whether there is anything.
    fn settle(&mut self, body: &Body) -> Worth {
        self.finish_syncing();
        if let Some(reached) = self.record.reached().filter(|it| it.offset > self.record.synced()) {
            let (file, extent) = body.handle();
            match sync(file, extent) {
                Ok(()) => self.record.sync(&reached),
                Err(error) => {
                    tracing::info!(%error, "a part of a file cannot be synced");
                    self.record.fall_back();
                }
            }
        }
        if self.record.synced() == 0 {
            return Worth::Nothing;
        }
        self.note();
        if let Some(Err(error)) = self.file.as_ref().map(File::sync_data) {
            tracing::debug!(%error, "what is noted of a part is not synced");
        }
        sync_folder(&self.folder);
        Worth::Keeping
    }
}

/// Whether a part is worth keeping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Worth {
    Keeping,
    Nothing,
}

impl Drop for Partial {
    fn drop(&mut self) {
        let mut body = self.body.take();
        if let (Some(kept), Some(body)) = (&mut self.kept, &mut body)
            && kept.settle(body) == Worth::Nothing
        {
            body.let_go();
            self.forget_record();
        }
        let Some(body) = body.filter(|_| self.kept.is_some()) else { return };
        match body.keep() {
            Ok(path) => path.parent().into_iter().for_each(clear),
            Err(error) => tracing::warn!(%error, "a part of a file could not be kept"),
        }
    }
}

/// How much of a file there is that was taken before, from the same sender under the same name, in
/// bytes. Blocks for a moment.
pub fn held(folder: &Path, wanted: &Wanted) -> u64 {
    let Some(mark) = wanted.mark else { return 0 };
    let path = path(folder, &wanted.proposal, mark);
    let record = Record::read(&path.with_extension(RECORD), mark, wanted.proposal.size);
    let held = record
        .filter(|record| record.is_taken_from(wanted))
        .and_then(|record| record.held(&Boot::now()));
    let is_there = |held: &Verified| body::holds(&path, &wanted.proposal, held.offset);
    held.filter(is_there).map_or(0, |held| held.offset)
}

/// So much is lost at most when the power fails.
const SYNC_BYTES: u64 = 64 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::super::Sender;
    use super::super::leftovers::{KEPT_MAX, SUFFIX};
    use super::super::record::RECORD_BYTES;
    use super::*;
    use crate::text::{EntryName, FileName};
    use crate::transfer::manifest::{Entry, EntryPath, Kind, Manifest};
    use crate::transfer::{MediaType, Proposal};
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread::sleep;
    use std::time::Duration;
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
            let wanted = Wanted { proposal, mark: Some(mark), from: Some(Sender([1; 32])) };
            let partial = Partial::resume(self.folder.path(), wanted, mark, Boot::now());
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
        let path = again.place(world.folder.path()).expect("room");
        assert_eq!(std::fs::read(path).expect("it is there"), b"verified and more");
        assert_eq!(world.names(), ["a.bin"]);
    }

    /// A folder of two files, as it comes.
    fn stream() -> (Manifest, Vec<u8>) {
        let file = |name: &str, size| {
            let kind = Kind::File { size, modified: None, executable: false };
            Entry { path: EntryPath::new(&[EntryName::new(name)]).expect("short"), kind }
        };
        let manifest = Manifest::new(vec![file("a", 8), file("b", 9)]).expect("a folder");
        let stream = [&manifest.head()[..], b"verified", b" and more"].concat();
        (manifest, stream)
    }

    #[test]
    fn a_folder_goes_on_like_a_file_and_is_locked_like_one() {
        let (world, (manifest, stream)) = (World::new(), stream());
        let proposal = Proposal::folder(FileName::new("photos"), manifest.size(), manifest.files());
        let wanted = Wanted { proposal, mark: Some(MARK), from: Some(Sender([1; 32])) };
        let begin = || {
            let partial = Partial::resume(world.folder.path(), wanted.clone(), MARK, Boot::now());
            let (partial, held) = partial.expect("a folder");
            (partial, held.offset as usize)
        };
        for verified in [2, manifest.head().len(), stream.len() - 12, stream.len()] {
            let (mut partial, held) = begin();
            assert_eq!(held, 0);
            write(&mut partial, &stream[..verified], &stream[verified..]);
            if verified == 2 {
                assert_eq!(begin().1, 0, "somebody writes to it");
            }
            drop(partial);
            assert_eq!(super::held(world.folder.path(), &wanted), verified as u64);
            let (mut again, held) = begin();
            assert_eq!(held, verified);
            again.write(&stream[held..]).expect("room");
            again.checkpoint(&Verified::of(&stream));
            assert!(again.place(&world.folder.path().join("gone")).is_err(), "it stays");
            let (again, held) = begin();
            assert_eq!(held, stream.len());
            let path = again.place(world.folder.path()).expect("room");
            assert_eq!(std::fs::read(path.join("a")).expect("it is there"), b"verified");
            assert_eq!(std::fs::read(path.join("b")).expect("it is there"), b" and more");
            assert_eq!(world.names(), ["photos"]);
            std::fs::remove_dir_all(path).expect("it is there");
        }
        let (mut partial, _) = begin();
        write(&mut partial, &stream, b"");
        partial.forget();
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
        let has_begun = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !has_begun.load(Ordering::Relaxed) {
                    first.write(b"!").expect("room");
                    sleep(Duration::from_millis(10));
                }
            });
            let (mut second, held) = world.begin(MARK, 100);
            has_begun.store(true, Ordering::Relaxed);
            assert_eq!(held, 0);
            second.write(b"by itself").expect("room");
        });
        let path = first.place(world.folder.path()).expect("room");
        assert!(std::fs::read(path).expect("it is there").starts_with(b"verified!"));
    }

    #[test]
    fn one_that_writes_nothing_any_more_is_waited_for() {
        let world = World::new();
        let (mut first, _) = world.begin(MARK, 100);
        write(&mut first, b"verified", b"");
        std::thread::scope(|scope| {
            // As long as it takes until somebody who was killed is known to be gone.
            scope.spawn(|| {
                sleep(Duration::from_secs(4));
                drop(first);
            });
            assert_eq!(world.begin(MARK, 100).1, 8);
        });
    }

    #[test]
    fn after_a_power_cut_what_was_given_up_is_there_and_what_was_being_written_is_not() {
        let world = World::new();
        let (mut partial, _) = world.begin(MARK, 100);
        write(&mut partial, b"verified", b"");
        drop(partial);
        let (mut partial, _) = world.begin(MARK, 100);
        partial.write(b" and more").expect("room");
        partial.checkpoint(&Verified::of(b"verified and more"));
        for (boot, found) in
            [(Boot::now(), &b"verified and more"[..]), (Boot::of("another"), b"verified")]
        {
            // As it is found by who begins next, should this program be killed now.
            let copy = tempfile::tempdir().expect("a folder");
            for name in world.names() {
                let from = world.folder.path().join(&name);
                std::fs::copy(from, copy.path().join(&name)).expect("room");
            }
            let wanted = partial.wanted.clone();
            let (_, held) = Partial::resume(copy.path(), wanted, MARK, boot).expect("a file");
            assert_eq!(held, Verified::of(found));
        }
    }

    #[test]
    fn much_that_comes_in_is_synced_now_and_then() {
        let world = World::new();
        let (mut partial, _) = world.begin(MARK, 10 * SYNC_BYTES);
        let mut verified = Verified::of(b"");
        verified.offset = SYNC_BYTES;
        partial.checkpoint(&verified);
        let kept = partial.kept.as_mut().expect("it has a mark");
        assert!(kept.syncing.is_some());
        kept.finish_syncing();
        assert_eq!(kept.record.synced(), SYNC_BYTES);
        verified.offset += 1;
        partial.checkpoint(&verified);
        assert!(partial.kept.as_ref().is_some_and(|kept| kept.syncing.is_none()));
    }

    #[test]
    fn what_is_whole_and_finds_no_place_stays_and_needs_no_byte_again() {
        let world = World::new();
        let (mut partial, _) = world.begin(MARK, 8);
        write(&mut partial, b"verified", b"");
        let wanted = partial.wanted.clone();
        assert!(partial.place(&world.folder.path().join("gone")).is_err());
        assert_eq!(held(world.folder.path(), &wanted), 8);
        let (again, offset) = world.begin(MARK, 8);
        assert_eq!(offset, 8);
        again.place(world.folder.path()).expect("room");
        assert_eq!(world.names(), ["a.bin"]);
    }

    #[test]
    fn what_was_taken_from_somebody_is_known_again_and_from_nobody_else() {
        let world = World::new();
        let (mut partial, _) = world.begin(MARK, 100);
        write(&mut partial, b"verified", b"");
        let wanted = partial.wanted.clone();
        drop(partial);
        let held = |from| held(world.folder.path(), &Wanted { from, ..wanted.clone() });
        assert_eq!(held(Some(Sender([1; 32]))), 8);
        assert_eq!((held(Some(Sender([2; 32]))), held(None)), (0, 0));
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
}
