//! STUN and TURN: what the servers that the signaling server hands out are good for, gathered as
//! a real connection gathers it, and how far they are.

use super::finding::{Finding, Subject};
use super::stun::{self, Series};
use crate::io::peer::{Gathered, gather};
use crate::path::Host;
use crate::ui::format;
use signaling_server::protocol::IceServer;
use std::time::Duration;

/// What was found.
#[derive(Debug, Clone)]
enum Seen {
    /// The signaling server was not reached.
    Unknown,
    /// Some were handed out, or none.
    Handed(Handed),
}

/// What was handed out, and what came of it.
#[derive(Debug, Clone, Default)]
struct Handed {
    /// STUN servers.
    stun: Vec<Host>,
    /// TURN servers.
    turn: Vec<Host>,
    gathered: Gathered,
    /// How one of them answers, if any does: which, and how it did.
    asked: Option<(Host, Series)>,
}

/// Of what was handed out, if anything was said of that.
pub(super) async fn check(servers: Option<&[IceServer]>) -> [Finding; 2] {
    let seen = match servers {
        None => Seen::Unknown,
        Some(servers) => look(servers).await,
    };
    [judge_stun(&seen), judge_turn(&seen)]
}

async fn look(servers: &[IceServer]) -> Seen {
    let urls = || servers.iter().flat_map(|server| &server.urls);
    let hosts = |scheme| {
        let of_scheme = urls().filter(|url| url.starts_with(scheme));
        of_scheme.filter_map(|url| Host::of_ice(url)).collect::<Vec<_>>()
    };
    let (stun, turn) = (hosts("stun"), hosts("turn"));
    let wanted =
        Gathered { reflexive: !stun.is_empty(), relayed: !turn.is_empty(), ..Gathered::default() };
    let is_any = wanted != Gathered::default();
    let gathered =
        if is_any { gather(servers, wanted, PATIENCE).await } else { Gathered::default() };
    // A TURN server says what a STUN server would.
    let first = stun.first().or(turn.first()).filter(|_| gathered.reflexive).cloned();
    let asked = match first {
        Some(host) => {
            let series = stun::ask(&host.to_string()).await;
            let series = series.inspect_err(|error| tracing::debug!(%error, "asking for STUN"));
            series.ok().map(|series| (host, series))
        }
        None => None,
    };
    Seen::Handed(Handed { stun, turn, gathered, asked })
}

fn judge_stun(seen: &Seen) -> Finding {
    let subject = Subject::Stun;
    match seen {
        Seen::Unknown => subject.so_so(UNKNOWN, "see to the signaling server first"),
        Seen::Handed(Handed { stun, .. }) if stun.is_empty() => subject.so_so(
            "the server hands none out: peers find each other on one network, or where one of them \
             has an address of its own",
            "for others, have a signaling-server with --stun stun:HOST:PORT, and name it with --server",
        ),
        Seen::Handed(Handed { gathered: Gathered { reflexive: true, .. }, asked, .. }) => {
            let learns = "this machine learns the address that others see it at";
            let Some((host, series)) = asked else { return subject.good(learns) };
            let text = format!("{learns}: {}", answers(host, series));
            if series.lost() > LOST_MAX {
                subject.so_so(text, "packets are lost on the way: a cable, or another network, may be better")
            } else {
                subject.good(text)
            }
        }
        Seen::Handed(_) => subject.bad(
            format!("no answer in {} s from what the server hands out", PATIENCE.as_secs()),
            "UDP may be blocked on the way, or the STUN server is down: who runs the server can say",
        ),
    }
}

/// How a server answers: `192.0.2.7:3478 answers in 12 ms, 1 of 10 times not at all`.
fn answers(host: &Host, series: &Series) -> String {
    let Some(round_trip) = series.round_trip() else {
        return format!("{host} gave no answer to {} more", series.sent());
    };
    let lost = match series.lost() {
        0 => String::new(),
        lost => format!(", {lost} of {} times not at all", series.sent()),
    };
    format!("{host} answers in {}{lost}", format::round_trip(round_trip))
}

