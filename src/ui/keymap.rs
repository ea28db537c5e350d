//! The keys: one table of what each does, what the help says of it, and when the footer offers it.
//!
//! [`action`] looks a key up, `help` lists the table, `footer` shows the hints of what is offered
//! now: a key that is not here exists nowhere, and one that is here is explained everywhere. Where
//! text is typed another table holds, and every other letter is that letter; so it is where files
//! are chosen, and where a question has two answers.

use crate::app::files::{Kind, Order};
use crate::app::{Action, App, Picker, Remedy, Screen, Seat, Shot, Toward};
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

/// What a key asks for, if it means anything now. Held down, only arrows and letters repeat.
pub fn action(app: &App, key: KeyEvent) -> Option<Action> {
    let code = plain(key)?;
    let binding = table(app).find(|row| row.keys.contains(&code) && (row.works)(app));
    let action = match (binding, code) {
        (Some(binding), _) => binding.action,
        (None, KeyCode::Char(c)) if types(app) => Action::Type(c),
        (None, _) => return None,
    };
    let repeats = matches!(
        action,
        Action::Up
            | Action::Down
            | Action::PageUp
            | Action::PageDown
            | Action::Go(_)
            | Action::Type(_)
            | Action::Erase
    );
    match key.kind {
        KeyEventKind::Press => Some(action),
        KeyEventKind::Repeat if repeats => Some(action),
        KeyEventKind::Repeat | KeyEventKind::Release => None,
    }
}

/// The keys that hold now.
pub(super) fn table(app: &App) -> impl Iterator<Item = &'static Binding> {
    let (most, last) = match &app.screen {
        Screen::Join(_) => (PROMPT, [].as_slice()),
        Screen::Files(_) => (PICKER, [].as_slice()),
        Screen::Dropped(_) => (QUESTION, [].as_slice()),
        _ => all(app),
    };
    most.iter().chain(last)
}

/// The keys of the room, which the help tells.
pub(super) fn all(app: &App) -> (&'static [Binding], &'static [Binding]) {
    (TABLE, if app.seat == Seat::Own { LAST } else { LAST_ATTACHED })
}

/// The key without modifiers, in one form for all terminals: some report Shift and `s`, some
/// Shift and `S`, some `S` alone. Of other modifiers only Ctrl-C and Ctrl-W mean anything.
fn plain(key: KeyEvent) -> Option<KeyCode> {
    let modifiers = key.modifiers - KeyModifiers::SHIFT;
    match key.code {
        KeyCode::Char('c' | 'C') if modifiers == KeyModifiers::CONTROL => Some(CTRL_C),
        KeyCode::Char('w' | 'W') if modifiers == KeyModifiers::CONTROL => Some(CTRL_W),
        _ if !modifiers.is_empty() => None,
        KeyCode::Char(c) if key.modifiers.contains(KeyModifiers::SHIFT) => {
            Some(KeyCode::Char(c.to_ascii_uppercase()))
        }
        code => Some(code),
    }
}

/// Stands for Ctrl-C in the table: the control character that it is.
const CTRL_C: KeyCode = KeyCode::Char('\u{3}');
const CTRL_W: KeyCode = KeyCode::Char('\u{17}');

/// Where the words of a room are typed.
const PROMPT: &[Binding] = &[
    Binding {
        keys: &[KeyCode::Enter],
        action: Action::Submit,
        help: ("", ""),
        hint: ("Enter", "join"),
        works: always,
        offered: always,
    },
    Binding {
        keys: &[KeyCode::Tab],
        action: Action::Complete,
        help: ("", ""),
        hint: ("Tab", "complete"),
        works: always,
        offered: always,
    },
    Binding {
        keys: &[KeyCode::Esc],
        action: Action::Back,
        help: ("", ""),
        hint: ("Esc", "back"),
        works: always,
        offered: always,
    },
    Binding {
        keys: &[KeyCode::Backspace],
        action: Action::Erase,
        help: ("", ""),
        hint: ("", ""),
        works: always,
        offered: never,
    },
    Binding {
        keys: &[CTRL_W],
        action: Action::EraseWord,
        help: ("", ""),
        hint: ("", ""),
        works: always,
        offered: never,
    },
    Binding {
        keys: &[CTRL_C],
        action: Action::Quit,
        help: ("", ""),
        hint: ("", ""),
        works: always,
        offered: never,
    },
];

