//! Scripts and agents receive: without a terminal, with nothing on standard output but what they
//! asked for, and an exit status that says how it went.

use crate::world::errand::{Errand, Start};
use crate::world::peer::{Offer, Peer};
use crate::world::pictures::photo;
use crate::world::{digest, files, read, until};
use peersnap::app::{Action, ReceiptState};
use peersnap::report::{Code, Report};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::path::{Path, PathBuf};

fn receive(arguments: &[&str]) -> Start {
    Start::of("Ben", &[&["receive"], arguments].concat()).opening()
}

/// Somebody who is in its room.
fn visitor(name: &str, errand: &Errand) -> Peer {
    let peer = Peer::join(name, &errand.link());
    peer.meets("Ben");
    peer
}

fn picture(name: &'static str) -> Offer {
    Offer::of(name, "image/jpeg", photo([9, 8, 7]))
}

fn notes() -> Offer {
    Offer::of("notes.pdf", "application/pdf", vec![7; 4000])
}

#[test]
fn a_script_waits_for_one_photo_and_has_its_path_and_nothing_else() {
    let ben = receive(&["--once", "--print-path", "--out", "in"]).run();
    let ann = visitor("Ann", &ben);
    ann.sees_the_camera();
    ann.act(Action::SnapAndSend);
    ann.has_receipt("Ben", ReceiptState::Delivered);
    let sent = ann.find("the photo", |app| app.trail.iter().next().map(|item| item.proposal.size));
    let home = std::fs::canonicalize(&*ben.home).expect("a folder");
    let told = ben.find("the path", || Some(ben.out()).filter(|out| out.ends_with('\n')));
    let path = PathBuf::from(told.trim_end());
    assert!(path.is_absolute() && path.starts_with(home.join("in")), "{told:?}");
    assert_eq!(read(&path).len() as u64, sent);
    let ended = ben.ends();
    assert_eq!((ended.status, ended.text()), (Some(0), told));
}

#[test]
fn what_it_is_told_of_is_told_line_by_line_as_the_schema_says() {
    let ben = receive(&["--count", "2", "--json", "--accept", "all"]).run();
    let ann = visitor("Ann", &ben);
    ann.offer(picture("a.jpg"));
    ann.offer(notes());
    let received = |name: &'static str| {
        ben.reports_so(name, |report| match report {
            Report::Received { file, digest, path, from, .. } if file.name == name => {
                Some((digest.clone(), path.clone(), from.name.clone()))
            }
            _ => None,
        })
    };
    for name in ["a.jpg", "notes.pdf"] {
        let (told, path, from) = received(name);
        assert_eq!((told, from.as_str()), (digest(&path), "Ann"));
    }
    let ended = ben.ends();
    assert_eq!((ended.status, ended.err.as_str()), (Some(0), ""));
    let reports = ended.reports();
    let kinds = |wanted: fn(&Report) -> bool| reports.iter().filter(|it| wanted(it)).count();
    assert!(matches!(reports[0], Report::Room { .. }));
    assert_eq!(kinds(|it| matches!(it, Report::Proposal { .. })), 2);
    assert!(kinds(|it| matches!(it, Report::Peer { .. })) >= 1);
}

#[test]
fn one_file_goes_to_standard_output_as_it_is() {
    let ben = receive(&["-", "--accept", "all"]).run();
    let ann = visitor("Ann", &ben);
    let bytes: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
    ann.offer(Offer::of("numbers.bin", "application/octet-stream", bytes.clone()));
    let ended = ben.ends();
    assert_eq!(ended.status, Some(0));
    assert!(ended.out == bytes, "{} bytes of {}", ended.out.len(), bytes.len());
    assert!(ended.err.contains("numbers.bin from Ann, 1.2 MB\n"), "{}", ended.err);
}

#[test]
fn what_nobody_takes_from_standard_output_is_kept() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let ben = receive(&["-", "--accept", "all"]).stdout(writer).run();
    let ann = visitor("Ann", &ben);
    drop(reader);
    ann.offer(Offer::of("kept.bin", "application/octet-stream", vec![3; 500_000]));
    let home = ben.home.clone();
    let kept = until("the file", || files(&home).into_iter().find(|it| it.ends_with("kept.bin")));
    assert_eq!(read(&kept), vec![3; 500_000]);
    ann.has_receipt("Ben", ReceiptState::Delivered);
    ben.tells("the file is kept as ");
    assert_eq!(ben.ends().status, Some(Code::Output.status().into()));
}

