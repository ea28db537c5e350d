//! The world outside: one file, or folder, for each thing in it.
//!
//! [`Io::perform`] does what the app asks; each thing answers with [`Event`]s over one bounded
//! channel. Nothing here decides what to do next, and no two of its files know each other but
//! through this one.

pub mod camera;
pub mod carried;
pub mod identity;
pub mod peer;
pub mod signaling;
pub mod storage;

use crate::app::ConnectionId;
use crate::app::camera::CameraSpec;
use crate::app::effect::{Content, Effect};
use crate::app::event::{Event, PictureSize, SignalingEvent, Snap};
use crate::link::RoomLink;
use crate::picture::{Light, Limits, Photo, Quality, RgbImage, decode, fit, scale};
use crate::seal::{Member, RoomKeys, RoomWords};
use crate::text::{FileName, SafeText};
use crate::transfer::message::VERSION;
use crate::transfer::{Hello, Limits as TransferLimits};
use bytes::Bytes;
use camera::CameraHandle;
use peer::Peer;
use signaling::Signaling;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What the world is to be like.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The room, and where it is.
    pub link: RoomLink,
    /// The address to reach the server at, if it is another than the link's.
    pub websocket: String,
    /// What the person here is called.
    pub name: SafeText,
    /// Which camera.
    pub camera: CameraSpec,
    /// How photos of raw frames are encoded.
    pub quality: Quality,
    /// Where files go.
    pub folder: PathBuf,
}

/// The world, and all tasks in it.
pub struct Io {
    setup: Setup,
    events: mpsc::Sender<Event>,
    signaling: Signaling,
    /// This peer as a member of the room, once its keys are derived. Nobody connects before.
    member: Arc<OnceLock<Arc<Member>>>,
    peers: HashMap<ConnectionId, Peer>,
    /// The camera; its preview is read where the screen is drawn.
    pub camera: CameraHandle,
    tasks: TaskTracker,
    cancel: CancellationToken,
}

impl Io {
    /// Opens the camera and enters the room. Events go to `events`.
    pub fn start(setup: Setup, events: mpsc::Sender<Event>) -> std::io::Result<Self> {
        let (tasks, cancel) = (TaskTracker::new(), CancellationToken::new());
        let report = events.clone();
        let camera = CameraHandle::spawn(setup.camera.clone(), move |status| {
            // A camera changes state seldom; one that does so thousands of times is not missed.
            if let Err(error) = report.try_send(Event::Camera(status)) {
                tracing::debug!(%error, "a camera's state is dropped");
            }
        })?;
        let member = Arc::new(OnceLock::new());
        let (tell_room, room) = oneshot::channel();
        let (words, name) = (setup.link.words.clone(), setup.name.clone());
        let (derived, failed) = (member.clone(), events.clone());
        // Deriving keys takes a tenth of a second on purpose; the screen does not wait for it.
        tasks.spawn_blocking(move || match make_member(&words, name) {
            Ok(member) => {
                let member = derived.get_or_init(|| Arc::new(member));
                // The signaling task has ended if the program has.
                let _ = tell_room.send(member.keys.room.clone());
            }
            Err(error) => {
                let why = format!("this peer has no identity ({error})");
                let _ = failed.blocking_send(Event::Signaling(SignalingEvent::Lost { why }));
            }
        });
        let signaling = signaling::Setup {
            url: setup.websocket.clone(),
            room,
            events: events.clone(),
            cancel: cancel.child_token(),
        };
        let signaling = Signaling::spawn(signaling, &tasks);
        let peers = HashMap::new();
        Ok(Self { setup, events, signaling, member, peers, camera, tasks, cancel })
    }

