//! Offer, answer and candidates with one remote peer: who offers, what waits for what.
//!
//! Pure bookkeeping: [`Negotiation`] decides which signal to send and what to hand to the
//! connection; it never touches one. The task of a remote peer drives it, one for each connection
//! that is attempted.
//!
//! The peer that enters a room offers to each that is there, so two never offer at once, except
//! where both lost a connection: then the offer of the peer with the greater id stands, and the other
//! one [yields](Negotiation::yields). Candidates may come before the description they belong to
//! (RFC 8838, section 4): they wait. Each offer draws a number for its attempt, which all signals of
//! that connection carry, and by which they find it.

use crate::tunnel::Share;
use serde::{Deserialize, Serialize};
use signaling_server::protocol::PeerId;
use std::fmt;

/// One message of a negotiation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signal {
    /// Which connection between the two peers it is about: drawn by the one that offered.
    pub attempt: Attempt,
    /// What it says.
    #[serde(flatten)]
    pub body: Body,
}

/// One try at a connection between two peers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Attempt(pub u32);

/// What a [`Signal`] says. Debug output hides it: addresses and fingerprints are in no log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Body {
    /// A description that begins (RFC 9429).
    Offer {
        /// As SDP.
        sdp: String,
        /// Whether it is for chunks alone, beside the connection that there is.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        beside: bool,
        /// For a tunnel, should this connection not come about soon.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tunnel: Option<Share>,
    },
    /// A description that answers.
    Answer {
        /// As SDP.
        sdp: String,
        /// For that tunnel, from who agrees to it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tunnel: Option<Share>,
    },
    /// An address at which the sender may be reached (RFC 8838).
    Candidate(Candidate),
}

impl Body {
    /// The share for a tunnel that a description carries.
    pub fn tunnel(&self) -> Option<Share> {
        match self {
            Self::Offer { tunnel, .. } | Self::Answer { tunnel, .. } => *tunnel,
            Self::Candidate(_) => None,
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Offer { .. } => "Offer(..)",
            Self::Answer { .. } => "Answer(..)",
            Self::Candidate(_) => "Candidate(..)",
        })
    }
}

/// A candidate, as `RTCIceCandidateInit` of the WebRTC API has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Candidate {
    /// The candidate line.
    pub candidate: String,
    /// The media description that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sdp_mid: Option<String>,
    /// The same, by position.
    #[serde(default, rename = "sdpMLineIndex", skip_serializing_if = "Option::is_none")]
    pub sdp_m_line_index: Option<u16>,
}

/// Which side of a negotiation this peer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It offers.
    Offerer,
    /// It answers.
    Answerer,
}

/// What to do next with the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Set this remote offer, then make an answer and set it.
    SetOffer(String),
    /// Set this remote answer.
    SetAnswer(String),
    /// Add this remote candidate.
    AddCandidate(Candidate),
}

impl Step {
    /// Whether it sets a description.
    pub fn is_description(&self) -> bool {
        matches!(self, Self::SetOffer(_) | Self::SetAnswer(_))
    }
}

/// The state of one negotiation.
#[derive(Debug)]
pub struct Negotiation {
    side: Side,
    phase: Phase,
}

#[derive(Debug)]
enum Side {
    Offerer {
        attempt: Attempt,
        /// Whether this side's offer stands when two cross.
        prevails: bool,
    },
    Answerer {
        /// Known with the offer.
        attempt: Option<Attempt>,
    },
}

#[derive(Debug)]
enum Phase {
    /// The remote description is not known; candidates wait for it.
    Waiting(Vec<(Attempt, Candidate)>),
    /// Both descriptions are known.
    Described,
}

impl Negotiation {
    /// Of the side that offers. The attempt is a random number.
    pub fn offer(attempt: Attempt, local: PeerId, remote: PeerId) -> Self {
        let side = Side::Offerer { attempt, prevails: local > remote };
        Self { side, phase: Phase::Waiting(Vec::new()) }
    }

    /// Of the side that waits for an offer.
    pub fn answer() -> Self {
        Self { side: Side::Answerer { attempt: None }, phase: Phase::Waiting(Vec::new()) }
    }

    /// Whether this side offers.
    pub fn is_offerer(&self) -> bool {
        matches!(self.side, Side::Offerer { .. })
    }

    /// Wraps what this side has to say; `None` before there is anything to answer.
    pub fn signal(&self, body: Body) -> Option<Signal> {
        Some(Signal { attempt: self.attempt()?, body })
    }

    /// Whether an offer of the remote peer, for the same, takes the place of this attempt.
    pub fn yields(&self) -> bool {
        let stands = matches!(self.side, Side::Offerer { prevails: true, .. });
        !(stands && matches!(self.phase, Phase::Waiting(_)))
    }

