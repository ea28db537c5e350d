//! Screens as a person meets them, at the usual size and at a small one.

use super::dump::{dump, screen};
use super::world::{LINK, World, flat, key};
use crate::app::camera::{CameraFault, CameraKind};
use crate::app::event::Closed;
use crate::app::files::{Entry, Found, Kind, Seen};
use crate::app::{Action, Effect, Event, PeerEvent, PictureSize, Seat, SignalingEvent};
use crate::link::{Destination, Place, RoomLink, Way};
use crate::obstacle::Obstacle;
use crate::path::{Figures, Loss, Losses, PathKind, Rate};
use crate::picture::cells::Depth;
use crate::seal::Met;
use crate::text::{PathText, SafeText};
use crate::transfer::{Device, Direction, Reason, Side};

const SKY: [u8; 3] = [96, 144, 192];
const LEAF: [u8; 3] = [80, 128, 64];
const SAND: [u8; 3] = [208, 176, 128];

/// Keeps both sizes of a screen.
fn keep(name: &str, world: &World) {
    for (width, height) in [(80, 24), (40, 12)] {
        let shown = dump(&screen(world, width, height, Depth::True));
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), shown);
    }
}

fn with_camera(mut world: World) -> World {
    world.see("Integrated Camera", CameraKind::Device, flat(48, 28, SKY));
    world
}

/// Three others: one reached directly, one over a relay, one not yet.
fn with_peers() -> World {
    let mut world = with_camera(World::joined(3));
    world.open(0, "Ann", PathKind::Direct, 12);
    world.open(1, "写真家 Zoë", PathKind::Relayed, 48);
    world.wait(60);
    world
}

/// A few photos have gone to and fro.
fn with_trail() -> World {
    let mut world = with_peers();
    world.open(2, "Grandmother", PathKind::Direct, 0);
    world.receive(0, "IMG_2031.jpg", 3_100_000, flat(96, 72, LEAF));
    world.wait(3 * 3600);
    world.snap("peersnap-20261122-101502.jpg", 218_000, flat(640, 360, SKY));
    let (item, transfers) = world.send(&[0, 1, 2]);
    world.decoded(item, PictureSize::Small, flat(96, 54, SKY));
    world.done(0, Direction::Outgoing, transfers[0]);
    world.done(1, Direction::Outgoing, transfers[1]);
    world.fails(2, transfers[2], Reason::DiskFull);
    world.wait(240);
    world.receive(1, "夕焼けの海.jpg", 1_400_000, flat(72, 96, SAND));
    world.wait(20);
    world
}

#[test]
fn where_the_room_goes_on_without_the_terminal_the_foot_and_the_help_say_so() {
    let mut world = with_trail();
    world.update(Event::Seat(Seat::Attached));
    keep("attached", &world);
    world.act(Action::Help);
    keep("attached_help", &world);
}

#[test]
fn before_anything_the_program_says_what_it_is_doing() {
    keep("started", &World::new());
}

#[test]
fn alone_in_the_room_one_waits_with_the_test_card() {
    let mut world = World::joined(0);
    world.see("test card", CameraKind::TestCard, flat(42, 32, SAND));
    keep("waiting", &world);
}

#[test]
fn everyone_is_named_with_how_they_are_reached() {
    keep("peers", &with_peers());
}

#[test]
fn a_held_photo_says_what_can_be_done_with_it() {
    let mut world = with_peers();
    world.snap("peersnap-20261122-101502.jpg", 218_000, flat(640, 360, SAND));
    keep("held", &world);
}

#[test]
fn transfers_of_both_directions_show_how_far_they_are() {
    let mut world = with_peers();
    world.snap("peersnap-20261122-101502.jpg", 9_400_000, flat(640, 360, SAND));
    let (_, transfers) = world.send(&[0, 1]);
    let incoming = world.offer(0, "IMG_2031.jpg", "image/jpeg", 3_100_000);
    world.progress(0, Direction::Outgoing, transfers[0], 5_800_000);
    world.progress(0, Direction::Incoming, incoming, 420_000);
    world.wait(20);
    keep("transfers", &world);
}

