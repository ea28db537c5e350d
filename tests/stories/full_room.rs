//! A full room: sixteen people, everyone connected to everyone.

use crate::world::launch::Launch;
use crate::world::peer::Peer;
use crate::world::{digest, only_file};

#[test]
fn one_photo_reaches_a_full_room_with_a_receipt_from_each() {
    // High enough for a line of each.
    let mut ann = Launch::of("Ann").size(80, 40).open();
    let link = ann.link();
    let others: Vec<Peer> = (1..=15).map(|n| Peer::join(&format!("Peer {n}"), &link)).collect();
    for other in &others {
        other.until("everyone connected", |app| app.room.receivers().count() == 15);
    }
    ann.shows("16 in the room");
    ann.sees_the_camera();
    ann.press("S");
    for n in 1..=15 {
        ann.shows(&format!("✓ Peer {n} "));
    }
    let sent = digest(&only_file(&ann.save));
    for other in &others {
        assert_eq!(digest(&only_file(&other.save)), sent);
    }
}
