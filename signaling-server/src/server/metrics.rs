//! What is counted of a server, for those who run it: sums and nothing of any room, peer or address.
//!
//! Counts go up where something happens; what stands at the moment is asked for at each look. In the
//! text format of `OpenMetrics` 1.0, which Prometheus reads.

use std::fmt;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use tungstenite::Message;

use super::addresses::TooMany;
use super::ending::Ending;
use super::process;
use crate::protocol::Refusal;
use crate::turn;

/// Counts of all that happens.
#[derive(Debug)]
pub(super) struct Metrics {
    connections: Counter,
    dropped: ByLabel,
    upgrades: ByLabel,
    joins: ByLabel,
    closes: ByLabel,
    heard: Traffic,
    said: Traffic,
    bus_received: Counter,
    bus_sent: Counter,
}

/// What stands at the moment.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Census {
    /// Connections, websockets or not.
    pub connections: usize,
    /// Websockets, whether their peer has joined or not.
    pub sockets: usize,
    /// Rooms with somebody in them, those away counted.
    pub rooms: usize,
    /// Peers that are in a room, on a websocket.
    pub here: usize,
    /// Peers that may come back.
    pub away: usize,
    /// What the server of STUN and TURN does, if there is one.
    pub turn: Option<turn::Counts>,
    /// How it stands with other instances, if there may be any.
    pub cluster: Option<ClusterCensus>,
    /// The server is to end.
    pub is_ending: bool,
}

/// What stands between several instances.
#[derive(Debug, Clone, Copy)]
pub(super) struct ClusterCensus {
    /// The bus is there.
    pub is_connected: bool,
    /// Other instances that were heard lately.
    pub others: usize,
    /// Messages of peers that did not go over the bus.
    pub dropped: u64,
}

/// Why a connection is dropped before anything of it is read.
#[derive(Debug, Clone, Copy)]
pub(super) enum Dropped {
    /// The server has as many as it may.
    Server,
    /// Its address has.
    Address,
}

/// What becomes of one who wants a websocket.
#[derive(Debug, Clone, Copy)]
pub(super) enum Upgrade {
    Accepted,
    /// A page of elsewhere.
    Origin,
    TooMany(TooMany),
}

#[derive(Debug, Default)]
struct Traffic {
    messages: Counter,
    bytes: Counter,
}

type ByLabel = Family<[(&'static str, &'static str); 1], Counter>;

impl Metrics {
    pub(super) fn new() -> Self {
        Self {
            connections: Counter::default(),
            dropped: by(REASON, &["server", "address"]),
            upgrades: by(RESULT, &["accepted", "origin", "sockets", "rate", "table"]),
            joins: by(RESULT, &["welcome", "room_full", "server_full", "version", "malformed"]),
            closes: by(REASON, &Ending::NAMES),
            heard: Traffic::default(),
            said: Traffic::default(),
            bus_received: Counter::default(),
            bus_sent: Counter::default(),
        }
    }

    pub(super) fn accepted(&self) {
        self.connections.inc();
    }

    pub(super) fn dropped(&self, why: Dropped) {
        let reason = match why {
            Dropped::Server => "server",
            Dropped::Address => "address",
        };
        self.dropped.get_or_create(&[(REASON, reason)]).inc();
    }

    pub(super) fn upgrade(&self, what: Upgrade) {
        let result = match what {
            Upgrade::Accepted => "accepted",
            Upgrade::Origin => "origin",
            Upgrade::TooMany(TooMany::Upgrades(_)) => "rate",
            Upgrade::TooMany(TooMany::Sockets | TooMany::Connections) => "sockets",
            Upgrade::TooMany(TooMany::Networks) => "table",
        };
        self.upgrades.get_or_create(&[(RESULT, result)]).inc();
    }

    pub(super) fn join(&self, result: Result<(), Refusal>) {
        let result = match result {
            Ok(()) => "welcome",
            Err(Refusal::RoomFull) => "room_full",
            Err(Refusal::ServerFull) => "server_full",
            Err(Refusal::Version) => "version",
            Err(Refusal::Malformed) => "malformed",
        };
        self.joins.get_or_create(&[(RESULT, result)]).inc();
    }

    pub(super) fn closed(&self, ending: Ending) {
        self.closes.get_or_create(&[(REASON, ending.name())]).inc();
    }

    pub(super) fn heard(&self, message: &Message) {
        self.heard.count(message);
    }

    pub(super) fn said(&self, message: &Message) {
        self.said.count(message);
    }

    #[cfg(feature = "nats")]
    pub(super) fn bus_received(&self) {
        self.bus_received.inc();
    }

    #[cfg(feature = "nats")]
    pub(super) fn bus_sent(&self) {
        self.bus_sent.inc();
    }

    /// The whole text.
    pub(super) fn text(&self, census: Census) -> Result<String, fmt::Error> {
        let mut registry = Registry::default();
        let signaling = registry.sub_registry_with_prefix("signaling");
        self.register(signaling);
        register_census(signaling, census);
        if let Some(cluster) = census.cluster {
            self.register_cluster(signaling, cluster);
        }
        if let Some(counts) = census.turn {
            register_turn(registry.sub_registry_with_prefix("turn"), counts);
        }
        process::register(registry.sub_registry_with_prefix("process"));
        let mut text = String::new();
        encode(&mut text, &registry)?;
        Ok(text)
    }