/// Of everything that there is in the ledger, something.
fn with_transfers() -> World {
    let mut world = with_trail();
    let offered = world.offer(0, "notes.zip", "application/zip", 48_000_000);
    world.act(Action::Accept);
    world.progress(0, Direction::Incoming, offered, 9_000_000);
    world.peer(0, PeerEvent::Closed(Closed::Lost));
    world.peer(0, PeerEvent::Open(Device::Terminal));
    world.snap("peersnap-20261122-101730.jpg", 9_400_000, flat(640, 360, SAND));
    let (_, transfers) = world.send(&[0, 1, 2]);
    world.progress(0, Direction::Outgoing, transfers[0], 5_800_000);
    world.progress(1, Direction::Outgoing, transfers[1], 1_200_000);
    let (direction, transfer) = (Direction::Outgoing, transfers[1]);
    world.peer(1, PeerEvent::Paused { direction, transfer, by: Side::Remote });
    world.done(2, Direction::Outgoing, transfers[2]);
    let incoming = world.offer(1, "夕焼けの海 2.jpg", "image/jpeg", 3_100_000);
    world.progress(1, Direction::Incoming, incoming, 420_000);
    world.peer(2, PeerEvent::Closed(Closed::Lost));
    world.snap("peersnap-20261122-101802.jpg", 218_000, flat(640, 360, SAND));
    world.act(Action::Who);
    world.act(Action::Down);
    world.act(Action::Down);
    world.act(Action::Mark);
    world.act(Action::Back);
    world.act(Action::Send);
    world.act(Action::Who);
    world.act(Action::Down);
    world.act(Action::Down);
    world.act(Action::Mark);
    world.act(Action::Back);
    world.offer(1, "minutes of the meeting.pdf", "application/pdf", 3_100_000);
    world.wait(20);
    world
}

#[test]
fn of_who_is_not_reached_directly_it_is_said_why() {
    let mut world = with_peers();
    world.not_directly(1, Obstacle::Routers);
    world.wait(20);
    world.act(Action::Who);
    world.act(Action::Down);
    keep("who_not_directly", &world);
}

#[test]
fn while_something_moves_it_is_said_what_the_way_is_like() {
    let mut world = with_peers();
    let (outgoing, incoming) = (4_240_000, 31_000);
    let rate = Some(Rate { outgoing, incoming });
    let [outgoing, incoming] = [0.004, 0.1].map(|share| Some(Loss::new(share)));
    let figures = Figures { losses: Losses { outgoing, incoming }, rate };
    world.relayed_by(1, "turn:turn.snap.example:3478?transport=udp", figures);
    world.wait(20);
    world.snap("cat.jpg", 218_000, flat(4, 2, [1, 2, 3]));
    let (_, transfers) = world.send(&[1]);
    world.progress(1, Direction::Outgoing, transfers[0], 100_000);
    world.act(Action::Who);
    world.act(Action::Down);
    keep("who_moving", &world);
}

#[test]
fn the_ledger_shows_what_waits_what_is_under_way_and_what_is_done() {
    let mut world = with_transfers();
    world.act(Action::Transfers);
    (0..4).for_each(|_| drop(world.act(Action::Down)));
    keep("ledger", &world);
    let shown = dump(&screen(&world, 140, 44, Depth::True));
    insta::assert_snapshot!("ledger_140x44", shown);
    world.act(Action::Down);
    world.act(Action::Down);
    world.act(Action::Down);
    world.act(Action::Down);
    world.act(Action::Down);
    keep("ledger_below", &world);
}

#[test]
fn files_are_chosen_with_the_picture_beside() {
    let mut world = with_peers();
    world.picks();
    keep("picker", &world);
    world.act(Action::Mark);
    world.act(Action::Down);
    world.chooses(Action::Down, flat(96, 72, SAND));
    world.act(Action::Mark);
    world.chooses(Action::Up, flat(96, 72, LEAF));
    keep("picker_marked", &world);
    "img".chars().for_each(|c| drop(world.act(Action::Type(c))));
    keep("picker_narrowed", &world);
    let shown = dump(&screen(&world, 140, 44, Depth::True));
    insta::assert_snapshot!("picker_140x44", shown);
}

#[test]
fn what_never_goes_out_says_so_where_files_are_chosen() {
    let mut world = with_peers();
    world.act(Action::Who);
    world.act(Action::Mark);
    world.picks();
    world.act(Action::Last);
    world.act(Action::Up);
    world.act(Action::Submit);
    keep("picker_refused", &world);
}

#[test]
fn a_folder_without_end_is_counted_and_one_that_cannot_be_read_says_why() {
    let mut world = with_peers();
    world.picks();
    let effects = world.act(Action::Sort);
    let [Effect::Look { look, .. }] = effects[..] else { panic!("{effects:?}") };
    let entry = |number: usize| Entry {
        name: format!("{number:05}.log").into(),
        text: PathText::of(format!("{number:05}.log")),
        kind: Kind::File { size: 5 },
        age: None,
    };
    let entries = (0..10_000).map(entry).collect();
    let found = Found { folder: "/var/log".into(), entries, more: 190_001 };
    world.update(Event::Looked { look, seen: Seen::Folder(Ok(found)) });
    world.act(Action::Last);
    keep("picker_many", &world);
    let effects = world.act(Action::Parent);
    keep("picker_reading", &world);
    let [Effect::Look { look, .. }] = effects[..] else { panic!("{effects:?}") };
    let why = "/var cannot be read: Permission denied (os error 13)".to_owned();
    world.update(Event::Looked { look, seen: Seen::Folder(Err(why)) });
    keep("picker_unreadable", &world);
}

#[test]
fn what_is_dropped_is_asked_about() {
    let mut world = with_peers();
    world.drops();
    keep("dropped", &world);
}

