//! A server on a free port, and peers that talk to it. Every wait has a deadline.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use signaling_server::protocol::{IceServer, PATH, PeerId, Reply, RoomId, Token};
use signaling_server::server::{Config, Listeners, ServeError, serve};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};
use tokio_util::sync::CancellationToken;

/// The longest that anything in a story may take.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// The limits that all hold to, except that nobody waits long for a peer that does not answer.
pub fn config() -> Config {
    Config { close_timeout: Duration::from_millis(500), ..Config::default() }
}

pub struct Server {
    pub address: SocketAddr,
    /// Where those look who run it.
    pub monitoring: SocketAddr,
    shutdown: CancellationToken,
    task: JoinHandle<Result<(), ServeError>>,
}

impl Server {
    pub async fn start(config: Config) -> Self {
        let listen = async || TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let (here, monitoring) = (listen().await, listen().await);
        let of = |it: &TcpListener| it.local_addr().expect("an address");
        let (address, place) = (of(&here), of(&monitoring));
        let shutdown = CancellationToken::new();
        let listeners = Listeners { monitoring: Some(monitoring), ..here.into() };
        let task = tokio::spawn(serve(listeners, config, shutdown.clone()));
        Self { address, monitoring: place, shutdown, task }
    }

    /// Tells the server to stop, and goes on.
    pub fn stop(&self) {
        self.shutdown.cancel();
    }

    /// Waits until the server has stopped.
    pub async fn stopped(self) {
        self.stop();
        let ended = in_time("the server stops", self.task).await;
        ended.expect("no panic").expect("no error");
    }
}

pub struct Peer {
    pub socket: WebSocketStream<TcpStream>,
    pub id: PeerId,
    pub token: Token,
    /// Who was there when it joined.
    pub others: Vec<PeerId>,
    pub ice_servers: Vec<IceServer>,
}

impl Peer {
    /// Joins a room as somebody new.
    pub async fn join(server: &Server, room: &str) -> Self {
        Self::welcomed(connect(server.address).await, &join(room, None)).await
    }

    /// Comes back to a room with a token.
    pub async fn come_back(server: &Server, room: &str, token: &Token) -> Self {
        Self::welcomed(connect(server.address).await, &join(room, Some(token))).await
    }

    pub async fn welcomed(mut socket: WebSocketStream<TcpStream>, first: &str) -> Self {
        say(&mut socket, first).await;
        match hear(&mut socket).await {
            Heard::Reply(Reply::Welcome { id, peers, token, ice_servers, .. }) => {
                Self { socket, id, token, others: peers, ice_servers }
            }
            other => panic!("no welcome: {other:?}"),
        }
    }

    pub async fn say(&mut self, text: &str) {
        say(&mut self.socket, text).await;
    }

    pub async fn signal(&mut self, to: PeerId, payload: &str) {
        self.say(&signal(to, payload)).await;
    }

    /// The next reply.
    pub async fn hear(&mut self) -> Reply {
        match hear(&mut self.socket).await {
            Heard::Reply(reply) => reply,
            other => panic!("no reply: {other:?}"),
        }
    }

    /// The next reply, as text.
    pub async fn hear_text(&mut self) -> String {
        serde_json::to_string(&self.hear().await).expect("a reply")
    }

    /// The close code, after whatever else comes first.
    pub async fn close_code(&mut self) -> Option<u16> {
        close_code(&mut self.socket).await
    }
}

#[derive(Debug)]
pub enum Heard {
    Reply(Reply),
    /// With its code, if it has one.
    Close(Option<u16>),
    /// The connection ended without a close frame.
    Lost,
}

pub async fn connect(address: SocketAddr) -> WebSocketStream<TcpStream> {
    let stream = TcpStream::connect(address).await.expect("a connection");
    let url = format!("ws://{address}{PATH}");
    let upgraded = in_time("the upgrade", client_async(url, stream)).await;
    upgraded.expect("a websocket").0
}

pub async fn say(socket: &mut WebSocketStream<TcpStream>, text: &str) {
    let sent = socket.send(Message::text(text));
    in_time("sending", sent).await.expect("it is sent");
}

/// The next reply or the end; pings and pongs are passed over.
pub async fn hear(socket: &mut WebSocketStream<TcpStream>) -> Heard {
    loop {
        match in_time("hearing", socket.next()).await {
            Some(Ok(Message::Text(text))) => {
                let reply = serde_json::from_str(&text);
                return Heard::Reply(reply.unwrap_or_else(|error| panic!("{error}: {text}")));
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Close(frame))) => {
                // A flush sends our half of the close.
                let _ = in_time("closing", socket.flush()).await;
                return Heard::Close(frame.map(|frame| frame.code.into()));
            }
            Some(Ok(other)) => panic!("{other:?}"),
            Some(Err(Error::Io(_) | Error::Protocol(_))) | None => return Heard::Lost,
            Some(Err(error)) => panic!("{error}"),
        }
    }
}

pub async fn close_code(socket: &mut WebSocketStream<TcpStream>) -> Option<u16> {
    loop {
        match hear(socket).await {
            Heard::Reply(_) => {}
            Heard::Close(code) => return code,
            Heard::Lost => panic!("the connection ended without a close code"),
        }
    }
}

pub async fn in_time<T>(what: &str, future: impl Future<Output = T>) -> T {
    let Ok(value) = timeout(DEADLINE, future).await else {
        panic!("took too long: {what}");
    };
    value
}

pub fn join(room: &str, token: Option<&Token>) -> String {
    let request = signaling_server::protocol::Request::Join {
        version: signaling_server::protocol::VERSION,
        room: RoomId::try_from(room.to_owned()).expect("a room id"),
        token: token.cloned(),
    };
    serde_json::to_string(&request).expect("a request")
}

pub fn signal(to: PeerId, payload: &str) -> String {
    format!(r#"{{"type":"signal","to":{},"payload":{payload}}}"#, to.0)
}
