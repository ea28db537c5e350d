//! What the system says of the window that the terminal is, and of the program's place in it.

use anyhow::Context;

/// Stops whatever the shell has started in this terminal, this program with it. Where no shell is
/// that would have it go on, as in a window of its own, nothing is stopped.
pub(crate) fn suspend() {
    use rustix::process::{Signal, getpid, getsid, kill_current_process_group};
    if getsid(None) == Ok(getpid()) {
        return;
    }
    if let Err(error) = kill_current_process_group(Signal::TSTP) {
        tracing::warn!(%error, "not stopped");
    }
}

/// What becomes of the window that the terminal is, and of the program's place in it.
pub(crate) struct Window {
    size: tokio::signal::unix::Signal,
    stop: tokio::signal::unix::Signal,
    continued: tokio::signal::unix::Signal,
}

pub(crate) enum Changed {
    /// It has another size.
    Size,
    /// The program is to stop until it is continued.
    Stop,
    /// The program was stopped without being asked, and goes on.
    Continued,
}

impl Window {
    pub(crate) fn new() -> anyhow::Result<Self> {
        use rustix::process::Signal;
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |which: Signal| {
            signal(SignalKind::from_raw(which.as_raw())).context("listening for signals")
        };
        let (size, stop) = (listen(Signal::WINCH)?, listen(Signal::TSTP)?);
        Ok(Self { size, stop, continued: listen(Signal::CONT)? })
    }

    pub(crate) async fn next(&mut self) -> Changed {
        tokio::select! {
            _ = self.size.recv() => Changed::Size,
            _ = self.stop.recv() => Changed::Stop,
            _ = self.continued.recv() => Changed::Continued,
        }
    }

    /// Stops the program; comes back when it is continued.
    pub(crate) async fn stop(&mut self) {
        use rustix::process::{Signal, getpid, kill_process};
        tokio::select! {
            biased;
            // It is to go on already: once stopped, nobody would tell it again.
            _ = self.continued.recv() => return,
            () = std::future::ready(()) => {}
        }
        match kill_process(getpid(), Signal::STOP) {
            // This thread may go on for a moment before it stops: so the end of it is waited for.
            Ok(()) => drop(self.continued.recv().await),
            Err(error) => tracing::warn!(%error, "not stopped"),
        }
    }
}

/// The signals by which the system ends a program.
pub(crate) struct Ends {
    terminate: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl Ends {
    pub(crate) fn new() -> anyhow::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| signal(kind).context("listening for signals");
        Ok(Self {
            terminate: listen(SignalKind::terminate())?,
            hang_up: listen(SignalKind::hangup())?,
            interrupt: listen(SignalKind::interrupt())?,
        })
    }

    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
