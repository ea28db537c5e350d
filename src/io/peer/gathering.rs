//! Which ways to others the servers for ICE give, found out by a connection that is never made.

use super::connection::{Connection, Notice, inlets};
use crate::obstacle;
use crate::text::kind;
use crate::transfer::ConnectionNumber;
use signaling_server::protocol::IceServer;
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::task::TaskTracker;

/// The kinds of candidates that came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Gathered {
    /// An address of this machine.
    pub host: bool,
    /// One that a STUN server sees it at.
    pub reflexive: bool,
    /// One of a TURN server's, which hands on what comes there.
    pub relayed: bool,
}

impl Gathered {
    /// Whether nothing of what is wanted is missing.
    fn has(self, wanted: Self) -> bool {
        (self.host || !wanted.host)
            && (self.reflexive || !wanted.reflexive)
            && (self.relayed || !wanted.relayed)
    }

    fn add(&mut self, candidate: &str) {
        match obstacle::kind(candidate) {
            Some("host") => self.host = true,
            Some("srflx") => self.reflexive = true,
            Some("relay") => self.relayed = true,
            _ => {}
        }
    }
}

/// Gathers until there is all that is wanted, or so long.
pub async fn gather(ice_servers: &[IceServer], wanted: Gathered, limit: Duration) -> Gathered {
    let (tasks, deadline) = (TaskTracker::new(), Instant::now() + limit);
    let mut gathered = Gathered::default();
    let (inlets, mut outlets) = inlets();
    let connection = Connection::new(ConnectionNumber(0), ice_servers, &inlets, &tasks);
    let connection = match timeout_at(deadline, connection).await {
        Ok(Ok(connection)) => connection,
        Ok(Err(error)) => {
            tracing::info!(error = kind(&error), "no connection can be made");
            return gathered;
        }
        Err(_) => return gathered,
    };
    if let Ok(Err(error)) = timeout_at(deadline, connection.offer()).await {
        tracing::info!(error = kind(&error), "no offer can be made");
    }
    while !gathered.has(wanted) {
        match timeout_at(deadline, outlets.notices.recv()).await {
            Ok(Some((_, Notice::Candidate(candidate)))) => gathered.add(&candidate.candidate),
            Ok(Some(_)) => {}
            Ok(None) | Err(_) => break,
        }
    }
    // What is left of it ends with the program.
    let _ = timeout(CLOSE_TIMEOUT, connection.close(CLOSE_TIMEOUT)).await;
    gathered
}

const CLOSE_TIMEOUT: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidates_are_told_apart_by_their_type() {
        let mut gathered = Gathered::default();
        for (candidate, expected) in [
            ("candidate:1 1 udp 5 10.0.0.1 5 typ host", (true, false, false)),
            (
                "candidate:2 1 udp 5 192.0.2.1 5 typ srflx raddr 10.0.0.1 rport 5",
                (true, true, false),
            ),
            ("candidate:3 1 udp 5 10.0.0.2 5 typ prflx", (true, true, false)),
            ("no candidate", (true, true, false)),
            ("candidate:4 1 udp 5 192.0.2.9 5 typ relay raddr 0.0.0.0 rport 0", (true, true, true)),
        ] {
            gathered.add(candidate);
            let Gathered { host, reflexive, relayed } = gathered;
            assert_eq!((host, reflexive, relayed), expected, "{candidate}");
        }
        let wanted = Gathered { reflexive: true, ..Gathered::default() };
        assert!(gathered.has(wanted) && wanted.has(wanted) && !Gathered::default().has(wanted));
    }
}
