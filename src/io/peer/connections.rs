//! All connections with one remote peer: the one that is spoken over, others that carry chunks
//! beside it, and those that are being made.

use super::connection::{Connection, Inlets, Notice, Outlets, inlets};
use super::quic::Credentials;
use crate::app::event::Route;
use crate::negotiation::{Attempt, Body, Negotiation, Signal, Step};
use crate::text::kind;
use crate::transfer::{ConnectionNumber, Fingerprint};
use bytes::BytesMut;
use signaling_server::protocol::{IceServer, PeerId};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::task::TaskTracker;
use webrtc::error::Error;
use webrtc::peer_connection::RTCPeerConnectionState;

/// The connections of one peer's task.
pub struct Connections {
    local: PeerId,
    remote: PeerId,
    ice_servers: Vec<IceServer>,
    tasks: TaskTracker,
    inlets: Inlets,
    entries: BTreeMap<ConnectionNumber, Entry>,
    /// The one that is spoken over.
    main: Option<ConnectionNumber>,
    next: u32,
    awake: bool,
    /// What this side's ends of QUIC connections show.
    credentials: Option<Arc<Credentials>>,
    /// How often QUIC came about and failed.
    quic_failures: u32,
}

struct Entry {
    connection: Connection,
    negotiation: Negotiation,
    duty: Duty,
    state: State,
    /// Whether chunks go over QUIC beside it.
    has_quic: bool,
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duty {
    /// To be spoken over, and to carry chunks.
    Main,
    /// To carry chunks besides.
    Beside,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Being made, until this deadline at most; so many of its channels are open.
    Opening { deadline: Instant, channels: usize },
    /// Both channels are open.
    Open,
}

/// What became of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It is open.
    Opened(Duty),
    /// It is gone; it was the one that is spoken over.
    MainLost,
    /// It is gone; it carried chunks besides.
    BesideLost,
    /// It did not come about.
    Failed(Duty),
    /// Nothing comes over the one that is spoken over.
    Silent,
    /// Something does again.
    Heard,
    /// What it was handed gets nowhere.
    StandsStill,
}

impl Connections {
    /// None yet. What comes of them is taken from the outlets, and handed back here.
    pub fn new(
        local: PeerId,
        remote: PeerId,
        ice_servers: Vec<IceServer>,
        tasks: TaskTracker,
    ) -> (Self, Outlets) {
        let (inlets, outlets) = inlets();
        let connections = Self {
            local,
            remote,
            ice_servers,
            tasks,
            inlets,
            entries: BTreeMap::new(),
            main: None,
            next: 0,
            awake: false,
            credentials: Credentials::new()
                .map(Arc::new)
                .inspect_err(|error| tracing::warn!(%error, "no QUIC"))
                .ok(),
            quic_failures: 0,
        };
        (connections, outlets)
    }

