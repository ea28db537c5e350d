//! The invitation: the room's link as a QR code for phones, its words, and how to join with them.
//!
//! ```text
//!   ▄▄▄▄▄▄▄  ▄ ▄▄ ▄▄▄▄▄▄▄   invite
//!   █ ▄▄▄ █ ▀█▄▀▄ █ ▄▄▄ █
//!   █ ███ █ ▄▀ ▄▀ █ ███ █   On a phone: point its camera here
//!   █▄▄▄▄▄█ ▄▀█ █ █▄▄▄▄▄█
//!   ▄▄▄ ▄▄▄▄█ ▄▀▄ ▄  ▄▄▄    Elsewhere: these words
//!   …                       crane velvet orbit ladder energy quick
//!
//!   http://192.168.1.20:8765/#crane-velvet-orbit-ladder-energy-quick
//! ```
//!
//! Below the code the link stands alone in its row so that it can be copied; one that is wider than the
//! screen is broken at the screen's edge and nowhere else. Where the code has no room it is left out,
//! and what size it needs is told.

use super::theme::{Ground, Theme, Tone};
use super::{View, layout, panel, text};
use crate::app::{Invitation, Strokes};
use crate::picture::cells::Depth;
use crate::qr::{Ink, QrCode};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};
use ratatui::text::Line;

pub(super) fn draw(view: View<'_>, invitation: Invitation, area: Rect, buf: &mut Buffer) {
    let links = view.app.room.links();
    let at = invitation.address.min(links.len().saturating_sub(1));
    let link = links.get(at).map(ToString::to_string).unwrap_or_default();
    let code = QrCode::of(&link).filter(|_| !link.is_empty());
    let code = code.map(|code| lines(&code, invitation.strokes, view.theme));
    let told = Told {
        view,
        words: view.app.room.words().map(|words| words.spaced().to_string()).unwrap_or_default(),
        link,
        place: (at + 1, links.len()),
        is_for_here: links.get(at).is_some_and(|link| link.server.is_loopback()),
    };
    match code {
        Some(code) if beside(&code, &told, area, buf) || above(&code, &told, area, buf) => {}
        code => bare(code.as_deref(), &told, area, buf),
    }
}

/// What there is to say.
struct Told<'a> {
    view: View<'a>,
    words: String,
    link: String,
    /// Which of how many addresses it holds.
    place: (usize, usize),
    /// Whether nobody but this machine finds it there.
    is_for_here: bool,
}

