//! What a live preview costs: 720p at 30 frames a second, drawn at 80x24.

use crate::row;
use image::imageops::FilterType;
use peersnap::picture::cells::{Depth, live};
use peersnap::picture::{
    Frame, FrameKind, Photo, Quality, RgbImage, STEADY_THRESHOLD, Steady, fit, to_rgb, to_rgb_at,
};
use std::hint::black_box;
use std::time::{Duration, Instant};

const FRAMES: u32 = 200;

pub fn run() {
    for kind in [FrameKind::Mjpeg, FrameKind::Yuyv] {
        let frames: Vec<Frame> = (0..8).map(|at| frame(kind, at)).collect();
        let ours = each(&frames, |steady, frame| {
            let (width, height) = fit(frame.width, frame.height, 48, 32);
            let small = to_rgb_at(frame, width, height).expect("a frame");
            steady.update(small);
            black_box(live(steady.shown(), Depth::True));
        });
        let usual = each(&frames, |_, frame| {
            let full = to_rgb(frame).expect("a frame");
            let (width, height) = fit(frame.width, frame.height, 48, 32);
            black_box(image::imageops::resize(&full, width, height, FilterType::Triangle));
        });
        let core = |time: Duration| format!("{:.1} %", time.as_secs_f64() * 30.0 * 100.0);
        row(&format!("{}: of a core at 30 a second", kind.name()), &core(ours));
        row("  decoded in full and scaled by the image crate", &core(usual));
        row("  ratio", &format!("{:.2}", ours.as_secs_f64() / usual.as_secs_f64()));
    }
}

fn each(frames: &[Frame], work: impl Fn(&mut Steady, &Frame)) -> Duration {
    let mut steady = Steady::new(STEADY_THRESHOLD);
    let begun = Instant::now();
    for at in 0..FRAMES {
        work(&mut steady, &frames[at as usize % frames.len()]);
    }
    begun.elapsed() / FRAMES
}

fn frame(kind: FrameKind, seed: u32) -> Frame {
    let (width, height) = (1280, 720);
    let picture = RgbImage::from_fn(width, height, |x, y| {
        image::Rgb([(x + seed * 5) as u8, (y * 2) as u8, (x / 3 + y) as u8])
    });
    let data = match kind {
        FrameKind::Mjpeg => {
            Photo::encode(&picture, Quality::default()).expect("a photo").bytes.to_vec()
        }
        _ => picture
            .pixels()
            .flat_map(|pixel| [pixel[1], if pixel[0] > 128 { 140 } else { 110 }])
            .collect(),
    };
    Frame {
        stride: if kind == FrameKind::Mjpeg { 0 } else { width * 2 },
        data: data.into(),
        original: None,
        kind,
        width,
        height,
        at: Instant::now(),
        seq: u64::from(seed),
    }
}
