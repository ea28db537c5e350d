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
    /// Begins to print there.
    pub fn start(out: impl Write + Send + 'static) -> Self {
        let (lines, queue) = mpsc::channel(LINES_MAX);
        let gone = CancellationToken::new();
        let over = gone.clone().drop_guard();
        std::thread::spawn(move || {
            let _over = over;
            if let Err(error) = print(queue, out) {
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

    /// Waits until there is room for a line; `None` if nobody reads any more. Cancel-safe.
    pub async fn room(&self) -> Option<mpsc::Permit<'_, String>> {
        self.lines.as_ref()?.reserve().await.ok()
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

fn print(mut queue: mpsc::Receiver<String>, mut out: impl Write) -> io::Result<()> {
    while let Some(line) = queue.blocking_recv() {
        writeln!(out, "{line}")?;
        out.flush()?;
    }
    Ok(())
}

/// Some screens full.
const LINES_MAX: usize = 256;
const PATIENCE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver, Sender, channel};

    /// Takes a line each time it is let.
    struct Slow {
        let_through: Receiver<()>,
        taken: Sender<Vec<u8>>,
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.let_through.recv().map_err(io::Error::other)?;
            self.taken.send(bytes.to_vec()).map_err(io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn who_reads_slowly_holds_nothing_up_and_is_told_what_was_left_out() {
        let (go, let_through) = channel();
        let (taken, lines) = channel();
        let mut printer = Printer::start(Slow { let_through, taken });
        for _ in 0..LINES_MAX * 2 {
            printer.say("a \u{1b}[31mline");
        }
        // A line is written in pieces.
        (0..LINES_MAX * 6).for_each(|_| go.send(()).expect("it waits"));
        while lines.recv().expect("a piece") != b"a [31mline" {}
        let text = loop {
            printer.say("later");
            let piece = lines.recv().expect("a piece");
            if piece.ends_with(b"were not read in time") {
                break String::from_utf8(piece).expect("text");
            }
        };
        assert!(text.contains("lines were left out"), "{text}");
        drop(go);
        drop(lines);
        printer.finish().await;
    }

    #[tokio::test]
    async fn nobody_who_reads_is_noticed() {
        let (go, let_through) = channel();
        let mut printer = Printer::start(Slow { let_through, taken: channel().0 });
        go.send(()).expect("it waits");
        printer.say("a line");
        printer.gone().await;
        assert!(printer.is_gone());
    }
}
