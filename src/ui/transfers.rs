//! The transfers: a row each, what a person is asked first, then the newest.
//!
//! ```text
//!  ? Ann offers report.pdf, 3.1 MB: y takes it, n declines
//!  ↑ peers…01502.jpg to Zoë   ━━━━━━━━━━━╸─────────   62%   4.2 MB/s    12 s   +2 more
//! ```

use super::theme::Tone;
use super::{View, format, layout, ledger, text};
use crate::app::{Transfer, TransferPhase};
use crate::transfer::Direction;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Draws as many as there are rows; the last row tells how many more there are.
pub(super) fn draw(view: View<'_>, area: Rect, buf: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    let newest_first = view.app.transfers.iter().rev();
    let mut all: Vec<&Transfer> = newest_first.collect();
    all.sort_by_key(|transfer| match transfer.phase {
        TransferPhase::Asked => 0,
        TransferPhase::Moving { .. } => 1,
        TransferPhase::Waiting => 2,
    });
    if let Some(asked) = view.app.transfers.asked() {
        // The keys answer the oldest question: that is the one to show.
        all.retain(|transfer| !std::ptr::eq(*transfer, asked));
        all.insert(0, asked);
    }
    let hidden = all.len().saturating_sub(area.height.into());
    let more = match (hidden, area.width) {
        (0, _) => String::new(),
        (hidden, 60..) => format!("  +{hidden} more"),
        (hidden, _) => format!("  +{hidden}"),
    };
    let more_columns = (text::width(&more) as u16).min(area.width);
    let (rows, beside) = split_right(area, more_columns);
    for (row, transfer) in rows.rows().zip(all) {
        draw_row(view, transfer, row, buf);
    }
    let (_, last) = layout::split_bottom(beside, 1);
    text::draw(Line::styled(more, view.theme.style(Tone::Faint)), last, buf);
}

fn draw_row(view: View<'_>, transfer: &Transfer, row: Rect, buf: &mut Buffer) {
    match transfer.phase {
        TransferPhase::Asked => draw_question(view, transfer, row, buf),
        TransferPhase::Waiting => {
            let (label, rest) = split_label(row);
            text::draw(describe(view, transfer, label.width), label, buf);
            text::draw(Line::styled("waiting", view.theme.style(Tone::Faint)), rest, buf);
        }
        TransferPhase::Moving { rate, .. } => {
            let (label, rest) = split_label(row);
            text::draw(describe(view, transfer, label.width), label, buf);
            let (figures, tone) = match transfer.rests {
                Some(by) => (ledger::rests(transfer, by, rest.width), Tone::Warn),
                None => (figures(transfer, rate, rest.width), Tone::Faint),
            };
            let (place, numbers) = split_right(rest, text::width(&figures) as u16);
            draw_bar(view, transfer.ratio(), place, buf);
            text::draw(Line::styled(figures, view.theme.style(tone)), numbers, buf);
        }
    }
}

fn draw_question(view: View<'_>, transfer: &Transfer, row: Rect, buf: &mut Buffer) {
    let (name, file) = (&transfer.name, &transfer.proposal.name);
    let size = format::amount(transfer.proposal.size, transfer.proposal.files);
    let free = |keys: &str| {
        let said = format!("? {name} offers , {size}{keys}");
        usize::from(row.width).saturating_sub(text::width(&said))
    };
    // The name of the file gives way; where even that is not enough, the keys are in the footer.
    let keys = ": y takes it, n declines";
    let keys = if free(keys) >= FILE_COLUMNS_MIN { keys } else { "" };
    let file = text::fit_middle(file.as_str(), free(keys).max(FILE_COLUMNS_MIN));
    let question = format!("{name} offers {file}, {size}{keys}");
    let style = view.theme.style(Tone::Warn);
    text::draw(
        Line::from(vec![Span::styled("? ", style), Span::styled(question, style)]),
        row,
        buf,
    );
}

/// The arrow, the file and the other side, in this many columns.
fn describe(view: View<'_>, transfer: &Transfer, columns: u16) -> Line<'static> {
    let (arrow, word) = match transfer.direction {
        Direction::Outgoing => ("↑ ", "to"),
        Direction::Incoming => ("↓ ", "from"),
    };
    let arrow = Span::styled(arrow, view.theme.style(Tone::Accent));
    let columns = usize::from(columns).saturating_sub(2);
    let other = format!(" {word} {}", transfer.name);
    let free = columns.saturating_sub(text::width(&other));
    if free < FILE_COLUMNS_MIN {
        // What is known by its peer needs no name.
        let other = text::fit(transfer.name.as_str(), columns).into_owned();
        return Line::from(vec![arrow, Span::raw(other)]);
    }
    let file = text::fit_middle(transfer.proposal.name.as_str(), free).into_owned();
    Line::from(vec![arrow, Span::raw(file), Span::styled(other, view.theme.style(Tone::Faint))])
}

/// ` 62%   4.2 MB/s    12 s`: always as wide, so that bars of several rows end alike.
pub(super) fn figures(transfer: &Transfer, rate: f64, columns: u16) -> String {
    let percent = format!("{:.0}%", (transfer.ratio() * 100.0).floor());
    let left = transfer.time_left().map(format::time_left).unwrap_or_default();
    let rate = if rate > 0.0 { format::rate(rate) } else { String::new() };
    match columns {
        0..16 => format!("{percent:>5}"),
        16..30 => format!("{percent:>5}{left:>7}"),
        _ => format!("{percent:>5}{rate:>11}{left:>8}"),
    }
}

/// A thin bar; half a cell is told by where the thick part ends.
pub(super) fn draw_bar(view: View<'_>, ratio: f64, area: Rect, buf: &mut Buffer) {
    let halves = (ratio * f64::from(area.width) * 2.0) as usize;
    let done = "━".repeat(halves / 2) + if halves % 2 == 1 { "╸" } else { "" };
    let open = "─".repeat(usize::from(area.width).saturating_sub(halves.div_ceil(2)));
    let done = Span::styled(done, view.theme.style(Tone::Accent));
    let open = Span::styled(open, view.theme.style(Tone::Faint));
    text::draw(Line::from(vec![done, open]), area, buf);
}

/// The label has two fifths, or a third where little is to be had, and two columns of air after.
fn split_label(row: Rect) -> (Rect, Rect) {
    let share = if row.width < 50 { row.width / 3 } else { row.width * 2 / 5 };
    let label = share.min(LABEL_COLUMNS_MAX);
    let rest = (label + 2).min(row.width);
    let label = Rect { width: label, ..row };
    (label, Rect { x: row.x + rest, width: row.width - rest, ..row })
}

pub(super) fn split_right(area: Rect, columns: u16) -> (Rect, Rect) {
    let columns = columns.min(area.width);
    let left = Rect { width: area.width - columns, ..area };
    (left, Rect { x: left.right(), width: columns, ..area })
}

const FILE_COLUMNS_MIN: usize = 8;
const LABEL_COLUMNS_MAX: u16 = 56;
