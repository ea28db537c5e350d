//! STUN messages and `ChannelData` as bytes (RFC 8489, sections 5 and 14; RFC 8656, sections 12.4
//! and 18).
//!
//! Reading borrows from the datagram and takes no memory; what is not whole is no message. Attributes
//! behind the signature are passed over, as section 14.5 asks.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ring::hmac;

use super::credentials::Key;

/// What a message is in an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Request,
    Indication,
    Success,
    Error,
}

/// What an exchange is about. Others exist; they are not for a server like this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Binding,
    Allocate,
    Refresh,
    Send,
    Data,
    CreatePermission,
    ChannelBind,
}

/// What tells an exchange from others.
pub(super) type Transaction = [u8; 12];

/// A message that was read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Message<'a> {
    pub class: Class,
    pub method: Method,
    pub transaction: Transaction,
    /// From the header to the end.
    bytes: &'a [u8],
    /// Where the attributes end that count: the signature's place, if there is one.
    end: usize,
}

impl<'a> Message<'a> {
    /// Reads a datagram that is one message, whole, of a method that is known here.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let header = bytes.get(..HEADER_BYTES)?;
        let length = usize::from(u16_at(header, 2)?);
        if header[4..8] != COOKIE || length != bytes.len() - HEADER_BYTES {
            return None;
        }
        let (class, method) = kind(u16_at(header, 0)?)?;
        let transaction = header[8..].try_into().ok()?;
        let mut at = HEADER_BYTES;
        let mut end = None;
        while at < bytes.len() {
            let (kind, value) = attribute_at(bytes, at)?;
            if kind == attribute::MESSAGE_INTEGRITY && end.is_none() {
                end = Some(at);
            }
            at += 4 + value.len().next_multiple_of(4);
        }
        Some(Self { class, method, transaction, bytes, end: end.unwrap_or(bytes.len()) })
    }

    /// The attributes that count, each a type and a value, in their order.
    pub(super) fn attributes(&self) -> impl Iterator<Item = (u16, &'a [u8])> {
        let bytes = &self.bytes[..self.end];
        let mut at = HEADER_BYTES;
        std::iter::from_fn(move || {
            let (kind, value) = attribute_at(bytes, at)?;
            at += 4 + value.len().next_multiple_of(4);
            Some((kind, value))
        })
    }

    /// The first attribute of a type; others of it are not looked at (RFC 8489, section 14).
    pub(super) fn attribute(&self, kind: u16) -> Option<&'a [u8]> {
        self.attributes().find(|(it, _)| *it == kind).map(|(_, value)| value)
    }

    /// The same, as text.
    pub(super) fn text(&self, kind: u16) -> Option<&'a str> {
        std::str::from_utf8(self.attribute(kind)?).ok()
    }

    /// All transport addresses of a type; `None` for what is none.
    pub(super) fn addresses(&self, kind: u16) -> impl Iterator<Item = Option<SocketAddr>> {
        let mask = mask(self.bytes);
        let of_kind = self.attributes().filter(move |(it, _)| *it == kind);
        of_kind.map(move |(_, value)| read_address(value, mask))
    }

    /// There is a signature.
    pub(super) fn is_signed(&self) -> bool {
        self.end < self.bytes.len()
    }

    /// The signature is of this key.
    pub(super) fn is_signed_with(&self, key: &Key) -> bool {
        let Some((attribute::MESSAGE_INTEGRITY, signature)) = attribute_at(self.bytes, self.end)
        else {
            return false;
        };
        // It is over the header as if the message ended with it.
        let mut signed = self.bytes[..self.end].to_vec();
        let length = self.end - HEADER_BYTES + 4 + SIGNATURE_BYTES;
        signed[2..4].copy_from_slice(&(length as u16).to_be_bytes());
        hmac::verify(&signing(key), &signed, signature).is_ok()
    }
}

