//! The bus between several servers that act as one: core NATS.
//!
//! It carries what the [`cluster`](crate::cluster) wants to say and hands on what comes. The connection
//! is kept up by its library, which tries for ever; what was subscribed to is subscribed to again.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use async_nats::{Client, ConnectOptions, Event, Message, ServerAddr, StatusCode, Subscriber};
use futures_util::StreamExt;
use futures_util::stream::{AbortHandle, Abortable, SelectAll, abortable};
use percent_encoding::percent_decode_str;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::Server;
use crate::cluster::{Output, subject_of};
use crate::protocol::RoomId;

/// Where the bus is: one or more servers of NATS that belong together.
#[derive(Clone)]
pub struct Bus {
    servers: Vec<ServerAddr>,
}

/// A text that names no bus.
#[derive(Debug, thiserror::Error)]
#[error(
    "a bus is one or more URLs, as nats://HOST:4222 or tls://USER:PASSWORD@HOST:4222, with commas between"
)]
pub struct NotABus;

impl FromStr for Bus {
    type Err = NotABus;

    fn from_str(text: &str) -> Result<Self, NotABus> {
        let server = |url: &str| {
            let known = url.starts_with("nats://") || url.starts_with("tls://");
            url.parse().ok().filter(|it: &ServerAddr| known && !it.host().is_empty())
        };
        let servers: Option<Vec<_>> = text.split(',').map(|url| server(url.trim())).collect();
        servers.map(|servers| Self { servers }).ok_or(NotABus)
    }
}

/// A URL may hold a password.
impl fmt::Debug for Bus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hosts = self.servers.iter().map(|it| format!("{}:{}", it.host(), it.port()));
        f.debug_list().entries(hosts).finish()
    }
}

impl Bus {
    /// What a URL says of who this is: a user and its password, or a token alone.
    fn credentials(&self) -> ConnectOptions {
        let plain = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let known = self.servers.iter().find_map(|it| Some((it.username()?, it.password())));
        match known {
            None => ConnectOptions::new(),
            Some((token, None)) => ConnectOptions::with_token(plain(token)),
            Some((user, Some(password))) => {
                ConnectOptions::with_user_and_password(plain(user), plain(password))
            }
        }
    }

    /// Carries messages until `over` is cancelled, and then what still waits, for a moment.
    pub(super) async fn run(self, server: Arc<Server>, over: CancellationToken) {
        let (events, mut happened) = mpsc::channel(EVENTS_MAX);
        let options = self
            .credentials()
            .name("signaling-server")
            // What one says itself, it knows.
            .no_echo()
            .retry_on_initial_connect()
            .connection_timeout(CONNECT_TIMEOUT)
            .ping_interval(PING_INTERVAL)
            .reconnect_delay_callback(|attempts| if attempts <= 1 { FIRST_PAUSE } else { PAUSE })
            .subscription_capacity(SUBSCRIPTION_CAPACITY)
            .event_callback(move |event| {
                let events = events.clone();
                async move {
                    // Once nobody listens, all is over.
                    let _ = events.send(event).await;
                }
            });
        let client = match options.connect(self.servers).await {
            Ok(client) => client,
            Err(error) => return warn!(%error, "there will be no bus"),
        };
        let (added, adding) = mpsc::channel(ADDED_MAX);
        let mut outgoing = Outgoing { client, rooms: HashMap::new(), added };
        let carry = async {
            outgoing.begin(server.hub.subjects()).await?;
            loop {
                let outputs = tokio::select! {
                    outputs = server.hub.outputs() => outputs,
                    () = over.cancelled() => server.hub.outputs_now(),
                };
                if outputs.is_empty() {
                    return outgoing.client.flush().await.map_err(|_| Over);
                }
                outgoing.carry(outputs, &server).await?;
            }
        };
        let farewell = async {
            over.cancelled().await;
            sleep(FAREWELL_TIMEOUT).await;
        };
        tokio::select! {
            carried = carry => {
                if let Err(Over) = carried {
                    warn!("the bus takes nothing any more");
                }
            }
            () = hear(adding, &server) => {}
            () = follow(&mut happened, &server) => {}
            // Whoever has not heard it by now takes this instance for dead a little later.
            () = farewell => {}
        }
    }
}

/// What comes of one subject, until it is not wanted any more.
type Subscription = Abortable<Subscriber>;

/// This instance's way to the bus.
struct Outgoing {
    client: Client,
    /// What ends a room's subscription.
    rooms: HashMap<RoomId, AbortHandle>,
    added: Sender<Subscription>,
}

/// The connection is over for good, which only its own task could bring about.
struct Over;

impl Outgoing {
    async fn begin(&mut self, subjects: Vec<String>) -> Result<(), Over> {
        for subject in subjects {
            self.subscribe(subject).await?;
        }
        Ok(())
    }

