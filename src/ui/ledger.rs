//! The ledger: what waits, what is under way, what is done, a row each.
//!
//! ```text
//!  ╭ transfers ─────────────────────────────────────────────────────────╮
//!  │ waiting                                                            │
//!  │   ↑ plan.pdf to Ben          waits until Ben is here               │
//!  │ under way                                                          │
//!  │ ▌ ↑ peers…01502.jpg          218 KB · to 2                         │
//!  │     Ann                      ━━━━━━━━━━╸──   62%   4.2 MB/s   12 s │
//!  │     写真家 Zoë               ━━━━╸────────   paused by 写真家 Zoë  │
//!  │ done                                                               │
//!  │   ↓ IMG_2031.jpg from Ann    ✓ 3.1 MB                        2 min │
//!  ╰────────────────────────────────────────────────────────────────────╯
//! ```
//!
//! The chosen row is always in sight.

use super::theme::Tone;
use super::transfers::{draw_bar, figures, split_right};
use super::{View, format, panel, text};
use crate::app::{
    Audience, Item, ItemId, Moment, Part, Past, Receipt, ReceiptState, Row, Transfer,
    TransferPhase, age,
};
use crate::transfer::{Direction, Proposal, Side};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// A line of the panel.
#[derive(Clone, Copy)]
enum Shown {
    Heading(Part),
    Gap,
    Row(Row),
}

pub(super) fn draw(view: View<'_>, area: Rect, buf: &mut Buffer) {
    let lines = lines(view);
    let columns = match area.width {
        FRAMED_COLUMNS_MIN.. => (area.width - 10).min(COLUMNS_MAX),
        narrow => narrow,
    };
    let rows = (lines.len() as u16).clamp(1, area.height.saturating_sub(4).max(1));
    let inner = panel::open("transfers", (columns, rows), area, view.theme, buf);
    if lines.is_empty() {
        let empty = Line::styled(EMPTY, view.theme.style(Tone::Faint));
        return text::draw(empty, inner, buf);
    }
    let chosen = view.app.chosen_row();
    let is_chosen = |line: &Shown| matches!(line, Shown::Row(row) if Some(*row) == chosen);
    let at = lines.iter().position(is_chosen).unwrap_or(0);
    // With a row of what comes after, where there is one.
    let height = usize::from(inner.height);
    let first = (at + 2).min(lines.len()).saturating_sub(height);
    for (row, line) in inner.rows().zip(&lines[first..]) {
        draw_line(view, *line, is_chosen(line), row, buf);
    }
    let more = lines[first..].iter().skip(height).filter(|it| matches!(it, Shown::Row(_))).count();
    if more > 0 {
        let more = Line::styled(format!(" +{more}"), view.theme.style(Tone::Faint));
        let (_, corner) = split_right(inner, text::line_width(&more) as u16);
        text::draw(more, Rect { y: inner.bottom() - 1, height: 1, ..corner }, buf);
    }
}

/// The rows, with a heading above each part, and air between parts.
fn lines(view: View<'_>) -> Vec<Shown> {
    let mut lines = Vec::new();
    let mut last = None;
    for (part, row) in view.app.ledger() {
        if last != Some(part) {
            lines.extend(last.map(|_| Shown::Gap));
            lines.push(Shown::Heading(part));
            last = Some(part);
        }
        lines.push(Shown::Row(row));
    }
    lines
}

fn draw_line(view: View<'_>, line: Shown, chosen: bool, area: Rect, buf: &mut Buffer) {
    match line {
        Shown::Gap => {}
        Shown::Heading(part) => {
            let words = match part {
                Part::Waiting => "waiting",
                Part::UnderWay => "under way",
                Part::Done => "done",
            };
            text::draw(Line::styled(words, view.theme.style(Tone::Strong)), area, buf);
        }
        Shown::Row(row) => {
            if chosen {
                text::draw(Line::styled("▌", view.theme.style(Tone::Accent)), area, buf);
            }
            let indent = 2.min(area.width);
            let area = Rect { x: area.x + indent, width: area.width - indent, ..area };
            draw_row(view, row, area, buf);
        }
    }
}

fn draw_row(view: View<'_>, row: Row, area: Rect, buf: &mut Buffer) {
    let app = view.app;
    let (label, rest) = split_label(area);
    match row {
        Row::Incoming(key) => {
            let Some(transfer) = app.transfers.get(key) else { return };
            let whom = Some(format!("from {}", transfer.name));
            let what = what(view, Direction::Incoming, &transfer.proposal, whom, label);
            text::draw(what, label, buf);
            draw_transfer(view, transfer, rest, buf);
        }
        Row::Awaited(id) => {
            let Some(awaited) = app.awaited.iter().find(|it| it.id == id) else { return };
            let whom = Some(format!("from {}", awaited.name));
            let what = what(view, Direction::Incoming, &awaited.proposal, whom, label);
            text::draw(what, label, buf);
            let said = format!("goes on when {} is back", awaited.name);
            text::draw(Line::styled(said, view.theme.style(Tone::Faint)), rest, buf);
        }
        Row::Item(id) => {
            let Some(item) = app.trail.get(id) else { return };
            draw_item(view, item, (label, rest), buf);
        }
        Row::Receiver(id, at) => {
            let Some(item) = app.trail.get(id) else { return };
            let Some(receipt) = item.receipts.get(at) else { return };
            let name = format!("  {}", receipt.name);
            text::draw(Line::raw(name), label, buf);
            draw_receipt(view, id, receipt, rest, buf);
        }
        Row::Past(id) => {
            let Some(past) = app.past.iter().find(|it| it.record.id == id) else { return };
            draw_past(view, past, (label, rest), buf);
        }
    }
}