/// The code at the left, what there is to say at the right, the link below both, or at the right
/// where that is too much.
fn beside(code: &[Line<'_>], told: &Told<'_>, area: Rect, buf: &mut Buffer) -> bool {
    let (width, height) = size(code);
    let side = area.width.saturating_sub(width + GAP).min(SIDE_MAX);
    if side < SIDE_MIN || area.height < height {
        return false;
    }
    let mut right = told.lines(usize::from(side), Some(PHONE));
    let mut below = told.link_lines(area.width);
    let mut rows = height + 1 + below.len() as u16;
    if rows > area.height {
        rows = height;
        right.push(Line::default());
        right.append(&mut told.link_lines(side));
        below.clear();
    }
    let columns = (width + GAP + side).max(size(&below).0);
    let inner = panel::open(TITLE, (columns, rows), area, told.view.theme, buf);
    let free = height.saturating_sub(right.len() as u16);
    let place = Rect { x: inner.x + width + GAP, width: side, ..inner };
    draw_lines(code, inner, buf);
    draw_lines(&right, layout::split_top(place, free / 2).1, buf);
    draw_lines(&below, layout::split_top(inner, height + 1).1, buf);
    true
}

/// The code, and below it what there is to say.
fn above(code: &[Line<'_>], told: &Told<'_>, area: Rect, buf: &mut Buffer) -> bool {
    let (width, height) = size(code);
    let mut below = told.lines(usize::from(area.width), None);
    below.push(Line::default());
    below.append(&mut told.link_lines(area.width));
    let columns = width.max(size(&below).0);
    let rows = height + 1 + below.len() as u16;
    if columns > area.width || rows > area.height {
        return false;
    }
    let inner = panel::open(TITLE, (columns, rows), area, told.view.theme, buf);
    let left = Rect { x: inner.x + (inner.width.saturating_sub(width)) / 2, ..inner };
    draw_lines(code, left, buf);
    draw_lines(&below, layout::split_top(inner, height + 1).1, buf);
    true
}

/// Without the code; what it needs is told where there is room for that.
fn bare(code: Option<&[Line<'_>]>, told: &Told<'_>, area: Rect, buf: &mut Buffer) {
    let needs = code.map(|code| {
        let (width, height) = size(code);
        format!("A code for phones takes {}x{} here", width + GAP + SIDE_MIN, height + FOOTER_ROWS)
    });
    let mut lines = told.lines(usize::from(area.width), needs.as_deref());
    lines.push(Line::default());
    lines.append(&mut told.link_lines(area.width));
    let inner = panel::open(TITLE, size(&lines), area, told.view.theme, buf);
    let (height, style) = (usize::from(inner.height), told.view.theme.style(Tone::Faint));
    let is_worth_less: [&dyn Fn(&Line<'_>) -> bool; 2] =
        [&|line| line.width() == 0, &|line| line.style == style];
    for is_worth_less in is_worth_less {
        if height < lines.len() {
            lines.retain(|line| !is_worth_less(line));
        }
    }
    // The link is whole, or nothing is.
    let first = lines.len().saturating_sub(height);
    draw_lines(&lines[first..], inner, buf);
}

impl Told<'_> {
    /// All but the link, and before it this.
    fn lines(&self, columns: usize, phone: Option<&str>) -> Vec<Line<'static>> {
        let faint = |text: &str| (text.to_owned(), Tone::Faint);
        let (at, count) = self.place;
        let join = if self.link.is_empty() { JOIN } else { JOIN_LINK };
        let paragraphs = [
            self.is_for_here.then(|| (FOR_HERE.to_owned(), Tone::Warn)),
            phone.map(faint),
            Some(faint(WHO)),
            Some((self.words.clone(), Tone::Strong)),
            Some(faint(join)),
            (count > 1).then(|| faint(&format!("Address {at} of {count} of this machine"))),
        ];
        let paragraphs = paragraphs.into_iter().flatten().map(|(text, tone)| {
            let style = self.view.theme.style(tone);
            let width = text::width(&text);
            // Lines of about the same length.
            let even = width.div_ceil(width.div_ceil(columns.max(1)).max(1)) + EVEN_SLACK;
            let lines = text::wrap(&text, columns.min(even)).into_iter();
            lines.map(|line| Line::styled(line, style)).collect::<Vec<_>>()
        });
        paragraphs.collect::<Vec<_>>().join(&Line::default())
    }

    fn link_lines(&self, columns: u16) -> Vec<Line<'static>> {
        let lines = text::wrap_hard(&self.link, usize::from(columns.max(1)));
        lines.into_iter().filter(|line| !line.is_empty()).map(Line::from).collect()
    }
}

/// The code's rows: black on white, or in what there is where there are no colours.
fn lines(code: &QrCode, strokes: Strokes, theme: Theme) -> Vec<Line<'static>> {
    let (ink, style) = match theme.depth {
        Depth::True | Depth::Ansi256 => {
            (Ink::Dark, Style::new().fg(Color::Indexed(16)).bg(Color::Indexed(231)))
        }
        Depth::Ansi16 => (Ink::Dark, Style::new().fg(Color::Black).bg(Color::White)),
        Depth::None if theme.ground == Ground::Light => (Ink::Dark, Style::new()),
        Depth::None => (Ink::Light, Style::new()),
    };
    let rows = match strokes {
        Strokes::Halves => code.halves(ink),
        Strokes::Ascii => code.ascii(ink),
    };
    rows.into_iter().map(|row| Line::styled(row, style)).collect()
}

/// How many columns and rows they take.
fn size(lines: &[Line<'_>]) -> (u16, u16) {
    let columns = lines.iter().map(text::line_width).max().unwrap_or_default();
    (columns as u16, lines.len() as u16)
}

fn draw_lines(lines: &[Line<'_>], area: Rect, buf: &mut Buffer) {
    for (row, line) in area.rows().zip(lines) {
        text::draw(line.clone(), row, buf);
    }
}

const TITLE: &str = "invite";
const PHONE: &str = "On a phone, point the camera here";
const WHO: &str = "Whoever knows these words can join:";
const JOIN: &str = "In another terminal: peersnap join";
const JOIN_LINK: &str = "In another terminal: peersnap LINK";
const FOR_HERE: &str = "Nobody but this machine finds it there";
/// Words do not end where lines are to.
const EVEN_SLACK: usize = 5;
const GAP: u16 = 3;
const SIDE_MIN: u16 = 24;
const SIDE_MAX: u16 = 38;
const FOOTER_ROWS: u16 = 1;
