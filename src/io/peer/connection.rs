//! One WebRTC connection with its two data channels, turned into plain messages.
//!
//! Everything that the library calls back with is forwarded as a [`Notice`] and handled elsewhere:
//! its handlers run on the connection's driver, which must never wait.

use super::look::{Look, look};
use super::quic::{self, Credentials, Quic};
use super::runtime::{DriverRuntime, send_limit_bytes};
use super::{bulk, candidate};
use crate::negotiation::{Candidate, Step};
use crate::text::kind;
use crate::transfer::{ConnectionNumber, Fingerprint, Room};
use bytes::{Bytes, BytesMut};
use rtc::ice::mdns::MulticastDnsMode;
use signaling_server::protocol::IceServer;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;
use webrtc::data_channel::{DataChannel, DataChannelEvent, RTCDataChannelInit};
use webrtc::error::Error;
use webrtc::peer_connection::{
    PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCConfigurationBuilder,
    RTCIceCandidateInit, RTCIceServer, RTCPeerConnectionIceEvent, RTCPeerConnectionState,
    RTCSessionDescription, SettingEngine, SettingEngineBuilder,
};

/// What a connection has to say.
#[derive(Debug)]
pub enum Notice {
    /// It found an address of this machine.
    Candidate(Candidate),
    /// Its state changed.
    State(RTCPeerConnectionState),
    /// A data channel opened; the connection is usable when both have.
    Opened,
    /// The control channel ended, and all that was said over it is handed on.
    Ended,
    /// What it was handed gets nowhere, for now.
    StandsStill,
    /// Chunks go over QUIC beside it.
    QuicOpened,
    /// QUIC beside it failed, and what went over that is lost.
    QuicFailed,
}

impl Notice {
    /// Whether nothing more is said over the connection.
    pub fn is_end(&self) -> bool {
        use RTCPeerConnectionState::{Closed, Failed};
        matches!(self, Self::Ended | Self::State(Failed | Closed))
    }
}

/// Where goes what comes of all connections with one remote peer, each with its number.
#[derive(Debug, Clone)]
pub struct Inlets {
    /// What connections have to say.
    pub notices: mpsc::Sender<(ConnectionNumber, Notice)>,
    /// Messages of control channels.
    pub control: mpsc::Sender<(ConnectionNumber, Bytes)>,
    /// Messages of bulk channels.
    pub bulk: mpsc::Sender<Bytes>,
    /// Which bulk channel can take how much next: a chunk for it is then waited for.
    pub rooms: mpsc::Sender<Room>,
    /// How many bytes a bulk channel may have under way.
    pub send_limit: Arc<AtomicUsize>,
}

/// The other ends.
#[derive(Debug)]
pub struct Outlets {
    pub notices: mpsc::Receiver<(ConnectionNumber, Notice)>,
    pub control: mpsc::Receiver<(ConnectionNumber, Bytes)>,
    pub bulk: mpsc::Receiver<Bytes>,
    pub rooms: mpsc::Receiver<Room>,
}

/// Both ends.
pub fn inlets() -> (Inlets, Outlets) {
    let (notices, notices_out) = mpsc::channel(NOTICES_MAX);
    let (control, control_out) = mpsc::channel(MESSAGES_IN_MAX);
    let (bulk, bulk_out) = mpsc::channel(MESSAGES_IN_MAX);
    let (rooms, rooms_out) = mpsc::channel(ROOMS_MAX);
    let outlets =
        Outlets { notices: notices_out, control: control_out, bulk: bulk_out, rooms: rooms_out };
    let send_limit = Arc::new(AtomicUsize::new(send_limit_bytes()));
    (Inlets { notices, control, bulk, rooms, send_limit }, outlets)
}

/// A connection's own end of the inlets.
#[derive(Debug, Clone)]
pub struct Inlet {
    /// Which connection it is.
    pub number: ConnectionNumber,
    /// All of them.
    pub all: Inlets,
}

