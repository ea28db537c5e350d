//! `cargo bench -- draw-live CLIP WIDTH HEIGHT WHO`: a clip over and over, and keys that are answered.
//!
//! For `ssh`, which measures how long an answer takes. WHO is `ours`, drawn as the program draws its
//! preview, or `ratatui`, drawn by its usual backend. Each key is counted in the first row; q ends it.

use crate::clip::{Clip, draw, place, preview};
use crossterm::event::{self, Event, KeyCode};
use peersnap::picture::RgbImage;
use peersnap::terminal::capabilities::{Environment, Wishes};
use peersnap::terminal::{Terminal, Tty, input::Input};
use ratatui::Frame;
use ratatui::layout::Rect;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub fn run(words: &[String]) {
    let [clip, width, height, who] = words else {
        return eprintln!("draw-live CLIP WIDTH HEIGHT ours|ratatui");
    };
    let size = |word: &String| word.parse().expect("a number");
    let clip = Clip::open(clip.as_ref(), size(width), size(height));
    let pictures = clip.take(FRAMES_MAX).map(|frame| Arc::new(preview(&frame, 80, 22)));
    let pictures: Vec<_> = pictures.collect();
    if who == "ours" { ours(&pictures) } else { usual(&pictures) }
}

fn ours(pictures: &[Arc<RgbImage>]) {
    let environment = Environment::read(|name| std::env::var(name).ok());
    let tty = Tty::standard().expect("a terminal");
    let mut terminal = Terminal::enter(tty, &environment, &Wishes::default()).expect("a terminal");
    let mut keys = 0;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.expect("a runtime").block_on(async {
        let mut ticks = tokio::time::interval(FRAME_TIME);
        for picture in pictures.iter().cycle() {
            loop {
                terminal
                    .draw(|frame| {
                        count(frame, keys);
                        let area = below(frame.area());
                        place(picture, area, frame.buffer_mut())
                    })
                    .expect("memory");
                tokio::select! {
                    _ = ticks.tick() => break,
                    input = terminal.inputs.recv() => match input {
                        Some(Ok(Input::Key(key))) if key.code == KeyCode::Char('q') => return,
                        Some(Ok(Input::Key(_))) => keys += 1,
                        Some(Ok(_)) => {}
                        None | Some(Err(_)) => return,
                    },
                }
            }
        }
    });
}

fn usual(pictures: &[Arc<RgbImage>]) {
    let mut terminal = ratatui::init();
    let mut keys = 0;
    let mut due = Instant::now();
    'all: for picture in pictures.iter().cycle() {
        due += FRAME_TIME;
        loop {
            let drawn = terminal.draw(|frame| {
                count(frame, keys);
                let area = below(frame.area());
                draw(picture, area, frame.buffer_mut());
            });
            if drawn.is_err() {
                break 'all;
            }
            match event::poll(due.saturating_duration_since(Instant::now())) {
                Ok(false) => break,
                Ok(true) => match event::read() {
                    Ok(Event::Key(key)) if key.code == KeyCode::Char('q') => break 'all,
                    Ok(Event::Key(_)) => keys += 1,
                    Ok(_) => {}
                    Err(_) => break 'all,
                },
                Err(_) => break 'all,
            }
        }
        // Frames that it had no time for are left out, as a camera's are.
        due = due.max(Instant::now());
    }
    ratatui::restore();
}

fn count(frame: &mut Frame<'_>, keys: usize) {
    let area = Rect { height: 1, ..frame.area() };
    frame.render_widget(format!("keys: {keys};"), area);
}

fn below(area: Rect) -> Rect {
    Rect { y: 1, height: area.height - 1, ..area }
}

const FRAME_TIME: Duration = Duration::from_nanos(33_333_333);
const FRAMES_MAX: usize = 300;
