//! Several servers that act as one, over a NATS server of the distribution: all of them processes.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use signaling_server::protocol::{Frame, PATH, PeerId, Refusal, Reply, RoomId, Token};
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;

use crate::monitoring::{get, value};
use crate::process::{Running, program};
use crate::proxied::Proxy;
use crate::world::{DEADLINE, Heard, Peer, connect, hear, in_time, join, say};

/// A NATS server; killed if a story fails.
struct Broker {
    address: SocketAddr,
    options: Vec<String>,
    child: Child,
}

impl Broker {
    fn start(options: &[&str]) -> Self {
        let address = free();
        let options = options.iter().map(|it| (*it).to_owned()).collect();
        let child = Self::run(address, &options);
        Self { address, options, child }
    }

    fn run(address: SocketAddr, options: &Vec<String>) -> Child {
        let mut broker = Command::new("nats-server");
        broker.args(["--addr", "127.0.0.1", "--port", &address.port().to_string()]).args(options);
        let child = broker.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let child = child.expect("nats-server is there: apt-get install nats-server");
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(begun.elapsed() < DEADLINE, "nats-server does not listen");
            std::thread::sleep(Duration::from_millis(10));
        }
        child
    }

    fn url(&self) -> String {
        format!("nats://{}", self.address)
    }

    fn kill(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it has ended");
    }

    fn begin_again(&mut self) {
        self.child = Self::run(self.address, &self.options);
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address")
}

/// One of several servers.
struct Instance {
    running: Running,
    monitoring: SocketAddr,
}

impl Instance {
    /// One that is ready.
    async fn start(bus: &str) -> Self {
        let instance = Self::begin(bus);
        instance.becomes_ready().await;
        instance
    }

    fn begin(bus: &str) -> Self {
        let arguments = ["--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0", "--bus", bus];
        let (running, monitoring) = Running::with_metrics(&arguments);
        Self { running, monitoring }
    }

    async fn of(count: usize, broker: &Broker) -> Vec<Self> {
        let mut instances = Vec::new();
        for _ in 0..count {
            instances.push(Self::start(&broker.url()).await);
        }
        instances
    }

    async fn is_ready(&self) -> bool {
        get(self.monitoring, "/readyz").await.starts_with("HTTP/1.1 200")
    }

    async fn becomes_ready(&self) {
        in_time("it is ready", async { while !self.is_ready().await {} }).await;
    }

    async fn metric(&self, name: &str) -> f64 {
        value(&get(self.monitoring, "/metrics").await, name)
    }

    async fn enter(&self, room: &str, token: Option<&Token>) -> Peer {
        Peer::welcomed(connect(self.running.address).await, &join(room, token)).await
    }

    /// With SIGKILL: it says nothing more.
    fn kill(&mut self) {
        self.running.child.kill().expect("it runs");
        self.running.child.wait().expect("it has ended");
    }

    fn tell_to_end(&self) {
        let id = self.running.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &id]).status().expect("kill");
        assert!(told.success());
    }
}

async fn hears(peer: &mut Peer, wanted: &str) {
    assert_eq!(peer.hear_text().await, wanted);
}

