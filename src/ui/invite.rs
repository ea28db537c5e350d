//! The invitation: the room link, whole, and how to join with it.
//!
//! ```text
//!  ╭ invite ───────────────────────────────────────────────╮
//!  │                                                       │
//!  │   Whoever has this link can join:                     │
//!  │                                                       │
//!  │   https://snap.example/#kw7m-3xpt-9abc-d2ef           │
//!  │                                                       │
//!  │   In a terminal:  peersnap LINK                       │
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
    let link = view.app.settings.link.as_str();
    let link_lines = text::wrap_hard(link, usize::from(area.width.max(1)));
    let command = "peersnap LINK";
    let columns = text::width(link).max(text::width(HOW) + text::width(command));
    let rows = link_lines.len() as u16 + 4;
    let inner = panel::open("invite", (columns as u16, rows), area, view.theme, buf);

    let faint = view.theme.style(Tone::Faint);
    let mut lines = vec![Line::styled(WHO, faint), Line::default()];
    let strong = view.theme.style(Tone::Strong);
    lines.extend(link_lines.into_iter().map(|line| Line::styled(line, strong)));
    lines.push(Line::default());
    lines.push(Line::from(vec![Span::styled(HOW, faint), Span::raw(command)]));
    if usize::from(inner.height) < lines.len() {
        // Where little fits, the link is what matters.
        lines.retain(|line| line.width() > 0);
        lines.remove(0);
    }
    for (row, line) in inner.rows().zip(lines) {
        text::draw(line, row, buf);
    }
}

const WHO: &str = "Whoever has this link can join:";
const HOW: &str = "In another terminal:  ";
