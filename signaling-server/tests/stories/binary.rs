//! The program itself, started as a process.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::process::Command;

use signaling_server::certificate::Certificate;
use signaling_server::pin::Pin;
use signaling_server::protocol::{IceServer, Reply};

#[cfg(unix)]
use crate::process::shown;
use crate::process::{Running, program};
use crate::stun::{Access, Client, password};
use crate::world::{Heard, close_code, connect, hear, in_time, join, say};

#[cfg(unix)]
async fn ends_cleanly_by(signal: &str) {
    let stun = "stun:stun.example:3478";
    let mut running = Running::start(&["--listen", "127.0.0.1:0", "--stun", stun]);
    let mut socket = connect(running.address).await;
    say(&mut socket, &join("words", None)).await;
    let Heard::Reply(Reply::Welcome { ice_servers, .. }) = hear(&mut socket).await else {
        panic!("no welcome");
    };
    assert_eq!(ice_servers[0].urls, [stun]);

    let pid = running.child.id().to_string();
    let killed = Command::new("kill").args([signal, &pid]).status();
    assert!(killed.expect("kill runs").success());
    assert!(matches!(hear(&mut socket).await, Heard::Reply(Reply::Bye { .. })));
    assert_eq!(close_code(&mut socket).await, Some(1001));
    drop(socket);

    let ended = tokio::task::spawn_blocking(move || {
        let status = running.child.wait().expect("it ends");
        let mut log = String::new();
        let stderr = running.child.stderr.as_mut().expect("its stderr");
        stderr.read_to_string(&mut log).expect("a log");
        (status, log)
    });
    let (status, log) = in_time("the end of the program", ended).await.expect("no panic");
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(!log.contains("words"), "a room id in the log: {log}");
    assert!(!log.contains("127.0.0.1"), "an address in the log: {log}");
}

#[cfg(unix)]
#[tokio::test]
async fn the_program_serves_and_ends_with_0_by_sigterm() {
    ends_cleanly_by("-TERM").await;
}

#[cfg(unix)]
#[tokio::test]
async fn the_program_serves_and_ends_with_0_by_sigint() {
    ends_cleanly_by("-INT").await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_server_out_of_file_descriptors_goes_on_when_there_are_some_again() {
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -n 32 && exec \"$0\" --listen 127.0.0.1:0"]);
    limited.arg(env!("CARGO_BIN_EXE_signaling-server"));
    let mut running = Running::of(&mut limited);
    let idle: Vec<_> = (0..40)
        .map(|_| std::net::TcpStream::connect(running.address).expect("a place in the queue"))
        .collect();
    let stderr = running.child.stderr.take().expect("its stderr");
    let log = tokio::task::spawn_blocking(move || {
        let mut lines = BufReader::new(stderr).lines();
        let warned = lines.any(|line| line.expect("a line").contains("cannot accept for now"));
        // What else it logs is read on, so that it never waits for us.
        std::thread::spawn(move || lines.for_each(drop));
        warned
    });
    assert!(in_time("the warning", log).await.expect("no panic"));

    drop(idle);
    let mut socket = connect(running.address).await;
    say(&mut socket, &join("words", None)).await;
    let heard = hear(&mut socket).await;
    assert!(matches!(heard, Heard::Reply(Reply::Welcome { .. })));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn as_many_threads_serve_as_are_asked_for_or_one_for_two_processors() {
    let processors = std::thread::available_parallelism().expect("a number").get();
    for (arguments, workers) in [
        (&["--workers", "1"][..], 1),
        (&["--workers", "3"], 3),
        (&[], processors.div_ceil(2)),
        (&["--turn", "127.0.0.1:0"], processors),
    ] {
        let running = Running::start(&[&["--listen", "127.0.0.1:0"], arguments].concat());
        let mut socket = connect(running.address).await;
        say(&mut socket, &join("words", None)).await;
        let heard = hear(&mut socket).await;
        assert!(matches!(heard, Heard::Reply(Reply::Welcome { .. })), "{arguments:?}: {heard:?}");
        let tasks = std::fs::read_dir(format!("/proc/{}/task", running.child.id()));
        let threads = tasks.expect("a process").count();
        // One that is alone is the first one itself.
        let expected = if workers == 1 { 1 } else { 1 + workers };
        assert_eq!(threads, expected, "{arguments:?}");
    }
}

