//! Somebody who has the words poses as somebody else, and the server helps.

use super::{ANN, BOB, Receiver, Scene, ZOE, zoe};
use crate::world::forged::{KEY, Words};
use crate::world::launch::Launch;
use crate::world::passing::Passing;
use crate::world::rules::{Rule, Signal};
use crate::world::terminal::Terminal;
use peersnap::link::RoomLink;
use peersnap::seal::{Identity, Member, RoomKeys, Seal};
use peersnap::text::SafeText;
use signaling_server::protocol::{Payload, PeerId, Reply};
use std::sync::Arc;
use zeroize::Zeroizing;

#[test]
fn somebody_else_speaks_as_the_peer_who_is_here() {
    let mut scene = Scene::met();
    scene.evil.rule(posing(scene.evil.peer(ANN), scene.evil.peer(ZOE)));
    let mut mallory = mallory(&scene);
    scene.ann.is_told("someone else says hello in place of the one who is here");
    mallory.shows("no such room, or a word is wrong, or the server is not honest");
    scene.sends(&[zoe(&scene)], &[receiver(&mallory)]);
    mallory.quits();
    scene.ends_well();
}

/// Whoever comes as the third is told to be Zoë. What the third says is from Zoë then, and what is
/// for Zoë is for the third as well.
fn posing(ann: PeerId, zoe: PeerId) -> Rule {
    Box::new(move |lines, passing| {
        let third = lines.get(BOB).and_then(|line| line.peer);
        match (passing.line, passing.as_reply()) {
            (BOB, Some(Reply::Welcome { version, ice_servers, token, .. })) => {
                let peers = vec![ann];
                let welcome =
                    Reply::Welcome { version, id: zoe, peers, ice_servers, token, frames: false };
                vec![Passing::reply(BOB, &welcome)]
            }
            (_, Some(Reply::Joined { peer, .. })) if Some(peer) == third => Vec::new(),
            (ANN, Some(Reply::Signal { from, payload })) if Some(from) == third => {
                vec![Signal { from: zoe, to: ann, payload }.on_line(ANN)]
            }
            (ZOE, Some(Reply::Signal { from, payload })) if third.is_some() => {
                vec![passing, Signal { from, to: zoe, payload }.on_line(BOB)]
            }
            _ => vec![passing],
        }
    })
}

#[test]
fn a_hello_in_the_name_of_another_key_is_not_signed_by_it() {
    for as_zoe in [true, false] {
        let mut scene = Scene::met();
        let from = if as_zoe { scene.evil.peer(ZOE) } else { PeerId(7_000_000) };
        scene.evil.tell(ANN, &Reply::Joined { peer: from, offer: false });
        let payload = hello_with_the_key_of_another(&scene, from);
        scene.evil.say(Signal { from, to: scene.evil.peer(ANN), payload }.on_line(ANN));
        scene.ann.is_told("a sealed message could not be opened: its sender poses as someone else");
        scene.sends(&[zoe(&scene)], &[]);
        scene.ends_well();
    }
}

/// What a member can make that has the words and no other secret but its own.
fn hello_with_the_key_of_another(scene: &Scene, from: PeerId) -> Payload {
    let link: RoomLink = scene.link.parse().expect("a room link");
    let secret = Zeroizing::new([9; 32]);
    let (keys, identity) = (RoomKeys::derive(&link.words), Identity::from_secret(&secret));
    let member = Member { keys, identity, name: SafeText::new("Zoë") };
    let to = scene.evil.peer(ANN);
    let mut seal = Seal::new(Arc::new(member), from, to, Zeroizing::new([9; 32]));
    let hello = seal.poll_hello().expect("a hello is owed");
    let hers = scene.zoe.identity().public();
    let words = Words::of(&link.words.canonical());
    words.forge((from, to), &hello, &secret, |body| body[KEY].copy_from_slice(hers.as_bytes()))
}

/// Somebody who calls herself Zoë.
fn mallory(scene: &Scene) -> Terminal {
    let mallory = Launch::of("Zoë").join(&scene.link);
    scene.evil.peer(BOB);
    mallory
}

fn receiver(mallory: &Terminal) -> Receiver {
    Receiver { name: "Mallory", save: mallory.save.clone() }
}
