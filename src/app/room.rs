//! The room: which it is, whether it is reached, and who is here.
//!
//! Whoever the server says is here is a peer; one that has not yet proven to know the words is no
//! more than a count, whatever it or the server sends.

use super::ConnectionId;
use super::peer::Peer;
use crate::link::{Destination, Place, RoomLink, ServerUrl, Way};
use crate::path::Hop;
use crate::seal::RoomWords;
use signaling_server::protocol::{IceServer, PeerId, ROOM_PEERS_MAX, Refusal};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// A stay in a room, as the app numbers them; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EntryId(pub u64);

/// What is known of the room.
#[derive(Debug, Default)]
pub struct Room {
    /// Whether it is reached.
    pub phase: RoomPhase,
    pub(super) entry: Option<EntryId>,
    words: Option<RoomWords>,
    /// Where others find it; of one on the network, once that is known.
    pub(super) server: Option<ServerUrl>,
    /// Where else others may find it.
    others: Vec<ServerUrl>,
    pub(super) patience: Patience,
    pub(super) peers: BTreeMap<PeerId, Peer>,
    pub(super) ice_servers: Vec<IceServer>,
    pub(super) local: Option<PeerId>,
}

/// Whether the signaling server is reached, and lets this peer in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum RoomPhase {
    /// No room was named yet.
    #[default]
    Outside,
    /// Being looked for on the network.
    Searching,
    /// Being reached for the first time.
    Joining,
    /// In.
    Joined,
    /// Not reached; it is tried again after a while. Connections that stand go on.
    Lost {
        /// Why, as a sentence.
        why: String,
    },
    /// Not let in.
    Refused(Refusal),
}

/// How long a room that should have someone in it may seem empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Patience {
    /// It is new, or someone was met.
    #[default]
    Endless,
    /// So long.
    Until(Instant),
    /// It is over.
    Over,
}

impl Patience {
    /// Until a moment after this.
    pub(super) fn from(now: Instant) -> Self {
        Self::Until(now + PATIENCE)
    }

    fn deadline(self) -> Option<Instant> {
        match self {
            Self::Until(deadline) => Some(deadline),
            Self::Endless | Self::Over => None,
        }
    }
}

impl Room {
    /// The room that is being entered.
    pub(super) fn entered(entry: EntryId, destination: &Destination, now: Instant) -> Self {
        let (phase, server, others) = match &destination.place {
            Place::Server(server) => (RoomPhase::Joining, Some(server.clone()), Vec::new()),
            Place::Here { server, others } => {
                (RoomPhase::Joining, Some(server.clone()), others.clone())
            }
            Place::Network => (RoomPhase::Searching, None, Vec::new()),
        };
        let patience = match destination.way {
            Way::Open => Patience::Endless,
            Way::Join => Patience::from(now),
        };
        let (entry, words) = (Some(entry), Some(destination.words.clone()));
        Self { phase, entry, words, server, others, patience, ..Self::default() }
    }

    /// Whether someone should be here, and nobody was met in the time it takes.
    pub(super) fn seems_empty(&self) -> bool {
        self.patience == Patience::Over && self.peers.is_empty()
    }

    /// Its words, unless there is no room.
    pub fn words(&self) -> Option<&RoomWords> {
        self.words.as_ref()
    }

    /// How others join, once it is known where it is.
    pub fn link(&self) -> Option<RoomLink> {
        Some(RoomLink { server: self.server.clone()?, words: self.words.clone()? })
    }

    /// All ways to join, the likeliest first: a server that is carried here may be reached at several
    /// addresses, and which of them others can use is theirs to find out.
    pub fn links(&self) -> Vec<RoomLink> {
        let servers = self.server.iter().chain(&self.others);
        let link = |server: &ServerUrl| {
            Some(RoomLink { server: server.clone(), words: self.words.clone()? })
        };
        servers.filter_map(link).collect()
    }

    /// The server, as it stands between this peer and one who is reached through it.
    pub(super) fn server_hop(&self) -> Option<Hop> {
        Hop::server(self.server.as_ref()?.authority())
    }

    /// Everyone else who is here and knows the words.
    pub fn peers(&self) -> impl DoubleEndedIterator<Item = &Peer> {
        self.peers.values().filter(|peer| peer.remote.is_some())
    }

