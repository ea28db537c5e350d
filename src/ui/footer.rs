//! The footer: hints of the keys that do something now, the most worth having first.
//!
//! ```text
//!  s snap  S snap & send  v view  i invite  ? help  c camera  q quit
//! ```

use super::keymap::{Binding, table};
use super::theme::Tone;
use super::{View, text};
use crate::app::App;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// A hint and where it stands.
pub(super) struct Hint {
    pub place: Rect,
    pub binding: &'static Binding,
}

/// The hints that fit, each in its place: for drawing, and for clicks.
pub(super) fn hints(app: &App, area: Rect) -> impl Iterator<Item = Hint> {
    let mut x = area.x;
    table(app).filter(|binding| (binding.offered)(app)).filter_map(move |binding| {
        let (key, does) = binding.hint;
        let width = (text::width(key) + 1 + text::width(does)) as u16;
        let place = Rect { x, width, ..area };
        let fits = area.height > 0 && place.right() <= area.right();
        x += if fits { width + GAP } else { 0 };
        fits.then_some(Hint { place, binding })
    })
}

pub(super) fn draw(view: View<'_>, area: Rect, buf: &mut Buffer) {
    for Hint { place, binding } in hints(view.app, area) {
        let (key, does) = binding.hint;
        let key = Span::styled(key, view.theme.style(Tone::Accent));
        let does = Span::styled(does, view.theme.style(Tone::Faint));
        text::draw(Line::from(vec![key, Span::raw(" "), does]), place, buf);
    }
}

/// Between hints, in columns.
const GAP: u16 = 2;
