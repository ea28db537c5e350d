//! The inside of a sealed message: signed, encrypted, and bound to the one place it belongs to.
//!
//! A [`Binding`] is everything that a text depends on and that is not part of it: the protocol,
//! the room, from whom to whom, and for a signal the session, its order and both identities. It is
//! the cipher's associated data and stands at the head of what is signed, so a text that is moved
//! to any other place neither opens nor verifies. It is never sent: each side builds it from what
//! it knows itself.

use super::OpenError;
use super::envelope::{HELLO, Place, SIGNAL, Sealed, XNonce};
use super::identity::{Identity, PublicKey, SIGNATURE_BYTES, Signature};
use super::keys::SignalKey;
use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use signaling_server::protocol::{PeerId, RoomId};

/// What a text is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Binding(Vec<u8>);

/// From whom to whom, as the server calls them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way {
    pub from: PeerId,
    pub to: PeerId,
}

impl Binding {
    /// Of a hello: it has no more than a room and a way.
    pub(super) fn hello(room: &RoomId, way: Way) -> Self {
        Self::new(HELLO, room, way)
    }

    /// Of a signal: also its place in the session, and the identities at both ends of it.
    pub(super) fn signal(
        room: &RoomId,
        way: Way,
        place: &Place,
        from: &PublicKey,
        to: &PublicKey,
    ) -> Self {
        let mut binding = Self::new(SIGNAL, room, way);
        binding.0.extend_from_slice(&place.from);
        binding.0.extend_from_slice(&place.to);
        binding.0.extend_from_slice(&place.counter.to_be_bytes());
        binding.0.extend_from_slice(from.as_bytes());
        binding.0.extend_from_slice(to.as_bytes());
        binding
    }

    /// All parts but the room id are of fixed length, and it has its length before it: no two
    /// bindings have the same bytes.
    fn new(kind: u8, room: &RoomId, way: Way) -> Self {
        let room = room.as_str().as_bytes();
        let mut bytes = PROTOCOL.to_vec();
        bytes.extend_from_slice(&[kind, room.len() as u8]);
        bytes.extend_from_slice(room);
        bytes.extend_from_slice(&way.from.0.to_be_bytes());
        bytes.extend_from_slice(&way.to.0.to_be_bytes());
        Self(bytes)
    }

    /// For vectors.
    #[cfg(test)]
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// What is signed: never what another protocol, or another part of this one, would sign.
    fn signed(&self, body: &[u8]) -> Vec<u8> {
        [SIGNED, &self.0, body].concat()
    }
}

/// Signs and encrypts a body.
pub(super) fn seal(
    key: &SignalKey,
    identity: &Identity,
    binding: &Binding,
    xnonce: XNonce,
    body: &[u8],
) -> Sealed {
    let signature = identity.sign(&binding.signed(body));
    let plain = [&signature[..], body].concat();
    let payload = Payload { msg: &plain, aad: &binding.0 };
    let text = cipher(key).encrypt(&xnonce.into(), payload);
    Sealed { xnonce, text: text.expect("a message is far shorter than the cipher's 256 GiB") }
}

/// A body that opened, and a signature that is still to be verified: the key may stand in the body.
#[derive(Debug)]
pub(super) struct Opened {
    signature: Signature,
    body: Vec<u8>,
}

/// Decrypts a text. The cipher compares its tag in constant time.
pub(super) fn open(
    key: &SignalKey,
    binding: &Binding,
    sealed: &Sealed,
) -> Result<Opened, OpenError> {
    let payload = Payload { msg: &sealed.text, aad: &binding.0 };
    let plain = cipher(key).decrypt(&sealed.xnonce.into(), payload);
    let plain = plain.map_err(|_| OpenError::WrongKey)?;
    let (signature, body) =
        plain.split_first_chunk::<SIGNATURE_BYTES>().ok_or(OpenError::Malformed)?;
    Ok(Opened { signature: *signature, body: body.to_vec() })
}

impl Opened {
    /// The body before it is verified: for the key alone.
    pub(super) fn unverified(&self) -> &[u8] {
        &self.body
    }

    /// The body, if this identity signed it for this binding.
    pub(super) fn verify(self, binding: &Binding, key: &PublicKey) -> Result<Vec<u8>, OpenError> {
        let signed = binding.signed(&self.body);
        if key.verify(&signed, &self.signature) {
            Ok(self.body)
        } else {
            Err(OpenError::BadSignature)
        }
    }
}

fn cipher(key: &SignalKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new((&key.0).into())
}

