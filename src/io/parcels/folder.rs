//! A folder that is to be sent.
//!
//! It is looked through when its turn has come, beside the loop: whatever cannot go out is an error
//! then, or already before a room is joined, and never in the middle of it.

use crate::app::{Content, Packed, Parcel};
use crate::io::storage::{Care, LeftOut, WalkError, walk};
use crate::json::Failure;
use crate::picture::Metadata;
use crate::report::Code;
use crate::text::FileName;
use crate::transfer::Proposal;
use std::error::Error as _;
use std::path::Path;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio_util::sync::{CancellationToken, DropGuard};

/// A folder that is being looked through. Dropped, it is not any more.
pub struct Looking {
    found: JoinHandle<Result<Packed, Failure>>,
    _cancel: DropGuard,
}

impl Looking {
    /// Begins.
    pub fn begin(path: &Path, metadata: Metadata) -> Self {
        let (path, cancel) = (path.to_owned(), CancellationToken::new());
        let token = cancel.clone();
        let found = spawn_blocking(move || find(&path, metadata, &token));
        Self { found, _cancel: cancel.drop_guard() }
    }

    /// What came of it. Cancel-safe.
    pub async fn found(&mut self) -> Result<Packed, Failure> {
        (&mut self.found).await.unwrap_or_else(|error| {
            Err(Failure::new(Code::Failed, format!("looking through a folder: {error}")))
        })
    }
}

/// What is to be sent of a folder. Blocks as long as it takes to look through it.
pub fn parcel(path: &Path, metadata: Metadata) -> Result<Packed, Failure> {
    find(path, metadata, &CancellationToken::new())
}

fn find(path: &Path, metadata: Metadata, cancel: &CancellationToken) -> Result<Packed, Failure> {
    let walked = walk(path, metadata, Care::Thorough, cancel).map_err(|error| failure(&error))?;
    let (size, files) = (walked.manifest.size(), walked.manifest.files());
    let name = name(path);
    let told = told(&name, &walked.left_out);
    let (proposal, content) =
        (Proposal::folder(name, size, files), Content::Folder(path.to_owned(), metadata));
    Ok(Packed { parcel: Parcel { proposal, content }, told })
}

/// What it is called: also where it was said as `.` or `..`.
fn name(path: &Path) -> FileName {
    let whole = path.canonicalize();
    let said = path.file_name().or(whole.as_ref().ok().and_then(|whole| whole.file_name()));
    FileName::new(&said.unwrap_or_default().to_string_lossy())
}

/// What a person is told of what is left out, if anything is.
fn told(name: &FileName, LeftOut { count, first }: &LeftOut) -> Option<String> {
    let (path, what) = first.as_ref()?;
    let path: String = path.to_string_lossy().chars().filter(|c| !c.is_control()).collect();
    Some(match count {
        1 => format!("{name} goes out without {what} in it: {path}"),
        _ => format!(
            "{name} goes out without {count} things in it that are no files; the first is {what}: {path}"
        ),
    })
}

fn failure(error: &WalkError) -> Failure {
    let code = match error {
        WalkError::Unread(..) => Code::Disk,
        WalkError::Name(_) | WalkError::Limit { .. } | WalkError::Picture { .. } => Code::Usage,
        WalkError::Cancelled => Code::Interrupted,
    };
    let text = match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    };
    Failure::new(code, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_folder_has_a_name_also_where_it_is_said_without_one() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = place.path().join("photos");
        std::fs::create_dir_all(folder.join("a/b")).expect("room");
        for path in [folder.clone(), folder.join("."), folder.join("a/..")] {
            let found = parcel(&path, Metadata::Cleaned).expect("a folder");
            assert_eq!(found.parcel.proposal.name.as_str(), "photos");
            assert_eq!((found.parcel.proposal.files, found.told), (Some(0), None));
        }
    }

    #[test]
    fn what_is_left_out_is_told_with_the_first_of_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let told = || {
            let found = parcel(folder.path(), Metadata::Cleaned).expect("a folder");
            let name = found.parcel.proposal.name.to_string();
            found.told.expect("something is left out").replace(&name, "it")
        };
        symlink("/etc/passwd", folder.path().join("b\n")).expect("room");
        assert_eq!(told(), "it goes out without a link in it: b");
        symlink("/", folder.path().join("a")).expect("room");
        let several =
            "it goes out without 2 things in it that are no files; the first is a link: a";
        assert_eq!(told(), several);
    }
}
