//! A room that stays open in the background: terminals come and go, and lines drop.

use crate::world::command::Ran;
use crate::world::daemon::{Keeper, OPEN, json};
use crate::world::launch::Launch;
use crate::world::machine::{is_stopped, processes_that_name, signal};
use crate::world::peer::{Offer, Peer};
use crate::world::pictures::widths;
use crate::world::ssh::ssh;
use crate::world::terminal::key;
use crate::world::{digest, files, only_file, read, until};
use peersnap::app::{Action, Content, ReceiptState};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::time::Duration;

#[test]
fn a_room_in_the_background_is_looked_into_photographed_from_and_left_open() {
    let ann = Keeper::open();
    let ben = Peer::join("Ben", &ann.link());
    let mut terminal = ann.attach();
    terminal.meets("Ben");
    terminal.shows("d detach q end room");
    terminal.sees_the_camera();
    terminal.press("S");
    ben.receives_from("Ann");
    terminal.shows("✓ Ben");
    terminal.press("d");
    assert_eq!(terminal.ends(), 0);
    assert!(terminal.is_given_back());
    terminal.shows("detached: the room stays open, `peersnap attach` looks into it again");
    ann.is_attached(false);
    // Its camera is off, and everything else goes on.
    let mut terminal = ann.attach();
    terminal.meets("Ben");
    terminal.has_in_its_trail("you");
    terminal.sees_the_camera();
    terminal.press("q");
    assert_eq!(terminal.ends(), 0);
    assert!(terminal.is_given_back());
    terminal.shows("the room is closed");
    until("the daemon is gone", || (ann.run(&["status"]).status == Some(1)).then_some(()));
}

#[test]
fn what_comes_while_nobody_looks_is_saved_and_shown_later() {
    let ann = Keeper::open();
    let ben = Peer::join("Ben", &ann.link());
    ben.meets("Ann");
    ben.sees_the_camera();
    ben.act(Action::SnapAndSend);
    ben.has_receipt("Ann", ReceiptState::Delivered);
    let photo = only_file(&ann.save);
    assert_eq!(photo.extension(), Some("jpg".as_ref()));
    let terminal = ann.attach();
    terminal.has_in_its_trail("Ben");
}

#[test]
fn a_line_that_drops_in_the_middle_of_a_transfer_loses_nothing() {
    let ann = Keeper::open();
    let zoe = Peer::join("Zoë", &ann.link());
    zoe.meets("Ann");
    let keys = tempfile::tempdir().expect("a folder for keys");
    // Over SSH the folder of the login session is not named.
    let mut way = ssh(keys.path());
    let home = way.last_mut().expect("the home of who comes in");
    *home = format!("HOME={}", ann.home().display());
    let mut terminal = ann.attach_from(Launch::of("Ann").through(&way));
    terminal.meets("Zoë");
    let path = keys.path().join("big.bin");
    let whole: Vec<u8> = (0..LARGE_BYTES).map(|at| (at * 31 % 251) as u8).collect();
    std::fs::write(&path, &whole).expect("room");
    let (media_type, content) = ("application/octet-stream", Content::File(path));
    zoe.offer(Offer { name: "big.bin", media_type, size: LARGE_BYTES as u64, content });
    terminal.shows("? Zoë offers big.bin");
    terminal.press("y");
    terminal.shows("↓ big.bin from Zoë");
    terminal.shows("B/s");
    let under_way = ann.reports("progress").pop().expect("it is under way");
    let offset = under_way["offset"].as_u64().expect("a number") as usize;
    assert!(0 < offset && offset < LARGE_BYTES, "{offset}");

    terminal.signal("KILL");
    ann.is_attached(false);
    zoe.has_receipt("Ann", ReceiptState::Delivered);
    assert!(read(&only_file(&ann.save)) == whole, "another file has come");

    let mut again = ann.attach_from(Launch::of("Ann").through(&way));
    again.meets("Zoë");
    again.has_in_its_trail("big.bin");
    again.press("d");
    assert_eq!(again.ends(), 0);
    assert!(again.is_given_back());
}

