//! The requests of STUN and TURN, and what becomes of them (RFC 8489, RFC 8656).
//!
//! Sections named below are of RFC 8656 unless they say otherwise.

mod requests;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use super::addresses::Reach;
use super::allocation::{Allocation, Passage, Way};
use super::counts::Counts;
use super::credentials::{Account, Secret};
use super::message::{
    Class, Message, Method, Transaction, Writer, attribute, channel_data, read_channel_data,
};
use super::nonces::Nonces;
use super::quota::Quota;
use super::rates::Answers;
use super::{Limits, Now};
use requests::{Refusal, refusal, unknown};

/// What a relay is told once.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What credentials are made with.
    pub secret: Secret,
    /// Where allocations have their addresses: one of each family at most, or none, and then it is a
    /// STUN server alone.
    pub places: Vec<Place>,
    /// Whom they exchange datagrams with.
    pub reach: Reach,
    /// How much of everything there may be.
    pub limits: Limits,
}

/// An address of this machine to relay from, and what it is known by elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// What sockets are bound to.
    pub bound: IpAddr,
    /// What others are told: the same, unless there is a 1:1 NAT in front.
    pub told: IpAddr,
}

/// An allocation: each has a number that no other had before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AllocationId(pub u64);

/// What is to be done, in this order.
#[derive(Debug)]
pub enum Action {
    /// A datagram goes to a client, from the server's own address.
    Answer {
        /// The client.
        to: SocketAddr,
        /// The whole datagram.
        datagram: Vec<u8>,
    },
    /// A datagram goes to a peer, from an allocation's socket.
    Send {
        /// Whose socket.
        from: AllocationId,
        /// The peer.
        to: SocketAddr,
        /// The whole datagram.
        datagram: Vec<u8>,
    },
    /// A socket is wanted; [`Relay::opened`] is to be told of it before anything else.
    Open(Opening),
    /// The allocation has ended, and its socket with it.
    Close(AllocationId),
}

/// An allocation that waits for its socket.
#[derive(Debug)]
pub struct Opening {
    /// Which one it will be.
    pub id: AllocationId,
    /// Where the socket is to be bound; the port is up to whoever binds it.
    pub place: Place,
    /// Which port it is to be.
    pub parity: Parity,
    client: SocketAddr,
    account: Account,
    transaction: Transaction,
}

/// Which ports will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parity {
    /// Every one.
    Any,
    /// Even ones, as RTP has them (RFC 8656, section 18.6).
    Even,
}

impl Parity {
    /// Whether this one does.
    pub fn admits(self, port: u16) -> bool {
        self == Self::Any || port.is_multiple_of(2)
    }
}

/// The server of STUN and TURN, without its sockets.
#[derive(Debug)]
pub struct Relay {
    settings: Settings,
    nonces: Nonces,
    answers: Answers,
    quota: Quota,
    allocations: HashMap<AllocationId, Allocation>,
    clients: HashMap<SocketAddr, AllocationId>,
    relayed: HashMap<SocketAddr, AllocationId>,
    deadlines: BTreeSet<(Instant, AllocationId)>,
    /// What goes on later, by when and in the order that it came.
    waiting: BTreeMap<(Instant, u64), Waiting>,
    waiting_bytes: usize,
    waited_so_far: u64,
    allocations_so_far: u64,
    indications_so_far: u64,
    counts: Counts,
    actions: VecDeque<Action>,
}

/// Data that goes on once the rate allows it.
#[derive(Debug)]
struct Waiting {
    of: AllocationId,
    way: Way,
    peer: SocketAddr,
    data: Vec<u8>,
}

impl Relay {
    /// A relay without allocations. Nonces are made with the key: random, and new for each life of a
    /// server.
    pub fn new(settings: Settings, nonce_key: &[u8; 32]) -> Self {
        Self {
            nonces: Nonces::new(nonce_key),
            answers: Answers::new(&settings.limits),
            quota: Quota::new(settings.limits),
            settings,
            allocations: HashMap::new(),
            clients: HashMap::new(),
            relayed: HashMap::new(),
            deadlines: BTreeSet::new(),
            waiting: BTreeMap::new(),
            waiting_bytes: 0,
            waited_so_far: 0,
            allocations_so_far: 0,
            indications_so_far: 0,
            counts: Counts::default(),
            actions: VecDeque::new(),
        }
    }

