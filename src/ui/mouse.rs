//! The mouse: the wheel goes along the trail, a click on a hint of the footer does what it says.

use super::{footer, layout, photo, picker};
use crate::app::{Action, App, Screen};
use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

/// Whether the mouse is wanted here: where the link is shown for sharing, it is the terminal's, to
/// select the link with.
pub fn is_wanted(app: &App) -> bool {
    !matches!(app.screen, Screen::Invite(_))
}

/// What a movement of the mouse asks for, on a screen of this size.
pub fn action(app: &App, area: Rect, event: MouseEvent) -> Option<Action> {
    match event.kind {
        MouseEventKind::ScrollUp => Some(Action::Up),
        MouseEventKind::ScrollDown => Some(Action::Down),
        MouseEventKind::Down(MouseButton::Left) => {
            let at = Position::new(event.column, event.row);
            let hit = |(place, action): (Rect, Action)| place.contains(at).then_some(action);
            footer::hints(app, footer_place(app, area))
                .map(|hint| (hint.place, hint.binding.action))
                .find_map(hit)
        }
        _ => None,
    }
}

fn footer_place(app: &App, area: Rect) -> Rect {
    match app.screen {
        Screen::Photo { .. } => photo::places(area).footer,
        Screen::Files(_) => picker::places(area).footer,
        Screen::Room
        | Screen::Help
        | Screen::Invite(_)
        | Screen::Join(_)
        | Screen::Who { .. }
        | Screen::Transfers { .. }
        | Screen::Dropped(_) => layout::places(area).footer,
    }
}
