//! `peersnap snap`: one photo to a file, or to stdout.
//!
//! A file that is there already is never written over, and one is never left half written.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use crate::app::camera::{CameraFault, CameraKind, CameraSpec, CameraStatus};
use crate::io::camera::CameraHandle;
use crate::io::{photo_name, storage};
use crate::json::{self, Failure, Reader};
use crate::picture::{Frame, Metadata, Photo, Quality};
use crate::report::{Code, Report};

/// Takes one photo, writes it, and prints and returns its path.
///
/// `out` is a file to make, `-` for stdout (then no path is printed), or nothing for
/// `peersnap-YYYYMMDD-HHMMSS.jpg` in the current folder, with the local time. A file
/// that exists is an error; a name of our own is numbered instead. Programs are told of the photo
/// in place of its path.
pub fn snap(
    spec: CameraSpec,
    out: Option<PathBuf>,
    quality: Quality,
    metadata: Metadata,
    reader: Reader,
) -> anyhow::Result<PathBuf> {
    if reader == Reader::Program && out.as_deref() == Some(Path::new(STDOUT)) {
        let text = "standard output takes the photo or JSON, not both: name a file with -o";
        return Err(Failure::new(Code::Usage, text).into());
    }
    // Before the camera's light goes on.
    if let Some(path) = out.as_deref().filter(|path| *path != Path::new(STDOUT)) {
        refuse_existing(path)?;
    }
    let frame = settled_frame(spec)?;
    let photo =
        Photo::from_frame(&frame, quality, metadata).context("making a photo of the frame")?;
    let path = match out {
        Some(path) if path == Path::new(STDOUT) => {
            let mut stdout = io::stdout().lock();
            let written = stdout.write_all(&photo.bytes).and_then(|()| stdout.flush());
            written
                .map_err(|error| failure(Code::Output, "writing the photo to stdout", &error))?;
            return Ok(path);
        }
        Some(path) => {
            write_new(&path, &photo.bytes)?;
            path
        }
        None => {
            let kept = storage::keep(Path::new("."), &photo_name(), &photo.bytes);
            let writing = "writing the photo to the current folder";
            kept.map_err(|error| failure(Code::Disk, writing, &error))?
        }
    };
    match reader {
        Reader::Person => writeln!(io::stdout().lock(), "{}", path.display()),
        Reader::Program => json::print(report(&path, &photo)),
    }
    .map_err(|error| failure(Code::Output, "printing the path", &error))?;
    Ok(path)
}

fn report(path: &Path, photo: &Photo) -> Report {
    // Its file is there: what its place is called from the root is known.
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let (size, width, height) = (photo.bytes.len() as u64, photo.width, photo.height);
    Report::Snapped { path, size, width, height }
}

fn failure(code: Code, doing: &str, error: &io::Error) -> Failure {
    Failure::new(code, format!("{doing}: {error}"))
}

/// The first frame that is likely well exposed.
fn settled_frame(spec: CameraSpec) -> anyhow::Result<Arc<Frame>> {
    let (report, statuses) = sync_channel(8);
    let camera = CameraHandle::spawn(spec, move |status| {
        // More than the channel holds is trouble upon trouble: the first is told.
        let _ = report.try_send(status);
    })
    .context("starting the camera")?;
    let deadline = Instant::now() + PATIENCE;
    let unsettled = match await_live(&statuses, deadline)? {
        CameraKind::Device => SETTLING_FRAMES,
        CameraKind::TestCard | CameraKind::Pictures => 0,
    };
    let mut seen = 0;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let (count, frame) = camera.next_frame(seen, left).ok_or_else(too_slow)?;
        if count > unsettled {
            return Ok(frame);
        }
        seen = count;
    }
}

/// What kind of source it became, once frames come. The test card is no photo unless it was
/// asked for.
pub(crate) fn await_live(
    statuses: &Receiver<CameraStatus>,
    deadline: Instant,
) -> anyhow::Result<CameraKind> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match statuses.recv_timeout(left) {
            Ok(CameraStatus::Opening { .. }) => {}
            Ok(CameraStatus::Live { instead: None, kind, .. }) => return Ok(kind),
            Ok(
                CameraStatus::Live { instead: Some(fault), .. }
                | CameraStatus::Trouble { fault, .. },
            ) => return Err(of_camera(&fault).into()),
            Err(RecvTimeoutError::Timeout) => return Err(too_slow()),
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Failure::new(Code::Camera, "the camera ended by itself").into());
            }
        }
    }
}

fn too_slow() -> anyhow::Error {
    of_camera(&CameraFault::Stalled).into()
}

fn of_camera(fault: &CameraFault) -> Failure {
    Failure::new(Code::Camera, format!("{fault}: {}", fault.remedy()))
}

fn refuse_existing(path: &Path) -> anyhow::Result<()> {
    if path.symlink_metadata().is_ok() {
        bail!("{} exists already: name another file, or remove it first", path.display());
    }
    Ok(())
}

fn write_new(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    match storage::write_new(path, bytes) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => refuse_existing(path),
        written => written.map_err(|error| {
            failure(Code::Disk, &format!("writing {}", path.display()), &error).into()
        }),
    }
}

const STDOUT: &str = "-";

/// Frames in which a camera finds its exposure.
pub(crate) const SETTLING_FRAMES: u64 = 5;

/// From the command to the photo.
const PATIENCE: Duration = Duration::from_secs(20);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::RgbImage;

    fn take(spec: CameraSpec, path: &Path) -> anyhow::Result<PathBuf> {
        snap(spec, Some(path.to_owned()), Quality::default(), Metadata::Cleaned, Reader::Person)
    }

    #[test]
    fn a_photo_of_the_test_card_is_a_file_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("card.jpg");
        take(CameraSpec::Test, &path).expect("a photo");
        let photo = Photo::from_bytes(std::fs::read(&path).expect("written").into());
        let photo = photo.expect("a picture");
        assert_eq!((photo.width, photo.height), (1280, 720));
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }

    #[test]
    fn a_photo_of_a_jpeg_file_tells_more_only_where_that_is_asked_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let (from, clean, whole) = ("from.jpg", "clean.jpg", "whole.jpg");
        let [from, clean, whole] = [from, clean, whole].map(|name| folder.path().join(name));
        let encoded = Photo::encode(&RgbImage::new(16, 8), Quality::default()).expect("encodes");
        let comment = b"\xFF\xFE\0\x0bSERIAL 47";
        let telling = [&encoded.bytes[..2], comment, &encoded.bytes[2..]].concat();
        std::fs::write(&from, &telling).expect("written");
        let spec = CameraSpec::Path(from);
        take(spec.clone(), &clean).expect("a photo");
        snap(spec, Some(whole.clone()), Quality::default(), Metadata::Kept, Reader::Person)
            .expect("a photo");
        assert_eq!(std::fs::read(clean).expect("written"), encoded.bytes);
        assert_eq!(std::fs::read(whole).expect("written"), telling);
    }

    #[test]
    fn a_file_that_is_there_is_not_written_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("mine.jpg");
        std::fs::write(&path, "mine").expect("written");
        let refused = take(CameraSpec::Test, &path);
        let sentence = refused.expect_err("it is there").to_string();
        assert!(sentence.ends_with("exists already: name another file, or remove it first"));
        write_new(&path, b"theirs").expect_err("it is there");
        assert_eq!(std::fs::read(&path).expect("still there"), b"mine");
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }
}
