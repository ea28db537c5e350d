//! The signaling server: the configured one, or the one that this program would carry.

use super::finding::{Finding, Subject};
use crate::config::Config;
use crate::io::carried::{Carried, Listen, NotCarried, Serving};
use crate::io::signaling::{Answer, Unanswered, call};
use crate::link::ServerUrl;
use signaling_server::protocol::{Refusal, RoomId, VERSION};
use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

/// What was found.
#[derive(Debug)]
pub(super) struct Seen {
    place: Place,
    answer: Result<Answer, Unanswered>,
}

#[derive(Debug)]
enum Place {
    /// The one that is configured.
    Configured(String),
    /// One that was carried for this; where others would reach it.
    Carried {
        /// As their link says it.
        at: String,
        /// Whether this machine alone reaches it.
        is_alone: bool,
    },
    /// One that could not be, for want of a certificate.
    Unsecured,
    /// One that could not be; where, if that was said.
    Nowhere(Option<SocketAddr>),
}

impl Seen {
    /// What it said, if it said anything.
    pub fn answer(&self) -> Option<&Answer> {
        self.answer.as_ref().ok()
    }

    /// What its clock says, unless that is this machine's own.
    pub fn date(&self) -> Option<&str> {
        let answer = self.answer().filter(|_| matches!(self.place, Place::Configured(_)));
        answer?.date.as_deref()
    }
}

pub(super) async fn look(config: &Config) -> Seen {
    if let Some(server) = &config.server {
        let answer = call(server, empty_room(), PATIENCE).await;
        return Seen { place: Place::Configured(server.to_string()), answer };
    }
    let listen = config.listen.map_or(Listen::Anywhere, Listen::At);
    let (allow_origins, certificate) = (Vec::new(), config.certificate.clone());
    let serving = Serving { listen, allow_origins, certificate };
    let carried = match Carried::start(serving).await {
        Ok(carried) => carried,
        Err(error) => {
            let place = match &error {
                NotCarried::Listen(_) => Place::Nowhere(config.listen),
                NotCarried::Certificate(_) => Place::Unsecured,
            };
            return Seen { place, answer: Err(Unanswered::Unreached(whole(&error))) };
        }
    };
    let local = ServerUrl::at(&carried.local_address().to_string(), carried.pin);
    let local = local.expect("an address is a host and a port");
    let answer = call(&local, empty_room(), PATIENCE).await;
    let addresses = carried.public_addresses();
    let is_alone = addresses.iter().all(|it| it.ip().is_loopback());
    let place = if let Some(url) = &config.public_url {
        Place::Carried { at: url.to_string(), is_alone: false }
    } else {
        let all: Vec<_> = addresses.iter().map(ToString::to_string).collect();
        let https = if carried.pin.is_some() { ", over https" } else { "" };
        Place::Carried { at: format!("{}{https}", all.join(", or ")), is_alone }
    };
    carried.close().await;
    Seen { place, answer }
}

pub(super) fn judge(seen: &Seen) -> Finding {
    let subject = Subject::Server;
    let where_to = match &seen.place {
        Place::Configured(server) => server.clone(),
        Place::Carried { at, .. } => {
            format!("none is configured: this program carries one, at {at}")
        }
        Place::Unsecured => {
            let why = seen.answer.as_ref().err().map(sentence).unwrap_or_default();
            let text = format!("none is configured, and none can speak https here: {why}");
            return subject.bad(text, "see to --tls-cert and --tls-key, or leave them out");
        }
        Place::Nowhere(address) => {
            let why = seen.answer.as_ref().err().map(sentence).unwrap_or_default();
            let at = address.map(|address| format!(" on {address}")).unwrap_or_default();
            let text = format!("none is configured, and none can listen here{at}: {why}");
            return subject
                .bad(text, "choose another place with --listen, or a server with --server");
        }
    };
    let answer = match &seen.answer {
        Ok(answer) => answer,
        Err(why) if matches!(seen.place, Place::Carried { .. }) => {
            let text = format!("{where_to}, and does not reach it itself: {}", sentence(why));
            return subject.bad(text, "a firewall, or a sandbox, keeps connections back");
        }
        Err(why) => {
            let text = format!("{where_to}: {}", sentence(why));
            return subject.bad(text, advice(why));
        }
    };
    let took = answer.took.as_millis();
    let text = match &seen.place {
        Place::Configured(_) => {
            format!("{where_to} answers in {took} ms, in version {}", answer.version)
        }
        _ => where_to,
    };
    if answer.version != VERSION {
        let advice =
            format!("this program speaks version {VERSION}: bring the older one up to date");
        return subject.bad(text, advice);
    }
    match &seen.place {
        Place::Carried { is_alone: true, .. } => subject.so_so(
            format!("{text}, which this machine alone reaches"),
            "connect it to a network, without --listen, or name a server for all, with --server",
        ),
        _ => subject.good(text),
    }
}

