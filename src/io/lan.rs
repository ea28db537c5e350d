//! The same network: a room that is carried here is announced there, and others' rooms are found.
//!
//! DNS-SD over multicast DNS (RFC 6762, RFC 6763): a service of the type `_peersnap._tcp`, whose
//! name is the room id that is derived of the words. Who listens learns that a room is open, its id
//! where its server is, and if that speaks https, by which key it is known: what the server is told
//! or tells anyway. Neither words nor names of people or
//! machines are said; the host is called after the room too. Who announces a room that is not
//! theirs can keep people out of it, as a server can, and no more ([`crate::seal`]).

use mdns_sd::{Error, ResolvedService, ScopedIp, ServiceDaemon, ServiceEvent, ServiceInfo};
use signaling_server::pin::Pin;
use signaling_server::protocol::RoomId;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Announces a room whose server listens on this port of all interfaces, until it is cancelled.
pub async fn announce(
    room: &RoomId,
    port: u16,
    pin: Option<Pin>,
    cancel: CancellationToken,
) -> Result<(), Error> {
    let daemon = daemon()?;
    let host = format!("{}.local.", room.as_str());
    let mut told = vec![("v", VERSION.to_owned())];
    told.extend(pin.map(|pin| (PIN, pin.to_string())));
    let service = ServiceInfo::new(SERVICE, room.as_str(), &host, (), port, &told[..])?;
    let service = service.enable_addr_auto();
    let name = service.get_fullname().to_owned();
    daemon.register(service)?;
    tracing::info!("the room is announced on this network");
    cancel.cancelled().await;
    // Others hear that it is over; who does not, will find nobody there.
    let goodbye = daemon.unregister(&name)?;
    let _ = timeout(GOODBYE_TIMEOUT, goodbye.recv_async()).await;
    daemon.shutdown().map(drop)
}

/// What was found of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where its server may be, the likeliest address first.
    pub addresses: Vec<SocketAddr>,
    /// The key that it is known by, if it speaks https.
    pub pin: Option<Pin>,
}

/// Looks for a room until it is found.
///
/// Cancel-safe.
pub async fn find(room: &RoomId) -> Result<Found, Error> {
    let searching = Searching(daemon()?);
    let events = searching.0.browse(SERVICE)?;
    let wanted = format!("{}.{SERVICE}", room.as_str());
    while let Ok(event) = events.recv_async().await {
        if let ServiceEvent::ServiceResolved(service) = event
            && service.fullname.eq_ignore_ascii_case(&wanted)
        {
            let addresses = addresses(&service);
            let pin = service.get_property_val_str(PIN).map(str::parse).transpose();
            if let (false, Ok(pin)) = (addresses.is_empty(), pin) {
                return Ok(Found { addresses, pin });
            }
        }
    }
    Err(Error::Msg("the search ended by itself".to_owned()))
}

/// Whether what is said to everyone on the network can be said, and is heard: by this machine
/// itself, on a port that nobody else has. Waits so long at most.
pub fn try_multicast(limit: Duration) -> std::io::Result<()> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    socket.join_multicast_v4(&GROUP, &Ipv4Addr::UNSPECIFIED)?;
    socket.set_read_timeout(Some(limit))?;
    socket.send_to(&TRIAL, (GROUP, socket.local_addr()?.port()))?;
    let mut heard = [0; TRIAL.len()];
    while socket.recv(&mut heard)? != TRIAL.len() || heard != TRIAL {}
    Ok(())
}

/// A search, which ends with this value.
struct Searching(ServiceDaemon);

impl Drop for Searching {
    fn drop(&mut self) {
        if let Err(error) = self.0.shutdown() {
            tracing::debug!(%error, "ending a search");
        }
    }
}

fn daemon() -> Result<ServiceDaemon, Error> {
    let daemon = ServiceDaemon::new()?;
    // Interfaces come and go seldom; an idle program is to sleep.
    daemon.set_ip_check_interval(IP_CHECK_SECONDS)?;
    Ok(daemon)
}

/// Those that a link can hold: of IPv6, an address that is good on one interface alone is none.
fn addresses(service: &ResolvedService) -> Vec<SocketAddr> {
    let all = service.addresses.iter().map(ScopedIp::to_ip_addr);
    let mut usable: Vec<IpAddr> = all.filter(|address| !is_link_local(*address)).collect();
    // Others could not use a link to this machine's own address.
    usable.sort_by_key(|address| (address.is_loopback(), address.is_ipv6(), *address));
    usable.truncate(ADDRESSES_MAX);
    usable.into_iter().map(|address| SocketAddr::new(address, service.port)).collect()
}

fn is_link_local(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(address) if address.is_unicast_link_local())
}

/// Of multicast DNS.
const GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);
const TRIAL: [u8; 8] = *b"peersnap";
const SERVICE: &str = "_peersnap._tcp.local.";
/// Under which name the server's key is told.
const PIN: &str = "pin";
/// Of what is announced.
const VERSION: &str = "1";
const IP_CHECK_SECONDS: u32 = 60;
/// Of what is found: more than a machine has that can be reached.
const ADDRESSES_MAX: usize = 8;
const GOODBYE_TIMEOUT: Duration = Duration::from_millis(300);
