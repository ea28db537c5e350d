//! Bytes that go over a path, counted where they do.

use std::sync::atomic::{AtomicU64, Ordering};

/// What was sent and received since the beginning, in bytes.
#[derive(Debug, Default)]
pub struct Traffic {
    sent: AtomicU64,
    received: AtomicU64,
}

impl Traffic {
    /// So much more was sent.
    pub fn send(&self, bytes: usize) {
        self.sent.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// So much more was received.
    pub fn receive(&self, bytes: usize) {
        self.received.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// All that was sent.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// All that was received.
    pub fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }
}