    /// Takes a datagram that came to the server's own address. What is none of STUN or TURN is dropped.
    pub fn handle_client(&mut self, datagram: &[u8], client: SocketAddr, now: Now) {
        if datagram.first().is_some_and(|first| CHANNEL_DATA.contains(first)) {
            self.handle_channel_data(datagram, client, now.instant);
            return;
        }
        let Some(message) = Message::read(datagram) else { return };
        match (message.class, message.method) {
            (Class::Request, Method::Binding) => self.handle_binding(&message, client, now),
            (Class::Request, _) => self.handle_request(&message, client, now),
            (Class::Indication, Method::Send) => self.handle_send(&message, client, now.instant),
            _ => {}
        }
    }

    /// Takes a datagram that came to an allocation's relayed address.
    pub fn handle_peer(&mut self, to: AllocationId, datagram: &[u8], peer: SocketAddr, now: Now) {
        if self.reaches(peer) {
            self.deliver(to, datagram, peer, now.instant);
        }
    }

    /// Takes the port of the socket that was wanted, or none if there is none to be had.
    pub fn opened(&mut self, opening: Opening, port: Option<u16>, now: Now) {
        let Opening { id, place, client, account, transaction, .. } = opening;
        let key = account.key;
        let Some(port) = port else {
            self.quota.give_back(account.owner, client.ip());
            self.counts.refused += 1;
            let refused = Writer::new(Class::Error, Method::Allocate, &transaction);
            self.answer(client, refusal(refused, Refusal::InsufficientCapacity).sign(&key));
            return;
        };
        let ends = (client, SocketAddr::new(place.told, port));
        let limits = self.settings.limits;
        let allocation = Allocation::new(ends, account, transaction, limits, now.instant);
        self.deadlines.insert((allocation.expires, id));
        self.clients.insert(client, id);
        self.relayed.insert(allocation.relayed, id);
        let granted = Writer::new(Class::Success, Method::Allocate, &transaction);
        self.answer(client, self.granted(granted, &allocation).sign(&key));
        self.allocations.insert(id, allocation);
        self.counts.granted += 1;
    }

