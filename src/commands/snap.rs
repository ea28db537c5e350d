//! `peersnap snap`: one photo to a file, or to stdout.
//!
//! A file that is there already is never written over, and one is never left half written.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, anyhow, bail};

use crate::app::camera::{CameraFault, CameraKind, CameraSpec, CameraStatus};
use crate::io::camera::CameraHandle;
use crate::picture::{Frame, Photo, PhotoKind, Quality};

/// Takes one photo, writes it, and prints and returns its path.
///
/// `out` is a file to make, `-` for stdout (then no path is printed), or nothing for
/// `peersnap-YYYYMMDD-HHMMSS.jpg` in the current folder, with the time in UTC. A file that
/// exists is an error; a name of our own is numbered instead.
pub fn snap(spec: CameraSpec, out: Option<PathBuf>, quality: Quality) -> anyhow::Result<PathBuf> {
    // Before the camera's light goes on.
    if let Some(path) = out.as_deref().filter(|path| *path != Path::new(STDOUT)) {
        refuse_existing(path)?;
    }
    let frame = settled_frame(spec)?;
    let photo = Photo::from_frame(&frame, quality).context("making a photo of the frame")?;
    let path = match out {
        Some(path) if path == Path::new(STDOUT) => {
            let mut stdout = io::stdout().lock();
            stdout
                .write_all(&photo.bytes)
                .and_then(|()| stdout.flush())
                .context("writing the photo to stdout")?;
            return Ok(path);
        }
        Some(path) => {
            write_new(&path, &photo.bytes)?;
            path
        }
        None => write_numbered(&name_at(SystemTime::now()), photo.kind, &photo.bytes)?,
    };
    writeln!(io::stdout().lock(), "{}", path.display()).context("printing the path")?;
    Ok(path)
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
fn await_live(statuses: &Receiver<CameraStatus>, deadline: Instant) -> anyhow::Result<CameraKind> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match statuses.recv_timeout(left) {
            Ok(CameraStatus::Opening { .. }) => {}
            Ok(CameraStatus::Live {
                instead: None,
                kind,
                ..
            }) => return Ok(kind),
            Ok(
                CameraStatus::Live {
                    instead: Some(fault),
                    ..
                }
                | CameraStatus::Trouble { fault, .. },
            ) => bail!("{fault}: {}", fault.remedy()),
            Err(RecvTimeoutError::Timeout) => return Err(too_slow()),
            Err(RecvTimeoutError::Disconnected) => bail!("the camera ended by itself"),
        }
    }
}

fn too_slow() -> anyhow::Error {
    anyhow!(
        "{}: {}",
        CameraFault::Stalled,
        CameraFault::Stalled.remedy()
    )
}

fn refuse_existing(path: &Path) -> anyhow::Result<()> {
    if path.symlink_metadata().is_ok() {
        bail!(
            "{} exists already: name another file, or remove it first",
            path.display()
        );
    }
    Ok(())
}

/// Writes beside the file and then gives it its name, unless another has it by now.
fn write_new(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part = path.with_file_name(name);
    let written = File::create_new(&part)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .with_context(|| format!("writing {}", path.display()))
        .and_then(|()| put_in_place(&part, path));
    // In place it has two names by now, after a failure one too many.
    let _ = std::fs::remove_file(&part);
    written
}

/// A link fails where a rename would write over.
fn put_in_place(part: &Path, path: &Path) -> anyhow::Result<()> {
    match std::fs::hard_link(part, path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => refuse_existing(path),
        // Some file systems (FAT) have no links; there a look has to do.
        Err(_) => {
            refuse_existing(path)?;
            std::fs::rename(part, path).with_context(|| format!("writing {}", path.display()))
        }
    }
}

/// The first of `stem.jpg`, `stem-2.jpg`, … that is free.
fn write_numbered(stem: &str, kind: PhotoKind, bytes: &[u8]) -> anyhow::Result<PathBuf> {
    let extension = kind.extension();
    let names = (1..=MAX_NUMBER).map(|number| match number {
        1 => PathBuf::from(format!("{stem}.{extension}")),
        _ => PathBuf::from(format!("{stem}-{number}.{extension}")),
    });
    for path in names {
        if path.symlink_metadata().is_err() {
            return write_new(&path, bytes).map(|()| path);
        }
    }
    bail!("{stem}-{MAX_NUMBER}.{extension} exists already: that is a lot for one second")
}

/// `peersnap-20261122-093510`, in UTC.
fn name_at(time: SystemTime) -> String {
    let seconds = time
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    let (year, month, day) = civil_date(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("peersnap-{year:04}{month:02}{day:02}-{hour:02}{minute:02}{second:02}")
}

/// Year, month and day of so many days after 1970-01-01, counting years from March so that
/// the leap day comes last.
fn civil_date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

const STDOUT: &str = "-";

/// Frames in which a camera finds its exposure.
const SETTLING_FRAMES: u64 = 5;

/// From the command to the photo.
const PATIENCE: Duration = Duration::from_secs(20);

/// Photos of one second that are told apart.
const MAX_NUMBER: u32 = 999;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_when_it_was_taken() {
        let at = |seconds| name_at(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(0), "peersnap-19700101-000000");
        assert_eq!(at(951_782_399), "peersnap-20000228-235959");
        assert_eq!(at(951_782_400), "peersnap-20000229-000000");
        assert_eq!(at(1_795_340_110), "peersnap-20261122-093510");
        assert_eq!(at(4_107_542_400), "peersnap-21000301-000000");
    }

    #[test]
    fn a_photo_of_the_test_card_is_a_file_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("card.jpg");
        snap(CameraSpec::Test, Some(path.clone()), Quality::default()).expect("a photo");
        let photo = Photo::from_bytes(std::fs::read(&path).expect("written").into());
        let photo = photo.expect("a picture");
        assert_eq!((photo.width, photo.height), (1280, 720));
        assert_eq!(
            std::fs::read_dir(folder.path()).expect("a folder").count(),
            1
        );
    }

    #[test]
    fn a_file_that_is_there_is_not_written_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("mine.jpg");
        std::fs::write(&path, "mine").expect("written");
        let refused = snap(CameraSpec::Test, Some(path.clone()), Quality::default());
        let sentence = refused.expect_err("it is there").to_string();
        assert!(sentence.ends_with("exists already: name another file, or remove it first"));
        write_new(&path, b"theirs").expect_err("it is there");
        assert_eq!(std::fs::read(&path).expect("still there"), b"mine");
        assert_eq!(
            std::fs::read_dir(folder.path()).expect("a folder").count(),
            1
        );
    }

    #[test]
    fn two_photos_of_one_second_have_two_names() {
        let folder = tempfile::tempdir().expect("a folder");
        let stem = folder.path().join("peersnap").display().to_string();
        let write = || write_numbered(&stem, PhotoKind::Jpeg, b"photo").expect("written");
        assert!(write().ends_with("peersnap.jpg"));
        assert!(write().ends_with("peersnap-2.jpg"));
    }
}