/// Where files are chosen.
const PICKER: &[Binding] = &[
    Binding {
        keys: &[KeyCode::Enter],
        action: Action::Submit,
        help: ("", ""),
        hint: ("Enter", "open"),
        works: chose_folder,
        offered: chose_folder,
    },
    Binding {
        keys: &[KeyCode::Enter],
        action: Action::Submit,
        help: ("", ""),
        hint: ("Enter", "send"),
        works: always,
        offered: may_send,
    },
    Binding {
        keys: &[KeyCode::Char(' ')],
        action: Action::Mark,
        help: ("", ""),
        hint: ("Space", "mark"),
        works: always,
        offered: lists_any,
    },
    Binding {
        keys: &[KeyCode::Esc],
        action: Action::Back,
        help: ("", ""),
        hint: ("Esc", "all again"),
        works: is_narrowed,
        offered: is_narrowed,
    },
    Binding {
        keys: &[KeyCode::Esc],
        action: Action::Back,
        help: ("", ""),
        hint: ("Esc", "back"),
        works: always,
        offered: is_whole,
    },
    Binding {
        keys: &[KeyCode::Left],
        action: Action::Parent,
        help: ("", ""),
        hint: ("←", "parent"),
        works: always,
        offered: always,
    },
    Binding {
        keys: &[KeyCode::Backspace],
        action: Action::Erase,
        help: ("", ""),
        hint: ("", ""),
        works: is_narrowed,
        offered: never,
    },
    Binding {
        keys: &[KeyCode::Backspace],
        action: Action::Parent,
        help: ("", ""),
        hint: ("", ""),
        works: is_whole,
        offered: never,
    },
    Binding {
        keys: &[KeyCode::Right],
        action: Action::Open,
        help: ("", ""),
        hint: ("", ""),
        works: always,
        offered: never,
    },
    Binding {
        keys: &[KeyCode::Tab],
        action: Action::Sort,
        help: ("", ""),
        hint: ("Tab", "newest first"),
        works: is_by_name,
        offered: is_by_name,
    },
    Binding {
        keys: &[KeyCode::Tab],
        action: Action::Sort,
        help: ("", ""),
        hint: ("Tab", "by name"),
        works: always,
        offered: is_newest_first,
    },
    Binding {
        keys: &[KeyCode::Char('.')],
        action: Action::Hidden,
        help: ("", ""),
        hint: (".", "hidden"),
        works: is_whole,
        offered: is_whole,
    },
    Binding {
        keys: &[KeyCode::Up],
        action: Action::Up,
        help: ("", ""),
        hint: ("", ""),
        works: always,
        offered: never,
    },
    Binding {
        keys: &[KeyCode::Down],
        action: Action::Down,
        help: ("", ""),
        hint: ("", ""),
        works: always,
        offered: never,
    },
    Binding {
        keys: &[KeyCode::PageUp],
        action: Action::PageUp,
        help: ("", ""),
        hint: ("", ""),
        works: always,
        offered: never,
    },
    Binding {
        keys: &[KeyCode::PageDown],
        action: Action::PageDown,
        help: ("", ""),
        hint: ("", ""),
        works: always,
        offered: never,
    },
    Binding {
        keys: &[KeyCode::Home],
        action: Action::First,
        help: ("", ""),
        hint: ("", ""),
        works: always,
        offered: never,
    },
    Binding {
        keys: &[KeyCode::End],
        action: Action::Last,
        help: ("", ""),
        hint: ("", ""),
        works: always,
        offered: never,
    },
    Binding {
        keys: &[CTRL_W],
        action: Action::EraseWord,
        help: ("", ""),
        hint: ("", ""),
        works: always,
        offered: never,
    },
    Binding {
        keys: &[CTRL_C],
        action: Action::Quit,
        help: ("", ""),
        hint: ("", ""),
        works: always,
        offered: never,
    },
];

/// Where it is asked whether something is to be sent.
const QUESTION: &[Binding] = &[
    Binding {
        keys: &[KeyCode::Enter],
        action: Action::Submit,
        help: ("", ""),
        hint: ("Enter", "send"),
        works: always,
        offered: always,
    },
    Binding {
        keys: &[KeyCode::Esc],
        action: Action::Back,
        help: ("", ""),
        hint: ("Esc", "do not"),
        works: always,
        offered: always,
    },
    Binding {
        keys: &[CTRL_C],
        action: Action::Quit,
        help: ("", ""),
        hint: ("", ""),
        works: always,
        offered: never,
    },
];

