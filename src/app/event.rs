//! What happens to the app: everything that comes in from outside, already parsed.

use super::camera::CameraStatus;
use super::files::{LookId, Seen};
use super::{ConnectionId, EntryId, ItemId, Order, Packed, Recalled, Seat, Toward};
use crate::line::Line;
use crate::link::{Destination, ServerUrl};
use crate::negotiation::Role;
use crate::obstacle::Obstacle;
use crate::path::{Figures, Hop, PathKind};
use crate::picture::{Photo, RgbImage};
use crate::seal::{Met, OpenError, PublicKey, Remote};
use crate::text::FileName;
use crate::transfer::{Device, Direction, End, Proposal, Side, TransferId, Violation};
use signaling_server::protocol::{IceServer, Payload, PeerId, Refusal};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// One thing that happened.
#[derive(Debug)]
pub enum Event {
    /// A person asks for something.
    Action(Action),
    /// The camera is in another state.
    Camera(CameraStatus),
    /// A newer preview, already at the size it is shown in.
    Preview(Arc<RgbImage>),
    /// The line to the terminal is faster or slower than it was.
    Line(Line),
    /// The frame that was asked for is a photo now, or there was none.
    Snapped(Result<Snap, String>),
    /// A photo's picture is decoded, small for the trail or large for the full screen.
    Decoded {
        /// Of which item.
        item: ItemId,
        /// How large.
        size: PictureSize,
        /// The picture, or a sentence on why there is none.
        picture: Result<Arc<RgbImage>, String>,
    },
    /// A photo that was sent, or that was held at the end, lies in the save folder.
    Kept {
        /// Which.
        item: ItemId,
        /// Where, or a sentence on why not.
        path: Result<PathBuf, String>,
    },
    /// What is remembered of earlier runs, newest first.
    Recalled(Vec<Recalled>),
    /// A program asks for something.
    Order(Order),
    /// A text was pasted. What is dropped on a terminal is pasted, too, as its path.
    Pasted(String),
    /// What lies at these paths is to be sent; they are written as a shell would have them.
    Paths(String),
    /// What was looked at is there to see.
    Looked {
        /// Under which number.
        look: LookId,
        /// What.
        seen: Seen,
    },
    /// A file or a folder can be sent, or a sentence on why not.
    Packed(Result<Packed, String>),
    /// A terminal was attached, or detached: the person sits here now.
    Seat(Seat),
    /// This room is to be entered, in place of the one that is.
    Enter(Destination),
    /// This machine's network is another than before.
    NetworkChanged,
    /// From the signaling server.
    Signaling {
        /// In which room.
        entry: EntryId,
        /// What.
        event: SignalingEvent,
    },
    /// A peer was looked up among those met before, or is trusted now, or not any more.
    Met {
        /// At the end of which connection.
        connection: ConnectionId,
        /// Whose looks they are: by now someone else may be there.
        key: PublicKey,
        /// How it looks.
        met: Met,
        /// Why it will not be remembered, if it will not, as a sentence.
        unkept: Option<String>,
    },
    /// From the task of a remote peer.
    Peer {
        /// Which of the app's connections.
        connection: ConnectionId,
        /// What.
        event: PeerEvent,
    },
    /// A deadline of [`App::poll_timeout`](super::App::poll_timeout) is over.
    Timeout,
}

/// What a person asks for, by key or mouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Takes a photo and holds it.
    Snap,
    /// Sends the held photo.
    Send,
    /// Both at once.
    SnapAndSend,
    /// Throws the held photo away, or leaves what is open.
    Back,
    /// Shows the chosen photo on the full screen, or leaves it.
    View,
    /// Looks at the photo on the screen more closely.
    Closer,
    /// Shows more of it again.
    Farther,
    /// Shows the part of it beside the one that is shown.
    Go(Toward),
    /// Chooses a newer photo of the trail, or what stands above in a list.
    Up,
    /// Chooses an older photo of the trail, or what stands below in a list.
    Down,
    /// Takes what is offered.
    Accept,
    /// Does not take what is offered.
    Decline,
    /// Stops the newest transfer that is under way, or the chosen one.
    Cancel,
    /// Shows what waits, is under way and is done.
    Transfers,
    /// Has the chosen transfer rest.
    Rest,
    /// Has the chosen transfer go on.
    GoOn,
    /// Sends again what was chosen and did not arrive.
    Again,
    /// Sends what was chosen to whoever joins, too, or not any more.
    Widen,
    /// Switches to the next camera.
    Camera,
    /// Shows the room's words and link.
    Invite,
    /// Shows the link with the next address of this machine.
    NextAddress,
    /// Draws the link's code with half-blocks, or in ASCII.
    Strokes,
    /// Asks for the words of another room.
    Join,
    /// Adds to what is being typed.
    Type(char),
    /// Takes the last letter back.
    Erase,
    /// Takes the last word back.
    EraseWord,
    /// Completes the word that is being typed.
    Complete,
    /// Enters the room whose words were typed, opens the chosen folder, or sends what was chosen.
    Submit,
    /// Chooses files to send.
    Files,
    /// Chooses what stands a page above.
    PageUp,
    /// Chooses what stands a page below.
    PageDown,
    /// Chooses what stands first.
    First,
    /// Chooses what stands last.
    Last,
    /// Goes to the folder that this one is in.
    Parent,
    /// Goes to the chosen folder.
    Open,
    /// Shows hidden files, or leaves them out.
    Hidden,
    /// Lists what was changed last first, or by names.
    Sort,
    /// Shows who is here.
    Who,
    /// Trusts the chosen peer, or takes that back.
    Trust,
    /// Sends to the chosen peer, and others chosen like that, alone; or the chosen file, and others,
    /// together; or no longer.
    Mark,
    /// Shows the keys.
    Help,
    /// Tells how fast the line to the terminal is, or no longer.
    Line,
    /// Leaves the program to itself, where it is a daemon's.
    Detach,
    /// Ends the program.
    Quit,
}

