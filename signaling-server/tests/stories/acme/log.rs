//! What a program says, line by line, read to its end so that it never waits for us.

use std::io::{BufRead, BufReader, Read};
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

use crate::world::DEADLINE;

pub struct Log {
    lines: Receiver<String>,
    seen: Vec<String>,
}

impl Log {
    pub fn of(output: impl Read + Send + 'static) -> Self {
        let (said, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                // Nobody listens when all is known.
                let _ = said.send(line);
            }
        });
        Self { lines, seen: Vec::new() }
    }

    /// The next line with these words; others are passed over.
    pub fn until(&mut self, words: &str) -> String {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(line) = self.lines.recv_timeout(left) else {
                panic!("{words:?} was not said, but:\n{}", self.seen.join("\n"));
            };
            self.seen.push(line.clone());
            if line.contains(words) {
                return line;
            }
        }
    }

    /// All that was said, up to the end.
    pub fn all(mut self) -> String {
        let deadline = Instant::now() + DEADLINE;
        while let Ok(line) =
            self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now()))
        {
            self.seen.push(line);
        }
        self.seen.join("\n")
    }
}
