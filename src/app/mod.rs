//! What the program knows and decides: the room, the trail, the transfers, the held photo.
//!
//! [`App::update`] is the only writer of this state: it takes an [`Event`], and answers with the
//! [`Effect`]s that are to be done. It names no socket, file, screen or clock; the time comes in.
//! `ui` draws it, `io` does what it asks.

pub mod camera;
mod dropped;
pub mod effect;
pub mod event;
mod fault;
pub mod files;
mod join;
mod ledger;
mod meeting;
mod notices;
mod orders;
mod outbox;
mod past;
mod pasted;
mod peer;
mod picker;
mod picking;
mod receiving;
mod remedy;
mod reports;
mod room;
mod screen;
mod seat;
mod sending;
mod shot;
mod signaling;
#[cfg(test)]
mod tests;
mod trail;
mod transfers;
mod whom;
mod zoom;

use crate::line::Line;
use crate::link::Reach;
use crate::picture::RgbImage;
use crate::seal::PublicKey;
use crate::text::SafeText;
use crate::transfer::Reason;
use camera::CameraStatus;
use dropped::Named;
use reports::Reports;
use screen::Step;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

pub use dropped::{Dropped, DroppedFile};
pub use effect::{Content, Effect};
pub use event::{Action, Event, PeerEvent, PictureSize, SignalingEvent, Snap};
pub use fault::Fault;
pub(crate) use fault::why;
pub use join::{Prompt, Standing};
pub use ledger::{Part, Row};
pub use meeting::Trust;
pub use notices::{Mood, Notice, Notices};
pub use orders::Order;
pub use past::{Moment, Past, Recalled, Record, RecordId, Run};
pub use peer::{Peer, PeerPhase, Presence};
pub use picker::{Beside, Listing, Marked, Picker};
pub use receiving::{Answer, Awaited};
pub use remedy::Remedy;
pub use reports::camera as camera_report;
pub use room::{EntryId, Room, RoomPhase};
pub use screen::{Invitation, Screen, Strokes};
pub use seat::Seat;
pub use sending::{Audience, Packed, Parcel, Whom};
pub use shot::{Shot, Then};
pub use trail::{Author, Item, Picture, Receipt, ReceiptState, Trail, age};
pub use transfers::{Transfer, TransferKey, TransferPhase, Transfers};
pub use whom::Listed;
pub use zoom::{Toward, Zoom};

/// A connection to a remote peer, as the app numbers them; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

/// An entry of the trail; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId(pub u64);

/// What the app is told at its start.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What the person here is called.
    pub name: SafeText,
    /// Who the person here is to those who have met before.
    pub key: PublicKey,
    /// Where words lead that are typed here.
    pub reach: Reach,
    /// Where photos are put.
    pub folder: PathBuf,
    /// Up to this size photos from peers are taken without asking, in bytes.
    pub photo_bytes_max: u64,
    /// Whether a person is there, at least at times.
    pub attendance: Attendance,
    /// A number for this run of the program, which no other has.
    pub run: u64,
}

/// Whether a person looks at what comes in, or an errand is run for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attendance {
    /// A person does: photos are taken unasked, and shown.
    Person,
    /// Nobody does: each file waits for an order, none is decoded, and what is over is forgotten.
    Nobody,
}

