//! The one value that the tasks of a server share: the rooms, and the way to each socket.
//!
//! Both stand behind one lock, held for a look-up or an announcement and never across an await.
//! Deliveries are put into outboxes under it, so that every peer hears a room's news in the order
//! in which it happened. What other instances are to hear, if there are others, is made under it
//! likewise, and waits there until the bus takes it.
//!
//! What peers send each other does without it: a seat keeps the outbox of whom it sent to last, which is
//! open as long as that peer is to be found there. No socket is read or written under it.

mod cluster;

use std::collections::HashMap;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use sha2::{Digest, Sha256};
use tokio::sync::{Notify, oneshot};
use tracing::{debug, error};
use tungstenite::Message;

use super::Config;
use super::ice::IceServers;
use super::metrics::{Census, ClusterCensus, Metrics};
use super::outbox::{self, Added, Cause, Outbox, Queues};
use super::tls::Stream;
use super::turn::now;
use super::websocket::WebSocket;
use crate::cluster::Cluster;
use crate::protocol::{Frame, MESSAGE_BYTES_MAX, Payload, PeerId, Refusal, Reply, RoomId, Token};
use crate::rooms::{
    Arrival, Delivery, InstanceId, Limits, PEER_ID_MAX, Rooms, Route, SocketId, Way,
};

/// The rooms and the outboxes of all sockets.
#[derive(Debug)]
pub(super) struct Hub {
    shared: Mutex<Shared>,
    /// Something is due sooner than it was.
    sooner: Notify,
    /// Something is to go over the bus.
    outgoing: Notify,
    ice_servers: IceServers,
    /// Whether frames are carried.
    frames: bool,
    queues: Queues,
    metrics: Arc<Metrics>,
}

#[derive(Debug)]
struct Shared {
    rooms: Rooms,
    outboxes: HashMap<SocketId, Arc<Outbox>>,
    sockets_so_far: u64,
    /// What is known of other instances, if there may be any.
    cluster: Option<Cluster>,
    /// Those who wait until it is known who else has a room.
    seekers: HashMap<RoomId, Vec<oneshot::Sender<()>>>,
}

/// The lock. As it is let go, what others are to hear of what was done is made.
#[derive(Debug)]
struct Locked<'a> {
    hub: &'a Hub,
    shared: MutexGuard<'a, Shared>,
}

/// A signal that would be longer than a message may be, once the sender's id is put to it.
#[derive(Debug)]
pub(super) struct TooLong;

impl Hub {
    /// One of several instances, if it has an id.
    pub(super) fn new(
        config: &Config,
        metrics: Arc<Metrics>,
        instance: Option<InstanceId>,
    ) -> Self {
        let limits = Limits { rooms_max: config.rooms_max, grace: config.grace };
        let rooms = instance.map_or(Rooms::new(limits), |_| Rooms::of_several(limits));
        Self {
            shared: Mutex::new(Shared {
                rooms,
                outboxes: HashMap::new(),
                sockets_so_far: 0,
                cluster: instance.map(Cluster::new),
                seekers: HashMap::new(),
            }),
            sooner: Notify::new(),
            outgoing: Notify::new(),
            ice_servers: IceServers::new(config),
            frames: config.frame_bytes_per_second > 0,
            queues: Queues {
                texts: outbox::Limits {
                    messages_max: config.queue_messages_max,
                    bytes_max: config.queue_bytes_max,
                },
                frames: outbox::Limits {
                    messages_max: config.queue_frames_max,
                    bytes_max: config.queue_frame_bytes_max,
                },
            },
            metrics,
        }
    }

