//! A peer's websocket, from its first message to its close code: one task, which this is.
//!
//! It alternates between what the peer says and what waits for it; what others have for the peer they
//! write themselves, by its outbox, where it takes that at once. Nothing is read from a peer
//! while a write to it is stuck, so that one which doesn't take its messages can't pour in its
//! own; that ends when its outbox is full, it is dead, or the server goes down. Nor is anything
//! read while its last signal crowds another's outbox, whose task only needs a turn, or while it is
//! ahead of what it may send of frames.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Deserialize;
use tokio::time::{sleep, sleep_until, timeout};
use tracing::debug;
use tungstenite::{Bytes, Error, Message, Utf8Bytes};

use super::Server;
use super::ending::Ending;
use super::hub::{Seat, text_of};
use super::outbox::Outbox;
use super::pulse::{Beat, Pulse};
use super::rate::Rate;
use super::tls::Stream;
use super::websocket::WebSocket;
use crate::protocol::{Frame, Refusal, Request, RoomId, Token, VERSION};

/// Serves one socket until it is closed.
pub(super) async fn run(socket: WebSocket<Stream>, server: Arc<Server>) {
    let config = &server.config;
    let now = Instant::now();
    let mut line = Line {
        server: &server,
        seat: server.hub.seat(socket),
        rate: Rate::new(now, config.messages_per_second, config.messages_burst),
        frame_rate: Rate::new(now, config.frame_bytes_per_second, FRAME_BURST_BYTES),
        pulse: Pulse::new(now, config.ping_after, config.dead_after),
    };
    let ending = match line.admit().await {
        Ok(()) => line.serve().await,
        Err(ending) => ending,
    };
    debug!(?ending, "closing");
    server.metrics.closed(ending);
    line.close(ending).await;
}

/// What a peer says.
enum Said {
    Text(Utf8Bytes),
    Frame(Bytes),
}

/// Why nothing is read from a peer for now.
enum Pause {
    /// Its last message crowds another's outbox.
    Crowded(Arc<Outbox>),
    /// It has sent more of frames than it may.
    Until(Instant),
}

/// What the task of a socket holds.
struct Line<'a> {
    server: &'a Server,
    seat: Seat<'a>,
    rate: Rate,
    frame_rate: Rate,
    pulse: Pulse,
}