/// The whole state of the program.
#[derive(Debug)]
pub struct App {
    /// As it was started.
    pub settings: Settings,
    /// Who is here.
    pub room: Room,
    /// How the camera is doing.
    pub camera: CameraStatus,
    /// What it sees.
    pub preview: Option<Arc<RgbImage>>,
    /// The photo that is neither sent nor thrown away.
    pub shot: Shot,
    /// Photos sent and received, newest first.
    pub trail: Trail,
    /// What is under way.
    pub transfers: Transfers,
    /// What of others was cut off, and goes on when they are back; oldest first.
    pub awaited: VecDeque<Awaited>,
    /// Whom photos go to; everyone while nobody is chosen.
    pub chosen: Vec<Whom>,
    /// What came in or did not in this run, and all of the runs before; newest first.
    pub past: VecDeque<Past>,
    /// What the person should know.
    pub notices: Notices,
    /// What is shown over or instead of the room.
    pub screen: Screen,
    /// How the line to the terminal is doing.
    pub line: Line,
    /// Whether the person wants to know.
    pub line_shown: bool,
    /// Where the person sits.
    pub seat: Seat,
    /// Whether the program is on its way out.
    pub quitting: bool,
    /// Where files were looked for last.
    picked_in: Option<PathBuf>,
    /// Paths that were dropped, or typed, and are being looked at.
    named: Vec<Named>,
    reports: Reports,
    next_id: u64,
}

