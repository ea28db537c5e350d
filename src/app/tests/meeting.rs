//! Peers that come, go, and are who they seem, or not.

use super::*;
use crate::path::Hop;
use crate::report::Report;
use crate::transfer::Device;

#[test]
fn who_leaves_is_gone_and_who_is_lost_is_gone_when_the_server_lost_it_too() {
    let (mut world, ben) = World::with_ben();
    world.signaling(SignalingEvent::Away(BEN));
    assert_eq!(world.app.room.peers().count(), 1, "the connection stands");
    world.now += Duration::from_secs(5);
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
fn who_comes_to_another_network_is_waited_for_a_moment_and_connects_by_itself() {
    let (mut world, ben) = World::with_ben();
    world.peer(ben, PeerEvent::Unreachable);
    world.asked();
    world.signaling(SignalingEvent::Away(BEN));
    assert_eq!(world.app.room.peers().count(), 1);
    world.signaling(SignalingEvent::Joined(BEN, Role::Answerer));
    let asked = world.asked();
    assert!(matches!(asked[..], [Effect::Returned(of)] if of == ben), "{asked:?}");
    assert_eq!(world.app.room.poll_timeout(), None);
    world.signaling(SignalingEvent::Away(BEN));
    let gone_at = world.app.room.poll_timeout().expect("it may be gone");
    world.now = gone_at;
    world.update(Event::Timeout);
    assert_eq!(world.app.room.peers().count(), 0);
    assert_eq!(world.notice(), "Ben left");
}

#[test]
fn a_changed_network_is_looked_at_and_all_are_reached_again_once_the_server_answers() {
    let (mut world, ben) = World::with_ben();
    world.signaling(SignalingEvent::Joined(CAT, Role::Answerer));
    world.signaling(SignalingEvent::Away(CAT));
    world.asked();
    world.update(Event::NetworkChanged);
    let asked = world.asked();
    assert!(matches!(asked[..], [Effect::CheckNetwork]), "{asked:?}");
    world.signaling(SignalingEvent::StillThere);
    let asked = world.asked();
    assert!(matches!(asked[..], [Effect::Reconnect(of)] if of == ben), "{asked:?}");
    world.welcome(&[BEN]);
    let asked = world.asked();
    assert!(asked.iter().any(|it| matches!(it, Effect::Reconnect(of) if *of == ben)), "{asked:?}");
}

#[test]
fn what_one_who_leaves_said_last_is_heard_though_the_server_told_of_it_first() {
    let (mut world, ben) = World::with_ben();
    let (transfer, proposal) = (TransferId(0), proposal("a.jpg", "image/jpeg", 1000));
    world.peer(ben, PeerEvent::Proposed { transfer, proposal, held: 0 });
    world.signaling(SignalingEvent::Left(BEN));
    let (direction, end) = (Direction::Incoming, End::Remote(Reason::Changed));
    world.peer(ben, PeerEvent::Ended { direction, transfer, end, path: None });
    assert!(world.notice().contains("changed meanwhile"), "{}", world.notice());
    world.peer(ben, PeerEvent::Unreachable);
    assert_eq!(world.app.room.peers().count(), 0);
    assert_eq!(world.notice(), "Ben left");
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
fn events_of_a_task_that_was_ended_are_ignored() {
    let (mut world, ben) = World::with_ben();
    world.ben_leaves(ben);
    world.peer(ben, PeerEvent::Route(Route::of(PathKind::Direct)));
    world.peer(ben, PeerEvent::Open(Device::Terminal));
    assert_eq!(world.app.room.peers().count(), 0);
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
    world.signaling(SignalingEvent::Joined(CAT, Role::Answerer));
    assert_eq!(world.app.room.sentence(), "2 in the room, 1 at the door");
    assert_eq!(world.app.room.peers().count(), 1);
    world.peer(ben, PeerEvent::Unopened(OpenError::WrongKey));
    assert!(world.notice().contains("changed on its way"), "of a peer that is known, it matters");
}

#[test]
fn a_peer_is_here_once_it_is_open_and_looked_up() {
    let mut world = World::joined(&[BEN]);
    let ben = world.connections()[0];
    let remote = Remote { name: SafeText::new("Ben"), key: key(1) };
    world.peer(ben, PeerEvent::Proven(remote));
    world.peer(ben, PeerEvent::Open(Device::Terminal));
    assert_eq!((world.notice(), world.app.room.receivers().count()), ("", 0), "not looked up");
    let (connection, met, unkept) = (ben, Met::Known { trusted: true }, None);
    world.update(Event::Met { connection, key: key(2), met, unkept });
    assert_eq!((world.notice(), world.app.room.receivers().count()), ("", 0), "of someone else");
    let (met, unkept) = (Met::New, None);
    world.update(Event::Met { connection, key: key(1), met, unkept });
    let fingerprint = key(1).fingerprint();
    assert_eq!(world.notice(), format!("Ben is here for the first time: {fingerprint}"));
    assert_eq!(world.app.room.receivers().count(), 1);
}

#[test]
fn whoever_takes_the_name_of_someone_trusted_is_sent_nothing_before_that_is_said_to_be_right() {
    let (mut world, _) = World::with_ben();
    world.signaling(SignalingEvent::Joined(CAT, Role::Answerer));
    let impostor = world.connections()[0];
    world.proves(impostor, "Ben", 3, Met::Changed { before: key(1), trusted: true });
    world.peer(impostor, PeerEvent::Open(Device::Terminal));
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
    world.peer(impostor, PeerEvent::Proposed { transfer, proposal, held: 0 });
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
    world.update(Event::Met { connection: impostor, key: key(3), met, unkept: None });
    assert_eq!(world.notice(), "Ben is trusted, and will be known again");
    assert_eq!(world.app.room.receivers().count(), 2);
}

#[test]
fn a_name_that_someone_else_had_is_told_and_no_more() {
    let mut world = World::joined(&[BEN]);
    let ben = world.connections()[0];
    world.proves(ben, "Ben", 2, Met::Changed { before: key(1), trusted: false });
    world.peer(ben, PeerEvent::Open(Device::Terminal));
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
    world.ben_leaves(connections[0]);
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
fn who_is_reached_through_the_server_is_told_with_which_one_that_is() {
    let (mut world, ben) = World::with_ben();
    world.peer(ben, PeerEvent::Route(Route::of(PathKind::Server)));
    let server = world.app.room.link().expect("a room").server;
    let expected = [Hop::server(server.authority()).expect("a host")];
    let reports = world.app.take_reports();
    let via = reports.iter().find_map(|report| match report {
        Report::Path { via, .. } => Some(&via[..]),
        _ => None,
    });
    assert_eq!(via, Some(&expected[..]));
}

#[test]
fn why_there_is_no_direct_way_is_told_once_for_each_reason() {
    let (mut world, ben) = World::with_ben();
    let reached = |world: &mut World, kind, obstacle| {
        world.peer(ben, PeerEvent::Route(Route { obstacle, ..Route::of(kind) }));
        world.notice().to_owned()
    };
    let before = world.notice().to_owned();
    assert_eq!(reached(&mut world, PathKind::Server, None), before);
    let shut = Some(Obstacle::TheirUdp);
    let told = "no direct way to Ben: the network of Ben lets no UDP through";
    assert_eq!(reached(&mut world, PathKind::Server, shut), told);
    world.app.notices = Notices::default();
    assert_eq!(reached(&mut world, PathKind::Server, shut), "");
    assert_eq!(reached(&mut world, PathKind::Direct, None), "");
    let told = "no direct way to Ben: neither router lets the other in";
    assert_eq!(reached(&mut world, PathKind::Relayed, Some(Obstacle::Routers)), told);
}
