//! Text on a grid of cells: how wide it is, and how it is cut to fit.
//!
//! Wide characters and emoji take two cells; nothing is ever cut inside a grapheme. Text from
//! remote peers is clean before it comes here (see [`crate::text`]).

use ratatui::buffer::{Buffer, CellWidth};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use std::borrow::Cow;
use unicode_segmentation::UnicodeSegmentation;

/// In cells.
pub(super) fn width(text: &str) -> usize {
    text.graphemes(true).map(|grapheme| usize::from(grapheme.cell_width())).sum()
}

/// The text in at most `columns` cells: its end gives way to an ellipsis.
pub(super) fn fit(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    match columns.checked_sub(1) {
        None => Cow::Borrowed(""),
        Some(columns) => Cow::Owned(format!("{}{ELLIPSIS}", head(text, columns))),
    }
}

/// The text in at most `columns` cells: its middle gives way, since a file's name begins with
/// what it is and ends with what tells it apart.
pub(super) fn fit_middle(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns || columns < 8 {
        return fit(text, columns);
    }
    let end = (columns - 1) * 3 / 5;
    let head = head(text, columns - 1 - end);
    Cow::Owned(format!("{head}{ELLIPSIS}{}", tail(text, end)))
}

/// Lines of at most `columns` cells, broken between words; a word that is longer is cut.
pub(super) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        match lines.last_mut() {
            Some(line) if width(line) + 1 + width(word) <= columns => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(fit(word, columns).into_owned()),
        }
    }
    lines
}

/// Lines of exactly `columns` cells but the last, broken anywhere: for what is copied, not read.
pub(super) fn wrap_hard(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for grapheme in text.graphemes(true) {
        let full = lines.last().is_some_and(|line| width(line) + width(grapheme) > columns);
        if full {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(grapheme);
        }
    }
    lines
}

/// Draws a line into the first row of `area`, an ellipsis in place of what is too much.
pub(super) fn draw(line: Line<'_>, area: Rect, buf: &mut Buffer) {
    let area = area.intersection(buf.area);
    if !area.is_empty() {
        buf.set_line(area.x, area.y, &fit_line(line, usize::from(area.width)), area.width);
    }
}

/// Draws one line at the left, and one at the right if both fit with air between.
pub(super) fn draw_pair(left: Line<'_>, right: Line<'_>, area: Rect, buf: &mut Buffer) {
    let taken = line_width(&right);
    if taken > 0 && line_width(&left) + taken + 2 <= usize::from(area.width) {
        let taken = taken as u16;
        draw(right, Rect { x: area.right() - taken, width: taken, ..area }, buf);
        draw(left, Rect { width: area.width - taken, ..area }, buf);
    } else {
        draw(left, area, buf);
    }
}

/// Draws one line at the right, and one at the left that gives way to it.
pub(super) fn draw_before(left: Line<'_>, right: Line<'_>, area: Rect, buf: &mut Buffer) {
    let taken = line_width(&right) as u16;
    if taken > 0 && taken + 1 + BEFORE_COLUMNS_MIN <= area.width {
        draw(right, Rect { x: area.right() - taken, width: taken, ..area }, buf);
        draw(left, Rect { width: area.width - taken - 1, ..area }, buf);
    } else {
        draw(left, area, buf);
    }
}

/// Draws a line in the middle of the first row of `area`.
pub(super) fn draw_centred(line: Line<'_>, area: Rect, buf: &mut Buffer) {
    let free = usize::from(area.width).saturating_sub(line_width(&line)) as u16;
    draw(line, Rect { x: area.x + free / 2, width: area.width - free / 2, ..area }, buf);
}

/// In cells.
pub(super) fn line_width(line: &Line<'_>) -> usize {
    line.spans.iter().map(|span| width(&span.content)).sum()
}

fn fit_line(line: Line<'_>, columns: usize) -> Line<'_> {
    if line_width(&line) <= columns {
        return line;
    }
    let mut left = columns.saturating_sub(1);
    let mut fitted = Vec::with_capacity(line.spans.len());
    for span in line.spans {
        let content = head(&span.content, left).to_owned();
        left -= width(&content);
        let cut = content.len() < span.content.len();
        fitted.push(Span::styled(content, span.style));
        if cut {
            break;
        }
    }
    let style = fitted.last().map(|span| span.style).unwrap_or_default();
    fitted.push(Span::styled(fit(ELLIPSIS, columns).into_owned(), style));
    Line { spans: fitted, ..line }
}

/// The longest start of at most `columns` cells.
fn head(text: &str, columns: usize) -> &str {
    let mut left = columns;
    let mut end = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        let Some(rest) = left.checked_sub(usize::from(grapheme.cell_width())) else { break };
        left = rest;
        end = at + grapheme.len();
    }
    &text[..end]
}

/// The longest end of at most `columns` cells.
pub(super) fn tail(text: &str, columns: usize) -> &str {
    let mut left = columns;
    let mut start = text.len();
    for (at, grapheme) in text.grapheme_indices(true).rev() {
        let Some(rest) = left.checked_sub(usize::from(grapheme.cell_width())) else { break };
        left = rest;
        start = at;
    }
    &text[start..]
}

const ELLIPSIS: &str = "…";
/// With less than this there is no point in a left one.
const BEFORE_COLUMNS_MIN: u16 = 5;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_fits_stays_and_what_does_not_ends_in_an_ellipsis() {
        assert_eq!(fit("写真家 Zoë", 10), "写真家 Zoë");
        assert_eq!(fit("写真家 Zoë", 9), "写真家 Z…");
        assert_eq!(fit("写真家", 4), "写…");
        assert_eq!(fit("写真家", 1), "…");
        assert_eq!(fit("写真家", 0), "");
        assert_eq!(fit("👩\u{200d}🚀👩\u{200d}🚀", 3), "👩\u{200d}🚀…");
    }

    #[test]
    fn a_file_name_keeps_its_start_and_its_end() {
        assert_eq!(fit_middle("peersnap-20261122-101502.jpg", 16), "peersn…01502.jpg");
        assert_eq!(fit_middle("写真写真写真写真写真.jpg", 16), "写真写…写真.jpg");
        assert_eq!(fit_middle("short.jpg", 16), "short.jpg");
    }

    #[test]
    fn words_stay_whole_and_links_are_cut_at_the_edge() {
        assert_eq!(wrap("close it, then press c", 9), ["close it,", "then", "press c"]);
        assert_eq!(
            wrap_hard("http://[2001:db8::1]/#abcd", 10),
            ["http://[20", "01:db8::1]", "/#abcd"]
        );
    }

    proptest! {
        #[test]
        fn nothing_is_wider_than_it_may_be(text in "\\PC{0,40}", columns in 0..30_usize) {
            prop_assert!(width(&fit(&text, columns)) <= columns);
            prop_assert!(width(&fit_middle(&text, columns)) <= columns);
            prop_assert!(wrap(&text, columns).iter().all(|line| width(line) <= columns));
            let line = fit_line(Line::from(vec![Span::raw(&text), Span::raw("end")]), columns);
            prop_assert!(line_width(&line) <= columns);
        }
    }
}
