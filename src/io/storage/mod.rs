//! The save folder: incoming files and folders are written beside their place and put there when whole.
//!
//! A file that is coming in has a hidden name ending in `.part`, which nobody takes for the file.
//! Of a large one, what has come is kept when the transfer ends early, for the next time, be it by a
//! person, a full disk or a power cut; of any other nothing is. A whole file is synced, then renamed in
//! one step, never over another: a number is added to a name that is taken.
//!
//! A file or folder that goes out is read by a [`Library`], for all whom it goes to.

mod beneath;
mod body;
mod facts;
mod inside;
mod leftovers;
mod library;
mod original;
mod partial;
mod placing;
mod record;
mod shelf;
mod syncing;
mod tree;
mod walk;

pub use library::{Library, Reader};
pub use original::{Original, digest_of, mark_of};
pub use partial::held;
pub use walk::{Care, LeftOut, WalkError, Walked, walk};

use crate::picture::Metadata;
use crate::text::FileName;
use crate::transfer::message::CHUNK_DATA_BYTES_MAX;
use crate::transfer::{Mark, Proposal, Reason, TransferId, Verified};
use body::Body;
use bytes::Bytes;
use partial::Partial;
use placing::{Unplaced, place};
use record::Boot;
use std::collections::HashMap;
use std::fs::{File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tree::Tree;

/// What the [`Storage`] of one peer is told.
#[derive(Debug)]
pub enum Command {
    /// A file begins to come in, or goes on.
    Create(TransferId, Wanted),
    /// These bytes of it are next.
    Write(TransferId, Bytes),
    /// So much of it is verified.
    Checkpoint(TransferId, Verified),
    /// It is whole.
    Store(TransferId),
    /// It ended early.
    Discard(TransferId, Fate),
}

/// A file that is to come in.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// What it is.
    pub proposal: Proposal,
    /// What tells it from others, if what comes of it is worth keeping.
    pub mark: Option<Mark>,
    /// Who sends it, if that is proven.
    pub from: Option<Sender>,
}

/// Who sends a file: the key of its identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sender(pub [u8; 32]);

/// What becomes of what has come of a file that ended early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It goes.
    Gone,
    /// It stays for the next time, if it is worth that.
    Kept,
}

/// What the [`Storage`] of one peer answers.
#[derive(Debug)]
pub enum Done {
    /// It is there to be written to, and so much of it is there already.
    Created(TransferId, Verified),
    /// So many bytes are in the file.
    Written(TransferId, u64),
    /// It is in its place.
    Stored(TransferId, PathBuf),
    /// It cannot be written. It is discarded already.
    Failed(TransferId, Reason),
}

/// The incoming files of one peer, written on a thread of their own.
#[derive(Debug)]
pub struct Storage {
    /// Bounded, so that a slow disk slows its sender down.
    pub commands: mpsc::Sender<Command>,
    /// Answers, in the order of the commands.
    pub done: mpsc::Receiver<Done>,
}

impl Storage {
    /// Begins a thread that ends with the returned value.
    pub fn spawn(folder: PathBuf, tasks: &TaskTracker) -> Self {
        let (commands, mut todo) = mpsc::channel(COMMANDS_MAX);
        let (answer, done) = mpsc::channel(COMMANDS_MAX);
        tasks.spawn_blocking(move || {
            let mut files = HashMap::new();
            while let Some(command) = todo.blocking_recv() {
                let Some(done) = perform(&folder, &mut files, command) else { continue };
                if answer.blocking_send(done).is_err() {
                    return;
                }
            }
        });
        Self { commands, done }
    }
}

fn perform(
    folder: &Path,
    files: &mut HashMap<TransferId, Partial>,
    command: Command,
) -> Option<Done> {
    let (transfer, outcome) = match command {
        Command::Create(transfer, wanted) => {
            let outcome = open(folder, wanted).map(|(partial, held)| {
                files.insert(transfer, partial);
                Done::Created(transfer, held)
            });
            (transfer, outcome)
        }
        Command::Write(transfer, data) => {
            let written = files.get_mut(&transfer)?.write(&data);
            (transfer, written.map(|written| Done::Written(transfer, written)))
        }
        Command::Checkpoint(transfer, verified) => {
            files.get_mut(&transfer)?.checkpoint(&verified);
            return None;
        }
        Command::Store(transfer) => {
            let partial = files.remove(&transfer)?;
            (transfer, partial.place(folder).map(|path| Done::Stored(transfer, path)))
        }
        Command::Discard(transfer, fate) => {
            let partial = files.remove(&transfer)?;
            if fate == Fate::Gone {
                partial.forget();
            }
            return None;
        }
    };
    Some(outcome.unwrap_or_else(|error| {
        tracing::warn!(%transfer, %error, folder = %folder.display(), "a file cannot be stored");
        let (partial, reason) = (files.remove(&transfer), reason(&error));
        if let (Some(partial), Reason::Digest) = (partial, reason) {
            partial.forget();
        }
        Done::Failed(transfer, reason)
    }))
}

fn open(folder: &Path, wanted: Wanted) -> io::Result<(Partial, Verified)> {
    match wanted.mark {
        Some(mark) => Partial::resume(folder, wanted, mark, Boot::now()),
        None => Ok((Partial::new(folder, wanted)?, Verified::default())),
    }
}

/// Whether files can be made in the folder; it is made if it is not there.
pub fn check(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    leftovers::clear(folder);
    create(folder).map(drop)
}

/// Puts bytes into the folder under a free name, whole or not at all.
pub fn keep(folder: &Path, name: &FileName, bytes: &[u8]) -> io::Result<PathBuf> {
    let mut file = create(folder)?;
    file.write_all(bytes)?;
    place(folder, file, name).map_err(Unplaced::error)
}