#[test]
fn a_port_in_use_is_said_with_a_way_out() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address");
    let output = program().args(["--listen", &address.to_string()]).output().expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    let port = address.port();
    assert!(said.contains(&format!("port {port} is in use")), "{said}");
    assert!(said.contains("--listen"), "{said}");
    assert!(output.stdout.is_empty());
}

#[test]
fn a_certificate_of_its_own_is_told_by_its_pin_which_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().to_str().expect("a path");
    let told = || {
        let mut running = program();
        running.args(["--listen", "127.0.0.1:0", "--tls", "self-signed", "--state", state]);
        let mut child = running.spawn().expect("it starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its stdout"))
            .read_line(&mut line)
            .expect("text");
        let _ = child.kill();
        child.wait().expect("it ends");
        let (place, pin) = line.trim_end().split_once("/#.").unwrap_or_else(|| panic!("{line:?}"));
        assert!(place.starts_with("listening on https://127.0.0.1:"), "{line}");
        pin.parse::<Pin>().expect("a pin")
    };
    assert_eq!(told(), told());
}

#[cfg(unix)]
#[tokio::test]
async fn a_certificate_is_read_again_at_sighup() {
    let folder = tempfile::tempdir().expect("a folder");
    let own =
        |name: &str| Certificate::Own(folder.path().join(name)).load().expect("a certificate");
    let (first, second) = (own("first"), own("second"));
    let of = |name: &str, what: &str| folder.path().join(name).join(format!("tls-{what}.pem"));
    let (certificate, key) = (of("first", "certificate"), of("first", "key"));
    let mut command = program();
    command.args(["--listen", "127.0.0.1:0", "--tls-cert"]).arg(&certificate);
    let mut running = Running::of(command.arg("--tls-key").arg(&key));
    assert_eq!(Some(shown(running.address).await), first.pin());
    std::fs::copy(of("second", "certificate"), &certificate).expect("it is replaced");
    std::fs::copy(of("second", "key"), &key).expect("it is replaced");
    let pid = running.child.id().to_string();
    assert!(Command::new("kill").args(["-HUP", &pid]).status().expect("kill runs").success());
    let stderr = running.child.stderr.take().expect("its stderr");
    let log = tokio::task::spawn_blocking(move || {
        let mut lines = BufReader::new(stderr).lines();
        lines.any(|line| line.expect("a line").contains("the certificate is read again"))
    });
    assert!(in_time("the log", log).await.expect("no panic"));
    assert_eq!(Some(shown(running.address).await), second.pin());
}

#[test]
fn a_redirect_to_nowhere_and_files_that_are_not_there_are_said_with_a_way_out() {
    for (arguments, advice) in [
        (&["--http-redirect", "127.0.0.1:0"][..], "--tls self-signed"),
        (&["--tls-cert", "missing.pem", "--tls-key", "missing.key"], "missing.pem cannot be read"),
    ] {
        let output = program().args(["--listen", "127.0.0.1:0"]).args(arguments).output();
        let output = output.expect("it runs");
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(advice), "{said}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn arguments_that_make_no_sense_end_with_2_and_an_example() {
    for (arguments, advice) in [
        (["--stun", "stun.example:3478"], "stun:stun.example.org:3478"),
        (["--ice-server", "http://stun.example"], "stun:stun.example.org:3478"),
        (["--turn", "3478"], "--turn"),
        (["--turn-ports", "9-8"], "49152-49407"),
        (["--turn-public-ip", "1.2.3.4"], "--turn"),
        (["--allow-origin", "friend.example"], "https://example.org"),
        (["--allow-origin", "https://a.example/page"], "https://example.org"),
        (["--public-url", "photos.example"], "https://example.org"),
        (["--tls-cert", "a.pem"], "--tls-key"),
        (["--tls", "acme"], "self-signed"),
        (["--log", "loud=quiet=x"], "levels are error"),
        (["--log-format", "xml"], "json"),
        (["--metrics", "9765"], "--metrics"),
        (["--trust-proxy", "10.0.0.0/99"], "as in 10.0.0.0/8"),
        (["--trust-proxy", "192.0.2.1,proxy.example"], "as in 10.0.0.0/8"),
        (["--drain", "soon"], "as in 30"),
        (["--upgrades-per-minute", "0"], "--upgrades-per-minute"),
        (["--workers", "0"], "1..=1024"),
        (["--workers", "100000"], "1..=1024"),
        (["--listen", "8765"], "--listen"),
    ] {
        let output = program().args(arguments).output().expect("it runs");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(advice), "{said}");
    }
}

