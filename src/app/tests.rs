//! The app without a world: events in, effects and state out.

use super::event::{Closed, Route, RouteKind};
use super::*;
use crate::link::{Destination, Place, RoomLink, Way};
use crate::picture::{Photo, Quality};
use crate::seal::{Identity, Met, OpenError, Remote};
use crate::text::FileName;
use crate::transfer::{Digest, Direction, End, TransferId, Violation};
use signaling_server::protocol::{PeerId, Refusal};
use std::time::Duration;
use zeroize::Zeroizing;

const ANN: PeerId = PeerId(1);
const BEN: PeerId = PeerId(2);
const CAT: PeerId = PeerId(3);
const LINK: &str = "http://192.0.2.7/#crane-velvet-orbit-ladder-energy-quick";

/// An app, and what it asked for so far.
struct World {
    app: App,
    now: Instant,
    effects: Vec<Effect>,
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
        };
        let mut world = Self { app: App::new(settings), now: Instant::now(), effects: Vec::new() };
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
        self.peer(connection, PeerEvent::Open);
    }

    /// A peer proves who it is, and looks like this in the light of those met before.
    fn proves(&mut self, connection: ConnectionId, name: &str, number: u8, met: Met) {
        let remote = Remote { name: SafeText::new(name), key: key(number) };
        self.peer(connection, PeerEvent::Proven(remote));
        let asked = self.effects.pop();
        assert!(matches!(asked, Some(Effect::Meet { connection: of, .. }) if of == connection));
        self.update(Event::Met { connection, met, unkept: None });
    }

    fn update(&mut self, event: Event) {
        let effects = self.app.update(event, self.now);
        self.effects.extend(effects);
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
        world.opens(*connection, name, 1);
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
    assert_eq!(world.app.room.peers().count(), 1, "the connection stands");
    world.peer(ben, PeerEvent::Unreachable);
    assert_eq!(world.app.room.peers().count(), 0);
    assert_eq!(world.notice(), "Ben left");

    let (mut world, ben) = World::with_ben();
    world.peer(ben, PeerEvent::Unreachable);
    world.peer(ben, PeerEvent::Closed(Closed::Lost));
    assert_eq!(world.app.room.peers().count(), 1, "it may come back");
    world.signaling(SignalingEvent::Left(BEN));
    assert_eq!(world.app.room.peers().count(), 0);
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
    assert_eq!(world.app.room.receivers().count(), 0);
    assert_eq!(world.app.room.peers().count(), 1);
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
    world.peer(ben, PeerEvent::Open);
    assert_eq!(world.app.room.peers().count(), 0);
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

#[test]
fn who_has_not_proven_to_know_the_words_is_a_count_and_nothing_else() {
    let mut world = World::joined(&[BEN]);
    let ben = world.connections()[0];
    assert_eq!(world.app.room.sentence(), "1 at the door");
    for error in [OpenError::WrongKey, OpenError::Malformed] {
        world.peer(ben, PeerEvent::Unopened(error));
        assert_eq!(world.notice(), "");
    }
    world.peer(ben, PeerEvent::Unopened(OpenError::BadSignature));
    assert!(world.notice().contains("poses as someone else"), "only members can do that");
    world.signaling(SignalingEvent::Left(BEN));
    assert!(!world.notice().contains("left"), "nobody was here");

    let (mut world, ben) = World::with_ben();
    world.signaling(SignalingEvent::Joined(CAT));
    assert_eq!(world.app.room.sentence(), "2 in the room, 1 at the door");
    assert_eq!(world.app.room.peers().count(), 1);
    world.peer(ben, PeerEvent::Unopened(OpenError::WrongKey));
    assert!(world.notice().contains("changed on its way"), "of a peer that is known, it matters");
}

#[test]
fn a_room_where_nobody_is_met_seems_not_to_be_there() {
    let mut world = World::joined(&[]);
    assert!(world.app.room.sentence().starts_with("waiting for someone"));
    world.now = world.app.poll_timeout(world.now).expect("patience has an end");
    world.update(Event::Timeout);
    let sentence = "no such room, or a word is wrong; still waiting for someone";
    assert_eq!(world.app.room.sentence(), sentence);
    assert_eq!(world.notice(), "check the words: j asks for them again");

    world.signaling(SignalingEvent::Joined(BEN));
    let sentence = "no such room, or a word is wrong, or the server is not honest";
    assert_eq!(world.app.room.sentence(), sentence, "he has proven nothing");
    let ben = world.connections()[0];
    world.opens(ben, "Ben", 1);
    assert_eq!(world.app.room.sentence(), "2 in the room");
    world.signaling(SignalingEvent::Left(BEN));
    assert!(world.app.room.sentence().starts_with("waiting for someone"), "it was the right room");
}

#[test]
fn a_room_that_was_opened_here_may_be_empty_for_long() {
    let mut world = World::new();
    let link: RoomLink = LINK.parse().expect("a link");
    let (words, place) = (link.words, Place::Server(link.server));
    world.update(Event::Enter(Destination { words, place, way: Way::Open }));
    world.welcome(&[]);
    assert_eq!(world.app.poll_timeout(world.now), None);
}

#[test]
fn a_peer_is_here_once_it_is_open_and_looked_up() {
    let mut world = World::joined(&[BEN]);
    let ben = world.connections()[0];
    let remote = Remote { name: SafeText::new("Ben"), key: key(1) };
    world.peer(ben, PeerEvent::Proven(remote));
    world.peer(ben, PeerEvent::Open);
    assert_eq!((world.notice(), world.app.room.receivers().count()), ("", 0), "not looked up");
    world.update(Event::Met { connection: ben, met: Met::New, unkept: None });
    let fingerprint = key(1).fingerprint();
    assert_eq!(world.notice(), format!("Ben is here for the first time: {fingerprint}"));
    assert_eq!(world.app.room.receivers().count(), 1);
}

#[test]
fn whoever_takes_the_name_of_someone_trusted_is_sent_nothing_before_that_is_said_to_be_right() {
    let (mut world, _) = World::with_ben();
    world.signaling(SignalingEvent::Joined(CAT));
    let impostor = world.connections()[0];
    world.proves(impostor, "Ben", 3, Met::Changed { before: key(1), trusted: true });
    world.peer(impostor, PeerEvent::Open);
    assert!(world.notice().starts_with("this is not the Ben you trust: "), "{}", world.notice());
    let label = world.app.room.by_connection(impostor).expect("here").label();
    let group = key(3).fingerprint().to_string();
    assert_eq!(label.as_str(), format!("Ben ({})", &group[..4]));

    world.act(Action::SnapAndSend);
    world.snapped();
    let to: Vec<_> = world.app.trail.chosen().expect("sent").receipts.clone();
    assert_eq!(to.len(), 1, "to the other one alone");
    assert_eq!(world.notice(), format!("nothing is sent to {label} before you trust it: t"));
    world.asked();
    let (transfer, proposal) = (TransferId(0), proposal("a.jpg", "image/jpeg", 10));
    world.peer(impostor, PeerEvent::Proposed { transfer, proposal });
    assert!(world.asked().is_empty(), "even a photo is asked for");

    world.act(Action::Who);
    world.act(Action::Down);
    world.act(Action::Trust);
    let asked = world.asked();
    assert!(matches!(
        asked[..],
        [Effect::Trust { connection, trust: Trust::Given, .. }] if connection == impostor
    ));
    let met = Met::Known { trusted: true };
    world.update(Event::Met { connection: impostor, met, unkept: None });
    assert_eq!(world.notice(), "Ben is trusted, and will be known again");
    assert_eq!(world.app.room.receivers().count(), 2);
}

#[test]
fn a_name_that_someone_else_had_is_told_and_no_more() {
    let mut world = World::joined(&[BEN]);
    let ben = world.connections()[0];
    world.proves(ben, "Ben", 2, Met::Changed { before: key(1), trusted: false });
    world.peer(ben, PeerEvent::Open);
    let (now, before) = (key(2).fingerprint(), key(1).fingerprint());
    let text = format!("Ben has another fingerprint than before: {now}, was {before}");
    assert_eq!(world.notice(), text);
    assert_eq!(world.app.room.receivers().count(), 1);
}

#[test]
fn who_leaves_between_two_keys_does_not_hand_trust_to_another() {
    let mut world = World::joined(&[BEN, CAT]);
    let connections = world.connections();
    world.opens(connections[0], "Ben", 1);
    world.opens(connections[1], "Cat", 2);
    world.act(Action::Who);
    world.signaling(SignalingEvent::Left(BEN));
    world.asked();
    world.act(Action::Trust);
    assert!(world.asked().is_empty(), "the chosen one is gone");
}

#[test]
fn another_terminal_of_the_same_person_is_trusted_and_not_remembered() {
    let mut world = World::joined(&[BEN]);
    let ben = world.connections()[0];
    let remote = Remote { name: SafeText::new("Ann"), key: key(0) };
    world.peer(ben, PeerEvent::Proven(remote));
    assert!(world.asked().is_empty());
    assert!(world.app.room.by_connection(ben).is_some_and(Peer::is_trusted));
}

#[test]
fn another_room_is_entered_by_its_words_and_the_first_one_is_left() {
    let (mut world, ben) = World::with_ben();
    world.app.settings.reach = Reach::Network;
    world.act(Action::Join);
    "add crane lamp orbit velvet zo".chars().for_each(|c| world.act(Action::Type(c)));
    world.act(Action::Submit);
    assert!(world.asked().is_empty(), "zo is not enough of a word");
    let Screen::Join(prompt) = &world.app.screen else { panic!("it is asked for") };
    assert!(matches!(prompt.standing(), Standing::Wrong(_)));
    world.act(Action::Type('o'));
    world.act(Action::Submit);
    let asked = world.asked();
    let [Effect::Enter { entry, destination }] = &asked[..] else { panic!("{asked:?}") };
    assert_eq!((&destination.place, destination.way), (&Place::Network, Way::Join));
    assert!(matches!(world.app.screen, Screen::Room));
    assert_eq!(world.app.room.sentence(), "looking for the room on this network");
    assert_eq!(world.app.room.peers().count(), 0);

    let before = EntryId(entry.0 - 1);
    let why = "of before".to_owned();
    world.update(Event::Signaling { entry: before, event: SignalingEvent::Lost { why } });
    world.peer(ben, PeerEvent::Open);
    assert_eq!(world.app.room.phase, RoomPhase::Searching, "what was left has no more to say");
    let server = "http://192.0.2.9:8765".parse().expect("a server");
    world.signaling(SignalingEvent::Found(server));
    let link = world.app.room.link().expect("it is found").to_string();
    assert_eq!(link, "http://192.0.2.9:8765/#add-crane-lamp-orbit-velvet-zoo");
}

#[test]
fn a_picture_that_cannot_be_shown_is_a_notice_and_a_file() {
    let (mut world, ben) = World::with_ben();
    for (name, media_type, told) in
        [("a.pdf", "application/pdf", false), ("a.jpg", "image/jpeg", true)]
    {
        let (transfer, proposal) = (TransferId(0), proposal(name, media_type, 10));
        world.peer(ben, PeerEvent::Proposed { transfer, proposal });
        let (direction, end) = (Direction::Incoming, End::Done(Digest([0; 32])));
        world.peer(ben, PeerEvent::Ended { direction, transfer, end, path: Some("/x".into()) });
        let item = world.app.trail.chosen().expect("it is there").id;
        let picture = Err("not a picture".to_owned());
        world.update(Event::Decoded { item, size: PictureSize::Small, picture });
        let notice = format!("{name} from Ben is kept as a file: not a picture");
        assert_eq!(world.notice() == notice, told, "{name}: {}", world.notice());
    }
}
