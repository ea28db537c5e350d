//! The files that go out: each is read once for all whom it goes to.
//!
//! A file is read in blocks, on threads that may wait for the disk, a little ahead of who reads it.
//! Those who are at about the same place share blocks; who is far from all others reads what it needs
//! by itself. What is in memory of a file, and of all, is bounded by the [`Shelf`], however many peers
//! there are.

use super::READ_BLOCK_BYTES;
use super::original::Original;
use super::shelf::{Fetched, FileNumber, Hand, Look, Read, ReaderNumber, Shelf};
use super::walk::{Care, WalkError, walk};
use crate::picture::Metadata;
use crate::transfer::Reason;
use bytes::Bytes;
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

/// All files that go out, of all peers.
#[derive(Debug, Clone, Default)]
pub struct Library {
    /// Held for moments, never while anything is read or waited for.
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    files: HashMap<PathBuf, (FileNumber, Arc<Original>)>,
    shelf: Shelf,
    /// The next number to give out.
    next: u64,
}

/// A file that goes out to one peer.
#[derive(Debug)]
pub struct Reader {
    library: Library,
    number: ReaderNumber,
    file: FileNumber,
    original: Arc<Original>,
    /// Where it would read on.
    next: Option<u64>,
    /// What was asked for and not taken yet.
    pending: Option<(u64, Fetched)>,
}

impl Library {
    /// A file, to be read by one more; it is opened when it is. Blocks for a moment.
    pub fn open(&self, path: &Path) -> io::Result<Reader> {
        Ok(self.enter(path, Original::find(path)?))
    }

    /// A folder, to be read by one more. Blocks as long as it takes to look through it, or until it
    /// is cancelled.
    pub fn open_folder(
        &self,
        path: &Path,
        metadata: Metadata,
        cancel: &CancellationToken,
    ) -> Result<Reader, WalkError> {
        let walked = walk(path, metadata, Care::Brief, cancel)?;
        Ok(self.enter(path, Original::folder(path, walked)))
    }

