//! From nothing to two open data channels and a hello each way, beside the library as it comes.

use crate::world::{Pair, runtime};
use crate::{median, row};
use async_trait::async_trait;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use webrtc::data_channel::{DataChannelEvent, RTCDataChannelInit};
use webrtc::peer_connection::{
    PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCConfigurationBuilder,
    RTCIceCandidateInit, RTCPeerConnectionIceEvent,
};

const ROUNDS: usize = 15;
const BARE_ROUNDS: usize = 5;

pub fn run() {
    let runtime = runtime();
    let folder = tempfile::tempdir().expect("a folder");
    let ours = (0..ROUNDS).map(|_| {
        runtime.block_on(async {
            let (pair, took) = Pair::connect(folder.path()).await;
            pair.close().await;
            took
        })
    });
    let ours = median(ours.collect());
    let bare = median((0..BARE_ROUNDS).map(|_| runtime.block_on(bare())).collect());
    let idle = runtime.block_on(idle_wakeups(folder.path()));
    row("peersnap, loopback (promised: 60 ms)", &format!("{:.0} ms", ours.as_secs_f64() * 1e3));
    row(
        "the same library with its own runtime and settings",
        &format!("{:.0} ms", bare.as_secs_f64() * 1e3),
    );
    row("ratio", &format!("{:.2}", ours.as_secs_f64() / bare.as_secs_f64()));
    let idle = idle.map_or("not told here".to_owned(), |idle| format!("{idle:.0} a second"));
    row("wake-ups of two idle peers", &idle);
}

/// How often a second two idle peers wake, together. ICE keeps a connection alive each 500 ms:
/// from both sides that is 8 packets sent or received a second, with a timer each.
async fn idle_wakeups(folder: &Path) -> Option<f64> {
    const SPAN: Duration = Duration::from_secs(5);
    let (pair, _) = Pair::connect(folder).await;
    // The route is asked for once; then there is nothing left to do.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let before = context_switches()?;
    tokio::time::sleep(SPAN).await;
    let switches = context_switches()? - before;
    pair.close().await;
    Some(switches as f64 / SPAN.as_secs_f64())
}

/// How often threads of this process have gone to sleep, where the system tells.
fn context_switches() -> Option<u64> {
    let tasks = std::fs::read_dir("/proc/self/task").ok()?;
    let of_one = |task: std::io::Result<std::fs::DirEntry>| -> Option<u64> {
        let status = std::fs::read_to_string(task.ok()?.path().join("status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?;
        line.trim().parse().ok()
    };
    Some(tasks.filter_map(of_one).sum())
}

struct Forward(mpsc::Sender<RTCIceCandidateInit>);

#[async_trait]
impl PeerConnectionEventHandler for Forward {
    async fn on_ice_candidate(&self, event: RTCPeerConnectionIceEvent) {
        if let Ok(candidate) = event.candidate.to_json() {
            self.0.try_send(candidate).expect("room");
        }
    }
}

/// Two connections of the library, nothing set but a loopback address.
async fn bare() -> Duration {
    let begun = Instant::now();
    let (first, mut from_first) = bare_peer().await;
    let (second, mut from_second) = bare_peer().await;
    let init = || Some(RTCDataChannelInit { negotiated: Some(0), ..RTCDataChannelInit::default() });
    let channels = [
        first.create_data_channel("bench", init()).await.expect("a channel"),
        second.create_data_channel("bench", init()).await.expect("a channel"),
    ];
    let offer = first.create_offer(None).await.expect("an offer");
    first.set_local_description(offer.clone()).await.expect("set");
    second.set_remote_description(offer).await.expect("set");
    let answer = second.create_answer(None).await.expect("an answer");
    second.set_local_description(answer.clone()).await.expect("set");
    first.set_remote_description(answer).await.expect("set");
    let (to_first, to_second) = (first.clone(), second.clone());
    let carry = tokio::spawn(async move {
        loop {
            tokio::select! {
                Some(c) = from_first.recv() => to_second.add_ice_candidate(c).await.expect("added"),
                Some(c) = from_second.recv() => to_first.add_ice_candidate(c).await.expect("added"),
                else => return,
            }
        }
    });
    for channel in channels {
        while !matches!(channel.poll().await.expect("an event"), DataChannelEvent::OnOpen) {}
    }
    let took = begun.elapsed();
    carry.abort();
    first.close().await.expect("closed");
    second.close().await.expect("closed");
    took
}

async fn bare_peer() -> (Arc<dyn PeerConnection>, mpsc::Receiver<RTCIceCandidateInit>) {
    let (sender, candidates) = mpsc::channel(64);
    let building = PeerConnectionBuilder::new()
        .with_configuration(RTCConfigurationBuilder::new().build())
        .with_handler(Arc::new(Forward(sender)))
        .with_udp_addrs(vec!["127.0.0.1:0"])
        .build();
    let connection = Box::pin(building).await.expect("a connection");
    (Arc::new(connection), candidates)
}
