//! Nonces of long-term credentials (RFC 8489, section 9.2), without a memory of them.
//!
//! A nonce is the time it was made, with a code over that and the client's address: it proves that the
//! client is where it says, and costs nothing to whoever hands them out by the million.

use std::net::{IpAddr, SocketAddr};

use data_encoding::HEXLOWER;
use ring::hmac;

/// Makes nonces and knows its own.
pub(super) struct Nonces {
    key: hmac::Key,
}

impl Nonces {
    /// With a key that was drawn at random for this life of the server.
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, key) }
    }

    /// One for a client, good for [`LIFETIME_SECONDS`].
    pub(super) fn issue(&self, client: SocketAddr, unix_seconds: u64) -> String {
        let code = hmac::sign(&self.key, &told(client, unix_seconds));
        format!("{unix_seconds:016x}{}", HEXLOWER.encode(&code.as_ref()[..CODE_BYTES]))
    }

    /// Whether it was made here for this client, and not too long ago.
    pub(super) fn is_fresh(&self, nonce: &[u8], client: SocketAddr, unix_seconds: u64) -> bool {
        let made = nonce.get(..16).and_then(|it| std::str::from_utf8(it).ok());
        let Some(made) = made.and_then(|it| u64::from_str_radix(it, 16).ok()) else {
            return false;
        };
        // Which nonces there are is no secret: who has none gets one. So they may be compared plainly.
        let is_young = unix_seconds.checked_sub(made).is_some_and(|it| it < LIFETIME_SECONDS);
        is_young && self.issue(client, made).as_bytes() == nonce
    }
}

impl std::fmt::Debug for Nonces {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Nonces(..)")
    }
}

fn told(client: SocketAddr, unix_seconds: u64) -> Vec<u8> {
    let mut told = unix_seconds.to_be_bytes().to_vec();
    told.extend(client.port().to_be_bytes());
    match client.ip() {
        IpAddr::V4(address) => told.extend(address.octets()),
        IpAddr::V6(address) => told.extend(address.octets()),
    }
    told
}

/// How long a nonce is good for: an hour (RFC 8656, section 5).
const LIFETIME_SECONDS: u64 = 60 * 60;

/// Of a code: 96 bits, which nobody guesses in an hour.
const CODE_BYTES: usize = 12;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn client(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn a_nonce_is_fresh_for_its_client_for_an_hour() {
        let nonces = Nonces::new(&[1; 32]);
        let (ann, bert) = (client("192.0.2.1:5000"), client("192.0.2.1:5001"));
        let nonce = nonces.issue(ann, 10_000);
        let fresh = |of, at| nonces.is_fresh(nonce.as_bytes(), of, at);
        assert!(fresh(ann, 10_000) && fresh(ann, 13_599));
        assert!(!fresh(ann, 13_600) && !fresh(ann, 9_999));
        assert!(!fresh(bert, 10_000));
        assert!(!Nonces::new(&[2; 32]).is_fresh(nonce.as_bytes(), ann, 10_000));
    }

    proptest! {
        #[test]
        fn no_other_bytes_are_fresh(bytes: Vec<u8>, at: u64) {
            let nonces = Nonces::new(&[1; 32]);
            prop_assert!(!nonces.is_fresh(&bytes, client("192.0.2.1:5000"), at));
        }
    }
}
