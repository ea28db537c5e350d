//! What a server may make of sealed messages, and what a member may seal. See [`crate::fuzz`].

use super::binding::{self, Binding, Way};
use super::envelope::{Envelope, Place};
use super::{Identity, Member, OpenError, Opened, RoomKeys, Seal, Seed};
use crate::text::SafeText;
use data_encoding::BASE64URL_NOPAD;
use serde_json::value::{RawValue, to_raw_value};
use signaling_server::protocol::{Payload, PeerId};
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};
use zeroize::Zeroizing;

/// Steps of two bytes, some with what follows: what Bob says, what becomes of it on its way to Ann,
/// and what Carl, who knows the words too, sends in Bob's place.
pub(crate) fn sealed(data: &[u8]) {
    let mut world = World::new();
    let mut rest = data;
    for _ in 0..STEPS_MAX {
        let Some(([step, number], after)) = rest.split_first_chunk() else { return };
        let length = usize::from(*number).min(after.len());
        let more = &after[..length];
        rest = after;
        match step % 12 {
            0 => world.sent.extend(world.bob.poll_hello()),
            1 => world.say(),
            2 | 3 => world.deliver(*number),
            4 => world.deliver_changed(*number, rest),
            5 => world.answer(),
            6 => {
                rest = &after[length..];
                world.forge_hello(more);
            }
            7 => {
                rest = &after[length..];
                world.forge_signal(more);
            }
            8 => {
                rest = &after[length..];
                world.open_unsealed(&to_raw_value(&BASE64URL_NOPAD.encode(more)).expect("plain"));
            }
            9 => {
                rest = &after[length..];
                let json = String::from_utf8_lossy(more).into_owned();
                if let Ok(payload) = RawValue::from_string(json) {
                    world.open_unsealed(&payload);
                }
            }
            10 => world.bob = seal(BOB, ANN, world.next_life()),
            _ => world.ann = seal(ANN, BOB, world.next_life()),
        }
    }
}

struct World {
    ann: Seal,
    bob: Seal,
    /// What Bob sent, as the server keeps it.
    sent: Vec<Payload>,
    /// How many signals Bob sealed; each says its number.
    said: u32,
    /// Those that Ann may still open.
    unheard: BTreeSet<u32>,
    lives: u8,
}

impl World {
    fn new() -> Self {
        let (ann, bob) = (seal(ANN, BOB, 0), seal(BOB, ANN, 0));
        Self { ann, bob, sent: Vec::new(), said: 0, unheard: BTreeSet::new(), lives: 0 }
    }

    /// A seed is for one life alone.
    fn next_life(&mut self) -> u8 {
        self.lives += 1;
        self.lives
    }

    fn say(&mut self) {
        if let Ok(payload) = self.bob.seal(&self.said.to_string()) {
            self.unheard.insert(self.said);
            self.said += 1;
            self.sent.push(payload);
        }
    }

    fn deliver(&mut self, which: u8) {
        if let Some(payload) = pick(&self.sent, which) {
            let payload = payload.clone();
            self.open(&payload);
        }
    }

    /// A payload that was changed opens no more.
    fn deliver_changed(&mut self, which: u8, how: &[u8]) {
        let (Some(payload), [at, to, ..]) = (pick(&self.sent, which), how) else { return };
        let text: String = serde_json::from_str(payload.get()).expect("a string");
        let mut bytes = BASE64URL_NOPAD.decode(text.as_bytes()).expect("base64url");
        let at = usize::from(*at) * 3 % bytes.len();
        if bytes[at] == *to {
            return;
        }
        bytes[at] = *to;
        let changed = to_raw_value(&BASE64URL_NOPAD.encode(&bytes)).expect("plain");
        match self.ann.open(&changed) {
            Err(OpenError::BadSignature | OpenError::OtherIdentity) => panic!("it opened"),
            // Of another session it is ignored, since which one it is of stands outside.
            Err(_) | Ok(Opened::Ignored) => {}
            Ok(opened) => panic!("a changed payload is {opened:?}"),
        }
    }