/// A message that is being written.
#[derive(Debug)]
pub(super) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// One without attributes.
    pub(super) fn new(class: Class, method: Method, transaction: &Transaction) -> Self {
        let mut bytes = Vec::with_capacity(128);
        bytes.extend(number(class, method).to_be_bytes());
        bytes.extend([0, 0]);
        bytes.extend(COOKIE);
        bytes.extend(transaction);
        Self { bytes }
    }

    /// The answer to a request.
    pub(super) fn answer(class: Class, request: &Message<'_>) -> Self {
        Self::new(class, request.method, &request.transaction)
    }

    /// Adds an attribute, of at most what a datagram holds.
    pub(super) fn attribute(mut self, kind: u16, value: &[u8]) -> Self {
        self.bytes.extend(kind.to_be_bytes());
        self.bytes.extend((value.len() as u16).to_be_bytes());
        self.bytes.extend(value);
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        self
    }

    /// Adds a transport address in its disguise (RFC 8489, section 14.2).
    pub(super) fn address(self, kind: u16, address: SocketAddr) -> Self {
        let mask = mask(&self.bytes);
        let port = address.port() ^ u16::from_be_bytes([mask[0], mask[1]]);
        let mut value = vec![0];
        match address.ip() {
            IpAddr::V4(ip) => {
                value.push(FAMILY_V4);
                value.extend(port.to_be_bytes());
                value.extend(ip.octets().iter().zip(mask).map(|(byte, mask)| byte ^ mask));
            }
            IpAddr::V6(ip) => {
                value.push(FAMILY_V6);
                value.extend(port.to_be_bytes());
                value.extend(ip.octets().iter().zip(mask).map(|(byte, mask)| byte ^ mask));
            }
        }
        self.attribute(kind, &value)
    }

    /// The message as it is.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let length = self.bytes.len() - HEADER_BYTES;
        self.bytes[2..4].copy_from_slice(&(length as u16).to_be_bytes());
        self.bytes
    }

    /// The message with a signature.
    pub(super) fn sign(self, key: &Key) -> Vec<u8> {
        // The header says already how long it is with it.
        let end = self.bytes.len();
        let mut bytes =
            self.attribute(attribute::MESSAGE_INTEGRITY, &[0; SIGNATURE_BYTES]).finish();
        let signature = hmac::sign(&signing(key), &bytes[..end]);
        bytes[end + 4..].copy_from_slice(signature.as_ref());
        bytes
    }
}

/// The channel of a `ChannelData` and what it carries (RFC 8656, section 12.4); over UDP it may be padded.
pub(super) fn read_channel_data(datagram: &[u8]) -> Option<(u16, &[u8])> {
    let (number, length) = (u16_at(datagram, 0)?, usize::from(u16_at(datagram, 2)?));
    Some((number, datagram.get(4..4 + length)?))
}

/// The same, written.
pub(super) fn channel_data(number: u16, data: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(4 + data.len());
    bytes.extend(number.to_be_bytes());
    bytes.extend((data.len() as u16).to_be_bytes());
    bytes.extend(data);
    bytes
}

fn attribute_at(bytes: &[u8], at: usize) -> Option<(u16, &[u8])> {
    let rest = bytes.get(at..)?;
    let length = usize::from(u16_at(rest, 2)?);
    // Padding belongs to it, so that the next one is where it is looked for.
    rest.get(..4 + length.next_multiple_of(4))?;
    Some((u16_at(rest, 0)?, &rest[4..4 + length]))
}

fn read_address(value: &[u8], mask: [u8; 16]) -> Option<SocketAddr> {
    let port = u16_at(value, 2)? ^ u16::from_be_bytes([mask[0], mask[1]]);
    let mut octets = [0; 16];
    let masked = value.get(4..)?.iter().zip(mask);
    octets.iter_mut().zip(masked).for_each(|(octet, (byte, mask))| *octet = byte ^ mask);
    let ip: IpAddr = match (value[1], value.len()) {
        (FAMILY_V4, 8) => Ipv4Addr::new(octets[0], octets[1], octets[2], octets[3]).into(),
        (FAMILY_V6, 20) => Ipv6Addr::from(octets).into(),
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

/// What addresses are disguised with: the cookie and the transaction of the header.
fn mask(message: &[u8]) -> [u8; 16] {
    let mut mask = [0; 16];
    mask.copy_from_slice(&message[4..HEADER_BYTES]);
    mask
}

fn signing(key: &Key) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2).map(|it| u16::from_be_bytes([it[0], it[1]]))
}

