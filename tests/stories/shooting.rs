//! A camera nobody stands at: a photo every so often, in rows, when something moves; and what
//! happens when it goes away.

use crate::world::clock::Clock;
use crate::world::errand::{Ended, Errand, Start};
use crate::world::pictures::{halves, photo};
use crate::world::server::Server;
use crate::world::{files, read};
use peersnap::io::camera::frame_number;
use peersnap::picture::{Limits, decode};
use peersnap::report::{CameraState, Code, Mood, Report};
use std::path::{Path, PathBuf};

fn shoot(link: &str, arguments: &[&str]) -> Start {
    Start::of("Ann", &[&["send", link], arguments].concat())
}

fn receive(link: &str, arguments: &[&str]) -> Errand {
    Start::of("Ben", &[&["receive", link, "--out", "in"], arguments].concat()).run()
}

/// The numbers of the test card's frames, in the order in which they came.
fn numbers(folder: &Path) -> Vec<u64> {
    files(folder).iter().map(|path| number(path)).collect()
}

/// The number of the test card's frame in a photo.
fn number(path: &Path) -> u64 {
    let picture = decode(&read(path), &Limits::default()).expect("a picture");
    frame_number(&picture).unwrap_or_else(|| panic!("no frame in {}", path.display()))
}

fn is_rising(numbers: &[u64]) -> bool {
    numbers.windows(2).all(|pair| pair[0] < pair[1])
}

#[test]
fn every_so_often_a_photo_arrives_once_and_in_order() {
    let server = Server::start();
    let link = server.link();
    let ben = receive(&link, &["--count", "40", "--print-path"]);
    let ann = shoot(&link, &["--camera=test", "--every", "100ms", "--count", "40"]).run();
    assert_eq!(ann.ends().status, Some(0));
    let home = ben.home.clone();
    let folder = home.join("in");
    let ended = ben.ends();
    let numbers = numbers(&folder);
    assert_eq!(numbers.len(), 40);
    assert!(is_rising(&numbers), "{numbers:?}");
    let paths: Vec<_> = ended.text().lines().map(PathBuf::from).collect();
    let of_names: Vec<_> = files(&std::fs::canonicalize(&folder).unwrap_or(folder));
    assert_eq!(paths, of_names, "in the order of their names");
}

#[test]
fn a_clock_that_jumps_back_is_seen_in_names_and_nowhere_else() {
    let server = Server::start();
    let link = server.link();
    let ben = receive(&link, &["--count", "30", "--print-path"]);
    let clock = Clock::new();
    let ann = shoot(&link, &["--camera=test", "--every", "100ms", "--count", "30"]);
    let ann = clock.of(ann).run();
    ben.find("ten photos", || (ben.out().lines().count() >= 10).then_some(()));
    clock.is_off_by("-2h");
    assert_eq!(ann.ends().status, Some(0));
    let _home = ben.home.clone();
    let told = ben.ends().text();
    let paths: Vec<_> = told.lines().map(PathBuf::from).collect();
    assert_eq!(paths.len(), 30);
    assert!(!paths.is_sorted(), "the time in their names goes back");
    let numbers: Vec<_> = paths.iter().map(|path| number(path)).collect();
    assert!(is_rising(&numbers), "{numbers:?}");
}

#[test]
fn a_row_is_of_frames_one_after_the_other() {
    let server = Server::start();
    let link = server.link();
    let ben = receive(&link, &["--count", "5"]);
    let ann = shoot(&link, &["--camera=test", "--burst", "5"]).run();
    assert_eq!(ann.ends().status, Some(0));
    let home = ben.home.clone();
    let folder = home.join("in");
    ben.ends();
    let numbers = numbers(&folder);
    assert_eq!(numbers.len(), 5);
    assert!(is_rising(&numbers) && numbers[4] - numbers[0] < 30, "{numbers:?}");
}