    /// What Ann says in turn.
    fn answer(&mut self) {
        if let Some(hello) = self.ann.poll_hello() {
            assert!(self.ann.poll_hello().is_none(), "a hello is said once");
            // Bob may know another Ann by now.
            let _ = self.bob.open(&hello);
        }
    }

    /// Carl seals a hello of his own in Bob's place: by its form it may be anything.
    fn forge_hello(&mut self, body: &[u8]) {
        let carl = member(CARL);
        let whole = match body {
            [0, name @ ..] => {
                let key = carl.identity.public();
                [&[7; 16], &[8; 16], &[9; 16], &key.as_bytes()[..], name].concat()
            }
            body => body.to_vec(),
        };
        let binding = Binding::hello(&carl.keys.room, Way { from: BOB, to: ANN });
        let text = binding::seal(&carl.keys.signal, &carl.identity, &binding, [1; 24], &whole);
        let payload = Envelope::Hello(text).to_payload().expect("short");
        match self.ann.open(&payload) {
            Ok(Opened::Claimed(remote)) => assert_eq!(remote.key, carl.identity.public()),
            Ok(Opened::Ignored) | Err(_) => {}
            other => panic!("Carl's hello, which answers nothing, is {other:?}"),
        }
    }

    /// Carl seals a signal in Bob's place: it opens only where Ann talks to Carl.
    fn forge_signal(&mut self, body: &[u8]) {
        let (carl, ann) = (member(CARL), member(ANN));
        let (place, body) = match body {
            [from, to, counter, body @ ..] => {
                (Place { from: [*from; 16], to: [*to; 16], counter: u64::from(*counter) }, body)
            }
            body => (Place { from: [7; 16], to: [7; 16], counter: 0 }, body),
        };
        let (from, to) = (carl.identity.public(), ann.identity.public());
        let way = Way { from: BOB, to: ANN };
        let binding = Binding::signal(&carl.keys.room, way, &place, &from, &to);
        let text = binding::seal(&carl.keys.signal, &carl.identity, &binding, [2; 24], body);
        let payload = Envelope::Signal(place, text).to_payload().expect("short");
        assert!(!matches!(self.ann.open(&payload), Ok(Opened::Signal(_))), "Ann's nonce is hers");
    }

    /// What nobody sealed does not open.
    fn open_unsealed(&mut self, payload: &RawValue) {
        let opened = self.ann.open(payload);
        assert!(matches!(opened, Err(_) | Ok(Opened::Ignored)), "{opened:?}");
    }

    fn open(&mut self, payload: &RawValue) {
        if let Ok(Opened::Signal(signal)) = self.ann.open(payload) {
            let number = signal.parse().expect("what Bob sealed");
            assert!(self.unheard.remove(&number), "{number} was heard before, or never said");
            // They open in their order, so none before it will.
            self.unheard = self.unheard.split_off(&number);
        }
    }
}

fn pick(sent: &[Payload], which: u8) -> Option<&Payload> {
    sent.get(usize::from(which) % sent.len().max(1))
}

fn seal(local: PeerId, remote: PeerId, life: u8) -> Seal {
    let seed = Seed::new([life; 32]);
    Seal::new(member(local), local, remote, seed)
}

fn member(id: PeerId) -> Arc<Member> {
    static MEMBERS: LazyLock<[Arc<Member>; 3]> = LazyLock::new(|| {
        [ANN, BOB, CARL].map(|id| {
            let identity = Identity::from_secret(&Zeroizing::new([id.0 as u8; 32]));
            let keys = RoomKeys::of_master(&[7; 32]);
            Arc::new(Member { keys, identity, name: SafeText::new("a member") })
        })
    });
    MEMBERS[id.0 as usize].clone()
}

const ANN: PeerId = PeerId(0);
const BOB: PeerId = PeerId(1);
const CARL: PeerId = PeerId(2);
/// Signatures take their time: enough for a meeting, a loss and another meeting.
const STEPS_MAX: usize = 16;