    /// Takes a signal of the remote peer: the steps to take for it, in order; none if it is not of
    /// this attempt, or comes a second time.
    pub fn handle(&mut self, signal: Signal) -> Vec<Step> {
        let Signal { attempt, body } = signal;
        let is_ours = self.attempt() == Some(attempt);
        match (body, &mut self.side, &mut self.phase) {
            (Body::Offer { sdp, .. }, Side::Answerer { attempt: ours }, Phase::Waiting(_)) => {
                *ours = Some(attempt);
                self.describe(attempt, Step::SetOffer(sdp))
            }
            (Body::Answer { sdp, .. }, Side::Offerer { .. }, Phase::Waiting(_)) if is_ours => {
                self.describe(attempt, Step::SetAnswer(sdp))
            }
            (Body::Candidate(candidate), _, Phase::Waiting(early)) => {
                if early.len() < EARLY_CANDIDATES_MAX {
                    early.push((attempt, candidate));
                }
                Vec::new()
            }
            (Body::Candidate(candidate), _, Phase::Described) if is_ours => {
                vec![Step::AddCandidate(candidate)]
            }
            _ => Vec::new(),
        }
    }

    /// Which attempt this is, once that is known.
    pub fn attempt(&self) -> Option<Attempt> {
        match self.side {
            Side::Offerer { attempt, .. } => Some(attempt),
            Side::Answerer { attempt } => attempt,
        }
    }

    fn describe(&mut self, attempt: Attempt, description: Step) -> Vec<Step> {
        let mut steps = vec![description];
        if let Phase::Waiting(early) = std::mem::replace(&mut self.phase, Phase::Described) {
            let ours = early.into_iter().filter(|(of, _)| *of == attempt);
            steps.extend(ours.map(|(_, candidate)| Step::AddCandidate(candidate)));
        }
        steps
    }
}

/// How many candidates may wait for their description. A peer has a handful of addresses.
const EARLY_CANDIDATES_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    const LOW: PeerId = PeerId(1);
    const HIGH: PeerId = PeerId(2);

    fn offer(attempt: u32) -> Signal {
        Signal {
            attempt: Attempt(attempt),
            body: Body::Offer { sdp: "o".into(), beside: false, tunnel: None },
        }
    }

    fn early(attempt: u32) -> Signal {
        Signal { attempt: Attempt(attempt), body: Body::Candidate(candidate()) }
    }

    fn candidate() -> Candidate {
        Candidate { candidate: "c".into(), sdp_mid: None, sdp_m_line_index: Some(0) }
    }

    #[test]
    fn early_candidates_wait_for_the_description() {
        let mut negotiation = Negotiation::answer();
        assert_eq!(negotiation.handle(early(7)), []);
        assert_eq!(negotiation.handle(early(6)), [], "of another attempt");
        let steps = [Step::SetOffer("o".into()), Step::AddCandidate(candidate())];
        assert_eq!(negotiation.handle(offer(7)), steps);
        assert_eq!(negotiation.handle(early(7)), [Step::AddCandidate(candidate())]);
        assert_eq!(negotiation.handle(offer(7)), [], "the same offer");
    }

    #[test]
    fn early_candidates_are_bounded() {
        let mut negotiation = Negotiation::answer();
        for _ in 0..1000 {
            negotiation.handle(early(1));
        }
        assert_eq!(negotiation.handle(offer(1)).len(), 1 + EARLY_CANDIDATES_MAX);
    }

    #[test]
    fn of_two_offers_that_cross_one_stands() {
        assert!(Negotiation::offer(Attempt(1), LOW, HIGH).yields());
        assert!(!Negotiation::offer(Attempt(2), HIGH, LOW).yields());
    }

    #[test]
    fn what_is_of_another_attempt_is_ignored() {
        let mut negotiation = Negotiation::offer(Attempt(1), HIGH, LOW);
        let body = || Body::Answer { sdp: "a".into(), tunnel: None };
        let answer = |attempt| Signal { attempt: Attempt(attempt), body: body() };
        assert_eq!(negotiation.handle(answer(9)), []);
        assert_eq!(negotiation.handle(answer(1)), [Step::SetAnswer("a".into())]);
        assert_eq!(negotiation.handle(early(9)), []);
        assert!(negotiation.yields(), "it is answered, and yet the other side offers anew");
    }

    #[test]
    fn signals_keep_their_form() {
        let text = r#"{"attempt":1,"type":"candidate","candidate":"c","sdpMLineIndex":0}"#;
        assert_eq!(serde_json::to_string(&early(1)).expect("plain"), text);
        assert_eq!(serde_json::from_str::<Signal>(text).expect("ours"), early(1));
    }
}
