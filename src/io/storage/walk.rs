//! What is in a folder that is to go out: its files by their facts, and nothing read but how each
//! begins.
//!
//! Files and folders go out. Links, devices, pipes and sockets are left out and told of: what a link
//! leads to may be anything, and the rest is no file. What has no name as text, or cannot be read, is
//! an error before anything is sent.

use super::facts::Facts;
use super::leftovers::is_part;
use crate::picture::{Metadata as Telling, PhotoKind, metadata};
use crate::text::EntryName;
use crate::transfer::manifest::{
    DEPTH_MAX, ENTRIES_MAX, Entry, EntryPath, Kind, Manifest, ManifestError, PATH_BYTES_MAX,
};
use bytes::Bytes;
use rustix::fs::OFlags;
use std::collections::HashSet;
use std::fs::{self, File, FileType, Metadata, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use tokio_util::sync::CancellationToken;

/// A folder that can go out.
#[derive(Debug)]
pub struct Walked {
    /// What is in it, as it is told.
    pub manifest: Manifest,
    /// For each entry of it, what stands behind it here.
    pub(super) sources: Vec<Behind>,
    /// What is in it and does not go out.
    pub left_out: LeftOut,
}

/// What stands behind an entry.
#[derive(Debug)]
pub(super) struct Behind {
    /// Below the folder.
    pub path: PathBuf,
    pub facts: Facts,
    pub state: State,
}

/// How the bytes of a file go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// As they are.
    AsItIs,
    /// Of a picture: without what it tells besides the picture.
    Cleaned,
}

/// What is no file and no folder.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LeftOut {
    /// How many.
    pub count: usize,
    /// The first of them, below the folder, and what it is.
    pub first: Option<(PathBuf, &'static str)>,
}

/// Why a folder cannot go out.
#[derive(Debug, thiserror::Error)]
pub enum WalkError {
    /// It, or something in it, cannot be read.
    #[error("{} cannot be read", .0.display())]
    Unread(PathBuf, #[source] io::Error),
    /// A name that is no text.
    #[error("{} has a name that is no text (UTF-8): rename it", .0.display())]
    Name(PathBuf),
    /// Too many files, too deep, or too long a path.
    #[error("{}: {why}; send it as an archive", path.display())]
    Limit {
        /// Which.
        path: PathBuf,
        /// Which of these.
        why: String,
    },
    /// A picture out of which nothing can be taken.
    #[error("{}: {why}; --keep-exif sends it as it is", path.display())]
    Picture {
        /// Which.
        path: PathBuf,
        /// Why not.
        why: &'static str,
    },
    /// Nobody waits for it any more.
    #[error("it is not wanted any more")]
    Cancelled,
}

/// How closely what is found is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Care {
    /// Pictures are tried out, as many of them as take a moment.
    Thorough,
    /// It was looked through before.
    Brief,
}

/// Walks through a folder. Blocks as long as that takes, or until it is cancelled.
pub fn walk(
    root: &Path,
    telling: Telling,
    care: Care,
    cancel: &CancellationToken,
) -> Result<Walked, WalkError> {
    let mut walk = Walk {
        root,
        telling,
        care,
        cancel,
        found: Vec::new(),
        left_out: LeftOut::default(),
        open: vec![(PathBuf::new(), Vec::new())],
        cleaned_bytes: 0,
    };
    while let Some((path, names)) = walk.open.pop() {
        walk.folder(&path, &names)?;
    }
    walk.finish()
}

struct Walk<'a> {
    root: &'a Path,
    telling: Telling,
    care: Care,
    cancel: &'a CancellationToken,
    found: Vec<(Entry, Behind)>,
    left_out: LeftOut,
    /// Folders that were not looked into yet: where they are, and what their names become.
    open: Vec<(PathBuf, Vec<EntryName>)>,
    /// Of pictures that were looked at as a whole.
    cleaned_bytes: u64,
}

