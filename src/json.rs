//! Reports on standard output, a line each, with the time they are written at.

use crate::report::{Code, Line, Report};
use std::io::{self, Write};
use std::sync::mpsc::sync_channel;
use std::time::Duration;

/// Whom a command tells what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// A person, in sentences.
    Person,
    /// A program, in reports.
    Program,
}

impl Reader {
    /// As `--json` says.
    pub fn of_flag(json: bool) -> Self {
        if json { Self::Program } else { Self::Person }
    }
}

/// A report as it is written now.
pub fn line(report: Report) -> Line {
    Line::new(report, now())
}

/// The time, as reports tell it.
pub fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// Prints a report.
pub fn print(report: Report) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", line(report).encode())?;
    out.flush()
}

/// Prints a report at the end of the program: nobody who has stopped reading keeps it from ending.
pub fn print_last(report: Report) {
    let (done, wait) = sync_channel(1);
    let printing = std::thread::Builder::new().spawn(move || {
        // Whoever read it may be gone.
        let _ = print(report);
        let _ = done.send(());
    });
    if printing.is_ok() {
        let _ = wait.recv_timeout(LAST_TIMEOUT);
    }
}

/// A failure with a code, for programs that ask for none and those that do.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub struct Failure {
    /// Which kind.
    pub code: Code,
    /// A sentence.
    pub text: String,
}

impl Failure {
    /// A failure of this kind.
    pub fn new(code: Code, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }
}

/// What kind of failure an error is.
pub fn code_of(error: &anyhow::Error) -> Code {
    let failure = error.chain().find_map(|cause| cause.downcast_ref::<Failure>());
    failure.map_or(Code::Failed, |failure| failure.code)
}

/// Longer than a reader that reads takes.
const LAST_TIMEOUT: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_begins_with_its_version_its_time_and_what_it_is_of() {
        let text = line(Report::error(Code::Disk, "full")).encode();
        let (time, rest) = text
            .strip_prefix(r#"{"v":1,"at":""#)
            .and_then(|rest| rest.split_once(r#"","event":"error","#))
            .expect("in this order");
        time.parse::<jiff::Timestamp>().expect("a time");
        assert_eq!(rest, r#""code":"disk","text":"full","file":null,"peer":null,"transfer":null}"#);
        assert_eq!(serde_json::from_str::<Line>(&text).expect("a line").encode(), text);
    }

    #[test]
    fn the_code_of_a_failure_is_found_under_what_was_added_to_it() {
        let failure = anyhow::Error::new(Failure::new(Code::Camera, "none")).context("snapping");
        assert_eq!(code_of(&failure), Code::Camera);
        assert_eq!(code_of(&anyhow::anyhow!("else")), Code::Failed);
    }
}
