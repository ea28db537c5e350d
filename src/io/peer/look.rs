//! A look at a connection: which way ICE has found, and what was counted of it.

use crate::path::{Counts, Hop, PathKind};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use webrtc::peer_connection::{
    PeerConnection, RTCIceCandidate, RTCIceCandidateType, RTCStatsReport, RTCStatsReportEntry,
    StatsSelector,
};

/// What was seen.
#[derive(Debug)]
pub struct Look {
    /// Straight, or over what.
    pub kind: PathKind,
    /// Through whose hands, the nearest first, as far as it is known.
    pub via: Vec<Hop>,
    /// There and back.
    pub round_trip: Option<Duration>,
    /// What was counted since it came about.
    pub counts: Counts,
}

/// At a connection, of whose remote peer it is known which of its addresses are a relay's; `None` before
/// it is reached.
pub async fn look(
    library: &dyn PeerConnection,
    is_relay: impl Fn(&SocketAddr) -> bool,
) -> Option<Look> {
    let pair = library.sctp().await?.transport().ice_transport();
    let pair = pair.get_selected_candidate_pair().await.ok()??;
    let report = library.get_stats(Instant::now(), StatsSelector::None).await;
    let transport = report.transport()?;
    let selected = &transport.selected_candidate_pair_id;
    let seconds =
        report.candidate_pairs().find(|pair| pair.stats.id == *selected)?.current_round_trip_time;
    let (local, remote) = (pair.local(), pair.remote());
    let own = address(local).filter(|_| local.typ == RTCIceCandidateType::Relay);
    // One that was learnt from its packets is told by its address alone.
    let theirs =
        address(remote).filter(|it| remote.typ == RTCIceCandidateType::Relay || is_relay(it));
    let own = own.map(|relayed| Hop::own_relay(url(&report, local), relayed));
    let via: Vec<_> = own.into_iter().chain(theirs.map(Hop::their_relay)).collect();
    let kind = if via.is_empty() { PathKind::Direct } else { PathKind::Relayed };
    Some(Look {
        kind,
        via,
        round_trip: (seconds > 0.0 && seconds < 60.0).then(|| Duration::from_secs_f64(seconds)),
        counts: Counts {
            sent: transport.bytes_sent,
            received: transport.bytes_received,
            ..Counts::default()
        },
    })
}

fn address(candidate: &RTCIceCandidate) -> Option<SocketAddr> {
    Some(SocketAddr::new(candidate.address.parse().ok()?, candidate.port))
}

/// Of which server a candidate of this side was got.
fn url<'a>(report: &'a RTCStatsReport, local: &RTCIceCandidate) -> Option<&'a str> {
    match report.get(&format!("RTCLocalIceCandidate_{}", local.id))? {
        RTCStatsReportEntry::LocalCandidate(candidate) => Some(&candidate.url),
        _ => None,
    }
}
