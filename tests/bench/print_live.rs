//! `cargo bench -- print-live CLIP WIDTH HEIGHT COLUMNS ROWS WHO`: a live picture's bytes.
//!
//! For `live/measure.py`. CLIP is a file of raw RGB frames of WIDTH by HEIGHT pixels; WHO is `ours`,
//! as the program sends them to a terminal that answers at once, or `ratatui`, its usual backend.
//! What is sent goes to standard output, the bytes of each frame to standard error.

use crate::clip::{Clip, draw, place, preview};
use peersnap::picture::cells::{Depth, Glyphs};
use peersnap::terminal::Backend;
use peersnap::terminal::paint::{Means, Painter, Scene};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::{Position, Rect, Size};
use ratatui::{TerminalOptions, Viewport};
use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub fn run(words: &[String]) {
    let [clip, numbers @ .., who] = words else { return eprintln!("{USAGE}") };
    let numbers: Vec<u16> = numbers.iter().filter_map(|word| word.parse().ok()).collect();
    let [width, height, columns, rows] = numbers[..] else { return eprintln!("{USAGE}") };
    let clip = Clip::open(clip.as_ref(), width.into(), height.into());
    let size = Size::new(columns, rows);
    let mut take = |bytes: &[u8]| {
        eprintln!("{}", bytes.len());
        io::stdout().write_all(bytes).expect("somebody reads");
    };
    if who == "ours" { ours(clip, size, &mut take) } else { ratatui(clip, size, &mut take) }
}

/// Time is the clip's: 30 frames a second, and a line that takes a millisecond a chunk.
fn ours(clip: Clip, size: Size, take: &mut impl FnMut(&[u8])) {
    let means =
        Means { depth: Depth::True, glyphs: Glyphs::Half, pixels: None, synchronized: false };
    let begin = Instant::now();
    let mut painter = Painter::new(means, 0, begin);
    let mut screen = Terminal::new(Backend::new(size)).expect("memory");
    for (at, frame) in clip.enumerate() {
        let image = Arc::new(preview(&frame, size.width, size.height));
        let mut pictures = Vec::new();
        screen
            .draw(|frame| pictures = place(&image, frame.area(), frame.buffer_mut()))
            .expect("memory");
        painter.set_scene(Scene { grid: screen.backend().grid().clone(), pictures });
        let mut now = begin + FRAME_TIME * at as u32;
        let mut sent = Vec::new();
        loop {
            if let Some(bytes) = painter.poll_transmit(now) {
                sent.extend(bytes);
                now += ANSWER_TIME;
                painter.handle_answer(now);
            } else if let Some(later) = painter.poll_timeout(now).filter(|later| *later > now) {
                now = later;
            } else {
                break;
            }
        }
        take(&sent);
    }
}

fn ratatui(clip: Clip, size: Size, take: &mut impl FnMut(&[u8])) {
    let viewport = Viewport::Fixed(Rect::from((Position::ORIGIN, size)));
    let sent = Sent::default();
    let backend = CrosstermBackend::new(sent.clone());
    let mut screen = Terminal::with_options(backend, TerminalOptions { viewport }).expect("memory");
    for frame in clip {
        let image = preview(&frame, size.width, size.height);
        screen.draw(|frame| draw(&image, frame.area(), frame.buffer_mut())).expect("memory");
        take(&sent.0.take());
    }
}

/// What was written, for two to hold.
#[derive(Clone, Default)]
struct Sent(Rc<RefCell<Vec<u8>>>);

impl Write for Sent {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const USAGE: &str = "print-live CLIP WIDTH HEIGHT COLUMNS ROWS ours|ratatui";
const FRAME_TIME: Duration = Duration::from_nanos(33_333_333);
const ANSWER_TIME: Duration = Duration::from_millis(1);
