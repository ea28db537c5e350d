//! What a server's key is known by, short enough for a link: those who have it need nobody else's
//! word for whose certificate it is.
//!
//! Pure. A pin is the first half of the SHA-256 digest of the certificate's `SubjectPublicKeyInfo`
//! (as in RFC 7469, which has all of it): another key that fits takes 2^128 tries. It stays when the
//! certificate is made anew with the same key.

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

/// A server's key, as a link names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pin([u8; BYTES]);

/// A text that is no pin: 22 letters, digits, `-` and `_`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the pin of a server")]
pub struct NoPin;

impl Pin {
    /// Of a `SubjectPublicKeyInfo`, in DER.
    pub fn of(public_key: &[u8]) -> Self {
        let mut bytes = [0; BYTES];
        bytes.copy_from_slice(&Sha256::digest(public_key)[..BYTES]);
        Self(bytes)
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64URL_NOPAD.encode(&self.0))
    }
}

impl FromStr for Pin {
    type Err = NoPin;

    fn from_str(text: &str) -> Result<Self, NoPin> {
        if text.len() != CHARACTERS {
            return Err(NoPin);
        }
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| NoPin)?;
        bytes.try_into().map(Self).map_err(|_| NoPin)
    }
}

const BYTES: usize = 16;
const CHARACTERS: usize = 22;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_pin_is_half_a_digest() {
        // SHA-256 of "abc" (FIPS 180-4): ba7816bf 8f01cfea 414140de 5dae2223 …
        assert_eq!(Pin::of(b"abc").to_string(), "ungWv48Bz-pBQUDeXa4iIw");
    }

    proptest! {
        #[test]
        fn a_pin_is_read_back(key: Vec<u8>) {
            let pin = Pin::of(&key);
            prop_assert_eq!(pin.to_string().parse(), Ok(pin));
        }

        #[test]
        fn no_text_panics_and_what_is_read_is_what_was_said(text in "[A-Za-z0-9_.-]{0,30}") {
            if let Ok(pin) = text.parse::<Pin>() {
                prop_assert_eq!(pin.to_string(), text);
            }
        }
    }
}