    /// A seat for a socket that has just opened.
    pub(super) fn seat(&self, socket: WebSocket<Stream>) -> Seat<'_> {
        let outbox = Arc::new(Outbox::new(socket, self.queues, Arc::clone(&self.metrics)));
        let mut shared = self.lock();
        shared.sockets_so_far += 1;
        let socket = SocketId(shared.sockets_so_far);
        shared.outboxes.insert(socket, Arc::clone(&outbox));
        Seat { hub: self, socket, outbox, last: None }
    }

    /// Adds who is there.
    pub(super) fn count(&self, census: Census) -> Census {
        let shared = self.lock();
        let (rooms, here, away) = shared.rooms.counts();
        let cluster = shared.cluster.as_ref().map(|it| ClusterCensus {
            is_connected: it.is_connected(),
            others: it.others(),
            dropped: it.dropped(),
        });
        Census { sockets: shared.outboxes.len(), rooms, here, away, cluster, ..census }
    }

    /// Lets peers go when their grace is over, and keeps time with other instances. Never returns;
    /// sleeps while nothing is due.
    pub(super) async fn keep_time(&self) {
        loop {
            let next = self.lock().poll_timeout();
            let due = async {
                match next {
                    Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = self.sooner.notified() => {}
                () = due => self.lock().handle_timeout(Instant::now()),
            }
        }
    }

    /// What the lock guards is whole between any two calls, so a panic elsewhere spoils nothing.
    fn lock(&self) -> Locked<'_> {
        let shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        Locked { hub: self, shared }
    }
}

impl Deref for Locked<'_> {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.shared
    }
}

impl DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut Shared {
        &mut self.shared
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        if self.shared.settle() {
            self.hub.outgoing.notify_one();
        }
    }
}

impl Shared {
    fn poll_timeout(&self) -> Option<Instant> {
        let cluster = self.cluster.as_ref().and_then(Cluster::poll_timeout);
        [self.rooms.poll_timeout(), cluster].into_iter().flatten().min()
    }

    fn handle_timeout(&mut self, now: Instant) {
        let deliveries = self.rooms.handle_timeout(now);
        self.deliver(deliveries);
        if let Some(cluster) = &mut self.cluster {
            let heard = cluster.handle_timeout(&mut self.rooms, now);
            self.take(heard);
        }
    }

    fn deliver(&self, deliveries: impl IntoIterator<Item = Delivery>) {
        for Delivery { to, reply } in deliveries {
            if let Some(outbox) = self.outboxes.get(&to) {
                outbox.push(Message::text(text_of(&reply)));
            }
        }
    }
}

/// A reply as it goes over the wire.
pub(super) fn text_of(reply: &Reply) -> String {
    let mut text = Vec::with_capacity(match reply {
        Reply::Signal { payload, .. } => payload.get().len() + SIGNAL_FRAME_BYTES,
        _ => 0,
    });
    serde_json::to_writer(&mut text, reply).expect("a reply has text keys and no failing parts");
    String::from_utf8(text).expect("JSON is UTF-8")
}

/// A signal as it goes over the wire. Others take nothing longer than a message may be either: one peer
/// must not be able to close another.
fn signal_of(from: PeerId, payload: Payload) -> Result<String, TooLong> {
    let text = text_of(&Reply::Signal { from, payload });
    if text.len() > MESSAGE_BYTES_MAX { Err(TooLong) } else { Ok(text) }
}

/// A socket's seat in the hub. When it is dropped the socket is lost to the room.
#[derive(Debug)]
pub(super) struct Seat<'a> {
    hub: &'a Hub,
    socket: SocketId,
    outbox: Arc<Outbox>,
    /// Whom it sent to last.
    last: Option<Neighbour>,
}

/// A peer of the same room on this server, as a seat knows it.
#[derive(Debug)]
struct Neighbour {
    id: PeerId,
    /// It is that peer's until it ends.
    outbox: Arc<Outbox>,
    /// Who the seat is to it.
    from: PeerId,
}

