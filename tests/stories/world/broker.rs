//! A NATS server, which connects several servers.

use super::{PATIENCE, until};
use signaling_server::server::Bus;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

/// The broker. It ends with its story.
pub struct Broker {
    child: Child,
    address: SocketAddr,
}

impl Broker {
    /// Begins.
    pub fn begin() -> Self {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
        let address = free.expect("a free port");
        let child = Command::new("nats-server")
            .args(["--addr", "127.0.0.1", "--port", &address.port().to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nats-server: tests/run installs it");
        let broker = Self { child, address };
        until("nats-server listens", || TcpStream::connect_timeout(&address, PATIENCE).ok());
        broker
    }

    /// As servers are told of it.
    pub fn bus(&self) -> Bus {
        format!("nats://{}", self.address).parse().expect("a bus")
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
