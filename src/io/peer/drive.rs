//! Drives a [`Session`]: connections on one side, storage and files on the other.
//!
//! The session outlives its connections: where one is lost, or gets nowhere, another is made, and what
//! is under way goes on over that. Every queue here is bounded, and each is taken from only when what
//! it leads to has room: a slow disk stops the bulk channels, a slow line stops the reading of files,
//! and a remote peer that does not listen stops being listened to.

mod way;

use super::connection::{Notice, Outlets};
use super::connections::{Change, Connections, Duty, FLUSH_TIMEOUT};
use super::redial::Redial;
use super::sealed::{Heard, Sealed};
use super::sources::{Source, Sources, Unopened};
use super::{Command, Setup, Standing};
use crate::app::event::{Closed, Event as AppEvent, PeerEvent};
use crate::app::{Content, ItemId};
use crate::io::storage::{self, Done, Fate, Storage, Wanted};
use crate::negotiation::Signal;
use crate::network::Footing;
use crate::picture::Metadata;
use crate::transfer::message::VERSION;
use crate::transfer::stripes::Stripes;
use crate::transfer::{
    ConnectionNumber, Device, Digest, Direction, End, Event, Hello, Mark, Proposal, ReadRequest,
    Reason, Room, Session, SessionId, TransferId, Violation,
};
use bytes::Bytes;
use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// A session, and what it is driven over.
pub struct Drive {
    setup: Setup,
    sealed: Sealed,
    session: Session,
    connections: Connections,
    outlets: Outlets,
    redial: Redial,
    /// Of the connection that is spoken over.
    footing: Footing,
    /// The network has changed: if nothing is known to be wrong with that connection by then, it stands.
    stands_at: Option<Instant>,
    stripes: Stripes,
    storage: Storage,
    sources: Sources,
    /// Where incoming files were put, until their end is told.
    placed: HashMap<TransferId, PathBuf>,
    proposals: HashMap<TransferId, Wanted>,
    /// Digests of files that go out.
    hashed: (mpsc::Sender<Hashed>, mpsc::Receiver<Hashed>),
    /// Folders that go out, once they are looked through.
    opened: (mpsc::Sender<Opened>, mpsc::Receiver<Opened>),
    /// The connections that can take a chunk, in the order they said so.
    rooms: VecDeque<Room>,
    /// Asked for by the session for one of them, and not read yet.
    request: Option<(ConnectionNumber, ReadRequest)>,
    /// Waiting for the control channel.
    message: Option<String>,
    /// Waiting for the storage.
    writes: VecDeque<storage::Command>,
    /// When to look again at how the remote peer is reached.
    route_at: Option<Instant>,
    /// How often it was looked at since anything moved.
    looks_at_rest: u32,
    /// How long a packet takes there and back, as far as is known.
    round_trip: Option<Duration>,
    /// Whether bytes are due in either direction.
    is_moving: bool,
    /// Whether they were since it was looked at how the remote peer is reached.
    has_moved: bool,
    /// Whether the app was told that nothing comes, or gets anywhere.
    told_silent: bool,
    /// When the last receipt was given.
    receipt_at: Option<Instant>,
}

/// What is to be offered, and where its bytes come from, or why they do not.
struct Opened {
    item: ItemId,
    proposal: Proposal,
    source: Result<(Source, Option<Mark>), Unopened>,
}

/// The digest of a file that goes out, or why there is none.
type Hashed = (TransferId, Result<Digest, Reason>);

/// How driving ended.
enum Over {
    /// The app ended it.
    Cancelled,
    /// The remote peer broke the protocol.
    Violated(Violation),
}

impl Drive {
    /// With a remote peer that has said hello.
    pub fn new(setup: Setup, sealed: Sealed) -> Self {
        let now = Instant::now();
        let session = SessionId(getrandom::u32().unwrap_or_default());
        let (connections, outlets) = Connections::new(
            setup.local,
            setup.remote,
            setup.ice_servers.clone(),
            setup.frames.clone(),
            setup.tasks.clone(),
        );
        let quic = connections.fingerprint();
        let footing = Footing::new(connections.source());
        let hello = Hello {
            version: VERSION,
            session,
            limits: setup.limits,
            device: Device::Terminal,
            quic,
            tally: true,
        };
        Self {
            session: Session::new(hello, now),
            connections,
            outlets,
            redial: Redial::new(setup.role, now),
            footing,
            stands_at: None,
            stripes: Stripes::new(now),
            storage: Storage::spawn(setup.folder.clone(), &setup.tasks),
            sources: Sources::default(),
            placed: HashMap::new(),
            proposals: HashMap::new(),
            hashed: mpsc::channel(1),
            opened: mpsc::channel(1),
            rooms: VecDeque::new(),
            request: None,
            message: None,
            writes: VecDeque::new(),
            route_at: None,
            looks_at_rest: 0,
            round_trip: None,
            is_moving: false,
            has_moved: false,
            told_silent: false,
            receipt_at: None,
            setup,
            sealed,
        }
    }

