//! What goes wrong is said in a sentence, stays small, and leaves the rest as it was.

use crate::world::launch::Launch;
use crate::world::peer::{Offer, Peer};
use crate::world::pictures::{endless_panorama, photo};
use crate::world::raw::{RawPeer, enter};
use crate::world::server::Server;
use crate::world::terminal::Terminal;
use crate::world::{files, only_file, read, until};
use bytes::{Bytes, BytesMut};
use peersnap::app::{Action, Fault, ReceiptState};
use peersnap::transfer::message::Message;
use peersnap::transfer::{Chunk, Reason, TransferId};
use signaling_server::protocol::{ROOM_PEERS_MAX, Reply};

fn ann_on(server: &Server) -> Terminal {
    let ann = Launch::of("Ann").join(&server.link());
    ann.shows("waiting for someone");
    ann
}

#[test]
fn a_photo_that_is_no_picture_is_kept_as_a_file_and_said_to_be_none() {
    let mut ann = Launch::of("Ann").open();
    let zoe = Peer::join("Zoë", &ann.link());
    zoe.meets("Ann");
    zoe.offer(Offer::of("letter.jpg", "image/jpeg", b"Dear Ann, this is no picture.".to_vec()));
    ann.has_in_its_trail("letter.jpg");
    zoe.has_receipt("Ann", ReceiptState::Delivered);
    assert_eq!(read(&only_file(&ann.save)), b"Dear Ann, this is no picture.");
    ann.press("v");
    ann.shows("not a picture that can be shown: JPEG, PNG, WebP, GIF and BMP can");
}

#[test]
fn a_picture_that_is_too_wide_to_show_is_kept_as_a_file_and_said_to_be_so() {
    let mut ann = Launch::of("Ann").open();
    let zoe = Peer::join("Zoë", &ann.link());
    zoe.meets("Ann");
    let panorama = endless_panorama();
    zoe.offer(Offer::of("panorama.png", "image/png", panorama.clone()));
    ann.has_in_its_trail("panorama.png");
    zoe.has_receipt("Ann", ReceiptState::Delivered);
    assert_eq!(read(&only_file(&ann.save)), panorama);
    ann.press("v");
    ann.shows("picture of 50000x1 pixels is too wide or too high to show: up to 32768 are");
}

#[test]
fn a_peer_that_breaks_the_protocol_is_disconnected_and_nobody_else() {
    let nonsense: [(&str, Act); 4] = [
        ("a control message that cannot be read", |raw| raw.say("{\"type\":\"dance\"}")),
        ("a control message that cannot be read", |raw| raw.say(&"x".repeat(20_000))),
        ("a chunk that is out of place", |raw| raw.pour(BytesMut::from(&b"short"[..]))),
        ("a chunk that is out of place", |raw| {
            raw.offer(0, "a.png", 10);
            let data = Bytes::from_static(b"more than ten bytes");
            raw.hears("that it is taken", |message| {
                matches!(message, Message::Accept { .. }).then_some(())
            });
            raw.send(&Chunk { transfer: TransferId(0), offset: 0, data });
        }),
    ];
    let server = Server::start();
    for (violation, act) in nonsense {
        let ann = ann_on(&server);
        let raw = RawPeer::join("Raw", &server);
        ann.meets("Raw");
        let zoe = Peer::join("Zoë", &server.link());
        ann.meets("Zoë");
        zoe.meets("Ann");
        act(&raw);
        ann.is_told(&format!("Raw broke the protocol ({violation}): disconnected"));
        ann.shows("○ Raw disconnected");

        zoe.sees_the_camera();
        zoe.act(Action::SnapAndSend);
        ann.shows("Zoë now");
        zoe.has_receipt("Ann", ReceiptState::Delivered);
        only_file(&ann.save);
        zoe.leave();
    }
}

#[test]
fn hostile_names_become_safe_ones() {
    let server = Server::start();
    let ann = ann_on(&server);
    let raw = RawPeer::join("Ra\u{1b}]0;owned\u{7}w\u{202e}", &server);
    ann.meets("Raw");
    let long = format!("{}.png", "x".repeat(300));
    let hostile = [
        ("../../x.png", "x.png"),
        ("/etc/cron.d/x.png", "x (2).png"),
        ("..\\..\\x.png", "x (3).png"),
        ("..", "unnamed"),
        ("a\u{1b}[2Jb\u{7}\n\u{202e}c.png", "abc.png"),
        ("con.png", "_con.png"),
        (".bashrc", "bashrc"),
        (&long, &format!("{}.png", "x".repeat(196))),
    ];
    let picture = photo([9, 99, 199]);
    for (transfer, (name, safe)) in (0..).zip(hostile) {
        raw.hand_over(transfer, name, &picture);
        until(&format!("{safe:?} of {name:?}"), || {
            (read_if_there(&ann, safe)? == picture).then_some(())
        });
    }
    assert_eq!(files(&ann.save).len(), hostile.len(), "and nothing else");
    let bytes = ann.bytes();
    assert!(!contains(&bytes, b"\x1b]0;owned"), "nobody else gives the terminal orders");
    assert!(!contains(&bytes, "\u{202e}".as_bytes()));
}

