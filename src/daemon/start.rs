//! How a daemon goes into the background, how it says there that it is ready, and how it is ended.
//!
//! The program starts itself again, in a session of its own, so that no terminal's end is the
//! daemon's. What is wanted goes over a pipe: the words of a room are on no command line that
//! others see. The daemon answers over another, and then lets go of all three streams.

use super::client::Client;
use super::request::Request;
use super::status::opened;
use super::{none_runs, place};
use crate::cli::{self, Cli, Command};
use crate::json::{self, Failure, Reader};
use crate::report::{Code, Line, Report, RoomState};
use anyhow::Context;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write, stdin, stdout};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;
use tokio::time::timeout;

/// To whom a daemon speaks besides its clients.
#[derive(Debug)]
pub enum Voice {
    /// To who started it in the background, until it is ready.
    Starter,
    /// To a person, until the room is there.
    Person,
    /// To a program, of all that happens.
    Program(Printing),
    /// To nobody.
    Silent,
    /// To nobody: it is not to go on.
    Failed(Failure),
}

/// Reports on their way to standard output. Who does not read them does not hold the room up: it is
/// told no more.
#[derive(Debug)]
pub struct Printing {
    reports: SyncSender<Report>,
    done: Receiver<()>,
}

/// Starts a daemon in the background with the arguments of this program, and waits until it is
/// ready.
pub fn start(reader: Reader) -> anyhow::Result<()> {
    let mut daemon = spawn().context("starting the daemon")?;
    let ready = await_ready(&mut daemon);
    let (kept, room) = ready.inspect_err(|_| {
        // It ends by itself.
        let _ = daemon.wait();
    })?;
    if reader == Reader::Program {
        json::print(kept)?;
        json::print(room)?;
    } else {
        writeln!(stdout(), "{}", opened(&kept, &room))?;
    }
    Ok(())
}

/// Whether this program was started to be the daemon.
pub fn is_in_background() -> bool {
    std::env::args_os().skip(1).eq(IN_BACKGROUND)
}

/// What this program is to do, as who started it says. It goes into a session of its own first.
pub fn inherit() -> anyhow::Result<cli::Daemon> {
    // It fails for who leads one already.
    let _ = rustix::process::setsid();
    let mut bytes = Vec::new();
    stdin().take(ARGUMENT_BYTES_MAX).read_to_end(&mut bytes).context("reading what is wanted")?;
    let arguments = bytes.split(|byte| *byte == 0).map(|it| OsString::from_vec(it.to_vec()));
    match Cli::read(arguments).command {
        Some(Command::Daemon(options)) => Ok(options),
        _ => anyhow::bail!("the daemon starts itself in the background"),
    }
}

/// Ends the daemon that runs, and waits until it is gone.
pub async fn stop(reader: Reader) -> anyhow::Result<()> {
    let mut client = Client::connect().await?.ok_or_else(none_runs)?;
    client.request(&Request::Stop).await.context("telling the daemon")?;
    let gone = async {
        while client.next().await?.is_some() {}
        // Its lock goes with its process.
        tokio::task::spawn_blocking(place::wait_until_free).await?;
        anyhow::Ok(())
    };
    timeout(STOP_TIMEOUT, gone).await.context("it does not end: its log says why")??;
    if reader == Reader::Person {
        writeln!(stdout(), "the room is closed")?;
    }
    Ok(())
}

impl Printing {
    fn start() -> Self {
        let (reports, next) = sync_channel(REPORTS_MAX);
        let (ended, done) = sync_channel(0);
        std::thread::spawn(move || {
            // Whoever read it may be gone.
            let _ = next.into_iter().try_for_each(json::print);
            drop::<SyncSender<()>>(ended);
        });
        Self { reports, done }
    }

    /// Whether there is room for it.
    fn print(&self, report: Report) -> bool {
        self.reports.try_send(report).is_ok()
    }

    fn finish(self) {
        drop(self.reports);
        let _ = self.done.recv_timeout(PRINT_TIMEOUT);
    }
}

impl Voice {
    /// In the foreground, to whoever reads.
    pub fn of(reader: Reader) -> Self {
        match reader {
            Reader::Person => Self::Person,
            Reader::Program => Self::Program(Printing::start()),
        }
    }

    /// Something has happened.
    pub(super) fn hear(&mut self, report: Report, daemon: Report) {
        let next = match self {
            Self::Program(printing) => (!printing.print(report)).then_some(Self::Silent),
            Self::Person => is_there(&report).then(|| {
                let _ = writeln!(stdout(), "{}", opened(&daemon, &report));
                Self::Silent
            }),
            Self::Starter if is_there(&report) => Some(ready(daemon, report)),
            Self::Starter => failed(report).map(Self::Failed),
            Self::Silent | Self::Failed(_) => None,
        };
        if let Some(next) = next {
            *self = next;
        }
    }

