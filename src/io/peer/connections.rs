//! All connections with one remote peer: the one that is spoken over, others that carry chunks
//! beside it, and those that are being made. A tunnel stands in where none comes about.
//!
//! With each connection that is to be spoken over a tunnel is agreed upon, which costs nothing but
//! some bytes of its description. It is spoken through when the connection has not come about a while
//! later, and ends when one has.

use super::connection::{Connection, Inlet, Inlets, Notice, Outlets, inlets};
use super::entry::{Entry, Line, State, Webrtc};
use super::look::Look;
use super::quic::Credentials;
use super::tunnel::{Tunnel, Way};
use crate::app::event::Route;
use crate::io::frames::Frames;
use crate::io::outward;
use crate::negotiation::{Attempt, Body, Negotiation, Signal, Step};
use crate::obstacle::{Candidates, Obstacle};
use crate::path::{Counts, Meter, PathKind};
use crate::text::kind;
use crate::transfer::{ConnectionNumber, Fingerprint, Tally};
use crate::tunnel::{Keys, Number, Secret, Share, Side};
use bytes::BytesMut;
use signaling_server::protocol::{IceServer, PeerId};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::task::TaskTracker;
use webrtc::error::Error;
use webrtc::peer_connection::RTCPeerConnectionState;

pub use super::entry::Duty;

/// The connections of one peer's task.
pub struct Connections {
    local: PeerId,
    remote: PeerId,
    ice_servers: Vec<IceServer>,
    frames: Frames,
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
    /// Those of the last one that was to be spoken over, and when that began.
    candidates: Candidates,
    begun: Instant,
    /// What was in the way the last time that was looked at.
    obstacle: Option<Obstacle>,
    /// Of the way that is taken.
    meter: Meter,
    /// What is known here of packets of it, and what the remote peer knows.
    known: Tally,
    told: Tally,
}

