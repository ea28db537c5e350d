//! One client's allocation: whom it may exchange datagrams with, by which channels, how fast.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use super::Limits;
use super::credentials::Account;
use super::message::Transaction;
use super::rates::{Allowance, Meter};

/// What a client has here (RFC 8656, section 3.2).
#[derive(Debug)]
pub(super) struct Allocation {
    pub client: SocketAddr,
    /// Where peers find it.
    pub relayed: SocketAddr,
    pub account: Account,
    /// Of the request that made it: the same one may come again.
    pub transaction: Transaction,
    /// When it ends unless it is refreshed.
    pub expires: Instant,
    permissions: HashMap<IpAddr, Instant>,
    channels: Vec<Channel>,
    to_peer: Lane,
    to_client: Lane,
    limits: Limits,
}

/// What goes one way.
#[derive(Debug)]
struct Lane {
    meter: Meter,
    /// How many datagrams wait.
    waiting: usize,
}

/// When data may go through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Passage {
    Now,
    /// Behind others that wait, or when the rate allows.
    At(Instant),
    /// Too much waits already.
    Never,
}

#[derive(Debug)]
struct Channel {
    number: u16,
    peer: SocketAddr,
    expires: Instant,
}

/// Why something is not granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Denied {
    /// There are as many as there may be.
    Full,
    /// The channel is another peer's, or the peer has another channel.
    Conflict,
}

/// Which way data goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    ToPeer,
    ToClient,
}

impl Allocation {
    /// One that lasts for its lifetime, with no permissions.
    pub(super) fn new(
        (client, relayed): (SocketAddr, SocketAddr),
        account: Account,
        transaction: Transaction,
        limits: Limits,
        now: Instant,
    ) -> Self {
        Self {
            client,
            relayed,
            account,
            transaction,
            expires: now + limits.lifetime,
            permissions: HashMap::new(),
            channels: Vec::new(),
            to_peer: Lane { meter: Meter::new(now), waiting: 0 },
            to_client: Lane { meter: Meter::new(now), waiting: 0 },
            limits,
        }
    }

    /// Permits or permits again: all of these, or none if there would be too many.
    pub(super) fn permit(&mut self, peers: &[IpAddr], now: Instant) -> Result<(), Denied> {
        self.permissions.retain(|_, expires| *expires > now);
        let until = now + PERMISSION_LIFETIME;
        let mut added = Vec::new();
        for peer in peers {
            if self.permissions.insert(*peer, until).is_none() {
                added.push(*peer);
            }
        }
        if self.permissions.len() <= self.limits.permissions_max {
            return Ok(());
        }
        for peer in added {
            self.permissions.remove(&peer);
        }
        Err(Denied::Full)
    }

    /// Whether data is exchanged with that address.
    pub(super) fn permits(&self, peer: IpAddr, now: Instant) -> bool {
        self.permissions.get(&peer).is_some_and(|expires| *expires > now)
    }

    /// Binds a channel to a peer or keeps it bound, and permits the peer.
    pub(super) fn bind(
        &mut self,
        number: u16,
        peer: SocketAddr,
        now: Instant,
    ) -> Result<(), Denied> {
        self.channels.retain(|channel| channel.expires > now);
        let bound = self.channels.iter().position(|it| it.number == number || it.peer == peer);
        match bound.map(|at| &self.channels[at]) {
            Some(channel) if channel.number != number || channel.peer != peer => {
                return Err(Denied::Conflict);
            }
            None if self.channels.len() >= self.limits.channels_max => return Err(Denied::Full),
            _ => {}
        }
        self.permit(&[peer.ip()], now)?;
        let expires = now + CHANNEL_LIFETIME;
        match bound {
            Some(at) => self.channels[at].expires = expires,
            None => self.channels.push(Channel { number, peer, expires }),
        }
        Ok(())
    }

    /// Whom a channel leads to.
    pub(super) fn peer_of(&self, number: u16, now: Instant) -> Option<SocketAddr> {
        let is_it = |it: &&Channel| it.number == number && it.expires > now;
        self.channels.iter().find(is_it).map(|it| it.peer)
    }

    /// Which channel leads to a peer.
    pub(super) fn channel_of(&self, peer: SocketAddr, now: Instant) -> Option<u16> {
        let is_it = |it: &&Channel| it.peer == peer && it.expires > now;
        self.channels.iter().find(is_it).map(|it| it.number)
    }

    /// Counts data that is to go through, unless it never will.
    pub(super) fn carries(&mut self, way: Way, bytes: usize, now: Instant) -> Passage {
        let Limits { bytes_per_second: per_second, bytes_burst: burst, .. } = self.limits;
        let waiting = self.limits.bytes_waiting;
        let lane = self.lane(way);
        match lane.meter.due(bytes, Allowance { per_second, burst }, waiting, now) {
            Some(at) if at <= now && lane.waiting == 0 => Passage::Now,
            Some(at) => Passage::At(at),
            None => Passage::Never,
        }
    }

    /// One more datagram waits.
    pub(super) fn wait(&mut self, way: Way) {
        self.lane(way).waiting += 1;
    }

    /// The one that has waited longest goes on.
    pub(super) fn go_on(&mut self, way: Way) {
        self.lane(way).waiting -= 1;
    }

    fn lane(&mut self, way: Way) -> &mut Lane {
        match way {
            Way::ToPeer => &mut self.to_peer,
            Way::ToClient => &mut self.to_client,
        }
    }
}

