//! How many allocations there are: of a peer, of its room, of all.

use std::collections::HashMap;

use super::Limits;
use super::credentials::Owner;

/// The allocations that are taken.
#[derive(Debug)]
pub(super) struct Quota {
    limits: Limits,
    total: usize,
    rooms: HashMap<u64, usize>,
    peers: HashMap<Owner, usize>,
}

/// There is none to be had (486 of RFC 8656, section 19).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reached;

impl Quota {
    /// Nothing taken yet.
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, total: 0, rooms: HashMap::new(), peers: HashMap::new() }
    }

    /// Takes one more, if none of the three counts is at its limit.
    pub(super) fn take(&mut self, owner: Owner) -> Result<(), Reached> {
        let of_room = self.rooms.get(&owner.room).copied().unwrap_or_default();
        let of_peer = self.peers.get(&owner).copied().unwrap_or_default();
        let fits = self.total < self.limits.allocations_max
            && of_room < self.limits.allocations_per_room
            && of_peer < self.limits.allocations_per_peer;
        if !fits {
            return Err(Reached);
        }
        self.total += 1;
        self.rooms.insert(owner.room, of_room + 1);
        self.peers.insert(owner, of_peer + 1);
        Ok(())
    }

    /// Gives one back that was taken.
    pub(super) fn give_back(&mut self, owner: Owner) {
        self.total = self.total.saturating_sub(1);
        one_less(&mut self.rooms, owner.room);
        one_less(&mut self.peers, owner);
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

    fn taken(quota: &mut Quota, owners: impl IntoIterator<Item = Owner>) -> usize {
        owners.into_iter().filter(|owner| quota.take(*owner).is_ok()).count()
    }

    #[test]
    fn two_a_peer_twenty_a_room_two_hundred_in_all() {
        let quota = || Quota::new(Limits::default());
        assert_eq!(taken(&mut quota(), (0..9).map(|_| owner(1, 1))), 2);
        assert_eq!(taken(&mut quota(), (0..90).map(|peer| owner(1, peer))), 20);
        assert_eq!(taken(&mut quota(), (0..900).map(|room| owner(room, 1))), 200);
    }

    #[test]
    fn what_is_given_back_is_there_for_others() {
        let mut quota = Quota::new(Limits::default());
        assert_eq!(taken(&mut quota, [owner(1, 1); 3]), 2);
        quota.give_back(owner(1, 1));
        assert_eq!(taken(&mut quota, [owner(1, 1); 3]), 1);
    }

    proptest! {
        #[test]
        fn no_count_is_ever_over_and_all_comes_back(
            steps in proptest::collection::vec((any::<bool>(), 0..3u64, 0..4u64), 0..200)
        ) {
            let limits = Limits {
                allocations_per_peer: 2, allocations_per_room: 4, allocations_max: 7,
                ..Limits::default()
            };
            let mut quota = Quota::new(limits);
            let mut held: Vec<Owner> = Vec::new();
            for (takes, room, peer) in steps {
                let owner = owner(room, peer);
                if !takes {
                    if let Some(at) = held.iter().position(|it| *it == owner) {
                        quota.give_back(held.swap_remove(at));
                    }
                    continue;
                }
                let of_room = held.iter().filter(|it| it.room == room).count();
                let of_peer = held.iter().filter(|it| **it == owner).count();
                let fits = held.len() < 7 && of_room < 4 && of_peer < 2;
                prop_assert_eq!(quota.take(owner).is_ok(), fits);
                if fits {
                    held.push(owner);
                }
            }
            for owner in held {
                quota.give_back(owner);
            }
            prop_assert!(quota.total == 0 && quota.rooms.is_empty() && quota.peers.is_empty());
        }
    }
}
