//! Where the bytes of files that go out come from.

use crate::app::effect::Content;
use crate::io::storage;
use crate::transfer::{ReadRequest, Reason, TransferId};
use bytes::Bytes;
use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use tokio::sync::mpsc;

/// The sources of all transfers that go out.
#[derive(Default)]
pub struct Sources {
    sources: HashMap<TransferId, Source>,
}

/// Where the bytes of a file come from.
enum Source {
    /// All there.
    Bytes(Bytes),
    /// Read ahead, a block at a time, once it is known from where.
    File { path: PathBuf, reading: Option<Reading> },
}

/// A file that is being read.
struct Reading {
    blocks: mpsc::Receiver<io::Result<Bytes>>,
    block: Bytes,
    /// Where the block begins.
    offset: u64,
}

impl Sources {
    /// Adds one.
    pub fn add(&mut self, transfer: TransferId, content: Content) {
        let source = match content {
            Content::Bytes(bytes) => Source::Bytes(bytes),
            Content::File(path) | Content::Folder(path) => Source::File { path, reading: None },
        };
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

    /// Where all of it is.
    pub fn content(&self, transfer: TransferId) -> Option<Content> {
        Some(match self.sources.get(&transfer)? {
            Source::File { path, .. } => Content::File(path.clone()),
            Source::Bytes(bytes) => Content::Bytes(bytes.clone()),
        })
    }

    /// Those whose bytes are in memory alone.
    pub fn in_memory(&self) -> impl Iterator<Item = TransferId> {
        let sources = self.sources.iter();
        sources.filter(|(_, source)| matches!(source, Source::Bytes(_))).map(|(id, _)| *id)
    }

    /// The bytes that were asked for, or as many of them as there are in one piece.
    ///
    /// Cancel-safe: what it has taken from the disk stays here.
    pub async fn read(&mut self, request: ReadRequest) -> Result<Bytes, Reason> {
        // A transfer that has ended has no source; the session takes no bytes for it either.
        let Some(source) = self.sources.get_mut(&request.transfer) else { return Ok(Bytes::new()) };
        match source {
            Source::Bytes(bytes) => {
                let start = usize::try_from(request.offset).map_err(|_| Reason::Storage)?;
                let end = start.saturating_add(request.len).min(bytes.len());
                if start < end { Ok(bytes.slice(start..end)) } else { Err(Reason::Storage) }
            }
            Source::File { path, reading } => {
                // What was lost on the way is read once more.
                let elsewhere = |reading: &mut Reading| reading.offset != request.offset;
                drop(reading.take_if(elsewhere));
                let reading = reading.get_or_insert_with(|| Reading {
                    blocks: storage::read(path.clone(), request.offset),
                    block: Bytes::new(),
                    offset: request.offset,
                });
                reading.next(request.len).await
            }
        }
    }
}

impl Reading {
    async fn next(&mut self, len: usize) -> Result<Bytes, Reason> {
        while self.block.is_empty() {
            match self.blocks.recv().await {
                Some(Ok(block)) => self.block = block,
                // The file is shorter than it was.
                None => return Err(Reason::Storage),
                Some(Err(error)) => {
                    tracing::warn!(%error, "a file cannot be read");
                    return Err(Reason::Storage);
                }
            }
        }
        let data = self.block.split_to(len.min(self.block.len()));
        self.offset += data.len() as u64;
        Ok(data)
    }
}
