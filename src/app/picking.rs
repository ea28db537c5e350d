//! What keys make of the picker, and what becomes of the files that are chosen there.
//!
//! ```text
//! f ──► Look(Folder) ──► Looked ──► the list
//!       Look(Picture) ─► Looked ──► the picture beside it
//! Enter ► Pack ────────► Packed ──► a parcel, or why there is none
//! ```

use super::files::{Kind, Look, LookId, Seen};
use super::picker::{Beside, Listing, Picker};
use super::{Action, App, Effect, Mood, Packed, Picture, Screen};
use std::path::{Path, PathBuf};
use std::time::Instant;

impl App {
    /// Opens the picker where it was last.
    pub(super) fn pick(&mut self) -> Vec<Effect> {
        self.screen = Screen::Files(Box::new(Picker::new(self.picked_in.clone())));
        self.read_folder()
    }

    /// Does what is asked of the picker; `None` if that is nothing of its own.
    pub(super) fn act_in_picker(&mut self, action: Action, now: Instant) -> Option<Vec<Effect>> {
        let Screen::Files(picker) = &mut self.screen else { return None };
        match action {
            Action::Up => picker.step(-1),
            Action::Down => picker.step(1),
            Action::PageUp => picker.step(-PAGE),
            Action::PageDown => picker.step(PAGE),
            Action::First => picker.step(isize::MIN),
            Action::Last => picker.step(isize::MAX),
            Action::Mark => {
                if let Err(why) = picker.mark() {
                    self.notices.say(Mood::Info, why, now);
                }
            }
            Action::Type(c) => return Some(self.narrow(|narrow| narrow.push(c))),
            Action::Erase => {
                return Some(self.narrow(|narrow| {
                    narrow.pop();
                }));
            }
            Action::EraseWord => return Some(self.narrow(String::clear)),
            Action::Back if !picker.narrow.is_empty() => return Some(self.narrow(String::clear)),
            Action::Hidden => {
                picker.hidden = picker.hidden.other();
                return Some(self.read_folder());
            }
            Action::Sort => {
                picker.order = picker.order.other();
                return Some(self.read_folder());
            }
            Action::Parent => {
                let folder = picker.folder().map(Path::to_owned);
                let parent = folder.as_deref().map_or(Some(Path::new("/")), Path::parent);
                let Some(parent) = parent.map(Path::to_owned) else { return Some(Vec::new()) };
                let from = folder.as_deref().and_then(Path::file_name).map(ToOwned::to_owned);
                picker.go(parent, from);
                return Some(self.read_folder());
            }
            Action::Open => {
                let chosen = picker.chosen().filter(|entry| entry.kind == Kind::Folder);
                let Some(folder) = chosen.map(|entry| picker.path_of(entry)) else {
                    return Some(Vec::new());
                };
                picker.go(folder, None);
                return Some(self.read_folder());
            }
            Action::Submit => return Some(self.take_chosen(now)),
            _ => return None,
        }
        Some(self.look_beside())
    }

    /// Opens the chosen folder, or sends the chosen file, or all that are marked.
    fn take_chosen(&mut self, now: Instant) -> Vec<Effect> {
        let Screen::Files(picker) = &mut self.screen else { return Vec::new() };
        let chosen = picker.chosen();
        match chosen.map(|entry| entry.kind) {
            Some(Kind::Folder) if chosen.is_some_and(|entry| !picker.is_marked(entry)) => {
                self.act_in_picker(Action::Open, now).unwrap_or_default()
            }
            _ if !picker.marked.is_empty() => {
                let paths = picker.marked.iter().map(|marked| marked.path.clone()).collect();
                self.send_paths(paths, now)
            }
            Some(Kind::Refused(why)) => {
                let text = chosen.map(|entry| why.sentence(&entry.text)).unwrap_or_default();
                self.notices.say(Mood::Info, text, now);
                Vec::new()
            }
            _ => {
                let paths = chosen.map(|entry| picker.path_of(entry)).into_iter().collect();
                self.send_paths(paths, now)
            }
        }
    }

    /// Sends these, if anything can be sent now.
    pub(super) fn send_paths(&mut self, paths: Vec<PathBuf>, now: Instant) -> Vec<Effect> {
        if paths.is_empty() {
            return Vec::new();
        }
        if let Some((mood, why)) = self.objection() {
            self.notices.say(mood, why, now);
            return Vec::new();
        }
        self.screen = Screen::Room;
        vec![Effect::Pack(paths)]
    }

    /// A file can be sent, or it is said why not.
    pub(super) fn handle_packed(
        &mut self,
        packed: Result<Packed, String>,
        now: Instant,
    ) -> Vec<Effect> {
        match packed {
            Ok(Packed { parcel, told }) => {
                let effects = self.hand_over(parcel, now).map(|(_, it)| it).unwrap_or_default();
                if let Some(told) = told {
                    self.notices.say(Mood::Info, told, now);
                }
                effects
            }
            Err(why) => {
                self.notices.say(Mood::Bad, why, now);
                Vec::new()
            }
        }
    }

    /// What was looked at is there to see. What is not waited for any more is forgotten.
    pub(super) fn handle_looked(&mut self, look: LookId, seen: Seen, now: Instant) -> Vec<Effect> {
        match (seen, &mut self.screen) {
            (Seen::Paths(readings), _) => self.handle_known(look, &readings, now),
            (Seen::Folder(found), Screen::Files(picker)) => {
                if !picker.found(look, found, now) {
                    return Vec::new();
                }
                if picker.listing == Listing::Read {
                    self.picked_in = picker.folder().map(Path::to_owned);
                }
                self.look_beside()
            }
            (Seen::Picture(picture), Screen::Files(picker)) => {
                if let Some(beside) = picker.beside.as_mut().filter(|it| it.look == look) {
                    beside.picture = match picture {
                        Ok(picture) => Picture::Ready(picture),
                        Err(why) => Picture::Unreadable(why),
                    };
                }
                Vec::new()
            }
            (Seen::Folder(_) | Seen::Picture(_), _) => Vec::new(),
        }
    }

    /// Has the folder of the picker read.
    fn read_folder(&mut self) -> Vec<Effect> {
        let look = LookId(self.take_id());
        let Screen::Files(picker) = &mut self.screen else { return Vec::new() };
        let query = picker.read(look);
        vec![Effect::Look { look, at: Look::Folder(query) }]
    }

    /// Changes what the list is narrowed to.
    fn narrow(&mut self, edit: impl FnOnce(&mut String)) -> Vec<Effect> {
        let Screen::Files(picker) = &mut self.screen else { return Vec::new() };
        if picker.edit(edit) { self.look_beside() } else { self.read_folder() }
    }

    /// Has the picture of the chosen entry looked for, unless that is done already.
    fn look_beside(&mut self) -> Vec<Effect> {
        let look = LookId(self.take_id());
        let Screen::Files(picker) = &mut self.screen else { return Vec::new() };
        let chosen = picker.chosen().filter(|entry| entry.may_be_picture());
        let Some(path) = chosen.map(|entry| picker.path_of(entry)) else {
            picker.beside = None;
            return Vec::new();
        };
        if picker.beside.as_ref().is_some_and(|beside| beside.path == path) {
            return Vec::new();
        }
        picker.beside = Some(Beside { path: path.clone(), look, picture: Picture::Pending });
        vec![Effect::Look { look, at: Look::Picture(path) }]
    }
}

/// As many entries as any screen shows.
const PAGE: isize = 10;
