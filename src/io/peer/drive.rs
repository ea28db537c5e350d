//! Drives a [`Session`] over an open connection: channels on one side, storage on the other.
//!
//! Every queue here is bounded, and each is taken from only when what it leads to has room: a slow
//! disk stops the bulk channel, a slow line stops the reading of files, and a remote peer that does
//! not listen stops being listened to.

use super::connection::{Connection, Notice};
use super::sealed::{Heard, Sealed};
use super::{Command, Setup, Standing};
use crate::app::effect::Content;
use crate::app::event::{Event as AppEvent, PeerEvent};
use crate::io::storage::{self, Done, Fate, Storage, Wanted};
use crate::negotiation::{Meaning, Negotiation, Signal};
use crate::transfer::{
    Digest, Direction, End, Event, ReadRequest, Reason, Session, TransferId, Violation,
};
use bytes::{Bytes, BytesMut};
use std::collections::{HashMap, VecDeque};
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use webrtc::peer_connection::RTCPeerConnectionState;

/// How driving a connection ended.
#[derive(Debug)]
pub enum Outcome {
    /// The app ended it.
    Cancelled,
    /// The world ended it.
    Lost,
    /// The remote peer has begun anew, before the connection was made.
    Renewed,
    /// The remote peer wants another connection.
    Restart(Signal),
    /// The remote peer broke the protocol.
    Violated(Violation),
}

/// A session, and what it is driven over.
pub struct Drive<'a> {
    setup: &'a Setup,
    connection: &'a mut Connection,
    session: Session,
    storage: Storage,
    /// Where the files that go out are read from.
    sources: HashMap<TransferId, Source>,
    /// Where incoming files were put, until their end is told.
    placed: HashMap<TransferId, PathBuf>,
    proposals: HashMap<TransferId, Wanted>,
    /// Where the files that go out lie, to be hashed should the remote peer have a part of one.
    paths: HashMap<TransferId, PathBuf>,
    /// Digests of files that go out.
    hashed: (mpsc::Sender<Hashed>, mpsc::Receiver<Hashed>),
    /// Asked for by the session, and not read yet.
    request: Option<ReadRequest>,
    /// Read, and waiting for the bulk channel.
    chunk: Option<BytesMut>,
    /// Waiting for the control channel.
    message: Option<String>,
    /// Waiting for the storage.
    writes: VecDeque<storage::Command>,
    /// When to look again at how the remote peer is reached.
    route_at: Option<Instant>,
    /// Since when nothing has come from the remote peer.
    unreachable_since: Option<Instant>,
}

/// The digest of a file that goes out, or why there is none.
type Hashed = (TransferId, io::Result<Digest>);

/// Where the bytes of a file that goes out come from.
enum Source {
    /// All there.
    Bytes(Bytes),
    /// Not opened before the remote peer has accepted.
    File(PathBuf),
    /// Read ahead, a block at a time.
    Reading { blocks: mpsc::Receiver<io::Result<Bytes>>, block: Bytes },
}

impl<'a> Drive<'a> {
    pub fn new(setup: &'a Setup, connection: &'a mut Connection, storage: Storage) -> Self {
        let now = Instant::now();
        Self {
            session: Session::new(setup.hello, now),
            setup,
            connection,
            storage,
            sources: HashMap::new(),
            placed: HashMap::new(),
            proposals: HashMap::new(),
            paths: HashMap::new(),
            hashed: mpsc::channel(1),
            request: None,
            chunk: None,
            message: None,
            writes: VecDeque::new(),
            route_at: Some(now + ROUTE_FIRST),
            unreachable_since: None,
        }
    }