/// Puts a copy of a file, or of a folder, into the folder under a free name, whole or not at all.
pub fn copy(from: &Path, folder: &Path, name: &FileName) -> io::Result<PathBuf> {
    if from.is_dir() {
        return copy_folder(from, folder, name);
    }
    let mut file = create(folder)?;
    io::copy(&mut File::open(from)?, &mut file)?;
    place(folder, file, name).map_err(Unplaced::error)
}

/// As it goes out and comes in, without anybody between.
fn copy_folder(from: &Path, folder: &Path, name: &FileName) -> io::Result<PathBuf> {
    let walked = walk(from, Metadata::Kept, Care::Brief, &CancellationToken::new());
    let tree = Tree::new(from, walked.map_err(io::Error::other)?);
    let proposal = Proposal::folder(name.clone(), tree.size(), tree.files());
    let mut body = Body::new(folder, &proposal)?;
    let mut offset = 0;
    while offset < tree.size() {
        let read = tree.read(offset, READ_BLOCK_BYTES);
        let data = read.map_err(|_| io::Error::other("a file in it cannot be read"))?;
        body.write(&data)?;
        offset += data.len() as u64;
    }
    body.place(folder, &proposal).map_err(Unplaced::error)
}

/// Makes a file of these bytes, whole or not at all; one that is there already is an error.
pub fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut file = create(folder.unwrap_or(Path::new(".")))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map(drop).map_err(|error| error.error)
}

fn create(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".peersnap-").suffix(".part");
    // As any program's files: what the umask leaves.
    builder.permissions(Permissions::from_mode(0o666));
    builder.tempfile_in(folder)
}

fn reason(error: &io::Error) -> Reason {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            Reason::DiskFull
        }
        // What is said of a folder cannot be: it is no more worth than what was damaged.
        io::ErrorKind::InvalidData => Reason::Digest,
        _ => Reason::Storage,
    }
}

/// Two megabytes of chunks between the connection and the disk.
const COMMANDS_MAX: usize = 32;
/// A whole number of chunks.
const READ_BLOCK_BYTES: usize = 16 * CHUNK_DATA_BYTES_MAX;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transfer::MediaType;

    #[test]
    fn a_taken_name_gets_a_number_and_nothing_is_overwritten() {
        let folder = tempfile::tempdir().expect("a folder");
        let name = FileName::new("a.jpg");
        for expected in ["a.jpg", "a (2).jpg", "a (3).jpg"] {
            let path = keep(folder.path(), &name, expected.as_bytes()).expect("room");
            assert_eq!(path, folder.path().join(expected));
        }
        let first = std::fs::read(folder.path().join("a.jpg")).expect("the first");
        assert_eq!(first, b"a.jpg");
    }

    #[tokio::test]
    async fn what_ends_early_leaves_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let tasks = TaskTracker::new();
        let mut storage = Storage::spawn(folder.path().to_owned(), &tasks);
        let send = |command| storage.commands.try_send(command).expect("room");
        let proposal = Proposal::new(FileName::new("a"), MediaType::any(), 9);
        let wanted = Wanted { proposal, mark: None, from: None };
        send(Command::Create(TransferId(1), wanted));
        assert!(matches!(storage.done.recv().await, Some(Done::Created(TransferId(1), _))));
        send(Command::Write(TransferId(1), Bytes::from_static(b"abc")));
        assert!(matches!(storage.done.recv().await, Some(Done::Written(TransferId(1), 3))));
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);
        drop(storage);
        tasks.close();
        tasks.wait().await;
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
    }

    #[tokio::test]
    async fn what_is_said_of_a_folder_and_cannot_be_is_refused_and_leaves_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let tasks = TaskTracker::new();
        let mut storage = Storage::spawn(folder.path().to_owned(), &tasks);
        let send = |command| storage.commands.try_send(command).expect("room");
        let text = b"{\"path\":\"../../out\",\"size\":1}\n";
        let head = [&(text.len() as u32).to_be_bytes()[..], text].concat();
        for (number, mark) in [None, Some(Mark([7; 32]))].into_iter().enumerate() {
            let transfer = TransferId(number as u32);
            let proposal = Proposal::folder(FileName::new("a"), head.len() as u64 + 1, 1);
            send(Command::Create(transfer, Wanted { proposal, mark, from: None }));
            assert!(matches!(storage.done.recv().await, Some(Done::Created(..))));
            send(Command::Write(transfer, head.clone().into()));
            send(Command::Checkpoint(transfer, Verified::of(&head)));
            let failed = storage.done.recv().await;
            assert!(matches!(failed, Some(Done::Failed(of, Reason::Digest)) if of == transfer));
        }
        drop(storage);
        tasks.close();
        tasks.wait().await;
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
    }

    #[test]
    fn a_copy_of_a_folder_is_the_same() {
        let (from, to) = (tempfile::tempdir(), tempfile::tempdir());
        let (from, to) = (from.expect("a folder"), to.expect("a folder"));
        std::fs::create_dir_all(from.path().join("a/b")).expect("room");
        std::fs::write(from.path().join("a/c"), "text").expect("room");
        let copied = copy(from.path(), to.path(), &FileName::new("x")).expect("room");
        assert_eq!(copied, to.path().join("x"));
        assert_eq!(std::fs::read(copied.join("a/c")).expect("it is there"), b"text");
        assert!(copied.join("a/b").is_dir());
        assert_eq!(std::fs::read_dir(to.path()).expect("a folder").count(), 1);
    }

    #[test]
    fn a_folder_that_is_a_file_is_told() {
        let file = NamedTempFile::new().expect("a file");
        assert!(check(&file.path().join("photos")).is_err());
    }
}
