//! What is heard of peers at other instances.
//!
//! Each instance is believed of its own sockets, and heard in order; two are not. So what each says of a
//! peer is kept apart, until it takes that back: a peer is here as long as one of them has it.

use super::{Change, Claim, Heard, InstanceId, Place, Presence, Rooms};
use crate::protocol::{PeerId, Reply, RoomId};

impl Rooms {
    /// The peers of this instance in a room, and whether each is here.
    pub fn own(&self, room: &RoomId) -> Vec<(PeerId, bool)> {
        let members = self.open.get(room).into_iter().flat_map(|it| it.members.iter());
        let own = members.filter_map(|(peer, member)| {
            let presence = member.local.as_ref()?.presence;
            Some((*peer, matches!(presence, Presence::Here(_))))
        });
        own.collect()
    }

    /// Takes what happened to a peer of another instance. Of a room that nobody of this one has, nothing
    /// is kept.
    pub fn hear(&mut self, instance: InstanceId, room: &RoomId, change: Change) -> Heard {
        let mut heard = Heard::default();
        let place = |peer| Place { room: room.clone(), peer };
        match change {
            Change::Joined { peer, offers } => {
                let place = place(peer);
                self.join_elsewhere(instance, &place, |it| !offers.contains(&it), &mut heard);
                // It has moved.
                if let Some(Presence::Here(socket)) = self.give_up(&place) {
                    heard.superseded.push(socket);
                }
            }
            Change::Away(peer) => self.lose_elsewhere(instance, &place(peer), &mut heard),
            Change::Left(peer) => self.leave_elsewhere(instance, &place(peer), &mut heard),
            Change::Closed => self.hear_all(instance, room, &[], &mut heard),
        }
        heard
    }

    /// Takes all peers of another instance in a room, and whether each is there; others it has no more.
    pub fn hear_all(
        &mut self,
        instance: InstanceId,
        room: &RoomId,
        peers: &[(PeerId, bool)],
        heard: &mut Heard,
    ) {
        let Some(known) = self.open.get(room) else { return };
        let of_it = known.members.iter().filter_map(|(peer, member)| {
            let claim = member.claims.iter().find(|it| it.instance == instance)?;
            Some((*peer, claim.is_here))
        });
        let known: Vec<_> = of_it.collect();
        let place = |peer| Place { room: room.clone(), peer };
        for (peer, _) in &known {
            if !peers.iter().any(|(it, _)| it == peer) {
                self.leave_elsewhere(instance, &place(*peer), heard);
            }
        }
        for (peer, is_here) in peers {
            match is_here {
                true if known.contains(&(*peer, true)) => {}
                true if self.standing(&place(*peer)) == Some(true) => {
                    self.claim(instance, &place(*peer), true);
                }
                // Whether it has offered is not told here: in doubt both do, and one offer stands.
                true => self.join_elsewhere(instance, &place(*peer), |_| true, heard),
                false => self.lose_elsewhere(instance, &place(*peer), heard),
            }
        }
    }

    /// A peer has come to another instance. Those for whom `offers` holds are to offer to it.
    fn join_elsewhere(
        &mut self,
        instance: InstanceId,
        place: &Place,
        offers: impl Fn(PeerId) -> bool,
        heard: &mut Heard,
    ) {
        let was_here = self.standing(place) == Some(true);
        if !self.claim(instance, place, true) {
            return;
        }
        if was_here {
            heard.deliveries.extend(self.tell_others(place, |_, peer| Reply::Away { peer }));
        }
        let joined = |to, peer| Reply::Joined { peer, offer: offers(to) };
        heard.deliveries.extend(self.tell_others(place, joined));
    }

    fn lose_elsewhere(&mut self, instance: InstanceId, place: &Place, heard: &mut Heard) {
        let before = self.standing(place);
        self.claim(instance, place, false);
        heard.deliveries.extend(self.tell_change(place, before));
    }

    fn leave_elsewhere(&mut self, instance: InstanceId, place: &Place, heard: &mut Heard) {
        let before = self.standing(place);
        let room = self.open.get_mut(&place.room);
        if let Some(member) = room.and_then(|it| it.members.get_mut(&place.peer)) {
            member.claims.retain(|it| it.instance != instance);
            self.drop_if_nowhere(place);
            heard.deliveries.extend(self.tell_change(place, before));
        }
    }

    /// Takes what an instance says of a peer; false if nobody of this one has the room.
    fn claim(&mut self, instance: InstanceId, place: &Place, is_here: bool) -> bool {
        let Some(room) = self.open.get_mut(&place.room) else { return false };
        let claims = &mut room.members.entry(place.peer).or_default().claims;
        claims.retain(|it| it.instance != instance);
        claims.push(Claim { instance, is_here });
        true
    }

    /// Lets go of a peer of this instance that is at another now.
    fn give_up(&mut self, place: &Place) -> Option<Presence> {
        let presence = self.void(place)?;
        match presence {
            Presence::Here(socket) => {
                self.sockets.remove(&socket);
            }
            Presence::Away { until } => {
                self.deadlines.remove(&(until, place.clone()));
            }
        }
        self.close_if_over(&place.room);
        Some(presence)
    }
}
