//! A server that gets its certificate from an authority by itself.

mod authority;
mod log;

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use rustls::AlertDescription;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::process::{Running, program, shown};
use crate::secure::{get, plain};
use crate::world::in_time;
use authority::{Authority, Rules, trusting};
use log::Log;

const HAD: &str = "there is a new certificate";

fn state() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

async fn handshake(
    client: &TlsConnector,
    address: SocketAddr,
    name: &'static str,
) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(address).await.expect("a connection");
    let name = ServerName::try_from(name).expect("a name");
    in_time("the handshake", client.connect(name, stream)).await
}

/// The alert that a handshake is answered with.
async fn alert(client: &TlsConnector, address: SocketAddr) -> AlertDescription {
    let error = handshake(client, address, "photos.example").await.expect_err("it is turned away");
    let cause = error.get_ref().and_then(|it| it.downcast_ref::<rustls::Error>());
    match cause {
        Some(rustls::Error::AlertReceived(alert)) => *alert,
        _ => panic!("no alert: {error}"),
    }
}

/// The certificate that is shown for a name, to those who trust the authority.
async fn certificate(
    client: &TlsConnector,
    address: SocketAddr,
    name: &'static str,
) -> CertificateDer<'static> {
    let mut stream = handshake(client, address, name).await.expect("it is trusted");
    let chain = stream.get_ref().1.peer_certificates().expect("a certificate");
    let certificate = chain[0].clone().into_owned();
    stream.write_all(&get("/healthz", name)).await.expect("it is sent");
    let mut answer = String::new();
    in_time("an answer", stream.read_to_string(&mut answer)).await.expect("text");
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("ok\n"), "{answer}");
    certificate
}

/// For how many seconds the authority is not asked, as the log has it.
fn pause(said: &str) -> u32 {
    let (_, rest) = said.split_once("next try in ").unwrap_or_else(|| panic!("{said}"));
    let (seconds, _) = rest.split_once(" s, or at SIGHUP").unwrap_or_else(|| panic!("{said}"));
    seconds.parse().expect("a number")
}

fn signal(running: &Running, signal: &str) {
    let pid = running.child.id().to_string();
    let sent = Command::new("kill").args([signal, &pid]).status();
    assert!(sent.expect("kill runs").success());
}

/// Ends the program, which had no reason to end before; all that it said.
fn end(mut running: Running, log: Log) -> String {
    signal(&running, "-TERM");
    let all = log.all();
    assert_eq!(running.child.wait().expect("it ends").code(), Some(0), "{all}");
    all
}

/// Every file below a folder, with who may do what to it.
fn modes(folder: &Path, found: &mut Vec<(String, u32)>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            modes(&path, found);
        } else {
            let mode = fs::metadata(&path).expect("a file").permissions().mode() & 0o777;
            found.push((path.file_name().expect("a name").to_string_lossy().into_owned(), mode));
        }
    }
    found.sort();
}

#[tokio::test]
async fn a_certificate_is_had_kept_and_shown_again_without_the_authority() {
    let (mut authority, state) = (Authority::start(Rules::default()), state());
    let names = "photos.example,WWW.photos.example";
    let (running, mut log) = authority.server(names, &state);
    assert!(log.until(HAD).contains("good for 89 days"));
    let client = trusting(&authority.root().await, &[]);
    let first = certificate(&client, running.address, "photos.example").await;
    assert_eq!(certificate(&client, running.address, "www.photos.example").await, first);
    let answer = plain(running.address, &get("/x", "photos.example:8443")).await;
    assert!(answer.starts_with("HTTP/1.1 308"), "{answer}");
    assert!(answer.contains("location: https://photos.example:8443/x\r\n"), "{answer}");
    // One who comes to look finds a proof while there is an order, and nothing else at any time.
    let looking = trusting(&authority.root().await, &[b"acme-tls/1"]);
    assert_eq!(alert(&looking, running.address).await, AlertDescription::AccessDenied);

    let mut kept = Vec::new();
    modes(state.path(), &mut kept);
    let files = ["account.json", "attempts.json", "certificate.pem"];
    assert_eq!(kept, files.map(|it| (it.to_owned(), 0o600)));
    let said = end(running, log);
    assert!(!said.contains("WARN"), "{said}");

    authority.go();
    let (running, log) = authority.server(names, &state);
    assert_eq!(certificate(&client, running.address, "photos.example").await, first);
    let said = end(running, log);
    assert!(!said.contains("asking"), "{said}");

    // One that lacks a name is better than none.
    let (running, mut log) = authority.server("photos.example,more.photos.example", &state);
    log.until("is not reached");
    assert_eq!(certificate(&client, running.address, "photos.example").await, first);
    end(running, log);
}