impl Walk<'_> {
    fn folder(&mut self, path: &Path, names: &[EntryName]) -> Result<(), WalkError> {
        let whole = self.root.join(path);
        let unread = |error| WalkError::Unread(whole.clone(), error);
        let mut inside = Vec::new();
        for entry in fs::read_dir(&whole).map_err(unread)? {
            let entry = entry.map_err(unread)?;
            if self.cancel.is_cancelled() {
                return Err(WalkError::Cancelled);
            }
            if self.found.len() + inside.len() > ENTRIES_MAX {
                return Err(self.limit(Path::new(""), &ManifestError::Many));
            }
            inside.push(entry.file_name());
        }
        // What is just coming in there is nothing yet.
        inside.retain(|name| !is_part(name));
        // Names that become the same are told apart in the same way each time.
        inside.sort();
        let (before, mut taken) = (self.found.len() + self.open.len(), HashSet::new());
        for name in inside {
            let path = path.join(&name);
            let facts = self.root.join(&path).symlink_metadata();
            let facts = facts.map_err(|error| WalkError::Unread(self.root.join(&path), error))?;
            if let Some(what) = left_out(facts.file_type()) {
                self.left_out.count += 1;
                self.left_out.first.get_or_insert((path, what));
                continue;
            }
            let text = name.to_str().ok_or_else(|| WalkError::Name(self.root.join(&path)))?;
            let name = free(&EntryName::new(text), &mut taken);
            let names = [names, &[name]].concat();
            if facts.is_dir() {
                if names.len() >= DEPTH_MAX {
                    return Err(
                        self.limit(&path, &format!("it is deeper than {DEPTH_MAX} folders"))
                    );
                }
                self.open.push((path, names));
            } else {
                self.file(path, &names, &facts)?;
            }
        }
        let goes_out_empty = before == self.found.len() + self.open.len();
        if goes_out_empty && !names.is_empty() {
            let (facts, state) = (whole.metadata().map_err(unread)?, State::AsItIs);
            let behind = Behind { path: path.to_owned(), facts: Facts::of(&facts), state };
            self.add(names, Kind::Folder, behind)?;
        }
        Ok(())
    }

    fn file(
        &mut self,
        path: PathBuf,
        names: &[EntryName],
        facts: &Metadata,
    ) -> Result<(), WalkError> {
        let whole = self.root.join(&path);
        let state =
            self.look_at(&whole).map_err(|error| WalkError::Unread(whole.clone(), error))?;
        let (facts, mode) = (Facts::of(facts), facts.mode());
        // When a picture was changed last is when it was taken.
        let modified = (state == State::AsItIs).then_some(facts.modified.0);
        let executable = state == State::AsItIs && mode & OWNER_RUNS > 0;
        if state == State::Cleaned {
            self.try_to_clean(&whole, facts.size)?;
        }
        let kind = Kind::File { size: facts.size, modified, executable };
        self.add(names, kind, Behind { path, facts, state })
    }

    /// Whether it can be read, and what goes out of it.
    fn look_at(&self, path: &Path) -> io::Result<State> {
        let mut head = Vec::new();
        let file = open(path)?;
        if self.telling == Telling::Cleaned {
            file.take(PICTURE_HEAD_BYTES).read_to_end(&mut head)?;
        }
        Ok(match PhotoKind::of(&head) {
            // A bitmap has no place for anything else, and many a file begins like one.
            None | Some(PhotoKind::Bmp) => State::AsItIs,
            Some(_) => State::Cleaned,
        })
    }

    /// Finds a picture out of which nothing can be taken before anything is sent, as long as that
    /// takes a moment.
    fn try_to_clean(&mut self, path: &Path, size: u64) -> Result<(), WalkError> {
        let cannot = |why| WalkError::Picture { path: path.to_owned(), why };
        if size > PICTURE_BYTES_MAX {
            return Err(cannot("too large a picture to have its EXIF taken out"));
        }
        if self.care == Care::Brief || self.cleaned_bytes + size > TRIED_BYTES_MAX {
            return Ok(());
        }
        self.cleaned_bytes += size;
        let bytes = fs::read(path).map_err(|error| WalkError::Unread(path.to_owned(), error))?;
        clean(&bytes.into()).map(drop).map_err(cannot)
    }

    fn add(&mut self, names: &[EntryName], kind: Kind, behind: Behind) -> Result<(), WalkError> {
        let Some(path) = EntryPath::new(names) else {
            let why = format!("its path has more than {PATH_BYTES_MAX} bytes");
            return Err(self.limit(&behind.path, &why));
        };
        self.found.push((Entry { path, kind }, behind));
        Ok(())
    }

    fn limit(&self, path: &Path, why: &impl ToString) -> WalkError {
        let whole =
            if path.as_os_str().is_empty() { self.root.into() } else { self.root.join(path) };
        WalkError::Limit { path: whole, why: why.to_string() }
    }

    fn finish(mut self) -> Result<Walked, WalkError> {
        let mut found = std::mem::take(&mut self.found);
        found.sort_by(|(a, _), (b, _)| a.path.cmp(&b.path));
        let (entries, sources): (Vec<_>, Vec<_>) = found.into_iter().unzip();
        let manifest = Manifest::new(entries).map_err(|error| self.limit(Path::new(""), &error))?;
        Ok(Walked { manifest, sources, left_out: self.left_out })
    }
}

