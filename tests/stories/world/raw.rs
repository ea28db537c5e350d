//! A peer that keeps to no rules: it connects as any other, and then says whatever a story wants.
//!
//! It speaks to one peer alone, the first that is in the room when it comes; others who offer it
//! a connection get no answer.

use super::PATIENCE;
use super::forged::{NAME, Words};
use super::server::{Server, WORDS};
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures_util::{SinkExt, StreamExt};
use peersnap::negotiation::{Attempt, Body, Candidate, Signal};
use peersnap::seal::{Identity, Member, Opened, RoomKeys, Seal};
use peersnap::text::SafeText;
use peersnap::transfer::message::Message;
use peersnap::transfer::{Chunk, TransferId};
use sha2::{Digest, Sha256};
use signaling_server::protocol::{Reply, Request, RoomId, VERSION};
use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::time::Instant;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use webrtc::data_channel::{DataChannel, DataChannelEvent, RTCDataChannelInit};
use webrtc::peer_connection::{
    PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCConfigurationBuilder,
    RTCIceCandidateInit, RTCPeerConnectionIceEvent, RTCSessionDescription, SettingEngineBuilder,
};
use webrtc::runtime::TokioRuntime;
use zeroize::Zeroizing;

/// A socket of the signaling server, and nothing else.
pub type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A peer without rules.
pub struct RawPeer {
    runtime: Runtime,
    _connection: Arc<dyn PeerConnection>,
    control: Arc<dyn DataChannel>,
    bulk: Arc<dyn DataChannel>,
    heard: Receiver<Message>,
}

impl RawPeer {
    /// Connects to the peer that is in the room, and says a hello as this person: the name is not
    /// cleaned.
    pub fn join(name: &str, server: &Server) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let (tell, heard) = channel();
        let connecting = Box::pin(connect(server, name, tell));
        let connected = runtime.block_on(async { timeout(PATIENCE, connecting).await });
        let (connection, control, bulk) = connected.expect("a connection in time");
        let peer = Self { runtime, _connection: connection, control, bulk, heard };
        let limits = r#"{"chunk_bytes":64000,"window_bytes":65536,"transfers":16}"#;
        let hello = format!(r#"{{"type":"hello","version":1,"session":1,"limits":{limits}}}"#);
        peer.say(&hello);
        peer.hears("a hello", |message| matches!(message, Message::Hello { .. }).then_some(()));
        // The first may have come before the other side could hear it.
        peer.say(&hello);
        peer
    }

    /// Says this on the control channel, whatever it is.
    pub fn say(&self, text: &str) {
        self.runtime.block_on(self.control.send_text(text)).expect("an open channel");
    }

    /// Offers a picture of this size, under a name that nobody has cleaned.
    pub fn offer(&self, transfer: u32, name: &str, size: usize) {
        let name = serde_json::to_string(name).expect("text is JSON");
        self.say(&format!(
            r#"{{"type":"propose","transfer":{transfer},"name":{name},"media_type":"image/png","size":{size}}}"#
        ));
    }

