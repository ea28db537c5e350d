//! Screens as a person meets them, at the usual size and at a small one.

use super::dump::{dump, screen};
use super::world::{World, flat};
use crate::app::camera::{CameraFault, CameraKind};
use crate::app::event::RouteKind;
use crate::app::{Action, Event, PictureSize, SignalingEvent};
use crate::transfer::{Direction, Reason};
use crate::ui::Depth;

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
    world.open(0, "Ann", RouteKind::Direct, 12);
    world.open(1, "写真家 Zoë", RouteKind::Relayed, 48);
    world.wait(60);
    world
}

/// A few photos have gone to and fro.
fn with_trail() -> World {
    let mut world = with_peers();
    world.open(2, "Grandmother", RouteKind::Direct, 0);
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
    world.update(Event::Signaling(SignalingEvent::Lost { why }));
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
