//! The files that a person or a script sends: what they are, and what of them goes out.
//!
//! Of a picture the file goes out without where, when and with what it was taken, unless that was
//! asked for. A file that goes out as it is keeps the time when it was changed last, and remains a
//! program if it is one.
//!
//! A [`Packer`] makes parcels for a program that goes on for days: it holds one picture in memory at a
//! time, and what it has cleaned lies on the disk until the program ends.

mod folder;

pub use folder::Looking;

use crate::app::{Content, Packed, Parcel};
use crate::json::Failure;
use crate::picture::{Metadata, Photo, PhotoKind, metadata};
use crate::report::Code;
use crate::text::{FileName, PathText};
use crate::transfer::{Dimensions, MediaType, Proposal};
use bytes::Bytes;
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use tempfile::TempDir;

/// Makes parcels, one after the other, whoever asks.
#[derive(Debug, Default)]
pub struct Packer {
    cleaned: Mutex<Cleaned>,
}

/// Pictures without what they told besides, in a folder that others cannot look into.
#[derive(Debug, Default)]
struct Cleaned {
    folder: Option<TempDir>,
    count: u64,
}

impl Packer {
    /// What is to be sent of a file or a folder, under its own name. Blocks.
    pub fn pack(&self, path: &Path, metadata: Metadata) -> Result<Packed, Failure> {
        if path.is_dir() {
            return folder::parcel(path, metadata);
        }
        let mut cleaned = self.cleaned.lock().unwrap_or_else(PoisonError::into_inner);
        let mut parcel = parcel(path, None, metadata)?;
        if let Content::Bytes(bytes) = &parcel.content {
            let kept = cleaned.keep(bytes).map_err(|error| unread(path, &error))?;
            parcel.content = Content::File(kept);
        }
        Ok(Packed { parcel, told: None })
    }
}

impl Cleaned {
    fn keep(&mut self, bytes: &[u8]) -> io::Result<PathBuf> {
        let folder = match &mut self.folder {
            Some(folder) => folder,
            empty => empty.insert(tempfile::tempdir()?),
        };
        self.count += 1;
        let path = folder.path().join(self.count.to_string());
        fs::write(&path, bytes)?;
        Ok(path)
    }
}

/// Whether all of these can be sent, as far as can be told beforehand.
pub fn check(paths: &[PathBuf], metadata: Metadata) -> Result<(), Failure> {
    paths.iter().try_for_each(|path| {
        if path.is_dir() {
            return folder::parcel(path, metadata).map(drop);
        }
        open(path).map(drop)
    })
}

/// What is to be sent of a file, under this name or its own, or of a folder.
pub fn parcel(path: &Path, name: Option<FileName>, metadata: Metadata) -> Result<Parcel, Failure> {
    if path.is_dir() {
        return folder::parcel(path, metadata).map(|found| found.parcel);
    }
    let (mut file, facts) = open(path)?;
    let size = facts.len();
    let as_it_is = |proposal| Proposal {
        modified: Some(facts.mtime()),
        executable: facts.mode() & OWNER_RUNS > 0,
        ..proposal
    };
    let unread = |error| unread(path, &error);
    let own = || FileName::new(&path.file_name().unwrap_or_default().to_string_lossy());
    let name = name.unwrap_or_else(own);
    let mut head = Vec::new();
    (&mut file).take(HEAD_BYTES).read_to_end(&mut head).map_err(unread)?;
    if PhotoKind::of(&head).is_none() {
        let media_type = media_type(&name);
        let content = Content::File(path.to_owned());
        let proposal = as_it_is(Proposal::new(name, media_type, size));
        return Ok(Parcel { proposal, content });
    }
    let cannot = |why: &str| {
        let text = format!("{}: {why}; --keep-exif sends it as it is", PathText::of(path));
        Failure::new(Code::Usage, text)
    };
    if size > CLEAN_BYTES_MAX {
        if metadata == Metadata::Cleaned {
            return Err(cannot("too large a picture to have its EXIF taken out"));
        }
        let media_type = media_type(&name);
        let content = Content::File(path.to_owned());
        let proposal = as_it_is(Proposal::new(name, media_type, size));
        return Ok(Parcel { proposal, content });
    }
    file.rewind().map_err(unread)?;
    let mut whole = Vec::new();
    file.read_to_end(&mut whole).map_err(unread)?;
    let whole = Bytes::from(whole);
    let photo = Photo::from_bytes(whole.clone()).ok();
    let dimensions = photo.as_ref().map(|of| Dimensions { width: of.width, height: of.height });
    let media_type = photo
        .map_or_else(|| media_type(&name), |photo| MediaType::of_picture(photo.kind.subtype()));
    let proposal = Proposal { dimensions, ..Proposal::new(name, media_type, size) };
    if metadata == Metadata::Kept {
        return Ok(Parcel {
            proposal: as_it_is(proposal),
            content: Content::File(path.to_owned()),
        });
    }
    let mut parcel = Parcel { proposal, content: Content::File(path.to_owned()) };
    let clean = metadata::clean(&whole).map_err(|error| cannot(&error.to_string()))?;
    if clean != whole {
        parcel.proposal.size = clean.len() as u64;
        parcel.content = Content::Bytes(clean);
    }
    Ok(parcel)
}

