//! A socket for QUIC that sends by itself, and is handed what comes.

use super::super::traffic::Traffic;
use super::demux::{Datagrams, Path};
use bytes::Buf;
use quinn::udp::{RecvMeta, Transmit};
use quinn::{AsyncUdpSocket, Runtime, TokioRuntime, UdpPoller};
use std::io::{self, IoSliceMut};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use tokio::sync::mpsc;

/// See [`Demux`](super::demux::Demux), which hands it what comes.
#[derive(Debug)]
pub struct Socket {
    sending: Arc<dyn AsyncUdpSocket>,
    remote: SocketAddr,
    /// How many packets go out at once at most.
    segments: usize,
    traffic: Arc<Traffic>,
    coming: Mutex<Coming>,
}

#[derive(Debug)]
struct Coming {
    datagrams: mpsc::Receiver<Datagrams>,
    /// What of the last ones did not fit.
    rest: Option<Datagrams>,
}

impl Socket {
    /// To the other end of this path, by packets of so many bytes at most. What goes over it is counted.
    pub fn new(path: Path, packet: u16, traffic: Arc<Traffic>) -> io::Result<Self> {
        let sending = TokioRuntime.wrap_udp_socket(path.socket)?;
        let segments = sending.max_transmit_segments().min(SEND_BYTES_MAX / usize::from(packet));
        let coming = Mutex::new(Coming { datagrams: path.datagrams, rest: None });
        Ok(Self { sending, remote: path.remote, segments, traffic, coming })
    }
}

impl AsyncUdpSocket for Socket {
    fn create_io_poller(self: Arc<Self>) -> Pin<Box<dyn UdpPoller>> {
        self.sending.clone().create_io_poller()
    }

    fn try_send(&self, transmit: &Transmit<'_>) -> io::Result<()> {
        self.sending.try_send(transmit)?;
        self.traffic.send(transmit.contents.len());
        Ok(())
    }

    fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        let mut coming = self.coming.lock().unwrap_or_else(PoisonError::into_inner);
        let most = bufs.len().min(meta.len());
        let mut filled = 0;
        while filled < most {
            let next = match coming.rest.take() {
                Some(rest) => Poll::Ready(Some(rest)),
                None => coming.datagrams.poll_recv(cx),
            };
            let mut datagrams = match next {
                Poll::Ready(Some(datagrams)) => datagrams,
                _ if filled > 0 => break,
                Poll::Ready(None) => return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
                Poll::Pending => return Poll::Pending,
            };
            let size = datagrams.size.min(datagrams.bytes.len());
            // One that is too long for a buffer is not QUIC's: it is cut, and opens for nobody.
            let fits = size.min(bufs[filled].len());
            self.traffic.receive(size);
            bufs[filled][..fits].copy_from_slice(&datagrams.bytes[..fits]);
            let mut told = RecvMeta::default();
            (told.addr, told.len, told.stride) = (self.remote, fits, fits);
            meta[filled] = told;
            filled += 1;
            datagrams.bytes.advance(size);
            coming.rest = (!datagrams.bytes.is_empty()).then_some(datagrams);
        }
        Poll::Ready(Ok(filled))
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.sending.local_addr()
    }

    fn max_transmit_segments(&self) -> usize {
        self.segments
    }

    fn may_fragment(&self) -> bool {
        self.sending.may_fragment()
    }
}

/// What is handed to the system at once: no more than one datagram of IPv4 has (RFC 768).
const SEND_BYTES_MAX: usize = 65_507;
