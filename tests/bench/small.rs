//! `cargo bench -- small`: a photo while a large file is in flight, and a transfer that is stopped,
//! on lines that are slow.

use crate::lines::place::{FROM, Measured, Place};
use crate::lines::told::Told;
use crate::{median, row};
use emulated::Line;
use peersnap::daemon::request::{Request, VERSION};
use peersnap::report::{self, PeerState, Report};
use std::fs::File;
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

pub fn run() {
    let mut room = Room::open(10_000_000);
    row("10 Mbit/s, nothing else: a photo of 100 KB", &figure(room.photos("alone")));
    room.begin_large();
    row("10 Mbit/s, 10 GB in flight: the same (promised: 1.5 s)", &figure(room.photos("beside")));
    let mut room = Room::open(1_000_000);
    let stops = (0..ROUNDS).filter_map(|_| room.stop()).collect();
    row("1 Mbit/s: from cancel to the receiver (promised: 0.3 s)", &figure(stops));
}

/// A room that somebody keeps open, and somebody else at the far end of a line.
struct Room {
    daemon: UnixStream,
    to: u64,
    heard: Told,
    _told: Told,
    _programs: [Measured; 2],
    _place: Place,
    folder: tempfile::TempDir,
    orders: u32,
}

impl Room {
    fn open(rate: u64) -> Self {
        let place = Place::between(Line::new(rate, ROUND_TRIP));
        let folder = tempfile::tempdir().expect("a folder");
        let [ann, ben] = ["ann", "ben"].map(|name| folder.path().join(name));
        let words = ["daemon", "--foreground", "--name", "Ann", "--listen", "10.77.0.1:0"];
        let keeper = Measured::start(&mut place.peersnap(FROM, &ann, &words));
        let daemon = connect(&ann.join("peersnap/daemon.sock"));
        let told = Told::of(daemon.try_clone().expect("a socket"));
        request(&daemon, &Request::Hello { v: VERSION });
        request(&daemon, &Request::Watch);
        let link = |report: &Report| match report {
            Report::Room { link, .. } => link.clone(),
            _ => None,
        };
        let (_, link) = told.until(PATIENCE, link).expect("a room");
        let words = ["receive", &link, "--accept", "all", "--json", "--name", "Ben"];
        let mut receiver = place.peersnap(place.to, &ben, &words);
        let (receiver, heard) = Measured::start_with_reports(&mut receiver);
        let open = |report: &Report| match report {
            Report::Peer { peer, state: PeerState::Open, .. } => Some(peer.connection),
            _ => None,
        };
        let (_, to) = told.until(PATIENCE, open).expect("somebody comes");
        let programs = [keeper, receiver];
        Self {
            daemon,
            to,
            heard,
            _told: told,
            _programs: programs,
            _place: place,
            folder,
            orders: 0,
        }
    }

    /// Sends some photos, one after the other: from the order to the receiver's disk.
    fn photos(&mut self, name: &str) -> Vec<Duration> {
        let photo = |at| {
            let name = format!("{name} {at}.jpg");
            self.send(&name, "image/jpeg", PHOTO_BYTES);
            let begun = Instant::now();
            let came = |report: &Report| match report {
                Report::Received { file, .. } if file.name == name => Some(()),
                _ => None,
            };
            self.heard.until(PATIENCE, came).map(|(at, ())| at - begun)
        };
        (0..ROUNDS).filter_map(photo).collect()
    }

    /// Sends a large file, until the line is full of it.
    fn begin_large(&mut self) -> String {
        let order = self.send("large.bin", "application/octet-stream", LARGE_BYTES);
        let moves =
            |report: &Report| matches!(report, Report::Progress { offset: 1.., .. }).then_some(());
        self.heard.until(PATIENCE, moves).expect("it moves");
        sleep(FILLS);
        order
    }

    /// Sends a large file and stops it: until the receiver knows.
    fn stop(&mut self) -> Option<Duration> {
        let order = self.begin_large();
        request(&self.daemon, &Request::Cancel { order });
        let begun = Instant::now();
        let ended = |report: &Report| match report {
            Report::Error { transfer: Some(_), .. } => Some(()),
            _ => None,
        };
        self.heard.until(PATIENCE, ended).map(|(at, ())| at - begun)
    }

    fn send(&mut self, name: &str, media_type: &str, size: u64) -> String {
        self.orders += 1;
        let order = self.orders.to_string();
        let path = self.folder.path().join(format!("{order}.bin"));
        File::create(&path).and_then(|file| file.set_len(size)).expect("a file with a hole");
        let file = report::File {
            name: name.to_owned(),
            media_type: media_type.to_owned(),
            size,
            width: None,
            height: None,
            files: None,
        };
        let to = vec![self.to];
        request(
            &self.daemon,
            &Request::Send {
                order: order.clone(),
                path,
                file,
                modified: None,
                executable: false,
                keep_exif: false,
                to,
            },
        );
        order
    }
}

fn connect(path: &Path) -> UnixStream {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match UnixStream::connect(path) {
            Ok(stream) => return stream,
            Err(error) => assert!(Instant::now() < deadline, "the daemon is not there: {error}"),
        }
        sleep(LOOK_AGAIN);
    }
}

fn request(mut daemon: &UnixStream, request: &Request) {
    let request = serde_json::to_string(request).expect("requests are plain");
    writeln!(daemon, "{request}").expect("the daemon listens");
}

/// The middle and the longest.
fn figure(times: Vec<Duration>) -> String {
    let (Some(longest), count) = (times.iter().max().copied(), times.len()) else {
        return "never".to_owned();
    };
    let lost = if count < ROUNDS { format!(", {} never", ROUNDS - count) } else { String::new() };
    let middle = median(times).as_secs_f64();
    format!("{middle:.2}, at most {:.2} s{lost}", longest.as_secs_f64())
}

const ROUNDS: usize = 5;
const ROUND_TRIP: Duration = Duration::from_millis(50);
const PHOTO_BYTES: u64 = 100_000;
const LARGE_BYTES: u64 = 10_000_000_000;
/// Longer than anything takes here.
const PATIENCE: Duration = Duration::from_mins(1);
/// For queues to be as long as they get.
const FILLS: Duration = Duration::from_secs(5);
const LOOK_AGAIN: Duration = Duration::from_millis(10);
