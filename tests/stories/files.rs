//! Any file is sent: chosen in a folder, dropped on the terminal, or named in a line.

use crate::world::launch::Launch;
use crate::world::peer::Peer;
use crate::world::pictures::{colours, photo};
use crate::world::shown::words;
use crate::world::terminal::{Terminal, key};
use crate::world::{files, read, until};
use peersnap::app::Action;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// A folder with these files.
fn home(files: &[(&str, &[u8])]) -> TempDir {
    let home = tempfile::tempdir().expect("a folder for a person");
    for (name, bytes) in files {
        let path = home.path().join(name);
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("room");
        fs::write(path, bytes).expect("room");
    }
    home
}

/// Ann, whose files are in this folder, and Zoë, who is connected.
fn two(home: &Path) -> (Terminal, Peer) {
    let ann = Launch::of("Ann").home(home).open();
    let zoe = Peer::join("Zoë", &ann.link());
    ann.meets("Zoë");
    zoe.meets("Ann");
    (ann, zoe)
}

/// Zoë takes what is offered.
fn takes(zoe: &Peer) {
    zoe.until("something is offered", |app| app.transfers.asked().is_some());
    zoe.act(Action::Accept);
}

/// Waits until Zoë has a file of this name; its bytes.
fn arrives(zoe: &Peer, name: &str) -> Vec<u8> {
    let path = zoe.save.join(name);
    until(&format!("{name} is there"), || path.exists().then_some(()));
    read(&path)
}

/// Drops something on the terminal, which pastes it.
fn paste(terminal: &mut Terminal, text: &str) {
    terminal.press(&format!("\x1b[200~{text}\x1b[201~"));
}

#[test]
fn a_file_is_found_by_a_part_of_its_name_and_the_other_one_has_it() {
    let home = home(&[("plan.pdf", b"a plan"), ("minutes of march.txt", b"the minutes")]);
    let (mut ann, zoe) = two(home.path());
    ann.press("f");
    ann.shows("plan.pdf");
    ann.press("ofmarch");
    ann.shows_no_more("plan.pdf");
    ann.press(key::ENTER);
    takes(&zoe);
    assert_eq!(arrives(&zoe, "minutes of march.txt"), b"the minutes");
    ann.is_told("Zoë has minutes of march.txt");
}

#[test]
fn a_picture_is_seen_before_it_is_sent_and_two_that_are_marked_go_out_together() {
    let (a, b) = (photo([200, 30, 30]), photo([30, 200, 30]));
    let home = home(&[("holiday/a.jpg", &a), ("holiday/b.jpg", &b), ("c.txt", b"c")]);
    let (mut ann, zoe) = two(home.path());
    ann.press("f");
    ann.shows("holiday/");
    ann.press(key::ENTER);
    ann.shows("a.jpg");
    ann.until("the picture beside", |screen| colours(screen, 46..80) > 0);
    ann.press(" ");
    ann.press(" ");
    ann.shows("2 marked");
    ann.press(key::ENTER);
    assert_eq!(arrives(&zoe, "a.jpg"), a);
    assert_eq!(arrives(&zoe, "b.jpg"), b);
    ann.shows("f files");
    ann.press("f");
    ann.shows("holiday 2");
    ann.press(key::LEFT);
    ann.shows("c.txt");
}

/// How a terminal writes a path.
type Write = fn(&str) -> String;

#[test]
fn a_file_that_is_dropped_is_sent_after_a_question_however_its_path_is_written() {
    let written: [(&str, Write); 5] = [
        ("plain photo.jpg", |path| format!("{path} ")),
        ("slashed photo.jpg", |path| path.replace(' ', "\\ ")),
        ("single photo.jpg", |path| format!("'{path}'")),
        ("double photo.jpg", |path| format!("\"{path}\"")),
        ("linked photo.jpg", |path| format!("file://{}\r\n", path.replace(' ', "%20"))),
    ];
    let bytes: Vec<_> = (0..5).map(|at| photo([at * 40, 0, 0])).collect();
    let all: Vec<_> = written.iter().zip(&bytes).map(|((name, _), it)| (*name, &it[..])).collect();
    let home = home(&all);
    let (mut ann, zoe) = two(home.path());
    for ((name, write), bytes) in written.iter().zip(&bytes) {
        let path = home.path().join(name);
        paste(&mut ann, &write(path.to_str().expect("a path of text")));
        ann.shows("send this?");
        ann.shows(name);
        ann.shows("to everyone who is here");
        assert!(!zoe.save.join(name).exists(), "not before it is said");
        ann.press(key::ENTER);
        ann.shows_no_more("send this?");
        assert_eq!(arrives(&zoe, name), *bytes);
    }
}

