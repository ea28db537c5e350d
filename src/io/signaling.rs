//! The socket to the signaling server: comes back by itself, with its token, until it is ended.

mod call;
mod ends;
mod pinned;

pub use call::{Answer, Unanswered, call};

use crate::app::EntryId;
use crate::app::event::{Event, SignalingEvent};
use crate::io::frames::Frames;
use crate::link::ServerUrl;
use crate::negotiation::Role;
use crate::text::kind;
use ends::{Ends, Fitness};
use futures_util::stream::SplitSink;
use futures_util::{SinkExt, StreamExt};
use signaling_server::protocol::{
    Frame, IceServer, MESSAGE_BYTES_MAX, Payload, PeerId, Reply, Request, RoomId, Token, VERSION,
};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::{sleep, sleep_until, timeout};
use tokio_tungstenite::tungstenite::handshake::client::Response;
use tokio_tungstenite::tungstenite::http::StatusCode;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_tls_with_config};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The app's end of the signaling socket.
#[derive(Debug)]
pub struct Signaling {
    outbox: mpsc::Sender<(PeerId, Payload)>,
    doubts: mpsc::Sender<()>,
    changes: Arc<Notify>,
    /// What carries frames to peers of the room, and from them.
    pub frames: Frames,
}

/// What a stay in a room is made of.
#[derive(Debug)]
pub struct Setup {
    /// What the app calls it.
    pub entry: EntryId,
    /// Which room, and where, as soon as that is known.
    pub whereabouts: watch::Receiver<Option<Whereabouts>>,
    /// Told when the server was lost: it may have to be looked for.
    pub lost: mpsc::Sender<()>,
    /// Where events go.
    pub events: mpsc::Sender<Event>,
    /// Ends the task, which says `leave` first.
    pub cancel: CancellationToken,
}

/// A room, and where its server is.
#[derive(Debug, Clone)]
pub struct Whereabouts {
    /// As the server knows it.
    pub room: RoomId,
    /// Where its server may be, to be tried in this order.
    pub servers: Vec<ServerUrl>,
}

impl Signaling {
    /// Begins the task.
    pub fn spawn(setup: Setup, tasks: &TaskTracker) -> Self {
        let (outbox, relays) = mpsc::channel(OUTBOX_MAX);
        // One doubt is as good as many.
        let (doubts, doubted) = mpsc::channel(1);
        let changes = Arc::new(Notify::new());
        let (frames, outgoing) = Frames::new();
        let going = Going { relays, frames: outgoing, ping: false };
        let (seen, carried) = (changes.clone(), frames.clone());
        let task = Task { setup, going, doubted, changes: seen, frames: carried, token: None };
        tasks.spawn(task.run());
        Self { outbox, doubts, changes, frames }
    }

    /// Sees whether the server still answers, and comes back to it if not: what it carries would
    /// otherwise be waited for as long as TCP hopes, which after a long cut is a minute.
    pub fn check(&self) {
        // One that waits to be seen to says enough.
        let _ = self.doubts.try_send(());
    }

    /// The network has changed: comes back to the server at once where it was lost, or cannot hear this
    /// side any more, and otherwise sees whether it answers, within a moment.
    pub fn check_network(&self) {
        self.changes.notify_one();
    }

    /// Sends a signal to a peer of the room. While the server is lost, signals are of no use: the
    /// peers negotiate anew when it is back.
    pub fn relay(&self, to: PeerId, payload: Payload) {
        if let Err(error) = self.outbox.try_send((to, payload)) {
            tracing::warn!(%error, "a signal is dropped");
        }
    }
}

struct Task {
    setup: Setup,
    going: Going,
    doubted: mpsc::Receiver<()>,
    changes: Arc<Notify>,
    frames: Frames,
    token: Option<Token>,
}

/// What goes out.
struct Going {
    relays: mpsc::Receiver<(PeerId, Payload)>,
    frames: mpsc::Receiver<(PeerId, Vec<u8>)>,
    /// The server is to be asked whether it is there.
    ping: bool,
}