#[test]
fn a_window_that_is_closed_or_killed_leaves_the_room_open() {
    let ann = Keeper::open();
    let mut terminal = ann.attach();
    terminal.sees_the_camera();
    terminal.vanish();
    ann.is_attached(false);
    let terminal = ann.attach();
    terminal.sees_the_camera();
    // Whoever attached it is gone; the terminal is not, and is given back all the same.
    terminal.signal("KILL");
    terminal.ends();
    ann.is_attached(false);
    assert!(terminal.is_given_back());
    assert_eq!(ann.run(&["status"]).status, Some(0));
}

#[test]
fn a_program_that_attached_a_terminal_and_is_told_to_end_gives_it_back() {
    let ann = Keeper::open();
    for name in ["TERM", "INT", "HUP"] {
        let terminal = ann.attach();
        terminal.sees_the_camera();
        terminal.signal(name);
        assert_eq!(terminal.ends(), 0, "{name}");
        assert!(terminal.is_given_back(), "{name}");
    }
    assert_eq!(ann.run(&["status"]).status, Some(0));
}

#[test]
fn another_terminal_takes_over_and_the_first_is_told() {
    let ann = Keeper::open();
    let first = ann.attach();
    first.sees_the_camera();
    let second = ann.attach();
    second.sees_the_camera();
    assert_eq!(first.ends(), 0);
    assert!(first.is_given_back());
    first.shows("another terminal shows the room now");
    ann.is_attached(true);
}

#[test]
fn ctrl_z_goes_back_to_the_shell_and_fg_to_the_room() {
    let ann = Keeper::open();
    let mut shell = ann.shell();
    shell.press("$PEERSNAP attach\r");
    shell.sees_the_camera();
    for stop in [key::CTRL_Z, "TSTP"] {
        if stop == "TSTP" {
            let attached = processes_that_name("attach");
            let own = attached.iter().find(|id| is_child_of(**id, shell.pid()));
            signal(*own.expect("it runs"), stop);
        } else {
            shell.press(stop);
        }
        shell.is_at_the_shell();
        let stopped = processes_that_name("attach");
        assert!(stopped.iter().any(|id| is_child_of(*id, shell.pid()) && is_stopped(*id)));
        shell.press("clear; fg\r");
        shell.shows("waiting for someone");
        shell.sees_the_camera();
    }
    shell.press("d");
    shell.is_at_the_shell();
    shell.press("exit\r");
    assert_eq!(shell.ends(), 0);
}

#[test]
fn a_window_of_another_size_shows_the_room_at_that_size() {
    let ann = Keeper::open();
    let terminal = ann.attach();
    terminal.sees_the_camera();
    terminal.resize(120, 40);
    terminal.until("a wider picture", |screen| widths(screen).iter().any(|width| *width > 60));
}

#[test]
fn when_the_daemon_is_killed_the_terminal_is_given_back_and_its_socket_is_no_obstacle() {
    let ann = Keeper::open();
    let terminal = ann.attach();
    terminal.sees_the_camera();
    signal(ann.pid(), "KILL");
    assert_eq!(terminal.ends(), 1);
    assert!(terminal.is_given_back());
    terminal.shows("the daemon has ended without a word");
    assert!(ann.folder().join("daemon.sock").exists(), "it was left there");
    none_runs(&ann.run(&["status"]));
    let again = ann.run(&OPEN);
    assert_eq!(again.status, Some(0), "{}", again.stderr);
    assert_eq!(ann.run(&["status"]).status, Some(0));
}

#[test]
fn there_is_one_daemon_and_a_second_one_says_what_to_do() {
    let ann = Keeper::open();
    let second = ann.run(&OPEN);
    assert_eq!((second.status, second.stdout.as_str()), (Some(1), ""));
    let told = "peersnap: a room is kept open in the background already: `peersnap attach` looks \
                into it, `peersnap daemon --stop` ends it\n";
    assert_eq!(second.stderr, told);
    let pid = ann.pid();
    let stop = ann.run(&["daemon", "--stop"]);
    assert_eq!((stop.status, stop.stdout.as_str()), (Some(0), "the room is closed\n"));
    assert!(!runs(pid), "it is waited for");
    assert_eq!(sockets(&ann), 0, "none is left");
    for arguments in [&["daemon", "--stop"][..], &["status"]] {
        none_runs(&ann.run(arguments));
    }
}

