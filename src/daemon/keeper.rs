//! The daemon's loop: what happens in the room, what clients ask, and the terminal that is attached.
//!
//! It differs from that of a person at a terminal in that the terminal may come and go. While none
//! is attached the camera is closed, and nothing is waited for but the room and requests.

use super::clients::{ClientId, Clients};
use super::place::{self, Claim};
use super::request::Request;
use super::server::{Said, Server};
use super::start::Voice;
use crate::app::{Action, Attendance, Event, Seat};
use crate::config::Config;
use crate::io::display;
use crate::json;
use crate::report::{Code, Report, TerminalState};
use crate::run::{Ends, Face, Sign, Turn};
use crate::shell::{Plan, Shell};
use crate::terminal::Tty;
use crate::terminal::capabilities::{Environment, Wishes};
use anyhow::Context;
use rustix::termios::isatty;
use std::collections::BTreeMap;
use std::future::pending;
use std::os::fd::OwnedFd;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Keeps a room open until it is told to end, or the system ends it.
pub async fn keep(plan: Plan, config: Config, voice: Voice) -> anyhow::Result<()> {
    let mut ends = Ends::new()?;
    let (claims, listeners): (Vec<_>, Vec<_>) = place::claim()?.into_iter().unzip();
    let entrance = plan.prepare(&config).await?;
    let mut shell = Shell::without_camera(entrance, &config, Attendance::Person)?;
    shell.listen();
    shell.apply(Event::Seat(Seat::Empty));
    tracing::info!("the room is kept open");
    let keeper = Keeper {
        shell,
        config,
        voice,
        since: json::now(),
        clients: Clients::default(),
        attached: None,
        leaving: JoinSet::new(),
    };
    let outcome = keeper.run(Server::start(listeners), &claims, &mut ends).await;
    // The locks go with the process, so that who waits for them waits for its end.
    std::mem::forget(claims);
    outcome
}

struct Keeper {
    shell: Shell,
    config: Config,
    voice: Voice,
    since: String,
    clients: Clients,
    attached: Option<Attached>,
    /// Terminals that are being given back, which takes as long as they do.
    leaving: JoinSet<(ClientId, TerminalState)>,
}

/// The terminal that shows the room.
struct Attached {
    client: ClientId,
    face: Face,
    look: Look,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    /// It is drawn on, and read.
    On,
    /// It is being given back for a while.
    Leaving,
    /// The shell has it.
    Away,
}

impl Keeper {
    async fn run(
        mut self,
        mut server: Server,
        claims: &[Claim],
        ends: &mut Ends,
    ) -> anyhow::Result<()> {
        let outcome = self.work(&mut server, ends).await;
        claims.iter().for_each(Claim::hide);
        self.let_go(TerminalState::Ended);
        self.tell();
        let bye = Report::Bye { status: 0, code: None };
        self.clients.tell_all(&bye);
        let given_back = async {
            while let Some(left) = self.leaving.join_next().await {
                self.given_back(left.ok());
            }
        };
        if timeout(LEAVE_TIMEOUT, given_back).await.is_err() {
            tracing::warn!("a terminal does not take what would give it back");
        }
        let Self { shell, clients, voice, .. } = self;
        drop(clients);
        voice.finish();
        server.close().await;
        shell.close().await;
        tracing::info!("the room is closed");
        outcome
    }

    async fn work(&mut self, server: &mut Server, ends: &mut Ends) -> anyhow::Result<()> {
        while !self.shell.app.quitting {
            self.tell();
            self.voice.check()?;
            self.draw();
            let Self { shell, attached, leaving, .. } = self;
            tokio::select! {
                sign = sign(attached) => self.handle_sign(sign),
                Some((client, said)) = server.said.recv() => self.handle(client, said),
                event = shell.next() => shell.handle(event),
                Some(left) = leaving.join_next() => self.given_back(left.ok()),
                () = ends.next() => {
                    tracing::info!("ended by the system");
                    shell.act(Action::Quit);
                }
            }
            if self.shell.app.seat == Seat::Leaving {
                self.let_go(TerminalState::Detached);
            }
        }
        Ok(())
    }

