//! What `peersnap receive` takes.

use super::values::{duration, size};
use super::{Common, Display};
use clap::{Args, ValueEnum, value_parser};
use std::path::PathBuf;
use std::time::Duration;

/// Options of `peersnap receive`.
#[derive(Debug, Args)]
#[command(override_usage = "peersnap receive [OPTIONS] [ROOM] [-]")]
pub struct Receive {
    /// The room, by its link or its six words; then - to write one file to standard output.
    ///
    /// Without it: `PEERSNAP_ROOM`'s, or the one that a daemon keeps open, or else a new one.
    #[arg(value_name = "ROOM] [-")]
    pub room: Vec<String>,

    /// The folder that files are saved in; it is made if it is not there
    ///
    /// Without it: --save's, or the current one.
    #[arg(short, long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// End after one file
    #[arg(long, conflicts_with = "count")]
    pub once: bool,

    /// End after so many files
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..))]
    pub count: Option<u32>,

    /// End after so long, such as 90s
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    pub time: Option<Duration>,

    /// Print the path of each file, one a line, and nothing else
    #[arg(long, conflicts_with = "json")]
    pub print_path: bool,

    /// Run a program for each file
    ///
    /// It is split into words as a shell does, and run without one. The environment tells it of the
    /// file: `PEERSNAP_PATH`, `PEERSNAP_NAME`, `PEERSNAP_TYPE`, `PEERSNAP_SIZE`, `PEERSNAP_DIGEST`,
    /// `PEERSNAP_FROM`, `PEERSNAP_FROM_ID`; of a folder also how many files it has, `PEERSNAP_FILES`.
    #[arg(long, value_name = "COMMAND")]
    pub exec: Option<String>,

    /// Have a shell run what --exec says
    #[arg(long, requires = "exec")]
    pub exec_shell: bool,

    /// How many of them may run at once
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = value_parser!(u8).range(1..=64))]
    pub exec_jobs: u8,

    /// How long each may take before it is stopped
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = duration)]
    pub exec_timeout: Duration,

    /// What is taken: photos, all, or all of those you trust and nothing of others
    #[arg(long, value_enum, default_value_t = Accept::Photos, env = "PEERSNAP_ACCEPT")]
    pub accept: Accept,

    /// How large a file may be, such as 32MB
    ///
    /// Without it: 32MB for photos, any size for other files.
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub max_size: Option<u64>,

    /// How to reach the room.
    #[command(flatten)]
    pub common: Common,

    /// What is wished for of the terminal.
    #[command(flatten)]
    pub display: Display,
}

/// What `receive` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Accept {
    /// Photos, of anyone in the room.
    Photos,
    /// Anything, of anyone in the room.
    All,
    /// Anything, of those that are trusted.
    Trusted,
}