#[tokio::test]
async fn a_certificate_is_renewed_while_the_server_runs_and_an_old_one_is_better_than_none() {
    let rules = Rules { validity: 9, ..Rules::default() };
    let (mut authority, state) = (Authority::start(rules), state());
    let (running, mut log) = authority.server("photos.example", &state);
    log.until(HAD);
    let first = shown(running.address).await;
    log.until(HAD);
    assert_ne!(shown(running.address).await, first, "each has a key of its own");

    authority.go();
    let said = log.until("WARN");
    assert!(said.contains("is not reached: no connection: Connection refused"), "{said}");
    let last = shown(running.address).await;

    // Now it is another one, to which our account is unknown.
    authority.come();
    signal(&running, "-HUP");
    log.until("the authority does not know this account any more");
    assert_eq!(shown(running.address).await, last);
    signal(&running, "-HUP");
    log.until(HAD);
    assert_ne!(shown(running.address).await, last);
    end(running, log);
}

#[tokio::test]
async fn until_there_is_a_certificate_who_comes_is_turned_away_and_that_is_told_once() {
    let (mut authority, state) = (Authority::absent(Rules::default()), state());
    let (running, mut log) = authority.server("photos.example", &state);
    let said = log.until("WARN");
    assert!(said.contains(&format!("{} is not reached", authority.directory())), "{said}");
    assert!((50..=60).contains(&pause(&said)), "{said}");
    let client = trusting(&fs::read(authority.own_root()).expect("a root"), &[]);
    for _ in 0..3 {
        assert_eq!(alert(&client, running.address).await, AlertDescription::AccessDenied);
    }
    let answer = plain(running.address, &get("/", "photos.example:8443")).await;
    assert!(answer.starts_with("HTTP/1.1 308"), "{answer}");

    authority.come();
    signal(&running, "-HUP");
    log.until(HAD);
    let client = trusting(&authority.root().await, &[]);
    certificate(&client, running.address, "photos.example").await;
    let said = end(running, log);
    assert_eq!(said.matches("turned away").count(), 1, "{said}");
}

#[tokio::test]
async fn a_refusal_is_told_and_starting_over_does_not_ask_again_at_once() {
    let (authority, state) = (Authority::start(Rules::default()), state());
    let names = "photos.example,refused.example";
    let (running, mut log) = authority.server(names, &state);
    let said = log.until("WARN");
    assert!(said.contains("the authority refuses: "), "{said}");
    assert!(said.contains("refused.example"), "{said}");
    assert!(said.contains("(rejectedIdentifier); next try in "), "{said}");
    assert!((50..=60).contains(&pause(&said)), "{said}");
    end(running, log);

    let (running, mut log) = authority.server(names, &state);
    log.until("the last attempt failed; next try in ");
    signal(&running, "-HUP");
    let said = log.until("WARN");
    assert!((100..=120).contains(&pause(&said)), "{said}");
    let said = end(running, log);
    assert_eq!(said.matches("asking for a certificate").count(), 1, "{said}");
}

