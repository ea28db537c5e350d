//! The other side of the daemon's socket: for whoever asks it something, or listens.

use super::clients::Told;
use super::lines::Lines;
use super::request::{Request, VERSION};
use super::{passing, place};
use crate::report::{Line, Report};
use std::io::{self, ErrorKind};
use std::os::fd::BorrowedFd;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio::time::timeout;

/// A connection to the daemon. It ends with this.
#[derive(Debug)]
pub struct Client {
    stream: UnixStream,
    lines: Lines,
    /// How the daemon was when it was connected to: a [`Report::Daemon`].
    pub daemon: Report,
    /// How its room was then: a [`Report::Room`], with its words and its link.
    pub room: Report,
}

impl Client {
    /// Connects to the daemon; none if none runs.
    pub async fn connect() -> io::Result<Option<Self>> {
        for socket in place::sockets() {
            match UnixStream::connect(&socket).await {
                Ok(stream) if passing::is_own(&stream) => {
                    let greeted = timeout(HELLO_TIMEOUT, Self::greet(stream)).await;
                    let silent = || io::Error::new(ErrorKind::TimedOut, "the daemon is silent");
                    return greeted.map_err(|_| silent())?.map(Some);
                }
                // Whose it is would be handed a terminal.
                Ok(_) => {}
                // A socket that a dead one left refuses.
                Err(error) if is_absence(error.kind()) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    async fn greet(stream: UnixStream) -> io::Result<Self> {
        let nothing = || Report::Bye { status: 0, code: None };
        let mut client =
            Self { stream, lines: Lines::default(), daemon: nothing(), room: nothing() };
        client.request(&Request::Hello { v: VERSION }).await?;
        loop {
            match client.next().await? {
                Some(Report::Error { text, .. }) => return Err(io::Error::other(text)),
                Some(daemon @ Report::Daemon { .. }) => client.daemon = daemon,
                Some(room @ Report::Room { .. }) => {
                    client.room = room;
                    return Ok(client);
                }
                Some(_) => {}
                None => return Err(ErrorKind::UnexpectedEof.into()),
            }
        }
    }

    /// The next thing that the daemon tells; none once it has ended. What is not known here is left
    /// out. Cancel-safe.
    pub async fn next(&mut self) -> io::Result<Option<Report>> {
        loop {
            while let Some(line) = self.lines.poll().map_err(io::Error::other)? {
                if let Ok(Line { report, .. }) = serde_json::from_slice(&line) {
                    return Ok(Some(report));
                }
            }
            self.stream.readable().await?;
            let mut bytes = [0; READ_BYTES];
            match self.stream.try_read(&mut bytes) {
                Ok(0) => return Ok(None),
                Ok(count) => self.lines.push(&bytes[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return Ok(None),
                Err(error) => return Err(error),
            }
        }
    }

    /// Asks the daemon for something. Not cancel-safe: what is asked in part is asked no more.
    pub async fn request(&mut self, request: &Request) -> io::Result<()> {
        self.stream.write_all(line(request)?.as_bytes()).await
    }

    /// Asks with a terminal's descriptors: what it is read by, and what it is written to.
    pub(super) async fn request_with(
        &mut self,
        request: &Request,
        terminal: [BorrowedFd<'_>; passing::DESCRIPTORS_MAX],
    ) -> io::Result<()> {
        let line = line(request)?;
        let sent = passing::send(&self.stream, line.as_bytes(), &terminal).await?;
        self.stream.write_all(&line.as_bytes()[sent..]).await
    }
}

/// Where one may not look there is no daemon of one's own.
fn is_absence(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::NotFound
            | ErrorKind::NotADirectory
            | ErrorKind::ConnectionRefused
            | ErrorKind::PermissionDenied
    )
}

fn line(request: &Request) -> io::Result<Told> {
    Ok(format!("{}\n", request.encode()?).into())
}

/// A daemon answers at once.
const HELLO_TIMEOUT: Duration = Duration::from_secs(5);
const READ_BYTES: usize = 4096;
