//! The picker of files, in place of the room: a folder, and beside it the chosen picture.
//!
//! ```text
//!  /home/ann/holiday                                    340 · newest first
//!
//!   ● raw/                                   2 d     (the picture)
//!  ▌● IMG_2031.jpg              3.1 MB     2 min
//!     IMG_2032.jpg              2.9 MB     2 min
//!
//!  › img█                              2 marked · 3.1 MB and 1 folder · to everyone
//!  Enter send  Space mark  ← parent  Tab by name  . hidden  Esc back
//! ```
//!
//! The chosen entry is always in sight, in the middle where it can be. Where there is little room
//! the picture goes first, then ages, then sizes.

use super::picture::Canvas;
use super::theme::Tone;
use super::transfers::split_right;
use super::{View, footer, format, layout, status, text};
use crate::app::files::{Entry, Hidden, Kind, Order, Refused};
use crate::app::{Listing, Picker, Picture, age};
use crate::text::PathText;
use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

/// Where the parts stand. One that has no room is empty.
pub(super) struct Places {
    top: Rect,
    list: Rect,
    picture: Rect,
    foot: Rect,
    notice: Rect,
    pub footer: Rect,
}

pub(super) fn places(area: Rect) -> Places {
    let page = area.inner(Margin::new(u16::from(area.width >= 60), 0));
    let gap = u16::from(area.height >= 20);
    let (rest, footer) = layout::split_bottom(page, u16::from(area.height >= 3));
    let (rest, notice) = layout::split_bottom(rest, u16::from(area.height >= 16));
    let (rest, foot) = layout::split_bottom(rest, u16::from(area.height >= 5));
    let (rest, _) = layout::split_bottom(rest, gap);
    let (top, rest) = layout::split_top(rest, u16::from(area.height >= 4));
    let (_, body) = layout::split_top(rest, gap);
    let roomy = body.width >= BESIDE_COLUMNS_MIN && body.height >= BESIDE_ROWS_MIN;
    let beside = if roomy { body.width * 2 / 5 } else { 0 };
    let (list, picture) = split_right(body, beside);
    let list = if roomy { Rect { width: list.width.saturating_sub(2), ..list } } else { list };
    Places { top, list, picture, foot, notice, footer }
}

pub(super) fn draw(view: View<'_>, picker: &Picker, area: Rect, canvas: &mut Canvas<'_>) {
    let places = places(area);
    draw_beside(view, picker, places.picture, canvas);
    let buf = &mut *canvas.buf;
    draw_top(view, picker, places.top, buf);
    draw_list(view, picker, places.list, buf);
    // Where the notice has no row of its own, it is worth more than the foot.
    let own = !places.notice.is_empty();
    let place = if own { places.notice } else { places.foot };
    let notice = status::notice_lines(view, place.width, 1).pop();
    if own || notice.is_none() {
        draw_foot(view, picker, places.foot, buf);
    }
    text::draw(notice.unwrap_or_default(), place, buf);
    footer::draw(view, places.footer, buf);
}

/// The folder, of which the end is worth most, and how it is listed.
fn draw_top(view: View<'_>, picker: &Picker, area: Rect, buf: &mut Buffer) {
    let columns = usize::from(area.width);
    let path = picker.folder().map(PathText::of);
    let path = path.as_ref().map_or("", PathText::as_str);
    let (listed, all) = (picker.len(), picker.count() + picker.more());
    let count = if listed == all { all.to_string() } else { format!("{listed} of {all}") };
    let order = if picker.order == Order::Newest { " · newest first" } else { "" };
    let hidden = if picker.hidden == Hidden::Shown { " · hidden too" } else { "" };
    let facts = [format!("{count}{order}{hidden}"), count, String::new()];
    let fits = |facts: &&String| text::width(path) + text::width(facts) + 3 <= columns;
    let short = |facts: &&String| text::width(facts) * 3 <= columns;
    let facts = facts.iter().find(fits).or(facts.iter().find(short)).map_or("", String::as_str);
    let free = columns.saturating_sub(text::width(facts) + 3);
    let path = if text::width(path) > free {
        format!("…{}", text::tail(path, free.saturating_sub(1)))
    } else {
        path.to_owned()
    };
    let path = Line::styled(path, view.theme.style(Tone::Strong));
    text::draw_pair(path, Line::styled(facts, view.theme.style(Tone::Faint)), area, buf);
}

fn draw_list(view: View<'_>, picker: &Picker, area: Rect, buf: &mut Buffer) {
    let said = match &picker.listing {
        Listing::Unreadable(why) => Some((Tone::Bad, why.as_str())),
        Listing::Reading(_) if picker.is_empty() => Some((Tone::Faint, "reading …")),
        Listing::Read if !picker.is_empty() => None,
        Listing::Read if picker.narrow.is_empty() => Some((Tone::Faint, EMPTY)),
        Listing::Read => Some((Tone::Faint, NOT_FOUND)),
        Listing::Reading(_) => None,
    };
    if let Some((tone, said)) = said {
        let style = view.theme.style(tone);
        for (row, line) in area.rows().zip(text::wrap(said, usize::from(area.width))) {
            text::draw(Line::styled(line, style), row, buf);
        }
        return;
    }
    let (area, below) = layout::split_bottom(area, u16::from(picker.more() > 0));
    let more = format!("   +{} more: type a part of the name", picker.more());
    text::draw(Line::styled(more, view.theme.style(Tone::Faint)), below, buf);
    let height = usize::from(area.height);
    let last = picker.len().saturating_sub(height);
    let first = picker.at().saturating_sub(height / 2).min(last);
    for (row, (at, entry)) in area.rows().zip(picker.from(first)) {
        draw_entry(view, picker, (entry, at == picker.at()), row, buf);
    }
}

