//! What comes in: what is taken without asking, what a person is asked, and what is awaited again.

use super::transfers::{Transfer, TransferPhase};
use super::{
    App, Attendance, Audience, Author, ConnectionId, Content, Effect, Fault, Item, ItemId, Mood,
    Picture, PictureSize, ReceiptState, RecordId, Row, Run, reports, why,
};
use crate::report::{Code, Report, Taken, TransferRef, Who};
use crate::text::{FileName, SafeText};
use crate::transfer::{Direction, End, Proposal, Reason, TransferId};
use std::path::PathBuf;
use std::time::Instant;

/// What is said to a file that is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It is taken.
    Accept,
    /// It is not, for this reason.
    Decline(Reason),
}

/// A file that was taken and then cut off: it is taken again when its sender is back.
#[derive(Debug, Clone)]
pub struct Awaited {
    /// Its number here.
    pub id: ItemId,
    /// Who sends it.
    pub name: SafeText,
    /// That person's fingerprint.
    pub person: String,
    /// What it is.
    pub proposal: Proposal,
    /// What it is remembered by.
    pub record: RecordId,
    /// Since when.
    pub at: Instant,
}

impl App {
    /// A file is offered: photos are taken, and so is what was taken before and cut off.
    pub(super) fn handle_proposed(
        &mut self,
        connection: ConnectionId,
        transfer: TransferId,
        (proposal, held): (Proposal, u64),
        now: Instant,
    ) -> Vec<Effect> {
        let Some(peer) = self.room.by_connection(connection) else { return Vec::new() };
        let (name, who) = (peer.label(), peer.who());
        let small = proposal.size <= self.settings.photo_bytes_max;
        let attended = self.settings.attendance == Attendance::Person;
        let is_doubted = peer.is_doubted();
        let before = self.take_awaited(&who.id, &proposal);
        let awaited = before.is_some() || held > 0;
        let record = before.unwrap_or_else(|| self.new_record());
        let photo = proposal.is_picture() && small;
        let taken = attended && !is_doubted && (photo || awaited);
        let phase = if taken {
            TransferPhase::Moving { offset: 0, rate: 0.0, at: now }
        } else {
            TransferPhase::Asked
        };
        let incoming = Transfer {
            connection,
            direction: Direction::Incoming,
            transfer,
            name,
            id: who.id.clone(),
            item: None,
            proposal,
            phase,
            rests: None,
            record,
        };
        self.reports.push(Report::Proposal {
            transfer: incoming.told(),
            from: who,
            file: reports::file(&incoming.proposal),
            answer: if taken { Taken::Taken } else { Taken::Asked },
        });
        self.transfers.list.push(incoming);
        if taken { vec![Effect::Accept { connection, transfer }] } else { Vec::new() }
    }

    /// Answers the file that is chosen, or else the oldest that is offered.
    pub(super) fn answer(&mut self, answer: Answer, now: Instant) -> Vec<Effect> {
        let chosen = match self.chosen_row() {
            Some(Row::Incoming(key)) => self.transfers.get(key),
            _ => None,
        };
        let chosen = chosen.filter(|it| it.phase == TransferPhase::Asked);
        let asked = chosen.or(self.transfers.asked());
        asked
            .map(|asked| (asked.connection, asked.transfer))
            .map_or_else(Vec::new, |(connection, transfer)| {
                self.answer_to(connection, transfer, answer, now)
            })
    }

    /// Answers a file that is offered, unless it was answered before.
    pub(super) fn answer_to(
        &mut self,
        connection: ConnectionId,
        transfer: TransferId,
        answer: Answer,
        now: Instant,
    ) -> Vec<Effect> {
        let asked = |t: &Transfer| {
            t.phase == TransferPhase::Asked && (t.connection, t.transfer) == (connection, transfer)
        };
        let Some(at) = self.transfers.list.iter().position(asked) else { return Vec::new() };
        match answer {
            Answer::Accept => {
                let moving = TransferPhase::Moving { offset: 0, rate: 0.0, at: now };
                self.transfers.list[at].phase = moving;
                vec![Effect::Accept { connection, transfer }]
            }
            Answer::Decline(reason) => {
                let declined = self.transfers.list.remove(at);
                let text =
                    format!("{} from {} was declined", declined.proposal.name, declined.name);
                self.notices.say(Mood::Info, text, now);
                let state = (ReceiptState::Failed(Fault::Declined), None);
                let mut effects = self.remember_incoming(&declined, state, now);
                effects.insert(0, Effect::Decline { connection, transfer, reason });
                effects
            }
        }
    }

