//! Frames are sealed in their order, and open in no other.

use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::{Aead, KeyInit};

/// One direction of a tunnel.
pub(super) struct Direction {
    cipher: XChaCha20Poly1305,
    counter: u64,
}

impl Direction {
    pub fn new(key: &[u8; 32]) -> Self {
        Self { cipher: XChaCha20Poly1305::new(key.into()), counter: 0 }
    }

    /// The next text, sealed.
    pub fn seal(&mut self, text: &[u8]) -> Vec<u8> {
        let nonce = self.next();
        self.cipher.encrypt(&nonce.into(), text).expect("a frame is short enough")
    }

    /// The next text, or `None` if this is not it.
    pub fn open(&mut self, sealed: &[u8]) -> Option<Vec<u8>> {
        let nonce = self.next();
        self.cipher.decrypt(&nonce.into(), sealed).ok()
    }

    fn next(&mut self) -> [u8; 24] {
        let mut nonce = [0; 24];
        nonce[16..].copy_from_slice(&self.counter.to_be_bytes());
        self.counter += 1;
        nonce
    }
}
