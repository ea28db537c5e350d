//! Several servers that act as one: who meets whom is the same, and one that goes takes nothing along.

use crate::world::balancer::Balancer;
use crate::world::broker::Broker;
use crate::world::pair::{Large, two_at};
use crate::world::peer::Peer;
use crate::world::server::Server;

#[test]
fn a_file_that_is_under_way_does_not_notice_that_one_of_two_servers_was_killed() {
    let broker = Broker::begin();
    let mut first = Server::of_several(broker.bus());
    let second = Server::of_several(broker.bus());
    let balancer = Balancer::before(vec![first.address(), second.address()]);
    let (mut ann, mut zoe) = two_at(&balancer.link());
    let large = Large::under_way(&mut ann, &mut zoe);
    first.kill();
    // It was the server of one of them, who comes to the other.
    ann.is_told("back in the room");
    large.is_not_over();
    large.arrives_in_one_go(&ann, &zoe);
    for terminal in [&ann, &zoe] {
        terminal.shows("2 in the room");
    }
    assert!(zoe.told("back in the room").is_empty(), "they were at one server");

    // Somebody new finds both, and is found.
    let bob = Peer::join("Bob", &balancer.link());
    for terminal in [&ann, &zoe] {
        terminal.meets("Bob");
        terminal.shows("3 in the room");
    }
    bob.meets("Ann");
    bob.meets("Zoë");
    bob.leave();
}

#[test]
fn of_a_server_that_comes_back_the_peers_are_found_by_those_of_the_other() {
    let broker = Broker::begin();
    let mut first = Server::of_several(broker.bus());
    let second = Server::of_several(broker.bus());
    let balancer = Balancer::before(vec![first.address(), second.address()]);
    let (ann, mut zoe) = two_at(&balancer.link());
    first.stop();
    ann.is_told("back in the room");
    first.begin();
    zoe.press("q");
    assert_eq!(zoe.ends(), 0);
    ann.shows_no_more("● Zoë");
    // By either server.
    for name in ["Bob", "Cat"] {
        let peer = Peer::join(name, &balancer.link());
        ann.meets(name);
        peer.meets("Ann");
        peer.leave();
        ann.shows("waiting for someone");
    }
}
