//! Sockets that were opened before the program was, by systemd (`sd_listen_fds(3)`): the program then
//! needs no privilege for a low port, and nobody is turned away while it starts anew.
//!
//! Each is known by its name (`FileDescriptorName=`): `http-redirect` and `metrics` are those of the
//! options called so, and the first of any other name is that of `--listen`.

use std::net::TcpListener;

use anyhow::Error;

/// The sockets that there are, each until it is taken.
#[derive(Debug, Default)]
pub struct Inherited {
    listen: Option<TcpListener>,
    redirect: Option<TcpListener>,
    metrics: Option<TcpListener>,
}

/// What a socket is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// `--listen`.
    Listen,
    /// `--http-redirect`.
    Redirect,
    /// `--metrics`.
    Metrics,
}

impl Purpose {
    fn of(name: &str) -> Self {
        match name {
            "http-redirect" => Self::Redirect,
            "metrics" => Self::Metrics,
            _ => Self::Listen,
        }
    }

    /// The option that opens such a socket otherwise.
    pub fn option(self) -> &'static str {
        match self {
            Self::Listen => "--listen",
            Self::Redirect => "--http-redirect",
            Self::Metrics => "--metrics",
        }
    }
}

impl Inherited {
    /// What was opened before. To be called once, and before there are other threads, as the
    /// environment is changed: children are not to take the sockets for theirs.
    #[cfg(target_os = "linux")]
    pub fn take() -> Result<Self, Error> {
        use anyhow::{Context, ensure};

        let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
        let names: Vec<&str> = names.split(':').collect();
        let mut sockets = listenfd::ListenFd::from_env();
        let mut inherited = Self::default();
        for index in 0..sockets.len() {
            let purpose = Purpose::of(names.get(index).copied().unwrap_or_default());
            let option = purpose.option();
            let socket = sockets.take_tcp_listener(index);
            let socket = socket.with_context(|| {
                format!("what systemd opened for {option} is not a stream socket of an address")
            })?;
            let place = inherited.place(purpose);
            ensure!(
                place.is_none(),
                "systemd opened more than one socket for {option}: one ListenStream= each, and \
                 FileDescriptorName=http-redirect or =metrics for others than --listen"
            );
            *place = socket;
        }
        Ok(inherited)
    }

    /// Nothing was.
    #[cfg(not(target_os = "linux"))]
    pub fn take() -> Result<Self, Error> {
        Ok(Self::default())
    }

    /// The socket that is for this, if there is one.
    pub fn socket(&mut self, purpose: Purpose) -> Option<TcpListener> {
        self.place(purpose).take()
    }

    fn place(&mut self, purpose: Purpose) -> &mut Option<TcpListener> {
        match purpose {
            Purpose::Listen => &mut self.listen,
            Purpose::Redirect => &mut self.redirect,
            Purpose::Metrics => &mut self.metrics,
        }
    }
}
