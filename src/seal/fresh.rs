//! Values that are never used twice, drawn from one seed that the caller brings.
//!
//! Whatever must be fresh in the messages of one pair of peers comes from here: nonces, questions,
//! and the nonces of the cipher, for which a second use would give texts away. One seed for each
//! [`Seal`](super::Seal), rather than a value for each message, leaves no call at which
//! an old value could be given again. Nothing that is drawn tells anything of the rest.

use hkdf::Hkdf;
use sha2::Sha256;
use signaling_server::protocol::PeerId;
use zeroize::Zeroizing;

/// 32 random bytes, for one [`Seal`](super::Seal) and no other.
pub type Seed = Zeroizing<[u8; 32]>;

/// Draws from a seed: HKDF-SHA256's expansion, numbered. That two pairs of peers draw different
/// values even from one seed is a second rope, in case a caller mistakes what a seed is for.
pub(super) struct Fresh {
    seed: Seed,
    pair: [u8; 16],
    drawn: u64,
}

impl Fresh {
    pub(super) fn new(seed: Seed, local: PeerId, remote: PeerId) -> Self {
        let mut pair = [0; 16];
        pair[..8].copy_from_slice(&local.0.to_be_bytes());
        pair[8..].copy_from_slice(&remote.0.to_be_bytes());
        Self { seed, pair, drawn: 0 }
    }

    /// Up to 8160 bytes.
    pub(super) fn draw<const N: usize>(&mut self) -> [u8; N] {
        let number = self.drawn.to_be_bytes();
        self.drawn += 1;
        let mut value = [0; N];
        Hkdf::<Sha256>::from_prk(self.seed.as_ref())
            .expect("a seed is as long as a digest")
            .expand_multi_info(&[LABEL, &self.pair, &number], &mut value)
            .expect("fewer bytes than 255 digests");
        value
    }
}

const LABEL: &[u8] = b"peersnap/1 fresh";

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn nothing_is_drawn_twice_by_any_pair_of_any_seed() {
        let mut drawn = BTreeSet::new();
        for (seed, local, remote) in [(1, 1, 2), (1, 2, 1), (1, 1, 3), (2, 1, 2)] {
            let seed = Zeroizing::new([seed; 32]);
            let mut fresh = Fresh::new(seed, PeerId(local), PeerId(remote));
            drawn.extend((0..100).map(|_| fresh.draw::<16>()));
        }
        assert_eq!(drawn.len(), 400);
    }
}
