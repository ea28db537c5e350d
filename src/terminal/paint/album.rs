//! Stills in pixels: which the terminal shows, which it should, and the sequences in between.
//!
//! | protocol | how it goes over the line | how it goes away |
//! |---|---|---|
//! | kitty's graphics | in commands of at most 4 KiB, words between them; shown when whole | by its number |
//! | iTerm2's images, sixel | in one sequence, of bounded length | cells are drawn over it |
//!
//! A large one comes small at first, which is a quarter of the bytes, and whole when the line has
//! nothing better to do.

use super::pen::Pen;
use super::placeholder::PlacedId;
use super::studio::{Art, Form, Studio, Work};
use crate::scene::Placed;
use crate::terminal::capabilities::Graphics;
use ratatui::layout::Rect;
use std::fmt;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

/// How pictures are put to this terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pixels {
    /// By which protocol.
    pub protocol: Graphics,
    /// How large a cell is, across and down.
    pub cell: (u16, u16),
    /// Whether the terminal is behind another program.
    pub through: Through,
}

/// What a picture passes on its way to the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Through {
    /// Nothing.
    Nothing,
    /// tmux, with `allow-passthrough` on: commands are wrapped for it, and cells stand for the
    /// picture.
    Tmux,
}

/// The same, over a line that is as fast as this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinePixels {
    pixels: Pixels,
    /// Of what cannot be sent in pieces.
    bytes_max: usize,
}

/// The stills that are shown in pixels.
#[derive(Debug)]
pub struct Album {
    wanted: Vec<Placed>,
    shown: Vec<Shown>,
    sending: Option<Sending>,
    /// Too long for the line, of those that are seen.
    refused: Vec<Work>,
    has_refused: bool,
    /// Whether there may be something to send.
    is_new: bool,
    /// Numbers of pictures to be taken away.
    gone: Vec<u32>,
    /// Tells the pictures of two programs in one terminal apart.
    seed: u32,
    /// How many pictures were sent.
    count: u32,
}

/// A picture that the terminal shows.
#[derive(Debug)]
struct Shown {
    area: Rect,
    work: Work,
    detail: Detail,
    id: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Detail {
    First,
    Full,
}

/// A picture that is on its way.
#[derive(Debug)]
struct Sending {
    shown: Shown,
    text: Arc<str>,
    sent: usize,
}

impl Album {
    /// Of a terminal that shows none. The seed tells programs in one terminal apart.
    pub fn new(seed: u32) -> Self {
        Self {
            wanted: Vec::new(),
            shown: Vec::new(),
            sending: None,
            refused: Vec::new(),
            has_refused: false,
            is_new: false,
            gone: Vec::new(),
            seed,
            count: 0,
        }
    }

    /// These are to be shown, and no others. The places where others were, to be drawn over.
    pub fn set(&mut self, wanted: Vec<Placed>) -> Vec<Rect> {
        self.wanted = wanted;
        self.is_new = true;
        let seen = |area: Rect, work: &Work| {
            self.wanted.iter().any(|placed| placed.area == area && is_of(work, placed))
        };
        if self.sending.as_ref().is_some_and(|s| !seen(s.shown.area, &s.shown.work)) {
            self.sending = None;
        }
        // One in whose very place another comes stays until then.
        let gone = self
            .shown
            .extract_if(.., |shown| !self.wanted.iter().any(|placed| placed.area == shown.area));
        let gone: Vec<Shown> = gone.collect();
        self.gone.extend(gone.iter().map(|shown| shown.id));
        gone.into_iter().map(|shown| shown.area).collect()
    }

    /// What the terminal shows is not known any more, and is to go.
    pub fn forget(&mut self) {
        self.sending = None;
        self.is_new = true;
        self.gone.extend(self.shown.drain(..).map(|shown| shown.id));
    }

    /// Whether there may be something to send.
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// Something has happened that there may be something to send for.
    pub fn look_again(&mut self) {
        self.is_new = true;
    }

    /// Whether a picture turned out to be too long for the line since this was asked last.
    pub fn take_refused(&mut self) -> bool {
        std::mem::take(&mut self.has_refused)
    }

    /// Whether this picture is too long for the line.
    pub fn refuses(&self, placed: &Placed) -> bool {
        self.refused.iter().any(|work| is_of(work, placed))
    }

