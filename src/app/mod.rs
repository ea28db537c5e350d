//! What the program knows and decides: the room, the trail, the transfers, the held photo.
//!
//! [`App::update`] is the only writer of this state: it takes an [`Event`], and answers with the
//! [`Effect`]s that are to be done. It names no socket, file, screen or clock; the time comes in.
//! `ui` draws it, `io` does what it asks.

pub mod camera;
pub mod effect;
pub mod event;
mod join;
mod meeting;
mod notices;
mod peer;
mod room;
mod signaling;
#[cfg(test)]
mod tests;
mod trail;
mod transfers;

use crate::link::Reach;
use crate::picture::RgbImage;
use crate::seal::PublicKey;
use crate::text::SafeText;
use crate::transfer::{Dimensions, MediaType, Proposal, Reason};
use camera::CameraStatus;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

pub use effect::{Content, Effect};
pub use event::{Action, Event, PeerEvent, PictureSize, SignalingEvent, Snap};
pub use join::{Prompt, Standing};
pub use meeting::Trust;
pub use notices::{Mood, Notice, Notices};
pub use peer::{Peer, PeerPhase, Presence};
pub use room::{EntryId, Room, RoomPhase};
pub use trail::{Author, Item, Picture, Receipt, ReceiptState, Trail};
pub use transfers::{Transfer, TransferPhase, Transfers};

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
    /// What the person should know.
    pub notices: Notices,
    /// What is shown over or instead of the room.
    pub screen: Screen,
    /// Whether the program is on its way out.
    pub quitting: bool,
    next_id: u64,
}

/// The photo between snap and send.
#[derive(Debug, Clone)]
pub enum Shot {
    /// The preview is live.
    None,
    /// A frame is being made a photo.
    Taking(Then),
    /// It waits for Enter or Esc.
    Held(Snap),
}

/// What happens to a photo once it is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// It is held.
    Hold,
    /// It is sent at once.
    Send,
}

