//! Scripts send: files, standard input, to everyone or to some, and end when every receipt is in.

use crate::world::errand::{Ended, Start};
use crate::world::launch::Launch;
use crate::world::peer::Peer;
use crate::world::pictures::photo;
use crate::world::server::Server;
use crate::world::{files, read, until};
use peersnap::app::Action;
use peersnap::report::{Code, Receipt, Report};

fn send(arguments: &[&str]) -> Start {
    Start::of("Ann", &[&["send"], arguments].concat())
}

fn receive(link: &str, arguments: &[&str]) -> Start {
    Start::of("Ben", &[&["receive", link, "--accept", "all", "--out", "in"], arguments].concat())
}

fn code(ended: &Ended) -> Option<Code> {
    let status = ended.status;
    Code::ALL.into_iter().find(|code| Some(i32::from(code.status())) == status)
}

/// Who has what, by its receipts.
fn receipts(ended: &Ended) -> Vec<(String, String, bool)> {
    let reports = ended.reports();
    let mut receipts: Vec<_> = reports
        .into_iter()
        .filter_map(|report| match report {
            Report::Sent { to, file, receipt, .. } => {
                Some((to.name, file.name, matches!(receipt, Receipt::Delivered { .. })))
            }
            _ => None,
        })
        .collect();
    receipts.sort();
    receipts
}

#[test]
fn files_reach_everyone_in_the_room_and_it_ends_with_a_receipt_of_each() {
    let server = Server::start();
    let link = server.link();
    let peers = ["Bob", "Cid", "Zoë"].map(|name| Peer::join(name, &link));
    for peer in &peers {
        for name in ["Bob", "Cid", "Zoë"] {
            peer.until("the others", move |app| {
                app.room.receivers().count() == 2 || name.is_empty()
            });
        }
    }
    let ann = send(&[&link, "a.jpg", "b.jpg", "--json"])
        .file("a.jpg", &photo([1, 2, 3]))
        .file("b.jpg", &photo([4, 5, 6]));
    let ended = ann.run().ends();
    assert_eq!(ended.status, Some(0), "{}", ended.err);
    let expected = ["Bob", "Cid", "Zoë"]
        .into_iter()
        .flat_map(|who| ["a.jpg", "b.jpg"].map(|what| (who.to_owned(), what.to_owned(), true)));
    assert_eq!(receipts(&ended), expected.collect::<Vec<_>>());
    for peer in &peers {
        assert_eq!(read(&peer.save.join("a.jpg")), photo([1, 2, 3]));
    }
}

#[test]
fn a_new_room_is_opened_and_so_many_are_waited_for() {
    let ann = send(&["--new", "a.txt", "--wait-for", "2", "--json"])
        .opening()
        .file("a.txt", b"to both")
        .run();
    let link = ann.link();
    let ben = receive(&link, &["--once"]).run();
    ann.reports_so("Ben", |report| match report {
        Report::Peer { peer, .. } if peer.name == "Ben" => Some(()),
        _ => None,
    });
    assert!(!ann.out().contains("\"sending\""), "one of two is not enough");
    let bob = receive(&link, &["--once"]).run();
    for errand in [ben, bob] {
        let home = errand.home.clone();
        let folder = home.join("in");
        until("the file", || files(&folder).contains(&folder.join("a.txt")).then_some(()));
        assert_eq!(read(&folder.join("a.txt")), b"to both");
        assert_eq!(errand.ends().status, Some(0));
    }
    let ended = ann.ends();
    assert_eq!((ended.status, receipts(&ended).len()), (Some(0), 2));
}

#[test]
fn only_those_who_are_named_are_sent_something() {
    let server = Server::start();
    let link = server.link();
    let (bob, zoe) = (Peer::join("Bob", &link), Peer::join("Zoë", &link));
    bob.meets("Zoë");
    let ended = send(&[&link, "a.jpg", "--to", "Zoë", "--json"])
        .file("a.jpg", &photo([1, 2, 3]))
        .run()
        .ends();
    assert_eq!(receipts(&ended), [("Zoë".to_owned(), "a.jpg".to_owned(), true)]);
    assert!(zoe.save.join("a.jpg").exists() && !bob.save.join("a.jpg").exists());
    let ended = send(&[&link, "a.jpg", "--to", "Nobody", "--wait", "500ms"])
        .file("a.jpg", &photo([1, 2, 3]))
        .run()
        .ends();
    assert_eq!(code(&ended), Some(Code::NobodyCame));
}

