//! Where the person sits: at the program's own terminal, or at one that is attached to a daemon.

use super::camera::CameraStatus;
use super::{App, Screen};
use crate::line::Line;
use std::time::Instant;

/// Where the person sits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Seat {
    /// At the program's own terminal, which it ends with.
    #[default]
    Own,
    /// At a terminal that is attached, and may be detached again.
    Attached,
    /// There still, and wants it detached.
    Leaving,
    /// Nowhere: no terminal is attached.
    Empty,
}

impl App {
    /// Another terminal shows the app, or none. What was open on the last one is closed; a photo
    /// that is held stays held.
    pub(super) fn sit(&mut self, seat: Seat, now: Instant) {
        if seat == Seat::Empty {
            self.screen = Screen::Room;
            self.preview = None;
            self.camera = CameraStatus::Opening { name: None };
            self.line_shown = false;
        }
        self.seat = seat;
        self.line = Line::default();
        // What nobody could read in its time is not told as if it had just happened.
        self.notices.handle_timeout(now);
    }

    /// Whether somebody may look at the screen.
    pub(super) fn is_seen(&self) -> bool {
        self.seat != Seat::Empty
    }
}