    /// Tells what has happened to whoever listens.
    fn tell(&mut self) {
        while let Some(report) = self.shell.next_report() {
            self.clients.tell_all(&report);
            let daemon = self.daemon();
            self.voice.hear(report, daemon);
        }
    }

    fn draw(&mut self) {
        let Some(attached) = self.attached.as_mut().filter(|it| it.look == Look::On) else {
            return;
        };
        let drawn = attached.face.draw(&self.shell);
        self.turn(drawn);
    }

    fn handle_sign(&mut self, sign: Sign) {
        if let Some(attached) = &mut self.attached {
            let turn = attached.face.handle(&mut self.shell, sign);
            self.turn(turn);
        }
    }

    /// Does what is to become of the terminal. One that fails is gone; the room is not.
    fn turn(&mut self, turn: anyhow::Result<Turn>) {
        match turn {
            Ok(Turn::On) => {}
            Ok(Turn::Suspend) => {
                if let Some(Attached { client, .. }) = self.attached {
                    let state = TerminalState::Suspend;
                    self.clients.tell(client, Report::Terminal { state });
                }
            }
            Ok(Turn::Gone) => {
                tracing::info!("the terminal is gone");
                self.let_go(TerminalState::Detached);
            }
            Err(error) => {
                tracing::warn!(error = format!("{error:#}"), "the terminal fails");
                self.let_go(TerminalState::Detached);
            }
        }
    }

    fn handle(&mut self, client: ClientId, said: Said) {
        match said {
            Said::Came(outbox) => self.clients.add(client, outbox),
            Said::Asked(request, beside) => self.obey(client, request, beside),
            Said::Gone => {
                self.clients.end(client);
                if self.is_attached(client) {
                    tracing::info!("who attached the terminal is gone");
                    self.let_go(TerminalState::Detached);
                }
            }
        }
    }

    fn obey(&mut self, client: ClientId, request: Request, beside: Vec<OwnedFd>) {
        match request {
            Request::Hello { .. } => {
                let room = self.shell.app.present().into_iter().next();
                for report in [self.daemon()].into_iter().chain(room) {
                    self.clients.tell(client, report);
                }
            }
            Request::Watch => {
                self.present(client);
                self.clients.watch(client);
            }
            Request::Status => {
                self.present(client);
                self.clients.end(client);
            }
            Request::Attach { environment, wishes } => {
                if let Err(error) = self.attach(client, &environment, wishes, beside) {
                    tracing::warn!(error = format!("{error:#}"), "no terminal is attached");
                    let text = format!("{error:#}");
                    self.clients.tell(client, Report::error(Code::Failed, text));
                    self.clients.end(client);
                }
            }
            Request::Resized | Request::Suspend | Request::Continued | Request::Detach => {
                self.window(client, &request);
            }
            Request::Stop => self.shell.act(Action::Quit),
            order => match order.order() {
                Ok(Some(order)) => self.shell.apply(Event::Order(order)),
                Ok(None) => {}
                Err(error) => {
                    let report = Report::error(Code::Usage, error.to_string());
                    self.clients.tell(client, report);
                    self.clients.end(client);
                }
            },
        }
    }

    /// What becomes of the window that a client's terminal is.
    fn window(&mut self, client: ClientId, request: &Request) {
        let Some(attached) = self.attached.as_mut().filter(|it| it.client == client) else {
            // It is being taken from it: of that it hears.
            return;
        };
        match (request, attached.look) {
            (Request::Resized, Look::On) => attached.face.terminal.forget(),
            (Request::Suspend, Look::On) => {
                attached.look = Look::Leaving;
                let leave = attached.face.terminal.leaving();
                self.leaving.spawn_blocking(move || {
                    leave();
                    (client, TerminalState::Left)
                });
            }
            (Request::Continued, Look::On | Look::Away) => {
                attached.look = Look::On;
                let entered = attached.face.terminal.enter_again();
                self.turn(entered.map(|()| Turn::On));
            }
            (Request::Detach, _) => self.let_go(TerminalState::Detached),
            _ => {}
        }
    }

