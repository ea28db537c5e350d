//! The log: a file, since the screen is taken.

use crate::config::Config;
use anyhow::Context;
use std::fs::{File, OpenOptions};
use std::path::Path;
use std::sync::Mutex;
use tracing_subscriber::EnvFilter;

/// Begins to log to the file that was named, or to the usual one: then, what cannot be is left out.
///
/// `PEERSNAP_LOG_LEVEL` says how much, as `debug` or `peersnap=debug,webrtc=info`. What a person calls secret
/// (room codes, descriptions, addresses) is never logged above `trace`.
pub fn start(config: &Config) -> anyhow::Result<()> {
    let usual = config.state.as_ref().map(|folder| folder.join("peersnap.log"));
    let file = match &config.log {
        Some(path) => {
            open(path).with_context(|| format!("opening the log file {}", path.display()))?
        }
        None => match usual.and_then(|path| open(&path).ok()) {
            Some(file) => file,
            None => return Ok(()),
        },
    };
    let level = std::env::var("PEERSNAP_LOG_LEVEL").unwrap_or_default();
    let filter = EnvFilter::try_new(directives(&level));
    let filter = filter.unwrap_or_else(|_| EnvFilter::new(directives("")));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(Mutex::new(file))
        .try_init()
        .map_err(|error| anyhow::anyhow!("starting the log: {error}"))
}

/// A level by itself is this program's: what the libraries under it log at the same level, holds
/// addresses. Whoever wants that names them.
fn directives(level: &str) -> String {
    match level.trim() {
        "" => directives("info"),
        level if level.contains(['=', ',']) => level.to_owned(),
        level => format!("peersnap={level},signaling_server={level}"),
    }
}

/// Opens a log to add to it; one that has grown long is begun anew, and the last one kept.
fn open(path: &Path) -> std::io::Result<File> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    if std::fs::metadata(path).is_ok_and(|facts| facts.is_file() && facts.len() > LOG_BYTES_MAX) {
        std::fs::rename(path, path.with_extension("log.old"))?;
    }
    OpenOptions::new().create(true).append(true).open(path)
}

const LOG_BYTES_MAX: u64 = 4 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_by_itself_is_this_programs() {
        assert_eq!(directives(""), "peersnap=info,signaling_server=info");
        assert_eq!(directives(" debug "), "peersnap=debug,signaling_server=debug");
        assert_eq!(directives("warn,webrtc=trace"), "warn,webrtc=trace");
    }
}