#[test]
fn who_stops_reading_paths_ends_it_without_a_panic_and_what_came_is_there() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let end = writer.try_clone().expect("its end");
    let ben = receive(&["--print-path", "--out", "in"]).stdout(writer).run();
    let ann = visitor("Ann", &ben);
    drop(reader);
    // Programs that other stories are just about to start may have it for a moment longer.
    until("nobody reads", || {
        let mut ends = [PollFd::new(&end, PollFlags::empty())];
        poll(&mut ends, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).expect("it is looked at");
        ends[0].revents().contains(PollFlags::ERR).then_some(())
    });
    ann.offer(picture("a.jpg"));
    ann.has_receipt("Ben", ReceiptState::Delivered);
    assert_eq!(files(&ben.home.join("in")).len(), 1);
    assert_eq!(ben.ends().status, Some(Code::Output.status().into()));
}

#[test]
fn files_are_taken_as_it_was_said_and_who_sent_the_others_hears_so() {
    let ben = receive(&["--max-size", "1KB"]).run();
    let ann = visitor("Ann", &ben);
    ann.offer(notes());
    ann.is_told("Ben did not take notes.pdf");
    ann.offer(Offer::of("large.jpg", "image/jpeg", vec![0; 1001]));
    ann.is_told("large.jpg did not reach Ben: too large");
    ann.offer(picture("small.jpg"));
    ann.has_receipt("Ben", ReceiptState::Delivered);
    assert!(ben.home.join("small.jpg").exists());
}

#[test]
fn of_those_who_are_not_trusted_nothing_is_taken() {
    let ben = receive(&["--accept", "trusted", "--once"]).run();
    let ann = visitor("Ann", &ben);
    ann.offer(picture("a.jpg"));
    ann.is_told("Ben did not take a.jpg");
    // Another program of the same person.
    let file = ("b.txt", b"by myself".as_slice());
    let own = Start::of("Ben", &["send", &ben.link(), file.0]).home(&ben.home);
    std::fs::write(ben.home.join(file.0), file.1).expect("a file can be written");
    let own = own.run();
    assert_eq!(ben.find("its end", || own_status(&own)), 0);
    let home = ben.home.clone();
    assert_eq!(ben.ends().status, Some(0));
    assert_eq!(std::fs::read(home.join("b (2).txt")).expect("a file"), file.1);
}

fn own_status(errand: &Errand) -> Option<i32> {
    errand.err().contains("Ben has b.txt").then_some(0)
}

#[test]
fn the_same_name_ten_times_over_and_by_two_at_once_is_ten_files_each() {
    let ben = receive(&["--count", "10", "--out", "in"]).run();
    let home = ben.home.clone();
    let folder = home.join("in");
    let folder_said = folder.display().to_string();
    let bob = Start::of("Bob", &["receive", "--count", "10", "--out", &folder_said, &ben.link()]);
    let bob = bob.run();
    let ann = visitor("Ann", &ben);
    ann.meets("Bob");
    for _ in 0..10 {
        ann.offer(picture("a.jpg"));
    }
    // The one that carries the room goes last: it waits for nobody.
    assert_eq!(bob.ends().status, Some(0));
    assert_eq!(ben.ends().status, Some(0));
    let names: Vec<_> = files(&folder).iter().map(|it| it.display().to_string()).collect();
    assert_eq!(names.len(), 20, "{names:#?}");
    assert!(names.iter().all(|name| name.contains(".jpg")), "{names:#?}");
}

#[test]
fn a_folder_that_cannot_be_written_to_and_one_that_fills_up_are_a_matter_of_the_disk() {
    let ben = receive(&["--out", "taken"]).file("taken", b"a file").run();
    let ended = ben.ends();
    assert_eq!(ended.status, Some(Code::Disk.status().into()));
    assert!(ended.err.contains("files cannot be saved in taken"), "{}", ended.err);

    let mount = "mkdir in && mount -t tmpfs -o size=1m tmpfs in && exec \"$@\"";
    let through = ["unshare", "-Urm", "sh", "-e", "-c", mount, "sh"];
    let arguments = ["receive", "--once", "--out", "in", "--json", "--listen", "127.0.0.1:0"];
    let ben = Start::through(&through, "Ben", &arguments).run();
    let ann = visitor("Ann", &ben);
    ann.offer(Offer::of("large.jpg", "image/jpeg", vec![0; 8_000_000]));
    ann.is_told("large.jpg did not reach Ben: disk full");
    let ended = ben.ends();
    assert_eq!(ended.status, Some(Code::Disk.status().into()));
    let of_disk = |report: &Report| matches!(report, Report::Error { code: Code::Disk, .. });
    assert!(ended.reports().iter().any(of_disk));
}

