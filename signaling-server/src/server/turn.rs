//! The sockets around [`Relay`]: one that clients come to, one for each allocation.
//!
//! One task reads what clients send and opens and closes the allocations' sockets; one more for each
//! of these reads what peers send. The relay stands behind a lock, held for one datagram and never
//! across an await. All of it ends with the server. No address is logged.

use std::collections::HashMap;
use std::future::pending;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use tokio::net::UdpSocket;
use tokio::sync::Notify;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::sleep_until;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use crate::turn::{
    Action, AllocationId, Counts, DATAGRAM_BYTES_MAX, Limits, Now, Opening, Parity, Place, Reach,
    Relay, Secret, Settings,
};

/// Where a server of STUN and TURN listens, and from where it relays.
#[derive(Debug, Clone)]
pub struct TurnOptions {
    /// Where clients come to. If that is no one address, such as 0.0.0.0, it relays from the one that
    /// this machine reaches the open net from.
    pub listen: SocketAddr,
    /// What this machine's address is known by elsewhere, behind a 1:1 NAT.
    pub public_ip: Option<IpAddr>,
    /// The ports to relay from, if not any that is free.
    pub ports: Option<RangeInclusive<u16>>,
    /// Whom it relays to.
    pub reach: Reach,
    /// What credentials are made with; one that is drawn for this life of the server if there is none.
    pub secret: Option<Secret>,
    /// How much of everything there may be.
    pub limits: Limits,
}

/// Why there is no server of STUN and TURN.
#[derive(Debug, thiserror::Error)]
pub enum TurnError {
    /// The address is another program's, or not this machine's.
    #[error("cannot listen for STUN and TURN on UDP {0}")]
    Listen(SocketAddr, #[source] io::Error),
    /// One is to be named, with which it can be reached.
    #[error(
        "this machine has no address to relay from that could be found: name one in place of {0}"
    )]
    NoAddress(IpAddr),
    /// The one or the other is to be of the other kind.
    #[error("the public address {0} is not of the same kind, IPv4 or IPv6, as the one listened on")]
    OtherFamily(IpAddr),
    /// Nobody could be given credentials: nothing to be done in this program.
    #[error("the system gives no random numbers")]
    Randomness(#[source] getrandom::Error),
}

/// A server of STUN and TURN that listens; a [`Config`](super::Config) with it makes it answer.
///
/// It is for one server: clones are the same one.
#[derive(Debug, Clone)]
pub struct Turn(Arc<Sockets>);

#[derive(Debug)]
struct Sockets {
    /// Where clients come to.
    socket: UdpSocket,
    /// Where that is.
    listen: SocketAddr,
    relay: Mutex<Relay>,
    /// Something is due sooner than it was.
    sooner: Notify,
    ports: Option<RangeInclusive<u16>>,
    secret: Secret,
    /// How clients are told to come here.
    told: SocketAddr,
}

impl Turn {
    /// Listens. What comes in waits until the server runs.
    pub async fn bind(options: TurnOptions) -> Result<Self, TurnError> {
        let TurnOptions { listen, public_ip, ports, reach, secret, limits } = options;
        let places = places(listen.ip(), public_ip)?;
        let secret = match secret {
            Some(secret) => secret,
            None => Secret::of_bytes(draw()?),
        };
        let cannot_listen = |error| TurnError::Listen(listen, error);
        let socket = UdpSocket::bind(listen).await.map_err(cannot_listen)?;
        let listen = socket.local_addr().map_err(cannot_listen)?;
        let first = places.first().ok_or(TurnError::NoAddress(listen.ip()))?;
        let told = SocketAddr::new(first.told, listen.port());
        if reach == Reach::Public && !reach.admits(first.told) {
            warn!(
                "the address that STUN and TURN are at is a private one: those elsewhere need \
                 the public one (--turn-public-ip)"
            );
        }
        let settings = Settings { secret: secret.clone(), places, reach, limits };
        let relay = Mutex::new(Relay::new(settings, &draw()?));
        let sooner = Notify::new();
        Ok(Self(Arc::new(Sockets { socket, listen, relay, sooner, ports, secret, told })))
    }