fn draw_entry(
    view: View<'_>,
    picker: &Picker,
    (entry, is_chosen): (&Entry, bool),
    area: Rect,
    buf: &mut Buffer,
) {
    let accent = view.theme.style(Tone::Accent);
    let faint = view.theme.style(Tone::Faint);
    let is_read = picker.listing == Listing::Read;
    let size = match entry.kind {
        Kind::File { size } => format::bytes(size),
        Kind::Folder => String::new(),
        Kind::Refused(Refused::DeadLink | Refused::FolderLink) => "link".to_owned(),
        Kind::Refused(Refused::NotFile) => "no file".to_owned(),
        Kind::Refused(Refused::Unseen) => "closed".to_owned(),
    };
    let age = picker.changed_at(entry).map(|at| age(at, view.now)).unwrap_or_default();
    let facts = match area.width {
        AGE_COLUMNS_MIN.. => format!("{size:>7}  {age:>7}"),
        SIZE_COLUMNS_MIN.. => format!("{size:>7}"),
        _ => String::new(),
    };
    let style = match entry.kind {
        _ if !is_read => faint,
        Kind::Refused(_) => faint,
        Kind::Folder => view.theme.style(Tone::Strong),
        Kind::File { .. } if is_chosen => view.theme.style(Tone::Strong),
        Kind::File { .. } => ratatui::style::Style::new(),
    };
    let slash = if entry.kind == Kind::Folder { "/" } else { "" };
    let free = usize::from(area.width).saturating_sub(3 + text::width(&facts) + slash.len() + 1);
    let name = text::fit_middle(entry.text.as_str(), free).into_owned();
    let chosen = if is_chosen { "▌" } else { " " };
    let marked = if picker.is_marked(entry) { "● " } else { "  " };
    let left = Line::from(vec![
        Span::styled(chosen, accent),
        Span::styled(marked, accent),
        Span::styled(name, style),
        Span::styled(slash, style),
    ]);
    let (rest, right) = split_right(area, text::width(&facts) as u16);
    text::draw(left, rest, buf);
    text::draw(Line::styled(facts, faint), right, buf);
}

fn draw_beside(view: View<'_>, picker: &Picker, area: Rect, canvas: &mut Canvas<'_>) {
    let Some(beside) = picker.beside.as_ref().filter(|_| !area.is_empty()) else { return };
    match &beside.picture {
        Picture::Ready(image) => drop(canvas.still(image, area)),
        Picture::Pending | Picture::Unasked => {}
        Picture::Unreadable(why) => {
            let lines = text::wrap(why, usize::from(area.width));
            for (row, line) in area.rows().zip(lines) {
                text::draw(Line::styled(line, view.theme.style(Tone::Faint)), row, canvas.buf);
            }
        }
    }
}

/// What the list is narrowed to; what is marked, and whom it is for.
fn draw_foot(view: View<'_>, picker: &Picker, area: Rect, buf: &mut Buffer) {
    let faint = view.theme.style(Tone::Faint);
    let columns = usize::from(area.width);
    let narrow = if picker.narrow.is_empty() {
        Line::styled(NARROW, faint)
    } else {
        let sign = Span::styled("› ", view.theme.style(Tone::Accent));
        let shown = text::tail(&picker.narrow, (columns / 2).saturating_sub(3)).to_owned();
        let cursor = view.theme.style(Tone::Strong).add_modifier(Modifier::REVERSED);
        Line::from(vec![sign, Span::raw(shown), Span::styled(" ", cursor)])
    };
    let marked = marked(picker);
    let (whom, tone) = match view.app.to_whom() {
        Some(names) => (format!("to {names} alone"), Tone::Warn),
        None => ("to everyone".to_owned(), Tone::Faint),
    };
    let dot = if marked.is_empty() { "" } else { " · " };
    let whole = Line::from(vec![
        Span::styled(marked.clone(), view.theme.style(Tone::Accent)),
        Span::styled(dot, faint),
        Span::styled(whom, view.theme.style(tone)),
    ]);
    let short = Line::styled(marked, view.theme.style(Tone::Accent));
    let free = columns.saturating_sub(text::line_width(&narrow) + 2);
    let right = if text::line_width(&whole) <= free { whole } else { short };
    text::draw_before(narrow, right, area, buf);
}

/// `3 marked · 6.3 MB and 1 folder`; nothing of nothing.
fn marked(picker: &Picker) -> String {
    let count = picker.marked.len();
    let bytes: u64 = picker.marked.iter().filter_map(|it| it.size).sum();
    let folders = match picker.marked.iter().filter(|it| it.size.is_none()).count() {
        0 => String::new(),
        1 => " and 1 folder".to_owned(),
        several => format!(" and {several} folders"),
    };
    if count == 0 {
        String::new()
    } else {
        format!("{count} marked · {}{folders}", format::bytes(bytes))
    }
}

const EMPTY: &str = "nothing is in here; . shows hidden files";
const NOT_FOUND: &str = "nothing in here is called that";
const NARROW: &str = "type a part of a name";
/// With less there is no room for a picture.
const BESIDE_COLUMNS_MIN: u16 = 58;
const BESIDE_ROWS_MIN: u16 = 8;
/// With less there is no room for when it was changed, nor for how large it is.
const AGE_COLUMNS_MIN: u16 = 38;
const SIZE_COLUMNS_MIN: u16 = 24;
