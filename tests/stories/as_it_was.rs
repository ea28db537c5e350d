//! A file arrives as it was when it was sent, with its time and as a program, or not at all.

use crate::world::errand::Start;
use crate::world::files;
use crate::world::pictures::photo;
use crate::world::server::Server;
use peersnap::report::{Code, Report};
use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// So large that it takes a while.
const SIZE: usize = 150_000_000;
const LONG_AGO: Duration = Duration::from_secs(1_000_000_000);

#[test]
fn a_file_that_changes_while_it_is_sent_is_told_on_both_sides_and_nothing_of_it_stays() {
    let server = Server::start();
    let link = server.link();
    let ben = ["receive", &link, "--accept", "all", "--out", "in", "--json"];
    let ben = Start::of("Ben", &ben).run();
    let ann = Start::of("Ann", &["send", &link, "large.bin", "--json"]);
    let ann = ann.file("large.bin", &vec![1; SIZE]).run();
    ann.reports_so("it is on its way", |report| match report {
        Report::Progress { offset: 4_000_000.., .. } => Some(()),
        _ => None,
    });
    // Of the same size, as a program that writes into its file changes it.
    let file = File::options().write(true).open(ann.home.join("large.bin")).expect("a file");
    file.set_modified(SystemTime::now() + Duration::from_secs(1)).expect("a time");
    let ended = ann.ends();
    assert_eq!(ended.status, Some(Code::Changed.status().into()), "{}", ended.text());
    let said = ben.reports_so("that it changed", |report| match report {
        Report::Error { code: Code::Changed, text, .. } => Some(text.clone()),
        _ => None,
    });
    assert!(said.contains("the file changed meanwhile"), "{said}");
    ben.find("that nothing of it stays", || {
        (files(&ben.home.join("in")) == [""; 0].map(PathBuf::from)).then_some(())
    });
}

#[test]
fn a_program_is_one_and_its_time_is_told_and_a_photos_is_not() {
    let server = Server::start();
    let link = server.link();
    let ben = ["receive", &link, "--accept", "all", "--out", "in", "--count", "2"];
    let ben = Start::of("Ben", &ben).run();
    let ann = Start::of("Ann", &["send", &link, "run.sh", "a.jpg", "--wait-for", "1"]);
    let ann = ann.file("run.sh", b"#!/bin/sh").file("a.jpg", &photo([1, 2, 3]));
    let ann = ann.changed("run.sh", UNIX_EPOCH + LONG_AGO).changed("a.jpg", UNIX_EPOCH + LONG_AGO);
    let ann = ann.rights("run.sh", Permissions::from_mode(0o4700)).run();
    assert_eq!(ann.ends().status, Some(0));
    let home = ben.home.clone();
    assert_eq!(ben.ends().status, Some(0));
    let facts = |name: &str| home.join("in").join(name).metadata().expect("it is there");
    let modified = |name: &str| facts(name).modified().expect("a time");
    assert_eq!(modified("run.sh"), UNIX_EPOCH + LONG_AGO);
    assert!(modified("a.jpg") > UNIX_EPOCH + LONG_AGO);
    let mode = facts("run.sh").permissions().mode();
    assert_eq!(mode & 0o7100, 0o100, "{mode:o}");
    assert_eq!(facts("a.jpg").permissions().mode() & 0o7111, 0);
}
