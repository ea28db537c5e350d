//! What a peer says first: which half of the session it brings, who it is, what it is called; and a
//! question, by whose answer it tells a peer that is there from an old hello.
//!
//! The bytes inside a sealed hello, put together and taken apart. What follows from one is
//! [`super::session`]'s to decide.

use super::OpenError;
use super::envelope::Nonce;
use super::identity::PublicKey;
use crate::text::SafeText;
use sha2::{Digest, Sha256};

/// The body of a hello.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hello {
    /// Who says it.
    pub instance: Instance,
    /// Fresh until a hello answers it.
    pub question: Question,
    /// To the question of the hello heard last, if any was heard.
    pub answer: Option<Answer>,
    /// What the person there is called.
    pub name: SafeText,
}

/// One [`Seal`](super::Seal) of one identity: the same peer begun anew is another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Instance {
    /// Its half of any session.
    pub nonce: Nonce,
    /// Its identity.
    pub key: PublicKey,
}

pub(super) type Question = [u8; 16];
pub(super) type Answer = [u8; 16];

/// What a question of this identity is answered with. Since it is made for who asks, a member that
/// passes a question on as its own gets an answer that is of no use to the one who asked first.
pub(super) fn answer(question: &Question, asker: &PublicKey) -> Answer {
    let digest = Sha256::new().chain_update(ANSWER_LABEL).chain_update(question);
    let digest = digest.chain_update(asker.as_bytes()).finalize();
    let mut answer = [0; 16];
    answer.copy_from_slice(&digest[..16]);
    answer
}

impl Hello {
    /// As it is sealed.
    pub(super) fn to_body(&self) -> Vec<u8> {
        let answer = self.answer.unwrap_or(NO_ANSWER);
        let Instance { nonce, key } = &self.instance;
        [nonce, &self.question, &answer, &key.as_bytes()[..], self.name.as_str().as_bytes()]
            .concat()
    }

    /// From a body that opened.
    pub(super) fn parse(body: &[u8]) -> Result<Self, OpenError> {
        Self::parse_parts(body).ok_or(OpenError::Malformed)
    }

    fn parse_parts(body: &[u8]) -> Option<Self> {
        let (nonce, rest) = body.split_first_chunk()?;
        let (question, rest) = rest.split_first_chunk()?;
        let (answer, rest) = rest.split_first_chunk()?;
        let (key, name) = rest.split_first_chunk()?;
        Some(Self {
            instance: Instance { nonce: *nonce, key: PublicKey::from_bytes(key)? },
            question: *question,
            answer: (*answer != NO_ANSWER).then_some(*answer),
            name: SafeText::new(std::str::from_utf8(name).ok()?),
        })
    }
}

/// Stands where there is nothing to answer yet; no digest is like it.
const NO_ANSWER: Answer = [0; 16];
const ANSWER_LABEL: &[u8] = b"peersnap/1 answer";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::identity::Identity;
    use proptest::prelude::*;
    use zeroize::Zeroizing;

    fn key() -> PublicKey {
        Identity::from_secret(&Zeroizing::new([1; 32])).public()
    }

    proptest! {
        #[test]
        fn a_hello_is_read_back(nonce: Nonce, question: Question, answer: Option<Answer>, name: String) {
            prop_assume!(answer != Some(NO_ANSWER));
            let instance = Instance { nonce, key: key() };
            let hello = Hello { instance, question, answer, name: SafeText::new(&name) };
            prop_assert_eq!(Hello::parse(&hello.to_body()), Ok(hello));
        }

        #[test]
        fn no_bytes_panic(body: Vec<u8>, name: Vec<u8>) {
            let _ = Hello::parse(&body);
            let whole = [&[0; 48], &key().as_bytes()[..], &name].concat();
            if let Ok(hello) = Hello::parse(&whole) {
                prop_assert!(hello.name.as_str().chars().all(|c| !c.is_control()));
            }
        }
    }
}
