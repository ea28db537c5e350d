//! Room links, and where words alone lead: what one copies, scans or types to join.
//!
//! A link is a server's address with the room's words behind `#`:
//! `http://192.0.2.7:8765/#crane-velvet-orbit-ladder-energy-quick`. Browsers do not send what stands
//! there, and neither does anything here: the server is told the room id that is derived of the
//! words ([`crate::seal::keys`]), and that alone. Where the server's certificate is its own, a link
//! says by which key it is known, behind the words: `https://192.0.2.7:8765/#crane-…-quick.PIN`.

use crate::seal::{RoomWords, WordsError};
use signaling_server::pin::Pin;
use signaling_server::protocol::{PATH, RoomId};
use std::fmt;
use std::str::FromStr;
use url::Url;

/// Where a signaling server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerUrl {
    url: Url,
    pin: Option<Pin>,
}

impl ServerUrl {
    /// Whether nobody but this machine finds it there.
    pub fn is_loopback(&self) -> bool {
        match self.url.host() {
            Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
            Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
            Some(url::Host::Domain(name)) => name == "localhost",
            None => false,
        }
    }

    /// The websocket's address, for a peer of this room.
    pub fn websocket(&self, room: &RoomId) -> String {
        let scheme = if self.is_secure() { "wss" } else { "ws" };
        format!("{scheme}://{}{PATH}?shard={}", self.authority(), room.shard())
    }

    /// Its host, and its port unless that is the scheme's own.
    pub fn authority(&self) -> &str {
        &self.url[url::Position::BeforeHost..url::Position::AfterPort]
    }

    /// Where a server is at this host and port, which speaks https if it is known by a key.
    pub fn at(authority: &str, pin: Option<Pin>) -> Result<Self, LinkError> {
        let scheme = if pin.is_some() { "https" } else { "http" };
        let server: Self = format!("{scheme}://{authority}").parse()?;
        Ok(Self { pin, ..server })
    }

    /// Whether it speaks https.
    pub fn is_secure(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The key that it is known by, if anybody's word for its certificate is not enough.
    pub fn pin(&self) -> Option<Pin> {
        self.pin
    }

    /// The same server, known by this key.
    #[must_use]
    pub fn pinned(self, pin: Option<Pin>) -> Self {
        Self { pin, ..self }
    }

    /// What a browser calls the page there.
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// Reads the address that others are told of a server here: with its scheme, and without a path,
    /// as the page is at the root.
    pub fn public(text: &str) -> Result<Self, LinkError> {
        let wrong = || LinkError::Public(text.to_owned());
        let url = Url::parse(text).map_err(|_| wrong())?;
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let nobody = url.username().is_empty() && url.password().is_none();
        if !matches!(url.scheme(), "http" | "https") || !bare || !nobody {
            return Err(wrong());
        }
        text.parse().map_err(|_| wrong())
    }
}

impl FromStr for ServerUrl {
    type Err = LinkError;

    fn from_str(text: &str) -> Result<Self, LinkError> {
        let with_scheme =
            if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let mut url = Url::parse(&with_scheme).map_err(|_| LinkError::Server(text.to_owned()))?;
        let scheme = match url.scheme() {
            "http" | "ws" => "http",
            "https" | "wss" => "https",
            _ => return Err(LinkError::Server(text.to_owned())),
        };
        // `ws` and `http` may be exchanged: both are special schemes.
        let exchanged = url.set_scheme(scheme).is_ok();
        if !exchanged || url.host_str().is_none_or(str::is_empty) {
            return Err(LinkError::Server(text.to_owned()));
        }
        let pin = url.fragment().and_then(|behind| parted(behind).1).map(str::parse);
        let pin = pin.transpose().map_err(|_| LinkError::Pin)?;
        if pin.is_some() && scheme != "https" {
            return Err(LinkError::Pin);
        }
        url.set_fragment(None);
        url.set_query(None);
        url.set_path("/");
        Ok(Self { url, pin })
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.url)?;
        self.pin.map_or(Ok(()), |pin| write!(f, "#.{pin}"))
    }
}

/// A server and a room on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomLink {
    /// Where the room is.
    pub server: ServerUrl,
    /// Which room.
    pub words: RoomWords,
}

impl FromStr for RoomLink {
    type Err = LinkError;

    fn from_str(text: &str) -> Result<Self, LinkError> {
        let (_, behind) = text.split_once('#').ok_or(LinkError::NoWords)?;
        Ok(Self { server: text.parse()?, words: parted(behind).0.parse()? })
    }
}