impl Line<'_> {
    /// Waits for the `join` and enters the room.
    async fn admit(&mut self) -> Result<(), Ending> {
        let server = self.server;
        let first = tokio::select! {
            biased;
            () = server.shutdown.cancelled() => Err(Ending::Shutdown),
            first = timeout(server.config.join_timeout, self.first_text()) => {
                first.unwrap_or(Err(Ending::Silent))
            }
        };
        let joined = match first {
            Ok(text) => match read_join(&text) {
                Ok((room, token)) => self.seat.join(&room, token).await,
                Err(refusal) => Err(refusal),
            },
            Err(Ending::Unreadable) => Err(Refusal::Malformed),
            Err(ending) => return Err(ending),
        };
        server.metrics.join(joined);
        joined.map_err(Ending::Refused)
    }

    async fn first_text(&mut self) -> Result<Utf8Bytes, Ending> {
        loop {
            let heard = self.seat.outbox().exchange(true).await?;
            match self.hear(heard)? {
                Some(Said::Text(text)) => return Ok(text),
                Some(Said::Frame(_)) => return Err(Ending::Unreadable),
                None => {}
            }
        }
    }

    /// Carries messages both ways until there is a reason to close.
    async fn serve(&mut self) -> Ending {
        let mut shutdown = pin!(self.server.shutdown.cancelled());
        let mut alarm = pin!(sleep_until(self.pulse.next().into()));
        let mut pause: Option<Pause> = None;
        loop {
            let pause_over = async {
                match &pause {
                    Some(Pause::Crowded(outbox)) => outbox.eased().await,
                    Some(Pause::Until(at)) => sleep_until((*at).into()).await,
                    None => {}
                }
            };
            let step = tokio::select! {
                biased;
                () = &mut shutdown => Err(Ending::Shutdown),
                () = &mut alarm => {
                    let step = self.beat();
                    // Set late: what is heard meanwhile only makes it ring once for nothing.
                    alarm.as_mut().reset(self.pulse.next().into());
                    step
                }
                () = pause_over, if pause.is_some() => {
                    pause = None;
                    Ok(())
                }
                heard = self.seat.outbox().exchange(pause.is_none()) => match heard {
                    Ok(message) => self.answer(message).map(|reason| pause = reason),
                    Err(over) => Err(over.into()),
                },
            };
            if let Err(ending) = step {
                return ending;
            }
        }
    }

    /// Does what one message from the peer asks for; says why no other is read for now, if so.
    fn answer(&mut self, message: Message) -> Result<Option<Pause>, Ending> {
        let text = match self.hear(message)? {
            Some(Said::Text(text)) => text,
            Some(Said::Frame(frame)) => return self.carry(&frame),
            None => return Ok(None),
        };
        match serde_json::from_str(&text) {
            Ok(Request::Signal { to, payload }) => {
                Ok(self.seat.relay(to, payload)?.map(Pause::Crowded))
            }
            Ok(Request::Leave) => {
                self.seat.leave();
                Err(Ending::Left)
            }
            Ok(Request::Join { .. }) | Err(_) => Err(Ending::Unreadable),
        }
    }

    /// Carries a frame; one that is early keeps the next ones waiting.
    fn carry(&mut self, message: &[u8]) -> Result<Option<Pause>, Ending> {
        if self.server.config.frame_bytes_per_second == 0 {
            return Err(Ending::Unreadable);
        }
        let frame = Frame::parse(message).ok_or(Ending::Unreadable)?;
        let crowded = self.seat.carry(frame).map(Pause::Crowded);
        let bytes = u32::try_from(message.len().max(FRAME_COST_MIN)).unwrap_or(u32::MAX);
        let early = self.frame_rate.charge(Instant::now(), bytes).map(Pause::Until);
        // Whoever is kept waiting for its rate finds out about a crowd with the next frame.
        Ok(early.or(crowded))
    }

    /// Takes note that the peer lives, holds it to its rate, and hands on what it said.
    fn hear(&mut self, message: Message) -> Result<Option<Said>, Ending> {
        self.server.metrics.heard(&message);
        let now = Instant::now();
        self.pulse.heard(now);
        // Frames have a rate of their own.
        let is_frame = matches!(message, Message::Binary(_));
        if !is_frame && !self.rate.admits(now) {
            return Err(Ending::Flood);
        }
        match message {
            Message::Text(text) => Ok(Some(Said::Text(text))),
            Message::Binary(frame) => Ok(Some(Said::Frame(frame))),
            // A frame by itself is never read.
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => Ok(None),
            Message::Close(_) => Err(Ending::Closed),
        }
    }

    fn beat(&mut self) -> Result<(), Ending> {
        match self.pulse.beat(Instant::now()) {
            Beat::Fine => Ok(()),
            Beat::Ping => {
                self.seat.outbox().push(Message::Ping(Bytes::new()));
                Ok(())
            }
            Beat::Dead => Err(Ending::Lost),
        }
    }

    /// Leaves the room, then says why to a peer that may be slow, or not there at all.
    async fn close(self, ending: Ending) {
        let Self { server, seat, .. } = self;
        let Some(mut socket) = seat.outbox().take_socket() else { return };
        let farewell = async {
            // What was said before the server was told to end, such as who left, is still carried.
            while ending == Ending::Shutdown
                && let Some(message) = seat.outbox().take()
            {
                socket.send(message).await?;
            }
            drop(seat);
            say_goodbye(&mut socket, ending, server.config.bye_spread).await
        };
        if timeout(server.config.close_timeout, farewell).await.is_err() {
            debug!("dropped: it did not close in time");
        }
    }
}

async fn say_goodbye(
    socket: &mut WebSocket<Stream>,
    ending: Ending,
    bye_spread: Duration,
) -> Result<(), Error> {
    if ending == Ending::Lost {
        return Ok(());
    }
    if let Some(reply) = ending.last_words(bye_spread) {
        socket.send(Message::Text(text_of(&reply).into())).await?;
    }
    if let Some(frame) = ending.close_frame() {
        socket.send(Message::Close(Some(frame))).await?;
    }
    // A socket that is dropped while bytes of the peer are unread resets the connection, and the
    // close code may be lost with it. So the rest is read, up to the peer's own close; what
    // can't be read any more is given time to cross the close code.
    while socket.read().await.is_ok() {}
    if ending.is_of_reading() {
        sleep(LINGER).await;
    }
    Ok(())
}

/// Reads a first message. A later version may word the rest otherwise, so that is looked at first.
fn read_join(text: &str) -> Result<(RoomId, Option<Token>), Refusal> {
    #[derive(Deserialize)]
    struct Versioned {
        version: u32,
    }
    match serde_json::from_str(text) {
        Ok(Versioned { version }) if version != VERSION => Err(Refusal::Version),
        _ => match serde_json::from_str(text) {
            Ok(Request::Join { room, token, .. }) => Ok((room, token)),
            _ => Err(Refusal::Malformed),
        },
    }
}

/// What a peer may send of frames at once after a silence.
const FRAME_BURST_BYTES: u32 = 256 * 1024;
/// A short frame counts as so many bytes: each costs the server a step.
const FRAME_COST_MIN: usize = 512;
const LINGER: Duration = Duration::from_secs(1);
