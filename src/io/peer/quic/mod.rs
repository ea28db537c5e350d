//! Chunks over QUIC, beside a WebRTC connection and on its way.
//!
//! Over SCTP a line that loses a packet in a hundred carries a fortieth of what it could, and a fast
//! line costs much of a processor. So two programs of this kind, who can reach each other directly,
//! send chunks as QUIC (RFC 9000) on the sockets that ICE has found a way between ([`demux`]), as much
//! at once as the line is measured to carry ([`congestion`]). Everything else is said over WebRTC, by
//! which either knows the other's end ([`credentials`]); and chunks go there as well with whoever
//! speaks no QUIC, such as a browser, and through a relay.
//!
//! Each side opens a QUIC connection of its own for what it sends, with one stream, on which each
//! chunk, as [`crate::transfer::message`] has it, follows its length (4 bytes, big-endian).

mod congestion;
mod credentials;
pub mod demux;
mod socket;

pub use credentials::Credentials;

use super::traffic::Traffic;
use crate::io::outward::source_towards;
use crate::path::{Counts, Packets};
use crate::transfer::Fingerprint;
use crate::transfer::message::CHUNK_BYTES_MAX;
use bytes::{Bytes, BytesMut};
use congestion::Window;
use demux::Path;
use quinn::rustls::Error as RustlsError;
use quinn::{
    ClientConfig, ConfigError, Connection, ConnectionError, Endpoint, EndpointConfig,
    MtuDiscoveryConfig, ReadError, ReadExactError, RecvStream, SendStream, ServerConfig,
    TokioRuntime, TransportConfig, TransportErrorCode, VarInt, WriteError,
};
use quinn_proto::RandomConnectionIdGenerator;
use socket::Socket;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use thiserror::Error;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// This side's end.
#[derive(Debug, Clone)]
pub struct Quic {
    endpoint: Endpoint,
    remote: SocketAddr,
    /// The longest packet that is sent, in bytes.
    packet: u16,
    traffic: Arc<Traffic>,
    /// The one for what is sent, once there is one.
    sending: Arc<OnceLock<Connection>>,
}

/// Where chunks go out.
#[derive(Debug)]
pub struct Outlet {
    connection: Connection,
    stream: SendStream,
    window: Window,
}