#[test]
fn a_save_folder_that_cannot_be_written_to_is_an_error_before_anything_begins() {
    let ann = Launch::of("Ann").mounts("mkdir -p $SAVE && mount -t tmpfs -o ro tmpfs $SAVE").open();
    assert_eq!(ann.ends(), 1);
    let words = ann.words();
    assert!(words.contains("photos cannot be saved in"), "{words}");
    assert!(words.contains("choose another with --save"), "{words}");
    assert!(words.contains("Read-only file system"), "{words}");
    assert!(ann.is_given_back());
}

#[test]
fn a_save_folder_that_is_not_there_is_made() {
    let home = tempfile::tempdir().expect("a folder");
    let deep = home.path().join("photos/of/today");
    let ann = Launch::of("Ann").save(&deep).open();
    ann.link();
    assert!(deep.is_dir());
}

#[test]
fn a_save_folder_that_goes_away_is_said_by_its_owner_and_the_sender_is_told() {
    let ann = Launch::of("Ann").open();
    let zoe = Peer::join("Zoë", &ann.link());
    zoe.meets("Ann");
    std::fs::remove_dir(&ann.save).expect("an empty folder");
    zoe.offer(Offer::of("lost.jpg", "image/jpeg", photo([1, 2, 3])));
    ann.is_told("lost.jpg could not be saved: check space and rights of");
    zoe.is_told("lost.jpg did not reach Ann: the file could not be read or written");
}

#[test]
fn a_disk_that_fills_up_in_the_middle_is_said_on_both_sides_and_left_clean() {
    let tiny = "mkdir -p $SAVE && mount -t tmpfs -o size=1m tmpfs $SAVE";
    let ann = Launch::of("Ann").mounts(tiny).open();
    let zoe = Peer::join("Zoë", &ann.link());
    zoe.meets("Ann");
    zoe.offer(Offer::of("large.jpg", "image/jpeg", vec![0; 8_000_000]));
    ann.is_told("large.jpg could not be saved: check space and rights of");
    zoe.is_told("large.jpg did not reach Ann: disk full");
    zoe.has_receipt("Ann", ReceiptState::Failed(Fault::Failed(Reason::DiskFull)));
    let save = ann.inside(&ann.save);
    until("nothing partial", || files(&save).is_empty().then_some(()));

    zoe.offer(Offer::of("small.jpg", "image/jpeg", photo([1, 2, 3])));
    ann.has_in_its_trail("small.jpg");
    assert_eq!(read(&only_file(&save)), photo([1, 2, 3]));
}

#[test]
fn a_room_that_is_full_is_said_to_be() {
    let server = Server::start();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let websocket = server.websocket();
    let mut crowd = Vec::new();
    for _ in 0..ROOM_PEERS_MAX {
        let (socket, reply) = runtime.block_on(enter(&websocket));
        assert!(matches!(reply, Reply::Welcome { .. }), "{reply:?}");
        crowd.push(socket);
    }
    let mut ann = Launch::of("Ann").join(&server.link());
    ann.shows("the room is full: it holds 16; open another one");
    ann.press("q");
    assert_eq!(ann.ends(), 0);
}

#[test]
fn what_is_no_room_link_is_an_error_with_the_terminal_as_it_was() {
    for (word, why) in [
        ("http://127.0.0.1:1/", "it has no # with the room's words behind it"),
        ("http://127.0.0.1:1/#orbit", "a room has 6 words, this has 1"),
        (
            "ftp://127.0.0.1/#crane-velvet-orbit-ladder-energy-quick",
            "is not the address of a server",
        ),
    ] {
        let ann = Launch::of("Ann").join(word);
        assert_eq!(ann.ends(), 1);
        let words = ann.words();
        assert!(words.contains(why), "{word}: {words}");
        assert!(ann.is_given_back());
    }
}

#[test]
fn a_server_that_does_not_answer_is_said_to_and_found_when_it_comes_up() {
    let mut server = Server::promise();
    let ann = Launch::of("Ann").join(&server.link());
    ann.shows("no server answers there");
    server.begin();
    ann.shows("waiting for someone");
    let _zoe = Peer::join("Zoë", &server.link());
    ann.meets("Zoë");
}

/// What a peer does that it should not.
type Act = fn(&RawPeer);

fn read_if_there(terminal: &Terminal, name: &str) -> Option<Vec<u8>> {
    std::fs::read(terminal.save.join(name)).ok()
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