    /// One more reads what was found there, or what is known of it and is the same.
    fn enter(&self, path: &Path, found: Original) -> Reader {
        let mut guard = self.lock();
        let state = &mut *guard;
        let mut give_out = || {
            state.next += 1;
            state.next
        };
        let number = ReaderNumber(give_out());
        let known = state.files.get(path).filter(|(_, known)| known.is_as(&found)).cloned();
        let (file, original) = known.unwrap_or_else(|| (FileNumber(give_out()), Arc::new(found)));
        state.files.insert(path.to_owned(), (file, original.clone()));
        state.shelf.enter(number, file);
        drop(guard);
        Reader { library: self.clone(), number, file, original, next: None, pending: None }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reader {
    /// The file itself.
    pub fn original(&self) -> &Arc<Original> {
        &self.original
    }

    /// So many bytes from there on, or as many of them as there are in one piece. The last are handed
    /// out only if nothing has changed.
    ///
    /// Cancel-safe: what is on its way from the disk is found the next time.
    pub async fn read(&mut self, offset: u64, len: usize) -> Read {
        let size = self.original.size();
        if offset >= size {
            return Err(Reason::Storage);
        }
        let pending = self.pending.take_if(|(of, _)| *of == offset);
        let fetched = match pending {
            Some((_, fetched)) => fetched,
            None => match self.read_from_shelf(offset, len).await? {
                Some(data) if offset + (data.len() as u64) < size => {
                    return Ok(self.took(offset, data));
                }
                at_end => {
                    let original = self.original.clone();
                    fetch(move || finish(&original, offset, len, at_end))
                }
            },
        };
        self.pending = Some((offset, fetched.clone()));
        let data = taken(fetched).await;
        self.pending = None;
        let data = data?;
        let end = len.min(data.len());
        Ok(self.took(offset, data.slice(..end)))
    }

    /// The bytes, if their block is on the shelf or finds a place there.
    async fn read_from_shelf(&self, offset: u64, len: usize) -> Result<Option<Bytes>, Reason> {
        let number = offset / BLOCK;
        let Some(fetched) = self.look(offset, number) else { return Ok(None) };
        let block = taken(fetched).await.inspect_err(|_| {
            // Who asks again reads again.
            self.library.lock().shelf.remove(self.file, number);
        })?;
        let within = usize::try_from(offset % BLOCK).unwrap_or(usize::MAX);
        let end = within.saturating_add(len).min(block.len());
        Ok((within < end).then(|| block.slice(within..end)))
    }

    /// The block, if it is on the shelf or finds a place there; and what is ahead is read.
    fn look(&self, offset: u64, number: u64) -> Option<Fetched> {
        let mut state = self.library.lock();
        if self.next.is_some_and(|next| next != offset) {
            // What was lost on the way, and is sent once more: others' blocks do not go for it.
            return state.shelf.find(self.file, number);
        }
        let looked = state.shelf.look(self.number, number);
        let last = (self.original.size() - 1) / BLOCK;
        let ahead = state.shelf.ahead(self.file, number, last);
        drop(state);
        let fetched = match looked {
            Look::Here(fetched) => Some(fetched),
            Look::Fetch(hand, fetched) => {
                self.fetch_block(number, hand);
                Some(fetched)
            }
            Look::Past => None,
        };
        for (number, hand) in ahead {
            self.fetch_block(number, hand);
        }
        fetched
    }

    fn fetch_block(&self, number: u64, hand: Hand) {
        let original = self.original.clone();
        spawn_blocking(move || {
            hand.send_replace(Some(original.read(number * BLOCK, READ_BLOCK_BYTES)))
        });
    }

    fn took(&mut self, offset: u64, data: Bytes) -> Bytes {
        self.next = Some(offset + data.len() as u64);
        data
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut state = self.library.lock();
        state.shelf.leave(self.number);
        if !state.shelf.is_read(self.file) {
            state.files.retain(|_, (file, _)| *file != self.file);
        }
    }
}

/// What was read already or is read now, and a last look at the file if these are its last bytes.
fn finish(original: &Original, offset: u64, len: usize, data: Option<Bytes>) -> Read {
    let data = match data {
        Some(data) => data,
        None => original.read(offset, len)?,
    };
    if offset + data.len() as u64 >= original.size() {
        original.check()?;
    }
    Ok(data)
}

/// Has something read beside the caller.
fn fetch(read: impl FnOnce() -> Read + Send + 'static) -> Fetched {
    let (hand, fetched) = watch::channel(None);
    spawn_blocking(move || hand.send_replace(Some(read())));
    fetched
}

/// What was read, once it is.
async fn taken(mut fetched: Fetched) -> Read {
    match fetched.wait_for(Option::is_some).await {
        Ok(read) => read.clone().unwrap_or(Err(Reason::Storage)),
        // The program ends.
        Err(_) => Err(Reason::Storage),
    }
}

const BLOCK: u64 = READ_BLOCK_BYTES as u64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transfer::message::CHUNK_DATA_BYTES_MAX;
    use std::sync::atomic::Ordering;
    use std::task::{Context, Waker};
    use tempfile::NamedTempFile;

    const BLOCKS: usize = 12;

    fn content() -> Vec<u8> {
        let size = (BLOCKS - 1) * READ_BLOCK_BYTES + 12_345;
        (0..=size as u64 / 8).flat_map(|at| (at * 0x9E37_79B9).to_le_bytes()).take(size).collect()
    }

    fn file(content: &[u8]) -> NamedTempFile {
        let file = NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), content).expect("room");
        file
    }

    fn reads(reader: &Reader) -> usize {
        reader.original().reads.load(Ordering::Relaxed)
    }

    /// Reads a chunk behind what was read.
    async fn read_on(reader: &mut Reader, got: &mut Vec<u8>) {
        let data = reader.read(got.len() as u64, CHUNK_DATA_BYTES_MAX).await.expect("bytes");
        got.extend_from_slice(&data);
    }

    #[tokio::test]
    async fn a_file_that_goes_to_sixteen_at_the_same_pace_is_read_once() {
        let (content, library) = (content(), Library::default());
        let file = file(&content);
        let open = || (library.open(file.path()).expect("a file"), Vec::new());
        let mut peers: Vec<_> = (0..16).map(|_| open()).collect();
        while peers.iter().any(|(_, got)| got.len() < content.len()) {
            for (reader, got) in &mut peers {
                read_on(reader, got).await;
            }
        }
        assert!(peers.iter().all(|(_, got)| *got == content));
        assert_eq!(reads(&peers[0].0), BLOCKS);
        drop(peers);
        assert!(library.lock().files.is_empty());
    }

    #[tokio::test]
    async fn a_folder_that_goes_to_several_is_read_once_and_a_changed_one_is_another() {
        let (content, library) = (content(), Library::default());
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("large"), &content).expect("room");
        for small in 0..100 {
            std::fs::write(folder.path().join(small.to_string()), "small").expect("room");
        }
        let cancel = CancellationToken::new();
        let open = || {
            let reader = library.open_folder(folder.path(), Metadata::Cleaned, &cancel);
            (reader.expect("a folder"), Vec::new())
        };
        let mut peers: Vec<_> = (0..5).map(|_| open()).collect();
        let size = peers[0].0.original().size() as usize;
        while peers.iter().any(|(_, got)| got.len() < size) {
            for (reader, got) in &mut peers {
                read_on(reader, got).await;
            }
        }
        let (first, others) = peers.split_first().expect("five");
        assert!(others.iter().all(|(_, got)| *got == first.1));
        assert!(first.1.ends_with(&content), "it is the last by its name");
        assert_eq!(reads(&first.0), size.div_ceil(READ_BLOCK_BYTES));
        assert!(first.0.original().mark().is_some());
        std::fs::write(folder.path().join("7"), "SMALL").expect("room");
        let (changed, _) = open();
        assert_ne!(changed.original().mark(), first.0.original().mark());
        assert_eq!(first.0.original().digest(&cancel), Err(Reason::Changed));
        assert!(changed.original().digest(&cancel).is_ok());
    }

    #[tokio::test]
    async fn who_comes_later_or_loses_something_reads_it_again_and_gets_the_same() {
        let (content, library) = (content(), Library::default());
        let file = file(&content);
        let open = || (library.open(file.path()).expect("a file"), Vec::new());
        let mut peers: Vec<_> = (0..9).map(|_| open()).collect();
        for pace in 1..=peers.len() {
            for _ in 0..pace * 11 {
                let (reader, got) = &mut peers[pace - 1];
                read_on(reader, got).await;
            }
        }
        while peers.iter().any(|(_, got)| got.len() < content.len()) {
            for (reader, got) in peers.iter_mut().filter(|(_, got)| got.len() < content.len()) {
                read_on(reader, got).await;
            }
        }
        assert!(peers.iter().all(|(_, got)| *got == content));
        let again = peers[0].0.read(100, 1000).await.expect("bytes");
        assert_eq!(again, content[100..1100]);
    }

    #[tokio::test]
    async fn a_read_that_is_given_up_goes_on_and_is_found_the_next_time() {
        let (content, library) = (content(), Library::default());
        let file = file(&content);
        let mut reader = library.open(file.path()).expect("a file");
        reader.read(0, 10).await.expect("bytes");
        // Behind a gap, and so past the shelf.
        let offset = 5 * BLOCK;
        let was_there = {
            let read = std::pin::pin!(reader.read(offset, 10));
            read.poll(&mut Context::from_waker(Waker::noop())).is_ready()
        };
        let data = reader.read(offset, 10).await.expect("bytes");
        assert_eq!(data, content[offset as usize..][..10]);
        // Where it was there at once, it was not given up, and is read once more.
        assert!(reads(&reader) <= 4 + usize::from(was_there), "three blocks, and a piece once");
    }

    /// Writes the same bytes again, later.
    fn touch(file: &NamedTempFile) {
        let later = std::time::SystemTime::now() + std::time::Duration::from_secs(9);
        file.as_file().set_modified(later).expect("a time");
    }

    #[tokio::test]
    async fn a_change_is_noticed_before_the_next_block_and_before_the_end() {
        let (content, library) = (content(), Library::default());
        let file = file(&content);
        let changed = Err(Reason::Changed);
        let mut first = library.open(file.path()).expect("a file");
        let mut last = library.open(file.path()).expect("a file");
        let end = content.len() as u64 - 1;
        first.read(0, 1).await.expect("bytes");
        last.read(end - 1, 1).await.expect("bytes");
        touch(&file);
        assert_eq!(first.read(5 * BLOCK, 1).await, changed);
        // Its block is here, and from before.
        assert_eq!(last.read(end, 1).await, changed);
        let cancel = CancellationToken::new();
        assert_eq!(last.original().digest(&cancel), Err(Reason::Changed));
        let again = library.open(file.path()).expect("a file");
        assert!(again.original().digest(&cancel).is_ok(), "it is another file from now on");
    }

    #[tokio::test]
    async fn what_takes_the_place_of_a_file_is_not_sent_for_it_and_what_is_taken_away_is() {
        let (library, folder) = (Library::default(), tempfile::tempdir().expect("a folder"));
        let path = folder.path().join("a");
        std::fs::write(&path, [1; 1000]).expect("room");
        let open = || library.open(&path).expect("a file");
        let (mut before, mut later) = (open(), open());
        before.read(0, 10).await.expect("bytes");
        std::fs::remove_file(&path).expect("it was there");
        assert!(before.read(10, 990).await.is_ok());
        std::fs::write(&path, [2; 1000]).expect("room");
        assert_eq!(later.read(0, 1000).await, Err(Reason::Changed));
        assert!(library.open(&path.join("none")).is_err());
    }
}
