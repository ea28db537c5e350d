//! Requests, each with an answer: who asks, what is granted, what is refused and why.

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use super::{Action, AllocationId, Opening, Parity, Relay};
use crate::turn::Now;
use crate::turn::allocation::{Allocation, Denied};
use crate::turn::credentials::Account;
use crate::turn::message::{Class, FAMILY_V4, FAMILY_V6, Message, Method, Writer, attribute};

/// Why a request is not granted: codes of RFC 8489, section 14.8, and section 19.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    BadRequest = 400,
    Unauthorized = 401,
    Forbidden = 403,
    UnknownAttribute = 420,
    AllocationMismatch = 437,
    StaleNonce = 438,
    AddressFamilyNotSupported = 440,
    WrongCredentials = 441,
    UnsupportedTransport = 442,
    PeerAddressFamilyMismatch = 443,
    AllocationQuotaReached = 486,
    InsufficientCapacity = 508,
}

/// What a request leads to: an answer, or none before its socket is there.
type Outcome = Result<Option<Writer>, Refusal>;

/// A request of one who has shown credentials.
struct Asked<'a> {
    request: &'a Message<'a>,
    client: SocketAddr,
    account: &'a Account,
}

impl Asked<'_> {
    /// The beginning of an answer that grants it.
    fn granted(&self) -> Writer {
        Writer::answer(Class::Success, self.request)
    }
}

impl Relay {
    /// Says where a client is seen (RFC 8489, section 12).
    pub(super) fn handle_binding(&mut self, request: &Message<'_>, client: SocketAddr, now: Now) {
        let answer = match unknown(request) {
            Some(unknown) => unknown,
            None => Writer::answer(Class::Success, request)
                .address(attribute::XOR_MAPPED_ADDRESS, client),
        };
        self.answer_unproven(client, answer.finish(), now);
    }

    /// Answers a request of TURN, signed for who has shown its credentials.
    pub(super) fn handle_request(&mut self, request: &Message<'_>, client: SocketAddr, now: Now) {
        let account = match self.authenticate(request, client, now) {
            Ok(account) => account,
            Err(refused) => {
                let mut answer = refusal(Writer::answer(Class::Error, request), refused);
                if refused != Refusal::BadRequest {
                    let nonce = self.nonces.issue(client, now.unix_seconds);
                    answer = answer
                        .attribute(attribute::REALM, REALM.as_bytes())
                        .attribute(attribute::NONCE, nonce.as_bytes());
                }
                return self.answer_unproven(client, answer.finish(), now);
            }
        };
        if let Some(unknown) = unknown(request) {
            return self.answer(client, unknown.sign(&account.key));
        }
        let asked = Asked { request, client, account: &account };
        let outcome = match request.method {
            Method::Allocate => self.allocate(&asked),
            Method::Refresh => self.refresh(&asked, now.instant),
            Method::CreatePermission => self.permit(&asked, now.instant),
            Method::ChannelBind => self.bind(&asked, now.instant),
            Method::Binding | Method::Send | Method::Data => Err(Refusal::BadRequest),
        };
        let answer = match outcome {
            Ok(Some(answer)) => answer,
            Ok(None) => return,
            Err(refused) => refusal(Writer::answer(Class::Error, request), refused),
        };
        self.answer(client, answer.sign(&account.key));
    }

    /// Whose a request is (RFC 8489, section 9.2.4).
    fn authenticate(
        &self,
        request: &Message<'_>,
        client: SocketAddr,
        now: Now,
    ) -> Result<Account, Refusal> {
        if !request.is_signed() {
            return Err(Refusal::Unauthorized);
        }
        let text = |kind| request.text(kind).ok_or(Refusal::BadRequest);
        let (username, realm) = (text(attribute::USERNAME)?, text(attribute::REALM)?);
        let nonce = text(attribute::NONCE)?.as_bytes();
        if !self.nonces.is_fresh(nonce, client, now.unix_seconds) {
            return Err(Refusal::StaleNonce);
        }
        // Who has an allocation keeps it, though the credentials expire meanwhile: there is no way to
        // hand a connection new ones.
        let standing = self.clients.get(&client).and_then(|id| self.allocations.get(id));
        let standing = standing.map(|it| &it.account).filter(|it| it.username == username);
        let account = match standing {
            Some(account) => Some(account.clone()),
            None => self.settings.secret.account(username, REALM, now.unix_seconds),
        };
        account
            .filter(|it| realm == REALM && request.is_signed_with(&it.key))
            .ok_or(Refusal::Unauthorized)
    }