#[test]
fn a_daemon_ends_in_order_when_the_system_ends_it() {
    for name in ["TERM", "INT", "HUP"] {
        let ann = Keeper::open();
        let ben = Peer::join("Ben", &ann.link());
        ben.meets("Ann");
        let terminal = ann.attach();
        terminal.meets("Ben");
        signal(ann.pid(), name);
        assert_eq!(terminal.ends(), 0, "{name}");
        terminal.shows("the room is closed");
        ben.is_told("Ann left");
        until("its sockets are gone", || (sockets(&ann) == 0).then_some(()));
    }
}

#[test]
fn who_opens_a_room_in_the_background_is_told_its_words_and_they_stand_on_no_command_line() {
    let ann = Keeper::new();
    let opened = ann.run(&OPEN);
    let link = ann.link();
    let (_, words) = link.split_once('#').expect("words");
    assert!(opened.stdout.contains(&words.replace('-', " ")), "{}", opened.stdout);
    assert!(opened.stdout.contains(&link), "{}", opened.stdout);
    let ben = Keeper::new();
    let joined = ben.run(&["daemon", "--no-lan", &link]);
    assert_eq!((joined.status, joined.stderr.as_str()), (Some(0), ""));
    until("they have met", || (ann.reports("path").len() == 1).then_some(()));
    assert_eq!(processes_that_name(words), [0_u32; 0]);
    let environment = std::fs::read(format!("/proc/{}/environ", ben.pid())).expect("it runs");
    assert!(!String::from_utf8_lossy(&environment).contains(words));
}

#[test]
fn programs_are_told_the_room_that_is_opened_and_the_error_that_it_is_not() {
    let ann = Keeper::new();
    let mut arguments = OPEN.to_vec();
    arguments.push("--json");
    let opened = ann.run(&arguments);
    assert_eq!(events(&opened.stdout), ["daemon", "room", "bye"]);
    assert!(opened.stdout.contains(&ann.link()), "{}", opened.stdout);
    let second = ann.run(&arguments);
    assert_eq!((second.status, second.stderr.as_str()), (Some(1), ""));
    assert_eq!(events(&second.stdout), ["error", "bye"]);
    assert_eq!(events(&ann.run(&["daemon", "--stop", "--json"]).stdout), ["bye"]);
    assert_eq!(events(&ann.run(&["status", "--json"]).stdout), ["error", "bye"]);
}

#[test]
fn in_the_foreground_a_person_is_told_how_others_join() {
    let ann = Keeper::new();
    let mut arguments = OPEN.to_vec();
    arguments.push("--foreground");
    let told = std::thread::scope(|scope| {
        let daemon = scope.spawn(|| ann.run(&arguments));
        until("it runs", || (ann.run(&["status"]).status == Some(0)).then_some(()));
        until("its room is there", || ann.reports("room")[0]["state"].eq("joined").then_some(()));
        let link = ann.link();
        signal(ann.pid(), "HUP");
        let told = daemon.join().expect("no panic");
        assert!(told.stdout.contains(&link), "{}", told.stdout);
        told
    });
    assert_eq!((told.status, told.stderr.as_str()), (Some(0), ""));
    assert!(told.stdout.contains("`peersnap attach`"), "{}", told.stdout);
}

#[test]
fn what_cannot_be_opened_is_told_with_its_exit_status() {
    let ann = Keeper::new();
    let told = ann.run(&["daemon", "--no-lan", "crane velvet orbit ladder energy quick"]);
    assert_eq!(told.status, Some(1), "{}", told.stderr);
    let nowhere = "http://127.0.0.1:9/#crane-velvet-orbit-ladder-energy-quick";
    let told = ann.run(&["daemon", "--no-lan", nowhere]);
    assert_eq!((told.status, told.stdout.as_str()), (Some(9), ""), "{}", told.stderr);
    none_runs(&ann.run(&["status"]));
}

