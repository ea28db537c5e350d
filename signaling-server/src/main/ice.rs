//! The flags of STUN and TURN: the server that is run here, and those elsewhere.

use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;

use anyhow::{Context, Error, bail};
use clap::Args;
use signaling_server::protocol::IceServer;
use signaling_server::server::{Config, Turn, TurnError, TurnOptions, TurnServers};
use signaling_server::turn::{Limits, PORT, Reach, Secret};

use crate::bind_error;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Answer STUN and relay by TURN too, over UDP; alone, on port 3478 of the address of --listen
    ///
    /// Every peer of a room gets credentials for an hour. What it relays, and for whom, is limited: 2
    /// allocations a peer, 20 a room, 32 an address, 200 in all, 2 MiB/s each way. On a machine with
    /// several addresses, name the one to relay from.
    #[arg(long, value_name = "ADDR", num_args = 0..=1, env = "SIGNALING_SERVER_TURN")]
    #[expect(clippy::option_option, reason = "a flag that may have a value, as clap has it")]
    turn: Option<Option<SocketAddr>>,

    /// The address that this machine has elsewhere, if it is behind a 1:1 NAT, as in many clouds
    #[arg(long, value_name = "IP", requires = "turn", env = "SIGNALING_SERVER_TURN_PUBLIC_IP")]
    turn_public_ip: Option<IpAddr>,

    /// The UDP ports to relay from, as 49152-49407, for firewalls; any that is free otherwise
    #[arg(long, value_name = "MIN-MAX", requires = "turn", value_parser = ports)]
    #[arg(env = "SIGNALING_SERVER_TURN_PORTS")]
    turn_ports: Option<RangeInclusive<u16>>,

    /// Relay to private, loopback and link-local addresses too
    ///
    /// Whoever is in a room then reaches by UDP what listens on this machine and in its network, cloud
    /// metadata and routers among it: for a network of your own, without strangers.
    #[arg(long, requires = "turn")]
    turn_allow_private: bool,

    /// A STUN or TURN server elsewhere, for the peers: stun:HOST:PORT or turn:HOST:PORT; may be given again
    ///
    /// For TURN, --turn-secret-file holds the secret that this server shares with it.
    #[arg(long, visible_alias = "stun", value_name = "URL", value_parser = ice_url)]
    ice_server: Vec<String>,

    /// A file with the secret that credentials of TURN are made with: coturn's static-auth-secret
    ///
    /// Without it, --turn draws one at each start.
    #[arg(long, value_name = "FILE", env = "SIGNALING_SERVER_TURN_SECRET_FILE")]
    turn_secret_file: Option<PathBuf>,
}

impl Arguments {
    /// Whether TURN is to be run here.
    pub fn relays(&self) -> bool {
        self.turn.is_some()
    }

    /// What a server is told of these; all else in it is as by default. Listens already.
    pub async fn config(self, listen: IpAddr) -> Result<Config, Error> {
        let secret = self.turn_secret_file.as_ref().map(read_secret).transpose()?;
        let (urls, stun): (Vec<_>, Vec<_>) =
            self.ice_server.into_iter().partition(|url| url.starts_with("turn:"));
        let turn_servers = match (urls.is_empty(), &secret) {
            (true, _) => None,
            (false, Some(secret)) => Some(TurnServers { urls, secret: secret.clone() }),
            (false, None) => bail!(
                "a TURN server takes those who show credentials: name the file with its secret \
                 (--turn-secret-file FILE)"
            ),
        };
        let turn = match self.turn {
            None => None,
            Some(address) => {
                let options = TurnOptions {
                    listen: address.unwrap_or(SocketAddr::new(listen, PORT)),
                    public_ip: self.turn_public_ip,
                    ports: self.turn_ports,
                    reach: if self.turn_allow_private { Reach::Private } else { Reach::Public },
                    secret,
                    limits: Limits::default(),
                };
                Some(Turn::bind(options).await.map_err(turn_error)?)
            }
        };
        let ice_server = |url| IceServer { urls: vec![url], username: None, credential: None };
        let ice_servers = stun.into_iter().map(ice_server).collect();
        Ok(Config { ice_servers, turn, turn_servers, ..Config::default() })
    }
}

fn read_secret(path: &PathBuf) -> Result<Secret, Error> {
    let text = fs::read_to_string(path)
        .with_context(|| format!("{} cannot be read (--turn-secret-file)", path.display()))?;
    Secret::of_text(&text).with_context(|| format!("{} is of no use", path.display()))
}

fn turn_error(error: TurnError) -> Error {
    match error {
        TurnError::Listen(address, error) => bind_error(address, "--turn", error),
        error @ TurnError::NoAddress(_) => Error::from(error).context("--turn ADDR is needed"),
        error => Error::from(error),
    }
}

fn ports(text: &str) -> Result<RangeInclusive<u16>, String> {
    let ends =
        text.split_once('-').and_then(|(min, max)| Some((min.parse().ok()?, max.parse().ok()?)));
    match ends {
        Some((min, max)) if 0 < min && min <= max => Ok(min..=max),
        _ => Err("a range of ports is its first and its last, as in 49152-49407".to_owned()),
    }
}

fn ice_url(text: &str) -> Result<String, String> {
    let host = text.strip_prefix("stun:").or(text.strip_prefix("turn:"));
    match host {
        Some(host) if !host.is_empty() => Ok(text.to_owned()),
        _ => Err("a URL starts with stun: or turn:, as in stun:stun.example.org:3478".to_owned()),
    }
}