impl fmt::Display for RoomLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.server.url, *self.words.canonical())?;
        self.server.pin.map_or(Ok(()), |pin| write!(f, ".{pin}"))
    }
}

/// What stands behind `#`: the words, and behind the last dot what is meant to be a pin.
fn parted(behind: &str) -> (&str, Option<&str>) {
    let is_meant = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    match behind.trim_end().rsplit_once('.') {
        Some((words, pin)) if pin.chars().all(is_meant) => (words, Some(pin)),
        _ => (behind, None),
    }
}

/// A room to enter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// Which room.
    pub words: RoomWords,
    /// Where its server is.
    pub place: Place,
    /// Whether somebody ought to be there.
    pub way: Way,
}

/// Where the server of a room is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// There.
    Server(ServerUrl),
    /// In this program, which carries it.
    Here {
        /// Where others most likely reach it.
        server: ServerUrl,
        /// Where else they may, likelier ones first.
        others: Vec<ServerUrl>,
    },
    /// In the program of someone on the same network, who announces it.
    Network,
}

/// How a room is entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// It is new: others are yet to come.
    Open,
    /// It was heard of from someone, who is in it.
    Join,
}

/// Where a room is whose words are all that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// On the server that is configured.
    Server(ServerUrl),
    /// On the same network.
    Network,
    /// No server is configured, and the network is not to be asked.
    Nowhere,
}

impl Destination {
    /// Reads what somebody types to join a room: its link, or its words.
    pub fn join(text: &str, reach: &Reach) -> Result<Self, LinkError> {
        let way = Way::Join;
        if text.contains(['#', '/', ':']) {
            let RoomLink { server, words } = text.trim().parse()?;
            return Ok(Self { words, place: Place::Server(server), way });
        }
        let words = text.parse()?;
        let place = match reach {
            Reach::Server(server) => Place::Server(server.clone()),
            Reach::Network => Place::Network,
            Reach::Nowhere => return Err(LinkError::Nowhere),
        };
        Ok(Self { words, place, way })
    }
}

