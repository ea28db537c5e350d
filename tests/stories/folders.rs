//! A folder goes to somebody as it is: names, times, programs; and goes on where it was cut.

use crate::world::daemon::Keeper;
use crate::world::errand::{Ended, Errand, Home, Start};
use crate::world::launch::Launch;
use crate::world::pictures::photo;
use crate::world::server::Server;
use crate::world::{files, read, until};
use peersnap::report::{Code, Receipt, Report, Taken};
use std::collections::BTreeMap;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

/// What a file is: its bytes, when it was changed last, and whether it is a program.
type Facts = (Vec<u8>, i64, bool);

fn receive(link: &str, arguments: &[&str]) -> Start {
    Start::of("Ben", &[&["receive", link, "--accept", "all", "--out", "in"], arguments].concat())
}

fn send(link: &str, arguments: &[&str]) -> Start {
    Start::of("Ann", &[&["send", link, "things", "--json"], arguments].concat())
}

/// Puts a file there that was changed last a while ago.
fn put(home: &Path, path: &str, bytes: &[u8]) {
    let path = home.join("things").join(path);
    fs::create_dir_all(path.parent().expect("below")).expect("room");
    fs::write(&path, bytes).expect("room");
    let file = File::options().append(true).open(&path).expect("a file");
    file.set_modified(UNIX_EPOCH + Duration::from_secs(1_600_000_000)).expect("a time");
}

/// All that is in a folder, by its path in it; of a folder, nothing.
fn tree(folder: &Path) -> BTreeMap<String, Option<Facts>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for path in files(&next) {
            let facts = path.symlink_metadata().expect("facts");
            let name = path.strip_prefix(folder).expect("below").display().to_string();
            if facts.is_dir() {
                open.push(path);
                found.insert(name, None);
            } else {
                let facts = (read(&path), facts.mtime(), facts.mode() & 0o111 > 0);
                found.insert(name, Some(facts));
            }
        }
    }
    found
}

/// Bytes without a pattern.
fn bytes(size: u64) -> Vec<u8> {
    (0..size / 8).flat_map(|at| (at * 0x9E37_79B9).to_le_bytes()).collect()
}

/// A folder of many small files, and some that take a while.
fn large(home: &Path) {
    for number in 0..2000 {
        put(home, &format!("small/{}/{number}.txt", number % 10), &bytes(number * 3));
    }
    for number in 0..3_u64 {
        put(home, &format!("large/{number}.bin"), &bytes(30_000_000 + number * 8));
    }
}

fn is_under_way(errand: &Errand) {
    errand.reports_so("it is on its way", |report| match report {
        Report::Progress { offset: 20_000_000.., .. } => Some(()),
        _ => None,
    });
}

fn went_on(ended: &Ended) -> bool {
    ended.reports().iter().any(|report| match report {
        Report::Notice { text, .. } => text.starts_with("things goes on at "),
        _ => false,
    })
}

/// The names of what lies in the folder of who received.
fn came(home: &Home) -> Vec<String> {
    let name = |path: &std::path::PathBuf| path.file_name().map(|it| it.display().to_string());
    let mut names: Vec<_> = files(&home.join("in")).iter().filter_map(name).collect();
    names.sort();
    names
}

#[test]
fn a_folder_arrives_as_it_is_and_what_is_no_file_is_left_out_and_told() {
    let server = Server::start();
    let link = server.link();
    let ben = receive(&link, &["--once", "--json"]).run();
    let ann = send(&link, &[]);
    let home = ann.folder_here().to_owned();
    put(&home, "a.txt", b"a");
    put(&home, "docs/deep/er/b.txt", b"b");
    put(&home, ".hidden/.too", b"c");
    put(&home, "docs/nothing", b"");
    put(&home, "写真 (3)/Zoë's photo; $(x).dat", &bytes(100_000));
    put(&home, "run.sh", b"#!/bin/sh");
    fs::set_permissions(home.join("things/run.sh"), Permissions::from_mode(0o744)).expect("ours");
    fs::create_dir_all(home.join("things/empty/in it")).expect("room");
    let expected = tree(&home.join("things"));
    symlink("/etc/passwd", home.join("things/a link")).expect("room");
    let ended = ann.run().ends();
    assert_eq!(ended.status, Some(0), "{}", ended.err);
    assert!(ended.text().contains("things goes out without a link in it: a link"));
    let sizes = ended.reports().iter().find_map(|report| match report {
        Report::Sent { file, receipt: Receipt::Delivered { .. }, .. } => {
            Some((file.files, file.size))
        }
        _ => None,
    });
    let (files, size) = sizes.expect("a receipt");
    assert_eq!(files, Some(6));
    assert!(size > 100_011, "with what tells of them: {size}");
    let home = ben.home.clone();
    let ended = ben.ends();
    assert_eq!(ended.status, Some(0));
    let offered = ended.reports().into_iter().find_map(|report| match report {
        Report::Proposal { file, answer: Taken::Asked, .. } => Some(file),
        _ => None,
    });
    let offered = offered.expect("it was offered");
    assert_eq!((offered.files, offered.media_type.as_str()), (Some(6), "inode/directory"));
    assert_eq!(tree(&home.join("in/things")), expected);
    assert_eq!(came(&home), ["things"]);
}

