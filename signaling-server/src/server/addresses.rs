//! How much of the server an address takes up: connections, websockets, and how often it comes.
//!
//! Pure: addresses and times come in as arguments. What is counted is a [`network`], one address of
//! IPv4 or a /56 of IPv6. The table is bounded, and a network that has nothing open and has not come
//! for a while is forgotten.
//!
//! A websocket joins one room and can't join another, so this is also how many rooms an address looks
//! into or opens: see [`Limits::upgrades_burst`].

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use super::rate::Rate;
use crate::network::network;

/// The most of everything.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Connections of a network at a time that are no websockets.
    pub connections_max: usize,
    /// Websockets of a network at a time.
    pub sockets_max: usize,
    /// Upgrades of a network for long: one in this time.
    pub upgrade_interval: Duration,
    /// Upgrades of a network at once.
    pub upgrades_burst: u32,
    /// Networks that are known at a time.
    pub networks_max: usize,
}

/// What a network has open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    Connection,
    Socket,
}

/// Why there is no more for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TooMany {
    /// It has as many connections open as it may.
    Connections,
    /// It has as many websockets open as it may.
    Sockets,
    /// It comes too often; after this time it may again.
    Upgrades(Duration),
    /// More networks come than are remembered.
    Networks,
}

impl TooMany {
    /// When it is worth trying again.
    pub(super) fn retry_after(self) -> Duration {
        match self {
            Self::Upgrades(wait) => wait,
            Self::Connections | Self::Sockets | Self::Networks => RETRY_AFTER,
        }
    }
}

/// The networks that have something open, or came lately.
#[derive(Debug)]
pub(super) struct Addresses {
    limits: Limits,
    customers: HashMap<IpAddr, Customer>,
    /// When it was last looked who can be forgotten: not for each that comes, as in a flood that would
    /// be a walk through all of them each time.
    swept: Option<Instant>,
}

#[derive(Debug)]
struct Customer {
    connections: usize,
    sockets: usize,
    upgrades: Rate,
}

impl Addresses {
    /// Nobody so far.
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, customers: HashMap::new(), swept: None }
    }

    /// Counts a connection that is opened; [`Addresses::end`] is to be told when it ends.
    pub(super) fn connect(&mut self, address: IpAddr, now: Instant) -> Result<(), TooMany> {
        let most = self.limits.connections_max;
        let customer = self.customer(address, now)?;
        if customer.connections >= most {
            return Err(TooMany::Connections);
        }
        customer.connections += 1;
        Ok(())
    }

    /// Counts a connection that becomes a websocket; [`Addresses::end`] is to be told when that ends.
    /// What is refused is not held against the next one.
    pub(super) fn upgrade(&mut self, address: IpAddr, now: Instant) -> Result<(), TooMany> {
        let most = self.limits.sockets_max;
        let customer = self.customer(address, now)?;
        if customer.sockets >= most {
            return Err(TooMany::Sockets);
        }
        if !customer.upgrades.admits(now) {
            return Err(TooMany::Upgrades(customer.upgrades.wait(now)));
        }
        customer.sockets += 1;
        Ok(())
    }

    /// One that was counted has ended.
    pub(super) fn end(&mut self, address: IpAddr, what: Use, now: Instant) {
        let Entry::Occupied(mut entry) = self.customers.entry(network(address)) else { return };
        let customer = entry.get_mut();
        let count = match what {
            Use::Connection => &mut customer.connections,
            Use::Socket => &mut customer.sockets,
        };
        *count = count.saturating_sub(1);
        if customer.is_nothing(now) {
            entry.remove();
        }
    }

    fn customer(&mut self, address: IpAddr, now: Instant) -> Result<&mut Customer, TooMany> {
        self.forget(now);
        let room = self.limits.networks_max.saturating_sub(self.customers.len());
        let Limits { upgrade_interval, upgrades_burst, .. } = self.limits;
        match self.customers.entry(network(address)) {
            Entry::Occupied(entry) => Ok(entry.into_mut()),
            Entry::Vacant(_) if room == 0 => Err(TooMany::Networks),
            Entry::Vacant(entry) => Ok(entry.insert(Customer {
                connections: 0,
                sockets: 0,
                upgrades: Rate::every(upgrade_interval, upgrades_burst, now),
            })),
        }
    }

    /// Forgets those with nothing open who are back at their rate: each minute, and when the table is
    /// full as often as one may come.
    fn forget(&mut self, now: Instant) {
        let is_full = self.customers.len() >= self.limits.networks_max;
        let pause =
            if is_full { self.limits.upgrade_interval.min(SWEEP_EVERY) } else { SWEEP_EVERY };
        if self.swept.is_none_or(|at| at + pause <= now) {
            self.customers.retain(|_, customer| !customer.is_nothing(now));
            self.swept = Some(now);
        }
    }
}

