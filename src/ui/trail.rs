//! The trail: the photos sent and received, newest first, a small picture and a few words each.
//!
//! ```text
//! ▌▀▀▀▀▀▀▀▀▀ Zoë        2 min
//! ▌▀▀▀▀▀▀▀▀▀ IMG_2031.jpg
//! ▌▀▀▀▀▀▀▀▀▀ 3.1 MB 4032×3024
//!
//!  ▀▀▀▀▀▀▀▀▀ you          5 h
//!  ▀▀▀▀▀▀▀▀▀ peersn…01502.jpg
//!  ▀▀▀▀▀▀▀▀▀ ✓ 2 of 3 have it
//! ```
//!
//! The chosen one is marked, and tells of each receiver below. It is always in sight: the list
//! begins as far down as that needs. In narrow places there are words alone, in flat ones a line.

use super::picture::Canvas;
use super::theme::Tone;
use super::{View, format, layout, text};
use crate::app::{Audience, Author, Item, Picture, Receipt, ReceiptState};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

pub(super) fn draw(view: View<'_>, area: Rect, canvas: &mut Canvas<'_>) {
    if area.is_empty() {
        return;
    }
    if view.app.trail.is_empty() {
        return draw_empty(view, area, canvas.buf);
    }
    let shape = Shape::of(area);
    let items: Vec<&Item> = view.app.trail.iter().collect();
    let chosen = view.app.trail.chosen_at();
    let height = |at: usize| shape.height(items[at], at == chosen, area.height);
    // The furthest start from which the chosen one is seen whole.
    let mut first = chosen;
    let mut used = height(chosen);
    while first > 0 && used + shape.gap + height(first - 1) <= area.height {
        first -= 1;
        used += shape.gap + height(first);
    }
    let mut left = area;
    let mut drawn = first;
    for (at, item) in items.iter().enumerate().skip(first) {
        if height(at) > left.height {
            break;
        }
        let (place, below) = layout::split_top(left, height(at));
        draw_item(view, item, at == chosen, shape, place, canvas);
        left = layout::split_top(below, shape.gap).1;
        drawn = at + 1;
    }
    if drawn < items.len() {
        let older = format!("{}+{} older", " ".repeat(shape.indent().into()), items.len() - drawn);
        text::draw(Line::styled(older, view.theme.style(Tone::Faint)), left, canvas.buf);
    }
}

fn draw_empty(view: View<'_>, area: Rect, buf: &mut Buffer) {
    let sentence = "photos you send and receive appear here";
    let lines = text::wrap(sentence, usize::from(area.width));
    for (row, line) in area.rows().zip(lines) {
        text::draw(Line::styled(line, view.theme.style(Tone::Faint)), row, buf);
    }
}

/// How an entry is laid out, by the room there is.
#[derive(Clone, Copy)]
struct Shape {
    /// The small picture's columns; 0 for none.
    columns: u16,
    /// Rows of an entry.
    rows: u16,
    /// Rows between entries.
    gap: u16,
}

impl Shape {
    fn of(area: Rect) -> Self {
        match (area.width, area.height) {
            (_, 0..3) => Self { columns: 0, rows: 1, gap: 0 },
            (..24, 0..6) => Self { columns: 0, rows: 2, gap: 0 },
            (..24, _) => Self { columns: 0, rows: 2, gap: 1 },
            (..34, _) => Self { columns: 9, rows: 3, gap: 1 },
            _ => Self { columns: 12, rows: 4, gap: 1 },
        }
    }

    /// Rows of this entry; the chosen one has a row for each receiver.
    fn height(self, item: &Item, chosen: bool, max: u16) -> u16 {
        let receivers = if chosen && self.rows > 1 { item.receipts.len() as u16 } else { 0 };
        self.rows.max(self.words() + receivers).min(max)
    }

    /// Rows of words before the receivers.
    fn words(self) -> u16 {
        self.rows.min(3)
    }

    /// Columns before the words.
    fn indent(self) -> u16 {
        if self.columns > 0 { self.columns + 2 } else { 1 }
    }
}

fn draw_item(
    view: View<'_>,
    item: &Item,
    chosen: bool,
    shape: Shape,
    area: Rect,
    canvas: &mut Canvas<'_>,
) {
    if chosen {
        let mark = Rect { width: 1, ..area };
        for row in mark.rows() {
            text::draw(Line::styled("▌", view.theme.style(Tone::Accent)), row, canvas.buf);
        }
    }
    let (entry, below) = layout::split_top(area, shape.rows);
    let shown = Rect { x: entry.x + 1, width: shape.columns, ..entry };
    draw_small(view, item, shown, canvas);
    let words = Rect { x: entry.x + shape.indent(), width: entry.width - shape.indent(), ..entry };
    draw_words(view, item, chosen, words, canvas.buf);
    if chosen {
        // Beside a large picture there is room for them, below a small one there is more.
        let (_, beside) = layout::split_top(Rect { height: area.height, ..words }, shape.words());
        let below = Rect { x: below.x + 1, width: below.width - 1, ..below };
        let place = if shape.rows > shape.words() { beside } else { below };
        for (row, receipt) in place.rows().zip(&item.receipts) {
            text::draw(receiver(view, receipt, row.width.into()), row, canvas.buf);
        }
    }
}

