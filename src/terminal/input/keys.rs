//! Keys, by the bytes that terminals send for them.
//!
//! What xterm, the Linux console and kitty's keyboard protocol say; the same keys that crossterm
//! makes of them, but that Ctrl-J is Enter and Ctrl-H is Backspace, as some terminals send these.

use super::functional::functional;
use super::sequence::Csi;
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyEventState, KeyModifiers};

/// A character that was typed.
pub(super) fn character(c: char) -> KeyEvent {
    let shifted = if c.is_uppercase() { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
    KeyEvent::new(KeyCode::Char(c), shifted)
}

/// A byte of ASCII that stands for a key by itself; Esc does too.
pub(super) fn ascii(byte: u8) -> KeyEvent {
    let control = |c: u8| KeyEvent::new(KeyCode::Char(char::from(c)), KeyModifiers::CONTROL);
    match byte {
        b'\r' | b'\n' => KeyCode::Enter.into(),
        b'\t' => KeyCode::Tab.into(),
        0x08 | 0x7f => KeyCode::Backspace.into(),
        0x1b => KeyCode::Esc.into(),
        0 => control(b' '),
        0x01..=0x1a => control(byte - 1 + b'a'),
        0x1c..=0x1f => control(byte - 0x1c + b'4'),
        _ => character(char::from(byte)),
    }
}

/// The same key with Alt held.
pub(super) fn with_alt(mut key: KeyEvent) -> KeyEvent {
    key.modifiers |= KeyModifiers::ALT;
    key
}

/// `SS3 letter`: keys as they are in application mode. Some terminals put the modifiers between.
pub(super) fn ss3(modifiers: Option<u8>, letter: u8) -> Option<KeyEvent> {
    let code = if letter == b'M' { KeyCode::Enter } else { lettered(letter)? };
    Some(KeyEvent::new(code, modifiers_of(modifiers.unwrap_or(1).into())))
}

/// `CSI [ letter`: the first five of the Linux console.
pub(super) fn linux(letter: u8) -> Option<KeyEvent> {
    matches!(letter, b'A'..=b'E').then(|| KeyCode::F(letter - b'A' + 1).into())
}

/// A key that is a control sequence.
pub(super) fn csi(csi: &Csi<'_>) -> Option<KeyEvent> {
    if csi.private.is_some() || !csi.intermediates.is_empty() {
        return None;
    }
    // Some terminals leave out the 1 before the modifiers.
    let alone = csi.len() == 1 && csi.last != b'R' && csi.last != b'~' && csi.last != b'u';
    let mask = csi.number(usize::from(!alone)).unwrap_or(1);
    let kind = match csi.part(1, 1) {
        Some(2) => KeyEventKind::Repeat,
        Some(3) => KeyEventKind::Release,
        _ => KeyEventKind::Press,
    };
    let (code, modifiers) = match csi.last {
        b'u' => return unicode(csi, kind),
        b'Z' => (KeyCode::BackTab, modifiers_of(mask) | KeyModifiers::SHIFT),
        b'~' => (numbered(csi.number(0)?)?, modifiers_of(mask)),
        // Other numbers would be a place of the cursor, which is never asked for.
        letter if alone || csi.number(0).unwrap_or(1) == 1 => {
            (lettered(letter)?, modifiers_of(mask))
        }
        _ => return None,
    };
    Some(KeyEvent::new_with_kind_and_state(code, modifiers, kind, locks_of(mask)))
}

/// `CSI code ; modifiers u`, of the kitty keyboard protocol and of what it grew from.
fn unicode(csi: &Csi<'_>, kind: KeyEventKind) -> Option<KeyEvent> {
    let (number, mask) = (csi.number(0)?, csi.number(1).unwrap_or(1));
    let mut modifiers = modifiers_of(mask);
    let mut state = locks_of(mask);
    let mut code = if let Some(code) = functional(number) {
        if (KEYPAD_FIRST..=KEYPAD_LAST).contains(&number) {
            state |= KeyEventState::KEYPAD;
        }
        code
    } else {
        match char::from_u32(number)? {
            '\x1b' => KeyCode::Esc,
            '\r' | '\n' => KeyCode::Enter,
            '\t' if modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
            '\t' => KeyCode::Tab,
            '\x08' | '\x7f' => KeyCode::Backspace,
            c if c.is_control() => return None,
            c => KeyCode::Char(c),
        }
    };
    // What Shift makes of it on this keyboard, where the terminal says so.
    let shifted = csi.part(0, 1).and_then(char::from_u32).filter(|c| !c.is_control());
    if let (Some(c), true) = (shifted, modifiers.contains(KeyModifiers::SHIFT)) {
        code = KeyCode::Char(c);
        modifiers -= KeyModifiers::SHIFT;
    }
    Some(KeyEvent::new_with_kind_and_state(code, modifiers, kind, state))
}

fn lettered(letter: u8) -> Option<KeyCode> {
    Some(match letter {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'E' => KeyCode::KeypadBegin,
        b'F' => KeyCode::End,
        b'H' => KeyCode::Home,
        b'P'..=b'S' => KeyCode::F(letter - b'P' + 1),
        _ => return None,
    })
}

fn numbered(number: u32) -> Option<KeyCode> {
    let f = |first: u32| KeyCode::F((number - first) as u8);
    Some(match number {
        1 | 7 => KeyCode::Home,
        2 => KeyCode::Insert,
        3 => KeyCode::Delete,
        4 | 8 => KeyCode::End,
        5 => KeyCode::PageUp,
        6 => KeyCode::PageDown,
        11..=15 => f(10),
        17..=21 => f(11),
        23..=26 => f(12),
        28..=29 => f(15),
        31..=34 => f(17),
        _ => return None,
    })
}

/// The modifiers are told as a sum of bits, and one more.
fn modifiers_of(mask: u32) -> KeyModifiers {
    let bits = mask.saturating_sub(1);
    let held = MODIFIERS.iter().filter(|(bit, _)| bits & bit != 0);
    held.fold(KeyModifiers::NONE, |all, (_, one)| all | *one)
}

fn locks_of(mask: u32) -> KeyEventState {
    let bits = mask.saturating_sub(1);
    let mut state = KeyEventState::NONE;
    state.set(KeyEventState::CAPS_LOCK, bits & 64 != 0);
    state.set(KeyEventState::NUM_LOCK, bits & 128 != 0);
    state
}

const MODIFIERS: [(u32, KeyModifiers); 6] = [
    (1, KeyModifiers::SHIFT),
    (2, KeyModifiers::ALT),
    (4, KeyModifiers::CONTROL),
    (8, KeyModifiers::SUPER),
    (16, KeyModifiers::HYPER),
    (32, KeyModifiers::META),
];
const KEYPAD_FIRST: u32 = 57399;
const KEYPAD_LAST: u32 = 57427;
