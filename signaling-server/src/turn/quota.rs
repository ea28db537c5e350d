//! How many allocations there are: of a peer, of its room, of the address it comes from, of all.

use std::collections::HashMap;
use std::net::IpAddr;

use super::Limits;
use super::credentials::Owner;
use crate::network::network;

/// The allocations that are taken.
#[derive(Debug)]
pub(super) struct Quota {
    limits: Limits,
    total: usize,
    rooms: HashMap<u64, usize>,
    peers: HashMap<Owner, usize>,
    networks: HashMap<IpAddr, usize>,
}

/// There is none to be had (486 of RFC 8656, section 19).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reached;

impl Quota {
    /// Nothing taken yet.
    pub(super) fn new(limits: Limits) -> Self {
        let (rooms, peers, networks) = (HashMap::new(), HashMap::new(), HashMap::new());
        Self { limits, total: 0, rooms, peers, networks }
    }

    /// Takes one more, if none of the four counts is at its limit.
    pub(super) fn take(&mut self, owner: Owner, address: IpAddr) -> Result<(), Reached> {
        let network = network(address);
        let of_room = self.rooms.get(&owner.room).copied().unwrap_or_default();
        let of_peer = self.peers.get(&owner).copied().unwrap_or_default();
        let of_network = self.networks.get(&network).copied().unwrap_or_default();
        let fits = self.total < self.limits.allocations_max
            && of_network < self.limits.allocations_per_address
            && of_room < self.limits.allocations_per_room
            && of_peer < self.limits.allocations_per_peer;
        if !fits {
            return Err(Reached);
        }
        self.total += 1;
        self.rooms.insert(owner.room, of_room + 1);
        self.peers.insert(owner, of_peer + 1);
        self.networks.insert(network, of_network + 1);
        Ok(())
    }

    /// Gives one back that was taken.
    pub(super) fn give_back(&mut self, owner: Owner, address: IpAddr) {
        self.total = self.total.saturating_sub(1);
        one_less(&mut self.rooms, owner.room);
        one_less(&mut self.peers, owner);
        one_less(&mut self.networks, network(address));
    }
}

/// Counts down; what is at nothing is not remembered.
fn one_less<K: std::hash::Hash + Eq>(counts: &mut HashMap<K, usize>, key: K) {
    if let std::collections::hash_map::Entry::Occupied(mut count) = counts.entry(key) {
        *count.get_mut() -= 1;
        if *count.get() == 0 {
            count.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn owner(room: u64, peer: u64) -> Owner {
        Owner { room, peer }
    }

    fn address(last: u8) -> IpAddr {
        IpAddr::from([1, 2, 3, last])
    }

    /// How many of these get one, each from an address of its own.
    fn taken(quota: &mut Quota, owners: impl IntoIterator<Item = Owner>) -> usize {
        let addresses = (0..u32::MAX).map(|it| IpAddr::from((0x0102_0304 + it).to_be_bytes()));
        let each = owners.into_iter().zip(addresses);
        each.filter(|(owner, address)| quota.take(*owner, *address).is_ok()).count()
    }

    #[test]
    fn two_a_peer_twenty_a_room_two_hundred_in_all() {
        let quota = || Quota::new(Limits::default());
        assert_eq!(taken(&mut quota(), (0..9).map(|_| owner(1, 1))), 2);
        assert_eq!(taken(&mut quota(), (0..90).map(|peer| owner(1, peer))), 20);
        assert_eq!(taken(&mut quota(), (0..900).map(|room| owner(room, 1))), 200);
    }

    #[test]
    fn whoever_opens_room_after_room_has_those_of_one_address() {
        let mut quota = Quota::new(Limits::default());
        let mut taken = |last| {
            let from = address(last);
            (0..90).filter(|room| quota.take(owner(*room, last.into()), from).is_ok()).count()
        };
        assert_eq!((taken(1), taken(2)), (32, 32));
    }

    #[test]
    fn what_is_given_back_is_there_for_others() {
        let mut quota = Quota::new(Limits { allocations_per_address: 2, ..Limits::default() });
        let take = |quota: &mut Quota| quota.take(owner(1, 1), address(1)).is_ok();
        assert_eq!([take(&mut quota), take(&mut quota), take(&mut quota)], [true, true, false]);
        quota.give_back(owner(1, 1), address(1));
        assert_eq!([take(&mut quota), take(&mut quota)], [true, false]);
    }

    proptest! {
        #[test]
        fn no_count_is_ever_over_and_all_comes_back(
            steps in proptest::collection::vec((any::<bool>(), 0..3u64, 0..4u64, 0..3u8), 0..200)
        ) {
            let limits = Limits {
                allocations_per_peer: 2,
                allocations_per_room: 4,
                allocations_per_address: 3,
                allocations_max: 7,
                ..Limits::default()
            };
            let mut quota = Quota::new(limits);
            let mut held: Vec<(Owner, IpAddr)> = Vec::new();
            for (takes, room, peer, last) in steps {
                let (owner, from) = (owner(room, peer), address(last));
                if !takes {
                    if let Some(at) = held.iter().position(|it| it.0 == owner) {
                        let (owner, from) = held.swap_remove(at);
                        quota.give_back(owner, from);
                    }
                    continue;
                }
                let of_room = held.iter().filter(|it| it.0.room == room).count();
                let of_peer = held.iter().filter(|it| it.0 == owner).count();
                let of_address = held.iter().filter(|it| it.1 == from).count();
                let fits = held.len() < 7 && of_room < 4 && of_peer < 2 && of_address < 3;
                prop_assert_eq!(quota.take(owner, from).is_ok(), fits);
                if fits {
                    held.push((owner, from));
                }
            }
            for (owner, from) in held {
                quota.give_back(owner, from);
            }
            prop_assert!(quota.total == 0 && quota.rooms.is_empty() && quota.peers.is_empty());
            prop_assert!(quota.networks.is_empty());
        }
    }
}