fn draw_small(view: View<'_>, item: &Item, area: Rect, canvas: &mut Canvas<'_>) {
    let sign = match &item.picture {
        Picture::Ready(image) => {
            canvas.filling(image, area);
            return;
        }
        _ if item.proposal.files.is_some() => "folder".to_owned(),
        Picture::Pending | Picture::Unasked => "…".to_owned(),
        // What kind of file it is, as its name says.
        Picture::Unreadable(_) => match item.proposal.name.as_str().rsplit_once('.') {
            Some((_, extension)) => extension.to_uppercase(),
            None => "file".to_owned(),
        },
    };
    let (_, middle) = layout::split_top(area, area.height / 2);
    text::draw_centred(Line::styled(sign, view.theme.style(Tone::Faint)), middle, canvas.buf);
}

/// Who and when; the file; its size; and who has it, in as many rows as there are.
fn draw_words(view: View<'_>, item: &Item, chosen: bool, area: Rect, buf: &mut Buffer) {
    let faint = view.theme.style(Tone::Faint);
    let columns = usize::from(area.width);
    let who = match &item.author {
        Author::Local => Line::styled("you", faint),
        Author::Remote(name) => Line::styled(name.as_str(), view.theme.style(Tone::Strong)),
    };
    let name = Line::from(text::fit_middle(item.proposal.name.as_str(), columns).into_owned());
    let size = Line::styled(size(item, columns), faint);
    // The chosen one's receivers stand below it.
    let coming = item.audience == Audience::Coming && item.receipts.is_empty();
    let receipts = match (coming, chosen) {
        (true, _) => Some(Line::styled("… for who comes", faint)),
        (false, true) => None,
        (false, false) => summary(view, &item.receipts, columns),
    };
    let lines = match (area.height, receipts) {
        (2, Some(receipts)) => vec![receipts],
        (3, Some(receipts)) => vec![name, receipts],
        (_, receipts) => [name, size].into_iter().chain(receipts).collect(),
    };
    let (first, rest) = layout::split_top(area, 1);
    text::draw_before(who, Line::styled(item.age(view.now), faint), first, buf);
    for (row, line) in rest.rows().zip(lines) {
        text::draw(line, row, buf);
    }
}

fn size(item: &Item, columns: usize) -> String {
    let whole = format::facts(&item.proposal);
    if text::width(&whole) <= columns { whole } else { whole.replace(" · ", " ") }
}

/// How many have it, for what was sent.
fn summary(view: View<'_>, receipts: &[Receipt], columns: usize) -> Option<Line<'static>> {
    let is = |state: fn(&ReceiptState) -> bool| receipts.iter().filter(|r| state(&r.state)).count();
    let delivered = is(|state| *state == ReceiptState::Delivered);
    let failed = is(|state| matches!(state, ReceiptState::Failed(_)));
    let (mark, tone) = match receipts {
        [] => return None,
        [only] => return Some(receiver(view, only, columns)),
        all if delivered == all.len() => ("✓ ", Tone::Good),
        _ if failed > 0 => ("! ", Tone::Warn),
        _ => ("… ", Tone::Faint),
    };
    let mut said = format!("{delivered} of {} have it", receipts.len());
    if text::width(&said) + 2 > columns {
        said = format!("{delivered} of {}", receipts.len());
    }
    let mark = Span::styled(mark, view.theme.style(tone));
    Some(Line::from(vec![mark, Span::styled(said, view.theme.style(Tone::Faint))]))
}

/// One receiver, and how far the photo is on its way there; in little room the mark says it.
fn receiver(view: View<'_>, receipt: &Receipt, columns: usize) -> Line<'static> {
    let (mark, tone, how) = match receipt.state {
        ReceiptState::Underway => ("… ", Tone::Faint, ": on its way".to_owned()),
        ReceiptState::Delivered => ("✓ ", Tone::Good, " has it".to_owned()),
        ReceiptState::Waiting => ("… ", Tone::Faint, ": waiting".to_owned()),
        ReceiptState::Failed(why) => ("! ", Tone::Bad, format!(": {}", why.words())),
    };
    let free = columns.saturating_sub(text::width(receipt.name.as_str()) + 2);
    // Of why it failed, a part is better than nothing.
    let failed = matches!(receipt.state, ReceiptState::Failed(_));
    let said = text::width(&how) <= free || (failed && free >= WHY_COLUMNS_MIN);
    let how = if said { how } else { String::new() };
    Line::from(vec![
        Span::styled(mark, view.theme.style(tone)),
        Span::raw(receipt.name.to_string()),
        Span::styled(how, view.theme.style(Tone::Faint)),
    ])
}

const WHY_COLUMNS_MIN: usize = 8;