/// What somebody who joins is told of servers for ICE.
async fn ice_servers(running: &Running) -> Vec<IceServer> {
    let mut socket = connect(running.address).await;
    say(&mut socket, &join("words", None)).await;
    match hear(&mut socket).await {
        Heard::Reply(Reply::Welcome { ice_servers, .. }) => ice_servers,
        other => panic!("no welcome: {other:?}"),
    }
}

#[tokio::test]
async fn the_program_relays_and_logs_no_address() {
    let mut running = Running::start(&[
        "--listen",
        "127.0.0.1:0",
        "--turn",
        "127.0.0.1:0",
        "--turn-allow-private",
        "--log",
        "signaling_server=trace",
    ]);
    let servers = ice_servers(&running).await;
    let [turn, stun] = &servers[..] else { panic!("{servers:?}") };
    let access = Access::of(&servers);
    assert_eq!(turn.urls, [format!("turn:{}?transport=udp", access.server)]);
    assert_eq!(stun.urls, [format!("stun:{}", access.server)]);
    let mut ann = Client::new("127.0.0.1", access.clone()).await;
    assert_eq!(ann.allocate().await.code(), None);

    running.child.kill().expect("it ends");
    let mut log = String::new();
    let stderr = running.child.stderr.as_mut().expect("its stderr");
    stderr.read_to_string(&mut log).expect("a log");
    assert!(log.contains("relaying"), "{log}");
    for private in ["127.0.0.1", "words", &access.username, &access.password] {
        assert!(!log.contains(private), "{private} in the log: {log}");
    }
}

#[tokio::test]
async fn servers_of_turn_elsewhere_get_credentials_of_their_secret() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("secret");
    std::fs::write(&file, "north\n").expect("a file");
    let file = file.to_str().expect("a path");
    let (stun, turn) = ("stun:stun.example:3478", "turn:turn.example:3478?transport=udp");
    let servers = ["--ice-server", stun, "--ice-server", turn];
    let all = [&["--listen", "127.0.0.1:0"], &servers[..], &["--turn-secret-file", file]].concat();
    let told = ice_servers(&Running::start(&all)).await;
    assert_eq!(told[0].urls, [turn]);
    assert_eq!(told[1].urls, [stun]);
    let username = told[0].username.as_deref().expect("a username");
    assert_eq!(told[0].credential, Some(password("north", username)));

    let without = program().args(servers).output().expect("it runs");
    assert_eq!(without.status.code(), Some(1));
    let said = String::from_utf8_lossy(&without.stderr);
    assert!(said.contains("--turn-secret-file"), "{said}");
}

#[test]
fn a_port_of_turn_that_is_in_use_is_said_with_a_way_out() {
    let taken = std::net::UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address").to_string();
    let output = program().args(["--listen", "127.0.0.1:0", "--turn", &address]).output();
    let output = output.expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("is in use") && said.contains("(--turn ADDR)"), "{said}");
    assert!(output.stdout.is_empty());
}
