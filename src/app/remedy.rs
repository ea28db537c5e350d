//! What keys do to a row of the ledger: pause it, stop it, send it again, or to more people.

use super::screen::Screen;
use super::transfers::{Transfer, TransferPhase};
use super::{
    Answer, App, Audience, Content, Effect, Fault, Item, ItemId, Mood, Parcel, Receipt,
    ReceiptState, RecordId, Row,
};
use crate::transfer::{Reason, Side};
use std::time::Instant;

/// What can be done about a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// To pause it.
    Rest,
    /// To have it go on, which was paused here.
    GoOn,
    /// To stop it.
    Cancel,
    /// To send it again.
    Again,
    /// To send it to whoever joins, too.
    Widen,
}

impl App {
    /// Whether this can be done about the chosen row.
    pub fn has(&self, remedy: Remedy) -> bool {
        let Some(row) = self.chosen_row() else { return false };
        match remedy {
            Remedy::Rest => self.transfers_of(row).any(Transfer::may_rest),
            Remedy::GoOn => {
                let mut all = self.transfers_of(row);
                !self.has(Remedy::Rest) && all.any(|it| it.rests == Some(Side::Local))
            }
            Remedy::Cancel => match row {
                Row::Item(id) => self.trail.get(id).is_some_and(Item::is_awaited),
                Row::Receiver(id, at) => self.receipt(id, at).is_some_and(|it| !it.is_over()),
                Row::Incoming(_) | Row::Awaited(_) => true,
                Row::Past(_) => false,
            },
            Remedy::Again => match row {
                Row::Item(id) => {
                    let item = self.trail.get(id);
                    item.is_some_and(|item| item.receipts.iter().any(Receipt::has_failed))
                }
                Row::Receiver(id, at) => self.receipt(id, at).is_some_and(Receipt::has_failed),
                Row::Past(id) => self.past.iter().any(|it| it.record.id == id && it.is_sendable()),
                Row::Incoming(_) | Row::Awaited(_) => false,
            },
            Remedy::Widen => matches!(row, Row::Item(_) | Row::Receiver(..)),
        }
    }

    /// Has the chosen row rest.
    pub(super) fn rest_chosen(&mut self, now: Instant) -> Vec<Effect> {
        let Some(row) = self.chosen_row() else { return Vec::new() };
        let moving = self.transfers_of(row).filter(|it| it.may_rest());
        let rest: Vec<_> = moving.map(Transfer::rest).collect();
        if rest.is_empty() {
            let why = self.why_it_rests(row);
            let why = why.unwrap_or_else(|| "only what is under way can be paused".to_owned());
            self.notices.say(Mood::Info, why, now);
        }
        rest
    }

    /// Has the chosen row go on.
    pub(super) fn let_chosen_go_on(&mut self, now: Instant) -> Vec<Effect> {
        let Some(row) = self.chosen_row() else { return Vec::new() };
        let rests = self.transfers_of(row).filter(|it| it.rests == Some(Side::Local));
        let go_on: Vec<_> = rests.map(Transfer::go_on).collect();
        if go_on.is_empty() {
            let why = self.why_it_rests(row).unwrap_or_else(|| "that is not paused".to_owned());
            self.notices.say(Mood::Info, why, now);
        }
        go_on
    }

    /// By whom a row was paused, if it was.
    fn why_it_rests(&self, row: Row) -> Option<String> {
        self.transfers_of(row).find_map(|transfer| match transfer.rests? {
            Side::Local => Some("that is paused already".to_owned()),
            Side::Remote => Some(format!("{} has paused it, and lets it go on", transfer.name)),
        })
    }

