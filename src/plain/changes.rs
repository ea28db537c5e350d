//! What has happened since it was last told, in sentences: by what the app is now and was then.

use super::answers::{reach, size};
use crate::app::camera::CameraStatus;
use crate::app::{
    App, Author, ConnectionId, Content, Item, ItemId, PeerPhase, RoomPhase, Run, Shot, Transfer,
    TransferPhase,
};
use crate::transfer::{Direction, TransferId};
use crate::ui::format;
use std::collections::BTreeMap;

/// What was told. As large as the app is, and no larger.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// How many notices.
    notices: u64,
    room: Option<String>,
    link: Option<String>,
    camera: Option<String>,
    held: Option<String>,
    /// Whom what is sent goes to, unless that is everyone.
    whom: Option<String>,
    peers: BTreeMap<ConnectionId, String>,
    /// Whether each lies in the save folder.
    items: BTreeMap<ItemId, bool>,
    /// How many quarters; none while someone is asked.
    transfers: BTreeMap<(ConnectionId, bool, TransferId), Option<u32>>,
}

impl Seen {
    /// What has happened since; it counts as told.
    pub fn changes(&mut self, app: &App) -> Vec<String> {
        let mut told = Vec::new();
        self.notices(app, &mut told);
        self.room(app, &mut told);
        self.camera(app, &mut told);
        self.held(app, &mut told);
        self.whom(app, &mut told);
        self.peers(app, &mut told);
        self.items(app, &mut told);
        self.transfers(app, &mut told);
        told
    }

    fn room(&mut self, app: &App, told: &mut Vec<String>) {
        let room = match &app.room.phase {
            // Who comes and goes is told one by one; that it is refused, by a notice.
            RoomPhase::Joined if app.room.peers().next().is_some() => None,
            RoomPhase::Refused(_) => None,
            // Whoever comes is at the door for a moment; `t` tells of who stays there.
            RoomPhase::Joined if is_at_the_door(app) => self.room.clone(),
            _ => Some(app.room.sentence()),
        };
        let link = app.room.link().map(|link| link.to_string());
        if link.is_some() && link != self.link {
            told.extend(super::answers::invitation(app));
        }
        if room != self.room {
            told.extend(room.clone());
        }
        (self.room, self.link) = (room, link);
    }

    fn notices(&mut self, app: &App, told: &mut Vec<String>) {
        let arrived: Vec<_> = self.new_items(app).filter_map(arrival).collect();
        for notice in app.notices.since(self.notices) {
            // A photo that came is told of with its place.
            if !arrived.contains(&notice.text) {
                told.push(notice.text.clone());
            }
        }
        self.notices = app.notices.said();
    }

    fn camera(&mut self, app: &App, told: &mut Vec<String>) {
        // What is wrong with it, a notice tells.
        let CameraStatus::Live { name, width, height, instead: None, .. } = &app.camera else {
            self.camera = None;
            return;
        };
        let camera = Some(format!("the camera is {name}, {width} by {height}: s takes a photo"));
        if camera != self.camera {
            told.extend(camera.clone());
            self.camera = camera;
        }
    }

    fn held(&mut self, app: &App, told: &mut Vec<String>) {
        let Shot::Held(snap) = &app.shot else {
            self.held = None;
            return;
        };
        let held = Some(snap.name.to_string());
        if held != self.held {
            let (photo, size) = (&snap.photo, format::bytes(snap.photo.bytes.len() as u64));
            let facts = format!("{} by {}, {size}", photo.width, photo.height);
            told.push(format!(
                "a photo is held, {facts}: an empty line sends it, esc throws it away"
            ));
            self.held = held;
        }
    }

    fn whom(&mut self, app: &App, told: &mut Vec<String>) {
        let whom = app.to_whom();
        if whom != self.whom {
            told.push(super::answers::whom(app));
            self.whom = whom;
        }
    }