#[test]
fn what_comes_on_standard_input_goes_out_as_a_file() {
    let server = Server::start();
    let link = server.link();
    for (name, bytes, arguments) in [
        ("stdin.jpg", photo([1, 2, 3]), &[][..]),
        ("stdin", b"a log".to_vec(), &[]),
        ("today.log", b"a log".to_vec(), &["--stdin-name", "../today.log"]),
    ] {
        let ben = receive(&link, &["--once"]).run();
        let ann = send(&[&[&link, "-"], arguments].concat()).input(&bytes).run();
        assert_eq!(ann.ends().status, Some(0));
        let home = ben.home.clone();
        assert_eq!(ben.ends().status, Some(0));
        assert_eq!(read(&home.join("in").join(name)), bytes);
    }
}

#[test]
fn standard_input_that_ends_at_once_and_one_that_never_does() {
    let server = Server::start();
    let link = server.link();
    let bob = Peer::join("Bob", &link);
    let ended = send(&[&link, "-"]).stdin(std::process::Stdio::null()).run().ends();
    assert_eq!(code(&ended), Some(Code::Usage));
    assert!(ended.err.contains("nothing came on standard input"), "{}", ended.err);
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let eve = Start::of("Eve", &["send", &link, "-"]).stdin(reader).run();
    bob.meets("Eve");
    eve.signal("INT");
    assert_eq!(code(&eve.ends()), Some(Code::Interrupted));
    drop(writer);
}

#[test]
fn the_environment_says_the_room_where_other_programs_do_not_see_it() {
    let server = Server::start();
    let link = server.link();
    let ben = Start::of("Ben", &["receive", "--once"]).env("PEERSNAP_ROOM", &link).run();
    let ann = send(&["a.jpg"]).env("PEERSNAP_ROOM", &link).file("a.jpg", &photo([1, 2, 3]));
    let ann = ann.run();
    assert_eq!(ann.ends().status, Some(0));
    assert_eq!(read(&ben.home.join("a.jpg")), photo([1, 2, 3]));
    assert_eq!(ben.ends().status, Some(0));
}

#[test]
fn a_picture_goes_out_without_its_position_unless_that_is_asked_for() {
    let server = Server::start();
    let link = server.link();
    let jpeg = photo([1, 2, 3]);
    let telling = [&jpeg[..2], b"\xFF\xFE\0\x0bSERIAL 47", &jpeg[2..]].concat();
    for (arguments, expected) in [(&[][..], &jpeg), (&["--keep-exif"], &telling)] {
        let ben = receive(&link, &["--once"]).run();
        let ann = send(&[&[&link, "a.jpg"], arguments].concat()).file("a.jpg", &telling).run();
        assert_eq!(ann.ends().status, Some(0));
        let home = ben.home.clone();
        ben.ends();
        assert_eq!(&read(&home.join("in/a.jpg")), expected);
    }
}

#[test]
fn a_room_nobody_is_in_and_a_server_that_is_not_there_are_told_apart() {
    let server = Server::start();
    let go = |link: &str, arguments: &[&str]| {
        let all = [&[link, "a.txt"], arguments].concat();
        code(&send(&all).file("a.txt", b"x").run().ends())
    };
    assert_eq!(go(&server.link(), &[]), Some(Code::NoSuchRoom));
    let lost = "http://127.0.0.1:1/#crane-velvet-orbit-ladder-energy-quick";
    assert_eq!(go(lost, &["--wait", "1s"]), Some(Code::Server));
    let ended = send(&["--new", "a.txt", "--wait", "2s"]).opening().file("a.txt", b"x");
    assert_eq!(code(&ended.run().ends()), Some(Code::NobodyCame));
}