/// What is shown.
#[derive(Debug, Clone)]
pub enum Screen {
    /// The room.
    Room,
    /// One photo of the trail, large.
    Photo {
        /// Which.
        item: ItemId,
        /// Decoded, or why not.
        picture: Picture,
    },
    /// The keys, over the room.
    Help,
    /// The room's words and link, over the room.
    Invite,
    /// The prompt for another room, over the room.
    Join(Prompt),
    /// Who is here, over the room.
    Who {
        /// The peer that is chosen: by its connection, since others come and go.
        chosen: Option<ConnectionId>,
    },
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
            notices: Notices::default(),
            screen: Screen::Room,
            quitting: false,
            next_id: 0,
        }
    }

    /// Takes what happened; what is to be done now, in order.
    pub fn update(&mut self, event: Event, now: Instant) -> Vec<Effect> {
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
            Event::Snapped(outcome) => self.handle_snapped(outcome, now),
            Event::Decoded { item, size, picture } => {
                self.handle_decoded(item, size, picture, now);
                Vec::new()
            }
            Event::Kept { item, path } => {
                self.handle_kept(item, path, now);
                Vec::new()
            }
            Event::Enter(destination) => self.enter(destination, now),
            Event::Signaling { entry, event } => self.handle_signaling(entry, event, now),
            Event::Met { connection, met, unkept } => {
                let effects = self.handle_met(connection, met, now);
                if let Some(why) = unkept {
                    self.notices.say(Mood::Bad, why, now);
                }
                effects
            }
            Event::Peer { connection, event } => self.handle_peer(connection, event, now),
            Event::Timeout => {
                self.notices.handle_timeout(now);
                self.handle_patience(now);
                Vec::new()
            }
        }
    }

    /// When [`Event::Timeout`] is due: a notice goes, an age on the screen changes, or nobody was
    /// met in time.
    pub fn poll_timeout(&self, now: Instant) -> Option<Instant> {
        let deadlines =
            [self.notices.poll_timeout(), self.trail.poll_timeout(now), self.room.poll_timeout()];
        deadlines.into_iter().flatten().min()
    }

    /// Whether anybody looks at the live preview.
    pub fn wants_preview(&self) -> bool {
        matches!(self.shot, Shot::None) && !matches!(self.screen, Screen::Photo { .. })
    }

    fn act(&mut self, action: Action, now: Instant) -> Vec<Effect> {
        match action {
            Action::Snap => self.snap(Then::Hold),
            Action::SnapAndSend if matches!(self.shot, Shot::Held(_)) => self.send_held(now),
            Action::SnapAndSend => self.snap(Then::Send),
            Action::Send => self.send_held(now),
            Action::Back => self.back(now),
            Action::View => self.view(),
            Action::Up => self.choose(Step::Up),
            Action::Down => self.choose(Step::Down),
            Action::Accept => self.answer(Answer::Accept, now),
            Action::Decline => self.answer(Answer::Decline, now),
            Action::Cancel => self.cancel_newest(now),
            Action::Camera => vec![Effect::SwitchCamera],
            Action::Invite => self.toggle(Screen::Invite),
            Action::Help => self.toggle(Screen::Help),
            Action::Who => {
                let first = self.room.peers().next().map(|peer| peer.connection);
                self.toggle(Screen::Who { chosen: first })
            }
            Action::Trust => self.trust(now),
            Action::Join => self.toggle(Screen::Join(Prompt::default())),
            Action::Type(c) => self.edit(|prompt| prompt.push(c)),
            Action::Erase => self.edit(Prompt::erase),
            Action::EraseWord => self.edit(Prompt::erase_word),
            Action::Complete => self.edit(Prompt::complete),
            Action::Submit => self.submit(now),
            Action::Quit => self.quit(),
        }
    }

    fn snap(&mut self, then: Then) -> Vec<Effect> {
        self.screen = Screen::Room;
        match self.shot {
            Shot::None => {
                self.shot = Shot::Taking(then);
                vec![Effect::Snap]
            }
            // A second press takes another picture in place of the held one.
            Shot::Held(_) if then == Then::Hold => {
                self.shot = Shot::Taking(then);
                vec![Effect::Snap]
            }
            Shot::Held(_) | Shot::Taking(_) => Vec::new(),
        }
    }

    fn handle_snapped(&mut self, outcome: Result<Snap, String>, now: Instant) -> Vec<Effect> {
        let Shot::Taking(then) = self.shot else { return Vec::new() };
        match outcome {
            Ok(snap) => {
                self.shot = Shot::Held(snap);
                if then == Then::Send { self.send_held(now) } else { Vec::new() }
            }
            Err(why) => {
                self.shot = Shot::None;
                self.notices.say(Mood::Bad, why, now);
                Vec::new()
            }
        }
    }

    fn send_held(&mut self, now: Instant) -> Vec<Effect> {
        let Shot::Held(snap) = &self.shot else {
            if matches!(self.shot, Shot::None) && matches!(self.screen, Screen::Room) {
                self.notices.say(Mood::Info, "nothing to send yet: s takes a photo", now);
            }
            return Vec::new();
        };
        let snap = snap.clone();
        let receivers = self.room.receivers();
        let receivers: Vec<_> =
            receivers.map(|peer| Receipt::new(peer.connection, peer.label())).collect();
        let doubted = self.room.peers().find(|peer| peer.is_open() && peer.is_doubted());
        if let Some(doubted) = doubted {
            let text = format!("nothing is sent to {} before you trust it: t", doubted.label());
            self.notices.say(Mood::Bad, text, now);
        } else if receivers.is_empty() {
            let why = "nobody is here yet: the photo is held, Enter sends it when someone has come";
            self.notices.say(Mood::Info, why, now);
        }
        if receivers.is_empty() {
            return Vec::new();
        }
        self.shot = Shot::None;
        let item = ItemId(self.take_id());
        let bytes = snap.photo.bytes.clone();
        let proposal = Proposal {
            name: snap.name.clone(),
            media_type: MediaType::jpeg(),
            size: bytes.len() as u64,
            dimensions: Some(Dimensions { width: snap.photo.width, height: snap.photo.height }),
        };
        let mut effects: Vec<Effect> = receivers
            .iter()
            .map(|receipt| Effect::Propose {
                connection: receipt.connection,
                item,
                proposal: proposal.clone(),
                content: Content::Bytes(bytes.clone()),
            })
            .collect();
        effects.push(Effect::Keep { item, name: snap.name, bytes: bytes.clone() });
        effects.push(Effect::Decode {
            item,
            size: PictureSize::Small,
            content: Content::Bytes(bytes.clone()),
        });
        self.trail.add(Item {
            id: item,
            author: Author::Local,
            name: proposal.name,
            media_type: proposal.media_type,
            size: proposal.size,
            dimensions: proposal.dimensions,
            at: now,
            picture: Picture::Pending,
            content: Content::Bytes(bytes),
            receipts: receivers,
        });
        effects
    }

    fn back(&mut self, now: Instant) -> Vec<Effect> {
        if !matches!(self.screen, Screen::Room) {
            self.screen = Screen::Room;
        } else if matches!(self.shot, Shot::Held(_)) {
            self.shot = Shot::None;
            self.notices.say(Mood::Info, "the photo is thrown away", now);
        } else {
            self.notices.dismiss();
        }
        Vec::new()
    }

    fn view(&mut self) -> Vec<Effect> {
        if matches!(self.screen, Screen::Photo { .. }) {
            self.screen = Screen::Room;
            return Vec::new();
        }
        self.open_chosen()
    }

    fn choose(&mut self, step: Step) -> Vec<Effect> {
        if let Screen::Who { chosen } = &mut self.screen {
            let peers: Vec<_> = self.room.peers().map(|peer| peer.connection).collect();
            let at = peers.iter().position(|peer| Some(*peer) == *chosen);
            let at = match (at, step) {
                (None, _) => 0,
                (Some(at), Step::Up) => at.saturating_sub(1),
                (Some(at), Step::Down) => at + 1,
            };
            *chosen = peers.get(at).or(peers.last()).copied();
            return Vec::new();
        }
        match step {
            Step::Up => self.trail.choose_newer(),
            Step::Down => self.trail.choose_older(),
        }
        if matches!(self.screen, Screen::Photo { .. }) { self.open_chosen() } else { Vec::new() }
    }

    fn open_chosen(&mut self) -> Vec<Effect> {
        let Some(item) = self.trail.chosen() else { return Vec::new() };
        let content = item.content.clone();
        let item = item.id;
        self.screen = Screen::Photo { item, picture: Picture::Pending };
        vec![Effect::Decode { item, size: PictureSize::Large, content }]
    }

    fn quit(&mut self) -> Vec<Effect> {
        self.quitting = true;
        let mut effects = Vec::new();
        if let Shot::Held(snap) = std::mem::replace(&mut self.shot, Shot::None) {
            let (item, bytes) = (ItemId(self.take_id()), snap.photo.bytes.clone());
            effects.push(Effect::Keep { item, name: snap.name, bytes });
        }
        effects.push(Effect::Quit);
        effects
    }

    /// Shows something over the room, or no longer.
    fn toggle(&mut self, wanted: Screen) -> Vec<Effect> {
        let is_shown = std::mem::discriminant(&self.screen) == std::mem::discriminant(&wanted);
        self.screen = if is_shown { Screen::Room } else { wanted };
        Vec::new()
    }

    fn handle_camera(&mut self, status: CameraStatus, now: Instant) {
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

    fn handle_decoded(
        &mut self,
        item: ItemId,
        size: PictureSize,
        decoded: Result<Arc<RgbImage>, String>,
        now: Instant,
    ) {
        if let (Err(why), PictureSize::Small) = (&decoded, size) {
            self.tell_undecoded(item, why, now);
        }
        let picture = match decoded {
            Ok(picture) => Picture::Ready(picture),
            Err(why) => Picture::Unreadable(why),
        };
        match (&mut self.screen, size) {
            (_, PictureSize::Small) => self.trail.set_picture(item, picture),
            (Screen::Photo { item: shown, picture: place }, PictureSize::Large)
                if *shown == item =>
            {
                *place = picture;
            }
            (_, PictureSize::Large) => {}
        }
    }

    /// What was said to be a picture and is none, or none that is shown, is a file all the same.
    fn tell_undecoded(&mut self, item: ItemId, why: &str, now: Instant) {
        let item = self.trail.iter().find(|known| known.id == item);
        let Some(Item { author: Author::Remote(author), name, media_type, .. }) = item else {
            return;
        };
        if media_type.is_picture() {
            let text = format!("{name} from {author} is kept as a file: {why}");
            self.notices.say(Mood::Bad, text, now);
        }
    }

    fn handle_kept(&mut self, item: ItemId, path: Result<PathBuf, String>, now: Instant) {
        match path {
            Ok(path) => self.trail.set_content(item, Content::File(path)),
            Err(why) => self.notices.say(Mood::Bad, why, now),
        }
    }

    fn take_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }
}

/// One further along a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Up,
    Down,
}

/// What a person says to a file that is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Accept,
    Decline,
}

/// The words for why a transfer ended, said to its sender or receiver.
pub(crate) fn why(reason: Reason) -> &'static str {
    match reason {
        Reason::Person => "stopped",
        Reason::TooLarge => "too large",
        Reason::Busy => "too many transfers at once",
        Reason::DiskFull => "disk full",
        Reason::Storage => "the file could not be read or written",
        Reason::Digest => "damaged on the way",
    }
}
