//! The ledger: all that waits, is under way and is done, row by row. What keys do to a row is in
//! `remedy`.
//!
//! A file that goes to several people has a row for itself and one for each of them, unless all
//! have it. What is done to its own row is done to all of them.

use super::screen::{Screen, Step};
use super::transfers::{Transfer, TransferKey, TransferPhase};
use super::{
    App, Audience, Author, Effect, Item, ItemId, Moment, Receipt, ReceiptState, RecordId, Run,
};
use crate::transfer::Direction;

/// A row of the ledger, by what it tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    /// A file that goes out, or went out in this run.
    Item(ItemId),
    /// One of those that it goes to: the place among its receipts.
    Receiver(ItemId, usize),
    /// A file that comes in.
    Incoming(TransferKey),
    /// A file that goes on when its sender is back.
    Awaited(ItemId),
    /// What was.
    Past(RecordId),
}

/// The parts of the ledger, from above.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// For somebody, or for an answer.
    Waiting,
    /// Bytes go to and fro, or rest.
    UnderWay,
    /// Over, one way or another.
    Done,
}

impl App {
    /// All rows, in the order of their parts, newest first in each.
    pub fn ledger(&self) -> Vec<(Part, Row)> {
        let mut rows = Vec::new();
        for transfer in self.transfers.iter().rev() {
            if transfer.direction == Direction::Incoming {
                let asked = transfer.phase == TransferPhase::Asked;
                let part = if asked { Part::Waiting } else { Part::UnderWay };
                rows.push((part, Row::Incoming(transfer.key())));
            }
        }
        let mut done: Vec<(Moment, Vec<Row>)> = Vec::new();
        for item in self.trail.iter().filter(|it| it.author == Author::Local) {
            if item.run == Run::Earlier {
                continue;
            }
            let part = self.part(item);
            let item_rows = rows_of(item);
            if part == Part::Done {
                done.push((item.at, item_rows));
            } else {
                rows.extend(item_rows.into_iter().map(|row| (part, row)));
            }
        }
        let awaited = self.awaited.iter().rev();
        rows.extend(awaited.map(|it| (Part::Waiting, Row::Awaited(it.id))));
        done.extend(self.past.iter().map(|past| (past.at, vec![Row::Past(past.record.id)])));
        done.sort_by(|(a, _), (b, _)| a.compare(b));
        rows.sort_by_key(|(part, _)| *part);
        rows.extend(done.into_iter().flat_map(|(_, rows)| rows).map(|row| (Part::Done, row)));
        rows
    }

    /// The row that keys act on.
    pub fn chosen_row(&self) -> Option<Row> {
        let Screen::Transfers { chosen, .. } = self.screen else { return None };
        chosen.filter(|row| self.ledger().iter().any(|(_, it)| it == row))
    }

    /// Whether something waits, or is under way.
    pub fn is_busy(&self) -> bool {
        self.transfers.iter().len() > 0
            || !self.awaited.is_empty()
            || self.trail.iter().any(Item::is_awaited)
    }

    /// Shows the ledger, or leaves it.
    pub(super) fn toggle_ledger(&mut self) -> Vec<Effect> {
        let chosen = self.ledger().first().map(|(_, row)| *row);
        self.toggle(Screen::Transfers { chosen, at: 0 })
    }

    /// Chooses the next row. From one that is gone the way leads to its neighbours.
    pub(super) fn choose_row(&mut self, step: Step) {
        let rows = self.ledger();
        let Screen::Transfers { chosen, at } = &mut self.screen else { return };
        let known = rows.iter().position(|(_, row)| Some(*row) == *chosen);
        let next = match (known, step) {
            (None, _) => *at,
            (Some(at), Step::Up) => at.saturating_sub(1),
            (Some(at), Step::Down) => at + 1,
        };
        *at = next.min(rows.len().saturating_sub(1));
        *chosen = rows.get(*at).map(|(_, row)| *row);
    }

    /// Where an item belongs.
    fn part(&self, item: &Item) -> Part {
        let of_it = |transfer: &&Transfer| transfer.item == Some(item.id);
        let moves = |it: &Transfer| matches!(it.phase, TransferPhase::Moving { .. });
        if self.transfers.iter().filter(of_it).any(moves) {
            Part::UnderWay
        } else if item.receipts.is_empty() && item.audience == Audience::Coming {
            Part::Waiting
        } else if item.receipts.iter().all(Receipt::is_over) {
            Part::Done
        } else {
            Part::Waiting
        }
    }

    /// The transfers that a row tells of.
    pub fn transfers_of(&self, row: Row) -> impl Iterator<Item = &Transfer> {
        let connection = match row {
            Row::Receiver(id, at) => self.receipt(id, at).and_then(|receipt| receipt.connection),
            _ => None,
        };
        self.transfers.iter().filter(move |it| match row {
            Row::Item(id) => it.item == Some(id),
            Row::Receiver(id, _) => it.item == Some(id) && Some(it.connection) == connection,
            Row::Incoming(key) => it.key() == key,
            Row::Awaited(_) | Row::Past(_) => false,
        })
    }

    pub(super) fn receipt(&self, id: ItemId, at: usize) -> Option<&Receipt> {
        self.trail.get(id)?.receipts.get(at)
    }
}

/// An item's own row, and those of whom it goes to, where there are several and not all have it.
fn rows_of(item: &Item) -> Vec<Row> {
    let several = item.receipts.len() > 1;
    let all = item.receipts.iter().all(|receipt| receipt.state == ReceiptState::Delivered);
    let count = if several && !all { item.receipts.len() } else { 0 };
    let receivers = (0..count).map(|at| Row::Receiver(item.id, at));
    std::iter::once(Row::Item(item.id)).chain(receivers).collect()
}
