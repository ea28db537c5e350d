//! What a supervisor is told, if there is one: that the program is ready, that it lives, that it ends
//! (`sd_notify(3)`). Without systemd nothing is said.

use tokio_util::sync::CancellationToken;

/// Says that the program is ready, and from now on what becomes of it.
#[cfg(target_os = "linux")]
pub fn tell(shutdown: CancellationToken) {
    use sd_notify::NotifyState;

    say(&NotifyState::Ready);
    tokio::spawn(async move {
        let ends = async {
            shutdown.cancelled().await;
            say(&NotifyState::Stopping);
        };
        tokio::join!(ends, live());
    });
}

/// Says again and again that it lives, while it ends too, if somebody watches: twice in the time after
/// which it is started anew (`sd_watchdog_enabled(3)`). This is a task as all others are: where none has
/// its turn any more, nothing is said.
#[cfg(target_os = "linux")]
async fn live() {
    let Some(pause) = sd_notify::watchdog_enabled().map(|it| it / 2) else { return };
    if !pause.is_zero() {
        let mut beat = tokio::time::interval(pause);
        loop {
            beat.tick().await;
            say(&sd_notify::NotifyState::Watchdog);
        }
    }
}

#[cfg(target_os = "linux")]
fn say(state: &sd_notify::NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(std::slice::from_ref(state)) {
        tracing::debug!(%error, "the supervisor is not told");
    }
}

/// There is none.
#[cfg(not(target_os = "linux"))]
pub fn tell(_: CancellationToken) {}
