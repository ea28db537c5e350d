//! Names as they come in from somebody who cleans nothing, and harmless ones that take as much room.

use crate::world::forged::{NAME, Words};
use crate::world::server::WORDS;
use peersnap::seal::{Identity, Member, Opened, RoomKeys, Seal};
use peersnap::text::{FileName, SafeText};
use peersnap::transfer::message::Message;
use ratatui::buffer::CellWidth;
use signaling_server::protocol::PeerId;
use std::sync::{Arc, OnceLock};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthChar;
use zeroize::Zeroizing;

/// What somebody is called who says so in a hello, as far as one has room for it.
pub fn name(text: &str) -> SafeText {
    let text = &text[..text.floor_char_boundary(NAME_BYTES_MAX)];
    let (to_us, to_them) = (PeerId(1), PeerId(2));
    let seal = |from, to| Seal::new(member(), from, to, Zeroizing::new([3; 32]));
    let hello = seal(to_them, to_us).poll_hello().expect("a hello is owed");
    let rename = |body: &mut Vec<u8>| body.splice(NAME, text.bytes()).for_each(drop);
    let forged = Words::of_the_room().forge((to_them, to_us), &hello, &SECRET, rename);
    match seal(to_us, to_them).open(&forged) {
        Ok(Opened::Claimed(remote)) => remote.name,
        other => panic!("a hello is {other:?}"),
    }
}

/// What a file is called that is proposed so.
pub fn file(text: &str) -> FileName {
    let name = serde_json::to_string(text).expect("text is JSON");
    let message = format!(
        r#"{{"type":"propose","transfer":0,"name":{name},"media_type":"image/png","size":9}}"#
    );
    match serde_json::from_str(&message) {
        Ok(Message::Propose { proposal, .. }) => proposal.name,
        other => panic!("a proposal is {other:?}"),
    }
}

/// A name that takes as much room, and nothing but room.
pub fn harmless(name: &SafeText) -> SafeText {
    SafeText::new(&tildes(name.as_str()))
}

/// The same for a file.
pub fn harmless_file(name: &FileName) -> FileName {
    FileName::new(&tildes(name.as_str()))
}

/// Lines break at spaces, and a dot may begin an extension: these stay.
fn tildes(text: &str) -> String {
    let tilde = |grapheme: &str| match (grapheme, grapheme.cell_width()) {
        (" " | ".", _) => grapheme.to_owned(),
        (_, 2) => WIDE_TILDE.to_owned(),
        (_, columns) => TILDE.repeat(columns.into()),
    };
    text.graphemes(true).map(tilde).collect()
}

/// What stands for a character of one column.
pub const TILDE: &str = "~";
/// What stands for a character of two.
pub const WIDE_TILDE: &str = "～";

/// How many columns more a character may take in a terminal that draws each of its parts.
pub fn spill(text: &str) -> u16 {
    let parts = |grapheme: &str| -> u16 {
        grapheme.chars().filter_map(UnicodeWidthChar::width).map(|columns| columns as u16).sum()
    };
    let more = |grapheme: &str| parts(grapheme).saturating_sub(grapheme.cell_width());
    text.graphemes(true).map(more).max().unwrap_or_default()
}

fn member() -> Arc<Member> {
    static MEMBER: OnceLock<Arc<Member>> = OnceLock::new();
    let make = || {
        let keys = RoomKeys::derive(&WORDS.parse().expect("six words of the list"));
        let identity = Identity::from_secret(&Zeroizing::new(SECRET));
        Arc::new(Member { keys, identity, name: SafeText::new("Raw") })
    };
    MEMBER.get_or_init(make).clone()
}

const SECRET: [u8; 32] = [3; 32];
/// Longer ones are not carried by a server.
const NAME_BYTES_MAX: usize = 11_000;
