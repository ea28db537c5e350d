//! The program: reads the command line, does what it says, and prints what went wrong, once.

use peersnap::cli::{Cli, Command, Join, Options};
use peersnap::commands;
use peersnap::config::Config;
use peersnap::picture::Metadata;
use peersnap::shell::{Plan, Shell, Wanted};
use peersnap::{logging, plain, run, terminal};
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    match start(Cli::read(std::env::args_os())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Standard error may be a terminal that is gone.
            let _ = writeln!(std::io::stderr(), "peersnap: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start(cli: Cli) -> anyhow::Result<()> {
    match cli.command {
        Some(Command::Cameras) => commands::cameras(),
        Some(Command::View(view)) => commands::view(&view.files, view.display.wishes()),
        Some(Command::Snap(snap)) => {
            let spec = snap.camera.unwrap_or_default();
            let metadata = Metadata::of_flag(snap.keep_exif);
            commands::snap(spec, snap.output, snap.quality.unwrap_or_default(), metadata).map(drop)
        }
        Some(Command::Demo(options)) => {
            let config = Config::load(options)?;
            logging::start(&config)?;
            block_on(commands::demo(config))
        }
        Some(Command::Join(Join { room, options })) => {
            enter(Wanted::of(&room, Wanted::Ask), options)
        }
        None => enter(Wanted::of(&cli.room, Wanted::New), cli.options),
    }
}

/// Goes to a room: in the TUI, or told in lines.
fn enter(wanted: Wanted, options: Options) -> anyhow::Result<()> {
    let config = Config::load(options)?;
    logging::start(&config)?;
    let plan = Plan::read(wanted, &config)?;
    if !config.plain && !terminal::is_there() {
        anyhow::bail!(
            "there is no terminal to draw on; without one, `peersnap --plain`, `snap`, `view`, \
             `cameras` and `demo` work"
        );
    }
    block_on(async {
        let entrance = plan.prepare(&config).await?;
        let shell = Shell::start(entrance, &config)?;
        if config.plain { plain::run(shell).await } else { run::run(shell, &config).await }
    })
}

fn block_on(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let runtime = Unwaited(Some(runtime));
    runtime.0.as_ref().expect("it is taken at its end alone").block_on(work)
}

/// A runtime whose end, be it by a panic, waits for no thread: reading keys blocks one.
struct Unwaited(Option<tokio::runtime::Runtime>);

impl Drop for Unwaited {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
