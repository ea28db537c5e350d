//! What is shown over or instead of the room, and what is chosen there.

use super::join::Prompt;
use super::{
    App, Author, Dropped, Effect, Item, ItemId, Listed, Mood, Picker, Picture, PictureSize, Row,
    Run, Shot, Zoom,
};
use crate::picture::RgbImage;
use std::sync::Arc;
use std::time::Instant;

/// What is shown.
#[derive(Debug, Clone)]
pub enum Screen {
    /// The room.
    Room,
    /// One photo of the trail, large.
    Photo {
        /// Which.
        item: ItemId,
        /// Decoded, or why not.
        picture: Picture,
        /// How close, and where.
        zoom: Zoom,
    },
    /// The keys, over the room.
    Help,
    /// The room's words and link, over the room.
    Invite(Invitation),
    /// The prompt for another room, over the room.
    Join(Prompt),
    /// Who is here, over the room.
    Who {
        /// The one that is chosen.
        chosen: Option<Listed>,
    },
    /// What waits, is under way and is done, over the room.
    Transfers {
        /// The row that is chosen.
        chosen: Option<Row>,
        /// Which row that was, counted from above.
        at: usize,
    },
    /// The picker of files, in place of the room.
    Files(Box<Picker>),
    /// The question whether what was dropped is to be sent, over the room.
    Dropped(Dropped),
}

/// How the room's link is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Invitation {
    /// Which address of this machine it holds, counted from the one that is likeliest to be reached.
    pub address: usize,
    /// How its code is drawn.
    pub strokes: Strokes,
}

/// What a code is drawn with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Strokes {
    /// Half-blocks.
    #[default]
    Halves,
    /// `#` and blanks, for fonts that have gaps between half-blocks.
    Ascii,
}

/// One further along a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Up,
    Down,
}

impl App {
    /// Leaves what is open, throws the held photo away, or takes the newest notice away.
    pub(super) fn back(&mut self, now: Instant) -> Vec<Effect> {
        if !matches!(self.screen, Screen::Room) {
            self.screen = Screen::Room;
        } else if matches!(self.shot, Shot::Held(_)) {
            self.shot = Shot::None;
            self.notices.say(Mood::Info, "the photo is thrown away", now);
        } else {
            self.notices.dismiss();
        }
        Vec::new()
    }

    /// Shows the chosen photo on the full screen, or leaves it.
    pub(super) fn view(&mut self) -> Vec<Effect> {
        if matches!(self.screen, Screen::Photo { .. }) {
            self.screen = Screen::Room;
            return Vec::new();
        }
        self.open_chosen()
    }

    /// Chooses the next one, of whatever list is on the screen.
    pub(super) fn choose(&mut self, step: Step) -> Vec<Effect> {
        if matches!(self.screen, Screen::Transfers { .. }) {
            self.choose_row(step);
            return Vec::new();
        }
        let listed = self.listed();
        if let Screen::Who { chosen } = &mut self.screen {
            let at = listed.iter().position(|it| Some(it) == chosen.as_ref());
            let at = match (at, step) {
                (None, _) => 0,
                (Some(at), Step::Up) => at.saturating_sub(1),
                (Some(at), Step::Down) => at + 1,
            };
            *chosen = listed.get(at).or(listed.last()).cloned();
            return Vec::new();
        }
        match step {
            Step::Up => self.trail.choose_newer(),
            Step::Down => self.trail.choose_older(),
        }
        let mut effects = self.show_pictures();
        if matches!(self.screen, Screen::Photo { .. }) {
            effects.extend(self.open_chosen());
        }
        effects
    }

    /// Looks at the photo on the screen more closely, or less, or elsewhere.
    pub(super) fn zoom(&mut self, change: impl FnOnce(&mut Zoom)) -> Vec<Effect> {
        if let Screen::Photo { zoom, .. } = &mut self.screen {
            change(zoom);
        }
        Vec::new()
    }

    fn open_chosen(&mut self) -> Vec<Effect> {
        let Some(item) = self.trail.chosen() else { return Vec::new() };
        let content = item.content.clone();
        let item = item.id;
        let zoom = Zoom::default();
        self.screen = Screen::Photo { item, picture: Picture::Pending, zoom };
        vec![Effect::Decode { item, size: PictureSize::Large, content }]
    }

    /// Shows something over the room, or no longer.
    pub(super) fn toggle(&mut self, wanted: Screen) -> Vec<Effect> {
        let is_shown = std::mem::discriminant(&self.screen) == std::mem::discriminant(&wanted);
        self.screen = if is_shown { Screen::Room } else { wanted };
        Vec::new()
    }

    /// The link with the next address of this machine.
    pub(super) fn next_address(&mut self) -> Vec<Effect> {
        let count = self.room.links().len().max(1);
        if let Screen::Invite(invitation) = &mut self.screen {
            invitation.address = (invitation.address + 1) % count;
        }
        Vec::new()
    }

    /// The code drawn otherwise.
    pub(super) fn change_strokes(&mut self) -> Vec<Effect> {
        if let Screen::Invite(Invitation { strokes, .. }) = &mut self.screen {
            *strokes = match strokes {
                Strokes::Halves => Strokes::Ascii,
                Strokes::Ascii => Strokes::Halves,
            };
        }
        Vec::new()
    }

    /// A picture is there, or there is none.
    pub(super) fn handle_decoded(
        &mut self,
        item: ItemId,
        size: PictureSize,
        decoded: Result<Arc<RgbImage>, String>,
        now: Instant,
    ) {
        if let (Err(why), PictureSize::Small) = (&decoded, size) {
            self.tell_undecoded(item, why, now);
        }
        let picture = match decoded {
            Ok(picture) => Picture::Ready(picture),
            Err(why) => Picture::Unreadable(why),
        };
        match (&mut self.screen, size) {
            (_, PictureSize::Small) => self.trail.set_picture(item, picture),
            (Screen::Photo { item: shown, picture: place, .. }, PictureSize::Large)
                if *shown == item =>
            {
                *place = picture;
            }
            (_, PictureSize::Large) => {}
        }
    }

    /// What was said to be a picture and is none, or none that is shown, is a file all the same.
    fn tell_undecoded(&mut self, item: ItemId, why: &str, now: Instant) {
        let item = self.trail.iter().find(|known| known.id == item);
        let Some(Item { author: Author::Remote(author), proposal, run: Run::This, .. }) = item
        else {
            return;
        };
        if proposal.is_picture() {
            let name = &proposal.name;
            let text = format!("{name} from {author} is kept as a file: {why}");
            self.notices.say(Mood::Bad, text, now);
        }
    }
}
