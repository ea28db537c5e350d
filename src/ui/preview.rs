//! The preview: what the camera sees, or the held photo, and the caption below it.
//!
//! Without a picture it says why, and what to do. Fed by the app's camera, preview and shot; the
//! live picture comes at the size of this place (see [`super::preview_size`]).

use super::picture::Canvas;
use super::theme::Tone;
use super::{View, format, text};
use crate::app::camera::{CameraKind, CameraStatus};
use crate::app::{App, Shot, Snap};
use crate::line::Rung;
use crate::transfer::Dimensions;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

pub(super) fn draw(view: View<'_>, area: Rect, caption: Rect, canvas: &mut Canvas<'_>) {
    match &view.app.shot {
        Shot::Held(snap) => draw_held(view, snap, area, caption, canvas),
        Shot::None | Shot::Taking(_) => draw_live(view, area, caption, canvas),
    }
}

/// Where the live picture stands: half as large where the line to the terminal is slow.
pub(super) fn live_place(app: &App, area: Rect) -> Rect {
    if app.line.rung < Rung::Small {
        return area;
    }
    let (width, height) = (area.width.div_ceil(2), area.height.div_ceil(2));
    let (x, y) = (area.x + (area.width - width) / 2, area.y + (area.height - height) / 2);
    Rect { x, y, width, height }
}

fn draw_held(view: View<'_>, snap: &Snap, area: Rect, caption: Rect, canvas: &mut Canvas<'_>) {
    let place = canvas.still(&snap.picture, area);
    let below = below(place, area, caption);
    let words = match view.app.to_whom() {
        Some(names) => vec![
            format!("held: Enter sends it to {names} alone, Esc throws away"),
            format!("held: Enter sends to {names}"),
            format!("held, for {names}"),
            format!("held, for {} alone", view.app.chosen.len()),
        ],
        None => ["held: Enter sends, Esc throws away", "held"].map(str::to_owned).to_vec(),
    };
    let fits = |words: &String| text::width(words) <= usize::from(below.width);
    let words = words.into_iter().find(fits).unwrap_or_default();
    let dimensions = Dimensions { width: snap.photo.width, height: snap.photo.height };
    let size = snap.photo.bytes.len() as u64;
    let facts = [format::size(size, Some(dimensions)), format::bytes(size)];
    let words = Line::styled(words, view.theme.style(Tone::Warn));
    draw_caption(view, words, &facts, below, canvas.buf);
}

fn draw_live(view: View<'_>, area: Rect, caption: Rect, canvas: &mut Canvas<'_>) {
    let mut place = area;
    match (&view.app.camera, &view.app.preview) {
        (CameraStatus::Live { .. }, Some(preview)) => {
            place = canvas.live(preview, live_place(view.app, area));
        }
        (CameraStatus::Live { .. }, None) => {
            draw_sentence(
                view,
                &["waiting for the first picture …"],
                Tone::Faint,
                area,
                canvas.buf,
            );
        }
        (status @ CameraStatus::Opening { .. }, _) => {
            let sentence = status.sentence().unwrap_or_default();
            draw_sentence(view, &[&sentence], Tone::Faint, area, canvas.buf);
        }
        (CameraStatus::Trouble { fault, .. }, _) => {
            // What is wrong, and the way out on a line of its own.
            let sentence = fault.sentence();
            let parts = match sentence.rsplit_once(": ") {
                Some((wrong, remedy)) => vec![wrong, remedy],
                None => vec![sentence.as_str()],
            };
            draw_sentence(view, &parts, Tone::Bad, area, canvas.buf);
        }
    }
    draw_live_caption(view, below(place, area, caption), canvas.buf);
}

fn draw_live_caption(view: View<'_>, area: Rect, buf: &mut Buffer) {
    let faint = view.theme.style(Tone::Faint);
    let (what, facts) = match (&view.app.shot, &view.app.camera) {
        (Shot::Taking(_), _) => {
            (Line::styled("taking a photo …", view.theme.style(Tone::Warn)), Vec::new())
        }
        (_, CameraStatus::Live { name, kind, width, height, fps, .. }) => {
            let size = format::dimensions(Dimensions { width: *width, height: *height });
            let facts = match (fps, kind) {
                (Some(fps), CameraKind::Device) => vec![format!("{size} · {fps} fps"), size],
                _ => vec![size],
            };
            (Line::styled(name.as_str(), faint), facts)
        }
        (_, CameraStatus::Trouble { retrying: true, .. }) => {
            (Line::styled("trying again …", faint), Vec::new())
        }
        (_, CameraStatus::Trouble { .. } | CameraStatus::Opening { .. }) => return,
    };
    let what = match view.app.to_whom() {
        Some(names) => Line::styled(format!("to {names}"), view.theme.style(Tone::Warn)),
        None => what,
    };
    draw_caption(view, what, &facts, area, buf);
}

/// The row right below a picture, between its edges unless it is too narrow for words.
fn below(picture: Rect, area: Rect, caption: Rect) -> Rect {
    let across = if picture.width < CAPTION_COLUMNS_MIN { area } else { picture };
    let y = if picture.is_empty() { caption.y } else { picture.bottom() };
    Rect { x: across.x, y, width: across.width, height: caption.height }
}

/// What it is at the left; at the right the longest of `facts` that fits.
fn draw_caption(view: View<'_>, what: Line<'_>, facts: &[String], area: Rect, buf: &mut Buffer) {
    let free = usize::from(area.width).saturating_sub(text::line_width(&what) + 2);
    let facts = facts.iter().find(|facts| text::width(facts) <= free);
    let style = view.theme.style(Tone::Faint);
    let facts = facts.map(|facts| Line::styled(facts.as_str(), style)).unwrap_or_default();
    text::draw_pair(what, facts, area, buf);
}

/// Sentences in the middle of a viewfinder's four corners, the first in this tone.
fn draw_sentence(view: View<'_>, parts: &[&str], tone: Tone, area: Rect, buf: &mut Buffer) {
    draw_corners(area, view.theme.style(Tone::Faint), buf);
    let inner = area.inner(ratatui::layout::Margin::new(2, 1));
    let inner = if inner.height < 2 { area } else { inner };
    let columns = usize::from(inner.width.min(SENTENCE_COLUMNS_MAX));
    let styles = std::iter::once(view.theme.style(tone)).chain(std::iter::repeat(Style::new()));
    let wrapped = |(part, style)| {
        text::wrap(part, columns).into_iter().map(move |line| Line::styled(line, style))
    };
    let lines: Vec<Line<'_>> = parts.iter().copied().zip(styles).flat_map(wrapped).collect();
    let above = usize::from(inner.height).saturating_sub(lines.len()) / 2;
    for (row, line) in inner.rows().skip(above).zip(lines) {
        text::draw_centred(line, row, buf);
    }
}

fn draw_corners(area: Rect, style: Style, buf: &mut Buffer) {
    if area.width < 12 || area.height < 5 {
        return;
    }
    let (right, bottom) = (area.right() - 2, area.bottom() - 1);
    for (x, y, corner) in [
        (area.x, area.y, "┌╴"),
        (right, area.y, "╶┐"),
        (area.x, bottom, "└╴"),
        (right, bottom, "╶┘"),
    ] {
        text::draw(Line::styled(corner, style), Rect { x, y, width: 2, height: 1 }, buf);
    }
}

/// For a name and a size.
const CAPTION_COLUMNS_MIN: u16 = 22;
/// Longer lines are hard to read.
const SENTENCE_COLUMNS_MAX: u16 = 44;
