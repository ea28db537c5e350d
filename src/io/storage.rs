//! The save folder: incoming files are written beside their place and put there when whole.
//!
//! A file that is coming in has a hidden name ending in `.part`, which nobody takes for the file;
//! it is removed when the transfer ends early. A whole file is synced, then renamed in one step,
//! never over another: a number is added to a name that is taken.

use crate::text::FileName;
use crate::transfer::message::CHUNK_DATA_BYTES_MAX;
use crate::transfer::{Reason, TransferId};
use bytes::{Bytes, BytesMut};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

/// What the [`Storage`] of one peer is told.
#[derive(Debug)]
pub enum Command {
    /// A file begins to come in.
    Create(TransferId, FileName),
    /// These bytes of it are next.
    Write(TransferId, Bytes),
    /// It is whole.
    Store(TransferId),
    /// It ended early.
    Discard(TransferId),
}

/// What the [`Storage`] of one peer answers.
#[derive(Debug)]
pub enum Done {
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

struct Partial {
    file: NamedTempFile,
    name: FileName,
    written: u64,
}

fn perform(
    folder: &Path,
    files: &mut HashMap<TransferId, Partial>,
    command: Command,
) -> Option<Done> {
    let (transfer, outcome) = match command {
        Command::Create(transfer, name) => {
            let outcome = create(folder).map(|file| {
                files.insert(transfer, Partial { file, name, written: 0 });
                None
            });
            (transfer, outcome)
        }
        Command::Write(transfer, data) => {
            let partial = files.get_mut(&transfer)?;
            let outcome = partial.file.write_all(&data).map(|()| {
                partial.written += data.len() as u64;
                Some(Done::Written(transfer, partial.written))
            });
            (transfer, outcome)
        }
        Command::Store(transfer) => {
            let partial = files.remove(&transfer)?;
            let outcome = place(folder, partial.file, &partial.name)
                .map(|path| Some(Done::Stored(transfer, path)));
            (transfer, outcome)
        }
        Command::Discard(transfer) => {
            files.remove(&transfer);
            return None;
        }
    };
    outcome.unwrap_or_else(|error| {
        tracing::warn!(%transfer, %error, folder = %folder.display(), "a file cannot be stored");
        files.remove(&transfer);
        Some(Done::Failed(transfer, reason(&error)))
    })
}

/// Whether files can be made in the folder; it is made if it is not there.
pub fn check(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    create(folder).map(drop)
}

/// Puts bytes into the folder under a free name, whole or not at all.
pub fn keep(folder: &Path, name: &FileName, bytes: &[u8]) -> io::Result<PathBuf> {
    let mut file = create(folder)?;
    file.write_all(bytes)?;
    place(folder, file, name)
}

/// Puts a copy of a file into the folder under a free name, whole or not at all.
pub fn copy(from: &Path, folder: &Path, name: &FileName) -> io::Result<PathBuf> {
    let mut file = create(folder)?;
    io::copy(&mut File::open(from)?, &mut file)?;
    place(folder, file, name)
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
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As any program's files: what the umask leaves.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

/// Syncs the file and renames it to its name, or to that with a number.
fn place(folder: &Path, mut file: NamedTempFile, name: &FileName) -> io::Result<PathBuf> {
    file.as_file().sync_all()?;
    for number in 1..=NUMBER_MAX {
        let candidate = if number == 1 { name.clone() } else { name.numbered(number) };
        let path = folder.join(candidate.as_str());
        match file.persist_noclobber(&path) {
            Ok(_) => {
                // The name itself lasts only when the folder is synced; not every system can.
                if let Err(error) = File::open(folder).and_then(|folder| folder.sync_all()) {
                    tracing::debug!(%error, "the folder cannot be synced");
                }
                return Ok(path);
            }
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => file = error.file,
            Err(error) => return Err(error.error),
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, "too many files of that name"))
}

/// Reads a file ahead, a block at a time, until `reader` is dropped or it ends.
pub fn read(path: PathBuf) -> mpsc::Receiver<io::Result<Bytes>> {
    let (sender, blocks) = mpsc::channel(READ_AHEAD_BLOCKS);
    // It ends by itself within a block of its receiver's end.
    tokio::task::spawn_blocking(move || {
        let mut file = File::open(path);
        loop {
            let block = match &mut file {
                Ok(file) => read_block(file),
                Err(error) => Err(io::Error::from(error.kind())),
            };
            let ends = match &block {
                Ok(block) if block.is_empty() => return,
                Ok(_) => false,
                Err(_) => true,
            };
            if sender.blocking_send(block).is_err() || ends {
                return;
            }
        }
    });
    blocks
}

fn read_block(file: &mut File) -> io::Result<Bytes> {
    let mut block = BytesMut::zeroed(READ_BLOCK_BYTES);
    let mut filled = 0;
    while filled < block.len() {
        match file.read(&mut block[filled..])? {
            0 => break,
            read => filled += read,
        }
    }
    block.truncate(filled);
    Ok(block.freeze())
}

fn reason(error: &io::Error) -> Reason {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            Reason::DiskFull
        }
        _ => Reason::Storage,
    }
}

/// Two megabytes of chunks between the connection and the disk.
const COMMANDS_MAX: usize = 32;
const READ_AHEAD_BLOCKS: usize = 2;
/// A whole number of chunks.
const READ_BLOCK_BYTES: usize = 16 * CHUNK_DATA_BYTES_MAX;
const NUMBER_MAX: u32 = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

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
        send(Command::Create(TransferId(1), FileName::new("a")));
        send(Command::Write(TransferId(1), Bytes::from_static(b"abc")));
        assert!(matches!(storage.done.recv().await, Some(Done::Written(TransferId(1), 3))));
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);
        drop(storage);
        tasks.close();
        tasks.wait().await;
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
    }

    #[test]
    fn a_folder_that_is_a_file_is_told() {
        let file = NamedTempFile::new().expect("a file");
        assert!(check(&file.path().join("photos")).is_err());
    }
}