/// A message's type: twelve bits of method with two of class among them (RFC 8489, figure 3).
fn number(class: Class, method: Method) -> u16 {
    let class = match class {
        Class::Request => 0x000,
        Class::Indication => 0x010,
        Class::Success => 0x100,
        Class::Error => 0x110,
    };
    // No method here is above 15, where the bits of the class would split it.
    class | METHODS.iter().find(|(it, _)| *it == method).map_or(0, |(_, number)| *number)
}

fn kind(number: u16) -> Option<(Class, Method)> {
    let class = match number & 0x110 {
        0x000 => Class::Request,
        0x010 => Class::Indication,
        0x100 => Class::Success,
        _ => Class::Error,
    };
    let method = METHODS.iter().find(|(_, it)| *it == number & !0x110)?;
    Some((class, method.0))
}

const METHODS: [(Method, u16); 7] = [
    (Method::Binding, 1),
    (Method::Allocate, 3),
    (Method::Refresh, 4),
    (Method::Send, 6),
    (Method::Data, 7),
    (Method::CreatePermission, 8),
    (Method::ChannelBind, 9),
];

/// Types of attributes.
pub(super) mod attribute {
    pub(crate) const USERNAME: u16 = 0x0006;
    pub(crate) const MESSAGE_INTEGRITY: u16 = 0x0008;
    pub(crate) const ERROR_CODE: u16 = 0x0009;
    pub(crate) const UNKNOWN_ATTRIBUTES: u16 = 0x000a;
    pub(crate) const CHANNEL_NUMBER: u16 = 0x000c;
    pub(crate) const LIFETIME: u16 = 0x000d;
    pub(crate) const XOR_PEER_ADDRESS: u16 = 0x0012;
    pub(crate) const DATA: u16 = 0x0013;
    pub(crate) const REALM: u16 = 0x0014;
    pub(crate) const NONCE: u16 = 0x0015;
    pub(crate) const XOR_RELAYED_ADDRESS: u16 = 0x0016;
    pub(crate) const REQUESTED_ADDRESS_FAMILY: u16 = 0x0017;
    pub(crate) const EVEN_PORT: u16 = 0x0018;
    pub(crate) const REQUESTED_TRANSPORT: u16 = 0x0019;
    pub(crate) const XOR_MAPPED_ADDRESS: u16 = 0x0020;

    /// Whether who does not know a type must not act on the message (RFC 8489, section 14).
    pub(crate) fn must_be_known(kind: u16) -> bool {
        kind < 0x8000
    }

    /// Those of requests and indications that are known here.
    pub(crate) fn is_known(kind: u16) -> bool {
        KNOWN.contains(&kind)
    }

    const KNOWN: [u16; 11] = [
        USERNAME,
        MESSAGE_INTEGRITY,
        CHANNEL_NUMBER,
        LIFETIME,
        XOR_PEER_ADDRESS,
        DATA,
        REALM,
        NONCE,
        REQUESTED_ADDRESS_FAMILY,
        EVEN_PORT,
        REQUESTED_TRANSPORT,
    ];
}

