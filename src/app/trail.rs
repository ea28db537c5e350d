//! The trail: photos sent and received, newest first, with who has them.

use super::{Audience, ConnectionId, Content, Fault, ItemId, Moment, Peer, RecordId, Run, Whom};
use crate::picture::RgbImage;
use crate::text::SafeText;
use crate::transfer::Proposal;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// One photo or file.
#[derive(Debug, Clone)]
pub struct Item {
    /// Its number.
    pub id: ItemId,
    /// Who sent it.
    pub author: Author,
    /// What it is said to be.
    pub proposal: Proposal,
    /// When it was sent or had come in.
    pub at: Moment,
    /// Small.
    pub picture: Picture,
    /// Where its bytes are.
    pub content: Content,
    /// For what was sent: whom it is for.
    pub audience: Audience,
    /// For what was sent: who has it, and who is to get it.
    pub receipts: Vec<Receipt>,
    /// What the program calls it that asked for it to be sent, if one did.
    pub order: Option<String>,
    /// What it is remembered by.
    pub record: RecordId,
    /// Whether it is of this run of the program.
    pub run: Run,
}

/// Who sent an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Author {
    /// The person here.
    Local,
    /// The person of this name.
    Remote(SafeText),
}

/// A picture that may still be on its way to the screen.
#[derive(Debug, Clone)]
pub enum Picture {
    /// Nobody has looked for it yet.
    Unasked,
    /// Being decoded.
    Pending,
    /// Decoded.
    Ready(Arc<RgbImage>),
    /// There is none, for this reason.
    Unreadable(String),
}

/// How far an item has come to one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Over which connection, if there was one.
    pub connection: Option<ConnectionId>,
    /// What that person is called.
    pub name: SafeText,
    /// That person's fingerprint: whoever comes with the same one is the same.
    pub id: String,
    /// How far.
    pub state: ReceiptState,
}

/// The stages of a [`Receipt`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptState {
    /// It is offered when that person is here, or here again.
    Waiting,
    /// On its way.
    Underway,
    /// On their disk, whole.
    Delivered,
    /// Ended early.
    Failed(Fault),
}

impl Receipt {
    /// A receipt that is awaited of a peer.
    pub fn of(peer: &Peer) -> Self {
        let (connection, name) = (Some(peer.connection), peer.label());
        let state = if peer.is_open() { ReceiptState::Underway } else { ReceiptState::Waiting };
        Self { connection, name, id: peer.who().id, state }
    }

    /// A receipt of somebody who is not here.
    pub fn awaited(of: &Whom) -> Self {
        let (name, id) = (of.name.clone(), of.id.clone());
        Self { connection: None, name, id, state: ReceiptState::Waiting }
    }

    /// Whether it is on its way over this connection.
    pub(super) fn is_underway(&self, over: ConnectionId) -> bool {
        self.connection == Some(over) && self.state == ReceiptState::Underway
    }

    /// Whether no more is to come of it.
    pub fn is_over(&self) -> bool {
        matches!(self.state, ReceiptState::Delivered | ReceiptState::Failed(_))
    }
}

impl Item {
    /// Whether it is still to go to somebody, whoever that is.
    pub fn is_awaited(&self) -> bool {
        self.audience == Audience::Coming || !self.receipts.iter().all(Receipt::is_over)
    }

    /// How long ago it came, in the words of the trail.
    pub fn age(&self, now: Instant) -> String {
        age(self.at, now)
    }
}

/// How long ago something was, in a word or two.
pub fn age(of: Moment, now: Instant) -> String {
    let minutes = of.age(now).as_secs() / 60;
    match minutes {
        0 => "now".to_owned(),
        1..60 => format!("{minutes} min"),
        60..1440 => format!("{} h", minutes / 60),
        _ => format!("{} d", minutes / 1440),
    }
}

/// The items, newest first, and the one that is chosen.
#[derive(Debug, Clone, Default)]
pub struct Trail {
    items: VecDeque<Item>,
    chosen: Option<ItemId>,
    /// Of which something is to be remembered.
    changed: Vec<ItemId>,
}

