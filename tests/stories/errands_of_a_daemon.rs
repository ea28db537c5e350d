//! Who keeps a room open in the background sends into it and receives from it: nobody joins twice.

use crate::world::daemon::Keeper;
use crate::world::errand::Start;
use crate::world::peer::{Offer, Peer};
use crate::world::pictures::photo;
use crate::world::{digest, only_file, read, until, whole_files};
use peersnap::app::ReceiptState;
use peersnap::report::Report;
use std::path::PathBuf;

fn room() -> (Keeper, Peer) {
    let ann = Keeper::open();
    let ben = Peer::join("Ben", &ann.link());
    ben.meets("Ann");
    (ann, ben)
}

#[test]
fn files_and_photos_go_out_of_the_room_that_is_open_whether_it_is_named_or_not() {
    let (ann, ben) = room();
    std::fs::write(ann.home().join("a.jpg"), photo([1, 2, 3])).expect("a file can be written");
    std::fs::write(ann.home().join("b.jpg"), photo([4, 5, 6])).expect("a file can be written");
    let link = ann.link();
    for arguments in [&["send", "a.jpg"][..], &["send", &link, "b.jpg"]] {
        let ended = Start::of_keeper(&ann, arguments).run().ends();
        assert_eq!(ended.status, Some(0), "{arguments:?}: {}", ended.err);
        assert!(ended.err.contains("Ben has "), "{}", ended.err);
    }
    assert_eq!(read(&ben.save.join("a.jpg")), photo([1, 2, 3]));
    assert_eq!(read(&ben.save.join("b.jpg")), photo([4, 5, 6]));
    let burst = ["send", "--camera=test", "--burst", "3", "--json"];
    let ended = Start::of_keeper(&ann, &burst).run().ends();
    assert_eq!(ended.status, Some(0), "{}", ended.text());
    let sent = |report: &Report| matches!(report, Report::Sent { .. });
    assert_eq!(ended.reports().iter().filter(|it| sent(it)).count(), 3);
    until("the photos", || (whole_files(&ben.save).len() == 5).then_some(()));
    ben.until("one person alone", |app| app.room.peers().count() == 1);
    let from_stdin = Start::of_keeper(&ann, &["send", "-", "--stdin-name", "c.txt", "--to", "Ben"]);
    let ended = from_stdin.input(b"by pipe").run();
    ben.until("it is asked for", |app| app.transfers.asked().is_some());
    ben.act(peersnap::app::Action::Accept);
    assert_eq!(ended.ends().status, Some(0));
    assert_eq!(read(&ben.save.join("c.txt")), b"by pipe");
}

#[test]
fn a_script_has_the_path_of_what_the_daemon_saves_or_a_copy_where_it_wants_it() {
    let (ann, ben) = room();
    let plain = Start::of_keeper(&ann, &["receive", "--once", "--print-path"]).run();
    let copied = Start::of_keeper(&ann, &["receive", "--once", "--print-path", "--out", "mine"]);
    let copied = copied.run();
    let piped = Start::of_keeper(&ann, &["receive", "-"]).run();
    for errand in [&plain, &copied, &piped] {
        errand.tells("room: ");
    }
    ben.offer(Offer::of("cat.jpg", "image/jpeg", photo([1, 2, 3])));
    ben.has_receipt("Ann", ReceiptState::Delivered);
    let saved = only_file(&ann.save);
    let same = |path: PathBuf| digest(&path) == digest(&saved);
    let plain = plain.ends();
    assert!(same(PathBuf::from(plain.text().trim_end())), "{}", plain.text());
    let copied = copied.ends();
    let path = PathBuf::from(copied.text().trim_end());
    assert!(path.ends_with("mine/cat.jpg") && same(path), "{}", copied.text());
    let piped = piped.ends();
    assert_eq!(piped.out, photo([1, 2, 3]));
    assert_eq!([plain.status, copied.status, piped.status], [Some(0); 3]);
    assert!(saved.exists(), "the daemon's own stays");
}

#[test]
fn what_the_daemon_would_ask_about_a_script_may_take() {
    let (ann, ben) = room();
    let all = ["receive", "--once", "--accept", "all", "--json"];
    let errand = Start::of_keeper(&ann, &all).run();
    errand.reports_so("Ben", |it| matches!(it, Report::Peer { .. }).then_some(()));
    ben.offer(Offer::of("notes.pdf", "application/pdf", vec![7; 4000]));
    let ended = errand.ends();
    assert_eq!(ended.status, Some(0));
    ended.reports();
    assert_eq!(read(&ann.save.join("notes.pdf")), vec![7; 4000]);
}

#[test]
fn a_daemon_that_ends_in_the_middle_is_told() {
    let (ann, _ben) = room();
    let errand = Start::of_keeper(&ann, &["receive", "--once"]).run();
    errand.tells("room: ");
    assert_eq!(ann.run(&["daemon", "--stop"]).status, Some(0));
    let ended = errand.ends();
    assert_eq!(ended.status, Some(1));
    assert!(ended.err.contains("the daemon that keeps the room open is gone"), "{}", ended.err);
}
