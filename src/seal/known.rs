//! The peers that were met before, by name: known again by their keys, noticed when they change.
//!
//! A pure value that whoever owns it reads from a file and writes back after [`KnownPeers::meet`].
//! It decides nothing: what a person is told, and whether a photo is taken from a peer whose key
//! changed, is up to the app. Only a peer that is proven to be there
//! ([`Opened`](super::Opened)) is to be met; a claim would let anyone fill the list.
//!
//! Names are chosen by their owners: case does not tell two apart, letters that merely look alike
//! do. Two people of one name look like one whose key changed; a fingerprint settles it, and once
//! both are trusted the name stands for both.

use super::identity::PublicKey;
use crate::text::SafeText;
use serde::{Deserialize, Serialize};

/// Names and keys, the one met last at the end. As JSON or TOML, `{"peers": [...]}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stored")]
pub struct KnownPeers {
    peers: Vec<KnownPeer>,
}

/// A peer that was met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownPeer {
    /// What it called itself last.
    pub name: SafeText,
    /// The key that it was first met with.
    pub key: PublicKey,
    /// Whether a person here said that this is who it seems: fingerprints were compared.
    #[serde(default)]
    pub trusted: bool,
}

/// How a peer looks in the light of those met before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Met {
    /// Neither the name nor the key was met. It is remembered from now on.
    New,
    /// The same name, the same key.
    Known {
        /// As in [`KnownPeer::trusted`].
        trusted: bool,
    },
    /// The same key under another name, which is remembered from now on.
    Renamed {
        /// What it was called.
        before: SafeText,
        /// As in [`KnownPeer::trusted`].
        trusted: bool,
    },
    /// The name of somebody else: a new terminal of theirs, another person, or an impostor.
    /// Nothing is remembered until [`KnownPeers::trust`].
    Changed {
        /// The key that the name was met with; of several, one that is trusted.
        before: PublicKey,
        /// Whether that one was trusted.
        trusted: bool,
    },
}

impl KnownPeers {
    /// The most peers remembered. Beyond it those go that were not met for longest, trusted ones
    /// last.
    pub const MAX: usize = 512;

    /// Compares a peer that is there with those met before, and remembers it.
    pub fn meet(&mut self, name: &SafeText, key: PublicKey) -> Met {
        let known = self.peers.iter().position(|peer| peer.key == key);
        let same = known.is_some_and(|at| same_name(&self.peers[at].name, name));
        if !same && let Some(namesake) = self.named(name) {
            return Met::Changed { before: namesake.key, trusted: namesake.trusted };
        }
        let Some(at) = known else {
            self.remember(KnownPeer { name: name.clone(), key, trusted: false });
            return Met::New;
        };
        let mut peer = self.peers.remove(at);
        let before = std::mem::replace(&mut peer.name, name.clone());
        let trusted = peer.trusted;
        self.peers.push(peer);
        if before == *name { Met::Known { trusted } } else { Met::Renamed { before, trusted } }
    }

    /// A person says that this key is who it seems: from now on the name stands for it too.
    pub fn trust(&mut self, name: &SafeText, key: PublicKey) {
        self.peers.retain(|peer| peer.key != key);
        self.remember(KnownPeer { name: name.clone(), key, trusted: true });
    }

    /// A person takes that back; the key is still known.
    pub fn distrust(&mut self, key: &PublicKey) {
        if let Some(peer) = self.peers.iter_mut().find(|peer| peer.key == *key) {
            peer.trusted = false;
        }
    }

    /// Those remembered, the one met last at the end.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &KnownPeer> {
        self.peers.iter()
    }

    fn named(&self, name: &SafeText) -> Option<&KnownPeer> {
        self.peers.iter().filter(|peer| same_name(&peer.name, name)).max_by_key(|peer| peer.trusted)
    }

    fn remember(&mut self, peer: KnownPeer) {
        if self.peers.len() >= Self::MAX {
            let untrusted = self.peers.iter().position(|peer| !peer.trusted);
            self.peers.remove(untrusted.unwrap_or_default());
        }
        self.peers.push(peer);
    }
}

/// Those without a name share none.
fn same_name(one: &SafeText, other: &SafeText) -> bool {
    !one.is_empty() && one.as_str().to_lowercase() == other.as_str().to_lowercase()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    #[serde(default)]
    peers: Vec<KnownPeer>,
}

/// Why a file is no list of known peers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotKnownPeers {
    /// Longer than it is ever written.
    #[error("more than {} peers", KnownPeers::MAX)]
    TooMany,
    /// It contradicts itself.
    #[error("a key stands there twice")]
    Twice,
}

impl TryFrom<Stored> for KnownPeers {
    type Error = NotKnownPeers;