    /// Runs until the connection is over.
    pub async fn run(
        mut self,
        inbox: &mut mpsc::Receiver<Command>,
        negotiation: &mut Negotiation,
        sealed: &mut Sealed,
    ) -> Outcome {
        // Clones, so that a permit of theirs does not borrow all of this.
        let cancel = self.setup.cancel.clone();
        let storage = self.storage.commands.clone();
        let control_out = self.connection.control_out.clone();
        let bulk_out = self.connection.bulk_out.clone();
        loop {
            self.settle().await;
            let deadline = self.deadline();
            let wake = deadline.unwrap_or_else(Instant::now);
            let step = tokio::select! {
                () = cancel.cancelled() => {
                    self.cancel_all();
                    Err(Outcome::Cancelled)
                }
                Some(command) = inbox.recv() => self.command(command, negotiation, sealed).await,
                notice = self.connection.notices.recv() => self.notice(notice).await,
                Some(text) = self.connection.control_in.recv(), if self.message.is_none() => {
                    self.session.handle_control(&text, Instant::now()).map_err(Outcome::Violated)
                }
                Some(chunk) = self.connection.bulk_in.recv(), if self.writes.is_empty() => {
                    self.session.handle_chunk(chunk).map_err(Outcome::Violated)
                }
                Ok(permit) = storage.reserve(), if !self.writes.is_empty() => {
                    if let Some(command) = self.writes.pop_front() {
                        permit.send(command);
                    }
                    Ok(())
                }
                Some(done) = self.storage.done.recv() => {
                    self.done(done).await;
                    Ok(())
                }
                Some((transfer, digest)) = self.hashed.1.recv() => {
                    match digest {
                        Ok(digest) => self.session.hashed(transfer, digest),
                        Err(error) => {
                            tracing::warn!(%transfer, %error, "hashing a file");
                            self.session.cancel(transfer, Reason::Storage);
                        }
                    }
                    Ok(())
                }
                Ok(permit) = control_out.reserve(), if self.message.is_some() => {
                    if let Some(message) = self.message.take() {
                        permit.send(message);
                    }
                    Ok(())
                }
                Ok(permit) = bulk_out.reserve(), if self.chunk.is_some() => {
                    if let Some(chunk) = self.chunk.take() {
                        permit.send(chunk);
                    }
                    Ok(())
                }
                read = read(&mut self.sources, self.request), if self.can_read() => {
                    self.handle_read(read);
                    Ok(())
                }
                () = tokio::time::sleep_until(wake.into()), if deadline.is_some() => {
                    self.timeout().await
                }
            };
            if let Err(outcome) = step {
                if matches!(outcome, Outcome::Lost) {
                    self.hear_out().await;
                }
                // What is still to be said, such as a cancel, goes out as far as it can.
                while let Some(text) = self.message.take().or_else(|| self.session.poll_control()) {
                    if self.connection.control_out.try_send(text).is_err() {
                        break;
                    }
                }
                return outcome;
            }
        }
    }

    /// Hears what the remote peer said last, such as a receipt, before it ended the connection.
    async fn hear_out(&mut self) {
        let said = async {
            while let Some(text) = self.connection.control_in.recv().await {
                if self.session.handle_control(&text, Instant::now()).is_err() {
                    return;
                }
            }
        };
        // What is not there by now is lost.
        let _ = tokio::time::timeout(HEAR_OUT_TIMEOUT, said).await;
        while let Some(event) = self.session.poll_event() {
            self.perform(event).await;
        }
    }

    /// Does what the session says until it has nothing more to say.
    async fn settle(&mut self) {
        while let Some(event) = self.session.poll_event() {
            self.perform(event).await;
        }
        if self.message.is_none() {
            self.message = self.session.poll_control();
        }
        if self.request.is_none() {
            self.request = self.session.poll_read();
        }
        self.connection.keep_awake(self.session.is_moving());
    }

    fn can_read(&self) -> bool {
        self.request.is_some() && self.chunk.is_none()
    }

    fn handle_read(&mut self, read: Result<Bytes, Reason>) {
        let Some(request) = self.request.take() else { return };
        match read {
            Ok(data) => {
                let chunk = self.session.handle_read(request.transfer, data);
                self.chunk = chunk.map(|chunk| chunk.encode());
            }
            Err(reason) => self.session.cancel(request.transfer, reason),
        }
    }

