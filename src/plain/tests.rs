//! An evening, told in lines.

use super::changes::Seen;
use crate::app::camera::{CameraFault, CameraKind};
use crate::app::{Action, Event, PeerEvent, SignalingEvent};
use crate::negotiation::Role;
use crate::path::PathKind;
use crate::transfer::Direction;
use crate::ui::tests::world::{LINK, World, flat};
use signaling_server::protocol::PeerId;

/// A world, and who is told of it.
struct Told {
    world: World,
    seen: Seen,
}

impl Told {
    fn of(world: World) -> Self {
        let mut told = Self { world, seen: Seen::default() };
        told.news();
        told
    }

    /// What is told now; nothing is told twice.
    fn news(&mut self) -> Vec<String> {
        let news = self.seen.changes(&self.world.app);
        assert_eq!(self.seen.changes(&self.world.app), Vec::<String>::new(), "told twice");
        news
    }
}

fn photo() -> crate::picture::RgbImage {
    flat(4, 2, [200, 0, 0])
}

#[test]
fn the_room_is_told_of_with_its_words_and_link() {
    let mut told = Told { world: World::new(), seen: Seen::default() };
    let words = "the words of the room: crane velvet orbit ladder energy quick".to_owned();
    let link = format!("its link: {LINK}");
    assert_eq!(told.news(), [words, link, "reaching the room".to_owned()]);
    told.world.welcome(0);
    assert_eq!(told.news(), ["waiting for someone: i shows the link to share"]);
    let why = "the server was lost".to_owned();
    told.world.signaling(SignalingEvent::Lost { why });
    assert_eq!(told.news(), ["the server was lost; trying again, transfers go on"]);
    told.world.welcome(0);
    let back = ["back in the room", "waiting for someone: i shows the link to share"];
    assert_eq!(told.news(), back);
}

#[test]
fn who_comes_and_goes_is_told_with_how_they_are_reached() {
    let mut told = Told::of(World::joined(1));
    told.world.open(0, "Zoë", PathKind::Direct, 3);
    assert_eq!(told.news(), ["Zoë is here", "Zoë is reached directly"]);
    told.world.signaling(SignalingEvent::Joined(PeerId(7), Role::Answerer));
    assert_eq!(told.news(), Vec::<String>::new(), "someone is at the door");
    told.world.signaling(SignalingEvent::Left(PeerId(7)));
    assert_eq!(told.news(), Vec::<String>::new());
    told.world.peer(0, PeerEvent::Unreachable);
    assert_eq!(told.news(), ["Zoë is not heard of for a while"]);
    told.world.peer(0, PeerEvent::Reachable);
    told.world.signaling(SignalingEvent::Left(PeerId(1)));
    told.world.peer(0, PeerEvent::Unreachable);
    assert_eq!(told.news(), ["Zoë left", "waiting for someone: i shows the link to share"]);
}

#[test]
fn a_photo_is_told_of_from_the_moment_it_is_taken_to_the_last_receipt() {
    let mut told = Told::of(World::joined(2));
    told.world.open(0, "Zoë", PathKind::Direct, 3);
    told.world.open(1, "Bob", PathKind::Relayed, 30);
    told.news();
    told.world.snap("a.jpg", 218_000, photo());
    let held = "a photo is held, 1280 by 720, 218 KB: an empty line sends it, esc throws it away";
    assert_eq!(told.news(), [held]);
    let (item, transfers) = told.world.send(&[0, 1]);
    assert_eq!(told.news(), ["sending a.jpg, 1280 by 720, 218 KB, to Zoë, Bob"]);
    told.world.update(Event::Kept { item, path: Ok("/photos/a.jpg".into()) });
    assert_eq!(told.news(), ["a.jpg is saved as /photos/a.jpg"]);
    told.world.progress(0, Direction::Outgoing, transfers[0], 20_000);
    assert_eq!(told.news(), Vec::<String>::new(), "not every bit of it");
    told.world.progress(0, Direction::Outgoing, transfers[0], 120_000);
    assert_eq!(told.news(), ["a.jpg to Zoë: 50 percent"]);
    told.world.done(0, Direction::Outgoing, transfers[0]);
    told.world.done(1, Direction::Outgoing, transfers[1]);
    assert_eq!(told.news(), ["Zoë has a.jpg", "Bob has a.jpg"]);
}

#[test]
fn a_photo_that_comes_is_told_of_once_with_its_place() {
    let mut told = Told::of(World::joined(1));
    told.world.open(0, "Zoë", PathKind::Direct, 3);
    told.news();
    told.world.receive(0, "cat.jpg", 218_000, photo());
    let saved = "cat.jpg from Zoë, 4032 by 3024, 218 KB, is saved as /home/me/Pictures/x";
    assert_eq!(told.news(), [saved]);
}

#[test]
fn a_file_that_is_offered_is_asked_about() {
    let mut told = Told::of(World::joined(1));
    told.world.open(0, "Zoë", PathKind::Direct, 3);
    told.news();
    let transfer = told.world.offer(0, "notes.pdf", "application/pdf", 3_000_000);
    assert_eq!(told.news(), ["Zoë offers notes.pdf, 3.0 MB: y takes it, n does not"]);
    told.world.act(Action::Accept);
    assert_eq!(told.news(), Vec::<String>::new());
    told.world.progress(0, Direction::Incoming, transfer, 2_400_000);
    assert_eq!(told.news(), ["notes.pdf from Zoë: 75 percent"]);
    told.world.offer(0, "more.pdf", "application/pdf", 3_000_000);
    told.news();
    told.world.act(Action::Decline);
    assert_eq!(told.news(), ["more.pdf from Zoë was declined"]);
}

#[test]
fn the_camera_is_told_of_and_what_is_wrong_with_it() {
    let mut told = Told::of(World::joined(0));
    told.world.see("HD Webcam", CameraKind::Device, photo());
    assert_eq!(told.news(), ["the camera is HD Webcam, 1280 by 720: s takes a photo"]);
    told.world.camera_fails(CameraFault::Busy);
    let busy = "camera is in use by another program: close it, then press c";
    assert_eq!(told.news(), [busy]);
    told.world.act(Action::Snap);
    told.world.update(Event::Snapped(Err("there is no picture yet".into())));
    assert_eq!(told.news(), ["there is no picture yet"]);
}
