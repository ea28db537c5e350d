//! The prompt for the words or the link of a room.
//!
//! ```text
//!  ╭ join a room ─────────────────────────────────────────────────╮
//!  │                                                              │
//!  │   Its six words, or its link:                                │
//!  │                                                              │
//!  │   › crane velvet orb█                                        │
//!  │                                                              │
//!  │   2 of 6   orbit                                             │
//!  │                                                              │
//!  ╰──────────────────────────────────────────────────────────────╯
//! ```
//!
//! Below what is typed stands how far it has come: what the last word may become, or what is wrong.

use super::theme::Tone;
use super::{View, panel, text};
use crate::app::{Prompt, Standing};
use crate::seal::words::WORDS;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

pub(super) fn draw(view: View<'_>, prompt: &Prompt, area: Rect, buf: &mut Buffer) {
    let inner = panel::open("join a room", (COLUMNS, ROWS), area, view.theme, buf);
    let faint = view.theme.style(Tone::Faint);
    let columns = usize::from(inner.width);
    let below: Vec<Line<'_>> = match prompt.standing() {
        Standing::Words { known, candidates } => {
            let count = Span::styled(format!("{known} of {WORDS}   "), faint);
            vec![Line::from(vec![count, Span::raw(candidates.join("  "))])]
        }
        Standing::Link => vec![Line::styled("a link", faint)],
        Standing::Whole => vec![Line::styled("Enter joins", view.theme.style(Tone::Good))],
        Standing::Wrong(why) => {
            let style = view.theme.style(Tone::Bad);
            text::wrap(&why, columns).into_iter().map(|line| Line::styled(line, style)).collect()
        }
    };
    let gap = Line::default;
    let mut lines = vec![Line::styled(ASKS, faint), gap(), typed(view, prompt, columns), gap()];
    lines.extend(below);
    if usize::from(inner.height) < lines.len() {
        lines.retain(|line| line.width() > 0);
    }
    for (row, line) in inner.rows().zip(lines) {
        text::draw(line, row, buf);
    }
}

/// What is typed, with a cursor at its end; of a long text, the end.
fn typed(view: View<'_>, prompt: &Prompt, columns: usize) -> Line<'static> {
    let sign = Span::styled("› ", view.theme.style(Tone::Accent));
    let shown = text::tail(prompt.text(), columns.saturating_sub(3)).to_owned();
    let cursor = Span::styled(" ", view.theme.style(Tone::Strong).add_modifier(Modifier::REVERSED));
    Line::from(vec![sign, Span::raw(shown), cursor])
}

const ASKS: &str = "Its six words, or its link:";
/// Six of the longest words, and air.
const COLUMNS: u16 = 60;
const ROWS: u16 = 6;
