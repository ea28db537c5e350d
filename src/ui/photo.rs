//! One photo of the trail, as large as the screen lets it be.
//!
//! ```text
//!                     (the picture)
//!
//!  IMG_2031.jpg from Zoë                     3.1 MB · 4032×3024 · 2 min · 2 of 7
//!  Esc back  ← newer  → older  + closer
//! ```
//!
//! Until the large picture is decoded the small one of the trail stands in for it.

use super::picture::Canvas;
use super::theme::Tone;
use super::{View, footer, format, layout, status, text};
use crate::app::{Author, Item, ItemId, Picture, Zoom};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Where the parts stand.
pub(super) struct Places {
    pub picture: Rect,
    pub caption: Rect,
    pub footer: Rect,
}

pub(super) fn places(area: Rect) -> Places {
    let (rest, footer) = layout::split_bottom(area, u16::from(area.height >= 3));
    let (picture, caption) = layout::split_bottom(rest, u16::from(area.height >= 2));
    let inset = |row: Rect| row.inner(ratatui::layout::Margin::new(u16::from(row.width >= 60), 0));
    Places { picture, caption: inset(caption), footer: inset(footer) }
}

pub(super) fn draw(
    view: View<'_>,
    shown: ItemId,
    (large, zoom): (&Picture, Zoom),
    area: Rect,
    canvas: &mut Canvas<'_>,
) {
    let places = places(area);
    let item = view.app.trail.iter().find(|item| item.id == shown);
    let faint = view.theme.style(Tone::Faint);
    match (large, item.map(|item| &item.picture)) {
        (Picture::Ready(image), _) | (Picture::Pending, Some(Picture::Ready(image))) => {
            let (columns, rows) = (places.picture.width.into(), places.picture.height.into());
            let screen = view.theme.cell.area(columns, rows);
            canvas.part(image, zoom.part(image.dimensions(), screen), places.picture);
        }
        (Picture::Pending | Picture::Unasked, _) => {
            draw_words("opening …", faint, places.picture, canvas.buf);
        }
        (Picture::Unreadable(why), _) => {
            draw_words(why, view.theme.style(Tone::Warn), places.picture, canvas.buf);
        }
    }
    let buf = &mut *canvas.buf;
    if let Some(item) = item {
        draw_caption(view, item, places.caption, buf);
    }
    // The notice shares its row with the hints, but a question needs its keys in sight.
    let asked = view.app.transfers.asked().is_some();
    let notice = status::notice_lines(view, places.footer.width, 1).pop();
    match notice.filter(|_| !asked) {
        Some(notice) => text::draw(notice, places.footer, buf),
        None => footer::draw(view, places.footer, buf),
    }
}

fn draw_caption(view: View<'_>, item: &Item, area: Rect, buf: &mut Buffer) {
    let trail = &view.app.trail;
    let place = trail.iter().position(|other| other.id == item.id).unwrap_or_default() + 1;
    let size = format::facts(&item.proposal);
    let place = format!("{place} of {}", trail.iter().len());
    let facts = format!("{size} · {} · {place}", item.age(view.now));
    let faint = view.theme.style(Tone::Faint);
    let from = match &item.author {
        Author::Local => " from you".to_owned(),
        Author::Remote(name) => format!(" from {name}"),
    };
    let columns = usize::from(area.width);
    let taken = text::width(&from) + text::width(&facts) + 2;
    let (free, facts) = match columns.checked_sub(taken) {
        Some(free @ 12..) => (free, facts),
        _ => (columns.saturating_sub(text::width(&from) + text::width(&place) + 2), place),
    };
    let name = text::fit_middle(item.proposal.name.as_str(), free.max(8)).into_owned();
    let left = Line::from(vec![
        Span::styled(name, view.theme.style(Tone::Strong)),
        Span::styled(from, faint),
    ]);
    text::draw_pair(left, Line::styled(facts, faint), area, buf);
}

fn draw_words(words: &str, style: ratatui::style::Style, area: Rect, buf: &mut Buffer) {
    let lines = text::wrap(words, usize::from(area.width));
    let above = usize::from(area.height).saturating_sub(lines.len()) / 2;
    for (row, line) in area.rows().skip(above).zip(lines) {
        text::draw_centred(Line::styled(line, style), row, buf);
    }
}
