//! An app in the middle of things, brought there by events alone.
//!
//! The peers and the signaling server are made up, and so are the pictures; time stands still
//! until [`World::wait`].

use crate::app::camera::{CameraFault, CameraKind, CameraStatus};
use crate::app::event::Route;
use crate::app::files::{Entry, Found, Kind, Known, Look, LookId, Refused, Seen};
use crate::app::{
    Action, App, ConnectionId, Effect, EntryId, Event, ItemId, PeerEvent, PictureSize, Settings,
    SignalingEvent, Snap,
};
use crate::link::{Destination, Place, Reach, RoomLink, Way};
use crate::obstacle::Obstacle;
use crate::path::{Figures, Hop, PathKind};
use crate::picture::{Photo, PhotoKind, RgbImage};
use crate::seal::{Identity, Met, PublicKey, Remote};
use crate::text::{FileName, PathText, SafeText};
use crate::transfer::{
    Device, Digest, Dimensions, Direction, End, MediaType, Proposal, Reason, TransferId,
};
use bytes::Bytes;
use signaling_server::protocol::PeerId;
use std::sync::Arc;
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// The room link of these tests.
pub const LINK: &str = "http://192.0.2.7:8765/#crane-velvet-orbit-ladder-energy-quick";

/// An app, and what time it is for it.
pub struct World {
    pub app: App,
    pub now: Instant,
    entry: EntryId,
    came: Vec<ConnectionId>,
    numbers: u32,
}

impl World {
    /// An app that has just opened a room.
    pub fn new() -> Self {
        let settings = Settings {
            name: SafeText::new("Me"),
            key: key(0),
            reach: Reach::Network,
            folder: "/home/me/Pictures".into(),
            photo_bytes_max: 32_000_000,
            attendance: crate::app::Attendance::Person,
            run: 1,
        };
        let mut world = Self {
            app: App::new(settings),
            now: Instant::now(),
            entry: EntryId(0),
            came: Vec::new(),
            numbers: 0,
        };
        let link: RoomLink = LINK.parse().expect("a link");
        let (words, place) = (link.words, Place::Here { server: link.server, others: vec![] });
        world.enter(Destination { words, place, way: Way::Open });
        world
    }

    /// A room is entered.
    pub fn enter(&mut self, destination: Destination) -> EntryId {
        let effects = self.update(Event::Enter(destination));
        let [Effect::Enter { entry, .. }] = effects[..] else { panic!("{effects:?}") };
        self.entry = entry;
        entry
    }

    /// Something comes from the signaling server.
    pub fn signaling(&mut self, event: SignalingEvent) -> Vec<Effect> {
        self.update(Event::Signaling { entry: self.entry, event })
    }

    /// One that is in the room, with so many others who are yet to be reached.
    pub fn joined(peers: u64) -> Self {
        let mut world = Self::new();
        world.welcome(peers);
        world
    }

    /// The signaling server lets one in, with so many others there.
    pub fn welcome(&mut self, peers: u64) {
        let peers = (1..=peers).map(PeerId).collect();
        let welcome = SignalingEvent::Welcome { id: PeerId(0), peers, ice_servers: Vec::new() };
        let effects = self.signaling(welcome);
        self.came(effects);
    }

    /// Takes an event; what the app asks for.
    pub fn update(&mut self, event: Event) -> Vec<Effect> {
        self.app.update(event, self.now)
    }

    /// A person asks for something.
    pub fn act(&mut self, action: Action) -> Vec<Effect> {
        self.update(Event::Action(action))
    }

    /// Time passes, and with it notices.
    pub fn wait(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
        self.update(Event::Timeout);
    }

    /// The camera works, and shows this.
    pub fn see(&mut self, name: &str, kind: CameraKind, preview: RgbImage) {
        let (width, height, fps) = match kind {
            CameraKind::Device => (1280, 720, Some(30)),
            CameraKind::TestCard | CameraKind::Pictures => (640, 480, None),
        };
        let (name, format) = (name.to_owned(), "MJPEG");
        let instead = None;
        self.update(Event::Camera(CameraStatus::Live {
            name,
            kind,
            format,
            width,
            height,
            fps,
            instead,
        }));
        self.update(Event::Preview(Arc::new(preview)));
    }

    /// The camera does not work.
    pub fn camera_fails(&mut self, fault: CameraFault) {
        self.update(Event::Camera(CameraStatus::Trouble { fault, retrying: true }));
    }