#[test]
fn the_second_of_a_name_gets_a_number_and_is_no_photo_that_is_taken_unasked() {
    let server = Server::start();
    let link = server.link();
    let photos = Start::of("Ben", &["receive", &link, "--out", "in", "--json"]).run();
    let refused = send(&link, &[]);
    put(refused.folder_here(), "a.txt", b"a");
    let refused = refused.run().ends();
    assert_eq!(refused.status, Some(Code::Refused.status().into()), "{}", refused.text());
    drop(photos);
    let home = {
        let ben = receive(&link, &["--count", "2"]).run();
        for text in ["first", "second"] {
            let ann = send(&link, &[]);
            put(ann.folder_here(), "a.txt", text.as_bytes());
            assert_eq!(ann.run().ends().status, Some(0));
        }
        let home = ben.home.clone();
        assert_eq!(ben.ends().status, Some(0));
        home
    };
    assert_eq!(read(&home.join("in/things/a.txt")), b"first");
    assert_eq!(read(&home.join("in/things (2)/a.txt")), b"second");
}

#[test]
fn a_receiver_that_is_killed_in_the_middle_gets_the_rest_of_a_folder() {
    let server = Server::start();
    let link = server.link();
    let ben = receive(&link, &[]).run();
    let ann = send(&link, &[]);
    large(ann.folder_here());
    let expected = tree(&ann.folder_here().join("things"));
    let ann = ann.run();
    is_under_way(&ann);
    ben.signal("KILL");
    let home = ben.home.clone();
    ben.ends();
    assert_eq!(came(&home).len(), 2, "a part, and what is known of it: {:?}", came(&home));
    let again = receive(&link, &["--once"]).home(&home).run();
    let ended = ann.ends();
    assert_eq!(ended.status, Some(0), "{}", ended.err);
    assert!(went_on(&ended), "{}", ended.text());
    assert_eq!(again.ends().status, Some(0));
    assert!(tree(&home.join("in/things")) == expected);
    assert_eq!(came(&home), ["things"]);
}

#[test]
fn a_sender_that_is_killed_goes_on_with_the_same_folder_and_not_with_a_changed_one() {
    for is_changed in [false, true] {
        let server = Server::start();
        let link = server.link();
        let ben = receive(&link, &["--once", "--json"]).run();
        let ann = send(&link, &[]);
        large(ann.folder_here());
        let ann = ann.run();
        is_under_way(&ann);
        ann.signal("KILL");
        let home = ann.home.clone();
        ann.ends();
        if is_changed {
            fs::write(home.join("things/large/0.bin"), bytes(30_000_000)).expect("room");
        }
        let again = send(&link, &[]).home(&home).run().ends();
        assert_eq!(again.status, Some(0), "{}", again.text());
        assert_eq!(went_on(&again), !is_changed, "{}", again.text());
        let bens = ben.home.clone();
        assert_eq!(ben.ends().status, Some(0));
        assert!(tree(&bens.join("in/things")) == tree(&home.join("things")));
    }
}

#[test]
fn a_file_in_it_that_changes_meanwhile_is_named_and_the_next_time_is_whole() {
    let server = Server::start();
    let link = server.link();
    let ben = receive(&link, &["--json"]).run();
    let ann = send(&link, &[]);
    large(ann.folder_here());
    put(ann.folder_here(), "z.txt", b"as it was");
    let ann = ann.run();
    let home = ann.home.clone();
    ann.reports_so("it is on its way", |report| match report {
        Report::Progress { offset: 1.., .. } => Some(()),
        _ => None,
    });
    // What comes last.
    fs::write(home.join("things/z.txt"), "as it is").expect("room");
    let ended = ann.ends();
    assert_eq!(ended.status, Some(Code::Changed.status().into()), "{}", ended.text());
    assert!(ended.text().contains("things/z.txt changed meanwhile"), "{}", ended.text());
    let again = send(&link, &[]).home(&home).run().ends();
    assert_eq!(again.status, Some(0), "{}", again.text());
    until("it is there", || ben.home.join("in/things").exists().then_some(()));
    assert!(tree(&ben.home.join("in/things")) == tree(&home.join("things")));
}