    /// All was said: what is still to be printed is, if somebody reads it.
    pub(super) fn finish(self) {
        if let Self::Program(printing) = self {
            printing.finish();
        }
    }

    /// Whether it is to go on.
    pub(super) fn check(&mut self) -> Result<(), Failure> {
        match std::mem::replace(self, Self::Silent) {
            Self::Failed(failure) => Err(failure),
            other => {
                *self = other;
                Ok(())
            }
        }
    }
}

/// Whether this says that the room is there, and how others join.
fn is_there(report: &Report) -> bool {
    let reached = |state| matches!(state, RoomState::Joined | RoomState::Empty);
    matches!(report, Report::Room { state, link: Some(_), .. } if reached(*state))
}

/// Why a daemon that was just started does not go on. Later each of these may pass; now it is
/// likely that something else was meant.
fn failed(report: Report) -> Option<Failure> {
    let Report::Room { state, text, .. } = report else { return None };
    let code = match state {
        RoomState::Empty => Code::NoSuchRoom,
        RoomState::Lost => Code::Server,
        RoomState::Refused => Code::Refused,
        _ => return None,
    };
    Some(Failure::new(code, text))
}

/// Says so to who waits for it, and lets go of the streams.
fn ready(daemon: Report, room: Report) -> Voice {
    let told = json::print(daemon).and_then(|()| json::print(room)).and_then(|()| {
        let nothing = File::options().read(true).write(true).open("/dev/null")?;
        rustix::stdio::dup2_stdin(&nothing)?;
        rustix::stdio::dup2_stdout(&nothing)?;
        rustix::stdio::dup2_stderr(&nothing)?;
        Ok(())
    });
    match told {
        Ok(()) => Voice::Silent,
        Err(_) => Voice::Failed(Failure::new(Code::Interrupted, "who started it is gone")),
    }
}

fn spawn() -> anyhow::Result<Child> {
    let mut command = std::process::Command::new(std::env::current_exe()?);
    command.args(IN_BACKGROUND);
    let mut daemon = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let arguments: Vec<_> = std::env::args_os().collect();
    let arguments: Vec<_> = arguments.iter().map(|it| OsStr::as_bytes(it)).collect();
    let mut pipe = daemon.stdin.take().context("no pipe")?;
    pipe.write_all(&arguments.join(&0))?;
    Ok(daemon)
}

/// What the daemon says of itself and of its room once it is ready.
fn await_ready(daemon: &mut Child) -> anyhow::Result<(Report, Report)> {
    let mut kept = None;
    for line in BufReader::new(daemon.stdout.take().context("no pipe")?).lines() {
        let Ok(Line { report, .. }) = serde_json::from_str(&line?) else { continue };
        match (report, kept.take()) {
            (Report::Error { code, text, .. }, _) => return Err(Failure::new(code, text).into()),
            (report @ Report::Daemon { .. }, _) => kept = Some(report),
            (room @ Report::Room { .. }, Some(kept)) => return Ok((kept, room)),
            (_, before) => kept = before,
        }
    }
    anyhow::bail!("the daemon ended before it was ready: its log says why")
}

/// How it starts itself again. Nobody types it: it is no option that help or completions tell of.
const IN_BACKGROUND: [&str; 2] = ["daemon", "--in-background"];
/// As many as a client may have yet to read.
const REPORTS_MAX: usize = super::server::TOLD_MAX;
/// For the last of them.
const PRINT_TIMEOUT: Duration = Duration::from_secs(1);
/// What one may type is less.
const ARGUMENT_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Longer than leaving a room and giving a terminal back take.
const STOP_TIMEOUT: Duration = Duration::from_secs(15);

#[cfg(test)]
mod tests {
    use super::*;

    fn room(state: RoomState, link: Option<&str>) -> Report {
        let (link, text) = (link.map(str::to_owned), "so it is".to_owned());
        Report::Room { state, others: 0, words: None, link, text }
    }

    #[test]
    fn a_daemon_is_ready_when_its_room_is_there_and_fails_when_it_is_not() {
        let link = Some("http://192.0.2.7/#crane");
        assert!(is_there(&room(RoomState::Joined, link)));
        assert!(is_there(&room(RoomState::Empty, link)), "nobody is there yet");
        assert!(!is_there(&room(RoomState::Joining, link)));
        assert!(!is_there(&room(RoomState::Empty, None)), "it is not found on the network");
        let code = |state, link| failed(room(state, link)).map(|failure| failure.code);
        assert_eq!(code(RoomState::Empty, None), Some(Code::NoSuchRoom));
        assert_eq!(code(RoomState::Lost, link), Some(Code::Server));
        assert_eq!(code(RoomState::Refused, link), Some(Code::Refused));
        assert_eq!(code(RoomState::Searching, None), None);
        assert_eq!(code(RoomState::Joining, link), None);
    }
}
