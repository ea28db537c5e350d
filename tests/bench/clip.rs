//! A clip of raw frames, and its frames as this program and as usual ones draw them.

use peersnap::picture::{CellShape, Frame, FrameKind, Part, RgbImage, fit_cells, to_rgb_at};
use peersnap::scene::{Motion, Placed};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// Frames of a file that holds nothing but their pixels, 8-bit RGB, one after the other.
pub struct Clip {
    file: BufReader<File>,
    width: u32,
    height: u32,
}

impl Clip {
    /// Each frame is of this size.
    pub fn open(path: &Path, width: u32, height: u32) -> Self {
        Self { file: BufReader::new(File::open(path).expect("a clip")), width, height }
    }
}

impl Iterator for Clip {
    type Item = Frame;

    fn next(&mut self) -> Option<Frame> {
        let (width, height) = (self.width, self.height);
        let mut data = vec![0; (width * height * 3) as usize];
        self.file.read_exact(&mut data).ok()?;
        let (kind, stride, at) = (FrameKind::Rgb, width * 3, Instant::now());
        Some(Frame { data: data.into(), original: None, kind, width, height, stride, at, seq: 0 })
    }
}

/// A preview for this many cells, made as the program's camera makes it.
pub fn preview(frame: &Frame, columns: u16, rows: u16) -> RgbImage {
    let most = (columns.into(), rows.into());
    let (columns, rows) = fit_cells((frame.width, frame.height), most, CellShape::default());
    to_rgb_at(frame, columns, rows * 2).expect("a frame")
}

/// Leaves a hole for it in what ratatui draws, as the program does.
pub fn place(image: &Arc<RgbImage>, area: Rect, buffer: &mut Buffer) -> Vec<Placed> {
    let mut pictures = Vec::new();
    let (area, part, image) = (fitted(image, area), Part::whole(image), Arc::clone(image));
    Placed { area, image, part, motion: Motion::Live }.cut(buffer, &mut pictures);
    pictures
}

/// Draws it into what ratatui draws, two pixels a cell, as most programs do.
pub fn draw(image: &RgbImage, area: Rect, buffer: &mut Buffer) {
    let area = fitted(image, area);
    for position in area.positions() {
        let (x, y) = (u32::from(position.x - area.x), u32::from(position.y - area.y) * 2);
        let colour = |y| {
            let [red, green, blue] = image.get_pixel(x, y).0;
            Color::Rgb(red, green, blue)
        };
        buffer[position].set_char('▀').set_fg(colour(y)).set_bg(colour(y + 1));
    }
}

fn fitted(image: &RgbImage, area: Rect) -> Rect {
    Rect { width: image.width() as u16, height: image.height() as u16 / 2, ..area }
}
