//! Two shares make the keys of a tunnel.

use super::Number;
use data_encoding::BASE64URL_NOPAD;
use hkdf::Hkdf;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::fmt;
use x25519_dalek::{X25519_BASEPOINT_BYTES, x25519};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// What the other side is told: an X25519 public key, in base64url.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Share([u8; 32]);

/// What a share is made of. Wiped when dropped, hidden from debug output.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Secret([u8; 32]);

/// Which side of a tunnel this peer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The one whose signal was an offer.
    Offerer,
    /// The one whose signal was an answer.
    Answerer,
}

/// What a tunnel's frames are sealed and opened with. Wiped when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Keys {
    pub(super) sealing: [u8; 32],
    pub(super) opening: [u8; 32],
}

impl Secret {
    /// Of 32 random bytes.
    pub fn new(random: [u8; 32]) -> Self {
        Self(random)
    }

    /// What the other side is to be told.
    pub fn share(&self) -> Share {
        Share(x25519(self.0, X25519_BASEPOINT_BYTES))
    }

    /// The keys with the side whose share this is; `None` if it is no good share.
    pub fn agree(&self, side: Side, number: Number, theirs: Share) -> Option<Keys> {
        let shared = Zeroizing::new(x25519(self.0, theirs.0));
        if shared.iter().all(|byte| *byte == 0) {
            return None;
        }
        let (offerer, answerer) = match side {
            Side::Offerer => (self.share(), theirs),
            Side::Answerer => (theirs, self.share()),
        };
        let info = [LABEL, &number.0.to_be_bytes(), &offerer.0, &answerer.0];
        let mut keys = Zeroizing::new([0; 64]);
        Hkdf::<Sha256>::new(None, shared.as_ref())
            .expand_multi_info(&info, keys.as_mut())
            .expect("64 bytes are few enough");
        let mut made = Keys { sealing: [0; 32], opening: [0; 32] };
        let (first, last) = match side {
            Side::Offerer => (&mut made.sealing, &mut made.opening),
            Side::Answerer => (&mut made.opening, &mut made.sealing),
        };
        first.copy_from_slice(&keys[..32]);
        last.copy_from_slice(&keys[32..]);
        Some(made)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl fmt::Debug for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Share(..)")
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(..)")
    }
}

/// A text that is no share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a share is 32 bytes in base64url")]
pub struct NotAShare;

impl TryFrom<String> for Share {
    type Error = NotAShare;

    fn try_from(text: String) -> Result<Self, NotAShare> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| NotAShare)?;
        Ok(Self(bytes.try_into().map_err(|_| NotAShare)?))
    }
}

impl From<Share> for String {
    fn from(share: Share) -> Self {
        BASE64URL_NOPAD.encode(&share.0)
    }
}

const LABEL: &[u8] = b"peersnap/1 tunnel";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_have_the_same_keys_and_no_others_have() {
        let (one, other) = (Secret::new([1; 32]), Secret::new([2; 32]));
        let number = Number(7);
        let keys = one.agree(Side::Offerer, number, other.share()).expect("a good share");
        let theirs = other.agree(Side::Answerer, number, one.share()).expect("a good share");
        assert_eq!((keys.sealing, keys.opening), (theirs.opening, theirs.sealing));
        assert_ne!(keys.sealing, keys.opening);
        let next = one.agree(Side::Offerer, Number(8), other.share()).expect("a good share");
        assert_ne!(keys.sealing, next.sealing);
    }

    #[test]
    fn a_share_of_small_order_is_refused() {
        for point in [[0; 32], {
            let mut one = [0; 32];
            one[0] = 1;
            one
        }] {
            assert!(Secret::new([3; 32]).agree(Side::Offerer, Number(1), Share(point)).is_none());
        }
    }

    #[test]
    fn a_share_keeps_its_form_and_nothing_else_is_one() {
        let share = Secret::new([9; 32]).share();
        let text = String::from(share);
        assert_eq!(Share::try_from(text.clone()), Ok(share));
        for wrong in [&text[1..], "", &format!("{text}A"), &text.replace(&text[..1], "+")] {
            assert_eq!(Share::try_from(wrong.to_owned()), Err(NotAShare));
        }
    }
}
