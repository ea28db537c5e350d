//! A panel over the room: a quiet frame with a title, in the middle; the whole screen where a
//! frame has no room.

use super::theme::{Theme, Tone};
use super::{layout, text};
use crate::picture::cells::Depth;
use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::style::Modifier;
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType, Widget};

/// Clears a place for contents of this size, and says where they go.
pub(super) fn open(
    title: &str,
    (columns, rows): (u16, u16),
    area: Rect,
    theme: Theme,
    buf: &mut Buffer,
) -> Rect {
    let (width, height) = (columns.saturating_add(6), rows.saturating_add(4));
    if width > area.width || rows.saturating_add(2) > area.height {
        clear(area, buf);
        return area;
    }
    let height = height.min(area.height);
    let x = area.x + (area.width - width) / 2;
    let y = area.y + (area.height - height) / 2;
    let frame = Rect { x, y, width, height };
    soften(area, theme, buf);
    clear(frame, buf);
    let block =
        Block::bordered().border_type(BorderType::Rounded).border_style(theme.style(Tone::Faint));
    block.render(frame, buf);
    let style = theme.style(Tone::Accent).remove_modifier(Modifier::DIM);
    let title = Line::styled(format!(" {title} "), style);
    text::draw(title, layout::split_top(frame.inner(Margin::new(2, 0)), 1).0, buf);
    let vertical = if height < rows + 4 { 1 } else { 2 };
    frame.inner(Margin::new(3, vertical))
}

/// Takes the room behind a step back.
fn soften(area: Rect, theme: Theme, buf: &mut Buffer) {
    for position in area.positions() {
        if let Some(cell) = buf.cell_mut(position) {
            cell.modifier.remove(Modifier::BOLD);
            if theme.depth != Depth::None {
                cell.modifier.insert(Modifier::DIM);
            }
        }
    }
}

fn clear(area: Rect, buf: &mut Buffer) {
    for row in area.rows() {
        // A wide character that begins outside would reach in.
        let before = row.x.checked_sub(1).and_then(|x| buf.cell_mut((x, row.y)));
        if let Some(before) = before.filter(|cell| text::width(cell.symbol()) > 1) {
            before.set_symbol(" ");
        }
        for position in row.positions() {
            if let Some(cell) = buf.cell_mut(position) {
                cell.reset();
            }
        }
    }
}
