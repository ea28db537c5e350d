//! How things stand, in sentences, for who asks.

use crate::app::event::Route;
use crate::app::{
    App, Audience, Author, Content, Item, Part, Past, Peer, PeerPhase, Prompt, Receipt,
    ReceiptState, Row, Standing, Strokes, Transfer, TransferPhase,
};
use crate::qr::{Ink, QrCode};
use crate::seal::Met;
use crate::transfer::{Direction, Side};
use crate::ui::format;

/// All commands.
pub(super) fn help() -> Vec<String> {
    HELP.iter().map(|line| (*line).to_owned()).collect()
}

/// The words and the link of the room.
pub(super) fn invitation(app: &App) -> Vec<String> {
    let Some(words) = app.room.words() else { return vec![app.room.sentence()] };
    let words = words.spaced();
    let mut told = vec![format!("the words of the room: {}", words.as_str())];
    let links = app.room.links();
    let (first, others) = links.split_at(links.len().min(1));
    told.extend(first.iter().map(|link| format!("its link: {link}")));
    told.extend(others.iter().map(|link| format!("or: {link}")));
    told
}

/// The link as a code for phones.
pub(super) fn code(ink: Ink, strokes: Strokes, app: &App) -> Vec<String> {
    let Some(room) = app.room.link() else { return vec![app.room.sentence()] };
    match (QrCode::of(&room.to_string()), strokes) {
        (None, _) => vec!["the link is too long for a code".to_owned()],
        (Some(code), Strokes::Halves) => code.halves(ink),
        (Some(code), Strokes::Ascii) => code.ascii(ink),
    }
}

/// Everyone who is here.
pub(super) fn who(app: &App) -> Vec<String> {
    let peers = app.room.peers().enumerate();
    let mut told: Vec<_> =
        peers.map(|(at, peer)| format!("{}: {}", at + 1, introduce(peer, app))).collect();
    if told.is_empty() {
        told.push("nobody but you is here".to_owned());
    } else {
        told.push(TRUST.to_owned());
    }
    let door = app.room.at_the_door();
    if door > 0 {
        told.push(format!("{door} at the door, who have not shown that they know the words"));
    }
    told.push(format!("your own fingerprint: {}", app.settings.key.fingerprint()));
    told
}

fn introduce(peer: &Peer, app: &App) -> String {
    let mut told = vec![peer.label().to_string()];
    told.extend(peer.device.name().map(|device| format!("on a {device}")));
    told.push(reach(peer));
    if let PeerPhase::Open(Some(route)) = &peer.phase {
        told.extend(path(route, peer, app));
    }
    if let Some(remote) = &peer.remote {
        if remote.key == app.settings.key {
            told.push("another terminal of yours".to_owned());
        } else if peer.is_trusted() {
            told.push("trusted".to_owned());
        } else {
            told.push(match &peer.met {
                Some(Met::Changed { before, .. }) => {
                    format!("not who was of this name before, {}", before.fingerprint())
                }
                Some(Met::New) => "here for the first time".to_owned(),
                _ => "not trusted".to_owned(),
            });
        }
        told.push(format!("fingerprint {}", remote.key.fingerprint()));
    }
    told.join(", ")
}

/// What the way to a peer is like, and why it is not a direct one.
fn path(route: &Route, peer: &Peer, app: &App) -> Vec<String> {
    let mut told = Vec::new();
    told.extend(route.round_trip.map(|it| format!("{} there and back", format::round_trip(it))));
    if app.transfers.move_over(peer.connection) {
        told.extend(format::figures(route.figures));
    }
    let name = peer.label().to_string();
    told.extend(route.obstacle.map(|it| format!("not directly: {}", it.text(&name))));
    told
}

/// How a peer is reached.
pub(super) fn reach(peer: &Peer) -> String {
    match &peer.phase {
        PeerPhase::Connecting => "being connected to".to_owned(),
        PeerPhase::Open(Some(route)) => {
            let how = route.kind.sentence(&route.via, &peer.label().to_string());
            format!("reached {how}")
        }
        PeerPhase::Open(None) => "connected".to_owned(),
        PeerPhase::Unreachable => "not heard of for a while".to_owned(),
        PeerPhase::Barred => "disconnected".to_owned(),
    }
}

