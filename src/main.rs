//! The program: reads the command line, does what it says, and prints what went wrong, once.

use clap::Parser;
use peersnap::cli::{Cli, Command};
use peersnap::commands;
use peersnap::config::Config;
use peersnap::shell::{Entrance, Shell};
use peersnap::{logging, run};
use std::process::ExitCode;

fn main() -> ExitCode {
    match start(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("peersnap: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start(cli: Cli) -> anyhow::Result<()> {
    match cli.command {
        Some(Command::Cameras) => commands::cameras(),
        Some(Command::View { files }) => commands::view(&files),
        Some(Command::Snap(snap)) => {
            let spec = snap.camera.unwrap_or_default();
            commands::snap(spec, snap.output, snap.quality.unwrap_or_default()).map(drop)
        }
        Some(Command::Demo(options)) => {
            let config = Config::load(options)?;
            logging::start(config.log.as_deref())?;
            block_on(commands::demo(config))
        }
        None => {
            let config = Config::load(cli.options)?;
            logging::start(config.log.as_deref())?;
            block_on(async {
                let entrance = Entrance::find(cli.room.as_deref(), &config).await?;
                run::run(Shell::start(entrance, &config)?).await
            })
        }
    }
}

fn block_on(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(work);
    // Reading keys blocks a thread, which is not waited for.
    runtime.shutdown_background();
    outcome
}