impl Trail {
    /// Adds the newest item; when there are too many, the oldest that nobody awaits goes.
    pub fn add(&mut self, item: Item) {
        self.changed.push(item.id);
        self.items.push_front(item);
        if self.items.len() > ITEMS_MAX {
            let settled = self.items.iter().rposition(|item| !item.is_awaited());
            self.items.remove(settled.unwrap_or(ITEMS_MAX));
        }
    }

    /// Adds an item that is older than all others, unless there are enough.
    pub fn add_older(&mut self, item: Item) {
        if self.items.len() < ITEMS_MAX {
            self.items.push_back(item);
        }
    }

    /// All items, newest first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Item> {
        self.items.iter()
    }

    /// Whether nothing has been sent or received.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The chosen item: the newest, unless another was chosen.
    pub fn chosen(&self) -> Option<&Item> {
        self.items.get(self.chosen_at())
    }

    /// The chosen item's place, 0 for the newest.
    pub fn chosen_at(&self) -> usize {
        self.items.iter().position(|item| Some(item.id) == self.chosen).unwrap_or(0)
    }

    /// Chooses the next newer item.
    pub fn choose_newer(&mut self) {
        let at = self.chosen_at().saturating_sub(1);
        // The newest stays chosen as newer ones come.
        self.chosen = if at == 0 { None } else { self.items.get(at).map(|item| item.id) };
    }

    /// Chooses the next older item.
    pub fn choose_older(&mut self) {
        let at = (self.chosen_at() + 1).min(self.items.len().saturating_sub(1));
        self.chosen = self.items.get(at).map(|item| item.id);
    }

    /// The small picture of an item is there.
    pub fn set_picture(&mut self, id: ItemId, picture: Picture) {
        if let Some(item) = self.items.iter_mut().find(|item| item.id == id) {
            item.picture = picture;
        }
    }

    /// The bytes of an item are elsewhere now.
    pub fn set_content(&mut self, id: ItemId, content: Content) {
        if let Some(item) = self.get_mut(id) {
            item.content = content;
        }
    }

    /// What was on its way over a connection has come so far; what it was before is final once it
    /// is.
    pub fn set_receipt(&mut self, id: ItemId, connection: ConnectionId, state: ReceiptState) {
        let receipts = self.get_mut(id).map(|item| item.receipts.iter_mut());
        for receipt in receipts.into_iter().flatten() {
            if receipt.is_underway(connection) {
                receipt.state = state;
            }
        }
    }

    /// The item of this number.
    pub fn get(&self, id: ItemId) -> Option<&Item> {
        self.items.iter().find(|item| item.id == id)
    }

    /// Lets go of the item of an earlier run that is remembered by this: it is sent anew.
    pub(super) fn forget_earlier(&mut self, record: RecordId) {
        self.items.retain(|item| item.run == Run::This || item.record != record);
    }

    /// Lets go of an item that nothing is awaited of any more.
    pub fn forget_settled(&mut self, id: ItemId) {
        self.items.retain(|item| item.id != id || item.is_awaited());
    }

    /// When an age on the screen changes next.
    pub fn poll_timeout(&self, now: Instant) -> Option<Instant> {
        let next = |item: &Item| {
            let minutes = item.at.age(now).as_secs() / 60;
            let step = match minutes {
                0..60 => 1,
                60..1440 => 60,
                _ => 1440,
            };
            item.at.when(Duration::from_secs((minutes / step + 1) * step * 60))
        };
        self.items.iter().map(next).min()
    }

    /// Something of this item is to be remembered.
    pub(super) fn changed(&mut self, id: ItemId) {
        if !self.changed.contains(&id) {
            self.changed.push(id);
        }
    }

    /// Of which items something is to be remembered.
    pub(super) fn take_changed(&mut self) -> Vec<ItemId> {
        std::mem::take(&mut self.changed)
    }

    /// All items, newest first, to be changed: what is to be remembered of it, [`Trail::changed`] tells.
    pub(super) fn iter_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut Item> {
        self.items.iter_mut()
    }

    /// The item of this number, to be changed: that is remembered.
    pub(super) fn get_mut(&mut self, id: ItemId) -> Option<&mut Item> {
        self.changed(id);
        self.items.iter_mut().find(|item| item.id == id)
    }
}

/// More than anybody scrolls through; the files stay in the save folder.
const ITEMS_MAX: usize = 200;
