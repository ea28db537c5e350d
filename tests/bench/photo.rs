//! From Enter to the photo on the other's screen: 1080p, two whole programs but for the terminal.

use crate::world::runtime;
use crate::{median, row};
use peersnap::app::camera::{CameraSpec, CameraStatus};
use peersnap::app::{Action, Picture, Shot};
use peersnap::config::Config;
use peersnap::picture::cells::Depth;
use peersnap::picture::{Metadata, Photo, Quality, RgbImage};
use peersnap::shell::{Entrance, Shell, Wanted};
use peersnap::terminal::capabilities::Wishes;
use peersnap::text::SafeText;
use peersnap::ui::{self, Theme};
use ratatui::Frame;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const ROUNDS: usize = 15;

pub fn run() {
    let folder = tempfile::tempdir().expect("a folder");
    let (picture, bytes) = picture(folder.path());
    let took = runtime().block_on(measure(folder.path(), &picture));
    row("size of the photo", &format!("{} KB", bytes / 1000));
    row(
        "Enter to screen, 1080p (promised: 150 ms)",
        &format!("{:.0} ms", median(took).as_secs_f64() * 1e3),
    );
}

async fn measure(folder: &Path, picture: &Path) -> Vec<Duration> {
    let ann = config(folder, "Ann", CameraSpec::Path(picture.to_owned()));
    let entrance = Entrance::find(Wanted::New, &ann).await.expect("a room");
    let beside = entrance.beside().expect("a link");
    let mut ann = Shell::start(entrance, &ann).expect("a peer");
    let mut ben = Shell::start(beside, &config(folder, "Ben", CameraSpec::Test)).expect("a peer");
    let mut screen = Terminal::new(TestBackend::new(80, 24)).expect("a screen");
    let theme = Theme::of(Depth::True);
    let mut times = Vec::new();
    for round in 1..=ROUNDS {
        // Until Ann has a frame and is connected.
        while ann.app.room.receivers().next().is_none()
            || !matches!(ann.app.camera, CameraStatus::Live { .. })
            || ann.io.camera.snap().is_none()
        {
            step(&mut ann, &mut ben).await;
        }
        ann.act(Action::Snap);
        while !matches!(ann.app.shot, Shot::Held(_)) {
            step(&mut ann, &mut ben).await;
        }
        let begun = Instant::now();
        ann.act(Action::Send);
        while !ready(&ben, round) {
            step(&mut ann, &mut ben).await;
        }
        let draw = |frame: &mut Frame<'_>| drop(ui::render(&ben.app, frame, theme, Instant::now()));
        screen.draw(draw).expect("drawn");
        times.push(begun.elapsed());
    }
    ann.close().await;
    ben.close().await;
    times
}

/// A photo of 1080p in that folder, and how many bytes it has.
pub fn picture(folder: &Path) -> (PathBuf, usize) {
    let picture = folder.join("picture.jpg");
    let photo = Photo::encode(&landscape(), Quality::default()).expect("a photo");
    std::fs::write(&picture, &photo.bytes).expect("room on the disk");
    (picture, photo.bytes.len())
}

/// A person who saves what comes in that folder.
pub fn config(folder: &Path, name: &str, camera: CameraSpec) -> Config {
    Config {
        server: None,
        no_lan: true,
        listen: Some(([127, 0, 0, 1], 0).into()),
        public_url: None,
        certificate: None,
        name: SafeText::new(name),
        camera,
        quality: Quality::default(),
        metadata: Metadata::Cleaned,
        save: folder.join(name),
        plain: false,
        wishes: Wishes::default(),
        usual_wishes: Wishes::default(),
        log: None,
        state: None,
    }
}

async fn step(ann: &mut Shell, ben: &mut Shell) {
    tokio::select! {
        event = ann.next() => ann.handle(event),
        event = ben.next() => ben.handle(event),
        () = tokio::time::sleep(Duration::from_millis(5)) => {}
    }
}

fn ready(shell: &Shell, round: usize) -> bool {
    shell.app.trail.iter().len() == round
        && matches!(
            shell.app.trail.iter().next().map(|item| &item.picture),
            Some(Picture::Ready(_))
        )
}

/// Something with edges, gradients and grain, as a photograph has.
fn landscape() -> RgbImage {
    let mut grain = 1_u32;
    RgbImage::from_fn(1920, 1080, |x, y| {
        grain = grain.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = (grain >> 28) as i32;
        let ridge = 500 + ((x as f32 / 90.0).sin() * 120.0) as u32;
        let base = if y > ridge {
            [60, 90 + (y / 12) as i32, 50]
        } else {
            [90, 140, 220 - (y / 8) as i32]
        };
        image::Rgb(base.map(|c| (c + noise).clamp(0, 255) as u8))
    })
}