    /// What credentials are to be made with.
    pub fn secret(&self) -> &Secret {
        &self.0.secret
    }

    /// Where it is, as a server of STUN.
    pub fn stun_url(&self) -> String {
        format!("stun:{}", self.0.told)
    }

    /// Where it is, as a server of TURN.
    pub fn turn_url(&self) -> String {
        format!("turn:{}?transport=udp", self.0.told)
    }

    /// What is counted of it.
    pub(super) fn counts(&self) -> Counts {
        self.0.relay.lock().unwrap_or_else(PoisonError::into_inner).counts()
    }

    /// Answers and relays until `shutdown` is cancelled; returns when every socket but the first is closed.
    pub(super) async fn run(&self, shutdown: &CancellationToken) {
        info!("relaying");
        let mut outlets = Outlets::default();
        let mut buffer = datagram();
        loop {
            let next = self.0.handle(|relay, _| relay.poll_timeout()).0;
            let over = async {
                match next {
                    Some(deadline) => sleep_until(deadline.into()).await,
                    None => pending().await,
                }
            };
            let actions = tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                () = over => self.0.handle(Relay::handle_timeout).1,
                // There is something to be done sooner.
                () = self.0.sooner.notified() => continue,
                received = receive(&self.0.socket, &mut buffer) => {
                    let Some((datagram, client)) = received else { continue };
                    self.0.handle(|relay, now| relay.handle_client(datagram, client, now)).1
                }
            };
            self.perform(actions, &mut outlets).await;
        }
        outlets.tasks.shutdown().await;
    }

    async fn perform(&self, actions: Vec<Action>, outlets: &mut Outlets) {
        for action in actions {
            match action {
                Action::Answer { to, datagram } => self.0.answer(to, &datagram).await,
                Action::Send { from, to, datagram } => {
                    if let Some(outlet) = outlets.open.get(&from) {
                        send(&outlet.socket, &datagram, to).await;
                    }
                }
                Action::Open(opening) => {
                    for answer in self.open(opening, outlets) {
                        // All that an opened socket leads to.
                        if let Action::Answer { to, datagram } = answer {
                            self.0.answer(to, &datagram).await;
                        }
                    }
                }
                Action::Close(id) => {
                    if let Some(outlet) = outlets.open.remove(&id) {
                        outlet.task.abort();
                    }
                }
            }
        }
        // Tasks that were aborted are forgotten.
        while outlets.tasks.try_join_next().is_some() {}
    }

    fn open(&self, opening: Opening, outlets: &mut Outlets) -> Vec<Action> {
        let id = opening.id;
        let socket = bind(opening.place.bound, opening.parity, self.0.ports.as_ref());
        let address = socket.as_ref().ok().and_then(|it| it.local_addr().ok());
        let port = address.map(|it| it.port());
        match socket {
            Ok(socket) => {
                let socket = Arc::new(socket);
                let task = Arc::clone(&self.0).read_peers(id, Arc::clone(&socket));
                let task = outlets.tasks.spawn(task);
                outlets.open.insert(id, Outlet { socket, task });
            }
            Err(error) => warn!(kind = %error.kind(), "no socket to relay from"),
        }
        self.0.handle(|relay, now| relay.opened(opening, port, now)).1
    }
}

impl Sockets {
    /// Calls the relay and takes along what it wants done: both under one lock, so that nobody takes
    /// what another's datagram led to.
    fn handle<T>(&self, call: impl FnOnce(&mut Relay, Now) -> T) -> (T, Vec<Action>) {
        // Whole between any two calls, so a panic elsewhere spoils nothing.
        let mut relay = self.relay.lock().unwrap_or_else(PoisonError::into_inner);
        let before = relay.poll_timeout();
        let value = call(&mut relay, now());
        let next = relay.poll_timeout();
        if next.is_some_and(|next| before.is_none_or(|before| next < before)) {
            self.sooner.notify_one();
        }
        (value, std::iter::from_fn(|| relay.poll_action()).collect())
    }

