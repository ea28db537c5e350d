//! Which blocks of the files that go out are in memory, and which goes when another comes.
//!
//! Pure bookkeeping: it reads nothing and waits for nothing. However many read however many files,
//! there are no more than [`FILE_BLOCKS_MAX`] blocks of one file and [`ALL_BLOCKS_MAX`] in all. A block
//! that somebody is in stays; who finds no place for its own reads past the shelf, a chunk at a time.

use crate::transfer::Reason;
use bytes::Bytes;
use std::collections::HashMap;
use tokio::sync::watch;

/// A file that goes out, as it was at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct FileNumber(pub u64);

/// Somebody who reads a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct ReaderNumber(pub u64);

/// Bytes that come from the disk, or why they do not.
pub(super) type Read = Result<Bytes, Reason>;
/// Where they are handed in.
pub(super) type Hand = watch::Sender<Option<Read>>;
/// Where they are once they are read.
pub(super) type Fetched = watch::Receiver<Option<Read>>;

/// The blocks, and who is where.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    blocks: Vec<Block>,
    readers: HashMap<ReaderNumber, Place>,
    /// How often it was looked at.
    clock: u64,
}

#[derive(Debug)]
struct Block {
    file: FileNumber,
    number: u64,
    /// When somebody was in it last.
    used: u64,
    fetched: Fetched,
}

#[derive(Debug)]
struct Place {
    file: FileNumber,
    block: Option<u64>,
    /// When it was there last.
    seen: u64,
}

/// Where somebody finds a block.
#[derive(Debug)]
pub(super) enum Look {
    /// Here, or about to be.
    Here(Fetched),
    /// It is to be read.
    Fetch(Hand, Fetched),
    /// There is no place for it.
    Past,
}

/// Why a block is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Want {
    Now,
    Ahead,
}

impl Shelf {
    /// Somebody is about to read a file.
    pub fn enter(&mut self, reader: ReaderNumber, file: FileNumber) {
        self.readers.insert(reader, Place { file, block: None, seen: self.clock });
    }

    /// Somebody has left, and the blocks of a file that nobody reads any more go.
    pub fn leave(&mut self, reader: ReaderNumber) {
        self.readers.remove(&reader);
        let readers = &self.readers;
        self.blocks.retain(|block| readers.values().any(|place| place.file == block.file));
    }

    /// Whether anybody reads a file.
    pub fn is_read(&self, file: FileNumber) -> bool {
        self.readers.values().any(|place| place.file == file)
    }

    /// Somebody is in a block.
    pub fn look(&mut self, reader: ReaderNumber, number: u64) -> Look {
        self.clock += 1;
        let clock = self.clock;
        let Some(place) = self.readers.get_mut(&reader) else { return Look::Past };
        (place.block, place.seen) = (Some(number), clock);
        let file = place.file;
        if let Some(fetched) = self.find(file, number) {
            return Look::Here(fetched);
        }
        match self.add(file, number, Want::Now) {
            Some((hand, fetched)) => Look::Fetch(hand, fetched),
            None => Look::Past,
        }
    }

    /// A block, if it is here, for somebody who is elsewhere in the file.
    pub fn find(&mut self, file: FileNumber, number: u64) -> Option<Fetched> {
        let block = self.blocks.iter_mut().find(|it| (it.file, it.number) == (file, number))?;
        block.used = self.clock;
        Some(block.fetched.clone())
    }

    /// What is to be read before somebody in a block comes to it, up to the file's last block.
    pub fn ahead(&mut self, file: FileNumber, number: u64, last: u64) -> Vec<(u64, Hand)> {
        let ahead = number + 1..=last.min(number + AHEAD_BLOCKS);
        let mut wanted = Vec::new();
        for number in ahead {
            let is_here = self.blocks.iter().any(|it| (it.file, it.number) == (file, number));
            if !is_here && let Some((hand, _)) = self.add(file, number, Want::Ahead) {
                wanted.push((number, hand));
            }
        }
        wanted
    }

    /// A block that could not be read goes.
    pub fn remove(&mut self, file: FileNumber, number: u64) {
        self.blocks.retain(|it| (it.file, it.number) != (file, number));
    }

    fn add(&mut self, file: FileNumber, number: u64, want: Want) -> Option<(Hand, Fetched)> {
        let own = self.blocks.iter().filter(|it| it.file == file).count();
        if own >= FILE_BLOCKS_MAX {
            self.clear_one(want, |block| block.file == file)?;
        } else if self.blocks.len() >= ALL_BLOCKS_MAX {
            self.clear_one(want, |_| true)?;
        }
        let (hand, fetched) = watch::channel(None);
        let block = Block { file, number, used: self.clock, fetched: fetched.clone() };
        self.blocks.push(block);
        Some((hand, fetched))
    }