/// What is worth most comes first: where the footer is narrow, the rest is left out.
const TABLE: &[Binding] = &[
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
        keys: &[KeyCode::Char('f')],
        action: Action::Files,
        help: ("f", "send files: choose, or drop them"),
        hint: ("f", "files"),
        works: always,
        offered: in_room,
    },
    Binding {
        keys: &[KeyCode::Char('+'), KeyCode::Char('=')],
        action: Action::Closer,
        help: ("+  -", "look at it more closely, or less"),
        hint: ("+", "closer"),
        works: in_photo,
        offered: in_photo,
    },
    Binding {
        keys: &[KeyCode::Char('-')],
        action: Action::Farther,
        help: ("", ""),
        hint: ("-", "farther"),
        works: in_photo,
        offered: is_close,
    },
    Binding {
        keys: &[KeyCode::Left],
        action: Action::Go(Toward::Left),
        help: ("", ""),
        hint: ("←↑↓→", "move"),
        works: is_close,
        offered: is_close,
    },
    Binding {
        keys: &[KeyCode::Right],
        action: Action::Go(Toward::Right),
        help: ("", ""),
        hint: ("", ""),
        works: is_close,
        offered: never,
    },
    Binding {
        keys: &[KeyCode::Up],
        action: Action::Go(Toward::Up),
        help: ("", ""),
        hint: ("", ""),
        works: is_close,
        offered: never,
    },
    Binding {
        keys: &[KeyCode::Down],
        action: Action::Go(Toward::Down),
        help: ("", ""),
        hint: ("", ""),
        works: is_close,
        offered: never,
    },
    Binding {
        keys: &[KeyCode::Up],
        action: Action::Up,
        help: ("↑  ↓", "choose a photo of the trail"),
        hint: ("", ""),
        works: always,
        offered: never,
    },
    Binding {
        keys: &[KeyCode::Down],
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
        keys: &[KeyCode::Char('p')],
        action: Action::Transfers,
        help: ("p", "what waits, is under way, is done"),
        hint: ("p", "transfers"),
        works: always,
        offered: has_transfers,
    },
    Binding {
        keys: &[KeyCode::Char(' ')],
        action: Action::GoOn,
        help: ("", ""),
        hint: ("Space", "go on"),
        works: may_go_on,
        offered: may_go_on,
    },
    Binding {
        keys: &[KeyCode::Char(' ')],
        action: Action::Rest,
        help: ("Space", "at p: pause, or have it go on"),
        hint: ("Space", "pause"),
        works: in_transfers,
        offered: may_rest,
    },
    Binding {
        keys: &[KeyCode::Enter],
        action: Action::Again,
        help: ("", ""),
        hint: ("Enter", "send again"),
        works: in_transfers,
        offered: may_send_again,
    },
    Binding {
        keys: &[KeyCode::Char('x')],
        action: Action::Cancel,
        help: ("", ""),
        hint: ("x", "cancel"),
        works: in_transfers,
        offered: may_cancel,
    },
    Binding {
        keys: &[KeyCode::Char('w')],
        action: Action::Widen,
        help: ("w", "at p: send to whoever joins, too"),
        hint: ("w", "to joiners too"),
        works: may_widen,
        offered: may_widen,
    },
    Binding {
        keys: &[KeyCode::Tab],
        action: Action::NextAddress,
        help: ("", ""),
        hint: ("Tab", "another address"),
        works: has_addresses,
        offered: has_addresses,
    },
    Binding {
        keys: &[KeyCode::Char('a')],
        action: Action::Strokes,
        help: ("", ""),
        hint: ("a", "in ASCII, or not"),
        works: in_invitation,
        offered: in_invitation,
    },
    Binding {
        keys: &[KeyCode::Char('i')],
        action: Action::Invite,
        help: ("i", "invite: a code for phones, the words and the link"),
        hint: ("i", "invite"),
        works: always,
        offered: in_room,
    },
    Binding {
        keys: &[KeyCode::Char(' ')],
        action: Action::Mark,
        help: ("", ""),
        hint: ("Space", "choose"),
        works: sees_who,
        offered: may_trust,
    },
    Binding {
        keys: &[KeyCode::Char('t')],
        action: Action::Trust,
        help: ("", ""),
        hint: ("t", "trust, or not"),
        works: sees_who,
        offered: may_trust,
    },
    Binding {
        keys: &[KeyCode::Char('t')],
        action: Action::Who,
        help: ("t", "who is here, whom you trust and send to"),
        hint: ("t", "who"),
        works: always,
        offered: has_peers,
    },
    Binding {
        keys: &[KeyCode::Char('j')],
        action: Action::Join,
        help: ("j", "join another room"),
        hint: ("j", "join"),
        works: always,
        offered: is_alone,
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
        keys: &[KeyCode::Char('l')],
        action: Action::Line,
        help: ("l", "how fast the line to this terminal is"),
        hint: ("", ""),
        works: always,
        offered: never,
    },
];

