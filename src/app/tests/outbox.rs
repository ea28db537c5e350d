//! What waits for somebody who is not here, or not here any more.

use super::*;
use crate::transfer::Device;

const FILE: &str = "peersnap-20261122-101112.jpg";

/// Whom these effects offer something to.
fn offered(effects: &[Effect]) -> Vec<ConnectionId> {
    let offered = effects.iter().filter_map(|effect| match effect {
        Effect::Propose { connection, .. } => Some(*connection),
        _ => None,
    });
    offered.collect()
}

fn proposed(transfer: u32, proposal: Proposal, held: u64) -> PeerEvent {
    PeerEvent::Proposed { transfer: TransferId(transfer), proposal, held }
}

#[test]
fn a_photo_that_is_sent_with_nobody_here_goes_to_each_who_comes() {
    let mut world = World::joined(&[]);
    world.act(Action::SnapAndSend);
    world.snapped();
    assert!(matches!(world.app.shot, Shot::None), "it is not held any more");
    assert_eq!(world.notice(), format!("nobody is here yet: {FILE} goes to whoever comes"));
    assert!(matches!(
        world.asked()[..],
        [Effect::Snap, Effect::Decode { .. }, Effect::Keep { .. }]
    ));
    let item = world.app.trail.chosen().expect("it is in the trail").id;
    world.update(Event::Kept { item, path: Ok("/photos/a.jpg".into()) });
    for (peer, number) in [(BEN, 1), (CAT, 2)] {
        let connection = world.comes(peer, "someone", number);
        let effects = world.asked();
        assert_eq!(offered(&effects), [connection]);
        assert!(matches!(&effects[0], Effect::Propose { content: Content::File(_), .. }));
    }
    assert_eq!(world.states(), [ReceiptState::Underway; 2]);
}

#[test]
fn what_was_sent_to_who_was_here_is_not_for_who_comes_later() {
    let (mut world, _) = World::with_ben();
    world.sends();
    world.comes(CAT, "Cat", 2);
    assert_eq!(offered(&world.asked()), []);
    assert_eq!(world.states(), [ReceiptState::Underway]);
}

#[test]
fn who_is_lost_in_the_middle_gets_the_rest_when_back_and_that_is_said_once() {
    let (mut world, ben) = World::with_ben();
    let item = world.sends();
    let transfer = TransferId(0);
    world.peer(ben, PeerEvent::Offered { item, transfer });
    world.peer(ben, PeerEvent::Accepted { transfer, offset: 0 });
    world.peer(ben, PeerEvent::Closed(Closed::Lost));
    assert_eq!(world.notice(), format!("Ben is gone: {FILE} goes on when Ben is back"));
    assert_eq!(world.states(), [ReceiptState::Waiting]);
    assert_eq!(world.app.transfers.iter().len(), 0);
    world.signaling(SignalingEvent::Left(BEN));
    assert_eq!(world.notice(), "Ben left");
    world.asked();

    // Under the same key, and perhaps another name.
    let cat = world.comes(CAT, "Cat", 2);
    assert_eq!(offered(&world.asked()), [], "{cat:?} is somebody else");
    let back = world.comes(PeerId(9), "Benjamin", 1);
    assert_eq!(offered(&world.asked()), [back]);
    assert_eq!(world.states(), [ReceiptState::Underway]);
    world.peer(back, PeerEvent::Offered { item, transfer });
    let (direction, end) = (Direction::Outgoing, End::Done(Digest([0; 32])));
    world.peer(back, PeerEvent::Ended { direction, transfer, end, path: None });
    assert_eq!(world.states(), [ReceiptState::Delivered]);
}

#[test]
fn what_was_not_even_offered_waits_too_and_several_are_counted() {
    let (mut world, ben) = World::with_ben();
    world.sends();
    world.sends();
    world.peer(ben, PeerEvent::Closed(Closed::Lost));
    assert_eq!(world.notice(), "Ben is gone: 2 files go on when Ben is back");
    world.peer(ben, PeerEvent::Open(Device::Terminal));
    assert_eq!(offered(&world.asked()), [ben, ben]);
    assert_eq!(world.notice(), "2 files go to Ben");
}

#[test]
fn what_a_person_declined_or_stopped_stays_ended() {
    for reason in [End::Remote(Reason::Person), End::Local(Reason::Person)] {
        let (mut world, ben) = World::with_ben();
        let (item, transfer) = (world.sends(), TransferId(0));
        world.peer(ben, PeerEvent::Offered { item, transfer });
        let direction = Direction::Outgoing;
        world.peer(ben, PeerEvent::Ended { direction, transfer, end: reason, path: None });
        world.ben_leaves(ben);
        world.asked();
        world.comes(PeerId(9), "Ben", 1);
        assert_eq!(offered(&world.asked()), []);
    }
}

#[test]
fn what_is_stopped_before_it_is_offered_is_taken_back_as_soon_as_it_is() {
    let (mut world, ben) = World::with_ben();
    let item = world.sends();
    let effects = world.app.cancel_item(item);
    assert!(effects.is_empty(), "nothing is known of it yet");
    world.peer(ben, PeerEvent::Offered { item, transfer: TransferId(4) });
    assert!(matches!(world.asked()[..], [Effect::Cancel { transfer: TransferId(4), .. }]));
}

