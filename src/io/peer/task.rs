//! What the task of one remote peer does, one after another: greet, connect, drive, and again.

use super::connection::{Connection, Notice};
use super::drive::{Drive, Outcome};
use super::sealed::{Heard, Sealed};
use super::{Command, Setup, Standing};
use crate::app::event::{Closed, PeerEvent};
use crate::io::storage::Storage;
use crate::negotiation::{Attempt, Body, Meaning, Negotiation, Role, Signal};
use crate::text::kind;
use signaling_server::protocol::Payload;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use webrtc::peer_connection::RTCPeerConnectionState;

/// The task, and what it is fed by.
pub struct Task {
    setup: Setup,
    inbox: mpsc::Receiver<Command>,
    sealed: Sealed,
}

/// How one connection ended, and what is next.
enum Next {
    /// Make another, as the side that offers.
    Again,
    /// The same at once: the remote peer has begun anew.
    AtOnce,
    /// The remote peer offers another.
    Answer(Signal),
    /// The task is over.
    Over,
}

impl Task {
    #[tracing::instrument(name = "peer", skip_all, fields(peer = %setup.remote))]
    pub async fn run(setup: Setup, inbox: mpsc::Receiver<Command>) {
        match Sealed::new(setup.member.clone(), setup.local, setup.remote) {
            Ok(sealed) => Self { setup, inbox, sealed }.reach().await,
            Err(error) => tracing::error!(%error, "no seal can be made"),
        }
    }

    /// Makes one connection after another, until the task is ended.
    async fn reach(mut self) {
        if !self.greet().await {
            return;
        }
        let mut offers = self.setup.role == Role::Offerer;
        let mut offer = None;
        let mut pause = RETRY_FIRST;
        loop {
            let mut negotiation = if offers {
                let attempt = Attempt(getrandom::u32().unwrap_or_default());
                Negotiation::offer(attempt, self.setup.local, self.setup.remote)
            } else {
                Negotiation::answer()
            };
            let begun = Instant::now();
            let next = self.connect(&mut negotiation, offer.take()).await;
            let took = begun.elapsed();
            if took > RETRY_MAX {
                pause = RETRY_FIRST;
            }
            let rest = match next {
                Next::Over => return,
                Next::Answer(signal) => {
                    offer = Some(signal);
                    None
                }
                // Not again and again without a pause, if whoever has begun anew goes on so.
                Next::AtOnce => Some(pause.saturating_sub(took)),
                Next::Again => Some(pause),
            };
            if let Some(rest) = rest {
                match self.rest(negotiation.role(), rest).await {
                    Some(rested) => offer = rested,
                    None => return,
                }
            }
            offers = negotiation.role() == Role::Offerer && offer.is_none();
            pause = (pause * 2).min(RETRY_MAX);
        }
    }

    /// Says hello until one comes back; false if the task is ended.
    async fn greet(&mut self) -> bool {
        let mut pause = HELLO_FIRST;
        loop {
            self.setup.send(&mut self.sealed).await;
            let deadline = tokio::time::Instant::now() + pause;
            loop {
                tokio::select! {
                    () = self.setup.cancel.cancelled() => return false,
                    () = tokio::time::sleep_until(deadline) => break,
                    command = self.inbox.recv() => match command {
                        Some(Command::Signal(payload)) => match self.hear(&payload).await {
                            Heard::Greeted | Heard::Proven(_) | Heard::Anew(_) => return true,
                            Heard::Nothing
                            | Heard::Signal(_)
                            | Heard::Renewed
                            | Heard::Unopened(_) => {}
                        },
                        Some(_) => tracing::debug!("not connected yet"),
                        None => return false,
                    },
                }
            }
            // What was said may have been lost on its way.
            self.renew();
            pause = (pause * 2).min(HELLO_MAX);
        }
    }

    /// Begins the seal anew.
    fn renew(&mut self) {
        if let Err(error) = self.sealed.renew() {
            tracing::error!(%error, "no seal can be made");
        }
    }

    /// Between two connections: waits for the remote peer's offer, or, as the side that offers,
    /// for the pause to end. `None` ends the task.
    async fn rest(&mut self, role: Role, pause: Duration) -> Option<Option<Signal>> {
        let deadline = tokio::time::Instant::now() + pause;
        loop {
            tokio::select! {
                () = self.setup.cancel.cancelled() => return None,
                () = tokio::time::sleep_until(deadline), if role == Role::Offerer => {
                    return Some(None);
                }
                command = self.inbox.recv() => if let Command::Signal(payload) = command? {
                    match self.hear(&payload).await {
                        Heard::Signal(signal) if matches!(signal.body, Body::Offer { .. }) => {
                            return Some(Some(signal));
                        }
                        _ => {}
                    }
                }
            }
        }
    }