    fn try_from(Stored { peers }: Stored) -> Result<Self, NotKnownPeers> {
        if peers.len() > Self::MAX {
            return Err(NotKnownPeers::TooMany);
        }
        let twice = |at: usize| peers[..at].iter().any(|peer| peer.key == peers[at].key);
        if (0..peers.len()).any(twice) { Err(NotKnownPeers::Twice) } else { Ok(Self { peers }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::identity::Identity;
    use proptest::prelude::*;
    use zeroize::Zeroizing;

    fn key(number: u16) -> PublicKey {
        let mut secret = Zeroizing::new([0; 32]);
        secret[..2].copy_from_slice(&number.to_be_bytes());
        Identity::from_secret(&secret).public()
    }

    fn name(text: &str) -> SafeText {
        SafeText::new(text)
    }

    #[test]
    fn a_peer_is_known_again() {
        let mut known = KnownPeers::default();
        assert_eq!(known.meet(&name("Ann"), key(1)), Met::New);
        assert_eq!(known.meet(&name("Ann"), key(1)), Met::Known { trusted: false });
        known.trust(&name("Ann"), key(1));
        assert_eq!(known.meet(&name("Ann"), key(1)), Met::Known { trusted: true });
        let before = name("Ann");
        assert_eq!(known.meet(&name("Anna"), key(1)), Met::Renamed { before, trusted: true });
        assert_eq!(known.meet(&name("Anna"), key(1)), Met::Known { trusted: true });
        assert_eq!(known.meet(&name("Ann"), key(2)), Met::New, "the name is free again");
    }

    #[test]
    fn someone_who_takes_a_name_is_noticed_until_trusted_too() {
        let mut known = KnownPeers::default();
        known.meet(&name("Ann"), key(1));
        known.meet(&name("Bob"), key(2));
        known.trust(&name("Ann"), key(1));
        let changed = Met::Changed { before: key(1), trusted: true };
        for (taken, by) in [("Ann", key(3)), ("ANN", key(3)), ("Ann", key(2))] {
            assert_eq!(known.meet(&name(taken), by), changed, "{taken}");
            assert_eq!(known.meet(&name(taken), by), changed, "{taken}, again");
        }
        known.trust(&name("Ann"), key(3));
        assert_eq!(known.meet(&name("Ann"), key(3)), Met::Known { trusted: true });
        assert_eq!(known.meet(&name("Ann"), key(1)), Met::Known { trusted: true }, "she stays");
        known.distrust(&key(1));
        assert_eq!(known.meet(&name("Ann"), key(1)), Met::Known { trusted: false });
        let changed = Met::Changed { before: key(3), trusted: true };
        assert_eq!(known.meet(&name("Ann"), key(2)), changed, "of several, the trusted one counts");
    }

    #[test]
    fn those_without_a_name_are_told_apart_by_their_keys() {
        let mut known = KnownPeers::default();
        assert_eq!(known.meet(&name(""), key(1)), Met::New);
        assert_eq!(known.meet(&name(""), key(2)), Met::New);
        assert_eq!(known.meet(&name(""), key(1)), Met::Known { trusted: false });
    }

    #[test]
    fn strangers_push_out_strangers_not_those_who_are_trusted() {
        let mut known = KnownPeers::default();
        known.trust(&name("Ann"), key(0));
        for number in 1..=KnownPeers::MAX as u16 {
            known.meet(&name(&number.to_string()), key(number));
        }
        assert_eq!(known.iter().len(), KnownPeers::MAX);
        assert_eq!(known.meet(&name("Ann"), key(0)), Met::Known { trusted: true });
        assert_eq!(known.meet(&name("1"), key(1)), Met::New, "the first stranger is forgotten");
    }

    #[test]
    fn a_file_that_contradicts_itself_is_refused() {
        let peer =
            |named: &str, number| KnownPeer { name: name(named), key: key(number), trusted: false };
        let read = |peers: Vec<KnownPeer>| {
            let text = serde_json::to_string(&KnownPeers { peers }).expect("plain");
            serde_json::from_str::<KnownPeers>(&text).map_err(|error| error.to_string())
        };
        assert!(read(vec![peer("Ann", 1), peer("Bob", 2), peer("", 3), peer("", 4)]).is_ok());
        let twice = read(vec![peer("Ann", 1), peer("Bob", 1)]);
        assert_eq!(twice, Err("a key stands there twice".into()));
        let many = (0..=KnownPeers::MAX as u16).map(|number| peer("", number)).collect();
        assert_eq!(read(many), Err("more than 512 peers".into()));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn whatever_is_met_can_be_stored(meetings in prop::collection::vec(("[abAB]?", 0..6_u16, 0..3), 0..40)) {
            let mut known = KnownPeers::default();
            for (named, number, then) in meetings {
                known.meet(&name(&named), key(number));
                match then {
                    0 => known.trust(&name(&named), key(number)),
                    1 => known.distrust(&key(number)),
                    _ => {}
                }
            }
            let text = toml::to_string(&known).expect("plain");
            prop_assert_eq!(toml::from_str::<KnownPeers>(&text).expect("its own"), known);
        }
    }
}