    /// Runs until the app ends it, or the remote peer breaks the protocol.
    pub async fn run(mut self, inbox: &mut mpsc::Receiver<Command>) {
        let over = loop {
            self.settle().await;
            if let Err(over) = self.step(inbox).await {
                break over;
            }
        };
        self.say_the_rest();
        self.discard_the_rest().await;
        let is_awaited = self.receipt_at.is_some_and(|at| at.elapsed() < RECEIPT_TIMEOUT);
        let patience = if is_awaited { RECEIPT_TIMEOUT } else { FLUSH_TIMEOUT };
        self.connections.close(patience).await;
        if let Over::Violated(violation) = over {
            tracing::info!(%violation, "the remote peer broke the protocol");
            self.setup.tell(PeerEvent::Closed(Closed::Violated(violation))).await;
        }
    }

    /// Waits for the next thing to happen, and takes it.
    async fn step(&mut self, inbox: &mut mpsc::Receiver<Command>) -> Result<(), Over> {
        let deadline = self.deadline();
        let wake = deadline.unwrap_or_else(Instant::now);
        // Clones, so that a permit of theirs does not borrow all of this.
        let control_out = self.connections.control_out();
        let storage = self.storage.commands.clone();
        tokio::select! {
            () = self.setup.cancel.cancelled() => {
                self.cancel_all();
                return Err(Over::Cancelled);
            }
            command = inbox.recv() => match command {
                Some(command) => self.command(command).await,
                None => return Err(Over::Cancelled),
            },
            Some((number, notice)) = self.outlets.notices.recv() => {
                self.notice(number, notice).await?;
            }
            Some((number, text)) = self.outlets.control.recv(), if self.message.is_none() => {
                self.hear(number, &text)?;
            }
            Some(chunk) = self.outlets.bulk.recv(), if self.writes.is_empty() => {
                self.session.handle_chunk(chunk).map_err(Over::Violated)?;
            }
            Some(room) = self.outlets.rooms.recv(), if self.rooms.len() < ROOMS_MAX => {
                // One that is gone may have asked a moment before.
                if self.connections.knows(room.connection) {
                    self.rooms.push_back(room);
                }
            }
            Ok(permit) = storage.reserve(), if !self.writes.is_empty() => {
                if let Some(command) = self.writes.pop_front() {
                    permit.send(command);
                }
            }
            Some(done) = self.storage.done.recv() => self.done(done).await,
            Some((transfer, digest)) = self.hashed.1.recv() => {
                self.handle_hashed(transfer, digest).await;
            }
            Some(permit) = reserve(control_out.as_ref()), if self.message.is_some() => {
                if let Some(message) = self.message.take() {
                    permit.send(message);
                }
            }
            read = read(&mut self.sources, self.request.map(|it| it.1)), if self.request.is_some() => {
                self.handle_read(read).await;
            }
            Some(opened) = self.opened.1.recv() => self.handle_opened(opened).await,
            () = tokio::time::sleep_until(wake.into()), if deadline.is_some() => {
                self.timeout().await;
            }
        }
        Ok(())
    }

    /// Does what the session says until it has nothing more to say.
    async fn settle(&mut self) {
        self.perform_all().await;
        if self.message.is_none() {
            self.message = self.session.poll_control();
        }
        self.poll_read();
        let is_moving = self.session.is_moving();
        if !std::mem::replace(&mut self.is_moving, is_moving) && is_moving {
            let now = Instant::now();
            self.connections.count(now).await;
            // At rest it is looked at seldom, if at all.
            self.look_by(now + ROUTE_STEP);
        }
        self.has_moved |= is_moving;
        self.connections.keep_awake(is_moving);
    }

