//! The way to a room: its keys are derived of the words, and its server is found.
//!
//! One task for each stay in a room. It tells the signaling socket where to go; of a room on the
//! same network it says so again whenever the server was lost, since it may be elsewhere by then.

use super::lan::{self, Found};
use super::signaling::Whereabouts;
use crate::app::EntryId;
use crate::app::event::{Event, SignalingEvent};
use crate::link::{Destination, Place, ServerUrl};
use crate::seal::{Identity, Member, RoomKeys};
use crate::text::SafeText;
use signaling_server::protocol::RoomId;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// This peer as a member of a room, once the room's keys are derived.
pub type Membership = Arc<OnceLock<Arc<Member>>>;

/// What the way to a room depends on.
#[derive(Debug)]
pub struct Guide {
    /// What the app calls the stay.
    pub entry: EntryId,
    /// The room.
    pub destination: Destination,
    /// Who enters.
    pub identity: Identity,
    /// As what others see.
    pub name: SafeText,
    /// What is set when there are keys; before that nobody connects.
    pub membership: Membership,
    /// The server that this program carries, if that is the room's.
    pub carried: Option<Here>,
    /// Where to is told here.
    pub tell: watch::Sender<Option<Whereabouts>>,
    /// Each time the server was lost.
    pub lost: mpsc::Receiver<()>,
    /// Where events go.
    pub events: mpsc::Sender<Event>,
    /// Ends the task.
    pub cancel: CancellationToken,
}

/// A server of this program.
#[derive(Debug, Clone)]
pub struct Here {
    /// To be reached at from here.
    pub local: ServerUrl,
    /// The port to announce it at on the same network, if it is to be found there.
    pub announced: Option<u16>,
}

impl Guide {
    /// Runs until it is cancelled.
    pub async fn run(mut self) {
        let cancel = self.cancel.clone();
        let derived = tokio::select! {
            () = cancel.cancelled() => None,
            room = self.derive() => room,
        };
        if let Some(room) = derived {
            self.lead(room).await;
        }
    }

    /// Makes this peer a member. Deriving keys takes a tenth of a second on purpose; the screen does
    /// not wait for it.
    async fn derive(&self) -> Option<RoomId> {
        let (words, identity) = (self.destination.words.clone(), self.identity.clone());
        let (name, membership) = (self.name.clone(), self.membership.clone());
        let derived = tokio::task::spawn_blocking(move || {
            let keys = RoomKeys::derive(&words);
            let room = keys.room.clone();
            membership.get_or_init(|| Arc::new(Member { keys, identity, name }));
            room
        });
        derived.await.inspect_err(|error| tracing::error!(%error, "no keys are derived")).ok()
    }

    async fn lead(&mut self, room: RoomId) {
        match (&self.destination.place, self.carried.clone()) {
            (Place::Server(server), _) => self.say(&room, vec![server.clone()]),
            (Place::Here { .. }, Some(here)) => {
                let pin = here.local.pin();
                self.say(&room, vec![here.local]);
                if let Some(port) = here.announced {
                    // A room that is not announced is found by its link all the same.
                    if let Err(error) = lan::announce(&room, port, pin, self.cancel.clone()).await {
                        tracing::warn!(%error, "the room is not announced on this network");
                    }
                }
            }
            (Place::Here { .. }, None) => tracing::error!("no server is carried"),
            (Place::Network, _) => {
                let cancel = self.cancel.clone();
                tokio::select! {
                    () = cancel.cancelled() => {}
                    () = self.search(&room) => {}
                }
            }
        }
    }

    /// Finds the room on the network, and again when it was lost.
    async fn search(&mut self, room: &RoomId) {
        loop {
            match lan::find(room).await {
                Ok(Found { addresses, pin }) => {
                    let server = |it: &SocketAddr| ServerUrl::at(&it.to_string(), pin).ok();
                    let servers: Vec<_> = addresses.iter().filter_map(server).collect();
                    self.say(room, servers.clone());
                    if let Some(server) = servers.into_iter().next() {
                        self.event(SignalingEvent::Found(server)).await;
                    }
                    if self.lost.recv().await.is_none() {
                        return;
                    }
                }
                Err(error) => {
                    let why = format!("this network cannot be asked for rooms ({error})");
                    self.event(SignalingEvent::Lost { why }).await;
                    sleep(SEARCH_PAUSE).await;
                }
            }
        }
    }

    fn say(&self, room: &RoomId, servers: Vec<ServerUrl>) {
        // The signaling task is gone only when the stay is over.
        let _ = self.tell.send(Some(Whereabouts { room: room.clone(), servers }));
    }

    async fn event(&self, event: SignalingEvent) {
        let event = Event::Signaling { entry: self.entry, event };
        // The app is gone only when the program ends.
        let _ = self.events.send(event).await;
    }
}

const SEARCH_PAUSE: Duration = Duration::from_secs(5);