    /// One connection, from its negotiation to its end.
    async fn connect(&mut self, negotiation: &mut Negotiation, offer: Option<Signal>) -> Next {
        let tasks = &self.setup.tasks;
        let mut connection = match Connection::new(&self.setup.ice_servers, tasks).await {
            Ok(connection) => connection,
            Err(error) => {
                tracing::error!(error = kind(&error), "no connection can be made");
                return self.close(Closed::Lost, Next::Again).await;
            }
        };
        let outcome = match self.open(&mut connection, negotiation, offer).await {
            Ok(()) => {
                let storage = Storage::spawn(self.setup.folder.clone(), &self.setup.tasks);
                let drive = Drive::new(&self.setup, &mut connection, storage);
                drive.run(&mut self.inbox, negotiation, &mut self.sealed).await
            }
            Err(outcome) => outcome,
        };
        connection.close().await;
        tracing::info!(?outcome, "connection over");
        match outcome {
            Outcome::Cancelled => Next::Over,
            Outcome::Lost => self.close(Closed::Lost, Next::Again).await,
            Outcome::Renewed => self.close(Closed::Lost, Next::AtOnce).await,
            Outcome::Restart(signal) => self.close(Closed::Lost, Next::Answer(signal)).await,
            Outcome::Violated(violation) => {
                self.close(Closed::Violated(violation), Next::Over).await
            }
        }
    }

    /// Negotiates until both data channels are open.
    async fn open(
        &mut self,
        connection: &mut Connection,
        negotiation: &mut Negotiation,
        offer: Option<Signal>,
    ) -> Result<(), Outcome> {
        let begun = Instant::now();
        if negotiation.role() == Role::Offerer {
            let sdp = connection.offer().await.map_err(|error| lost(&error))?;
            self.signal(negotiation, Body::Offer { sdp }).await;
        }
        if let Some(offer) = offer {
            self.handle_signal(connection, negotiation, offer).await?;
        }
        // An answerer waits for its offer as long as it takes; then, and as an offerer at once,
        // the connection has a time limit: a peer with a wrong fingerprint would never fail.
        let mut deadline = (negotiation.role() == Role::Offerer).then(|| begun + OPEN_TIMEOUT);
        let mut opened = 0;
        while opened < CHANNELS {
            let limit = deadline.unwrap_or(begun);
            tokio::select! {
                () = self.setup.cancel.cancelled() => return Err(Outcome::Cancelled),
                () = tokio::time::sleep_until(limit.into()), if deadline.is_some() => {
                    tracing::info!("no connection in time");
                    // Perhaps no hello was heard on either side: one is said again.
                    self.renew();
                    return Err(Outcome::Lost);
                }
                notice = connection.notices.recv() => match notice {
                    Some(Notice::Opened) => opened += 1,
                    Some(Notice::Candidate(candidate)) => {
                        self.signal(negotiation, Body::Candidate(candidate)).await;
                    }
                    Some(Notice::State(RTCPeerConnectionState::Failed) | Notice::Ended) | None => {
                        return Err(Outcome::Lost);
                    }
                    Some(Notice::State(state)) => tracing::debug!(%state, "connection"),
                },
                command = self.inbox.recv() => match command {
                    Some(Command::Signal(payload)) => {
                        match self.hear(&payload).await {
                            Heard::Signal(signal) => {
                                self.handle_signal(connection, negotiation, signal).await?;
                                deadline.get_or_insert_with(|| Instant::now() + OPEN_TIMEOUT);
                            }
                            Heard::Anew(_) | Heard::Renewed
                                if negotiation.role() == Role::Offerer =>
                            {
                                return Err(Outcome::Renewed);
                            }
                            _ => {}
                        }
                    }
                    Some(_) => tracing::debug!("not connected yet"),
                    None => return Err(Outcome::Cancelled),
                },
            }
        }
        tracing::info!(took = ?begun.elapsed(), "connected");
        Ok(())
    }

    async fn handle_signal(
        &mut self,
        connection: &Connection,
        negotiation: &mut Negotiation,
        signal: Signal,
    ) -> Result<(), Outcome> {
        match negotiation.handle(signal.clone()) {
            Meaning::Steps(steps) => {
                for step in steps {
                    if let Some(sdp) = connection.step(step).await.map_err(|error| lost(&error))? {
                        self.signal(negotiation, Body::Answer { sdp }).await;
                    }
                }
                Ok(())
            }
            Meaning::Restart => Err(Outcome::Restart(signal)),
            Meaning::Stale => Ok(()),
        }
    }

    async fn signal(&mut self, negotiation: &Negotiation, body: Body) {
        // Without an offer there is nothing to answer: the candidates will be in the answer.
        let Some(signal) = negotiation.signal(body) else { return };
        self.sealed.push(signal);
        self.setup.send(&mut self.sealed).await;
    }

    /// Opens what came through the server, and answers what has to be answered.
    async fn hear(&mut self, payload: &Payload) -> Heard {
        self.setup.hear(&mut self.sealed, payload, Standing::No).await
    }

    async fn close(&self, why: Closed, next: Next) -> Next {
        self.setup.tell(PeerEvent::Closed(why)).await;
        next
    }
}

fn lost(error: &webrtc::error::Error) -> Outcome {
    tracing::warn!(error = kind(error), "negotiating");
    Outcome::Lost
}

const CHANNELS: usize = 2;
/// How long a connection may take to open.
const OPEN_TIMEOUT: Duration = Duration::from_secs(15);
/// How long one hello is waited for, at first; each time twice as long.
const HELLO_FIRST: Duration = Duration::from_secs(3);
const HELLO_MAX: Duration = Duration::from_secs(30);
const RETRY_FIRST: Duration = Duration::from_millis(500);
const RETRY_MAX: Duration = Duration::from_secs(8);
