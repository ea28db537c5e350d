//! Under systemd: sockets that it opened, and what it is told. The programs are those of systemd; what
//! stands in for the manager is a socket.

use std::io::Read;
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use signaling_server::protocol::Reply;

use crate::monitoring::get;
use crate::process::{Running, program};
use crate::world::{DEADLINE, Heard, connect, hear, join, say};

const PROGRAM: &str = env!("CARGO_BIN_EXE_signaling-server");

/// What listens in place of the program, and starts it when somebody comes; killed if a story fails.
struct Activator(Child);

impl Activator {
    /// Listens at these places, each with its name.
    fn start(sockets: &[(SocketAddr, &str)], arguments: &[&str]) -> Self {
        let mut command = Command::new("systemd-socket-activate");
        let names: Vec<&str> = sockets.iter().map(|(_, name)| *name).collect();
        for (place, _) in sockets {
            command.arg(format!("--listen={place}"));
        }
        command.arg(format!("--fdname={}", names.join(":")));
        command.arg(PROGRAM).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self(command.spawn().expect("systemd-socket-activate is there: apt-get install systemd"))
    }
}

impl Drop for Activator {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Places that nothing listens at.
fn free<const N: usize>() -> [SocketAddr; N] {
    let listeners = [(); N].map(|()| std::net::TcpListener::bind("127.0.0.1:0").expect("a port"));
    listeners.map(|it| it.local_addr().expect("an address"))
}

async fn until_it_listens(place: SocketAddr) {
    let begun = Instant::now();
    while TcpStream::connect(place).is_err() {
        assert!(begun.elapsed() < DEADLINE, "nothing listens at {place}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn whoever_comes_to_a_socket_of_systemd_is_served_by_the_program_that_starts_then() {
    let [here, monitoring] = free();
    let sockets = [(here, "signaling-server.socket"), (monitoring, "metrics")];
    // Somewhere that it could not listen at: it is not looked at.
    let _activator = Activator::start(&sockets, &["--listen", "192.0.2.1:1"]);
    until_it_listens(here).await;
    let mut socket = connect(here).await;
    say(&mut socket, &join("words", None)).await;
    assert!(matches!(hear(&mut socket).await, Heard::Reply(Reply::Welcome { .. })));
    let text = get(monitoring, "/metrics").await;
    assert!(text.contains("\nsignaling_rooms 1\n"), "{text}");
}

#[tokio::test]
async fn sockets_that_nobody_can_tell_apart_are_said_with_a_way_out() {
    let [first, second] = free();
    let mut activator = Activator::start(&[(first, "one"), (second, "two")], &[]);
    until_it_listens(first).await;
    let mut said = String::new();
    let stderr = activator.0.stderr.as_mut().expect("its stderr");
    stderr.read_to_string(&mut said).expect("text");
    assert!(said.contains("FileDescriptorName=http-redirect"), "{said}");
    assert_eq!(activator.0.wait().expect("it ends").code(), Some(1));
}

#[tokio::test]
async fn systemd_is_told_that_it_is_ready_lives_and_ends() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("notify");
    let manager = UnixDatagram::bind(&place).expect("a socket");
    manager.set_read_timeout(Some(DEADLINE)).expect("a deadline");
    let hear = || {
        let mut buffer = [0; 256];
        let length = manager.recv(&mut buffer).expect("it says something");
        String::from_utf8_lossy(&buffer[..length]).trim_end().to_owned()
    };

    let mut command = program();
    command.args(["--listen", "127.0.0.1:0"]).env("NOTIFY_SOCKET", &place);
    let begun = Instant::now();
    let mut running = Running::of(command.env("WATCHDOG_USEC", "200000"));
    assert_eq!(hear(), "READY=1");
    for _ in 0..5 {
        assert_eq!(hear(), "WATCHDOG=1");
    }
    // At once, and then each tenth of a second. What is heard late may have been said in time.
    let took = begun.elapsed();
    assert!(took >= Duration::from_millis(400), "{took:?}");

    let pid = running.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs").success());
    while hear() == "WATCHDOG=1" {}
    assert_eq!(running.child.wait().expect("it ends").code(), Some(0));
}

#[tokio::test]
async fn while_it_drains_it_is_not_ready_and_a_second_signal_ends_it_at_once() {
    let mut running = Running::start(&["--listen", "127.0.0.1:0", "--drain", "3600"]);
    assert!(get(running.address, "/readyz").await.starts_with("HTTP/1.1 200"));
    let mut socket = connect(running.address).await;
    say(&mut socket, &join("words", None)).await;
    assert!(matches!(hear(&mut socket).await, Heard::Reply(Reply::Welcome { .. })));
    let pid = running.child.id().to_string();
    let terminate = || Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs");
    assert!(terminate().success());
    let begun = Instant::now();
    while !get(running.address, "/readyz").await.starts_with("HTTP/1.1 503") {
        assert!(begun.elapsed() < DEADLINE, "it is ready still");
    }
    assert!(get(running.address, "/healthz").await.starts_with("HTTP/1.1 200"));
    assert!(running.child.try_wait().expect("it is there").is_none());
    assert!(terminate().success());
    let ended = tokio::task::spawn_blocking(move || running.child.wait().expect("it ends"));
    let status = crate::world::in_time("the end", ended).await.expect("no panic");
    assert_eq!(status.code(), Some(0));
}
