//! The loop around the app: an event comes in, the app decides, the world does.
//!
//! The same for a person at a terminal (`run`), for the second peer of `demo`, and for tests: only
//! where actions come from differs.

use crate::app::{Action, App, Attendance, Event, Settings};
use crate::config::Config;
use crate::io::carried::{Carried, Listen, NotCarried, Serving};
use crate::io::{self, Announce, Io, Setup};
use crate::link::{Destination, Place, Reach, ServerUrl, Way};
use crate::report::Report;
use crate::seal::RoomWords;
use crate::seal::words::RANDOM_BYTES;
use anyhow::Context;
use signaling_server::certificate::Certificate;
use std::collections::VecDeque;
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
    /// What was not told yet, where somebody listens.
    reports: Option<VecDeque<Report>>,
}

/// What was said of a room on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// Nothing: a new one is opened.
    New,
    /// Its link or words: it is joined.
    This(String),
    /// Nothing, and the person is asked for it.
    Ask,
}

/// The way to the room that is wanted.
#[derive(Debug)]
pub enum Plan {
    /// The person is asked which one.
    Ask,
    /// This one.
    Go(Destination),
    /// A new one, on a server that this program carries.
    Carry,
}

/// A room to enter, with what it needs.
#[derive(Debug)]
pub struct Entrance {
    destination: Option<Destination>,
    carried: Option<Carried>,
}

impl Wanted {
    /// What these words of the command line say, or else this.
    pub fn of(words: &[String], otherwise: Self) -> Self {
        if words.iter().all(String::is_empty) { otherwise } else { Self::This(words.join(" ")) }
    }
}

impl Plan {
    /// Finds the way. The save folder is checked besides; nothing else happens yet.
    pub fn read(wanted: Wanted, config: &Config) -> anyhow::Result<Self> {
        usable(&config.save)?;
        Ok(match (wanted, &config.server) {
            (Wanted::This(room), _) => Self::Go(Destination::join(&room, &reach(config))?),
            (Wanted::New, Some(server)) => {
                let place = Place::Server(server.clone());
                Self::Go(Destination { words: new_words()?, place, way: Way::Open })
            }
            (Wanted::New, None) => Self::Carry,
            (Wanted::Ask, _) => Self::Ask,
        })
    }

    /// Does what has to be done before the room can be entered.
    pub async fn prepare(self, config: &Config) -> anyhow::Result<Entrance> {
        match self {
            Self::Ask => Ok(Entrance { destination: None, carried: None }),
            Self::Go(destination) => Ok(Entrance { destination: Some(destination), carried: None }),
            Self::Carry => Entrance::carry(config).await,
        }
    }
}

impl Entrance {
    /// To the room that is wanted; on the server that is named, or a carried one.
    pub async fn find(wanted: Wanted, config: &Config) -> anyhow::Result<Self> {
        Plan::read(wanted, config)?.prepare(config).await
    }

    async fn carry(config: &Config) -> anyhow::Result<Self> {
        let listen = config.listen.map_or(Listen::Anywhere, Listen::At);
        let serving = Serving {
            listen,
            allow_origins: config.public_url.iter().map(ServerUrl::origin).collect(),
            certificate: config.certificate.clone(),
        };
        let carried = Carried::start(serving).await.map_err(|error| match (error, listen) {
            (NotCarried::Certificate(error), _) => anyhow::Error::from(error)
                .context("speaking https (--tls-cert and --tls-key, or --tls)"),
            (NotCarried::Listen(error), Listen::At(address)) => anyhow::Error::from(error)
                .context(format!("listening on {address}: is the port taken?")),
            (NotCarried::Listen(error), Listen::Anywhere) => {
                anyhow::Error::from(error).context("listening for others: no port is free")
            }
        })?;
        let addresses = carried.public_addresses();
        let addresses = addresses.iter().map(|it| ServerUrl::at(&it.to_string(), carried.pin));
        let mut servers = addresses.collect::<Result<Vec<ServerUrl>, _>>()?.into_iter();
        // Of a certificate of its own nobody else knows; others may be made anew with another key.
        let own = matches!(config.certificate, Some(Certificate::Own(_)));
        let pin = carried.pin.filter(|_| own);
        let public = config.public_url.clone();
        let public = public.map(|it| if it.is_secure() { it.pinned(pin) } else { it });
        let server = public.or_else(|| servers.next());
        let server = server.context("finding an address of this machine")?;
        let place = Place::Here { server, others: servers.collect() };
        let destination = Destination { words: new_words()?, place, way: Way::Open };
        Ok(Self { destination: Some(destination), carried: Some(carried) })
    }

