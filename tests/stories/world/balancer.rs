//! A balancer in front of several servers: the worst there is, as it sends everybody to another.

use super::server::WORDS;
use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// The balancer. Its threads end with the connections that they carry.
pub struct Balancer {
    address: SocketAddr,
}

impl Balancer {
    /// Takes connections from now on: each goes to the server behind the one before, or the next that
    /// takes it.
    pub fn before(servers: Vec<SocketAddr>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let turn = Arc::new(AtomicUsize::new(0));
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let turn = turn.fetch_add(1, Ordering::Relaxed);
                let order = (0..servers.len()).map(|it| servers[(turn + it) % servers.len()]);
                let reached = order.map(TcpStream::connect).find_map(Result::ok);
                if let Some(server) = reached {
                    carry(&client, &server);
                }
            }
        });
        Self { address }
    }

    /// The link of a room behind it.
    pub fn link(&self) -> String {
        format!("http://{}/#{WORDS}", self.address)
    }
}

/// Carries bytes both ways, until either end is over.
fn carry(client: &TcpStream, server: &TcpStream) {
    for (from, to) in [(client, server), (server, client)] {
        let (mut from, mut to) = (clone(from), clone(to));
        thread::spawn(move || {
            // However it ends, it ends for both.
            let _ = io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Both);
            let _ = from.shutdown(Shutdown::Both);
        });
    }
}

fn clone(stream: &TcpStream) -> TcpStream {
    stream.try_clone().expect("a socket can be shared")
}