    /// Makes room where nobody is, and for what is not wanted yet, where nobody soon will be.
    fn clear_one(&mut self, want: Want, of: impl Fn(&Block) -> bool) -> Option<()> {
        let reach = match want {
            Want::Now => 0,
            Want::Ahead => AHEAD_BLOCKS,
        };
        let is_free = |block: &Block| {
            let is_needed = |place: &Place| {
                let Some(at) = place.block else { return false };
                let is_still = self.clock - place.seen > STILL_AFTER;
                place.file == block.file && (at..=at + reach).contains(&block.number) && !is_still
            };
            // What is being read comes to its place, so that it is counted.
            block.fetched.borrow().is_some() && !self.readers.values().any(is_needed)
        };
        let blocks = self.blocks.iter().enumerate();
        let free = blocks.filter(|(_, block)| of(block) && is_free(block));
        let (at, _) = free.min_by_key(|(_, block)| block.used)?;
        self.blocks.swap_remove(at);
        Some(())
    }
}

/// Together less than 4 MiB.
const FILE_BLOCKS_MAX: usize = 4;
/// Together less than 16 MiB.
const ALL_BLOCKS_MAX: usize = 16;
const AHEAD_BLOCKS: u64 = 2;
/// Who has not read while others did so often keeps no block.
const STILL_AFTER: u64 = 1024;

#[cfg(test)]
mod tests {
    use super::super::READ_BLOCK_BYTES;
    use super::*;

    const FILE: FileNumber = FileNumber(0);

    fn reader(shelf: &mut Shelf, number: u64, file: FileNumber) -> ReaderNumber {
        shelf.enter(ReaderNumber(number), file);
        ReaderNumber(number)
    }

    /// Reads a block at once, with what is ahead; whether it came from the disk, and past the shelf.
    fn read(
        shelf: &mut Shelf,
        reader: ReaderNumber,
        file: FileNumber,
        number: u64,
    ) -> &'static str {
        let looked = shelf.look(reader, number);
        for (_, hand) in shelf.ahead(file, number, u64::MAX) {
            hand.send_replace(Some(Ok(Bytes::new())));
        }
        match looked {
            Look::Here(_) => "here",
            Look::Fetch(hand, _) => {
                hand.send_replace(Some(Ok(Bytes::new())));
                "fetched"
            }
            Look::Past => "past",
        }
    }

    #[test]
    fn what_is_in_memory_stays_within_its_bounds() {
        const { assert!(FILE_BLOCKS_MAX * READ_BLOCK_BYTES < 4 << 20) };
        const { assert!(ALL_BLOCKS_MAX * READ_BLOCK_BYTES < 16 << 20) };
        let mut shelf = Shelf::default();
        for file in 0..20 {
            let file = FileNumber(file);
            let readers = [0, 1, 2].map(|it| reader(&mut shelf, 3 * file.0 + it, file));
            for number in 0..10 {
                for (pace, reader) in readers.into_iter().enumerate() {
                    read(&mut shelf, reader, file, number * (pace as u64 + 1));
                    let own = shelf.blocks.iter().filter(|it| it.file == file).count();
                    assert!(own <= FILE_BLOCKS_MAX && shelf.blocks.len() <= ALL_BLOCKS_MAX);
                }
            }
        }
        (0..60).for_each(|it| shelf.leave(ReaderNumber(it)));
        assert!(shelf.blocks.is_empty() && !shelf.is_read(FILE));
    }

    #[test]
    fn who_reads_alone_finds_all_but_the_first_block_here() {
        let mut shelf = Shelf::default();
        let alone = reader(&mut shelf, 0, FILE);
        assert_eq!(read(&mut shelf, alone, FILE, 0), "fetched");
        for number in 1..20 {
            assert_eq!(read(&mut shelf, alone, FILE, number), "here");
        }
    }

    #[test]
    fn who_is_far_behind_holds_nobody_up_and_takes_nobodys_block() {
        let mut shelf = Shelf::default();
        let readers = [0, 1, 2, 3, 4].map(|it| reader(&mut shelf, it, FILE));
        for (at, reader) in readers.into_iter().enumerate() {
            read(&mut shelf, reader, FILE, 100 * at as u64);
        }
        let again: Vec<_> = readers
            .into_iter()
            .enumerate()
            .map(|(at, reader)| read(&mut shelf, reader, FILE, 100 * at as u64))
            .collect();
        assert_eq!(again, ["here", "here", "here", "here", "past"]);
        shelf.clock += STILL_AFTER + 1;
        assert_eq!(read(&mut shelf, readers[4], FILE, 400), "fetched", "the others stand still");
    }

    #[test]
    fn what_is_being_read_stays_until_it_is() {
        let mut shelf = Shelf::default();
        let alone = reader(&mut shelf, 0, FILE);
        let pending: Vec<_> = (0..4).map(|it| shelf.look(alone, it * 10)).collect();
        assert!(matches!(shelf.look(alone, 99), Look::Past));
        assert_eq!(pending.len(), shelf.blocks.len());
    }
}
