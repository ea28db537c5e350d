//! The task of one remote peer: it makes connections, and drives the session over them.
//!
//! Fed by [`Command`]s; answers with [`PeerEvent`]s. Nothing is made for a peer that has not said
//! hello with the room's key: one that the server invents costs a seal, and no more. A connection that
//! is lost, or gets nowhere, is made again, with growing pauses, until the task is ended; the session
//! goes on over the next. Bulk bytes go between the session, the storage and the channels here and
//! never reach the app.

mod bulk;
mod candidate;
mod connection;
mod connections;
mod drive;
mod entry;
mod gathering;
mod look;
mod quic;
mod redial;
mod runtime;
mod sealed;
mod sources;
mod task;
mod traffic;
mod tunnel;

pub use gathering::{Gathered, gather};

use crate::app::effect::Content;
use crate::app::event::{Event, PeerEvent};
use crate::app::{ConnectionId, ItemId};
use crate::io::frames::Frames;
use crate::io::storage::Library;
use crate::negotiation::Role;
use crate::seal::{Member, OpenError};
use crate::transfer::{Direction, Limits, Proposal, Reason, TransferId};
use sealed::{Heard, Sealed};
use signaling_server::protocol::{IceServer, Payload, PeerId};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What the task of a peer is told.
#[derive(Debug)]
pub enum Command {
    /// A signal of that peer.
    Signal(Payload),
    /// The server carries signals again: make another connection, unless one stands, as what was
    /// signalled for one may be lost.
    Reconnect,
    /// The remote peer is back at the server: the same, but it makes one by itself.
    Returned,
    /// This machine's network has changed.
    NetworkChanged,
    /// Offer it an item.
    Propose(ItemId, Proposal, Content),
    /// Take what it offers.
    Accept(TransferId),
    /// Do not take it, or no longer.
    Decline(TransferId, Reason),
    /// Stop sending.
    Cancel(TransferId),
    /// Let a transfer rest.
    Pause(Direction, TransferId),
    /// Let it go on.
    Continue(Direction, TransferId),
}

/// What a peer's task is made of.
#[derive(Debug, Clone)]
pub struct Setup {
    /// What the app calls the connection.
    pub connection: ConnectionId,
    /// This peer, as the server calls it.
    pub local: PeerId,
    /// The remote peer, as the server calls it.
    pub remote: PeerId,
    /// Which side offers first.
    pub role: Role,
    /// What this peer takes from the other.
    pub limits: Limits,
    /// This peer as a member of the room: what its signals are sealed and signed with.
    pub member: Arc<Member>,
    /// Servers for ICE.
    pub ice_servers: Vec<IceServer>,
    /// Where incoming files go.
    pub folder: PathBuf,
    /// Where outgoing files are read.
    pub library: Library,
    /// What carries frames to the remote peer, where no other way is found.
    pub frames: Frames,
    /// Where events go.
    pub events: mpsc::Sender<Event>,
    /// What the task's own tasks run on.
    pub tasks: TaskTracker,
    /// Ends the task.
    pub cancel: CancellationToken,
}

/// The app's end of a peer's task.
#[derive(Debug)]
pub struct Peer {
    commands: mpsc::Sender<Command>,
    cancel: CancellationToken,
}

impl Peer {
    /// Begins the task.
    pub fn spawn(setup: Setup) -> Self {
        let (commands, inbox) = mpsc::channel(COMMANDS_MAX);
        let peer = Self { commands, cancel: setup.cancel.clone() };
        setup.tasks.clone().spawn(task::run(setup, inbox));
        peer
    }

    /// Tells the task. One that cannot keep up is ended: nothing may pile up for it. But of signals
    /// the server may send as many as it likes, and so they have no more than half of the room; what
    /// is too much is dropped, as a server may drop it too.
    pub fn tell(&self, command: Command) {
        let is_signal = matches!(command, Command::Signal(_));
        if is_signal && self.commands.capacity() <= COMMANDS_MAX / 2 {
            return;
        }
        if let Err(mpsc::error::TrySendError::Full(_)) = self.commands.try_send(command) {
            tracing::warn!("a peer's task does not keep up");
            self.cancel.cancel();
        }
    }

    /// Ends the task; what it has to say last is still sent.
    pub fn end(&self) {
        self.cancel.cancel();
    }
}

impl Setup {
    /// Sends what the seal has to send.
    async fn send(&self, sealed: &mut Sealed) {
        while let Some(payload) = sealed.poll() {
            self.tell(PeerEvent::Signal(payload)).await;
        }
    }

    /// Begins the seal anew, and says hello.
    async fn renew(&self, sealed: &mut Sealed) {
        if let Err(error) = sealed.renew() {
            tracing::error!(%error, "no seal can be made");
        }
        self.send(sealed).await;
    }

    /// Opens a message, sends what that calls for, and tells of what did not open.
    async fn hear(&self, sealed: &mut Sealed, payload: &Payload, standing: Standing) -> Heard {
        let mut heard = sealed.open(payload);
        match &heard {
            Heard::Proven(remote) | Heard::Anew(remote) => {
                self.tell(PeerEvent::Proven(remote.clone())).await;
            }
            Heard::Unopened(error) => {
                // A server may send as many as it likes.
                tracing::trace!(%error, "seal");
                self.tell(PeerEvent::Unopened(*error)).await;
                let renews = match error {
                    // What was lost may have been on its way as the remote peer came to another network.
                    OpenError::Missing => true,
                    OpenError::OtherIdentity => standing == Standing::No,
                    _ => false,
                };
                if renews {
                    match sealed.renew() {
                        Ok(()) => heard = Heard::Renewed,
                        Err(error) => tracing::error!(%error, "no seal can be made"),
                    }
                }
            }
            Heard::Nothing | Heard::Greeted | Heard::Signal(_) | Heard::Renewed => {}
        }
        self.send(sealed).await;
        heard
    }

    /// Tells the app. It is gone only when the program ends.
    async fn tell(&self, event: PeerEvent) {
        let event = Event::Peer { connection: self.connection, event };
        if self.events.send(event).await.is_err() {
            self.cancel.cancel();
        }
    }
}

/// Whether a connection stands. One that does is not given up for what the server carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Yes,
    No,
}

/// How long the tasks of peers take to end, at most: a receipt is to arrive first.
pub const CLOSE_TIMEOUT: Duration =
    drive::RECEIPT_TIMEOUT.saturating_add(Duration::from_millis(500));
/// More than a room's signals and a person's keys come to; see [`Peer::tell`].
const COMMANDS_MAX: usize = 256;
