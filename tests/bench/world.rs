//! Two peers of this process, whose signals are carried by hand.

use peersnap::app::event::{Event, PeerEvent};
use peersnap::app::{ConnectionId, Content, ItemId};
use peersnap::io::frames::Frames;
use peersnap::io::peer::{Command, Peer, Setup};
use peersnap::io::storage::Library;
use peersnap::negotiation::Role;
use peersnap::seal::words::RANDOM_BYTES;
use peersnap::seal::{Identity, Member, RoomKeys, RoomWords};
use peersnap::text::SafeText;
use peersnap::transfer::{Direction, End, Limits, Proposal};
use signaling_server::protocol::PeerId;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use zeroize::Zeroizing;

/// Two peers with a connection between them.
pub struct Pair {
    peers: [Arc<Peer>; 2],
    events: mpsc::Receiver<(usize, PeerEvent)>,
    cancel: CancellationToken,
    tasks: TaskTracker,
}

impl Pair {
    /// Connects two peers, and says how long it took.
    pub async fn connect(folder: &Path) -> (Self, Duration) {
        let (cancel, tasks) = (CancellationToken::new(), TaskTracker::new());
        let (forward, events) = mpsc::channel(1024);
        let begun = Instant::now();
        let peers = [0, 1].map(|at| {
            let (sender, receiver) = mpsc::channel(1024);
            let setup = Setup {
                connection: ConnectionId(at),
                local: PeerId(at),
                remote: PeerId(1 - at),
                role: if at == 0 { Role::Answerer } else { Role::Offerer },
                member: member(at),
                limits: Limits::default(),
                ice_servers: Vec::new(),
                library: Library::default(),
                folder: folder.to_owned(),
                frames: Frames::new().0,
                events: sender,
                tasks: tasks.clone(),
                cancel: cancel.clone(),
            };
            (Arc::new(Peer::spawn(setup)), receiver)
        });
        let [(first, mut from_first), (second, mut from_second)] = peers;
        let others = [second.clone(), first.clone()];
        for (at, other) in others.into_iter().enumerate() {
            let forward = forward.clone();
            let mut from = std::mem::replace(
                if at == 0 { &mut from_first } else { &mut from_second },
                mpsc::channel(1).1,
            );
            tokio::spawn(async move {
                while let Some(Event::Peer { event, .. }) = from.recv().await {
                    match event {
                        PeerEvent::Signal(payload) => other.tell(Command::Signal(payload)),
                        event => {
                            if forward.send((at, event)).await.is_err() {
                                return;
                            }
                        }
                    }
                }
            });
        }
        let mut pair = Self { peers: [first, second], events, cancel, tasks };
        for _ in 0..2 {
            pair.until(|_, event| matches!(event, PeerEvent::Open(_))).await;
        }
        (pair, begun.elapsed())
    }

    /// Sends a file from the first peer to the second; how long until the receipt.
    pub async fn send(&mut self, proposal: Proposal, content: Content) -> Duration {
        let begun = Instant::now();
        self.peers[0].tell(Command::Propose(ItemId(1), proposal, content));
        let end = self
            .until(|at, event| {
                at == 0 && matches!(event, PeerEvent::Ended { direction: Direction::Outgoing, .. })
            })
            .await;
        assert!(matches!(end, PeerEvent::Ended { end: End::Done(_), .. }), "{end:?}");
        begun.elapsed()
    }

    async fn until(&mut self, wanted: impl Fn(usize, &PeerEvent) -> bool) -> PeerEvent {
        loop {
            let (at, event) = self.events.recv().await.expect("both peers are there");
            if let PeerEvent::Proposed { transfer, .. } = event {
                self.peers[at].tell(Command::Accept(transfer));
            } else if wanted(at, &event) {
                return event;
            }
        }
    }

    /// Ends both.
    pub async fn close(self) {
        self.cancel.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// A member of the one room that all benchmarks are in.
fn member(at: u64) -> Arc<Member> {
    static KEYS: OnceLock<RoomKeys> = OnceLock::new();
    let keys = KEYS.get_or_init(|| RoomKeys::derive(&RoomWords::from_random([1; RANDOM_BYTES])));
    let identity = Identity::from_secret(&Zeroizing::new([at as u8; 32]));
    Arc::new(Member { keys: keys.clone(), identity, name: SafeText::new("bench") })
}

/// A runtime like the program's own.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime")
}
