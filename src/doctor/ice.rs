//! STUN and TURN: what the servers that the signaling server hands out are good for, gathered as
//! a real connection gathers it, how far they are, and what is lost on the way.

use super::finding::{Finding, Subject};
use super::relay::{self, Relay};
use super::series::Series;
use super::stun;
use crate::io::peer::{Gathered, gather};
use crate::path::Host;
use crate::ui::format;
use signaling_server::protocol::IceServer;
use std::time::Duration;

/// What was found of either.
#[derive(Debug, Clone)]
enum Seen<T> {
    /// The signaling server was not reached.
    Unknown,
    /// It hands none out.
    None,
    /// None answers in time.
    Silent,
    /// One answers at least.
    Answers(T),
}

/// STUN servers that answer.
#[derive(Debug, Clone)]
struct Stun {
    /// One of them, and how it answers, if that is known.
    asked: Option<(Host, Series)>,
}

/// TURN servers that answer.
#[derive(Debug, Clone)]
enum Turn {
    /// This one does.
    This(Relay),
    /// It is not known which.
    Some,
}

/// Of what was handed out, if anything was said of that.
pub(super) async fn check(servers: Option<&[IceServer]>) -> [Finding; 2] {
    let (stun, turn) = match servers {
        None => (Seen::Unknown, Seen::Unknown),
        Some(servers) => {
            // Apart, as relayed addresses are few.
            let [stun, turn] = ["stun", "turn"].map(|scheme| only(servers, scheme));
            tokio::join!(look_for_stun(&stun), look_for_turn(&turn))
        }
    };
    judge(&stun, &turn)
}

fn judge(stun: &Seen<Stun>, turn: &Seen<Turn>) -> [Finding; 2] {
    let of_stun = match (stun, turn) {
        (Seen::Silent, Seen::Answers(_)) => Subject::Stun.so_so(
            format!("{}; the relay says what it would", silent()),
            "the STUN server may be down: who runs the server can say",
        ),
        _ => judge_stun(stun),
    };
    [of_stun, judge_turn(turn)]
}

/// What is handed out of a scheme, and its secure one.
fn only(servers: &[IceServer], scheme: &str) -> Vec<IceServer> {
    let of_scheme = servers.iter().map(|server| {
        let urls = server.urls.iter().filter(|url| url.starts_with(scheme)).cloned().collect();
        IceServer { urls, ..server.clone() }
    });
    of_scheme.filter(|server| !server.urls.is_empty()).collect()
}

fn hosts(servers: &[IceServer]) -> Vec<Host> {
    servers.iter().flat_map(|server| &server.urls).filter_map(|url| Host::of_ice(url)).collect()
}

async fn look_for_stun(servers: &[IceServer]) -> Seen<Stun> {
    let hosts = hosts(servers);
    if hosts.is_empty() {
        return Seen::None;
    }
    let wanted = Gathered { reflexive: true, ..Gathered::default() };
    if !gather(servers, wanted, PATIENCE).await.reflexive {
        return Seen::Silent;
    }
    // All at once, as some may not answer.
    let asking: Vec<_> = hosts.into_iter().map(|host| tokio::spawn(ask(host))).collect();
    let mut all = Vec::new();
    for asking in asking {
        all.extend(asking.await.ok().flatten());
    }
    Seen::Answers(Stun { asked: first(all) })
}

async fn ask(host: Host) -> Option<(Host, Series)> {
    let series = stun::ask(&host.to_string()).await;
    let series = series.inspect_err(|error| tracing::debug!(%error, "asking for STUN"));
    Some((host, series.ok()?))
}

/// The first that answers, if any does.
fn first(mut all: Vec<(Host, Series)>) -> Option<(Host, Series)> {
    let answering = all.iter().position(|(_, series)| series.round_trip().is_some());
    (!all.is_empty()).then(|| all.swap_remove(answering.unwrap_or(0)))
}

async fn look_for_turn(servers: &[IceServer]) -> Seen<Turn> {
    let hosts = hosts(servers);
    if hosts.is_empty() {
        return Seen::None;
    }
    if let Some(relay) = relay::find(servers, PATIENCE).await {
        return Seen::Answers(Turn::This(relay));
    }
    // Not over UDP, or not as it is tried here.
    let wanted = Gathered { relayed: true, ..Gathered::default() };
    if !gather(servers, wanted, PATIENCE).await.relayed {
        return Seen::Silent;
    }
    Seen::Answers(match <[Host; 1]>::try_from(hosts) {
        Ok([at]) => Turn::This(Relay { at, passed: None }),
        Err(_) => Turn::Some,
    })
}

