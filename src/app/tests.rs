//! The app without a world: events in, effects and state out.

use super::event::{Closed, Route, RouteKind};
use super::*;
use crate::picture::{Photo, Quality};
use crate::text::FileName;
use crate::transfer::{Digest, Direction, End, TransferId, Violation};
use signaling_server::protocol::{PeerId, Refusal};
use std::time::Duration;

const ANN: PeerId = PeerId(1);
const BEN: PeerId = PeerId(2);
const CAT: PeerId = PeerId(3);

/// An app, and what it asked for so far.
struct World {
    app: App,
    now: Instant,
    effects: Vec<Effect>,
}

impl World {
    fn new() -> Self {
        let settings = Settings {
            name: SafeText::new("Ann"),
            link: "http://192.0.2.7/#code".into(),
            folder: "/photos".into(),
            photo_bytes_max: 1000,
        };
        Self { app: App::new(settings), now: Instant::now(), effects: Vec::new() }
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

    /// With one peer, whose connection is open.
    fn with_ben() -> (Self, ConnectionId) {
        let mut world = Self::joined(&[BEN]);
        let connection = world.connections()[0];
        world.peer(connection, PeerEvent::Open { name: SafeText::new("Ben") });
        (world, connection)
    }

    fn update(&mut self, event: Event) {
        let effects = self.app.update(event, self.now);
        self.effects.extend(effects);
    }

    fn signaling(&mut self, event: SignalingEvent) {
        self.update(Event::Signaling(event));
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

fn proposal(name: &str, media_type: &str, size: u64) -> Proposal {
    let media_type = MediaType::try_from(media_type.to_owned()).expect("a type");
    Proposal { name: FileName::new(name), media_type, size, dimensions: None }
}

#[test]
fn who_comes_offers_to_those_who_are_there_and_is_offered_to_by_those_who_come_later() {
    use crate::negotiation::Role;
    let mut world = World::joined(&[BEN]);
    assert!(matches!(
        world.asked()[..],
        [Effect::Connect { peer: BEN, role: Role::Offerer, local: ANN, .. }]
    ));
    world.signaling(SignalingEvent::Joined(CAT));
    assert!(matches!(
        world.asked()[..],
        [Effect::Connect { peer: CAT, role: Role::Answerer, local: ANN, .. }]
    ));
}

#[test]
fn a_photo_is_held_until_it_is_sent_to_everyone_and_each_receipt_is_told() {
    let mut world = World::joined(&[BEN, CAT]);
    let connections = world.connections();
    for (connection, name) in connections.iter().zip(["Ben", "Cat"]) {
        world.peer(*connection, PeerEvent::Open { name: SafeText::new(name) });
    }
    world.act(Action::Snap);
    assert!(matches!(world.asked()[..], [Effect::Snap]));
    world.snapped();
    assert!(matches!(world.app.shot, Shot::Held(_)) && world.effects.is_empty());
    world.act(Action::Send);
    let item = world.app.trail.chosen().expect("it is in the trail").id;
    let proposed = world.asked();
    assert!(matches!(
        proposed[..],
        [
            Effect::Propose { .. },
            Effect::Propose { .. },
            Effect::Keep { .. },
            Effect::Decode { .. }
        ]
    ));
    let end = End::Done(Digest([0; 32]));
    for (transfer, connection) in connections.iter().enumerate() {
        let transfer = TransferId(transfer as u32);
        world.peer(*connection, PeerEvent::Offered { item, transfer });
        world.peer(*connection, PeerEvent::Accepted { transfer });
    }
    assert_eq!(world.app.transfers.iter().len(), 2);
    let direction = Direction::Outgoing;
    let ended = PeerEvent::Ended { direction, transfer: TransferId(0), end, path: None };
    world.peer(connections[0], ended);
    assert_eq!(world.notice(), "Ben has peersnap-20261122-101112.jpg");
    let end = End::Remote(Reason::DiskFull);
    let ended = PeerEvent::Ended { direction, transfer: TransferId(1), end, path: None };
    world.peer(connections[1], ended);
    let states: Vec<_> =
        world.app.trail.chosen().expect("there").receipts.iter().map(|r| r.state).collect();
    assert_eq!(states, [ReceiptState::Delivered, ReceiptState::Failed("disk full")]);
    assert_eq!(world.app.transfers.iter().len(), 0);
}

#[test]
fn with_nobody_here_the_photo_stays_held() {
    let mut world = World::joined(&[]);
    world.act(Action::SnapAndSend);
    world.snapped();
    assert!(matches!(world.app.shot, Shot::Held(_)));
    assert!(world.notice().contains("nobody is here yet"));
    world.act(Action::Back);
    assert!(matches!(world.app.shot, Shot::None));
}

#[test]
fn a_held_photo_is_kept_when_the_program_ends() {
    let mut world = World::joined(&[]);
    world.act(Action::Snap);
    world.snapped();
    world.asked();
    world.act(Action::Quit);
    assert!(matches!(world.asked()[..], [Effect::Keep { .. }, Effect::Quit]));
    assert!(world.app.quitting);
}

#[test]
fn photos_are_taken_without_asking_and_other_files_are_asked_for() {
    let (mut world, ben) = World::with_ben();
    let propose = |transfer, proposal| PeerEvent::Proposed { transfer, proposal };
    world.peer(ben, propose(TransferId(0), proposal("a.jpg", "image/jpeg", 1000)));
    assert!(matches!(world.asked()[..], [Effect::Accept { transfer: TransferId(0), .. }]));
    world.peer(ben, propose(TransferId(1), proposal("big.jpg", "image/jpeg", 1001)));
    world.peer(ben, propose(TransferId(2), proposal("a.zip", "application/zip", 10)));
    assert!(world.asked().is_empty());
    assert_eq!(world.app.transfers.asked().map(|t| t.transfer), Some(TransferId(1)));
    world.act(Action::Decline);
    assert!(matches!(world.asked()[..], [Effect::Decline { transfer: TransferId(1), .. }]));
}

#[test]
fn each_answer_is_for_another_file() {
    let (mut world, ben) = World::with_ben();
    for transfer in [0, 1] {
        let (transfer, proposal) = (TransferId(transfer), proposal("a.zip", "application/zip", 10));
        world.peer(ben, PeerEvent::Proposed { transfer, proposal });
    }
    world.act(Action::Decline);
    world.act(Action::Accept);
    assert!(matches!(
        world.asked()[..],
        [
            Effect::Decline { transfer: TransferId(0), .. },
            Effect::Accept { transfer: TransferId(1), .. }
        ]
    ));
}

#[test]
fn a_photo_that_came_is_shown_and_a_damaged_one_is_told() {
    let (mut world, ben) = World::with_ben();
    let receive = |world: &mut World, end, path: Option<&str>| {
        let (transfer, proposal) = (TransferId(0), proposal("a.jpg", "image/jpeg", 10));
        world.peer(ben, PeerEvent::Proposed { transfer, proposal });
        let (direction, path) = (Direction::Incoming, path.map(PathBuf::from));
        world.peer(ben, PeerEvent::Ended { direction, transfer, end, path });
    };
    receive(&mut world, End::Done(Digest([0; 32])), Some("/photos/a.jpg"));
    assert!(matches!(world.asked()[..], [Effect::Accept { .. }, Effect::Decode { .. }]));
    assert_eq!(world.notice(), "a.jpg from Ben");
    receive(&mut world, End::Local(Reason::Digest), None);
    assert_eq!(world.notice(), "a.jpg from Ben did not arrive: damaged on the way");
    receive(&mut world, End::Local(Reason::DiskFull), None);
    assert_eq!(world.notice(), "a.jpg could not be saved: check space and rights of /photos");
    assert_eq!(world.app.trail.iter().len(), 1);
}

#[test]
fn x_stops_what_goes_to_everyone() {
    let (mut world, ben) = World::with_ben();
    world.act(Action::SnapAndSend);
    world.snapped();
    let item = world.app.trail.chosen().expect("it is in the trail").id;
    world.peer(ben, PeerEvent::Offered { item, transfer: TransferId(0) });
    world.asked();
    world.act(Action::Cancel);
    assert!(matches!(world.asked()[..], [Effect::Cancel { transfer: TransferId(0), .. }]));
}

#[test]
fn who_leaves_is_gone_and_who_is_lost_is_gone_when_the_server_lost_it_too() {
    let (mut world, ben) = World::with_ben();
    world.signaling(SignalingEvent::Away(BEN));
    assert_eq!(world.app.room.peers().len(), 1, "the connection stands");
    world.peer(ben, PeerEvent::Unreachable);
    assert_eq!(world.app.room.peers().len(), 0);
    assert_eq!(world.notice(), "Ben left");

    let (mut world, ben) = World::with_ben();
    world.peer(ben, PeerEvent::Unreachable);
    world.peer(ben, PeerEvent::Closed(Closed::Lost));
    assert_eq!(world.app.room.peers().len(), 1, "it may come back");
    world.signaling(SignalingEvent::Left(BEN));
    assert_eq!(world.app.room.peers().len(), 0);
}

#[test]
fn a_lost_server_breaks_no_connection_and_its_return_connects_those_who_are_not() {
    let (mut world, ben) = World::with_ben();
    world.signaling(SignalingEvent::Joined(CAT));
    world.asked();
    world.signaling(SignalingEvent::Lost { why: "lost the server".into() });
    assert!(world.app.room.sentence().contains("transfers go on"));
    world.welcome(&[BEN, CAT]);
    let effects = world.asked();
    assert!(matches!(effects[..], [Effect::Disconnect(_), Effect::Connect { peer: CAT, .. }]));
    assert!(
        world.app.room.by_connection(ben).is_some_and(|peer| peer.phase == PeerPhase::Open(None))
    );
}

#[test]
fn a_peer_that_breaks_the_protocol_is_barred_and_the_others_are_not() {
    let (mut world, ben) = World::with_ben();
    world.peer(ben, PeerEvent::Closed(Closed::Violated(Violation::Chunk)));
    assert!(world.notice().starts_with("Ben broke the protocol"));
    assert_eq!(world.app.room.open_peers().count(), 0);
    assert_eq!(world.app.room.peers().len(), 1);
}

#[test]
fn what_was_under_way_to_a_lost_peer_is_told() {
    let (mut world, ben) = World::with_ben();
    let (transfer, proposal) = (TransferId(0), proposal("a.jpg", "image/jpeg", 10));
    world.peer(ben, PeerEvent::Proposed { transfer, proposal });
    world.peer(ben, PeerEvent::Closed(Closed::Lost));
    assert_eq!(world.notice(), "a.jpg from Ben is not whole: connection lost");
    assert_eq!(world.app.transfers.iter().len(), 0);
}

#[test]
fn a_photo_that_was_not_even_offered_to_a_lost_peer_is_told() {
    let (mut world, ben) = World::with_ben();
    world.act(Action::SnapAndSend);
    world.snapped();
    world.peer(ben, PeerEvent::Closed(Closed::Lost));
    let receipts = &world.app.trail.chosen().expect("it is in the trail").receipts;
    assert_eq!(receipts[0].state, ReceiptState::Failed("connection lost"));
}

#[test]
fn events_of_a_task_that_was_ended_are_ignored() {
    let (mut world, ben) = World::with_ben();
    world.signaling(SignalingEvent::Left(BEN));
    world.peer(ben, PeerEvent::Route(Route { kind: RouteKind::Direct, round_trip: None }));
    world.peer(ben, PeerEvent::Open { name: SafeText::new("Ben") });
    assert_eq!(world.app.room.peers().len(), 0);
}

#[test]
fn a_full_room_is_told() {
    let mut world = World::new();
    world.signaling(SignalingEvent::Refused(Refusal::RoomFull));
    assert!(world.app.room.sentence().contains("the room is full"));
}

#[test]
fn notices_go_by_themselves_and_an_idle_app_asks_for_no_wake_up() {
    let (mut world, _) = World::with_ben();
    let deadline = world.app.poll_timeout(world.now).expect("a notice is shown");
    world.now = deadline;
    world.update(Event::Timeout);
    assert_eq!(world.notice(), "");
    assert_eq!(world.app.poll_timeout(world.now), None);
    world.now += Duration::from_secs(1);
    assert_eq!(world.app.poll_timeout(world.now), None);
}

#[test]
fn a_photo_on_the_full_screen_follows_the_choice() {
    let (mut world, ben) = World::with_ben();
    for at in 0..3 {
        let (transfer, proposal) = (TransferId(at), proposal("a.jpg", "image/jpeg", 10));
        world.peer(ben, PeerEvent::Proposed { transfer, proposal });
        let (direction, end) = (Direction::Incoming, End::Done(Digest([0; 32])));
        let path = Some(PathBuf::from(format!("/photos/{at}.jpg")));
        world.peer(ben, PeerEvent::Ended { direction, transfer, end, path });
    }
    world.asked();
    world.act(Action::View);
    world.act(Action::Down);
    let decodes = world.asked();
    assert!(matches!(decodes[..], [Effect::Decode { .. }, Effect::Decode { .. }]));
    assert_eq!(world.app.trail.chosen_at(), 1);
    world.act(Action::Up);
    world.act(Action::Up);
    assert_eq!(world.app.trail.chosen_at(), 0);
    world.act(Action::Back);
    assert!(matches!(world.app.screen, Screen::Room));
}
