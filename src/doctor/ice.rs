//! STUN and TURN: what the servers that the signaling server hands out are good for, gathered as
//! a real connection gathers it.

use super::finding::{Finding, Subject};
use crate::io::peer::{Gathered, gather};
use signaling_server::protocol::IceServer;
use std::time::Duration;

/// What was found.
#[derive(Debug, Clone, Copy)]
enum Seen {
    /// The signaling server was not reached.
    Unknown,
    /// How many URLs of each kind it hands out, and what came of them.
    Handed { stun: usize, turn: usize, gathered: Gathered },
}

/// Of what was handed out, if anything was said of that.
pub(super) async fn check(servers: Option<&[IceServer]>) -> [Finding; 2] {
    let seen = match servers {
        None => Seen::Unknown,
        Some(servers) => look(servers).await,
    };
    [judge_stun(seen), judge_turn(seen)]
}

async fn look(servers: &[IceServer]) -> Seen {
    let urls = || servers.iter().flat_map(|server| &server.urls);
    let count = |scheme: &str| urls().filter(|url| url.starts_with(scheme)).count();
    let (stun, turn) = (count("stun"), count("turn"));
    let wanted = Gathered { reflexive: stun > 0, relayed: turn > 0, ..Gathered::default() };
    let gathered =
        if stun + turn > 0 { gather(servers, wanted, PATIENCE).await } else { Gathered::default() };
    Seen::Handed { stun, turn, gathered }
}

fn judge_stun(seen: Seen) -> Finding {
    let subject = Subject::Stun;
    match seen {
        Seen::Unknown => subject.so_so(UNKNOWN, "see to the signaling server first"),
        Seen::Handed { stun: 0, .. } => subject.so_so(
            "the server hands none out: peers find each other on one network, or where one of them \
             has an address of its own",
            "for others, have a signaling-server with --stun stun:HOST:PORT, and name it with --server",
        ),
        Seen::Handed { gathered: Gathered { reflexive: true, .. }, .. } => {
            subject.good("this machine learns the address that others see it at")
        }
        Seen::Handed { .. } => subject.bad(
            format!("no answer in {} s from what the server hands out", PATIENCE.as_secs()),
            "UDP may be blocked on the way, or the STUN server is down: who runs the server can say",
        ),
    }
}

fn judge_turn(seen: Seen) -> Finding {
    let subject = Subject::Turn;
    match seen {
        Seen::Unknown => subject.so_so(UNKNOWN, "see to the signaling server first"),
        Seen::Handed { turn: 0, .. } => subject.so_so(
            "the server hands none out: peers who cannot reach each other directly, as behind strict \
             firewalls, send through the signaling server, slowly and only where it lets them",
            "who runs the server can have it hand one out",
        ),
        Seen::Handed { gathered: Gathered { relayed: true, .. }, .. } => {
            subject.good("a relay stands ready where there is no direct way")
        }
        Seen::Handed { .. } => subject.bad(
            format!("no relay in {} s from what the server hands out", PATIENCE.as_secs()),
            "UDP may be blocked on the way, the TURN server is down, or this machine's clock is off: \
             its password ends at a time",
        ),
    }
}

const UNKNOWN: &str = "not known: the signaling server, which hands them out, is not reached";
const PATIENCE: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Verdict;

    fn verdicts(stun: usize, turn: usize, reflexive: bool, relayed: bool) -> (Verdict, Verdict) {
        let gathered = Gathered { host: true, reflexive, relayed };
        let seen = Seen::Handed { stun, turn, gathered };
        (judge_stun(seen).verdict, judge_turn(seen).verdict)
    }

    #[test]
    fn what_is_handed_out_has_to_work() {
        assert_eq!(verdicts(1, 1, true, true), (Verdict::Good, Verdict::Good));
        assert_eq!(verdicts(1, 1, true, false), (Verdict::Good, Verdict::Bad));
        assert_eq!(verdicts(1, 1, false, false), (Verdict::Bad, Verdict::Bad));
    }

    #[test]
    fn what_is_not_handed_out_is_no_fault_and_its_meaning_is_said() {
        assert_eq!(verdicts(0, 0, false, false), (Verdict::SoSo, Verdict::SoSo));
        // A TURN server says what a STUN server would.
        assert_eq!(verdicts(0, 1, true, true), (Verdict::SoSo, Verdict::Good));
        assert_eq!(judge_turn(Seen::Unknown).text, UNKNOWN);
    }

    #[tokio::test]
    async fn none_handed_out_asks_nobody() {
        assert!(matches!(look(&[]).await, Seen::Handed { stun: 0, turn: 0, .. }));
    }
}
