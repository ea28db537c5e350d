//! The app without a world: events in, effects and state out.

mod dropping;
mod ledger;
mod meeting;
mod outbox;
mod past;
mod picking;
mod receiving;
mod rooms;
mod seats;
mod sending;
mod whom;

use super::event::{Closed, Route};
use super::*;
use crate::link::{Destination, Place, RoomLink, Way};
use crate::negotiation::Role;
use crate::obstacle::Obstacle;
use crate::path::PathKind;
use crate::picture::{Photo, Quality};
use crate::seal::{Identity, Met, OpenError, Remote};
use crate::text::FileName;
use crate::transfer::{
    Device, Digest, Direction, End, MediaType, Proposal, Side, TransferId, Violation,
};
use signaling_server::protocol::{PeerId, Refusal};
use std::time::Duration;
use zeroize::Zeroizing;

const ANN: PeerId = PeerId(1);
const BEN: PeerId = PeerId(2);
const CAT: PeerId = PeerId(3);
const LINK: &str = "http://192.0.2.7/#crane-velvet-orbit-ladder-energy-quick";

/// An app, what it asked for so far, and what it has remembered.
struct World {
    app: App,
    now: Instant,
    effects: Vec<Effect>,
    remembered: Vec<Record>,
}

impl World {
    /// In a room that is heard of from somebody, and not reached yet.
    fn new() -> Self {
        let settings = Settings {
            name: SafeText::new("Ann"),
            key: key(0),
            reach: Reach::Nowhere,
            folder: "/photos".into(),
            photo_bytes_max: 1000,
            attendance: Attendance::Person,
            run: 1,
        };
        let (effects, remembered) = (Vec::new(), Vec::new());
        let (app, now) = (App::new(settings), Instant::now());
        let mut world = Self { app, now, effects, remembered };
        let link: RoomLink = LINK.parse().expect("a link");
        let (words, place) = (link.words, Place::Server(link.server));
        world.update(Event::Enter(Destination { words, place, way: Way::Join }));
        world.asked();
        world
    }

    /// In a room where these were before.
    fn joined(peers: &[PeerId]) -> Self {
        let mut world = Self::new();
        world.welcome(peers);
        world
    }

    fn welcome(&mut self, peers: &[PeerId]) {
        let peers = peers.to_vec();
        self.signaling(SignalingEvent::Welcome { id: ANN, peers, ice_servers: Vec::new() });
    }

    /// Somebody comes, who was met before.
    fn comes(&mut self, peer: PeerId, name: &str, number: u8) -> ConnectionId {
        self.signaling(SignalingEvent::Joined(peer, Role::Answerer));
        let connection = self.connections()[0];
        self.opens(connection, name, number);
        connection
    }

    /// Ben leaves the room, and ends his connection.
    fn ben_leaves(&mut self, connection: ConnectionId) {
        self.signaling(SignalingEvent::Left(BEN));
        self.peer(connection, PeerEvent::Unreachable);
    }

    /// With one peer, whose connection is open.
    fn with_ben() -> (Self, ConnectionId) {
        let mut world = Self::joined(&[BEN]);
        let connection = world.connections()[0];
        world.opens(connection, "Ben", 1);
        (world, connection)
    }

    /// A peer proves who it is, was met before, and its connection opens.
    fn opens(&mut self, connection: ConnectionId, name: &str, number: u8) {
        self.proves(connection, name, number, Met::Known { trusted: false });
        self.peer(connection, PeerEvent::Open(Device::Terminal));
    }

    /// A peer proves who it is, and looks like this in the light of those met before.
    fn proves(&mut self, connection: ConnectionId, name: &str, number: u8, met: Met) {
        let remote = Remote { name: SafeText::new(name), key: key(number) };
        self.peer(connection, PeerEvent::Proven(remote));
        let asked = self.effects.pop();
        assert!(matches!(asked, Some(Effect::Meet { connection: of, .. }) if of == connection));
        self.update(Event::Met { connection, key: key(number), met, unkept: None });
    }

    fn update(&mut self, event: Event) {
        for effect in self.app.update(event, self.now) {
            match effect {
                Effect::Remember(record) => self.remembered.push(record),
                effect => self.effects.push(effect),
            }
        }
    }

    fn signaling(&mut self, event: SignalingEvent) {
        let entry = self.app.room.entry.expect("it is in a room");
        self.update(Event::Signaling { entry, event });
    }

    fn peer(&mut self, connection: ConnectionId, event: PeerEvent) {
        self.update(Event::Peer { connection, event });
    }

    fn act(&mut self, action: Action) {
        self.update(Event::Action(action));
    }

    fn snapped(&mut self) {
        let picture = RgbImage::new(4, 2);
        let photo = Photo::encode(&picture, Quality::default()).expect("a photo");
        let name = FileName::new("peersnap-20261122-101112.jpg");
        let snap = Snap { name, photo: Arc::new(photo), picture: Arc::new(picture) };
        self.update(Event::Snapped(Ok(snap)));
    }

    /// A photo is taken and sent; what was asked for besides is forgotten.
    fn sends(&mut self) -> ItemId {
        self.act(Action::SnapAndSend);
        self.snapped();
        self.asked();
        self.app.trail.iter().next().expect("it is in the trail").id
    }

    /// How far it is with each whom the newest item is for.
    fn states(&self) -> Vec<ReceiptState> {
        let newest = self.app.trail.iter().next().expect("something was sent");
        newest.receipts.iter().map(|receipt| receipt.state).collect()
    }

    /// Takes what was asked for so far.
    fn asked(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    fn connections(&mut self) -> Vec<ConnectionId> {
        let connections = self.asked().into_iter().filter_map(|effect| match effect {
            Effect::Connect { connection, .. } => Some(connection),
            _ => None,
        });
        connections.collect()
    }

    fn notice(&self) -> &str {
        self.app.notices.newest().map_or("", |notice| &notice.text)
    }
}

fn key(number: u8) -> PublicKey {
    Identity::from_secret(&Zeroizing::new([number; 32])).public()
}

fn proposal(name: &str, media_type: &str, size: u64) -> Proposal {
    let media_type = MediaType::try_from(media_type.to_owned()).expect("a type");
    Proposal::new(FileName::new(name), media_type, size)
}
