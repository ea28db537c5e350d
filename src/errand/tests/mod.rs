//! Errands against rooms that are made up of reports.

mod receiving;
mod sending;

use super::Ending;
use crate::report::{
    Code, File, PeerState, Receipt, Report, RoomState, Standing, Taken, TransferRef, Way, Who,
};

fn who(connection: u64, name: &str) -> Who {
    Who { connection, name: name.to_owned(), id: format!("{name}-bbbb-cccc-dddd") }
}

fn file(name: &str, size: u64) -> File {
    let media_type = if name.contains(".jpg") { "image/jpeg" } else { "application/pdf" };
    let (name, media_type) = (name.to_owned(), media_type.to_owned());
    File { name, media_type, size, width: None, height: None, files: None }
}

fn room(state: RoomState, others: usize) -> Report {
    Report::Room { state, others, words: None, link: None, text: "a sentence".to_owned() }
}

fn peer(who: &Who, state: PeerState, trust: Standing) -> Report {
    Report::Peer { peer: who.clone(), state, trust, device: None }
}

fn here(who: &Who) -> Report {
    peer(who, PeerState::Open, Standing::Met)
}

fn code(ending: Option<&Ending>) -> Option<Code> {
    match ending {
        Some(Ending::Failed { code, .. }) => Some(*code),
        _ => None,
    }
}