    /// Shows the room in a terminal, in place of the one that does.
    fn attach(
        &mut self,
        client: ClientId,
        environment: &BTreeMap<String, String>,
        said: Wishes,
        beside: Vec<OwnedFd>,
    ) -> anyhow::Result<()> {
        anyhow::ensure!(!self.is_attached(client), "a terminal is attached already");
        let terminal = <[OwnedFd; 2]>::try_from(beside).ok();
        let terminal = terminal.filter(|both| both.iter().all(isatty));
        let [input, output] = terminal.context("no terminal came with the request")?;
        let environment = Environment::read(|name| environment.get(name).cloned());
        let (config, kind) = (&self.config, environment.kind());
        let wishes = display::remember(config.state.as_deref(), &kind, said);
        let wishes = wishes.or(config.wishes).or(config.usual_wishes);
        if self.attached.is_none() {
            self.shell.io.open_camera().context("opening the camera")?;
        }
        let face = Face::enter(Tty::of(input, output), &environment, wishes, &self.shell);
        let face = face.inspect_err(|_| self.vacate())?;
        self.let_go(TerminalState::TakenOver);
        self.attached = Some(Attached { client, face, look: Look::On });
        self.shell.apply(Event::Seat(Seat::Attached));
        self.clients.tell(client, Report::Terminal { state: TerminalState::Attached });
        tracing::info!("a terminal is attached");
        Ok(())
    }

    /// Gives the terminal back, beside the loop: over a line that hangs it takes its time.
    fn let_go(&mut self, state: TerminalState) {
        if let Some(Attached { client, face, .. }) = self.attached.take() {
            self.leaving.spawn_blocking(move || {
                drop(face);
                (client, state)
            });
        }
        if state != TerminalState::TakenOver {
            self.vacate();
        }
    }

    /// Nobody looks any more, if nobody does: what is for eyes alone ends.
    fn vacate(&mut self) {
        if self.attached.is_none() {
            self.shell.io.close_camera();
            self.shell.apply(Event::Seat(Seat::Empty));
        }
    }

    /// A terminal is given back; who attached it hears why, unless its thread has failed.
    fn given_back(&mut self, left: Option<(ClientId, TerminalState)>) {
        let Some((client, state)) = left else { return };
        match self.attached.as_mut().filter(|it| it.client == client) {
            Some(attached) if state == TerminalState::Left => attached.look = Look::Away,
            _ => {}
        }
        self.clients.tell(client, Report::Terminal { state });
        if state != TerminalState::Left {
            self.clients.end(client);
        }
    }

    fn present(&mut self, client: ClientId) {
        for report in [self.daemon()].into_iter().chain(self.shell.app.present()) {
            self.clients.tell(client, report);
        }
    }

    fn is_attached(&self, client: ClientId) -> bool {
        self.attached.as_ref().is_some_and(|attached| attached.client == client)
    }

    fn daemon(&self) -> Report {
        Report::Daemon {
            pid: std::process::id(),
            since: self.since.clone(),
            attached: self.attached.is_some(),
            save: self.shell.app.settings.folder.clone(),
        }
    }
}

/// What comes next of the terminal, if one is drawn on. Cancel-safe.
async fn sign(attached: &mut Option<Attached>) -> Sign {
    match attached {
        Some(Attached { face, look: Look::On, .. }) => face.next().await,
        _ => pending().await,
    }
}

/// Longer than giving a terminal back takes, but for one that hangs and can only be waited for.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(5);
