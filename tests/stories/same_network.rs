//! On the same network six words are enough: whoever carries a room announces it, and nothing secret.

use crate::world::launch::Launch;
use crate::world::network::Network;
use crate::world::terminal::{Terminal, key};
use crate::world::{digest, only_file};
use socket2::{Domain, Protocol, Socket, Type};
use std::io::Read;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Ann's terminal on the first machine, with a room that it carries, and the room's words.
fn ann_on(network: &Network, arguments: &[&str]) -> (Terminal, String) {
    let ann = Launch::of("Ann").through(&network.first()).start(arguments);
    let link = ann.link();
    let words = link.split_once('#').expect("a link has words").1.replace('-', " ");
    ann.shows("waiting for someone");
    (ann, words)
}

#[test]
fn six_words_alone_find_the_room_of_another_machine_and_photos_go_both_ways() {
    let network = Network::plug();
    let (mut ann, words) = ann_on(&network, &[]);
    let words: Vec<_> = words.split(' ').collect();
    let mut zoe = Launch::of("Zoë").through(&network.second()).start(&words);
    zoe.meets("Ann");
    ann.meets("Zoë");
    zoe.press("i");
    zoe.shows("http://10.77.0.1:8765/#");
    zoe.press(key::ESC);
    ann.sees_the_camera();
    ann.press("S");
    ann.shows("✓ Zoë");
    zoe.shows("Ann now");
    assert_eq!(digest(&only_file(&ann.save)), digest(&only_file(&zoe.save)));
    zoe.press("S");
    zoe.shows("✓ Ann");
    ann.shows("Zoë now");
}

#[test]
fn words_that_are_typed_at_the_prompt_find_the_room_too() {
    let network = Network::plug();
    let (ann, words) = ann_on(&network, &[]);
    let mut zoe = Launch::of("Zoë").through(&network.second()).start(&["join"]);
    zoe.shows("join a room");
    zoe.press(&words);
    zoe.shows("Enter joins");
    zoe.press(key::ENTER);
    zoe.meets("Ann");
    ann.meets("Zoë");
}

#[test]
fn a_room_that_is_not_announced_is_not_found() {
    let network = Network::plug();
    let (ann, words) = ann_on(&network, &["--no-lan"]);
    let words: Vec<_> = words.split(' ').collect();
    let zoe = Launch::of("Zoë").through(&network.second()).start(&words);
    zoe.shows("looking for the room on this network");
    zoe.shows("no such room, or a word is wrong; still looking for it");
    ann.shows("waiting for someone");
}

#[test]
fn what_is_announced_is_the_derived_room_id_and_nothing_that_is_secret() {
    let network = Network::plug();
    let this = std::env::current_exe().expect("this program").display().to_string();
    let story = ["--exact", "same_network::it_listens", "--ignored", "--nocapture"];
    let mut listener = network.second();
    listener.push(this);
    listener.extend(story.map(str::to_owned));
    let mut listener = Command::new(&listener[0])
        .args(&listener[1..])
        .stdout(Stdio::piped())
        .spawn()
        .expect("nsenter: tests/run installs util-linux");

    let (ann, words) = ann_on(&network, &[]);
    let wanted: Vec<_> = words.split(' ').collect();
    let zoe = Launch::of("Zoë").through(&network.second()).start(&wanted);
    zoe.meets("Ann");

    let mut heard = String::new();
    let output = listener.stdout.as_mut().expect("it is piped");
    output.read_to_string(&mut heard).expect("text");
    listener.wait().expect("it ends");
    let packets: Vec<_> = heard.lines().filter_map(|line| line.strip_prefix("heard ")).collect();
    let packets: Vec<_> =
        packets.iter().map(|hex| hex::decode(hex).expect("hexadecimal")).collect();
    let everything = String::from_utf8_lossy(&packets.concat()).to_lowercase();

    let keys = peersnap::seal::RoomKeys::derive(&words.parse().expect("words"));
    assert!(everything.contains(keys.room.as_str()), "the room is announced");
    for secret in wanted.iter().copied().chain(["ann", "zoë", "zoe", "root", &hostname()]) {
        assert!(!everything.contains(secret), "{secret:?} is said in {everything:?}");
    }
    drop(ann);
}

/// Run by the story above, on a machine of the network: prints what is said to everyone there.
#[test]
#[ignore = "listens to a network: another story runs it"]
fn it_listens() {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP)).expect("a socket");
    socket.set_reuse_address(true).expect("an option");
    #[cfg(unix)]
    socket.set_reuse_port(true).expect("an option");
    socket.bind(&SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, MDNS_PORT).into()).expect("the port");
    socket.join_multicast_v4(&MDNS_GROUP, &Ipv4Addr::new(10, 77, 0, 2)).expect("the group");
    let socket = std::net::UdpSocket::from(socket);
    let deadline = Instant::now() + LISTENS;
    let mut packet = [0; 9000];
    while let Some(left) =
        deadline.checked_duration_since(Instant::now()).filter(|it| !it.is_zero())
    {
        socket.set_read_timeout(Some(left)).expect("an option");
        if let Ok(length) = socket.recv(&mut packet) {
            println!("heard {}", hex::encode(&packet[..length]));
        }
    }
}

fn hostname() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").expect("a name");
    name.trim().to_lowercase()
}

/// Of multicast DNS (RFC 6762).
const MDNS_PORT: u16 = 5353;
const MDNS_GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);
/// For a room to be opened, announced and found.
const LISTENS: Duration = Duration::from_secs(4);
