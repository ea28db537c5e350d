//! The way to one socket, and what waits to be sent there, bounded in messages and in bytes.
//!
//! Whoever has a message for a peer writes it there and then, if nothing waits before it and the peer
//! takes it: so the socket's own task need not be woken for it. Otherwise the message waits until that
//! task has a turn. A peer that doesn't read fills its outbox up: then what waited is let go at once,
//! and its task hears to close.
//!
//! That it fills up must not mean only that its task had no turn yet, as after a burst. So whoever
//! filled half of it lets its own peer wait until there is room again, unless a write is stuck:
//! for a peer that doesn't read nobody waits.

mod backlog;

use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Notify;
use tokio::task::coop::has_budget_remaining;
use tungstenite::{Error, Message};

pub(super) use backlog::{Added, Cause, Limits, Queues};
use backlog::{Backlog, Flow, Next};

use super::metrics::Metrics;
use super::tls::Stream;
use super::websocket::WebSocket;

/// A socket, and a queue of messages for it, or the reason why there will be none any more.
#[derive(Debug)]
pub(super) struct Outbox<S = Stream> {
    /// Until its task takes it back to close it. Of the two locks this comes first; it is held for a
    /// read or a write.
    wire: Mutex<Option<Wire<S>>>,
    inner: Mutex<Inner>,
    /// For those who wait for room.
    eased: Notify,
    metrics: Arc<Metrics>,
}

/// Why a socket is to be closed.
#[derive(Debug)]
pub(super) enum Over {
    /// A read or a write failed, or the peer is gone.
    Failed(Error),
    /// From elsewhere in the server.
    Called(Cause),
}

#[derive(Debug)]
struct Wire<S> {
    socket: WebSocket<S>,
    /// The socket's own task, which goes on with what others began to write.
    owner: Waker,
}

