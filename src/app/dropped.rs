//! Paths that are dropped on the terminal, or typed: they are looked at, and then the person is
//! asked, or they are sent.

use super::files::{Kind, Known, Look, LookId};
use super::pasted::{PATHS_MAX, is_path, readings};
use super::{Action, App, Effect, Mood, Screen, Seat};
use crate::text::PathText;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// What is to be sent, if the person says so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dropped {
    /// What, in the order in which it came.
    pub files: Vec<DroppedFile>,
}

/// A file or a folder that was dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DroppedFile {
    /// Where it lies.
    pub path: PathBuf,
    /// What it is called.
    pub text: PathText,
    /// What it is.
    pub kind: Kind,
}

/// Paths that are being looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named {
    look: LookId,
    then: Then,
}

/// What becomes of paths that lead to files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    /// The person is asked.
    Ask,
    /// They are sent.
    Send,
}

impl App {
    /// A text was pasted: where text is typed it is typed, elsewhere it may be paths of files.
    pub(super) fn handle_pasted(&mut self, text: &str, now: Instant) -> Vec<Effect> {
        if let Screen::Join(prompt) = &mut self.screen {
            let typed = |c: char| if c.is_whitespace() { ' ' } else { c };
            text.chars().for_each(|c| prompt.push(typed(c)));
            return Vec::new();
        }
        self.name(text, Then::Ask, now)
    }

    /// Files of these paths are to be sent.
    pub(super) fn handle_paths(&mut self, text: &str, now: Instant) -> Vec<Effect> {
        self.name(text, Then::Send, now)
    }

    fn name(&mut self, text: &str, then: Then, now: Instant) -> Vec<Effect> {
        let readings = readings(text);
        // A terminal that drops file by file pastes as often.
        if readings.is_empty() || self.named.len() >= PATHS_MAX {
            self.say_what_is_read(then, now);
            return Vec::new();
        }
        let look = LookId(self.take_id());
        self.named.push(Named { look, then });
        vec![Effect::Look { look, at: Look::Paths(readings) }]
    }

    /// It is known what is at paths that were named.
    pub(super) fn handle_known(
        &mut self,
        look: LookId,
        readings: &[Vec<Known>],
        now: Instant,
    ) -> Vec<Effect> {
        let Some(at) = self.named.iter().position(|named| named.look == look) else {
            return Vec::new();
        };
        let then = self.named.remove(at).then;
        let is_there = |reading: &&Vec<Known>| reading.iter().all(|known| known.kind.is_some());
        let Some(reading) = readings.iter().find(is_there) else {
            match missing(readings, then) {
                Some(path) => {
                    let text = format!("no such file on this machine: {}", PathText::of(path));
                    self.notices.say(Mood::Bad, text, now);
                }
                None => self.say_what_is_read(then, now),
            }
            return Vec::new();
        };
        let mut files = Vec::new();
        for Known { path, kind } in reading {
            let text = PathText::of(path.file_name().unwrap_or(path.as_os_str()));
            match kind {
                Some(Kind::Refused(why)) => {
                    self.notices.say(Mood::Bad, why.sentence(&text), now);
                    return Vec::new();
                }
                Some(kind) => files.push(DroppedFile { path: path.clone(), text, kind: *kind }),
                None => {}
            }
        }
        match then {
            Then::Send => self.send_all(files, now),
            Then::Ask => {
                self.ask_about(files);
                Vec::new()
            }
        }
    }

    /// Does what is asked of the question; `None` if that is nothing of its own.
    pub(super) fn act_on_dropped(&mut self, action: Action, now: Instant) -> Option<Vec<Effect>> {
        let Screen::Dropped(dropped) = &self.screen else { return None };
        if action != Action::Submit {
            return None;
        }
        let files = dropped.files.clone();
        Some(self.send_all(files, now))
    }

    fn send_all(&mut self, files: Vec<DroppedFile>, now: Instant) -> Vec<Effect> {
        self.send_paths(files.into_iter().map(|file| file.path).collect(), now)
    }

    /// Asks whether these are to be sent, with those that are asked about already.
    fn ask_about(&mut self, files: Vec<DroppedFile>) {
        // Nobody is there to answer, or something else is being typed.
        if self.seat == Seat::Empty || matches!(self.screen, Screen::Join(_)) {
            return;
        }
        if !matches!(self.screen, Screen::Dropped(_)) {
            self.screen = Screen::Dropped(Dropped::default());
        }
        let Screen::Dropped(dropped) = &mut self.screen else { return };
        for file in files {
            let is_new = dropped.files.iter().all(|known| known.path != file.path);
            if is_new && dropped.files.len() < PATHS_MAX {
                dropped.files.push(file);
            }
        }
    }

    fn say_what_is_read(&mut self, then: Then, now: Instant) {
        let text = match then {
            Then::Ask => PASTED,
            Then::Send => TYPED,
        };
        self.notices.say(Mood::Info, text, now);
    }
}

/// The path that is missed, if these are paths at all: of words that are none, nothing is told on.
fn missing(readings: &[Vec<Known>], then: Then) -> Option<&Path> {
    let meant = |reading: &&Vec<Known>| {
        then == Then::Send || reading.iter().all(|known| is_path(&known.path))
    };
    let mut known = readings.iter().find(meant)?.iter();
    known.find(|known| known.kind.is_none()).map(|known| known.path.as_path())
}

const PASTED: &str = "only paths of files are read when pasted here, to send them; j takes a room";
const TYPED: &str = "send, then the paths of up to 64 files";
