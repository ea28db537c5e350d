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
use crate::io::storage::{self, Done, Storage};
use crate::negotiation::{Meaning, Negotiation, Signal};
use crate::transfer::{
    Direction, Event, Proposal, ReadRequest, Reason, Session, TransferId, Violation,
};
use bytes::{Bytes, BytesMut};
use std::collections::{HashMap, VecDeque};
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
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
    proposals: HashMap<TransferId, Proposal>,
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
                    self.done(done);
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
            Event::Proposed { transfer, proposal } => {
                self.proposals.insert(transfer, proposal.clone());
                PeerEvent::Proposed { transfer, proposal }
            }
            Event::Accepted { transfer } => PeerEvent::Accepted { transfer },
            Event::Write(chunk) => {
                self.writes.push_back(storage::Command::Write(chunk.transfer, chunk.data));
                return;
            }
            Event::Store { transfer } => {
                self.writes.push_back(storage::Command::Store(transfer));
                return;
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
                    }
                    Direction::Incoming => {
                        self.proposals.remove(&transfer);
                        path = self.placed.remove(&transfer);
                        if path.is_none() {
                            self.writes.push_back(storage::Command::Discard(transfer));
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
                let transfer = self.session.propose(proposal);
                let source = match content {
                    Content::Bytes(bytes) => Source::Bytes(bytes),
                    Content::File(path) => Source::File(path),
                };
                self.sources.insert(transfer, source);
                self.setup.tell(PeerEvent::Offered { item, transfer }).await;
            }
            Command::Accept(transfer) => {
                if let Some(proposal) = self.proposals.get(&transfer) {
                    self.writes
                        .push_back(storage::Command::Create(transfer, proposal.name.clone()));
                    self.session.accept(transfer);
                }
            }
            Command::Decline(transfer, reason) => self.session.decline(transfer, reason),
            Command::Cancel(transfer) => self.session.cancel(transfer, Reason::Person),
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

    fn done(&mut self, done: Done) {
        match done {
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

    /// Takes back all that is under way, so that the remote peer hears it is over.
    fn cancel_all(&mut self) {
        for transfer in self.sources.keys() {
            self.session.cancel(*transfer, Reason::Person);
        }
        for transfer in self.proposals.keys() {
            self.session.decline(*transfer, Reason::Person);
        }
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
                let blocks = storage::read(std::mem::take(path));
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