/// The newest photo, and where it lies.
pub(super) fn newest(app: &App) -> String {
    let Some(item) = app.trail.iter().next() else {
        return "no photo was sent or received yet".to_owned();
    };
    let from = match &item.author {
        Author::Local => "sent by you".to_owned(),
        Author::Remote(name) => format!("from {name}"),
    };
    let place = match &item.content {
        Content::File(path) | Content::Folder(path, _) => format!("saved as {}", path.display()),
        Content::Bytes(_) => "not saved yet".to_owned(),
    };
    format!("the newest photo: {}, {from}, {}, {place}", item.proposal.name, size(item))
}

/// What waits, what is under way, and the newest of what is done, with numbers.
pub(super) fn transfers(app: &App) -> Vec<String> {
    let rows = app.ledger();
    let open = rows.iter().filter(|(part, _)| *part != Part::Done).count();
    let told =
        rows.iter().take(open + DONE_TOLD_MAX).enumerate().filter_map(|(at, (part, row))| {
            let part = match part {
                Part::Waiting => "waiting",
                Part::UnderWay => "under way",
                Part::Done => "done",
            };
            Some(format!("{}: {part}: {}", at + 1, tell_row(app, *row)?))
        });
    let mut told: Vec<_> = told.collect();
    if told.is_empty() {
        told.push("nothing was sent or received yet".to_owned());
    }
    told
}

fn tell_row(app: &App, row: Row) -> Option<String> {
    Some(match row {
        Row::Incoming(key) => {
            let transfer = app.transfers.get(key)?;
            let (file, name) = (&transfer.proposal.name, &transfer.name);
            format!("{file} from {name}, {}", how_far(transfer))
        }
        Row::Awaited(id) => {
            let awaited = app.awaited.iter().find(|it| it.id == id)?;
            let (file, name) = (&awaited.proposal.name, &awaited.name);
            format!("{file} from {name}, goes on when {name} is back")
        }
        Row::Item(id) => {
            let item = app.trail.get(id)?;
            let file = &item.proposal.name;
            let joiners = match item.audience {
                Audience::Coming => ", and to whoever comes",
                Audience::Here | Audience::Chosen(_) => "",
            };
            match &item.receipts[..] {
                [] => format!("{file}, {}, for whoever comes", size(item)),
                [only] => format!("{}{joiners}", tell_receipt(app, item, only)),
                all => format!("{file}, {}, to {}{joiners}", size(item), all.len()),
            }
        }
        Row::Receiver(id, at) => {
            let item = app.trail.get(id)?;
            tell_receipt(app, item, item.receipts.get(at)?)
        }
        Row::Past(id) => tell_past(app.past.iter().find(|it| it.record.id == id)?),
    })
}

fn tell_receipt(app: &App, item: &Item, receipt: &Receipt) -> String {
    let over =
        |it: &&Transfer| it.item == Some(item.id) && Some(it.connection) == receipt.connection;
    let how = match (receipt.state, app.transfers.iter().find(over)) {
        (ReceiptState::Underway, Some(transfer)) => how_far(transfer),
        (state, _) => how_over(state).to_owned(),
    };
    format!("{} to {}, {how}", item.proposal.name, receipt.name)
}

fn tell_past(past: &Past) -> String {
    let record = &past.record;
    let way = match record.direction {
        Direction::Outgoing => "to",
        Direction::Incoming => "from",
    };
    let who = |receipt: &Receipt| format!("{way} {}, {}", receipt.name, how_over(receipt.state));
    let all: Vec<_> = record.receipts.iter().map(who).collect();
    format!("{} {}", record.proposal.name, all.join("; "))
}

/// How far a transfer is, and who lets it rest.
fn how_far(transfer: &Transfer) -> String {
    let percent = (transfer.ratio() * 100.0) as u32;
    match (transfer.phase, transfer.rests) {
        (TransferPhase::Asked, _) => "y takes it, n does not".to_owned(),
        (TransferPhase::Waiting, _) => "not answered yet".to_owned(),
        (_, None) => format!("{percent} percent"),
        (_, Some(Side::Local)) => format!("{percent} percent, paused by you"),
        (_, Some(Side::Remote)) => format!("{percent} percent, paused by {}", transfer.name),
    }
}

fn how_over(state: ReceiptState) -> &'static str {
    match state {
        ReceiptState::Waiting => "not here",
        ReceiptState::Underway => "being offered",
        ReceiptState::Delivered => "arrived",
        ReceiptState::Failed(why) => why.words(),
    }
}

/// Whom what is sent goes to.
pub(super) fn whom(app: &App) -> String {
    match app.to_whom() {
        Some(names) => format!("what you send goes to {names} alone"),
        None => "what you send goes to everyone".to_owned(),
    }
}

