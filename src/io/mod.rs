//! The world outside: one file, or folder, for each thing in it.
//!
//! [`Io::perform`] does what the app asks; each thing answers with [`Event`]s over one bounded
//! channel. Nothing here decides what to do next, and no two of its files know each other but
//! through this one.

pub mod camera;
pub mod carried;
pub mod decoding;
pub mod display;
pub mod folder;
pub mod frames;
pub mod guide;
pub mod history;
pub mod identity;
pub mod known;
pub mod lan;
pub mod network;
pub mod newest;
pub mod outward;
pub mod parcels;
pub mod peer;
pub mod signaling;
pub mod storage;

use crate::app::camera::CameraSpec;
use crate::app::effect::Effect;
use crate::app::event::{Event, PictureSize, Snap};
use crate::app::files::{Found, Look, LookId, Query, Seen};
use crate::app::{ConnectionId, Content, EntryId};
use crate::link::{Destination, Place, ServerUrl};
use crate::negotiation::Role;
use crate::picture::{Limits, Metadata, Photo, Quality, decode};
use crate::seal::{Identity, PublicKey};
use crate::text::{FileName, SafeText};
use crate::transfer::Limits as TransferLimits;
use camera::CameraHandle;
use carried::Carried;
use decoding::{Decoding, within};
use guide::{Guide, Here, Membership};
use history::History;
use known::{Known, Outcome};
use newest::Newest;
use parcels::Packer;
use peer::Peer;
use signaling::Signaling;
use signaling_server::protocol::{IceServer, PeerId};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use storage::Library;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What the world is to be like.
#[derive(Debug)]
pub struct Setup {
    /// What the person here is called.
    pub name: SafeText,
    /// Who that is, from day to day.
    pub identity: Identity,
    /// Where what is to be remembered lies, if anything is.
    pub state: Option<PathBuf>,
    /// Which camera.
    pub camera: CameraSpec,
    /// How photos of raw frames are encoded.
    pub quality: Quality,
    /// What becomes of what a JPEG file tells besides its picture.
    pub metadata: Metadata,
    /// Where files go.
    pub folder: PathBuf,
    /// The server that this program carries, if it does.
    pub carried: Option<Carried>,
    /// Whether a room on that server is announced to the same network.
    pub announce: Announce,
}

/// Whether a room that is carried here is announced to the same network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Announce {
    /// Under its derived id.
    Room,
    /// Not at all.
    Nothing,
}

/// The world, and all tasks in it.
pub struct Io {
    setup: Setup,
    events: mpsc::Sender<Event>,
    stay: Option<Stay>,
    known: Arc<Known>,
    history: Arc<History>,
    decoding: Decoding,
    /// Folders that are to be read.
    folders: Newest<(LookId, Query)>,
    /// Files whose picture is wanted.
    pictures: Newest<(LookId, PathBuf)>,
    packer: Arc<Packer>,
    /// What goes out is read once for all peers.
    library: Library,
    /// The camera; its preview is read where the screen is drawn.
    pub camera: CameraHandle,
    tasks: TaskTracker,
    /// Of remote peers: they end first, while the server still has this one in the room.
    peer_tasks: TaskTracker,
    cancel: CancellationToken,
}

/// What there is as long as this peer is in one room.
struct Stay {
    signaling: Signaling,
    membership: Membership,
    peers: HashMap<ConnectionId, Peer>,
    /// Whether a change of the network matters to any of them.
    matters: watch::Sender<bool>,
    cancel: CancellationToken,
}

impl Io {
    /// A world without a camera, for now. Events go to `events`.
    pub fn start(setup: Setup, events: mpsc::Sender<Event>) -> Self {
        let (tasks, cancel) = (TaskTracker::new(), CancellationToken::new());
        let known = Arc::new(Known::new(setup.state.clone()));
        let history = Arc::new(History::new(setup.state.clone()));
        let (decoding, camera) = (Decoding::default(), CameraHandle::absent());
        let library = Library::default();
        let answers = events.clone();
        let folders = Newest::spawn(&tasks, move |(look, query)| {
            let answers = answers.clone();
            async move {
                let seen = Seen::Folder(read_folder(query).await);
                // The app is gone only when the program ends.
                let _ = answers.send(Event::Looked { look, seen }).await;
            }
        });
        let (answers, decoder) = (events.clone(), decoding.clone());
        let pictures = Newest::spawn(&tasks, move |(look, path)| {
            let (answers, decoder) = (answers.clone(), decoder.clone());
            async move {
                let picture = decoder.picture(Content::File(path), PictureSize::Large).await;
                let seen = Seen::Picture(picture.map(Arc::new));
                let _ = answers.send(Event::Looked { look, seen }).await;
            }
        });
        let peer_tasks = TaskTracker::new();
        Self {
            setup,
            events,
            stay: None,
            known,
            history,
            decoding,
            folders,
            pictures,
            packer: Arc::default(),
            library,
            camera,
            tasks,
            peer_tasks,
            cancel,
        }
    }

