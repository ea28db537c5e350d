//! What was: each file that was sent or received, as it is remembered beyond this run.
//!
//! A [`Record`] is written down each time something of it changes, under one number, and what was
//! written last holds. What is recalled at the start is of earlier runs, and so nothing of it waits
//! any more: what did was cut off, and can be sent again.

use super::event::PictureSize;
use super::transfers::Transfer;
use super::{
    App, Attendance, Audience, Author, Content, Effect, Fault, Item, ItemId, Picture, Receipt,
    ReceiptState,
};
use crate::transfer::{Direction, Proposal};
use std::cmp::Ordering;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What a record is known by: in which run it was made, and its number there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordId {
    /// A number that was drawn at the start.
    pub run: u64,
    /// As the app numbers things.
    pub number: u64,
}

/// A file that was sent or received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What it is known by.
    pub id: RecordId,
    /// Which way it went.
    pub direction: Direction,
    /// What it is.
    pub proposal: Proposal,
    /// Where it lies, if it does.
    pub path: Option<PathBuf>,
    /// Whom it went to, or the one it came from, and how far it came.
    pub receipts: Vec<Receipt>,
}

/// A record, and when it was made.
#[derive(Debug, Clone)]
pub struct Past {
    /// What was.
    pub record: Record,
    /// When.
    pub at: Moment,
}

/// A record as it is recalled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recalled {
    /// What was.
    pub record: Record,
    /// How long ago, by the clock on the wall; nothing if that was set back meanwhile.
    pub age: Duration,
}

/// A moment of this run or of an earlier one.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    at: Instant,
    /// How long ago it was then.
    before: Duration,
}

/// In which run of the program something was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    /// In this one.
    This,
    /// In one before.
    Earlier,
}

impl Moment {
    /// So long ago.
    pub fn ago(before: Duration, now: Instant) -> Self {
        Self { at: now, before }
    }

    /// How long ago it is.
    pub fn age(self, now: Instant) -> Duration {
        now.saturating_duration_since(self.at).saturating_add(self.before)
    }

    /// Which of both is longer ago.
    pub fn compare(&self, other: &Self) -> Ordering {
        let now = self.at.max(other.at);
        self.age(now).cmp(&other.age(now))
    }

    /// When it will be so long ago.
    pub fn when(self, age: Duration) -> Instant {
        self.at + age.saturating_sub(self.before)
    }
}

impl From<Instant> for Moment {
    fn from(at: Instant) -> Self {
        Self { at, before: Duration::ZERO }
    }
}

impl Past {
    /// Whether it is ours, did not reach everyone, and still lies where it did.
    pub fn is_sendable(&self) -> bool {
        let Record { direction, path, receipts, .. } = &self.record;
        let arrived = |receipt: &Receipt| receipt.state == ReceiptState::Delivered;
        let all = !receipts.is_empty() && receipts.iter().all(arrived);
        *direction == Direction::Outgoing && path.is_some() && !all
    }
}

impl Item {
    /// What is remembered of it.
    fn record(&self) -> Record {
        let path = self.content.path().map(Path::to_owned);
        let direction = match self.author {
            Author::Local => Direction::Outgoing,
            Author::Remote(_) => Direction::Incoming,
        };
        let receipts = self.receipts.clone();
        Record { id: self.record, direction, proposal: self.proposal.clone(), path, receipts }
    }
}

impl App {
    /// The number of a new record.
    pub(super) fn new_record(&mut self) -> RecordId {
        RecordId { run: self.settings.run, number: self.take_id() }
    }

    /// What is to be remembered of what has changed.
    pub(super) fn remember(&mut self) -> Vec<Effect> {
        let changed = self.trail.take_changed();
        if self.settings.attendance == Attendance::Nobody {
            return Vec::new();
        }
        let items = changed.into_iter().filter_map(|id| self.trail.get(id));
        let ours = items.filter(|item| item.author == Author::Local && item.run == Run::This);
        ours.map(|item| Effect::Remember(item.record())).collect()
    }

    /// An incoming file is over, or goes on another time: that is remembered.
    pub(super) fn remember_incoming(
        &mut self,
        incoming: &Transfer,
        (state, path): (ReceiptState, Option<PathBuf>),
        now: Instant,
    ) -> Vec<Effect> {
        if self.settings.attendance == Attendance::Nobody {
            return Vec::new();
        }
        let (connection, name) = (Some(incoming.connection), incoming.name.clone());
        let from = Receipt { connection, name, id: incoming.id.clone(), state };
        let record = Record {
            id: incoming.record,
            direction: Direction::Incoming,
            proposal: incoming.proposal.clone(),
            path,
            receipts: vec![from],
        };
        if state != ReceiptState::Waiting {
            self.past.push_front(Past { record: record.clone(), at: now.into() });
            self.past.truncate(PAST_MAX);
        }
        vec![Effect::Remember(record)]
    }

    /// What was remembered of earlier runs, newest first.
    pub(super) fn handle_recalled(&mut self, all: Vec<Recalled>, now: Instant) -> Vec<Effect> {
        // What of this run was written already is known better here.
        let run = self.settings.run;
        for Recalled { mut record, age } in all.into_iter().filter(|it| it.record.id.run != run) {
            for receipt in &mut record.receipts {
                receipt.connection = None;
                if !receipt.is_over() {
                    receipt.state = ReceiptState::Failed(Fault::CutOff);
                }
            }
            let at = Moment::ago(age, now);
            let lies_here = record.path.as_ref().and_then(|path| path.parent())
                == Some(self.settings.folder.as_path());
            if lies_here && record.proposal.is_picture() {
                self.show_again(&record, at);
            }
            if self.past.len() < PAST_MAX {
                self.past.push_back(Past { record, at });
            }
        }
        self.show_pictures()
    }

    /// A photo of an earlier run is in the trail again.
    fn show_again(&mut self, record: &Record, at: Moment) {
        let (author, receipts) = match (record.direction, record.receipts.first()) {
            (Direction::Outgoing, _) => (Author::Local, record.receipts.clone()),
            (Direction::Incoming, Some(Receipt { name, state: ReceiptState::Delivered, .. })) => {
                (Author::Remote(name.clone()), Vec::new())
            }
            (Direction::Incoming, _) => return,
        };
        let Some(path) = record.path.clone() else { return };
        let id = ItemId(self.take_id());
        self.trail.add_older(Item {
            id,
            author,
            proposal: record.proposal.clone(),
            at,
            picture: Picture::Unasked,
            content: Content::at(path, &record.proposal),
            audience: Audience::Here,
            receipts,
            order: None,
            record: record.id,
            run: Run::Earlier,
        });
    }

    /// Has the pictures decoded that are, or will soon be, in sight.
    pub(super) fn show_pictures(&mut self) -> Vec<Effect> {
        if !self.is_seen() {
            return Vec::new();
        }
        let at = self.trail.chosen_at();
        let near = self.trail.iter_mut().take(at + PICTURES_BEHIND);
        let near = near.skip(at.saturating_sub(PICTURES_BEFORE));
        let unasked = near.filter(|item| matches!(item.picture, Picture::Unasked));
        let decode = |item: &mut Item| {
            item.picture = Picture::Pending;
            let (item, content) = (item.id, item.content.clone());
            Effect::Decode { item, size: PictureSize::Small, content }
        };
        unasked.map(decode).collect()
    }
}

/// As many as are remembered on the disk.
const PAST_MAX: usize = 500;
/// The chosen photo has newer ones above it, and more older ones below than a screen shows.
const PICTURES_BEFORE: usize = 8;
const PICTURES_BEHIND: usize = 16;