#[test]
fn whoever_takes_the_name_of_someone_trusted_gets_nothing_that_waits() {
    let mut world = World::joined(&[]);
    world.sends();
    world.signaling(SignalingEvent::Joined(CAT, Role::Answerer));
    let impostor = world.connections()[0];
    world.proves(impostor, "Ben", 3, Met::Changed { before: key(1), trusted: true });
    world.peer(impostor, PeerEvent::Open(Device::Terminal));
    assert_eq!(offered(&world.asked()), []);
    let met = Met::Known { trusted: true };
    world.update(Event::Met { connection: impostor, key: key(3), met, unkept: None });
    assert_eq!(offered(&world.asked()), [impostor], "once a person says that it is all right");
}

#[test]
fn who_breaks_the_protocol_is_not_waited_for() {
    let (mut world, ben) = World::with_ben();
    world.sends();
    world.peer(ben, PeerEvent::Closed(Closed::Violated(Violation::Malformed)));
    assert_eq!(world.states(), [ReceiptState::Failed(Fault::Lost)]);
}

#[test]
fn leaving_the_room_ends_what_waits_and_the_person_is_told() {
    let mut world = World::joined(&[]);
    world.sends();
    let link: RoomLink = LINK.parse().expect("a link");
    let (words, place) = (link.words, Place::Server(link.server));
    world.update(Event::Enter(Destination { words, place, way: Way::Join }));
    assert_eq!(world.notice(), format!("the room was left: {FILE} does not go out"));
    world.welcome(&[BEN]);
    let ben = world.connections()[0];
    world.opens(ben, "Ben", 1);
    assert_eq!(offered(&world.asked()), []);
}

#[test]
fn no_more_waits_than_is_worth_keeping() {
    let mut world = World::joined(&[]);
    for _ in 0..64 {
        world.sends();
    }
    world.act(Action::SnapAndSend);
    world.snapped();
    assert!(matches!(world.app.shot, Shot::Held(_)), "nothing is lost");
    assert_eq!(world.notice(), "64 files wait already: p shows them, x there stops one");
}

#[test]
fn without_a_room_a_photo_stays_held() {
    let mut world = World::new();
    world.app.room = Room::default();
    world.act(Action::SnapAndSend);
    world.snapped();
    assert!(matches!(world.app.shot, Shot::Held(_)));
    assert_eq!(world.notice(), "no room yet: j joins one");
}

#[test]
fn what_a_program_sends_is_the_programs_to_send_again() {
    let (mut world, ben) = World::with_ben();
    let parcel = Parcel {
        proposal: proposal("a.jpg", "image/jpeg", 10),
        content: Content::File("/a.jpg".into()),
    };
    world.update(Event::Order(Order::Send { order: "1".into(), parcel, to: vec![ben] }));
    world.peer(ben, PeerEvent::Closed(Closed::Lost));
    assert_eq!(world.states(), [ReceiptState::Failed(Fault::Lost)]);
}

#[test]
fn a_file_that_was_taken_and_cut_off_is_taken_again_without_asking() {
    let (mut world, ben) = World::with_ben();
    world.peer(ben, proposed(0, proposal("a.zip", "application/zip", 10), 0));
    world.act(Action::Accept);
    world.peer(ben, PeerEvent::Closed(Closed::Lost));
    assert_eq!(world.notice(), "a.zip from Ben goes on when Ben is back");
    assert_eq!(world.app.awaited.len(), 1);
    world.asked();
    let cat = world.comes(CAT, "Cat", 2);
    world.peer(cat, proposed(0, proposal("a.zip", "application/zip", 10), 0));
    assert!(world.asked().is_empty(), "somebody else's is asked for");
    world.peer(ben, PeerEvent::Open(Device::Terminal));
    world.peer(ben, proposed(0, proposal("a.zip", "application/zip", 11), 0));
    assert!(world.asked().is_empty(), "another file is asked for");
    world.peer(ben, proposed(1, proposal("a.zip", "application/zip", 10), 0));
    assert!(matches!(world.asked()[..], [Effect::Accept { transfer: TransferId(1), .. }]));
    assert_eq!(world.app.awaited.len(), 0);
    world.peer(ben, proposed(2, proposal("a.zip", "application/zip", 10), 0));
    assert!(world.asked().is_empty(), "once");
}

#[test]
fn what_is_here_in_part_from_another_time_is_taken_on() {
    let (mut world, ben) = World::with_ben();
    world.peer(ben, proposed(0, proposal("a.zip", "application/zip", 10_000_000), 4_000_000));
    assert!(matches!(world.asked()[..], [Effect::Accept { transfer: TransferId(0), .. }]));
}

#[test]
fn an_offer_that_was_not_answered_is_no_promise() {
    let (mut world, ben) = World::with_ben();
    world.peer(ben, proposed(0, proposal("a.zip", "application/zip", 10), 0));
    world.peer(ben, PeerEvent::Closed(Closed::Lost));
    assert_eq!(world.notice(), "Ben is gone, before a.zip was taken or declined");
    assert_eq!(world.app.awaited.len(), 0);
}
