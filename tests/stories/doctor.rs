//! A person, or a program, asks what works here, and what to do about the rest.

use crate::world::command::{Ran, run, run_through};
use crate::world::launch::Launch;
use crate::world::questions::Answers;
use crate::world::reports;
use crate::world::server::Server;
use crate::world::stun;
use crate::world::turn::Turn;
use peersnap::report::{Code, Report, Verdict};
use signaling_server::protocol::IceServer;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// What was found of each thing, and that nothing else was told but the end.
fn findings(ran: &Ran) -> BTreeMap<String, (Verdict, String)> {
    assert_eq!(ran.stderr, "");
    let mut told = reports::read(&ran.stdout);
    let Some(Report::Bye { status, code }) = told.pop() else { panic!("no end: {}", ran.stdout) };
    assert_eq!(Some(i32::from(status)), ran.status);
    assert_eq!(code, (status != 0).then_some(Code::Failed));
    let findings = told.into_iter().map(|report| match report {
        Report::Check { subject, verdict, text, advice } => {
            assert_eq!(advice.is_none(), verdict == Verdict::Good, "{subject}: {text}");
            (subject, (verdict, text))
        }
        other => panic!("{other:?}"),
    });
    findings.collect()
}

#[test]
fn where_everything_is_there_nothing_is_bad_and_the_names_of_things_are_these() {
    let server = Server::with_ice(stun::begin());
    let url = server.url();
    let ran = run(&["doctor", "--json", "--server", &url, "--camera", "test", "--no-lan"]);
    assert_eq!(ran.status, Some(0), "{}", ran.stdout);
    let found = findings(&ran);
    let names: Vec<_> = found.keys().map(String::as_str).collect();
    let expected = [
        "camera",
        "clock",
        "config_file",
        "identity",
        "lan",
        "save_folder",
        "server",
        "state_folder",
        "stun",
        "terminal",
        "turn",
        "udp",
    ];
    assert_eq!(names, expected);
    for name in ["camera", "clock", "config_file", "identity", "lan", "server", "stun"] {
        assert_eq!(found[name].0, Verdict::Good, "{name}: {}", found[name].1);
    }
    assert!(found["server"].1.contains("answers in "), "{}", found["server"].1);
    assert_eq!(found["clock"].1, "as the server's");
    // No server of the stories relays, and this one runs without a terminal.
    assert_eq!((found["turn"].0, found["terminal"].0), (Verdict::SoSo, Verdict::SoSo));
}

#[test]
fn a_dead_server_is_bad_and_not_waited_for() {
    let server = Server::promise();
    let begun = Instant::now();
    let ran = run(&["doctor", "--json", "--server", &server.url(), "--camera", "test", "--no-lan"]);
    assert!(begun.elapsed() < BOUND, "{:?}", begun.elapsed());
    assert_eq!(ran.status, Some(1));
    let found = findings(&ran);
    assert_eq!(found["server"].0, Verdict::Bad);
    assert!(found["server"].1.ends_with("no server answers there"), "{}", found["server"].1);
    assert_eq!((found["stun"].0, found["turn"].0), (Verdict::SoSo, Verdict::SoSo));
    let bad = found.values().filter(|(verdict, _)| *verdict == Verdict::Bad).count();
    assert_eq!(bad, 1, "{}", ran.stdout);
}

#[test]
fn servers_that_never_answer_are_bad_and_not_waited_for() {
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let address = silent.local_addr().expect("its address");
    let relay = IceServer {
        urls: vec![format!("turn:{address}")],
        username: Some("ann".to_owned()),
        credential: Some("secret".to_owned()),
    };
    for (subject, ice_server) in [("stun", stun::at(address)), ("turn", relay)] {
        let server = Server::with_ice(ice_server);
        let begun = Instant::now();
        let ran =
            run(&["doctor", "--json", "--server", &server.url(), "--camera", "test", "--no-lan"]);
        assert!(begun.elapsed() < BOUND, "{subject}: {:?}", begun.elapsed());
        assert_eq!((ran.status, findings(&ran)[subject].0), (Some(1), Verdict::Bad), "{subject}");
    }

    let mute = std::net::TcpListener::bind("127.0.0.1:0").expect("a socket");
    let url = format!("http://{}", mute.local_addr().expect("its address"));
    let begun = Instant::now();
    let ran = run(&["doctor", "--json", "--server", &url, "--camera", "test", "--no-lan"]);
    assert!(begun.elapsed() < BOUND, "{:?}", begun.elapsed());
    let found = findings(&ran);
    assert_eq!(found["server"].0, Verdict::Bad);
    assert!(found["server"].1.ends_with("the server does not answer"), "{}", found["server"].1);
}

#[test]
fn a_relay_is_good_with_its_password_and_bad_with_another() {
    let turn = Turn::begin();
    for (password, verdict) in [("secret", Verdict::Good), ("another", Verdict::Bad)] {
        let server = Server::with_ice(turn.with_password(password));
        let url = server.url();
        let ran = run(&["doctor", "--json", "--server", &url, "--camera", "test", "--no-lan"]);
        let found = findings(&ran);
        assert_eq!(found["turn"].0, verdict, "{password}: {}", found["turn"].1);
        assert_eq!(ran.status, Some(i32::from(verdict == Verdict::Bad)), "{}", ran.stdout);
    }
}