    async fn perform_all(&mut self) {
        while let Some(event) = self.session.poll_event() {
            self.perform(event).await;
        }
    }

    /// Asks the session what the first open connection with room is to carry.
    fn poll_read(&mut self) {
        if self.request.is_some() {
            return;
        }
        let room = self.rooms.iter().find(|room| self.connections.is_open(room.connection));
        if let Some(room) = room {
            let request = self.session.poll_read(*room);
            self.request = request.map(|request| (room.connection, request));
        }
    }

    async fn handle_read(&mut self, read: Result<Bytes, Reason>) {
        let Some((number, request)) = self.request.take() else { return };
        match read {
            Ok(data) => {
                let chunk = self.session.handle_read(request.transfer, data, Instant::now());
                if let Some(chunk) = chunk {
                    self.rooms.retain(|room| room.connection != number);
                    self.connections.send(number, chunk.encode());
                }
            }
            Err(reason) => self.give_up(request.transfer, reason).await,
        }
    }

    /// Something that goes out cannot be read.
    async fn give_up(&mut self, transfer: TransferId, reason: Reason) {
        if let Some(fault) = self.sources.fault(transfer) {
            self.setup.tell(PeerEvent::Unread(fault)).await;
        }
        self.session.cancel(transfer, reason);
    }

    /// A message of a control channel: of the connection that is spoken over, or of the one that is
    /// about to take its place.
    fn hear(&mut self, number: ConnectionNumber, text: &Bytes) -> Result<(), Over> {
        if self.connections.is_about_to_open(number) {
            self.speak_over(number);
        }
        if self.connections.main() != Some(number) {
            return Ok(());
        }
        self.session.handle_control(text, Instant::now()).map_err(Over::Violated)
    }

    /// From now on, everything is said over this connection.
    fn speak_over(&mut self, number: ConnectionNumber) {
        tracing::info!("connected");
        let before = self.connections.promote(number);
        if let Some(before) = before {
            self.lose(before);
        }
        if self.connections.is_tunnel() {
            self.redial.stands_in();
        } else {
            self.redial.opened();
        }
        self.message = None;
        self.footing = Footing::new(self.connections.source());
        self.stands_at = None;
        self.session.connect(Instant::now());
        self.looks_at_rest = 0;
        self.route_at = Some(Instant::now() + ROUTE_FIRST);
    }

    async fn perform(&mut self, event: Event) {
        let told = match event {
            Event::Open(Hello { device, .. }) => {
                if !device.is_terminal() {
                    self.connections.spare();
                }
                self.begin_quic();
                self.told_silent = false;
                PeerEvent::Open(device)
            }
            Event::Reopened => {
                self.begin_quic();
                return self.tell_heard().await;
            }
            Event::Anew => {
                self.forget_all();
                PeerEvent::Closed(Closed::Lost)
            }
            Event::Stalled => {
                self.redial.want(Instant::now());
                return self.tell_silent().await;
            }
            Event::Resumed { direction: Direction::Outgoing, transfer, offset }
            | Event::Accepted { transfer, offset } => PeerEvent::Accepted { transfer, offset },
            Event::Resumed { direction: Direction::Incoming, transfer, offset } => {
                PeerEvent::Resumed { transfer, offset }
            }
            Event::Proposed { transfer, proposal, mark } => {
                let from = self.sealed.proven().map(|key| storage::Sender(*key.as_bytes()));
                let wanted = Wanted { proposal: proposal.clone(), mark, from };
                self.proposals.insert(transfer, wanted.clone());
                let held = self.held(wanted).await;
                PeerEvent::Proposed { transfer, proposal, held }
            }
            Event::Hash { transfer } => return self.hash(transfer),
            Event::Checkpoint { transfer, verified } => {
                return self.writes.push_back(storage::Command::Checkpoint(transfer, verified));
            }
            Event::Write(chunk) => {
                let write = storage::Command::Write(chunk.transfer, chunk.data);
                return self.writes.push_back(write);
            }
            Event::Store { transfer } => {
                return self.writes.push_back(storage::Command::Store(transfer));
            }
            Event::Paused { direction, transfer, by } => {
                PeerEvent::Paused { direction, transfer, by }
            }
            Event::Continued { direction, transfer } => {
                PeerEvent::Continued { direction, transfer }
            }
            Event::Progress { direction, transfer, offset } => {
                // It may be told late: of what was acknowledged before the connection was lost.
                let is_heard =
                    direction == Direction::Outgoing && self.connections.main().is_some();
                if self.told_silent && is_heard {
                    self.tell_heard().await;
                }
                let event = PeerEvent::Progress { direction, transfer, offset };
                let event = AppEvent::Peer { connection: self.setup.connection, event };
                // The next one says more: one that does not fit is not missed.
                let _ = self.setup.events.try_send(event);
                return;
            }
            Event::Tally(tally) => {
                self.connections.hear(tally);
                self.look_by(Instant::now() + ROUTE_AFTER);
                return;
            }
            Event::Ended { direction, transfer, end } => self.ended(direction, transfer, end),
        };
        self.setup.tell(told).await;
    }

