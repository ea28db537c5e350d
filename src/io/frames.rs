//! Frames on their way between the signaling socket and the tunnels of remote peers.
//!
//! The socket takes what goes out and hands over what comes; each tunnel sends, and hears its own. Neither
//! knows the other, and nothing of a frame but its number is looked at here.

use crate::tunnel::{Number, number_of};
use bytes::Bytes;
use signaling_server::protocol::{Frame, PeerId};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc;

/// What carries them, as long as this peer is in one room.
#[derive(Debug, Clone)]
pub struct Frames {
    out: mpsc::Sender<(PeerId, Vec<u8>)>,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// Whether the server carries frames, and is there.
    carries: AtomicBool,
    tunnels: Mutex<HashMap<(PeerId, Number), mpsc::Sender<Bytes>>>,
}

impl Frames {
    /// Nothing is carried yet. What is to be sent comes out of the receiver.
    pub fn new() -> (Self, mpsc::Receiver<(PeerId, Vec<u8>)>) {
        let (out, outgoing) = mpsc::channel(OUT_MAX);
        (Self { out, shared: Arc::default() }, outgoing)
    }

    /// Whether the server carries frames.
    pub fn are_carried(&self) -> bool {
        self.shared.carries.load(Ordering::Relaxed)
    }

    /// What comes of that tunnel from now on. It ends when the server, or the remote peer, is lost.
    pub fn listen(&self, peer: PeerId, number: Number) -> mpsc::Receiver<Bytes> {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        let mut tunnels = self.lock();
        tunnels.retain(|_, tunnel| !tunnel.is_closed());
        // Without the server there is nobody to be heard.
        if self.are_carried() {
            tunnels.insert((peer, number), sender);
        }
        receiver
    }

    /// Sends a frame as soon as the line takes it.
    pub async fn send(&self, peer: PeerId, frame: Vec<u8>) {
        // What sends them ends with the program.
        let _ = self.out.send((peer, frame)).await;
    }

    /// This peer is in the room of a server that carries frames, or does not.
    pub fn begin(&self, carries: bool) {
        self.shared.carries.store(carries, Ordering::Relaxed);
    }

    /// Hands a message of the server to the tunnel it is for. One that does not keep up is ended: the
    /// other side has sent more than it may.
    pub fn hear(&self, message: &[u8]) {
        let Some(Frame { peer, data }) = Frame::parse(message) else { return };
        let Some(number) = number_of(data) else { return };
        let mut tunnels = self.lock();
        let Some(tunnel) = tunnels.get(&(peer, number)) else { return };
        if tunnel.try_send(Bytes::copy_from_slice(data)).is_err() {
            tunnels.remove(&(peer, number));
        }
    }

    /// The server does not reach that peer any more.
    pub fn lose(&self, peer: PeerId) {
        self.lock().retain(|(of, _), _| *of != peer);
    }

    /// The server is lost.
    pub fn end(&self) {
        let mut tunnels = self.lock();
        self.begin(false);
        tunnels.clear();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(PeerId, Number), mpsc::Sender<Bytes>>> {
        self.shared.tunnels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A few, so that signals are not long behind them.
const OUT_MAX: usize = 4;
/// More than a tunnel may have under way, with what acknowledges it.
const WAITING_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    const BEN: PeerId = PeerId(2);

    fn message(peer: PeerId, number: u8) -> Vec<u8> {
        Frame { peer, data: &[0, 0, 0, number, 9] }.encode()
    }

    #[test]
    fn each_tunnel_hears_its_own_until_its_peer_or_the_server_is_lost() {
        let (frames, _outgoing) = Frames::new();
        assert!(frames.listen(BEN, Number(1)).try_recv().is_err(), "no server");
        frames.begin(true);
        let mut one = frames.listen(BEN, Number(1));
        let mut other = frames.listen(PeerId(3), Number(1));
        frames.hear(&message(BEN, 1));
        frames.hear(&message(BEN, 2));
        frames.hear(b"short");
        assert_eq!(one.try_recv(), Ok(Bytes::from_static(&[0, 0, 0, 1, 9])));
        assert_eq!(one.try_recv(), Err(mpsc::error::TryRecvError::Empty));
        frames.lose(BEN);
        assert_eq!(one.try_recv(), Err(mpsc::error::TryRecvError::Disconnected));
        assert_eq!(other.try_recv(), Err(mpsc::error::TryRecvError::Empty));
        frames.end();
        assert_eq!(other.try_recv(), Err(mpsc::error::TryRecvError::Disconnected));
        assert!(!frames.are_carried());
    }

    #[test]
    fn more_than_a_tunnel_may_have_under_way_ends_it() {
        let (frames, _outgoing) = Frames::new();
        frames.begin(true);
        let mut tunnel = frames.listen(BEN, Number(1));
        for _ in 0..=WAITING_MAX {
            frames.hear(&message(BEN, 1));
        }
        let heard = std::iter::from_fn(|| tunnel.try_recv().ok()).count();
        assert_eq!(heard, WAITING_MAX);
        assert_eq!(tunnel.try_recv(), Err(mpsc::error::TryRecvError::Disconnected));
    }
}
