//! Credentials of TURN that expire, in the form that is known as TURN REST: the server that hands them
//! out and the one that takes them share nothing but a secret.
//!
//! A username is `unix-time:id`, the time being when it expires; the password is the base64 of the
//! HMAC-SHA1 of that under the secret (draft-uberti-behave-turn-rest-00). coturn takes the same with
//! `use-auth-secret`. Usernames cross the net in the clear, so the id here is two tags that only
//! who has the secret can make: of the room, and of the peer in it. They are what quotas count.

use data_encoding::BASE64;
use md5::{Digest, Md5};
use ring::hmac;

use crate::protocol::{IceServer, PeerId, RoomId};

/// What credentials are made with. It is not shown.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

/// A text with nothing in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no secret in it")]
pub struct NoSecret;

/// What a peer shows to a TURN server.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// When it expires, and whose it is.
    pub username: String,
    /// What goes with that.
    pub password: String,
}

/// Whose credentials they are, as far as it matters here: who shares a room shares its tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Owner {
    pub room: u64,
    pub peer: u64,
}

/// Credentials that were shown, and are good if the key fits.
#[derive(Clone)]
pub(super) struct Account {
    pub username: String,
    pub owner: Owner,
    pub key: Key,
}

/// What messages are signed with (RFC 8489, section 9.2.2).
pub(super) type Key = [u8; 16];

impl Secret {
    /// Of random bytes.
    pub fn of_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes.to_vec())
    }

    /// Of a file's text, without the space around it.
    pub fn of_text(text: &str) -> Result<Self, NoSecret> {
        match text.trim() {
            "" => Err(NoSecret),
            text => Ok(Self(text.as_bytes().to_vec())),
        }
    }

    /// For one peer of one room, good for [`CREDENTIALS_SECONDS`].
    pub fn grant(&self, room: &RoomId, peer: PeerId, unix_seconds: u64) -> Credentials {
        let owner = Owner {
            room: self.tag(&["room", room.as_str()]),
            peer: self.tag(&["peer", room.as_str(), &peer.to_string()]),
        };
        let expires = unix_seconds + CREDENTIALS_SECONDS;
        let username = format!("{expires}:{:016x}{:016x}", owner.room, owner.peer);
        let password = self.password(&username);
        Credentials { username, password }
    }

    /// Whose a username is, and what its owner signs with; none if it has expired or is none of ours.
    pub(super) fn account(
        &self,
        username: &str,
        realm: &str,
        unix_seconds: u64,
    ) -> Option<Account> {
        let (expires, owner) = read(username)?;
        let password = self.password(username);
        let key = Md5::digest(format!("{username}:{realm}:{password}")).into();
        (unix_seconds < expires).then(|| Account { username: username.to_owned(), owner, key })
    }

    fn password(&self, username: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        BASE64.encode(hmac::sign(&key, username.as_bytes()).as_ref())
    }

    fn tag(&self, of: &[&str]) -> u64 {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        let mut context = hmac::Context::with_key(&key);
        for part in of {
            context.update(part.as_bytes());
            context.update(&[0]);
        }
        let tag = context.sign();
        tag.as_ref().iter().take(8).fold(0, |tag, byte| tag << 8 | u64::from(*byte))
    }
}

impl Credentials {
    /// Servers that take these.
    pub fn for_servers(self, urls: Vec<String>) -> IceServer {
        IceServer { urls, username: Some(self.username), credential: Some(self.password) }
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials(..)")
    }
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Account(..)")
    }
}

fn read(username: &str) -> Option<(u64, Owner)> {
    let (expires, id) = username.split_once(':')?;
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if id.len() != 32 || !id.bytes().all(is_hex) || !expires.bytes().all(|it| it.is_ascii_digit()) {
        return None;
    }
    let (room, peer) = id.split_at(16);
    let tag = |text| u64::from_str_radix(text, 16).ok();
    Some((expires.parse().ok()?, Owner { room: tag(room)?, peer: tag(peer)? }))
}

/// How long credentials are good for: an hour. An allocation that stands by then may be kept up
/// further by who has it; a new one may not be made.
pub const CREDENTIALS_SECONDS: u64 = 60 * 60;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn room(text: &str) -> RoomId {
        RoomId::try_from(text.to_owned()).expect("a room id")
    }

    fn secret() -> Secret {
        Secret::of_text("north\n").expect("a secret")
    }

    #[test]
    fn the_password_is_what_coturn_makes_of_the_same() {
        // printf 1700000000:ann | openssl dgst -sha1 -hmac north -binary | base64
        assert_eq!(secret().password("1700000000:ann"), PASSWORD);
    }

    #[test]
    fn they_are_good_for_an_hour_and_no_longer() {
        let granted = secret().grant(&room("words"), PeerId(5), 1000);
        let good = |at| secret().account(&granted.username, "realm", at).is_some();
        assert!(good(1000) && good(1000 + CREDENTIALS_SECONDS - 1));
        assert!(!good(1000 + CREDENTIALS_SECONDS) && !good(u64::MAX));
    }

    #[test]
    fn a_room_has_one_owner_a_peer_and_nothing_of_either_is_told() {
        let owner = |of: &str, peer| {
            let granted = secret().grant(&room(of), PeerId(peer), 0);
            assert!(!granted.username.contains(of), "{}", granted.username);
            secret().account(&granted.username, "realm", 0).expect("an account").owner
        };
        let (ann, bert, carl) = (owner("words", 1), owner("words", 2), owner("others", 1));
        assert_eq!(ann, owner("words", 1));
        assert_eq!(ann.room, bert.room);
        assert_ne!(ann.peer, bert.peer);
        assert_ne!(ann.room, carl.room);
        assert_ne!(ann.peer, carl.peer);
    }

    #[test]
    fn another_secret_makes_another_key() {
        let granted = secret().grant(&room("words"), PeerId(5), 0);
        let other = Secret::of_text("south").expect("a secret");
        let key = |of: &Secret| of.account(&granted.username, "realm", 0).expect("an account").key;
        assert_ne!(key(&secret()), key(&other));
    }

    #[test]
    fn a_file_with_nothing_in_it_is_no_secret_and_none_is_shown() {
        assert_eq!(Secret::of_text(" \n").err(), Some(NoSecret));
        let granted = secret().grant(&room("words"), PeerId(5), 0);
        let shown = format!("{:?} {granted:?}", secret());
        assert_eq!(shown, "Secret(..) Credentials(..)");
    }

    proptest! {
        #[test]
        fn a_username_that_is_taken_reads_as_it_is_written(
            text in prop_oneof![".{0,60}", "[0-9]{0,21}:[0-9a-f]{31,33}"]
        ) {
            if let Some((expires, owner)) = read(&text) {
                let again = format!("{expires}:{:016x}{:016x}", owner.room, owner.peer);
                prop_assert_eq!(text.trim_start_matches('0'), again.trim_start_matches('0'));
            }
        }
    }

    const PASSWORD: &str = "jeamH6dA5l2I9g3jmieza7CzEDo=";
}
