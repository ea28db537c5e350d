//! The loop around the app: an event comes in, the app decides, the world does.
//!
//! The same for a person at a terminal (`run`), for the second peer of `demo`, and for tests: only
//! where actions come from differs.

use crate::app::{Action, App, Event, Settings};
use crate::config::Config;
use crate::io::carried::{Carried, Listen};
use crate::io::{Io, Setup};
use crate::link::{LinkError, RoomLink, ServerUrl};
use crate::seal::RoomWords;
use crate::seal::words::RANDOM_BYTES;
use anyhow::Context;
use std::path::{Path, PathBuf};
use std::time::Instant;
use tokio::sync::mpsc;

/// An app and its world.
pub struct Shell {
    /// What is known.
    pub app: App,
    /// What does it.
    pub io: Io,
    events: mpsc::Receiver<Event>,
    carried: Option<Carried>,
}

/// The room that is asked for.
pub struct Destination {
    link: Option<RoomLink>,
}

/// A room to enter, and how.
pub struct Entrance {
    link: RoomLink,
    websocket: String,
    carried: Option<Carried>,
}

impl Destination {
    /// Reads what was said: a link, words on the server that is named, a new room there, or a new
    /// room on a carried server. The save folder is checked besides. Nothing else happens yet.
    pub fn parse(room: Option<&str>, config: &Config) -> anyhow::Result<Self> {
        usable(&config.save)?;
        let server = config.server.as_deref().map(str::parse::<ServerUrl>).transpose()?;
        let link = match (room, server) {
            (Some(room), server) => match (room.parse::<RoomLink>(), server) {
                (Ok(link), _) => Some(link),
                (Err(LinkError::NoWords), Some(server)) => {
                    Some(RoomLink { server, words: room.parse()? })
                }
                (Err(LinkError::NoWords), None) if room.parse::<RoomWords>().is_ok() => {
                    anyhow::bail!("words alone do not say where the room is: add --server")
                }
                (Err(error), _) => return Err(error.into()),
            },
            (None, Some(server)) => Some(RoomLink { server, words: new_words()? }),
            (None, None) => None,
        };
        Ok(Self { link })
    }

    /// Goes there; where no server was named, by carrying one.
    pub async fn enter(self, config: &Config) -> anyhow::Result<Entrance> {
        match self.link {
            Some(link) => {
                let websocket = link.server.websocket();
                Ok(Entrance { link, websocket, carried: None })
            }
            None => Entrance::carry(config).await,
        }
    }
}

impl Entrance {
    /// The room that is asked for, or a new one; on the server that is named, or a carried one.
    pub async fn find(room: Option<&str>, config: &Config) -> anyhow::Result<Self> {
        Destination::parse(room, config)?.enter(config).await
    }

    async fn carry(config: &Config) -> anyhow::Result<Self> {
        let listen = config.listen.map_or(Listen::Anywhere, Listen::At);
        let carried = Carried::start(listen).await.with_context(|| match listen {
            Listen::At(address) => format!("listening on {address}: is the port taken?"),
            Listen::Anywhere => "listening for others: no port is free".to_owned(),
        })?;
        let server: ServerUrl = format!("http://{}", carried.public_address()).parse()?;
        let local: ServerUrl = format!("http://{}", carried.local_address()).parse()?;
        let link = RoomLink { server, words: new_words()? };
        Ok(Self { link, websocket: local.websocket(), carried: Some(carried) })
    }

    /// How others join.
    pub fn link(&self) -> &RoomLink {
        &self.link
    }

    /// The way a second peer of this program enters, without carrying the server again.
    #[must_use]
    pub fn beside(&self) -> Self {
        Self { link: self.link.clone(), websocket: self.websocket.clone(), carried: None }
    }
}

impl Shell {
    /// Enters the room. The save folder is checked before.
    pub fn start(entrance: Entrance, config: &Config) -> anyhow::Result<Self> {
        let folder = usable(&config.save)?;
        let (sender, events) = mpsc::channel(EVENTS_MAX);
        let settings = Settings {
            name: config.name.clone(),
            link: entrance.link.to_string(),
            folder: folder.clone(),
            photo_bytes_max: PHOTO_BYTES_MAX,
        };
        let setup = Setup {
            link: entrance.link,
            websocket: entrance.websocket,
            name: config.name.clone(),
            camera: config.camera.clone(),
            quality: config.quality,
            folder,
        };
        let io = Io::start(setup, sender).context("opening the camera")?;
        Ok(Self { app: App::new(settings), io, events, carried: entrance.carried })
    }

    /// The next event that is not a person's. Cancel-safe.
    pub async fn next(&mut self) -> Event {
        let deadline = self.app.poll_timeout(Instant::now());
        let wake = deadline.unwrap_or_else(Instant::now);
        tokio::select! {
            Some(event) = self.events.recv() => event,
            () = tokio::time::sleep_until(wake.into()), if deadline.is_some() => Event::Timeout,
            else => std::future::pending().await,
        }
    }

    /// Takes an event, and all that wait behind it.
    pub fn handle(&mut self, event: Event) {
        self.apply(event);
        while let Ok(event) = self.events.try_recv() {
            self.apply(event);
        }
    }

    /// Takes one event.
    pub fn apply(&mut self, event: Event) {
        for effect in self.app.update(event, Instant::now()) {
            self.io.perform(effect);
        }
    }

    /// Does what a person asks.
    pub fn act(&mut self, action: Action) {
        self.apply(Event::Action(action));
    }

    /// Leaves the room and ends everything.
    pub async fn close(self) {
        let Self { app, io, mut events, carried } = self;
        // Whoever has something to tell must not wait for somebody to listen.
        let drain = tokio::spawn(async move { while events.recv().await.is_some() {} });
        io.close().await;
        if let Some(carried) = carried {
            carried.close().await;
        }
        drain.abort();
        drop(app);
    }
}

/// The save folder as a whole path, made if it is not there, and checked for writing.
fn usable(folder: &Path) -> anyhow::Result<PathBuf> {
    crate::io::storage::check(folder).with_context(|| {
        format!("photos cannot be saved in {}: choose another with --save", folder.display())
    })?;
    std::fs::canonicalize(folder).with_context(|| format!("finding {}", folder.display()))
}

fn new_words() -> anyhow::Result<RoomWords> {
    let mut bytes = [0; RANDOM_BYTES];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no random numbers: {error}"))?;
    Ok(RoomWords::from_random(bytes))
}

/// A burst of every peer's events; whoever has more to say waits.
const EVENTS_MAX: usize = 1024;
/// Photos up to this size are taken without asking, in bytes.
const PHOTO_BYTES_MAX: u64 = 32_000_000;
