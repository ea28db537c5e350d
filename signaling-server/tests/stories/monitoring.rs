//! What those see who run a server: health, readiness, metrics.

use std::io::Write;
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::Duration;

use signaling_server::protocol::Reply;
use signaling_server::server::Config;

use crate::unruly::answer;
use crate::world::{Peer, Server, config, connect, in_time};

/// The answer to a request: all of it.
pub async fn get(address: SocketAddr, path: &str) -> String {
    answer(address, &format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")).await
}

/// All metrics.
async fn metrics(server: &Server) -> String {
    let answer = get(server.monitoring, "/metrics").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("content-type: application/openmetrics-text"), "{answer}");
    answer.split_once("\r\n\r\n").expect("a body").1.to_owned()
}

/// The value of one, by its name with its labels.
pub async fn metric(server: &Server, name: &str) -> f64 {
    value(&metrics(server).await, name)
}

/// The value of one of a text.
pub fn value(text: &str, name: &str) -> f64 {
    let of = |line: &str| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok();
    text.lines().find_map(of).unwrap_or_else(|| panic!("no {name} in:\n{text}"))
}

/// Waits until one has a value.
async fn becomes(server: &Server, name: &str, wanted: f64) {
    let same = |value: f64| (value - wanted).abs() < 0.5;
    in_time(name, async { while !same(metric(server, name).await) {} }).await;
}

#[tokio::test]
async fn a_meeting_is_seen_in_the_metrics_as_it_goes() {
    let server = Server::start(config()).await;
    let mut anna = Peer::join(&server, "words").await;
    let mut bert = Peer::join(&server, "words").await;
    anna.hear().await;
    bert.signal(anna.id, "1").await;
    anna.hear().await;
    let carl = Peer::join(&server, "others").await;
    for (name, value) in [
        ("signaling_rooms", 2.0),
        ("signaling_peers_here", 3.0),
        ("signaling_peers_away", 0.0),
        ("signaling_websockets_open", 3.0),
        ("signaling_upgrades_total{result=\"accepted\"}", 3.0),
        ("signaling_joins_total{result=\"welcome\"}", 3.0),
        // Three joins and a signal; three welcomes, one peer that joined, and the signal.
        ("signaling_messages_received_total", 4.0),
        ("signaling_messages_sent_total", 5.0),
    ] {
        becomes(&server, name, value).await;
    }
    let text = metrics(&server).await;
    assert!(value(&text, "signaling_message_bytes_received_total") > 100.0, "{text}");
    for private in ["words", "others", "127.0.0.1", &anna.token.0, &anna.id.0.to_string()] {
        assert!(!text.contains(private), "{private} in:\n{text}");
    }

    drop(carl);
    becomes(&server, "signaling_peers_away", 1.0).await;
    becomes(&server, "signaling_closes_total{reason=\"lost\"}", 1.0).await;
    anna.say(r#"{"type":"leave"}"#).await;
    assert_eq!(anna.close_code().await, Some(1000));
    bert.say("nonsense").await;
    assert_eq!(bert.close_code().await, Some(1008));
    drop((anna, bert));
    becomes(&server, "signaling_closes_total{reason=\"left\"}", 1.0).await;
    becomes(&server, "signaling_closes_total{reason=\"unreadable\"}", 1.0).await;
    becomes(&server, "signaling_websockets_open", 0.0).await;
    server.stopped().await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_process_is_seen_too() {
    let server = Server::start(config()).await;
    let text = metrics(&server).await;
    assert!(value(&text, "process_resident_memory_bytes") > 1e6, "{text}");
    assert!(value(&text, "process_open_fds") > 3.0, "{text}");
    assert!(text.contains(concat!("version=\"", env!("CARGO_PKG_VERSION"), "\"")), "{text}");
    server.stopped().await;
}

/// Not everything that looks like it is: the parser that others have for it is strict.
#[tokio::test]
async fn others_read_the_metrics_as_open_metrics() {
    let server = Server::start(config()).await;
    Peer::join(&server, "words").await;
    let text = metrics(&server).await;
    let read = "import sys\n\
                from prometheus_client.openmetrics.parser import text_string_to_metric_families\n\
                print(len(list(text_string_to_metric_families(sys.stdin.read()))))";
    let mut python = Command::new("/usr/bin/python3");
    let python = python.args(["-c", read]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut python = python.spawn().expect("python is there: apt-get install python3");
    let mut stdin = python.stdin.take().expect("its stdin");
    stdin.write_all(text.as_bytes()).expect("it is read");
    drop(stdin);
    let output = python.wait_with_output().expect("it ends");
    let advice = "it reads it; it is there: apt-get install python3-prometheus-client";
    assert!(output.status.success(), "{advice}");
    let families = text.lines().filter(|it| it.starts_with("# TYPE")).count();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), families.to_string());
    server.stopped().await;
}

#[tokio::test]
async fn metrics_are_not_told_to_everybody() {
    let server = Server::start(config()).await;
    let answer = get(server.address, "/metrics").await;
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    let page = get(server.monitoring, "/").await;
    assert!(page.starts_with("HTTP/1.1 404"), "{page}");
    server.stopped().await;
}

#[tokio::test]
async fn a_server_that_is_full_can_still_be_looked_at() {
    let server = Server::start(Config { connections_max: 1, ..config() }).await;
    let _anna = Peer::join(&server, "words").await;
    assert_eq!(get(server.address, "/healthz").await, "");
    assert!(get(server.monitoring, "/healthz").await.starts_with("HTTP/1.1 200"));
    becomes(&server, "signaling_connections_dropped_total{reason=\"server\"}", 1.0).await;
    server.stopped().await;
}

#[tokio::test]
async fn a_server_that_drains_is_not_ready_and_goes_on_until_its_time_is_over() {
    let config = Config { drain: Duration::from_secs(1), ..config() };
    let server = Server::start(config).await;
    for place in [server.address, server.monitoring] {
        assert!(get(place, "/readyz").await.starts_with("HTTP/1.1 200"));
    }
    let mut anna = Peer::join(&server, "words").await;
    let begun = std::time::Instant::now();
    server.stop();
    for place in [server.address, server.monitoring] {
        let answer = get(place, "/readyz").await;
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
        assert!(get(place, "/healthz").await.starts_with("HTTP/1.1 200"));
    }
    let mut bert = Peer::join(&server, "words").await;
    bert.signal(anna.id, "1").await;
    anna.hear().await;
    let signal = anna.hear_text().await;
    assert!(signal.contains("signal"), "{signal}");
    let _without_a_join = connect(server.address).await;

    for peer in [&mut anna, &mut bert] {
        // Maybe after the other one, of whom it hears then.
        while !matches!(peer.hear().await, Reply::Bye { .. }) {}
        assert!(begun.elapsed() >= Duration::from_secs(1));
        assert_eq!(peer.close_code().await, Some(1001));
    }
    server.stopped().await;
}