    /// Forgets that some were too long for a line that was slower than this one; whether there
    /// were any.
    pub fn try_again(&mut self, line: LinePixels) -> bool {
        let before = self.refused.len();
        self.refused.retain(|work| work.bytes_max() >= line.bytes_max);
        self.refused.len() < before
    }

    /// Lets go of what is not seen any more.
    pub fn keep(&mut self, pictures: &[Placed]) {
        self.refused.retain(|work| pictures.iter().any(|placed| is_of(work, placed)));
    }

    /// Takes away what is not to be seen.
    pub fn erase(&mut self, pixels: Option<Pixels>, out: &mut Vec<u8>) {
        let gone = self.gone.drain(..);
        let Some(pixels) = pixels.filter(|pixels| pixels.protocol == Graphics::Kitty) else {
            return;
        };
        for id in gone {
            pixels.command(format_args!("a=d,d=I,i={id},q=2"), "", out);
        }
    }

    /// The next piece of a picture, up to so many bytes in all; whether there was one. It goes only
    /// over places that are drawn.
    pub fn transmit(
        &mut self,
        line: LinePixels,
        bytes: usize,
        drawn: &[Rect],
        studio: &mut Studio,
        pen: &mut Pen,
        out: &mut Vec<u8>,
    ) -> bool {
        if self.sending.is_none() {
            self.sending = self.next(line, drawn, studio);
        }
        let Some(mut sending) = self.sending.take() else {
            self.is_new = false;
            return false;
        };
        let budget = bytes.saturating_sub(out.len());
        let pixels = line.pixels;
        let area = sending.shown.area;
        match pixels.protocol {
            Graphics::Kitty => {
                if !send_kitty(&mut sending, pixels, budget, out) {
                    self.sending = Some(sending);
                    return true;
                }
                let Shown { id, .. } = sending.shown;
                let (columns, rows) = (area.width, area.height);
                let how = match pixels.through {
                    Through::Nothing => {
                        pen.move_to(area.x, area.y, out);
                        "C=1"
                    }
                    Through::Tmux => "U=1",
                };
                let keys = format_args!("a=p,i={id},p=1,c={columns},r={rows},{how},q=2");
                pixels.command(keys, "", out);
            }
            Graphics::Iterm2 => {
                pen.move_to(area.x, area.y, out);
                let (text, columns, rows) = (&sending.text, area.width, area.height);
                let bytes = text.len() / 4 * 3;
                let _ = write!(
                    out,
                    "\x1b]1337;File=inline=1;size={bytes};width={columns};height={rows};\
                     preserveAspectRatio=0;doNotMoveCursor=1:{text}\x07"
                );
                pen.forget_place();
            }
            Graphics::Sixel => {
                pen.move_to(area.x, area.y, out);
                out.extend_from_slice(sending.text.as_bytes());
                pen.forget_place();
            }
            Graphics::Cells => return false,
        }
        self.has_come(sending.shown);
        self.erase(Some(pixels), out);
        true
    }

    /// The number of this still, if it is shown.
    pub fn shown(&self, still: &Placed) -> Option<PlacedId> {
        let known = |shown: &&Shown| shown.area == still.area && is_of(&shown.work, still);
        self.shown.iter().find(known).map(|shown| PlacedId::of_number(shown.id))
    }

    /// Whether this still is shown in pixels, or will be.
    pub fn wants(&self, still: &Placed) -> bool {
        let key = Work::of(still, Form::Png { pixels: (0, 0) });
        self.wanted.iter().any(|placed| placed.area == still.area && is_of(&key, placed))
    }

    fn has_come(&mut self, new: Shown) {
        let gone = self.shown.extract_if(.., |shown| shown.area == new.area);
        let gone: Vec<u32> = gone.map(|shown| shown.id).collect();
        self.gone.extend(gone);
        self.shown.push(new);
    }