/// An error with its causes.
fn whole(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

fn sentence(why: &Unanswered) -> String {
    match why {
        Unanswered::Unreached(why) => why.clone(),
        Unanswered::Refused(reason) => match reason {
            Refusal::ServerFull => "it holds as many rooms as it will".to_owned(),
            Refusal::Version => format!("it does not speak version {VERSION}"),
            _ => "it lets nobody in".to_owned(),
        },
        Unanswered::Foreign => "what answers there is no signaling server".to_owned(),
    }
}

fn advice(why: &Unanswered) -> &'static str {
    match why {
        Unanswered::Unreached(_) => {
            "see that it runs and that its address and port are right; without --server this \
             program carries its own"
        }
        Unanswered::Refused(Refusal::Version) => "bring the older one of the two up to date",
        Unanswered::Refused(_) => "try again later, or another server",
        Unanswered::Foreign => "correct its address: --server, or server in the config file",
    }
}

/// A room that nobody else is in.
fn empty_room() -> RoomId {
    let mut bytes = [0; 16];
    // Without random numbers it is a room all the same.
    let _ = getrandom::fill(&mut bytes);
    let id = format!("doctor-{}", hex::encode(bytes));
    id.try_into().expect("it is of letters and digits, and short")
}

/// For all that it has to say.
const PATIENCE: Duration = Duration::from_millis(2_500);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Verdict;

    fn configured(answer: Result<Answer, Unanswered>) -> Finding {
        judge(&Seen { place: Place::Configured("https://a.example/".into()), answer })
    }

    fn carried(address: &str, is_alone: bool) -> Finding {
        let place = Place::Carried { at: address.to_owned(), is_alone };
        judge(&Seen { place, answer: Ok(answer(VERSION)) })
    }

    fn answer(version: u32) -> Answer {
        Answer { version, ice_servers: Vec::new(), took: Duration::from_millis(12), date: None }
    }

    #[test]
    fn a_server_that_answers_is_good_with_how_long_it_took() {
        let found = configured(Ok(answer(VERSION)));
        let text = format!("https://a.example/ answers in 12 ms, in version {VERSION}");
        assert_eq!(found, Subject::Server.good(text));
        assert_eq!(configured(Ok(answer(VERSION + 1))).verdict, Verdict::Bad);
    }

    #[test]
    fn one_that_does_not_is_bad_with_why_and_a_way_out() {
        for (why, text) in [
            (Unanswered::Unreached("no server answers there".into()), "no server answers there"),
            (Unanswered::Foreign, "what answers there is no signaling server"),
            (Unanswered::Refused(Refusal::ServerFull), "it holds as many rooms as it will"),
        ] {
            let found = configured(Err(why));
            assert_eq!(found.verdict, Verdict::Bad);
            assert_eq!(found.text, format!("https://a.example/: {text}"));
            assert!(found.advice.is_some());
        }
    }

    #[test]
    fn a_carried_one_is_as_good_as_its_address() {
        assert_eq!(carried("192.0.2.7:8765", false).verdict, Verdict::Good);
        assert_eq!(carried("127.0.0.1:8765", true).verdict, Verdict::SoSo);
        let place = Place::Carried { at: "127.0.0.1:8765".into(), is_alone: true };
        let answer = Err(Unanswered::Unreached("unreachable".into()));
        let found = judge(&Seen { place, answer });
        assert!(found.text.ends_with("does not reach it itself: unreachable"), "{found:?}");
        let answer = Err(Unanswered::Unreached("in use".into()));
        let found = judge(&Seen { place: Place::Nowhere(None), answer });
        assert_eq!(found.verdict, Verdict::Bad);
        assert_eq!(found.text, "none is configured, and none can listen here: in use");
    }
}
