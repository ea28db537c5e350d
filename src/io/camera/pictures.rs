//! A picture on disk, or a folder of them, as a source of frames: each is shown for two
//! seconds, in order of their names, round and round.
//!
//! Files are read within the limits for pictures from outside. A file that is none is passed
//! over; a folder is looked at anew on each round.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tracing::debug;

use super::source::{Facts, Source, SourceError};
use crate::app::camera::{CameraFault, CameraKind};
use crate::picture::{DecodeError, Frame, FrameKind, Limits, PhotoKind, decode, probe};

/// How long a picture is shown.
const SHOWN_FOR: Duration = Duration::from_secs(2);

/// Files of a folder that are looked at.
const MAX_FILES: usize = 10_000;

/// Pictures from a file or a folder.
pub(super) struct Pictures {
    path: PathBuf,
    facts: Facts,
    /// Still to be shown in this round, the next one last.
    left: Vec<PathBuf>,
    shown: Option<(PathBuf, Pixels)>,
    due: Instant,
    seq: u64,
}

/// A decoded picture whose bytes are shared with its frames.
#[derive(Clone)]
struct Pixels {
    data: Bytes,
    /// The file, if it is a JPEG.
    original: Option<Bytes>,
    width: u32,
    height: u32,
}

impl Pictures {
    /// Reads the first picture, so that there is one.
    pub fn open(path: &Path) -> Result<Self, CameraFault> {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let facts = Facts {
            name: name.chars().filter(|c| !c.is_control()).collect(),
            kind: CameraKind::Pictures,
            format: FrameKind::Rgb,
            width: 0,
            height: 0,
            fps: None,
        };
        let path = path.to_owned();
        let mut pictures =
            Self { path, facts, left: Vec::new(), shown: None, due: Instant::now(), seq: 0 };
        let first = pictures.turn_over()?;
        (pictures.facts.width, pictures.facts.height) = (first.width, first.height);
        Ok(pictures)
    }

    /// The next picture that can be shown.
    fn turn_over(&mut self) -> Result<Pixels, CameraFault> {
        let mut why = None;
        // What is left of this round, then at most one whole round.
        for _ in 0..2 {
            while let Some(path) = self.left.pop() {
                // A folder of one, and a file by itself, need not be read again.
                if let Some((shown, pixels)) = &self.shown
                    && *shown == path
                {
                    return Ok(pixels.clone());
                }
                match read(&path) {
                    Ok(pixels) => {
                        self.shown = Some((path, pixels.clone()));
                        return Ok(pixels);
                    }
                    Err(fault) => {
                        debug!(path = %path.display(), %fault, "file passed over");
                        why = Some(fault);
                    }
                }
            }
            self.left = files(&self.path);
        }
        let none = || format!("{}: there is no picture in it", self.path.display());
        Err(why.unwrap_or_else(|| CameraFault::Other(none())))
    }
}

impl Source for Pictures {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn next(&mut self) -> Result<Frame, SourceError> {
        // The first one was read while opening and is still to be shown.
        let pixels = match &self.shown {
            Some((_, pixels)) if self.seq == 0 => pixels.clone(),
            _ => {
                thread::sleep(self.due.saturating_duration_since(Instant::now()));
                self.turn_over().map_err(SourceError::Gone)?
            }
        };
        let at = Instant::now();
        self.due = at + SHOWN_FOR;
        let Pixels { data, original, width, height } = pixels;
        let seq = self.seq;
        self.seq += 1;
        let (kind, stride) = (FrameKind::Rgb, width * 3);
        Ok(Frame { data, original, kind, width, height, stride, at, seq })
    }
}

/// The file itself, or the files of a folder: last name first, for taking from the end.
fn files(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(path) else {
        return vec![path.to_owned()];
    };
    let mut files: Vec<_> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_file())
        .take(MAX_FILES)
        .collect();
    files.sort_by(|a, b| b.cmp(a));
    files
}