impl Inlet {
    /// Whether anybody hears it.
    pub async fn notice(&self, notice: Notice) -> bool {
        self.all.notices.send((self.number, notice)).await.is_ok()
    }

    /// What went over QUIC may be lost, unless it was ended with the connection.
    async fn quic_ended(&self, error: &quic::Error) {
        tracing::debug!(%error, "QUIC");
        if !error.is_in_order() {
            self.notice(Notice::QuicFailed).await;
        }
    }
}

/// One connection. Dropping it leaves its tasks running: [`Connection::close`] ends it.
pub struct Connection {
    library: Arc<dyn PeerConnection>,
    runtime: Arc<DriverRuntime>,
    control: Arc<dyn DataChannel>,
    control_writer: JoinHandle<()>,
    /// Messages for the control channel.
    pub control_out: mpsc::Sender<String>,
    /// One message for the bulk channel, each time it has said that there is room.
    pub bulk_out: mpsc::Sender<BytesMut>,
    inlet: Inlet,
    /// Which of the remote peer's addresses are a relay's, as it tells.
    relayed: Mutex<Vec<SocketAddr>>,
    quic: Option<Quic>,
    /// Hands the way out over QUIC to the writer, once.
    quic_out: Option<oneshot::Sender<quic::Outlet>>,
}

impl Connection {
    /// A connection that has yet to be negotiated. Its readers and writers run on `tasks`.
    pub async fn new(
        number: ConnectionNumber,
        ice_servers: &[IceServer],
        inlets: &Inlets,
        tasks: &TaskTracker,
    ) -> Result<Self, Error> {
        let runtime = DriverRuntime::awake();
        let inlet = Inlet { number, all: inlets.clone() };
        let build = |mdns| {
            let forward = Forward { inlet: inlet.clone(), tasks: tasks.clone() };
            build(ice_servers, runtime.clone(), forward, mdns)
        };
        let library = match build(MulticastDnsMode::QueryOnly).await {
            Ok(library) => library,
            // A machine without a route for multicast cannot ask for .local names.
            Err(error) => {
                tracing::debug!(error = kind(&error), "no multicast DNS");
                build(MulticastDnsMode::Disabled).await?
            }
        };
        let control = open_channel(&*library, "control", 0).await?;
        let bulk = open_channel(&*library, "bulk", 1).await?;
        let (to_control, to_bulk) = (inlets.control.clone(), inlets.bulk.clone());
        let ended = inlet.clone();
        let listening = read(control.clone(), inlet.clone(), to_control, |it, text| (it, text));
        tasks.spawn(async move {
            listening.await;
            // What was said last is handed on by now. Nobody listens if this side has closed it.
            ended.notice(Notice::Ended).await;
        });
        let (control_out, control_writer) = spawn_control_writer(control.clone(), tasks);
        tasks.spawn(read(bulk.clone(), inlet.clone(), to_bulk, |_, chunk| chunk));
        let (quic_out, quic) = oneshot::channel();
        let bulk_out = bulk::spawn_writer(bulk, quic, inlet.clone(), tasks);
        Ok(Self {
            library,
            runtime,
            control,
            control_writer,
            control_out,
            bulk_out,
            inlet,
            relayed: Mutex::default(),
            quic: None,
            quic_out: Some(quic_out),
        })
    }

    /// Makes an offer and sets it.
    pub async fn offer(&self) -> Result<String, Error> {
        let offer = self.library.create_offer(None).await?;
        let sdp = offer.sdp.clone();
        self.library.set_local_description(offer).await?;
        Ok(sdp)
    }