    async fn perform(&mut self, event: Event) {
        let told = match event {
            Event::Open(_) => PeerEvent::Open,
            Event::Proposed { transfer, proposal, mark } => {
                let (name, size) = (proposal.name.clone(), proposal.size);
                self.proposals.insert(transfer, Wanted { name, size, mark });
                PeerEvent::Proposed { transfer, proposal, held: 0 }
            }
            Event::Accepted { transfer, offset } => PeerEvent::Accepted { transfer, offset },
            Event::Hash { transfer } => {
                self.hash(transfer);
                return;
            }
            Event::Checkpoint { transfer, verified } => {
                self.writes.push_back(storage::Command::Checkpoint(transfer, verified));
                return;
            }
            Event::Write(chunk) => {
                self.writes.push_back(storage::Command::Write(chunk.transfer, chunk.data));
                return;
            }
            Event::Store { transfer } => {
                self.writes.push_back(storage::Command::Store(transfer));
                return;
            }
            Event::Paused { direction, transfer, by } => {
                PeerEvent::Paused { direction, transfer, by }
            }
            Event::Continued { direction, transfer } => {
                PeerEvent::Continued { direction, transfer }
            }
            Event::Progress { direction, transfer, offset } => {
                let event = PeerEvent::Progress { direction, transfer, offset };
                let event = AppEvent::Peer { connection: self.setup.connection, event };
                // The next one says more: one that does not fit is not missed.
                let _ = self.setup.events.try_send(event);
                return;
            }
            Event::Ended { direction, transfer, end } => {
                let mut path = None;
                match direction {
                    Direction::Outgoing => {
                        self.sources.remove(&transfer);
                        self.paths.remove(&transfer);
                    }
                    Direction::Incoming => {
                        self.proposals.remove(&transfer);
                        path = self.placed.remove(&transfer);
                        if path.is_none() {
                            self.writes.push_back(storage::Command::Discard(transfer, fate(end)));
                        }
                    }
                }
                self.route_at = Some(Instant::now() + ROUTE_AFTER);
                PeerEvent::Ended { direction, transfer, end, path }
            }
        };
        self.setup.tell(told).await;
    }

    async fn command(
        &mut self,
        command: Command,
        negotiation: &mut Negotiation,
        sealed: &mut Sealed,
    ) -> Result<(), Outcome> {
        match command {
            Command::Signal(payload) => {
                // Late candidates are of no use to a connection that stands.
                let heard = self.setup.hear(sealed, &payload, Standing::Yes).await;
                if let Heard::Signal(signal) = heard
                    && negotiation.handle(signal.clone()) == Meaning::Restart
                {
                    return Err(Outcome::Restart(signal));
                }
            }
            Command::Propose(item, proposal, content) => {
                let (source, path) = match content {
                    Content::Bytes(bytes) => (Source::Bytes(bytes), None),
                    Content::File(path) | Content::Folder(path) => {
                        (Source::File(path.clone()), Some(path))
                    }
                };
                let mark = path.clone().map(|path| spawn_blocking(move || storage::mark(&path)));
                let mark = match mark {
                    // Without one, all of the file is sent.
                    Some(mark) => mark.await.unwrap_or(None),
                    None => None,
                };
                let transfer = self.session.propose(proposal, mark);
                self.sources.insert(transfer, source);
                self.paths.extend(path.map(|path| (transfer, path)));
                self.setup.tell(PeerEvent::Offered { item, transfer }).await;
            }
            Command::Accept(transfer) => {
                // It is accepted when it is known how much of it there is.
                if let Some(wanted) = self.proposals.get(&transfer) {
                    self.writes.push_back(storage::Command::Create(transfer, wanted.clone()));
                }
            }
            Command::Decline(transfer, reason) => self.session.decline(transfer, reason),
            Command::Cancel(transfer) => self.session.cancel(transfer, Reason::Person),
            Command::Pause(direction, transfer) => self.session.pause(direction, transfer),
            Command::Continue(direction, transfer) => self.session.go_on(direction, transfer),
        }
        Ok(())
    }

    async fn notice(&mut self, notice: Option<Notice>) -> Result<(), Outcome> {
        match notice {
            Some(Notice::State(RTCPeerConnectionState::Disconnected)) => {
                self.unreachable_since.get_or_insert_with(Instant::now);
                self.setup.tell(PeerEvent::Unreachable).await;
                Ok(())
            }
            Some(Notice::State(RTCPeerConnectionState::Connected)) => {
                if self.unreachable_since.take().is_some() {
                    self.setup.tell(PeerEvent::Reachable).await;
                }
                Ok(())
            }
            Some(
                Notice::State(RTCPeerConnectionState::Failed | RTCPeerConnectionState::Closed)
                | Notice::Ended,
            )
            | None => Err(Outcome::Lost),
            Some(Notice::Candidate(_) | Notice::Opened | Notice::State(_)) => Ok(()),
        }
    }

    async fn done(&mut self, done: Done) {
        match done {
            Done::Created(transfer, held) => {
                let offset = held.offset;
                self.session.accept(transfer, held);
                if offset > 0 {
                    self.setup.tell(PeerEvent::Resumed { transfer, offset }).await;
                }
            }
            Done::Written(transfer, offset) => {
                self.session.written(transfer, offset, Instant::now());
            }
            Done::Stored(transfer, path) => {
                self.placed.insert(transfer, path);
                self.session.stored(transfer);
            }
            // Whatever phase it is in, it ends, and the sender hears why.
            Done::Failed(transfer, reason) => self.session.failed(transfer, reason),
        }
    }

