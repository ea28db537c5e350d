//! A connection's stand-in through the signaling server: drives a [`Session`] of [`crate::tunnel`].
//!
//! Fed by [`Frames`] and by what is to be said; what it hears goes where that of connections goes. It
//! decides neither when it is spoken through nor when it ends: [`super::connections`] does.

use super::connection::{Inlet, Inlets, Notice};
use super::look::Look;
use super::traffic::Traffic;
use crate::io::frames::Frames;
use crate::path::{Counts, PathKind};
use crate::transfer::Room;
use crate::transfer::message::CHUNK_HEADER_BYTES;
use crate::tunnel::{CHUNK_BYTES_MAX, Heard, Keys, Number, Session, Side};
use bytes::{Bytes, BytesMut};
use signaling_server::protocol::PeerId;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;

/// One tunnel. Dropping it ends it, once what was said last is taken: [`Tunnel::close`] waits for that.
pub struct Tunnel {
    /// Messages for the other side.
    pub control_out: mpsc::Sender<String>,
    /// One chunk, each time it has said that there is room.
    pub bulk_out: mpsc::Sender<BytesMut>,
    pings: mpsc::Sender<()>,
    round_trip: Arc<Mutex<Option<Duration>>>,
    traffic: Arc<Traffic>,
    task: JoinHandle<()>,
}

/// Where a tunnel leads.
#[derive(Debug, Clone)]
pub struct Way {
    /// What carries its frames.
    pub frames: Frames,
    /// To whom.
    pub remote: PeerId,
    /// Which of those to it.
    pub number: Number,
}

impl Tunnel {
    /// Opens this side's end. Who has offered sees whether the other one is there: [`Notice::Opened`]
    /// once it is.
    pub fn open(way: Way, keys: &Keys, side: Side, inlet: Inlet, tasks: &TaskTracker) -> Self {
        let (control_out, control) = mpsc::channel(1);
        let (bulk_out, bulk) = mpsc::channel(1);
        let (pings, asked) = mpsc::channel(1);
        let (round_trip, traffic) = (Arc::default(), Arc::<Traffic>::default());
        let coming = way.frames.listen(way.remote, way.number);
        let mut task = Task {
            session: Session::new(way.number, keys),
            way,
            inlet,
            coming,
            control,
            bulk,
            asked,
            heard: None,
            is_proven: false,
            has_asked: false,
            is_closing: false,
            pings: 0,
            pinged: Instant::now(),
            round_trip: Arc::clone(&round_trip),
            traffic: traffic.clone(),
        };
        if side == Side::Offerer {
            task.ping();
        }
        let task = tasks.spawn(task.run());
        Self { control_out, bulk_out, pings, round_trip, traffic, task }
    }

    /// How the remote peer is reached by it, and what was counted; asks again how long that takes.
    pub fn look(&self) -> Look {
        let _ = self.pings.try_send(());
        let round_trip = *self.round_trip.lock().unwrap_or_else(PoisonError::into_inner);
        let (sent, received) = (self.traffic.sent(), self.traffic.received());
        let counts = Counts { sent, received, ..Counts::default() };
        Look { kind: PathKind::Server, via: Vec::new(), round_trip, counts }
    }

    /// Ends it, once what was said is taken or that time is over.
    pub async fn close(self, patience: Duration) {
        let Self { control_out, bulk_out, mut task, .. } = self;
        drop((control_out, bulk_out));
        if tokio::time::timeout(patience, &mut task).await.is_err() {
            task.abort();
        }
    }
}

struct Task {
    session: Session,
    way: Way,
    inlet: Inlet,
    coming: mpsc::Receiver<Bytes>,
    control: mpsc::Receiver<String>,
    bulk: mpsc::Receiver<BytesMut>,
    /// How long the way is, is wanted to be known.
    asked: mpsc::Receiver<()>,
    /// To be handed on.
    heard: Option<Message>,
    /// Whether something was heard.
    is_proven: bool,
    /// For a chunk.
    has_asked: bool,
    is_closing: bool,
    /// How many were sent, and when the last one was.
    pings: u64,
    pinged: Instant,
    round_trip: Arc<Mutex<Option<Duration>>>,
    traffic: Arc<Traffic>,
}

enum Message {
    Control(Bytes),
    Chunk(Bytes),
}

/// How a tunnel ended.
enum Over {
    /// By this side.
    Closed,
    /// By the other one, or because it leads nowhere any more.
    Lost,
}

impl Task {
    async fn run(mut self) {
        // Clones, so that a permit of theirs does not borrow all of this.
        let inlets = self.inlet.all.clone();
        loop {
            self.send_all().await;
            match self.step(&inlets).await {
                None => {}
                Some(Over::Closed) => return,
                Some(Over::Lost) => {
                    // Nobody listens if this side is closing it.
                    self.inlet.notice(Notice::Ended).await;
                    return;
                }
            }
        }
    }

