//! The help: every key and what it does, from the table of keys.

use super::keymap::{self, Binding};
use super::theme::Tone;
use super::{View, panel, text};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

pub(super) fn draw(view: View<'_>, area: Rect, buf: &mut Buffer) {
    let (most, last) = keymap::all(view.app);
    let rows: Vec<_> = most
        .iter()
        .chain(last)
        .map(|Binding { help, .. }| help)
        .filter(|(keys, _)| !keys.is_empty())
        .collect();
    let longest = rows.iter().map(|(_, does)| text::width(does)).max().unwrap_or_default();
    let size = ((KEYS_COLUMNS + longest) as u16, rows.len() as u16);
    let inner = panel::open("keys", size, area, view.theme, buf);
    for (row, (keys, does)) in inner.rows().zip(rows) {
        let pad = " ".repeat(KEYS_COLUMNS - text::width(keys).min(KEYS_COLUMNS));
        let keys = Span::styled(*keys, view.theme.style(Tone::Accent));
        text::draw(Line::from(vec![keys, Span::raw(pad), Span::raw(*does)]), row, buf);
    }
}

/// The column of keys, with air after it.
const KEYS_COLUMNS: usize = 7;
