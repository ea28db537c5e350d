//! The flags of limits: what all, an address and a peer may take up.

use std::net::IpAddr;

use clap::Args;
use signaling_server::server::{Config, IpNet};

/// How much there may be of everything.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
pub struct Limits {
    /// A proxy that is believed when it says, in X-Forwarded-For, who comes, as an address or a network:
    /// 10.0.0.0/8; may be given again
    ///
    /// Without it, those who come through a proxy are counted as one, or not at all if the proxy is on
    /// this machine.
    #[arg(long, value_name = "CIDR", value_parser = network, value_delimiter = ',')]
    #[arg(env = "SIGNALING_SERVER_TRUST_PROXY")]
    trust_proxy: Vec<IpNet>,

    /// Websockets that an address opens a minute, for long; then 429. An address is one of IPv4 or a
    /// /56 of IPv6, and not of this machine
    #[arg(long, value_name = "N", default_value_t = Config::default().upgrades_per_minute)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    upgrades_per_minute: u32,

    /// Websockets that an address opens at once, after a while without
    #[arg(long, value_name = "N", default_value_t = Config::default().upgrades_burst)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    upgrades_burst: u32,

    /// Websockets that an address has at a time
    #[arg(long, value_name = "N", default_value_t = Config::default().sockets_per_address)]
    sockets_per_address: usize,

    /// Connections that an address has at a time, websockets not counted; one more is dropped
    #[arg(long, value_name = "N", default_value_t = Config::default().connections_per_address)]
    connections_per_address: usize,

    /// Connections at a time; one more is dropped
    #[arg(long, value_name = "N", default_value_t = Config::default().connections_max)]
    connections_max: usize,

    /// Rooms at a time
    #[arg(long, value_name = "N", default_value_t = Config::default().rooms_max)]
    rooms_max: usize,

    /// Messages that a peer sends a second, for long; then it is closed with 1008
    #[arg(long, value_name = "N", default_value_t = Config::default().messages_per_second)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    messages_per_second: u32,

    /// Messages that a peer sends at once, after a while without
    #[arg(long, value_name = "N", default_value_t = Config::default().messages_burst)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    messages_burst: u32,

    /// Bytes that a peer sends a second to others whom it reaches in no other way; what comes faster
    /// waits. 0 carries none
    #[arg(long, value_name = "BYTES", default_value_t = Config::default().frame_bytes_per_second)]
    frame_rate: u32,
}

impl Limits {
    /// The same with these limits.
    pub fn apply(self, config: Config) -> Config {
        Config {
            trust_proxies: self.trust_proxy,
            upgrades_per_minute: self.upgrades_per_minute,
            upgrades_burst: self.upgrades_burst,
            sockets_per_address: self.sockets_per_address,
            connections_per_address: self.connections_per_address,
            connections_max: self.connections_max,
            rooms_max: self.rooms_max,
            messages_per_second: self.messages_per_second,
            messages_burst: self.messages_burst,
            frame_bytes_per_second: self.frame_rate,
            ..config
        }
    }
}

fn network(text: &str) -> Result<IpNet, String> {
    let address = || text.parse::<IpAddr>().ok().map(IpNet::from);
    let network = text.parse().ok().or_else(address);
    network.ok_or("a network is an address and a length of prefix, as in 10.0.0.0/8".to_owned())
}