    async fn step(&mut self, inlets: &Inlets) -> Option<Over> {
        if self.is_closing && self.session.is_flushed() {
            self.session.bye();
            self.send_all().await;
            return Some(Over::Closed);
        }
        let has_room = self.session.has_room() && !self.is_closing;
        tokio::select! {
            frame = self.coming.recv(), if self.heard.is_none() => match frame {
                Some(frame) => return self.hear(&frame).await,
                None => return Some(Over::Lost),
            },
            Ok(permit) = inlets.control.reserve(), if matches!(self.heard, Some(Message::Control(_))) => {
                if let Some(Message::Control(text)) = self.heard.take() {
                    permit.send((self.inlet.number, text));
                    self.session.take();
                }
            }
            Ok(permit) = inlets.bulk.reserve(), if matches!(self.heard, Some(Message::Chunk(_))) => {
                if let Some(Message::Chunk(chunk)) = self.heard.take() {
                    permit.send(chunk);
                    self.session.take();
                }
            }
            text = self.control.recv(), if has_room => match text {
                Some(text) => self.session.control(text.as_bytes()),
                None => self.is_closing = true,
            },
            Some(chunk) = self.bulk.recv(), if has_room => {
                self.session.chunk(&chunk);
                self.has_asked = false;
            }
            Ok(permit) = inlets.rooms.reserve(), if has_room && !self.has_asked => {
                let bytes = CHUNK_BYTES_MAX - CHUNK_HEADER_BYTES;
                permit.send(Room { connection: self.inlet.number, bytes });
                self.has_asked = true;
            }
            Some(()) = self.asked.recv() => self.ping(),
        }
        None
    }

    async fn send_all(&mut self) {
        while let Some(frame) = self.session.poll_frame() {
            let bytes = frame.len();
            self.way.frames.send(self.way.remote, frame).await;
            self.traffic.send(bytes);
        }
    }

    async fn hear(&mut self, frame: &[u8]) -> Option<Over> {
        self.traffic.receive(frame.len());
        let heard = match self.session.handle_frame(frame) {
            Ok(heard) => heard,
            Err(error) => {
                tracing::info!(%error, "a tunnel is broken");
                return Some(Over::Lost);
            }
        };
        if !std::mem::replace(&mut self.is_proven, true) {
            self.inlet.notice(Notice::Opened).await;
            if self.pings == 0 {
                self.ping();
            }
        }
        match heard {
            Some(Heard::Control(text)) => self.heard = Some(Message::Control(text.into())),
            Some(Heard::Chunk(chunk)) => self.heard = Some(Message::Chunk(chunk.into())),
            Some(Heard::Pong(number)) if u64::from_be_bytes(number) == self.pings => {
                let mut round_trip = self.round_trip.lock().unwrap_or_else(PoisonError::into_inner);
                *round_trip = Some(self.pinged.elapsed());
            }
            Some(Heard::Bye) => return Some(Over::Lost),
            Some(Heard::Pong(_)) | None => {}
        }
        None
    }

    fn ping(&mut self) {
        self.pings += 1;
        self.pinged = Instant::now();
        self.session.ping(self.pings.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::super::connection::inlets;
    use super::*;
    use crate::transfer::ConnectionNumber;
    use crate::tunnel::Secret;
    use signaling_server::protocol::Frame;

    #[tokio::test]
    async fn the_answerer_says_nothing_before_it_has_heard_the_offerer() {
        let secrets = [1, 2].map(|byte| Secret::new([byte; 32]));
        let [offerer, answerer] = [PeerId(1), PeerId(2)];
        let number = Number(5);
        let tasks = TaskTracker::new();
        let open = |side, remote, own: &Secret, theirs: &Secret| {
            let (frames, outgoing) = Frames::new();
            frames.begin(true);
            let keys = own.agree(side, number, theirs.share()).expect("a good share");
            let (all, outlets) = inlets();
            let inlet = Inlet { number: ConnectionNumber(0), all };
            let way = Way { frames: frames.clone(), remote, number };
            (Tunnel::open(way, &keys, side, inlet, &tasks), frames, outgoing, outlets)
        };
        let mut answers = open(Side::Answerer, offerer, &secrets[1], &secrets[0]);
        tokio::task::yield_now().await;
        assert!(answers.2.try_recv().is_err(), "the answer may be behind it");
        let mut offers = open(Side::Offerer, answerer, &secrets[0], &secrets[1]);
        let (to, ping) = offers.2.recv().await.expect("a ping");
        assert_eq!(to, answerer);
        answers.1.hear(&Frame { peer: offerer, data: &ping }.encode());
        for _ in ["pong", "a ping of its own"] {
            let (to, frame) = answers.2.recv().await.expect("a frame");
            assert_eq!(to, offerer);
            offers.1.hear(&Frame { peer: answerer, data: &frame }.encode());
        }
        let opened = offers.3.notices.recv().await;
        assert!(matches!(opened, Some((_, Notice::Opened))));
    }
}