impl Customer {
    fn is_nothing(&self, now: Instant) -> bool {
        self.connections == 0 && self.sockets == 0 && self.upgrades.is_at_rest(now)
    }
}

/// Nobody knows when something ends; a page that is being loaded, and a peer that is dead and not
/// yet found to be, are gone after this.
const RETRY_AFTER: Duration = Duration::from_mins(1);

const SWEEP_EVERY: Duration = Duration::from_mins(1);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMITS: Limits = Limits {
        connections_max: 256,
        sockets_max: 64,
        upgrade_interval: Duration::from_secs(3),
        upgrades_burst: 40,
        networks_max: 1000,
    };

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    /// How many upgrades there are at once, and why there is no more.
    fn upgraded(addresses: &mut Addresses, from: &str, now: Instant) -> (usize, TooMany) {
        let mut count = 0;
        loop {
            match addresses.upgrade(address(from), now) {
                Ok(()) => count += 1,
                Err(why) => return (count, why),
            }
        }
    }

    #[test]
    fn forty_at_once_then_twenty_a_minute_whatever_others_do() {
        let mut addresses = Addresses::new(LIMITS);
        let start = Instant::now();
        let wait = TooMany::Upgrades(Duration::from_secs(3));
        assert_eq!(upgraded(&mut addresses, "192.0.2.1", start), (40, wait));
        assert_eq!(upgraded(&mut addresses, "192.0.2.2", start), (40, wait));
        for _ in 0..40 {
            addresses.end(address("192.0.2.1"), Use::Socket, start);
        }
        let later = start + Duration::from_mins(1);
        assert_eq!(upgraded(&mut addresses, "192.0.2.1", later), (20, wait));
        assert_eq!(upgraded(&mut addresses, "192.0.2.3", later), (40, wait));
    }

    #[test]
    fn no_more_than_sixty_four_stay_open_until_one_ends() {
        let mut addresses = Addresses::new(LIMITS);
        let start = Instant::now();
        let later = start + Duration::from_mins(9);
        assert_eq!(upgraded(&mut addresses, "192.0.2.1", start).0, 40);
        assert_eq!(upgraded(&mut addresses, "192.0.2.1", later), (24, TooMany::Sockets));
        addresses.end(address("192.0.2.1"), Use::Socket, later);
        assert_eq!(upgraded(&mut addresses, "192.0.2.1", later), (1, TooMany::Sockets));
    }

    #[test]
    fn a_customers_addresses_of_ipv6_are_one_and_those_of_ipv4_each_for_itself() {
        let mut addresses = Addresses::new(LIMITS);
        let now = Instant::now();
        assert_eq!(upgraded(&mut addresses, "2001:db8:0:ff01::1", now).0, 40);
        assert_eq!(upgraded(&mut addresses, "2001:db8:0:ff02:3::4", now).0, 0);
        assert_eq!(upgraded(&mut addresses, "2001:db8:0:fe01::1", now).0, 40);
        assert_eq!(upgraded(&mut addresses, "::ffff:192.0.2.1", now).0, 40);
        assert_eq!(upgraded(&mut addresses, "::ffff:192.0.2.2", now).0, 40);
    }

    #[test]
    fn connections_are_counted_apart() {
        let mut addresses = Addresses::new(Limits { connections_max: 2, ..LIMITS });
        let (from, now) = (address("192.0.2.1"), Instant::now());
        assert_eq!(addresses.connect(from, now), Ok(()));
        assert_eq!(addresses.connect(from, now), Ok(()));
        assert_eq!(addresses.connect(from, now), Err(TooMany::Connections));
        assert_eq!(addresses.upgrade(from, now), Ok(()));
        addresses.end(from, Use::Connection, now);
        assert_eq!(addresses.connect(from, now), Ok(()));
    }

    #[test]
    fn the_table_is_bounded_and_those_at_rest_make_room() {
        let mut addresses = Addresses::new(Limits { networks_max: 3, ..LIMITS });
        let start = Instant::now();
        let from = |it: u8| IpAddr::from([192, 0, 2, it]);
        for it in 1..=3 {
            assert_eq!(addresses.upgrade(from(it), start), Ok(()));
        }
        assert_eq!(addresses.upgrade(from(4), start), Err(TooMany::Networks));
        // Who is known is not turned away.
        assert_eq!(addresses.upgrade(from(1), start), Ok(()));
        addresses.end(from(2), Use::Socket, start);
        let later = start + Duration::from_secs(3);
        assert_eq!(addresses.upgrade(from(4), later), Ok(()));
        assert_eq!(addresses.upgrade(from(5), later), Err(TooMany::Networks));
    }

    #[test]
    fn one_who_has_gone_and_does_not_come_back_is_forgotten() {
        let mut addresses = Addresses::new(LIMITS);
        let start = Instant::now();
        addresses.connect(address("192.0.2.1"), start).expect("the first");
        addresses.end(address("192.0.2.1"), Use::Connection, start);
        assert_eq!(addresses.customers.len(), 0);
        upgraded(&mut addresses, "192.0.2.2", start);
        for _ in 0..40 {
            addresses.end(address("192.0.2.2"), Use::Socket, start);
        }
        assert_eq!(addresses.customers.len(), 1);
        let later = start + Duration::from_mins(3);
        addresses.connect(address("192.0.2.3"), later).expect("the first");
        assert!(!addresses.customers.contains_key(&address("192.0.2.2")));
    }

    proptest! {
        #[test]
        fn whatever_happens_limits_hold_and_nothing_is_left_when_all_have_gone(
            steps in proptest::collection::vec((0..4u8, 0..6u8, 0..5000u64), 1..300)
        ) {
            let limits = Limits {
                connections_max: 3,
                sockets_max: 2,
                upgrades_burst: 4,
                networks_max: 5,
                ..LIMITS
            };
            let mut addresses = Addresses::new(limits);
            let mut now = Instant::now();
            let mut open = Vec::new();
            for (what, from, milliseconds) in steps {
                now += Duration::from_millis(milliseconds);
                let from = IpAddr::from([192, 0, 2, from]);
                match what {
                    0 if addresses.connect(from, now).is_ok() => open.push((from, Use::Connection)),
                    1 if addresses.upgrade(from, now).is_ok() => open.push((from, Use::Socket)),
                    _ if !open.is_empty() => {
                        let (from, what) = open.swap_remove(0);
                        addresses.end(from, what, now);
                    }
                    _ => {}
                }
                let count = |of, what| open.iter().filter(|it| **it == (of, what)).count();
                prop_assert!(count(from, Use::Connection) <= 3);
                prop_assert!(count(from, Use::Socket) <= 2);
                prop_assert!(addresses.customers.len() <= 5);
            }
            for (from, what) in open {
                addresses.end(from, what, now);
            }
            now += Duration::from_hours(1);
            addresses.connect(IpAddr::from([198, 51, 100, 1]), now).expect("there is room");
            prop_assert_eq!(addresses.customers.len(), 1);
        }
    }
}
