//! The test card: colour bars, a clock, a frame number and a moving bar, as a camera of
//! 1280x720 YUYV would send them.
//!
//! It stands in where there is no camera, and lets everything behind a camera be tried without
//! one. The bars are drawn once; a frame costs a copy of them and a few dozen rectangles.

use std::thread;
use std::time::{Duration, Instant};

use super::font;
use super::source::{Facts, Source, SourceError};
use crate::app::camera::CameraKind;
use crate::picture::{Frame, FrameKind, RgbImage};

const WIDTH: u32 = 1280;
const HEIGHT: u32 = 720;
const FPS: u32 = 30;
const NUMBER_AT: (u32, u32) = (60, 630);
const NUMBER_DOT: u32 = 6;
const NUMBER_LABEL: &str = "FRAME ";
const NUMBER_DIGITS: usize = 6;

/// The drawn source.
pub(super) struct TestCard {
    facts: Facts,
    background: Canvas,
    due: Instant,
    seq: u64,
}

impl TestCard {
    pub fn new() -> Self {
        let facts = Facts {
            name: "test card".to_owned(),
            kind: CameraKind::TestCard,
            format: FrameKind::Yuyv,
            width: WIDTH,
            height: HEIGHT,
            fps: Some(FPS),
        };
        Self { facts, background: background(), due: Instant::now(), seq: 0 }
    }
}

impl Source for TestCard {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Comes at 30 frames a second, the first one at once.
    fn next(&mut self) -> Result<Frame, SourceError> {
        thread::sleep(self.due.saturating_duration_since(Instant::now()));
        let at = Instant::now();
        // After a pause of the whole machine, frames are not made up for.
        self.due = self.due.max(at) + Duration::from_secs(1) / FPS;
        let mut canvas = self.background.clone();
        draw(&mut canvas, jiff::Zoned::now().time(), self.seq);
        let frame = Frame {
            data: canvas.data.into(),
            original: None,
            kind: FrameKind::Yuyv,
            width: WIDTH,
            height: HEIGHT,
            stride: WIDTH * 2,
            at,
            seq: self.seq,
        };
        self.seq += 1;
        Ok(frame)
    }
}

/// Which frame of the test card a picture shows, at the size it is drawn in, up to a million: so
/// that it can be told whether photos arrive once, and in order. None if it shows none.
pub fn frame_number(picture: &RgbImage) -> Option<u64> {
    if picture.dimensions() != (WIDTH, HEIGHT) {
        return None;
    }
    let advance = (font::WIDTH as u32 + 1) * NUMBER_DOT;
    let first = NUMBER_AT.0 + NUMBER_LABEL.len() as u32 * advance;
    let is_lit = |x: u32, y: u32| picture.get_pixel(x, y)[1] > 128;
    let digit = |left: u32| {
        let mut rows = [0; font::HEIGHT];
        for (row, y) in rows.iter_mut().zip((NUMBER_AT.1..).step_by(NUMBER_DOT as usize)) {
            for x in (left..).step_by(NUMBER_DOT as usize).take(font::WIDTH) {
                *row = *row << 1 | u8::from(is_lit(x + NUMBER_DOT / 2, y + NUMBER_DOT / 2));
            }
        }
        ('0'..='9').position(|digit| font::glyph(digit) == rows)
    };
    let lefts = (first..).step_by(advance as usize).take(NUMBER_DIGITS);
    lefts.map(digit).try_fold(0, |number, digit| Some(number * 10 + digit? as u64))
}

/// What changes from frame to frame, over the background.
fn draw(canvas: &mut Canvas, time: jiff::civil::Time, seq: u64) {
    canvas.text(60, 520, 12, &time.strftime("%H:%M:%S").to_string());
    let number = format!("{NUMBER_LABEL}{:0NUMBER_DIGITS$}", seq % 1_000_000);
    canvas.text(NUMBER_AT.0, NUMBER_AT.1, NUMBER_DOT, &number);
    let x = (seq * 8 % u64::from(WIDTH)) as u32;
    canvas.fill(x, 700, 80, 20, WHITE);
}

fn background() -> Canvas {
    let mut canvas = Canvas { data: BLACK.pair().repeat((WIDTH * HEIGHT / 2) as usize) };
    let bar = WIDTH / BARS.len() as u32;
    for (x, colour) in (0..).step_by(bar as usize).zip(BARS) {
        canvas.fill(x, 0, bar, 400, colour);
    }
    for step in 0..16 {
        let gray = Yuv(16 + (step * 219 / 15) as u8, 128, 128);
        canvas.fill(step * 80, 400, 80, 90, gray);
    }
    canvas.text(780, 620, 8, "TEST CARD");
    canvas
}

