//! Room codes and room links: what one types or scans to join.
//!
//! A link is a server's address with the room code behind `#`: `http://192.0.2.7:8765/#kw7m-…`.
//! Browsers do not send what stands there, and neither does anything here: the server is told the
//! [`RoomId`] that [`RoomCode::room_id`] makes of the code, and that alone.

use signaling_server::protocol::{PATH, RoomId};
use std::fmt;
use std::str::FromStr;
use url::Url;

/// What the peers of a room know, and nobody else: 16 letters and digits, 80 bits.
#[derive(Clone, PartialEq, Eq)]
pub struct RoomCode(String);

impl RoomCode {
    /// A code of these random bytes.
    pub fn from_random(bytes: [u8; CODE_CHARS]) -> Self {
        Self(bytes.iter().map(|byte| ALPHABET[usize::from(byte % 32)] as char).collect())
    }

    /// What the server is told.
    pub fn room_id(&self) -> RoomId {
        RoomId::try_from(self.0.clone()).expect("a code is made of letters and digits")
    }
}

/// Case, spaces and dashes do not matter.
impl FromStr for RoomCode {
    type Err = LinkError;

    fn from_str(text: &str) -> Result<Self, LinkError> {
        let kept = |c: &char| !matches!(c, ' ' | '-');
        let code: String = text.chars().filter(kept).map(|c| c.to_ascii_lowercase()).collect();
        if let Some(wrong) = code.chars().find(|c| !ALPHABET.contains(&(*c as u8)) || !c.is_ascii())
        {
            return Err(LinkError::Character(wrong));
        }
        if code.len() != CODE_CHARS {
            return Err(LinkError::Length(code.len()));
        }
        Ok(Self(code))
    }
}

/// In groups of four.
impl fmt::Display for RoomCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups: Vec<&str> = (0..CODE_CHARS).step_by(4).map(|at| &self.0[at..at + 4]).collect();
        f.write_str(&groups.join("-"))
    }
}

impl fmt::Debug for RoomCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RoomCode(..)")
    }
}

/// Where a signaling server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerUrl(Url);

impl ServerUrl {
    /// The websocket's address.
    pub fn websocket(&self) -> String {
        let secure = self.0.scheme() == "https";
        let scheme = if secure { "wss" } else { "ws" };
        let rest = &self.0[url::Position::BeforeHost..url::Position::AfterPort];
        format!("{scheme}://{rest}{PATH}")
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
        url.set_fragment(None);
        url.set_query(None);
        url.set_path("/");
        Ok(Self(url))
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A server and a room on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomLink {
    /// Where the room is.
    pub server: ServerUrl,
    /// Which room.
    pub code: RoomCode,
}

impl FromStr for RoomLink {
    type Err = LinkError;

    fn from_str(text: &str) -> Result<Self, LinkError> {
        let (server, code) = text.split_once('#').ok_or(LinkError::NoCode)?;
        Ok(Self { server: server.parse()?, code: code.parse()? })
    }
}

impl fmt::Display for RoomLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.server, self.code)
    }
}

/// Why a text is no room link, room code or server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// There is no `#`.
    #[error("this is not a room link: it has no # with a room code behind it")]
    NoCode,
    /// It is too short or too long.
    #[error("a room code has {CODE_CHARS} letters and digits, this has {0}: is it whole?")]
    Length(usize),
    /// Something that never stands in a code.
    #[error("{0:?} is not in any room code: is a character mistyped?")]
    Character(char),
    /// Not `http://host:port` or the like.
    #[error("{0:?} is not the address of a server: write it like http://192.168.1.20:8765")]
    Server(String),
}

/// How many characters a code has.
pub const CODE_CHARS: usize = 16;
/// Letters and digits that are not taken for one another (Crockford's base 32).
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_link_is_read_back() {
        let code = RoomCode::from_random(std::array::from_fn(|i| i as u8 * 7));
        for server in ["http://192.0.2.7:8765", "https://photos.example.org/", "http://[::1]:80"] {
            let link = RoomLink { server: server.parse().expect("a server"), code: code.clone() };
            assert_eq!(link.to_string().parse(), Ok(link));
        }
    }

    #[test]
    fn what_is_no_link_says_why() {
        let parse = |text: &str| text.parse::<RoomLink>().expect_err("no link");
        assert_eq!(parse("hello"), LinkError::NoCode);
        assert_eq!(parse("http://a/#abc"), LinkError::Length(3));
        assert_eq!(parse("http://a/#0123-4567-89ab-cde!"), LinkError::Character('!'));
        assert_eq!(parse("http://a/#0123-4567-89ab-cdeé"), LinkError::Character('é'));
        assert!(matches!(parse("ftp://a/#0123456789abcdef"), LinkError::Server(_)));
        assert!(matches!(parse("http:///#0123456789abcdef"), LinkError::Server(_)));
    }

    #[test]
    fn the_websocket_is_beside_the_page() {
        let websocket = |server: &str| server.parse::<ServerUrl>().expect("a server").websocket();
        assert_eq!(websocket("192.0.2.7:8765"), "ws://192.0.2.7:8765/signaling");
        assert_eq!(websocket("https://a.example/x?y#z"), "wss://a.example/signaling");
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = text.parse::<RoomLink>();
            let _ = text.parse::<RoomCode>();
        }
    }
}