#[test]
fn status_tells_people_and_programs_how_the_room_is() {
    let ann = Keeper::open();
    let ben = Peer::join("Ben", &ann.link());
    ben.meets("Ann");
    until("Ann knows the way", || (ann.reports("path").len() == 1).then_some(()));
    ben.offer(Offer::of("report.pdf", "application/pdf", b"%PDF-1.7 and so on".repeat(10_000)));
    until("it is offered", || (ann.reports("proposal").len() == 1).then_some(()));
    let told = ann.run(&["status"]);
    assert_eq!((told.status, told.stderr.as_str()), (Some(0), ""));
    let rows: Vec<_> = told.stdout.lines().map(|row| row.split_at(10)).collect();
    let row =
        |what: &str| rows.iter().find(|(name, _)| name.trim() == what).map_or("", |(_, text)| text);
    assert_eq!(row("state"), "2 in the room");
    assert_eq!(row("link"), ann.link());
    assert!(row("peer").starts_with("Ben, direct"), "{}", told.stdout);
    assert_eq!(row("coming"), "report.pdf from Ben, 180 KB, not taken yet");
    assert_eq!(row("save"), ann.save.canonicalize().expect("it is there").display().to_string());
    assert!(row("terminal").starts_with("none"));
    assert_eq!(
        events(&ann.run(&["status", "--json"]).stdout),
        ["daemon", "room", "peer", "path", "proposal", "bye"]
    );
}

#[test]
fn the_folder_of_the_login_session_may_go_with_the_last_login() {
    let ann = Keeper::open();
    std::fs::remove_dir_all(ann.folder()).expect("it is ours");
    let terminal = ann.attach();
    terminal.sees_the_camera();
    let second = ann.run(&OPEN);
    assert_eq!(second.status, Some(1));
    assert!(second.stderr.contains("already"), "{}", second.stderr);
    assert_eq!(ann.run(&["status"]).status, Some(0));
}

#[test]
fn only_the_person_may_connect() {
    let ann = Keeper::open();
    for folder in [ann.folder(), ann.state()] {
        let mode = |path| std::fs::metadata(path).expect("it is there").permissions().mode();
        assert_eq!(mode(folder.clone()) & 0o777, 0o700);
        assert_eq!(mode(folder.join("daemon.sock")) & 0o777, 0o600);
        assert_eq!(mode(folder.join("daemon.lock")) & 0o777, 0o600);
    }
}