/// BT.601, narrow range.
#[derive(Clone, Copy)]
struct Yuv(u8, u8, u8);

impl Yuv {
    /// Two pixels of the colour.
    fn pair(self) -> [u8; 4] {
        [self.0, self.1, self.0, self.2]
    }
}

const BLACK: Yuv = Yuv(16, 128, 128);
const WHITE: Yuv = Yuv(235, 128, 128);

/// At three quarters: gray, yellow, cyan, green, magenta, red, blue, black.
const BARS: [Yuv; 8] = [
    Yuv(180, 128, 128),
    Yuv(162, 44, 142),
    Yuv(131, 156, 44),
    Yuv(112, 72, 58),
    Yuv(84, 184, 198),
    Yuv(65, 100, 212),
    Yuv(35, 212, 114),
    BLACK,
];

/// A picture of [`WIDTH`] by [`HEIGHT`] in YUYV.
#[derive(Clone)]
struct Canvas {
    data: Vec<u8>,
}

impl Canvas {
    /// A rectangle, in pixels; its left edge and width are even. What lies outside is cut off.
    fn fill(&mut self, x: u32, y: u32, width: u32, height: u32, colour: Yuv) {
        let (from, to) = (x.min(WIDTH) as usize * 2, (x + width).min(WIDTH) as usize * 2);
        let rows = self.data.chunks_exact_mut(WIDTH as usize * 2);
        for row in rows.skip(y as usize).take(height as usize) {
            for pair in row[from..to].chunks_exact_mut(4) {
                pair.copy_from_slice(&colour.pair());
            }
        }
    }

    /// White letters whose dots are squares of `dot` pixels, an even number.
    fn text(&mut self, x: u32, y: u32, dot: u32, text: &str) {
        let advance = (font::WIDTH as u32 + 1) * dot;
        for (x, letter) in (x..).step_by(advance as usize).zip(text.chars()) {
            for (y, row) in (y..).step_by(dot as usize).zip(font::glyph(letter)) {
                for (x, bit) in (x..).step_by(dot as usize).zip((0..font::WIDTH).rev()) {
                    if row >> bit & 1 == 1 {
                        self.fill(x, y, dot, dot, WHITE);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::cells::{Depth, live};
    use crate::picture::{Limits, Metadata, Photo, Quality, decode, to_rgb_at};

    #[test]
    fn the_card_shows_bars_a_clock_and_a_moving_bar() {
        let mut card = TestCard::new();
        card.background.fill(0, 0, 0, 0, BLACK);
        let mut frame = card.next().expect("drawn");
        let mut canvas = background();
        draw(&mut canvas, jiff::civil::time(12, 34, 56, 0), 60);
        frame.data = canvas.data.into();
        let image = to_rgb_at(&frame, 80, 44).expect("whole");
        let red = image.get_pixel(55, 5);
        assert!(red[0] > 180 && red[1] < 10 && red[2] < 10, "{red:?}");
        let grid = live(&image, Depth::None);
        let last = grid.iter().nth(21).expect("22 rows");
        // Column 30 is 480 pixels from the left: 60 frames of 8 pixels.
        assert_eq!(last.iter().position(|cell| cell.glyph != ' '), Some(30), "{last:?}");
    }

    #[test]
    fn the_number_of_a_frame_is_read_back_from_a_photo_of_it() {
        let mut card = TestCard::new();
        let mut frame = card.next().expect("drawn");
        for seq in [0, 7, 123_456, 999_999, 1_000_001] {
            let mut canvas = background();
            draw(&mut canvas, jiff::civil::time(23, 59, 58, 0), seq);
            frame.data = canvas.data.into();
            let photo = Photo::from_frame(&frame, Quality::default(), Metadata::Cleaned);
            let photo = photo.expect("a photo").bytes;
            let picture = decode(&photo, &Limits::default()).expect("a picture");
            assert_eq!(frame_number(&picture), Some(seq % 1_000_000));
        }
        assert_eq!(frame_number(&RgbImage::new(WIDTH, HEIGHT)), None);
        assert_eq!(frame_number(&RgbImage::new(1, 1)), None);
    }

    #[test]
    fn no_letter_is_missing() {
        for letter in "0123456789:FRAMETESTCARD".chars() {
            assert_ne!(font::glyph(letter), [0; font::HEIGHT], "{letter}");
        }
    }

    #[test]
    fn frames_are_numbered_and_whole() {
        let mut card = TestCard::new();
        for seq in 0..3 {
            let frame = card.next().expect("drawn");
            assert_eq!(frame.seq, seq);
            assert_eq!(frame.bytes_needed(), Some(frame.data.len()));
        }
    }
}
