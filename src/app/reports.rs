//! What programs are told: what happened, and how room and peers are each time that changes.

use super::event::{Route, RouteKind};
use super::room::{EntryId, RoomPhase};
use super::{App, ConnectionId, Mood, Peer, PeerPhase, Transfer};
use crate::app::camera::CameraStatus;
use crate::report::{
    CameraState, Code, File, PathKind, PeerState, Report, RoomState, Standing, TransferRef, Way,
    Who,
};
use crate::seal::Met;
use crate::transfer::{Direction, Proposal, Reason};
use std::collections::BTreeMap;

/// What has happened and was not taken yet, and what was told last.
#[derive(Debug, Default)]
pub(super) struct Reports {
    happened: Vec<Report>,
    notices: u64,
    room: Option<RoomTold>,
    peers: BTreeMap<ConnectionId, PeerTold>,
}

/// What of the room makes it worth telling again.
#[derive(Debug, PartialEq, Eq)]
struct RoomTold {
    entry: Option<EntryId>,
    state: RoomState,
    others: usize,
    is_found: bool,
}

#[derive(Debug, PartialEq)]
struct PeerTold {
    who: Who,
    state: PeerState,
    trust: Standing,
    route: Option<Route>,
}

impl Reports {
    pub fn push(&mut self, report: Report) {
        self.happened.push(report);
    }
}

impl App {
    /// What has happened since this was last asked, for whoever tells programs. To be asked after
    /// every update: it is kept until then.
    pub fn take_reports(&mut self) -> Vec<Report> {
        let mut told = Vec::new();
        self.report_room(&mut told);
        self.report_peers(&mut told);
        told.append(&mut self.reports.happened);
        told.extend(self.notices.since(self.reports.notices).map(|notice| Report::Notice {
            mood: match notice.mood {
                Mood::Good => crate::report::Mood::Good,
                Mood::Info => crate::report::Mood::Info,
                Mood::Bad => crate::report::Mood::Bad,
            },
            text: notice.text.clone(),
        }));
        self.reports.notices = self.notices.said();
        told
    }

    fn report_room(&mut self, told: &mut Vec<Report>) {
        let room = &self.room;
        let seems_empty = room.seems_empty();
        let state = match &room.phase {
            RoomPhase::Searching | RoomPhase::Joined if seems_empty => RoomState::Empty,
            RoomPhase::Outside => RoomState::Outside,
            RoomPhase::Searching => RoomState::Searching,
            RoomPhase::Joining => RoomState::Joining,
            RoomPhase::Joined => RoomState::Joined,
            RoomPhase::Lost { .. } => RoomState::Lost,
            RoomPhase::Refused(_) => RoomState::Refused,
        };
        let (entry, others) = (room.entry, room.peers.len());
        let now = RoomTold { entry, state, others, is_found: room.server.is_some() };
        if self.reports.room.as_ref() != Some(&now) {
            told.push(Report::Room {
                state,
                others,
                words: room.words().map(|words| words.spaced().to_string()),
                link: room.link().map(|link| link.to_string()),
                text: room.told(),
            });
            self.reports.room = Some(now);
        }
    }

    fn report_peers(&mut self, told: &mut Vec<Report>) {
        let before = &mut self.reports.peers;
        for peer in self.room.peers() {
            let now = PeerTold {
                who: peer.who(),
                state: state(peer),
                trust: standing(peer),
                route: route(peer),
            };
            let last = before.get(&peer.connection);
            if last == Some(&now) {
                continue;
            }
            let is_new = last.is_none_or(|last| {
                (&last.who, last.state, last.trust) != (&now.who, now.state, now.trust)
            });
            if is_new {
                let who = now.who.clone();
                told.push(Report::Peer { peer: who, state: now.state, trust: now.trust });
            }
            if let Some(route) =
                now.route.filter(|route| Some(*route) != last.and_then(|it| it.route))
            {
                told.push(Report::Path {
                    peer: now.who.clone(),
                    kind: match route.kind {
                        RouteKind::Direct => PathKind::Direct,
                        RouteKind::Relayed => PathKind::Relayed,
                    },
                    round_trip_ms: route.round_trip.map(|it| it.as_secs_f64() * 1000.0),
                });
            }
            before.insert(peer.connection, now);
        }
        let room = &self.room;
        before.retain(|connection, last| {
            let is_here = room.peers().any(|peer| peer.connection == *connection);
            if !is_here {
                let peer = last.who.clone();
                told.push(Report::Peer { peer, state: PeerState::Left, trust: last.trust });
            }
            is_here
        });
    }