    /// Does what a negotiation says; the answer to send, if it was an offer.
    pub async fn step(&self, step: Step) -> Result<Option<String>, Error> {
        match step {
            Step::SetOffer(sdp) => {
                let offer = RTCSessionDescription::offer(sdp)?;
                self.library.set_remote_description(offer).await?;
                let answer = self.library.create_answer(None).await?;
                let sdp = answer.sdp.clone();
                self.library.set_local_description(answer).await?;
                Ok(Some(sdp))
            }
            Step::SetAnswer(sdp) => {
                let answer = RTCSessionDescription::answer(sdp)?;
                self.library.set_remote_description(answer).await?;
                Ok(None)
            }
            Step::AddCandidate(candidate) => {
                self.note_relay(&candidate);
                let candidate = RTCIceCandidateInit {
                    candidate: candidate.candidate,
                    sdp_mid: candidate.sdp_mid,
                    sdp_mline_index: candidate.sdp_m_line_index,
                    ..RTCIceCandidateInit::default()
                };
                // One bad candidate of several is no reason to give up.
                if let Err(error) = self.library.add_ice_candidate(candidate).await {
                    tracing::debug!(error = kind(&error), "a candidate is of no use");
                }
                Ok(None)
            }
        }
    }

    /// Speaks QUIC beside it, where the remote peer is reached directly, and sends chunks by it as soon
    /// as it has come about.
    pub fn begin_quic(&mut self, own: &Arc<Credentials>, theirs: Fingerprint, tasks: &TaskTracker) {
        if self.is_relayed() {
            return;
        }
        let Some(quic_out) = self.quic_out.take() else { return };
        let Some(path) = self.runtime.demux().divert() else { return };
        let quic = match Quic::new(path, own, theirs) {
            Ok(quic) => quic,
            Err(error) => return tracing::warn!(%error, "no QUIC"),
        };
        self.quic = Some(quic.clone());
        let (inlet, receiving) = (self.inlet.clone(), quic.clone());
        tasks.spawn(async move {
            if let Err(error) = receiving.receive(&inlet.all.bulk).await {
                inlet.quic_ended(&error).await;
            }
        });
        let (inlet, own) = (self.inlet.clone(), own.clone());
        tasks.spawn(async move {
            let outlet = match quic.connect(&own, theirs).await {
                Ok(outlet) => outlet,
                // Chunks go on as they did.
                Err(error) => return tracing::debug!(%error, "no QUIC to the remote peer"),
            };
            tracing::debug!("chunks go over QUIC");
            let connection = outlet.connection();
            if quic_out.send(outlet).is_ok() {
                inlet.notice(Notice::QuicOpened).await;
                inlet.quic_ended(&connection.closed().await.into()).await;
            }
        });
    }

    /// Keeps the driver awake while bytes are under way; see [`DriverRuntime`].
    pub fn keep_awake(&self, awake: bool) {
        self.runtime.keep_awake(awake);
    }

    /// How the remote peer is reached, and what was counted of the way; `None` before it is.
    pub async fn look(&self) -> Option<Look> {
        let mut look = look(&*self.library, |address| self.is_relay(address)).await?;
        look.counts.incoming = self.runtime.demux().packets();
        if let Some(quic) = &self.quic {
            look.counts += quic.counts();
        }
        Some(look)
    }

    /// Where the remote peer is, as far as this side sees.
    pub fn remote(&self) -> Option<SocketAddr> {
        self.runtime.demux().remote()
    }

    fn note_relay(&self, candidate: &Candidate) {
        let mut relayed = self.relayed.lock().unwrap_or_else(PoisonError::into_inner);
        if relayed.len() < RELAYED_MAX {
            relayed.extend(candidate::relayed(&candidate.candidate));
        }
    }

    /// Whether a relay of either side's stands between: then QUIC finds no way.
    fn is_relayed(&self) -> bool {
        // What a relay of this side's hands on is wrapped.
        self.runtime.demux().remote().is_none_or(|remote| self.is_relay(&remote))
    }

    /// Whether an address of the remote peer's is a relay's, as it tells.
    fn is_relay(&self, address: &SocketAddr) -> bool {
        self.relayed.lock().unwrap_or_else(PoisonError::into_inner).contains(address)
    }