/// A file that goes out: its only receiver's row, or how many there are.
fn draw_item(view: View<'_>, item: &Item, (label, rest): (Rect, Rect), buf: &mut Buffer) {
    let faint = view.theme.style(Tone::Faint);
    let out = Direction::Outgoing;
    let coming = item.audience == Audience::Coming;
    let joiners = if coming { " · and whoever joins" } else { "" };
    if let [only] = &item.receipts[..] {
        let whom = Some(format!("to {}", only.name));
        text::draw(what(view, out, &item.proposal, whom, label), label, buf);
        if !only.is_over() {
            return draw_receipt(view, item.id, only, rest, buf);
        }
        let rest = draw_age(view, item.at, rest, buf);
        let mut line = over_line(view, only.state);
        line.push_span(Span::styled(joiners, faint));
        return text::draw(line, rest, buf);
    }
    text::draw(what(view, out, &item.proposal, None, label), label, buf);
    let size = format::amount(item.proposal.size, item.proposal.files);
    if item.receipts.is_empty() {
        let whom = if coming { "for whoever comes" } else { "for nobody" };
        return text::draw(Line::styled(format!("{size} · {whom}"), faint), rest, buf);
    }
    let over = item.receipts.iter().all(Receipt::is_over);
    let rest = if over { draw_age(view, item.at, rest, buf) } else { rest };
    let delivered = item.receipts.iter().filter(|it| it.state == ReceiptState::Delivered).count();
    let all = item.receipts.len();
    let line = match (over, delivered == all) {
        (true, true) => Line::from(vec![
            Span::styled("✓ ", view.theme.style(Tone::Good)),
            Span::styled(format!("all {all} have it{joiners}"), faint),
        ]),
        (true, false) => Line::from(vec![
            Span::styled("! ", view.theme.style(Tone::Warn)),
            Span::styled(format!("{delivered} of {all} have it{joiners}"), faint),
        ]),
        (false, _) => Line::styled(format!("{size} · to {all}{joiners}"), faint),
    };
    text::draw(line, rest, buf);
}

fn draw_receipt(view: View<'_>, id: ItemId, receipt: &Receipt, area: Rect, buf: &mut Buffer) {
    let faint = view.theme.style(Tone::Faint);
    let over = |it: &&Transfer| it.item == Some(id) && Some(it.connection) == receipt.connection;
    let transfer = view.app.transfers.iter().find(over);
    match (receipt.state, transfer) {
        (ReceiptState::Underway, Some(transfer)) => draw_transfer(view, transfer, area, buf),
        (ReceiptState::Underway, None) => {
            text::draw(Line::styled("being offered", faint), area, buf);
        }
        (ReceiptState::Waiting, _) => {
            let back = if receipt.connection.is_some() { "back" } else { "here" };
            let said = format!("waits until {} is {back}", receipt.name);
            text::draw(Line::styled(said, faint), area, buf);
        }
        (ReceiptState::Delivered | ReceiptState::Failed(_), _) => {
            text::draw(over_line(view, receipt.state), area, buf);
        }
    }
}

/// How a transfer is: its question, its bar and figures, or who lets it rest.
fn draw_transfer(view: View<'_>, transfer: &Transfer, area: Rect, buf: &mut Buffer) {
    let rate = match transfer.phase {
        TransferPhase::Asked => {
            let size = format::amount(transfer.proposal.size, transfer.proposal.files);
            let said = format!("{size}: y takes it, n declines");
            return text::draw(Line::styled(said, view.theme.style(Tone::Warn)), area, buf);
        }
        TransferPhase::Waiting => {
            let said = Line::styled("waits for an answer", view.theme.style(Tone::Faint));
            return text::draw(said, area, buf);
        }
        TransferPhase::Moving { rate, .. } => rate,
    };
    let (figures, tone) = match transfer.rests {
        Some(by) => (rests(transfer, by, area.width), Tone::Warn),
        None => (figures(transfer, rate, area.width), Tone::Faint),
    };
    let (bar, numbers) = split_right(area, text::width(&figures) as u16);
    draw_bar(view, transfer.ratio(), bar, buf);
    text::draw(Line::styled(figures, view.theme.style(tone)), numbers, buf);
}

