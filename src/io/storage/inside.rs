//! A folder that is coming in: its head, and then one file after the other.
//!
//! ```text
//! .peersnap-….part/
//!   manifest        the head, as it came; locked while the rest is written to
//!   files/          what becomes the folder, once it is whole
//! ```
//! Each file has its time and its rights when it is whole; what has no bytes is made at the end. What
//! is in `files` is opened by paths that no link leads out of.

use super::Fate;
use super::beneath::{Beneath, file_in, open_path};
use super::placing::{Told, give_facts};
use crate::transfer::Proposal;
use crate::transfer::manifest::{HEAD_BYTES_MAX, Kind, LENGTH_BYTES, Manifest, Place};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A folder that is coming in. Dropped, it goes, unless it was said to be kept.
#[derive(Debug)]
pub(super) struct Inside {
    /// Where its part lies.
    path: PathBuf,
    folder: File,
    files: Beneath,
    proposal: Proposal,
    stage: Stage,
    fate: Fate,
}

#[derive(Debug)]
enum Stage {
    /// It is not known yet what is in it.
    Head(Head),
    /// It is.
    Files(Files),
}

#[derive(Debug)]
struct Head {
    /// Locked.
    file: File,
    come: Vec<u8>,
}

#[derive(Debug)]
struct Files {
    manifest: Manifest,
    /// Of the stream.
    offset: u64,
    /// The one that is being written, by its entry.
    current: Option<(usize, File)>,
    /// The head's, for its lock.
    _head: File,
}

/// A part that nobody else writes to.
#[derive(Debug)]
pub(super) struct Seized {
    path: PathBuf,
    folder: File,
    /// Locked.
    head: File,
}