    fn deadline(&self) -> Option<Instant> {
        let unreachable = self.unreachable_since.map(|since| since + UNREACHABLE_TIMEOUT);
        [self.session.poll_timeout(), self.route_at, unreachable].into_iter().flatten().min()
    }

    async fn timeout(&mut self) -> Result<(), Outcome> {
        let now = Instant::now();
        if self.unreachable_since.is_some_and(|since| now >= since + UNREACHABLE_TIMEOUT) {
            return Err(Outcome::Lost);
        }
        if self.route_at.take_if(|at| now >= *at).is_some()
            && let Some(route) = self.connection.route().await
        {
            self.setup.tell(PeerEvent::Route(route)).await;
        }
        self.session.handle_timeout(now).map_err(Outcome::Violated)
    }

    /// Has the digest of all of a file made, beside sending the rest of it.
    fn hash(&mut self, transfer: TransferId) {
        let Some(path) = self.paths.get(&transfer).cloned() else { return };
        let (tell, cancel) = (self.hashed.0.clone(), self.setup.cancel.clone());
        self.setup.tasks.spawn_blocking(move || {
            let digest = storage::digest(&path, &cancel);
            // The connection may be over.
            let _ = tell.blocking_send((transfer, digest));
        });
    }

    /// Takes back what is under way and lost with this connection, so that the remote peer hears it
    /// is over.
    fn cancel_all(&mut self) {
        // What may go on another time is only cut off.
        for transfer in self.sources.keys().filter(|transfer| !self.paths.contains_key(transfer)) {
            self.session.cancel(*transfer, Reason::Person);
        }
        for (transfer, _) in self.proposals.iter().filter(|(_, wanted)| wanted.mark.is_none()) {
            self.session.decline(*transfer, Reason::Person);
        }
    }
}

/// What becomes of what has come of a file that ended so. A person who stops it wants none of it,
/// and what is damaged is of no use.
fn fate(end: End) -> Fate {
    match end {
        End::Local(Reason::Person | Reason::Digest)
        | End::Remote(Reason::Person | Reason::Digest) => Fate::Gone,
        _ => Fate::Kept,
    }
}

/// The bytes that were asked for, or as many of them as there are in one piece.
///
/// Cancel-safe: what it has taken from the disk stays in the source.
async fn read(
    sources: &mut HashMap<TransferId, Source>,
    request: Option<ReadRequest>,
) -> Result<Bytes, Reason> {
    let Some(request) = request else { return std::future::pending().await };
    // A transfer that has ended has no source; the session takes no bytes for it either.
    let Some(source) = sources.get_mut(&request.transfer) else { return Ok(Bytes::new()) };
    loop {
        match source {
            Source::Bytes(bytes) => {
                let start = usize::try_from(request.offset).map_err(|_| Reason::Storage)?;
                let end = start.saturating_add(request.len).min(bytes.len());
                return if start < end {
                    Ok(bytes.slice(start..end))
                } else {
                    Err(Reason::Storage)
                };
            }
            Source::File(path) => {
                let blocks = storage::read(std::mem::take(path), request.offset);
                *source = Source::Reading { blocks, block: Bytes::new() };
            }
            Source::Reading { block, .. } if !block.is_empty() => {
                return Ok(block.split_to(request.len.min(block.len())));
            }
            Source::Reading { blocks, block } => match blocks.recv().await {
                Some(Ok(next)) => *block = next,
                // The file is shorter than it was.
                None => return Err(Reason::Storage),
                Some(Err(error)) => {
                    tracing::warn!(%error, "a file cannot be read");
                    return Err(Reason::Storage);
                }
            },
        }
    }
}

/// When the round trip has been measured a few times.
/// From one end of the connection to what the other said last.
const HEAR_OUT_TIMEOUT: Duration = Duration::from_millis(200);
const ROUTE_FIRST: Duration = Duration::from_millis(1500);
const ROUTE_AFTER: Duration = Duration::from_millis(200);
/// How long after ICE has heard nothing for 3 s a connection is given up.
const UNREACHABLE_TIMEOUT: Duration = Duration::from_secs(3);