/// RFC 8656, section 9.
const PERMISSION_LIFETIME: Duration = Duration::from_mins(5);

/// RFC 8656, section 12.
const CHANNEL_LIFETIME: Duration = Duration::from_mins(10);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{PeerId, RoomId};
    use crate::turn::Secret;

    fn allocation(limits: Limits, now: Instant) -> Allocation {
        let secret = Secret::of_bytes([0; 32]);
        let room = RoomId::try_from("words".to_owned()).expect("a room id");
        let credentials = secret.grant(&room, PeerId(1), 0);
        let account = secret.account(&credentials.username, "realm", 0).expect("an account");
        let ends = (peer("192.0.2.1:5000"), peer("192.0.2.9:6000"));
        Allocation::new(ends, account, [0; 12], limits, now)
    }

    fn peer(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn a_permission_is_for_an_address_and_five_minutes() {
        let start = Instant::now();
        let mut allocation = allocation(Limits::default(), start);
        let ip = peer("1.1.1.1:1").ip();
        assert!(!allocation.permits(ip, start));
        allocation.permit(&[ip], start).expect("room");
        assert!(allocation.permits(ip, start + Duration::from_secs(299)));
        assert!(!allocation.permits(ip, start + Duration::from_mins(5)));
    }

    #[test]
    fn permissions_come_together_or_not_at_all_and_those_past_make_room() {
        let start = Instant::now();
        let limits = Limits { permissions_max: 3, ..Limits::default() };
        let mut allocation = allocation(limits, start);
        let ips: Vec<IpAddr> = (1..=6).map(|it| IpAddr::from([1, 1, 1, it])).collect();
        allocation.permit(&ips[..2], start).expect("room");
        assert_eq!(allocation.permit(&ips[1..4], start), Err(Denied::Full));
        assert!(allocation.permits(ips[1], start) && !allocation.permits(ips[2], start));
        allocation.permit(&ips[3..], start + Duration::from_mins(5)).expect("room");
    }

    #[test]
    fn a_channel_is_one_peers_for_ten_minutes_and_permits_it() {
        let start = Instant::now();
        let mut allocation = allocation(Limits::default(), start);
        let (ann, bert) = (peer("1.1.1.1:1"), peer("1.1.1.1:2"));
        allocation.bind(0x4000, ann, start).expect("a channel");
        assert_eq!(allocation.bind(0x4000, bert, start), Err(Denied::Conflict));
        assert_eq!(allocation.bind(0x4001, ann, start), Err(Denied::Conflict));
        allocation.bind(0x4001, bert, start).expect("another");
        assert!(allocation.permits(ann.ip(), start));
        assert_eq!(allocation.peer_of(0x4001, start), Some(bert));
        assert_eq!(allocation.channel_of(ann, start), Some(0x4000));
        let later = start + Duration::from_mins(9);
        allocation.bind(0x4000, ann, later).expect("it is kept");
        let late = start + Duration::from_mins(10);
        assert_eq!(allocation.channel_of(ann, late), Some(0x4000));
        assert_eq!(allocation.channel_of(bert, late), None);
        allocation.bind(0x4001, ann, late).expect_err("ann has another");
        allocation.bind(0x4002, bert, late).expect("bert has none any more");
    }

    #[test]
    fn channels_are_bounded() {
        let start = Instant::now();
        let limits = Limits { channels_max: 2, ..Limits::default() };
        let mut allocation = allocation(limits, start);
        let bound: Vec<_> = (0..4)
            .map(|it| allocation.bind(0x4000 + it, peer(&format!("1.1.1.1:{}", it + 1)), start))
            .collect();
        assert_eq!(bound, [Ok(()), Ok(()), Err(Denied::Full), Err(Denied::Full)]);
    }

    #[test]
    fn each_way_carries_its_rate() {
        let start = Instant::now();
        let (bytes_per_second, bytes_burst, bytes_waiting) = (1000, 1000, 200);
        let limits = Limits { bytes_per_second, bytes_burst, bytes_waiting, ..Limits::default() };
        let mut allocation = allocation(limits, start);
        let after = |milliseconds| start + Duration::from_millis(milliseconds);
        let mut carried = |way, at| {
            let passages = (0..99).map(|_| allocation.carries(way, 100, at));
            passages.filter(|it| *it != Passage::Never).collect::<Vec<_>>()
        };
        let (now, later) = (Passage::Now, [100, 200].map(|it| Passage::At(after(it))));
        let expected = [&[now; 10][..], &later].concat();
        assert_eq!(carried(Way::ToPeer, start), expected);
        assert_eq!(carried(Way::ToClient, start), expected);
        let later = [600, 700].map(|it| Passage::At(after(it)));
        assert_eq!(carried(Way::ToPeer, after(500)), [&[now; 3][..], &later].concat());
    }

    #[test]
    fn nothing_overtakes_what_waits() {
        let start = Instant::now();
        let mut allocation = allocation(Limits::default(), start);
        allocation.wait(Way::ToPeer);
        assert_eq!(allocation.carries(Way::ToPeer, 1, start), Passage::At(start));
        assert_eq!(allocation.carries(Way::ToClient, 1, start), Passage::Now);
        allocation.go_on(Way::ToPeer);
        assert_eq!(allocation.carries(Way::ToPeer, 1, start), Passage::Now);
    }
}
