//! The servers for ICE that a welcome names: some for everybody, and servers of TURN, each peer with
//! credentials of its own.

use super::{Config, TurnServers};
use crate::protocol::{IceServer, PeerId, RoomId};

/// What is named in welcomes.
#[derive(Debug)]
pub(super) struct IceServers {
    common: Vec<IceServer>,
    turn: Vec<TurnServers>,
}

impl IceServers {
    pub(super) fn new(config: &Config) -> Self {
        let mut common = config.ice_servers.clone();
        let mut turn: Vec<TurnServers> = config.turn_servers.iter().cloned().collect();
        if let Some(own) = &config.turn {
            let stun = IceServer { urls: vec![own.stun_url()], username: None, credential: None };
            common.insert(0, stun);
            turn.insert(
                0,
                TurnServers { urls: vec![own.turn_url()], secret: own.secret().clone() },
            );
        }
        Self { common, turn }
    }

    /// For one peer of one room. Those with credentials come first, as a peer takes a few alone.
    pub(super) fn of(&self, room: &RoomId, peer: PeerId, unix_seconds: u64) -> Vec<IceServer> {
        let turn = self
            .turn
            .iter()
            .map(|it| it.secret.grant(room, peer, unix_seconds).for_servers(it.urls.clone()));
        turn.chain(self.common.iter().cloned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::turn::Secret;

    #[test]
    fn each_peer_has_credentials_of_its_own_and_the_rest_is_for_all() {
        let stun = IceServer {
            urls: vec!["stun:stun.example:3478".to_owned()],
            username: None,
            credential: None,
        };
        let urls = vec!["turn:turn.example:3478".to_owned()];
        let secret = Secret::of_bytes([1; 32]);
        let servers = IceServers::new(&Config {
            ice_servers: vec![stun.clone()],
            turn_servers: Some(TurnServers { urls: urls.clone(), secret }),
            ..Config::default()
        });
        let room = RoomId::try_from("words".to_owned()).expect("a room id");
        let of = |peer, at| servers.of(&room, PeerId(peer), at);
        let [turn, rest] = &of(1, 1000)[..] else { panic!("two") };
        assert_eq!(turn.urls, urls);
        assert!(turn.username.as_ref().is_some_and(|it| it.starts_with("4600:")), "{turn:?}");
        assert!(turn.credential.is_some());
        assert_eq!(*rest, stun);
        assert_eq!(of(1, 1000), of(1, 1000));
        assert_ne!(of(1, 1000)[0], of(2, 1000)[0]);
        assert_ne!(of(1, 1000)[0], of(1, 1001)[0]);
    }
}
