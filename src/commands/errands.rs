//! What sending and receiving share: which room it is, how it is entered, and how it ends.

use crate::app::Attendance;
use crate::config::Config;
use crate::daemon::Client;
use crate::errand::{Ending, Place};
use crate::json::Failure;
use crate::report::{Code, Report};
use crate::seal::RoomWords;
use crate::shell::{Plan, Shell, Wanted};
use anyhow::Context as _;

/// The room that was said.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// A new one.
    New,
    /// None: the one that a daemon keeps open, if one does.
    Unsaid,
    /// This one.
    This(String),
}

impl Room {
    /// The one that the environment says, where nothing else is said.
    pub fn usual() -> Self {
        match std::env::var(VARIABLE) {
            Ok(room) if !room.is_empty() => Self::This(room),
            _ => Self::Unsaid,
        }
    }

    /// Whether a word can be meant for a room: a link, or six words.
    pub fn is_one(text: &str) -> bool {
        text.contains("://") || text.parse::<RoomWords>().is_ok()
    }

    /// The daemon that keeps it open, if one does.
    pub async fn daemon(&self) -> anyhow::Result<Option<Client>> {
        if *self == Self::New {
            return Ok(None);
        }
        let Some(client) = Client::connect().await.context("asking the daemon")? else {
            return Ok(None);
        };
        let same = match (self, &client.room) {
            (Self::This(room), Report::Room { words: Some(words), .. }) => {
                let words_of = |text: &str| text.parse::<RoomWords>().ok();
                let said = room.rsplit_once('#').map_or(room.as_str(), |(_, words)| words);
                words_of(said).is_some_and(|said| words_of(words) == Some(said))
            }
            _ => *self == Self::Unsaid,
        };
        Ok(same.then_some(client))
    }

    /// The way into it, without a daemon.
    pub fn plan(self, config: &Config) -> Result<Plan, Failure> {
        let wanted = match self {
            Self::New | Self::Unsaid => Wanted::New,
            Self::This(room) => Wanted::This(room),
        };
        Plan::read(wanted, config).map_err(|error| Failure::new(Code::Usage, format!("{error:#}")))
    }
}

/// Enters the room.
pub(super) async fn enter(plan: Plan, config: &Config) -> anyhow::Result<Place> {
    let entrance = plan
        .prepare(config)
        .await
        .map_err(|error| Failure::new(Code::Server, format!("{error:#}")))?;
    Ok(Place::here(Shell::without_camera(entrance, config, Attendance::Nobody)?))
}

/// How the command ends.
pub(super) fn ended(ending: Ending) -> anyhow::Result<()> {
    match ending {
        Ending::Done => Ok(()),
        Ending::Failed { code, text } => Err(Failure::new(code, text).into()),
    }
}

/// Says the room where no argument does, so that no other program sees it.
const VARIABLE: &str = "PEERSNAP_ROOM";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_is_told_from_a_file() {
        for room in [
            "http://a.example/#crane-velvet-orbit-ladder-energy-quick",
            "crane velvet orbit ladder energy quick",
            "crane-velvet-orbit-ladder-energy-quick",
        ] {
            assert!(Room::is_one(room), "{room}");
        }
        for file in ["a.jpg", "-", "crane-velvet", "photos/crane.jpg"] {
            assert!(!Room::is_one(file), "{file}");
        }
    }
}
