//! To whom: those who are chosen where one sees who is here; everyone while nobody is.

use super::screen::Screen;
use super::{App, ConnectionId, Effect, Whom};
use crate::text::SafeText;

/// A row of who is here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listed {
    /// A peer: by its connection, since others come and go.
    Here(ConnectionId),
    /// Somebody who was chosen and has left, by the fingerprint.
    Away(String),
}

impl App {
    /// Everyone who is here, and then those who are chosen and are not.
    pub fn listed(&self) -> Vec<Listed> {
        let here = self.room.peers().map(|peer| Listed::Here(peer.connection));
        let away = self.chosen.iter().filter(|whom| !self.is_here(&whom.id));
        here.chain(away.map(|whom| Listed::Away(whom.id.clone()))).collect()
    }

    /// Whether what is sent goes to this person alone, or to others that are chosen with it.
    pub fn is_chosen(&self, id: &str) -> bool {
        self.chosen.iter().any(|whom| whom.id == id)
    }

    /// The names of those whom what is sent goes to, unless that is everyone.
    pub fn to_whom(&self) -> Option<String> {
        let names: Vec<_> = self.chosen.iter().map(|whom| self.name_of(whom).to_string()).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }

    /// Chooses the marked peer, to send to it and others that are chosen alone, or no longer.
    pub(super) fn mark(&mut self) -> Vec<Effect> {
        let Screen::Who { chosen: Some(chosen) } = &self.screen else { return Vec::new() };
        let whom = match chosen {
            Listed::Away(id) => self.chosen.iter().find(|whom| whom.id == *id).cloned(),
            Listed::Here(connection) => self.room.by_connection(*connection).and_then(|peer| {
                let id = peer.who().id;
                (!id.is_empty()).then(|| Whom { name: peer.label(), id })
            }),
        };
        let Some(whom) = whom else { return Vec::new() };
        let before = self.chosen.len();
        self.chosen.retain(|known| known.id != whom.id);
        if self.chosen.len() == before && before < CHOSEN_MAX {
            self.chosen.push(whom);
        }
        Vec::new()
    }

    fn is_here(&self, id: &str) -> bool {
        self.room.peers().any(|peer| peer.who().id == id)
    }

    /// What a person goes by now, or went by when chosen.
    fn name_of(&self, whom: &Whom) -> SafeText {
        let here = self.room.peers().find(|peer| peer.who().id == whom.id);
        here.map_or_else(|| whom.name.clone(), super::Peer::label)
    }
}

/// Twice as many as a room holds.
const CHOSEN_MAX: usize = 32;