    /// The connection of the peer that came as number `peer`, from 0.
    pub fn connection(&self, peer: usize) -> ConnectionId {
        self.came[peer]
    }

    fn came(&mut self, effects: Vec<Effect>) {
        self.came.extend(effects.into_iter().filter_map(|effect| match effect {
            Effect::Connect { connection, .. } => Some(connection),
            _ => None,
        }));
    }

    /// Something comes from the task of a peer.
    pub fn peer(&mut self, peer: usize, event: PeerEvent) -> Vec<Effect> {
        let connection = self.connection(peer);
        self.update(Event::Peer { connection, event })
    }

    /// A peer proves who it is, and looks like this in the light of those met before.
    pub fn proves(&mut self, peer: usize, name: &str, met: Met) {
        let remote = Remote { name: SafeText::new(name), key: key(peer as u8 + 1) };
        self.peer(peer, PeerEvent::Proven(remote));
        let (connection, key) = (self.connection(peer), key(peer as u8 + 1));
        self.update(Event::Met { connection, key, met, unkept: None });
    }

    /// A peer that was met before says who it is, and how it is reached.
    pub fn open(&mut self, peer: usize, name: &str, kind: PathKind, millis: u64) {
        self.proves(peer, name, Met::Known { trusted: false });
        self.peer(peer, PeerEvent::Open(Device::Terminal));
        let round_trip = Some(Duration::from_millis(millis));
        self.peer(peer, PeerEvent::Route(Route { round_trip, ..Route::of(kind) }));
    }

    /// That one is not reached directly turns out to have this reason.
    pub fn not_directly(&mut self, peer: usize, obstacle: Obstacle) {
        let route = Route { obstacle: Some(obstacle), ..Route::of(PathKind::Relayed) };
        self.peer(peer, PeerEvent::Route(route));
    }

    /// The way to a peer turns out to lead over this relay of this peer's, and to be like this.
    pub fn relayed_by(&mut self, peer: usize, relay: &str, figures: Figures) {
        let relayed = "192.0.2.7:50000".parse().expect("an address");
        let route = Route {
            via: vec![Hop::own_relay(Some(relay), relayed)],
            round_trip: Some(Duration::from_millis(48)),
            figures,
            obstacle: Some(Obstacle::Routers),
            ..Route::of(PathKind::Relayed)
        };
        self.peer(peer, PeerEvent::Route(route));
    }

    /// A photo is taken and held.
    pub fn snap(&mut self, name: &str, bytes: usize, picture: RgbImage) {
        self.act(Action::Snap);
        let (kind, bytes) = (PhotoKind::Jpeg, Bytes::from(vec![0; bytes]));
        let photo = Arc::new(Photo { bytes, kind, width: 1280, height: 720 });
        let snap = Snap { name: FileName::new(name), photo, picture: Arc::new(picture) };
        self.update(Event::Snapped(Ok(snap)));
    }

    /// The held photo goes to each of these peers; the numbers of the transfers.
    pub fn send(&mut self, to: &[usize]) -> (ItemId, Vec<TransferId>) {
        self.act(Action::Send);
        let item = self.newest();
        let transfers = to.iter().map(|peer| {
            let transfer = self.number();
            self.peer(*peer, PeerEvent::Offered { item, transfer });
            transfer
        });
        (item, transfers.collect())
    }

    /// A transfer moves on for a second, to this offset.
    pub fn progress(
        &mut self,
        peer: usize,
        direction: Direction,
        transfer: TransferId,
        offset: u64,
    ) {
        if direction == Direction::Outgoing {
            self.peer(peer, PeerEvent::Accepted { transfer, offset: 0 });
        }
        self.now += Duration::from_secs(1);
        self.peer(peer, PeerEvent::Progress { direction, transfer, offset });
    }

    /// A transfer is over.
    pub fn end(&mut self, peer: usize, direction: Direction, transfer: TransferId, end: End) {
        let path = (direction == Direction::Incoming).then(|| "/home/me/Pictures/x".into());
        self.peer(peer, PeerEvent::Ended { direction, transfer, end, path });
    }

    /// A transfer is whole.
    pub fn done(&mut self, peer: usize, direction: Direction, transfer: TransferId) {
        self.end(peer, direction, transfer, End::Done(Digest([0; 32])));
    }

    /// A transfer fails on the other side.
    pub fn fails(&mut self, peer: usize, transfer: TransferId, reason: Reason) {
        self.end(peer, Direction::Outgoing, transfer, End::Remote(reason));
    }

