//! The outside of a sealed message: what the server carries, and can see.
//!
//! Bytes in base64url without padding, as a JSON string. This file takes them apart and puts them
//! together; it opens nothing, and knows neither keys nor peers. The layouts stand in
//! [`super`]'s page.

use super::OpenError;
use data_encoding::BASE64URL_NOPAD;
use serde_json::value::{RawValue, to_raw_value};
use signaling_server::protocol::{MESSAGE_BYTES_MAX, Payload};

/// One sealed message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Envelope {
    /// Who a peer is, and what it asks or answers.
    Hello(Sealed),
    /// A signal of a session.
    Signal(Place, Sealed),
}

/// Where a signal belongs: which session, and where in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// The sender's half of the session.
    pub from: Nonce,
    /// The receiver's half of the session.
    pub to: Nonce,
    /// From 0, in steps of one, each direction for itself.
    pub counter: u64,
}

/// The half of a session that one side draws.
pub(super) type Nonce = [u8; NONCE_BYTES];

/// A text that only who knows the room's words can read, with the cipher's nonce.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sealed {
    /// Drawn for this text alone.
    pub xnonce: XNonce,
    /// With its tag at the end.
    pub text: Vec<u8>,
}

/// The cipher's nonce.
pub(super) type XNonce = [u8; XNONCE_BYTES];

impl Envelope {
    /// Takes a payload apart.
    pub(super) fn parse(payload: &RawValue) -> Result<Self, OpenError> {
        if payload.get().len() > PAYLOAD_BYTES_MAX {
            return Err(OpenError::Malformed);
        }
        let text: &str = serde_json::from_str(payload.get()).map_err(|_| OpenError::Malformed)?;
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| OpenError::Malformed)?;
        let (version, rest) = bytes.split_first().ok_or(OpenError::Malformed)?;
        if *version != VERSION {
            return Err(OpenError::Version(*version));
        }
        Self::parse_version_1(rest).ok_or(OpenError::Malformed)
    }

    fn parse_version_1(bytes: &[u8]) -> Option<Self> {
        let (kind, rest) = bytes.split_first()?;
        match *kind {
            HELLO => Some(Self::Hello(Sealed::parse(rest)?)),
            SIGNAL => {
                let (from, rest) = rest.split_first_chunk()?;
                let (to, rest) = rest.split_first_chunk()?;
                let (counter, rest) = rest.split_first_chunk()?;
                let counter = u64::from_be_bytes(*counter);
                Some(Self::Signal(Place { from: *from, to: *to, counter }, Sealed::parse(rest)?))
            }
            _ => None,
        }
    }

    /// Puts a payload together; `None` if it is longer than the server carries.
    pub(super) fn to_payload(&self) -> Option<Payload> {
        let mut bytes = vec![VERSION];
        let sealed = match self {
            Self::Hello(sealed) => {
                bytes.push(HELLO);
                sealed
            }
            Self::Signal(place, sealed) => {
                bytes.push(SIGNAL);
                bytes.extend_from_slice(&place.from);
                bytes.extend_from_slice(&place.to);
                bytes.extend_from_slice(&place.counter.to_be_bytes());
                sealed
            }
        };
        bytes.extend_from_slice(&sealed.xnonce);
        bytes.extend_from_slice(&sealed.text);
        let payload =
            to_raw_value(&BASE64URL_NOPAD.encode(&bytes)).expect("a string is plain JSON");
        (payload.get().len() <= PAYLOAD_BYTES_MAX).then_some(payload)
    }
}

impl Sealed {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let (xnonce, text) = bytes.split_first_chunk()?;
        Some(Self { xnonce: *xnonce, text: text.to_vec() })
    }
}

/// The version of the seal.
pub(super) const VERSION: u8 = 1;
/// As a kind of message, also in what its text is bound to.
pub(super) const HELLO: u8 = 1;
/// As a kind of message, also in what its text is bound to.
pub(super) const SIGNAL: u8 = 2;
/// The longest payload, in bytes of JSON: with the most that the server puts around it, the
/// longest message that it carries.
pub(super) const PAYLOAD_BYTES_MAX: usize = MESSAGE_BYTES_MAX - 128;
const NONCE_BYTES: usize = 16;
const XNONCE_BYTES: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use signaling_server::protocol::{PeerId, Reply};

    fn sealed(length: usize) -> Sealed {
        Sealed { xnonce: [7; 24], text: vec![9; length] }
    }

    fn envelope() -> impl Strategy<Value = Envelope> {
        let sealed = || {
            let text = prop::collection::vec(any::<u8>(), 0..300);
            (any::<XNonce>(), text).prop_map(|(xnonce, text)| Sealed { xnonce, text })
        };
        let place = any::<(Nonce, Nonce, u64)>();
        prop_oneof![
            sealed().prop_map(Envelope::Hello),
            (place, sealed()).prop_map(|((from, to, counter), sealed)| {
                Envelope::Signal(Place { from, to, counter }, sealed)
            }),
        ]
    }

    fn raw(json: &str) -> Payload {
        RawValue::from_string(json.to_owned()).expect("JSON")
    }

    #[test]
    fn what_is_not_in_the_form_is_malformed() {
        for json in [
            "1",
            "null",
            "{}",
            "[\"AQE\"]",
            "\"\"",
            "\"A\"",
            "\"AQ\"",
            "\"AQM\"",
            "\"AQ==\"",
            "\"AR\"",
            "\"A Q\"",
            "\"\\u0041Q\"",
            "\"AQE_\"",
        ] {
            assert_eq!(Envelope::parse(&raw(json)), Err(OpenError::Malformed), "{json}");
        }
        assert_eq!(Envelope::parse(&raw("\"Ag\"")), Err(OpenError::Version(2)));
    }

    #[test]
    fn nothing_longer_than_the_server_carries_is_made_or_read() {
        let mut length = MESSAGE_BYTES_MAX / 4 * 3;
        let longest = loop {
            match Envelope::Hello(sealed(length)).to_payload() {
                Some(payload) => break payload,
                None => length -= 1,
            }
        };
        assert!(Envelope::parse(&longest).is_ok());
        let longer = format!("\"AAAA{}", &longest.get()[1..]);
        assert_eq!(Envelope::parse(&raw(&longer)), Err(OpenError::Malformed));
        let message = Reply::Signal { from: PeerId((1 << 53) - 1), payload: longest };
        let message = serde_json::to_string(&message).expect("plain");
        assert!(message.len() <= MESSAGE_BYTES_MAX);
    }

    proptest! {
        #[test]
        fn an_envelope_is_read_back(envelope in envelope()) {
            let payload = envelope.to_payload().expect("short");
            prop_assert_eq!(Envelope::parse(&payload), Ok(envelope));
        }

        #[test]
        fn one_envelope_has_one_form(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let bytes = [&[VERSION, bytes.len() as u8 % 3], &bytes[..]].concat();
            let payload = to_raw_value(&BASE64URL_NOPAD.encode(&bytes)).expect("plain");
            if let Ok(envelope) = Envelope::parse(&payload) {
                let again = envelope.to_payload().expect("short");
                prop_assert_eq!(again.get(), payload.get());
            }
        }

        #[test]
        fn no_text_panics(text: String) {
            let _ = Envelope::parse(&to_raw_value(&text).expect("plain"));
        }
    }
}
