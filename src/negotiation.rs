//! Offer, answer and candidates with one remote peer: who offers, what waits for what.
//!
//! Pure bookkeeping: [`Negotiation`] decides which signal to send and what to hand to the
//! connection; it never touches one. The task of a remote peer drives it, one for each connection
//! that is attempted.
//!
//! The peer that enters a room offers to each that is there, so two never offer at once, except
//! where both lost a connection: then the offer of the peer with the greater id stands. Candidates
//! may come before the description they belong to (RFC 8838, section 4): they wait. A connection
//! that is made anew has a greater attempt number; signals of an older attempt are ignored.

use serde::{Deserialize, Serialize};
use signaling_server::protocol::PeerId;

/// One message of a negotiation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signal {
    /// Which connection between the two peers it is about; each new one is one greater.
    pub attempt: u32,
    /// What it says.
    #[serde(flatten)]
    pub body: Body,
}

/// What a [`Signal`] says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    role: Role,
    attempt: u32,
    /// Whether this side's offer stands when two cross.
    prevails: bool,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    /// The remote description is not known; candidates wait for it.
    Waiting(Vec<Candidate>),
    /// Both descriptions are known.
    Described,
}

impl Negotiation {
    /// Begins to offer, or waits for an offer.
    pub fn new(role: Role, attempt: u32, local: PeerId, remote: PeerId) -> Self {
        Self { role, attempt, prevails: local > remote, phase: Phase::Waiting(Vec::new()) }
    }

    /// Which connection between the two peers this is about.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Which side this peer is.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Wraps what this side has to say.
    pub fn signal(&self, body: Body) -> Signal {
        Signal { attempt: self.attempt, body }
    }

    /// Takes a signal of the remote peer.
    pub fn handle(&mut self, signal: Signal) -> Meaning {
        if let Body::Offer { .. } = signal.body
            && self.begins_another(signal.attempt)
        {
            return Meaning::Restart;
        }
        if signal.attempt != self.attempt {
            return Meaning::Stale;
        }
        match (signal.body, self.role, &mut self.phase) {
            (Body::Offer { sdp }, Role::Answerer, Phase::Waiting(early)) => {
                let early = std::mem::take(early);
                self.describe(Step::SetOffer(sdp), early)
            }
            (Body::Answer { sdp }, Role::Offerer, Phase::Waiting(early)) => {
                let early = std::mem::take(early);
                self.describe(Step::SetAnswer(sdp), early)
            }
            (Body::Candidate(candidate), _, Phase::Waiting(early)) => {
                if early.len() < EARLY_CANDIDATES_MAX {
                    early.push(candidate);
                }
                Meaning::Steps(Vec::new())
            }
            (Body::Candidate(candidate), _, Phase::Described) => {
                Meaning::Steps(vec![Step::AddCandidate(candidate)])
            }
            (Body::Offer { .. } | Body::Answer { .. }, _, _) => Meaning::Stale,
        }
    }

    fn begins_another(&self, attempt: u32) -> bool {
        let crossed = self.role == Role::Offerer && attempt == self.attempt;
        attempt > self.attempt && attempt - self.attempt <= ATTEMPT_STEP_MAX
            || crossed && !self.prevails && matches!(self.phase, Phase::Waiting(_))
    }

    fn describe(&mut self, description: Step, early: Vec<Candidate>) -> Meaning {
        self.phase = Phase::Described;
        let candidates = early.into_iter().map(Step::AddCandidate);
        Meaning::Steps(std::iter::once(description).chain(candidates).collect())
    }
}

/// How many candidates may wait for their description. A peer has a handful of addresses.
const EARLY_CANDIDATES_MAX: usize = 64;
/// How far ahead an attempt may be: a remote peer cannot use up the numbers.
const ATTEMPT_STEP_MAX: u32 = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    const LOW: PeerId = PeerId(1);
    const HIGH: PeerId = PeerId(2);

    fn offer(attempt: u32) -> Signal {
        Signal { attempt, body: Body::Offer { sdp: "o".into() } }
    }

    fn candidate(name: &str) -> Candidate {
        Candidate { candidate: name.into(), sdp_mid: None, sdp_m_line_index: Some(0) }
    }

    #[test]
    fn early_candidates_wait_for_the_description() {
        let mut negotiation = Negotiation::new(Role::Answerer, 1, LOW, HIGH);
        let early = Signal { attempt: 1, body: Body::Candidate(candidate("a")) };
        assert_eq!(negotiation.handle(early.clone()), Meaning::Steps(vec![]));
        let steps = vec![Step::SetOffer("o".into()), Step::AddCandidate(candidate("a"))];
        assert_eq!(negotiation.handle(offer(1)), Meaning::Steps(steps));
        let late = Meaning::Steps(vec![Step::AddCandidate(candidate("a"))]);
        assert_eq!(negotiation.handle(early), late);
        assert_eq!(negotiation.handle(offer(1)), Meaning::Stale, "a second offer");
    }

    #[test]
    fn early_candidates_are_bounded() {
        let mut negotiation = Negotiation::new(Role::Answerer, 1, LOW, HIGH);
        for _ in 0..1000 {
            negotiation.handle(Signal { attempt: 1, body: Body::Candidate(candidate("a")) });
        }
        let Meaning::Steps(steps) = negotiation.handle(offer(1)) else { panic!("an offer") };
        assert_eq!(steps.len(), 1 + EARLY_CANDIDATES_MAX);
    }

    #[test]
    fn of_two_offers_that_cross_one_stands() {
        let mut low = Negotiation::new(Role::Offerer, 2, LOW, HIGH);
        let mut high = Negotiation::new(Role::Offerer, 2, HIGH, LOW);
        assert_eq!(low.handle(offer(2)), Meaning::Restart);
        assert_eq!(high.handle(offer(2)), Meaning::Stale);
    }

    #[test]
    fn a_newer_attempt_takes_over_and_an_older_one_is_ignored() {
        let mut negotiation = Negotiation::new(Role::Answerer, 3, LOW, HIGH);
        assert_eq!(negotiation.handle(offer(4)), Meaning::Restart);
        assert_eq!(negotiation.handle(offer(2)), Meaning::Stale);
        assert_eq!(negotiation.handle(offer(u32::MAX)), Meaning::Stale);
    }

    #[test]
    fn signals_keep_their_form() {
        let signal = Signal { attempt: 1, body: Body::Candidate(candidate("c")) };
        let text = r#"{"attempt":1,"type":"candidate","candidate":"c","sdpMLineIndex":0}"#;
        assert_eq!(serde_json::to_string(&signal).expect("plain"), text);
        assert_eq!(serde_json::from_str::<Signal>(text).expect("ours"), signal);
    }
}
