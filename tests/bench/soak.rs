//! A camera on a shelf, for minutes on end: photos of the test card, five a second, each frame once
//! and in order, and memory as it was in the beginning. `soak N` takes so many, and not 2,000.

use crate::row;
use peersnap::io::camera::frame_number;
use peersnap::picture::{Limits, decode};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

const PHOTOS: usize = 2_000;
/// By then all that is made once is there.
const SETTLED: usize = 100;

pub fn run(arguments: &[String]) {
    let photos = arguments.first().map_or(PHOTOS, |count| count.parse().expect("a number"));
    let folder = tempfile::tempdir().expect("a folder");
    let program = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_peersnap"));
        command.env("HOME", folder.path()).env("PEERSNAP_NO_LAN", "1");
        command.current_dir(folder.path()).stdin(Stdio::null());
        command
    };
    let count = photos.to_string();
    let receive = ["receive", "--listen", "127.0.0.1:0", "--count", &count, "--print-path"];
    let mut ben = program()
        .args(receive)
        .args(["--out", "in"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let link = BufReader::new(ben.stderr.take().expect("what it tells"))
        .lines()
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix("link: ").map(str::to_owned))
        .expect("a link");
    let mut ann = program()
        .args(["send", &link, "--camera=test", "--every", "200ms", "--count", &count])
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let begun = Instant::now();
    let (mut last, mut settled) = (None, [0.0; 2]);
    let paths = BufReader::new(ben.stdout.take().expect("paths")).lines();
    for (at, path) in paths.map(|path| path.expect("it is read")).enumerate() {
        let bytes = std::fs::read(&path).expect("it is there");
        let picture = decode(&bytes, &Limits::default()).expect("a picture");
        let number = frame_number(&picture).expect("a frame of the test card");
        assert!(last.is_none_or(|last| last < number), "{last:?}, then {number}");
        last = Some(number);
        std::fs::remove_file(&path).expect("it goes");
        if at == SETTLED {
            settled = [memory(&ann), memory(&ben)];
        }
        if at == photos - SETTLED {
            let took = begun.elapsed().as_secs_f64();
            row("photos a second", &format!("{:.2}", at as f64 / took));
            for (who, before, child) in
                [("sender", settled[0], &ann), ("receiver", settled[1], &ben)]
            {
                let figure = format!("{before:.1}, {:.1} MB", memory(child));
                row(&format!("memory of the {who}, after {SETTLED} and {at}"), &figure);
            }
        }
        if at + 1 == photos {
            row("frames, each once and in order", &photos.to_string());
        }
    }
    assert!(ann.wait().expect("it ends").success() && ben.wait().expect("it ends").success());
}

/// What is resident, in megabytes.
fn memory(child: &Child) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()));
    let status = status.expect("it runs");
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = resident.and_then(|it| it.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kilobytes.expect("its memory") / 1000.0
}
