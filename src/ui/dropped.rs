//! The question whether what was dropped on the terminal is to be sent, over the room.
//!
//! ```text
//!  ╭ send these? ─────────────────────────────────────────────────╮
//!  │                                                              │
//!  │   my photo.jpg                                        3.1 MB │
//!  │   plan.pdf                                            218 KB │
//!  │                                                              │
//!  │   to everyone who is here                                    │
//!  │   Enter sends, Esc does not                                  │
//!  │                                                              │
//!  ╰──────────────────────────────────────────────────────────────╯
//! ```
//!
//! Of many the first are named, and the others counted.

use super::theme::Tone;
use super::{View, format, panel, text};
use crate::app::files::Kind;
use crate::app::{Audience, Dropped, DroppedFile};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

pub(super) fn draw(view: View<'_>, dropped: &Dropped, area: Rect, buf: &mut Buffer) {
    let files = &dropped.files;
    let room = usize::from(area.height).saturating_sub(OTHER_ROWS).max(1);
    // Where one is left out, a row says so.
    let named = if files.len() <= room { files.len() } else { room - 1 };
    let rest = &files[named..];
    let rows = named + usize::from(!rest.is_empty()) + 3;
    let title = if files.len() == 1 { "send this?" } else { "send these?" };
    let inner = panel::open(title, (COLUMNS, rows as u16), area, view.theme, buf);
    let faint = view.theme.style(Tone::Faint);
    let mut lines: Vec<(Line<'_>, Line<'_>)> =
        files[..named].iter().map(|file| entry(file, inner.width, view)).collect();
    if !rest.is_empty() {
        let bytes = rest.iter().filter_map(|file| file.kind.size()).sum();
        let more = Line::styled(format!("and {} more", rest.len()), faint);
        lines.push((more, Line::styled(format::bytes(bytes), faint)));
    }
    let (whom, tone) = match view.app.audience() {
        Audience::Here => ("to everyone who is here".to_owned(), Tone::Faint),
        Audience::Coming => ("nobody is here yet: to whoever comes".to_owned(), Tone::Faint),
        Audience::Chosen(_) => {
            (format!("to {} alone", view.app.to_whom().unwrap_or_default()), Tone::Warn)
        }
    };
    let whom = Line::styled(whom, view.theme.style(tone));
    let keys = Line::from(vec![
        Span::styled("Enter", view.theme.style(Tone::Accent)),
        Span::styled(" sends, ", faint),
        Span::styled("Esc", view.theme.style(Tone::Accent)),
        Span::styled(" does not", faint),
    ]);
    if lines.len() + 3 <= usize::from(inner.height) {
        lines.push((Line::default(), Line::default()));
    }
    lines.extend([(whom, Line::default()), (keys, Line::default())]);
    for (row, (left, right)) in inner.rows().zip(lines) {
        text::draw_pair(left, right, row, buf);
    }
}

fn entry(file: &DroppedFile, columns: u16, view: View<'_>) -> (Line<'static>, Line<'static>) {
    let size = match file.kind {
        Kind::File { size } => format::bytes(size),
        Kind::Folder => "folder".to_owned(),
        // Such a one is never asked about.
        Kind::Refused(_) => String::new(),
    };
    let free = usize::from(columns).saturating_sub(text::width(&size) + 3);
    let name = text::fit_middle(file.text.as_str(), free).into_owned();
    (Line::raw(name), Line::styled(size, view.theme.style(Tone::Faint)))
}

/// A name of usual length, and its size.
const COLUMNS: u16 = 60;
/// The frame, air, to whom, and the keys.
const OTHER_ROWS: usize = 7;