    fn ended(&mut self, direction: Direction, transfer: TransferId, end: End) -> PeerEvent {
        let mut path = None;
        match direction {
            Direction::Outgoing => self.sources.remove(transfer),
            Direction::Incoming => {
                self.proposals.remove(&transfer);
                path = self.placed.remove(&transfer);
                if path.is_none() {
                    self.writes.push_back(storage::Command::Discard(transfer, fate(end)));
                }
            }
        }
        self.look_by(Instant::now() + ROUTE_AFTER);
        PeerEvent::Ended { direction, transfer, end, path }
    }

    async fn command(&mut self, command: Command) {
        match command {
            Command::Signal(payload) => {
                let stands = self.connections.main().is_some() && !self.told_silent;
                let standing = if stands { Standing::Yes } else { Standing::No };
                match self.setup.hear(&mut self.sealed, &payload, standing).await {
                    Heard::Signal(signal) => {
                        let answer = self.connections.handle_signal(signal).await;
                        self.signal(answer).await;
                    }
                    Heard::Anew(_) | Heard::Renewed if self.connections.give_up_offer() => {
                        self.redial.anew(Instant::now());
                    }
                    _ => {}
                }
            }
            Command::Reconnect => {
                let was_opening = self.connections.give_up_opening();
                if was_opening || self.told_silent || self.connections.main().is_none() {
                    // Whether or not the way of the connection before is there, there is one by now.
                    self.footing = Footing::new(self.connections.source());
                    self.redial.at_once(Instant::now());
                }
            }
            Command::Returned => {
                if self.connections.give_up_offer() {
                    self.redial.expect(Instant::now());
                }
            }
            Command::NetworkChanged => self.handle_network_change().await,
            Command::Propose(item, proposal, content) => {
                if let Content::Folder(path, metadata) = content {
                    return self.look_through(item, proposal, path, metadata);
                }
                let source = Source::open(&self.setup.library, content, proposal.size).await;
                self.handle_opened(Opened { item, proposal, source }).await;
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
    }

    /// Has a folder looked through beside all else: that may take a while.
    fn look_through(
        &mut self,
        item: ItemId,
        proposal: Proposal,
        path: PathBuf,
        metadata: Metadata,
    ) {
        let (tell, library) = (self.opened.0.clone(), self.setup.library.clone());
        let cancel = self.setup.cancel.clone();
        self.setup.tasks.spawn_blocking(move || {
            let source = Source::open_folder(&library, &path, metadata, &proposal, &cancel);
            // The task may be over.
            let _ = tell.blocking_send(Opened { item, proposal, source });
        });
    }

    /// Offers what can be read by now, or says that it cannot be.
    async fn handle_opened(&mut self, Opened { item, proposal, source }: Opened) {
        // Without a mark, all of it is sent.
        let mark = source.as_ref().map_or(None, |(_, mark)| *mark);
        let transfer = self.session.propose(proposal, mark);
        self.setup.tell(PeerEvent::Offered { item, transfer }).await;
        match source {
            Ok((source, _)) => self.sources.add(transfer, source),
            Err(Unopened { reason, why }) => {
                if let Some(why) = why {
                    self.setup.tell(PeerEvent::Unread(why)).await;
                }
                self.session.cancel(transfer, reason);
            }
        }
    }

    async fn notice(&mut self, number: ConnectionNumber, notice: Notice) -> Result<(), Over> {
        if notice.is_end() && self.connections.main() == Some(number) {
            self.hear_out(number)?;
            // Who has left is gone as soon as it is told that the connection is.
            self.perform_all().await;
        }
        let (signal, change) = self.connections.handle_notice(number, notice);
        self.signal(signal).await;
        if let Some(change) = change {
            self.change(number, change).await;
        }
        Ok(())
    }

    async fn change(&mut self, number: ConnectionNumber, change: Change) {
        match change {
            Change::Opened(Duty::Main) => self.speak_over(number),
            Change::Opened(Duty::Beside) => tracing::debug!("one more connection"),
            Change::Opened(Duty::Fallback) => {
                if self.connections.main().is_none() || self.told_silent {
                    self.speak_over(number);
                } else {
                    // What was silent when it was agreed upon is heard again.
                    self.connections.remove(number);
                }
            }
            Change::MainLost => {
                self.stands_at = None;
                self.session.disconnect();
                self.message = None;
                self.lose(number);
                self.redial.want(Instant::now());
                self.tell_silent().await;
            }
            Change::BesideLost | Change::Failed(Duty::Beside | Duty::Fallback) => {
                self.lose(number);
            }
            Change::Failed(Duty::Main) => {
                self.lose(number);
                self.redial.failed(Instant::now());
                if self.connections.main().is_none() {
                    // Perhaps no hello was heard on either side: one is said again.
                    self.setup.renew(&mut self.sealed).await;
                }
            }
            Change::Silent => {
                self.stands_at = None;
                self.redial.want(Instant::now());
                self.tell_silent().await;
            }
            Change::Heard => {
                // What was sent meanwhile is sent again by SCTP in its own time, which is late.
                if self.session.in_flight() > 0 && self.told_silent {
                    self.redial.want(Instant::now());
                } else {
                    self.tell_heard().await;
                }
            }
            Change::StandsStill => {
                if self.connections.open() > 1 {
                    self.session.lost(number);
                }
            }
        }
    }

    /// Sends chunks over QUIC, if both sides can.
    fn begin_quic(&mut self) {
        if let Some(theirs) = self.session.remote_quic() {
            self.connections.begin_quic(theirs);
        }
    }

    /// What went over a connection, and was not acknowledged, goes over others.
    fn lose(&mut self, number: ConnectionNumber) {
        self.request.take_if(|(of, _)| *of == number);
        self.rooms.retain(|room| room.connection != number);
        self.session.lost(number);
    }

    /// Hears what the remote peer said last, such as a receipt, before it ended the connection: it is
    /// there by now, and perhaps something of another connection with it.
    fn hear_out(&mut self, number: ConnectionNumber) -> Result<(), Over> {
        while let Ok((from, text)) = self.outlets.control.try_recv() {
            if from == number {
                self.hear(from, &text)?;
            } else if self.connections.is_about_to_open(from) {
                return self.hear(from, &text);
            }
        }
        Ok(())
    }

    async fn signal(&mut self, signal: Option<Signal>) {
        if let Some(signal) = signal {
            self.sealed.push(signal);
            self.setup.send(&mut self.sealed).await;
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
                self.receipt_at = Some(Instant::now());
            }
            // Whatever phase it is in, it ends, and the sender hears why.
            Done::Failed(transfer, reason) => self.session.failed(transfer, reason),
        }
    }

    fn deadline(&self) -> Option<Instant> {
        let deadlines = [
            self.session.poll_timeout(),
            self.route_at,
            self.stands_at,
            self.redial.poll_timeout(),
            self.connections.poll_timeout(),
        ];
        deadlines.into_iter().flatten().min()
    }

    async fn timeout(&mut self) {
        let now = Instant::now();
        if let Some((number, change)) = self.connections.handle_timeout(now) {
            self.change(number, change).await;
        }
        let can_begin = !self.connections.is_opening_main() && !self.footing.is_gone();
        if self.redial.is_due(now) && can_begin {
            // One that is spoken through, and leads somewhere, is good enough.
            let with_tunnel = !self.connections.is_tunnel() || self.told_silent;
            match self.connections.offer(Duty::Main, with_tunnel).await {
                Some(offer) => self.signal(Some(offer)).await,
                None => self.redial.failed(now),
            }
        }
        if self.stands_at.take_if(|at| now >= *at).is_some() {
            self.tell_heard().await;
        }
        if self.route_at.take_if(|at| now >= *at).is_some() {
            self.look_at_route(now).await;
        }
        self.session.handle_timeout(now);
    }

    /// How much of a file that is proposed was taken before, in bytes.
    async fn held(&self, wanted: Wanted) -> u64 {
        if wanted.mark.is_none() {
            return 0;
        }
        let folder = self.setup.folder.clone();
        // The app is to know before it is told what becomes of the proposal.
        spawn_blocking(move || storage::held(&folder, &wanted)).await.unwrap_or_default()
    }

    /// Has the digest of all of a file made, beside sending the rest of it.
    fn hash(&mut self, transfer: TransferId) {
        let Some(whole) = self.sources.whole(transfer) else { return };
        let (tell, cancel) = (self.hashed.0.clone(), self.setup.cancel.clone());
        self.setup.tasks.spawn_blocking(move || {
            let digest = whole.digest(&cancel);
            // The task may be over.
            let _ = tell.blocking_send((transfer, digest));
        });
    }

    async fn handle_hashed(&mut self, transfer: TransferId, digest: Result<Digest, Reason>) {
        match digest {
            Ok(digest) => self.session.hashed(transfer, digest),
            Err(reason) => self.give_up(transfer, reason).await,
        }
    }

    /// The remote peer knows of nothing any more. What has come of large files is kept.
    fn forget_all(&mut self) {
        self.sources.clear();
        self.placed.clear();
        self.request = None;
        let discard = |transfer| storage::Command::Discard(transfer, Fate::Kept);
        self.writes.extend(self.proposals.drain().map(|(transfer, _)| discard(transfer)));
    }

    /// Takes back what is under way and lost with this task, so that the remote peer hears it is over.
    fn cancel_all(&mut self) {
        // What may go on another time is only cut off.
        for transfer in self.sources.in_memory() {
            self.session.cancel(transfer, Reason::Person);
        }
        for (transfer, _) in self.proposals.iter().filter(|(_, wanted)| wanted.mark.is_none()) {
            self.session.decline(*transfer, Reason::Person);
        }
    }

    /// What has come of files that are not wanted any more goes, however the task ends.
    async fn discard_the_rest(&mut self) {
        let discards =
            self.writes.drain(..).filter(|it| matches!(it, storage::Command::Discard(..)));
        for discard in discards {
            // A disk that stands still is not waited for.
            if timeout(FLUSH_TIMEOUT, self.storage.commands.send(discard)).await.is_err() {
                return;
            }
        }
    }

    /// What is still to be said, such as a cancel, goes out as far as it can.
    fn say_the_rest(&mut self) {
        let Some(control_out) = self.connections.control_out() else { return };
        while let Some(text) = self.message.take().or_else(|| self.session.poll_control()) {
            if control_out.try_send(text).is_err() {
                return;
            }
        }
    }
}

/// What becomes of what has come of a file that ended so. A person who stops it wants none of it,
/// and what is damaged, or of a file that is another by now, is of no use.
fn fate(end: End) -> Fate {
    match end {
        End::Local(Reason::Person | Reason::Digest | Reason::Changed)
        | End::Remote(Reason::Person | Reason::Digest | Reason::Changed) => Fate::Gone,
        _ => Fate::Kept,
    }
}

/// Room for one message, where there is a channel for it.
async fn reserve(channel: Option<&mpsc::Sender<String>>) -> Option<mpsc::Permit<'_, String>> {
    match channel {
        Some(channel) => channel.reserve().await.ok(),
        None => std::future::pending().await,
    }
}

async fn read(sources: &mut Sources, request: Option<ReadRequest>) -> Result<Bytes, Reason> {
    match request {
        Some(request) => sources.read(request).await,
        None => std::future::pending().await,
    }
}

/// How long closing waits for a receipt to arrive: where one packet in twenty is lost, and the next
/// too, SCTP says it a third time after three seconds.
pub(super) const RECEIPT_TIMEOUT: Duration = Duration::from_millis(3500);
/// One of each connection that there may be.
const ROOMS_MAX: usize = 64;
/// When the round trip has been measured a few times.
const ROUTE_FIRST: Duration = Duration::from_millis(1500);
const ROUTE_AFTER: Duration = Duration::from_millis(200);
/// How often it is looked at while something moves.
const ROUTE_STEP: Duration = Duration::from_millis(500);
