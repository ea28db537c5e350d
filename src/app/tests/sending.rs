//! Photos that go out.

use super::*;

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
            Effect::Decode { .. },
            Effect::Keep { .. }
        ]
    ));
    let end = End::Done(Digest([0; 32]));
    for (transfer, connection) in connections.iter().enumerate() {
        let transfer = TransferId(transfer as u32);
        world.peer(*connection, PeerEvent::Offered { item, transfer });
        world.peer(*connection, PeerEvent::Accepted { transfer, offset: 0 });
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
    assert_eq!(
        states,
        [ReceiptState::Delivered, ReceiptState::Failed(Fault::Failed(Reason::DiskFull))]
    );
    assert_eq!(world.app.transfers.iter().len(), 0);
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
