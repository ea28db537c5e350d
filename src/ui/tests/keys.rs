//! What keys and the mouse ask for.

use super::world::{World, flat};
use crate::app::camera::CameraKind;
use crate::app::{Action, Event, Seat};
use crate::path::PathKind;
use crate::ui::{keymap, mouse};
use crossterm::event::{
    KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use ratatui::layout::Rect;

fn press(world: &World, code: KeyCode, modifiers: KeyModifiers) -> Option<Action> {
    keymap::action(&world.app, KeyEvent::new(code, modifiers))
}

fn key(world: &World, code: KeyCode) -> Option<Action> {
    press(world, code, KeyModifiers::NONE)
}

fn world() -> World {
    let mut world = World::joined(1);
    world.see("a camera", CameraKind::Device, flat(4, 4, [0; 3]));
    world.open(0, "Ann", PathKind::Direct, 12);
    world
}

#[test]
fn each_key_asks_for_its_action() {
    let world = world();
    for (code, action) in [
        (KeyCode::Char('s'), Action::Snap),
        (KeyCode::Char('S'), Action::SnapAndSend),
        (KeyCode::Enter, Action::Send),
        (KeyCode::Esc, Action::Back),
        (KeyCode::Char('v'), Action::View),
        (KeyCode::Up, Action::Up),
        (KeyCode::Down, Action::Down),
        (KeyCode::Char('j'), Action::Join),
        (KeyCode::Char('t'), Action::Who),
        (KeyCode::Char('p'), Action::Transfers),
        (KeyCode::Char('f'), Action::Files),
        (KeyCode::Char('x'), Action::Cancel),
        (KeyCode::Char('c'), Action::Camera),
        (KeyCode::Char('i'), Action::Invite),
        (KeyCode::Char('?'), Action::Help),
        (KeyCode::Char('q'), Action::Quit),
    ] {
        assert_eq!(key(&world, code), Some(action), "{code}");
    }
    assert_eq!(key(&world, KeyCode::Char('z')), None);
}

#[test]
fn a_terminal_is_detached_only_where_it_is_attached() {
    let mut world = world();
    assert_eq!(key(&world, KeyCode::Char('d')), None);
    world.update(Event::Seat(Seat::Attached));
    assert_eq!(key(&world, KeyCode::Char('d')), Some(Action::Detach));
    assert_eq!(key(&world, KeyCode::Char('q')), Some(Action::Quit));
    assert_eq!(key(&world, KeyCode::Char('c')), Some(Action::Camera));
}

#[test]
fn shift_is_understood_however_the_terminal_tells_of_it() {
    let world = world();
    for (code, modifiers, action) in [
        (KeyCode::Char('S'), KeyModifiers::NONE, Some(Action::SnapAndSend)),
        (KeyCode::Char('S'), KeyModifiers::SHIFT, Some(Action::SnapAndSend)),
        (KeyCode::Char('s'), KeyModifiers::SHIFT, Some(Action::SnapAndSend)),
        (KeyCode::Char('?'), KeyModifiers::SHIFT, Some(Action::Help)),
        (KeyCode::Char('c'), KeyModifiers::CONTROL, Some(Action::Quit)),
        (KeyCode::Char('s'), KeyModifiers::CONTROL, None),
        (KeyCode::Char('q'), KeyModifiers::ALT, None),
    ] {
        assert_eq!(press(&world, code, modifiers), action, "{modifiers} {code}");
    }
}

#[test]
fn where_text_is_typed_letters_are_letters() {
    let mut world = world();
    world.act(Action::Join);
    for (code, action) in [
        (KeyCode::Char('s'), Action::Type('s')),
        (KeyCode::Char('q'), Action::Type('q')),
        (KeyCode::Char(' '), Action::Type(' ')),
        (KeyCode::Tab, Action::Complete),
        (KeyCode::Backspace, Action::Erase),
        (KeyCode::Enter, Action::Submit),
        (KeyCode::Esc, Action::Back),
    ] {
        assert_eq!(key(&world, code), Some(action), "{code}");
    }
    assert_eq!(key(&world, KeyCode::Up), None);
    let control = |c| press(&world, KeyCode::Char(c), KeyModifiers::CONTROL);
    assert_eq!(control('w'), Some(Action::EraseWord));
    assert_eq!(control('c'), Some(Action::Quit));
    assert_eq!(press(&world, KeyCode::Char('C'), KeyModifiers::SHIFT), Some(Action::Type('C')));
}

#[test]
fn a_question_is_answered_only_when_there_is_one() {
    let mut world = world();
    assert_eq!(key(&world, KeyCode::Char('y')), None);
    world.offer(0, "a.pdf", "application/pdf", 1);
    assert_eq!(key(&world, KeyCode::Char('y')), Some(Action::Accept));
    assert_eq!(key(&world, KeyCode::Char('n')), Some(Action::Decline));
}

#[test]
fn space_does_what_there_is_to_do_where_one_is() {
    let mut world = world();
    assert_eq!(key(&world, KeyCode::Char(' ')), None);
    world.act(Action::Who);
    assert_eq!(key(&world, KeyCode::Char(' ')), Some(Action::Mark));
    world.act(Action::Transfers);
    assert_eq!(key(&world, KeyCode::Char(' ')), Some(Action::Rest));
    assert_eq!(key(&world, KeyCode::Enter), Some(Action::Again));
    assert_eq!(key(&world, KeyCode::Char('x')), Some(Action::Cancel));
}

#[test]
fn where_files_are_chosen_letters_narrow_the_list_and_the_first_dot_shows_hidden_ones() {
    let mut world = world();
    world.picks();
    for (code, action) in [
        (KeyCode::Char('s'), Action::Type('s')),
        (KeyCode::Char('q'), Action::Type('q')),
        (KeyCode::Char('.'), Action::Hidden),
        (KeyCode::Char(' '), Action::Mark),
        (KeyCode::Enter, Action::Submit),
        (KeyCode::Backspace, Action::Parent),
        (KeyCode::Left, Action::Parent),
        (KeyCode::Right, Action::Open),
        (KeyCode::Tab, Action::Sort),
        (KeyCode::PageDown, Action::PageDown),
        (KeyCode::Home, Action::First),
        (KeyCode::Esc, Action::Back),
    ] {
        assert_eq!(key(&world, code), Some(action), "{code}");
    }
    world.act(Action::Type('a'));
    assert_eq!(key(&world, KeyCode::Char('.')), Some(Action::Type('.')));
    assert_eq!(key(&world, KeyCode::Backspace), Some(Action::Erase));
    let control = |c| press(&world, KeyCode::Char(c), KeyModifiers::CONTROL);
    assert_eq!((control('w'), control('c')), (Some(Action::EraseWord), Some(Action::Quit)));
}

#[test]
fn where_it_is_asked_whether_to_send_enter_does_esc_does_not_and_letters_are_no_keys() {
    let mut world = world();
    world.drops();
    assert_eq!(key(&world, KeyCode::Enter), Some(Action::Submit));
    assert_eq!(key(&world, KeyCode::Esc), Some(Action::Back));
    assert_eq!(key(&world, KeyCode::Char('s')), None);
    assert_eq!(key(&world, KeyCode::Char('q')), None);
}

#[test]
fn left_and_right_go_along_the_trail_on_the_full_screen() {
    let mut world = world();
    world.receive(0, "a.jpg", 1, flat(4, 4, [0; 3]));
    assert_eq!(key(&world, KeyCode::Left), None);
    world.act(Action::View);
    assert_eq!(key(&world, KeyCode::Left), Some(Action::Up));
    assert_eq!(key(&world, KeyCode::Right), Some(Action::Down));
    // A photo is sent only where it is seen.
    assert_eq!(key(&world, KeyCode::Enter), None);
}

#[test]
fn a_key_held_down_takes_one_photo_but_moves_on() {
    let world = world();
    let held = |code, kind| {
        keymap::action(&world.app, KeyEvent::new_with_kind(code, KeyModifiers::NONE, kind))
    };
    assert_eq!(held(KeyCode::Char('s'), KeyEventKind::Repeat), None);
    assert_eq!(held(KeyCode::Down, KeyEventKind::Repeat), Some(Action::Down));
    assert_eq!(held(KeyCode::Down, KeyEventKind::Release), None);
}

#[test]
fn a_click_on_a_hint_does_what_it_says() {
    let world = world();
    let mouse = |kind, column, row| {
        let event = MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
        mouse::action(&world.app, Rect::new(0, 0, 80, 24), event)
    };
    let click = MouseEventKind::Down(MouseButton::Left);
    assert_eq!(mouse(click, 1, 23), Some(Action::Snap));
    assert_eq!(mouse(click, 9, 23), Some(Action::SnapAndSend));
    assert_eq!(mouse(click, 0, 23), None);
    assert_eq!(mouse(click, 1, 22), None);
    assert_eq!(mouse(MouseEventKind::ScrollUp, 1, 1), Some(Action::Up));
    assert_eq!(mouse(MouseEventKind::ScrollDown, 1, 1), Some(Action::Down));
}