/// How one ends it, and what is told behind that or before.
const LAST: &[Binding] = &[CAMERA, QUIT];
/// The same where the program is a daemon's, and goes on without a terminal.
const LAST_ATTACHED: &[Binding] = &[
    Binding {
        keys: &[KeyCode::Char('d')],
        action: Action::Detach,
        help: ("d", "detach: the room stays open"),
        hint: ("d", "detach"),
        works: always,
        offered: in_room,
    },
    Binding { help: ("q", "end the room; a held photo is kept"), hint: ("q", "end room"), ..QUIT },
    CAMERA,
];

const CAMERA: Binding = Binding {
    keys: &[KeyCode::Char('c')],
    action: Action::Camera,
    help: ("c", "another camera"),
    hint: ("c", "camera"),
    works: always,
    offered: in_room,
};

const QUIT: Binding = Binding {
    keys: &[KeyCode::Char('q'), CTRL_C],
    action: Action::Quit,
    help: ("q", "quit; a held photo is kept"),
    hint: ("q", "quit"),
    works: always,
    offered: in_room,
};

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

fn is_close(app: &App) -> bool {
    matches!(app.screen, Screen::Photo { zoom, .. } if zoom.is_close())
}

/// Whether letters are letters.
fn types(app: &App) -> bool {
    matches!(app.screen, Screen::Join(_) | Screen::Files(_))
}

fn picks(app: &App, so: impl Fn(&Picker) -> bool) -> bool {
    matches!(&app.screen, Screen::Files(picker) if so(picker))
}

fn chose_folder(app: &App) -> bool {
    picks(app, |picker| {
        let folder = picker.chosen().filter(|entry| entry.kind == Kind::Folder);
        folder.is_some_and(|folder| !picker.is_marked(folder))
    })
}

fn may_send(app: &App) -> bool {
    lists_any(app) && !chose_folder(app)
}

fn lists_any(app: &App) -> bool {
    picks(app, |picker| picker.chosen().is_some() || !picker.marked.is_empty())
}

fn is_narrowed(app: &App) -> bool {
    picks(app, |picker| !picker.narrow.is_empty())
}

fn is_whole(app: &App) -> bool {
    !is_narrowed(app)
}

fn is_by_name(app: &App) -> bool {
    picks(app, |picker| picker.order == Order::Name)
}

fn is_newest_first(app: &App) -> bool {
    !is_by_name(app)
}

fn sees_who(app: &App) -> bool {
    matches!(app.screen, Screen::Who { .. })
}

fn in_invitation(app: &App) -> bool {
    matches!(app.screen, Screen::Invite(_)) && !app.room.links().is_empty()
}

fn has_addresses(app: &App) -> bool {
    in_invitation(app) && app.room.links().len() > 1
}

fn in_transfers(app: &App) -> bool {
    matches!(app.screen, Screen::Transfers { .. })
}

fn has_transfers(app: &App) -> bool {
    in_room(app) && app.is_busy()
}

fn may_rest(app: &App) -> bool {
    app.has(Remedy::Rest)
}

fn may_go_on(app: &App) -> bool {
    app.has(Remedy::GoOn)
}

fn may_send_again(app: &App) -> bool {
    app.has(Remedy::Again)
}

fn may_cancel(app: &App) -> bool {
    app.has(Remedy::Cancel)
}

fn may_widen(app: &App) -> bool {
    app.has(Remedy::Widen)
}

fn has_peers(app: &App) -> bool {
    in_room(app) && app.room.peers().next().is_some()
}

fn may_trust(app: &App) -> bool {
    sees_who(app) && app.room.peers().next().is_some()
}

fn is_alone(app: &App) -> bool {
    in_room(app) && app.room.peers().next().is_none()
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
    in_photo(app) && !is_close(app) && app.trail.chosen_at() > 0
}

fn has_older(app: &App) -> bool {
    in_photo(app) && !is_close(app) && app.trail.chosen_at() + 1 < app.trail.iter().len()
}