#[test]
fn who_keeps_a_room_open_in_the_background_sends_a_folder_out_of_it_and_takes_one() {
    let ann = Keeper::open();
    let link = ann.link();
    put(ann.home(), "docs/a.txt", b"a");
    put(ann.home(), "run.sh", b"#!/bin/sh");
    let expected = tree(&ann.home().join("things"));
    let ben = receive(&link, &["--once"]).run();
    ben.tells("room: ");
    let sent = Start::of_keeper(&ann, &["send", "things"]).run().ends();
    assert_eq!(sent.status, Some(0), "{}", sent.err);
    let home = ben.home.clone();
    assert_eq!(ben.ends().status, Some(0));
    assert!(tree(&home.join("in/things")) == expected);
    let take = ["receive", "--once", "--accept", "all", "--out", "mine", "--print-path"];
    let taken = Start::of_keeper(&ann, &take).run();
    taken.tells("room: ");
    let back = Start::of("Ben", &["send", &link, "in/things"]).home(&home).run().ends();
    assert_eq!(back.status, Some(0), "{}", back.err);
    let taken = taken.ends();
    assert_eq!(taken.status, Some(0), "{}", taken.err);
    let path = Path::new(taken.text().trim_end()).to_owned();
    assert!(path.ends_with("mine/things"), "{}", taken.text());
    assert!(tree(&path) == expected);
}

#[test]
fn pictures_in_it_go_without_what_they_tell_unless_that_is_asked_for() {
    let server = Server::start();
    let link = server.link();
    let jpeg = photo([1, 2, 3]);
    let telling = [&jpeg[..2], b"\xFF\xFE\0\x0bSERIAL 47", &jpeg[2..]].concat();
    let filled = [&jpeg[..], &[0; 13]].concat();
    for (arguments, expected) in [(&[][..], &filled), (&["--keep-exif"], &telling)] {
        let ben = receive(&link, &["--once"]).run();
        let ann = send(&link, arguments);
        put(ann.folder_here(), "of today/a.dat", &telling);
        assert_eq!(ann.run().ends().status, Some(0));
        let home = ben.home.clone();
        ben.ends();
        assert_eq!(&read(&home.join("in/things/of today/a.dat")), expected);
    }
}

#[test]
fn what_cannot_go_out_is_said_before_the_room_is_joined() {
    let go = |make: fn(&Path)| {
        let ann = send("http://127.0.0.1:1/#crane-velvet-orbit-ladder-energy-quick", &[]);
        put(ann.folder_here(), "a.txt", b"a");
        make(&ann.folder_here().join("things"));
        let ended = ann.run().ends();
        (ended.status, ended.text())
    };
    let (status, text) =
        go(|folder| fs::write(folder.join("b.jpg"), b"\xFF\xD8\xFFno").expect("room"));
    assert_eq!(status, Some(Code::Usage.status().into()));
    assert!(text.contains("things/b.jpg: the picture's file is damaged"), "{text}");
    assert!(text.contains("--keep-exif sends it as it is"), "{text}");
    let (status, text) = go(|folder| {
        fs::create_dir_all(folder.join(vec!["d"; 40].join("/"))).expect("room");
    });
    assert_eq!(status, Some(Code::Usage.status().into()));
    assert!(text.contains("it is deeper than 32 folders; send it as an archive"), "{text}");
}

#[test]
fn a_disk_that_fills_up_is_told_and_what_was_verified_goes_on_when_there_is_room() {
    let server = Server::start();
    let link = server.link();
    let ann = send(&link, &[]);
    large(ann.folder_here());
    let home = tempfile::tempdir().expect("a folder");
    let folder = home.path().join("in");
    fs::create_dir(&folder).expect("room");
    // A file system of its own, with less room than the folder takes; then with more.
    let script = "mount -t tmpfs -o size=40m tmpfs in && \"$1\" receive \"$2\" --accept all --out in --once; : > ended; \
                  mount -o remount,size=400m in && exec \"$1\" receive \"$2\" --accept all --out in --once";
    let program = env!("CARGO_BIN_EXE_peersnap");
    let unshare = ["unshare", "-Urm", "sh", "-c", script, "sh", program, &link];
    let ben = std::process::Command::new(unshare[0])
        .args(&unshare[1..])
        .env("PEERSNAP_NO_LAN", "1")
        .env("HOME", home.path())
        .current_dir(home.path())
        .stderr(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .spawn();
    let mut ben = ben.expect("unshare: tests/run installs util-linux");
    let ended = ann.run();
    let anns = ended.home.clone();
    let ended = ended.ends();
    assert_eq!(ended.status, Some(Code::Disk.status().into()), "{}", ended.text());
    // Who is on the way out takes nothing any more.
    until("the first receiver has ended", || home.path().join("ended").exists().then_some(()));
    let again = send(&link, &[]).home(&anns).run().ends();
    assert_eq!(again.status, Some(0), "{}", again.text());
    assert!(went_on(&again), "{}", again.text());
    assert!(ben.wait().expect("a child").success());
}

#[test]
fn who_is_asked_sees_how_many_files_it_are() {
    let mut ben = Launch::of("Ben").open();
    let link = ben.link();
    let ann = send(&link, &[]);
    put(ann.folder_here(), "a.txt", &[1; 1000]);
    put(ann.folder_here(), "b/c.txt", &[1; 1000]);
    let ann = ann.run();
    ben.shows("offers things, 2 files, 2 KB");
    ben.press("y");
    assert_eq!(ann.ends().status, Some(0));
    assert_eq!(read(&ben.save.join("things/b/c.txt")), [1; 1000]);
}