    /// Ends the connection, once the last control messages have arrived or that time is over.
    pub async fn close(self, patience: Duration) {
        if let Some(quic) = &self.quic {
            quic.close();
        }
        drop(self.control_out);
        let flushed = async {
            if let Err(error) = self.control_writer.await {
                tracing::debug!(%error, "the control channel's writer");
            }
            while self.control.outstanding_bytes().await.is_ok_and(|bytes| bytes > 0) {
                tokio::time::sleep(FLUSH_STEP).await;
            }
        };
        // Whether it was flushed or took too long, what follows is the same.
        let _ = tokio::time::timeout(patience, flushed).await;
        if let Err(error) = self.library.close().await {
            tracing::debug!(error = kind(&error), "closing the connection");
        }
    }
}

async fn build(
    ice_servers: &[IceServer],
    runtime: Arc<DriverRuntime>,
    forward: Forward,
    mdns: MulticastDnsMode,
) -> Result<Arc<dyn PeerConnection>, Error> {
    let servers = ice_servers.iter().map(|server| RTCIceServer {
        urls: server.urls.clone(),
        username: server.username.clone().unwrap_or_default(),
        credential: server.credential.clone().unwrap_or_default(),
    });
    let configuration = RTCConfigurationBuilder::new().with_ice_servers(servers.collect()).build();
    // A wildcard binds every interface but loopback, which is wanted too.
    let addresses: [SocketAddr; 3] = [
        (Ipv4Addr::UNSPECIFIED, 0).into(),
        (Ipv6Addr::UNSPECIFIED, 0).into(),
        (Ipv4Addr::LOCALHOST, 0).into(),
    ];
    let bindable = |address: &SocketAddr| std::net::UdpSocket::bind(address).is_ok();
    let building = PeerConnectionBuilder::new()
        .with_configuration(configuration)
        .with_setting_engine(settings(mdns))
        .with_runtime(runtime)
        .with_handler(Arc::new(forward))
        .with_udp_addrs(addresses.into_iter().filter(bindable).collect::<Vec<_>>())
        .with_data_channel_send_buffer_limit(send_limit_bytes())
        .build();
    // Boxed: the library's future is tens of kilobytes.
    Ok(Arc::new(Box::pin(building).await?))
}

fn settings(mdns: MulticastDnsMode) -> SettingEngine {
    SettingEngineBuilder::new()
        .with_ice_connection_attempts(Some(ICE_CHECK_INTERVAL), Some(ICE_CHECKS_MAX))
        .with_ice_timeouts(Some(ICE_DISCONNECTED), Some(ICE_FAILED), Some(ICE_KEEPALIVE))
        // Whatever answers first is taken: a candidate that is learnt from its packets before
        // signaling tells of it would otherwise wait for a second.
        .with_prflx_acceptance_min_wait(Some(Duration::ZERO))
        .with_srflx_acceptance_min_wait(Some(Duration::ZERO))
        .with_relay_acceptance_min_wait(Some(Duration::ZERO))
        .with_multicast_dns_mode(mdns)
        .with_include_loopback_candidate(true)
        .build()
}

/// Negotiated beforehand: both sides know the channels, which saves a round trip.
async fn open_channel(
    connection: &dyn PeerConnection,
    label: &str,
    id: u16,
) -> Result<Arc<dyn DataChannel>, Error> {
    let init = RTCDataChannelInit { negotiated: Some(id), ..RTCDataChannelInit::default() };
    connection.create_data_channel(label, Some(init)).await
}

