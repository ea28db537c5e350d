//! A hello as someone makes it who knows a room's words and keeps to no rules: opened, changed, and
//! sealed again. A second reading of the seal's page, which uses none of the program's code.

use super::server::WORDS;
use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::{Aead, KeyInit, Payload as Text};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use ed25519_dalek::{Signer, SigningKey};
use hkdf::Hkdf;
use sha2::Sha256;
use signaling_server::protocol::{Payload, PeerId};
use std::ops::{Range, RangeFrom};
use std::sync::OnceLock;

/// What a room's words are worth.
#[derive(Debug, Clone)]
pub struct Words {
    /// As the server is told it.
    pub room: String,
    /// What all keys are made of.
    pub master: [u8; 32],
    /// What is sealed with.
    pub key: [u8; 32],
}

impl Words {
    /// Of the words in the form that they have in a link.
    pub fn of(words: &str) -> Self {
        let params = scrypt::Params::new(15, 8, 1).expect("within scrypt's bounds");
        let mut master = [0; 32];
        scrypt::scrypt(words.as_bytes(), b"peersnap/1", &params, &mut master).expect("32 bytes");
        let keys = Hkdf::<Sha256>::new(None, &master);
        let (mut room, mut key) = ([0; 16], [0; 32]);
        keys.expand(b"peersnap/1 room id", &mut room).expect("few bytes");
        keys.expand(b"peersnap/1 signal key", &mut key).expect("few bytes");
        Self { room: HEXLOWER.encode(&room), master, key }
    }

    /// Of the room of [`Server::link`](super::server::Server::link). Derived once: deriving is slow
    /// on purpose.
    pub fn of_the_room() -> &'static Self {
        static DERIVED: OnceLock<Words> = OnceLock::new();
        DERIVED.get_or_init(|| Self::of(WORDS))
    }

    /// Another hello in place of one: its body is changed, this author signs it.
    pub fn forge(
        &self,
        (from, to): (PeerId, PeerId),
        hello: &Payload,
        author: &[u8; 32],
        change: impl FnOnce(&mut Vec<u8>),
    ) -> Payload {
        let text: String = serde_json::from_str(hello.get()).expect("a payload is a string");
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).expect("a payload is base64url");
        let (head, rest) = bytes.split_at(HEAD);
        assert_eq!(head, [VERSION, HELLO], "a hello");
        let (nonce, sealed) = rest.split_first_chunk::<24>().expect("a nonce");
        let binding = self.binding(from, to);
        let cipher = XChaCha20Poly1305::new((&self.key).into());
        let opened = cipher.decrypt(nonce.into(), Text { msg: sealed, aad: &binding });
        let mut body = opened.expect("a hello of this room").split_off(SIGNATURE);
        change(&mut body);
        let signed = [b"peersnap/1 signed", &binding[..], &body].concat();
        let signature = SigningKey::from_bytes(author).sign(&signed).to_bytes();
        let plain = [&signature[..], &body].concat();
        // The same nonce again is no risk here: nobody who listens is to be kept out.
        let sealed = cipher.encrypt(nonce.into(), Text { msg: &plain, aad: &binding });
        super::rules::payload(&[head, nonce, &sealed.expect("short")].concat())
    }

    fn binding(&self, from: PeerId, to: PeerId) -> Vec<u8> {
        let room = self.room.as_bytes();
        let way = [from.0.to_be_bytes(), to.0.to_be_bytes()].concat();
        [b"peersnap/1 sealed", &[HELLO, room.len() as u8][..], room, &way].concat()
    }
}

/// Where the public key stands in the body of a hello.
pub const KEY: Range<usize> = 48..80;
/// Where the name stands.
pub const NAME: RangeFrom<usize> = 80..;

/// The version and the kind.
const HEAD: usize = 2;
const VERSION: u8 = 1;
const HELLO: u8 = 1;
const SIGNATURE: usize = 64;
