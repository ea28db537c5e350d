//! What a terminal does beside showing text: rings, takes another title, answers, copies.

use std::collections::BTreeSet;
use vt100::{Callbacks, Screen};

/// What a terminal does that nobody sees in its cells.
#[derive(Default)]
pub struct Orders(pub BTreeSet<String>);

impl Orders {
    fn note(&mut self, what: impl Into<String>) {
        self.0.insert(what.into());
    }
}

impl Callbacks for Orders {
    fn audible_bell(&mut self, _: &mut Screen) {
        self.note("rings");
    }
    fn visual_bell(&mut self, _: &mut Screen) {
        self.note("flashes");
    }
    fn resize(&mut self, _: &mut Screen, size: (u16, u16)) {
        self.note(format!("becomes {size:?}"));
    }
    fn set_window_icon_name(&mut self, _: &mut Screen, _: &[u8]) {
        self.note("is called something else");
    }
    fn set_window_title(&mut self, _: &mut Screen, _: &[u8]) {
        self.note("has another title");
    }
    fn copy_to_clipboard(&mut self, _: &mut Screen, _: &[u8], _: &[u8]) {
        self.note("copies");
    }
    fn paste_from_clipboard(&mut self, _: &mut Screen, _: &[u8]) {
        self.note("pastes");
    }
    fn unhandled_char(&mut self, _: &mut Screen, c: char) {
        self.note(format!("prints {c:?}"));
    }
    fn unhandled_control(&mut self, _: &mut Screen, byte: u8) {
        self.note(format!("does {byte:02x}"));
    }
    fn unhandled_escape(&mut self, _: &mut Screen, _: Option<u8>, _: Option<u8>, byte: u8) {
        self.note(format!("does ESC {byte:02x}"));
    }
    fn unhandled_osc(&mut self, _: &mut Screen, _: &[&[u8]]) {
        self.note("does an OSC");
    }
    fn unhandled_csi(
        &mut self,
        _: &mut Screen,
        _: Option<u8>,
        _: Option<u8>,
        numbers: &[&[u16]],
        c: char,
    ) {
        self.note(format!("does CSI {numbers:?} {c}"));
    }
}
