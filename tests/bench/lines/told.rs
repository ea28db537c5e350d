//! What a program tells to programs, each report with the moment when it was there.

use peersnap::report::{Line, Report};
use std::io::{BufRead, BufReader, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

/// The reports of a program, as they come.
pub struct Told(Receiver<(Instant, Report)>);

impl Told {
    /// Reads them from this stream.
    pub fn of(stream: impl Read + Send + 'static) -> Self {
        let (sender, told) = sync_channel(TOLD_MAX);
        thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                let now = Instant::now();
                let line: Line = serde_json::from_str(&line).expect("a report");
                if sender.send((now, line.report)).is_err() {
                    return;
                }
            }
        });
        Self(told)
    }

    /// Waits for a report, past all that come before; none if it does not come within this time.
    pub fn until<T>(
        &self,
        within: Duration,
        look: impl Fn(&Report) -> Option<T>,
    ) -> Option<(Instant, T)> {
        let deadline = Instant::now() + within;
        loop {
            match self.0.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok((at, report)) => {
                    if let Some(found) = look(&report) {
                        return Some((at, found));
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return None,
            }
        }
    }
}

/// They are read when somebody wants to know; until then they wait.
const TOLD_MAX: usize = 100_000;