    /// An incoming file is over.
    pub(super) fn handle_received(
        &mut self,
        received: Transfer,
        end: End,
        path: Option<PathBuf>,
        now: Instant,
    ) -> Vec<Effect> {
        let (who, told) = (received.who(), received.told());
        let state = match end {
            End::Done(_) => ReceiptState::Delivered,
            // From here, the other way round: they stopped it, or it was not wanted here.
            End::Local(reason) => ReceiptState::Failed(Fault::of_remote(reason)),
            End::Remote(reason) => ReceiptState::Failed(Fault::of_local(reason)),
        };
        let remembered = self.remember_incoming(&received, (state, path.clone()), now);
        let record = received.record;
        let Transfer { name, proposal, .. } = received;
        let file = &proposal.name;
        if let End::Local(reason) | End::Remote(reason) = end {
            let code = match end {
                End::Local(_) => reports::code_of_local(reason),
                _ if reason == Reason::Changed => Code::Changed,
                _ => Code::CutOff,
            };
            self.report_unreceived(told, who.clone(), file, code, why(reason));
        }
        match (end, path) {
            (End::Done(digest), Some(path)) => {
                self.notices.say(Mood::Good, format!("{file} from {name}"), now);
                self.reports.push(Report::Received {
                    transfer: told,
                    from: who,
                    file: reports::file(&proposal),
                    digest: digest.to_string(),
                    path: path.clone(),
                });
                if self.settings.attendance == Attendance::Nobody {
                    return Vec::new();
                }
                let item = ItemId(self.take_id());
                let content = Content::at(path, &proposal);
                self.trail.add(Item {
                    id: item,
                    author: Author::Remote(name),
                    proposal,
                    at: now.into(),
                    picture: Picture::Pending,
                    content: content.clone(),
                    audience: Audience::Here,
                    receipts: Vec::new(),
                    order: None,
                    record,
                    run: Run::This,
                });
                let decode = Effect::Decode { item, size: PictureSize::Small, content };
                return std::iter::once(decode).chain(remembered).collect();
            }
            (End::Local(Reason::Person), _) => {
                self.notices.say(Mood::Info, format!("{file} from {name} was stopped"), now);
            }
            (End::Remote(Reason::Person), _) => {
                self.notices.say(Mood::Info, format!("{name} took {file} back"), now);
            }
            (End::Local(Reason::DiskFull | Reason::Storage), _) => {
                let folder = self.settings.folder.display();
                let text = format!("{file} could not be saved: check space and rights of {folder}");
                self.notices.say(Mood::Bad, text, now);
            }
            (End::Local(reason) | End::Remote(reason), _) => {
                let text = format!("{file} from {name} did not arrive: {}", why(reason));
                self.notices.say(Mood::Bad, text, now);
            }
            (End::Done(_), None) => {}
        }
        remembered
    }

    /// A file that was taken does not come now: it is awaited from the same person.
    pub(super) fn await_again(&mut self, cut: Transfer, now: Instant) {
        let Transfer { name, id: person, proposal, record, .. } = cut;
        let id = ItemId(self.take_id());
        let awaited = Awaited { id, name, person, proposal, record, at: now };
        self.awaited.push_back(awaited);
        if self.awaited.len() > AWAITED_MAX {
            self.awaited.pop_front();
        }
    }

    /// A file is not awaited any more, since a person says so.
    pub(super) fn await_no_more(&mut self, id: ItemId, now: Instant) -> Vec<Effect> {
        let at = self.awaited.iter().position(|awaited| awaited.id == id);
        if let Some(gone) = at.and_then(|at| self.awaited.remove(at)) {
            let text = format!("{} from {} is not awaited any more", gone.proposal.name, gone.name);
            self.notices.say(Mood::Info, text, now);
        }
        Vec::new()
    }

    /// What a file is remembered by that was awaited of this person; it is not any more.
    fn take_awaited(&mut self, person: &str, proposal: &Proposal) -> Option<RecordId> {
        let at = self.awaited.iter().position(|awaited| {
            let (of, is) = (&awaited.proposal, proposal);
            awaited.person == person && (&of.name, of.size) == (&is.name, is.size)
        });
        at.and_then(|at| self.awaited.remove(at)).map(|awaited| awaited.record)
    }

    /// A file that was offered, or on its way here, does not come.
    pub(super) fn report_unreceived(
        &mut self,
        transfer: TransferRef,
        from: Who,
        file: &FileName,
        code: Code,
        why: &str,
    ) {
        let text = format!("{file} from {} did not arrive: {why}", from.name);
        let (file, peer, transfer) = (Some(file.to_string()), Some(from), Some(transfer));
        self.reports.push(Report::Error { code, text, file, peer, transfer });
    }
}

/// More than are offered at once by everyone in a room.
const AWAITED_MAX: usize = 64;