    /// The way a second peer of this program enters, without carrying the server again.
    pub fn beside(&self) -> anyhow::Result<Self> {
        let mut destination = self.destination.clone();
        if let (Some(destination), Some(carried)) = (&mut destination, &self.carried) {
            let local = ServerUrl::at(&carried.local_address().to_string(), carried.pin)?;
            destination.place = Place::Server(local);
        }
        Ok(Self { destination, carried: None })
    }
}

impl Shell {
    /// Enters the room, or asks for one, with the camera on. The save folder is checked before.
    pub fn start(entrance: Entrance, config: &Config) -> anyhow::Result<Self> {
        let mut shell = Self::without_camera(entrance, config, Attendance::Person)?;
        shell.io.open_camera().context("opening the camera")?;
        Ok(shell)
    }

    /// Enters the room, or asks for one. The save folder is checked before.
    pub fn without_camera(
        entrance: Entrance,
        config: &Config,
        attendance: Attendance,
    ) -> anyhow::Result<Self> {
        let folder = usable(&config.save)?;
        let identity = io::identity::load(config.state.as_deref());
        let identity = identity.context("making an identity: no random numbers")?;
        let (sender, events) = mpsc::channel(EVENTS_MAX);
        let settings = Settings {
            name: config.name.clone(),
            key: identity.public(),
            reach: reach(config),
            folder: folder.clone(),
            photo_bytes_max: PHOTO_BYTES_MAX,
            attendance,
            run: random().context("numbering this run")?,
        };
        let setup = Setup {
            name: config.name.clone(),
            identity,
            state: config.state.clone(),
            camera: config.camera.clone(),
            quality: config.quality,
            metadata: config.metadata,
            folder,
            carried: entrance.carried,
            announce: if config.no_lan { Announce::Nothing } else { Announce::Room },
        };
        let io = Io::start(setup, sender);
        if attendance == Attendance::Person {
            io.recall();
        }
        let mut shell = Self { app: App::new(settings), io, events, reports: None };
        match entrance.destination {
            Some(destination) => shell.apply(Event::Enter(destination)),
            None => shell.act(Action::Join),
        }
        Ok(shell)
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
        let reports = self.app.take_reports();
        if let Some(untold) = &mut self.reports {
            untold.extend(reports);
        }
    }

    /// Keeps how things stand, and what happens from now on, for [`Shell::next_report`], which must
    /// be called until it has no more after each event.
    pub fn listen(&mut self) {
        if self.reports.is_none() {
            self.app.tell_anew();
            self.reports = Some(self.app.take_reports().into());
        }
    }

    /// What has happened next, if somebody listens.
    pub fn next_report(&mut self) -> Option<Report> {
        self.reports.as_mut()?.pop_front()
    }

    /// Does what a person asks.
    pub fn act(&mut self, action: Action) {
        self.apply(Event::Action(action));
    }

    /// Leaves the room and ends everything.
    pub async fn close(self) {
        let Self { app, io, mut events, .. } = self;
        // Whoever has something to tell must not wait for somebody to listen.
        let drain = tokio::spawn(async move { while events.recv().await.is_some() {} });
        io.close().await;
        drain.abort();
        drop(app);
    }
}

/// The save folder as a whole path, made if it is not there, and checked for writing.
fn usable(folder: &Path) -> anyhow::Result<PathBuf> {
    io::storage::check(folder).with_context(|| {
        format!("photos cannot be saved in {}: choose another with --save", folder.display())
    })?;
    std::fs::canonicalize(folder).with_context(|| format!("finding {}", folder.display()))
}

/// Where words alone lead.
fn reach(config: &Config) -> Reach {
    match &config.server {
        Some(server) => Reach::Server(server.clone()),
        None if config.no_lan => Reach::Nowhere,
        None => Reach::Network,
    }
}

fn new_words() -> anyhow::Result<RoomWords> {
    let mut bytes = [0; RANDOM_BYTES];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no random numbers: {error}"))?;
    Ok(RoomWords::from_random(bytes))
}

/// A number that no other run has.
fn random() -> anyhow::Result<u64> {
    getrandom::u64().map_err(|error| anyhow::anyhow!("no random numbers: {error}"))
}

/// A burst of every peer's events; whoever has more to say waits.
const EVENTS_MAX: usize = 1024;
/// Photos up to this size are taken without asking, in bytes.
const PHOTO_BYTES_MAX: u64 = 32_000_000;