    /// Section 7.2.
    fn allocate(&mut self, asked: &Asked<'_>) -> Outcome {
        let Asked { request, client, account } = *asked;
        if let Some(id) = self.clients.get(&client) {
            let standing = self.allocations.get(id);
            return match standing.filter(|it| it.transaction == request.transaction) {
                Some(it) => Ok(Some(self.granted(asked.granted(), it))),
                None => Err(Refusal::AllocationMismatch),
            };
        }
        match request.attribute(attribute::REQUESTED_TRANSPORT) {
            Some([UDP, _, _, _]) => {}
            Some([_, _, _, _]) => return Err(Refusal::UnsupportedTransport),
            _ => return Err(Refusal::BadRequest),
        }
        let wants_v6 = match request.attribute(attribute::REQUESTED_ADDRESS_FAMILY) {
            None | Some([FAMILY_V4, _, _, _]) => false,
            Some([FAMILY_V6, _, _, _]) => true,
            Some(_) => return Err(Refusal::AddressFamilyNotSupported),
        };
        let place = self.settings.places.iter().find(|it| it.bound.is_ipv6() == wants_v6).copied();
        let place = place.ok_or(Refusal::AddressFamilyNotSupported)?;
        let parity = match request.attribute(attribute::EVEN_PORT) {
            None => Parity::Any,
            Some([0..=0x7f]) => Parity::Even,
            // The port after it is wanted too, for a second allocation; none is kept for that.
            Some([0x80..=0xff]) => return Err(Refusal::InsufficientCapacity),
            Some(_) => return Err(Refusal::BadRequest),
        };
        let taken = self.quota.take(account.owner, client.ip());
        if taken.is_err() {
            self.counts.refused += 1;
            return Err(Refusal::AllocationQuotaReached);
        }
        self.allocations_so_far += 1;
        self.actions.push_back(Action::Open(Opening {
            id: AllocationId(self.allocations_so_far),
            place,
            parity,
            client,
            account: account.clone(),
            transaction: request.transaction,
        }));
        Ok(None)
    }

    /// What is said of an allocation that is there.
    pub(super) fn granted(&self, answer: Writer, allocation: &Allocation) -> Writer {
        answer
            .address(attribute::XOR_RELAYED_ADDRESS, allocation.relayed)
            .address(attribute::XOR_MAPPED_ADDRESS, allocation.client)
            .attribute(attribute::LIFETIME, &self.lifetime_seconds().to_be_bytes())
    }

    /// Section 8.2. Whatever lifetime is asked for, it is the one there is; 0 ends the allocation.
    fn refresh(&mut self, asked: &Asked<'_>, now: Instant) -> Outcome {
        let (id, request) = (self.of(asked)?, asked.request);
        let allocation = self.allocations.get_mut(&id).ok_or(Refusal::AllocationMismatch)?;
        let family = request.attribute(attribute::REQUESTED_ADDRESS_FAMILY);
        if family.is_some_and(|it| it.first() != Some(&family_of(allocation.relayed.ip()))) {
            return Err(Refusal::PeerAddressFamilyMismatch);
        }
        let seconds = match request.attribute(attribute::LIFETIME) {
            Some([0, 0, 0, 0]) => {
                self.remove(id);
                0
            }
            None | Some([_, _, _, _]) => {
                self.deadlines.remove(&(allocation.expires, id));
                allocation.expires = now + self.settings.limits.lifetime;
                self.deadlines.insert((allocation.expires, id));
                self.lifetime_seconds()
            }
            Some(_) => return Err(Refusal::BadRequest),
        };
        Ok(Some(asked.granted().attribute(attribute::LIFETIME, &seconds.to_be_bytes())))
    }

    /// Section 10.2.
    fn permit(&mut self, asked: &Asked<'_>, now: Instant) -> Outcome {
        let (id, request) = (self.of(asked)?, asked.request);
        let peers: Option<Vec<SocketAddr>> =
            request.addresses(attribute::XOR_PEER_ADDRESS).collect();
        let peers = peers.filter(|it| !it.is_empty()).ok_or(Refusal::BadRequest)?;
        for peer in &peers {
            self.grants(id, peer.ip())?;
        }
        let peers: Vec<IpAddr> = peers.iter().map(SocketAddr::ip).collect();
        let allocation = self.allocations.get_mut(&id).ok_or(Refusal::AllocationMismatch)?;
        allocation.permit(&peers, now)?;
        Ok(Some(asked.granted()))
    }