/// A file, unless it is something else by now: no link is followed and no pipe waited for.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)
}

/// A picture as it goes out: without what it tells besides, and with zeros behind it up to the size
/// it had, so that this was known before it was read.
pub(super) fn clean(whole: &Bytes) -> Result<Bytes, &'static str> {
    let clean = metadata::clean(whole).map_err(|_| DAMAGED)?;
    if clean.len() == whole.len() {
        return Ok(clean);
    }
    let (size, mut clean) = (whole.len(), clean.to_vec());
    if clean.len() > size {
        return Err(DAMAGED);
    }
    clean.resize(size, 0);
    Ok(clean.into())
}

/// What it is that is left out; none of what goes out.
fn left_out(kind: FileType) -> Option<&'static str> {
    Some(match kind {
        _ if kind.is_file() || kind.is_dir() => return None,
        _ if kind.is_symlink() => "a link",
        _ if kind.is_fifo() => "a pipe",
        _ if kind.is_socket() => "a socket",
        _ => "a device",
    })
}

/// The name, or one with a number if another became the same.
fn free(name: &EntryName, taken: &mut HashSet<EntryName>) -> EntryName {
    let numbered = (2..).map(|number| name.numbered(number));
    let mut candidates = std::iter::once(name.clone()).chain(numbered);
    candidates.find(|name| taken.insert(name.clone())).expect("there are more numbers than names")
}

