//! `peersnap receive`: files of a room, without a terminal.

use super::capabilities;
use super::errands::{Room, ended, enter};
use crate::cli::{self, Options};
use crate::config::Config;
use crate::errand::{
    self, Accept, Folders, HookSetup, Hooks, Invites, Output, Place, Receive, ReceiveWishes, Sink,
    Voice,
};
use crate::io::storage;
use crate::json::{Failure, Reader};
use crate::logging;
use crate::report::Code;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Receives until it is over.
pub async fn receive(said: cli::Receive, reader: Reader) -> anyhow::Result<()> {
    let json = reader == Reader::Program;
    let (room, to_stdout) = room(&said);
    if to_stdout && (json || said.print_path || std::io::stdout().is_terminal()) {
        return Err(Failure::new(Code::Usage, STDOUT_TAKEN).into());
    }
    if to_stdout && said.count.is_some_and(|count| count > 1) {
        return Err(Failure::new(Code::Usage, "one file alone goes to standard output").into());
    }
    let hooks = hooks(&said)?;
    let incoming = to_stdout.then(tempfile::tempdir).transpose();
    let incoming = incoming.map_err(|error| Failure::new(Code::Disk, error.to_string()))?;
    let out = said.out.clone().filter(|out| out != Path::new(STDOUT));
    let save = incoming.as_ref().map(|folder| folder.path().to_owned()).or(out);
    let options = Options { common: said.common.clone(), save, ..Options::default() };
    let config = Config::load(options)?;
    logging::start(&config)?;
    let client = room.daemon().await?;
    let copied = client.is_some() && said.out.is_some();
    if client.is_none() || copied {
        check(&config.save)?;
    }
    let sink = match incoming {
        Some(folder) => Sink::Stdout(folder),
        None if copied => Sink::Copied(std::path::absolute(&config.save)?),
        None if !json && !said.print_path && std::io::stdout().is_terminal() => {
            Sink::Shown(Box::new(capabilities(said.display.wishes())))
        }
        None => Sink::Folder,
    };
    let output = match () {
        () if json => Output::Json,
        () if said.print_path => Output::Paths,
        () => Output::Other,
    };
    let wishes = ReceiveWishes {
        accept: match said.accept {
            cli::Accept::Photos => Accept::Photos,
            cli::Accept::All => Accept::All,
            cli::Accept::Trusted => Accept::Trusted,
        },
        folders: if to_stdout { Folders::Declined } else { Folders::Taken },
        size_max: said.max_size,
        count: said.count.or((said.once || to_stdout).then_some(1)),
        time: said.time,
    };
    let place = match client {
        Some(client) => Place::daemon(client).await?,
        None => enter(room.plan(&config)?, &config).await?,
    };
    let errand = Receive::new(wishes, Instant::now());
    let voice = Voice::start(output, Invites::Yes);
    ended(errand::receive(place, errand, hooks, sink, voice).await?)
}

/// The room that was said, and whether its file goes to standard output.
fn room(said: &cli::Receive) -> (Room, bool) {
    let mut words = said.room.clone();
    let is_last = words.pop_if(|last| last == STDOUT).is_some();
    let room = if words.is_empty() { Room::usual() } else { Room::This(words.join(" ")) };
    (room, is_last || said.out.as_deref() == Some(Path::new(STDOUT)))
}

fn hooks(said: &cli::Receive) -> Result<Option<Hooks>, Failure> {
    let Some(text) = &said.exec else { return Ok(None) };
    let command = HookSetup::command(text, said.exec_shell).ok_or_else(|| {
        Failure::new(Code::Usage, "--exec: no program, or a quotation mark without its other")
    })?;
    let (jobs, timeout) = (said.exec_jobs.into(), said.exec_timeout);
    Ok(Some(Hooks::new(HookSetup { command, jobs, timeout })))
}

fn check(folder: &Path) -> Result<(), Failure> {
    storage::check(folder).map_err(|error| {
        let folder: PathBuf = folder.to_owned();
        let text = format!("files cannot be saved in {}: {error}", folder.display());
        Failure::new(Code::Disk, text)
    })
}

const STDOUT: &str = "-";
const STDOUT_TAKEN: &str = "a file goes to standard output: lead it into a file or a program, and \
                            leave out --json and --print-path";
