//! When the program is to end: at the first SIGINT or SIGTERM in good order, at the second at once.

use std::io;

use tokio_util::sync::CancellationToken;

/// Cancels `shutdown` at the first signal; what is returned ends at the second.
pub fn end_on_signals(shutdown: CancellationToken) -> io::Result<impl Future<Output = ()>> {
    let mut signals = Signals::listen()?;
    let hurry = CancellationToken::new();
    let hurried = hurry.clone();
    tokio::spawn(async move {
        signals.next().await;
        shutdown.cancel();
        signals.next().await;
        hurry.cancel();
    });
    Ok(async move { hurried.cancelled().await })
}

struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        let interrupt = signal(SignalKind::interrupt())?;
        Ok(Self { interrupt, terminate: signal(SignalKind::terminate())? })
    }

    #[cfg(unix)]
    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    #[cfg(not(unix))]
    fn listen() -> io::Result<Self> {
        Ok(Self {})
    }

    #[cfg(not(unix))]
    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
