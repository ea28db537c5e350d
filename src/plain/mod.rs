//! A person without a screen: lines come in, sentences go out, for a screen reader, a braille
//! display, a log, another program.
//!
//! No cursor moves, no colour, no picture is drawn: everything is told in lines, once, when it
//! happens. The commands are the keys of the TUI, one a line, read as the terminal edits them; an
//! empty line is Enter. The end of a terminal's input (Ctrl-D) ends the program; that of a pipe or
//! a file does not: it goes on receiving until a signal ends it.

mod answers;
mod changes;
mod commands;
mod lines;
mod printer;
mod programs;
#[cfg(test)]
mod tests;

pub use programs::run as run_for_programs;

use crate::app::{Action, Event, Screen};
use crate::run::Ends;
use crate::shell::Shell;
use changes::Seen;
use commands::Command;
use lines::Lines;
use printer::Printer;
use std::io::{IsTerminal, stdin, stdout};
use tokio::io::AsyncReadExt;

/// Runs until the person quits, nobody reads any more, or the system ends the program.
pub async fn run(mut shell: Shell) -> anyhow::Result<()> {
    let mut front =
        Front { seen: Seen::default(), printer: Printer::start(stdout()), lines: Lines::default() };
    let outcome = front.interact(&mut shell).await;
    shell.close().await;
    front.printer.finish().await;
    outcome
}

struct Front {
    seen: Seen,
    printer: Printer,
    lines: Lines,
}

impl Front {
    async fn interact(&mut self, shell: &mut Shell) -> anyhow::Result<()> {
        let mut ends = Ends::new()?;
        let (mut input, mut buffer) = (tokio::io::stdin(), vec![0; READ_BYTES]);
        let mut input_is_open = true;
        self.printer.say(GREETING);
        if let Screen::Join(_) = shell.app.screen {
            // Where the TUI opens a prompt; here j is one.
            shell.act(Action::Back);
        }
        while !shell.app.quitting && !self.printer.is_gone() {
            self.tell(shell);
            tokio::select! {
                read = input.read(&mut buffer), if input_is_open => match read {
                    Ok(count) if count > 0 => {
                        for line in self.lines.push(&buffer[..count]) {
                            self.obey(shell, &line);
                        }
                    }
                    _ => {
                        input_is_open = false;
                        if let Some(line) = self.lines.finish() {
                            self.obey(shell, &line);
                        }
                        if stdin().is_terminal() {
                            shell.act(Action::Quit);
                        } else if !shell.app.quitting {
                            self.printer.say(NO_MORE_COMMANDS);
                        }
                    }
                },
                event = shell.next() => shell.apply(event),
                () = self.printer.gone() => {}
                () = ends.next() => {
                    tracing::info!("ended by the system");
                    shell.act(Action::Quit);
                }
            }
        }
        self.tell(shell);
        Ok(())
    }

    /// Does what a line says. Lines that come at once may each change what the next one means.
    fn obey(&mut self, shell: &mut Shell, line: &str) {
        if shell.app.quitting {
            return;
        }
        match commands::read(line, &shell.app) {
            Command::Act(actions) => actions.into_iter().for_each(|action| shell.act(action)),
            Command::Send(paths) => shell.apply(Event::Paths(paths)),
            Command::Join(words) => {
                if let Err(why) = join(shell, &words) {
                    self.printer.say(&why);
                }
            }
            Command::Tell(sentences) => {
                // First what has happened, and then how things stand.
                self.tell(shell);
                for sentence in &sentences {
                    self.printer.say(sentence);
                }
            }
        }
        self.tell(shell);
    }

    fn tell(&mut self, shell: &Shell) {
        for sentence in self.seen.changes(&shell.app) {
            self.printer.say(&sentence);
        }
    }
}

/// Joins the room of these words, or says why they lead to none.
fn join(shell: &mut Shell, words: &str) -> Result<(), String> {
    shell.act(Action::Join);
    words.chars().for_each(|c| shell.act(Action::Type(c)));
    shell.act(Action::Submit);
    let Screen::Join(prompt) = &shell.app.screen else { return Ok(()) };
    let why = answers::refused(prompt);
    shell.act(Action::Back);
    Err(why)
}

const GREETING: &str = "peersnap, told in lines: type a command and Enter; ? tells what there is";
const NO_MORE_COMMANDS: &str = "no more commands come: receiving goes on until a signal ends it";
/// A hand types less.
const READ_BYTES: usize = 1024;
