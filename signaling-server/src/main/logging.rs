//! What is logged, and in which form: to stderr, which systemd and containers keep.

use std::io;

use clap::{Args, ValueEnum};
use tracing_subscriber::EnvFilter;

/// What is logged, and how.
#[derive(Debug, Args)]
pub struct Logging {
    /// What to log: error, warn, info, debug or trace, or a filter as of tracing
    #[arg(long, value_name = "LEVEL", default_value = "info", value_parser = filter)]
    #[arg(env = "SIGNALING_SERVER_LOG")]
    log: String,

    /// How: as text, or each line an object of JSON
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    #[arg(env = "SIGNALING_SERVER_LOG_FORMAT")]
    log_format: Format,
}

/// The form of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

impl Logging {
    /// Logs from now on.
    pub fn begin(&self) {
        // It would tell rooms and passwords of others; what matters of it is told here.
        let quiet = "async_nats=off".parse().expect("a directive");
        let log = tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::new(&self.log).add_directive(quiet))
            .with_writer(io::stderr);
        match self.log_format {
            Format::Text => log.init(),
            Format::Json => log.json().flatten_event(true).init(),
        }
    }
}

fn filter(text: &str) -> Result<String, String> {
    match EnvFilter::try_new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(format!("{error}; levels are error, warn, info, debug and trace")),
    }
}
