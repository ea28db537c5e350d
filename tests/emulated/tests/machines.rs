//! Two machines, of which one answers every datagram: how long that takes, and when none comes.

mod helper;

use emulated::{Line, Machine, carry};
use helper::{Helper, lay};
use std::net::{Ipv4Addr, UdpSocket};
use std::time::{Duration, Instant};

const NEAR: Machine = Machine(0);
const FAR: Machine = Machine(1);
const SPARE: Machine = Machine(2);
const PORT: u16 = 7;
const LINE: Line = Line::new(10_000_000, Duration::from_millis(50));
/// Longer than an answer takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(2);

#[test]
fn an_answer_takes_the_round_trip_and_none_comes_over_a_cut_line_or_from_where_nobody_is() {
    let mut network = lay(&[LINE, LINE]);
    let mut far = Helper::begin(&network, FAR, "it_answers");
    far.tell("begin");
    let mut near = Helper::begin(&network, NEAR, "it_asks");
    let mut ask = |at: Ipv4Addr| near.tell(&at.to_string()).parse::<u64>().ok();
    let first = network.address(FAR);
    let took = ask(first).expect("an answer");
    assert!((50..2000).contains(&took), "{took} ms");
    let sent = network.carried(NEAR).sent;
    // IP and UDP have 28 bytes of their own.
    assert_eq!((sent.packets, sent.bytes), (1, 128));

    network.cut(FAR);
    assert_eq!(ask(first), None);
    assert_eq!(network.carried(NEAR).lost.packets, 1);
    network.mend(FAR);
    assert!(ask(first).is_some());

    let other = Ipv4Addr::new(10, 77, 0, 200);
    network.readdress(FAR, other);
    assert_eq!(ask(first), None);
    assert!(ask(other).is_some());

    network.change(NEAR, LINE.losing(1.0));
    assert_eq!(ask(other), None);
    let far_away = Line { delay: Duration::from_millis(400), ..LINE };
    network.change(NEAR, far_away);
    assert!(ask(other).is_some_and(|took| took >= 425));
}

#[test]
fn a_machine_whose_line_is_down_has_no_way_out_until_it_is_up_or_another_one_is() {
    let mut network = lay(&[LINE; 3]);
    let mut far = Helper::begin(&network, FAR, "it_answers");
    far.tell("begin");
    let mut near = Helper::begin(&network, NEAR, "it_asks");
    let at = network.address(FAR);
    let mut ask = || near.tell(&at.to_string());
    assert!(ask().parse::<u64>().is_ok());
    network.down(NEAR);
    assert_eq!(ask(), "no way out");
    network.up(NEAR);
    assert!(ask().parse::<u64>().is_ok());

    network.lend(SPARE, NEAR);
    assert!(ask().parse::<u64>().is_ok(), "it is down");
    for (own, line) in [([10, 77, 0, 3], SPARE), ([10, 77, 0, 1], NEAR)] {
        let before = network.carried(line).sent.packets;
        network.switch(NEAR);
        assert_eq!(network.address(NEAR).octets(), own);
        assert!(ask().parse::<u64>().is_ok());
        assert!(network.carried(line).sent.packets > before);
    }
}

#[test]
fn sixteen_machines_hear_of_each_other_and_of_nobody_else() {
    let network = lay(&[LINE; 16]);
    let last = Machine(15);
    Helper::begin(&network, FAR, "it_answers").tell("begin");
    let mut far = Helper::begin(&network, last, "it_answers");
    far.tell("begin");
    let mut near = Helper::begin(&network, NEAR, "it_asks");
    assert!(near.tell(&network.address(last).to_string()).parse::<u64>().is_ok());
    assert!(near.tell("192.0.2.1").parse::<u64>().is_err());
}

/// Run by the network of the tests above.
#[test]
#[ignore = "carries packets for other tests, which run it"]
fn it_carries() {
    carry();
}

/// Run on a machine: sends back what comes, once it was told to.
#[test]
#[ignore = "answers another machine: other tests run it"]
fn it_answers() {
    let socket = UdpSocket::bind(("0.0.0.0", PORT)).expect("a port of our own");
    println!("\ntold so");
    let mut packet = [0; 1500];
    while let Ok((length, from)) = socket.recv_from(&mut packet) {
        let _ = socket.send_to(&packet[..length], from);
    }
}

/// Run on a machine: asks at each address that it is told, and tells after how many milliseconds
/// the answer was there.
#[test]
#[ignore = "asks another machine: other tests run it"]
fn it_asks() {
    println!();
    for line in std::io::stdin().lines().map_while(Result::ok) {
        let address: Ipv4Addr = line.parse().expect("an address");
        let socket = UdpSocket::bind("0.0.0.0:0").expect("a port");
        socket.set_read_timeout(Some(PATIENCE)).expect("an option");
        let begun = Instant::now();
        if socket.send_to(&[1; 100], (address, PORT)).is_err() {
            println!("told no way out");
            continue;
        }
        match socket.recv(&mut [0; 1500]) {
            Ok(_) => println!("told {}", begun.elapsed().as_millis()),
            Err(_) => println!("told nothing"),
        }
    }
}