const DAMAGED: &str = "the picture's file is damaged or of an unusual kind";
/// Of a file's mode.
const OWNER_RUNS: u32 = 0o100;
/// Where a file says what it is.
const PICTURE_HEAD_BYTES: u64 = 64;
/// So much of a picture is held in memory.
pub(super) const PICTURE_BYTES_MAX: u64 = 64_000_000;
/// So much is read of pictures before anything is sent: less than a second's work.
const TRIED_BYTES_MAX: u64 = 256_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use tempfile::TempDir;

    fn folder(files: &[(&str, &str)]) -> TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("below")).expect("room");
            fs::write(path, text).expect("room");
        }
        folder
    }

    fn walk(folder: &TempDir) -> Result<Walked, WalkError> {
        super::walk(folder.path(), Telling::Cleaned, Care::Thorough, &CancellationToken::new())
    }

    fn paths(walked: &Walked) -> Vec<&str> {
        walked.manifest.entries().iter().map(|entry| entry.path.as_str()).collect()
    }

    #[test]
    fn files_and_empty_folders_are_found_in_the_order_of_their_names() {
        let folder = folder(&[
            ("b/c.txt", "12"),
            ("b/.d", ""),
            ("b-a", "1"),
            ("run", "x"),
            ("z/y/x", "1"),
            ("z/.peersnap-folder-aa.part/manifest", "coming in"),
        ]);
        fs::create_dir_all(folder.path().join("empty/inside")).expect("room");
        let run = folder.path().join("run");
        fs::set_permissions(run, fs::Permissions::from_mode(0o755)).expect("it is ours");
        let walked = walk(&folder).expect("a folder");
        assert_eq!(paths(&walked), ["b/.d", "b/c.txt", "b-a", "empty/inside", "run", "z/y/x"]);
        assert_eq!(walked.manifest.files(), 5);
        let kinds: Vec<_> = walked.manifest.entries().iter().map(|entry| entry.kind).collect();
        let Kind::File { size: 2, modified: Some(1_700_000_000..), executable: false } = kinds[1]
        else {
            panic!("{:?}", kinds[1])
        };
        assert_eq!(kinds[3], Kind::Folder);
        assert!(matches!(kinds[4], Kind::File { executable: true, .. }));
        assert_eq!(walked.left_out, LeftOut::default());
    }

    #[test]
    fn links_and_pipes_are_left_out_and_counted_and_a_folder_of_them_is_empty() {
        let folder = folder(&[("a", "1")]);
        symlink("/etc", folder.path().join("b link")).expect("room");
        fs::create_dir(folder.path().join("of links")).expect("room");
        symlink("a", folder.path().join("of links/c")).expect("room");
        let socket = std::os::unix::net::UnixListener::bind(folder.path().join("socket"));
        let walked = walk(&folder).expect("a folder");
        assert_eq!(paths(&walked), ["a", "of links"]);
        let first = Some(("b link".into(), "a link"));
        assert_eq!(walked.left_out, LeftOut { count: 3, first });
        drop(socket);
    }

    #[test]
    fn names_are_made_portable_and_those_that_become_the_same_are_numbered() {
        let folder = folder(&[("a:b", "1"), ("a?b", "2"), ("a_b", "3"), ("x:/y", "4")]);
        assert_eq!(paths(&walk(&folder).expect("a folder")), ["a_b", "a_b (2)", "a_b (3)", "x_/y"]);
        let name = OsStr::from_bytes(b"a\xFF");
        fs::write(folder.path().join(name), "").expect("room");
        assert!(matches!(walk(&folder), Err(WalkError::Name(path)) if path.ends_with(name)));
    }

    #[test]
    fn what_is_too_deep_is_told_and_so_is_a_folder_that_is_gone() {
        let deepest = vec!["d"; DEPTH_MAX].join("/");
        let folder = folder(&[(&deepest, "")]);
        assert_eq!(paths(&walk(&folder).expect("a folder")), [deepest.as_str()]);
        fs::create_dir_all(folder.path().join(format!("{deepest}e/f"))).expect("room");
        assert!(matches!(walk(&folder), Err(WalkError::Limit { .. })));
        let cancelled = CancellationToken::new();
        cancelled.cancel();
        let walked = super::walk(folder.path(), Telling::Kept, Care::Brief, &cancelled);
        assert!(matches!(walked, Err(WalkError::Cancelled)));
        fs::remove_dir_all(folder.path()).expect("it was there");
        assert!(matches!(walk(&folder), Err(WalkError::Unread(..))));
    }

    #[test]
    fn a_picture_keeps_its_size_and_neither_its_time_nor_what_it_tells() {
        let folder = folder(&[]);
        let path = folder.path().join("a.dat");
        image::RgbImage::new(4, 4).save_with_format(&path, image::ImageFormat::Jpeg).expect("room");
        let plain = fs::read(&path).expect("it is there");
        let telling = [&plain[..2], b"\xFF\xFE\0\x0bSERIAL 47", &plain[2..]].concat();
        fs::write(&path, &telling).expect("room");
        let walked = walk(&folder).expect("a folder");
        let size = telling.len() as u64;
        let kind = Kind::File { size, modified: None, executable: false };
        assert_eq!(walked.manifest.entries()[0].kind, kind);
        let cleaned = clean(&telling.into()).expect("a picture");
        assert_eq!((&cleaned[..plain.len()], &cleaned[plain.len()..]), (&plain[..], &[0; 13][..]));
        assert_eq!(clean(&cleaned), Ok(cleaned.clone()), "once is enough");
        fs::write(folder.path().join("b.txt"), "BM: a list").expect("room");
        assert!(walk(&folder).is_ok());
        fs::write(&path, &plain[..40]).expect("room");
        assert!(matches!(walk(&folder), Err(WalkError::Picture { .. })));
        let uncancelled = CancellationToken::new();
        let kept = super::walk(folder.path(), Telling::Kept, Care::Thorough, &uncancelled);
        let kept = kept.expect("a folder").manifest.entries()[0].kind;
        assert!(matches!(kept, Kind::File { size: 40, modified: Some(_), .. }));
    }
}
