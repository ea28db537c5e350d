//! Sending: a file goes to some of those who are here, or will be, and each answers for itself.
//!
//! [`App::hand_over`] is how anything goes out that a person sends; an order of a program names
//! connections instead.

use super::transfers::{Transfer, TransferPhase};
use super::{
    App, Attendance, Author, ConnectionId, Content, Effect, Fault, Item, ItemId, Mood, Picture,
    PictureSize, Receipt, ReceiptState, Run, reports, why,
};
use crate::report::{self, Code, File, Report, Who};
use crate::text::SafeText;
use crate::transfer::{Direction, End, Proposal, Reason, TransferId};
use std::time::Instant;

/// A file that is to go out.
#[derive(Debug, Clone)]
pub struct Parcel {
    /// What it is.
    pub proposal: Proposal,
    /// Where its bytes are.
    pub content: Content,
}

/// What can be sent, once it was looked at.
#[derive(Debug)]
pub struct Packed {
    /// It.
    pub parcel: Parcel,
    /// What a person is told of what does not go out with it.
    pub told: Option<String>,
}

/// Whom a file is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// Everyone who was here when it was sent.
    Here,
    /// They, and each who joins while the room is open.
    Coming,
    /// These alone, now or when they are here.
    Chosen(Vec<Whom>),
}

/// A person, here or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whom {
    /// What that person is called.
    pub name: SafeText,
    /// That person's fingerprint.
    pub id: String,
}

impl Parcel {
    /// What it is, told to programs.
    pub fn told(&self) -> File {
        reports::file(&self.proposal)
    }
}

impl App {
    /// Whom a file goes to that is sent now.
    pub fn audience(&self) -> Audience {
        if !self.chosen.is_empty() {
            Audience::Chosen(self.chosen.clone())
        } else if self.room.receivers().next().is_some() {
            Audience::Here
        } else {
            Audience::Coming
        }
    }

    /// Sends a file for the person here: to everyone or to those who are chosen, and with nobody
    /// here to whoever comes. If it cannot be sent the person is told why, and it is not taken.
    pub fn hand_over(&mut self, parcel: Parcel, now: Instant) -> Option<(ItemId, Vec<Effect>)> {
        if let Some((mood, why)) = self.objection() {
            self.notices.say(mood, why, now);
            return None;
        }
        let audience = self.audience();
        let receipts = self.receipts(&audience);
        let doubted = self.room.peers().find(|peer| peer.is_open() && peer.is_doubted());
        if let Some(doubted) = doubted {
            let text = format!("nothing is sent to {} before you trust it: t", doubted.label());
            self.notices.say(Mood::Bad, text, now);
        } else if let Some(text) = waits(&parcel, &audience, &receipts) {
            self.notices.say(Mood::Info, text, now);
        }
        Some(self.send(parcel, None, (audience, receipts), now))
    }

    /// Why nothing is sent now, if so.
    pub(super) fn objection(&self) -> Option<(Mood, String)> {
        if self.room.entry.is_none() {
            return Some((Mood::Info, "no room yet: j joins one".to_owned()));
        }
        let doubted = self.room.peers().find(|peer| peer.is_open() && peer.is_doubted());
        if let Some(doubted) = doubted.filter(|_| self.audience() == Audience::Coming) {
            let text = format!("nothing is sent to {} before you trust it: t", doubted.label());
            return Some((Mood::Bad, text));
        }
        let awaited = self.trail.iter().filter(|item| item.is_awaited()).count();
        (awaited >= OUTBOX_MAX).then(|| {
            let text = format!("{awaited} files wait already: p shows them, x there stops one");
            (Mood::Bad, text)
        })
    }

    /// Receipts of all whom a file is for, as far as it is known who they are.
    fn receipts(&self, audience: &Audience) -> Vec<Receipt> {
        let known = self.room.peers().filter(|peer| peer.is_welcome());
        match audience {
            Audience::Here | Audience::Coming => known.map(Receipt::of).collect(),
            Audience::Chosen(people) => {
                let of = |whom: &Whom| {
                    let here: Vec<_> = self.room.peers().filter(|peer| peer.is_welcome()).collect();
                    let here = here.into_iter().map(Receipt::of).filter(|it| it.id == whom.id);
                    let here: Vec<_> = here.collect();
                    if here.is_empty() { vec![Receipt::awaited(whom)] } else { here }
                };
                people.iter().flat_map(of).collect()
            }
        }
    }

    /// Offers a file to those of these people who are here. It is in the trail from now on.
    pub(super) fn send(
        &mut self,
        parcel: Parcel,
        order: Option<String>,
        (audience, receipts): (Audience, Vec<Receipt>),
        now: Instant,
    ) -> (ItemId, Vec<Effect>) {
        let id = ItemId(self.take_id());
        let record = self.new_record();
        let Parcel { proposal, content } = parcel;
        let to: Vec<Who> = receipts.iter().filter_map(Receipt::who).collect();
        let (file, told) = (reports::file(&proposal), order.clone());
        self.reports.push(Report::Sending { order: told, file, to });
        let item = Item {
            id,
            author: Author::Local,
            proposal,
            at: now.into(),
            picture: Picture::Pending,
            content,
            audience,
            receipts,
            order,
            record,
            run: Run::This,
        };
        let underway =
            item.receipts.iter().filter(|receipt| receipt.state == ReceiptState::Underway);
        let mut effects: Vec<_> =
            underway.filter_map(|it| it.connection).map(|it| item.propose(it)).collect();
        let attended = self.settings.attendance == Attendance::Person;
        if attended && item.proposal.is_picture() {
            let content = item.content.clone();
            effects.push(Effect::Decode { item: id, size: PictureSize::Small, content });
        }
        self.trail.add(item);
        (id, effects)
    }

