//! The picker: a folder, the entry that is chosen, those that are marked, and what the list is
//! narrowed to. What keys make of it is in `picking`.
//!
//! It never waits: while a folder is read, the one before stays in sight, and nothing of it can be
//! chosen any more.

use super::files::{Entry, Found, Hidden, LookId, Order, Query, reads_like};
use super::{Moment, Picture};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The picker of files.
#[derive(Debug, Clone)]
pub struct Picker {
    /// Whether it is read.
    pub listing: Listing,
    /// What the list is narrowed to.
    pub narrow: String,
    /// Whether hidden entries are shown.
    pub hidden: Hidden,
    /// In which order.
    pub order: Order,
    /// What will be sent, in the order in which it was marked.
    pub marked: Vec<Marked>,
    /// The picture of the chosen entry, if there may be one.
    pub beside: Option<Beside>,
    folder: Option<PathBuf>,
    entries: Vec<Entry>,
    more: usize,
    /// What the entries were narrowed to when they were read.
    read_narrow: String,
    read_at: Option<Instant>,
    /// Which of the entries are shown, by their places.
    shown: Vec<usize>,
    /// Which of those is chosen.
    at: usize,
    /// What is to be chosen once the folder is read.
    wanted: Option<OsString>,
}

/// How far a folder is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listing {
    /// It is being read.
    Reading(LookId),
    /// It was read.
    Read,
    /// It cannot be read, for this reason.
    Unreadable(String),
}

/// A file or a folder that is marked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marked {
    /// Where it lies.
    pub path: PathBuf,
    /// In bytes; none of a folder.
    pub size: Option<u64>,
}

/// A picture that is looked for.
#[derive(Debug, Clone)]
pub struct Beside {
    /// Of which file.
    pub path: PathBuf,
    /// Under which number.
    pub look: LookId,
    /// As far as it is there.
    pub picture: Picture,
}

impl Picker {
    /// For this folder, which has yet to be read; for the working directory, if none is named.
    pub(super) fn new(folder: Option<PathBuf>) -> Self {
        Self {
            listing: Listing::Read,
            narrow: String::new(),
            hidden: Hidden::default(),
            order: Order::default(),
            marked: Vec::new(),
            beside: None,
            folder,
            entries: Vec::new(),
            more: 0,
            read_narrow: String::new(),
            read_at: None,
            shown: Vec::new(),
            at: 0,
            wanted: None,
        }
    }

