//! What a picture in cells costs, of 640x384 pixels at 80x24: beside what others do for the same.

use crate::{median, row};
use image::imageops::FilterType;
use peersnap::picture::cells::{Depth, Glyphs, live, still};
use peersnap::picture::{Light, RgbImage, scale};
use std::hint::black_box;
use std::time::{Duration, Instant};

const ROUNDS: usize = 30;
const COLUMNS: u32 = 80;
const ROWS: u32 = 24;

pub fn run() {
    let image = scene();
    // viuer scales with this filter and takes a pixel to a half-cell; printing is not counted.
    let usual = time(|| {
        let full = image::DynamicImage::ImageRgb8(image.clone());
        black_box(full.resize_exact(COLUMNS, ROWS * 2, FilterType::Triangle).to_rgba8());
    });
    let ours = time(|| {
        black_box(live(&scale(&image, COLUMNS, ROWS * 2, Light::Gamma), Depth::True));
    });
    let figure = |time: Duration| format!("{:.2} ms", time.as_secs_f64() * 1e3);
    row("a live frame, scaled and in cells", &figure(ours));
    row("  scaled by the image crate, as viuer does", &figure(usual));
    row("  ratio", &format!("{:.2}", ours.as_secs_f64() / usual.as_secs_f64()));
    for glyphs in [Glyphs::Half, Glyphs::Block, Glyphs::Sextant, Glyphs::Octant] {
        for depth in [Depth::True, Depth::Ansi256, Depth::Ansi16, Depth::None] {
            let took = time(|| {
                black_box(still(&image, COLUMNS, ROWS, glyphs, depth));
            });
            row(&format!("a still: {glyphs:?}, {depth:?} (promised: 15 ms)"), &figure(took));
        }
    }
}

fn time(work: impl Fn()) -> Duration {
    let times = (0..ROUNDS).map(|_| {
        let begun = Instant::now();
        work();
        begun.elapsed()
    });
    median(times.collect())
}

/// Smooth and fine parts, as photos have them.
fn scene() -> RgbImage {
    RgbImage::from_fn(640, 384, |x, y| {
        let wave = |a: f32, b: f32| (x as f32 / a).sin() * (y as f32 / b).cos();
        let fine = (((x * 7919) ^ (y * 104_729)) % 31) as f32;
        let (bright, tint) = (120.0 + 80.0 * wave(60.0, 33.0) + fine, 30.0 * wave(31.0, 47.0));
        image::Rgb([bright + tint, bright, bright - tint].map(|value| value as u8))
    })
}
