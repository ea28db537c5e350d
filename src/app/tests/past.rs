//! What is remembered beyond the end of the program, and what comes of it in the next run.

use super::*;
use crate::transfer::Device;

fn recalled(number: u64, direction: Direction, state: ReceiptState, path: &str) -> Recalled {
    let id = key(1).fingerprint().to_string();
    let receipt = Receipt { connection: None, name: SafeText::new("Ben"), id, state };
    let record = Record {
        id: RecordId { run: 7, number },
        direction,
        proposal: proposal("a.jpg", "image/jpeg", 10),
        path: (!path.is_empty()).then(|| path.into()),
        receipts: vec![receipt],
    };
    Recalled { record, age: Duration::from_hours(2) }
}

#[test]
fn each_step_of_what_is_sent_is_remembered_under_one_number() {
    let (mut world, ben) = World::with_ben();
    world.act(Action::SnapAndSend);
    world.snapped();
    let item = world.app.trail.chosen().expect("it is in the trail").id;
    world.update(Event::Kept { item, path: Ok("/photos/a.jpg".into()) });
    let transfer = TransferId(0);
    world.peer(ben, PeerEvent::Offered { item, transfer });
    let (direction, end) = (Direction::Outgoing, End::Done(Digest([0; 32])));
    world.peer(ben, PeerEvent::Ended { direction, transfer, end, path: None });
    let records = &world.remembered;
    let told: Vec<_> = records
        .iter()
        .map(|record| (record.id.number, record.path.is_some(), record.receipts[0].state))
        .collect();
    let number = records[0].id.number;
    let expected = [
        (number, false, ReceiptState::Underway),
        (number, true, ReceiptState::Underway),
        (number, true, ReceiptState::Delivered),
    ];
    assert_eq!(told, expected);
}

#[test]
fn what_comes_in_is_remembered_with_its_place_or_with_why_it_did_not() {
    let (mut world, ben) = World::with_ben();
    let offer = |transfer| {
        let (transfer, proposal) = (TransferId(transfer), proposal("a.jpg", "image/jpeg", 10));
        PeerEvent::Proposed { transfer, proposal, held: 0 }
    };
    let direction = Direction::Incoming;
    let ended = |transfer, end, path: Option<&str>| {
        let (transfer, path) = (TransferId(transfer), path.map(PathBuf::from));
        PeerEvent::Ended { direction, transfer, end, path }
    };
    world.peer(ben, offer(0));
    world.peer(ben, ended(0, End::Done(Digest([0; 32])), Some("/photos/a.jpg")));
    world.peer(ben, offer(1));
    world.peer(ben, ended(1, End::Remote(Reason::Person), None));
    world.peer(ben, offer(2));
    world.peer(ben, PeerEvent::Closed(Closed::Lost));
    let states: Vec<_> = world.remembered.iter().map(|record| record.receipts[0].state).collect();
    let stopped = ReceiptState::Failed(Fault::Stopped);
    assert_eq!(states, [ReceiptState::Delivered, stopped, ReceiptState::Waiting]);
    let number = world.remembered[2].id;
    world.peer(ben, PeerEvent::Open(Device::Terminal));
    world.peer(ben, offer(0));
    world.peer(ben, ended(0, End::Done(Digest([0; 32])), Some("/photos/a (2).jpg")));
    assert_eq!(world.remembered[3].id, number, "it is the same file");
}

#[test]
fn where_nobody_is_nothing_is_remembered() {
    let mut world = World::new();
    world.app.settings.attendance = Attendance::Nobody;
    world.welcome(&[BEN]);
    let ben = world.connections()[0];
    world.opens(ben, "Ben", 1);
    let parcel = Parcel {
        proposal: proposal("a.jpg", "image/jpeg", 10),
        content: Content::File("/a.jpg".into()),
    };
    world.update(Event::Order(Order::Send { order: "1".into(), parcel, to: vec![ben] }));
    world.peer(ben, PeerEvent::Closed(Closed::Lost));
    assert!(world.remembered.is_empty());
}

#[test]
fn photos_of_the_save_folder_are_in_the_trail_again_with_their_ages() {
    let mut world = World::joined(&[]);
    let (out, into) = (Direction::Outgoing, Direction::Incoming);
    world.sends();
    let before = world.remembered.len();
    world.update(Event::Recalled(vec![
        recalled(4, into, ReceiptState::Delivered, "/photos/d.jpg"),
        recalled(3, out, ReceiptState::Delivered, "/photos/c.jpg"),
        recalled(2, out, ReceiptState::Delivered, "/elsewhere/b.jpg"),
        recalled(1, into, ReceiptState::Waiting, ""),
    ]));
    let ages: Vec<_> = world.app.trail.iter().map(|item| item.age(world.now)).collect();
    assert_eq!(ages, ["now", "2 h", "2 h"]);
    let decoded = world.asked();
    assert_eq!(decoded.iter().filter(|it| matches!(it, Effect::Decode { .. })).count(), 2);
    assert_eq!(world.remembered.len(), before, "it is known already");
    assert_eq!(world.app.ledger().len(), 5);
}

#[test]
fn pictures_are_decoded_as_far_as_they_may_be_seen_and_then_as_one_goes_on() {
    let mut world = World::joined(&[]);
    let photo = |number: u64| {
        recalled(number, Direction::Incoming, ReceiptState::Delivered, "/photos/a.jpg")
    };
    world.update(Event::Recalled((0..100).map(photo).collect()));
    let decoded = |world: &mut World| {
        let effects = world.asked();
        effects.iter().filter(|effect| matches!(effect, Effect::Decode { .. })).count()
    };
    let first = decoded(&mut world);
    assert!((10..40).contains(&first), "{first}");
    world.act(Action::Down);
    assert_eq!(decoded(&mut world), 1);
    (0..98).for_each(|_| world.act(Action::Down));
    assert_eq!(first + 1 + decoded(&mut world), 100);
}

#[test]
fn what_was_cut_off_by_the_end_of_a_run_is_sent_again_to_who_is_here() {
    let (mut world, ben) = World::with_ben();
    let past = recalled(3, Direction::Outgoing, ReceiptState::Waiting, "/photos/c.jpg");
    let id = past.record.id;
    world.update(Event::Recalled(vec![past]));
    let state = world.app.past[0].record.receipts[0].state;
    assert_eq!(state, ReceiptState::Failed(Fault::CutOff));
    world.asked();
    world.act(Action::Transfers);
    assert_eq!(world.app.chosen_row(), Some(Row::Past(id)));
    world.act(Action::Again);
    let effects = world.asked();
    assert!(matches!(
        &effects[0],
        Effect::Propose { connection, content: Content::File(_), .. } if *connection == ben
    ));
    assert_eq!(world.remembered[0].id, id, "in the place of what was remembered");
    assert_eq!((world.app.past.len(), world.app.trail.iter().len()), (0, 1));
}
