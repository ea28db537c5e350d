//! From Enter to the photo's path on a script's standard input: `receive --print-path`, 1080p.

use crate::photo::{config, picture};
use crate::world::runtime;
use crate::{median, row};
use peersnap::app::camera::{CameraSpec, CameraStatus};
use peersnap::app::{Action, Shot};
use peersnap::shell::{Entrance, Shell, Wanted};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

const ROUNDS: usize = 15;

pub fn run() {
    let folder = tempfile::tempdir().expect("a folder");
    let (picture, _) = picture(folder.path());
    let took = runtime().block_on(measure(folder.path(), &picture));
    row(
        "Enter to a script that waits (promised: 500 ms)",
        &format!("{:.0} ms", median(took).as_secs_f64() * 1e3),
    );
}

async fn measure(folder: &Path, picture: &Path) -> Vec<Duration> {
    let ann = config(folder, "Ann", CameraSpec::Path(picture.to_owned()));
    let entrance = Entrance::find(Wanted::New, &ann).await.expect("a room");
    let mut ann = Shell::start(entrance, &ann).expect("a peer");
    let link = ann.app.room.link().expect("a room has a link").to_string();
    let count = ROUNDS.to_string();
    let mut ben = Command::new(env!("CARGO_BIN_EXE_peersnap"))
        .args(["receive", &link, "--count", &count, "--print-path", "--no-lan", "--name", "Ben"])
        .env("HOME", folder)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("the program starts");
    let mut paths = BufReader::new(ben.stdout.take().expect("its output")).lines();
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        while ann.app.room.receivers().next().is_none()
            || !matches!(ann.app.camera, CameraStatus::Live { .. })
            || ann.io.camera.snap().is_none()
        {
            step(&mut ann).await;
        }
        ann.act(Action::Snap);
        while !matches!(ann.app.shot, Shot::Held(_)) {
            step(&mut ann).await;
        }
        let begun = Instant::now();
        ann.act(Action::Send);
        let path = loop {
            tokio::select! {
                path = paths.next_line() => break path.expect("it is read").expect("a path"),
                event = ann.next() => ann.handle(event),
            }
        };
        times.push(begun.elapsed());
        assert!(Path::new(&path).exists());
    }
    ann.close().await;
    times
}

async fn step(ann: &mut Shell) {
    tokio::select! {
        event = ann.next() => ann.handle(event),
        () = tokio::time::sleep(Duration::from_millis(5)) => {}
    }
}
