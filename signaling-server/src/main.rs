//! The stand-alone signaling server: the command line around [`serve`].
//!
//! It prints one line on stdout, `listening on http://ADDRESS`, with the port it really has: the
//! page is there, and the websocket. With TLS that is `https://`, and with a certificate of its own
//! `/#.PIN` follows, which terminals know it by. With metrics there is another line,
//! `metrics on http://ADDRESS/metrics`. Logs go to stderr. It ends with 0 when it is told to
//! by SIGINT or SIGTERM, at once if it is told twice, with 1 when it can't run, and with 2 when the command line makes no sense.

#[path = "main/ice.rs"]
mod ice;
#[path = "main/inherited.rs"]
mod inherited;
#[path = "main/limits.rs"]
mod limits;
#[path = "main/logging.rs"]
mod logging;
#[path = "main/signals.rs"]
mod signals;
#[path = "main/source.rs"]
mod source;
#[path = "main/supervisor.rs"]
mod supervisor;
#[path = "main/workers.rs"]
mod workers;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Error, anyhow};
use clap::Parser;
use inherited::{Inherited, Purpose};
use signaling_server::server::{Bus, Config, Listeners, serve};
use source::Source;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

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

    /// The NATS server over which several of these act as one, as `nats://HOST:4222`; more of a cluster
    /// with commas between
    ///
    /// Peers of a room then meet whichever of the instances each has come to. Nobody else may speak on
    /// that bus: use TLS and a password, as `tls://USER:PASSWORD@HOST:4222`, where others could.
    #[arg(long, value_name = "URL", env = "SIGNALING_SERVER_BUS", hide_env_values = true)]
    bus: Option<Bus>,

    /// Where to listen for /metrics, /healthz and /readyz: for those who run this server alone
    #[arg(long, value_name = "ADDR", env = "SIGNALING_SERVER_METRICS")]
    metrics: Option<SocketAddr>,

    /// How long all goes on at SIGTERM before connections are closed, while /readyz says 503: until a
    /// balancer has noticed. A second signal ends at once
    #[arg(long, value_name = "SECONDS", default_value = "0", value_parser = seconds)]
    #[arg(env = "SIGNALING_SERVER_DRAIN")]
    drain: Duration,

    #[command(flatten)]
    workers: workers::Workers,

    #[command(flatten)]
    logging: logging::Logging,

    #[command(flatten)]
    limits: limits::Limits,
}

const EXIT_CODES: &str = "Exit codes: 0 ended by SIGINT or SIGTERM, 1 failed, 2 wrong arguments";

fn main() -> ExitCode {
    let cli = Cli::parse();
    match Inherited::take().and_then(|inherited| begin(cli, inherited)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("signaling-server: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn begin(cli: Cli, inherited: Inherited) -> Result<(), Error> {
    let runtime = cli.workers.runtime(cli.ice.relays()).context("starting threads")?;
    runtime.block_on(run(cli, inherited))
}

async fn run(cli: Cli, mut inherited: Inherited) -> Result<(), Error> {
    cli.logging.begin();
    let shutdown = CancellationToken::new();
    let hurry = signals::end_on_signals(shutdown.clone()).context("listening for signals")?;
    let source = cli.source.source()?;
    let tls = source.as_ref().map(Source::tls).transpose()?;
    let here = listen(&mut inherited, Purpose::Listen, Some(cli.listen)).await?;
    let here = here.context("there is an address by default")?;
    let redirect = listen(&mut inherited, Purpose::Redirect, cli.http_redirect).await?;
    if redirect.is_some() && tls.is_none() {
        anyhow::bail!(
            "there is no https to send anybody to: name a certificate (--tls-cert, --tls-key), --tls self-signed, or --acme"
        );
    }
    let monitoring = listen(&mut inherited, Purpose::Metrics, cli.metrics).await?;
    let address = here.local_addr().context("asking for the port")?;
    let ice = cli.ice.config(address.ip()).await?;
    let place = match &tls {
        None => format!("http://{address}"),
        Some(tls) => match source.as_ref().and_then(|it| it.pin(tls)) {
            Some(pin) => format!("https://{address}/#.{pin}"),
            None => format!("https://{address}"),
        },
    };
    let monitored = monitoring.as_ref().and_then(|it| it.local_addr().ok());
    let metrics = monitored.map_or(String::new(), |it| format!("metrics on http://{it}/metrics\n"));
    // In one piece: whoever reads the first line alone need not stay for the other.
    let told = io::stdout().write_all(format!("listening on {place}\n{metrics}").as_bytes());
    told.context("writing to stdout")?;
    let keeping = match (source, tls.clone()) {
        (Some(source), Some(tls)) => {
            Some(source.keep(tls, shutdown.clone()).context("listening for signals")?)
        }
        _ => None,
    };

    let config = cli.limits.apply(Config {
        tls,
        bus: cli.bus,
        allow_origins: cli.allow_origin.into_iter().chain(cli.public_url).collect(),
        drain: cli.drain,
        ..ice
    });
    supervisor::tell(shutdown.clone());
    tokio::select! {
        served = serve(Listeners { here, redirect, monitoring }, config, shutdown) => {
            served.context("serving")?;
        }
        () = hurry => {
            tracing::warn!("ended at once");
            return Ok(());
        }
    }
    match keeping {
        Some(keeping) => keeping.await.context("keeping the certificate"),
        None => Ok(()),
    }
}

/// The socket that was opened before, or one at this address; none if there is neither.
async fn listen(
    inherited: &mut Inherited,
    purpose: Purpose,
    address: Option<SocketAddr>,
) -> Result<Option<TcpListener>, Error> {
    if let Some(socket) = inherited.socket(purpose) {
        let taken = socket.set_nonblocking(true).and_then(|()| TcpListener::from_std(socket));
        return Ok(Some(taken.context("taking over a socket")?));
    }
    let Some(address) = address else { return Ok(None) };
    let bound = TcpListener::bind(address).await;
    bound.map(Some).map_err(|error| bind_error(address, purpose.option(), error))
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

fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(seconds) if seconds <= DRAIN_SECONDS_MAX => Ok(Duration::from_secs(seconds)),
        _ => Err(format!("a number of seconds up to {DRAIN_SECONDS_MAX}, as in 30")),
    }
}

/// An hour: whoever waits longer wants something else.
const DRAIN_SECONDS_MAX: u64 = 3600;