/// A photo that was just taken.
#[derive(Debug, Clone)]
pub struct Snap {
    /// After the time it was taken at.
    pub name: FileName,
    /// As it will be sent.
    pub photo: Arc<Photo>,
    /// As it is shown while it is held.
    pub picture: Arc<RgbImage>,
}

/// How large a decoded picture is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PictureSize {
    /// For the trail.
    Small,
    /// For the full screen.
    Large,
}

/// What comes from the signaling server.
#[derive(Debug)]
pub enum SignalingEvent {
    /// The room was found on the network: its server is there.
    Found(ServerUrl),
    /// This peer is in the room.
    Welcome {
        /// As the server calls it.
        id: PeerId,
        /// Who else is there.
        peers: Vec<PeerId>,
        /// What its connections may use.
        ice_servers: Vec<IceServer>,
    },
    /// Another peer came, or came back.
    Joined(PeerId, Role),
    /// Another peer's socket was lost.
    Away(PeerId),
    /// Another peer went.
    Left(PeerId),
    /// The server was asked whether it is still there, as the network has changed, and it is.
    StillThere,
    /// A signal from another peer.
    Signal {
        /// Who sent it.
        from: PeerId,
        /// What the task of that peer will read.
        payload: Payload,
    },
    /// The server does not let this peer in. It is not asked again.
    Refused(Refusal),
    /// The server is not reached, or was lost.
    Lost {
        /// Why, as a sentence.
        why: String,
    },
}

/// What comes from the task of a remote peer.
#[derive(Debug)]
pub enum PeerEvent {
    /// A signal for that peer.
    Signal(Payload),
    /// A message of it, or one that is said to be of it, did not open.
    Unopened(OpenError),
    /// It is here, and knows the words.
    Proven(Remote),
    /// The data channels are open: files can be proposed. It runs on this.
    Open(Device),
    /// How it is reached.
    Route(Route),
    /// Nothing has come from it for a while, or nothing of what is under way was acknowledged:
    /// another connection is being made, and what is under way goes on over that.
    Unreachable,
    /// It is heard again.
    Reachable,
    /// It offers a file.
    Proposed {
        /// As it numbers it.
        transfer: TransferId,
        /// What it is.
        proposal: Proposal,
        /// What there is of it here from another time, when it was taken from the same peer, in
        /// bytes.
        held: u64,
    },
    /// One of our items was proposed to it.
    Offered {
        /// Which.
        item: ItemId,
        /// Its number from now on.
        transfer: TransferId,
    },
    /// It takes an item of ours.
    Accepted {
        /// Which.
        transfer: TransferId,
        /// What it has of it already, in bytes.
        offset: u64,
    },
    /// A file of it goes on where it stopped.
    Resumed {
        /// Which.
        transfer: TransferId,
        /// What there is of it already, in bytes.
        offset: u64,
    },
    /// Something of ours cannot be read: which, and why, as a sentence.
    Unread(String),
    /// A transfer rests, since a person wants it so.
    Paused {
        /// Which way.
        direction: Direction,
        /// Which.
        transfer: TransferId,
        /// Which side's person. Whoever paused it lets it go on.
        by: Side,
    },
    /// A transfer that rested goes on.
    Continued {
        /// Which way.
        direction: Direction,
        /// Which.
        transfer: TransferId,
    },
    /// A transfer moved.
    Progress {
        /// Which way.
        direction: Direction,
        /// Which.
        transfer: TransferId,
        /// What the receiver has, in bytes.
        offset: u64,
    },
    /// A transfer is over.
    Ended {
        /// Which way.
        direction: Direction,
        /// Which.
        transfer: TransferId,
        /// How.
        end: End,
        /// Where an incoming file lies, if it is whole.
        path: Option<PathBuf>,
    },
    /// The connection is over; every transfer over it is, too.
    Closed(Closed),
}

/// How a remote peer is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Straight, or over what.
    pub kind: PathKind,
    /// Through whose hands, the nearest first, as far as it is known.
    pub via: Vec<Hop>,
    /// There and back.
    pub round_trip: Option<Duration>,
    /// What it was like while something moved last.
    pub figures: Figures,
    /// Why it is not a direct one, if it is known.
    pub obstacle: Option<Obstacle>,
}

impl Route {
    /// Of which no more is known.
    pub fn of(kind: PathKind) -> Self {
        let (via, figures) = (Vec::new(), Figures::default());
        Self { kind, via, round_trip: None, figures, obstacle: None }
    }
}

/// Why a connection is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closed {
    /// It could not be made, or was lost. The task tries again, or waits for the other side to.
    Lost,
    /// The remote peer broke the protocol. The task is over.
    Violated(Violation),
}
