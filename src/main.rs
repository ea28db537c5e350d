//! The program: reads the command line, does what it says, and prints what went wrong, once.

use peersnap::cli::{self, Cli, Command, Join, Options};
use peersnap::commands;
use peersnap::config::Config;
use peersnap::daemon::{self, Voice};
use peersnap::json::{self, Reader};
use peersnap::picture::Metadata;
use peersnap::report::{Code, Report};
use peersnap::shell::{Plan, Shell, Wanted};
use peersnap::{doctor, logging, plain, run, terminal};
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    if daemon::is_in_background() {
        let kept = daemon::inherit().and_then(|options| keep_open(options, Voice::Starter));
        return end(kept.map(|()| None), Reader::Program);
    }
    let cli = Cli::read(std::env::args_os());
    let reader = Reader::of_flag(cli.json);
    end(start(cli, reader), reader)
}

/// Tells how it ended, once.
fn end(outcome: anyhow::Result<Option<Code>>, reader: Reader) -> ExitCode {
    let code = outcome.unwrap_or_else(|error| {
        let (code, text) = (json::code_of(&error), format!("{error:#}"));
        match reader {
            Reader::Program => json::print_last(Report::error(code, text)),
            // Standard error may be a terminal that is gone.
            Reader::Person => drop(writeln!(std::io::stderr(), "peersnap: {text}")),
        }
        Some(code)
    });
    let status = code.map_or(0, Code::status);
    if reader == Reader::Program {
        json::print_last(Report::Bye { status, code });
    }
    ExitCode::from(status)
}

/// Does what was asked for. What went wrong, if it was told already.
fn start(cli: Cli, reader: Reader) -> anyhow::Result<Option<Code>> {
    match cli.command {
        Some(Command::Cameras) => commands::cameras(reader),
        Some(Command::View(view)) => {
            return commands::view(&view.files, view.display.wishes(), reader);
        }
        Some(Command::Snap(snap)) => {
            let spec = snap.camera.unwrap_or_default();
            let metadata = Metadata::of_flag(snap.keep_exif);
            let quality = snap.quality.unwrap_or_default();
            commands::snap(spec, snap.output, quality, metadata, reader).map(drop)
        }
        Some(Command::Demo(options)) => {
            let config = Config::load(options)?;
            logging::start(&config)?;
            block_on(commands::demo(config, reader))
        }
        Some(Command::Join(Join { room, options })) => {
            enter(Wanted::of(&room, Wanted::Ask), options, reader)
        }
        Some(Command::Send(send)) => block_on(commands::send(send, reader)),
        Some(Command::Receive(receive)) => block_on(commands::receive(receive, reader)),
        Some(Command::Doctor(options)) => return block_on(doctor::doctor(options, reader)),
        Some(Command::Completions(completions)) => commands::completions(completions.shell, reader),
        Some(Command::Man(man)) => commands::man(man.folder.as_deref(), reader),
        Some(Command::Daemon(options)) if options.stop => block_on(daemon::stop(reader)),
        Some(Command::Daemon(options)) if options.foreground => {
            keep_open(options, Voice::of(reader))
        }
        Some(Command::Daemon(_)) => daemon::start(reader),
        Some(Command::Attach(attach)) => block_on(daemon::attach(attach.display.wishes())),
        Some(Command::Status) => block_on(daemon::status(reader)),
        None => enter(Wanted::of(&cli.room, Wanted::New), cli.options, reader),
    }
    .map(|()| None)
}

/// Goes to a room: in the TUI, or told in lines, to a person or a program.
fn enter(wanted: Wanted, options: Options, reader: Reader) -> anyhow::Result<()> {
    let config = Config::load(options)?;
    logging::start(&config)?;
    let plan = Plan::read(wanted, &config)?;
    let in_lines = config.plain || reader == Reader::Program;
    if !in_lines && !terminal::is_there() {
        anyhow::bail!(
            "there is no terminal to draw on; without one, `peersnap send`, `receive`, `daemon` and \
             `--plain` work"
        );
    }
    block_on(async {
        let entrance = plan.prepare(&config).await?;
        let shell = Shell::start(entrance, &config)?;
        match reader {
            Reader::Program => plain::run_for_programs(shell).await,
            Reader::Person if config.plain => plain::run(shell).await,
            Reader::Person => run::run(shell, &config).await,
        }
    })
}

/// Keeps a room open in this process.
fn keep_open(options: cli::Daemon, voice: Voice) -> anyhow::Result<()> {
    let config = Config::load(options.options)?;
    logging::start(&config)?;
    let plan = Plan::read(Wanted::of(&options.room, Wanted::New), &config)?;
    block_on(daemon::keep(plan, config, voice))
}

fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
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
