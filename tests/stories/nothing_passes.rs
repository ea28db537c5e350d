//! What people say to each other is nobody else's: not in what passes the server, not in the logs,
//! and not on the list of processes.

use crate::world::capture::Capture;
use crate::world::evil::Evil;
use crate::world::forged::Words;
use crate::world::launch::Launch;
use crate::world::machine;
use crate::world::needle::Needle;
use crate::world::peer::Peer;
use crate::world::server::Server;
use crate::world::terminal::Terminal;
use crate::world::{files, read};
use ed25519_dalek::SigningKey;
use peersnap::app::Action;

#[test]
fn of_a_whole_evening_the_server_has_seen_nothing_that_is_anybodys_business() {
    let mut server = Server::start();
    let evil = Evil::before(&server);
    // Whatever the libraries under the program have to say, too.
    let loud = |name| Launch::of(name).env("PEERSNAP_LOG_LEVEL", "trace,peersnap=trace");
    let mut ann = loud(ANN).start(&["--server", &evil.url()]);
    let link = ann.link();
    let mut zoe = loud(ZOE).join(&link);
    let bob = Peer::join(BOB, &link);
    for (terminal, other) in [(&ann, ZOE), (&zoe, ANN)] {
        terminal.meets(other);
        terminal.meets(BOB);
        terminal.sees_the_camera();
    }
    ann.press("S");
    zoe.shows(&format!("{ANN} now"));
    zoe.press("S");
    ann.shows(&format!("{ZOE} now"));
    bob.sees_the_camera();
    bob.act(Action::SnapAndSend);
    ann.shows(&format!("{BOB} now"));
    let mut secrets = of_the_machine(&[&ann, &zoe]);
    let words = link.split_once('#').expect("a room link").1;
    stand_in_no_list_of_processes(words, &ann, &zoe);

    bob.leave();
    ann.is_told(&format!("{BOB} left"));
    server.stop();
    for terminal in [&ann, &zoe] {
        terminal.shows("trying again");
    }
    server.begin();
    for terminal in [&ann, &zoe] {
        terminal.is_told("back in the room");
    }
    ann.quits();
    zoe.quits();

    let keys = keys(words, &[&ann, &zoe]);
    for terminal in [&ann, &zoe] {
        let log = terminal.log().into_bytes();
        assert!(Needle::new("control", "in the room").is_in(&log));
        assert!(Needle::new("control", "TRACE").is_in(&log));
        are_not(&keys, |needle| needle.is_in(&log).then_some("in a log"));
    }
    secrets.extend(keys);
    secrets.extend(of_people(words, &[&ann, &zoe]));
    let capture = Capture::of(&evil);
    is_whole(&capture, words);
    are_not(&secrets, |needle| capture.find(needle));
    is_found_wherever_it_is(&capture, &secrets);
}

/// It has all that a server is told, of all three, before and after it was begun anew.
fn is_whole(capture: &Capture, words: &str) {
    assert_eq!(capture.rooms, [Words::of(words).room].into());
    assert_eq!(capture.rest, "", "nothing is told that does not have to be");
    for said in ["join", "welcome", "joined", "signal", "left", "bye"] {
        assert!(capture.types.contains(said), "{said} in {:?}", capture.types);
    }
    for kind in [1, 2] {
        let sealed = capture.sealed.iter().filter(|(_, bytes)| bytes[1] == kind);
        assert!(sealed.count() > 10, "hellos, and signals");
    }
}

fn are_not(secrets: &[Needle], found: impl Fn(&Needle) -> Option<&'static str>) {
    for needle in secrets {
        let place = found(needle);
        assert_eq!(place, None, "{}", needle.what);
    }
}

/// The search would have found each of them: in each of its forms, and inside a payload.
fn is_found_wherever_it_is(capture: &Capture, secrets: &[Needle]) {
    for needle in secrets {
        for form in &needle.forms {
            let mut planted = Capture { rest: capture.rest.clone(), ..Capture::default() };
            planted.sealed.push((String::new(), [&[1, 2][..], form, &[3]].concat()));
            let found = planted.find(needle);
            // What is short is looked for in the open alone.
            assert!(found.is_some() || form.len() < 5, "{}", needle.what);
            let Ok(text) = std::str::from_utf8(form) else { continue };
            planted.rest.push_str(text);
            assert_eq!(planted.find(needle), Some("in the open"), "{}", needle.what);
        }
    }
}

/// Descriptions, candidates, and the addresses that stand in them.
fn of_the_machine(terminals: &[&Terminal]) -> Vec<Needle> {
    let sdp = ["candidate:", "typ host", "sha-256", "fingerprint", "a=", "\r\na=", "ice-ufrag"];
    let mut needles: Vec<_> =
        sdp.iter().map(|part| Needle::new("of a description", part)).collect();
    let addresses = machine::addresses();
    assert!(!addresses.is_empty());
    needles.extend(addresses.iter().map(|it| Needle::new("an address", it.to_string())));
    for terminal in terminals {
        let ports = machine::udp_ports(terminal);
        assert!(!ports.is_empty(), "it is connected");
        needles.extend(ports.iter().map(|port| Needle::new("a port", port.to_string())));
    }
    needles
}

/// What the words are worth, and who people are.
fn keys(words: &str, terminals: &[&Terminal]) -> Vec<Needle> {
    let Words { master, key, .. } = Words::of(words);
    let mut needles = vec![Needle::new("the master key", master), Needle::new("the key", key)];
    let all: Vec<&str> = words.split('-').collect();
    for two in all.windows(2) {
        needles.extend(["-", " ", ", "].map(|between| Needle::new("words", two.join(between))));
    }
    for terminal in terminals {
        let secret: [u8; 32] = read(&terminal.state().join("identity")).try_into().expect("32");
        needles.push(Needle::new("a secret", secret));
        needles.push(Needle::new("a secret", SigningKey::from_bytes(&secret).to_keypair_bytes()));
    }
    needles
}

/// What people are called and known by, what they type, what they send.
fn of_people(words: &str, terminals: &[&Terminal]) -> Vec<Needle> {
    let mut needles: Vec<_> =
        [ANN, ZOE, BOB].iter().map(|name| Needle::new("a name", name)).collect();
    needles.extend(words.split('-').map(|word| Needle::new("a word", word)));
    for terminal in terminals {
        let key = terminal.identity().public();
        needles.push(Needle::new("a public key", key.as_bytes()));
        needles.push(Needle::new("a fingerprint", key.fingerprint().to_string()));
        for file in files(&terminal.save) {
            let name = file.file_name().expect("a file has a name").to_string_lossy().into_owned();
            needles.push(Needle::new("a file's name", name));
        }
    }
    needles
}

/// While they run: who opened the room has its words nowhere; who was given the link has it there
/// where it was typed.
fn stand_in_no_list_of_processes(words: &str, ann: &Terminal, zoe: &Terminal) {
    assert_eq!(machine::processes_that_name(words), [zoe.pid()]);
    let environment = ann.inside_proc("environ").into_bytes();
    assert!(!Needle::new("the words", words).is_in(&environment));
}

/// Longer than what may stand somewhere by accident.
const ANN: &str = "Annabella";
const ZOE: &str = "Zoë-Zenobia";
const BOB: &str = "Bob-Robert";
