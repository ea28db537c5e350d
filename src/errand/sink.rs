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
            Self::Folder => {
                voice.tell(&report).await;
                voice.path(path).await;
            }
            Self::Shown(can) => {
                voice.tell(&report).await;
                if file.is_picture() {
                    // A terminal that is slow holds up nothing but this errand.
                    let draw = || crate::commands::draw(path, can);
                    let shown = voice.suspended(|| tokio::task::block_in_place(draw));
                    if let Err(error) = shown {
                        tracing::info!(%error, "a picture is not shown");
                    }
                }
            }
            Self::Stdout(_) => {
                let name = FileName::new(&file.name);
                tokio::task::block_in_place(|| hand_on(path, &name))?;
                voice.tell(&moved(report.clone(), "-".into())).await;
            }
            Self::Copied(folder) => {
                let name = FileName::new(&file.name);
                let copy = || storage::copy(path, folder, &name);
                let to = tokio::task::block_in_place(copy).map_err(|error| {
                    Failure::new(Code::Disk, format!("{}: {error}", folder.display()))
                })?;
                let report = moved(report, to.clone());
                voice.tell(&report).await;
                voice.path(&to).await;
                return Ok(Some(report));
            }
        }
        Ok(Some(report))
    }
}

/// The same, with the file in another place.
fn moved(mut report: Report, to: PathBuf) -> Report {
    if let Report::Received { path, .. } = &mut report {
        *path = to;
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
