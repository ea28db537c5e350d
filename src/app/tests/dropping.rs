//! Paths that are dropped on the terminal, or typed.

use super::*;
use crate::app::files::{Kind, Known, Look, LookId, Refused, Seen};
use std::path::Path;

const FILE: Kind = Kind::File { size: 7 };

impl World {
    fn looks_at(&mut self) -> (LookId, Vec<Vec<PathBuf>>) {
        match self.asked().pop() {
            Some(Effect::Look { look, at: Look::Paths(readings) }) => (look, readings),
            other => panic!("{other:?}"),
        }
    }

    /// It turns out what is at the paths that are being looked at; nothing is at others.
    fn knows(&mut self, there: &[(&str, Kind)]) {
        let (look, readings) = self.looks_at();
        let known = |path: PathBuf| {
            let found = there.iter().find(|(there, _)| path == Path::new(there));
            Known { path, kind: found.map(|(_, kind)| *kind) }
        };
        let readings = readings.into_iter().map(|all| all.into_iter().map(known).collect());
        let seen = Seen::Paths(readings.collect());
        self.update(Event::Looked { look, seen });
    }

    fn pastes(&mut self, text: &str, there: &[(&str, Kind)]) {
        self.update(Event::Pasted(text.into()));
        self.knows(there);
    }

    /// What is asked about.
    fn asks_about(&self) -> Vec<&str> {
        match &self.app.screen {
            Screen::Dropped(dropped) => dropped.files.iter().map(|it| it.text.as_str()).collect(),
            _ => Vec::new(),
        }
    }
}

fn here() -> World {
    let (mut world, _) = World::with_ben();
    world.asked();
    world
}

#[test]
fn dropped_files_are_asked_about_and_sent_by_enter() {
    let mut world = here();
    world.pastes(r"/a/my\ photo.jpg /b", &[("/a/my photo.jpg", FILE), ("/b", Kind::Folder)]);
    assert_eq!(world.asks_about(), ["my photo.jpg", "b"]);
    world.act(Action::Submit);
    let packed = world.asked();
    let [Effect::Pack(paths)] = &packed[..] else { panic!("{packed:?}") };
    assert_eq!(paths, &[PathBuf::from("/a/my photo.jpg"), "/b".into()]);
    assert!(matches!(world.app.screen, Screen::Room));
}

#[test]
fn esc_sends_nothing() {
    let mut world = here();
    world.pastes("/a", &[("/a", FILE)]);
    world.act(Action::Back);
    assert!(world.asked().is_empty() && matches!(world.app.screen, Screen::Room));
}

#[test]
fn files_that_are_dropped_one_by_one_are_asked_about_together_and_once() {
    let mut world = here();
    for path in ["/a", "/b", "/a"] {
        world.pastes(path, &[("/a", FILE), ("/b", FILE)]);
    }
    assert_eq!(world.asks_about(), ["a", "b"]);
    // Even if all are dropped before the first is looked at.
    world.update(Event::Pasted("/c".into()));
    let (first, _) = world.looks_at();
    world.pastes("/d", &[("/d", FILE)]);
    let known = Known { path: "/c".into(), kind: Some(FILE) };
    world.update(Event::Looked { look: first, seen: Seen::Paths(vec![vec![known]]) });
    assert_eq!(world.asks_about(), ["a", "b", "d", "c"]);
}

#[test]
fn a_path_with_spaces_and_without_quotes_is_one_if_that_is_there() {
    let mut world = here();
    world.pastes("/a/my photo.jpg ", &[("/a/my photo.jpg", FILE), ("/a/my", FILE)]);
    assert_eq!(world.asks_about(), ["my photo.jpg"]);
}

#[test]
fn a_path_of_another_machine_is_not_found_on_this_one() {
    let missing = |text: &str| {
        let mut world = here();
        world.pastes(text, &[("/here", FILE)]);
        assert!(world.asks_about().is_empty());
        world.notice().to_owned()
    };
    assert_eq!(missing("/there"), "no such file on this machine: /there");
    assert_eq!(missing("/here /there"), "no such file on this machine: /there");
    assert_eq!(missing("/a/my photo.jpg"), "no such file on this machine: /a/my photo.jpg");
    assert_eq!(missing(r"C:\a\b c.jpg"), r"no such file on this machine: C:\a\b c.jpg");
    assert_eq!(missing("/a\u{1b}[31m\u{202e}b"), "no such file on this machine: /ab");
}

#[test]
fn any_other_paste_is_not_sent_nor_told_on() {
    for text in ["crane velvet orbit ladder energy quick", LINK, "rm -rf /", "a.txt"] {
        let mut world = here();
        world.pastes(text, &[("/", Kind::Folder)]);
        assert!(world.asks_about().is_empty());
        assert!(world.notice().starts_with("only paths of files"), "{text:?}: {}", world.notice());
    }
    let mut world = here();
    world.update(Event::Pasted(String::new()));
    assert!(world.notice().starts_with("only paths of files"));
    assert!(world.asked().is_empty());
}

#[test]
fn what_never_goes_out_is_not_asked_about() {
    let mut world = here();
    world.pastes("/a /null", &[("/a", FILE), ("/null", Kind::Refused(Refused::NotFile))]);
    assert!(world.asks_about().is_empty());
    assert_eq!(world.notice(), "null is not a file: devices, pipes and sockets are not sent");
}

#[test]
fn where_a_room_is_typed_a_paste_is_typed() {
    let mut world = here();
    world.act(Action::Join);
    world.update(Event::Pasted("crane\nvelvet".into()));
    let Screen::Join(prompt) = &world.app.screen else { panic!("it is left") };
    assert_eq!(prompt.text(), "crane velvet");
    assert!(world.asked().is_empty());
}

#[test]
fn typed_paths_are_sent_without_a_question() {
    let mut world = here();
    world.update(Event::Paths("'b c.txt'".into()));
    world.knows(&[("b c.txt", FILE)]);
    assert!(
        matches!(&world.asked()[..], [Effect::Pack(paths)] if paths == &[PathBuf::from("b c.txt")])
    );
    world.update(Event::Paths("gone.txt".into()));
    world.knows(&[]);
    assert_eq!(world.notice(), "no such file on this machine: gone.txt");
}

#[test]
fn where_nobody_sits_nothing_is_asked() {
    let mut world = here();
    world.update(Event::Pasted("/a".into()));
    world.app.seat = Seat::Empty;
    world.knows(&[("/a", FILE)]);
    assert!(matches!(world.app.screen, Screen::Room));
}
