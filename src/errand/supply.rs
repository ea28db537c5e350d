//! Where the files of a sending errand come from, one after the other.

use super::shooting::{Appetite, Shooting, Shot};
use crate::app::camera::CameraStatus;
use crate::app::{self, Packed, Parcel};
use crate::io::parcels::{self, Looking};
use crate::json::Failure;
use crate::picture::Metadata;
use crate::report::{Code, Mood, Report};
use crate::text::FileName;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::time::Instant;
use tempfile::NamedTempFile;
use tokio::task::JoinHandle;

/// The files.
pub struct Supply {
    /// Named on the command line.
    files: VecDeque<Source>,
    metadata: Metadata,
    /// What came on standard input lies there until the errand is over.
    kept: Vec<NamedTempFile>,
    camera: Option<Camera>,
}

/// One file that was named.
pub enum Source {
    /// On disk.
    Path(PathBuf),
    /// A folder, being looked through.
    Folder(Looking),
    /// Standard input, being read to its end.
    Stdin(JoinHandle<Result<(NamedTempFile, FileName), Failure>>),
}

struct Camera {
    shooting: Shooting,
    gone_since: Option<Instant>,
    was_live: bool,
}

/// What came of asking for the next file.
pub enum Supplied {
    /// It, and what there is to tell besides.
    Parcel(Parcel, Vec<Report>),
    /// News of the camera.
    News(Vec<Report>),
    /// It cannot be sent; the next may be.
    Failed(Failure),
    /// There is nothing more, and never will be, because of this.
    Impossible(Failure),
    /// There are no more.
    Exhausted,
}

impl Supply {
    /// These files, then what the camera takes.
    pub fn new(files: Vec<Source>, camera: Option<Shooting>, metadata: Metadata) -> Self {
        let camera = camera.map(|shooting| Camera { shooting, gone_since: None, was_live: false });
        Self { files: files.into(), metadata, kept: Vec::new(), camera }
    }

    /// The next file, if it is wanted, or news of the camera. Cancel-safe.
    pub async fn next(&mut self, appetite: Appetite) -> Supplied {
        match (self.files.front_mut(), &mut self.camera) {
            (Some(source), _) if appetite == Appetite::Hungry => {
                if let Source::Path(path) = source
                    && path.is_dir()
                {
                    *source = Source::Folder(Looking::begin(path, self.metadata));
                }
                let mut news = Vec::new();
                let parcel = match source {
                    Source::Path(path) => parcel(path, None, self.metadata),
                    Source::Folder(looking) => {
                        looking.found().await.map(|Packed { parcel, told }| {
                            news.extend(told.map(|text| Report::Notice { mood: Mood::Info, text }));
                            parcel
                        })
                    }
                    Source::Stdin(read) => match read.await.unwrap_or_else(|it| Err(lost(&it))) {
                        Ok((file, name)) => {
                            let parcel = parcel(file.path(), Some(name), self.metadata);
                            self.kept.push(file);
                            parcel
                        }
                        Err(failure) => Err(failure),
                    },
                };
                self.files.pop_front();
                parcel.map_or_else(Supplied::Failed, |parcel| Supplied::Parcel(parcel, news))
            }
            (_, Some(camera)) => camera.next(appetite).await,
            (None, None) if appetite == Appetite::Hungry => Supplied::Exhausted,
            (_, None) => std::future::pending().await,
        }
    }
}

impl Camera {
    async fn next(&mut self, appetite: Appetite) -> Supplied {
        match self.shooting.next(appetite).await {
            Shot::Photo { parcel, missed } => {
                let late = (missed > 0).then(|| late(missed));
                Supplied::Parcel(parcel, late.into_iter().collect())
            }
            Shot::Status(status) => Supplied::News(self.news(&status)),
            Shot::NoCamera(text) => Supplied::Impossible(Failure::new(Code::Camera, text)),
            Shot::Over => Supplied::Exhausted,
        }
    }

    fn news(&mut self, status: &CameraStatus) -> Vec<Report> {
        let mut reports = vec![app::camera_report(status)];
        if matches!(status, CameraStatus::Live { instead: None, .. }) {
            self.was_live = true;
            if let Some(since) = self.gone_since.take() {
                let text = format!("the camera is back after {} s", since.elapsed().as_secs());
                reports.push(Report::Notice { mood: Mood::Good, text });
            }
        } else if self.was_live {
            self.gone_since.get_or_insert_with(Instant::now);
        }
        reports
    }
}

/// Reads as much of a file as it takes. The loop stands still meanwhile: for a picture, a moment.
fn parcel(path: &Path, name: Option<FileName>, metadata: Metadata) -> Result<Parcel, Failure> {
    tokio::task::block_in_place(|| parcels::parcel(path, name, metadata))
}

fn late(missed: u32) -> Report {
    let text = match missed {
        1 => "a photo was not taken in time".to_owned(),
        _ => format!("{missed} photos were not taken in time"),
    };
    Report::Notice { mood: Mood::Bad, text }
}

fn lost(error: &tokio::task::JoinError) -> Failure {
    Failure::new(Code::Failed, format!("reading a file: {error}"))
}
