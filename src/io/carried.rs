//! The signaling server that this program carries, for rooms opened without another one.

use signaling_server::certificate::{Certificate, CertificateError};
use signaling_server::pin::Pin;
use signaling_server::server::{Config, Tls, serve};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A server that runs beside the rest of the program.
#[derive(Debug)]
pub struct Carried {
    /// Where it listens.
    pub address: SocketAddr,
    /// What it is known by, if it speaks https.
    pub pin: Option<Pin>,
    cancel: CancellationToken,
    tasks: TaskTracker,
}

/// Where to listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listen {
    /// There, or not at all.
    At(SocketAddr),
    /// On all interfaces, at [`PORT`] or the next port that is free.
    Anywhere,
}

/// How to serve.
#[derive(Debug, Clone)]
pub struct Serving {
    /// Where.
    pub listen: Listen,
    /// Pages of these may connect too, though they are from elsewhere.
    pub allow_origins: Vec<String>,
    /// Whose certificate is shown, if https is spoken.
    pub certificate: Option<Certificate>,
}

/// Why nothing is served.
#[derive(Debug, thiserror::Error)]
pub enum NotCarried {
    /// Another place may be free.
    #[error(transparent)]
    Listen(#[from] io::Error),
    /// Another certificate may do.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
}

impl Carried {
    /// Begins to serve.
    pub async fn start(serving: Serving) -> Result<Self, NotCarried> {
        let Serving { listen, allow_origins, certificate } = serving;
        let tls = certificate.map(|it| it.load()).transpose()?;
        let listener = match listen {
            Listen::At(address) => TcpListener::bind(address).await?,
            Listen::Anywhere => bind_next_free().await?,
        };
        let address = listener.local_addr()?;
        let pin = tls.as_ref().and_then(Tls::pin);
        let (cancel, tasks) = (CancellationToken::new(), TaskTracker::new());
        let shutdown = cancel.clone();
        let config = Config { allow_origins, tls, ..Config::default() };
        tasks.spawn(async move {
            if let Err(error) = serve(listener, config, shutdown).await {
                tracing::error!(%error, "the signaling server ended");
            }
        });
        Ok(Self { address, pin, cancel, tasks })
    }

    /// The addresses that others may reach it at, the likeliest first; never none.
    pub fn public_addresses(&self) -> Vec<SocketAddr> {
        if !self.address.ip().is_unspecified() {
            return vec![self.address];
        }
        let interfaces = if_addrs::get_if_addrs().unwrap_or_else(|error| {
            tracing::warn!(%error, "the interfaces are not known");
            Vec::new()
        });
        let interfaces = interfaces.iter().map(|it| (it.name.as_str(), it.ip()));
        let mut found = likely(outward_address(), interfaces);
        found.retain(|ip| ip.is_ipv4() || self.address.is_ipv6());
        if found.is_empty() {
            found.push(Ipv4Addr::LOCALHOST.into());
        }
        found.into_iter().map(|ip| SocketAddr::new(ip, self.address.port())).collect()
    }

    /// The address to reach it at from here.
    pub fn local_address(&self) -> SocketAddr {
        let mut address = self.address;
        if address.ip().is_unspecified() {
            address.set_ip(Ipv4Addr::LOCALHOST.into());
        }
        address
    }

    /// Ends it; peers are told when to look for it again.
    pub async fn close(self) {
        self.cancel.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

async fn bind_next_free() -> io::Result<TcpListener> {
    let mut taken = None;
    for port in PORT..PORT + PORTS_TRIED {
        match TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).await {
            Ok(listener) => return Ok(listener),
            Err(error) => taken = Some(error),
        }
    }
    Err(taken.unwrap_or_else(|| io::ErrorKind::AddrInUse.into()))
}

/// This machine's address on the way to others. Nothing is sent: connecting a UDP socket only
/// asks the routing table.
fn outward_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect(DOCUMENTATION_ADDRESS).ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_unspecified()).then_some(address)
}

