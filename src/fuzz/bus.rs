//! What comes over the bus from other servers, or from whoever can publish there.

use signaling_server::cluster::{Cluster, DEAD_AFTER, Incoming, Output, subject_of};
use signaling_server::protocol::{PeerId, Reply, RoomId, Token};
use signaling_server::rooms::{Arrival, Delivery, Heard, InstanceId, Limits, Rooms, SocketId};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// Lines: what happens here, in a word; or what is published, `r` of the room or `i` to this instance
/// or `a` to all before it, or any subject and a space.
pub(super) fn bus(data: &[u8]) {
    let mut server = Server::new();
    for line in data.split(|byte| *byte == b'\n').take(LINES_MAX) {
        match line {
            b"connect" => server.cluster.connect(&server.rooms, server.now),
            b"disconnect" => server.cluster.disconnect(),
            b"anew" => server.cluster.ask_anew(&server.rooms),
            b"nobody" => server.cluster.hear_nobody(&subject_of(&room())),
            b"in" => server.knock(),
            b"out" => server.lose(),
            b"leave" => server.leave(),
            b"+" => server.wait(Duration::from_secs(1)),
            [b'r', body @ ..] => server.hear(&subject_of(&room()), body),
            [b'i', body @ ..] => server.hear(&format!("peersnap.1.to.{:016x}.{ROOM}", OWN.0), body),
            [b'a', body @ ..] => server.hear("peersnap.1.alive", body),
            line => {
                let text = String::from_utf8_lossy(line);
                let (subject, body) = text.split_once(' ').unwrap_or((&text, ""));
                server.hear(subject, body.as_bytes());
            }
        }
        server.settle();
    }
    server.ends();
}

/// One of several servers, with peers in one room.
struct Server {
    rooms: Rooms,
    cluster: Cluster,
    now: Instant,
    /// Those that are in, and whom each believes to be there.
    here: BTreeMap<SocketId, BTreeSet<PeerId>>,
    /// How many wait until it is known who has the room.
    knocking: usize,
    sockets_so_far: u64,
    is_subscribed: bool,
}

impl Server {
    fn new() -> Self {
        Self {
            rooms: Rooms::of_several(Limits { rooms_max: 2, grace: GRACE }),
            cluster: Cluster::new(OWN),
            now: Instant::now(),
            here: BTreeMap::new(),
            knocking: 0,
            sockets_so_far: 0,
            is_subscribed: false,
        }
    }

    fn knock(&mut self) {
        self.rooms.knock(&room()).expect("there is one room");
        self.knocking += 1;
        if self.cluster.look(&room(), self.now) {
            self.enter();
        }
    }

    fn enter(&mut self) {
        self.sockets_so_far += 1;
        self.knocking -= 1;
        let socket = SocketId(self.sockets_so_far);
        let admission = self.rooms.join(Arrival {
            socket,
            room: room(),
            token: None,
            fresh_id: PeerId(self.sockets_so_far % 4),
            fresh_token: Token(format!("{:032x}", self.sockets_so_far)),
            ice_servers: Vec::new(),
        });
        self.rooms.unknock(&room());
        if let Ok(admission) = admission {
            assert_eq!(admission.superseded, None, "it is new");
            self.here.insert(socket, BTreeSet::new());
            self.deliver(admission.deliveries);
        }
    }

    fn lose(&mut self) {
        let Some((socket, _)) = self.here.pop_first() else { return };
        let deliveries = self.rooms.disconnect(socket, self.now);
        self.deliver(deliveries);
    }

    fn leave(&mut self) {
        let Some((socket, _)) = self.here.pop_last() else { return };
        let deliveries = self.rooms.leave(socket);
        self.deliver(deliveries);
    }

    fn wait(&mut self, long: Duration) {
        self.now += long;
        let deliveries = self.rooms.handle_timeout(self.now);
        self.deliver(deliveries);
        let heard = self.cluster.handle_timeout(&mut self.rooms, self.now);
        self.take(heard);
        assert!(self.cluster.poll_timeout().is_none_or(|at| at > self.now));
    }

    fn hear(&mut self, subject: &str, body: &[u8]) {
        match self.cluster.hear(&mut self.rooms, subject, body, self.now) {
            Incoming::News(heard) => self.take(heard),
            Incoming::Text(socket, _) | Incoming::Frame(socket, _) => {
                assert!(self.here.contains_key(&socket), "it is for nobody");
            }
            Incoming::Nothing => {}
        }
    }

    fn take(&mut self, heard: Heard) {
        self.deliver(heard.deliveries);
        for socket in heard.superseded {
            assert!(self.here.remove(&socket).is_some(), "a void socket was one that is in");
        }
    }

    /// Whatever the others say, nobody is told that somebody has come who was there, nor of one who goes
    /// that was not.
    fn deliver(&mut self, deliveries: Vec<Delivery>) {
        for Delivery { to, reply } in deliveries {
            let believed = self.here.get_mut(&to).expect("it is for one that is in");
            match reply {
                Reply::Welcome { id, peers, .. } => {
                    // They may be too many: several servers let in more at one moment.
                    assert!(!peers.contains(&id));
                    believed.extend(peers);
                }
                Reply::Joined { peer, .. } => assert!(believed.insert(peer), "{peer:?} was there"),
                Reply::Away { peer } | Reply::Left { peer } => _ = believed.remove(&peer),
                other => panic!("{other:?} is no word of a room"),
            }
        }
    }

    /// What others are to hear is sent, and those are let in of whose room it is known.
    fn settle(&mut self) {
        self.cluster.tell(self.rooms.take_changes());
        while self.cluster.poll_found().is_some() {
            while self.knocking > 0 {
                self.enter();
            }
        }
        self.cluster.tell(self.rooms.take_changes());
        while let Some(output) = self.cluster.poll_output(&self.rooms) {
            match output {
                Output::Subscribe(_) => self.is_subscribed = true,
                Output::Unsubscribe(_) => self.is_subscribed = false,
                Output::SubscribeOnly(rooms) => self.is_subscribed = !rooms.is_empty(),
                Output::Publish { subject, .. } => assert!(subject.starts_with("peersnap.1.")),
            }
        }
        assert!(!self.cluster.has_output());
    }

    /// Everyone goes, the others fall silent, and nothing is left.
    fn ends(mut self) {
        self.wait(DEAD_AFTER);
        self.settle();
        while !self.here.is_empty() {
            self.leave();
        }
        self.wait(GRACE);
        self.settle();
        assert_eq!(self.knocking, 0, "who waits is let in in time");
        while !self.here.is_empty() {
            self.leave();
        }
        self.settle();
        assert!(self.rooms.is_empty(), "{:?}", self.rooms);
        assert!(self.cluster.is_empty(), "{:?}", self.cluster);
        assert!(!self.is_subscribed || !self.cluster.is_connected());
    }
}

fn room() -> RoomId {
    RoomId::try_from(ROOM.to_owned()).expect("a room id")
}

const ROOM: &str = "room";
const OWN: InstanceId = InstanceId(0x1234_5678_9abc_def0);
const GRACE: Duration = Duration::from_mins(1);
const LINES_MAX: usize = 200;