/// Hands on what comes, as this says, until the channel ends or nobody hears it any more.
async fn read<T>(
    channel: Arc<dyn DataChannel>,
    inlet: Inlet,
    forward: mpsc::Sender<T>,
    as_message: impl Fn(ConnectionNumber, Bytes) -> T,
) {
    while let Some(event) = channel.poll().await {
        let is_heard = match event {
            DataChannelEvent::OnOpen => inlet.notice(Notice::Opened).await,
            DataChannelEvent::OnMessage(message) => {
                let message = as_message(inlet.number, message.data.freeze());
                forward.send(message).await.is_ok()
            }
            DataChannelEvent::OnClose => return,
            _ => true,
        };
        if !is_heard {
            return;
        }
    }
}

fn spawn_control_writer(
    channel: Arc<dyn DataChannel>,
    tasks: &TaskTracker,
) -> (mpsc::Sender<String>, JoinHandle<()>) {
    let (sender, mut messages) = mpsc::channel::<String>(CONTROL_OUT_MAX);
    let writer = tasks.spawn(async move {
        while let Some(text) = messages.recv().await {
            if let Err(error) = channel.send_text(&text).await {
                tracing::debug!(error = kind(&error), "the control channel is closed");
                return;
            }
        }
    });
    (sender, writer)
}

/// The library's callbacks, forwarded. They run on the driver, so they never wait.
struct Forward {
    inlet: Inlet,
    tasks: TaskTracker,
}

impl Forward {
    fn forward(&self, notice: Notice) {
        if let Err(error) = self.inlet.all.notices.try_send((self.inlet.number, notice)) {
            tracing::debug!(%error, "a notice of a connection has nobody to hear it");
        }
    }
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Forward {
    async fn on_ice_candidate(&self, event: RTCPeerConnectionIceEvent) {
        match event.candidate.to_json() {
            Ok(init) => self.forward(Notice::Candidate(Candidate {
                candidate: init.candidate,
                sdp_mid: init.sdp_mid,
                sdp_m_line_index: init.sdp_mline_index,
            })),
            Err(error) => tracing::debug!(error = kind(&error), "a candidate that cannot be told"),
        }
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        if state != RTCPeerConnectionState::Closed {
            return self.forward(Notice::State(state));
        }
        // What was said last is on its way through the channel's reader, which tells of the end behind
        // it; that it does is not promised.
        let inlet = self.inlet.clone();
        self.tasks.spawn(async move {
            let closed = inlet.all.notices.closed();
            // Where nobody listens any more, it is not waited for.
            if tokio::time::timeout(LAST_WORDS, closed).await.is_err() {
                inlet.notice(Notice::State(state)).await;
            }
        });
    }
}

/// More than a few negotiations at once have of candidates and states.
const NOTICES_MAX: usize = 1024;
/// A megabyte of chunks: what waits beyond that waits in SCTP, which tells the sender to slow down.
const MESSAGES_IN_MAX: usize = 16;
const CONTROL_OUT_MAX: usize = 16;
/// One of each connection that there may be.
const ROOMS_MAX: usize = 64;
const ICE_CHECK_INTERVAL: Duration = Duration::from_millis(20);
const ICE_CHECKS_MAX: u16 = 500;
/// How long nothing comes until that is told.
pub const ICE_DISCONNECTED: Duration = Duration::from_secs(3);
const ICE_FAILED: Duration = Duration::from_secs(6);
const ICE_KEEPALIVE: Duration = Duration::from_millis(500);
/// A peer has an address or two at each of a few relays.
const RELAYED_MAX: usize = 16;
const FLUSH_STEP: Duration = Duration::from_millis(5);
/// How long it may take until what was said last is handed on.
const LAST_WORDS: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::timeout;

