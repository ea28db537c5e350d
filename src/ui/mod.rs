//! How the program looks: the app's state, drawn into a grid of cells.
//!
//! Everything here only reads [`App`]; the one way back is [`keymap`] and [`mouse`], which turn
//! what a person does into an [`Action`](crate::app::Action). No files, no clock, no terminal:
//! the shell says how large the screen is, what it can show ([`Theme`]) and what time it is.
//!
//! ```text
//! render ─┬─ room ── top · preview · trail · status (transfers, notice) · footer
//!         ├─ photo   one photo, as large as it can be
//!         ├─ picker  the files of a folder, and the chosen picture
//!         └─ help, invite, join, ledger, who, dropped   panels over the room
//! ```
//!
//! [`layout`] says where each stands; one file draws each. [`text`] and [`format`](mod@format) make words fit.

mod dropped;
mod footer;
pub(crate) mod format;
mod help;
mod invite;
mod join;
pub mod keymap;
mod layout;
mod ledger;
pub mod mouse;
mod panel;
mod photo;
mod picker;
mod picture;
mod preview;
mod status;
#[cfg(test)]
pub(crate) mod tests;
mod text;
mod theme;
mod top;
mod trail;
mod transfers;
mod who;

use crate::app::camera::PreviewSize;
use crate::app::{App, Screen};
use crate::scene::Placed;
use picture::Canvas;
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::time::Instant;

pub use theme::{Ground, Theme};

/// Draws the whole screen, but for the pictures behind its holes: those are handed back. `now` is
/// what ages are counted to.
pub fn render(app: &App, frame: &mut Frame<'_>, theme: Theme, now: Instant) -> Vec<Placed> {
    let area = frame.area();
    draw(app, area, frame.buffer_mut(), theme, now)
}

/// Draws the whole screen into an empty buffer, but for the pictures behind its holes.
pub fn draw(app: &App, area: Rect, buf: &mut Buffer, theme: Theme, now: Instant) -> Vec<Placed> {
    let area = area.intersection(buf.area);
    let view = View { app, theme, now };
    let mut pictures = Vec::new();
    let canvas = &mut Canvas { buf, pictures: &mut pictures, cell: theme.cell };
    match &app.screen {
        Screen::Room => room(view, area, canvas, |_, _, _| ()),
        Screen::Photo { item, picture, zoom } => {
            photo::draw(view, *item, (picture, *zoom), area, canvas);
        }
        Screen::Help => room(view, area, canvas, help::draw),
        Screen::Invite(invitation) => {
            room(view, area, canvas, |view, area, buf| invite::draw(view, *invitation, area, buf));
        }
        Screen::Join(prompt) => {
            room(view, area, canvas, |view, area, buf| join::draw(view, prompt, area, buf));
        }
        Screen::Who { chosen } => {
            let chosen = chosen.as_ref();
            room(view, area, canvas, |view, area, buf| who::draw(view, chosen, area, buf));
        }
        Screen::Transfers { .. } => room(view, area, canvas, ledger::draw),
        Screen::Files(picker) => picker::draw(view, picker, area, canvas),
        Screen::Dropped(dropped) => {
            room(view, area, canvas, |view, area, buf| dropped::draw(view, dropped, area, buf));
        }
    }
    pictures
}

/// How large previews are to be for a screen of this size: the camera is told after each resize,
/// and after each change of [`App::wants_preview`].
pub fn preview_size(app: &App, area: Rect, theme: Theme) -> PreviewSize {
    if !app.wants_preview() {
        return PreviewSize::default();
    }
    let place = preview::live_place(app, layout::places(area).preview);
    PreviewSize { columns: place.width, rows: place.height, cell: theme.cell }
}

/// What every part of the screen is drawn from.
#[derive(Clone, Copy)]
struct View<'a> {
    app: &'a App,
    theme: Theme,
    now: Instant,
}

/// The room, and what is drawn over all of it but the footer.
fn room(
    view: View<'_>,
    area: Rect,
    canvas: &mut Canvas<'_>,
    over: impl FnOnce(View<'_>, Rect, &mut Buffer),
) {
    let places = layout::places(area);
    preview::draw(view, places.preview, places.caption, canvas);
    trail::draw(view, places.trail, canvas);
    let buf = &mut *canvas.buf;
    top::draw(view, places.top, buf);
    status::draw(view, places.status, buf);
    let (above, _) = layout::split_bottom(area, places.footer.height);
    over(view, above, buf);
    footer::draw(view, places.footer, buf);
}
