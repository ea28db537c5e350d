//! What programs are told: what happened, and how room and peers are each time that changes.

use super::event::Route;
use super::room::{EntryId, RoomPhase};
use super::{App, ConnectionId, Mood, Peer, PeerPhase, Transfer};
use crate::app::camera::CameraStatus;
use crate::path::{Figures, Loss, Losses};
use crate::report::{
    CameraState, Code, Device, File, PeerState, Report, RoomState, Standing, TransferRef, Way, Who,
};
use crate::seal::Met;
use crate::transfer::{self, Direction, Proposal, Reason};
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
    device: Option<Device>,
    route: Option<Route>,
}

impl PeerTold {
    fn of(peer: &Peer) -> Self {
        let (state, trust, route) = (state(peer), standing(peer), route(peer));
        Self { who: peer.who(), state, trust, device: device(peer), route }
    }

    fn report(&self) -> Report {
        self.report_as(self.state)
    }

    fn report_as(&self, state: PeerState) -> Report {
        Report::Peer { peer: self.who.clone(), state, trust: self.trust, device: self.device }
    }

    fn path(&self) -> Option<Report> {
        let route = self.route.as_ref()?;
        let Figures { losses: Losses { outgoing, incoming }, rate } = route.figures;
        Some(Report::Path {
            peer: self.who.clone(),
            kind: route.kind,
            via: route.via.clone(),
            round_trip_ms: route.round_trip.map(|it| it.as_secs_f64() * 1000.0),
            loss: outgoing.map(Loss::share),
            loss_in: incoming.map(Loss::share),
            rate_out: rate.map(|rate| rate.outgoing),
            rate_in: rate.map(|rate| rate.incoming),
            why: route.obstacle,
        })
    }
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

    /// How all of it is now, for whoever begins to listen: room, peers, and what is under way. What
    /// [`App::take_reports`] tells from now on comes after it.
    pub fn present(&self) -> Vec<Report> {
        let mut told = vec![self.room_now()];
        for peer in self.room.peers() {
            let peer = PeerTold::of(peer);
            told.push(peer.report());
            told.extend(peer.path());
        }
        told.extend(self.transfers.iter().flat_map(Transfer::present));
        told
    }

    fn report_room(&mut self, told: &mut Vec<Report>) {
        let now = RoomTold {
            entry: self.room.entry,
            state: self.room_state(),
            others: self.room.peers.len(),
            is_found: self.room.server.is_some(),
        };
        if self.reports.room.as_ref() != Some(&now) {
            told.push(self.room_now());
            self.reports.room = Some(now);
        }
    }

    fn room_now(&self) -> Report {
        let room = &self.room;
        Report::Room {
            state: self.room_state(),
            others: room.peers.len(),
            words: room.words().map(|words| words.spaced().to_string()),
            link: room.link().map(|link| link.to_string()),
            text: room.told(),
        }
    }

    fn room_state(&self) -> RoomState {
        match &self.room.phase {
            RoomPhase::Searching | RoomPhase::Joined if self.room.seems_empty() => RoomState::Empty,
            RoomPhase::Outside => RoomState::Outside,
            RoomPhase::Searching => RoomState::Searching,
            RoomPhase::Joining => RoomState::Joining,
            RoomPhase::Joined => RoomState::Joined,
            RoomPhase::Lost { .. } => RoomState::Lost,
            RoomPhase::Refused(_) => RoomState::Refused,
        }
    }

    fn report_peers(&mut self, told: &mut Vec<Report>) {
        let before = &mut self.reports.peers;
        for peer in self.room.peers() {
            let now = PeerTold::of(peer);
            let last = before.get(&peer.connection);
            if last == Some(&now) {
                continue;
            }
            if last.is_none_or(|last| last.report() != now.report()) {
                told.push(now.report());
            }
            if now.route.as_ref() != last.and_then(|last| last.route.as_ref()) {
                told.extend(now.path());
            }
            before.insert(peer.connection, now);
        }
        let room = &self.room;
        before.retain(|connection, last| {
            let is_here = room.peers().any(|peer| peer.connection == *connection);
            if !is_here {
                told.push(last.report_as(PeerState::Left));
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
        files: proposal.files,
    }
}

/// What it means to a program that the other side stopped a transfer.
pub(super) fn code_of_remote(reason: Reason) -> Code {
    match reason {
        Reason::Person | Reason::TooLarge | Reason::Busy => Code::Refused,
        Reason::DiskFull | Reason::Storage => Code::Disk,
        // The same again is not likely to go better.
        Reason::Digest => Code::Failed,
        Reason::Changed => Code::Changed,
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

fn device(peer: &Peer) -> Option<Device> {
    match peer.device {
        transfer::Device::Phone => Some(Device::Phone),
        transfer::Device::Browser => Some(Device::Browser),
        transfer::Device::Terminal => None,
    }
}

fn route(peer: &Peer) -> Option<Route> {
    match &peer.phase {
        PeerPhase::Open(route) => route.clone(),
        _ => None,
    }
}
