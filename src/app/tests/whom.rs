//! To whom: everyone, or those who are chosen.

use super::*;

fn ben_and_cat() -> (World, ConnectionId, ConnectionId) {
    let mut world = World::joined(&[BEN, CAT]);
    let connections = world.connections();
    world.opens(connections[0], "Ben", 1);
    world.opens(connections[1], "Cat", 2);
    (world, connections[0], connections[1])
}

fn names(world: &World) -> Vec<&str> {
    let newest = world.app.trail.iter().next().expect("something was sent");
    newest.receipts.iter().map(|receipt| receipt.name.as_str()).collect()
}

#[test]
fn those_who_are_chosen_get_it_alone_until_nobody_is_chosen() {
    let (mut world, ..) = ben_and_cat();
    world.act(Action::Who);
    world.act(Action::Down);
    world.act(Action::Mark);
    assert_eq!(world.app.to_whom().as_deref(), Some("Cat"));
    world.sends();
    assert_eq!(names(&world), ["Cat"]);
    world.act(Action::Who);
    world.act(Action::Mark);
    world.sends();
    assert_eq!(names(&world), ["Cat", "Ben"]);
    world.act(Action::Who);
    world.act(Action::Mark);
    world.act(Action::Down);
    world.act(Action::Mark);
    assert_eq!(world.app.to_whom(), None);
    world.sends();
    assert_eq!(names(&world), ["Ben", "Cat"]);
}

#[test]
fn who_is_chosen_stays_so_when_gone_and_gets_it_when_back() {
    let (mut world, ben, _) = ben_and_cat();
    world.act(Action::Who);
    world.act(Action::Mark);
    world.ben_leaves(ben);
    assert_eq!(world.app.listed().len(), 2, "Cat, and Ben who is not here");
    world.act(Action::Back);
    world.act(Action::SnapAndSend);
    world.snapped();
    let text = "peersnap-20261122-101112.jpg goes to Ben as soon as that is possible";
    assert_eq!(world.notice(), text);
    let proposes = |effects: Vec<Effect>| {
        effects.iter().filter(|effect| matches!(effect, Effect::Propose { .. })).count()
    };
    assert_eq!(proposes(world.asked()), 0, "not to Cat");
    world.comes(PeerId(9), "Ben", 1);
    assert_eq!(proposes(world.asked()), 1);
    world.act(Action::Who);
    world.act(Action::Down);
    world.act(Action::Mark);
    assert_eq!(world.app.to_whom(), None);
}

#[test]
fn another_room_knows_nobody_who_was_chosen_in_this_one() {
    let (mut world, ..) = ben_and_cat();
    world.act(Action::Who);
    world.act(Action::Mark);
    let link: RoomLink = LINK.parse().expect("a link");
    let (words, place) = (link.words, Place::Server(link.server));
    world.update(Event::Enter(Destination { words, place, way: Way::Join }));
    assert_eq!(world.app.to_whom(), None);
}
