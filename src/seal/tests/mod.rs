//! The seal as a whole: peers who meet, a server that does as it likes, members who pose as others.

mod meeting;
mod members;
mod schedules;
mod server;
mod vectors;

use super::*;
use crate::text::SafeText;
use signaling_server::protocol::{Payload, PeerId};
use std::sync::Arc;
use zeroize::Zeroizing;

const ANN: PeerId = PeerId(1);
const BOB: PeerId = PeerId(2);
const CARL: PeerId = PeerId(3);

/// A member of the room whose master key is this byte.
fn member_of(room: u8, id: PeerId) -> Arc<Member> {
    let name = match id {
        ANN => "Ann",
        BOB => "Bob",
        _ => "Carl",
    };
    let identity = Identity::from_secret(&Zeroizing::new([id.0 as u8; 32]));
    Arc::new(Member { keys: RoomKeys::of_master(&[room; 32]), identity, name: SafeText::new(name) })
}

fn member(id: PeerId) -> Arc<Member> {
    member_of(7, id)
}

/// Who a member is to others.
fn remote(id: PeerId) -> Remote {
    let member = member(id);
    Remote { name: member.name.clone(), key: member.identity.public() }
}

/// The seal of one member with another; each life of it has its own seed.
fn seal(local: PeerId, remote: PeerId, life: u8) -> Seal {
    let seed = Zeroizing::new([life * 16 + local.0 as u8; 32]);
    Seal::new(member(local), local, remote, seed)
}

/// Ann, who is there, and Bob, who comes; their hellos have crossed and are answered.
fn pair() -> (Seal, Seal) {
    let (mut ann, mut bob) = (seal(ANN, BOB, 1), seal(BOB, ANN, 1));
    settle(&mut ann, &mut bob);
    (ann, bob)
}

/// Carries the hellos that are owed until there are none.
fn settle(one: &mut Seal, other: &mut Seal) {
    for _ in 0..HELLOS_MAX {
        let (of_one, of_other) = (one.poll_hello(), other.poll_hello());
        if of_one.is_none() && of_other.is_none() {
            return;
        }
        if let Some(hello) = of_one {
            other.open(&hello).expect("a hello");
        }
        if let Some(hello) = of_other {
            one.open(&hello).expect("a hello");
        }
    }
    panic!("two peers never stop saying hello");
}

fn hello(seal: &mut Seal) -> Payload {
    seal.poll_hello().expect("a hello is owed")
}

fn sealed(seal: &mut Seal, text: &str) -> Payload {
    seal.seal(text).expect("ready")
}

/// What is said from now on arrives, in both directions.
#[track_caller]
fn assert_talk(one: &mut Seal, other: &mut Seal) {
    for round in 0..2 {
        let (there, back) = (format!("there {round}"), format!("back {round}"));
        let payload = sealed(one, &there);
        assert_eq!(other.open(&payload), Ok(Opened::Signal(there)));
        let payload = sealed(other, &back);
        assert_eq!(one.open(&payload), Ok(Opened::Signal(back)));
    }
}

/// Two peers have said all by then, however they began.
const HELLOS_MAX: usize = 5;