    fn peers(&mut self, app: &App, told: &mut Vec<String>) {
        let mut peers = BTreeMap::new();
        for peer in app.room.peers() {
            let before = self.peers.remove(&peer.connection);
            // That it is here and connected, a notice tells; how it is reached comes a moment later.
            let now = match peer.phase {
                PeerPhase::Open(None) => before.clone().filter(|it| it.starts_with("reached")),
                PeerPhase::Connecting if before.is_none() => None,
                PeerPhase::Barred => None,
                _ => Some(reach(peer)),
            };
            if let Some(now) = now.as_ref().filter(|now| before.as_ref() != Some(now)) {
                told.push(format!("{} is {now}", peer.label()));
            }
            peers.extend(now.map(|now| (peer.connection, now)));
        }
        self.peers = peers;
    }

    fn items(&mut self, app: &App, told: &mut Vec<String>) {
        let new: Vec<_> = self.new_items(app).map(sentence).collect();
        // The trail has the newest first.
        told.extend(new.into_iter().rev());
        let mut items = BTreeMap::new();
        for item in app.trail.iter() {
            let saved = !matches!(&item.content, Content::Bytes(_));
            let before = self.items.get(&item.id).copied();
            if let (Content::File(path), Author::Local, Some(false)) =
                (&item.content, &item.author, before)
            {
                told.push(format!("{} is saved as {}", item.proposal.name, path.display()));
            }
            items.insert(item.id, saved);
        }
        self.items = items;
    }

    fn transfers(&mut self, app: &App, told: &mut Vec<String>) {
        let mut transfers = BTreeMap::new();
        for transfer in app.transfers.iter() {
            let outgoing = transfer.direction == Direction::Outgoing;
            let key = (transfer.connection, outgoing, transfer.transfer);
            let now = match transfer.phase {
                TransferPhase::Asked | TransferPhase::Waiting => None,
                TransferPhase::Moving { .. } => Some((transfer.ratio() * 4.0) as u32),
            };
            let before = self.transfers.get(&key).copied();
            match (transfer.phase, before, now) {
                (TransferPhase::Asked, None, _) => told.push(offer(transfer)),
                (_, before, Some(quarters @ 1..4)) if before.flatten().unwrap_or(0) < quarters => {
                    told.push(progress(transfer, quarters));
                }
                _ => {}
            }
            transfers.insert(key, now);
        }
        self.transfers = transfers;
    }

    fn new_items<'a>(&self, app: &'a App) -> impl Iterator<Item = &'a Item> {
        // What is of an earlier run was told then.
        let this_run = app.trail.iter().filter(|item| item.run == Run::This);
        this_run.filter(|item| !self.items.contains_key(&item.id))
    }
}

/// Whether all that is to be told of the room is that someone is at its door.
fn is_at_the_door(app: &App) -> bool {
    let count = app.room.at_the_door();
    count > 0 && app.room.sentence() == format!("{count} at the door")
}

/// The notice that says that an item has come.
fn arrival(item: &Item) -> Option<String> {
    match &item.author {
        Author::Local => None,
        Author::Remote(name) => Some(format!("{} from {name}", item.proposal.name)),
    }
}

/// What is told of a new item.
fn sentence(item: &Item) -> String {
    let (name, size) = (&item.proposal.name, size(item));
    match (&item.author, &item.content) {
        (Author::Local, _) => {
            let names: Vec<_> = item.receipts.iter().map(|it| it.name.as_str()).collect();
            let names = if names.is_empty() { COMING.to_owned() } else { names.join(", ") };
            format!("sending {name}, {size}, to {names}")
        }
        (Author::Remote(author), Content::File(path) | Content::Folder(path, _)) => {
            format!("{name} from {author}, {size}, is saved as {}", path.display())
        }
        (Author::Remote(author), Content::Bytes(_)) => format!("{name} from {author}, {size}"),
    }
}

fn offer(transfer: &Transfer) -> String {
    let (name, proposal) = (&transfer.name, &transfer.proposal);
    let size = format::amount(proposal.size, proposal.files);
    format!("{name} offers {}, {size}: y takes it, n does not", proposal.name)
}

fn progress(transfer: &Transfer, quarters: u32) -> String {
    let way = match transfer.direction {
        Direction::Outgoing => "to",
        Direction::Incoming => "from",
    };
    format!("{} {way} {}: {} percent", transfer.proposal.name, transfer.name, quarters * 25)
}

const COMING: &str = "whoever comes";
