//! The outbox: what waits for somebody who is not here, or not here any more.
//!
//! A receipt is a person's, not a connection's. When the connection is lost before it came, it
//! waits, and the item is offered again as soon as a peer with the same key is here; the receiver
//! has kept what was verified. Leaving the room ends what waits.

use super::transfers::{Transfer, TransferPhase};
use super::{
    App, Attendance, Audience, ConnectionId, Effect, Fault, Item, ItemId, Mood, Receipt,
    ReceiptState,
};
use crate::report::{Code, Who};
use crate::text::FileName;
use crate::transfer::Direction;
use std::time::Instant;

/// What becomes of what went over a connection that is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loss {
    /// It waits: that person may come back.
    Gone,
    /// It has failed: that peer is not heard any more.
    Barred,
    /// It has failed: the person here leaves.
    RoomLeft,
}

impl App {
    /// A peer may be here now: what waits for it is offered.
    pub(super) fn reach(&mut self, connection: ConnectionId, now: Instant) -> Vec<Effect> {
        let peer = self.room.receivers().find(|peer| peer.connection == connection);
        let Some(receipt) = peer.map(Receipt::of) else { return Vec::new() };
        let mut effects = Vec::new();
        let mut goes = Vec::new();
        // The oldest goes first.
        let mut changed = Vec::new();
        for item in self.trail.iter_mut().rev() {
            if item.offer_to(&receipt) {
                effects.push(item.propose(connection));
                goes.push(item.proposal.name.clone());
                changed.push(item.id);
            }
        }
        for id in changed {
            self.trail.changed(id);
        }
        if let Some(what) = all_of(&goes, "goes", "go") {
            self.notices.say(Mood::Info, format!("{what} to {}", receipt.name), now);
        }
        effects
    }

    /// What waits of an item is offered to those who are here.
    pub(super) fn offer(&mut self, id: ItemId) -> Vec<Effect> {
        let receipts: Vec<_> = self.room.receivers().map(Receipt::of).collect();
        let Some(item) = self.trail.get_mut(id) else { return Vec::new() };
        let offered = receipts.iter().filter(|receipt| item.offer_to(receipt));
        let connections: Vec<_> = offered.filter_map(|receipt| receipt.connection).collect();
        connections.into_iter().map(|connection| item.propose(connection)).collect()
    }

    /// A connection is over, and with it what went over it.
    pub(super) fn lose(
        &mut self,
        connection: ConnectionId,
        loss: Loss,
        now: Instant,
    ) -> Vec<Effect> {
        let mut effects = Vec::new();
        let mut waits = Vec::new();
        for transfer in self.transfers.take_all(connection) {
            match transfer.direction {
                Direction::Outgoing => {
                    let waiting = loss == Loss::Gone && self.is_persons(transfer.item);
                    if !waiting {
                        let (name, file) = (&transfer.name, &transfer.proposal.name);
                        let text = format!("{file} did not reach {name}: {}", words(loss));
                        self.notices.say(Mood::Bad, text, now);
                    }
                }
                Direction::Incoming => {
                    effects.extend(self.remember_lost(&transfer, loss, now));
                    waits.extend(self.lose_incoming(transfer, loss, now));
                }
            }
        }
        let mut failed: Vec<(ItemId, Who)> = Vec::new();
        let (mut goes_on, mut name) = (Vec::new(), None);
        let mut changed = Vec::new();
        for item in self.trail.iter_mut() {
            let persons = item.order.is_none();
            for receipt in &mut item.receipts {
                if !receipt.is_underway(connection) {
                    continue;
                }
                changed.push(item.id);
                if persons && loss == Loss::Gone {
                    receipt.state = ReceiptState::Waiting;
                    goes_on.push(item.proposal.name.clone());
                    name = Some(receipt.name.clone());
                } else {
                    receipt.state = ReceiptState::Failed(fault(loss));
                    failed.extend(receipt.who().map(|who| (item.id, who)));
                }
            }
        }
        for id in changed {
            self.trail.changed(id);
        }
        for (item, to) in failed {
            self.report_lost(item, to);
        }
        for text in waits {
            self.notices.say(Mood::Info, text, now);
        }
        // With what was not even offered yet.
        goes_on.reverse();
        if let (Some(what), Some(name)) = (all_of(&goes_on, "goes on", "go on"), name) {
            let text = format!("{name} is gone: {what} when {name} is back");
            self.notices.say(Mood::Info, text, now);
        }
        effects
    }

    /// What is remembered of an incoming file that is cut off, if it was taken.
    fn remember_lost(&mut self, cut: &Transfer, loss: Loss, now: Instant) -> Vec<Effect> {
        if cut.phase == TransferPhase::Asked {
            return Vec::new();
        }
        let state = match loss {
            Loss::Gone => ReceiptState::Waiting,
            Loss::Barred | Loss::RoomLeft => ReceiptState::Failed(fault(loss)),
        };
        self.remember_incoming(cut, (state, None), now)
    }