    async fn read_peers(self: Arc<Self>, id: AllocationId, socket: Arc<UdpSocket>) {
        let mut buffer = datagram();
        loop {
            let Some((datagram, peer)) = receive(&socket, &mut buffer).await else { continue };
            let ((), actions) =
                self.handle(|relay, now| relay.handle_peer(id, datagram, peer, now));
            for action in actions {
                // A peer's datagram leads to nothing else.
                if let Action::Answer { to, datagram } = action {
                    self.answer(to, &datagram).await;
                }
            }
        }
    }

    async fn answer(&self, to: SocketAddr, datagram: &[u8]) {
        // A socket of both families wants those of IPv4 in its own way.
        let to = match to.ip() {
            IpAddr::V4(ip) if self.listen.is_ipv6() => (ip.to_ipv6_mapped(), to.port()).into(),
            _ => to,
        };
        send(&self.socket, datagram, to).await;
    }
}

/// The sockets of allocations, and who reads them.
#[derive(Debug, Default)]
struct Outlets {
    open: HashMap<AllocationId, Outlet>,
    tasks: JoinSet<()>,
}

#[derive(Debug)]
struct Outlet {
    socket: Arc<UdpSocket>,
    task: AbortHandle,
}

/// The moment it is.
pub(super) fn now() -> Now {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    Now { instant: Instant::now(), unix_seconds: since_1970.map_or(0, |it| it.as_secs()) }
}

/// Room for a datagram, and a byte that tells a longer one.
fn datagram() -> Vec<u8> {
    vec![0; DATAGRAM_BYTES_MAX + 1]
}

/// The next datagram and who sent it; none if it is too long, or if there was an error.
async fn receive<'a>(socket: &UdpSocket, buffer: &'a mut [u8]) -> Option<(&'a [u8], SocketAddr)> {
    match socket.recv_from(buffer).await {
        Ok((length, _)) if length > DATAGRAM_BYTES_MAX => None,
        Ok((length, from)) => {
            // A socket of both families writes those of IPv4 in its own way.
            let from = SocketAddr::new(from.ip().to_canonical(), from.port());
            Some((&buffer[..length], from))
        }
        Err(error) => {
            debug!(kind = %error.kind(), "a datagram is not received");
            // Of one datagram, most likely; if not, the next call would fail at once as well.
            tokio::time::sleep(RECEIVE_PAUSE).await;
            None
        }
    }
}

/// Sends, or does not: datagrams may be lost.
async fn send(socket: &UdpSocket, datagram: &[u8], to: SocketAddr) {
    if let Err(error) = socket.send_to(datagram, to).await {
        debug!(kind = %error.kind(), "a datagram is not sent");
    }
}