/// ` 62%  paused by Zoë`; in little room the name gives way.
pub(super) fn rests(transfer: &Transfer, by: Side, columns: u16) -> String {
    let percent = format!("{:.0}%", (transfer.ratio() * 100.0).floor());
    let paused = match by {
        Side::Local => "paused by you".to_owned(),
        Side::Remote => format!("paused by {}", transfer.name),
    };
    let whole = format!("{percent:>5}  {paused}");
    let fits = text::width(&whole) + BAR_COLUMNS_MIN <= usize::from(columns);
    if fits { whole } else { format!("{percent:>5}  paused") }
}

/// What is over, of this run or an earlier one.
fn draw_past(view: View<'_>, past: &Past, (label, rest): (Rect, Rect), buf: &mut Buffer) {
    let record = &past.record;
    let incoming = record.direction == Direction::Incoming;
    let whom = match &record.receipts[..] {
        [only] if incoming => Some(format!("from {}", only.name)),
        [only] => Some(format!("to {}", only.name)),
        _ => None,
    };
    text::draw(what(view, record.direction, &record.proposal, whom, label), label, buf);
    let rest = draw_age(view, past.at, rest, buf);
    let delivered = record.receipts.iter().filter(|it| it.state == ReceiptState::Delivered).count();
    let line = match &record.receipts[..] {
        [] => Line::styled("nobody came", view.theme.style(Tone::Faint)),
        [only] if incoming && only.state == ReceiptState::Delivered => Line::from(vec![
            Span::styled("✓ ", view.theme.style(Tone::Good)),
            Span::styled(format::facts(&record.proposal), view.theme.style(Tone::Faint)),
        ]),
        [only] => over_line(view, only.state),
        all => {
            let whole = delivered == all.len();
            let (sign, tone) = if whole { ("✓ ", Tone::Good) } else { ("! ", Tone::Warn) };
            let said = format!("{delivered} of {} have it", all.len());
            Line::from(vec![
                Span::styled(sign, view.theme.style(tone)),
                Span::styled(said, view.theme.style(Tone::Faint)),
            ])
        }
    };
    text::draw(line, rest, buf);
}

fn over_line(view: View<'_>, state: ReceiptState) -> Line<'static> {
    let (sign, tone, said) = match state {
        ReceiptState::Delivered => ("✓ ", Tone::Good, "has it"),
        ReceiptState::Failed(why) => ("! ", Tone::Bad, why.words()),
        ReceiptState::Waiting | ReceiptState::Underway => ("… ", Tone::Faint, "on its way"),
    };
    Line::from(vec![
        Span::styled(sign, view.theme.style(tone)),
        Span::styled(said, view.theme.style(Tone::Faint)),
    ])
}

/// The arrow, the file and with whom.
fn what(
    view: View<'_>,
    direction: Direction,
    proposal: &Proposal,
    whom: Option<String>,
    place: Rect,
) -> Line<'static> {
    let arrow = match direction {
        Direction::Outgoing => "↑ ",
        Direction::Incoming => "↓ ",
    };
    let whom = whom.map(|whom| format!(" {whom}")).unwrap_or_default();
    let columns = usize::from(place.width).saturating_sub(2);
    let free = columns.saturating_sub(text::width(&whom));
    // In little room it is the file that counts.
    let (free, whom) =
        if free < FILE_COLUMNS_MIN { (columns, String::new()) } else { (free, whom) };
    let file = text::fit_middle(proposal.name.as_str(), free).into_owned();
    Line::from(vec![
        Span::styled(arrow, view.theme.style(Tone::Accent)),
        Span::raw(file),
        Span::styled(whom, view.theme.style(Tone::Faint)),
    ])
}

/// How long ago it was, at the right; what is left of the place.
fn draw_age(view: View<'_>, at: Moment, area: Rect, buf: &mut Buffer) -> Rect {
    let age = Line::styled(age(at, view.now), view.theme.style(Tone::Faint));
    let columns = text::line_width(&age) as u16;
    if area.width < columns + AGE_COLUMNS_FREE {
        return area;
    }
    let (rest, place) = split_right(area, columns);
    text::draw(age, place, buf);
    Rect { width: rest.width - 1, ..rest }
}

/// The label has two fifths, and two columns of air after.
fn split_label(row: Rect) -> (Rect, Rect) {
    let label = (row.width * 2 / 5).min(LABEL_COLUMNS_MAX);
    let rest = (label + 2).min(row.width);
    (Rect { width: label, ..row }, Rect { x: row.x + rest, width: row.width - rest, ..row })
}

const EMPTY: &str = "nothing was sent or received yet";
/// With less there is no room for a frame.
const FRAMED_COLUMNS_MIN: u16 = 64;
const COLUMNS_MAX: u16 = 110;
const LABEL_COLUMNS_MAX: u16 = 48;
const FILE_COLUMNS_MIN: usize = 8;
const BAR_COLUMNS_MIN: usize = 4;
/// What is said beside an age has at least so many.
const AGE_COLUMNS_FREE: u16 = 10;