    /// An incoming file is cut off; what a person is told of one that is awaited.
    fn lose_incoming(&mut self, cut: Transfer, loss: Loss, now: Instant) -> Option<String> {
        let (name, file) = (cut.name.clone(), cut.proposal.name.clone());
        self.report_unreceived(cut.told(), cut.who(), &file, Code::CutOff, words(loss));
        let attended = self.settings.attendance == Attendance::Person;
        match (loss, cut.phase) {
            (Loss::Gone, TransferPhase::Moving { .. }) if attended => {
                self.await_again(cut, now);
                Some(format!("{file} from {name} goes on when {name} is back"))
            }
            (Loss::Gone, TransferPhase::Asked) if attended => {
                let text = format!("{name} is gone, before {file} was taken or declined");
                self.notices.say(Mood::Info, text, now);
                None
            }
            _ => {
                let text = format!("{file} from {name} is not whole: {}", words(loss));
                self.notices.say(Mood::Bad, text, now);
                None
            }
        }
    }

    /// The room is left: what waits does not go out.
    pub(super) fn leave(&mut self, now: Instant) -> Vec<Effect> {
        let connections: Vec<_> = self.room.peers.values().map(|peer| peer.connection).collect();
        let lost = connections.into_iter().flat_map(|it| self.lose(it, Loss::RoomLeft, now));
        let effects = lost.collect();
        self.awaited.clear();
        self.chosen.clear();
        let (mut ended, mut changed) = (Vec::new(), Vec::new());
        for item in self.trail.iter_mut().filter(|item| item.is_awaited()) {
            // One that was for whoever comes may be with all who came.
            let waited = item.receipts.is_empty() || !item.receipts.iter().all(Receipt::is_over);
            item.end_waiting(Fault::RoomLeft);
            changed.push(item.id);
            ended.extend(waited.then(|| item.proposal.name.clone()));
        }
        for id in changed {
            self.trail.changed(id);
        }
        ended.reverse();
        if let Some(what) = all_of(&ended, "does not go out", "do not go out") {
            self.notices.say(Mood::Bad, format!("the room was left: {what}"), now);
        }
        effects
    }

    /// Stops an item that goes out, for all that it goes to and would go to.
    pub(super) fn cancel_item(&mut self, id: ItemId) -> Vec<Effect> {
        let transfers = self.transfers.iter().filter(|it| it.item == Some(id));
        let effects = transfers.map(Transfer::stop).collect();
        let transfers = &self.transfers;
        if let Some(item) = self.trail.get_mut(id).filter(|item| item.order.is_none()) {
            // What was offered ends when the peer's task says so.
            let offered = |receipt: &Receipt| {
                let over = |it: &Transfer| Some(it.connection) == receipt.connection;
                transfers.iter().any(|it| it.item == Some(id) && over(it))
            };
            if item.audience == Audience::Coming {
                item.audience = Audience::Here;
            }
            for receipt in item.receipts.iter_mut().filter(|it| !it.is_over()) {
                if !offered(receipt) || receipt.state == ReceiptState::Waiting {
                    receipt.state = ReceiptState::Failed(Fault::Stopped);
                }
            }
        }
        effects
    }

    /// Whether it was a person who sent an item, and not a program.
    fn is_persons(&self, item: Option<ItemId>) -> bool {
        let item = item.and_then(|item| self.trail.get(item));
        item.is_some_and(|item| item.order.is_none())
    }
}

impl Item {
    /// Whether it goes now to whom this receipt would be of; if so, that is noted.
    fn offer_to(&mut self, new: &Receipt) -> bool {
        if new.connection.is_some_and(|it| self.receipts.iter().any(|known| known.is_underway(it)))
        {
            return false;
        }
        let mut of_it = self.receipts.iter_mut().filter(|known| known.id == new.id).peekable();
        let is_known = of_it.peek().is_some();
        if let Some(waiting) = of_it.find(|known| known.state == ReceiptState::Waiting) {
            *waiting = new.clone();
            return true;
        }
        let comes = self.audience == Audience::Coming && !is_known;
        let comes = comes && self.receipts.len() < RECEIPTS_MAX;
        if comes {
            self.receipts.push(new.clone());
        }
        comes
    }

    /// It waits for nobody any more.
    fn end_waiting(&mut self, why: Fault) {
        if self.audience == Audience::Coming {
            self.audience = Audience::Here;
        }
        for receipt in self.receipts.iter_mut().filter(|it| it.state == ReceiptState::Waiting) {
            receipt.state = ReceiptState::Failed(why);
        }
    }
}

/// `plan.pdf goes on`, `3 files go on`; `None` of nothing.
fn all_of(files: &[FileName], one: &str, several: &str) -> Option<String> {
    match files {
        [] => None,
        [file] => Some(format!("{file} {one}")),
        files => Some(format!("{} files {several}", files.len())),
    }
}

fn fault(loss: Loss) -> Fault {
    match loss {
        Loss::Gone | Loss::Barred => Fault::Lost,
        Loss::RoomLeft => Fault::RoomLeft,
    }
}

fn words(loss: Loss) -> &'static str {
    fault(loss).words()
}

/// Whoever comes and goes under ever other keys gets no more of one item than so many.
const RECEIPTS_MAX: usize = 64;