    /// Stops the chosen row.
    pub(super) fn cancel_chosen(&mut self, now: Instant) -> Vec<Effect> {
        let Some(row) = self.chosen_row() else { return Vec::new() };
        if !self.has(Remedy::Cancel) {
            self.notices.say(Mood::Info, "that is over: there is nothing to cancel", now);
            return Vec::new();
        }
        match row {
            Row::Item(id) => self.cancel_item(id),
            Row::Receiver(id, at) => {
                let effects: Vec<_> = self.transfers_of(row).map(Transfer::stop).collect();
                let item = self.trail.get_mut(id).filter(|_| effects.is_empty());
                if let Some(receipt) = item.and_then(|item| item.receipts.get_mut(at)) {
                    receipt.state = ReceiptState::Failed(Fault::Stopped);
                }
                effects
            }
            Row::Incoming((connection, _, transfer)) => {
                let declined = Answer::Decline(Reason::Person);
                let declined = self.answer_to(connection, transfer, declined, now);
                let stops = self.transfers_of(row).map(Transfer::stop);
                if declined.is_empty() { stops.collect() } else { declined }
            }
            Row::Awaited(id) => self.await_no_more(id, now),
            Row::Past(_) => Vec::new(),
        }
    }

    /// Sends again what of the chosen row did not arrive.
    pub(super) fn send_again(&mut self, now: Instant) -> Vec<Effect> {
        let Some(row) = self.chosen_row() else { return Vec::new() };
        if !self.has(Remedy::Again) {
            self.notices.say(Mood::Info, "there is nothing to send again here", now);
            return Vec::new();
        }
        match row {
            Row::Item(id) => self.offer_again(id, None),
            Row::Receiver(id, at) => self.offer_again(id, Some(at)),
            Row::Past(id) => self.send_past(id, now),
            Row::Incoming(_) | Row::Awaited(_) => Vec::new(),
        }
    }

    /// Sends the chosen file to whoever joins, too, or not any more.
    pub(super) fn widen(&mut self, now: Instant) -> Vec<Effect> {
        let Some(Row::Item(id) | Row::Receiver(id, _)) = self.chosen_row() else {
            return Vec::new();
        };
        let Some(item) = self.trail.get_mut(id) else { return Vec::new() };
        let file = item.proposal.name.clone();
        let (audience, text) = match item.audience {
            Audience::Coming => {
                (Audience::Here, format!("{file} does not go to who joins any more"))
            }
            Audience::Here | Audience::Chosen(_) => {
                (Audience::Coming, format!("{file} goes to whoever joins, too"))
            }
        };
        item.audience = audience;
        self.notices.say(Mood::Info, text, now);
        self.offer(id)
    }

    /// What of an item failed waits again, and is offered to those who are here.
    fn offer_again(&mut self, id: ItemId, only: Option<usize>) -> Vec<Effect> {
        let Some(item) = self.trail.get_mut(id) else { return Vec::new() };
        let all = item.receipts.iter_mut().enumerate();
        for (at, receipt) in all.filter(|(_, receipt)| receipt.has_failed()) {
            if only.is_none_or(|only| only == at) {
                receipt.state = ReceiptState::Waiting;
            }
        }
        self.offer(id)
    }

    /// Sends a file of an earlier run, if it still lies where it did.
    fn send_past(&mut self, id: RecordId, now: Instant) -> Vec<Effect> {
        let Some(at) = self.past.iter().position(|past| past.record.id == id) else {
            return Vec::new();
        };
        let record = &self.past[at].record;
        let Some(path) = record.path.clone() else { return Vec::new() };
        let proposal = record.proposal.clone();
        let content = Content::at(path, &proposal);
        let parcel = Parcel { proposal, content };
        let Some((item, effects)) = self.hand_over(parcel, now) else { return Vec::new() };
        self.past.remove(at);
        self.trail.forget_earlier(id);
        if let Some(item) = self.trail.get_mut(item) {
            item.record = id;
        }
        if let Screen::Transfers { chosen, .. } = &mut self.screen {
            *chosen = Some(Row::Item(item));
        }
        effects
    }
}

impl Transfer {
    fn may_rest(&self) -> bool {
        matches!(self.phase, TransferPhase::Moving { .. }) && self.rests.is_none()
    }
}

impl Receipt {
    fn has_failed(&self) -> bool {
        matches!(self.state, ReceiptState::Failed(_))
    }
}
