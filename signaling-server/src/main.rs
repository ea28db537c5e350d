//! The stand-alone signaling server: the command line around [`serve`].
//!
//! It prints one line on stdout, `listening on http://ADDRESS`, with the port it really has: the
//! page is there, and the websocket. With TLS that is `https://`, and with a certificate of its own
//! `/#.PIN` follows, which terminals know it by. Logs go to stderr. It ends with 0 when it is told to
//! by SIGINT or SIGTERM, with 1 when it can't run, and with 2 when the command line makes no sense.

#[path = "main/ice.rs"]
mod ice;
#[path = "main/source.rs"]
mod source;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::{Context, Error, anyhow};
use clap::Parser;
use signaling_server::server::{Config, serve_with_redirect};
use source::Source;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

/// Relays sealed signals between the peers of a room, without reading them.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES)]
struct Cli {
    /// Where to listen; port 0 takes any free port
    #[arg(long, value_name = "ADDR", default_value = "0.0.0.0:8765")]
    #[arg(env = "SIGNALING_SERVER_LISTEN")]
    listen: SocketAddr,

    #[command(flatten)]
    source: source::Options,

    /// Where to listen for plain http too, and send whoever comes to https
    #[arg(long, value_name = "ADDR", env = "SIGNALING_SERVER_HTTP_REDIRECT")]
    http_redirect: Option<SocketAddr>,

    /// A page's origin that may connect from another host; may be given again
    #[arg(long, value_name = "ORIGIN", value_parser = origin)]
    allow_origin: Vec<String>,

    /// Where browsers reach the page, if a proxy stands between that gives this server another name
    #[arg(long, value_name = "URL", value_parser = origin, env = "SIGNALING_SERVER_PUBLIC_URL")]
    public_url: Option<String>,

    #[command(flatten)]
    ice: ice::Arguments,

    /// What to log: error, warn, info, debug or trace, or a filter as of tracing
    #[arg(long, value_name = "LEVEL", default_value = "info", value_parser = log_filter)]
    #[arg(env = "SIGNALING_SERVER_LOG")]
    log: String,
}

const EXIT_CODES: &str = "Exit codes: 0 ended by SIGINT or SIGTERM, 1 failed, 2 wrong arguments";

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("signaling-server: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(cli: Cli) -> Result<(), Error> {
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(&cli.log))
        .with_writer(io::stderr)
        .init();

    let shutdown = CancellationToken::new();
    end_on_signals(shutdown.clone()).context("listening for signals")?;
    let source = cli.source.source()?;
    let tls = source.as_ref().map(Source::tls).transpose()?;
    let listener = listen(cli.listen, "--listen").await?;
    let redirect = match cli.http_redirect {
        Some(_) if tls.is_none() => anyhow::bail!(
            "there is no https to send anybody to: name a certificate (--tls-cert, --tls-key), --tls self-signed, or --acme"
        ),
        Some(address) => Some(listen(address, "--http-redirect").await?),
        None => None,
    };
    let ice = cli.ice.config(cli.listen.ip()).await?;
    let address = listener.local_addr().context("asking for the port")?;
    let place = match &tls {
        None => format!("http://{address}"),
        Some(tls) => match source.as_ref().and_then(|it| it.pin(tls)) {
            Some(pin) => format!("https://{address}/#.{pin}"),
            None => format!("https://{address}"),
        },
    };
    writeln!(io::stdout(), "listening on {place}").context("writing to stdout")?;
    let keeping = match (source, tls.clone()) {
        (Some(source), Some(tls)) => {
            Some(source.keep(tls, shutdown.clone()).context("listening for signals")?)
        }
        _ => None,
    };

    let config = Config {
        tls,
        allow_origins: cli.allow_origin.into_iter().chain(cli.public_url).collect(),
        ..ice
    };
    serve_with_redirect(listener, redirect, config, shutdown).await.context("serving")?;
    match keeping {
        Some(keeping) => keeping.await.context("keeping the certificate"),
        None => Ok(()),
    }
}

async fn listen(address: SocketAddr, option: &str) -> Result<TcpListener, Error> {
    TcpListener::bind(address).await.map_err(|error| bind_error(address, option, error))
}

/// Cancels `shutdown` at the first SIGINT or SIGTERM.
#[cfg(unix)]
fn end_on_signals(shutdown: CancellationToken) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        shutdown.cancel();
    });
    Ok(())
}

/// Cancels `shutdown` at the first Ctrl+C.
#[cfg(not(unix))]
fn end_on_signals(shutdown: CancellationToken) -> io::Result<()> {
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            shutdown.cancel();
        }
    });
    Ok(())
}

fn bind_error(address: SocketAddr, option: &str, error: io::Error) -> Error {
    let way_out = match error.kind() {
        io::ErrorKind::AddrInUse => "stop the program that listens there, or choose another port",
        io::ErrorKind::PermissionDenied => "ports below 1024 need a privilege: choose a higher one",
        io::ErrorKind::AddrNotAvailable => "this machine has no such address: try 0.0.0.0",
        _ => "choose another address",
    };
    let port = address.port();
    let advice = format!("cannot listen on {address}: {way_out} ({option} ADDR)");
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            anyhow!(error).context(format!("port {port} is in use; {advice}"))
        }
        _ => anyhow!(error).context(advice),
    }
}

fn origin(text: &str) -> Result<String, String> {
    let text = text.trim_end_matches('/');
    let host = text.strip_prefix("https://").or(text.strip_prefix("http://"));
    match host {
        Some(host) if !host.is_empty() && !host.contains('/') => Ok(text.to_owned()),
        _ => Err("an origin is a scheme and a host, as in https://example.org".to_owned()),
    }
}

fn log_filter(text: &str) -> Result<String, String> {
    match EnvFilter::try_new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(format!("{error}; levels are error, warn, info, debug and trace")),
    }
}