#[derive(Debug)]
struct Inner {
    backlog: Backlog,
    /// The socket's own task, while it waits.
    owner: Option<Waker>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Outbox<S> {
    pub(super) fn new(socket: WebSocket<S>, limits: Queues, metrics: Arc<Metrics>) -> Self {
        Self {
            wire: Mutex::new(Some(Wire { socket, owner: Waker::noop().clone() })),
            inner: Mutex::new(Inner { backlog: Backlog::new(limits), owner: None }),
            eased: Notify::new(),
            metrics,
        }
    }

    /// Writes a message, or lets it wait if it can't be written at once.
    pub(super) fn send(&self, message: Message) -> Added {
        if has_budget_remaining()
            && let Ok(mut wire) = self.wire.try_lock()
            && let Some(wire) = &mut *wire
            && self.inner().backlog.is_clear()
        {
            if self.write(wire, message).is_ok() {
                return Added::Fine;
            }
            self.end(Cause::Lost);
            return Added::Ended;
        }
        self.push(message)
    }

    /// Lets a message wait; one too many ends the outbox. Takes no longer than a moment.
    pub(super) fn push(&self, message: Message) -> Added {
        let added = self.change(|backlog| backlog.add(message));
        if added == Added::Ended {
            self.eased.notify_waiters();
        }
        added
    }

    /// Ends the outbox, unless it has ended; what waited is let go.
    pub(super) fn end(&self, cause: Cause) {
        self.change(|backlog| backlog.end(cause));
        self.eased.notify_waiters();
    }

    /// Whether anything is still sent.
    pub(super) fn is_open(&self) -> bool {
        self.inner().backlog.is_open()
    }

    /// Resolves when the outbox isn't crowded. For any number of tasks.
    pub(super) async fn eased(&self) {
        loop {
            // Made before the look, so that no change is missed in between.
            let eased = self.eased.notified();
            if !self.inner().backlog.is_crowded() {
                return;
            }
            eased.await;
        }
    }

    /// Sends all that waits, until the peer says something, if it is to be read; nothing is while a
    /// write is stuck. For the socket's task alone.
    pub(super) async fn exchange(&self, reads: bool) -> Result<Message, Over> {
        poll_fn(|context| {
            let mut wire = self.wire();
            // Without a socket there is nothing to wait for either.
            let Some(wire) = &mut *wire else { return Poll::Ready(Err(Over::Called(Cause::Gone))) };
            wire.owner.clone_from(context.waker());
            if let Poll::Ready(over) = self.poll_write(context, wire) {
                return Poll::Ready(Err(over));
            }
            if !reads || self.is_stuck() {
                return Poll::Pending;
            }
            wire.socket.poll_read(context).map_err(Over::Failed)
        })
        .await
    }

    /// The socket, with which nothing more is done here; what waits can be taken still.
    pub(super) fn take_socket(&self) -> Option<WebSocket<S>> {
        self.wire().take().map(|it| it.socket)
    }

    /// The next message, if there is one.
    pub(super) fn take(&self) -> Option<Message> {
        self.inner().backlog.take()
    }

    /// Sends all that waits; ready once there is a reason to close.
    fn poll_write(&self, context: &mut Context<'_>, wire: &mut Wire<S>) -> Poll<Over> {
        loop {
            // A turn that is over must not look like a peer that doesn't read.
            if !has_budget_remaining() {
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            let written = match self.next(context) {
                Next::Send(message) => self.write(wire, message),
                Next::GoOn => {
                    let written = ready!(wire.socket.poll_flush(context));
                    self.set_flow(Flow::Free);
                    written
                }
                Next::End(cause) => return Poll::Ready(Over::Called(cause)),
                Next::Nothing => return Poll::Pending,
            };
            if let Err(error) = written {
                return Poll::Ready(Over::Failed(error));
            }
        }
    }

    /// What the socket's task is to do next; it is woken at the next change, unless this is to send.
    fn next(&self, context: &Context<'_>) -> Next {
        let mut inner = self.inner();
        let was_crowded = inner.backlog.is_crowded();
        let next = inner.backlog.next();
        if was_crowded && !inner.backlog.is_crowded() {
            self.eased.notify_waiters();
        }
        if !matches!(next, Next::Send(_)) {
            match &mut inner.owner {
                Some(owner) => owner.clone_from(context.waker()),
                none => *none = Some(context.waker().clone()),
            }
        }
        next
    }

    /// Writes a message, while no write is stuck. The socket's task is woken to go on with what the peer
    /// does not take yet.
    fn write(&self, wire: &mut Wire<S>, message: Message) -> Result<(), Error> {
        self.metrics.said(&message);
        match wire.socket.write(&mut Context::from_waker(&wire.owner), message) {
            Poll::Ready(written) => written,
            Poll::Pending => {
                self.set_flow(Flow::Stuck);
                Ok(())
            }
        }
    }

    /// Whether a write waits for the peer to read.
    fn is_stuck(&self) -> bool {
        self.inner().backlog.is_stuck()
    }

    fn set_flow(&self, flow: Flow) {
        self.inner().backlog.set_flow(flow);
        self.eased.notify_waiters();
    }

    /// Makes a change, and wakes the socket's task.
    fn change<T>(&self, change: impl FnOnce(&mut Backlog) -> T) -> T {
        let mut inner = self.inner();
        let (changed, owner) = (change(&mut inner.backlog), inner.owner.take());
        drop(inner);
        if let Some(owner) = owner {
            owner.wake();
        }
        changed
    }

    /// A panic in a read or a write leaves a socket that is as good as any other broken one.
    fn wire(&self) -> MutexGuard<'_, Option<Wire<S>>> {
        self.wire.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every change is made whole under the lock, so a panic elsewhere spoils nothing.
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt, SinkExt, StreamExt};
    use tokio::io::{DuplexStream, duplex};
    use tokio::task::yield_now;
    use tungstenite::protocol::Role;

    use super::*;

    const LIMITS: Queues = Queues {
        texts: Limits { messages_max: 3, bytes_max: 100_000 },
        frames: Limits { messages_max: 3, bytes_max: 100_000 },
    };

    /// What a peer's line holds while the peer does not read.
    const LINE_BYTES: usize = 1000;

    type Peer = tokio_tungstenite::WebSocketStream<DuplexStream>;

    async fn connected() -> (Outbox<DuplexStream>, Peer) {
        connected_with(LIMITS).await
    }

    async fn connected_with(limits: Queues) -> (Outbox<DuplexStream>, Peer) {
        let (here, there) = duplex(LINE_BYTES);
        let socket = WebSocket::new(here, Vec::new());
        let peer = Peer::from_raw_socket(there, Role::Client, None).await;
        (Outbox::new(socket, limits, Arc::new(Metrics::new())), peer)
    }

    async fn heard(peer: &mut Peer) -> Message {
        peer.next().await.expect("a line").expect("a message")
    }

    fn long(letter: &str) -> Message {
        Message::text(letter.repeat(3 * LINE_BYTES))
    }

    #[tokio::test]
    async fn a_message_is_written_without_a_turn_of_the_task() {
        let (outbox, mut peer) = connected().await;
        assert_eq!(outbox.send("a".into()), Added::Fine);
        assert_eq!(heard(&mut peer).await, "a".into());
    }

    #[tokio::test]
    async fn what_waits_goes_first() {
        let (outbox, mut peer) = connected().await;
        outbox.push("a".into());
        outbox.send("b".into());
        tokio::select! {
            over = outbox.exchange(true) => panic!("{over:?}"),
            first = heard(&mut peer) => assert_eq!(first, "a".into()),
        }
        assert_eq!(heard(&mut peer).await, "b".into());
    }

    #[tokio::test]
    async fn a_write_that_another_began_is_gone_on_with_by_the_task() {
        let (outbox, mut peer) = connected().await;
        let task = async { outbox.exchange(true).await };
        let others = async {
            // The task waits by now.
            yield_now().await;
            assert_eq!(outbox.send(long("a")), Added::Fine);
            assert!(outbox.is_stuck());
            outbox.send(long("b"));
            assert_eq!(heard(&mut peer).await, long("a"));
            assert_eq!(heard(&mut peer).await, long("b"));
            assert!(!outbox.is_stuck());
        };
        tokio::select! {
            over = task => panic!("{over:?}"),
            () = others => {}
        }
    }

    #[tokio::test]
    async fn a_peer_is_not_read_while_it_does_not_read() {
        let (outbox, mut peer) = connected().await;
        outbox.send(long("a"));
        peer.send("hey".into()).await.expect("a line");
        assert!(outbox.exchange(true).now_or_never().is_none());
        let (said, first) = tokio::join!(outbox.exchange(true), heard(&mut peer));
        assert_eq!(first, long("a"));
        assert_eq!(said.expect("a message"), "hey".into());
    }

    #[tokio::test]
    async fn a_failed_write_ends_it() {
        let (outbox, peer) = connected().await;
        drop(peer);
        assert_eq!(outbox.send("a".into()), Added::Ended);
        assert!(!outbox.is_open());
        assert!(matches!(outbox.exchange(true).await, Err(Over::Called(Cause::Lost))));
    }

    #[tokio::test]
    async fn a_socket_that_was_taken_back_is_written_to_no_more() {
        let (outbox, _peer) = connected().await;
        assert!(outbox.take_socket().is_some());
        outbox.send("a".into());
        assert_eq!(outbox.take(), Some("a".into()));
        assert!(outbox.take_socket().is_none());
    }

    #[tokio::test]
    async fn those_who_wait_for_room_hear_of_it_and_of_an_end() {
        for ends in [false, true] {
            let (outbox, _peer) = connected().await;
            outbox.push("a".into());
            assert_eq!(outbox.push("a".into()), Added::Crowds);
            tokio::join!(outbox.eased(), outbox.eased(), async {
                if ends {
                    outbox.end(Cause::Gone);
                }
                let over = outbox.exchange(true).now_or_never();
                assert_eq!(over.is_some(), ends);
            });
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn each_of_many_who_send_at_once_is_heard_in_its_order() {
        const SENDERS: usize = 4;
        const MESSAGES: usize = 2000;
        let many = Limits { messages_max: 100, bytes_max: 100_000 };
        let (outbox, mut peer) = connected_with(Queues { texts: many, ..LIMITS }).await;
        let outbox = Arc::new(outbox);
        let owner = tokio::spawn({
            let outbox = Arc::clone(&outbox);
            async move { outbox.exchange(true).await }
        });
        for sender in 0..SENDERS {
            let outbox = Arc::clone(&outbox);
            tokio::spawn(async move {
                for n in 0..MESSAGES {
                    // All at once may add one each, which is fewer than half of what may wait.
                    while outbox.is_stuck() || outbox.inner().backlog.is_crowded() {
                        yield_now().await;
                    }
                    outbox.send(Message::text(format!("{sender} {n}")));
                }
            });
        }
        let mut next = [0; SENDERS];
        for _ in 0..SENDERS * MESSAGES {
            let text = heard(&mut peer).await.into_text().expect("a text");
            let (sender, n) = text.split_once(' ').expect("two numbers");
            let next = &mut next[sender.parse::<usize>().expect("a number")];
            assert_eq!(n, next.to_string());
            *next += 1;
        }
        assert!(outbox.is_open());
        owner.abort();
    }

    #[tokio::test]
    async fn an_end_is_heard_by_a_task_that_waits() {
        let (outbox, _peer) = connected().await;
        let (over, ()) =
            tokio::join!(outbox.exchange(true), async { outbox.end(Cause::Superseded) });
        assert!(matches!(over, Err(Over::Called(Cause::Superseded))));
    }
}