/// A socket at an address, at a port of the range if there is one.
fn bind(
    address: IpAddr,
    parity: Parity,
    ports: Option<&RangeInclusive<u16>>,
) -> io::Result<UdpSocket> {
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    for port in candidates(ports).filter(|port| parity.admits(*port)) {
        match std::net::UdpSocket::bind((address, port)) {
            Ok(socket) if parity.admits(socket.local_addr()?.port()) => {
                socket.set_nonblocking(true)?;
                return UdpSocket::from_std(socket);
            }
            // Any that is free was not the right one: another may be.
            Ok(_) => {}
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Ports to try: those of the range from somewhere on, as ports that nobody can guess are harder to
/// send to; or 0, which is any that is free, some times over.
fn candidates(ports: Option<&RangeInclusive<u16>>) -> impl Iterator<Item = u16> {
    let (first, length) = match ports {
        Some(ports) => (*ports.start(), u32::from(ports.end() - ports.start()) + 1),
        None => (0, 1),
    };
    let tries = if ports.is_some() { length } else { ANY_PORT_TRIED_MAX };
    let start = getrandom::u32().unwrap_or(0) % length;
    (0..tries.min(PORTS_TRIED_MAX)).map(move |step| first + ((start + step) % length) as u16)
}

/// Where to relay from: the address that is listened on, or this machine's of each family that is.
fn places(listen: IpAddr, public_ip: Option<IpAddr>) -> Result<Vec<Place>, TurnError> {
    let bound: Vec<IpAddr> = match listen {
        _ if !listen.is_unspecified() => vec![listen],
        IpAddr::V4(_) => own_address(SOMEWHERE_V4).into_iter().collect(),
        IpAddr::V6(_) => [SOMEWHERE_V6, SOMEWHERE_V4].into_iter().filter_map(own_address).collect(),
    };
    if bound.is_empty() {
        return Err(TurnError::NoAddress(listen));
    }
    let is_public = |it: &IpAddr| public_ip.is_some_and(|public| public.is_ipv4() == it.is_ipv4());
    if let Some(public) = public_ip.filter(|_| !bound.iter().any(is_public)) {
        return Err(TurnError::OtherFamily(public));
    }
    let place =
        |it: IpAddr| Place { bound: it, told: public_ip.filter(|_| is_public(&it)).unwrap_or(it) };
    let mut places: Vec<Place> = bound.into_iter().map(place).collect();
    // The one that was named goes before one that was found.
    places.sort_by_key(|it| Some(it.told) != public_ip);
    Ok(places)
}

/// The address that this machine goes there from. Nothing is sent to find out.
fn own_address(there: IpAddr) -> Option<IpAddr> {
    let from: IpAddr = match there {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = std::net::UdpSocket::bind((from, 0)).ok()?;
    socket.connect((there, crate::turn::PORT)).ok()?;
    let own = socket.local_addr().ok()?.ip();
    (!own.is_unspecified()).then_some(own)
}

fn draw() -> Result<[u8; 32], TurnError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(TurnError::Randomness)?;
    Ok(bytes)
}

const RECEIVE_PAUSE: Duration = Duration::from_millis(10);

/// More than there are allocations, so that a range with room is found to have it.
const PORTS_TRIED_MAX: u32 = 1000;

/// Every second is even.
const ANY_PORT_TRIED_MAX: u32 = 32;

/// Somewhere on the open net: which addresses does not matter, and these are nobody's to begin with
/// (AS112, RFC 7534 and RFC 7535).
const SOMEWHERE_V4: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 31, 196, 1));
const SOMEWHERE_V6: IpAddr = IpAddr::V6(Ipv6Addr::new(0x2001, 4, 0x112, 0, 0, 0, 0, 1));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_told_as_the_public_address_of_its_kind() {
        let ip = |text: &str| -> IpAddr { text.parse().expect("an address") };
        let (inside, outside) = (ip("10.0.0.5"), ip("1.2.3.4"));
        let place = |told| vec![Place { bound: inside, told }];
        assert_eq!(places(inside, None).expect("a place"), place(inside));
        assert_eq!(places(inside, Some(outside)).expect("a place"), place(outside));
        let refused = places(inside, Some(ip("2a00::1"))).expect_err("of another kind");
        assert!(matches!(refused, TurnError::OtherFamily(_)));
    }

    #[tokio::test]
    async fn ports_of_a_range_are_all_used_and_no_others() {
        let address = IpAddr::from(Ipv4Addr::LOCALHOST);
        let range = 47_310..=47_313;
        let sockets: Vec<UdpSocket> =
            std::iter::from_fn(|| bind(address, Parity::Any, Some(&range)).ok()).take(9).collect();
        assert!(!sockets.is_empty(), "others have taken them all");
        for socket in &sockets {
            assert!(range.contains(&socket.local_addr().expect("an address").port()));
        }
        for port in range.clone() {
            std::net::UdpSocket::bind((address, port)).expect_err("none is left");
        }
        let refused = bind(address, Parity::Any, Some(&range)).expect_err("none is left");
        assert_eq!(refused.kind(), io::ErrorKind::AddrInUse);
    }

    #[tokio::test]
    async fn an_even_port_is_found_with_a_range_and_without() {
        let address = IpAddr::from(Ipv4Addr::LOCALHOST);
        for range in [None, Some(&(47_320..=47_339))] {
            let socket = bind(address, Parity::Even, range).expect("a socket");
            assert_eq!(socket.local_addr().expect("an address").port() % 2, 0);
        }
    }
}
