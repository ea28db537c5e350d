//! A websocket on a stream of tokio, for whoever polls it: tungstenite's protocol (RFC 6455), and what
//! lies between the two.
//!
//! tokio-tungstenite lies there too, for one task that reads and another that writes, and keeps a waker
//! for either. Here a socket is polled on behalf of one task, whoever does it.

use std::future::poll_fn;
use std::io::{self, ErrorKind, Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tungstenite::protocol::{Role, WebSocketConfig, WebSocketContext};
use tungstenite::{Error, Message};

use crate::protocol::MESSAGE_BYTES_MAX;

/// The server's end of a websocket, after the handshake.
#[derive(Debug)]
pub(super) struct WebSocket<S> {
    protocol: WebSocketContext,
    stream: S,
}

/// A stream while a task polls it, as one that says `WouldBlock`.
struct Polled<'a, 'b, S> {
    stream: Pin<&'a mut S>,
    context: &'a mut Context<'b>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> WebSocket<S> {
    /// On a stream of which so much was read already.
    pub(super) fn new(stream: S, read: Vec<u8>) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(0)
            .max_write_buffer_size(WRITE_BUFFER_BYTES_MAX)
            .max_message_size(Some(MESSAGE_BYTES_MAX))
            .max_frame_size(Some(MESSAGE_BYTES_MAX));
        let protocol = WebSocketContext::from_partially_read(read, Role::Server, Some(config));
        Self { protocol, stream }
    }

    /// The next message. A ping is answered besides.
    pub(super) fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<Result<Message, Error>> {
        let Self { protocol, stream } = self;
        poll_of(protocol.read(&mut Polled { stream: Pin::new(stream), context }))
    }

    /// Writes a message, once the one before is written; pending if the peer does not take all of it yet,
    /// in which case [`WebSocket::poll_flush`] goes on.
    pub(super) fn write(
        &mut self,
        context: &mut Context<'_>,
        message: Message,
    ) -> Poll<Result<(), Error>> {
        let Self { protocol, stream } = self;
        let written = protocol.write(&mut Polled { stream: Pin::new(stream), context }, message);
        ready!(poll_of(written))?;
        self.poll_flush(context)
    }

    /// Goes on with what was written so far.
    pub(super) fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let Self { protocol, stream } = self;
        poll_of(protocol.flush(&mut Polled { stream: Pin::new(stream), context }))
    }

    /// As [`WebSocket::poll_read`].
    pub(super) async fn read(&mut self) -> Result<Message, Error> {
        poll_fn(|context| self.poll_read(context)).await
    }

    /// Writes all of what was begun, and a message after it.
    pub(super) async fn send(&mut self, message: Message) -> Result<(), Error> {
        poll_fn(|context| self.poll_flush(context)).await?;
        let mut message = Some(message);
        poll_fn(|context| match message.take() {
            Some(message) => self.write(context, message),
            None => self.poll_flush(context),
        })
        .await
    }
}

fn poll_of<T>(result: Result<T, Error>) -> Poll<Result<T, Error>> {
    match result {
        Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => Poll::Pending,
        result => Poll::Ready(result),
    }
}

fn result_of<T>(poll: Poll<io::Result<T>>) -> io::Result<T> {
    match poll {
        Poll::Ready(result) => result,
        Poll::Pending => Err(ErrorKind::WouldBlock.into()),
    }
}

impl<S: AsyncRead> Read for Polled<'_, '_, S> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let mut bytes = ReadBuf::new(bytes);
        result_of(self.stream.as_mut().poll_read(self.context, &mut bytes))?;
        Ok(bytes.filled().len())
    }
}

impl<S: AsyncWrite> Write for Polled<'_, '_, S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        result_of(self.stream.as_mut().poll_write(self.context, bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        result_of(self.stream.as_mut().poll_flush(self.context))
    }
}

/// tungstenite would take 128 KiB a socket at once, and clear them before every read.
const READ_BUFFER_BYTES: usize = 2 * 1024;

/// Room for one message and the pongs behind it. Nothing is put there while it is not empty,
/// except pongs, and those wait when it is full.
const WRITE_BUFFER_BYTES_MAX: usize = 4 * MESSAGE_BYTES_MAX;