#[test]
fn a_wrong_word_is_a_room_nobody_is_in() {
    let server = Server::start();
    let _bob = Peer::join("Bob", &server.link());
    let wrong = crate::world::with_one_other_word(&server.link());
    let ended = send(&[&wrong, "a.txt"]).file("a.txt", b"x").run().ends();
    assert_eq!(code(&ended), Some(Code::NoSuchRoom));
    assert!(ended.err.contains("no such room, or a word is wrong"), "{}", ended.err);
}

#[test]
fn what_is_refused_is_told_and_so_is_what_cannot_be_read() {
    let server = Server::start();
    let link = server.link();
    let ben = Start::of("Ben", &["receive", &link]).run();
    ben.tells("link: ");
    let ann = send(&[&link, "a.txt", "--json"]).file("a.txt", b"x").run().ends();
    assert_eq!(code(&ann), Some(Code::Refused));
    for (files, expected) in
        [(&["missing.jpg"][..], Code::Disk), (&["/dev/null"], Code::Usage), (&[], Code::Usage)]
    {
        let ended = send(&[&[link.as_str()], files].concat()).run().ends();
        assert_eq!(code(&ended), Some(expected), "{}", ended.err);
    }
}

#[test]
fn a_receiver_that_is_killed_and_comes_back_gets_the_file_all_the_same() {
    let server = Server::start();
    let link = server.link();
    let ben = receive(&link, &[]).run();
    let mut ann = send(&[&link, "large.bin", "--json"]);
    ann = ann.file("large.bin", &vec![5; 200_000_000]);
    let ann = ann.run();
    ann.reports_so("it is on its way", |report| match report {
        Report::Progress { offset: 1.., .. } => Some(()),
        _ => None,
    });
    ben.signal("KILL");
    let again = receive(&link, &["--once"]).home(&ben.home).run();
    assert_eq!(ann.ends().status, Some(0));
    assert_eq!(again.ends().status, Some(0));
    let whole = ben.home.join("in/large.bin");
    assert_eq!(std::fs::metadata(&whole).expect("it is there").len(), 200_000_000);
}

#[test]
fn a_receiver_that_never_comes_back_is_waited_for_and_then_it_was_cut_off() {
    let server = Server::start();
    let link = server.link();
    let ben = receive(&link, &[]).run();
    let ann = send(&[&link, "large.bin", "--json"]).file("large.bin", &vec![5; 200_000_000]).run();
    ann.reports_so("it is on its way", |report| match report {
        Report::Progress { offset: 1.., .. } => Some(()),
        _ => None,
    });
    ben.signal("KILL");
    assert_eq!(code(&ann.ends()), Some(Code::CutOff));
}

#[test]
fn who_sends_into_a_terminal_is_seen_there() {
    let ben = Launch::of("Ben").open();
    let link = ben.link();
    let ann = send(&[&link, "cat.jpg"]).file("cat.jpg", &photo([1, 2, 3])).run();
    assert_eq!(ann.ends().status, Some(0));
    ben.has_in_its_trail("cat.jpg");
}

#[test]
fn at_a_terminal_a_bar_tells_how_far_it_is_and_received_pictures_are_shown() {
    let server = Server::start();
    let link = server.link();
    let ben = Launch::of("Ben")
        .size(80, 30)
        .bare()
        .env("USER", "Ben")
        .start(&["receive", &link, "--out", "in", "--no-lan", "--accept", "all"]);
    ben.shows("room: ");
    ben.shows("█▀▀▀▀▀█");
    let zoe = Peer::join("Zoë", &link);
    zoe.meets("Ben");
    zoe.sees_the_camera();
    zoe.act(Action::SnapAndSend);
    ben.shows("█");
    let folder = tempfile::tempdir().expect("a folder");
    let large = folder.path().join("large.bin");
    std::fs::write(&large, vec![5; 300_000_000]).expect("a file can be written");
    let path = large.display().to_string();
    let to_ben = ["send", &link, &path, "--no-lan", "--to", "Ben"];
    let ann = Launch::of("Ann").bare().start(&to_ben);
    ann.shows("large.bin to ");
    ann.shows(" of 300.00 MB");
}
