//! What a room's words are worth: the id that the server is told, and the key that signals are
//! sealed with.
//!
//! ```text
//! master     = scrypt(words, salt "peersnap/1", N = 2^15, r = 8, p = 1, 32 bytes)
//! room id    = HKDF-SHA256(master, no salt, info "peersnap/1 room id",    16 bytes) in lower-case hex
//! signal key = HKDF-SHA256(master, no salt, info "peersnap/1 signal key", 32 bytes)
//! ```
//!
//! The words are kept no longer than this takes; neither value gives them, or the other, away.
//!
//! # Why these numbers
//! Whoever runs the server sees room ids and may try words until one fits. Six drawn words are
//! 2^66 tries, and each costs scrypt's 32 MiB of memory and about a twentieth of a second of a
//! processor: on average 60 thousand million processor years for a room. N = 2^15 is as much as
//! a phone's browser does in a second; OWASP's advice for people's passwords is four times that,
//! which the words do not need. The salt is the same for all, since nobody shares
//! anything beforehand: a try counts against all rooms that were seen. For one of a million rooms
//! it is still sixty thousand processor years.

use super::words::RoomWords;
use hkdf::Hkdf;
use sha2::Sha256;
use signaling_server::protocol::RoomId;
use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// What is made of a room's words.
#[derive(Debug, Clone)]
pub struct RoomKeys {
    /// What the server is told: 128 bits that nobody guesses who does not know the words.
    pub room: RoomId,
    /// What signals are sealed with.
    pub signal: SignalKey,
}

impl RoomKeys {
    /// Takes 32 MiB of memory, and 50 to 200 ms: never to be called where a screen is drawn.
    ///
    /// That memory is given back, not wiped: scrypt's values in it are of no use without the last
    /// steps, but this is the one place where more than the caller's copy is left behind.
    pub fn derive(words: &RoomWords) -> Self {
        Self::of_master(&master(words))
    }

    pub(super) fn of_master(master: &[u8; 32]) -> Self {
        let keys = Hkdf::<Sha256>::new(None, master);
        let mut room = [0; 16];
        keys.expand(b"peersnap/1 room id", &mut room).expect("16 bytes are few enough");
        let mut signal = SignalKey([0; 32]);
        keys.expand(b"peersnap/1 signal key", &mut signal.0).expect("32 bytes are few enough");
        let room = data_encoding::HEXLOWER.encode(&room);
        Self { room: RoomId::try_from(room).expect("hexadecimal digits make a room id"), signal }
    }
}

/// Seals and opens the signals of a room. Wiped when dropped, hidden from debug output.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SignalKey(pub(super) [u8; 32]);

impl fmt::Debug for SignalKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignalKey(..)")
    }
}

pub(super) fn master(words: &RoomWords) -> Zeroizing<[u8; 32]> {
    let params = scrypt::Params::new(SCRYPT_LOG_N, SCRYPT_R, SCRYPT_P);
    let params = params.expect("the parameters are within scrypt's bounds");
    let mut master = Zeroizing::new([0; 32]);
    scrypt::scrypt(words.canonical().as_bytes(), SALT, &params, master.as_mut())
        .expect("32 bytes are a length that scrypt makes");
    master
}

const SALT: &[u8] = b"peersnap/1";
/// N = 2^15: with r = 8, 32 MiB.
const SCRYPT_LOG_N: u8 = 15;
const SCRYPT_R: u32 = 8;
const SCRYPT_P: u32 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> RoomKeys {
        RoomKeys::derive(&text.parse().expect("words"))
    }

    #[test]
    fn the_same_words_make_the_same_keys_however_typed() {
        let typed = keys("CRAN velv orbi lamp add zebr");
        let whole = keys("crane-velvet-orbit-lamp-add-zebra");
        assert_eq!((&typed.room, typed.signal.0), (&whole.room, whole.signal.0));
        assert_eq!(typed.room.as_str().len(), 32);
    }

    #[test]
    fn another_order_is_another_room() {
        let (one, other) =
            (keys("add crane lamp orbit velvet zoo"), keys("crane add lamp orbit velvet zoo"));
        assert_ne!(one.room, other.room);
        assert_ne!(one.signal.0, other.signal.0);
    }

    #[test]
    fn debug_output_hides_the_key() {
        let keys = RoomKeys::of_master(&[7; 32]);
        assert!(format!("{keys:?}").ends_with("signal: SignalKey(..) }"));
    }
}
