//! One peer of a room of two: says what is needed to enter, learns who the other is, hears it.

use crate::dialect::{Dialect, Reply, Seat, payload};
use crate::frame::{Broken, encode_pong, encode_text};
use crate::line::Heard;

/// A peer.
#[derive(Debug)]
pub struct Member {
    dialect: Dialect,
    room: usize,
    seat: Seat,
    standing: Standing,
    partner: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Outside,
    In,
}

/// What the crowd needs to know of what a peer heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// It is in, or knows its partner now.
    Nearer,
    /// A message that was sent at this time.
    Signal(u64),
}

impl Member {
    /// A peer outside.
    pub fn new(dialect: Dialect, room: usize, seat: Seat) -> Self {
        let partner = dialect.partner(room, seat);
        Self { dialect, room, seat, standing: Standing::Outside, partner }
    }

    /// What its handshake asks for.
    pub fn path(&self) -> String {
        self.dialect.path(self.room, self.seat)
    }

    /// Whether the server has let it in.
    pub fn is_in(&self) -> bool {
        self.standing == Standing::In
    }

    /// Whether it can send to the other.
    pub fn knows_partner(&self) -> bool {
        self.partner.is_some()
    }

    /// Hears something; what is to be said to that is appended to `out`.
    pub fn hear(&mut self, heard: &Heard<'_>, out: &mut Vec<u8>) -> Result<Option<News>, Broken> {
        match heard {
            Heard::Open => {
                if let Some(join) = self.dialect.join(self.room) {
                    encode_text(&join, out);
                }
                Ok(None)
            }
            Heard::Ping(payload) => {
                encode_pong(payload, out);
                Ok(None)
            }
            Heard::Closed(_) => Err(Broken("the server closes the websocket of a peer")),
            Heard::Text(text) => self.understand(text),
        }
    }

    fn understand(&mut self, text: &str) -> Result<Option<News>, Broken> {
        match self.dialect.understand(text) {
            Reply::Entered(other) => {
                self.standing = Standing::In;
                self.partner = other.or(self.partner.take());
                Ok(Some(News::Nearer))
            }
            Reply::Met(other) => {
                self.partner = Some(other);
                Ok(Some(News::Nearer))
            }
            Reply::Signal(sent_at) => {
                if self.partner.is_none() {
                    self.partner = self.dialect.sender(text);
                }
                Ok(Some(News::Signal(sent_at)))
            }
            Reply::Refused => Err(Broken("the server does not let a peer in")),
            Reply::Other => Ok(None),
        }
    }

    /// Appends a message for the other, with a payload of so many bytes. False if it is unknown.
    #[must_use]
    pub fn say(&self, sent_at: u64, bytes: usize, out: &mut Vec<u8>) -> bool {
        let Some(partner) = &self.partner else {
            return false;
        };
        encode_text(&self.dialect.signal(partner, &payload(sent_at, bytes)), out);
        true
    }
}

impl Member {
    /// Appends that it leaves, if there is a word for that.
    pub fn leave(&self, out: &mut Vec<u8>) {
        if let Some(leave) = self.dialect.leave() {
            encode_text(&leave, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(member: &mut Member, text: &str) -> Option<News> {
        let mut out = Vec::new();
        let news = member.hear(&Heard::Text(text), &mut out).expect("nothing is broken");
        assert!(out.is_empty());
        news
    }

    #[test]
    fn the_second_at_matchbox_learns_of_the_first_by_its_signal() {
        let mut member = Member::new(Dialect::Matchbox, 3, Seat::Second);
        assert!(!member.is_in());
        assert_eq!(heard(&mut member, r#"{"IdAssigned":"me"}"#), Some(News::Nearer));
        assert!(member.is_in() && !member.knows_partner());
        assert!(!member.say(1, 60, &mut Vec::new()));
        let signal = format!(r#"{{"Signal":{{"sender":"it","data":{}}}}}"#, payload(8, 60));
        assert_eq!(heard(&mut member, &signal), Some(News::Signal(8)));
        assert!(member.say(1, 60, &mut Vec::new()));
    }

    #[test]
    fn at_peerjs_both_know_each_other_beforehand() {
        let mut member = Member::new(Dialect::PeerJs, 3, Seat::First);
        assert!(member.knows_partner() && !member.is_in());
        assert_eq!(heard(&mut member, r#"{"type":"OPEN"}"#), Some(News::Nearer));
        assert!(member.knows_partner() && member.is_in());
    }

    #[test]
    fn one_joins_ours_when_the_websocket_opens_and_answers_pings() {
        let mut member = Member::new(Dialect::Ours, 3, Seat::First);
        let mut out = Vec::new();
        assert_eq!(member.hear(&Heard::Open, &mut out), Ok(None));
        let mut join = Vec::new();
        encode_text(&Dialect::Ours.join(3).expect("a join"), &mut join);
        assert_eq!(out, join);
        out.clear();
        assert_eq!(member.hear(&Heard::Ping(b"x"), &mut out), Ok(None));
        assert_eq!(out[0], 0x8a);
        assert!(member.hear(&Heard::Closed(1008), &mut out).is_err());
    }
}