#[test]
fn several_that_are_dropped_are_one_question_and_esc_sends_none() {
    let home = home(&[("a.txt", b"a"), ("b.txt", b"b")]);
    let (mut ann, zoe) = two(home.path());
    let path = |name: &str| home.path().join(name).display().to_string();
    let both = format!("{} {}", path("a.txt"), path("b.txt"));
    paste(&mut ann, &both);
    ann.shows("send these?");
    ann.press(key::ESC);
    ann.shows_no_more("send these?");
    // Over the picker, too.
    ann.press("f");
    ann.shows("type a part of a name");
    paste(&mut ann, &both);
    ann.shows("send these?");
    ann.press(key::ENTER);
    for _ in 0..2 {
        takes(&zoe);
    }
    assert_eq!(arrives(&zoe, "a.txt"), b"a");
    assert_eq!(arrives(&zoe, "b.txt"), b"b");
    zoe.until("nothing else came", |app| app.transfers.iter().len() == 0);
    assert_eq!(files(&zoe.save).len(), 2);
}

#[test]
fn what_is_pasted_and_is_no_file_here_is_not_sent() {
    let home = home(&[("a.txt", b"a")]);
    let (mut ann, zoe) = two(home.path());
    paste(&mut ann, "crane velvet orbit ladder energy quick");
    ann.is_told("only paths of files are read when pasted here");
    paste(&mut ann, "/home/zoë/of\\ another\\ machine.jpg");
    ann.is_told("no such file on this machine: /home/zoë/of another machine.jpg");
    paste(&mut ann, "/dev/null");
    ann.is_told("null is not a file: devices, pipes and sockets are not sent");
    ann.press(key::ENTER);
    ann.is_told("nothing to send yet");
    zoe.until("nothing came", |app| app.transfers.iter().len() == 0 && app.trail.is_empty());
}

#[test]
fn a_folder_that_is_removed_while_it_is_shown_says_so_and_the_way_up_is_open() {
    let home = home(&[("holiday/a.txt", b"a"), ("plan.pdf", b"a plan")]);
    let (mut ann, _zoe) = two(home.path());
    ann.press("f");
    ann.shows("holiday/");
    ann.press(key::ENTER);
    ann.shows("a.txt");
    fs::remove_dir_all(home.path().join("holiday")).expect("it is ours");
    ann.press(key::ENTER);
    ann.is_told("a.txt cannot be read: No such file");
    ann.press("f");
    // However its sentence is broken into rows.
    ann.until("it says so", |screen| {
        words(screen).replace('\n', " ").contains("cannot be read: No such file")
    });
    ann.press(key::LEFT);
    ann.shows("plan.pdf");
}

#[test]
fn told_in_lines_files_are_sent_by_their_paths() {
    let home = home(&[("a b.txt", b"with a space"), ("c.txt", b"without")]);
    let mut ann = Launch::of("Ann").home(home.path()).size(160, 50).start(&[
        "--plain",
        "--listen",
        "127.0.0.1:0",
    ]);
    let zoe = Peer::join("Zoë", &ann.link());
    ann.shows("Zoë is reached directly");
    ann.press("send 'a b.txt' c.txt\n");
    ann.shows("sending a b.txt, 12 B, to Zoë");
    for _ in 0..2 {
        takes(&zoe);
    }
    ann.shows("Zoë has c.txt");
    assert_eq!(arrives(&zoe, "a b.txt"), b"with a space");
    ann.press("send gone.txt\n");
    ann.shows("no such file on this machine: gone.txt");
    ann.press("send\n");
    ann.shows("send, then the paths of files");
}
