//! Where the system is not asked to say so: something may have changed each second.

use std::io;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep;

/// Each time something may have changed.
pub struct Stirs {
    matters: watch::Receiver<bool>,
}

impl Stirs {
    /// From now on, as long as it matters to anybody.
    #[expect(clippy::unnecessary_wraps, reason = "where the system is asked, it may refuse")]
    pub fn new(matters: watch::Receiver<bool>) -> io::Result<Self> {
        Ok(Self { matters })
    }

    /// Waits for the next time.
    pub async fn next(&mut self) -> io::Result<()> {
        if self.matters.wait_for(|matters| *matters).await.is_err() {
            // The room is left, and the watch over.
            std::future::pending::<()>().await;
        }
        sleep(STEP).await;
        Ok(())
    }
}

const STEP: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::timeout;

    #[tokio::test]
    async fn as_long_as_it_matters_to_nobody_nothing_wakes_up() {
        let (matters, mattering) = watch::channel(false);
        let mut stirs = Stirs::new(mattering).expect("nothing is asked for");
        assert!(timeout(2 * STEP, stirs.next()).await.is_err());
        matters.send_replace(true);
        timeout(20 * STEP, stirs.next()).await.expect("in time").expect("nothing fails");
    }
}