/// Why a text is no room link, or no server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// Words that are in order, and no way to find their room.
    #[error(
        "words alone do not say where the room is: add --server, or leave --no-lan out to look on this network"
    )]
    Nowhere,
    /// There is no `#`.
    #[error("this is not a room link: it has no # with the room's words behind it")]
    NoWords,
    /// What stands behind the `#`.
    #[error(transparent)]
    Words(#[from] WordsError),
    /// What stands behind the words.
    #[error("the end of the link, behind its last dot, is not whole: copy all of it")]
    Pin,
    /// Not what others can be told.
    #[error(
        "{0:?} is not what others can open: write it like https://photos.example.org, without a path"
    )]
    Public(String),
    /// Not `http://host:port` or the like.
    #[error("{0:?} is not the address of a server: write it like http://192.168.1.20:8765")]
    Server(String),
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_link_is_read_back() {
        let words = RoomWords::from_random(std::array::from_fn(|i| i as u8 * 7));
        for server in [
            "http://192.0.2.7:8765",
            "https://photos.example.org/",
            "http://[::1]:80",
            "https://192.0.2.7:8765/#.ungWv48Bz-pBQUDeXa4iIw",
        ] {
            let server: ServerUrl = server.parse().expect("a server");
            assert_eq!(server.to_string().parse(), Ok(server.clone()));
            let link = RoomLink { server, words: words.clone() };
            assert_eq!(link.to_string().parse(), Ok(link));
        }
    }

    fn parse_error(text: &str) -> LinkError {
        text.parse::<RoomLink>().expect_err("no link")
    }

    #[test]
    fn the_key_of_a_server_stands_behind_the_words() {
        let words = "crane-velvet-orbit-ladder-energy-quick";
        let text = format!("https://192.0.2.7:8765/#{words}.ungWv48Bz-pBQUDeXa4iIw");
        let link: RoomLink = text.parse().expect("a link");
        assert_eq!(link.server.pin(), Some(Pin::of(b"abc")));
        let room = RoomId::try_from("a-room".to_owned()).expect("a room id");
        let websocket = link.server.websocket(&room);
        assert_eq!(websocket, "wss://192.0.2.7:8765/signaling?shard=a-");
        assert_eq!(link.to_string(), text);
        let server = ServerUrl::at("192.0.2.7:8765", link.server.pin());
        assert_eq!(server.as_ref(), Ok(&link.server));
        let typed = Destination::join(&text, &Reach::Nowhere).expect("a link");
        assert_eq!(typed.place, Place::Server(link.server));
        for wrong in [&text[..text.len() - 1], &format!("{text}w"), &text.replace("https", "http")]
        {
            assert_eq!(wrong.parse::<RoomLink>(), Err(LinkError::Pin), "{wrong}");
        }
        let two = parse_error("http://a.example/#a http://b.example/#b");
        assert!(matches!(two, LinkError::Words(_)), "{two:?}: a dot elsewhere means no key");
        let other = text.parse::<RoomLink>().expect("a link").server.pinned(None);
        assert_eq!(other.to_string(), "https://192.0.2.7:8765/");
    }

    #[test]
    fn what_is_no_link_says_why() {
        let parse = |text: &str| text.parse::<RoomLink>().expect_err("no link");
        let words = "crane-velvet-orbit-ladder-energy-quick";
        assert_eq!(parse("hello"), LinkError::NoWords);
        assert_eq!(parse("http://a/#orbit"), LinkError::Words(WordsError::Count(1)));
        let misspelt = parse(&format!("http://a/#{}", words.replace("orbit", "orbti")));
        assert!(matches!(misspelt, LinkError::Words(WordsError::Unknown { .. })), "{misspelt:?}");
        assert!(matches!(parse(&format!("ftp://a/#{words}")), LinkError::Server(_)));
        assert!(matches!(parse(&format!("http:///#{words}")), LinkError::Server(_)));
    }

    #[test]
    fn the_websocket_is_beside_the_page() {
        let websocket = |server: &str, room: &str| {
            let room = RoomId::try_from(room.to_owned()).expect("a room id");
            server.parse::<ServerUrl>().expect("a server").websocket(&room)
        };
        let of_room = "ws://192.0.2.7:8765/signaling?shard=x_";
        assert_eq!(websocket("192.0.2.7:8765", "x_y"), of_room);
        assert_eq!(websocket("https://a.example/x?y#z", "q"), "wss://a.example/signaling?shard=q");
    }

    #[test]
    fn a_public_address_is_a_scheme_and_a_host() {
        let read = |text: &str| ServerUrl::public(text).map(|it| it.origin());
        assert_eq!(read("https://photos.example.org"), Ok("https://photos.example.org".to_owned()));
        assert_eq!(read("http://192.0.2.7:8080/"), Ok("http://192.0.2.7:8080".to_owned()));
        for text in [
            "photos.example.org",
            "192.0.2.7:8080",
            "ws://a.example",
            "https://a.example/peersnap",
            "https://a.example/?x",
            "https://a.example/#x",
            "https://me@a.example",
            "https://",
            "",
        ] {
            assert_eq!(read(text), Err(LinkError::Public(text.to_owned())));
        }
    }

    #[test]
    fn words_lead_to_the_configured_server_or_to_the_network() {
        let words = "crane velvet orbit ladder energy quick";
        let place = |text: &str, reach| Destination::join(text, &reach).map(|it| it.place);
        let server: ServerUrl = "http://a".parse().expect("a server");
        let link = format!("http://b/#{}", words.replace(' ', "-"));
        let other = Place::Server("http://b".parse().expect("a server"));
        assert_eq!(place(words, Reach::Server(server.clone())), Ok(Place::Server(server.clone())));
        assert_eq!(place(words, Reach::Network), Ok(Place::Network));
        assert_eq!(place(words, Reach::Nowhere), Err(LinkError::Nowhere));
        for reach in [Reach::Server(server), Reach::Network, Reach::Nowhere] {
            assert_eq!(place(&link, reach), Ok(other.clone()), "a link says all");
        }
        assert_eq!(place("http://a/", Reach::Network), Err(LinkError::NoWords));
        let few = Err(LinkError::Words(WordsError::Count(1)));
        assert_eq!(place("crane", Reach::Nowhere), few, "that is worth more to know");
    }

    proptest! {
        #[test]
        fn a_pinned_link_is_read_back(random: [u8; 9], key: Vec<u8>, host in "[a-z]{1,9}\\.example") {
            let server = ServerUrl::at(&host, Some(Pin::of(&key))).expect("a server");
            let link = RoomLink { server, words: RoomWords::from_random(random) };
            prop_assert_eq!(link.to_string().parse(), Ok(link));
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = (text.parse::<RoomLink>(), Destination::join(&text, &Reach::Network));
        }
    }
}
