//! What sends chunks: over a bulk channel, or over QUIC once that has come about.
//!
//! It says how much there is room for, and then waits for a chunk of that size: what is asked for late
//! is what is wanted most by then, and nothing piles up here.

use super::connection::{Inlet, Notice};
use super::quic;
use crate::text::kind;
use crate::transfer::Room;
use crate::transfer::flow::Flow;
use bytes::BytesMut;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};
use tokio_util::task::TaskTracker;
use webrtc::data_channel::DataChannel;

/// Asks for one chunk after the other, each time there is room for it.
pub fn spawn_writer(
    channel: Arc<dyn DataChannel>,
    coming: oneshot::Receiver<quic::Outlet>,
    inlet: Inlet,
    tasks: &TaskTracker,
) -> mpsc::Sender<BytesMut> {
    let (sender, mut messages) = mpsc::channel::<BytesMut>(1);
    let send_limit = inlet.all.send_limit.load(Ordering::Relaxed);
    tasks.spawn(async move {
        let mut writer = BulkWriter {
            channel,
            inlet,
            coming: Some(coming),
            quic: None,
            flow: Flow::new(send_limit, Instant::now()),
            told: false,
        };
        while writer.ask(&messages).await && writer.write_next(&mut messages).await {}
    });
    sender
}

struct BulkWriter {
    channel: Arc<dyn DataChannel>,
    inlet: Inlet,
    /// A way out over QUIC, if one comes about.
    coming: Option<oneshot::Receiver<quic::Outlet>>,
    /// It has: chunks go there.
    quic: Option<quic::Outlet>,
    flow: Flow,
    /// Whether it was told that what is under way gets nowhere.
    told: bool,
}

impl BulkWriter {
    /// Waits for room, and says so; false once nobody hears it, or the connection was ended: a channel
    /// that was closed with something under way says for ever that it is.
    async fn ask(&mut self, messages: &mpsc::Receiver<BytesMut>) -> bool {
        while !messages.is_closed() {
            self.take_quic();
            self.flow.allow(self.inlet.all.send_limit.load(Ordering::Relaxed));
            let bytes = match &self.quic {
                Some(quic) => Some(quic.piece()),
                None => self.flow.room(),
            };
            if let Some(bytes) = bytes {
                let room = Room { connection: self.inlet.number, bytes };
                return self.inlet.all.rooms.send(room).await.is_ok();
            }
            tokio::time::sleep(LOOK_STEP).await;
            if !self.look().await {
                return false;
            }
        }
        false
    }

    /// Waits for the chunk that goes there; false if none will come, or it cannot be sent.
    async fn write_next(&mut self, messages: &mut mpsc::Receiver<BytesMut>) -> bool {
        let message = loop {
            tokio::select! {
                message = messages.recv() => match message {
                    Some(message) => break message,
                    None => return false,
                },
                () = tokio::time::sleep(LOOK_STEP_IDLE), if !self.flow.is_idle() => {
                    if !self.look().await {
                        return false;
                    }
                }
            }
        };
        self.take_quic();
        if let Some(quic) = &mut self.quic {
            let sent = quic.send(message).await;
            return sent.inspect_err(|error| tracing::debug!(%error, "QUIC is closed")).is_ok();
        }
        let bytes = message.len();
        if let Err(error) = self.channel.send(message).await {
            tracing::debug!(error = kind(&error), "the bulk channel is closed");
            return false;
        }
        self.flow.sent(bytes, Instant::now());
        self.look().await
    }

    /// Looks whether a way out over QUIC has come about.
    fn take_quic(&mut self) {
        if let Some(coming) = &mut self.coming {
            match coming.try_recv() {
                Ok(outlet) => self.quic = Some(outlet),
                Err(oneshot::error::TryRecvError::Empty) => return,
                Err(oneshot::error::TryRecvError::Closed) => {}
            }
            self.coming = None;
        }
    }

    /// Sees how much is acknowledged; false if the channel is no more.
    async fn look(&mut self) -> bool {
        let Ok(outstanding) = self.channel.outstanding_bytes().await else { return false };
        let now = Instant::now();
        self.flow.observe(outstanding, now);
        let told = std::mem::replace(&mut self.told, self.flow.stands_still(now));
        told || !self.told || self.inlet.notice(Notice::StandsStill).await
    }
}

/// How often it is looked how much of what was handed to a bulk channel is acknowledged.
const LOOK_STEP: Duration = Duration::from_millis(3);
/// The same where nothing waits for it.
const LOOK_STEP_IDLE: Duration = Duration::from_millis(50);
