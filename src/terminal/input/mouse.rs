//! The mouse, in the three forms that terminals report it.

use super::sequence::Csi;
use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

/// `CSI < buttons ; column ; row M` or `m` (SGR), or without `<` (rxvt's).
pub(super) fn csi(csi: &Csi<'_>) -> Option<MouseEvent> {
    if !csi.intermediates.is_empty() || csi.len() < 3 {
        return None;
    }
    let buttons = match (csi.private, csi.last) {
        (Some(b'<'), b'M' | b'm') => csi.number(0)?,
        (None, b'M') => csi.number(0)?.checked_sub(32)?,
        _ => return None,
    };
    let place = |at| Some(csi.number(at)?.saturating_sub(1).min(u16::MAX.into()) as u16);
    let mut event = event(u8::try_from(buttons).ok()?, place(1)?, place(2)?)?;
    if let (b'm', MouseEventKind::Down(button)) = (csi.last, event.kind) {
        event.kind = MouseEventKind::Up(button);
    }
    Some(event)
}

/// `CSI M` and three bytes, the oldest form.
pub(super) fn three([buttons, column, row]: [u8; 3]) -> Option<MouseEvent> {
    let place = |byte: u8| u16::from(byte.saturating_sub(33));
    event(buttons.checked_sub(32)?, place(column), place(row))
}

/// Two bits of button, Shift, Alt, Ctrl, whether it moves, two more bits of button.
fn event(bits: u8, column: u16, row: u16) -> Option<MouseEvent> {
    let moves = bits & 32 != 0;
    let number = (bits & 3) | ((bits & 0b1100_0000) >> 4);
    let button = match number {
        0 => Some(MouseButton::Left),
        1 => Some(MouseButton::Middle),
        2 => Some(MouseButton::Right),
        _ => None,
    };
    let kind = match (number, button, moves) {
        (_, Some(button), false) => MouseEventKind::Down(button),
        (_, Some(button), true) => MouseEventKind::Drag(button),
        // Which button, the older forms do not say.
        (3, None, false) => MouseEventKind::Up(MouseButton::Left),
        (3..=5, None, true) => MouseEventKind::Moved,
        (4, None, false) => MouseEventKind::ScrollUp,
        (5, None, false) => MouseEventKind::ScrollDown,
        (6, None, false) => MouseEventKind::ScrollLeft,
        (7, None, false) => MouseEventKind::ScrollRight,
        _ => return None,
    };
    let mut modifiers = KeyModifiers::NONE;
    modifiers.set(KeyModifiers::SHIFT, bits & 4 != 0);
    modifiers.set(KeyModifiers::ALT, bits & 8 != 0);
    modifiers.set(KeyModifiers::CONTROL, bits & 16 != 0);
    Some(MouseEvent { kind, column, row, modifiers })
}
