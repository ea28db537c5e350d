//! Rooms that are entered, left, lost and not found.

use super::*;
use crate::transfer::Device;

#[test]
fn who_comes_offers_to_those_who_are_there_and_is_offered_to_by_those_who_come_later() {
    use crate::negotiation::Role;
    let mut world = World::joined(&[BEN]);
    assert!(matches!(
        world.asked()[..],
        [Effect::Connect { peer: BEN, role: Role::Offerer, local: ANN, .. }]
    ));
    world.signaling(SignalingEvent::Joined(CAT, Role::Answerer));
    assert!(matches!(
        world.asked()[..],
        [Effect::Connect { peer: CAT, role: Role::Answerer, local: ANN, .. }]
    ));
}

#[test]
fn a_lost_server_breaks_no_connection_and_its_return_connects_those_who_are_not() {
    let (mut world, ben) = World::with_ben();
    world.signaling(SignalingEvent::Joined(CAT, Role::Answerer));
    world.asked();
    world.signaling(SignalingEvent::Lost { why: "lost the server".into() });
    assert!(world.app.room.sentence().contains("transfers go on"));
    world.welcome(&[BEN, CAT]);
    let effects = world.asked();
    assert!(matches!(
        effects[..],
        [Effect::Disconnect(_), Effect::Reconnect(of), Effect::Connect { peer: CAT, .. }]
            if of == ben
    ));
    assert!(
        world.app.room.by_connection(ben).is_some_and(|peer| peer.phase == PeerPhase::Open(None))
    );
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
fn a_room_where_nobody_is_met_seems_not_to_be_there() {
    let mut world = World::joined(&[]);
    assert!(world.app.room.sentence().starts_with("waiting for someone"));
    world.now = world.app.poll_timeout(world.now).expect("patience has an end");
    world.update(Event::Timeout);
    let sentence = "no such room, or a word is wrong; still waiting for someone";
    assert_eq!(world.app.room.sentence(), sentence);
    assert_eq!(world.notice(), "check the words: j asks for them again");

    world.signaling(SignalingEvent::Joined(BEN, Role::Answerer));
    let sentence = "no such room, or a word is wrong, or the server is not honest";
    assert_eq!(world.app.room.sentence(), sentence, "he has proven nothing");
    let ben = world.connections()[0];
    world.opens(ben, "Ben", 1);
    assert_eq!(world.app.room.sentence(), "2 in the room");
    world.ben_leaves(ben);
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
fn a_room_that_is_carried_here_has_a_link_for_each_of_its_addresses() {
    let mut world = World::new();
    let links = ["192.0.2.7:8765", "198.51.100.4:8765", "[2001:db8::7]:8765"]
        .map(|at| format!("http://{at}/#crane-velvet-orbit-ladder-energy-quick"));
    let read = |link: &String| -> RoomLink { link.parse().expect("a link") };
    let RoomLink { server, words } = read(&links[0]);
    let others = links[1..].iter().map(|it| read(it).server).collect();
    let place = Place::Here { server, others };
    world.update(Event::Enter(Destination { words, place, way: Way::Open }));
    let told: Vec<_> = world.app.room.links().iter().map(ToString::to_string).collect();
    assert_eq!(told, links);
    assert_eq!(world.app.room.link(), Some(read(&links[0])));

    let elsewhere = Destination::join(LINK, &Reach::Nowhere).expect("a link");
    world.update(Event::Enter(elsewhere));
    let told: Vec<_> = world.app.room.links().iter().map(ToString::to_string).collect();
    assert_eq!(told, [LINK]);
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
    world.peer(ben, PeerEvent::Open(Device::Terminal));
    assert_eq!(world.app.room.phase, RoomPhase::Searching, "what was left has no more to say");
    let server = "http://192.0.2.9:8765".parse().expect("a server");
    world.signaling(SignalingEvent::Found(server));
    let link = world.app.room.link().expect("it is found").to_string();
    assert_eq!(link, "http://192.0.2.9:8765/#add-crane-lamp-orbit-velvet-zoo");
}