/// The fingerprints of those of these names, which have commas between; or who is not here.
pub(super) fn named(names: &str, app: &App) -> Result<Vec<String>, String> {
    let mut ids = Vec::new();
    for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let is = |label: &str| label.to_lowercase() == name.to_lowercase();
        let here = app.room.peers().filter(|peer| is(peer.label().as_str()));
        let chosen = app.chosen.iter().filter(|whom| is(whom.name.as_str()));
        let of_name: Vec<_> =
            here.map(|peer| peer.who().id).chain(chosen.map(|whom| whom.id.clone())).collect();
        if of_name.is_empty() {
            return Err(format!("{name} is not here: t tells who is"));
        }
        ids.extend(of_name);
    }
    Ok(ids)
}

/// How large an item is.
pub(super) fn size(item: &Item) -> String {
    let bytes = format::amount(item.proposal.size, item.proposal.files);
    match item.proposal.dimensions {
        Some(of) => format!("{} by {}, {bytes}", of.width, of.height),
        None => bytes,
    }
}

/// Why what was said of a room leads to none.
pub(super) fn refused(prompt: &Prompt) -> String {
    match prompt.standing() {
        Standing::Wrong(why) => why,
        _ => "that is no room: say its six words, or its link".to_owned(),
    }
}

const HELP: &[&str] = &[
    "s: take a photo and hold it",
    "an empty line: send the held photo",
    "esc: throw the held photo away",
    "S: take a photo and send it at once",
    "send and the paths of files, with quotes around spaces: send them",
    "y: take the file that is offered; n: do not",
    "x: cancel the newest transfer",
    "transfers: what waits, is under way and is done, with numbers",
    "pause, continue, x or again, and such a number: do that to it",
    "widen and such a number: send it to whoever joins, too, or no longer",
    "to and names, with commas between: send to them alone; to everyone: to all again",
    "v: the newest photo, and where it lies",
    "i: the words and the link of the room",
    "qr: the link as a code for phones; qr light on a light terminal, qr ascii without half-blocks",
    "t: who is here; t and a number: trust that one, or no longer",
    "j and the words or the link of a room: join it",
    "c: another camera",
    "q: quit; a held photo is kept",
];
/// Of what is done, the newest are told.
const DONE_TOLD_MAX: usize = 10;
const TRUST: &str = "to be sure of somebody, compare fingerprints; then say t and the number";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::obstacle::Obstacle;
    use crate::path::PathKind;
    use crate::ui::tests::world::{World, flat};

    #[test]
    fn who_is_here_is_told_with_how_and_how_well_known() {
        let mut world = World::joined(3);
        world.open(0, "Zoë", PathKind::Direct, 3);
        world.proves(1, "Bob", Met::New);
        world.open(2, "Cat", PathKind::Relayed, 30);
        world.not_directly(2, Obstacle::Routers);
        let told = who(&world.app);
        let key = |number| crate::ui::tests::world::key(number).fingerprint();
        assert_eq!(
            told,
            [
                format!(
                    "1: Zoë, reached directly, 3 ms there and back, not trusted, fingerprint {}",
                    key(1)
                ),
                format!(
                    "2: Bob, being connected to, here for the first time, fingerprint {}",
                    key(2)
                ),
                format!(
                    "3: Cat, reached over a relay, not directly: neither router lets the other in, \
                     not trusted, fingerprint {}",
                    key(3)
                ),
                TRUST.to_owned(),
                format!("your own fingerprint: {}", key(0)),
            ]
        );
        assert_eq!(who(&World::joined(0).app)[0], "nobody but you is here");
    }

    #[test]
    fn the_newest_photo_is_told_with_its_path() {
        let mut world = World::joined(1);
        assert_eq!(newest(&world.app), "no photo was sent or received yet");
        world.open(0, "Zoë", PathKind::Direct, 3);
        world.receive(0, "cat.jpg", 218_000, flat(4, 2, [1, 2, 3]));
        let told = newest(&world.app);
        let expected = "the newest photo: cat.jpg, from Zoë, 4032 by 3024, 218 KB, \
                        saved as /home/me/Pictures/x";
        assert_eq!(told, expected);
    }

    #[test]
    fn the_invitation_has_words_and_link() {
        let told = invitation(&World::new().app);
        assert_eq!(told[0], "the words of the room: crane velvet orbit ladder energy quick");
        assert_eq!(told[1], format!("its link: {}", crate::ui::tests::world::LINK));
    }
}