impl Seized {
    /// The part of that path, made if it is not there, and its file that is to be locked.
    pub fn open(path: &Path) -> io::Result<Self> {
        match std::fs::create_dir(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        let folder = open_path(path)?;
        let head = file_in(&folder, HEAD)?;
        Ok(Self { path: path.to_owned(), folder, head })
    }

    /// What is to be locked.
    pub fn lock(&self) -> &File {
        &self.head
    }

    /// Goes on behind so much, which is there: what lies behind is cut away.
    pub fn go_on(self, offset: u64, proposal: &Proposal) -> io::Result<Inside> {
        let Self { path, folder, mut head } = self;
        let come = read_head(&mut head, offset)?;
        head.set_len(come.len() as u64)?;
        head.seek(SeekFrom::End(0))?;
        // Nothing but the head is verified.
        if offset == come.len() as u64 {
            match std::fs::remove_dir_all(path.join(FILES)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        let files = Beneath::make(&folder, FILES)?;
        let stage = Stage::Head(Head { file: head, come });
        let (proposal, fate) = (proposal.clone(), Fate::Kept);
        let mut inside = Inside { path, folder, files, proposal, stage, fate };
        inside.take_head()?;
        if let Stage::Files(files) = &mut inside.stage {
            files.go_on(&mut inside.files, offset)?;
        }
        Ok(inside)
    }
}

/// Whether so much is there, in the part of that path.
pub(super) fn holds(path: &Path, proposal: &Proposal, offset: u64) -> bool {
    let holds = || {
        let folder = open_path(path)?;
        let come = read_head(&mut file_in(&folder, HEAD)?, offset)?;
        if (come.len() as u64) < offset {
            let manifest = parse(come, proposal)?;
            check(&manifest, &mut Beneath::open(&folder, FILES)?, offset)?;
        }
        Ok::<_, io::Error>(())
    };
    offset == 0 || holds().is_ok()
}

impl Inside {
    /// A new one, of which nothing is kept.
    pub fn new(path: &Path, proposal: &Proposal) -> io::Result<Self> {
        let mut inside = Seized::open(path)?.go_on(0, proposal)?;
        inside.let_go();
        Ok(inside)
    }

    /// Writes what is next.
    pub fn write(&mut self, mut data: &[u8]) -> io::Result<()> {
        while !data.is_empty() {
            let taken = match &mut self.stage {
                Stage::Head(head) => head.write(data)?,
                Stage::Files(files) => files.write(&mut self.files, data)?,
            };
            data = &data[taken..];
            self.take_head()?;
        }
        Ok(())
    }

    /// All of it has come: what has no bytes is made.
    pub fn finish(&mut self) -> io::Result<()> {
        let Stage::Files(files) = &self.stage else { return Err(invalid("no head")) };
        if files.offset != files.manifest.size() {
            return Err(invalid("not all of it"));
        }
        for entry in files.manifest.entries() {
            match entry.kind {
                Kind::File { size: 0, .. } => {
                    let file = self.files.create_file(&entry.path)?;
                    give_facts(&file, Told::of_entry(entry.kind), SystemTime::now());
                }
                Kind::File { .. } => {}
                Kind::Folder => self.files.make_folder(&entry.path)?,
            }
        }
        Ok(())
    }

    /// The folder of its part: what is synced with it is all that lies in it.
    pub fn folder(&self) -> &File {
        &self.folder
    }

    /// What becomes the folder: where it lies.
    pub fn files(&self) -> PathBuf {
        self.path.join(FILES)
    }

    /// It stays, for the next time; where it lies.
    pub fn keep(mut self) -> PathBuf {
        self.fate = Fate::Kept;
        // Parts go when they have not been touched for long.
        let _ = self.folder.set_modified(SystemTime::now());
        std::mem::take(&mut self.path)
    }

    /// It does not stay, if this is dropped.
    pub fn let_go(&mut self) {
        self.fate = Fate::Gone;
    }

    /// Goes on to the files, if all of the head is there.
    fn take_head(&mut self) -> io::Result<()> {
        let Stage::Head(head) = &mut self.stage else { return Ok(()) };
        if head.missing()? > 0 {
            return Ok(());
        }
        let manifest = parse(std::mem::take(&mut head.come), &self.proposal)?;
        let (offset, lock) = (manifest.head().len() as u64, head.file.try_clone()?);
        self.stage = Stage::Files(Files { manifest, offset, current: None, _head: lock });
        Ok(())
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        if self.fate == Fate::Gone
            && let Err(error) = std::fs::remove_dir_all(&self.path)
        {
            tracing::debug!(%error, "a part of a folder stays");
        }
    }
}

impl Head {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let data = &data[..data.len().min(self.missing()?)];
        self.file.write_all(data)?;
        self.come.extend_from_slice(data);
        Ok(data.len())
    }

    /// How many bytes of it are to come next, as far as is known.
    fn missing(&self) -> io::Result<usize> {
        Ok(head_bytes(&self.come)?.unwrap_or(LENGTH_BYTES) - self.come.len())
    }
}

impl Files {
    /// Goes on in the middle: what is whole has its facts, and what lies behind is cut away.
    fn go_on(&mut self, files: &mut Beneath, offset: u64) -> io::Result<()> {
        check(&self.manifest, files, offset)?;
        self.offset = offset.max(self.manifest.head().len() as u64);
        let mut start = self.manifest.head().len() as u64;
        for (at, entry) in self.manifest.entries().iter().enumerate() {
            let Kind::File { size, .. } = entry.kind else { continue };
            let end = start + size;
            if size == 0 || offset <= start {
                files.remove_file(&entry.path)?;
            } else if offset >= end {
                // It may have been killed before it had them.
                let file = files.open_file(&entry.path)?;
                give_facts(&file, Told::of_entry(entry.kind), SystemTime::now());
            } else {
                let mut file = files.open_file(&entry.path)?;
                file.set_len(offset - start)?;
                file.seek(SeekFrom::End(0))?;
                self.current = Some((at, file));
            }
            start = end;
        }
        Ok(())
    }

    fn write(&mut self, files: &mut Beneath, data: &[u8]) -> io::Result<usize> {
        let Place::File { entry: at, within } = self.manifest.at(self.offset) else {
            return Err(invalid("more than there is"));
        };
        let entry = &self.manifest.entries()[at];
        let (_, file) = match &mut self.current {
            Some(current) if current.0 == at => current,
            none => none.insert((at, files.create_file(&entry.path)?)),
        };
        let left = entry.kind.size() - within;
        let data = &data[..data.len().min(usize::try_from(left).unwrap_or(usize::MAX))];
        file.write_all(data)?;
        self.offset += data.len() as u64;
        if data.len() as u64 == left {
            give_facts(file, Told::of_entry(entry.kind), SystemTime::now());
            // Where all of a file system cannot be synced at once.
            #[cfg(not(target_os = "linux"))]
            file.sync_all()?;
            self.current = None;
        }
        Ok(data.len())
    }
}

/// Whether what lies before an offset is there.
fn check(manifest: &Manifest, files: &mut Beneath, offset: u64) -> io::Result<()> {
    if offset > manifest.size() {
        return Err(invalid("more than there is"));
    }
    let mut start = manifest.head().len() as u64;
    for entry in manifest.entries() {
        let size = entry.kind.size();
        let wanted = offset.saturating_sub(start).min(size);
        start += size;
        if wanted > 0 {
            let there = files.open_file(&entry.path)?.metadata()?.len();
            if there < wanted || (wanted == size && there != size) {
                return Err(invalid("a file that is not as long"));
            }
        }
    }
    Ok(())
}

/// What is noted of a head, as far as it lies before an offset.
fn read_head(file: &mut File, offset: u64) -> io::Result<Vec<u8>> {
    let mut come = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    Read::by_ref(file).take(offset.min(LENGTH_BYTES as u64)).read_to_end(&mut come)?;
    if let Some(all) = head_bytes(&come)? {
        let rest = offset.min(all as u64) - come.len() as u64;
        file.take(rest).read_to_end(&mut come)?;
        if (come.len() as u64) < offset.min(all as u64) {
            return Err(invalid("a head that is not as long"));
        }
    } else if (come.len() as u64) < offset {
        return Err(invalid("no head"));
    }
    Ok(come)
}

/// How long a head is that begins so, if that is known.
fn head_bytes(come: &[u8]) -> io::Result<Option<usize>> {
    let Some(start) = come.first_chunk() else { return Ok(None) };
    let all = Manifest::head_bytes(*start);
    all.map(Some).ok_or_else(|| invalid(&format!("a head of more than {HEAD_BYTES_MAX} bytes")))
}

fn parse(head: Vec<u8>, proposal: &Proposal) -> io::Result<Manifest> {
    let manifest = Manifest::parse(head.into());
    let manifest = manifest.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    if manifest.is_of(proposal) { Ok(manifest) } else { Err(invalid("not what was proposed")) }
}

fn invalid(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// In a part, what lies beside the files.
pub(super) const HEAD: &str = "manifest";
const FILES: &str = "files";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{EntryName, FileName};
    use crate::transfer::manifest::{Entry, EntryPath};
    use std::fs;
    use std::os::unix::fs::{MetadataExt as _, symlink};

    fn entry(path: &str, kind: Kind) -> Entry {
        let names: Vec<_> = path.split('/').map(EntryName::new).collect();
        Entry { path: EntryPath::new(&names).expect("a path"), kind }
    }

    fn file(path: &str, size: u64) -> Entry {
        let executable = path.ends_with("run");
        entry(path, Kind::File { size, modified: Some(1_600_000_000), executable })
    }

    /// A folder, as it is proposed and as it comes.
    fn folder() -> (Proposal, Vec<u8>) {
        let entries = vec![
            file("a", 5),
            file("b/run", 3),
            file("b/empty", 0),
            entry("c/d", Kind::Folder),
            file("z", 4),
        ];
        let manifest = Manifest::new(entries).expect("a folder");
        let proposal = Proposal::folder(FileName::new("f"), manifest.size(), manifest.files());
        (proposal, [&manifest.head()[..], b"12345", b"abc", b"wxyz"].concat())
    }

    fn is_whole(part: &Path) {
        let files = part.join(FILES);
        for (path, bytes) in
            [("a", &b"12345"[..]), ("b/run", b"abc"), ("b/empty", b""), ("z", b"wxyz")]
        {
            assert_eq!(fs::read(files.join(path)).expect(path), bytes);
            let facts = files.join(path).metadata().expect("facts");
            assert_eq!((facts.mtime(), facts.mode() & 0o100 > 0), (1_600_000_000, path == "b/run"));
        }
        assert_eq!(fs::read_dir(files.join("c/d")).expect("a folder").count(), 0);
        assert_eq!(fs::read_dir(&files).expect("a folder").count(), 4);
    }

    #[test]
    fn a_folder_that_comes_in_pieces_of_any_size_is_whole_with_times_and_rights() {
        let (proposal, stream) = folder();
        for size in [1, 2, 7, 1000] {
            let place = tempfile::tempdir().expect("a folder");
            let path = place.path().join("part");
            let mut inside = Inside::new(&path, &proposal).expect("room");
            assert!(inside.finish().is_err(), "nothing has come");
            stream.chunks(size).for_each(|piece| inside.write(piece).expect("room"));
            inside.finish().expect("all has come");
            is_whole(&path);
            assert!(inside.write(b"more").is_err());
            drop(inside);
            assert!(!path.exists());
        }
    }

    #[test]
    fn wherever_it_is_cut_it_goes_on_and_what_was_not_verified_is_gone() {
        let (proposal, stream) = folder();
        for cut in 0..=stream.len() {
            for ahead in [0, 1, 6, stream.len()] {
                let place = tempfile::tempdir().expect("a folder");
                let path = place.path().join("part");
                let mut inside = Inside::new(&path, &proposal).expect("room");
                let written = (cut + ahead).min(stream.len());
                inside.write(&stream[..written]).expect("room");
                if written == stream.len() {
                    inside.finish().expect("all has come");
                }
                inside.keep();
                assert!(holds(&path, &proposal, cut as u64), "{cut}");
                assert!(!holds(&path, &proposal, written as u64 + 1), "{cut}");
                let seized = Seized::open(&path).expect("it is there");
                let mut inside = seized.go_on(cut as u64, &proposal).expect("it is there");
                inside.write(&stream[cut..]).expect("room");
                inside.finish().expect("all has come");
                is_whole(&path);
            }
        }
    }

    #[test]
    fn a_head_that_is_hostile_or_of_something_else_is_refused_before_anything_is_made() {
        let (proposal, stream) = folder();
        let text = |text: &str| [&(text.len() as u32).to_be_bytes()[..], text.as_bytes()].concat();
        for head in [
            text("{\"path\":\"../out\",\"size\":1}\n"),
            text("{\"path\":\"/etc/passwd\",\"size\":1}\n"),
            text("{\"path\":\"a\",\"size\":1}\n{\"path\":\"a/b\",\"size\":1}\n"),
            text("{\"path\":\"a\",\"size\":18446744073709551615}\n"),
            vec![0xFF; 4],
            vec![0; 4],
        ] {
            let place = tempfile::tempdir().expect("a folder");
            let mut inside = Inside::new(&place.path().join("part"), &proposal).expect("room");
            let error = inside.write(&head).expect_err("it cannot be");
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
            assert_eq!(fs::read_dir(inside.files()).expect("a folder").count(), 0);
        }
        let place = tempfile::tempdir().expect("a folder");
        let other = Proposal { files: Some(3), ..proposal };
        let mut inside = Inside::new(&place.path().join("part"), &other).expect("room");
        assert!(inside.write(&stream).is_err());
    }

    #[test]
    fn a_part_that_was_led_elsewhere_or_is_damaged_is_not_gone_on_with() {
        let (proposal, stream) = folder();
        let other = tempfile::tempdir().expect("a folder");
        fs::write(other.path().join("run"), "abc").expect("room");
        let damages: [&dyn Fn(&Path); 5] = [
            &|part| fs::write(part.join("files/a"), "1234").expect("room"),
            &|part| fs::write(part.join("files/a"), "123456").expect("room"),
            &|part| fs::remove_file(part.join("manifest")).expect("it was there"),
            &|part| fs::write(part.join("manifest"), "{").expect("room"),
            &|part| {
                fs::remove_dir_all(part.join("files/b")).expect("it was there");
                symlink(other.path(), part.join("files/b")).expect("room");
            },
        ];
        for (at, damage) in damages.into_iter().enumerate() {
            let place = tempfile::tempdir().expect("a folder");
            let path = place.path().join("part");
            let mut inside = Inside::new(&path, &proposal).expect("room");
            inside.write(&stream).expect("room");
            inside.keep();
            damage(&path);
            assert!(!holds(&path, &proposal, stream.len() as u64), "{at}");
            let seized = Seized::open(&path).expect("it is there");
            assert!(seized.go_on(stream.len() as u64, &proposal).is_err(), "{at}");
            let mut anew = Seized::open(&path).expect("there").go_on(0, &proposal).expect("room");
            anew.write(&stream).expect("room");
            anew.finish().expect("all has come");
            is_whole(&path);
        }
        assert_eq!(fs::read(other.path().join("run")).expect("it is there"), b"abc");
    }
}
