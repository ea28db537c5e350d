//! What becomes of a file that came, besides lying in its folder: it is shown, or handed on to
//! standard output.

use super::voice::Voice;
use crate::io::storage;
use crate::json::Failure;
use crate::report::{Code, Report};
use crate::terminal::capabilities::Capabilities;
use crate::text::FileName;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// What becomes of files.
pub enum Sink {
    /// They lie there.
    Folder,
    /// They lie there, and pictures are shown in a terminal that can do so much.
    Shown(Box<Capabilities>),
    /// They go to standard output, and come in here until then.
    Stdout(TempDir),
    /// They are copied here from where a daemon puts them.
    Copied(PathBuf),
}

impl Sink {
    /// Tells what happened, after it was done what is to be done with a file that came. The report
    /// with the file's last place.
    pub async fn take(
        &mut self,
        report: Report,
        voice: &mut Voice,
    ) -> Result<Option<Report>, Failure> {
        let Report::Received { path, file, .. } = &report else {
            voice.tell(&report).await;
            return Ok(None);
        };
        match self {
            Self::Folder => {}
            Self::Shown(can) => {
                voice.tell(&report).await;
                if file.media_type.starts_with("image/") {
                    // A terminal that is slow holds up nothing but this errand.
                    let shown = voice.suspended(|| {
                        tokio::task::block_in_place(|| crate::commands::show(path, can))
                    });
                    if let Err(error) = shown {
                        tracing::info!(%error, "a picture is not shown");
                    }
                }
                return Ok(Some(report));
            }
            Self::Stdout(_) => {
                let (from, name) = (path.clone(), FileName::new(&file.name));
                voice.tell(&report).await;
                let handed = tokio::task::spawn_blocking(move || hand_on(&from, &name)).await;
                handed.map_err(|error| Failure::new(Code::Failed, error.to_string()))??;
                return Ok(Some(report));
            }
            Self::Copied(folder) => {
                let (from, name, folder) =
                    (path.clone(), FileName::new(&file.name), folder.clone());
                let copied = tokio::task::spawn_blocking(move || {
                    storage::copy(&from, &folder, &name).map_err(|error| {
                        Failure::new(Code::Disk, format!("{}: {error}", folder.display()))
                    })
                });
                let to = copied
                    .await
                    .map_err(|error| Failure::new(Code::Failed, error.to_string()))??;
                let mut report = report;
                if let Report::Received { path, .. } = &mut report {
                    *path = to;
                }
                voice.tell(&report).await;
                return Ok(Some(told(report, voice).await));
            }
        }
        voice.tell(&report).await;
        Ok(Some(told(report, voice).await))
    }
}

/// With its path printed, where paths are wanted.
async fn told(report: Report, voice: &Voice) -> Report {
    if let Report::Received { path, .. } = &report {
        voice.path(path).await;
    }
    report
}

/// Writes a file to standard output. If nobody takes it, it is kept in the current folder.
fn hand_on(path: &Path, name: &FileName) -> Result<(), Failure> {
    let unread = |error: io::Error| Failure::new(Code::Disk, format!("reading the file: {error}"));
    let mut file = File::open(path).map_err(unread)?;
    let mut out = io::stdout().lock();
    let Err(error) = io::copy(&mut file, &mut out).and_then(|_| out.flush()) else {
        return Ok(());
    };
    let kept = std::path::absolute(".").and_then(|folder| storage::copy(path, &folder, name));
    let text = match kept {
        Ok(path) => format!("standard output: {error}; the file is kept as {}", path.display()),
        Err(kept) => format!("standard output: {error}; nor can the file be kept: {kept}"),
    };
    Err(Failure::new(Code::Output, text))
}
