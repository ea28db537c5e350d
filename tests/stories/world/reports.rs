//! What the program tells programs: line by line, each held against the schema.

use super::PATIENCE;
use jsonschema::Validator;
use peersnap::report::{Line, Report, SCHEMA};
use std::io::{BufRead, BufReader, Read};
use std::sync::LazyLock;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Instant;

/// The lines of a stream, as they come.
pub struct Reports {
    lines: Receiver<String>,
    /// All that was told so far.
    pub told: Vec<Report>,
}

impl Reports {
    /// Those of this stream; a program's standard output.
    pub fn of(stream: impl Read + Send + 'static) -> Self {
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stream).lines() {
                if sender.send(line.expect("lines are text")).is_err() {
                    return;
                }
            }
        });
        Self { lines, told: Vec::new() }
    }

    /// Waits until a line that comes from now on is so, and says what it is.
    pub fn find<T>(&mut self, what: &str, look: impl Fn(&Report) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => self.told.push(check(&line)),
                Err(RecvTimeoutError::Timeout) => panic!("in vain: {what}\n{:#?}", self.told),
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("the program has ended, in vain: {what}\n{:#?}", self.told)
                }
            }
            if let Some(found) = self.told.last().and_then(&look) {
                return found;
            }
        }
    }

    /// Waits until the stream ends; all that was ever told.
    pub fn finish(mut self) -> Vec<Report> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => self.told.push(check(&line)),
                Err(RecvTimeoutError::Disconnected) => return self.told,
                Err(RecvTimeoutError::Timeout) => panic!("it goes on\n{:#?}", self.told),
            }
        }
    }
}

/// All that was told, if nothing else was.
pub fn read(text: &str) -> Vec<Report> {
    assert!(text.is_empty() || text.ends_with('\n'), "the last line is whole: {text:?}");
    text.lines().map(check).collect()
}

/// The report on a line, which is as the schema says.
pub fn check(line: &str) -> Report {
    let value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
    let faults: Vec<_> = SCHEMA_OF_LINES.iter_errors(&value).map(|it| it.to_string()).collect();
    assert!(faults.is_empty(), "{faults:#?} of {line}");
    serde_json::from_str::<Line>(line).expect("what the schema lets through is read").report
}

static SCHEMA_OF_LINES: LazyLock<Validator> = LazyLock::new(|| {
    let schema = serde_json::from_str(SCHEMA).expect("the schema is JSON");
    jsonschema::validator_for(&schema).expect("the schema is one")
});