    /// The receipts that are awaited of those of these peers who are here.
    pub(super) fn receivers(&self, of: &[ConnectionId]) -> Vec<Receipt> {
        let receivers = self.room.receivers();
        receivers.filter(|peer| of.contains(&peer.connection)).map(Receipt::of).collect()
    }

    /// A peer was offered an item. If it was stopped meanwhile, that is said now.
    pub(super) fn handle_offered(
        &mut self,
        connection: ConnectionId,
        item: ItemId,
        transfer: TransferId,
    ) -> Vec<Effect> {
        let (Some(known), Some(peer)) = (self.trail.get(item), self.room.by_connection(connection))
        else {
            return Vec::new();
        };
        let wanted = known.receipts.iter().any(|receipt| receipt.is_underway(connection));
        let offered = Transfer {
            connection,
            direction: Direction::Outgoing,
            transfer,
            name: peer.label(),
            id: peer.who().id,
            item: Some(item),
            proposal: known.proposal.clone(),
            phase: TransferPhase::Waiting,
            rests: None,
            record: known.record,
        };
        let effects = if wanted { Vec::new() } else { vec![offered.stop()] };
        self.transfers.list.push(offered);
        effects
    }

    /// An outgoing file is over.
    pub(super) fn handle_sent(&mut self, sent: &Transfer, end: End, now: Instant) -> Vec<Effect> {
        let (name, file) = (&sent.name, &sent.proposal.name);
        let (mood, text) = match end {
            End::Done(_) => (Mood::Good, format!("{name} has {file}")),
            End::Local(Reason::Person) => (Mood::Info, format!("sending {file} was stopped")),
            End::Remote(Reason::Person) => (Mood::Info, format!("{name} did not take {file}")),
            End::Local(reason) | End::Remote(reason) => {
                (Mood::Bad, format!("{file} did not reach {name}: {}", why(reason)))
            }
        };
        self.notices.say(mood, text, now);
        let state = match end {
            End::Done(_) => ReceiptState::Delivered,
            End::Local(reason) => ReceiptState::Failed(Fault::of_local(reason)),
            End::Remote(reason) => ReceiptState::Failed(Fault::of_remote(reason)),
        };
        if let Some(item) = sent.item {
            self.trail.set_receipt(item, sent.connection, state);
            let receipt = match end {
                End::Done(digest) => report::Receipt::Delivered { digest: digest.to_string() },
                End::Local(reason) => {
                    failed(reports::code_of_local(reason), Fault::of_local(reason))
                }
                End::Remote(reason) => {
                    failed(reports::code_of_remote(reason), Fault::of_remote(reason))
                }
            };
            self.report_sent(item, sent.who(), receipt);
        }
        Vec::new()
    }

    /// An item cannot be at one of those it goes to any more, since the connection is lost.
    pub(super) fn report_lost(&mut self, item: ItemId, to: Who) {
        self.report_sent(item, to, failed(Code::CutOff, Fault::Lost));
    }

    /// An item is at one of those it goes to, or will never be.
    fn report_sent(&mut self, item: ItemId, to: Who, receipt: report::Receipt) {
        let Some(sent) = self.trail.get(item) else { return };
        let (order, file) = (sent.order.clone(), reports::file(&sent.proposal));
        self.reports.push(Report::Sent { order, to, file, receipt });
        if self.settings.attendance == Attendance::Nobody {
            self.trail.forget_settled(item);
        }
    }
}

impl Item {
    /// What offers it over a connection.
    pub(super) fn propose(&self, connection: ConnectionId) -> Effect {
        let (proposal, content) = (self.proposal.clone(), self.content.clone());
        Effect::Propose { connection, item: self.id, proposal, content }
    }
}

impl Receipt {
    /// Whom it is awaited of, told to programs, which know people by their connections.
    pub(super) fn who(&self) -> Option<Who> {
        let (connection, name) = (self.connection?.0, self.name.to_string());
        Some(Who { connection, name, id: self.id.clone() })
    }
}

/// What a person is told of a file that does not go out at once.
fn waits(parcel: &Parcel, audience: &Audience, receipts: &[Receipt]) -> Option<String> {
    let file = &parcel.proposal.name;
    let awaited = receipts.iter().filter(|receipt| receipt.state == ReceiptState::Waiting);
    let names: Vec<_> = awaited.map(|receipt| receipt.name.as_str()).collect();
    match audience {
        Audience::Coming => Some(format!("nobody is here yet: {file} goes to whoever comes")),
        Audience::Here | Audience::Chosen(_) if names.is_empty() => None,
        Audience::Here | Audience::Chosen(_) => {
            let names = names.join(", ");
            Some(format!("{file} goes to {names} as soon as that is possible"))
        }
    }
}

fn failed(code: Code, why: Fault) -> report::Receipt {
    report::Receipt::Failed { code, text: why.words().to_owned() }
}

/// As many files may wait at once.
const OUTBOX_MAX: usize = 64;