    /// When [`Relay::handle_timeout`] has something to do next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let goes_on = self.waiting.first_key_value().map(|((at, _), _)| *at);
        let ends = self.deadlines.first().map(|(at, _)| *at);
        goes_on.into_iter().chain(ends).min()
    }

    /// Carries on what has waited long enough, and ends the allocations whose time is over.
    pub fn handle_timeout(&mut self, now: Now) {
        while let Some(first) = self.waiting.first_entry()
            && first.key().0 <= now.instant
        {
            let Waiting { of, way, peer, data } = first.remove();
            self.waiting_bytes -= data.len();
            // It may have ended meanwhile.
            if let Some(allocation) = self.allocations.get_mut(&of) {
                allocation.go_on(way);
                self.pass(of, way, &data, peer, now.instant);
            }
        }
        while let Some((at, id)) = self.deadlines.first().copied()
            && at <= now.instant
        {
            self.remove(id);
        }
    }

    /// What is counted.
    pub fn counts(&self) -> Counts {
        Counts { allocations: self.allocations.len(), ..self.counts }
    }

    /// What is to be done next.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// Section 11.2: data for a peer, in an indication, which nobody answers.
    fn handle_send(&mut self, indication: &Message<'_>, client: SocketAddr, now: Instant) {
        let Some(id) = self.clients.get(&client).copied() else { return };
        let peer = indication.addresses(attribute::XOR_PEER_ADDRESS).next().flatten();
        let data = indication.attribute(attribute::DATA);
        let (Some(peer), Some(data), None) = (peer, data, unknown(indication)) else { return };
        if self.allocations.get(&id).is_some_and(|it| it.permits(peer.ip(), now)) {
            self.carry(id, Way::ToPeer, data, peer, now);
        }
    }

    /// Section 12.6: the same, by a channel.
    fn handle_channel_data(&mut self, datagram: &[u8], client: SocketAddr, now: Instant) {
        let Some(id) = self.clients.get(&client).copied() else { return };
        let Some((number, data)) = read_channel_data(datagram) else { return };
        let peer = self.allocations.get(&id).and_then(|it| it.peer_of(number, now));
        if let Some(peer) = peer {
            self.carry(id, Way::ToPeer, data, peer, now);
        }
    }

    /// Carries data one way as soon as the rate allows it, or drops it.
    fn carry(&mut self, of: AllocationId, way: Way, data: &[u8], peer: SocketAddr, now: Instant) {
        let Some(allocation) = self.allocations.get_mut(&of) else { return };
        let has_room = self.waiting_bytes + data.len() <= self.settings.limits.bytes_waiting_of_all;
        match allocation.carries(way, data.len(), now) {
            Passage::Now => self.pass(of, way, data, peer, now),
            Passage::At(at) if has_room => {
                allocation.wait(way);
                self.waiting_bytes += data.len();
                self.waited_so_far += 1;
                let waiting = Waiting { of, way, peer, data: data.to_vec() };
                self.waiting.insert((at, self.waited_so_far), waiting);
            }
            Passage::At(_) | Passage::Never => self.counts.dropped += 1,
        }
    }

    fn pass(&mut self, of: AllocationId, way: Way, data: &[u8], peer: SocketAddr, now: Instant) {
        match way {
            Way::ToPeer => self.send(of, data, peer, now),
            Way::ToClient => self.hand_on(of, data, peer, now),
        }
    }

    /// Carries data to a peer: another allocation's client, or whoever is outside.
    fn send(&mut self, from: AllocationId, data: &[u8], peer: SocketAddr, now: Instant) {
        let Some(relayed) = self.allocations.get(&from).map(|it| it.relayed) else { return };
        let other = self.relayed.get(&peer).copied();
        if other.is_none() && !self.reaches(peer) {
            return;
        }
        self.counts.bytes_to_peers += data.len() as u64;
        match other {
            // It need not leave the machine, and behind a NAT it might not find back.
            Some(other) => self.deliver(other, data, relayed, now),
            None => {
                self.actions.push_back(Action::Send { from, to: peer, datagram: data.to_vec() });
            }
        }
    }

    /// Carries data of a peer to an allocation's client (sections 11.4 and 12.7).
    fn deliver(&mut self, to: AllocationId, data: &[u8], peer: SocketAddr, now: Instant) {
        if self.allocations.get(&to).is_some_and(|it| it.permits(peer.ip(), now)) {
            self.carry(to, Way::ToClient, data, peer, now);
        }
    }

    fn hand_on(&mut self, to: AllocationId, data: &[u8], peer: SocketAddr, now: Instant) {
        let Some(allocation) = self.allocations.get(&to) else { return };
        self.counts.bytes_to_clients += data.len() as u64;
        let client = allocation.client;
        let datagram = if let Some(number) = allocation.channel_of(peer, now) {
            channel_data(number, data)
        } else {
            // Nobody answers an indication, so its number need only differ from others'.
            self.indications_so_far += 1;
            let mut transaction = [0; 12];
            transaction[4..].copy_from_slice(&self.indications_so_far.to_be_bytes());
            Writer::new(Class::Indication, Method::Data, &transaction)
                .address(attribute::XOR_PEER_ADDRESS, peer)
                .attribute(attribute::DATA, data)
                .finish()
        };
        self.answer(client, datagram);
    }

    /// Whether datagrams are exchanged with one who is outside.
    fn reaches(&self, peer: SocketAddr) -> bool {
        let reach = self.settings.reach;
        let is_apart = reach == Reach::Private || !self.is_own(peer.ip());
        peer.port() != 0 && is_apart && reach.admits(peer.ip())
    }

    fn is_own(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.settings.places.iter().any(|it| it.told == address || it.bound == address)
    }

    fn remove(&mut self, id: AllocationId) {
        let Some(allocation) = self.allocations.remove(&id) else { return };
        self.deadlines.remove(&(allocation.expires, id));
        self.clients.remove(&allocation.client);
        self.relayed.remove(&allocation.relayed);
        self.quota.give_back(allocation.account.owner, allocation.client.ip());
        self.actions.push_back(Action::Close(id));
    }

    fn answer(&mut self, to: SocketAddr, datagram: Vec<u8>) {
        self.actions.push_back(Action::Answer { to, datagram });
    }
}

/// The first bytes of `ChannelData` (RFC 8656, section 12).
const CHANNEL_DATA: std::ops::RangeInclusive<u8> = 0x40..=0x7f;

#[cfg(test)]
mod tests;
