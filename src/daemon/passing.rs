//! Bytes over the daemon's socket, and a terminal's descriptors beside them.

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};
use tokio::io::Interest;
use tokio::net::UnixStream;

/// Whether the same person is at the other end.
pub(super) fn is_own(stream: &UnixStream) -> bool {
    let own = rustix::process::geteuid().as_raw();
    stream.peer_cred().is_ok_and(|other| other.uid() == own)
}

/// Sends as many of these bytes as are taken, with these descriptors; how many those were.
pub(super) async fn send(
    stream: &UnixStream,
    bytes: &[u8],
    descriptors: &[BorrowedFd<'_>; DESCRIPTORS_MAX],
) -> io::Result<usize> {
    let sent = stream.async_io(Interest::WRITABLE, || {
        let mut space = [MaybeUninit::uninit(); SPACE];
        let mut beside = SendAncillaryBuffer::new(&mut space);
        beside.push(SendAncillaryMessage::ScmRights(descriptors));
        Ok(sendmsg(stream, &[IoSlice::new(bytes)], &mut beside, SendFlags::empty())?)
    });
    sent.await
}

/// Receives what has come; 0 bytes at the end. Descriptors that come beside it take the place of
/// those that came before. Cancel-safe.
pub(super) async fn receive(
    stream: &UnixStream,
    bytes: &mut [u8],
    descriptors: &mut Vec<OwnedFd>,
) -> io::Result<usize> {
    let received = stream.async_io(Interest::READABLE, || {
        // The system closes what there is no space for.
        let mut space = [MaybeUninit::uninit(); SPACE];
        let mut beside = RecvAncillaryBuffer::new(&mut space);
        let mut bytes = [IoSliceMut::new(bytes)];
        let received = recvmsg(stream, &mut bytes, &mut beside, FLAGS)?;
        for message in beside.drain() {
            if let RecvAncillaryMessage::ScmRights(came) = message {
                *descriptors = came.collect();
            }
        }
        Ok(received.bytes)
    });
    received.await
}

/// No program that is started from here inherits them.
#[cfg(target_os = "linux")]
const FLAGS: RecvFlags = RecvFlags::CMSG_CLOEXEC;
#[cfg(not(target_os = "linux"))]
const FLAGS: RecvFlags = RecvFlags::empty();
/// What a terminal is read by, and what it is written to.
pub(super) const DESCRIPTORS_MAX: usize = 2;
const SPACE: usize = rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX));
