//! A signaling server that is not honest: it stands before an honest one, sees all that passes, and
//! passes on what its [`Rule`] makes of it.
//!
//! Each socket that a peer opens to it is a line, numbered in the order of their coming, with a
//! socket of its own to the honest server behind. What came on either is kept as it came
//! ([`Evil::seen`]), before the rule has seen it.

use super::passing::{Passing, Way};
use super::rules::{Rule, Signal, honest};
use super::server::Server;
use super::until;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use signaling_server::protocol::{PeerId, Reply, Token};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::{HeaderMap, HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::{Error, Message as Frame};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async, connect_async};

/// A server that does as it likes. Its lines are cut when it is dropped.
pub struct Evil {
    address: SocketAddr,
    shared: Arc<Shared>,
    _runtime: Runtime,
}

/// The line of a peer.
pub struct Line {
    /// Which peer the honest server says it is, once it has.
    pub peer: Option<PeerId>,
    up: mpsc::Sender<Frame>,
    down: mpsc::Sender<Frame>,
}

struct Shared {
    /// The honest server's websocket.
    upstream: String,
    state: Mutex<State>,
}

struct State {
    rule: Rule,
    lines: Vec<Line>,
    seen: Vec<Passing>,
    heads: Vec<String>,
}

impl Evil {
    /// Stands before this server. It is honest until it is given a rule.
    pub fn before(server: &Server) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)));
        let listener = listener.expect("a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let (lines, seen, heads) = (Vec::new(), Vec::new(), Vec::new());
        let state = Mutex::new(State { rule: honest(), lines, seen, heads });
        let shared = Arc::new(Shared { upstream: server.websocket(), state });
        let serving = shared.clone();
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, serving.clone()));
            }
        });
        Self { address, shared, _runtime: runtime }
    }

    /// Its address, as people are told it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on it does so.
    pub fn rule(&self, rule: Rule) {
        self.shared.lock().rule = rule;
    }

    /// Waits until this line is a peer's; which.
    pub fn peer(&self, line: usize) -> PeerId {
        until(&format!("a peer on line {line}"), || self.shared.lock().lines.get(line)?.peer)
    }

    /// The line on which a peer is now that came on this one.
    pub fn newest_line(&self, line: usize) -> usize {
        let state = self.shared.lock();
        let newest = state.lines.iter().rposition(|it| it.peer == state.lines[line].peer);
        newest.expect("that line at least")
    }

    /// Waits until the peer of a line has come back on another; which.
    pub fn line_after(&self, line: usize) -> usize {
        until("it comes back", || Some(self.newest_line(line)).filter(|newest| *newest > line))
    }

    /// Says this by itself, as soon as there is room for it.
    pub fn say(&self, passing: Passing) {
        let way = self.shared.lock().way_of(&passing);
        way.blocking_send(passing.frame).expect("a line that is open");
    }

    /// Says this by itself to the peer of a line.
    pub fn tell(&self, line: usize, reply: &Reply) {
        self.say(Passing::reply(line, reply));
    }

    /// All messages that came, in their order.
    pub fn seen(&self) -> Vec<Passing> {
        self.shared.lock().seen.clone()
    }

    /// What these two have said to each other so far, in the order in which it was to be heard.
    pub fn recorded(&self, from: usize, to: usize) -> Vec<Signal> {
        let state = self.shared.lock();
        let peer = |line: usize| state.lines[line].peer;
        let heard = state.seen.iter().filter_map(|passing| match passing.as_reply()? {
            Reply::Signal { from, payload } => {
                Some(Signal { from, to: peer(passing.line)?, payload })
            }
            _ => None,
        });
        let wanted = (peer(from), peer(to));
        heard.filter(|signal| (Some(signal.from), Some(signal.to)) == wanted).collect()
    }

    /// The token that somebody was given first.
    pub fn token(&self, line: usize) -> Token {
        let state = self.shared.lock();
        let mut given = state.seen.iter().filter(|passing| passing.line == line);
        given
            .find_map(|passing| match passing.as_reply()? {
                Reply::Welcome { token, .. } => Some(token),
                _ => None,
            })
            .expect("somebody who was let in")
    }

    /// Cuts a line, as a network does that breaks: its peer comes back on another.
    pub fn cut(&self, line: usize) {
        self.say(Passing { line, way: Way::Down, frame: Frame::Close(None) });
    }

    /// The HTTP requests and answers by which sockets were opened.
    pub fn heads(&self) -> Vec<String> {
        self.shared.lock().heads.clone()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What becomes of a message, and where each of its parts goes.
    fn pass(&self, passing: Passing) -> Vec<(mpsc::Sender<Frame>, Frame)> {
        let mut state = self.lock();
        state.seen.push(passing.clone());
        if let Some(Reply::Welcome { id, .. }) = passing.as_reply() {
            state.lines[passing.line].peer = Some(id);
        }
        let State { rule, lines, .. } = &mut *state;
        let passed = rule(lines, passing);
        passed.into_iter().map(|passing| (state.way_of(&passing), passing.frame)).collect()
    }
}

