//! Watches this machine's network, and tells the app when it is another than before.
//!
//! On Linux the system says when to look (rtnetlink(7)), and nothing wakes up before. Elsewhere it is
//! looked at each second, as long as there is anybody to be connected to.

#[cfg(target_os = "linux")]
mod netlink;
#[cfg(any(test, not(target_os = "linux")))]
mod polled;

use crate::app::event::Event;
use crate::io::outward;
use crate::network::{Lookout, Surroundings};
use std::net::IpAddr;
use std::time::Instant;
use tokio::sync::{mpsc, watch};
use tokio::time::sleep_until;
use tokio_util::sync::CancellationToken;

#[cfg(target_os = "linux")]
use netlink::Stirs;
#[cfg(not(target_os = "linux"))]
use polled::Stirs;

/// What a watch is made of.
#[derive(Debug)]
pub struct Setup {
    /// Whether there is anybody whom a change matters to.
    pub matters: watch::Receiver<bool>,
    /// Where it is told.
    pub events: mpsc::Sender<Event>,
    /// Ends it.
    pub cancel: CancellationToken,
}

/// Watches until it is cancelled. Without it, a change is noticed by what comes of it, seconds later.
pub async fn watch(setup: Setup) {
    let Setup { matters, events, cancel } = setup;
    let mut stirs = match Stirs::new(matters) {
        Ok(stirs) => stirs,
        Err(error) => return tracing::warn!(%error, "the network is not watched"),
    };
    let mut lookout = Lookout::new(surroundings());
    loop {
        let due = lookout.poll_timeout();
        let at = due.unwrap_or_else(Instant::now);
        tokio::select! {
            () = cancel.cancelled() => return,
            stirred = stirs.next() => match stirred {
                Ok(()) => lookout.stir(Instant::now()),
                Err(error) => return tracing::warn!(%error, "the network is not watched any more"),
            },
            () = sleep_until(at.into()), if due.is_some() => {
                if lookout.look(surroundings()) {
                    tracing::info!("another network");
                    if events.send(Event::NetworkChanged).await.is_err() {
                        return;
                    }
                }
            }
        }
    }
}

/// What this machine's network looks like.
fn surroundings() -> Surroundings {
    // One that tells nothing looks as if it were down, and so different from one that does.
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let up = interfaces.iter().filter(|it| it.is_oper_up() && !it.is_loopback());
    let addresses = up.map(if_addrs::Interface::ip).filter(|ip| !is_of_one_link(*ip)).collect();
    Surroundings { addresses, ways_out: outward::sources().collect() }
}

/// Whether an address is known on one link alone (RFC 4291, section 2.5.6): each interface has one of its
/// own long before it leads anywhere.
fn is_of_one_link(ip: IpAddr) -> bool {
    matches!(ip, IpAddr::V6(ip) if ip.is_unicast_link_local())
}