#[test]
fn time_that_is_over_is_told_apart_from_a_room_that_nobody_knows() {
    let ended = receive(&["--once", "--for", "300ms"]).run().ends();
    assert_eq!(ended.status, Some(Code::NobodyCame.status().into()));
    let ended = receive(&["--for", "300ms"]).run().ends();
    assert_eq!(ended.status, Some(0), "there was no number to reach");
    let link = "http://127.0.0.1:1/#crane-velvet-orbit-ladder-energy-quick";
    let lost = Start::of("Ben", &["receive", "--once", "--for", "1s", link]).run().ends();
    assert_eq!(lost.status, Some(Code::Server.status().into()), "{}", lost.err);
}

#[test]
fn signals_end_it_with_what_came_kept_and_one_that_is_ignored_does_not() {
    for (signal, arguments, status) in [
        ("TERM", &["--out", "in"][..], 0),
        ("INT", &["--out", "in"], 0),
        ("HUP", &["--out", "in"], 0),
        ("INT", &["--out", "in", "--count", "2"], 130),
        ("TERM", &["--out", "in", "--count", "2"], 143),
    ] {
        let ben = receive(arguments).run();
        let ann = visitor("Ann", &ben);
        ann.offer(picture("a.jpg"));
        ann.has_receipt("Ben", ReceiptState::Delivered);
        ben.signal(signal);
        let folder = ben.home.join("in");
        let kept = files(&folder);
        assert_eq!(ben.ends().status, Some(status), "{signal} {arguments:?}");
        assert_eq!(kept.len(), 1);
    }
    let nohup = ["setsid", "--wait", "nohup"];
    let ben = Start::through(&nohup, "Ben", &["receive", "--once"]).opening().run();
    ben.link();
    ben.signal("HUP");
    let ann = visitor("Ann", &ben);
    ann.offer(picture("a.jpg"));
    assert_eq!(ben.ends().status, Some(0));
}

#[test]
fn without_any_stream_at_all_it_does_what_it_is_to_do() {
    let closing = "exec \"$@\" <&- >&- 2>&-";
    let through = ["setsid", "--wait", "sh", "-c", closing, "sh"];
    let server = crate::world::server::Server::start();
    let link = server.link();
    let ben = Start::through(&through, "Ben", &["receive", "--once", &link]).run();
    let ann = Peer::join("Ann", &link);
    ann.meets("Ben");
    ann.offer(picture("a.jpg"));
    let home = ben.home.clone();
    assert_eq!(ben.ends().status, Some(0));
    assert_eq!(read(&home.join("a.jpg")), photo([9, 8, 7]));
}

#[test]
fn what_makes_no_sense_is_said_before_anything_begins() {
    for (arguments, why) in [
        (&["-", "--json"][..], "a file goes to standard output"),
        (&["-", "--count", "2"], "one file alone goes to standard output"),
        (&["--exec", "'half"], "--exec: no program"),
        (&["crane velvet"], "a room has 6 words, this has 2"),
        (&["--for", "soon"], "say how long, with a unit"),
        (&["--max-size", "big"], "say a size"),
    ] {
        let ended = Start::of("Ben", &[&["receive"], arguments].concat()).run().ends();
        let told = format!("{}{}", ended.err, String::from_utf8_lossy(&ended.out));
        assert_eq!(ended.status, Some(2), "{arguments:?}: {told}");
        assert!(told.contains(why), "{arguments:?}: {told}");
    }
}

#[test]
fn it_leaves_nothing_but_what_came() {
    let ben = receive(&["--once", "--out", "in"]).run();
    let ann = visitor("Ann", &ben);
    ann.offer(picture("a.jpg"));
    let folder: PathBuf = ben.home.join("in");
    until("the file", || {
        let names = files(&folder);
        (names == [Path::new(&folder).join("a.jpg")]).then_some(())
    });
    assert_eq!(ben.ends().status, Some(0));
}