#[test]
fn a_program_that_dies_while_it_asks_does_not_ask_again_at_once() {
    let (authority, state) = (Authority::absent(Rules::default()), state());
    // It takes the connection, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let directory = format!("https://{}/dir", silent.local_addr().expect("an address"));
    let (running, mut log) = authority.server_of(&directory, "photos.example", &state);
    log.until("asking for a certificate");
    drop(silent.accept().expect("it is asked"));
    signal(&running, "-KILL");
    drop(running);

    let (running, mut log) = authority.server_of(&directory, "photos.example", &state);
    log.until("the last attempt failed; next try in ");
    let said = end(running, log);
    assert!(!said.contains("asking"), "{said}");
}

#[tokio::test]
async fn an_authority_that_does_not_find_the_server_says_so() {
    let rules = Rules { looks_at: 8444, ..Rules::default() };
    let (authority, state) = (Authority::start(rules), state());
    let (running, mut log) = authority.server("photos.example", &state);
    let said = log.until("WARN");
    let sentence = "the authority does not find this server at port 443 of photos.example: ";
    assert!(said.contains(sentence), "{said}");
    end(running, log);
}

#[tokio::test]
async fn what_answers_in_place_of_an_authority_is_told_apart() {
    let authority = Authority::start(Rules::default());
    let there = |port: &str, path: &str| {
        authority.directory().replace(":14000", port).replace("/dir", path)
    };
    for (directory, sentence) in [
        (there(":15000", "/roots/0"), "is no authority that is understood"),
        (there(":14000", "/nothing"), "it answers with 404 Not Found"),
        (there(":8055", "/"), "its certificate is not good, or it does not speak TLS"),
    ] {
        let state = state();
        let (running, mut log) = authority.server_of(&directory, "photos.example", &state);
        let said = log.until("WARN");
        assert!(said.contains(sentence), "{directory}: {said}");
        end(running, log);
    }
}

#[test]
fn what_makes_no_sense_is_refused_before_anything_starts() {
    let long = format!("{}example", "a.".repeat(130));
    for (arguments, advice) in [
        (&["--acme", "192.0.2.7"][..], "not for an address"),
        (&["--acme", "[2001:db8::1]"], "not for an address"),
        (&["--acme", "*.photos.example"], "a wildcard cannot be had in this way"),
        (&["--acme", "photos example"], "letters, digits and hyphens"),
        (&["--acme", ""], "a name is of 1 to 253 bytes"),
        (&["--acme", &long], "a name is of 1 to 253 bytes"),
        (&["--acme", "a.example", "--tls", "self-signed"], "cannot be used with"),
        (&["--acme", "a.example", "--tls-cert", "c", "--tls-key", "k"], "cannot be used with"),
        (&["--acme-contact", "who@photos.example"], "--acme <NAME>"),
        (&["--acme", "a.example", "--acme-contact", "who"], "NAME@HOST"),
        (&["--acme", "a.example", "--acme-directory", "http://a.example"], "a URL of https"),
    ] {
        let output = program().args(arguments).output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(advice), "{arguments:?}: {said}");
        assert!(output.stdout.is_empty());
    }
    let state = state();
    let file = state.path().join("root.pem");
    fs::write(&file, "no PEM").expect("it is written");
    let (folder, file) = (state.path().to_str().expect("a path"), file.to_str().expect("a path"));
    let many = (0..101).map(|it| format!("n{it}.example")).collect::<Vec<_>>().join(",");
    for (names, root, state, advice) in [
        (&many[..], None, folder, "for 100 names at most, and these are 101"),
        ("a.example", Some("missing.pem"), folder, "missing.pem cannot be read"),
        ("a.example", Some(file), folder, "there is no certificate of an authority in it"),
        ("a.example", None, file, "cannot be written"),
    ] {
        let mut command = program();
        command.args(["--acme", names, "--state", state]);
        let arguments: Vec<_> = root.iter().flat_map(|it| ["--acme-root", it]).collect();
        let output = command.args(&arguments).output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(said.contains(advice), "{arguments:?}: {said}");
        assert!(output.stdout.is_empty());
    }
}