/// A file that can be read, and its facts.
fn open(path: &Path) -> Result<(File, fs::Metadata), Failure> {
    let unread = |error| unread(path, &error);
    // What is no file may never open: a pipe waits for its other end.
    let facts = path.metadata().map_err(unread)?;
    if !facts.is_file() {
        return Err(Failure::new(Code::Usage, format!("{} is no file", PathText::of(path))));
    }
    Ok((File::open(path).map_err(unread)?, facts))
}

fn unread(path: &Path, error: &io::Error) -> Failure {
    Failure::new(Code::Disk, format!("{} cannot be read: {error}", PathText::of(path)))
}

/// What a file is by its name.
fn media_type(name: &FileName) -> MediaType {
    let guess = mime_guess::from_path(name.as_str()).first_or_octet_stream();
    MediaType::try_from(guess.essence_str().to_owned()).unwrap_or_else(|_| MediaType::any())
}

/// Of a file's mode.
const OWNER_RUNS: u32 = 0o100;
/// Where a file says what it is.
const HEAD_BYTES: u64 = 64;
/// So much of a picture is held in memory.
const CLEAN_BYTES_MAX: u64 = 64_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;
    use std::time::{Duration, UNIX_EPOCH};

    fn facts(path: &Path, metadata: Metadata) -> (Option<i64>, bool) {
        let Proposal { modified, executable, .. } =
            parcel(path, None, metadata).expect("a file").proposal;
        (modified, executable)
    }

    #[test]
    fn a_picture_that_was_cleaned_waits_on_the_disk_and_not_in_memory() {
        let folder = tempfile::tempdir().expect("a folder");
        let (plain, told) = (folder.path().join("a.png"), folder.path().join("b.png"));
        image::RgbImage::new(4, 4).save(&plain).expect("room");
        let mut bytes = fs::read(&plain).expect("a picture");
        let text = b"\0\0\0\x05tEXta\0bcd\x2f\x85\xfe\x83";
        let at = bytes.len() - 12;
        bytes.splice(at..at, text.iter().copied());
        fs::write(&told, &bytes).expect("room");
        let packer = Packer::default();
        let content = |path: &Path| match packer.pack(path, Metadata::Cleaned) {
            Ok(Packed { parcel: Parcel { content: Content::File(path), .. }, .. }) => path,
            other => panic!("{other:?}"),
        };
        assert_eq!(content(&plain), plain, "there is nothing to take out");
        let kept = content(&told);
        assert_eq!(fs::read(&kept).expect("it is there"), fs::read(&plain).expect("a picture"));
        drop(packer);
        assert!(!kept.exists(), "it goes with the program");
    }

    #[test]
    fn what_goes_out_as_it_is_keeps_its_time_and_a_cleaned_picture_does_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let (program, picture) = (folder.path().join("run.sh"), folder.path().join("a.png"));
        fs::write(&program, "#!/bin/sh").expect("room");
        image::RgbImage::new(4, 4).save(&picture).expect("room");
        for path in [&program, &picture] {
            let file = File::options().write(true).open(path).expect("a file");
            file.set_modified(UNIX_EPOCH + Duration::from_secs(1234)).expect("a time");
            file.set_permissions(fs::Permissions::from_mode(0o744)).expect("it is ours");
        }
        assert_eq!(facts(&program, Metadata::Cleaned), (Some(1234), true));
        assert_eq!(facts(&picture, Metadata::Kept), (Some(1234), true));
        assert_eq!(facts(&picture, Metadata::Cleaned), (None, false));
    }
}
