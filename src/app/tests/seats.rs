//! Terminals that come and go, and whoever begins to listen late.

use super::*;
use crate::report::{PathKind, PeerState, Report, RoomState, Taken};

fn told(reports: &[Report]) -> Vec<String> {
    let told = reports.iter().map(|report| match report {
        Report::Room { state: RoomState::Joined, .. } => "joined".to_owned(),
        Report::Peer { peer, state: PeerState::Open, .. } => format!("{} open", peer.name),
        Report::Path { peer, kind: PathKind::Direct, .. } => format!("{} direct", peer.name),
        Report::Proposal { file, answer: Taken::Asked, .. } => format!("{}?", file.name),
        Report::Proposal { file, answer: Taken::Taken, .. } => format!("{}!", file.name),
        Report::Progress { name, offset, size, .. } => format!("{name} {offset}/{size}"),
        other => format!("{other:?}"),
    });
    told.collect()
}

#[test]
fn who_begins_to_listen_late_is_told_how_all_of_it_is() {
    let (mut world, ben) = World::with_ben();
    world.peer(ben, PeerEvent::Route(Route::of(PathKind::Direct)));
    for (number, name, kind) in [(0, "a.jpg", "image/jpeg"), (1, "b.zip", "application/zip")] {
        let (transfer, proposal) = (TransferId(number), proposal(name, kind, 1000));
        world.peer(ben, PeerEvent::Proposed { transfer, proposal, held: 0 });
    }
    let (direction, transfer) = (Direction::Incoming, TransferId(0));
    world.now += Duration::from_secs(1);
    world.peer(ben, PeerEvent::Progress { direction, transfer, offset: 400 });
    let once = world.app.take_reports();
    assert!(!once.is_empty());
    assert_eq!(
        told(&world.app.present()),
        ["joined", "Ben open", "Ben direct", "a.jpg!", "a.jpg 400/1000", "b.zip?"]
    );
    // It is told as often as it is asked, and what is told to all comes after it.
    assert_eq!(world.app.present(), world.app.present());
    assert!(world.app.take_reports().is_empty());
    world.act(Action::Decline);
    assert_eq!(told(&world.app.present())[3..], ["a.jpg!", "a.jpg 400/1000"]);
}

#[test]
fn detaching_is_for_a_terminal_that_is_attached() {
    let (mut world, _) = World::with_ben();
    world.act(Action::Detach);
    assert_eq!(world.app.seat, Seat::Own);
    world.update(Event::Seat(Seat::Attached));
    world.act(Action::Detach);
    assert_eq!(world.app.seat, Seat::Leaving);
    assert!(world.asked().is_empty() && !world.app.quitting);
}

#[test]
fn a_held_photo_stays_held_when_the_terminal_goes_and_what_was_open_is_closed() {
    let (mut world, _) = World::with_ben();
    world.update(Event::Seat(Seat::Attached));
    world.act(Action::Snap);
    world.snapped();
    world.act(Action::Invite);
    world.update(Event::Seat(Seat::Empty));
    assert!(matches!(world.app.screen, Screen::Room), "its words are on no screen");
    world.update(Event::Seat(Seat::Attached));
    assert!(matches!(world.app.shot, Shot::Held(_)));
}

#[test]
fn nothing_is_waited_for_where_nobody_looks() {
    let (mut world, ben) = World::with_ben();
    world.update(Event::Seat(Seat::Empty));
    let (transfer, proposal) = (TransferId(0), proposal("a.jpg", "image/jpeg", 10));
    world.peer(ben, PeerEvent::Proposed { transfer, proposal, held: 0 });
    let (direction, end) = (Direction::Incoming, End::Done(Digest([0; 32])));
    let path = Some("/photos/a.jpg".into());
    world.peer(ben, PeerEvent::Ended { direction, transfer, end, path });
    assert_eq!(world.app.poll_timeout(world.now), None);
    assert_eq!(world.notice(), "a.jpg from Ben");
    world.now += Duration::from_mins(1);
    world.update(Event::Seat(Seat::Attached));
    assert_eq!(world.notice(), "", "it is a minute old");
    assert_eq!(world.app.trail.iter().len(), 1);
    assert!(world.app.poll_timeout(world.now).is_some(), "its age changes");
}