fn judge_stun(seen: &Seen<Stun>) -> Finding {
    let subject = Subject::Stun;
    match seen {
        Seen::Unknown => subject.so_so(UNKNOWN, "see to the signaling server first"),
        Seen::None => subject.so_so(
            "the server hands none out: peers find each other on one network, or where one of them \
             has an address of its own",
            "for others, have a signaling-server with --stun stun:HOST:PORT, and name it with --server",
        ),
        Seen::Answers(Stun { asked }) => {
            let learns = "this machine learns the address that others see it at";
            let Some((host, series)) = asked else { return subject.good(learns) };
            judge_loss(subject, format!("{learns}: {}", answers(host, series)), series)
        }
        Seen::Silent => subject.bad(
            silent(),
            "UDP may be blocked on the way, or the STUN server is down: who runs the server can say",
        ),
    }
}

fn silent() -> String {
    format!("no answer in {} s from what the server hands out", PATIENCE.as_secs())
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

fn judge_turn(seen: &Seen<Turn>) -> Finding {
    let subject = Subject::Turn;
    let stands = "a relay stands ready where there is no direct way";
    match seen {
        Seen::Unknown => subject.so_so(UNKNOWN, "see to the signaling server first"),
        Seen::None => subject.so_so(
            "the server hands none out: peers who cannot reach each other directly, as behind strict \
             firewalls, send through the signaling server, slowly and only where it lets them",
            "who runs the server can have it hand one out",
        ),
        Seen::Answers(Turn::Some) => subject.good(stands),
        Seen::Answers(Turn::This(Relay { at, passed: None })) => {
            subject.good(format!("{stands}: {at}"))
        }
        Seen::Answers(Turn::This(Relay { at, passed: Some(series) })) => match passes(series) {
            Some(passes) => judge_loss(subject, format!("{stands}: {at}, {passes}"), series),
            // It may be reached by those who need none themselves.
            None => subject.so_so(
                format!(
                    "{at} gives addresses to be reached at, but of {} packets from one to another none \
                     came",
                    series.sent()
                ),
                "peers who both need it may not reach each other: a firewall, or a NAT, in front of it \
                 may be in the way, which who runs it can see to",
            ),
        },
        Seen::Silent => subject.bad(
            format!("no relay in {} s from what the server hands out", PATIENCE.as_secs()),
            "UDP may be blocked on the way, the TURN server is down, or this machine's clock is off: \
             its password ends at a time",
        ),
    }
}

/// How a relay passes on what is sent: `12 ms there and back, 1 of 10 lost`; nothing if it does not.
fn passes(series: &Series) -> Option<String> {
    let round_trip = format::round_trip(series.round_trip()?);
    let lost = match series.lost() {
        0 => String::new(),
        lost => format!(", {lost} of {} lost", series.sent()),
    };
    Some(format!("{round_trip} there and back{lost}"))
}

/// Good, unless much is lost.
fn judge_loss(subject: Subject, text: String, series: &Series) -> Finding {
    if series.lost() > LOST_MAX {
        let advice = "packets are lost on the way: a cable, or another network, may be better";
        subject.so_so(text, advice)
    } else {
        subject.good(text)
    }
}

const UNKNOWN: &str = "not known: the signaling server, which hands them out, is not reached";
/// For a connection to gather, and for relays to give addresses.
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

    fn asked(series: Series) -> Seen<Stun> {
        Seen::Answers(Stun { asked: Some((host("stun.example.org:3478"), series)) })
    }

    fn relay(passed: Option<Series>) -> Seen<Turn> {
        Seen::Answers(Turn::This(Relay { at: host("turn.example.org:3478"), passed }))
    }

    #[test]
    fn how_far_a_server_is_and_how_often_it_is_silent_is_told() {
        for (silent, verdict, told) in [
            (0, Verdict::Good, "stun.example.org:3478 answers in 12 ms"),
            (1, Verdict::Good, "stun.example.org:3478 answers in 12 ms, 1 of 10 times not at all"),
            (4, Verdict::SoSo, "stun.example.org:3478 answers in 12 ms, 4 of 10 times not at all"),
            (10, Verdict::SoSo, "stun.example.org:3478 gave no answer to 10 more"),
        ] {
            let found = judge_stun(&asked(Series::of(10 - silent, silent)));
            assert_eq!(found.verdict, verdict);
            let learns = "this machine learns the address that others see it at";
            assert_eq!(found.text, format!("{learns}: {told}"));
        }
    }

    #[test]
    fn of_several_servers_the_first_that_answers_is_told() {
        let of = |name, back| (host(name), Series::of(back, 10 - back));
        let all = [of("a", 0), of("b", 3), of("c", 10)];
        let told = |all: &[_]| first(all.to_vec()).map(|(host, _)| host.to_string());
        assert_eq!(told(&all).as_deref(), Some("b"));
        assert_eq!(told(&all[..1]).as_deref(), Some("a"));
        assert_eq!(told(&[]), None);
    }

    #[test]
    fn the_relay_is_named_where_it_is_known_which_it_is_and_so_is_what_it_is_like() {
        let ready = "a relay stands ready where there is no direct way";
        assert_eq!(judge_turn(&Seen::Answers(Turn::Some)), Subject::Turn.good(ready));
        let named = format!("{ready}: turn.example.org:3478");
        assert_eq!(judge_turn(&relay(None)), Subject::Turn.good(&named));
        for (lost, verdict, told) in [
            (0, Verdict::Good, "12 ms there and back"),
            (1, Verdict::Good, "12 ms there and back, 1 of 10 lost"),
            (2, Verdict::SoSo, "12 ms there and back, 2 of 10 lost"),
        ] {
            let found = judge_turn(&relay(Some(Series::of(10 - lost, lost))));
            assert_eq!((found.verdict, found.text), (verdict, format!("{named}, {told}")));
        }
    }

    #[test]
    fn a_relay_that_passes_nothing_on_may_be_of_no_use() {
        let found = judge_turn(&relay(Some(Series::of(0, 10))));
        assert_eq!(found.verdict, Verdict::SoSo);
        let told = "turn.example.org:3478 gives addresses to be reached at, but of 10 packets from one \
                    to another none came";
        assert_eq!(found.text, told);
    }

    #[test]
    fn what_is_handed_out_has_to_work() {
        let learns = judge_stun(&Seen::Answers(Stun { asked: None }));
        assert_eq!(learns.verdict, Verdict::Good);
        let silent = [judge_stun(&Seen::Silent), judge_turn(&Seen::Silent)];
        assert_eq!(silent.map(|found| found.verdict), [Verdict::Bad; 2]);
    }

    #[test]
    fn a_silent_stun_server_is_no_fault_where_the_relay_says_what_it_would() {
        let verdicts = |turn| judge(&Seen::Silent, &turn).map(|found| found.verdict);
        assert_eq!(verdicts(relay(None)), [Verdict::SoSo, Verdict::Good]);
        assert_eq!(verdicts(Seen::Silent), [Verdict::Bad; 2]);
        assert_eq!(verdicts(Seen::None), [Verdict::Bad, Verdict::SoSo]);
    }

    #[test]
    fn what_is_not_handed_out_is_no_fault_and_its_meaning_is_said() {
        let none = [judge_stun(&Seen::None), judge_turn(&Seen::None)];
        assert_eq!(none.map(|found| found.verdict), [Verdict::SoSo; 2]);
        let unknown = [judge_stun(&Seen::Unknown), judge_turn(&Seen::Unknown)];
        assert_eq!(unknown.map(|found| found.text), [UNKNOWN; 2]);
    }

    #[test]
    fn servers_are_looked_at_by_what_they_are_for() {
        let urls = ["stun:a.example", "turn:b.example", "turns:c.example"];
        let server =
            IceServer { urls: urls.map(str::to_owned).into(), username: None, credential: None };
        let of = |scheme| {
            let hosts = hosts(&only(std::slice::from_ref(&server), scheme));
            hosts.iter().map(Host::to_string).collect::<Vec<_>>()
        };
        assert_eq!(of("stun"), ["a.example:3478"]);
        assert_eq!(of("turn"), ["b.example:3478", "c.example:5349"]);
        assert!(only(std::slice::from_ref(&server), "http").is_empty());
    }

    #[tokio::test]
    async fn none_handed_out_asks_nobody() {
        let none = check(Some(&[])).await;
        assert_eq!(none, [judge_stun(&Seen::None), judge_turn(&Seen::None)]);
    }
}
