//! The signals that end an errand. One that whoever started it has it ignore (`nohup`, `&` in a
//! script) stays ignored.

use crate::report::Code;
use anyhow::Context as _;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals.
pub struct Signals {
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
    hang_up: Option<Signal>,
}

impl Signals {
    /// Begins to listen.
    pub fn listen() -> anyhow::Result<Self> {
        let ignored = ignored();
        let listen = |kind: SignalKind| -> anyhow::Result<_> {
            let is_ignored = ignored >> (kind.as_raw_value() - 1) & 1 == 1;
            let listen = || signal(kind).context("listening for signals");
            (!is_ignored).then(listen).transpose()
        };
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hang_up: listen(SignalKind::hangup())?,
        })
    }

    /// How it is ended, when it is. Cancel-safe.
    pub async fn next(&mut self) -> Code {
        tokio::select! {
            () = came(&mut self.interrupt) => Code::Interrupted,
            () = came(&mut self.terminate) => Code::Terminated,
            () = came(&mut self.hang_up) => Code::Terminated,
        }
    }
}

async fn came(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}

/// Which signals are ignored, a bit each from SIGHUP on; of a system that does not say, none.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}
