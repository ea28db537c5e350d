//! Certificates of an authority that others trust, such as Let's Encrypt, by ACME (RFC 8555): asked
//! for and renewed while the server runs.
//!
//! ```text
//! Acme::keep ─ schedule: when? ─► account ─► order ─── https ──► the authority
//!                                              │ proof              │ comes to look (RFC 8737)
//!              store ◄── certificate, account  ▼                    ▼
//!              (state, mode 0600)             Tls ◄──────── the https port itself
//! ```
//!
//! - `settings`: names, the authority, whom it may write to: pure
//! - `schedule`: when it is asked, and how long not after it has failed: pure
//! - `held`: what a certificate says of itself: pure
//! - `store`: the files that are kept of an authority
//! - `account`, `order`: what is said to an authority; `refusal`: what it says against it
//! - `proof`: what it finds when it comes to look
//! - `https`: how it is reached
//!
//! Nothing that goes wrong ends the server. A certificate that is there is shown until there is
//! another. An attempt is written down before it is made, and nothing is asked for where that cannot
//! be: so a program that is started over and over asks as seldom as one that runs.

mod account;
mod held;
mod https;
mod order;
mod proof;
mod refusal;
mod schedule;
mod settings;
mod store;

use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::time::sleep;
use tracing::{info, warn};

use crate::server::{Tls, TlsError};
use held::Held;
pub use https::{Https, NoRoot};
use refusal::Refusal;
use schedule::{Attempts, Moment};
pub use settings::{Contact, Directory, NAMES_MAX, Name, NoContact, NoDirectory, NoName, Settings};
use store::Store;
pub use store::StoreError;

/// A certificate that is kept up.
pub struct Acme {
    settings: Settings,
    https: Https,
    store: Store,
    tls: Tls,
    held: Option<Held>,
    attempts: Attempts,
}

/// Why none can be kept up.
#[derive(Debug, thiserror::Error)]
pub enum AcmeError {
    /// The folder for state will not do.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is kept there was not written here.
    #[error("the certificate in {} will not do: move it away", .0.display())]
    Unfit(PathBuf, #[source] TlsError),
}

impl Acme {
    /// Looks what is kept in the folder `state`; asks nobody yet.
    pub fn open(settings: Settings, https: Https, state: &Path) -> Result<Self, AcmeError> {
        let store = Store::open(state, &settings.directory)?;
        let tls = Tls::awaiting_certificate();
        let kept = store.certificate()?;
        if let Some((pem, _)) = &kept {
            let path = store.certificate_path();
            tls.replace(pem, pem).map_err(|error| AcmeError::Unfit(path, error))?;
        }
        // One that lacks a name is shown until there is another, which is asked for at once.
        let held = kept.map(|(_, held)| held).filter(|it| it.covers(&settings.names));
        let attempts = store.attempts()?;
        Ok(Self { settings, https, store, tls, held, attempts })
    }

    /// What is shown to those who come, now and later.
    pub fn tls(&self) -> Tls {
        self.tls.clone()
    }

    /// Has the certificate made and renewed for as long as it is polled. A pause after an attempt
    /// that failed ends at once when those who wait for `hurry` are notified.
    pub async fn keep(mut self, hurry: &Notify) {
        // Each begins before it is told that there is a pause: who reads that can end it.
        let mut hurried = hurry.notified();
        let (names, pause) = (self.names(), self.pause().as_secs());
        if !self.attempts.is_none() && pause > 0 {
            info!(%names, "the last attempt failed; next try in {pause} s, or at SIGHUP");
        }
        loop {
            self.wait(hurried).await;
            let had = self.attempt().await;
            hurried = hurry.notified();
            match had {
                Ok(left) => {
                    let days = left.as_secs() / DAY;
                    info!(%names, "there is a new certificate, good for {days} days");
                }
                Err(refusal) => {
                    let (reason, pause) = (chain(&refusal), self.pause().as_secs());
                    warn!(%names, "{reason}; next try in {pause} s, or at SIGHUP");
                }
            }
        }
    }

    /// Waits until another attempt is due, or not so long after one that failed.
    async fn wait(&self, hurried: Notified<'_>) {
        let mut hurried = pin!(hurried);
        loop {
            let pause = self.pause();
            if pause.is_zero() {
                return;
            }
            tokio::select! {
                () = &mut hurried, if !self.attempts.is_none() => return,
                // Clocks are set, and stand still while a machine sleeps: it is looked again.
                () = sleep(pause.min(LOOK_EVERY)) => {}
            }
        }
    }

    /// How long it is until another attempt is due.
    fn pause(&self) -> Duration {
        let now = now();
        let renewal = self.held.as_ref().map_or(now, |it| it.validity.renewal());
        renewal.max(self.attempts.next(now)).from(now)
    }

    /// Asks for a certificate, and counts that; says how long it is good.
    async fn attempt(&mut self) -> Result<Duration, Refusal> {
        let before = self.attempts;
        self.count(before.another(now()))?;
        info!(names = %self.names(), authority = %self.settings.directory, "asking for a certificate");
        let had = self.renewed().await;
        // A pause is from the end of an attempt on.
        let counted = self.count(if had.is_ok() { Attempts::NONE } else { before.another(now()) });
        let left = had?;
        counted?;
        Ok(left)
    }

    fn count(&mut self, attempts: Attempts) -> Result<(), StoreError> {
        self.attempts = attempts;
        self.store.keep_attempts(attempts)
    }

    /// Shows a new certificate and keeps it.
    async fn renewed(&mut self) -> Result<Duration, Refusal> {
        let ordered = self.ordered().await;
        if matches!(ordered, Err(Refusal::Stranger)) {
            self.store.forget_account()?;
        }
        let pem = ordered?;
        let held = Held::read(pem.as_bytes()).map_err(|it| Refusal::Unfit(it.into()))?;
        if !held.covers(&self.settings.names) {
            return Err(Refusal::Lacking);
        }
        self.tls.replace(pem.as_bytes(), pem.as_bytes())?;
        let validity = held.validity;
        self.held = Some(held);
        self.store.keep_certificate(&pem)?;
        let now = now();
        if validity.renewal() > now { Ok(validity.to.from(now)) } else { Err(Refusal::Over) }
    }

    async fn ordered(&self) -> Result<String, Refusal> {
        let Settings { names, directory, .. } = &self.settings;
        let account = account::account(&self.settings, &self.store, &self.https).await?;
        order::certificate(&account, names, directory, &self.tls).await
    }

    fn names(&self) -> String {
        let names: Vec<_> = self.settings.names.iter().map(Name::as_str).collect();
        names.join(", ")
    }
}

fn now() -> Moment {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    Moment(now.map_or(0, |it| it.as_secs()))
}

/// An error with its causes, in one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}

const DAY: u64 = 24 * 3600;
const LOOK_EVERY: Duration = Duration::from_hours(6);
