//! Whoever opens a room has a page for browsers, also over https; terminals know its certificate by
//! the link.

use crate::world::errand::{Errand, Start};
use crate::world::launch::Launch;
use crate::world::network::Network;
use crate::world::peer::{Offer, Peer};
use crate::world::pictures::photo;
use peersnap::link::RoomLink;
use std::io::{Read, Write};
use std::net::TcpStream;

fn ben(arguments: &[&str]) -> Errand {
    Start::of("Ben", &[&["receive"], arguments].concat()).opening().run()
}

fn secure() -> Errand {
    ben(&["--tls", "self-signed", "--once"])
}

/// What is answered on plain http, at the host and port of a link.
fn get(link: &str, path: &str) -> String {
    let authority = link.split('/').nth(2).expect("a link has a host");
    let mut stream = TcpStream::connect(authority).expect("the server listens");
    let request = format!("GET {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("it is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer that ends");
    answer
}

#[test]
fn a_link_opens_in_a_browser() {
    let ben = ben(&["--once"]);
    let page = get(&ben.link(), "/");
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    assert!(page.contains("<title>peersnap</title>"), "{page}");
}

#[test]
fn what_others_are_told_is_the_public_address_and_pages_of_it_may_connect() {
    let ben = ben(&["--once", "--public-url", "https://photos.example.org"]);
    let link: RoomLink = ben.link().parse().expect("a link");
    assert_eq!(link.server.to_string(), "https://photos.example.org/");
}

#[test]
fn a_link_leads_to_a_server_with_a_certificate_of_its_own() {
    let ben = secure();
    let link = ben.link();
    assert!(link.starts_with("https://127.0.0.1:"), "{link}");
    let ann = Peer::join("Ann", &link);
    ann.meets("Ben");
    ann.sends(Offer::of("a.jpg", "image/jpeg", photo([9, 8, 7])));
    assert_eq!(ben.ends().status, Some(0));

    let answer = get(&secure().link(), "/main.js?v=1");
    assert!(answer.starts_with("HTTP/1.1 308"), "{answer}");
    assert!(answer.contains("location: https://127.0.0.1:"), "{answer}");
    assert!(answer.contains("/main.js?v=1\r\n"), "{answer}");
}

#[test]
fn a_server_with_another_key_than_the_links_is_not_believed() {
    let ben = secure();
    let other = "ungWv48Bz-pBQUDeXa4iIw";
    let link = ben.link();
    let (rest, _) = link.rsplit_once('.').expect("a link with a pin");
    for (link, sentence) in [
        (format!("{rest}.{other}"), "the server's certificate is not the one in the link"),
        (rest.to_owned(), "the server's certificate is not good"),
        (rest.replace("https", "http"), "the server is reached over https"),
    ] {
        let ann = Peer::join("Ann", &link);
        ann.until(sentence, move |app| app.room.sentence().contains(sentence));
    }
    Peer::join("Ann", &link).meets("Ben");
}

#[test]
fn words_alone_find_a_server_with_a_certificate_of_its_own() {
    let network = Network::plug();
    let ann = Launch::of("Ann").size(120, 30).through(&network.first());
    let ann = ann.start(&["--tls", "self-signed"]);
    let link: RoomLink = ann.link().parse().expect("a link");
    assert!(link.server.pin().is_some());
    let words = link.words.canonical().replace('-', " ");
    let words: Vec<_> = words.split(' ').collect();
    let zoe = Launch::of("Zoë").through(&network.second()).start(&words);
    zoe.meets("Ann");
    ann.meets("Zoë");
}