    /// Opens the camera. Fails when the system gives no thread.
    pub fn open_camera(&mut self) -> std::io::Result<()> {
        let report = self.events.clone();
        self.camera = CameraHandle::spawn(self.setup.camera.clone(), move |status| {
            // A camera changes state seldom; one that does so thousands of times is not missed.
            if let Err(error) = report.try_send(Event::Camera(status)) {
                tracing::debug!(%error, "a camera's state is dropped");
            }
        })?;
        Ok(())
    }

    /// Reads what is remembered of earlier runs, beside the loop.
    pub fn recall(&self) {
        let history = self.history.clone();
        self.answer(move || Event::Recalled(history.recall()));
    }

    /// Closes the camera, so that other programs can have it.
    pub fn close_camera(&mut self) {
        self.camera = CameraHandle::absent();
    }

    /// Does what the app asks. Never waits.
    pub fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Snap => self.snap(),
            Effect::SwitchCamera => self.camera.switch(),
            Effect::Decode { item, size, content } => {
                let (events, decoding) = (self.events.clone(), self.decoding.clone());
                self.tasks.spawn(async move {
                    let picture = decoding.picture(content, size).await.map(Arc::new);
                    // The app is gone only when the program ends.
                    let _ = events.send(Event::Decoded { item, size, picture }).await;
                });
            }
            Effect::Keep { item, name, bytes } => {
                let folder = self.setup.folder.clone();
                self.answer(move || {
                    let path = storage::keep(&folder, &name, &bytes).map_err(|error| {
                        format!("the photo is not in {}: {error}", folder.display())
                    });
                    Event::Kept { item, path }
                });
            }
            Effect::Look { look, at } => match at {
                Look::Folder(query) => self.folders.wish((look, query)),
                Look::Picture(path) => self.pictures.wish((look, path)),
                Look::Paths(readings) => self.answer(move || {
                    let seen = Seen::Paths(folder::known(readings));
                    Event::Looked { look, seen }
                }),
            },
            Effect::Pack(paths) => self.pack(paths),
            Effect::Remember(record) => {
                let history = self.history.clone();
                // In the order in which it happened, whichever task writes it.
                history.push(record);
                self.tasks.spawn_blocking(move || history.write());
            }
            Effect::Enter { entry, destination } => self.enter(entry, destination),
            Effect::Meet { connection, remote } => {
                let known = self.known.clone();
                self.answer(move || met(connection, remote.key, known.meet(&remote)));
            }
            Effect::Trust { connection, remote, trust } => {
                let known = self.known.clone();
                self.answer(move || met(connection, remote.key, known.trust(&remote, trust)));
            }
            Effect::Connect { peer, connection, local, role, ice_servers } => {
                self.connect(connection, (local, peer), role, ice_servers);
            }
            Effect::Disconnect(connection) => {
                let Some(stay) = &mut self.stay else { return };
                if let Some(peer) = stay.peers.remove(&connection) {
                    peer.end();
                }
                stay.matters.send_replace(!stay.peers.is_empty());
            }
            Effect::Relay { to, payload } => {
                if let Some(stay) = &self.stay {
                    stay.signaling.relay(to, payload);
                }
            }
            Effect::Deliver { connection, payload } => {
                self.tell(connection, peer::Command::Signal(payload));
            }
            Effect::Propose { connection, item, proposal, content } => {
                self.tell(connection, peer::Command::Propose(item, proposal, content));
            }
            Effect::CheckServer => {
                if let Some(stay) = &self.stay {
                    stay.signaling.check();
                }
            }
            Effect::CheckNetwork => self.check_network(),
            Effect::Returned(connection) => self.tell(connection, peer::Command::Returned),
            Effect::Reconnect(connection) => self.tell(connection, peer::Command::Reconnect),
            Effect::Accept { connection, transfer } => {
                self.tell(connection, peer::Command::Accept(transfer));
            }
            Effect::Decline { connection, transfer, reason } => {
                self.tell(connection, peer::Command::Decline(transfer, reason));
            }
            Effect::Cancel { connection, transfer } => {
                self.tell(connection, peer::Command::Cancel(transfer));
            }
            Effect::Pause { connection, direction, transfer } => {
                self.tell(connection, peer::Command::Pause(direction, transfer));
            }
            Effect::Continue { connection, direction, transfer } => {
                self.tell(connection, peer::Command::Continue(direction, transfer));
            }
            Effect::Quit => self.end_peers(),
        }
    }

    /// Ends every task and waits for them, but no longer than [`peer::CLOSE_TIMEOUT`] and
    /// [`CLOSE_TIMEOUT`].
    ///
    /// Remote peers are told first what they are still to be told: once the server says that this
    /// one has left, they do not listen any more.
    pub async fn close(mut self) {
        self.end_peers();
        self.peer_tasks.close();
        if timeout(peer::CLOSE_TIMEOUT, self.peer_tasks.wait()).await.is_err() {
            tracing::info!("a peer was not told all");
        }
        self.cancel.cancel();
        let carried = self.setup.carried.take();
        self.tasks.close();
        drop((self.camera, self.stay, self.events, self.folders, self.pictures));
        if timeout(CLOSE_TIMEOUT, self.tasks.wait()).await.is_err() {
            tracing::warn!(left = self.tasks.len(), "tasks did not end in time");
        }
        if let Some(carried) = carried {
            carried.close().await;
        }
    }

    fn end_peers(&mut self) {
        for (_, peer) in self.stay.iter_mut().flat_map(|stay| stay.peers.drain()) {
            peer.end();
        }
    }

    /// Leaves the room, if there is one, and enters another.
    fn enter(&mut self, entry: EntryId, destination: Destination) {
        if let Some(stay) = self.stay.take() {
            stay.cancel.cancel();
        }
        let elsewhere = matches!(destination.place, Place::Server(_) | Place::Network);
        if let Some(carried) = self.setup.carried.take_if(|_| elsewhere) {
            // The others of that room keep their connections; nobody else finds it any more.
            self.tasks.spawn(carried.close());
        }
        let cancel = self.cancel.child_token();
        let (tell, whereabouts) = watch::channel(None);
        // That it was lost is said once, however often it is.
        let (tell_lost, lost) = mpsc::channel(1);
        let membership = Membership::default();
        let guide = Guide {
            entry,
            destination,
            identity: self.setup.identity.clone(),
            name: self.setup.name.clone(),
            membership: membership.clone(),
            carried: self.setup.carried.as_ref().map(|carried| self.here(carried)),
            tell,
            lost,
            events: self.events.clone(),
            cancel: cancel.clone(),
        };
        self.tasks.spawn(guide.run());
        let signaling = signaling::Setup {
            entry,
            whereabouts,
            lost: tell_lost,
            events: self.events.clone(),
            cancel: cancel.clone(),
        };
        let signaling = Signaling::spawn(signaling, &self.tasks);
        let (matters, mattering) = watch::channel(false);
        let (events, ends) = (self.events.clone(), cancel.clone());
        let watched = network::Setup { matters: mattering, events, cancel: ends };
        self.tasks.spawn(network::watch(watched));
        self.stay = Some(Stay { signaling, membership, peers: HashMap::new(), matters, cancel });
    }

    /// Begins the task of a remote peer: from the first to the second of these.
    fn connect(
        &mut self,
        connection: ConnectionId,
        (local, remote): (PeerId, PeerId),
        role: Role,
        ice_servers: Vec<IceServer>,
    ) {
        let Some(stay) = &mut self.stay else { return };
        // There is a welcome only after there are keys.
        let Some(member) = stay.membership.get().cloned() else { return };
        let setup = peer::Setup {
            connection,
            local,
            remote,
            role,
            limits: TransferLimits::default(),
            member,
            ice_servers,
            folder: self.setup.folder.clone(),
            library: self.library.clone(),
            events: self.events.clone(),
            frames: stay.signaling.frames.clone(),
            tasks: self.peer_tasks.clone(),
            cancel: stay.cancel.child_token(),
        };
        stay.peers.insert(connection, Peer::spawn(setup));
        stay.matters.send_replace(true);
    }

    fn check_network(&self) {
        let Some(stay) = &self.stay else { return };
        // They know of it before they hear of the server what became of that.
        for peer in stay.peers.values() {
            peer.tell(peer::Command::NetworkChanged);
        }
        stay.signaling.check_network();
    }

    fn here(&self, carried: &Carried) -> Here {
        // One that listens to this machine alone cannot be reached by others.
        let reachable = !carried.address.ip().is_loopback();
        let announced = self.setup.announce == Announce::Room && reachable;
        let announced = announced.then_some(carried.address.port());
        let local = ServerUrl::at(&carried.local_address().to_string(), carried.pin);
        Here { local: local.expect("an address is a host and a port"), announced }
    }

    fn tell(&self, connection: ConnectionId, command: peer::Command) {
        if let Some(peer) = self.stay.as_ref().and_then(|stay| stay.peers.get(&connection)) {
            peer.tell(command);
        }
    }

    /// Makes ready to be sent what lies at these paths, beside the loop.
    fn pack(&self, paths: Vec<PathBuf>) {
        let (packer, events) = (self.packer.clone(), self.events.clone());
        let metadata = self.setup.metadata;
        self.tasks.spawn_blocking(move || {
            for path in paths {
                let parcel = packer.pack(&path, metadata).map_err(|failure| failure.text);
                // The app is gone only when the program ends.
                if events.blocking_send(Event::Packed(parcel)).is_err() {
                    break;
                }
            }
        });
    }

    fn snap(&self) {
        let frame = self.camera.snap();
        let (quality, metadata) = (self.setup.quality, self.setup.metadata);
        self.answer(move || {
            let snapped = match frame {
                None => Err("no picture from the camera yet: try again, or press c".to_owned()),
                Some(frame) => Photo::from_frame(&frame, quality, metadata)
                    .map_err(|error| error.to_string())
                    .and_then(snapped),
            };
            Event::Snapped(snapped)
        });
    }

    /// Does slow work beside the loop, and answers with its event.
    fn answer(&self, work: impl FnOnce() -> Event + Send + 'static) {
        let events = self.events.clone();
        self.tasks.spawn_blocking(move || {
            // The app is gone only when the program ends.
            let _ = events.blocking_send(work());
        });
    }
}