impl State {
    fn way_of(&self, passing: &Passing) -> mpsc::Sender<Frame> {
        let line = &self.lines[passing.line];
        match passing.way {
            Way::Up => line.up.clone(),
            Way::Down => line.down.clone(),
        }
    }
}

/// One line, from its beginning to its end. Where the honest server does not answer, nor does this.
async fn converse(stream: TcpStream, shared: Arc<Shared>) -> Result<(), Error> {
    stream.set_nodelay(true)?;
    let (upstream, answer) = connect_async(&shared.upstream).await?;
    let heads = shared.clone();
    #[expect(clippy::result_large_err, reason = "as the library wants it; it is never made")]
    let listen = move |asked: &Request, response: Response| -> Result<Response, ErrorResponse> {
        let mut state = heads.lock();
        state.heads.push(format!("{} {}\n{}", asked.method(), asked.uri(), head(asked.headers())));
        state.heads.push(head(answer.headers()));
        Ok(response)
    };
    let socket = accept_hdr_async(stream, listen).await?;
    let ((up, to_up), (down, to_down)) = (mpsc::channel(QUEUE), mpsc::channel(QUEUE));
    let line = {
        let mut state = shared.lock();
        state.lines.push(Line { peer: None, up, down });
        state.lines.len() - 1
    };
    let (out_down, in_up) = socket.split();
    let (out_up, in_down) = upstream.split();
    let reading = async {
        tokio::try_join!(
            read(in_up, &shared, line, Way::Up),
            read(in_down, &shared, line, Way::Down)
        )
    };
    tokio::select! {
        ended = reading => ended.map(|_| ()),
        () = write(to_up, out_up) => Ok(()),
        () = write(to_down, out_down) => Ok(()),
    }
}

/// Reads a side to its end. Readers wait for writers and never the other way about, so that rules
/// may say anything on any line.
async fn read<S>(
    mut from: SplitStream<WebSocketStream<S>>,
    shared: &Shared,
    line: usize,
    way: Way,
) -> Result<(), Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    while let Some(frame) = from.next().await.transpose()? {
        // Each side is kept awake by itself.
        if matches!(frame, Frame::Ping(_) | Frame::Pong(_)) {
            continue;
        }
        for (to, frame) in shared.pass(Passing { line, way, frame }) {
            // A line that is gone hears nothing any more.
            let _ = to.send(frame).await;
        }
    }
    Ok(())
}

async fn write<S>(mut inbox: mpsc::Receiver<Frame>, mut to: SplitSink<WebSocketStream<S>, Frame>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    while let Some(frame) = inbox.recv().await {
        // Why it is not taken, the reader of the same side finds out.
        let _ = to.send(frame).await;
    }
}

fn head(headers: &HeaderMap) -> String {
    let line = |(name, value): (&HeaderName, &HeaderValue)| {
        format!("{name}: {}", String::from_utf8_lossy(value.as_bytes()))
    };
    headers.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Few enough that who floods a line is held up until the peer takes it.
const QUEUE: usize = 64;
