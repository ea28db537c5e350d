//! `peersnap completions` and `peersnap man`: made of the same source as `--help`.

mod page;

use crate::cli::Cli;
use crate::json::{Failure, Reader};
use crate::report::Code;
use anyhow::Context as _;
use clap::{Command, CommandFactory as _};
use std::io::{self, Write as _};
use std::path::Path;

/// Prints what completes commands in a shell.
pub fn completions(shell: clap_complete::Shell, reader: Reader) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), NAME, &mut script);
    print(&script, "writing the completions", reader)
}

/// Prints the manual page, or writes one of each command into a folder.
pub fn man(folder: Option<&Path>, reader: Reader) -> anyhow::Result<()> {
    let command = whole();
    let Some(folder) = folder else {
        return print(&page::of(&command)?, "writing the manual page", reader);
    };
    let writing = || format!("writing manual pages into {}", folder.display());
    std::fs::create_dir_all(folder).with_context(writing)?;
    for command in [&command].into_iter().chain(shown(&command)) {
        let file = folder.join(format!("{}.1", page::name(command)));
        std::fs::write(file, page::of(command)?).with_context(writing)?;
    }
    Ok(())
}

/// The command line with all that the parser adds to it.
fn whole() -> Command {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    command
}

/// The commands that are not hidden.
fn shown(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|command| !command.is_hide_set())
}

fn print(bytes: &[u8], doing: &str, reader: Reader) -> anyhow::Result<()> {
    if reader == Reader::Program {
        let text = "this is no JSON: leave --json out, or name a folder for manual pages";
        return Err(Failure::new(Code::Usage, text).into());
    }
    let mut out = io::stdout().lock();
    out.write_all(bytes)
        .and_then(|()| out.flush())
        .map_err(|error| Failure::new(Code::Output, format!("{doing}: {error}")).into())
}

const NAME: &str = "peersnap";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_of_its_own_name() {
        let folder = tempfile::tempdir().expect("a folder");
        man(Some(folder.path()), Reader::Person).expect("written");
        let command = whole();
        let mut expected: Vec<_> = shown(&command)
            .map(|command| format!("peersnap-{}.1", command.get_name()))
            .chain(["peersnap.1".to_owned()])
            .collect();
        expected.sort();
        let entries = std::fs::read_dir(folder.path()).expect("a folder");
        let mut found: Vec<_> = entries
            .map(|entry| entry.expect("an entry").file_name().into_string().expect("text"))
            .collect();
        found.sort();
        assert_eq!(found, expected);
        assert!(found.len() >= 14, "{found:?}");
    }

    #[test]
    fn every_page_has_its_sections_and_no_hidden_option() {
        let command = whole();
        for command in [&command].into_iter().chain(shown(&command)) {
            let text = String::from_utf8(page::of(command).expect("a page")).expect("text");
            for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "SEE ALSO"]
            {
                let has = text.contains(&format!("\n.SH {section}\n"))
                    || text.contains(&format!("\n.SH \"{section}\"\n"));
                assert!(has, "{section} of {}", page::name(command));
            }
            for hidden in command.get_arguments().filter(|it| it.is_hide_set()) {
                let long = hidden.get_long().unwrap_or("an option").replace('-', "\\-");
                assert!(!text.contains(&format!("\\-\\-{long}\\fR")), "{long}");
            }
            let odd = text.lines().find(|line| line.starts_with('\''));
            assert_eq!(odd, None, "it would be an order of the page's language");
        }
    }
}
