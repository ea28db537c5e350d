//! `peersnap demo`: a second peer inside the program, over real signaling and real WebRTC.
//!
//! It joins the room, sends a photo of the test card, and answers each photo of ours with another:
//! a newcomer sees the whole loop in one terminal. Without a terminal the program takes the
//! person's part too, tells each step in a line, and is done when photos went both ways.

use crate::app::camera::{CameraSpec, CameraStatus};
use crate::app::{Action, Event, PeerEvent, Shot};
use crate::config::Config;
use crate::json::{self, Reader};
use crate::shell::{Entrance, Shell, Wanted};
use crate::text::SafeText;
use crate::transfer::{Direction, End};
use crate::{plain, run, terminal};
use anyhow::Context;
use std::io::{Write, stdout};
use std::time::{Duration, Instant};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// Runs the demo: in the TUI if there is a terminal, else step by step. Programs are told the
/// reports of the person's part.
pub async fn demo(config: Config, reader: Reader) -> anyhow::Result<()> {
    // Both peers are here; nobody is to find the room.
    let config = Config { no_lan: true, ..config };
    let entrance = Entrance::find(Wanted::New, &config).await?;
    let other = entrance.beside()?;
    let folder = tempfile::tempdir().context("making a folder for the second peer")?;
    let other_config = Config {
        name: SafeText::new("Demo"),
        camera: CameraSpec::Test,
        save: folder.path().to_owned(),
        state: None,
        ..config.clone()
    };
    let end = CancellationToken::new();
    let robot = tokio::spawn(robot(Shell::start(other, &other_config)?, end.clone()));
    let outcome = if reader == Reader::Program {
        tell(entrance, &config, reader).await
    } else if config.plain {
        plain::run(Shell::start(entrance, &config)?).await
    } else if terminal::is_there() {
        run::run(Shell::start(entrance, &config)?, &config).await
    } else {
        tell(entrance, &config, reader).await
    };
    end.cancel();
    robot.await.context("ending the second peer")?;
    outcome
}

/// The second peer: greets with a photo, and answers each that it gets.
async fn robot(mut shell: Shell, end: CancellationToken) {
    let mut due = 0;
    loop {
        let event = tokio::select! {
            () = end.cancelled() => break,
            event = shell.next() => event,
            () = sleep(ROBOT_PAUSE), if due > 0 => {
                if can_snap(&shell) {
                    due -= 1;
                    shell.act(Action::SnapAndSend);
                }
                continue;
            }
        };
        if let Event::Peer { event, .. } = &event {
            match event {
                PeerEvent::Open(_) => due += 1,
                PeerEvent::Ended { direction: Direction::Incoming, end: End::Done(_), .. } => {
                    due += 1;
                }
                _ => {}
            }
        }
        shell.apply(event);
    }
    shell.close().await;
}

fn can_snap(shell: &Shell) -> bool {
    matches!(shell.app.camera, CameraStatus::Live { .. })
        && matches!(shell.app.shot, Shot::None)
        && shell.app.room.receivers().next().is_some()
        && shell.io.camera.snap().is_some()
}

/// The demo without a terminal: a line a step, until photos went both ways.
async fn tell(entrance: Entrance, config: &Config, reader: Reader) -> anyhow::Result<()> {
    let mut shell = Shell::start(entrance, config)?;
    if reader == Reader::Program {
        shell.listen();
    }
    let begun = Instant::now();
    let (sent, delivered, received) = (None, false, false);
    let mut teller = Teller { shell, reader, begun, sent, delivered, received };
    let outcome = timeout(TELL_TIMEOUT, teller.run()).await;
    let Teller { shell, delivered, received, .. } = teller;
    shell.close().await;
    match outcome {
        Ok(told) => told,
        Err(_) => anyhow::bail!(
            "the demo did not finish in {} s: photo delivered: {delivered}, photo received: {received}",
            TELL_TIMEOUT.as_secs()
        ),
    }
}

struct Teller {
    shell: Shell,
    reader: Reader,
    begun: Instant,
    sent: Option<Instant>,
    delivered: bool,
    received: bool,
}

