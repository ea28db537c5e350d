//! The daemon's socket: takes who connects, reads what each asks, writes what it is told.
//!
//! Only the person whose daemon it is may connect. Each client has a task of its own, a line that is
//! no request ends it, and one that does not read in time is dropped: the daemon waits for nobody.

use super::clients::{ClientId, Outbox, Told, line};
use super::lines::Lines;
use super::passing::{is_own, receive};
use super::request::{Request, VERSION};
use crate::report::{Code, Report};
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What clients do.
#[derive(Debug)]
pub(super) enum Said {
    /// It has connected.
    Came(Outbox),
    /// It asks for something; a terminal's descriptors may have come with it.
    Asked(Request, Vec<OwnedFd>),
    /// It is gone.
    Gone,
}

/// The sockets, and all tasks around them.
pub(super) struct Server {
    /// What clients do, each by its number.
    pub said: mpsc::Receiver<(ClientId, Said)>,
    tasks: TaskTracker,
    cancel: CancellationToken,
}

impl Server {
    /// Takes whoever connects there.
    pub fn start(listeners: Vec<UnixListener>) -> Self {
        let (sender, said) = mpsc::channel(SAID_MAX);
        let (tasks, cancel) = (TaskTracker::new(), CancellationToken::new());
        let door = Door {
            said: sender,
            numbers: Arc::default(),
            places: Arc::new(Semaphore::new(CLIENTS_MAX)),
            tasks: tasks.clone(),
            cancel: cancel.clone(),
        };
        for listener in listeners {
            tasks.spawn(door.clone().open(listener));
        }
        Self { said, tasks, cancel }
    }

    /// Ends all of it; each client is told what was said to it before.
    pub async fn close(self) {
        let Self { said, tasks, cancel } = self;
        cancel.cancel();
        tasks.close();
        drop(said);
        tasks.wait().await;
    }
}

#[derive(Clone)]
struct Door {
    said: mpsc::Sender<(ClientId, Said)>,
    numbers: Arc<AtomicU64>,
    places: Arc<Semaphore>,
    tasks: TaskTracker,
    cancel: CancellationToken,
}

impl Door {
    async fn open(self, listener: UnixListener) {
        loop {
            let accepted = tokio::select! {
                () = self.cancel.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, _)) => self.let_in(stream),
                Err(error) => {
                    tracing::warn!(%error, "nobody can connect");
                    sleep(ACCEPT_AGAIN).await;
                }
            }
        }
    }

    fn let_in(&self, stream: UnixStream) {
        if !is_own(&stream) {
            return tracing::warn!("somebody else is not let in");
        }
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            return tracing::warn!("there are too many clients for another");
        };
        let id = ClientId(self.numbers.fetch_add(1, Ordering::Relaxed));
        let (said, end) = (self.said.clone(), self.cancel.child_token());
        self.tasks.spawn(async move {
            serve(id, stream, said, end).await;
            drop(place);
        });
    }
}

async fn serve(
    id: ClientId,
    stream: UnixStream,
    said: mpsc::Sender<(ClientId, Said)>,
    end: CancellationToken,
) {
    let (lines, told) = mpsc::channel(TOLD_MAX);
    let (reader, writer) = stream.into_split();
    let outbox = Outbox { lines: lines.clone(), end: end.clone() };
    // The daemon is gone only when it ends.
    let _ = said.send((id, Said::Came(outbox))).await;
    let mut writing = tokio::spawn(write(writer, told));
    let ended = tokio::select! {
        ended = read(id, &reader, &said) => ended,
        () = end.cancelled() => Ok(()),
        _ = &mut writing => Ok(()),
    };
    if let Err(Refused(code, why)) = ended {
        tracing::info!(client = id.0, %why, "a client is refused");
        let _ = lines.try_send(line(Report::error(code, why)));
    }
    let _ = said.send((id, Said::Gone)).await;
    drop(lines);
    if !writing.is_finished() {
        // Of what is told, it ends by itself.
        let _ = writing.await;
    }
}

/// Why a client is ended, with the sentence that it is told.
struct Refused(Code, String);

/// Reads until the client ends, or says what is no request.
async fn read(
    id: ClientId,
    reader: &OwnedReadHalf,
    said: &mpsc::Sender<(ClientId, Said)>,
) -> Result<(), Refused> {
    let usage = |why: String| Refused(Code::Usage, why);
    let (mut lines, mut descriptors) = (Lines::default(), Vec::new());
    let mut bytes = [0; READ_BYTES];
    let mut greeted = false;
    loop {
        while let Some(line) = lines.poll().map_err(|error| usage(error.to_string()))? {
            let request = Request::decode(&line).map_err(|error| usage(error.to_string()))?;
            match request {
                Request::Hello { v: VERSION } => greeted = true,
                Request::Hello { v } => {
                    return Err(usage(format!(
                        "the daemon speaks version {VERSION}, not {v}: start it again"
                    )));
                }
                _ if !greeted => return Err(usage("a hello comes first".to_owned())),
                _ => {}
            }
            let attaches = matches!(request, Request::Attach { .. });
            let beside = if attaches { std::mem::take(&mut descriptors) } else { Vec::new() };
            if said.send((id, Said::Asked(request, beside))).await.is_err() {
                return Ok(());
            }
        }
        match receive(reader.as_ref(), &mut bytes, &mut descriptors).await {
            Ok(0) | Err(_) => return Ok(()),
            Ok(count) => lines.push(&bytes[..count]),
        }
    }
}

/// Writes what is told until no more is, or the client does not read.
async fn write(mut writer: OwnedWriteHalf, mut told: mpsc::Receiver<Told>) -> io::Result<()> {
    while let Some(line) = told.recv().await {
        timeout(WRITE_TIMEOUT, writer.write_all(line.as_bytes())).await??;
    }
    Ok(())
}

/// More than anybody starts.
const CLIENTS_MAX: usize = 64;
/// The daemon takes them one by one; who has more to say waits.
const SAID_MAX: usize = 64;
/// All that the daemon takes at once (1,024 events) may be told in several lines each.
pub(super) const TOLD_MAX: usize = 4096;
/// For one line, once the socket is full.
const WRITE_TIMEOUT: Duration = Duration::from_secs(5);
/// When the system has no descriptors left.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);
const READ_BYTES: usize = 4096;