    /// Hands a whole picture over, under a name that nobody has cleaned.
    pub fn hand_over(&self, transfer: u32, name: &str, picture: &[u8]) {
        self.offer(transfer, name, picture.len());
        let transfer = TransferId(transfer);
        self.hears("that it is taken", |message| {
            (*message == Message::Accept { transfer, offset: 0 }).then_some(())
        });
        self.send(&Chunk { transfer, offset: 0, data: Bytes::copy_from_slice(picture) });
        let digest = hex::encode(Sha256::digest(picture));
        self.say(&format!(r#"{{"type":"digest","transfer":{transfer},"digest":"{digest}"}}"#));
        self.hears("a receipt", |message| matches!(message, Message::Confirm { .. }).then_some(()));
    }

    /// Sends a chunk, whether it is wanted or not.
    pub fn send(&self, chunk: &Chunk) {
        self.pour(chunk.encode());
    }

    /// Sends bytes on the bulk channel, whatever they are.
    pub fn pour(&self, bytes: BytesMut) {
        self.runtime.block_on(self.bulk.send(bytes)).expect("an open channel");
    }

    /// Waits until the other side says such a thing.
    pub fn hears<T>(&self, what: &str, look: impl Fn(&Message) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        let mut heard = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(message) = self.heard.recv_timeout(left) else {
                panic!("the raw peer waits in vain for this: {what}; it heard {heard:#?}");
            };
            if let Some(found) = look(&message) {
                return found;
            }
            heard.push(message);
        }
    }
}

/// What the words of [`Server::link`] are worth.
fn keys() -> RoomKeys {
    RoomKeys::derive(&WORDS.parse().expect("six words of the list"))
}

/// Enters a room without any intention to talk to anyone there.
pub async fn enter(websocket: &str) -> (Socket, Reply) {
    let (mut socket, _) = connect_async(websocket).await.expect("a server that answers");
    let room = ROOM.get_or_init(|| keys().room).clone();
    let join = Request::Join { version: VERSION, room, token: None };
    say(&mut socket, &join).await;
    let welcome = hear(&mut socket).await.expect("an answer to joining");
    (socket, welcome)
}

/// Derived once: deriving is slow on purpose.
static ROOM: OnceLock<RoomId> = OnceLock::new();

/// Who a raw peer is.
const SECRET: [u8; 32] = [7; 32];

type Channels = (Arc<dyn PeerConnection>, Arc<dyn DataChannel>, Arc<dyn DataChannel>);

async fn connect(server: &Server, name: &str, tell: Sender<Message>) -> Channels {
    let (mut socket, welcome) = enter(&server.websocket()).await;
    let Reply::Welcome { id, peers, .. } = welcome else { panic!("not let in: {welcome:?}") };
    let to = *peers.first().expect("somebody is in the room");
    let identity = Identity::from_secret(&Zeroizing::new(SECRET));
    let member = Member { keys: keys(), identity, name: SafeText::new("Raw") };
    // One secret for everything is fine for one run against one peer.
    let mut seal = Seal::new(Arc::new(member), id, to, Zeroizing::new([8; 32]));

    let (found, mut candidates) = mpsc::channel(64);
    let settings = SettingEngineBuilder::new().with_include_loopback_candidate(true).build();
    let builder = PeerConnectionBuilder::new()
        .with_configuration(RTCConfigurationBuilder::new().build())
        .with_setting_engine(settings)
        .with_runtime(Arc::new(TokioRuntime))
        .with_handler(Arc::new(Handler { found }))
        .with_udp_addrs(vec![(Ipv4Addr::LOCALHOST, 0)]);
    let connection = Box::pin(builder.build()).await.expect("a connection can be made");
    let connection: Arc<dyn PeerConnection> = Arc::new(connection);
    let (opened, mut opens) = mpsc::channel(2);
    let control = open(&*connection, "control", 0).await;
    let bulk = open(&*connection, "bulk", 1).await;
    listen(control.clone(), opened.clone(), Some(tell));
    listen(bulk.clone(), opened, None);

    let attempt = Attempt(1);
    let offer = connection.create_offer(None).await.expect("an offer");
    let sdp = offer.sdp.clone();
    connection.set_local_description(offer).await.expect("an offer of our own");
    let mut waiting = VecDeque::from([Signal {
        attempt,
        body: Body::Offer { sdp, beside: false, tunnel: None },
    }]);
    let mut missing = 2;
    while missing > 0 {
        while let Some(hello) = seal.poll_hello() {
            let rename = |body: &mut Vec<u8>| body.splice(NAME, name.bytes()).for_each(drop);
            let payload = Words::of_the_room().forge((id, to), &hello, &SECRET, rename);
            say(&mut socket, &Request::Signal { to, payload }).await;
        }
        while let Some(signal) = waiting.front() {
            let text = serde_json::to_string(signal).expect("signals are plain JSON");
            // Until the other has said hello, it waits.
            let Ok(payload) = seal.seal(&text) else { break };
            say(&mut socket, &Request::Signal { to, payload }).await;
            waiting.pop_front();
        }
        tokio::select! {
            Some(()) = opens.recv() => missing -= 1,
            Some(candidate) = candidates.recv() => {
                waiting.push_back(Signal { attempt, body: Body::Candidate(candidate) });
            }
            reply = hear(&mut socket) => {
                if let Some(Reply::Signal { from, payload }) = reply
                    && from == to
                    && let Opened::Signal(text) = seal.open(&payload).expect("an honest server")
                {
                    let signal = serde_json::from_str(&text).expect("a signal");
                    take(&*connection, signal).await;
                }
            }
        }
    }
    // Stays in the room for as long as the runtime lives.
    tokio::spawn(async move { while hear(&mut socket).await.is_some() {} });
    (connection, control, bulk)
}

async fn open(connection: &dyn PeerConnection, label: &str, id: u16) -> Arc<dyn DataChannel> {
    let init = RTCDataChannelInit { negotiated: Some(id), ..RTCDataChannelInit::default() };
    connection.create_data_channel(label, Some(init)).await.expect("a channel")
}

/// Tells when a channel is open, and what comes over it.
fn listen(channel: Arc<dyn DataChannel>, opened: mpsc::Sender<()>, tell: Option<Sender<Message>>) {
    tokio::spawn(async move {
        while let Some(event) = channel.poll().await {
            match (event, &tell) {
                (DataChannelEvent::OnOpen, _) => {
                    let _ = opened.send(()).await;
                }
                (DataChannelEvent::OnMessage(message), Some(tell)) => {
                    let message = serde_json::from_slice(&message.data).expect("a message");
                    let _ = tell.send(message);
                }
                (DataChannelEvent::OnClose, _) => return,
                _ => {}
            }
        }
    });
}

async fn take(connection: &dyn PeerConnection, signal: Signal) {
    match signal.body {
        Body::Answer { sdp, .. } => {
            let answer = RTCSessionDescription::answer(sdp).expect("an answer");
            connection.set_remote_description(answer).await.expect("an answer that fits");
        }
        Body::Candidate(candidate) => {
            let candidate = RTCIceCandidateInit {
                candidate: candidate.candidate,
                sdp_mid: candidate.sdp_mid,
                sdp_mline_index: candidate.sdp_m_line_index,
                ..RTCIceCandidateInit::default()
            };
            // An address of another kind than ours is of no use, and no fault.
            let _ = connection.add_ice_candidate(candidate).await;
        }
        Body::Offer { .. } => {}
    }
}

async fn say(socket: &mut Socket, request: &Request) {
    let text = serde_json::to_string(request).expect("requests are plain JSON");
    socket.send(Frame::text(text)).await.expect("an open socket");
}

async fn hear(socket: &mut Socket) -> Option<Reply> {
    loop {
        match socket.next().await?.ok()? {
            Frame::Text(text) => return serde_json::from_str(&text).ok(),
            Frame::Close(_) => return None,
            _ => {}
        }
    }
}

struct Handler {
    found: mpsc::Sender<Candidate>,
}

#[async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_ice_candidate(&self, event: RTCPeerConnectionIceEvent) {
        let init = event.candidate.to_json().expect("a candidate that can be told");
        let candidate = Candidate {
            candidate: init.candidate,
            sdp_mid: init.sdp_mid,
            sdp_m_line_index: init.sdp_mline_index,
        };
        let _ = self.found.try_send(candidate);
    }
}
