//! Where the certificate comes from, if https is spoken: what the command line says of it, and what
//! keeps it a good one while the server runs.

use std::fs;
use std::io;
use std::path::PathBuf;

use anyhow::{Context, Error};
use clap::{Args, ValueEnum};
use etcetera::{BaseStrategy, choose_base_strategy};
use signaling_server::acme::{Acme, Contact, Directory, Https, NAMES_MAX, Name, Settings};
use signaling_server::certificate::Certificate;
use signaling_server::pin::Pin;
use signaling_server::server::Tls;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Whether https is spoken, and with whose certificate.
#[derive(Debug, Args)]
pub struct Options {
    /// Speak https, with this certificate and those that lead to its issuer, in PEM
    ///
    /// Read again at SIGHUP.
    #[arg(long, value_name = "FILE", requires = "tls_key", env = "SIGNALING_SERVER_TLS_CERT")]
    tls_cert: Option<PathBuf>,

    /// The certificate's key, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert", env = "SIGNALING_SERVER_TLS_KEY")]
    tls_key: Option<PathBuf>,

    /// self-signed: speak https with a certificate of this server's own, which is kept
    ///
    /// Browsers ask before they go on; terminals know it by the pin that is told at the start.
    #[arg(long, value_name = "HOW", conflicts_with = "tls_cert", env = "SIGNALING_SERVER_TLS")]
    tls: Option<OwnTls>,

    /// Speak https, with a certificate of Let's Encrypt for this name; may be given again
    ///
    /// It is asked for by ACME, as soon as the server runs, and renewed; whoever asks agrees to the
    /// authority's terms. The authority comes to port 443 of the name to see whether this server is
    /// there: if it listens at another one, port 443 is to be forwarded to it.
    #[arg(long, value_name = "NAME", value_delimiter = ',', env = "SIGNALING_SERVER_ACME")]
    #[arg(conflicts_with_all = ["tls", "tls_cert", "tls_key"])]
    acme: Vec<Name>,

    /// Another authority than Let's Encrypt: the URL of its directory, of https
    #[arg(long, value_name = "URL", requires = "acme", env = "SIGNALING_SERVER_ACME_DIRECTORY")]
    acme_directory: Option<Directory>,

    /// Where the authority may write to
    #[arg(long, value_name = "MAIL", requires = "acme", env = "SIGNALING_SERVER_ACME_CONTACT")]
    acme_contact: Option<Contact>,

    /// Whom to trust when the authority is reached, in PEM, in place of those whom browsers trust
    #[arg(long, value_name = "FILE", requires = "acme", env = "SIGNALING_SERVER_ACME_ROOT")]
    acme_root: Option<PathBuf>,

    /// Where certificates are kept, in place of signaling-server in the system's folder for state
    #[arg(long, value_name = "DIR", env = "SIGNALING_SERVER_STATE")]
    state: Option<PathBuf>,
}

/// A certificate that nobody has to hand in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OwnTls {
    SelfSigned,
}

impl Options {
    /// Where the certificate comes from, if https is spoken.
    pub fn source(&self) -> Result<Option<Source>, Error> {
        if let (Some(certificate), Some(key)) = (self.tls_cert.clone(), self.tls_key.clone()) {
            return Ok(Some(Source::Read(Certificate::Files { certificate, key })));
        }
        if let Some(OwnTls::SelfSigned) = self.tls {
            return Ok(Some(Source::Read(Certificate::Own(self.state()?))));
        }
        if self.acme.is_empty() {
            return Ok(None);
        }
        let acme = Acme::open(self.settings()?, self.https()?, &self.state()?)?;
        Ok(Some(Source::Asked(Box::new(acme))))
    }

    /// What an authority is asked for.
    fn settings(&self) -> Result<Settings, Error> {
        let mut names = self.acme.clone();
        names.sort();
        names.dedup();
        let count = names.len();
        anyhow::ensure!(
            count <= NAMES_MAX,
            "a certificate is for {NAMES_MAX} names at most, and these are {count} (--acme NAME)"
        );
        let directory = self.acme_directory.clone().unwrap_or_default();
        Ok(Settings { names, directory, contact: self.acme_contact.clone() })
    }

    /// How an authority is reached.
    fn https(&self) -> Result<Https, Error> {
        let Some(path) = &self.acme_root else { return Ok(Https::trusting(None)?) };
        let roots = fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
        Https::trusting(Some(&roots)).with_context(|| format!("{} will not do", path.display()))
    }

    fn state(&self) -> Result<PathBuf, Error> {
        let folder = self.state.clone().or_else(state_folder);
        folder.context("there is no folder to keep a certificate in: name one with --state")
    }
}

fn state_folder() -> Option<PathBuf> {
    let strategy = choose_base_strategy().ok()?;
    let folder = strategy.state_dir().unwrap_or_else(|| strategy.data_dir());
    Some(folder.join("signaling-server"))
}

/// Where the certificate comes from.
pub enum Source {
    /// Files.
    Read(Certificate),
    /// An authority.
    Asked(Box<Acme>),
}

impl Source {
    /// What is shown now, and whatever comes in its place.
    pub fn tls(&self) -> Result<Tls, Error> {
        match self {
            Self::Read(certificate) => Ok(certificate.load()?),
            Self::Asked(acme) => Ok(acme.tls()),
        }
    }

    /// What it is known by to those who have nobody else's word for it.
    pub fn pin(&self, tls: &Tls) -> Option<Pin> {
        match self {
            Self::Read(Certificate::Own(_)) => tls.pin(),
            Self::Read(Certificate::Files { .. }) | Self::Asked(_) => None,
        }
    }

    /// Sees to it that the certificate stays a good one until `shutdown`, and to SIGHUP.
    pub fn keep(self, tls: Tls, shutdown: CancellationToken) -> io::Result<JoinHandle<()>> {
        let mut hangups = Hangups::listen()?;
        let keeping = async move {
            match self {
                Self::Read(certificate) => loop {
                    hangups.next().await;
                    reload(&certificate, &tls);
                },
                Self::Asked(acme) => {
                    let hurry = Notify::new();
                    let hurried = async {
                        loop {
                            hangups.next().await;
                            hurry.notify_waiters();
                        }
                    };
                    tokio::join!(acme.keep(&hurry), hurried);
                }
            }
        };
        Ok(tokio::spawn(async move {
            shutdown.run_until_cancelled(keeping).await;
        }))
    }
}

/// Reads the certificate again; the one before stays if that is of no use.
fn reload(certificate: &Certificate, tls: &Tls) {
    match certificate.reload(tls) {
        Ok(()) => tracing::info!("the certificate is read again"),
        Err(error) => {
            let error = Error::from(error);
            tracing::error!("the certificate stays as it was: {error:#}");
        }
    }
}

/// SIGHUPs, where there are any.
struct Hangups {
    #[cfg(unix)]
    signal: tokio::signal::unix::Signal,
}

impl Hangups {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            #[cfg(unix)]
            signal: {
                use tokio::signal::unix::{SignalKind, signal};
                signal(SignalKind::hangup())?
            },
        })
    }

    async fn next(&mut self) {
        #[cfg(unix)]
        if self.signal.recv().await.is_some() {
            return;
        }
        std::future::pending::<()>().await;
    }
}
