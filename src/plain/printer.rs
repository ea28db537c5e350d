//! Lines to standard output, written on a thread of its own: whoever reads them slowly, or has
//! stopped the terminal, holds up nothing else.

use std::io::{self, Write};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Where lines are handed in.
#[derive(Debug)]
pub(super) struct Printer {
    lines: Option<mpsc::Sender<String>>,
    /// Lines that found no room.
    left_out: u32,
    /// The thread is over: all is written, or nobody reads.
    gone: CancellationToken,
}

impl Printer {
    /// Begins to print.
    pub fn start() -> Self {
        let (lines, queue) = mpsc::channel(LINES_MAX);
        let gone = CancellationToken::new();
        let over = gone.clone().drop_guard();
        std::thread::spawn(move || {
            let _over = over;
            if let Err(error) = print(queue) {
                tracing::info!(%error, "nobody reads what is told");
            }
        });
        Self { lines: Some(lines), left_out: 0, gone }
    }

    /// Prints a sentence, as one line, without what a terminal might take for an order.
    pub fn say(&mut self, sentence: &str) {
        let Some(lines) = &self.lines else { return };
        if self.left_out > 0 {
            let text = format!("{} lines were left out: they were not read in time", self.left_out);
            if lines.try_send(text).is_ok() {
                self.left_out = 0;
            }
        }
        let clean = sentence.chars().filter(|c| !c.is_control()).collect();
        if lines.try_send(clean).is_err() {
            self.left_out += 1;
        }
    }

    /// Whether nobody reads any more.
    pub fn is_gone(&self) -> bool {
        self.gone.is_cancelled()
    }

    /// Waits until nobody reads any more.
    pub async fn gone(&self) {
        self.gone.cancelled().await;
    }

    /// Waits until all is printed, but not long.
    pub async fn finish(mut self) {
        self.lines = None;
        let _ = tokio::time::timeout(PATIENCE, self.gone.cancelled()).await;
    }
}

fn print(mut queue: mpsc::Receiver<String>) -> io::Result<()> {
    let mut out = io::stdout();
    while let Some(line) = queue.blocking_recv() {
        writeln!(out, "{line}")?;
        out.flush()?;
    }
    Ok(())
}

/// Some screens full.
const LINES_MAX: usize = 256;
const PATIENCE: Duration = Duration::from_secs(1);