#[test]
fn without_any_network_all_that_needs_one_is_told() {
    let begun = Instant::now();
    let ran = run_through(&["unshare", "-Urn"], &["doctor", "--json", "--camera", "test"]);
    assert!(begun.elapsed() < BOUND, "{:?}", begun.elapsed());
    let found = findings(&ran);
    assert_eq!((found["udp"].0, found["server"].0), (Verdict::Bad, Verdict::Bad));
    assert_eq!((found["lan"].0, found["stun"].0), (Verdict::SoSo, Verdict::SoSo));
    assert_eq!(found["save_folder"].0, Verdict::Good, "{}", found["save_folder"].1);
}

#[test]
fn a_save_folder_that_is_a_file_or_read_only_is_bad_with_a_way_out() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let path = file.path().display().to_string();
    let usual = ["doctor", "--listen", "127.0.0.1:0", "--no-lan", "--camera", "test", "--save"];
    let ran = run(&[&usual[..], &[&path]].concat());
    assert_eq!((ran.status, ran.stderr.as_str()), (Some(1), ""));
    let line =
        ran.stdout.lines().find(|line| line.starts_with("save folder   bad ")).expect("told");
    assert!(line.contains("photos cannot be saved in /"), "{line}");
    assert!(ran.stdout.contains("choose another with --save"), "{}", ran.stdout);

    let folder = tempfile::tempdir().expect("a folder");
    let save = folder.path().display().to_string();
    let script = format!("mount -t tmpfs -o ro tmpfs '{save}' && exec \"$@\"");
    let through = ["unshare", "-Urm", "sh", "-e", "-c", &script, "sh"];
    let ran = run_through(&through, &[&usual[..], &[&save, "--json"]].concat());
    let found = findings(&ran);
    assert_eq!(found["save_folder"].0, Verdict::Bad);
    assert!(found["save_folder"].1.contains("Read-only file system"), "{}", found["save_folder"].1);
    assert_eq!(ran.status, Some(1));
}

#[test]
fn a_config_file_that_is_wrong_is_one_of_the_things_told() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), "nmae = 'Ann'\n").expect("written");
    let path = file.path().display().to_string();
    let usual = ["doctor", "--json", "--listen", "127.0.0.1:0", "--no-lan", "--camera", "test"];
    let ran = run(&[&usual[..], &["--config", &path]].concat());
    let found = findings(&ran);
    assert_eq!(found["config_file"].0, Verdict::Bad);
    assert!(found["config_file"].1.contains("nmae"), "{}", found["config_file"].1);
    assert_eq!(found["server"].0, Verdict::SoSo, "loopback alone is no place for others");
}

#[test]
fn without_a_terminal_of_its_own_it_tells_the_same() {
    let usual = ["doctor", "--json", "--listen", "127.0.0.1:0", "--no-lan", "--camera", "test"];
    let ran = run_through(&["setsid", "-w"], &usual);
    assert_eq!(ran.status, Some(0), "{}", ran.stdout);
    assert_eq!(findings(&ran)["terminal"].0, Verdict::SoSo);
}

#[test]
fn a_terminal_that_answers_is_good_and_left_as_it_was() {
    let ann = Launch::of("Ann").size(120, 40).program(&[PROGRAM, "doctor"]).start(USUAL);
    assert_eq!(ann.ends(), 0);
    let words = ann.words();
    let line = words.lines().find(|line| line.starts_with("terminal good")).expect("told");
    assert!(line.contains("xterm-256color, 120x40, 24-bit colour"), "{words}");
    assert!(words.contains("same network good left alone"), "{words}");
    assert!(ann.is_given_back());
    let bytes = ann.bytes();
    assert!(String::from_utf8_lossy(&bytes).contains("\x1b[32mgood   \x1b[0m"), "in green");
}

#[test]
fn a_terminal_that_never_answers_is_told_of_and_not_waited_for() {
    let begun = Instant::now();
    let launch = Launch::of("Ann").size(120, 40).answers(Answers::Never).env("NO_COLOR", "1");
    let ann = launch.program(&[PROGRAM, "doctor"]).start(USUAL);
    assert_eq!(ann.ends(), 0);
    assert!(begun.elapsed() < BOUND, "{:?}", begun.elapsed());
    let words = ann.words();
    assert!(words.contains("it answers nothing"), "{words}");
    assert!(!String::from_utf8_lossy(&ann.bytes()).contains("\x1b[3"), "no colours");
}

#[test]
fn behind_another_program_it_asks_the_terminal_nothing_and_is_not_stopped() {
    let mut ann = Launch::of("Ann").size(120, 40).shell();
    let usual = USUAL.join(" ");
    ann.press(&format!("{PROGRAM} doctor {usual} & wait $!; echo $((6 * 7)) done\r"));
    ann.shows("42 done");
    let words = ann.words();
    assert!(words.contains("terminal good xterm-256color, 120x40"), "{words}");
}

const PROGRAM: &str = env!("CARGO_BIN_EXE_peersnap");
const USUAL: &[&str] = &["--listen", "127.0.0.1:0", "--no-lan", "--camera", "test"];
/// Five seconds, and what a busy machine adds.
const BOUND: Duration = Duration::from_secs(10);