/// What is in a folder. One that does not answer, as where a machine is gone, is left to itself.
async fn read_folder(query: Query) -> Result<Found, String> {
    let read = tokio::task::spawn_blocking(move || folder::list(&query));
    match timeout(FOLDER_TIMEOUT, read).await {
        Ok(found) => found.unwrap_or_else(|error| Err(error.to_string())),
        Err(_) => Err("this folder does not answer: its disk or machine may be gone".to_owned()),
    }
}

fn met(connection: ConnectionId, key: PublicKey, (met, unkept): Outcome) -> Event {
    Event::Met { connection, key, met, unkept }
}

/// The facts of a photo that was just taken.
fn snapped(photo: Photo) -> Result<Snap, String> {
    let full = decode(&photo.bytes, &Limits::default()).map_err(|error| error.to_string())?;
    let picture = Arc::new(within(&full, PictureSize::Large));
    Ok(Snap { name: photo_name(), photo: Arc::new(photo), picture })
}

/// What a photo is called that is taken now: after the local time.
pub fn photo_name() -> FileName {
    FileName::new(&jiff::Zoned::now().strftime("peersnap-%Y%m%d-%H%M%S.jpg").to_string())
}

/// The same to the millisecond, for one of many.
pub fn exact_photo_name() -> FileName {
    let name = jiff::Zoned::now().strftime("peersnap-%Y%m%d-%H%M%S-%3N.jpg");
    FileName::new(&name.to_string())
}

/// Longer than a disk takes that was asleep.
const FOLDER_TIMEOUT: Duration = Duration::from_secs(15);
/// How long the program waits for its tasks at its end.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
