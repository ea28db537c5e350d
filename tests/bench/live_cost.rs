//! What a live frame costs at 80x24: from a camera's 640x384 pixels to the bytes for the terminal.

use crate::clip::{draw, place, preview};
use crate::{median, row};
use image::imageops::FilterType;
use peersnap::picture::cells::{Depth, Glyphs};
use peersnap::picture::{Frame, FrameKind, RgbImage};
use peersnap::terminal::Backend;
use peersnap::terminal::paint::{Means, Painter, Scene};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::{Position, Rect, Size};
use ratatui::{TerminalOptions, Viewport};
use std::hint::black_box;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub fn run() {
    let frames: Vec<Frame> = (0..FRAMES).map(frame).collect();
    let ours = ours(&frames);
    let usual = usual(&frames);
    let figure = |time: Duration| format!("{:.2} ms", time.as_secs_f64() * 1e3);
    row("a live frame, scaled, held against, drawn (1.5 ms)", &figure(ours));
    row("  scaled by the image crate, drawn by ratatui", &figure(usual));
    row("  ratio", &format!("{:.2}", ours.as_secs_f64() / usual.as_secs_f64()));
}

fn ours(frames: &[Frame]) -> Duration {
    let means =
        Means { depth: Depth::True, glyphs: Glyphs::Half, pixels: None, synchronized: false };
    let mut now = Instant::now();
    let mut painter = Painter::new(means, 0, now);
    let mut screen = Terminal::new(Backend::new(SIZE)).expect("memory");
    each(frames, |frame| {
        let image = Arc::new(preview(frame, SIZE.width, SIZE.height));
        let mut pictures = Vec::new();
        let draw = |frame: &mut ratatui::Frame<'_>| {
            pictures = place(&image, frame.area(), frame.buffer_mut());
        };
        screen.draw(draw).expect("memory");
        painter.set_scene(Scene { grid: screen.backend().grid().clone(), pictures });
        now += Duration::from_millis(20);
        loop {
            if let Some(bytes) = painter.poll_transmit(now) {
                black_box(bytes);
                now += Duration::from_micros(200);
                painter.handle_answer(now);
            } else if let Some(later) = painter.poll_timeout(now).filter(|later| *later > now) {
                now = later;
            } else {
                break;
            }
        }
    })
}

fn usual(frames: &[Frame]) -> Duration {
    let viewport = Viewport::Fixed(Rect::from((Position::ORIGIN, SIZE)));
    let backend = CrosstermBackend::new(io::sink());
    let mut screen = Terminal::with_options(backend, TerminalOptions { viewport }).expect("memory");
    each(frames, |frame| {
        let data = frame.data.to_vec();
        let full = RgbImage::from_raw(frame.width, frame.height, data).expect("a frame");
        let (width, height) = (SIZE.width.into(), u32::from(SIZE.height) * 2);
        let image = image::imageops::resize(&full, width, height, FilterType::Triangle);
        screen.draw(|frame| draw(&image, frame.area(), frame.buffer_mut())).expect("memory");
    })
}

fn each(frames: &[Frame], mut work: impl FnMut(&Frame)) -> Duration {
    let times = frames.iter().cycle().take(ROUNDS).map(|frame| {
        let begun = Instant::now();
        work(frame);
        begun.elapsed()
    });
    median(times.collect())
}

/// A disc that moves on a still ground, and noise.
fn frame(at: u32) -> Frame {
    let (width, height) = (640, 384);
    let mut seed = at + 1;
    let picture = RgbImage::from_fn(width, height, |x, y| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = (seed >> 28) as i16 - 8;
        let centre = 300 + 8 * i64::from(at);
        let inside = (i64::from(x) - centre).pow(2) + (i64::from(y) - 200).pow(2) < 120 * 120;
        let wave = ((x / 9 + y / 13) % 24) as i16 * 3;
        let base = if inside { [190 - wave, 140, 110] } else { [90 + wave, 120, 150 - wave] };
        image::Rgb(base.map(|value| (value + noise).clamp(0, 255) as u8))
    });
    Frame {
        data: picture.into_raw().into(),
        original: None,
        kind: FrameKind::Rgb,
        width,
        height,
        stride: width * 3,
        at: Instant::now(),
        seq: u64::from(at),
    }
}

const SIZE: Size = Size { width: 80, height: 24 };
const FRAMES: u32 = 12;
const ROUNDS: usize = 240;