/// How a socket ended.
enum Ended {
    /// Come back after a while, or after this long.
    Lost(String, Option<Duration>),
    /// Not let in, or ended by the app: do not come back.
    Over,
}

/// No server answered: why, and when to come back, if one said that.
struct Unconnected {
    why: String,
    wait: Option<Duration>,
}

impl Unconnected {
    fn of(why: &str) -> Self {
        Self { why: why.to_owned(), wait: None }
    }
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

impl Task {
    async fn run(mut self) {
        let cancel = self.setup.cancel.clone();
        let mut pause = RETRY_FIRST;
        loop {
            let Some(whereabouts) = self.whereabouts().await else { return };
            let begun = tokio::time::Instant::now();
            let connected = tokio::select! {
                connected = self.connect_any(&whereabouts) => connected,
                // What was sent before is sent again later and later.
                () = self.changes.notified() => continue,
            };
            let (why, wait) = match connected {
                Ok(socket) => match self.converse(socket, &whereabouts.room).await {
                    Ended::Over => return,
                    Ended::Lost(why, wait) => (why, wait),
                },
                Err(Unconnected { why, wait }) => (why, wait),
            };
            if begun.elapsed() > RETRY_MAX {
                pause = RETRY_FIRST;
            }
            self.frames.end();
            tracing::info!(%why, "signaling lost");
            self.tell(SignalingEvent::Lost { why }).await;
            // One that waits to be heard says enough.
            let _ = self.setup.lost.try_send(());
            tokio::select! {
                () = cancel.cancelled() => return,
                () = sleep(wait.unwrap_or(pause)) => pause = (pause * 2).min(RETRY_MAX),
                // As long as a server has said is waited on any network.
                () = self.changes.notified(), if wait.is_none() => pause = RETRY_FIRST,
            }
            self.going.drop_all();
        }
    }

    /// Waits until it is known where to go; `None` if that is over.
    async fn whereabouts(&mut self) -> Option<Whereabouts> {
        let whereabouts = &mut self.setup.whereabouts;
        tokio::select! {
            () = self.setup.cancel.cancelled() => None,
            known = whereabouts.wait_for(Option::is_some) => known.ok()?.clone(),
        }
    }