#[test]
fn an_empty_ledger_says_so() {
    let mut world = with_peers();
    world.act(Action::Transfers);
    keep("ledger_empty", &world);
}

#[test]
fn what_goes_to_some_alone_says_so_before_it_is_sent() {
    let mut world = with_peers();
    world.act(Action::Who);
    world.act(Action::Mark);
    keep("chosen_whom", &world);
    world.act(Action::Back);
    keep("to_whom", &world);
    world.snap("peersnap-20261122-101502.jpg", 218_000, flat(640, 360, SAND));
    keep("held_to_whom", &world);
}

#[test]
fn a_photo_waits_for_whoever_comes() {
    let mut world = with_camera(World::joined(0));
    world.snap("peersnap-20261122-101502.jpg", 218_000, flat(640, 360, SAND));
    world.act(Action::Send);
    keep("outbox", &world);
}

#[test]
fn a_file_that_is_no_photo_is_asked_for() {
    let mut world = with_trail();
    world.offer(1, "minutes of the meeting in november.pdf", "application/pdf", 3_100_000);
    keep("asked", &world);
}

#[test]
fn the_trail_shows_who_sent_what_and_who_has_it() {
    keep("trail", &with_trail());
}

#[test]
fn the_chosen_photo_tells_of_each_receiver() {
    let mut world = with_trail();
    world.act(Action::Down);
    keep("chosen", &world);
}

#[test]
fn a_lost_server_is_said_and_the_room_goes_on() {
    let mut world = with_peers();
    let why = "the server cannot be reached".to_owned();
    world.signaling(SignalingEvent::Lost { why });
    keep("lost", &world);
}

#[test]
fn a_camera_in_trouble_says_what_to_do() {
    let mut world = World::joined(0);
    world.camera_fails(CameraFault::Busy);
    keep("camera_trouble", &world);
}

#[test]
fn the_help_lists_every_key() {
    let mut world = with_peers();
    world.act(Action::Help);
    keep("help", &world);
}

#[test]
fn the_invitation_shows_the_link_whole() {
    let mut world = with_peers();
    world.act(Action::Invite);
    keep("invite", &world);
}

#[test]
fn who_is_here_is_shown_with_what_they_are_known_by() {
    let mut world = with_camera(World::joined(5));
    world.open(0, "Ann", PathKind::Direct, 12);
    let trusted = Met::Known { trusted: true };
    let before = SafeText::new("Zo");
    let peers = [
        ("写真家 Zoë", trusted),
        ("Ann", Met::Changed { before: key(1), trusted: true }),
        ("Grandmother", Met::Renamed { before, trusted: false }),
        ("Ben", Met::New),
    ];
    for (at, (name, met)) in (1..).zip(peers) {
        world.proves(at, name, met);
        world.peer(at, PeerEvent::Open(Device::Terminal));
    }
    keep("doubted", &world);
    world.wait(60);
    world.act(Action::Who);
    world.act(Action::Down);
    keep("who", &world);
}

#[test]
fn nobody_is_here_but_oneself() {
    let mut world = with_camera(World::joined(0));
    world.act(Action::Who);
    keep("who_alone", &world);
}

#[test]
fn the_words_of_another_room_are_asked_for() {
    let mut world = with_camera(World::joined(0));
    world.act(Action::Join);
    "crane velvet or".chars().for_each(|c| drop(world.act(Action::Type(c))));
    keep("join", &world);
    "bti ".chars().for_each(|c| drop(world.act(Action::Type(c))));
    keep("join_wrong", &world);
}

#[test]
fn a_room_that_seems_not_to_be_there_says_so() {
    let mut world = with_camera(World::new());
    let link: RoomLink = LINK.parse().expect("a link");
    let (words, place) = (link.words, Place::Network);
    world.enter(Destination { words, place, way: Way::Join });
    world.wait(5);
    keep("no_room_found", &world);
    let server = SignalingEvent::Found(link.server);
    world.signaling(server);
    world.welcome(0);
    world.wait(5);
    keep("no_such_room", &world);
}

#[test]
fn who_has_not_proven_to_know_the_words_is_counted() {
    let mut world = with_camera(World::joined(3));
    world.open(0, "Ann", PathKind::Direct, 12);
    keep("at_the_door", &world);
}

#[test]
fn a_photo_fills_the_screen() {
    let mut world = with_trail();
    world.act(Action::Down);
    world.act(Action::View);
    let item = world.app.trail.chosen().map(|item| item.id).expect("one is chosen");
    world.decoded(item, PictureSize::Large, flat(640, 360, SKY));
    keep("photo", &world);
}

#[test]
fn without_colours_nothing_is_coloured() {
    let world = with_trail();
    for (width, height) in [(80, 24), (40, 12)] {
        let shown = dump(&screen(&world, width, height, Depth::None));
        insta::assert_snapshot!(format!("no_color_{width}x{height}"), shown);
    }
}
