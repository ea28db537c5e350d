//! A folder, and what is made in it by paths that nothing leads out of it.
//!
//! Each name of a path is opened by itself, in the folder before it, and no link is followed: who else
//! may write here, and puts a link where a folder was, has no file written elsewhere.

use crate::transfer::manifest::EntryPath;
use rustix::fs::{AtFlags, CWD, Mode, OFlags, mkdirat, openat, unlinkat};
use std::fs::File;
use std::io;
use std::path::Path;

/// A folder.
#[derive(Debug)]
pub(super) struct Beneath {
    root: File,
    /// The folder in it that was opened last: what follows is most often in the same.
    last: Option<(String, File)>,
}

impl Beneath {
    /// The folder of that name in another, made if it is not there.
    pub fn make(folder: &File, name: &str) -> io::Result<Self> {
        Ok(Self { root: make(folder, name)?, last: None })
    }

    /// The folder of that name in another, which is there.
    pub fn open(folder: &File, name: &str) -> io::Result<Self> {
        Ok(Self { root: open(folder, name)?, last: None })
    }

    /// A file that is not there yet; the folders that it is in are made.
    pub fn create_file(&mut self, path: &EntryPath) -> io::Result<File> {
        let (folder, name) = self.folder_of(path)?;
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | FLAGS;
        Ok(openat(folder, name, flags, FILE_MODE)?.into())
    }

    /// A file that is there.
    pub fn open_file(&mut self, path: &EntryPath) -> io::Result<File> {
        let (folder, name) = self.folder_of(path)?;
        // What took its place may be a pipe, which waits for its other end.
        let flags = OFlags::RDWR | OFlags::NONBLOCK | FLAGS;
        let file = File::from(openat(folder, name, flags, Mode::empty())?);
        if !file.metadata()?.is_file() {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Ok(file)
    }

    /// Takes a file away, if it is there.
    pub fn remove_file(&mut self, path: &EntryPath) -> io::Result<()> {
        let (folder, name) = self.folder_of(path)?;
        match unlinkat(folder, name, AtFlags::empty()) {
            Err(error) if error != rustix::io::Errno::NOENT => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Makes a folder, and those that it is in.
    pub fn make_folder(&mut self, path: &EntryPath) -> io::Result<()> {
        self.folder(path.as_str()).map(drop)
    }

    fn folder_of<'a>(&mut self, path: &'a EntryPath) -> io::Result<(&File, &'a str)> {
        let (folder, name) = path.split();
        let folder = match folder {
            Some(folder) => self.folder(folder)?,
            None => &self.root,
        };
        Ok((folder, name))
    }

    fn folder(&mut self, path: &str) -> io::Result<&File> {
        let last = match self.last.take() {
            Some((known, folder)) if known == path => (known, folder),
            _ => {
                let mut names = path.split('/');
                let first = names.next().unwrap_or_default();
                let first = make(&self.root, first)?;
                let folder = names.try_fold(first, |folder, name| make(&folder, name))?;
                (path.to_owned(), folder)
            }
        };
        Ok(&self.last.insert(last).1)
    }
}

/// A folder by its path; of the path only the last name is no link.
pub(super) fn open_path(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | FLAGS;
    Ok(openat(CWD, path, flags, Mode::empty())?.into())
}

/// A file in a folder, to read and write, made if it is not there.
pub(super) fn file_in(folder: &File, name: &str) -> io::Result<File> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NONBLOCK | FLAGS;
    Ok(openat(folder, name, flags, FILE_MODE)?.into())
}

fn open(folder: &File, name: &str) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | FLAGS;
    Ok(openat(folder, name, flags, Mode::empty())?.into())
}

fn make(folder: &File, name: &str) -> io::Result<File> {
    match mkdirat(folder, name, FOLDER_MODE) {
        Err(error) if error != rustix::io::Errno::EXIST => return Err(error.into()),
        _ => {}
    }
    open(folder, name)
}

const FLAGS: OFlags = OFlags::NOFOLLOW.union(OFlags::CLOEXEC);
/// As any program's: what the umask leaves.
const FILE_MODE: Mode = Mode::from_raw_mode(0o666);
const FOLDER_MODE: Mode = Mode::from_raw_mode(0o777);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::EntryName;
    use std::fs;
    use std::os::unix::fs::symlink;

    fn path(text: &str) -> EntryPath {
        let names: Vec<_> = text.split('/').map(EntryName::new).collect();
        EntryPath::new(&names).expect("a path")
    }

    #[test]
    fn folders_are_made_on_the_way_and_a_file_is_not_made_twice() {
        let folder = tempfile::tempdir().expect("a folder");
        let outer = open_path(folder.path()).expect("a folder");
        let mut beneath = Beneath::make(&outer, "files").expect("room");
        for at in ["a", "b/c/d", "b/c/e", "b/f", "b/c/g"] {
            beneath.create_file(&path(at)).expect("room");
            assert!(folder.path().join("files").join(at).is_file());
        }
        let again = beneath.create_file(&path("b/c/d")).expect_err("it is there");
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
        beneath.make_folder(&path("x/y")).expect("room");
        assert!(folder.path().join("files/x/y").is_dir());
        beneath.remove_file(&path("a")).expect("it is there");
        beneath.remove_file(&path("a")).expect("it is gone");
        assert!(beneath.open_file(&path("a")).is_err());
    }

    #[test]
    fn no_link_leads_out_of_it() {
        let (folder, other) = (tempfile::tempdir(), tempfile::tempdir());
        let (folder, other) = (folder.expect("a folder"), other.expect("a folder"));
        fs::write(other.path().join("theirs"), "kept").expect("room");
        let outer = open_path(folder.path()).expect("a folder");
        let files = folder.path().join("files");
        let mut beneath = Beneath::make(&outer, "files").expect("room");
        symlink(other.path(), files.join("a")).expect("room");
        symlink(other.path().join("theirs"), files.join("b")).expect("room");
        assert!(beneath.create_file(&path("a/new")).is_err());
        assert!(beneath.open_file(&path("a/theirs")).is_err());
        assert!(beneath.remove_file(&path("a/theirs")).is_err());
        assert!(beneath.open_file(&path("b")).is_err());
        assert!(beneath.create_file(&path("b")).is_err());
        assert!(beneath.make_folder(&path("a/folder")).is_err());
        let left: Vec<_> = fs::read_dir(other.path()).expect("a folder").flatten().collect();
        assert_eq!(
            (left.len(), fs::read(left[0].path()).expect("it is there")),
            (1, b"kept".into())
        );
        fs::rename(&files, folder.path().join("moved")).expect("room");
        symlink(other.path(), &files).expect("room");
        assert!(Beneath::make(&outer, "files").is_err());
        assert!(Beneath::open(&outer, "files").is_err() && open_path(&files).is_err());
    }
}