fn judge_turn(seen: &Seen) -> Finding {
    let subject = Subject::Turn;
    match seen {
        Seen::Unknown => subject.so_so(UNKNOWN, "see to the signaling server first"),
        Seen::Handed(Handed { turn, .. }) if turn.is_empty() => subject.so_so(
            "the server hands none out: peers who cannot reach each other directly, as behind strict \
             firewalls, send through the signaling server, slowly and only where it lets them",
            "who runs the server can have it hand one out",
        ),
        Seen::Handed(Handed { gathered: Gathered { relayed: true, .. }, turn, .. }) => {
            let stands = "a relay stands ready where there is no direct way";
            match &turn[..] {
                [only] => subject.good(format!("{stands}: {only}")),
                // Which of them is not known.
                _ => subject.good(stands),
            }
        }
        Seen::Handed(_) => subject.bad(
            format!("no relay in {} s from what the server hands out", PATIENCE.as_secs()),
            "UDP may be blocked on the way, the TURN server is down, or this machine's clock is off: \
             its password ends at a time",
        ),
    }
}

const UNKNOWN: &str = "not known: the signaling server, which hands them out, is not reached";
const PATIENCE: Duration = Duration::from_secs(2);
/// One lost packet may be chance.
const LOST_MAX: usize = 1;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Verdict;

    fn host(name: &str) -> Host {
        Host::try_from(name.to_owned()).expect("a name")
    }

    fn handed(stun: usize, turn: usize, reflexive: bool, relayed: bool) -> Seen {
        let gathered = Gathered { host: true, reflexive, relayed };
        let [stun, turn] = [stun, turn].map(|of| vec![host("turn.example.org:3478"); of]);
        Seen::Handed(Handed { stun, turn, gathered, asked: None })
    }

    fn verdicts(stun: usize, turn: usize, reflexive: bool, relayed: bool) -> (Verdict, Verdict) {
        let seen = handed(stun, turn, reflexive, relayed);
        (judge_stun(&seen).verdict, judge_turn(&seen).verdict)
    }

    #[test]
    fn how_far_a_server_is_and_how_often_it_is_silent_is_told() {
        let judge = |series| {
            let Seen::Handed(handed) = handed(1, 1, true, true) else { return None };
            let asked = Some((host("stun.example.org:3478"), series));
            let found = judge_stun(&Seen::Handed(Handed { asked, ..handed }));
            Some((found.verdict, found.text))
        };
        for (silent, verdict, told) in [
            (0, Verdict::Good, "stun.example.org:3478 answers in 12 ms"),
            (1, Verdict::Good, "stun.example.org:3478 answers in 12 ms, 1 of 10 times not at all"),
            (4, Verdict::SoSo, "stun.example.org:3478 answers in 12 ms, 4 of 10 times not at all"),
            (10, Verdict::SoSo, "stun.example.org:3478 gave no answer to 10 more"),
        ] {
            let (found, text) = judge(Series::of(10 - silent, silent)).expect("handed out");
            assert_eq!(found, verdict);
            let learns = "this machine learns the address that others see it at";
            assert_eq!(text, format!("{learns}: {told}"));
        }
    }

    #[test]
    fn the_relay_is_named_where_it_is_known_which_it_is() {
        let ready = "a relay stands ready where there is no direct way";
        let one = judge_turn(&handed(1, 1, true, true));
        assert_eq!(one.text, format!("{ready}: turn.example.org:3478"));
        assert_eq!(judge_turn(&handed(1, 2, true, true)).text, ready);
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
        assert_eq!(judge_turn(&Seen::Unknown).text, UNKNOWN);
    }

    #[tokio::test]
    async fn none_handed_out_asks_nobody() {
        let Seen::Handed(handed) = look(&[]).await else { panic!("it is known") };
        assert!(handed.stun.is_empty() && handed.turn.is_empty() && handed.asked.is_none());
    }
}