    /// Does what the app asks. Never waits.
    pub fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Snap => self.snap(),
            Effect::SwitchCamera => self.camera.switch(),
            Effect::Decode { item, size, content } => {
                self.answer(move || {
                    let picture = picture(&content, size).map(Arc::new);
                    Event::Decoded { item, size, picture }
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
            Effect::Connect { peer, connection, local, role, ice_servers } => {
                // There is a welcome only after there are keys.
                let Some(member) = self.member.get().cloned() else { return };
                let limits = TransferLimits::default();
                let hello = Hello { version: VERSION, name: self.setup.name.clone(), limits };
                let setup = peer::Setup {
                    connection,
                    local,
                    remote: peer,
                    role,
                    hello,
                    member,
                    ice_servers,
                    folder: self.setup.folder.clone(),
                    events: self.events.clone(),
                    tasks: self.tasks.clone(),
                    cancel: self.cancel.child_token(),
                };
                self.peers.insert(connection, Peer::spawn(setup));
            }
            Effect::Disconnect(connection) => {
                if let Some(peer) = self.peers.remove(&connection) {
                    peer.end();
                }
            }
            Effect::Relay { to, payload } => self.signaling.relay(to, payload),
            Effect::Deliver { connection, payload } => {
                self.tell(connection, peer::Command::Signal(payload));
            }
            Effect::Propose { connection, item, proposal, content } => {
                self.tell(connection, peer::Command::Propose(item, proposal, content));
            }
            Effect::Accept { connection, transfer } => {
                self.tell(connection, peer::Command::Accept(transfer));
            }
            Effect::Decline { connection, transfer, reason } => {
                self.tell(connection, peer::Command::Decline(transfer, reason));
            }
            Effect::Cancel { connection, transfer } => {
                self.tell(connection, peer::Command::Cancel(transfer));
            }
            Effect::Quit => self.cancel.cancel(),
        }
    }

    /// Ends every task and waits for them, but no longer than [`CLOSE_TIMEOUT`].
    pub async fn close(self) {
        self.cancel.cancel();
        self.tasks.close();
        drop((self.camera, self.peers, self.signaling, self.events));
        if timeout(CLOSE_TIMEOUT, self.tasks.wait()).await.is_err() {
            tracing::warn!(left = self.tasks.len(), "tasks did not end in time");
        }
    }

    fn tell(&self, connection: ConnectionId, command: peer::Command) {
        if let Some(peer) = self.peers.get(&connection) {
            peer.tell(command);
        }
    }

    fn snap(&self) {
        let (frame, quality) = (self.camera.snap(), self.setup.quality);
        self.answer(move || {
            let snapped = match frame {
                None => Err("no picture from the camera yet: try again, or press c".to_owned()),
                Some(frame) => Photo::from_frame(&frame, quality)
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

fn make_member(words: &RoomWords, name: SafeText) -> std::io::Result<Member> {
    Ok(Member { keys: RoomKeys::derive(words), identity: identity::load()?, name })
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

/// The picture of an item, or a sentence on why there is none.
fn picture(content: &Content, size: PictureSize) -> Result<RgbImage, String> {
    let bytes = match content {
        Content::Bytes(bytes) => bytes.clone(),
        Content::File(path) => read(path)?,
    };
    let full = decode(&bytes, &Limits::default()).map_err(|error| error.to_string())?;
    Ok(within(&full, size))
}

/// A file, unless it is longer than any picture that is shown.
fn read(path: &Path) -> Result<Bytes, String> {
    let limit = Limits::default().bytes;
    let unread = |error: std::io::Error| format!("{} cannot be read: {error}", path.display());
    let length = std::fs::metadata(path).map_err(unread)?.len();
    if length > limit {
        return Err(format!("a file of {} MB is not shown", length / 1_000_000));
    }
    std::fs::read(path).map(Bytes::from).map_err(unread)
}

/// The picture at the size that it is kept at for the screen; never larger than it is.
fn within(full: &RgbImage, size: PictureSize) -> RgbImage {
    let (side_x, side_y) = match size {
        PictureSize::Small => SMALL_PIXELS,
        PictureSize::Large => LARGE_PIXELS,
    };
    let (width, height) = full.dimensions();
    if width <= side_x && height <= side_y {
        return full.clone();
    }
    let (width, height) = fit(width, height, side_x, side_y);
    scale(full, width, height, Light::Linear)
}

/// As much as a trail's entry shows in half-blocks.
const SMALL_PIXELS: (u32, u32) = (96, 96);
/// As much as a very large terminal shows in half-blocks.
const LARGE_PIXELS: (u32, u32) = (640, 480);
/// How long the program waits for its tasks at its end.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