    async fn carry(&mut self, outputs: Vec<Output>, server: &Server) -> Result<(), Over> {
        for output in outputs {
            match output {
                Output::Publish { subject, reply_to, body } => {
                    server.metrics.bus_sent();
                    self.publish(subject, reply_to, body).await?;
                }
                Output::Subscribe(room) => self.add(room).await?,
                Output::Unsubscribe(room) => self.remove(&room),
                Output::SubscribeOnly(rooms) => self.keep(rooms).await?,
            }
        }
        Ok(())
    }

    async fn publish(
        &self,
        subject: String,
        reply_to: Option<String>,
        body: Vec<u8>,
    ) -> Result<(), Over> {
        let published = match reply_to {
            None => self.client.publish(subject, body.into()).await,
            Some(reply) => self.client.publish_with_reply(subject, reply, body.into()).await,
        };
        published.map_err(|_| Over)
    }

    async fn keep(&mut self, rooms: Vec<RoomId>) -> Result<(), Over> {
        let wanted: HashSet<&RoomId> = rooms.iter().collect();
        self.rooms.retain(|room, subscription| {
            let is_wanted = wanted.contains(room);
            if !is_wanted {
                subscription.abort();
            }
            is_wanted
        });
        for room in rooms {
            self.add(room).await?;
        }
        Ok(())
    }

    async fn add(&mut self, room: RoomId) -> Result<(), Over> {
        if !self.rooms.contains_key(&room) {
            let subscription = self.subscribe(subject_of(&room)).await?;
            self.rooms.insert(room, subscription);
        }
        Ok(())
    }

    fn remove(&mut self, room: &RoomId) {
        if let Some(subscription) = self.rooms.remove(room) {
            subscription.abort();
        }
    }

    async fn subscribe(&self, subject: String) -> Result<AbortHandle, Over> {
        let subscriber = self.client.subscribe(subject).await.map_err(|_| Over)?;
        let (subscription, handle) = abortable(subscriber);
        self.added.send(subscription).await.map_err(|_| Over)?;
        Ok(handle)
    }
}

/// Hands on what comes.
async fn hear(mut adding: Receiver<Subscription>, server: &Server) {
    let mut subscriptions = SelectAll::new();
    loop {
        tokio::select! {
            Some(subscription) = adding.recv() => subscriptions.push(subscription),
            Some(message) = subscriptions.next() => {
                server.metrics.bus_received();
                let Message { subject, payload, status, .. } = message;
                match status {
                    None => server.hub.hear(&subject, &payload),
                    Some(StatusCode::NO_RESPONDERS) => server.hub.hear_nobody(&subject),
                    Some(_) => {}
                }
            }
        }
    }
}

/// Keeps up with how the connection is.
async fn follow(happened: &mut Receiver<Event>, server: &Server) {
    let mut is_told = false;
    // When what was lost is asked for again.
    let mut anew: Option<Instant> = None;
    loop {
        let event = tokio::select! {
            event = happened.recv() => event,
            () = sleep_until(anew.unwrap_or_else(Instant::now)), if anew.is_some() => {
                anew = None;
                server.hub.ask_anew();
                continue;
            }
        };
        match event {
            None => return,
            Some(Event::Connected) => {
                is_told = false;
                info!("the bus is there");
                server.hub.connect();
            }
            Some(Event::Disconnected | Event::Closed) => {
                warn!("the bus is gone: peers at other instances are not heard until it is back");
                server.hub.disconnect();
            }
            Some(Event::SlowConsumer(_)) if anew.is_none() => {
                warn!("more came over the bus than was taken: some is lost, and asked for again");
                anew = Some(Instant::now() + ASK_ANEW_AFTER);
            }
            Some(Event::ServerError(error)) => warn!(%error, "the bus refuses something"),
            // It is tried for ever.
            Some(Event::ClientError(error)) if !is_told => {
                is_told = true;
                warn!(%error, "the bus is not reached");
            }
            Some(_) => {}
        }
    }
}

/// A broker that is gone is tried again so soon and so often: peers wait for it.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const PAUSE: Duration = Duration::from_millis(250);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Two that are not answered, and the connection is made anew.
const PING_INTERVAL: Duration = Duration::from_secs(5);
/// What has happened to the connection and is not taken note of yet, and new subscriptions likewise.
const EVENTS_MAX: usize = 64;
const ADDED_MAX: usize = 64;
/// Messages of one subject that wait to be taken; one more is lost.
const SUBSCRIPTION_CAPACITY: usize = 4096;
const ASK_ANEW_AFTER: Duration = Duration::from_secs(1);
const FAREWELL_TIMEOUT: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bus_is_urls_of_nats_and_its_password_is_told_to_nobody() {
        let bus: Bus = "nats://ann:secret@one:4222, tls://two".parse().expect("a bus");
        assert_eq!(format!("{bus:?}"), r#"["one:4222", "two:4222"]"#);
        for other in ["", "one:4222", "redis://one", "nats://", "ws://one", "nats://one,,"] {
            assert!(other.parse::<Bus>().is_err(), "{other}");
        }
    }
}