/// Whether there is anything to be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Load {
    /// Something moves, or did until a moment ago.
    Moving,
    /// Nothing does.
    AtRest,
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
        frames: Frames,
        tasks: TaskTracker,
    ) -> (Self, Outlets) {
        let (inlets, outlets) = inlets();
        let connections = Self {
            local,
            remote,
            ice_servers,
            frames,
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
            candidates: Candidates::default(),
            begun: Instant::now(),
            obstacle: None,
            meter: Meter::default(),
            known: Tally::default(),
            told: Tally::default(),
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
        if let (Some(webrtc), Some(own)) = (main.and_then(Entry::webrtc_mut), &self.credentials) {
            webrtc.connection.begin_quic(own, theirs, &self.tasks);
        }
    }

    /// Whether chunks go over QUIC, which fills a line by itself.
    pub fn has_quic(&self) -> bool {
        self.main_entry().and_then(Entry::webrtc).is_some_and(|webrtc| webrtc.has_quic)
    }

    /// Whether a tunnel is spoken through, since there is nothing better.
    pub fn is_tunnel(&self) -> bool {
        self.main_entry().is_some_and(|entry| entry.duty == Duty::Fallback)
    }

    /// The one that is spoken over.
    pub fn main(&self) -> Option<ConnectionNumber> {
        self.main
    }

    /// Where what is said goes.
    pub fn control_out(&self) -> Option<mpsc::Sender<String>> {
        Some(self.main_entry()?.line.control_out().clone())
    }

    /// Hands a chunk to the connection that has room for it; nothing if it is gone by now.
    pub fn send(&self, number: ConnectionNumber, chunk: BytesMut) {
        if let Some(entry) = self.entries.get(&number) {
            // It has asked for it, and so waits for nothing else.
            let _ = entry.line.bulk_out().try_send(chunk);
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
        let is_own = |entry: &Entry| {
            let webrtc = entry.webrtc();
            entry.duty == Duty::Beside && webrtc.is_some_and(|it| it.negotiation.is_offerer())
        };
        self.entries.iter().filter(|(_, entry)| is_own(entry)).map(|(number, _)| *number).collect()
    }

    /// Gives up an offer that the remote peer will never answer, since it has begun anew; whether
    /// there was one.
    pub fn give_up_offer(&mut self) -> bool {
        let offered = self.opening_main().filter(|number| {
            let webrtc = self.entries.get(number).and_then(Entry::webrtc);
            webrtc.is_some_and(|webrtc| webrtc.negotiation.is_offerer())
        });
        offered.is_some_and(|number| self.remove(number).is_some())
    }

    /// Gives up what is being made to be spoken over, whoever offered it; whether there was something.
    pub fn give_up_opening(&mut self) -> bool {
        self.opening_main().is_some_and(|number| self.remove(number).is_some())
    }

    /// From which address of this machine's packets for the remote peer go out.
    pub fn source(&self) -> Option<IpAddr> {
        let main = self.main_entry().and_then(Entry::webrtc);
        match main.and_then(|webrtc| webrtc.connection.remote()) {
            Some(remote) => outward::source_towards(remote),
            // Through a relay or the server, wherever that is.
            None => outward::sources().next(),
        }
    }

    /// Begins one, and offers it, perhaps with a tunnel: what is to be signalled.
    pub async fn offer(&mut self, duty: Duty, with_tunnel: bool) -> Option<Signal> {
        let attempt = Attempt(getrandom::u32().unwrap_or_default());
        let negotiation = Negotiation::offer(attempt, self.local, self.remote);
        let secret = if with_tunnel { self.secret() } else { None };
        let tunnel = secret.as_ref().map(Secret::share);
        let number = self.begin(negotiation, duty).await?;
        let webrtc = self.entries.get_mut(&number)?.webrtc_mut()?;
        webrtc.offered = secret.map(|secret| (secret, Instant::now()));
        match webrtc.connection.offer().await {
            Ok(sdp) => {
                let beside = duty == Duty::Beside;
                webrtc.negotiation.signal(Body::Offer { sdp, beside, tunnel })
            }
            Err(error) => {
                tracing::warn!(error = kind(&error), "no offer can be made");
                self.remove(number);
                None
            }
        }
    }

    /// Takes a signal of the remote peer: what is to be signalled in answer.
    pub async fn handle_signal(&mut self, signal: Signal) -> Option<Signal> {
        if let Body::Candidate(candidate) = &signal.body {
            self.candidates.theirs.add(&candidate.candidate);
        }
        let number = match self.of_attempt(signal.attempt) {
            Some(number) => number,
            None => self.answer(&signal).await?,
        };
        let entry = self.entries.get_mut(&number)?;
        let duty = entry.duty;
        let webrtc = entry.webrtc_mut()?;
        let theirs = signal.body.tunnel();
        let steps = webrtc.negotiation.handle(signal);
        let is_described = steps.iter().any(Step::is_description);
        let answer = match take_steps(&webrtc.connection, steps).await {
            Ok(answer) => answer,
            Err(error) => {
                tracing::warn!(error = kind(&error), "negotiating");
                self.remove(number);
                return None;
            }
        };
        let agreed = theirs.filter(|_| is_described && duty == Duty::Main);
        let tunnel = agreed.and_then(|theirs| self.agree(number, theirs));
        let webrtc = self.entries.get(&number)?.webrtc()?;
        webrtc.negotiation.signal(Body::Answer { sdp: answer?, tunnel })
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
                self.candidates.own.add(&candidate.candidate);
                let webrtc = entry.webrtc();
                let signal = |it: &Webrtc| it.negotiation.signal(Body::Candidate(candidate));
                (webrtc.and_then(signal), None)
            }
            Notice::Opened => (None, self.opened(number)),
            Notice::State(RTCPeerConnectionState::Disconnected) if is_main => {
                (None, Some(Change::Silent))
            }
            Notice::State(RTCPeerConnectionState::Connected) if is_main => {
                (None, Some(Change::Heard))
            }
            Notice::StandsStill => (None, Some(Change::StandsStill)),
            Notice::QuicOpened => {
                if let Some(webrtc) = entry.webrtc_mut() {
                    webrtc.has_quic = true;
                }
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
        self.meter = Meter::default();
        (self.known, self.told) = (Tally::default(), Tally::default());
        if let Some(entry) = self.entries.get_mut(&number) {
            entry.state = State::Open;
            entry.line.keep_awake(self.awake);
        }
        if let Some(before) = before {
            self.remove(before);
        }
        self.remove_fallbacks();
        before
    }

    /// Whether something is said over one that is open on the other side, and will be in a moment
    /// here.
    pub fn is_about_to_open(&self, number: ConnectionNumber) -> bool {
        let is_fallback = |entry: &Entry| matches!(entry.state, State::Waiting { .. });
        self.opening_main() == Some(number) || self.entries.get(&number).is_some_and(is_fallback)
    }

    /// Ends one. What became of it, if it was there.
    pub fn remove(&mut self, number: ConnectionNumber) -> Option<Change> {
        let Entry { line, duty, state } = self.entries.remove(&number)?;
        self.tasks.spawn(line.close(FLUSH_TIMEOUT));
        Some(match (state, duty) {
            _ if self.main.take_if(|main| *main == number).is_some() => Change::MainLost,
            (State::Open, _) => Change::BesideLost,
            (State::Opening { .. } | State::Waiting { .. }, duty) => Change::Failed(duty),
        })
    }

    /// When [`Connections::handle_timeout`] is due.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.entries.values().filter_map(Entry::deadline).min()
    }

    /// Gives up what takes too long to open, and turns to a tunnel when that has taken long enough:
    /// which, and what that means.
    pub fn handle_timeout(&mut self, now: Instant) -> Option<(ConnectionNumber, Change)> {
        let is_over = |entry: &Entry| entry.deadline().is_some_and(|deadline| deadline <= now);
        let (number, entry) = self.entries.iter_mut().find(|(_, entry)| is_over(entry))?;
        let number = *number;
        if let State::Waiting { speak_at, .. } = &mut entry.state {
            *speak_at = None;
            return Some((number, Change::Opened(Duty::Fallback)));
        }
        tracing::info!("no connection in time");
        Some((number, self.remove(number)?))
    }

    /// Keeps drivers awake while bytes are under way, or while they connect.
    pub fn keep_awake(&mut self, awake: bool) {
        if self.awake != awake {
            self.awake = awake;
            for entry in self.entries.values().filter(|entry| entry.state == State::Open) {
                entry.line.keep_awake(awake);
            }
        }
    }

    /// How the remote peer is reached, and what the way to it has been like.
    pub async fn route(&mut self, load: Load, now: Instant) -> Option<Route> {
        let Look { kind, via, round_trip, counts } = self.look().await?;
        let figures = match load {
            Load::Moving => self.meter.observe(counts, now),
            Load::AtRest => self.meter.observe_at_rest(counts, now),
        };
        let mut route = Route { kind, via, round_trip, figures, obstacle: None };
        if route.kind != PathKind::Direct {
            // One that has just begun to be made does not know yet.
            if self.begun.elapsed() >= FALLBACK_GRACE || route.kind == PathKind::Relayed {
                let mut urls = self.ice_servers.iter().flat_map(|server| &server.urls);
                self.obstacle = Some(self.candidates.obstacle(urls.next().is_some()));
            }
            route.obstacle = self.obstacle;
        }
        Some(route)
    }

    /// Takes down what was counted by now, as something is about to move.
    pub async fn count(&mut self, now: Instant) {
        if self.meter.is_due(now)
            && let Some(Look { counts, .. }) = self.look().await
        {
            self.meter.observe(counts, now);
        }
    }

    /// What this side knew of packets that were lost when it looked last.
    pub fn known(&self) -> Tally {
        self.known
    }

    /// Takes what the remote peer knows of them.
    pub fn hear(&mut self, tally: Tally) {
        self.told = tally;
    }

    /// At the one that is spoken over, with what was counted of those beside it, and what the remote peer
    /// has counted.
    async fn look(&mut self) -> Option<Look> {
        let main = self.main?;
        let mut look = self.entries.get(&main)?.line.look().await?;
        let is_beside = |(number, entry): &(&ConnectionNumber, &Entry)| {
            **number != main && entry.state == State::Open
        };
        for (_, entry) in self.entries.iter().filter(is_beside) {
            if let Some(beside) = entry.line.look().await {
                look.counts += beside.counts;
            }
        }
        let Counts { outgoing, incoming, .. } = look.counts;
        self.known = Tally { mine: outgoing, yours: incoming };
        let Tally { mine, yours } = self.told;
        look.counts += Counts { outgoing: yours, incoming: mine, ..Counts::default() };
        Some(look)
    }

    /// Ends all of them, once what was said last has arrived or that time is over.
    pub async fn close(self, patience: Duration) {
        let mut closing = JoinSet::new();
        for entry in self.entries.into_values() {
            closing.spawn(entry.line.close(patience));
        }
        closing.join_all().await;
    }

    async fn begin(&mut self, negotiation: Negotiation, duty: Duty) -> Option<ConnectionNumber> {
        if self.entries.len() >= CONNECTIONS_MAX {
            tracing::debug!("enough connections are there");
            return None;
        }
        if duty == Duty::Main {
            (self.candidates, self.begun) = (Candidates::default(), Instant::now());
        }
        let number = ConnectionNumber(self.next);
        self.next += 1;
        let connection =
            Connection::new(number, &self.ice_servers, &self.inlets, &self.tasks).await;
        match connection {
            Ok(connection) => {
                let deadline = Instant::now() + OPEN_TIMEOUT;
                let state = State::Opening { deadline, channels: 0 };
                let webrtc = Webrtc { connection, negotiation, has_quic: false, offered: None };
                let line = Line::Webrtc(Box::new(webrtc));
                self.entries.insert(number, Entry { line, duty, state });
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
            if !self.entries.get(&other)?.webrtc()?.negotiation.yields() {
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
        let of = |entry: &Entry| entry.webrtc().and_then(|it| it.negotiation.attempt());
        let is_it = |entry: &Entry| of(entry) == Some(attempt);
        self.entries.iter().find(|(_, entry)| is_it(entry)).map(|(number, _)| *number)
    }

    fn main_entry(&self) -> Option<&Entry> {
        self.entries.get(&self.main?)
    }

    /// A channel is open, or a tunnel known to lead somewhere.
    fn opened(&mut self, number: ConnectionNumber) -> Option<Change> {
        let awake = self.awake;
        let entry = self.entries.get_mut(&number)?;
        match &mut entry.state {
            State::Opening { channels, .. } => {
                *channels += 1;
                if *channels < CHANNELS {
                    return None;
                }
            }
            State::Waiting { is_proven, .. } => {
                *is_proven = true;
                return None;
            }
            State::Open => return None,
        }
        entry.state = State::Open;
        entry.line.keep_awake(awake);
        Some(Change::Opened(entry.duty))
    }

    /// A secret for a tunnel, where one may be had.
    fn secret(&self) -> Option<Secret> {
        let mut random = [0; 32];
        let drawn = self.frames.are_carried() && getrandom::fill(&mut random).is_ok();
        drawn.then(|| Secret::new(random))
    }

    /// Opens this side's end of the tunnel that goes with a connection, if this side wants it too: its
    /// share.
    fn agree(&mut self, of: ConnectionNumber, theirs: Share) -> Option<Share> {
        let webrtc = self.entries.get_mut(&of)?.webrtc_mut()?;
        let number = Number(webrtc.negotiation.attempt()?.0);
        let (secret, side, speak_at) = if webrtc.negotiation.is_offerer() {
            let (secret, at) = webrtc.offered.take()?;
            (secret, Side::Offerer, Some(at + FALLBACK_GRACE))
        } else {
            // Who has offered decides when it is spoken through.
            (self.secret()?, Side::Answerer, None)
        };
        let keys = secret.agree(side, number, theirs)?;
        self.open_tunnel(number, &keys, side, speak_at);
        Some(secret.share())
    }

    fn open_tunnel(&mut self, number: Number, keys: &Keys, side: Side, speak_at: Option<Instant>) {
        self.remove_fallbacks();
        let way = Way { frames: self.frames.clone(), remote: self.remote, number };
        let inlet = Inlet { number: ConnectionNumber(self.next), all: self.inlets.clone() };
        self.next += 1;
        let number = inlet.number;
        let line = Line::Tunnel(Tunnel::open(way, keys, side, inlet, &self.tasks));
        let state = State::Waiting { speak_at, is_proven: false };
        self.entries.insert(number, Entry { line, duty: Duty::Fallback, state });
    }

    /// Ends the tunnels that are not spoken through.
    fn remove_fallbacks(&mut self) {
        let is_idle = |entry: &Entry| matches!(entry.state, State::Waiting { .. });
        let idle = self.entries.iter().filter(|(_, entry)| is_idle(entry));
        for number in idle.map(|(number, _)| *number).collect::<Vec<_>>() {
            self.remove(number);
        }
    }
}

/// Takes the steps of a negotiation; the answer, if there was an offer among them.
async fn take_steps(connection: &Connection, steps: Vec<Step>) -> Result<Option<String>, Error> {
    let mut answer = None;
    for step in steps {
        answer = connection.step(step).await?.or(answer);
    }
    Ok(answer)
}

/// How long a connection may take before a tunnel is spoken through: through a relay one takes up to a
/// second.
const FALLBACK_GRACE: Duration = Duration::from_secs(1);
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