impl App {
    /// An app that has yet to reach its room.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            room: Room::default(),
            camera: CameraStatus::Opening { name: None },
            preview: None,
            shot: Shot::None,
            trail: Trail::default(),
            transfers: Transfers::default(),
            awaited: VecDeque::new(),
            chosen: Vec::new(),
            past: VecDeque::new(),
            notices: Notices::default(),
            screen: Screen::Room,
            line: Line::default(),
            line_shown: false,
            seat: Seat::Own,
            quitting: false,
            picked_in: None,
            named: Vec::new(),
            reports: Reports::default(),
            next_id: 0,
        }
    }

    /// Takes what happened; what is to be done now, in order.
    pub fn update(&mut self, event: Event, now: Instant) -> Vec<Effect> {
        let mut effects = self.handle(event, now);
        effects.extend(self.remember());
        effects
    }

    fn handle(&mut self, event: Event, now: Instant) -> Vec<Effect> {
        match event {
            Event::Action(action) => self.act(action, now),
            Event::Camera(status) => {
                self.handle_camera(status, now);
                Vec::new()
            }
            Event::Preview(picture) => {
                self.preview = Some(picture);
                Vec::new()
            }
            Event::Line(line) => {
                self.line = line;
                Vec::new()
            }
            Event::Snapped(outcome) => self.handle_snapped(outcome, now),
            Event::Decoded { item, size, picture } => {
                self.handle_decoded(item, size, picture, now);
                Vec::new()
            }
            Event::Kept { item, path } => {
                self.handle_kept(item, path, now);
                Vec::new()
            }
            Event::Recalled(all) => self.handle_recalled(all, now),
            Event::Order(order) => self.obey(order, now),
            Event::Pasted(text) => self.handle_pasted(&text, now),
            Event::Paths(text) => self.handle_paths(&text, now),
            Event::Looked { look, seen } => self.handle_looked(look, seen, now),
            Event::Packed(packed) => self.handle_packed(packed, now),
            Event::Seat(seat) => {
                self.sit(seat, now);
                self.show_pictures()
            }
            Event::Enter(destination) => self.enter(destination, now),
            Event::NetworkChanged if self.room.entry.is_some() => vec![Effect::CheckNetwork],
            Event::NetworkChanged => Vec::new(),
            Event::Signaling { entry, event } => self.handle_signaling(entry, event, now),
            Event::Met { connection, key, met, unkept } => {
                let mut effects = self.handle_met(connection, key, met, now);
                effects.extend(self.reach(connection, now));
                if let Some(why) = unkept {
                    self.notices.say(Mood::Bad, why, now);
                }
                effects
            }
            Event::Peer { connection, event } => self.handle_peer(connection, event, now),
            Event::Timeout => {
                self.notices.handle_timeout(now);
                self.handle_patience(now);
                self.drop_the_gone(now)
            }
        }
    }

    /// When [`Event::Timeout`] is due: a notice goes, an age on the screen changes, nobody was met in
    /// time, or somebody has not come back. Where nobody looks at a screen, the last two of these alone.
    pub fn poll_timeout(&self, now: Instant) -> Option<Instant> {
        let seen = [self.notices.poll_timeout(), self.trail.poll_timeout(now)];
        let seen = seen.into_iter().filter(|_| self.is_seen()).flatten();
        seen.chain(self.room.poll_timeout()).min()
    }

    /// Whether anybody looks at the live preview.
    pub fn wants_preview(&self) -> bool {
        let covered = matches!(self.screen, Screen::Photo { .. } | Screen::Files(_));
        matches!(self.shot, Shot::None) && !covered
    }

    fn act(&mut self, action: Action, now: Instant) -> Vec<Effect> {
        let own = self.act_in_picker(action, now).or_else(|| self.act_on_dropped(action, now));
        if let Some(effects) = own {
            return effects;
        }
        match action {
            Action::Snap => self.snap(Then::Hold),
            Action::SnapAndSend if matches!(self.shot, Shot::Held(_)) => self.send_held(now),
            Action::SnapAndSend => self.snap(Then::Send),
            Action::Send => self.send_held(now),
            Action::Back => self.back(now),
            Action::View => self.view(),
            Action::Closer => self.zoom(Zoom::closer),
            Action::Farther => self.zoom(Zoom::back),
            Action::Go(toward) => self.zoom(|zoom| zoom.go(toward)),
            Action::Up => self.choose(Step::Up),
            Action::Down => self.choose(Step::Down),
            Action::Accept => self.answer(Answer::Accept, now),
            Action::Decline => self.answer(Answer::Decline(Reason::Person), now),
            Action::Cancel if matches!(self.screen, Screen::Transfers { .. }) => {
                self.cancel_chosen(now)
            }
            Action::Cancel => self.cancel_newest(now),
            Action::Transfers => self.toggle_ledger(),
            Action::Rest => self.rest_chosen(now),
            Action::GoOn => self.let_chosen_go_on(now),
            Action::Again => self.send_again(now),
            Action::Widen => self.widen(now),
            Action::Camera => vec![Effect::SwitchCamera],
            Action::Invite => self.toggle(Screen::Invite(Invitation::default())),
            Action::NextAddress => self.next_address(),
            Action::Strokes => self.change_strokes(),
            Action::Help => self.toggle(Screen::Help),
            Action::Who => {
                let chosen = self.listed().into_iter().next();
                self.toggle(Screen::Who { chosen })
            }
            Action::Trust => self.trust(now),
            Action::Mark => self.mark(),
            Action::Join => self.toggle(Screen::Join(Prompt::default())),
            Action::Type(c) => self.edit(|prompt| prompt.push(c)),
            Action::Erase => self.edit(Prompt::erase),
            Action::EraseWord => self.edit(Prompt::erase_word),
            Action::Complete => self.edit(Prompt::complete),
            Action::Submit => self.submit(now),
            Action::Files => self.pick(),
            // They are the picker's alone.
            Action::PageUp
            | Action::PageDown
            | Action::First
            | Action::Last
            | Action::Parent
            | Action::Open
            | Action::Hidden
            | Action::Sort => Vec::new(),
            Action::Line => {
                self.line_shown = !self.line_shown;
                Vec::new()
            }
            Action::Detach => {
                if self.seat == Seat::Attached {
                    self.seat = Seat::Leaving;
                }
                Vec::new()
            }
            Action::Quit => self.quit(),
        }
    }

    fn handle_camera(&mut self, status: CameraStatus, now: Instant) {
        self.report_camera(&status);
        match &status {
            CameraStatus::Live { instead: Some(fault), .. } => {
                let text = format!("{}; this is the test card", fault.sentence());
                self.notices.say(Mood::Info, text, now);
            }
            CameraStatus::Trouble { fault, .. } => {
                self.preview = None;
                self.notices.say(Mood::Bad, fault.sentence(), now);
            }
            CameraStatus::Live { .. } | CameraStatus::Opening { .. } => {}
        }
        self.camera = status;
    }

    fn take_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }
}