/// The protocol with its version.
const PROTOCOL: &[u8] = b"peersnap/1 sealed";
const SIGNED: &[u8] = b"peersnap/1 signed";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::envelope::Nonce;
    use proptest::prelude::*;
    use zeroize::Zeroizing;

    fn identity(byte: u8) -> Identity {
        Identity::from_secret(&Zeroizing::new([byte; 32]))
    }

    /// All that a binding is made of. Small numbers, so that two are often alike but for one part.
    #[derive(Debug, Clone, PartialEq)]
    struct Context {
        kind: u8,
        room: String,
        way: (u64, u64),
        nonces: (Nonce, Nonce),
        counter: u64,
        identities: (u8, u8),
    }

    impl Context {
        fn binding(&self) -> Binding {
            let room = RoomId::try_from(self.room.clone()).expect("a room id");
            let way = Way { from: PeerId(self.way.0), to: PeerId(self.way.1) };
            let (from, to) = self.nonces;
            let place = Place { from, to, counter: self.counter };
            let key = |byte| identity(byte).public();
            let (from, to) = (key(self.identities.0), key(self.identities.1));
            match self.kind {
                HELLO => Binding::hello(&room, way),
                _ => Binding::signal(&room, way, &place, &from, &to),
            }
        }

        /// A hello knows nothing of sessions.
        fn plain(mut self) -> Self {
            if self.kind == HELLO {
                (self.nonces, self.counter, self.identities) = Default::default();
            }
            self
        }
    }

    fn context() -> impl Strategy<Value = Context> {
        let nonce = || prop_oneof![Just([0; 16]), Just([1; 16])];
        let way = (0..2_u64, 0..2_u64);
        let parts =
            (HELLO..=SIGNAL, "[a1]{1,3}", way, (nonce(), nonce()), 0..2_u64, (1..3_u8, 1..3_u8));
        parts.prop_map(|(kind, room, way, nonces, counter, identities)| {
            Context { kind, room, way, nonces, counter, identities }.plain()
        })
    }

    proptest! {
        #[test]
        fn what_is_sealed_for_one_place_opens_in_no_other(
            one in context(),
            other in context(),
            body: Vec<u8>,
        ) {
            let (binding, elsewhere) = (one.binding(), other.binding());
            prop_assert_eq!(one == other, binding == elsewhere);
            let (key, author) = (SignalKey([7; 32]), identity(1));
            let sealed = seal(&key, &author, &binding, [9; 24], &body);
            let opened = open(&key, &binding, &sealed).and_then(|it| it.verify(&binding, &author.public()));
            prop_assert_eq!(opened, Ok(body));
            if one != other {
                prop_assert_eq!(open(&key, &elsewhere, &sealed).err(), Some(OpenError::WrongKey));
                let moved = open(&key, &binding, &sealed)
                    .and_then(|it| it.verify(&elsewhere, &author.public()));
                prop_assert_eq!(moved, Err(OpenError::BadSignature));
            }
        }

        #[test]
        fn any_flipped_bit_is_noticed(context in context(), body: Vec<u8>, bit: prop::sample::Index) {
            let binding = context.binding();
            let key = SignalKey([7; 32]);
            let mut sealed = seal(&key, &identity(1), &binding, [9; 24], &body);
            let bit = bit.index((24 + sealed.text.len()) * 8);
            match bit / 8 {
                at @ 0..24 => sealed.xnonce[at] ^= 1 << (bit % 8),
                at => sealed.text[at - 24] ^= 1 << (bit % 8),
            }
            prop_assert_eq!(open(&key, &binding, &sealed).err(), Some(OpenError::WrongKey));
        }

        #[test]
        fn no_bytes_panic(xnonce: XNonce, text: Vec<u8>, key: [u8; 32]) {
            let binding = Binding::hello(&RoomId::try_from("a".to_owned()).expect("a room id"), Way {
                from: PeerId(1),
                to: PeerId(2),
            });
            let opened = open(&SignalKey(key), &binding, &Sealed { xnonce, text });
            prop_assert_eq!(opened.err(), Some(OpenError::WrongKey));
        }
    }

    #[test]
    fn who_knows_the_words_cannot_sign_for_another() {
        let room = RoomId::try_from("a".to_owned()).expect("a room id");
        let binding = Binding::hello(&room, Way { from: PeerId(1), to: PeerId(2) });
        let key = SignalKey([7; 32]);
        let sealed = seal(&key, &identity(2), &binding, [9; 24], b"I am 1");
        let opened = open(&key, &binding, &sealed).expect("sealed with the words");
        let verified = opened.verify(&binding, &identity(1).public());
        assert_eq!(verified, Err(OpenError::BadSignature));
    }

    #[test]
    fn a_text_too_short_for_a_signature_is_malformed() {
        let room = RoomId::try_from("a".to_owned()).expect("a room id");
        let binding = Binding::hello(&room, Way { from: PeerId(1), to: PeerId(2) });
        let key = SignalKey([7; 32]);
        let payload = Payload { msg: &[0; SIGNATURE_BYTES - 1], aad: &binding.0 };
        let text = cipher(&key).encrypt(&[9; 24].into(), payload).expect("short");
        let opened = open(&key, &binding, &Sealed { xnonce: [9; 24], text });
        assert_eq!(opened.err(), Some(OpenError::Malformed));
    }
}