impl Seat<'_> {
    /// What waits for this socket.
    pub(super) fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Enters a room, as soon as it is known who is in it; the welcome goes to the outbox.
    pub(super) async fn join(&self, room: &RoomId, token: Option<Token>) -> Result<(), Refusal> {
        let _knock = self.hub.knock(room).await?;
        self.enter(room, token)
    }

    fn enter(&self, room: &RoomId, token: Option<Token>) -> Result<(), Refusal> {
        let drawn = draw().map_err(|error| {
            error!(%error, "the system gives no random numbers: nobody is let in");
            Refusal::ServerFull
        })?;
        let mut shared = self.hub.lock();
        // A token of a server that was here before is as good: its peer keeps its id, and the
        // others their connections to it.
        let brought = token.as_ref().filter(|it| it.is_whole() && !shared.rooms.knows(it));
        let fresh_token = brought.cloned().unwrap_or(drawn);
        let fresh_id = id_of(&fresh_token);
        let mut admission = shared.rooms.join(Arrival {
            socket: self.socket,
            room: room.clone(),
            token,
            fresh_id,
            fresh_token,
            ice_servers: Vec::new(),
        })?;
        for delivery in &mut admission.deliveries {
            // Which id a peer has is known only now, and its credentials are of that.
            if let Reply::Welcome { id, ice_servers, frames, .. } = &mut delivery.reply {
                *ice_servers = self.hub.ice_servers.of(room, *id, now().unix_seconds);
                *frames = self.hub.frames;
            }
        }
        if let Some(outbox) = admission.superseded.and_then(|socket| shared.outboxes.get(&socket)) {
            outbox.end(Cause::Superseded);
        }
        shared.deliver(admission.deliveries);
        debug!("joined");
        Ok(())
    }

    /// Sends a signal on to one peer of the room; says whose outbox it crowds, if it does.
    pub(super) fn relay(
        &mut self,
        to: PeerId,
        payload: Payload,
    ) -> Result<Option<Arc<Outbox>>, TooLong> {
        if let Some(Neighbour { outbox, from, .. }) = self.neighbour(to) {
            let added = outbox.send(Message::text(signal_of(*from, payload)?));
            return Ok((added == Added::Crowds).then(|| Arc::clone(outbox)));
        }
        let mut shared = self.hub.lock();
        let Shared { rooms, cluster, .. } = &mut *shared;
        let route = rooms.route(self.socket, to);
        if let Some(Route { room, from, to: Way::Elsewhere(instance) }) = route {
            let text = signal_of(from, payload)?;
            if let Some(cluster) = cluster {
                cluster.send_text(instance, room, to, &text);
            }
        }
        Ok(None)
    }

    /// Carries a frame to one peer of the room; says whose outbox it crowds, if it does.
    pub(super) fn carry(&mut self, frame: Frame<'_>) -> Option<Arc<Outbox>> {
        let to = frame.peer;
        if let Some(Neighbour { outbox, from, .. }) = self.neighbour(to) {
            let added = outbox.send(Message::binary(Frame { peer: *from, ..frame }.encode()));
            return (added == Added::Crowds).then(|| Arc::clone(outbox));
        }
        let mut shared = self.hub.lock();
        let Shared { rooms, cluster, .. } = &mut *shared;
        let route = rooms.route(self.socket, to);
        if let Some(Route { room, from, to: Way::Elsewhere(instance) }) = route {
            let message = Frame { peer: from, ..frame }.encode();
            cluster.as_mut()?.send_frame(instance, room, to, &message);
        }
        None
    }

    /// A peer of the room, if it and this one are here.
    fn neighbour(&mut self, id: PeerId) -> Option<&Neighbour> {
        if !self.outbox.is_open() {
            return None;
        }
        if !self.last.as_ref().is_some_and(|it| it.id == id && it.outbox.is_open()) {
            let shared = self.hub.lock();
            let Route { from, to, .. } = shared.rooms.route(self.socket, id)?;
            let Way::Here(socket) = to else { return None };
            let outbox = Arc::clone(shared.outboxes.get(&socket)?);
            self.last = Some(Neighbour { id, outbox, from });
        }
        self.last.as_ref()
    }

    /// Goes for good.
    pub(super) fn leave(&self) {
        let mut shared = self.hub.lock();
        let deliveries = shared.rooms.leave(self.socket);
        self.outbox.end(Cause::Gone);
        shared.deliver(deliveries);
        debug!("left");
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.outbox.end(Cause::Gone);
        drop(self.outbox.take_socket());
        let mut shared = self.hub.lock();
        shared.outboxes.remove(&self.socket);
        let deliveries = shared.rooms.disconnect(self.socket, Instant::now());
        shared.deliver(deliveries);
        self.hub.sooner.notify_one();
    }
}

/// More than what stands around a payload.
const SIGNAL_FRAME_BYTES: usize = 64;

/// 128 random bits.
fn draw() -> Result<Token, getrandom::Error> {
    Ok(Token(format!("{:016x}{:016x}", getrandom::u64()?, getrandom::u64()?)))
}

/// The id that goes with a token: who knows an id cannot tell the token.
fn id_of(token: &Token) -> PeerId {
    let digest = Sha256::digest(&token.0);
    let start = digest.iter().take(8).fold(0, |start, byte| start << 8 | u64::from(*byte));
    PeerId(start & PEER_ID_MAX)
}
