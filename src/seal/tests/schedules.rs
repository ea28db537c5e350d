//! Whatever a server does with what it carries, in whatever order.

use super::*;
use crate::seal::envelope::{Envelope, Nonce};
use data_encoding::BASE64URL_NOPAD;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::value::{RawValue, to_raw_value};
use std::collections::{BTreeMap, BTreeSet};

/// What may happen next. `bool` is which of the two it happens to.
#[derive(Debug, Clone)]
enum Step {
    /// It seals a signal.
    Seal(bool),
    /// It is given the newest of what the other said that it has not heard yet.
    Deliver(bool),
    /// It is given anything that anyone ever said.
    Replay(bool, Index),
    /// It is given the same with a bit flipped.
    Flip(bool, Index, Index),
    /// It begins anew.
    BeginAnew(bool),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => any::<bool>().prop_map(Step::Seal),
        8 => any::<bool>().prop_map(Step::Deliver),
        3 => any::<(bool, Index)>().prop_map(|(to, which)| Step::Replay(to, which)),
        1 => any::<(bool, Index, Index)>().prop_map(|(to, which, bit)| Step::Flip(to, which, bit)),
        1 => any::<bool>().prop_map(Step::BeginAnew),
    ]
}

/// Two peers, and a server that keeps everything.
struct World {
    seals: [Seal; 2],
    lives: u8,
    /// What each said, and how much of it the other was given.
    said: [Vec<Payload>; 2],
    heard: [usize; 2],
    /// What was sealed, and by whom.
    sealed: BTreeMap<String, usize>,
    opened: BTreeSet<String>,
    next: BTreeMap<(Nonce, Nonce), u64>,
}

impl World {
    fn new() -> Self {
        Self {
            seals: [seal_of(0, 0), seal_of(1, 1)],
            lives: 2,
            said: [Vec::new(), Vec::new()],
            heard: [0; 2],
            sealed: BTreeMap::new(),
            opened: BTreeSet::new(),
            next: BTreeMap::new(),
        }
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Seal(by) => {
                let by = usize::from(*by);
                let text = format!("signal {}", self.sealed.len());
                if let Ok(payload) = self.seals[by].seal(&text) {
                    self.sealed.insert(text, by);
                    self.said[by].push(payload);
                }
            }
            Step::Deliver(to) => self.deliver(usize::from(*to)),
            Step::Replay(to, which) => {
                if let Some(payload) = self.any(*which) {
                    self.give(usize::from(*to), &payload);
                }
            }
            Step::Flip(to, which, bit) => {
                if let Some(payload) = self.any(*which) {
                    let opened = self.seals[usize::from(*to)].open(&flipped(&payload, *bit));
                    assert!(matches!(opened, Err(_) | Ok(Opened::Ignored)), "{opened:?}");
                }
            }
            Step::BeginAnew(who) => {
                self.seals[usize::from(*who)] = seal_of(usize::from(*who), self.lives);
                self.lives += 1;
            }
        }
        for by in 0..2 {
            self.said[by].extend(self.seals[by].poll_hello());
        }
    }

    fn deliver(&mut self, to: usize) {
        let from = 1 - to;
        if let Some(payload) = self.said[from].get(self.heard[to]).map(copy) {
            self.heard[to] += 1;
            self.give(to, &payload);
        }
    }

    fn any(&self, which: Index) -> Option<Payload> {
        let all: Vec<&Payload> = self.said.iter().flatten().collect();
        (!all.is_empty()).then(|| copy(all[which.index(all.len())]))
    }

    /// What opens was sealed by the other for this one, never opened before, and is the next.
    fn give(&mut self, to: usize, payload: &RawValue) {
        let Ok(Opened::Signal(text)) = self.seals[to].open(payload) else { return };
        assert_eq!(self.sealed.get(&text), Some(&(1 - to)), "{text}: of the other");
        assert!(self.opened.insert(text.clone()), "{text}: once");
        let Ok(Envelope::Signal(place, _)) = Envelope::parse(payload) else { panic!("a signal") };
        let next = self.next.entry((place.from, place.to)).or_default();
        assert_eq!(place.counter, *next, "{text}: in order");
        *next += 1;
    }
}

fn seal_of(who: usize, life: u8) -> Seal {
    let (local, remote) = [(ANN, BOB), (BOB, ANN)][who];
    Seal::new(member(local), local, remote, Zeroizing::new([life; 32]))
}

fn copy(payload: &Payload) -> Payload {
    payload.to_owned()
}

fn flipped(payload: &RawValue, bit: Index) -> Payload {
    let text: String = serde_json::from_str(payload.get()).expect("a string");
    let mut bytes = BASE64URL_NOPAD.decode(text.as_bytes()).expect("base64url");
    let bit = bit.index(bytes.len() * 8);
    bytes[bit / 8] ^= 1 << (bit % 8);
    to_raw_value(&BASE64URL_NOPAD.encode(&bytes)).expect("plain")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_hostile_server_cannot_make_anything_open_that_should_not(
        steps in prop::collection::vec(step(), 0..60),
    ) {
        let mut world = World::new();
        for step in &steps {
            world.take(step);
        }
        // And once it behaves, a peer that begins anew is understood.
        let [ann, bob] = &mut world.seals;
        *bob = seal_of(1, world.lives);
        settle(ann, bob);
        assert_talk(ann, bob);
    }

    #[test]
    fn no_payload_panics_or_is_heard(bytes: Vec<u8>, kind in 0..4_u8, raw: bool) {
        let (mut ann, mut bob) = pair();
        let bytes = if raw { bytes } else { [&[1, kind], &bytes[..]].concat() };
        let payload = to_raw_value(&BASE64URL_NOPAD.encode(&bytes)).expect("plain");
        let opened = ann.open(&payload);
        prop_assert!(matches!(opened, Err(_) | Ok(Opened::Ignored)), "{opened:?}");
        assert_talk(&mut ann, &mut bob);
    }

    #[test]
    fn a_flipped_bit_of_a_signal_or_hello_changes_nothing(bit: Index) {
        let (mut ann, mut bob) = pair();
        let signal = sealed(&mut bob, "signal");
        let first = hello(&mut seal(BOB, ANN, 2));
        for payload in [&signal, &first] {
            let opened = ann.open(&flipped(payload, bit));
            prop_assert!(matches!(opened, Err(_) | Ok(Opened::Ignored)), "{opened:?}");
        }
        prop_assert!(ann.poll_hello().is_none());
        prop_assert_eq!(ann.open(&signal), Ok(Opened::Signal("signal".into())));
    }
}