    /// Section 12.2. Channels up to 0x7FFF are taken, as RFC 5766 had them.
    fn bind(&mut self, asked: &Asked<'_>, now: Instant) -> Outcome {
        let (id, request) = (self.of(asked)?, asked.request);
        let number = match request.attribute(attribute::CHANNEL_NUMBER) {
            Some([high @ 0x40..=0x7f, low, _, _]) => u16::from_be_bytes([*high, *low]),
            _ => return Err(Refusal::BadRequest),
        };
        let peer = request.addresses(attribute::XOR_PEER_ADDRESS).next().flatten();
        let peer = peer.filter(|it| it.port() != 0).ok_or(Refusal::BadRequest)?;
        self.grants(id, peer.ip())?;
        let allocation = self.allocations.get_mut(&id).ok_or(Refusal::AllocationMismatch)?;
        allocation.bind(number, peer, now)?;
        Ok(Some(asked.granted()))
    }

    /// Which allocation a request is about.
    fn of(&self, asked: &Asked<'_>) -> Result<AllocationId, Refusal> {
        let id = *self.clients.get(&asked.client).ok_or(Refusal::AllocationMismatch)?;
        let allocation = self.allocations.get(&id).ok_or(Refusal::AllocationMismatch)?;
        if allocation.account.username != asked.account.username {
            return Err(Refusal::WrongCredentials);
        }
        Ok(id)
    }

    /// Whether an allocation may have to do with an address at all.
    fn grants(&self, id: AllocationId, peer: IpAddr) -> Result<(), Refusal> {
        let allocation = self.allocations.get(&id).ok_or(Refusal::AllocationMismatch)?;
        if allocation.relayed.is_ipv6() != peer.is_ipv6() {
            return Err(Refusal::PeerAddressFamilyMismatch);
        }
        // Others' allocations are at the server's own address; `relay` lets nothing else through.
        let is_told = self.settings.places.iter().any(|it| it.told == peer);
        if !is_told && !self.settings.reach.admits(peer) {
            return Err(Refusal::Forbidden);
        }
        Ok(())
    }

    /// Answers one who has shown no credentials, and may be anybody under a borrowed address.
    fn answer_unproven(&mut self, to: SocketAddr, datagram: Vec<u8>, now: Now) {
        if self.answers.admits(to.ip(), now.instant) {
            self.answer(to, datagram);
        } else {
            self.counts.unanswered += 1;
        }
    }

    fn lifetime_seconds(&self) -> u32 {
        u32::try_from(self.settings.limits.lifetime.as_secs()).unwrap_or(u32::MAX)
    }
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Full => Self::InsufficientCapacity,
            Denied::Conflict => Self::BadRequest,
        }
    }
}

/// Puts a code to an answer (RFC 8489, section 14.8).
pub(super) fn refusal(answer: Writer, refused: Refusal) -> Writer {
    let code = refused as u16;
    answer.attribute(attribute::ERROR_CODE, &[0, 0, (code / 100) as u8, (code % 100) as u8])
}

/// What is said to a message with attributes that are not known here and must be (RFC 8489, section 6.3.1).
pub(super) fn unknown(message: &Message<'_>) -> Option<Writer> {
    let kinds = message.attributes().map(|(kind, _)| kind);
    let unknown = kinds.filter(|it| attribute::must_be_known(*it) && !attribute::is_known(*it));
    let unknown: Vec<u8> = unknown.take(UNKNOWN_MAX).flat_map(u16::to_be_bytes).collect();
    let answer = || refusal(Writer::answer(Class::Error, message), Refusal::UnknownAttribute);
    (!unknown.is_empty()).then(|| answer().attribute(attribute::UNKNOWN_ATTRIBUTES, &unknown))
}

fn family_of(address: IpAddr) -> u8 {
    if address.is_ipv6() { FAMILY_V6 } else { FAMILY_V4 }
}

/// What credentials are for. Clients repeat it; nobody reads it.
pub(super) const REALM: &str = "signaling-server";

/// The protocol number of UDP.
pub(super) const UDP: u8 = 17;

/// How many unknown attributes are named in an answer.
const UNKNOWN_MAX: usize = 8;
