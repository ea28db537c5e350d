//! What the tasks of a server ask about addresses: who is there, and whether there is room for it.
//!
//! Connections from this machine are not counted, unless a trusted proxy says whom they are for: they
//! are one's own, of tests, of checks of health, or of a proxy that is not known as one, and then they
//! are of everybody. Addresses are held in memory for minutes and never logged.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::http::HeaderMap;
use ipnet::IpNet;
use tracing::warn;

use super::Config;
use super::addresses::{Addresses, Limits, TooMany, Use};
use super::forwarded;

/// Where those are counted who come.
#[derive(Debug)]
pub(super) struct Gate {
    proxies: Vec<IpNet>,
    addresses: Arc<Mutex<Addresses>>,
    /// It was said that a proxy is there which is not known as one.
    is_told: AtomicBool,
}

/// Counts as open until it is dropped.
#[derive(Debug)]
pub(super) struct Pass {
    _counted: Option<Counted>,
}

#[derive(Debug)]
struct Counted {
    address: IpAddr,
    what: Use,
    addresses: Arc<Mutex<Addresses>>,
}

impl Gate {
    pub(super) fn new(config: &Config) -> Self {
        let limits = Limits {
            connections_max: config.connections_per_address,
            sockets_max: config.sockets_per_address,
            upgrade_interval: Duration::from_mins(1) / config.upgrades_per_minute.max(1),
            upgrades_burst: config.upgrades_burst,
            networks_max: config.addresses_max,
        };
        Self {
            proxies: config.trust_proxies.clone(),
            addresses: Arc::new(Mutex::new(Addresses::new(limits))),
            is_told: AtomicBool::new(false),
        }
    }

    /// Lets a connection in, before anything of it is read.
    pub(super) fn connect(&self, came: IpAddr) -> Result<Pass, TooMany> {
        // Whom a proxy's connections are for is said in each request.
        if is_own(came) || forwarded::is_trusted(came, &self.proxies) {
            return Ok(Pass { _counted: None });
        }
        self.admit(came, Use::Connection, Addresses::connect)
    }

    /// Lets a connection become a websocket.
    pub(super) fn upgrade(&self, came: IpAddr, headers: &HeaderMap) -> Result<Pass, TooMany> {
        let forwarded = headers.get_all(FORWARDED_FOR);
        if !forwarded::is_trusted(came, &self.proxies) {
            if forwarded.iter().next().is_some() {
                self.tell_once();
            }
            if is_own(came) {
                return Ok(Pass { _counted: None });
            }
        }
        // What is no text is as good as what is no address.
        let values: Vec<&str> = forwarded.iter().map(|it| it.to_str().unwrap_or("")).collect();
        let client = forwarded::client(came, values.into_iter(), &self.proxies);
        self.admit(client, Use::Socket, Addresses::upgrade)
    }

    fn admit(
        &self,
        address: IpAddr,
        what: Use,
        count: impl FnOnce(&mut Addresses, IpAddr, Instant) -> Result<(), TooMany>,
    ) -> Result<Pass, TooMany> {
        count(&mut lock(&self.addresses), address, Instant::now())?;
        let counted = Counted { address, what, addresses: Arc::clone(&self.addresses) };
        Ok(Pass { _counted: Some(counted) })
    }

    fn tell_once(&self) {
        if !self.is_told.swap(true, Ordering::Relaxed) {
            warn!(
                "there are requests with X-Forwarded-For that are not from a trusted proxy: if they \
                 are from yours, name it (--trust-proxy), or those behind it are counted as one"
            );
        }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        lock(&self.addresses).end(self.address, self.what, Instant::now());
    }
}

fn is_own(came: IpAddr) -> bool {
    came.to_canonical().is_loopback()
}

/// Every change is made whole under the lock, so a panic elsewhere spoils nothing.
fn lock(addresses: &Mutex<Addresses>) -> MutexGuard<'_, Addresses> {
    addresses.lock().unwrap_or_else(PoisonError::into_inner)
}

const FORWARDED_FOR: &str = "x-forwarded-for";

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(proxies: &[&str]) -> Gate {
        let trust_proxies = proxies.iter().map(|it| it.parse().expect("a network")).collect();
        Gate::new(&Config {
            trust_proxies,
            upgrades_per_minute: 1,
            upgrades_burst: 9,
            sockets_per_address: 1,
            connections_per_address: 1,
            ..Config::default()
        })
    }

    fn from(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn forwarded(text: &str) -> HeaderMap {
        HeaderMap::from_iter([(
            FORWARDED_FOR.parse().expect("a name"),
            text.parse().expect("a value"),
        )])
    }

    #[test]
    fn what_is_open_counts_until_it_is_dropped() {
        let gate = gate(&[]);
        let pass = gate.connect(from("192.0.2.1")).expect("the first");
        assert_eq!(gate.connect(from("192.0.2.1")).err(), Some(TooMany::Connections));
        drop(pass);
        gate.connect(from("192.0.2.1")).expect("the first again");
        let _pass = gate.upgrade(from("192.0.2.1"), &HeaderMap::new()).expect("the first");
        let second = gate.upgrade(from("192.0.2.1"), &HeaderMap::new());
        assert_eq!(second.err(), Some(TooMany::Sockets));
    }

    #[test]
    fn this_machine_is_not_counted_whatever_it_says_of_others() {
        let gate = gate(&[]);
        for own in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
            for _ in 0..3 {
                let passes = (
                    gate.connect(from(own)).expect("not counted"),
                    gate.upgrade(from(own), &forwarded("192.0.2.1")).expect("not counted"),
                );
                std::mem::forget(passes);
            }
        }
        gate.upgrade(from("192.0.2.1"), &HeaderMap::new()).expect("nobody else was counted");
    }

    #[test]
    fn those_behind_a_trusted_proxy_are_counted_each_for_itself() {
        let gate = gate(&["127.0.0.0/8", "10.0.0.0/8"]);
        let proxy = from("127.0.0.1");
        let _connections = [gate.connect(proxy), gate.connect(proxy)].map(|it| it.expect("let in"));
        let _first = gate.upgrade(proxy, &forwarded("192.0.2.1")).expect("the first");
        assert_eq!(gate.upgrade(proxy, &forwarded("192.0.2.1")).err(), Some(TooMany::Sockets));
        let _other = gate.upgrade(proxy, &forwarded("192.0.2.2")).expect("somebody else");
        // A proxy that says nothing is taken for the one who asks.
        let _itself = gate.upgrade(proxy, &HeaderMap::new()).expect("the first");
        assert_eq!(gate.upgrade(proxy, &HeaderMap::new()).err(), Some(TooMany::Sockets));
    }
}