fn joined(peer: PeerId) -> String {
    format!(r#"{{"type":"joined","peer":{}}}"#, peer.0)
}

fn away(peer: PeerId) -> String {
    format!(r#"{{"type":"away","peer":{}}}"#, peer.0)
}

fn left(peer: PeerId) -> String {
    format!(r#"{{"type":"left","peer":{}}}"#, peer.0)
}

async fn signals(from: &mut Peer, to: &mut Peer) {
    let payload = format!(r#"{{ "for":{}, "as it was": [1.50, "é"] }}"#, to.id);
    let payload = payload.replace(&to.id.to_string(), "\"you\"");
    from.signal(to.id, &payload).await;
    match to.hear().await {
        Reply::Signal { from: sender, payload: got } => {
            assert_eq!(sender, from.id);
            assert_eq!(got.get(), payload);
        }
        other => panic!("no signal: {other:?}"),
    }
}

async fn carries(from: &mut Peer, to: &mut Peer) {
    let sent = Frame { peer: to.id, data: b"\0sealed\xff" }.encode();
    from.socket.send(Message::binary(sent)).await.expect("it is sent");
    let heard = in_time("a frame", to.socket.next()).await;
    let Some(Ok(Message::Binary(got))) = heard else { panic!("no frame: {heard:?}") };
    assert_eq!(Frame::parse(&got), Some(Frame { peer: from.id, data: b"\0sealed\xff" }));
}

#[tokio::test]
async fn peers_at_three_instances_are_in_one_room() {
    let broker = Broker::start(&[]);
    let instances = Instance::of(3, &broker).await;
    let mut anna = instances[0].enter("words", None).await;
    let mut bert = instances[1].enter("words", None).await;
    assert_eq!(bert.others, [anna.id]);
    hears(&mut anna, &joined(bert.id)).await;
    let mut carl = instances[2].enter("words", None).await;
    assert_eq!(carl.others.len(), 2);
    for peer in [&mut anna, &mut bert] {
        hears(peer, &joined(carl.id)).await;
    }
    let mut elsewhere = instances[1].enter("others", None).await;
    assert!(elsewhere.others.is_empty());

    for other in [&mut bert, &mut carl] {
        signals(&mut anna, other).await;
        signals(other, &mut anna).await;
        carries(&mut anna, other).await;
        carries(other, &mut anna).await;
    }

    // Another room hears nothing of it: what comes first is what is said next.
    elsewhere.signal(elsewhere.id, "\"myself\"").await;
    assert!(matches!(elsewhere.hear().await, Reply::Signal { from, .. } if from == elsewhere.id));

    // A socket that is lost, and a peer that comes back where it was.
    let (id, token) = (carl.id, carl.token.clone());
    drop(carl);
    for peer in [&mut anna, &mut bert] {
        hears(peer, &away(id)).await;
    }
    let mut carl = instances[2].enter("words", Some(&token)).await;
    assert_eq!(carl.id, id);
    assert_eq!(carl.others.len(), 2);
    for peer in [&mut anna, &mut bert] {
        hears(peer, &joined(id)).await;
    }
    signals(&mut bert, &mut carl).await;

    carl.say(r#"{"type":"leave"}"#).await;
    for peer in [&mut anna, &mut bert] {
        hears(peer, &left(id)).await;
    }
    for instance in &instances {
        assert!((instance.metric("signaling_bus_connected").await - 1.0).abs() < 0.5);
        assert!((instance.metric("signaling_other_instances").await - 2.0).abs() < 0.5);
        assert!(instance.metric("signaling_bus_messages_dropped_total").await < 0.5);
    }
}

#[tokio::test]
async fn a_room_holds_sixteen_wherever_they_are() {
    let broker = Broker::start(&[]);
    let instances = Instance::of(3, &broker).await;
    let mut peers: Vec<Peer> = Vec::new();
    for number in 0..16 {
        let peer = instances[number % 3].enter("words", None).await;
        assert_eq!(peer.others.len(), number);
        // The next one comes once all instances know.
        for other in peers.iter_mut().take(3) {
            assert!(matches!(other.hear().await, Reply::Joined { .. }));
        }
        peers.push(peer);
    }
    let mut late = connect(instances[1].running.address).await;
    say(&mut late, &join("words", None)).await;
    let heard = hear(&mut late).await;
    let full = Refusal::RoomFull;
    assert!(
        matches!(heard, Heard::Reply(Reply::Refused { reason }) if reason == full),
        "{heard:?}"
    );
}

#[tokio::test]
async fn of_two_who_enter_at_once_each_hears_of_the_other_and_one_is_to_offer() {
    let broker = Broker::start(&[]);
    let instances = Instance::of(2, &broker).await;
    for number in 0..40 {
        let room = format!("room-{number}");
        let (mut anna, mut bert) =
            tokio::join!(instances[0].enter(&room, None), instances[1].enter(&room, None));
        let ids = [anna.id, bert.id];
        let mut offers = 0;
        for peer in [&mut anna, &mut bert] {
            let other = if peer.id == ids[0] { ids[1] } else { ids[0] };
            if peer.others == [other] {
                offers += 1;
                continue;
            }
            match peer.hear().await {
                Reply::Joined { peer, offer } => {
                    assert_eq!(peer, other);
                    offers += usize::from(offer);
                }
                other => panic!("not joined: {other:?}"),
            }
        }
        assert!(offers >= 1, "nobody offers in {room}");
        signals(&mut anna, &mut bert).await;
    }
}

#[tokio::test]
async fn a_peer_that_moves_keeps_its_id_and_its_former_socket_is_void() {
    let broker = Broker::start(&[]);
    let instances = Instance::of(2, &broker).await;
    let mut anna = instances[0].enter("words", None).await;
    let mut bert = instances[0].enter("words", None).await;
    hears(&mut anna, &joined(bert.id)).await;
    // Its former socket is half-dead: the instance there does not know.
    let mut moved = instances[1].enter("words", Some(&bert.token)).await;
    assert_eq!(moved.id, bert.id);
    assert_eq!(moved.others, [anna.id]);
    hears(&mut anna, &away(bert.id)).await;
    hears(&mut anna, &joined(bert.id)).await;
    assert_eq!(bert.close_code().await, Some(4001));
    signals(&mut anna, &mut moved).await;
    signals(&mut moved, &mut anna).await;
    // And back.
    let mut back = instances[0].enter("words", Some(&moved.token)).await;
    assert_eq!(back.id, bert.id);
    hears(&mut anna, &away(bert.id)).await;
    hears(&mut anna, &joined(bert.id)).await;
    assert_eq!(moved.close_code().await, Some(4001));
    signals(&mut anna, &mut back).await;
}

/// Enters a room at a balancer, which is told what part of all rooms it is of.
async fn through(balancer: &Proxy, room: &str, token: Option<&Token>) -> Peer {
    let stream = tokio::net::TcpStream::connect(balancer.address).await.expect("a connection");
    let room_id = RoomId::try_from(room.to_owned()).expect("a room id");
    let url = format!("ws://{}{PATH}?shard={}", balancer.address, room_id.shard());
    let upgraded = in_time("the upgrade", client_async(url, stream)).await;
    Peer::welcomed(upgraded.expect("a websocket").0, &join(room, token)).await
}

#[tokio::test]
async fn a_balancer_sends_each_room_to_one_instance_and_its_peers_to_another_when_that_is_gone() {
    let broker = Broker::start(&[]);
    let mut instances = Instance::of(2, &broker).await;
    let balancer = Proxy::start(&[0, 1].map(|it: usize| instances[it].running.address)).await;
    let mut rooms = Vec::new();
    for number in 0..20 {
        let room = format!("{}{}-room", char::from(b'a' + number), char::from(b'z' - number));
        let mut anna = through(&balancer, &room, None).await;
        let mut bert = through(&balancer, &room, None).await;
        assert_eq!(bert.others, [anna.id]);
        hears(&mut anna, &joined(bert.id)).await;
        signals(&mut bert, &mut anna).await;
        rooms.push((room, bert));
    }
    let mut held = 0.0;
    for instance in &instances {
        let rooms = instance.metric("signaling_rooms").await;
        assert!(rooms > 0.5, "it has none");
        held += rooms;
    }
    assert!((held - 20.0).abs() < 0.5, "{held} rooms of 20: some are at both");

    instances[0].kill();
    for (room, bert) in rooms {
        let back = through(&balancer, &room, Some(&bert.token)).await;
        assert_eq!(back.id, bert.id);
    }
}

#[tokio::test]
async fn of_an_instance_that_is_killed_the_peers_have_left_unless_they_come_to_another() {
    let broker = Broker::start(&[]);
    let mut instances = Instance::of(2, &broker).await;
    let gone = instances[0].enter("words", None).await;
    let mut before = instances[0].enter("words", None).await;
    let mut stays = instances[1].enter("words", None).await;
    assert_eq!(stays.others.len(), 2);
    hears(&mut before, &joined(stays.id)).await;

    instances[0].kill();
    let mut moved = instances[1].enter("words", Some(&before.token)).await;
    assert_eq!(moved.id, before.id);
    hears(&mut stays, &away(before.id)).await;
    hears(&mut stays, &joined(before.id)).await;
    signals(&mut stays, &mut moved).await;
    signals(&mut moved, &mut stays).await;
    // Nobody says of it that it has left.
    hears(&mut stays, &left(gone.id)).await;
    hears(&mut moved, &left(gone.id)).await;
    signals(&mut stays, &mut moved).await;
}

#[tokio::test]
async fn an_instance_that_ends_leaves_its_peers_time_to_come_to_another() {
    let broker = Broker::start(&[]);
    let mut instances = Instance::of(2, &broker).await;
    let mut before = instances[0].enter("words", None).await;
    let mut stays = instances[1].enter("words", None).await;
    hears(&mut before, &joined(stays.id)).await;
    instances[0].tell_to_end();
    assert!(matches!(before.hear().await, Reply::Bye { .. }));
    assert_eq!(before.close_code().await, Some(1001));
    let ended = in_time("it ends", async {
        loop {
            if let Some(status) = instances[0].running.child.try_wait().expect("a status") {
                return status;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    assert!(ended.await.success());
    hears(&mut stays, &away(before.id)).await;
    // Longer than one that is silent is taken to live.
    tokio::time::sleep(Duration::from_secs(8)).await;
    let mut moved = instances[1].enter("words", Some(&before.token)).await;
    assert_eq!(moved.id, before.id);
    hears(&mut stays, &joined(before.id)).await;
    signals(&mut moved, &mut stays).await;
}

#[tokio::test]
async fn without_the_broker_rooms_here_go_on_and_with_it_all_is_as_it_should_be() {
    let mut broker = Broker::start(&[]);
    let instances = Instance::of(2, &broker).await;
    let mut anna = instances[0].enter("words", None).await;
    let mut bert = instances[1].enter("words", None).await;
    let mut carl = instances[1].enter("words", None).await;
    for id in [bert.id, carl.id] {
        hears(&mut anna, &joined(id)).await;
    }
    hears(&mut bert, &joined(carl.id)).await;

    broker.kill();
    in_time("it is not ready", async { while instances[0].is_ready().await {} }).await;
    in_time("it is not ready", async { while instances[1].is_ready().await {} }).await;
    let told = get(instances[0].monitoring, "/readyz").await;
    assert!(told.contains("503") && told.contains("no bus"), "{told}");
    signals(&mut bert, &mut carl).await;
    // What happens meanwhile is not heard elsewhere.
    carl.say(r#"{"type":"leave"}"#).await;
    hears(&mut bert, &left(carl.id)).await;
    let mut dora = instances[0].enter("words", None).await;
    hears(&mut anna, &joined(dora.id)).await;
    signals(&mut anna, &mut dora).await;

    broker.begin_again();
    for instance in &instances {
        instance.becomes_ready().await;
    }
    for peer in [&mut anna, &mut dora] {
        hears(peer, &left(carl.id)).await;
    }
    let told = format!(r#"{{"type":"joined","peer":{},"offer":true}}"#, dora.id.0);
    hears(&mut bert, &told).await;
    signals(&mut bert, &mut dora).await;
    signals(&mut dora, &mut bert).await;
    // Nobody else was said to have gone or come.
    signals(&mut anna, &mut bert).await;
}

#[tokio::test]
async fn a_server_begins_without_its_broker_and_is_ready_once_that_comes() {
    let mut broker = Broker::start(&["--user", "ann", "--pass", "se:cr@et"]);
    broker.kill();
    let bus = format!("nats://ann:se%3Acr%40et@{}", broker.address);
    let instances = [Instance::begin(&bus), Instance::begin(&bus)];
    assert!(!instances[0].is_ready().await);
    // Peers come all the same.
    let mut anna = instances[0].enter("words", None).await;
    broker.begin_again();
    for instance in &instances {
        instance.becomes_ready().await;
    }
    let mut bert = instances[1].enter("words", None).await;
    assert_eq!(bert.others, [anna.id]);
    hears(&mut anna, &joined(bert.id)).await;
    signals(&mut bert, &mut anna).await;
}

#[test]
fn what_is_no_bus_is_said_and_a_password_is_not() {
    for bus in ["localhost:4222", "redis://localhost", "nats://"] {
        let output = program().args(["--bus", bus]).output().expect("it runs");
        assert_eq!(output.status.code(), Some(2), "{bus}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("a bus is one or more URLs"), "{said}");
    }
    let mut help = program();
    help.arg("--help").env("SIGNALING_SERVER_BUS", "nats://ann:hunter2@one");
    let help = help.output().expect("it runs");
    assert!(!String::from_utf8_lossy(&help.stdout).contains("hunter2"));
}