#[test]
fn time_that_is_over_and_a_signal_end_it_as_it_was_meant() {
    let server = Server::start();
    let link = server.link();
    let ben = receive(&link, &[]);
    let ann = shoot(&link, &["--camera=test", "--every", "200ms", "--for", "1s"]).run();
    assert_eq!(ann.ends().status, Some(0));
    let some = files(&ben.home.join("in")).len();
    assert!((1..=6).contains(&some), "{some}");
    let ann = shoot(&link, &["--camera=test", "--every", "200ms", "--json"]).run();
    ann.reports_so("a receipt", |it| matches!(it, Report::Sent { .. }).then_some(()));
    ann.signal("TERM");
    let ended = ann.ends();
    assert!(matches!(ended.status, Some(0 | 143)), "{:?}", ended.status);
    assert_eq!(ended.status == Some(0), all_arrived(&ended));
}

fn all_arrived(ended: &Ended) -> bool {
    let reports = ended.reports();
    let count = |wanted: fn(&Report) -> bool| reports.iter().filter(|it| wanted(it)).count();
    count(|it| matches!(it, Report::Sending { .. }))
        == count(|it| matches!(it, Report::Sent { .. }))
}

#[test]
fn a_photo_is_taken_when_something_moves_and_none_while_nothing_does() {
    let server = Server::start();
    let link = server.link();
    let ben = receive(&link, &["--once", "--print-path"]);
    let still = photo([40, 40, 40]);
    let ann = shoot(&link, &["--camera=./scene", "--on-motion=5", "--count", "1", "--json"]);
    let ann = ann.folder("scene").file("scene/1.jpg", &still).file("scene/2.jpg", &still).run();
    ann.reports_so("the camera", |it| match it {
        Report::Camera { state: CameraState::Live, .. } => Some(()),
        _ => None,
    });
    ann.reports_so("Ben", |it| matches!(it, Report::Path { .. }).then_some(()));
    assert!(!ann.out().contains("\"sending\""), "nothing has moved");
    let moved = halves([240, 240, 240], [40, 40, 40]);
    std::fs::write(ann.home.join("scene/3.jpg"), &moved).expect("a file can be written");
    assert_eq!(ann.ends().status, Some(0));
    let _home = ben.home.clone();
    let ended = ben.ends();
    assert_eq!(read(ended.text().trim_end().as_ref()), moved);
}

#[test]
fn a_camera_that_goes_away_is_opened_again_and_the_gap_is_told() {
    let server = Server::start();
    let link = server.link();
    let ben = receive(&link, &["--json"]);
    let ann = shoot(&link, &["--camera=./scene", "--every", "100ms", "--json"])
        .folder("scene")
        .file("scene/1.jpg", &photo([1, 2, 3]))
        .run();
    let sent = || ann.reports().iter().filter(|it| matches!(it, Report::Sent { .. })).count();
    ann.find("a photo", || (sent() > 0).then_some(()));
    let (here, away) = (ann.home.join("scene"), ann.home.join("away"));
    std::fs::rename(&here, &away).expect("the camera is unplugged");
    std::fs::create_dir(&here).expect("and nothing is left of it");
    ann.reports_so("trouble", |it| match it {
        Report::Camera { state: CameraState::Trouble, .. } => Some(()),
        _ => None,
    });
    let before = sent();
    std::fs::copy(away.join("1.jpg"), here.join("1.jpg")).expect("it is plugged in again");
    ann.reports_so("it is back", |it| match it {
        Report::Notice { mood: Mood::Good, text } if text.contains("camera is back after") => {
            Some(())
        }
        _ => None,
    });
    ann.find("more photos", || (sent() > before).then_some(()));
    drop(ben);
}

#[test]
fn no_camera_is_no_photo_of_the_test_card() {
    let server = Server::start();
    let link = server.link();
    let ben = receive(&link, &[]);
    ben.tells("link: ");
    let ann = shoot(&link, &["--camera=/dev/no-camera"]).run().ends();
    assert_eq!(ann.status, Some(Code::Camera.status().into()), "{}", ann.err);
}
