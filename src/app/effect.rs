//! What the app asks the world to do. Each answers, if at all, with an [`Event`](super::Event).

use super::event::PictureSize;
use super::files::{Look, LookId};
use super::{ConnectionId, EntryId, ItemId, Record, Trust};
use crate::link::Destination;
use crate::negotiation::Role;
use crate::picture::Metadata;
use crate::seal::Remote;
use crate::text::FileName;
use crate::transfer::{Direction, Proposal, Reason, TransferId};
use bytes::Bytes;
use signaling_server::protocol::{IceServer, Payload, PeerId};
use std::path::{Path, PathBuf};

/// One thing to do.
#[derive(Debug)]
pub enum Effect {
    /// Make the newest frame a photo.
    Snap,
    /// Switch to the next camera.
    SwitchCamera,
    /// Decode a photo.
    Decode {
        /// Of which item.
        item: ItemId,
        /// How large.
        size: PictureSize,
        /// Its bytes.
        content: Content,
    },
    /// Put a photo into the save folder.
    Keep {
        /// Which item.
        item: ItemId,
        /// What it is to be called; a number is added if the name is taken.
        name: FileName,
        /// The photo.
        bytes: Bytes,
    },
    /// Leave the room, if there is one, and enter this one.
    Enter {
        /// What the app calls the stay there.
        entry: EntryId,
        /// Which room, and where.
        destination: Destination,
    },
    /// Look a peer up among those met before, and remember it.
    Meet {
        /// At the end of which connection.
        connection: ConnectionId,
        /// Who it is.
        remote: Remote,
    },
    /// Remember that a person trusts a peer, or does not any more.
    Trust {
        /// At the end of which connection.
        connection: ConnectionId,
        /// Who it is.
        remote: Remote,
        /// Which of both.
        trust: Trust,
    },
    /// Begin a task for a remote peer, which makes a connection.
    Connect {
        /// Which peer.
        peer: PeerId,
        /// What the app calls the connection.
        connection: ConnectionId,
        /// What the server calls this peer.
        local: PeerId,
        /// Who offers.
        role: Role,
        /// What the connection may use.
        ice_servers: Vec<IceServer>,
    },
    /// See whether the server still answers, and come back to it if not.
    CheckServer,
    /// See whether what leaves this machine still does as before, since its network has changed: the
    /// signaling socket and all connections.
    CheckNetwork,
    /// The server carries signals again: what was said to this remote peer before may be lost. Make
    /// another connection to it, if none stands.
    Reconnect(ConnectionId),
    /// This remote peer is back at the server, and connects by itself: what was said to it before may be
    /// lost.
    Returned(ConnectionId),
    /// End the task of a remote peer.
    Disconnect(ConnectionId),
    /// Hand a signal that came in to the task of its peer.
    Deliver {
        /// Whose.
        connection: ConnectionId,
        /// The signal.
        payload: Payload,
    },
    /// Hand a signal of a peer's task to the signaling server.
    Relay {
        /// For whom.
        to: PeerId,
        /// The signal.
        payload: Payload,
    },
    /// Offer an item to a remote peer.
    Propose {
        /// To whom.
        connection: ConnectionId,
        /// Which item.
        item: ItemId,
        /// What it is.
        proposal: Proposal,
        /// Its bytes.
        content: Content,
    },
    /// Take a file that a remote peer offers.
    Accept {
        /// From whom.
        connection: ConnectionId,
        /// Which.
        transfer: TransferId,
    },
    /// Do not take a file, or no longer.
    Decline {
        /// From whom.
        connection: ConnectionId,
        /// Which.
        transfer: TransferId,
        /// Why.
        reason: Reason,
    },
    /// Stop sending a file.
    Cancel {
        /// To whom.
        connection: ConnectionId,
        /// Which.
        transfer: TransferId,
    },
    /// Let a transfer rest, whichever way it goes, until it is to go on.
    Pause {
        /// With whom.
        connection: ConnectionId,
        /// Which way.
        direction: Direction,
        /// Which.
        transfer: TransferId,
    },
    /// Let a transfer that rests go on.
    Continue {
        /// With whom.
        connection: ConnectionId,
        /// Which way.
        direction: Direction,
        /// Which.
        transfer: TransferId,
    },
    /// Look at files of this machine.
    Look {
        /// Under which number.
        look: LookId,
        /// At what.
        at: Look,
    },
    /// Make ready to be sent what lies at these paths, one after the other.
    Pack(Vec<PathBuf>),
    /// Remember this beyond the end of the program, in place of what was remembered of it.
    Remember(Record),
    /// Leave the room and end the program.
    Quit,
}

/// Where the bytes of an item are.
#[derive(Debug, Clone)]
pub enum Content {
    /// In memory.
    Bytes(Bytes),
    /// In a file.
    File(PathBuf),
    /// In the files of a folder, of whose pictures it is said what goes with them.
    Folder(PathBuf, Metadata),
}

impl Content {
    /// What lies there that is, or was, proposed like this. Of a folder that is sent again, pictures go
    /// without what they tell: who wants that otherwise says so each time.
    pub fn at(path: PathBuf, proposal: &Proposal) -> Self {
        match proposal.files {
            Some(_) => Self::Folder(path, Metadata::Cleaned),
            None => Self::File(path),
        }
    }

    /// Where it lies, if it is not in memory alone.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Bytes(_) => None,
            Self::File(path) | Self::Folder(path, _) => Some(path),
        }
    }
}
