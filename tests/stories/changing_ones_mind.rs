//! Not everything that is offered is wanted: files are asked for, and all can be stopped.

use crate::world::launch::Launch;
use crate::world::peer::{Offer, Peer};
use crate::world::raw::RawPeer;
use crate::world::server::Server;
use crate::world::terminal::Terminal;
use crate::world::{digest, files, only_file, until};
use bytes::Bytes;
use peersnap::app::{Action, Content, Fault, ReceiptState};
use peersnap::transfer::message::Message;
use peersnap::transfer::{Chunk, Reason, TransferId};
use std::fs::File;
use tempfile::NamedTempFile;

fn ann_and_zoe() -> (Terminal, Peer) {
    let ann = Launch::of("Ann").open();
    let zoe = Peer::join("Zoë", &ann.link());
    ann.meets("Zoë");
    zoe.meets("Ann");
    (ann, zoe)
}

fn report() -> Offer {
    Offer::of("report.pdf", "application/pdf", b"%PDF-1.7 and so on".repeat(10_000))
}

/// A file without end, as far as any of these stories go; it takes no place on the disk.
fn endless() -> (NamedTempFile, Offer) {
    let file = NamedTempFile::new().expect("a file");
    let size = 1 << 40;
    File::set_len(file.as_file(), size).expect("a file with a hole in it");
    let content = Content::File(file.path().to_owned());
    (file, Offer { name: "endless.bin", media_type: "application/octet-stream", size, content })
}

#[test]
fn a_file_is_asked_for_and_arrives_when_it_is_taken() {
    let (mut ann, zoe) = ann_and_zoe();
    zoe.offer(report());
    ann.shows("? Zoë offers report.pdf, 180 KB: y takes it, n declines");
    assert!(files(&ann.save).is_empty(), "nothing is written before it is taken");
    ann.press("y");
    zoe.has_receipt("Ann", ReceiptState::Delivered);
    ann.has_in_its_trail("report.pdf");
    let received = only_file(&ann.save);
    assert_eq!(received.file_name(), Some("report.pdf".as_ref()));
    assert_eq!(std::fs::metadata(&received).expect("a file").len(), 180_000);
}

#[test]
fn a_file_that_is_declined_is_not_taken_and_its_sender_is_told() {
    let (mut ann, zoe) = ann_and_zoe();
    zoe.offer(report());
    ann.shows("? Zoë offers report.pdf");
    ann.press("n");
    ann.is_told("report.pdf from Zoë was declined");
    ann.shows_no_more("? Zoë offers");
    zoe.is_told("Ann did not take report.pdf");
    zoe.has_receipt("Ann", ReceiptState::Failed(Fault::Declined));
    assert!(files(&ann.save).is_empty());
}

#[test]
fn a_transfer_that_its_sender_stops_leaves_nothing_behind() {
    let (mut ann, zoe) = ann_and_zoe();
    let (_file, offer) = endless();
    zoe.offer(offer);
    ann.shows("? Zoë offers endless.bin");
    ann.press("y");
    ann.shows("B/s");
    assert!(!files(&ann.save).is_empty(), "it is being written");
    zoe.act(Action::Cancel);
    ann.is_told("Zoë took endless.bin back");
    zoe.has_receipt("Ann", ReceiptState::Failed(Fault::Stopped));
    is_left_empty(&ann);
}

#[test]
fn a_transfer_that_its_receiver_stops_leaves_nothing_behind_and_its_sender_is_told() {
    let (mut ann, zoe) = ann_and_zoe();
    let (_file, offer) = endless();
    zoe.offer(offer);
    ann.shows("? Zoë offers endless.bin");
    ann.press("y");
    ann.shows("B/s");
    ann.press("x");
    ann.is_told("endless.bin from Zoë was stopped");
    zoe.is_told("Ann did not take endless.bin");
    zoe.has_receipt("Ann", ReceiptState::Failed(Fault::Declined));
    is_left_empty(&ann);
}