#[test]
fn rubbish_on_the_socket_is_answered_and_harms_nothing() {
    let ann = Keeper::open();
    let hello = "{\"request\":\"hello\",\"v\":1}\n";
    let long = format!("{hello}{}", "a".repeat(1 << 20));
    let early = "{\"request\":\"watch\"}\n";
    let old = "{\"request\":\"hello\",\"v\":0}\n";
    let away =
        "{\"request\":\"accept\",\"transfer\":{\"connection\":1,\"way\":\"out\",\"number\":1}}\n";
    let no_terminal = "{\"request\":\"attach\",\"environment\":{},\"wishes\":{}}\n";
    for rubbish in [
        "rubbish\n".to_owned(),
        "\u{0}\n{}".to_owned(),
        early.to_owned(),
        old.to_owned(),
        format!("{hello}[1,2]\n"),
        format!("{hello}{away}"),
        format!("{hello}{no_terminal}"),
        long,
    ] {
        let mut stream = connect(&ann);
        // It may be closed before all of it is written.
        let _ = stream.write_all(rubbish.as_bytes());
        let mut told = String::new();
        let _ = stream.read_to_string(&mut told);
        assert!(told.contains(r#""event":"error""#), "{rubbish:.60}: {told}");
    }
    assert_eq!(ann.run(&["status"]).status, Some(0));
}

#[test]
fn who_connects_and_never_reads_is_dropped_and_slows_nobody() {
    let ann = Keeper::open();
    let ben = Peer::join("Ben", &ann.link());
    ben.meets("Ann");
    let mut silent = connect(&ann);
    silent
        .write_all(b"{\"request\":\"hello\",\"v\":1}\n{\"request\":\"watch\"}\n")
        .expect("it reads");
    much_happens(&ann);
    assert_eq!(ann.run(&["status"]).status, Some(0));
    ben.sees_the_camera();
    ben.act(Action::SnapAndSend);
    ben.has_receipt("Ann", ReceiptState::Delivered);
    until("who never reads is dropped", || {
        // It is closed: what is still on its way to it is not missed.
        silent.write_all(b"\n").is_err().then_some(())
    });
}

#[test]
fn in_the_foreground_who_stops_reading_holds_nothing_up() {
    let ann = Keeper::new();
    let mut arguments = OPEN.to_vec();
    arguments.extend(["--foreground", "--json"]);
    let mut daemon = ann.start(&arguments);
    until("it runs", || (ann.run(&["status"]).status == Some(0)).then_some(()));
    much_happens(&ann);
    assert_eq!(ann.run(&["daemon", "--stop"]).status, Some(0));
    assert_eq!(daemon.wait().expect("it is ours").code(), Some(0));
}

#[test]
fn in_the_foreground_everything_is_told_to_programs_as_it_happens() {
    let ann = Keeper::new();
    let mut arguments = OPEN.to_vec();
    arguments.extend(["--foreground", "--json"]);
    let daemon = std::thread::scope(|scope| {
        let daemon = scope.spawn(|| ann.run(&arguments));
        until("it runs", || (ann.run(&["status"]).status == Some(0)).then_some(()));
        until("its room is there", || ann.reports("room")[0]["state"].eq("joined").then_some(()));
        let ben = Peer::join("Ben", &ann.link());
        ben.meets("Ann");
        ben.sees_the_camera();
        ben.act(Action::SnapAndSend);
        ben.has_receipt("Ann", ReceiptState::Delivered);
        signal(ann.pid(), "TERM");
        daemon.join().expect("no panic")
    });
    assert_eq!(daemon.status, Some(0));
    let events = events(&daemon.stdout);
    let at = |name: &str| events.iter().position(|event| event == name);
    let received = at("received").expect("a photo");
    assert!(at("room") < at("peer") && at("peer") < Some(received), "{events:?}");
    assert_eq!(events.last().map(String::as_str), Some("bye"));
    let photo = only_file(&ann.save);
    let line = daemon.stdout.lines().nth(received).expect("a line");
    assert!(line.contains(&digest(&photo)), "{line}");
    assert!(files(&ann.save).len() == 1);
}

fn events(told: &str) -> Vec<String> {
    let name = |report: serde_json::Value| report["event"].as_str().map(str::to_owned);
    json(told).into_iter().filter_map(name).collect()
}

fn connect(keeper: &Keeper) -> UnixStream {
    let stream = UnixStream::connect(keeper.folder().join("daemon.sock")).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket");
    stream
}

/// Much more happens than anybody may have yet to read: files that go to nobody.
fn much_happens(keeper: &Keeper) {
    let mut asking = connect(keeper);
    asking.write_all(b"{\"request\":\"hello\",\"v\":1}\n").expect("it reads");
    for number in 0..8000 {
        let order = format!(
            "{{\"request\":\"send\",\"order\":\"{number}\",\"path\":\"/nowhere/{number}\",\"file\":\
             {{\"name\":\"{}.txt\",\"type\":\"text/plain\",\"size\":1,\"width\":null,\
             \"height\":null}},\"to\":[]}}\n",
            "a".repeat(200)
        );
        asking.write_all(order.as_bytes()).expect("it goes on reading");
    }
}

fn none_runs(told: &Ran) {
    let sentence =
        "peersnap: no room is kept open in the background: `peersnap daemon` opens one\n";
    assert_eq!((told.status, told.stdout.as_str()), (Some(1), ""));
    assert_eq!(told.stderr, sentence);
}

fn sockets(keeper: &Keeper) -> usize {
    let folders = [keeper.folder(), keeper.state()];
    folders.iter().filter(|folder| folder.join("daemon.sock").exists()).count()
}

/// Whether a process runs: not one that has ended, and that nobody has looked at since.
fn runs(pid: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    status.contains("State:") && !status.contains("State:\tZ")
}

fn is_child_of(pid: u32, parent: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    status.lines().any(|line| line == format!("PPid:\t{parent}"))
}

/// So much that it is under way for seconds.
const LARGE_BYTES: usize = 256 << 20;