    fn register(&self, registry: &mut Registry) {
        registry.register("connections", "Connections accepted", self.connections.clone());
        let help = "Connections dropped before anything was read, as the server or the address has as many as it may";
        registry.register("connections_dropped", help, self.dropped.clone());
        registry.register("upgrades", "Requests for a websocket", self.upgrades.clone());
        registry.register("joins", "First messages of websockets", self.joins.clone());
        registry.register("closes", "Websockets that ended", self.closes.clone());
        for (traffic, name, what) in
            [(&self.heard, "received", "read from peers"), (&self.said, "sent", "written to peers")]
        {
            let messages = traffic.messages.clone();
            let help = format!("Messages {what}, pings and pongs not counted");
            registry.register(format!("messages_{name}"), help, messages);
            let bytes = traffic.bytes.clone();
            registry.register(
                format!("message_bytes_{name}"),
                format!("Bytes of messages {what}"),
                bytes,
            );
        }
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "What this is", build);
    }
}

impl Metrics {
    fn register_cluster(&self, registry: &mut Registry, census: ClusterCensus) {
        let ClusterCensus { is_connected, others, dropped } = census;
        let is_connected = gauge(u64::from(is_connected));
        registry.register("bus_connected", "Whether the bus is there", is_connected);
        let others = gauge(others as u64);
        registry.register("other_instances", "Other instances that were heard lately", others);
        let received = self.bus_received.clone();
        registry.register("bus_messages_received", "Messages that came over the bus", received);
        let sent = self.bus_sent.clone();
        registry.register("bus_messages_sent", "Messages that went over the bus", sent);
        let help = "Messages of peers that did not go over the bus, as it was gone or too slow";
        registry.register("bus_messages_dropped", help, ConstCounter::new(dropped));
    }
}

fn register_census(registry: &mut Registry, census: Census) {
    let Census { connections, sockets, rooms, here, away, is_ending, turn: _, cluster: _ } = census;
    for (name, help, value) in [
        ("connections_open", "Connections at the moment, websockets or not", connections),
        ("websockets_open", "Websockets at the moment", sockets),
        ("rooms", "Rooms at the moment", rooms),
        ("peers_here", "Peers in a room at the moment", here),
        ("peers_away", "Peers whose websocket was lost and who may come back", away),
        ("ending", "Whether the server was told to end", usize::from(is_ending)),
    ] {
        registry.register(name, help, gauge(value as u64));
    }
}

fn register_turn(registry: &mut Registry, counts: turn::Counts) {
    let allocations = gauge(counts.allocations as u64);
    registry.register("allocations", "Allocations at the moment", allocations);
    for (name, help, value) in [
        ("allocations_granted", "Allocations that there were", counts.granted),
        (
            "allocations_refused",
            "Allocations that were refused, as a limit was reached",
            counts.refused,
        ),
        ("relayed_bytes_to_peers", "Bytes of data relayed to peers", counts.bytes_to_peers),
        ("relayed_bytes_to_clients", "Bytes of data relayed to clients", counts.bytes_to_clients),
        (
            "dropped_datagrams",
            "Datagrams not relayed, as an allocation was over its rate",
            counts.dropped,
        ),
        (
            "unanswered",
            "Requests of STUN and TURN left unanswered, as their address asked too often",
            counts.unanswered,
        ),
    ] {
        registry.register(name, help, ConstCounter::new(value));
    }
}

impl Traffic {
    fn count(&self, message: &Message) {
        let bytes = match message {
            Message::Text(text) => text.len(),
            Message::Binary(bytes) => bytes.len(),
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => return,
        };
        self.messages.inc();
        self.bytes.inc_by(bytes as u64);
    }
}

/// At nothing, each: what never happened is to be seen as such.
fn by(label: &'static str, values: &[&'static str]) -> ByLabel {
    let family = ByLabel::default();
    for value in values {
        drop(family.get_or_create(&[(label, *value)]));
    }
    family
}

pub(super) fn gauge(value: u64) -> ConstGauge<i64> {
    ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX))
}

/// Of the text (`OpenMetrics` 1.0, section "Protocol Negotiation").
pub(super) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

const REASON: &str = "reason";
const RESULT: &str = "result";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_never_happened_is_told_as_nothing_and_what_did_is_counted() {
        let metrics = Metrics::new();
        metrics.accepted();
        metrics.dropped(Dropped::Address);
        metrics.upgrade(Upgrade::Origin);
        metrics.join(Err(Refusal::RoomFull));
        metrics.closed(Ending::Flood);
        metrics.heard(&Message::Text("four".into()));
        metrics.heard(&Message::Ping("four".into()));
        metrics.said(&Message::Binary("seven b".into()));
        let census = Census { rooms: 3, turn: Some(turn::Counts::default()), ..Census::default() };
        let text = metrics.text(census).expect("text");
        for line in [
            "signaling_connections_total 1",
            "signaling_connections_dropped_total{reason=\"server\"} 0",
            "signaling_connections_dropped_total{reason=\"address\"} 1",
            "signaling_upgrades_total{result=\"origin\"} 1",
            "signaling_upgrades_total{result=\"accepted\"} 0",
            "signaling_joins_total{result=\"room_full\"} 1",
            "signaling_closes_total{reason=\"flood\"} 1",
            "signaling_closes_total{reason=\"too_slow\"} 0",
            "signaling_messages_received_total 1",
            "signaling_message_bytes_received_total 4",
            "signaling_messages_sent_total 1",
            "signaling_message_bytes_sent_total 7",
            "signaling_rooms 3",
            "turn_relayed_bytes_to_peers_total 0",
            "turn_unanswered_total 0",
        ] {
            assert!(text.lines().any(|it| it == line), "{line} in:\n{text}");
        }
        assert!(text.ends_with("# EOF\n"), "{text}");
        assert!(text.contains(env!("CARGO_PKG_VERSION")), "{text}");
    }
}
