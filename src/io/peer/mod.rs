//! The task of one remote peer: it makes the connection, and drives the session over it.
//!
//! Fed by [`Command`]s; answers with [`PeerEvent`]s. A connection that is lost is made again by
//! the side that offered, with growing pauses, until the task is ended. Bulk bytes go between the
//! session, the storage and the channels here and never reach the app.

mod connection;
mod drive;
mod runtime;

use super::storage::Storage;
use crate::app::effect::Content;
use crate::app::event::{Closed, Event, PeerEvent};
use crate::app::{ConnectionId, ItemId};
use crate::negotiation::{Attempt, Body, Meaning, Negotiation, Role, Signal};
use crate::transfer::{Hello, Proposal, Reason, TransferId};
use connection::{Connection, Notice};
use drive::{Drive, Outcome};
use serde_json::value::to_raw_value;
use signaling_server::protocol::{IceServer, Payload, PeerId};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use webrtc::peer_connection::RTCPeerConnectionState;

pub use runtime::{AWAKE_SLEEP_MAX, send_limit_bytes};

/// What the task of a peer is told.
#[derive(Debug)]
pub enum Command {
    /// A signal of that peer.
    Signal(Payload),
    /// Offer it an item.
    Propose(ItemId, Proposal, Content),
    /// Take what it offers.
    Accept(TransferId),
    /// Do not take it, or no longer.
    Decline(TransferId, Reason),
    /// Stop sending.
    Cancel(TransferId),
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
    /// What this peer says of itself.
    pub hello: Hello,
    /// Servers for ICE.
    pub ice_servers: Vec<IceServer>,
    /// Where incoming files go.
    pub folder: PathBuf,
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
        setup.tasks.clone().spawn(Task::new(setup, inbox).run());
        peer
    }

    /// Tells the task. One that cannot keep up is ended: nothing may pile up for it.
    pub fn tell(&self, command: Command) {
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

struct Task {
    setup: Setup,
    inbox: mpsc::Receiver<Command>,
}

/// How one connection ended, and what is next.
enum Next {
    /// Make another, as the side that offers.
    Again,
    /// The remote peer offers another.
    Answer(Signal),
    /// The task is over.
    Over,
}

impl Task {
    fn new(setup: Setup, inbox: mpsc::Receiver<Command>) -> Self {
        Self { setup, inbox }
    }

    #[tracing::instrument(name = "peer", skip_all, fields(peer = %self.setup.remote))]
    async fn run(mut self) {
        let mut offers = self.setup.role == Role::Offerer;
        let mut offer = None;
        let mut pause = RETRY_FIRST;
        loop {
            let mut negotiation = if offers {
                let attempt = Attempt(getrandom::u32().unwrap_or_default());
                Negotiation::offer(attempt, self.setup.local, self.setup.remote)
            } else {
                Negotiation::answer()
            };
            let begun = Instant::now();
            let next = self.connect(&mut negotiation, offer.take()).await;
            if begun.elapsed() > RETRY_MAX {
                pause = RETRY_FIRST;
            }
            offer = match next {
                Next::Over => return,
                Next::Answer(signal) => Some(signal),
                Next::Again => match self.rest(negotiation.role(), pause).await {
                    Some(offer) => offer,
                    None => return,
                },
            };
            offers = offer.is_none();
            pause = (pause * 2).min(RETRY_MAX);
        }
    }

    /// Between two connections: waits for the remote peer's offer, or, as the side that offers,
    /// for the pause to end. `None` ends the task.
    async fn rest(&mut self, role: Role, pause: Duration) -> Option<Option<Signal>> {
        let deadline = tokio::time::Instant::now() + pause;
        loop {
            tokio::select! {
                () = self.setup.cancel.cancelled() => return None,
                () = tokio::time::sleep_until(deadline), if role == Role::Offerer => {
                    return Some(None);
                }
                command = self.inbox.recv() => if let Command::Signal(payload) = command?
                    && let Some(signal) = parse(&payload)
                    && matches!(signal.body, Body::Offer { .. })
                {
                    return Some(Some(signal));
                }
            }
        }
    }

    /// One connection, from its negotiation to its end.
    async fn connect(&mut self, negotiation: &mut Negotiation, offer: Option<Signal>) -> Next {
        let tasks = &self.setup.tasks;
        let mut connection = match Connection::new(&self.setup.ice_servers, tasks).await {
            Ok(connection) => connection,
            Err(error) => {
                tracing::error!(%error, "no connection can be made");
                return self.close(Closed::Lost, Next::Again).await;
            }
        };
        let outcome = match self.open(&mut connection, negotiation, offer).await {
            Ok(()) => {
                let storage = Storage::spawn(self.setup.folder.clone(), &self.setup.tasks);
                let drive = Drive::new(&self.setup, &mut connection, storage);
                drive.run(&mut self.inbox, negotiation).await
            }
            Err(outcome) => outcome,
        };
        connection.close().await;
        tracing::info!(?outcome, "connection over");
        match outcome {
            Outcome::Cancelled => Next::Over,
            Outcome::Lost => self.close(Closed::Lost, Next::Again).await,
            Outcome::Restart(signal) => self.close(Closed::Lost, Next::Answer(signal)).await,
            Outcome::Violated(violation) => {
                self.close(Closed::Violated(violation), Next::Over).await
            }
        }
    }

    /// Negotiates until both data channels are open.
    async fn open(
        &mut self,
        connection: &mut Connection,
        negotiation: &mut Negotiation,
        offer: Option<Signal>,
    ) -> Result<(), Outcome> {
        let begun = Instant::now();
        if negotiation.role() == Role::Offerer {
            let sdp = connection.offer().await.map_err(|error| lost(&error))?;
            self.signal(negotiation, Body::Offer { sdp }).await;
        }
        if let Some(offer) = offer {
            self.handle_signal(connection, negotiation, offer).await?;
        }
        // An answerer waits for its offer as long as it takes; then, and as an offerer at once,
        // the connection has a time limit: a peer with a wrong fingerprint would never fail.
        let mut deadline = (negotiation.role() == Role::Offerer).then(|| begun + OPEN_TIMEOUT);
        let mut opened = 0;
        while opened < CHANNELS {
            let limit = deadline.unwrap_or(begun);
            tokio::select! {
                () = self.setup.cancel.cancelled() => return Err(Outcome::Cancelled),
                () = tokio::time::sleep_until(limit.into()), if deadline.is_some() => {
                    tracing::info!("no connection in time");
                    return Err(Outcome::Lost);
                }
                notice = connection.notices.recv() => match notice {
                    Some(Notice::Opened) => opened += 1,
                    Some(Notice::Candidate(candidate)) => {
                        self.signal(negotiation, Body::Candidate(candidate)).await;
                    }
                    Some(Notice::State(RTCPeerConnectionState::Failed) | Notice::Ended) | None => {
                        return Err(Outcome::Lost);
                    }
                    Some(Notice::State(state)) => tracing::debug!(%state, "connection"),
                },
                command = self.inbox.recv() => match command {
                    Some(Command::Signal(payload)) => {
                        if let Some(signal) = parse(&payload) {
                            self.handle_signal(connection, negotiation, signal).await?;
                            deadline.get_or_insert_with(|| Instant::now() + OPEN_TIMEOUT);
                        }
                    }
                    Some(other) => tracing::debug!(?other, "not connected yet"),
                    None => return Err(Outcome::Cancelled),
                },
            }
        }
        tracing::info!(took = ?begun.elapsed(), "connected");
        Ok(())
    }

    async fn handle_signal(
        &self,
        connection: &Connection,
        negotiation: &mut Negotiation,
        signal: Signal,
    ) -> Result<(), Outcome> {
        match negotiation.handle(signal.clone()) {
            Meaning::Steps(steps) => {
                for step in steps {
                    if let Some(sdp) = connection.step(step).await.map_err(|error| lost(&error))? {
                        self.signal(negotiation, Body::Answer { sdp }).await;
                    }
                }
                Ok(())
            }
            Meaning::Restart => Err(Outcome::Restart(signal)),
            Meaning::Stale => Ok(()),
        }
    }

    async fn signal(&self, negotiation: &Negotiation, body: Body) {
        // Without an offer there is nothing to answer: the candidates will be in the answer.
        let Some(signal) = negotiation.signal(body) else { return };
        let payload = to_raw_value(&signal).expect("signals are plain JSON");
        self.setup.tell(PeerEvent::Signal(payload)).await;
    }

    async fn close(&self, why: Closed, next: Next) -> Next {
        self.setup.tell(PeerEvent::Closed(why)).await;
        next
    }
}

impl Setup {
    /// Tells the app. It is gone only when the program ends.
    async fn tell(&self, event: PeerEvent) {
        let event = Event::Peer { connection: self.connection, event };
        if self.events.send(event).await.is_err() {
            self.cancel.cancel();
        }
    }
}

/// Reads a signal; one that cannot be read is of no use to a negotiation.
fn parse(payload: &Payload) -> Option<Signal> {
    serde_json::from_str(payload.get())
        .inspect_err(|error| tracing::debug!(%error, "a signal that cannot be read"))
        .ok()
}

fn lost(error: &webrtc::error::Error) -> Outcome {
    tracing::warn!(%error, "negotiating");
    Outcome::Lost
}

/// More than a room's signals and a person's keys come to; see [`Peer::tell`].
const COMMANDS_MAX: usize = 256;
const CHANNELS: usize = 2;
/// How long a connection may take to open.
const OPEN_TIMEOUT: Duration = Duration::from_secs(15);
const RETRY_FIRST: Duration = Duration::from_millis(500);
const RETRY_MAX: Duration = Duration::from_secs(8);