const HEADER_BYTES: usize = 20;
const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const SIGNATURE_BYTES: usize = 20;
pub(super) const FAMILY_V4: u8 = 1;
pub(super) const FAMILY_V6: u8 = 2;

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;
    use proptest::prelude::*;

    use super::*;

    /// RFC 5769, section 2.4: a request with long-term credentials, as others made it.
    const SAMPLE: &str = "
        00010060 2112a442 78ad3433 c6ad72c0 29da412e
        00060012 e3839ee3 8388e383 aae38383 e382afe3 82b90000
        0015001c 662f2f34 39396b39 35346436 4f4c3334 6f4c3946 53547679 36347341
        0014000b 6578616d 706c652e 6f726700
        00080014 f6702465 6dd64a3e 02b8e071 2e85c9a2 8ca89666";

    fn sample() -> Vec<u8> {
        let text: String = SAMPLE.split_whitespace().collect();
        HEXLOWER.decode(text.as_bytes()).expect("hexadecimal digits")
    }

    fn key_of_sample() -> Key {
        use md5::{Digest, Md5};
        Md5::digest("\u{30de}\u{30c8}\u{30ea}\u{30c3}\u{30af}\u{30b9}:example.org:TheMatrIX").into()
    }

    #[test]
    fn the_sample_of_rfc_5769_is_read_and_its_signature_fits() {
        let bytes = sample();
        let message = Message::read(&bytes).expect("a message");
        assert_eq!((message.class, message.method), (Class::Request, Method::Binding));
        assert_eq!(message.text(attribute::REALM), Some("example.org"));
        assert_eq!(message.text(attribute::NONCE), Some("f//499k954d6OL34oL9FSTvy64sA"));
        assert!(message.is_signed() && message.is_signed_with(&key_of_sample()));
        assert!(!message.is_signed_with(&[0; 16]));
    }

    #[test]
    fn one_bit_more_or_less_and_the_signature_does_not_fit() {
        for bit in (0..sample().len() * 8).step_by(7) {
            let mut bytes = sample();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let fits = Message::read(&bytes).is_some_and(|it| it.is_signed_with(&key_of_sample()));
            assert!(!fits, "bit {bit}");
        }
    }

    #[test]
    fn what_stands_behind_the_signature_does_not_count() {
        let mut bytes = Writer::new(Class::Request, Method::Refresh, &[7; 12]).sign(&[1; 16]);
        bytes.extend([0x00, 0x0d, 0, 4, 0, 0, 0, 9]);
        let length = (bytes.len() - HEADER_BYTES) as u16;
        bytes[2..4].copy_from_slice(&length.to_be_bytes());
        let message = Message::read(&bytes).expect("a message");
        assert_eq!(message.attribute(attribute::LIFETIME), None);
        assert!(message.is_signed_with(&[1; 16]));
    }

    #[test]
    fn channel_data_may_be_padded_but_not_cut() {
        let mut bytes = channel_data(0x4001, b"abc");
        assert_eq!(read_channel_data(&bytes), Some((0x4001, &b"abc"[..])));
        bytes.push(0);
        assert_eq!(read_channel_data(&bytes), Some((0x4001, &b"abc"[..])));
        assert_eq!(read_channel_data(&bytes[..6]), None);
        assert_eq!(read_channel_data(&[]), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_message_or_none(mut bytes: Vec<u8>, as_header: bool) {
            if as_header && bytes.len() >= HEADER_BYTES {
                let length = (bytes.len() - HEADER_BYTES) as u16;
                bytes[..2].copy_from_slice(&[0, 3]);
                bytes[2..4].copy_from_slice(&length.to_be_bytes());
                bytes[4..8].copy_from_slice(&COOKIE);
            }
            if let Some(message) = Message::read(&bytes) {
                let _ = message.attributes().count();
                let _ = message.addresses(attribute::XOR_PEER_ADDRESS).count();
                let _ = message.is_signed_with(&[0; 16]);
            }
            let _ = read_channel_data(&bytes);
        }

        #[test]
        fn what_is_written_is_read(
            transaction: [u8; 12],
            text in ".{0,40}",
            address: SocketAddr,
            key: [u8; 16],
        ) {
            let bytes = Writer::new(Class::Success, Method::Allocate, &transaction)
                .attribute(attribute::USERNAME, text.as_bytes())
                .address(attribute::XOR_PEER_ADDRESS, address)
                .sign(&key);
            let message = Message::read(&bytes).expect("a message");
            prop_assert_eq!(message.transaction, transaction);
            prop_assert_eq!((message.class, message.method), (Class::Success, Method::Allocate));
            prop_assert_eq!(message.text(attribute::USERNAME), Some(&*text));
            let read = message.addresses(attribute::XOR_PEER_ADDRESS).next().flatten();
            let read = read.map(|it| (it.ip(), it.port()));
            prop_assert_eq!(read, Some((address.ip(), address.port())));
            prop_assert!(message.is_signed_with(&key));
        }
    }
}
