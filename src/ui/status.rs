//! The status: what is under way and what the person should know, at the foot of the room.
//!
//! ```text
//!  ↓ report.pdf from Ann      ━━━━━━━━━━━╸─────────   62%   4.2 MB/s    12 s
//!  ✓ Zoë has peersnap-20261122-101502.jpg
//! ```
//!
//! It stands on its last row: transfers above, the notice below. In a single row a question is
//! worth most, then bad news, then what is under way, then other news.

use super::theme::Tone;
use super::{View, format, layout, text, transfers};
use crate::app::camera::CameraStatus;
use crate::app::{Mood, Screen};
use crate::line::Rung;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

pub(super) fn draw(view: View<'_>, area: Rect, buf: &mut Buffer) {
    let under_way = view.app.transfers.iter().len();
    let asked = view.app.transfers.asked().is_some();
    let bad = view.app.notices.newest().is_some_and(|notice| notice.mood == Mood::Bad);
    let kept = u16::from(under_way > 0 && (area.height > 1 || asked || !bad));
    let notice = notice_lines(view, area.width, area.height.saturating_sub(kept));
    let (rest, below) = layout::split_bottom(area, notice.len() as u16);
    for (row, line) in below.rows().zip(notice) {
        text::draw(line, row, buf);
    }
    let shown = view.app.line_shown && rest.height > under_way as u16;
    let (rest, below) = layout::split_bottom(rest, u16::from(shown));
    text::draw(line(view), below, buf);
    let (_, rows) = layout::split_bottom(rest, under_way as u16);
    transfers::draw(view, rows, buf);
}

/// How the line to the terminal is doing, and what that costs the picture.
fn line(view: View<'_>) -> Line<'static> {
    let line = view.app.line;
    let gives_up = match line.rung {
        Rung::Full => "picture at its best",
        Rung::Coarse => "small changes left out",
        Rung::Small => "smaller picture",
        Rung::Few => "smaller picture, 256 colours",
    };
    let facts = match (line.rate, line.delay) {
        (Some(rate), Some(delay)) => {
            let millis = delay.as_millis();
            format!(
                "· {}/s to this terminal · {millis} ms · {gives_up}",
                format::bytes(rate as u64)
            )
        }
        _ => "· this terminal does not say how fast its line is".to_owned(),
    };
    Line::styled(facts, view.theme.style(Tone::Faint))
}

/// The newest notice, on as many lines as it needs and `rows` allow, at most two.
pub(super) fn notice_lines(view: View<'_>, columns: u16, rows: u16) -> Vec<Line<'static>> {
    let Some(notice) = view.app.notices.newest() else { return Vec::new() };
    // What stands in place of the preview is not said twice.
    if let (CameraStatus::Trouble { fault, .. }, Screen::Room) =
        (&view.app.camera, &view.app.screen)
        && fault.sentence() == notice.text
    {
        return Vec::new();
    }
    let (mark, tone) = match notice.mood {
        Mood::Good => ("✓ ", Tone::Good),
        Mood::Info => ("· ", Tone::Faint),
        Mood::Bad => ("! ", Tone::Bad),
    };
    let columns = usize::from(columns.saturating_sub(2));
    let mut lines = text::wrap(&notice.text, columns);
    let rows = usize::from(rows).min(2);
    if lines.len() > rows {
        let rest = lines.split_off(rows.saturating_sub(1)).join(" ");
        lines.push(text::fit(&rest, columns).into_owned());
    }
    lines.truncate(rows);
    let indented = |(at, line)| {
        let mark = if at == 0 { mark } else { "  " };
        Line::from(vec![Span::styled(mark, view.theme.style(tone)), Span::raw(line)])
    };
    lines.into_iter().enumerate().map(indented).collect()
}
