//! How many threads serve, and what runs on them.

use std::io;
use std::num::NonZeroUsize;
use std::thread::available_parallelism;

use clap::{Args, value_parser};
use tokio::runtime::{Builder, Runtime};

#[derive(Debug, Args)]
pub struct Workers {
    /// Threads that serve; one for each two processors otherwise, and with --turn one for each
    ///
    /// A signal costs less on fewer threads, as none has to wake another, and two thirds of the cost are
    /// the kernel's, which does part of that elsewhere. One thread carries tens of thousands a second.
    #[arg(long = "workers", value_name = "N", env = "SIGNALING_SERVER_WORKERS")]
    #[arg(value_parser = value_parser!(u16).range(1..=WORKERS_MAX))]
    count: Option<u16>,
}

impl Workers {
    /// What a server runs on that relays, or does not.
    pub fn runtime(&self, relays: bool) -> io::Result<Runtime> {
        let count = self.count.map_or_else(|| by_default(relays), usize::from);
        let mut builder = match count {
            1 => Builder::new_current_thread(),
            _ => Builder::new_multi_thread(),
        };
        builder.worker_threads(count).enable_all().build()
    }
}

fn by_default(relays: bool) -> usize {
    let processors = available_parallelism().map_or(1, NonZeroUsize::get);
    if relays { processors } else { processors.div_ceil(2) }
}

/// More processors than a machine has.
const WORKERS_MAX: i64 = 1024;