/// Those of a machine's addresses that others may reach it at, the likeliest first: the one on the
/// way to others, then by the kind of interface that each is of.
fn likely<'a>(
    outward: Option<IpAddr>,
    interfaces: impl Iterator<Item = (&'a str, IpAddr)>,
) -> Vec<IpAddr> {
    let outward = outward.map(|ip| ("", ip));
    let mut all: Vec<_> = outward
        .into_iter()
        .chain(interfaces)
        .filter(|(_, ip)| can_be_reached(*ip))
        .map(|(name, ip)| (rank(name, ip), ip))
        .collect();
    // In the system's order where there is no better one.
    all.sort_by_key(|(rank, _)| *rank);
    let mut found = Vec::new();
    for (_, ip) in all {
        if !found.contains(&ip) {
            found.push(ip);
        }
    }
    found.truncate(ADDRESSES_MAX);
    found
}

/// Less is likelier.
fn rank(interface: &str, ip: IpAddr) -> u8 {
    let is_any_of = |prefixes: &[&str]| prefixes.iter().any(|it| interface.starts_with(it));
    match ip {
        IpAddr::V4(_) if interface.is_empty() => 0,
        IpAddr::V4(_) if is_any_of(&OF_MACHINES_WITHIN) => 3,
        IpAddr::V4(_) if is_any_of(&OF_TUNNELS) => 2,
        IpAddr::V4(_) => 1,
        IpAddr::V6(_) if is_any_of(&OF_MACHINES_WITHIN) => 6,
        IpAddr::V6(ip) if ip.is_unique_local() => 5,
        IpAddr::V6(_) => 4,
    }
}

/// Not from this machine alone, and not from one interface alone, which no link can say.
fn can_be_reached(ip: IpAddr) -> bool {
    let alone = match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    };
    !ip.is_loopback() && !ip.is_unspecified() && !alone
}

/// Where rooms are opened if nothing else is said.
pub const PORT: u16 = 8765;
const PORTS_TRIED: u16 = 50;
/// More than anybody would try.
const ADDRESSES_MAX: usize = 8;
/// How interfaces of containers and virtual machines begin: mostly this machine alone is there.
const OF_MACHINES_WITHIN: [&str; 13] = [
    "docker", "br-", "bridge", "veth", "virbr", "vboxnet", "vmnet", "vnet", "lxc", "lxd", "cni",
    "flannel", "podman",
];
/// Others are there, if they are in the same private network.
const OF_TUNNELS: [&str; 7] = ["tun", "tap", "wg", "tailscale", "utun", "zt", "ppp"];
/// An address that stands for any far one (RFC 5737).
const DOCUMENTATION_ADDRESS: (Ipv4Addr, u16) = (Ipv4Addr::new(192, 0, 2, 1), 9);

#[cfg(test)]
mod tests {
    use super::*;

    fn ips(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().expect("an address")).collect()
    }

    #[test]
    fn the_likeliest_address_comes_first_and_none_twice() {
        let interfaces = [
            ("lo", "127.0.0.1"),
            ("docker0", "172.17.0.1"),
            ("eth0", "192.168.1.20"),
            ("tailscale0", "100.101.102.103"),
            ("wlan0", "192.168.7.3"),
            ("eth1", "169.254.3.4"),
            ("lo", "::1"),
            ("eth0", "fe80::1"),
            ("eth0", "fd00::20"),
            ("docker0", "fd00:d::1"),
            ("eth0", "2001:db8::20"),
        ]
        .map(|(name, ip)| (name, ip.parse().expect("an address")));
        let found =
            likely(Some("192.168.7.3".parse().expect("an address")), interfaces.into_iter());
        let expected = [
            "192.168.7.3",
            "192.168.1.20",
            "100.101.102.103",
            "172.17.0.1",
            "2001:db8::20",
            "fd00::20",
            "fd00:d::1",
        ];
        assert_eq!(found, ips(&expected));
    }

    #[test]
    fn no_more_addresses_are_told_than_anybody_would_try() {
        let many = (0..100).map(|n| ("eth0", IpAddr::from([192, 0, 2, n])));
        let found = likely(None, many);
        assert_eq!(found.len(), ADDRESSES_MAX);
        assert_eq!(likely(None, std::iter::empty()), ips(&[]));
    }
}
