//! What waits, what is under way, what is done; and what keys do to it.

use super::*;

/// The chosen row's part and neighbours, as the parts of all rows.
fn parts(world: &World) -> Vec<Part> {
    world.app.ledger().into_iter().map(|(part, _)| part).collect()
}

/// A photo is on its way to Ben, and some of it is there.
fn underway() -> (World, ConnectionId, ItemId) {
    let (mut world, ben) = World::with_ben();
    let (item, transfer) = (world.sends(), TransferId(0));
    world.peer(ben, PeerEvent::Offered { item, transfer });
    world.peer(ben, PeerEvent::Accepted { transfer, offset: 0 });
    world.asked();
    (world, ben, item)
}

#[test]
fn what_waits_is_above_what_is_under_way_and_that_above_what_is_done() {
    let (mut world, ben, item) = underway();
    let direction = Direction::Outgoing;
    let end = End::Done(Digest([0; 32]));
    world.peer(ben, PeerEvent::Ended { direction, transfer: TransferId(0), end, path: None });
    let newer = world.sends();
    world.peer(ben, PeerEvent::Offered { item: newer, transfer: TransferId(1) });
    let (transfer, file) = (TransferId(0), proposal("a.zip", "application/zip", 10));
    world.peer(ben, PeerEvent::Proposed { transfer, proposal: file, held: 0 });
    assert_eq!(parts(&world), [Part::Waiting, Part::Waiting, Part::Done]);
    world.peer(ben, PeerEvent::Accepted { transfer: TransferId(1), offset: 0 });
    assert_eq!(parts(&world), [Part::Waiting, Part::UnderWay, Part::Done]);
    let rows: Vec<_> = world.app.ledger().into_iter().map(|(_, row)| row).collect();
    let incoming = (ben, Direction::Incoming, TransferId(0));
    assert_eq!(rows, [Row::Incoming(incoming), Row::Item(newer), Row::Item(item)]);
}

#[test]
fn what_is_chosen_is_paused_and_goes_on() {
    let (mut world, ben, _) = underway();
    world.act(Action::Transfers);
    world.act(Action::Rest);
    assert!(matches!(world.asked()[..], [Effect::Pause { .. }]));
    let (direction, transfer) = (Direction::Outgoing, TransferId(0));
    world.peer(ben, PeerEvent::Paused { direction, transfer, by: Side::Local });
    assert!(world.app.has(Remedy::GoOn) && !world.app.has(Remedy::Rest));
    world.act(Action::Rest);
    assert!(world.asked().is_empty(), "it is no switch");
    assert_eq!(world.notice(), "that is paused already");
    world.act(Action::GoOn);
    assert!(matches!(world.asked()[..], [Effect::Continue { .. }]));
    world.peer(ben, PeerEvent::Continued { direction, transfer });
    world.act(Action::GoOn);
    assert_eq!(world.notice(), "that is not paused");
    world.peer(ben, PeerEvent::Paused { direction, transfer, by: Side::Remote });
    assert_eq!(world.notice(), "Ben has paused peersnap-20261122-101112.jpg");
    for action in [Action::Rest, Action::GoOn] {
        world.act(action);
        assert!(world.asked().is_empty());
        assert_eq!(world.notice(), "Ben has paused it, and lets it go on");
    }
}

#[test]
fn one_of_several_is_stopped_and_the_others_go_on() {
    let mut world = World::joined(&[BEN, CAT]);
    let connections = world.connections();
    world.opens(connections[0], "Ben", 1);
    world.opens(connections[1], "Cat", 2);
    let item = world.sends();
    for connection in &connections {
        world.peer(*connection, PeerEvent::Offered { item, transfer: TransferId(0) });
    }
    world.act(Action::Transfers);
    world.act(Action::Down);
    world.act(Action::Down);
    assert_eq!(world.app.chosen_row(), Some(Row::Receiver(item, 1)));
    world.act(Action::Cancel);
    let cancelled = world.asked();
    assert!(
        matches!(cancelled[..], [Effect::Cancel { connection, .. }] if connection == connections[1])
    );
}

#[test]
fn what_failed_is_sent_again_to_whom_it_did_not_reach() {
    let (mut world, ben, item) = underway();
    let (direction, end) = (Direction::Outgoing, End::Remote(Reason::DiskFull));
    world.peer(ben, PeerEvent::Ended { direction, transfer: TransferId(0), end, path: None });
    world.asked();
    world.act(Action::Transfers);
    world.act(Action::Again);
    assert!(matches!(
        world.asked()[..],
        [Effect::Propose { item: again, .. }] if again == item
    ));
    assert_eq!(world.states(), [ReceiptState::Underway]);
    world.act(Action::Again);
    assert_eq!(world.notice(), "there is nothing to send again here");
}

#[test]
fn what_went_to_who_was_here_goes_to_whoever_joins_if_that_is_wanted() {
    let (mut world, _, item) = underway();
    world.act(Action::Transfers);
    world.act(Action::Widen);
    world.comes(CAT, "Cat", 2);
    assert!(matches!(
        world.asked()[..],
        [Effect::Propose { item: again, .. }] if again == item
    ));
    world.act(Action::Widen);
    world.comes(PeerId(9), "Dan", 3);
    assert!(world.asked().is_empty());
}

#[test]
fn what_waits_is_taken_from_the_outbox() {
    let mut world = World::joined(&[]);
    world.sends();
    world.act(Action::Transfers);
    world.act(Action::Cancel);
    world.asked();
    world.comes(BEN, "Ben", 1);
    assert!(world.asked().is_empty());
    assert_eq!(parts(&world), [Part::Done]);
}

#[test]
fn no_key_acts_on_a_neighbour_of_what_is_gone() {
    let (mut world, ben) = World::with_ben();
    for transfer in [0, 1] {
        let (transfer, file) = (TransferId(transfer), proposal("a.zip", "application/zip", 10));
        world.peer(ben, PeerEvent::Proposed { transfer, proposal: file, held: 0 });
    }
    world.act(Action::Transfers);
    let direction = Direction::Incoming;
    let end = End::Remote(Reason::Person);
    world.peer(ben, PeerEvent::Ended { direction, transfer: TransferId(1), end, path: None });
    world.asked();
    world.act(Action::Cancel);
    assert!(world.asked().is_empty(), "the chosen one is gone");
    world.act(Action::Down);
    world.act(Action::Cancel);
    assert!(matches!(world.asked()[..], [Effect::Decline { transfer: TransferId(0), .. }]));
}

#[test]
fn the_question_that_is_chosen_is_answered() {
    let (mut world, ben) = World::with_ben();
    for transfer in [0, 1] {
        let (transfer, file) = (TransferId(transfer), proposal("a.zip", "application/zip", 10));
        world.peer(ben, PeerEvent::Proposed { transfer, proposal: file, held: 0 });
    }
    world.act(Action::Transfers);
    world.act(Action::Accept);
    assert!(matches!(world.asked()[..], [Effect::Accept { transfer: TransferId(1), .. }]));
}