fn read(path: &Path) -> Result<Pixels, CameraFault> {
    let limits = Limits::default();
    let told =
        |why: &dyn std::fmt::Display| CameraFault::Other(format!("{}: {why}", path.display()));
    let mut bytes = Vec::new();
    // One byte more than allowed is enough to tell that it is too long.
    File::open(path)
        .and_then(|file| file.take(limits.bytes + 1).read_to_end(&mut bytes))
        .map_err(|error| told(&error))?;
    let image = decode(&bytes, &limits).map_err(|error: DecodeError| told(&error))?;
    let is_jpeg = probe(&bytes).is_ok_and(|facts| facts.kind == PhotoKind::Jpeg);
    let (width, height) = image.dimensions();
    let original = is_jpeg.then(|| bytes.into());
    Ok(Pixels { data: image.into_raw().into(), original, width, height })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::{Metadata, Photo, Quality, RgbImage};

    fn put(folder: &Path, name: &str, width: u32) {
        let image = RgbImage::new(width, 8);
        let photo = Photo::encode(&image, Quality::default()).expect("encodes");
        fs::write(folder.join(name), photo.bytes).expect("written");
    }

    #[test]
    fn a_folder_is_shown_in_order_of_names_round_and_round() {
        let folder = tempfile::tempdir().expect("a folder");
        put(folder.path(), "b.jpg", 20);
        put(folder.path(), "a.jpg", 10);
        fs::write(folder.path().join("notes.txt"), "no picture").expect("written");
        let mut pictures = Pictures::open(folder.path()).expect("two pictures");
        let widths: Vec<_> = (0..4)
            .map(|_| {
                pictures.due = Instant::now();
                pictures.next().expect("a picture").width
            })
            .collect();
        assert_eq!(widths, [10, 20, 10, 20]);
    }

    #[test]
    fn a_file_is_read_once() {
        let folder = tempfile::tempdir().expect("a folder");
        put(folder.path(), "a.jpg", 10);
        let mut pictures = Pictures::open(&folder.path().join("a.jpg")).expect("a picture");
        let first = pictures.next().expect("shown");
        pictures.due = Instant::now();
        let second = pictures.next().expect("shown again");
        assert_eq!(first.data.as_ptr(), second.data.as_ptr());
    }

    #[test]
    fn a_photo_of_a_jpeg_file_is_the_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let encoded = Photo::encode(&RgbImage::new(20, 8), Quality::default()).expect("encodes");
        let telling = [&encoded.bytes[..], b"behind the end"].concat();
        fs::write(folder.path().join("a.png"), &telling).expect("written");
        let frame = Pictures::open(&folder.path().join("a.png")).expect("a picture").next();
        let frame = frame.expect("shown");
        let photo = |metadata| Photo::from_frame(&frame, Quality::default(), metadata);
        assert_eq!(photo(Metadata::Cleaned).expect("a photo"), encoded);
        assert_eq!(photo(Metadata::Kept).expect("a photo").bytes, telling);
    }

    #[test]
    fn a_photo_of_another_file_is_encoded_of_its_pixels() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.jpg");
        let format = image::ImageFormat::Png;
        RgbImage::new(20, 8).save_with_format(&path, format).expect("written");
        let frame = Pictures::open(&path).expect("a picture").next().expect("shown");
        assert_eq!(frame.original, None);
        let photo = Photo::from_frame(&frame, Quality::default(), Metadata::Kept);
        assert_eq!(photo.expect("a photo").kind, PhotoKind::Jpeg);
    }

    #[test]
    fn what_cannot_be_shown_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let sentence = |path: &Path| Pictures::open(path).err().map(|fault| fault.to_string());
        let told = sentence(folder.path()).expect("empty");
        assert!(told.ends_with("there is no picture in it"), "{told}");
        fs::write(folder.path().join("a.txt"), "no picture").expect("written");
        let told = sentence(&folder.path().join("a.txt")).expect("no picture");
        assert!(told.contains("not a picture that can be shown"), "{told}");
    }
}
