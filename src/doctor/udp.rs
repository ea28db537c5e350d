//! UDP, which connections go over: whether packets get through at all, and whether there is a way
//! to others.

use super::finding::{Finding, Subject};
use std::io;
use std::net::{Ipv4Addr, UdpSocket};
use std::time::Duration;

/// What was found.
#[derive(Debug)]
struct Seen {
    loopback: Result<(), String>,
    /// Whether a socket can be bound for others, and has a route to them.
    outward: Result<(), String>,
}

pub(super) fn check() -> Finding {
    let text = |error: io::Error| error.to_string();
    judge(&Seen { loopback: loopback().map_err(text), outward: outward().map_err(text) })
}

fn loopback() -> io::Result<()> {
    let receiver = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    receiver.set_read_timeout(Some(PATIENCE))?;
    let sender = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    sender.send_to(b"?", receiver.local_addr()?)?;
    let from = sender.local_addr()?;
    while receiver.recv_from(&mut [0; 1])?.1 != from {}
    Ok(())
}

/// Nothing is sent: connecting a UDP socket only asks the routing table.
fn outward() -> io::Result<()> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    socket.connect(DOCUMENTATION_ADDRESS)
}

fn judge(seen: &Seen) -> Finding {
    let subject = Subject::Udp;
    match (&seen.loopback, &seen.outward) {
        (Err(why), _) => subject.bad(
            format!("packets do not even reach this machine itself: {why}"),
            "a firewall, or a sandbox, keeps them back: connections need UDP",
        ),
        (Ok(()), Err(why)) => subject.so_so(
            format!("packets reach this machine alone: {why}"),
            "connect it to a network: others are reached by UDP, on any port",
        ),
        (Ok(()), Ok(())) => subject.good("packets get through, and there is a way to others"),
    }
}

const PATIENCE: Duration = Duration::from_secs(1);
/// An address that stands for any far one (RFC 5737).
const DOCUMENTATION_ADDRESS: (Ipv4Addr, u16) = (Ipv4Addr::new(192, 0, 2, 1), 9);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Verdict;

    #[test]
    fn without_loopback_nothing_works_and_without_a_route_half_of_it() {
        let verdict = |loopback, outward| {
            let seen = |works| if works { Ok(()) } else { Err("unreachable".to_owned()) };
            judge(&Seen { loopback: seen(loopback), outward: seen(outward) }).verdict
        };
        assert_eq!(verdict(true, true), Verdict::Good);
        assert_eq!(verdict(true, false), Verdict::SoSo);
        assert_eq!(verdict(false, true), Verdict::Bad);
    }

    #[test]
    fn a_packet_gets_through() {
        loopback().expect("loopback");
    }
}
