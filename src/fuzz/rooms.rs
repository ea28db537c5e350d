//! The server's rooms, by what peers say to it; and what a server says to a peer.

use crate::negotiation::{Negotiation, Signal};
use signaling_server::protocol::{
    MESSAGE_BYTES_MAX, PeerId, ROOM_PEERS_MAX, Reply, Request, Token, VERSION,
};
use signaling_server::rooms::{
    Arrival, Delivery, Limits, PEER_ID_MAX, Rooms, Route, SocketId, Way,
};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// Lines: a socket's digit, then what it says; `+` that time passes, or what cannot be read, so
/// that the socket is lost.
pub(super) fn requests(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut server = Server::new();
    for line in text.lines() {
        let Some((socket, said)) = line.split_at_checked(1) else { continue };
        let Ok(socket) = socket.parse() else { continue };
        server.hear(socket, said);
    }
    server.empty();
}

/// What a server says to a peer; a payload, as if it had been sealed and had opened.
pub(super) fn replies(data: &[u8]) {
    let Ok(reply) = serde_json::from_slice::<Reply>(data) else { return };
    let written = serde_json::to_string(&reply).expect("a reply can be written");
    let again: Reply = serde_json::from_str(&written).expect("it is read as it was written");
    assert_eq!(serde_json::to_string(&again).expect("a reply can be written"), written);
    // A payload is carried as it came, so what is written is no longer but for other spellings of
    // names and numbers.
    assert!(written.len() <= data.len() * 6 + 256, "{} of {}", written.len(), data.len());
    if let Reply::Signal { payload, .. } = again
        && let Ok(signal) = serde_json::from_str::<Signal>(payload.get())
    {
        let written = serde_json::to_string(&signal).expect("a signal can be written");
        assert_eq!(serde_json::from_str::<Signal>(&written).expect("and read"), signal);
        let mut answerer = Negotiation::answer();
        let mut offerer = Negotiation::offer(signal.attempt, PeerId(1), PeerId(2));
        for side in [&mut answerer, &mut offerer] {
            side.handle(signal.clone());
            side.handle(signal.clone());
        }
    }
}

/// Rooms, and the sockets that peers stand on: a digit is another socket each time it connects.
struct Server {
    rooms: Rooms,
    now: Instant,
    sockets: BTreeMap<u8, SocketId>,
    /// Those that are in a room.
    here: BTreeSet<SocketId>,
    sockets_so_far: u64,
    joins_so_far: u64,
}

impl Server {
    fn new() -> Self {
        let limits = Limits { rooms_max: 3, grace: GRACE };
        Self {
            rooms: Rooms::new(limits),
            now: Instant::now(),
            sockets: BTreeMap::new(),
            here: BTreeSet::new(),
            sockets_so_far: 0,
            joins_so_far: 0,
        }
    }

    fn hear(&mut self, digit: u8, said: &str) {
        let fresh = SocketId(self.sockets_so_far);
        let socket = *self.sockets.entry(digit).or_insert(fresh);
        self.sockets_so_far += u64::from(socket == fresh);
        if said == "+" {
            self.now += GRACE * 2 / 3;
            let deliveries = self.rooms.handle_timeout(self.now);
            self.deliver(deliveries);
            assert!(self.rooms.poll_timeout().is_none_or(|at| at > self.now));
            return;
        }
        let request = Some(said).filter(|said| said.len() <= MESSAGE_BYTES_MAX);
        match request.and_then(|said| serde_json::from_str(said).ok()) {
            Some(request) => self.answer(socket, request, said),
            None => self.lose(socket),
        }
    }

    fn answer(&mut self, socket: SocketId, request: Request, said: &str) {
        let written = serde_json::to_string(&request).expect("a request can be written");
        let again: Request = serde_json::from_str(&written).expect("it is read as it was written");
        assert_eq!(serde_json::to_string(&again).expect("a request can be written"), written);
        match request {
            Request::Join { version, room, token } => {
                if version != VERSION {
                    return;
                }
                self.joins_so_far += 1;
                let arrival = Arrival {
                    socket,
                    room,
                    token,
                    fresh_id: PeerId(self.joins_so_far % 5 * (PEER_ID_MAX / 4)),
                    fresh_token: Token(format!("{:032x}", self.joins_so_far)),
                    ice_servers: Vec::new(),
                };
                if let Ok(admission) = self.rooms.join(arrival) {
                    self.here.insert(socket);
                    if let Some(void) = admission.superseded {
                        assert!(self.here.remove(&void), "a void socket was one that is in");
                        self.sockets.retain(|_, socket| *socket != void);
                    }
                    self.deliver(admission.deliveries);
                }
            }
            Request::Signal { to, payload } => {
                assert!(payload.get().len() <= said.len());
                if let Some(Route { to, .. }) = self.rooms.route(socket, to) {
                    let Way::Here(to) = to else { panic!("there is no other instance") };
                    assert!(self.here.contains(&socket) && self.here.contains(&to));
                }
            }
            Request::Leave => {
                self.forget(socket);
                let deliveries = self.rooms.leave(socket);
                self.deliver(deliveries);
            }
        }
    }

    fn lose(&mut self, socket: SocketId) {
        self.forget(socket);
        let deliveries = self.rooms.disconnect(socket, self.now);
        self.deliver(deliveries);
    }

    fn forget(&mut self, socket: SocketId) {
        self.here.remove(&socket);
        self.sockets.retain(|_, it| *it != socket);
    }

    fn deliver(&self, deliveries: Vec<Delivery>) {
        assert!(deliveries.len() <= 2 * ROOM_PEERS_MAX * 16);
        for Delivery { to, reply } in deliveries {
            assert!(self.here.contains(&to), "{reply:?} is for nobody");
            if let Reply::Welcome { id, peers, .. } = reply {
                assert!(
                    id.0 <= PEER_ID_MAX && !peers.contains(&id) && peers.len() < ROOM_PEERS_MAX
                );
            }
        }
    }

    /// Everyone goes, and nothing is left.
    fn empty(mut self) {
        for socket in self.here.clone() {
            self.lose(socket);
        }
        self.rooms.handle_timeout(self.now + GRACE);
        assert!(self.rooms.is_empty(), "{:?}", self.rooms);
    }
}

const GRACE: Duration = Duration::from_mins(1);