    /// Which folder it is, once that is known.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// How many entries are listed.
    pub fn len(&self) -> usize {
        self.shown.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    /// How many entries are known by name.
    pub fn count(&self) -> usize {
        self.entries.len()
    }

    /// How many entries there are that are not known by name.
    pub fn more(&self) -> usize {
        self.more
    }

    /// The place of the chosen entry in the list.
    pub fn at(&self) -> usize {
        self.at
    }

    /// The entries that are listed, from this place on.
    pub fn from(&self, first: usize) -> impl Iterator<Item = (usize, &Entry)> {
        let shown = self.shown.iter().enumerate().skip(first);
        shown.map(|(place, at)| (place, &self.entries[*at]))
    }

    /// The chosen entry; none while the folder is being read.
    pub fn chosen(&self) -> Option<&Entry> {
        let at = self.shown.get(self.at).filter(|_| self.listing == Listing::Read)?;
        Some(&self.entries[*at])
    }

    /// Where an entry lies.
    pub fn path_of(&self, entry: &Entry) -> PathBuf {
        self.folder.as_ref().map_or_else(|| entry.name.clone().into(), |it| it.join(&entry.name))
    }

    /// Whether it will be sent.
    pub fn is_marked(&self, entry: &Entry) -> bool {
        !self.marked.is_empty() && {
            let path = self.path_of(entry);
            self.marked.iter().any(|marked| marked.path == path)
        }
    }

    /// When an entry was changed.
    pub fn changed_at(&self, entry: &Entry) -> Option<Moment> {
        Some(Moment::ago(entry.age?, self.read_at?))
    }

    /// What is to be read now, under this number. What is chosen stays so, if it is still there.
    pub(super) fn read(&mut self, look: LookId) -> Query {
        if self.wanted.is_none() {
            self.wanted = self.chosen().map(|entry| entry.name.clone());
        }
        self.listing = Listing::Reading(look);
        self.read_narrow.clone_from(&self.narrow);
        Query {
            folder: self.folder.clone(),
            hidden: self.hidden,
            order: self.order,
            narrow: self.narrow.clone(),
        }
    }

    /// The folder that was asked for under this number is read; false if it is not waited for.
    pub(super) fn found(
        &mut self,
        look: LookId,
        found: Result<Found, String>,
        now: Instant,
    ) -> bool {
        if self.listing != Listing::Reading(look) {
            return false;
        }
        let (entries, more) = match found {
            Ok(found) => {
                self.folder = Some(found.folder);
                self.listing = Listing::Read;
                (found.entries, found.more)
            }
            Err(why) => {
                self.listing = Listing::Unreadable(why);
                (Vec::new(), 0)
            }
        };
        (self.entries, self.more, self.read_at) = (entries, more, Some(now));
        self.at = 0;
        let wanted = self.wanted.take();
        self.list(wanted.as_ref());
        true
    }

    /// Goes to a folder, which is to be read; there, this entry is chosen.
    pub(super) fn go(&mut self, folder: PathBuf, wanted: Option<OsString>) {
        self.narrow.clear();
        (self.folder, self.wanted) = (Some(folder), wanted);
        // Until it is read, nothing of the one before is taken for a part of it.
        self.listing = Listing::Reading(LookId(0));
    }

    /// Changes what the list is narrowed to; false if the folder has to be read again for it.
    pub(super) fn edit(&mut self, edit: impl FnOnce(&mut String)) -> bool {
        edit(&mut self.narrow);
        let end = self.narrow.floor_char_boundary(NARROW_BYTES_MAX);
        self.narrow.truncate(end);
        let chosen = self.chosen().map(|entry| entry.name.clone());
        self.list(chosen.as_ref());
        self.more == 0 && self.narrow.starts_with(&self.read_narrow)
    }

    /// Chooses the entry that is so many further down.
    pub(super) fn step(&mut self, by: isize) {
        let last = self.shown.len().saturating_sub(1);
        self.at = self.at.saturating_add_signed(by).min(last);
    }

    /// Marks the chosen entry, or takes that back.
    pub(super) fn mark(&mut self) -> Result<(), String> {
        let Some(entry) = self.chosen() else { return Ok(()) };
        if let super::files::Kind::Refused(why) = entry.kind {
            return Err(why.sentence(&entry.text));
        }
        let marked = Marked { path: self.path_of(entry), size: entry.kind.size() };
        if let Some(at) = self.marked.iter().position(|it| it.path == marked.path) {
            self.marked.remove(at);
        } else if self.marked.len() < MARKED_MAX {
            self.marked.push(marked);
        } else {
            return Err(format!("{MARKED_MAX} are marked: more do not go out at once"));
        }
        self.step(1);
        Ok(())
    }

    /// Lists what it is narrowed to, and chooses this entry, if it is there.
    fn list(&mut self, wanted: Option<&OsString>) {
        let all = self.entries.iter().enumerate();
        let shown = all.filter(|(_, entry)| reads_like(entry.text.as_str(), &self.narrow));
        self.shown = shown.map(|(at, _)| at).collect();
        let mut names = self.shown.iter().map(|at| &self.entries[*at].name);
        let at = wanted.and_then(|wanted| names.position(|name| name == wanted));
        self.at = at.unwrap_or(if wanted.is_some() { 0 } else { self.at });
        self.step(0);
    }
}

/// As many files may wait at once.
pub(super) const MARKED_MAX: usize = 64;
/// As long as a name of a file.
const NARROW_BYTES_MAX: usize = 255;
