//! A client of STUN and TURN that says exactly what a story wants, written apart from the server's.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use data_encoding::BASE64;
use md5::{Digest, Md5};
use ring::hmac;
use signaling_server::protocol::IceServer;
use tokio::net::UdpSocket;

use crate::world::in_time;

pub const BINDING: u16 = 0x0001;
pub const ALLOCATE: u16 = 0x0003;
pub const REFRESH: u16 = 0x0004;
pub const CREATE_PERMISSION: u16 = 0x0008;
pub const SEND_INDICATION: u16 = 0x0016;

pub const ERROR_CODE: u16 = 0x0009;
pub const LIFETIME: u16 = 0x000d;
pub const XOR_PEER_ADDRESS: u16 = 0x0012;
pub const DATA: u16 = 0x0013;
pub const XOR_RELAYED_ADDRESS: u16 = 0x0016;
pub const REQUESTED_TRANSPORT: u16 = 0x0019;
pub const XOR_MAPPED_ADDRESS: u16 = 0x0020;
const UDP: [u8; 4] = [17, 0, 0, 0];

const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];

/// What a peer was handed for a server of TURN.
#[derive(Debug, Clone)]
pub struct Access {
    pub server: SocketAddr,
    pub username: String,
    pub password: String,
}

impl Access {
    /// Of the first server of TURN in a welcome.
    pub fn of(ice_servers: &[IceServer]) -> Self {
        let turn = ice_servers.iter().find(|it| it.username.is_some()).expect("a TURN server");
        let url = turn.urls.first().expect("its URL");
        let address = url.strip_prefix("turn:").and_then(|it| it.strip_suffix("?transport=udp"));
        Self {
            server: address.expect("a TURN URL").parse().expect("an address"),
            username: turn.username.clone().expect("a username"),
            password: turn.credential.clone().expect("a credential"),
        }
    }
}

/// What HMAC-SHA1 and base64 make of a username.
pub fn password(secret: &str, username: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.as_bytes());
    BASE64.encode(hmac::sign(&key, username.as_bytes()).as_ref())
}

pub fn message(kind: u16, transaction: u8, attributes: &[(u16, &[u8])]) -> Vec<u8> {
    let mut message = kind.to_be_bytes().to_vec();
    message.extend([0, 0]);
    message.extend(COOKIE);
    message.extend([transaction; 12]);
    for (kind, value) in attributes {
        message.extend(kind.to_be_bytes());
        message.extend((value.len() as u16).to_be_bytes());
        message.extend(*value);
        message.resize(message.len().next_multiple_of(4), 0);
    }
    let length = (message.len() - 20) as u16;
    message[2..4].copy_from_slice(&length.to_be_bytes());
    message
}

/// An answer: its type and its attributes.
#[derive(Debug)]
pub struct Answer {
    bytes: Vec<u8>,
}

impl Answer {
    pub fn get(&self, kind: u16) -> Option<&[u8]> {
        let mut rest = &self.bytes[20..];
        while let [k0, k1, l0, l1, tail @ ..] = rest {
            let length = usize::from(u16::from_be_bytes([*l0, *l1]));
            if u16::from_be_bytes([*k0, *k1]) == kind {
                return Some(&tail[..length]);
            }
            rest = &tail[length.next_multiple_of(4)..];
        }
        None
    }

    pub fn code(&self) -> Option<u16> {
        self.get(ERROR_CODE).map(|it| u16::from(it[2]) * 100 + u16::from(it[3]))
    }

    pub fn lifetime(&self) -> Option<u32> {
        self.get(LIFETIME).map(|it| u32::from_be_bytes(it.try_into().expect("four bytes")))
    }

    pub fn address(&self, kind: u16) -> Option<SocketAddr> {
        let value = self.get(kind)?;
        let port = u16::from_be_bytes([value[2] ^ COOKIE[0], value[3] ^ COOKIE[1]]);
        let plain: Vec<u8> =
            value[4..].iter().zip(&self.bytes[4..20]).map(|(byte, mask)| byte ^ mask).collect();
        let ip: IpAddr = match <[u8; 4]>::try_from(&*plain) {
            Ok(octets) => Ipv4Addr::from(octets).into(),
            Err(_) => Ipv6Addr::from(<[u8; 16]>::try_from(&*plain).expect("an address")).into(),
        };
        Some(SocketAddr::new(ip, port))
    }
}

/// An address of IPv4 as it goes over the wire, in its disguise.
pub fn xored(address: SocketAddr) -> Vec<u8> {
    let IpAddr::V4(ip) = address.ip() else { panic!("of IPv4") };
    let mut value = vec![0, 1];
    value.extend(address.port().to_be_bytes().iter().zip(COOKIE).map(|(it, mask)| it ^ mask));
    value.extend(ip.octets().iter().zip(COOKIE).map(|(it, mask)| it ^ mask));
    value
}

/// A socket that talks to a server.
pub struct Client {
    pub socket: UdpSocket,
    access: Access,
    realm: Vec<u8>,
    nonce: Vec<u8>,
    transactions: u8,
}

impl Client {
    /// On an address of its own, such as 127.0.0.1.
    pub async fn new(ip: &str, access: Access) -> Self {
        let socket = UdpSocket::bind((ip, 0)).await.expect("a socket");
        socket.connect(access.server).await.expect("a way to the server");
        Self { socket, access, realm: Vec::new(), nonce: Vec::new(), transactions: 0 }
    }

    pub async fn ask(&mut self, kind: u16, attributes: &[(u16, &[u8])]) -> Answer {
        self.transactions += 1;
        let request = message(kind, self.transactions, attributes);
        self.exchange(&request).await
    }

    /// The same, signed; who is asked for a nonce takes it and asks again.
    pub async fn ask_signed(&mut self, kind: u16, attributes: &[(u16, &[u8])]) -> Answer {
        if self.nonce.is_empty() {
            let challenge = self.ask(kind, attributes).await;
            assert_eq!(challenge.code(), Some(401));
            self.realm = challenge.get(0x0014).expect("a realm").to_vec();
            self.nonce = challenge.get(0x0015).expect("a nonce").to_vec();
        }
        self.transactions += 1;
        let mut all = attributes.to_vec();
        all.push((0x0006, self.access.username.as_bytes()));
        all.push((0x0014, &self.realm));
        all.push((0x0015, &self.nonce));
        let mut signed = message(kind, self.transactions, &all);
        // As long as it is with the signature.
        let length = (signed.len() - 20 + 24) as u16;
        signed[2..4].copy_from_slice(&length.to_be_bytes());
        let realm = String::from_utf8_lossy(&self.realm);
        let Access { username, password, .. } = &self.access;
        let key = Md5::digest(format!("{username}:{realm}:{password}"));
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key);
        let signature = hmac::sign(&key, &signed);
        signed.extend([0x00, 0x08, 0, 20]);
        signed.extend(signature.as_ref());
        self.exchange(&signed).await
    }

    pub async fn allocate(&mut self) -> Answer {
        self.ask_signed(ALLOCATE, &[(REQUESTED_TRANSPORT, &UDP)]).await
    }

    async fn exchange(&self, request: &[u8]) -> Answer {
        self.socket.send(request).await.expect("it is sent");
        let mut bytes = vec![0; 2048];
        let received = in_time("an answer", self.socket.recv(&mut bytes)).await;
        bytes.truncate(received.expect("an answer"));
        assert_eq!(bytes[4..20], request[4..20], "of another exchange");
        Answer { bytes }
    }
}
