//! `peersnap completions` and `peersnap man`: made of the same source as `--help`.

use crate::cli::Cli;
use anyhow::Context as _;
use clap::CommandFactory as _;
use std::io::{self, Write as _};
use std::path::Path;

/// Prints what completes commands in a shell.
pub fn completions(shell: clap_complete::Shell) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "peersnap", &mut script);
    io::stdout().lock().write_all(&script).context("writing the completions")
}

/// Prints the manual page, or writes one of each command into a folder.
pub fn man(folder: Option<&Path>) -> anyhow::Result<()> {
    let Some(folder) = folder else {
        let mut page = Vec::new();
        clap_mangen::Man::new(Cli::command()).render(&mut page)?;
        return io::stdout().lock().write_all(&page).context("writing the manual page");
    };
    let writing = || format!("writing manual pages into {}", folder.display());
    std::fs::create_dir_all(folder).with_context(writing)?;
    clap_mangen::generate_to(Cli::command(), folder).with_context(writing)
}
