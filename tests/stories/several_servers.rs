//! Several servers that act as one: who meets whom is the same, and one that goes takes nothing along.

use crate::world::balancer::Balancer;
use crate::world::broker::Broker;
use crate::world::launch::Launch;
use crate::world::peer::Peer;
use crate::world::server::Server;
use crate::world::terminal::Terminal;
use crate::world::{digest, files, until};
use std::fs::File;
use std::path::PathBuf;

/// Ann and Zoë in one room, at either of two servers.
fn two_at(link: &str) -> (Terminal, Terminal) {
    let ann = Launch::of("Ann").join(link);
    ann.shows("waiting for someone");
    let zoe = Launch::of("Zoë").join(link);
    ann.meets("Zoë");
    zoe.meets("Ann");
    ann.sees_the_camera();
    (ann, zoe)
}

#[test]
fn a_file_that_is_under_way_does_not_notice_that_one_of_two_servers_was_killed() {
    let broker = Broker::begin();
    let mut first = Server::of_several(broker.bus());
    let second = Server::of_several(broker.bus());
    let balancer = Balancer::before(vec![first.address(), second.address()]);
    let (mut ann, mut zoe) = two_at(&balancer.link());
    let folder = tempfile::tempdir().expect("room");
    let path = folder.path().join("large.bin");
    let file = File::create(&path).expect("room");
    file.set_len(1_500_000_000).expect("it has holes");
    ann.drops(&[&path]);
    zoe.shows("y take it");
    zoe.press("y");
    let came = zoe.save.join("large.bin");
    let is_under_way = |path: &PathBuf| path.metadata().is_ok_and(|it| it.len() > 50_000_000);
    until("it is under way", || files(&zoe.save).iter().any(is_under_way).then_some(()));
    first.kill();
    // It was the server of one of them, who comes to the other.
    ann.is_told("back in the room");
    assert!(!came.exists(), "it was over before the server was missed");
    ann.is_told("Zoë has large.bin");
    assert_eq!(digest(&came), digest(&path));
    for terminal in [&ann, &zoe] {
        let told = terminal.told("goes on at ");
        assert!(told.is_empty(), "it was cut off: {told:?}");
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
