//! A connection's UDP sockets, shared by what WebRTC speaks and by QUIC.
//!
//! Both go from the same addresses to the same addresses, so that the way that ICE has found, through
//! whatever lies between, is QUIC's too. What comes is told apart by its first byte, as RFC 9443
//! describes it: QUIC's is 64 or more, STUN's and DTLS's are less. Which addresses those are is seen
//! from the DTLS packets that come. What comes through a relay is wrapped, so that none is seen then;
//! how many packets of DTLS came is counted there too.

use crate::path::{Packets, Records, unwrapped};
use bytes::{Bytes, BytesMut};
use std::io::{self, IoSliceMut};
use std::net::{SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use tokio::sync::mpsc;
use webrtc::runtime::{AsyncUdpSocket, RecvMeta, Transmit};

/// The sockets of one connection.
#[derive(Debug, Default)]
pub struct Demux {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    sockets: Vec<UdpSocket>,
    path: Option<(SocketNumber, SocketAddr)>,
    quic: Quic,
    records: Records,
}

/// Where QUIC goes.
#[derive(Debug)]
enum Quic {
    /// It may come before this side knows that it will: what does waits here.
    Early(Vec<Datagrams>),
    /// To who speaks it.
    Diverted(mpsc::Sender<Datagrams>),
}

impl Default for Quic {
    fn default() -> Self {
        Self::Early(Vec::new())
    }
}

/// Counted as the sockets were added.
type SocketNumber = usize;

/// Some datagrams of one size, the last of which may be shorter.
#[derive(Debug)]
pub struct Datagrams {
    /// All of them, one behind the other.
    pub bytes: Bytes,
    /// The size of each.
    pub size: usize,
}

/// How the other end is reached directly.
#[derive(Debug)]
pub struct Path {
    /// The same socket once more, to send from.
    pub socket: UdpSocket,
    /// The other end's address.
    pub remote: SocketAddr,
    /// What comes of QUIC from there.
    pub datagrams: mpsc::Receiver<Datagrams>,
}

impl Demux {
    /// One more socket: `clone` is the one that `inner` has.
    pub fn add(
        self: &Arc<Self>,
        clone: UdpSocket,
        inner: Arc<dyn AsyncUdpSocket>,
    ) -> Arc<dyn AsyncUdpSocket> {
        let mut state = self.lock();
        state.sockets.push(clone);
        let number = state.sockets.len() - 1;
        drop(state);
        Arc::new(Shared { demux: self.clone(), number, inner })
    }

    /// Where what the other end says comes from, unless it comes through a relay of this side's.
    pub fn remote(&self) -> Option<SocketAddr> {
        self.lock().path.map(|(_, remote)| remote)
    }

    /// What became of the packets of DTLS for this side, as far as any came.
    pub fn packets(&self) -> Option<Packets> {
        self.lock().records.packets()
    }

    /// The direct way to the other end, if there is one, and what of QUIC comes on it.
    pub fn divert(&self) -> Option<Path> {
        let mut state = self.lock();
        let (number, remote) = state.path?;
        let socket = state.sockets.get(number)?.try_clone();
        let socket = socket.inspect_err(|error| tracing::debug!(%error, "no socket")).ok()?;
        let (sender, datagrams) = mpsc::channel(DATAGRAMS_MAX);
        if let Quic::Early(early) =
            std::mem::replace(&mut state.quic, Quic::Diverted(sender.clone()))
        {
            for datagrams in early {
                let _ = sender.try_send(datagrams);
            }
        }
        Some(Path { socket, remote, datagrams })
    }

    /// Takes out what is QUIC of what has come, and counts the rest; how much is left at the buffer's
    /// beginning.
    fn sort(&self, number: SocketNumber, buffer: &mut [u8], meta: &RecvMeta) -> usize {
        let Some(first) = buffer.first() else { return 0 };
        let mut state = self.lock();
        if DTLS.contains(first) {
            state.path = Some((number, meta.addr));
        }
        let is_from_there = state.path.is_some_and(|(_, remote)| remote == meta.addr);
        let mut left = buffer.len();
        if is_from_there {
            let taken;
            (left, taken) = take_quic(buffer, meta.stride);
            if !taken.is_empty() {
                state.quic.hand_over(Datagrams { bytes: taken, size: meta.stride });
            }
        }
        for datagram in buffer[..left].chunks(meta.stride) {
            state.records.take(unwrapped(datagram));
        }
        left
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Quic {
    /// What is too much is lost, as anywhere on the way.
    fn hand_over(&mut self, datagrams: Datagrams) {
        match self {
            Self::Early(early) if early.len() < EARLY_MAX => early.push(datagrams),
            Self::Early(_) => {}
            Self::Diverted(sender) => drop(sender.try_send(datagrams)),
        }
    }
}

/// Moves what is not QUIC to the beginning, and takes out the rest.
fn take_quic(buffer: &mut [u8], size: usize) -> (usize, Bytes) {
    let is_quic = |datagram: &[u8]| datagram.first().is_some_and(|first| *first >= QUIC_FROM);
    if buffer.chunks(size).all(is_quic) {
        return (0, Bytes::copy_from_slice(buffer));
    }
    let (mut left, mut taken, mut at) = (0, BytesMut::new(), 0);
    while at < buffer.len() {
        let end = (at + size).min(buffer.len());
        if is_quic(&buffer[at..end]) {
            taken.extend_from_slice(&buffer[at..end]);
        } else {
            buffer.copy_within(at..end, left);
            left += end - at;
        }
        at = end;
    }
    (left, taken.freeze())
}

/// A socket whose QUIC goes elsewhere.
#[derive(Debug)]
struct Shared {
    demux: Arc<Demux>,
    number: SocketNumber,
    inner: Arc<dyn AsyncUdpSocket>,
}

impl AsyncUdpSocket for Shared {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner.local_addr()
    }

    fn poll_send(&self, cx: &mut Context<'_>, transmit: &Transmit<'_>) -> Poll<io::Result<usize>> {
        self.inner.poll_send(cx, transmit)
    }

    fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        for _ in 0..BURST {
            let (Some(buffer), Some(meta)) = (bufs.get_mut(..1), meta.get_mut(..1)) else {
                return Poll::Ready(Ok(0));
            };
            if ready!(self.inner.poll_recv(cx, buffer, meta))? == 0 {
                return Poll::Ready(Ok(0));
            }
            let (buffer, meta) = (&mut buffer[0], &mut meta[0]);
            let len = meta.len.min(buffer.len());
            let left = self.demux.sort(self.number, &mut buffer[..len], meta);
            if left > 0 || len == 0 {
                meta.len = left;
                return Poll::Ready(Ok(1));
            }
        }
        // Others on this thread have their turn.
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn max_gso_segments(&self) -> usize {
        self.inner.max_gso_segments()
    }

    fn max_gro_segments(&self) -> usize {
        self.inner.max_gro_segments()
    }
}

/// The first bytes of DTLS (RFC 7983).
const DTLS: std::ops::RangeInclusive<u8> = 20..=63;
/// The first byte of QUIC is no less (RFC 9443).
const QUIC_FROM: u8 = 64;
/// How many times datagrams are taken at once: each at most 64 KiB of them.
const BURST: usize = 16;
/// How many of those may wait.
const DATAGRAMS_MAX: usize = 64;
/// The same before anybody takes them: as many as begin a handshake.
const EARLY_MAX: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_at_once_is_told_apart_and_keeps_its_order() {
        let mut buffer = [22, 1, 64, 2, 200, 3, 63, 4, 65, 5, 23];
        let (left, taken) = take_quic(&mut buffer, 2);
        assert_eq!(buffer[..left], [22, 1, 63, 4, 23]);
        assert_eq!(taken[..], [64, 2, 200, 3, 65, 5]);
        let mut all = [64, 1, 65];
        assert_eq!(take_quic(&mut all, 2), (0, Bytes::from_static(&[64, 1, 65])));
        let mut none = [0, 1, 20];
        assert_eq!(take_quic(&mut none, 2), (3, Bytes::new()));
    }

    #[test]
    fn packets_of_dtls_are_counted_also_those_that_a_relay_has_wrapped() {
        let demux = Demux::default();
        let record =
            |number| [&[23, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, number, 0, 1][..], &[7]].concat();
        let wrapped = |number| [&[0x40, 0, 0, 14][..], &record(number)].concat();
        let sort = |mut came: Vec<u8>, size| {
            let mut meta = RecvMeta::default();
            (meta.addr, meta.len, meta.stride) =
                (SocketAddr::from(([127, 0, 0, 1], 9)), came.len(), size);
            let (before, left) = (came.clone(), demux.sort(0, &mut came, &meta));
            assert_eq!(came[..left], before, "it is handed on as it came");
        };
        sort([wrapped(0), wrapped(1), wrapped(4)].concat(), 18);
        assert_eq!(demux.packets(), Some(Packets { sent: 5, lost: 2 }));
        sort([record(2), record(5)].concat(), 14);
        assert_eq!(demux.packets(), Some(Packets { sent: 6, lost: 1 }));
        assert_eq!(demux.remote().map(|remote| remote.port()), Some(9));
    }

    #[test]
    fn quic_is_taken_out_where_dtls_came_from_and_some_of_it_waits_for_who_wants_it() {
        let demux = Demux::default();
        let [near, other] = [9, 10].map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
        let sort = |first: u8, addr: SocketAddr| {
            let mut meta = RecvMeta::default();
            (meta.addr, meta.len, meta.stride) = (addr, 2, 2);
            demux.sort(0, &mut [first, 0], &meta)
        };
        assert!(demux.divert().is_none(), "nothing is known of the other end");
        assert_eq!(demux.remote(), None);
        assert_eq!(sort(64, near), 2);
        demux.lock().sockets.push(UdpSocket::bind("127.0.0.1:0").expect("a socket"));
        sort(22, near);
        let early = (0..10).map(|number| (sort(65 + number, near), sort(64, other)));
        assert!(early.eq([(0, 2); 10]));
        let mut path = demux.divert().expect("a path");
        assert_eq!(path.remote, near);
        assert_eq!((sort(64, near), sort(64, other), sort(1, near)), (0, 2, 2));
        let mut came = std::iter::from_fn(|| path.datagrams.try_recv().ok());
        let firsts = [(); 5].map(|()| came.next().map(|datagrams| datagrams.bytes[0]));
        assert_eq!(firsts, [65, 66, 67, 68, 64].map(Some), "what came early, and then");
        assert!(came.next().is_none());
    }
}
