//! The signaling server goes: who is connected stays so, and all is well when it is back.

use crate::world::pair::{Large, two_at};
use crate::world::peer::Peer;
use crate::world::server::Server;
use crate::world::terminal::Terminal;
use crate::world::{digest, only_file};

/// A photo arrives though there is no server.
fn still_hand_over(ann: &mut Terminal, zoe: &Terminal) {
    ann.press("S");
    zoe.shows("Ann now");
    ann.shows("✓ Zoë");
    assert_eq!(digest(&only_file(&ann.save)), digest(&only_file(&zoe.save)));
}

/// The server is back, and somebody new finds both.
fn are_found_again(ann: &Terminal, zoe: &Terminal, server: &Server) {
    ann.is_told("back in the room");
    zoe.is_told("back in the room");
    let bob = Peer::join("Bob", &server.link());
    for terminal in [ann, zoe] {
        terminal.meets("Bob");
        terminal.shows("3 in the room");
    }
    bob.meets("Ann");
    bob.meets("Zoë");
    bob.leave();
    for terminal in [ann, zoe] {
        terminal.shows("2 in the room");
    }
}

#[test]
fn a_server_that_is_killed_takes_no_connection_with_it() {
    let mut server = Server::start();
    let (mut ann, zoe) = two_at(&server.link());
    server.kill();
    ann.shows("trying again");
    zoe.shows("trying again");
    // Once it was looked for again, more is known.
    ann.shows("no server answers there");
    still_hand_over(&mut ann, &zoe);
    server.begin();
    are_found_again(&ann, &zoe, &server);
}

#[test]
fn a_file_that_is_under_way_does_not_notice_that_the_server_was_killed_and_began_again() {
    let mut server = Server::start();
    let (mut ann, mut zoe) = two_at(&server.link());
    let large = Large::under_way(&mut ann, &mut zoe);
    server.kill();
    ann.shows("trying again");
    zoe.shows("trying again");
    server.begin();
    large.is_not_over();
    ann.is_told("back in the room");
    zoe.is_told("back in the room");
    large.arrives_in_one_go(&ann, &zoe);
    are_found_again(&ann, &zoe, &server);
}

#[test]
fn a_server_that_goes_down_in_order_is_said_to_and_comes_back() {
    let mut server = Server::start();
    let (mut ann, zoe) = two_at(&server.link());
    server.stop();
    ann.shows("trying again");
    zoe.shows("trying again");
    still_hand_over(&mut ann, &zoe);
    server.begin();
    are_found_again(&ann, &zoe, &server);
}

#[test]
fn a_peer_that_leaves_while_there_is_no_server_is_gone_when_it_is_back() {
    let mut server = Server::start();
    let (ann, mut zoe) = two_at(&server.link());
    server.kill();
    zoe.press("q");
    assert_eq!(zoe.ends(), 0);
    ann.shows_no_more("● Zoë");
    server.begin();
    ann.shows("waiting for someone");
}
