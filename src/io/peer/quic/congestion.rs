//! How much a QUIC connection may have under way: what its [`Rate`] says.

use super::super::runtime::send_limit_bytes;
use crate::transfer::rate::Rate;
use quinn::congestion::{Controller, ControllerFactory};
use quinn_proto::RttEstimator;
use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// What may be under way now, in bytes, for whoever fills a connection.
#[derive(Debug, Clone, Default)]
pub struct Window(Arc<AtomicUsize>);

impl Window {
    /// In bytes.
    pub fn bytes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl ControllerFactory for Window {
    fn build(self: Arc<Self>, now: Instant, packet: u16) -> Box<dyn Controller> {
        let rate = Rate::new(BYTES_MAX, QUEUE, now);
        let (window, packet) = ((*self).clone(), packet.into());
        let mut congestion = Congestion { rate, packet, limit: 0, window };
        congestion.renew();
        Box::new(congestion)
    }
}

/// A [`Rate`], told of what quinn sees.
#[derive(Debug, Clone)]
struct Congestion {
    rate: Rate,
    /// The longest packet, in bytes.
    packet: usize,
    /// What may be under way, in bytes.
    limit: usize,
    window: Window,
}

impl Congestion {
    fn renew(&mut self) {
        let mut limit = self.rate.limit();
        // What does not fit into the other end's socket would be lost there.
        if self.rate.round_trip().is_some_and(|time| time < NEAR) {
            limit = limit.min(send_limit_bytes() / 2);
        }
        self.limit = limit.max(PACKETS_MIN * self.packet);
        self.window.0.store(self.limit, Ordering::Relaxed);
    }
}

impl Controller for Congestion {
    fn on_sent(&mut self, now: Instant, _: u64, _: u64) {
        self.rate.send(now);
    }

    fn on_ack(&mut self, now: Instant, sent: Instant, bytes: u64, _: bool, _: &RttEstimator) {
        // The estimator's shortest time may be the one that was assumed before anything came.
        self.rate.took(now.saturating_duration_since(sent));
        self.rate.deliver(bytes, sent, now);
    }

    fn on_end_acks(&mut self, _: Instant, _: u64, _: bool, _: Option<u64>) {
        self.renew();
    }

    fn on_congestion_event(&mut self, _: Instant, _: Instant, _: bool, lost_bytes: u64) {
        self.rate.lose(lost_bytes);
    }

    fn on_mtu_update(&mut self, packet: u16) {
        self.packet = packet.into();
    }

    fn window(&self) -> u64 {
        self.limit as u64
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(self.clone())
    }

    fn initial_window(&self) -> u64 {
        self.limit as u64
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

/// A packet for which there is no room is never sent, and one alone may wait for its answer.
const PACKETS_MIN: usize = 4;
/// How long what is sent may wait on the way.
const QUEUE: Duration = Duration::from_millis(60);
/// So far, a line delivers what was sent faster than it is taken.
const NEAR: Duration = Duration::from_millis(2);
/// What a path of 400 Mbit/s and 80 ms carries; what is on its way is in memory.
const BYTES_MAX: usize = 4 * 1024 * 1024;