    /// How this side's ends of QUIC connections are known.
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        self.credentials.as_ref().map(|credentials| credentials.fingerprint())
    }

    /// Keeps little under way, as browsers want it: some of their connections stand still when many
    /// packets come at once.
    pub fn spare(&self) {
        self.inlets.send_limit.fetch_min(BROWSER_SEND_LIMIT_BYTES, Ordering::Relaxed);
    }

    /// Speaks QUIC beside the one that is spoken over, where that is possible.
    pub fn begin_quic(&mut self, theirs: Fingerprint) {
        if self.quic_failures >= QUIC_FAILURES_MAX {
            return;
        }
        let main = self.main.and_then(|main| self.entries.get_mut(&main));
        if let (Some(entry), Some(own)) = (main, &self.credentials) {
            entry.connection.begin_quic(own, theirs, &self.tasks);
        }
    }

    /// Whether chunks go over QUIC, which fills a line by itself.
    pub fn has_quic(&self) -> bool {
        self.main.and_then(|main| self.entries.get(&main)).is_some_and(|entry| entry.has_quic)
    }

    /// The one that is spoken over.
    pub fn main(&self) -> Option<ConnectionNumber> {
        self.main
    }

    /// Where what is said goes.
    pub fn control_out(&self) -> Option<mpsc::Sender<String>> {
        Some(self.entries.get(&self.main?)?.connection.control_out.clone())
    }

    /// Hands a chunk to the connection that has room for it; nothing if it is gone by now.
    pub fn send(&self, number: ConnectionNumber, chunk: BytesMut) {
        if let Some(entry) = self.entries.get(&number) {
            // It has asked for it, and so waits for nothing else.
            let _ = entry.connection.bulk_out.try_send(chunk);
        }
    }

    /// Whether there is one of this number.
    pub fn knows(&self, number: ConnectionNumber) -> bool {
        self.entries.contains_key(&number)
    }

    /// Whether one may be sent over.
    pub fn is_open(&self, number: ConnectionNumber) -> bool {
        self.entries.get(&number).is_some_and(|entry| entry.state == State::Open)
    }

    /// How many carry chunks.
    pub fn open(&self) -> usize {
        self.entries.values().filter(|entry| entry.state == State::Open).count()
    }

    /// Whether one that is to be spoken over is being made.
    pub fn is_opening_main(&self) -> bool {
        self.opening_main().is_some()
    }

    /// Those that this side has made, or is making, to carry chunks besides.
    pub fn own_beside(&self) -> Vec<ConnectionNumber> {
        let is_own = |entry: &Entry| entry.duty == Duty::Beside && entry.negotiation.is_offerer();
        self.entries.iter().filter(|(_, entry)| is_own(entry)).map(|(number, _)| *number).collect()
    }

    /// Gives up an offer that the remote peer will never answer, since it has begun anew; whether
    /// there was one.
    pub fn give_up_offer(&mut self) -> bool {
        let offered = self.opening_main().filter(|number| {
            self.entries.get(number).is_some_and(|entry| entry.negotiation.is_offerer())
        });
        offered.is_some_and(|number| self.remove(number).is_some())
    }

    /// Begins one, and offers it: what is to be signalled.
    pub async fn offer(&mut self, duty: Duty) -> Option<Signal> {
        let attempt = Attempt(getrandom::u32().unwrap_or_default());
        let negotiation = Negotiation::offer(attempt, self.local, self.remote);
        let number = self.begin(negotiation, duty).await?;
        let entry = self.entries.get(&number)?;
        match entry.connection.offer().await {
            Ok(sdp) => {
                let beside = duty == Duty::Beside;
                entry.negotiation.signal(Body::Offer { sdp, beside })
            }
            Err(error) => {
                tracing::warn!(error = kind(&error), "no offer can be made");
                self.remove(number);
                None
            }
        }
    }

    /// Takes a signal of the remote peer: what is to be signalled in answer.
    pub async fn handle_signal(&mut self, signal: Signal) -> Vec<Signal> {
        let number = match self.of_attempt(signal.attempt) {
            Some(number) => Some(number),
            None => self.answer(&signal).await,
        };
        let Some(entry) = number.and_then(|number| self.entries.get_mut(&number)) else {
            return Vec::new();
        };
        let steps = entry.negotiation.handle(signal);
        match steps_of(&entry.connection, &entry.negotiation, steps).await {
            Ok(signals) => signals,
            Err(error) => {
                tracing::warn!(error = kind(&error), "negotiating");
                number.map(|number| self.remove(number));
                Vec::new()
            }
        }
    }

    /// Takes what a connection has to say: what is to be signalled, and what became of it.
    pub fn handle_notice(
        &mut self,
        number: ConnectionNumber,
        notice: Notice,
    ) -> (Option<Signal>, Option<Change>) {
        let Some(entry) = self.entries.get_mut(&number) else { return (None, None) };
        let is_main = self.main == Some(number);
        match notice {
            Notice::Candidate(candidate) => {
                (entry.negotiation.signal(Body::Candidate(candidate)), None)
            }
            Notice::Opened => (None, self.count_channel(number)),
            Notice::State(RTCPeerConnectionState::Disconnected) if is_main => {
                (None, Some(Change::Silent))
            }
            Notice::State(RTCPeerConnectionState::Connected) if is_main => {
                (None, Some(Change::Heard))
            }
            Notice::StandsStill => (None, Some(Change::StandsStill)),
            Notice::QuicOpened => {
                entry.has_quic = true;
                (None, None)
            }
            Notice::QuicFailed => {
                // What went over it goes over the next connection.
                self.quic_failures += 1;
                (None, self.remove(number))
            }
            Notice::State(state) if !notice.is_end() => {
                tracing::debug!(%state, "connection");
                (None, None)
            }
            Notice::State(_) | Notice::Ended => (None, self.remove(number)),
        }
    }

    /// Speaks over this one from now on, in place of the one before; which that was.
    pub fn promote(&mut self, number: ConnectionNumber) -> Option<ConnectionNumber> {
        let before = self.main.replace(number);
        if let Some(entry) = self.entries.get_mut(&number) {
            entry.state = State::Open;
            entry.connection.keep_awake(self.awake);
        }
        if let Some(before) = before {
            self.remove(before);
        }
        before
    }

    /// Whether something is said over one that is open on the other side, and will be in a moment
    /// here.
    pub fn is_about_to_open(&self, number: ConnectionNumber) -> bool {
        self.opening_main() == Some(number)
    }

    /// Ends one. What became of it, if it was there.
    pub fn remove(&mut self, number: ConnectionNumber) -> Option<Change> {
        let Entry { connection, duty, state, .. } = self.entries.remove(&number)?;
        self.tasks.spawn(connection.close(FLUSH_TIMEOUT));
        Some(match (state, duty) {
            _ if self.main.take_if(|main| *main == number).is_some() => Change::MainLost,
            (State::Open, _) => Change::BesideLost,
            (State::Opening { .. }, duty) => Change::Failed(duty),
        })
    }

    /// When [`Connections::handle_timeout`] is due.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.entries.values().filter_map(Entry::deadline).min()
    }

    /// Gives up what takes too long to open: which, and what that means.
    pub fn handle_timeout(&mut self, now: Instant) -> Option<(ConnectionNumber, Change)> {
        let is_over = |entry: &Entry| entry.deadline().is_some_and(|deadline| deadline <= now);
        let (number, _) = self.entries.iter().find(|(_, entry)| is_over(entry))?;
        let number = *number;
        tracing::info!("no connection in time");
        Some((number, self.remove(number)?))
    }

    /// Keeps drivers awake while bytes are under way, or while they connect.
    pub fn keep_awake(&mut self, awake: bool) {
        if self.awake != awake {
            self.awake = awake;
            for entry in self.entries.values().filter(|entry| entry.state == State::Open) {
                entry.connection.keep_awake(awake);
            }
        }
    }

    /// How the remote peer is reached.
    pub async fn route(&self) -> Option<Route> {
        self.entries.get(&self.main?)?.connection.route().await
    }

    /// Ends all of them, once what was said last has arrived or that time is over.
    pub async fn close(self, patience: Duration) {
        let mut closing = JoinSet::new();
        for entry in self.entries.into_values() {
            closing.spawn(entry.connection.close(patience));
        }
        closing.join_all().await;
    }

    async fn begin(&mut self, negotiation: Negotiation, duty: Duty) -> Option<ConnectionNumber> {
        if self.entries.len() >= CONNECTIONS_MAX {
            tracing::debug!("enough connections are there");
            return None;
        }
        let number = ConnectionNumber(self.next);
        self.next += 1;
        let connection =
            Connection::new(number, &self.ice_servers, &self.inlets, &self.tasks).await;
        match connection {
            Ok(connection) => {
                let deadline = Instant::now() + OPEN_TIMEOUT;
                let state = State::Opening { deadline, channels: 0 };
                let entry = Entry { connection, negotiation, duty, state, has_quic: false };
                self.entries.insert(number, entry);
                Some(number)
            }
            Err(error) => {
                tracing::error!(error = kind(&error), "no connection can be made");
                None
            }
        }
    }

    /// Makes one for an offer that belongs to none there is.
    async fn answer(&mut self, signal: &Signal) -> Option<ConnectionNumber> {
        let Body::Offer { beside, .. } = signal.body else { return None };
        let duty = if beside { Duty::Beside } else { Duty::Main };
        if let (Duty::Main, Some(other)) = (duty, self.opening_main()) {
            if !self.entries.get(&other)?.negotiation.yields() {
                return None;
            }
            self.remove(other);
        }
        self.begin(Negotiation::answer(), duty).await
    }

    fn opening_main(&self) -> Option<ConnectionNumber> {
        let is_it = |entry: &Entry| entry.duty == Duty::Main && entry.state != State::Open;
        self.entries.iter().find(|(_, entry)| is_it(entry)).map(|(number, _)| *number)
    }

    fn of_attempt(&self, attempt: Attempt) -> Option<ConnectionNumber> {
        let is_it = |entry: &Entry| entry.negotiation.attempt() == Some(attempt);
        self.entries.iter().find(|(_, entry)| is_it(entry)).map(|(number, _)| *number)
    }

    fn count_channel(&mut self, number: ConnectionNumber) -> Option<Change> {
        let awake = self.awake;
        let entry = self.entries.get_mut(&number)?;
        let State::Opening { channels, .. } = &mut entry.state else { return None };
        *channels += 1;
        if *channels < CHANNELS {
            return None;
        }
        entry.state = State::Open;
        entry.connection.keep_awake(awake);
        Some(Change::Opened(entry.duty))
    }
}

impl Entry {
    fn deadline(&self) -> Option<Instant> {
        match self.state {
            State::Opening { deadline, .. } => Some(deadline),
            State::Open => None,
        }
    }
}

/// Takes the steps of a negotiation; the answer, if there was an offer among them.
async fn steps_of(
    connection: &Connection,
    negotiation: &Negotiation,
    steps: Vec<Step>,
) -> Result<Vec<Signal>, Error> {
    let mut signals = Vec::new();
    for step in steps {
        if let Some(sdp) = connection.step(step).await? {
            signals.extend(negotiation.signal(Body::Answer { sdp }));
        }
    }
    Ok(signals)
}

const CHANNELS: usize = 2;
/// How long closing waits for what was said last.
pub const FLUSH_TIMEOUT: Duration = Duration::from_millis(800);
const BROWSER_SEND_LIMIT_BYTES: usize = 256 * 1024;
/// So often QUIC is given a new chance.
const QUIC_FAILURES_MAX: u32 = 2;
/// How long a connection may take to open: one to a peer with a wrong fingerprint would never fail.
const OPEN_TIMEOUT: Duration = Duration::from_secs(15);
/// One that is spoken over, another in its place, and as many besides as both sides may make.
const CONNECTIONS_MAX: usize = 66;