impl Teller {
    async fn run(&mut self) -> anyhow::Result<()> {
        let link = self.shell.app.room.link();
        self.say("room", &link.map(|link| link.to_string()).unwrap_or_default())?;
        while !(self.delivered && self.received) {
            self.report()?;
            let event = tokio::select! {
                event = self.shell.next() => event,
                () = sleep(ROBOT_PAUSE), if self.sent.is_none() => {
                    if can_snap(&self.shell) {
                        self.sent = Some(Instant::now());
                        self.shell.act(Action::SnapAndSend);
                    }
                    continue;
                }
            };
            if let Event::Peer { event, .. } = &event {
                self.tell(event)?;
            }
            self.shell.apply(event);
        }
        self.report()?;
        self.say("done", &format!("photos went both ways in {}", ms(self.begun)))
    }

    fn tell(&mut self, event: &PeerEvent) -> anyhow::Result<()> {
        match event {
            PeerEvent::Proven(remote) => {
                let (name, fingerprint) = (&remote.name, remote.key.fingerprint());
                self.say(
                    "proven",
                    &format!("{name} knows the words; its fingerprint is {fingerprint}"),
                )
            }
            PeerEvent::Open(_) => self.say("connected", &format!("after {}", ms(self.begun))),
            PeerEvent::Route(route) => {
                let kind = route.kind.text(&route.via, "it");
                let trip = route.round_trip.map(|trip| format!(", round trip {trip:.1?}"));
                self.say("route", &format!("{kind}{}", trip.unwrap_or_default()))
            }
            PeerEvent::Proposed { proposal, .. } => self
                .say("proposed", &format!("{} of {} bytes, to us", proposal.name, proposal.size)),
            PeerEvent::Accepted { .. } => {
                self.say("accepted", "our photo; chunks of 64,000 bytes go out")
            }
            PeerEvent::Progress { direction, offset, .. } => {
                let way = match direction {
                    Direction::Outgoing => "out",
                    Direction::Incoming => "in",
                };
                self.say("chunks", &format!("{offset} bytes {way}"))
            }
            PeerEvent::Ended { direction: Direction::Outgoing, end: End::Done(digest), .. } => {
                self.delivered = true;
                let took = self.sent.map(ms).unwrap_or_default();
                self.say("receipt", &format!("on their disk, whole, after {took}; digest {digest}"))
            }
            PeerEvent::Ended {
                direction: Direction::Incoming,
                end: End::Done(digest),
                path,
                ..
            } => {
                self.received = true;
                let path = path.as_deref().map(|path| path.display().to_string());
                self.say("received", &format!("{}; digest {digest}", path.unwrap_or_default()))
            }
            PeerEvent::Ended { end, .. } => anyhow::bail!("a transfer ended early: {end:?}"),
            PeerEvent::Unopened(error) => anyhow::bail!("{error}"),
            PeerEvent::Closed(why) => anyhow::bail!("the connection was lost: {why:?}"),
            PeerEvent::Signal(_)
            | PeerEvent::Offered { .. }
            | PeerEvent::Unread(_)
            | PeerEvent::Paused { .. }
            | PeerEvent::Continued { .. }
            | PeerEvent::Resumed { .. }
            | PeerEvent::Unreachable
            | PeerEvent::Reachable => Ok(()),
        }
    }

    /// Tells a person a step.
    fn say(&self, step: &str, text: &str) -> anyhow::Result<()> {
        match self.reader {
            Reader::Program => Ok(()),
            Reader::Person => {
                writeln!(stdout().lock(), "{step:<10} {text}").context("writing a step")
            }
        }
    }

    /// Tells programs what has happened.
    fn report(&mut self) -> anyhow::Result<()> {
        while let Some(report) = self.shell.next_report() {
            json::print(report).context("writing a report")?;
        }
        Ok(())
    }
}

fn ms(since: Instant) -> String {
    format!("{} ms", since.elapsed().as_millis())
}

/// How long the second peer looks at what it got, and how often it looks for a frame.
const ROBOT_PAUSE: Duration = Duration::from_millis(300);
const TELL_TIMEOUT: Duration = Duration::from_secs(30);
