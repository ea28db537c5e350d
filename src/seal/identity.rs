//! Who a peer is from one day to the next: an Ed25519 key pair that its terminal keeps.
//!
//! The words of a room let one in; the identity tells its members apart. Nobody vouches for one: a
//! peer is known again by its key ([`super::known`]), and two people who want to be sure compare
//! [`Fingerprint`]s. The 32 secret bytes come from the caller, who keeps them in a file or forgets
//! them; here they are wiped when dropped and hidden from debug output.

use data_encoding::{BASE32_NOPAD, HEXLOWER};
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use zeroize::Zeroizing;

/// The secret half: it signs.
#[derive(Clone)]
pub struct Identity(SigningKey);

impl Identity {
    /// The identity of 32 random bytes (RFC 8032's private key): always the same for the same.
    pub fn from_secret(secret: &Zeroizing<[u8; 32]>) -> Self {
        Self(SigningKey::from_bytes(secret))
    }

    /// The half that others know it by.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// Signs these bytes.
    pub(super) fn sign(&self, message: &[u8]) -> Signature {
        self.0.sign(message).to_bytes()
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({})", self.public().fingerprint())
    }
}

/// The public half: it verifies. As text, 64 hexadecimal digits in lower case.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// A key as it is sent; `None` if it is no point of the curve, or one of the eight whose
    /// signatures anybody can make.
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        VerifyingKey::from_bytes(bytes).ok().filter(|key| !key.is_weak()).map(Self)
    }

    /// As it is sent.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// What people compare.
    pub fn fingerprint(&self) -> Fingerprint {
        let digest = Sha256::new().chain_update(FINGERPRINT_LABEL).chain_update(self.as_bytes());
        let mut bytes = [0; FINGERPRINT_BYTES];
        bytes.copy_from_slice(&digest.finalize()[..FINGERPRINT_BYTES]);
        Fingerprint(bytes)
    }

    /// Whether the identity signed these bytes. Strict: what is no canonical signature, and would
    /// verify in some libraries alone, verifies nowhere.
    pub(super) fn verify(&self, message: &[u8], signature: &Signature) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(signature);
        self.0.verify_strict(message, &signature).is_ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.fingerprint())
    }
}

impl From<PublicKey> for String {
    fn from(key: PublicKey) -> Self {
        HEXLOWER.encode(key.as_bytes())
    }
}

impl TryFrom<String> for PublicKey {
    type Error = NotAKey;

    fn try_from(text: String) -> Result<Self, NotAKey> {
        let bytes = HEXLOWER.decode(text.as_bytes()).map_err(|_| NotAKey)?;
        let bytes = bytes.as_slice().try_into().map_err(|_| NotAKey)?;
        Self::from_bytes(bytes).ok_or(NotAKey)
    }
}

/// A text that is no public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a public key is 64 hexadecimal digits of a key that was made for one peer")]
pub struct NotAKey;

/// A public key for people: four groups of four letters and digits, such as
/// `mvq3-2hqa-c6ud-7dfk`.
///
/// 80 bits. To pass for somebody, another key with the very same fingerprint must be found, which
/// takes 2^80 keys: out of reach, also for a whole botnet. Two keys that are alike are found after
/// 2^40, but both belong to who made them. More groups would not be read to the end.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; FINGERPRINT_BYTES]);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = BASE32_NOPAD.encode(&self.0).to_ascii_lowercase();
        let (first, rest) = text.split_at(4);
        let (second, rest) = rest.split_at(4);
        let (third, fourth) = rest.split_at(4);
        write!(f, "{first}-{second}-{third}-{fourth}")
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

/// As Ed25519 makes it (RFC 8032).
pub(super) type Signature = [u8; SIGNATURE_BYTES];
pub(super) const SIGNATURE_BYTES: usize = 64;
const FINGERPRINT_BYTES: usize = 10;
const FINGERPRINT_LABEL: &[u8] = b"peersnap/1 fingerprint";

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn identity(byte: u8) -> Identity {
        Identity::from_secret(&Zeroizing::new([byte; 32]))
    }

    #[test]
    fn a_fingerprint_is_four_groups_of_four() {
        let text = identity(1).public().fingerprint().to_string();
        assert_eq!(text.split('-').map(str::len).collect::<Vec<_>>(), [4; 4], "{text}");
        assert_ne!(text, identity(2).public().fingerprint().to_string());
    }

    #[test]
    fn debug_output_hides_the_secret() {
        let fingerprint = identity(1).public().fingerprint();
        assert_eq!(format!("{:?}", identity(1)), format!("Identity({fingerprint})"));
    }

    #[test]
    fn keys_that_anybody_can_sign_for_are_none() {
        let mut neutral = [0; 32];
        neutral[0] = 1;
        assert_eq!(PublicKey::from_bytes(&neutral), None);
        assert_eq!(PublicKey::from_bytes(&[0; 32]), None, "of order four");
        assert_eq!(PublicKey::from_bytes(&[2; 32]), None, "not on the curve");
    }

    #[test]
    fn a_key_is_read_back_from_its_text_and_from_no_other() {
        let key = identity(1).public();
        let text = serde_json::to_string(&key).expect("plain");
        assert_eq!(serde_json::from_str::<PublicKey>(&text).expect("ours"), key);
        for other in
            [text.to_uppercase(), text.replace('"', "").replacen('8', "", 1), "\"\"".into()]
        {
            assert!(serde_json::from_str::<PublicKey>(&other).is_err(), "{other}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_signature_is_of_one_key_and_one_message(secret: [u8; 32], message: Vec<u8>, bit in 0..512_usize) {
            let identity = Identity::from_secret(&Zeroizing::new(secret));
            let mut signature = identity.sign(&message);
            prop_assert!(identity.public().verify(&message, &signature));
            prop_assert!(!self::identity(1).public().verify(&message, &signature));
            prop_assert!(!identity.public().verify(&[&message[..], b"."].concat(), &signature));
            signature[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(!identity.public().verify(&message, &signature));
        }

        #[test]
        fn any_bytes_are_a_key_or_none(bytes: [u8; 32]) {
            if let Some(key) = PublicKey::from_bytes(&bytes) {
                prop_assert_eq!(key.as_bytes(), &bytes);
                key.fingerprint();
            }
        }
    }
}