    /// Two connections, and what comes of them, which have opened.
    async fn two(tasks: &TaskTracker) -> [(Connection, Outlets); 2] {
        let [one, other] = [0, 1].map(|number| async move {
            let (inlets, outlets) = inlets();
            let number = ConnectionNumber(number);
            let connection = Connection::new(number, &[], &inlets, tasks).await;
            (connection.expect("a connection"), outlets)
        });
        let (mut one, mut other) = (one.await, other.await);
        let offer = one.0.offer().await.expect("an offer");
        let answer = other.0.step(Step::SetOffer(offer)).await.expect("it is taken");
        let answer = answer.expect("an offer is answered");
        one.0.step(Step::SetAnswer(answer)).await.expect("it is taken");
        let mut opened = [0; 2];
        while opened != [2; 2] {
            let [(_, from_one), (_, from_other)] = [&mut one, &mut other];
            let (said_by, notice) = tokio::select! {
                Some((_, notice)) = from_one.notices.recv() => (0, notice),
                Some((_, notice)) = from_other.notices.recv() => (1, notice),
            };
            match notice {
                Notice::Candidate(candidate) => {
                    let hearer = if said_by == 0 { &other.0 } else { &one.0 };
                    let added = hearer.step(Step::AddCandidate(candidate)).await;
                    assert_eq!(added.expect("it is taken"), None);
                }
                Notice::Opened => opened[said_by] += 1,
                _ => {}
            }
        }
        [one, other]
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn quic_is_begun_where_no_relay_stands_between() {
        let tasks = TaskTracker::new();
        let opened = timeout(Duration::from_secs(20), two(&tasks)).await;
        let [(mut one, _of_one), (mut other, _of_other)] = opened.expect("they open");
        let own = Arc::new(Credentials::new().expect("a certificate"));
        let remote = one.runtime.demux().remote().expect("it is reached directly");
        let (ip, port) = (remote.ip(), remote.port());
        let line = format!("candidate:1 1 udp 5 {ip} {port} typ relay");
        let told = Candidate { candidate: line, sdp_mid: None, sdp_m_line_index: None };
        one.note_relay(&told);
        for connection in [&mut one, &mut other] {
            connection.begin_quic(&own, own.fingerprint(), &tasks);
        }
        assert_eq!([one.is_relayed(), other.is_relayed()], [true, false]);
        assert_eq!([one.quic.is_some(), other.quic.is_some()], [false, true]);
        one.close(Duration::ZERO).await;
        other.close(Duration::ZERO).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_said_last_is_heard_before_it_is_told_that_the_connection_ended() {
        let tasks = TaskTracker::new();
        let opened = timeout(Duration::from_secs(20), two(&tasks)).await;
        let [(one, _of_one), (other, mut of_other)] = opened.expect("they open");
        for _ in 0..3 {
            one.control_out.send("last words".to_owned()).await.expect("it is open");
        }
        one.close(Duration::from_secs(5)).await;
        let ended = async {
            while let Some((_, notice)) = of_other.notices.recv().await {
                if notice.is_end() {
                    return;
                }
            }
        };
        timeout(Duration::from_secs(20), ended).await.expect("it ends");
        let mut heard = std::iter::from_fn(|| of_other.control.try_recv().ok());
        for _ in 0..3 {
            assert_eq!(heard.next().map(|(_, text)| text), Some("last words".into()));
        }
        other.close(Duration::ZERO).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn nothing_runs_on_for_one_that_was_ended_with_chunks_under_way() {
        let tasks = TaskTracker::new();
        let [(one, mut of_one), (other, of_other)] =
            timeout(Duration::from_secs(20), two(&tasks)).await.expect("they open");
        // Nobody takes what comes there, until nothing more goes out here.
        let stuck = async {
            while let Ok(Some(_)) = timeout(Duration::from_secs(1), of_one.rooms.recv()).await {
                one.bulk_out.try_send(BytesMut::zeroed(60_000)).expect("there is room");
            }
        };
        timeout(Duration::from_mins(1), stuck).await.expect("it is full");
        one.close(Duration::ZERO).await;
        drop((of_other, other.close(Duration::ZERO).await));
        tasks.close();
        timeout(Duration::from_secs(20), tasks.wait()).await.expect("all tasks end");
        drop(of_one);
    }
}