    /// The next picture to be sent: first all a first time, then all in full.
    fn next(&mut self, line: LinePixels, drawn: &[Rect], studio: &mut Studio) -> Option<Sending> {
        for wanted in [Detail::First, Detail::Full] {
            for placed in self.wanted.iter().filter(|placed| drawn.contains(&placed.area)) {
                let (form, detail) = line.form(placed.area, wanted);
                let is_shown = self.shown.iter().any(|shown| {
                    shown.area == placed.area
                        && is_of(&shown.work, placed)
                        && shown.detail >= detail
                });
                if is_shown {
                    continue;
                }
                let work = Work::of(placed, form);
                match studio.still(work.clone()) {
                    Some(Art::Pixels(text)) => {
                        self.count = self.count.wrapping_add(1);
                        let id = PlacedId::new(self.seed, self.count).number();
                        let shown = Shown { area: placed.area, work, detail, id };
                        return Some(Sending { shown, text, sent: 0 });
                    }
                    Some(_) => {
                        self.refused.push(work);
                        self.has_refused = true;
                    }
                    None => {}
                }
            }
        }
        None
    }
}

impl Pixels {
    /// A command of kitty's protocol, as it has to be written.
    fn command(self, keys: fmt::Arguments<'_>, data: &str, out: &mut Vec<u8>) {
        let _ = match self.through {
            Through::Nothing => write!(out, "\x1b_G{keys};{data}\x1b\\"),
            // Each ESC twice.
            Through::Tmux => write!(out, "\x1bPtmux;\x1b\x1b_G{keys};{data}\x1b\x1b\\\x1b\\"),
        };
    }

    /// As they are sent over a line of this rate, in bytes a second.
    pub fn of_line(self, rate: f64) -> LinePixels {
        let carried = |time: Duration| (rate * time.as_secs_f64()) as usize;
        let soon = carried(SOON).min(SOON_BYTES_MAX);
        let bytes = carried(ATOMIC_TIME).min(ATOMIC_BYTES_MAX).max(soon).max(ATOMIC_BYTES_MIN);
        // In steps, so that it is the same from call to call while the line is about as fast.
        let bytes_max = 1 << bytes.ilog2();
        LinePixels { pixels: self, bytes_max }
    }
}

impl LinePixels {
    /// In which form a picture is sent, and what that makes of it.
    fn form(self, area: Rect, wanted: Detail) -> (Form, Detail) {
        let (cell, bytes_max) = (self.pixels.cell, self.bytes_max);
        let (across, down) =
            (u32::from(area.width) * u32::from(cell.0), u32::from(area.height) * u32::from(cell.1));
        let pixels = (across, down);
        match (self.pixels.protocol, wanted) {
            (Graphics::Kitty, Detail::First) if across * down > SMALL_PIXELS => {
                (Form::Png { pixels: (across / 2, down / 2) }, Detail::First)
            }
            (Graphics::Kitty, _) => (Form::Png { pixels }, Detail::Full),
            (Graphics::Sixel, _) => (Form::Sixel { pixels, bytes_max }, Detail::Full),
            (Graphics::Iterm2 | Graphics::Cells, _) => {
                (Form::Jpeg { pixels, bytes_max }, Detail::Full)
            }
        }
    }
}

/// Sends on; whether all of it is sent.
fn send_kitty(sending: &mut Sending, pixels: Pixels, budget: usize, out: &mut Vec<u8>) -> bool {
    let begun = out.len();
    while sending.sent < sending.text.len() && out.len() - begun < budget {
        let left = &sending.text[sending.sent..];
        // Each a whole number of groups of base64, as the protocol has it.
        let room = (budget - (out.len() - begun)).clamp(KITTY_BYTES.0, KITTY_BYTES.1) & !3;
        let piece = &left[..room.min(left.len())];
        let more = u8::from(piece.len() < left.len());
        if sending.sent == 0 {
            let id = sending.shown.id;
            pixels.command(format_args!("a=t,f=100,t=d,i={id},q=2,m={more}"), piece, out);
        } else {
            pixels.command(format_args!("m={more},q=2"), piece, out);
        }
        sending.sent += piece.len();
    }
    sending.sent == sending.text.len()
}

fn is_of(work: &Work, placed: &Placed) -> bool {
    Work::of(placed, Form::Png { pixels: (0, 0) }).is_same_view(work)
}

/// Up to so many pixels a picture comes whole at once: a small photo of the trail.
const SMALL_PIXELS: u32 = 40_000;
/// Of base64 in a command: the most that is allowed, and what is worth one.
const KITTY_BYTES: (usize, usize) = (1024, 4096);
/// What cannot be sent in pieces holds up words for so long, if it is short, ...
const ATOMIC_TIME: Duration = Duration::from_millis(500);
const ATOMIC_BYTES_MAX: usize = 1 << 16;
/// ... and else no longer than is hardly noticed.
const SOON: Duration = Duration::from_millis(100);
const SOON_BYTES_MAX: usize = 1 << 19;
/// Below, nothing can be told of a picture.
const ATOMIC_BYTES_MIN: usize = 1 << 14;