    /// The first address that answers, or why the last one does not.
    async fn connect_any(
        &self,
        Whereabouts { room, servers }: &Whereabouts,
    ) -> Result<Socket, Unconnected> {
        let mut last = Unconnected::of("the server has no address");
        let limit = match (servers.len(), &self.token) {
            (0 | 1, None) => CONNECT_TIMEOUT,
            (0 | 1, Some(_)) => CONNECT_AGAIN_TIMEOUT,
            _ => CONNECT_ANY_TIMEOUT,
        };
        for server in servers {
            match self.connect(server, room, limit).await {
                Ok(socket) => return Ok(socket),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    async fn connect(
        &self,
        server: &ServerUrl,
        room: &RoomId,
        limit: Duration,
    ) -> Result<Socket, Unconnected> {
        let connect = open(server, room);
        let connected = tokio::select! {
            () = self.setup.cancel.cancelled() => return Err(Unconnected::of("ended")),
            connected = timeout(limit, connect) => connected,
        };
        match connected {
            Ok(Ok((socket, _))) => Ok(socket),
            Ok(Err(error)) => Err(Unconnected { why: sentence(&error), wait: retry_after(&error) }),
            Err(_) => Err(Unconnected::of(NO_ANSWER)),
        }
    }

    /// Joins, then goes between the server and the app until the socket ends.
    async fn converse(&mut self, mut socket: Socket, room: &RoomId) -> Ended {
        let (room, token) = (room.clone(), self.token.clone());
        if let Err(error) = say(&mut socket, &Request::Join { version: VERSION, room, token }).await
        {
            return Ended::Lost(sentence(&error), None);
        }
        let mut patience = SILENCE_TIMEOUT;
        let mut ends = Ends::of(&socket);
        // By when an answer is to come that says that the server is still there.
        let mut answers_by = None;
        // It is read while a write waits: the server reads nothing from who does not.
        let (mut sink, mut stream) = socket.split();
        loop {
            let message = tokio::select! {
                () = self.setup.cancel.cancelled() => {
                    self.leave(sink.reunite(stream).expect("both are of this socket")).await;
                    return Ended::Over;
                }
                going = self.going.next(&mut sink) => match going {
                    Ok(()) => continue,
                    Err(error) => return Ended::Lost(sentence(&error), None),
                },
                Some(()) = self.doubted.recv(), if patience == SILENCE_TIMEOUT => {
                    // What is asked when nothing goes out is asked again and again, later and later.
                    if !ends.footing.is_gone() {
                        patience = ANSWER_TIMEOUT;
                        self.going.ping = true;
                    }
                    continue;
                }
                () = self.changes.notified() => {
                    match ends.look() {
                        Fitness::Gone => {}
                        Fitness::Doubtful => {
                            answers_by = Some(Instant::now() + ANSWER_ANEW_TIMEOUT);
                            self.going.ping = true;
                        }
                        Fitness::Lost => return Ended::Lost(ANOTHER_NETWORK.to_owned(), AT_ONCE),
                    }
                    continue;
                }
                () = until(answers_by), if answers_by.is_some() => {
                    return Ended::Lost(ANOTHER_NETWORK.to_owned(), AT_ONCE);
                }
                message = timeout(patience, stream.next()) => message,
            };
            patience = SILENCE_TIMEOUT;
            let text = match message {
                Ok(Some(Ok(Message::Text(text)))) => text,
                Ok(Some(Ok(Message::Binary(frame)))) => {
                    self.frames.hear(&frame);
                    continue;
                }
                Ok(Some(Ok(Message::Close(_))) | None) => {
                    return Ended::Lost("the server closed the connection".to_owned(), None);
                }
                Ok(Some(Ok(Message::Pong(_)))) => {
                    if answers_by.take().is_some() {
                        self.tell(SignalingEvent::StillThere).await;
                    }
                    continue;
                }
                Ok(Some(Ok(_))) => continue,
                Ok(Some(Err(error))) => return Ended::Lost(sentence(&error), None),
                Err(_) => return Ended::Lost("the server fell silent".to_owned(), None),
            };
            match serde_json::from_str(&text) {
                Ok(reply) => {
                    if let Some(ended) = self.handle(reply).await {
                        return ended;
                    }
                }
                // A newer server may say more than this side knows.
                Err(error) => {
                    // Its words may be the server's own.
                    let (kind, at) = (error.classify(), error.column());
                    tracing::trace!(?kind, at, "a reply that cannot be read");
                }
            }
        }
    }

    async fn handle(&mut self, reply: Reply) -> Option<Ended> {
        let event = match reply {
            Reply::Welcome { id, peers, ice_servers, token, frames, .. } => {
                tracing::info!(peers = peers.len(), frames, "in the room");
                self.frames.begin(frames);
                let ice_servers = few(ice_servers);
                self.token = Some(token);
                SignalingEvent::Welcome { id, peers, ice_servers }
            }
            Reply::Joined { peer, offer } => {
                let role = if offer { Role::Offerer } else { Role::Answerer };
                SignalingEvent::Joined(peer, role)
            }
            Reply::Away { peer } => {
                self.frames.lose(peer);
                SignalingEvent::Away(peer)
            }
            Reply::Left { peer } => {
                self.frames.lose(peer);
                SignalingEvent::Left(peer)
            }
            Reply::Signal { from, payload } => SignalingEvent::Signal { from, payload },
            Reply::Refused { reason } => {
                self.tell(SignalingEvent::Refused(reason)).await;
                return Some(Ended::Over);
            }
            Reply::Bye { retry_after_ms } => {
                let wait = Duration::from_millis(retry_after_ms.min(RETRY_AFTER_MS_MAX));
                return Some(Ended::Lost("the server is going down".to_owned(), Some(wait)));
            }
        };
        self.tell(event).await;
        None
    }

    async fn leave(&self, mut socket: Socket) {
        let goodbye = async {
            say(&mut socket, &Request::Leave).await?;
            socket.close(None).await?;
            // The server's own close says that it has heard: until then it must not go away.
            while let Some(Ok(_)) = socket.next().await {}
            Ok(())
        };
        match timeout(LEAVE_TIMEOUT, goodbye).await {
            Ok(Ok::<(), Error>(())) => {}
            Ok(Err(error)) => tracing::debug!(error = kind(&error), "leaving"),
            Err(_) => tracing::debug!("leaving took too long"),
        }
    }

    async fn tell(&self, event: SignalingEvent) {
        let event = Event::Signaling { entry: self.setup.entry, event };
        if self.setup.events.send(event).await.is_err() {
            self.setup.cancel.cancel();
        }
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}

impl Going {
    /// Takes the next message there is, once what was taken before is out; signals first.
    async fn next(&mut self, sink: &mut SplitSink<Socket, Message>) -> Result<(), Error> {
        sink.flush().await?;
        if std::mem::take(&mut self.ping) {
            return sink.feed(Message::Ping(Vec::new().into())).await;
        }
        let message = tokio::select! {
            biased;
            Some((to, payload)) = self.relays.recv() => text_of(&Request::Signal { to, payload }),
            Some((peer, data)) = self.frames.recv() => {
                Message::binary(Frame { peer, data: &data }.encode())
            }
            else => std::future::pending().await,
        };
        // All before it is out: it has room, and nothing that was taken is lost here.
        sink.feed(message).await
    }

    /// Lets go of what is of no use any more.
    fn drop_all(&mut self) {
        while self.relays.try_recv().is_ok() {}
        while self.frames.try_recv().is_ok() {}
        self.ping = false;
    }
}

/// Opens the websocket of a server; one that is known by its key has no other certificate.
async fn open(server: &ServerUrl, room: &RoomId) -> Result<(Socket, Response), Error> {
    let connector = server.pin().map(pinned::connector).transpose().map_err(|error| {
        // The library has no TLS of its own for what is asked of it.
        Error::Io(std::io::Error::other(error))
    })?;
    connect_async_tls_with_config(server.websocket(room), Some(limits()), true, connector).await
}

fn limits() -> WebSocketConfig {
    WebSocketConfig::default()
        .max_message_size(Some(REPLY_BYTES_MAX))
        .max_frame_size(Some(REPLY_BYTES_MAX))
        .read_buffer_size(READ_BUFFER_BYTES)
}

/// As many of them as are used.
fn few(mut ice_servers: Vec<IceServer>) -> Vec<IceServer> {
    ice_servers.truncate(ICE_SERVERS_MAX);
    for server in &mut ice_servers {
        server.urls.truncate(ICE_URLS_MAX);
    }
    ice_servers
}

async fn say(socket: &mut Socket, request: &Request) -> Result<(), Error> {
    socket.send(text_of(request)).await
}

fn text_of(request: &Request) -> Message {
    Message::text(serde_json::to_string(request).expect("requests are plain JSON"))
}

/// What a person can make of a failure; the chain goes to the log.
fn sentence(error: &Error) -> String {
    // An answer's headers and body are the server's own words: they are not logged.
    match error {
        Error::Http(response) => tracing::debug!(status = %response.status(), "signaling socket"),
        Error::Io(error) => tracing::debug!(%error, "signaling socket"),
        other => tracing::debug!(error = kind(other), "signaling socket"),
    }
    match error {
        Error::Io(error) if pinned::is_another(error) => {
            "the server's certificate is not the one in the link".to_owned()
        }
        Error::Io(error) if pinned::is_of_tls(error) => {
            "the server's certificate is not good".to_owned()
        }
        Error::Io(error) => match error.kind() {
            std::io::ErrorKind::ConnectionRefused => "no server answers there".to_owned(),
            // It was there, and is not any more: the system's words for it would fill the row.
            std::io::ErrorKind::ConnectionReset
            | std::io::ErrorKind::ConnectionAborted
            | std::io::ErrorKind::BrokenPipe
            | std::io::ErrorKind::UnexpectedEof => "lost the server".to_owned(),
            _ => format!("the server is not reached ({error})"),
        },
        Error::Http(response) if response.status() == 404 => {
            "that address is no peersnap server".to_owned()
        }
        Error::Http(response) if response.status().is_redirection() => {
            "the server is reached over https: take its whole link, as it is".to_owned()
        }
        Error::Http(response) if is_crowded(response.status()) => {
            "the server lets no more in from this network for now".to_owned()
        }
        Error::Http(response) => format!("the server says {}", response.status()),
        Error::Tls(_) => "the server's certificate is not good".to_owned(),
        Error::Capacity(_) => "the server says more than it may".to_owned(),
        _ => "lost the server".to_owned(),
    }
}

/// Too many come from one address (RFC 6585, section 4).
fn is_crowded(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS
}

/// How long a server asks to wait (RFC 9110, section 10.2.3), within bounds.
fn retry_after(error: &Error) -> Option<Duration> {
    let Error::Http(response) = error else { return None };
    let seconds = response.headers().get("retry-after")?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds).clamp(RETRY_FIRST, Duration::from_millis(RETRY_AFTER_MS_MAX)))
}

const NO_ANSWER: &str = "the server does not answer";
/// A newer server may say more than this side knows; refused before memory is taken for it.
const REPLY_BYTES_MAX: usize = 2 * MESSAGE_BYTES_MAX;
/// Each is asked by every connection: more would make this peer a nuisance to others.
const ICE_SERVERS_MAX: usize = 4;
const ICE_URLS_MAX: usize = 4;
/// A few negotiations' signals.
const OUTBOX_MAX: usize = 256;
const READ_BUFFER_BYTES: usize = 4 * 1024;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Where there was an answer before: TCP asks for a connection less and less often.
const CONNECT_AGAIN_TIMEOUT: Duration = Duration::from_secs(4);
/// Where another address may be the right one.
const CONNECT_ANY_TIMEOUT: Duration = Duration::from_secs(2);
/// The server pings every 25 s.
const SILENCE_TIMEOUT: Duration = Duration::from_mins(1);
const LEAVE_TIMEOUT: Duration = Duration::from_millis(300);
/// How long a server that is doubted may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(3);
/// The same where the network has changed, as it may not hear this side any more.
const ANSWER_ANEW_TIMEOUT: Duration = Duration::from_secs(1);
const ANOTHER_NETWORK: &str = "the network here has changed";
const AT_ONCE: Option<Duration> = Some(Duration::ZERO);
const RETRY_FIRST: Duration = Duration::from_millis(500);
const RETRY_MAX: Duration = Duration::from_secs(4);
const RETRY_AFTER_MS_MAX: u64 = 30_000;

#[cfg(test)]
mod tests {
    use super::*;
    use tokio_tungstenite::tungstenite::http;

    fn refused(status: u16, retry_after: Option<&str>) -> Error {
        let mut answer = http::Response::builder().status(status);
        if let Some(value) = retry_after {
            answer = answer.header("Retry-After", value);
        }
        Error::Http(answer.body(None).expect("an answer").into())
    }

    #[test]
    fn who_comes_from_a_crowded_network_is_told_and_waits_as_long_as_the_server_says() {
        let crowded = refused(429, Some("7"));
        assert_eq!(sentence(&crowded), "the server lets no more in from this network for now");
        assert_eq!(retry_after(&crowded), Some(Duration::from_secs(7)));
        assert_eq!(retry_after(&refused(503, Some("0"))), Some(RETRY_FIRST));
        let longest = Some(Duration::from_millis(RETRY_AFTER_MS_MAX));
        assert_eq!(retry_after(&refused(503, Some("86400"))), longest);
        for nothing in [None, Some("Thu, 26 Nov 2026 10:00:00 GMT"), Some("-1")] {
            assert_eq!(retry_after(&refused(429, nothing)), None);
        }
    }
}
