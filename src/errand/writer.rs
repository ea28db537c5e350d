//! Lines to standard output, written on a thread of its own. None is lost: whoever reads slowly
//! slows the errand down, and with it those who send.

use std::io::{self, Write};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Where lines are handed in.
#[derive(Debug)]
pub struct Writer {
    lines: mpsc::Sender<String>,
    gone: CancellationToken,
}

impl Writer {
    /// Begins to write there.
    pub fn start(mut out: impl Write + Send + 'static) -> Self {
        let (lines, mut queue) = mpsc::channel::<String>(LINES_MAX);
        let gone = CancellationToken::new();
        let over = gone.clone().drop_guard();
        std::thread::spawn(move || {
            let _over = over;
            while let Some(line) = queue.blocking_recv() {
                if let Err(error) = writeln!(out, "{line}").and_then(|()| out.flush()) {
                    tracing::info!(%error, "nobody reads what is written");
                    return;
                }
            }
        });
        Self { lines, gone }
    }

    /// Hands in a line; waits while there are too many.
    pub async fn say(&self, line: String) {
        // Whether nobody reads any more is asked elsewhere.
        let _ = self.lines.send(line).await;
    }

    /// Hands in a line, if there is room: the next one says more.
    pub fn mention(&self, line: String) {
        let _ = self.lines.try_send(line);
    }

    /// Waits until nobody reads any more.
    pub async fn gone(&self) {
        self.gone.cancelled().await;
    }

    /// Waits until all is written; whether it was.
    pub async fn finish(self) -> io::Result<()> {
        let Self { lines, gone } = self;
        if lines.is_closed() {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        drop(lines);
        let written = tokio::time::timeout(PATIENCE, gone.cancelled()).await;
        written.map_err(|_| io::ErrorKind::TimedOut.into())
    }
}

/// Some files' worth.
const LINES_MAX: usize = 64;
/// How long somebody who reads slowly is waited for at the end.
const PATIENCE: Duration = Duration::from_secs(10);