    /// How many the server says are here who have not proven that they know the words.
    pub fn at_the_door(&self) -> usize {
        self.peers.values().filter(|peer| peer.remote.is_none()).count()
    }

    /// Those whom a photo goes to.
    pub fn receivers(&self) -> impl Iterator<Item = &Peer> {
        self.peers().filter(|peer| peer.is_open() && !peer.is_doubted())
    }

    /// The peer at the end of a connection.
    pub fn by_connection(&self, connection: ConnectionId) -> Option<&Peer> {
        self.peers.values().find(|peer| peer.connection == connection)
    }

    pub(super) fn by_connection_mut(
        &mut self,
        connection: ConnectionId,
    ) -> Option<(PeerId, &mut Peer)> {
        let (id, peer) = self.peers.iter_mut().find(|(_, it)| it.connection == connection)?;
        Some((*id, peer))
    }

    /// When patience is over, see [`Room::handle_timeout`], or somebody is gone.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.peers.values().filter_map(Peer::gone_at).chain(self.patience.deadline()).min()
    }

    /// Whether patience is over by now.
    pub(super) fn handle_timeout(&mut self, now: Instant) -> bool {
        let over = self.patience.deadline().is_some_and(|deadline| deadline <= now);
        if over {
            self.patience = Patience::Over;
        }
        over
    }

    /// How the room is, in a sentence.
    pub fn sentence(&self) -> String {
        let doubtful = self.patience == Patience::Over;
        match &self.phase {
            RoomPhase::Outside => "no room yet: j joins one".to_owned(),
            RoomPhase::Searching if doubtful => format!("{NO_SUCH_ROOM}; still looking for it"),
            RoomPhase::Searching => "looking for the room on this network".to_owned(),
            RoomPhase::Joining => "reaching the room".to_owned(),
            RoomPhase::Refused(refusal) => refused(*refusal),
            RoomPhase::Lost { why } => format!("{why}; trying again, transfers go on"),
            RoomPhase::Joined if doubtful && self.peers.is_empty() => {
                format!("{NO_SUCH_ROOM}; still waiting for someone")
            }
            RoomPhase::Joined if doubtful => format!("{NO_SUCH_ROOM}, or the server is not honest"),
            RoomPhase::Joined if self.peers.is_empty() => {
                format!("{WAITING}: i shows the link to share")
            }
            RoomPhase::Joined => self.count(),
        }
    }

    /// The same for who has no keys to press.
    pub(super) fn told(&self) -> String {
        match &self.phase {
            RoomPhase::Outside => "no room yet".to_owned(),
            RoomPhase::Joined if self.peers.is_empty() && !self.seems_empty() => WAITING.to_owned(),
            _ => self.sentence(),
        }
    }

    /// Who is here, in numbers.
    fn count(&self) -> String {
        let open = self.peers().filter(|peer| peer.is_open()).count();
        let (known, door) = (self.peers().count(), self.at_the_door());
        let mut said = Vec::new();
        if open > 0 {
            said.push(format!("{} in the room", open + 1));
        }
        if known > open {
            said.push(match open {
                0 => "connecting".to_owned(),
                _ => format!("{} connecting", known - open),
            });
        }
        if door > 0 {
            said.push(format!("{door} at the door"));
        }
        said.join(", ")
    }
}

/// Why a peer is not let in, in a sentence.
pub(super) fn refused(refusal: Refusal) -> String {
    match refusal {
        Refusal::RoomFull => {
            format!("the room is full: it holds {ROOM_PEERS_MAX}; open another one")
        }
        Refusal::ServerFull => {
            "the server has no room left: try later, or another server".to_owned()
        }
        Refusal::Version => {
            "the server speaks another version: update whichever is older".to_owned()
        }
        Refusal::Malformed => "the server did not understand: is it a peersnap server?".to_owned(),
    }
}

/// Whoever was heard of a room from is in it, and says hello within a moment.
const PATIENCE: Duration = Duration::from_secs(5);
const WAITING: &str = "waiting for someone";
const NO_SUCH_ROOM: &str = "no such room, or a word is wrong";
