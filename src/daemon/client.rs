//! The other side of the daemon's socket: for whoever asks it something, or listens.

use super::clients::Told;
use super::lines::Lines;
use super::request::{Request, VERSION};
use super::{passing, place};
use crate::report::{Line, Report};
use std::io::{self, ErrorKind};
use std::os::fd::BorrowedFd;
use std::path::Path;
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
            if let Some(client) = Self::connect_at(&socket).await? {
                return Ok(Some(client));
            }
        }
        Ok(None)
    }

    async fn connect_at(socket: &Path) -> io::Result<Option<Self>> {
        match UnixStream::connect(socket).await {
            // Whose it is would be handed a terminal.
            Ok(stream) if passing::is_own(&stream) => Self::introduce(stream, socket).await,
            Ok(_) => Ok(None),
            // A socket that a dead one left refuses, and that of a dying one resets.
            Err(error) if is_absence(error.kind()) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Hears how the daemon is that this leads to, at that socket; none if it is dying.
    async fn introduce(stream: UnixStream, socket: &Path) -> io::Result<Option<Self>> {
        let silent = |_| io::Error::new(ErrorKind::TimedOut, "the daemon is silent");
        match timeout(HELLO_TIMEOUT, Self::greet(stream)).await.map_err(silent)? {
            Ok(client) => Ok(Some(client)),
            // It hangs up, and nobody else can come either.
            Err(error) if is_end(error.kind()) && UnixStream::connect(socket).await.is_err() => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
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

/// Where one may not look there is no daemon of one's own, and one that resets whoever waits to be let
/// in has closed its socket.
fn is_absence(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::NotFound
            | ErrorKind::NotADirectory
            | ErrorKind::ConnectionRefused
            | ErrorKind::ConnectionReset
            | ErrorKind::PermissionDenied
    )
}

/// Whether the daemon has hung up.
fn is_end(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::UnexpectedEof | ErrorKind::BrokenPipe | ErrorKind::ConnectionReset)
}

fn line(request: &Request) -> io::Result<Told> {
    Ok(format!("{}\n", request.encode()?).into())
}

/// A daemon answers at once.
const HELLO_TIMEOUT: Duration = Duration::from_secs(5);
const READ_BYTES: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;
    use tempfile::TempDir;
    use tokio::net::UnixListener;

    /// A daemon's socket, and a connection that it has not taken yet.
    async fn knocked() -> (TempDir, PathBuf, UnixListener, UnixStream) {
        let folder = tempfile::tempdir().expect("a folder");
        let socket = folder.path().join("daemon.sock");
        let listener = UnixListener::bind(&socket).expect("a socket");
        let stream = UnixStream::connect(&socket).await.expect("it waits there");
        (folder, socket, listener, stream)
    }

    #[tokio::test]
    async fn one_that_dies_before_it_greets_is_none() {
        let (_folder, socket, listener, stream) = knocked().await;
        drop(listener);
        let client = Client::introduce(stream, &socket).await;
        assert!(client.expect("no fault").is_none());
    }

    #[tokio::test]
    async fn one_that_lives_and_hangs_up_is_a_fault() {
        let (_folder, socket, listener, stream) = knocked().await;
        drop(listener.accept().await.expect("it waits"));
        let error = Client::introduce(stream, &socket).await.expect_err("it was not let in");
        assert!(is_end(error.kind()), "{error}");
    }
}
