//! The invitation: the room's words and its link, whole, and how to join with them.
//!
//! ```text
//!  ╭ invite ───────────────────────────────────────────────╮
//!  │                                                       │
//!  │   Whoever knows these words can join:                 │
//!  │                                                       │
//!  │   crane velvet orbit ladder energy quick              │
//!  │                                                       │
//!  │   https://snap.example/#crane-velvet-orbit-…          │
//!  │                                                       │
//!  │   In another terminal:  peersnap LINK                 │
//!  │                                                       │
//!  ╰───────────────────────────────────────────────────────╯
//! ```
//!
//! The link stands alone in its row so that it can be copied; one that is wider than the screen is
//! broken at the screen's edge and nowhere else.

use super::theme::Tone;
use super::{View, panel, text};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

pub(super) fn draw(view: View<'_>, area: Rect, buf: &mut Buffer) {
    let room = &view.app.room;
    let words = room.words().map(|words| words.spaced().to_string()).unwrap_or_default();
    let link = room.link().map(|link| link.to_string()).unwrap_or_default();
    let link_lines = text::wrap_hard(&link, usize::from(area.width.max(1)));
    let command = if link.is_empty() { "peersnap join" } else { "peersnap LINK" };
    let columns =
        text::width(&link).max(text::width(&words)).max(text::width(HOW) + COMMAND_COLUMNS);
    let rows = link_lines.len() as u16 + 6;
    let inner = panel::open("invite", (columns as u16, rows), area, view.theme, buf);

    let (faint, strong) = (view.theme.style(Tone::Faint), view.theme.style(Tone::Strong));
    let gap = || (Worth::Air, Line::default());
    let mut lines = vec![(Worth::Help, Line::styled(WHO, faint)), gap()];
    lines.extend([(Worth::Words, Line::styled(words, strong)), gap()]);
    lines.extend(link_lines.into_iter().map(|line| (Worth::Link, Line::from(line))));
    let how = Line::from(vec![Span::styled(HOW, faint), Span::raw(command)]);
    lines.extend([gap(), (Worth::Help, how)]);
    for least in [Worth::Help, Worth::Words, Worth::Link] {
        if usize::from(inner.height) < lines.len() {
            lines.retain(|(worth, _)| *worth >= least);
        }
    }
    for (row, (_, line)) in inner.rows().zip(lines) {
        text::draw(line, row, buf);
    }
}

/// What is kept where little fits, the least first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Worth {
    Air,
    Help,
    Words,
    Link,
}

const WHO: &str = "Whoever knows these words can join:";
const HOW: &str = "In another terminal:  ";
const COMMAND_COLUMNS: usize = 13;
