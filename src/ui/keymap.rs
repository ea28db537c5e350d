//! The keys: one table of what each does, what the help says of it, and when the footer offers it.
//!
//! [`action`] looks a key up, `help` lists the table, `footer` shows the hints of what is offered
//! now: a key that is not here exists nowhere, and one that is here is explained everywhere.

use crate::app::{Action, App, Screen, Shot};
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// A row of the table.
pub(super) struct Binding {
    /// Which keys.
    keys: &'static [KeyCode],
    /// What they ask for.
    pub action: Action,
    /// As the help names the keys, and what it says; empty where another row says it.
    pub help: (&'static str, &'static str),
    /// As the footer names the key, and what it says; empty where it never does.
    pub hint: (&'static str, &'static str),
    /// Whether they do anything now.
    works: fn(&App) -> bool,
    /// Whether the footer tells of them now.
    pub offered: fn(&App) -> bool,
}

/// What a key asks for, if it means anything now. Held down, only arrows repeat.
pub fn action(app: &App, key: KeyEvent) -> Option<Action> {
    let code = plain(key)?;
    let binding = TABLE.iter().find(|row| row.keys.contains(&code) && (row.works)(app))?;
    let moves = matches!(binding.action, Action::Up | Action::Down);
    match key.kind {
        KeyEventKind::Press => Some(binding.action),
        KeyEventKind::Repeat if moves => Some(binding.action),
        KeyEventKind::Repeat | KeyEventKind::Release => None,
    }
}

/// The key without modifiers, in one form for all terminals: some report Shift and `s`, some
/// Shift and `S`, some `S` alone. Of other modifiers only Ctrl-C means anything.
fn plain(key: KeyEvent) -> Option<KeyCode> {
    let modifiers = key.modifiers - KeyModifiers::SHIFT;
    match key.code {
        KeyCode::Char('c' | 'C') if modifiers == KeyModifiers::CONTROL => Some(CTRL_C),
        _ if !modifiers.is_empty() => None,
        KeyCode::Char(c) if key.modifiers.contains(KeyModifiers::SHIFT) => {
            Some(KeyCode::Char(c.to_ascii_uppercase()))
        }
        code => Some(code),
    }
}

/// Stands for Ctrl-C in the table: the control character that it is.
const CTRL_C: KeyCode = KeyCode::Char('\u{3}');

/// What is worth most comes first: where the footer is narrow, the rest is left out.
pub(super) const TABLE: &[Binding] = &[
    Binding {
        keys: &[KeyCode::Char('y')],
        action: Action::Accept,
        help: ("y  n", "take what is offered, or do not"),
        hint: ("y", "take it"),
        works: is_asked,
        offered: is_asked,
    },
    Binding {
        keys: &[KeyCode::Char('n')],
        action: Action::Decline,
        help: ("", ""),
        hint: ("n", "decline"),
        works: is_asked,
        offered: is_asked,
    },
    Binding {
        keys: &[KeyCode::Enter],
        action: Action::Send,
        help: ("Enter", "send the held photo"),
        hint: ("Enter", "send"),
        works: in_room,
        offered: holds_photo,
    },
    Binding {
        keys: &[KeyCode::Esc],
        action: Action::Back,
        help: ("Esc", "throw it away; go back"),
        hint: ("Esc", "throw away"),
        works: in_room,
        offered: holds_photo,
    },
    Binding {
        keys: &[KeyCode::Esc],
        action: Action::Back,
        help: ("", ""),
        hint: ("Esc", "back"),
        works: in_other,
        offered: in_other,
    },
    Binding {
        keys: &[KeyCode::Char('s')],
        action: Action::Snap,
        help: ("s", "snap: take a photo, hold it"),
        hint: ("s", "snap"),
        works: always,
        offered: in_room,
    },
    Binding {
        keys: &[KeyCode::Char('S')],
        action: Action::SnapAndSend,
        help: ("S", "snap and send at once"),
        hint: ("S", "snap & send"),
        works: always,
        offered: may_snap,
    },
    Binding {
        keys: &[KeyCode::Up, KeyCode::Char('k')],
        action: Action::Up,
        help: ("↑  ↓", "choose a photo of the trail"),
        hint: ("", ""),
        works: always,
        offered: never,
    },
    Binding {
        keys: &[KeyCode::Down, KeyCode::Char('j')],
        action: Action::Down,
        help: ("", ""),
        hint: ("", ""),
        works: always,
        offered: never,
    },
    Binding {
        keys: &[KeyCode::Left],
        action: Action::Up,
        help: ("", ""),
        hint: ("←", "newer"),
        works: in_photo,
        offered: has_newer,
    },
    Binding {
        keys: &[KeyCode::Right],
        action: Action::Down,
        help: ("", ""),
        hint: ("→", "older"),
        works: in_photo,
        offered: has_older,
    },
    Binding {
        keys: &[KeyCode::Char('v')],
        action: Action::View,
        help: ("v", "view the chosen photo"),
        hint: ("v", "view"),
        works: always,
        offered: has_trail,
    },
    Binding {
        keys: &[KeyCode::Char('x')],
        action: Action::Cancel,
        help: ("x", "cancel the newest transfer"),
        hint: ("x", "cancel"),
        works: always,
        offered: is_busy,
    },
    Binding {
        keys: &[KeyCode::Char('i')],
        action: Action::Invite,
        help: ("i", "invite: show the room link"),
        hint: ("i", "invite"),
        works: always,
        offered: in_room,
    },
    Binding {
        keys: &[KeyCode::Char('?')],
        action: Action::Help,
        help: ("", ""),
        hint: ("?", "help"),
        works: always,
        offered: in_room,
    },
    Binding {
        keys: &[KeyCode::Char('c')],
        action: Action::Camera,
        help: ("c", "another camera"),
        hint: ("c", "camera"),
        works: always,
        offered: in_room,
    },
    Binding {
        keys: &[KeyCode::Char('q'), CTRL_C],
        action: Action::Quit,
        help: ("q", "quit; a held photo is kept"),
        hint: ("q", "quit"),
        works: always,
        offered: in_room,
    },
];

fn always(_: &App) -> bool {
    true
}

fn never(_: &App) -> bool {
    false
}

fn is_asked(app: &App) -> bool {
    app.transfers.asked().is_some()
}

fn is_busy(app: &App) -> bool {
    app.transfers.iter().len() > 0 && in_room(app)
}

fn in_room(app: &App) -> bool {
    matches!(app.screen, Screen::Room)
}

fn in_other(app: &App) -> bool {
    !in_room(app)
}

fn in_photo(app: &App) -> bool {
    matches!(app.screen, Screen::Photo { .. })
}

fn holds_photo(app: &App) -> bool {
    matches!(app.shot, Shot::Held(_)) && in_room(app)
}

fn may_snap(app: &App) -> bool {
    !holds_photo(app) && in_room(app)
}

fn has_trail(app: &App) -> bool {
    !app.trail.is_empty() && in_room(app)
}

fn has_newer(app: &App) -> bool {
    in_photo(app) && app.trail.chosen_at() > 0
}

fn has_older(app: &App) -> bool {
    in_photo(app) && app.trail.chosen_at() + 1 < app.trail.iter().len()
}
