//! A message on its way through a server: whose, which way, and what it says.

use signaling_server::protocol::{Reply, Request};
use tokio_tungstenite::tungstenite::Message as Frame;

/// Which way a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From a peer to the server.
    Up,
    /// From the server to a peer.
    Down,
}

/// A message on its way.
#[derive(Debug, Clone)]
pub struct Passing {
    /// Whose line it is on.
    pub line: usize,
    pub way: Way,
    pub frame: Frame,
}

impl Passing {
    /// An answer of the server.
    pub fn reply(line: usize, reply: &Reply) -> Self {
        let text = serde_json::to_string(reply).expect("replies are plain JSON");
        Self { line, way: Way::Down, frame: Frame::text(text) }
    }

    /// A request of a peer.
    pub fn request(line: usize, request: &Request) -> Self {
        let text = serde_json::to_string(request).expect("requests are plain JSON");
        Self { line, way: Way::Up, frame: Frame::text(text) }
    }

    /// What it says, if it is text.
    pub fn text(&self) -> Option<&str> {
        match &self.frame {
            Frame::Text(text) => Some(text),
            _ => None,
        }
    }

    /// What a peer asks of the server, if it is that.
    pub fn as_request(&self) -> Option<Request> {
        let text = self.text().filter(|_| self.way == Way::Up)?;
        serde_json::from_str(text).ok()
    }

    /// The answer of the server that it is, if it is one.
    pub fn as_reply(&self) -> Option<Reply> {
        let text = self.text().filter(|_| self.way == Way::Down)?;
        serde_json::from_str(text).ok()
    }
}
