//! Where the bytes of files that go out come from.

use crate::app::effect::Content;
use crate::io::storage::{Library, Original, Reader, digest_of, mark_of};
use crate::picture::Metadata;
use crate::transfer::{Digest, Mark, Proposal, ReadRequest, Reason, TransferId};
use bytes::Bytes;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

/// The sources of all transfers that go out.
#[derive(Default)]
pub struct Sources {
    sources: HashMap<TransferId, Source>,
}

/// Where the bytes of a file come from.
#[derive(Debug)]
pub enum Source {
    /// All there.
    Bytes(Bytes),
    /// Read for all whom it goes to.
    File(Reader),
}

/// All of what a transfer sends, to be hashed.
#[derive(Debug)]
pub enum Whole {
    /// In memory.
    Bytes(Bytes),
    /// In a file.
    File(Arc<Original>),
}

impl Whole {
    /// Its digest. Blocks as long as it takes to read it, or until it is cancelled.
    pub fn digest(&self, cancel: &CancellationToken) -> Result<Digest, Reason> {
        match self {
            Self::Bytes(bytes) => Ok(digest_of(bytes)),
            Self::File(original) => original.digest(cancel),
        }
    }
}

/// Why what is to be sent cannot be.
#[derive(Debug)]
pub struct Unopened {
    /// For the remote peer.
    pub reason: Reason,
    /// For the person here, if there is more to say than that.
    pub why: Option<String>,
}

impl From<Reason> for Unopened {
    fn from(reason: Reason) -> Self {
        Self { reason, why: None }
    }
}

impl Source {
    /// What is to be sent, of that size, and what tells it from others, if it may take several times.
    pub async fn open(
        library: &Library,
        content: Content,
        size: u64,
    ) -> Result<(Self, Option<Mark>), Unopened> {
        let path = match content {
            Content::Bytes(bytes) => {
                let mark = mark_of(&bytes);
                return Ok((Self::Bytes(bytes), mark));
            }
            Content::File(path) | Content::Folder(path, _) => path,
        };
        let library = library.clone();
        let opened = spawn_blocking(move || {
            let reader = library.open(&path)?;
            let mark = reader.original().mark();
            Ok::<_, std::io::Error>((Self::File(reader), mark))
        });
        match opened.await {
            Ok(Ok((Self::File(reader), _))) if reader.original().size() != size => {
                Err(Reason::Changed.into())
            }
            Ok(Ok(opened)) => Ok(opened),
            Ok(Err(error)) => {
                tracing::warn!(%error, "a file cannot be read");
                Err(Reason::Storage.into())
            }
            // The program ends.
            Err(_) => Err(Reason::Storage.into()),
        }
    }

    /// A folder that is to be sent, as it was proposed. Blocks as long as it takes to look through it,
    /// or until it is cancelled.
    pub fn open_folder(
        library: &Library,
        path: &Path,
        metadata: Metadata,
        proposal: &Proposal,
        cancel: &CancellationToken,
    ) -> Result<(Self, Option<Mark>), Unopened> {
        let reader = library.open_folder(path, metadata, cancel).map_err(|error| {
            tracing::warn!(%error, "a folder cannot be read");
            Unopened { reason: Reason::Storage, why: Some(error.to_string()) }
        })?;
        let original = reader.original().clone();
        if (original.size(), original.files()) != (proposal.size, proposal.files) {
            let why = Some(format!("{} changed meanwhile", path.display()));
            return Err(Unopened { reason: Reason::Changed, why });
        }
        Ok((Self::File(reader), original.mark()))
    }
}

impl Sources {
    /// Adds one.
    pub fn add(&mut self, transfer: TransferId, source: Source) {
        self.sources.insert(transfer, source);
    }

    /// Lets go of one.
    pub fn remove(&mut self, transfer: TransferId) {
        self.sources.remove(&transfer);
    }

    /// Lets go of all.
    pub fn clear(&mut self) {
        self.sources.clear();
    }

    /// All of what a transfer sends.
    pub fn whole(&self, transfer: TransferId) -> Option<Whole> {
        Some(match self.sources.get(&transfer)? {
            Source::File(reader) => Whole::File(reader.original().clone()),
            Source::Bytes(bytes) => Whole::Bytes(bytes.clone()),
        })
    }

    /// Which of many files of a transfer is at fault that it cannot be read.
    pub fn fault(&self, transfer: TransferId) -> Option<String> {
        match self.sources.get(&transfer)? {
            Source::File(reader) => reader.original().fault(),
            Source::Bytes(_) => None,
        }
    }

    /// Those whose bytes are in memory alone.
    pub fn in_memory(&self) -> impl Iterator<Item = TransferId> {
        let sources = self.sources.iter();
        sources.filter(|(_, source)| matches!(source, Source::Bytes(_))).map(|(id, _)| *id)
    }

    /// The bytes that were asked for, or as many of them as there are in one piece.
    ///
    /// Cancel-safe: what is on its way from the disk is found the next time.
    pub async fn read(&mut self, request: ReadRequest) -> Result<Bytes, Reason> {
        // A transfer that has ended has no source; the session takes no bytes for it either.
        let Some(source) = self.sources.get_mut(&request.transfer) else { return Ok(Bytes::new()) };
        match source {
            Source::Bytes(bytes) => {
                let start = usize::try_from(request.offset).map_err(|_| Reason::Storage)?;
                let end = start.saturating_add(request.len).min(bytes.len());
                if start < end { Ok(bytes.slice(start..end)) } else { Err(Reason::Storage) }
            }
            Source::File(reader) => reader.read(request.offset, request.len).await,
        }
    }
}