    /// A peer offers a file.
    pub fn offer(&mut self, peer: usize, name: &str, media_type: &str, size: u64) -> TransferId {
        let transfer = self.number();
        let media_type = MediaType::try_from(media_type.to_owned()).expect("a media type");
        let picture = media_type.is_picture();
        let dimensions = picture.then_some(Dimensions { width: 4032, height: 3024 });
        let proposal =
            Proposal { dimensions, ..Proposal::new(FileName::new(name), media_type, size) };
        self.peer(peer, PeerEvent::Proposed { transfer, proposal, held: 0 });
        transfer
    }

    /// A photo comes in, whole, and is decoded for the trail.
    pub fn receive(&mut self, peer: usize, name: &str, size: u64, picture: RgbImage) {
        let transfer = self.offer(peer, name, "image/jpeg", size);
        self.done(peer, Direction::Incoming, transfer);
        self.decoded(self.newest(), PictureSize::Small, picture);
    }

    /// A picture of an item is decoded.
    pub fn decoded(&mut self, item: ItemId, size: PictureSize, picture: RgbImage) {
        self.update(Event::Decoded { item, size, picture: Ok(Arc::new(picture)) });
    }

    /// Files are being chosen, in a folder with something of everything.
    pub fn picks(&mut self) {
        let entry = |name: &str, kind, minutes| Entry {
            name: name.into(),
            text: PathText::of(name),
            kind,
            age: Some(Duration::from_mins(minutes)),
        };
        let file = |size| Kind::File { size };
        let entries = vec![
            entry("raw", Kind::Folder, 3000),
            entry("写真", Kind::Folder, 90_000),
            entry("a file with a name that goes on and on, and then some.pdf", file(218_400), 61),
            entry("IMG_2031.jpg", file(3_100_000), 2),
            entry("IMG_2032.jpg", file(2_900_000), 2),
            entry("notes.txt", file(12), 0),
            entry("pipe", Kind::Refused(Refused::NotFile), 5),
            entry("to raw", Kind::Refused(Refused::FolderLink), 5),
            entry("夕焼けの海.jpg", file(1_400_000), 600),
        ];
        let effects = self.act(Action::Files);
        let [Effect::Look { look, .. }] = effects[..] else { panic!("{effects:?}") };
        self.lists(look, entries);
    }

    /// A folder is read.
    pub fn lists(&mut self, look: LookId, entries: Vec<Entry>) {
        let found = Found { folder: "/home/me/holiday in Norway".into(), entries, more: 0 };
        self.update(Event::Looked { look, seen: Seen::Folder(Ok(found)) });
    }

    /// A file is chosen of which there is a picture.
    pub fn chooses(&mut self, by: Action, picture: RgbImage) {
        let effects = self.act(by);
        let [Effect::Look { look, at: Look::Picture(_) }] = effects[..] else {
            panic!("{effects:?}")
        };
        self.update(Event::Looked { look, seen: Seen::Picture(Ok(Arc::new(picture))) });
    }

    /// Files are dropped on the terminal.
    pub fn drops(&mut self) {
        let effects = self.update(Event::Pasted("/a/my\\ photo.jpg /b/plan.pdf /b/raw".to_owned()));
        let [Effect::Look { look, at: Look::Paths(readings) }] = &effects[..] else {
            panic!("{effects:?}")
        };
        let known = |path: &std::path::PathBuf| {
            let kind =
                if path.ends_with("raw") { Kind::Folder } else { Kind::File { size: 218_400 } };
            Known { path: path.clone(), kind: Some(kind) }
        };
        let seen = Seen::Paths(vec![readings[0].iter().map(known).collect()]);
        self.update(Event::Looked { look: *look, seen });
    }

    /// The newest item of the trail.
    pub fn newest(&self) -> ItemId {
        self.app.trail.iter().next().map(|item| item.id).expect("the trail is not empty")
    }

    fn number(&mut self) -> TransferId {
        self.numbers += 1;
        TransferId(self.numbers)
    }
}

/// Somebody's key.
pub fn key(number: u8) -> PublicKey {
    Identity::from_secret(&Zeroizing::new([number; 32])).public()
}

/// A picture of one colour.
pub fn flat(width: u32, height: u32, colour: [u8; 3]) -> RgbImage {
    RgbImage::from_pixel(width, height, image::Rgb(colour))
}
