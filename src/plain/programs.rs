//! A program in the place of the person: commands come in as lines, reports go out.
//!
//! The end of a terminal's input ends the program here too; that of a pipe or a file does not.
//! Nothing is left out: while a reader does not keep up, the room waits for it, and so do its peers.

use super::commands::{self, Command};
use super::lines::Lines;
use super::printer::Printer;
use super::{READ_BYTES, join};
use crate::app::{Action, Event, Screen};
use crate::json::{self, Failure};
use crate::report::{Code, Mood, Report};
use crate::run::Ends;
use crate::shell::Shell;
use std::collections::VecDeque;
use std::io::{IsTerminal, stdin, stdout};
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::time::timeout;

/// Runs until a line says so, nobody reads any more, or the system ends the program.
pub async fn run(mut shell: Shell) -> anyhow::Result<()> {
    shell.listen();
    let (printer, mut untold) = (Printer::start(stdout()), Untold::default());
    let outcome = interact(&mut shell, &printer, &mut untold).await;
    shell.close().await;
    let rest = async {
        while let (Some(line), Some(room)) = (untold.0.pop_front(), printer.room().await) {
            room.send(line);
        }
    };
    // One that is stuck is not waited for.
    let _ = timeout(REST_TIMEOUT, rest).await;
    printer.finish().await;
    outcome
}

/// Lines that wait for the reader.
#[derive(Default)]
struct Untold(VecDeque<String>);

async fn interact(shell: &mut Shell, printer: &Printer, untold: &mut Untold) -> anyhow::Result<()> {
    let mut ends = Ends::new()?;
    let (mut input, mut buffer) = (tokio::io::stdin(), vec![0; READ_BYTES]);
    let (mut lines, mut input_is_open) = (Lines::default(), true);
    if let Screen::Join(_) = shell.app.screen {
        shell.act(Action::Back);
    }
    while !shell.app.quitting {
        untold.take(shell);
        let keeps_up = untold.0.len() < UNTOLD_MAX;
        tokio::select! {
            room = printer.room(), if !untold.0.is_empty() => match room {
                Some(room) => {
                    if let Some(line) = untold.0.pop_front() {
                        room.send(line);
                    }
                }
                None => return Err(unread()),
            },
            read = input.read(&mut buffer), if input_is_open && keeps_up => {
                let said = match read {
                    Ok(count) if count > 0 => lines.push(&buffer[..count]),
                    _ => {
                        input_is_open = false;
                        if stdin().is_terminal() {
                            shell.act(Action::Quit);
                        }
                        lines.finish().into_iter().collect()
                    }
                };
                for line in said {
                    untold.obey(shell, &line);
                }
            }
            event = shell.next(), if keeps_up => shell.apply(event),
            () = printer.gone() => return Err(unread()),
            () = ends.next() => {
                tracing::info!("ended by the system");
                shell.act(Action::Quit);
            }
        }
    }
    untold.take(shell);
    Ok(())
}

impl Untold {
    fn take(&mut self, shell: &mut Shell) {
        while let Some(report) = shell.next_report() {
            self.tell(report);
        }
    }

    fn tell(&mut self, report: Report) {
        self.0.push_back(json::line(report).encode());
    }

    /// Does what a line says; an answer is a notice.
    fn obey(&mut self, shell: &mut Shell, line: &str) {
        if shell.app.quitting {
            return;
        }
        match commands::read(line, &shell.app) {
            Command::Act(actions) => actions.into_iter().for_each(|action| shell.act(action)),
            Command::Send(paths) => shell.apply(Event::Paths(paths)),
            Command::Join(words) => {
                if let Err(why) = join(shell, &words) {
                    self.tell(Report::error(Code::Usage, why));
                }
            }
            Command::Tell(sentences) => {
                // First what has happened, and then how things stand.
                self.take(shell);
                for text in sentences {
                    self.tell(Report::Notice { mood: Mood::Info, text });
                }
            }
        }
        self.take(shell);
    }
}

fn unread() -> anyhow::Error {
    Failure::new(Code::Output, "nobody reads what is told any more").into()
}

/// Beyond that, nothing more happens before some of it is read.
const UNTOLD_MAX: usize = 256;
const REST_TIMEOUT: Duration = Duration::from_secs(1);