#[test]
fn quitting_in_the_middle_of_a_transfer_keeps_its_part_out_of_sight_and_its_sender_is_told() {
    let (mut ann, zoe) = ann_and_zoe();
    let (_file, offer) = endless();
    zoe.offer(offer);
    ann.shows("? Zoë offers endless.bin");
    ann.press("y");
    ann.shows("B/s");
    ann.press("q");
    assert_eq!(ann.ends(), 0);
    let names = files(&ann.save).into_iter().filter_map(|path| Some(path.file_name()?.to_owned()));
    let names: Vec<_> = names.map(|name| name.to_string_lossy().into_owned()).collect();
    assert!(names.iter().all(|name| name.starts_with(".peersnap-")), "{names:?}");
    assert_eq!(names.len(), 2, "a part, and what is known of it: {names:?}");
    zoe.until("Ann is gone, and nothing is under way", |app| {
        app.room.peers().next().is_none() && app.transfers.iter().len() == 0
    });
}

#[test]
fn a_photo_that_is_very_large_is_asked_for_first() {
    let (mut ann, zoe) = ann_and_zoe();
    zoe.offer(Offer::of("wall.jpg", "image/jpeg", vec![0; 32_000_001]));
    ann.shows("? Zoë offers wall.jpg, 32 MB: y takes it, n declines");
    ann.press("n");
    zoe.has_receipt("Ann", ReceiptState::Failed(Fault::Declined));
    assert!(files(&ann.save).is_empty());
}

#[test]
fn after_a_transfer_was_stopped_the_next_one_arrives() {
    let (mut ann, zoe) = ann_and_zoe();
    let (_file, offer) = endless();
    zoe.offer(offer);
    ann.shows("? Zoë offers endless.bin");
    ann.press("y");
    ann.shows("B/s");
    ann.press("x");
    ann.is_told("was stopped");
    zoe.sees_the_camera();
    zoe.act(Action::SnapAndSend);
    ann.shows("Zoë now");
    zoe.has_receipt("Ann", ReceiptState::Delivered);
    assert_eq!(digest(&only_file(&ann.save)), digest(&only_file(&zoe.save)));
}

#[test]
fn a_photo_to_somebody_slow_is_stopped_by_its_sender() {
    let server = Server::start();
    let mut ann = Launch::of("Ann").join(&server.link());
    ann.shows("waiting for someone");
    let slow = RawPeer::join("Slow", &server);
    ann.meets("Slow");
    ann.sees_the_camera();
    ann.press("S");
    let transfer = slow.hears("a proposal", |message| match message {
        Message::Propose { transfer, .. } => Some(*transfer),
        _ => None,
    });
    ann.shows("to Slow waiting");
    slow.say(&format!(r#"{{"type":"accept","transfer":{transfer},"offset":0}}"#));
    ann.shows_no_more("to Slow waiting");
    ann.press("x");
    slow.hears("that it is cancelled", |message| {
        let cancelled = Message::Cancel { transfer, reason: Reason::Person };
        (*message == cancelled).then_some(())
    });
    ann.is_told("was stopped");
    ann.shows("! Slow: stopped");
}

#[test]
fn a_photo_from_somebody_who_goes_in_the_middle_leaves_nothing_behind() {
    let server = Server::start();
    let ann = Launch::of("Ann").join(&server.link());
    ann.shows("waiting for someone");
    let raw = RawPeer::join("Raw", &server);
    ann.meets("Raw");
    raw.offer(0, "half.png", 1_000_000);
    raw.hears("that it is taken", |message| {
        matches!(message, Message::Accept { .. }).then_some(())
    });
    let data = Bytes::from(vec![7; 50_000]);
    raw.send(&Chunk { transfer: TransferId(0), offset: 0, data });
    until("bytes of it on the disk", || {
        let partial = files(&ann.save);
        let length = std::fs::metadata(partial.first()?).ok()?.len();
        (length == 50_000).then_some(())
    });
    drop(raw);
    ann.is_told("half.png from Raw goes on when Raw is back");
    is_left_empty(&ann);
}

/// Nothing is in the save folder: no file, no part of one.
fn is_left_empty(terminal: &Terminal) {
    until("an empty folder", || files(&terminal.save).is_empty().then_some(()));
}
