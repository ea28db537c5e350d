//! The hub as one of several: who waits for what others say, and what goes over the bus and comes.

use std::time::Instant;

use tokio::sync::oneshot;
#[cfg(feature = "nats")]
use tungstenite::Message;

use super::{Cause, Hub, Shared};
use crate::cluster::Cluster;
#[cfg(feature = "nats")]
use crate::cluster::{Incoming, Output};
use crate::protocol::{Refusal, RoomId};
use crate::rooms::{Heard, Rooms};

/// Somebody is about to enter a room. When it is dropped, that one has, or does not.
#[derive(Debug)]
pub(super) struct Knock<'a> {
    hub: &'a Hub,
    room: RoomId,
}

impl Drop for Knock<'_> {
    fn drop(&mut self) {
        self.hub.lock().rooms.unknock(&self.room);
    }
}

impl Hub {
    /// Waits until it is known who is in a room, here and elsewhere. What is heard of it is then kept
    /// until the knock is dropped, or for as long as somebody is in.
    pub(super) async fn knock(&self, room: &RoomId) -> Result<Option<Knock<'_>>, Refusal> {
        let (knock, found) = {
            let mut shared = self.lock();
            let Shared { rooms, cluster, seekers, .. } = &mut *shared;
            let Some(cluster) = cluster else { return Ok(None) };
            rooms.knock(room)?;
            let knock = Knock { hub: self, room: room.clone() };
            if cluster.look(room, Instant::now()) {
                return Ok(Some(knock));
            }
            let (find, found) = oneshot::channel();
            seekers.entry(room.clone()).or_default().push(find);
            (knock, found)
        };
        self.sooner.notify_one();
        // Nobody drops the other end; if somebody did, there would be nothing to wait for.
        let _ = found.await;
        Ok(Some(knock))
    }

    /// This instance is about to end.
    pub(in crate::server) fn end(&self) {
        self.with_cluster(|cluster, _| cluster.end());
    }

    /// There may be others, and the bus to them is gone.
    pub(in crate::server) fn lacks_bus(&self) -> bool {
        self.lock().cluster.as_ref().is_some_and(|it| !it.is_connected())
    }

    fn with_cluster(&self, act: impl FnOnce(&mut Cluster, &Rooms)) {
        let mut shared = self.lock();
        let Shared { rooms, cluster, .. } = &mut *shared;
        if let Some(cluster) = cluster {
            act(cluster, rooms);
        }
    }
}

/// For the bus.
#[cfg(feature = "nats")]
impl Hub {
    /// What is to go over the bus, once there is something.
    pub(in crate::server) async fn outputs(&self) -> Vec<Output> {
        loop {
            let outputs = self.outputs_now();
            if !outputs.is_empty() {
                return outputs;
            }
            self.outgoing.notified().await;
        }
    }

    /// What is to go over it at the moment.
    pub(in crate::server) fn outputs_now(&self) -> Vec<Output> {
        let mut shared = self.lock();
        let Shared { rooms, cluster: Some(cluster), .. } = &mut *shared else { return Vec::new() };
        std::iter::from_fn(|| cluster.poll_output(rooms)).take(OUTPUTS_AT_ONCE).collect()
    }

    /// What is to be heard as long as this instance runs.
    pub(in crate::server) fn subjects(&self) -> Vec<String> {
        self.lock().cluster.iter().flat_map(Cluster::subjects).collect()
    }

    /// Takes what came over the bus.
    pub(in crate::server) fn hear(&self, subject: &str, body: &[u8]) {
        let mut shared = self.lock();
        let Shared { rooms, cluster: Some(cluster), .. } = &mut *shared else { return };
        let (socket, message) = match cluster.hear(rooms, subject, body, Instant::now()) {
            Incoming::News(heard) => return shared.take(heard),
            Incoming::Text(socket, text) => (socket, Message::text(text)),
            Incoming::Frame(socket, frame) => (socket, Message::binary(frame.to_vec())),
            Incoming::Nothing => return,
        };
        let outbox = shared.outboxes.get(&socket).cloned();
        drop(shared);
        if let Some(outbox) = outbox {
            outbox.send(message);
        }
    }

    /// Nobody had subscribed where something was published.
    pub(in crate::server) fn hear_nobody(&self, subject: &str) {
        self.with_cluster(|cluster, _| cluster.hear_nobody(subject));
    }

    /// The bus is there, perhaps again.
    pub(in crate::server) fn connect(&self) {
        self.with_cluster(|cluster, rooms| cluster.connect(rooms, Instant::now()));
        self.sooner.notify_one();
    }

    /// It is gone.
    pub(in crate::server) fn disconnect(&self) {
        self.with_cluster(|cluster, _| cluster.disconnect());
    }

    /// Something that came over it is lost.
    pub(in crate::server) fn ask_anew(&self) {
        self.with_cluster(Cluster::ask_anew);
    }
}

impl Shared {
    /// Does what another instance's word brings about here.
    pub(super) fn take(&mut self, heard: Heard) {
        self.deliver(heard.deliveries);
        for socket in heard.superseded {
            if let Some(outbox) = self.outboxes.get(&socket) {
                outbox.end(Cause::Superseded);
            }
        }
    }

    /// Makes what others are to hear of what was done, and lets those in whose room is known now. Says
    /// whether something is to go over the bus.
    pub(super) fn settle(&mut self) -> bool {
        let Some(cluster) = &mut self.cluster else { return false };
        cluster.tell(self.rooms.take_changes());
        while let Some(room) = cluster.poll_found() {
            for seeker in self.seekers.remove(&room).into_iter().flatten() {
                // One that does not wait any more has gone.
                let _ = seeker.send(());
            }
        }
        cluster.has_output()
    }
}

/// So that what waits is counted as waiting.
#[cfg(feature = "nats")]
const OUTPUTS_AT_ONCE: usize = 256;