    /// Has told again how room, peers and camera are, to who listens only now.
    pub fn tell_anew(&mut self) {
        self.reports.room = None;
        self.reports.peers.clear();
        let camera = camera(&self.camera);
        self.reports.push(camera);
    }

    /// The camera is in another state.
    pub(super) fn report_camera(&mut self, status: &CameraStatus) {
        self.reports.push(camera(status));
    }
}

/// How a camera is, told to programs.
pub fn camera(status: &CameraStatus) -> Report {
    let state = match status {
        CameraStatus::Opening { .. } => CameraState::Opening,
        CameraStatus::Live { .. } => CameraState::Live,
        CameraStatus::Trouble { .. } => CameraState::Trouble,
    };
    let text = match status {
        CameraStatus::Live { name, width, height, format, instead: None, .. } => {
            format!("{name}, {format} {width}x{height}")
        }
        _ => status.sentence().unwrap_or_default(),
    };
    Report::Camera { state, text }
}

impl Peer {
    /// Who it is, told to programs.
    pub fn who(&self) -> Who {
        let id = self.remote.as_ref().map(|remote| remote.key.fingerprint().to_string());
        let (connection, name) = (self.connection.0, self.label().to_string());
        Who { connection, name, id: id.unwrap_or_default() }
    }
}

impl Transfer {
    /// Its number, told to programs.
    pub(super) fn told(&self) -> TransferRef {
        let way = match self.direction {
            Direction::Outgoing => Way::Out,
            Direction::Incoming => Way::In,
        };
        TransferRef { connection: self.connection.0, way, number: self.transfer.0 }
    }
}

/// What a file is, told to programs.
pub(super) fn file(proposal: &Proposal) -> File {
    File {
        name: proposal.name.to_string(),
        media_type: proposal.media_type.as_str().to_owned(),
        size: proposal.size,
        width: proposal.dimensions.map(|of| of.width),
        height: proposal.dimensions.map(|of| of.height),
    }
}

/// What it means to a program that the other side stopped a transfer.
pub(super) fn code_of_remote(reason: Reason) -> Code {
    match reason {
        Reason::Person | Reason::TooLarge | Reason::Busy => Code::Refused,
        Reason::DiskFull | Reason::Storage => Code::Disk,
        // The same again is not likely to go better.
        Reason::Digest => Code::Failed,
    }
}

/// What it means to a program that this side stopped a transfer.
pub(super) fn code_of_local(reason: Reason) -> Code {
    match reason {
        Reason::Person => Code::Interrupted,
        other => code_of_remote(other),
    }
}

fn state(peer: &Peer) -> PeerState {
    match peer.phase {
        PeerPhase::Open(_) if peer.is_open() && peer.is_doubted() => PeerState::Doubted,
        PeerPhase::Open(_) if peer.is_open() => PeerState::Open,
        PeerPhase::Open(_) | PeerPhase::Connecting => PeerState::Connecting,
        PeerPhase::Unreachable => PeerState::Unreachable,
        PeerPhase::Barred => PeerState::Barred,
    }
}

fn standing(peer: &Peer) -> Standing {
    match &peer.met {
        None => Standing::Unknown,
        Some(Met::New) => Standing::New,
        Some(Met::Changed { .. }) => Standing::Changed,
        Some(_) if peer.is_trusted() => Standing::Trusted,
        Some(_) => Standing::Met,
    }
}

fn route(peer: &Peer) -> Option<Route> {
    match peer.phase {
        PeerPhase::Open(route) => route,
        _ => None,
    }
}
