//! Offer, answer and candidates with one remote peer: who offers, what waits for what.
//!
//! Pure bookkeeping: [`Negotiation`] decides which signal to send and what to hand to the
//! connection; it never touches one. The task of a remote peer drives it, one for each connection
//! that is attempted.
//!
//! The peer that enters a room offers to each that is there, so two never offer at once, except
//! where both lost a connection: then the offer of the peer with the greater id stands. Candidates
//! may come before the description they belong to (RFC 8838, section 4): they wait. Each offer
//! draws a number for its attempt, which all signals of that connection carry; those of another
//! attempt are ignored, and an offer with another number begins a connection anew.

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
    },
    /// A description that answers.
    Answer {
        /// As SDP.
        sdp: String,
    },
    /// An address at which the sender may be reached (RFC 8838).
    Candidate(Candidate),
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

/// What a signal means for the connection that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// It belongs to this connection: take these steps, in order.
    Steps(Vec<Step>),
    /// It begins another connection: drop this one, and answer with a new [`Negotiation`].
    Restart,
    /// It belongs to a connection that is no more, or crossed with an offer that stands.
    Stale,
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

    /// Which side this peer is.
    pub fn role(&self) -> Role {
        match self.side {
            Side::Offerer { .. } => Role::Offerer,
            Side::Answerer { .. } => Role::Answerer,
        }
    }

    /// Wraps what this side has to say; `None` before there is anything to answer.
    pub fn signal(&self, body: Body) -> Option<Signal> {
        Some(Signal { attempt: self.attempt()?, body })
    }

    /// Takes a signal of the remote peer.
    pub fn handle(&mut self, signal: Signal) -> Meaning {
        let Signal { attempt, body } = signal;
        let is_ours = self.attempt() == Some(attempt);
        match (body, &mut self.side, &mut self.phase) {
            (Body::Offer { sdp }, Side::Answerer { attempt: ours }, Phase::Waiting(_)) => {
                *ours = Some(attempt);
                self.describe(attempt, Step::SetOffer(sdp))
            }
            (Body::Offer { .. }, Side::Offerer { prevails: true, .. }, Phase::Waiting(_)) => {
                Meaning::Stale
            }
            (Body::Offer { .. }, _, _) if !is_ours => Meaning::Restart,
            (Body::Answer { sdp }, Side::Offerer { .. }, Phase::Waiting(_)) if is_ours => {
                self.describe(attempt, Step::SetAnswer(sdp))
            }
            (Body::Candidate(candidate), _, Phase::Waiting(early)) => {
                if early.len() < EARLY_CANDIDATES_MAX {
                    early.push((attempt, candidate));
                }
                Meaning::Steps(Vec::new())
            }
            (Body::Candidate(candidate), _, Phase::Described) if is_ours => {
                Meaning::Steps(vec![Step::AddCandidate(candidate)])
            }
            _ => Meaning::Stale,
        }
    }

    fn attempt(&self) -> Option<Attempt> {
        match self.side {
            Side::Offerer { attempt, .. } => Some(attempt),
            Side::Answerer { attempt } => attempt,
        }
    }

    fn describe(&mut self, attempt: Attempt, description: Step) -> Meaning {
        let mut steps = vec![description];
        if let Phase::Waiting(early) = std::mem::replace(&mut self.phase, Phase::Described) {
            let ours = early.into_iter().filter(|(of, _)| *of == attempt);
            steps.extend(ours.map(|(_, candidate)| Step::AddCandidate(candidate)));
        }
        Meaning::Steps(steps)
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
        Signal { attempt: Attempt(attempt), body: Body::Offer { sdp: "o".into() } }
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
        assert_eq!(negotiation.handle(early(7)), Meaning::Steps(vec![]));
        assert_eq!(negotiation.handle(early(6)), Meaning::Steps(vec![]), "of another attempt");
        let steps = vec![Step::SetOffer("o".into()), Step::AddCandidate(candidate())];
        assert_eq!(negotiation.handle(offer(7)), Meaning::Steps(steps));
        let late = Meaning::Steps(vec![Step::AddCandidate(candidate())]);
        assert_eq!(negotiation.handle(early(7)), late);
        assert_eq!(negotiation.handle(offer(7)), Meaning::Stale, "the same offer");
    }

    #[test]
    fn early_candidates_are_bounded() {
        let mut negotiation = Negotiation::answer();
        for _ in 0..1000 {
            negotiation.handle(early(1));
        }
        let Meaning::Steps(steps) = negotiation.handle(offer(1)) else { panic!("an offer") };
        assert_eq!(steps.len(), 1 + EARLY_CANDIDATES_MAX);
    }

    #[test]
    fn of_two_offers_that_cross_one_stands() {
        let mut low = Negotiation::offer(Attempt(1), LOW, HIGH);
        let mut high = Negotiation::offer(Attempt(2), HIGH, LOW);
        assert_eq!(low.handle(offer(2)), Meaning::Restart);
        assert_eq!(high.handle(offer(1)), Meaning::Stale);
    }

    #[test]
    fn another_attempt_takes_over_and_what_is_left_of_the_first_is_ignored() {
        let mut negotiation = Negotiation::offer(Attempt(1), HIGH, LOW);
        let answer =
            |attempt| Signal { attempt: Attempt(attempt), body: Body::Answer { sdp: "a".into() } };
        assert_eq!(negotiation.handle(answer(9)), Meaning::Stale);
        let steps = Meaning::Steps(vec![Step::SetAnswer("a".into())]);
        assert_eq!(negotiation.handle(answer(1)), steps);
        assert_eq!(negotiation.handle(early(9)), Meaning::Stale);
        assert_eq!(negotiation.handle(offer(2)), Meaning::Restart);
    }

    #[test]
    fn signals_keep_their_form() {
        let text = r#"{"attempt":1,"type":"candidate","candidate":"c","sdpMLineIndex":0}"#;
        assert_eq!(serde_json::to_string(&early(1)).expect("plain"), text);
        assert_eq!(serde_json::from_str::<Signal>(text).expect("ours"), early(1));
    }
}