/// Why there is no QUIC.
#[derive(Debug, Error)]
pub enum Error {
    /// The socket cannot be used.
    #[error("the socket: {0}")]
    Socket(#[from] std::io::Error),
    /// The certificates cannot.
    #[error("certificates: {0}")]
    Credentials(#[from] RustlsError),
    /// Its settings do not fit.
    #[error("settings: {0}")]
    Settings(#[from] ConfigError),
    /// Its parameters do not fit.
    #[error("connecting: {0}")]
    Connect(#[from] quinn::ConnectError),
    /// The connection did not come about, or ended.
    #[error("the connection: {0}")]
    Connection(#[from] ConnectionError),
    /// What came is not what was agreed upon.
    #[error("what came: {0}")]
    Read(#[from] ReadExactError),
    /// A message is too long.
    #[error("a chunk is too long")]
    TooLong,
    /// Nobody takes what comes any more.
    #[error("nobody takes what comes")]
    Unheard,
}

impl Quic {
    /// On this path, to the end of that fingerprint.
    pub fn new(path: Path, own: &Credentials, theirs: Fingerprint) -> Result<Self, Error> {
        let remote = path.remote;
        let packet = packet_max(remote.ip());
        let mut server = ServerConfig::with_crypto(Arc::new(own.server(theirs)?));
        server.transport_config(transport(Window::default(), packet)).migration(false);
        server.max_incoming(INCOMING_MAX);
        let mut settings = EndpointConfig::default();
        settings.max_udp_payload_size(packet)?;
        settings.cid_generator(|| Box::new(RandomConnectionIdGenerator::new(ID_BYTES)));
        // A first byte that QUIC may choose would not be told from others.
        settings.grease_quic_bit(false);
        let traffic = Arc::<Traffic>::default();
        let endpoint = Endpoint::new_with_abstract_socket(
            settings,
            Some(server),
            Arc::new(Socket::new(path, packet, traffic.clone())?),
            Arc::new(TokioRuntime),
        )?;
        Ok(Self { endpoint, remote, packet, traffic, sending: Arc::default() })
    }

    /// Opens the way out.
    pub async fn connect(&self, own: &Credentials, theirs: Fingerprint) -> Result<Outlet, Error> {
        let window = Window::default();
        let mut client = ClientConfig::new(Arc::new(own.client(theirs)?));
        client.transport_config(transport(window.clone(), self.packet));
        let connecting = self.endpoint.connect_with(client, self.remote, credentials::NAME)?;
        let connection = connecting.await?;
        let connection = self.sending.get_or_init(|| connection).clone();
        let stream = connection.open_uni().await?;
        Ok(Outlet { connection, stream, window })
    }

    /// Hands on the chunks that come in, until that ends.
    pub async fn receive(&self, chunks: &mpsc::Sender<Bytes>) -> Result<(), Error> {
        while let Some(incoming) = self.endpoint.accept().await {
            if incoming.remote_address() != self.remote {
                incoming.ignore();
                continue;
            }
            // Anybody may send a packet as if from there, of which nothing comes.
            match timeout(HANDSHAKE_MAX, incoming.into_future()).await {
                Ok(Ok(connection)) => {
                    let stream = connection.accept_uni().await?;
                    return read_chunks(stream, chunks).await;
                }
                Ok(Err(error)) => tracing::debug!(%error, "QUIC that did not come about"),
                Err(_) => tracing::debug!("QUIC that did not come about in time"),
            }
        }
        Ok(())
    }

    /// What was counted of it: the bytes of both ways, and the packets of the way out.
    pub fn counts(&self) -> Counts {
        let outgoing = self.sending.get().map(|connection| {
            let path = connection.stats().path;
            Packets { sent: path.sent_packets, lost: path.lost_packets }
        });
        let (sent, received) = (self.traffic.sent(), self.traffic.received());
        Counts { sent, received, outgoing, incoming: None }
    }

    /// Ends all of it.
    pub fn close(&self) {
        self.endpoint.close(VarInt::from_u32(0), b"");
    }
}

async fn read_chunks(mut stream: RecvStream, chunks: &mpsc::Sender<Bytes>) -> Result<(), Error> {
    loop {
        let mut length = [0; 4];
        stream.read_exact(&mut length).await?;
        let length = u32::from_be_bytes(length) as usize;
        if length > CHUNK_BYTES_MAX {
            return Err(Error::TooLong);
        }
        let mut chunk = BytesMut::with_capacity(length);
        while chunk.len() < length {
            let more = stream.read_chunk(length - chunk.len(), true).await;
            let more = more
                .map_err(ReadExactError::ReadError)?
                .ok_or(ReadExactError::FinishedEarly(chunk.len()))?;
            chunk.extend_from_slice(&more.bytes);
        }
        chunks.send(chunk.freeze()).await.map_err(|_| Error::Unheard)?;
    }
}

impl Outlet {
    /// How many bytes the next chunk may have: several fit into what may be under way, so that others
    /// have their turn between them.
    pub fn piece(&self) -> usize {
        (self.window.bytes() / 3).clamp(PIECE_MIN, CHUNK_BYTES_MAX)
    }

    /// Sends a chunk, once there is room for it.
    pub async fn send(&mut self, chunk: BytesMut) -> Result<(), WriteError> {
        // What is not on its way yet waits here, and would hold up what comes next.
        let most = self.window.bytes() + self.piece();
        self.connection.set_send_window(most as u64);
        let length = u32::try_from(chunk.len()).unwrap_or(u32::MAX).to_be_bytes();
        let mut message = [Bytes::copy_from_slice(&length), chunk.freeze()];
        self.stream.write_all_chunks(&mut message).await
    }

    /// The connection, to see it end.
    pub fn connection(&self) -> Connection {
        self.connection.clone()
    }
}

impl Error {
    /// Whether the connection was ended by one of its ends, as it ends in any case.
    pub fn is_in_order(&self) -> bool {
        let error = match self {
            Self::Connection(error)
            | Self::Read(ReadExactError::ReadError(ReadError::ConnectionLost(error))) => error,
            Self::Unheard | Self::Read(ReadExactError::FinishedEarly(0)) => return true,
            _ => return false,
        };
        match error {
            ConnectionError::ApplicationClosed(_) | ConnectionError::LocallyClosed => true,
            // As it is said before the handshake is over (RFC 9000, section 10.2.3).
            ConnectionError::ConnectionClosed(closed) => {
                closed.error_code == TransportErrorCode::APPLICATION_ERROR
            }
            _ => false,
        }
    }
}

/// How many bytes the longest packet to there has.
fn packet_max(remote: IpAddr) -> u16 {
    match remote {
        _ if is_this_machine(remote) => PACKET_HERE,
        IpAddr::V4(_) => PACKET_V4,
        IpAddr::V6(_) => PACKET_V6,
    }
}

/// Whether an address is one of this machine's: what goes there comes from there.
fn is_this_machine(remote: IpAddr) -> bool {
    remote.is_loopback() || source_towards((remote, DISCARD).into()) == Some(remote)
}

fn transport(window: Window, packet: u16) -> Arc<TransportConfig> {
    let mut discovery = MtuDiscoveryConfig::default();
    discovery.upper_bound(packet);
    let mut transport = TransportConfig::default();
    transport
        // The connection beside it tells when the other end is gone; idle, nothing is sent.
        .max_idle_timeout(None)
        .keep_alive_interval(None)
        .max_concurrent_bidi_streams(VarInt::from_u32(0))
        .max_concurrent_uni_streams(VarInt::from_u32(1))
        .datagram_receive_buffer_size(None)
        .stream_receive_window(VarInt::from_u32(RECEIVE_WINDOW_BYTES))
        .receive_window(VarInt::from_u32(RECEIVE_WINDOW_BYTES))
        .initial_rtt(INITIAL_ROUND_TRIP)
        .initial_mtu(if packet == PACKET_HERE { packet } else { PACKET_FIRST })
        .mtu_discovery_config(Some(discovery))
        .congestion_controller_factory(Arc::new(window));
    Arc::new(transport)
}

/// How long the other end may take for its handshake.
const HANDSHAKE_MAX: Duration = Duration::from_secs(5);
/// More than one handshake of the other end's is none of its.
const INCOMING_MAX: usize = 4;
const PIECE_MIN: usize = 4 * 1024;
/// What Ethernet carries behind the headers of IP and UDP, in bytes; and before it is known that the
/// way carries that (RFC 9000, 14).
const PACKET_V4: u16 = 1472;
const PACKET_V6: u16 = 1452;
const PACKET_FIRST: u16 = 1200;
/// Within a machine, where a packet costs more than its bytes do. No longer, as quinn writes the
/// lengths in a handshake's packets in 14 bits.
const PACKET_HERE: u16 = 16_000;
/// There are two connections to be told apart.
const ID_BYTES: usize = 4;
/// Any port would do; this one takes all and says nothing (RFC 863).
const DISCARD: u16 = 9;
/// What waits to be taken; as much as a session has under way.
const RECEIVE_WINDOW_BYTES: u32 = 8 * 1024 * 1024;
/// Before it is measured: a first packet that comes before the other end is there goes out again soon.
const INITIAL_ROUND_TRIP: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::demux::Demux;
    use super::*;
    use std::future::poll_fn;
    use std::io::IoSliceMut;
    use std::net::{Ipv4Addr, UdpSocket};
    use std::sync::Mutex;
    use tokio::task::JoinSet;
    use webrtc::runtime::{AsyncUdpSocket, RecvMeta, Runtime, TokioRuntime as WebRtcRuntime};

    /// One side's socket, and what came on it that is not QUIC.
    struct Side {
        demux: Arc<Demux>,
        socket: UdpSocket,
        heard: Arc<Mutex<Vec<u8>>>,
    }

    impl Side {
        /// Reads its socket as the driver of a WebRTC connection does.
        fn new(tasks: &mut JoinSet<()>) -> Self {
            let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
            let [inner, clone] = [(); 2].map(|()| socket.try_clone().expect("a socket"));
            let inner = WebRtcRuntime.wrap_udp_socket(inner).expect("a socket");
            let (demux, heard) = (Arc::new(Demux::default()), Arc::new(Mutex::new(Vec::new())));
            let (shared, listener) = (demux.add(clone, inner), heard.clone());
            tasks.spawn(async move {
                let mut buffer = vec![0; 64 * 1500];
                loop {
                    let len = receive(&*shared, &mut buffer).await;
                    listener.lock().expect("no test fails").extend_from_slice(&buffer[..len]);
                }
            });
            Self { demux, socket, heard }
        }

        fn say(&self, bytes: &[u8], to: &Self) {
            let to = to.socket.local_addr().expect("bound");
            self.socket.send_to(bytes, to).expect("loopback");
        }
    }

    async fn receive(socket: &dyn AsyncUdpSocket, buffer: &mut [u8]) -> usize {
        let mut meta = [RecvMeta::default()];
        let poll = |cx: &mut std::task::Context<'_>| {
            socket.poll_recv(cx, &mut [IoSliceMut::new(buffer)], &mut meta)
        };
        poll_fn(poll).await.expect("it is read");
        meta[0].len
    }

    async fn until(mut is_so: impl FnMut() -> bool) {
        let so = async {
            while !is_so() {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        timeout(Duration::from_secs(20), so).await.expect("in time");
    }

    /// Two sides that have heard DTLS of each other, and their certificates.
    async fn two(tasks: &mut JoinSet<()>) -> [(Side, Path, Credentials); 2] {
        let [one, other] = [Side::new(tasks), Side::new(tasks)];
        one.say(&[22], &other);
        other.say(&[22], &one);
        let heard = |side: &Side| !side.heard.lock().expect("no test fails").is_empty();
        until(|| heard(&one) && heard(&other)).await;
        [one, other].map(|side| {
            let path = side.demux.divert().expect("it is known where the other end is");
            (side, path, Credentials::new().expect("a certificate"))
        })
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn chunks_come_in_order_on_sockets_that_carry_other_things_too() {
        let mut tasks = JoinSet::new();
        let [(one, from, ours), (other, to, theirs)] = two(&mut tasks).await;
        let sending = Quic::new(from, &ours, theirs.fingerprint()).expect("an end");
        let receiving = Quic::new(to, &theirs, ours.fingerprint()).expect("an end");
        let (chunks, mut came) = mpsc::channel(4);
        let receiver = receiving.clone();
        let ended = tokio::spawn(async move { receiver.receive(&chunks).await });
        let mut outlet = sending.connect(&ours, theirs.fingerprint()).await.expect("a connection");
        let sender = tokio::spawn(async move {
            for number in 0..300_u32 {
                let chunk = BytesMut::from(&vec![number as u8; 60_000 - number as usize][..]);
                outlet.send(chunk).await.expect("it is taken");
            }
            outlet
        });
        for number in 0..300_u32 {
            one.say(&[1, number as u8], &other);
            let chunk = came.recv().await.expect("a chunk");
            assert_eq!(chunk.len(), 60_000 - number as usize);
            assert!(chunk.iter().all(|byte| *byte == number as u8), "{number}");
        }
        // Where much comes at once, some of it may be lost.
        let heard = || other.heard.lock().expect("no test fails").clone();
        let before = heard().len();
        until(|| {
            one.say(&[1, 0], &other);
            heard().len() > before
        })
        .await;
        assert!(heard()[1..].chunks(2).all(|datagram| datagram[0] == 1), "nothing of QUIC");
        let outlet = sender.await.expect("it ended");
        sending.close();
        drop(outlet);
        let error = ended.await.expect("it ended").expect_err("it was closed");
        assert!(error.is_in_order(), "{error}");
    }

    #[test]
    fn one_that_is_closed_before_it_has_opened_ended_in_order() {
        let close = |error_code| {
            let (frame_type, reason) = (None, Bytes::new());
            let close = quinn::ConnectionClose { error_code, frame_type, reason };
            Error::from(ConnectionError::ConnectionClosed(close))
        };
        assert!(close(TransportErrorCode::APPLICATION_ERROR).is_in_order());
        assert!(!close(TransportErrorCode::INTERNAL_ERROR).is_in_order());
        assert!(!Error::from(ConnectionError::TimedOut).is_in_order());
    }

    #[test]
    fn this_machine_is_told_from_others() {
        let here: [IpAddr; 2] = [Ipv4Addr::LOCALHOST.into(), [127, 9, 9, 9].into()];
        // An address for documentation is nobody's (RFC 5737).
        let others: [IpAddr; 2] = [[192, 0, 2, 1].into(), Ipv4Addr::BROADCAST.into()];
        assert!(here.into_iter().all(is_this_machine));
        assert!(!others.into_iter().any(is_this_machine));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn nobody_else_is_connected_to() {
        let mut tasks = JoinSet::new();
        let [(_one, from, ours), (_other, to, theirs)] = two(&mut tasks).await;
        let stranger = Credentials::new().expect("a certificate");
        let sending = Quic::new(from, &stranger, theirs.fingerprint()).expect("an end");
        let receiving = Quic::new(to, &theirs, ours.fingerprint()).expect("an end");
        let (chunks, mut came) = mpsc::channel(4);
        let receiver = receiving.clone();
        tasks.spawn(async move {
            let _ = receiver.receive(&chunks).await;
        });
        let wrong = sending.connect(&ours, ours.fingerprint()).await;
        assert!(wrong.is_err(), "the other end shows another certificate");
        // To who connects, all seems well until the other end has looked at its certificate.
        if let Ok(mut outlet) = sending.connect(&stranger, theirs.fingerprint()).await {
            let _ = outlet.send(BytesMut::from(&[0; 100][..])).await;
            let error = Error::from(outlet.connection().closed().await);
            assert!(!error.is_in_order(), "{error}");
        }
        assert!(came.try_recv().is_err(), "nothing is taken of a stranger");
    }
}
