//! One manual page: what `--help` says, and how commands end, what they read, and where.

use crate::cli::STATUSES;
use clap::Command;
use clap_mangen::Man;
use std::fmt::Write as _;
use std::io;

/// The page of a command, in the language of man(7).
pub(super) fn of(command: &Command) -> io::Result<Vec<u8>> {
    let name = name(command);
    let is_whole = command.has_subcommands();
    let page = Man::new(command.clone())
        .title(name.to_uppercase())
        .source(concat!("peersnap ", env!("CARGO_PKG_VERSION")))
        .manual("peersnap");
    let mut out = Vec::new();
    page.render_title(&mut out)?;
    page.render_name_section(&mut out)?;
    page.render_synopsis_section(&mut out)?;
    page.render_description_section(&mut out)?;
    let mut rest = String::new();
    if let Some(help) = command.get_after_help() {
        paragraphs(&help.to_string(), &mut rest);
    }
    out.extend(rest.as_bytes());
    page.render_options_section(&mut out)?;
    if is_whole {
        page.render_subcommands_section(&mut out)?;
    }
    let mut rest = String::new();
    let notes = command.get_after_long_help().map(ToString::to_string);
    if let Some(notes) = notes.filter(|notes| notes != STATUSES) {
        section("NOTES", &mut rest);
        paragraphs(&notes, &mut rest);
    }
    statuses(&mut rest);
    environment(command, &mut rest);
    files(command, &mut rest);
    see_also(command, is_whole, &mut rest);
    out.extend(rest.as_bytes());
    Ok(out)
}

/// What the page is called, and its command written as one word.
pub(super) fn name(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

fn statuses(page: &mut String) {
    section("EXIT STATUS", page);
    for line in STATUSES.lines().skip(1) {
        if let Some((status, meaning)) = line.trim().split_once("  ") {
            item(status, meaning.trim(), page);
        }
    }
}

/// The variables that stand for options, and others that are read.
fn environment(command: &Command, page: &mut String) {
    let mut variables = Vec::new();
    for argument in command.get_arguments().filter(|it| !it.is_hide_set() && !it.is_hide_env_set())
    {
        if let (Some(variable), Some(long)) = (argument.get_env(), argument.get_long()) {
            variables.push((variable.to_string_lossy().into_owned(), format!("As --{long}.")));
        }
    }
    let has = |long: &str| command.get_arguments().any(|it| it.get_long() == Some(long));
    if has("log") {
        let level = "How much is written to the log: error, warn, info, debug or trace.";
        variables.push(("PEERSNAP_LOG_LEVEL".to_owned(), level.to_owned()));
    }
    if has("color") {
        variables.push(("NO_COLOR".to_owned(), "If set to anything, no colours.".to_owned()));
    }
    if variables.is_empty() {
        return;
    }
    section("ENVIRONMENT", page);
    for (variable, meaning) in variables {
        item(&variable, &meaning, page);
    }
}

fn files(command: &Command, page: &mut String) {
    if !command.get_arguments().any(|it| it.get_long() == Some("config")) {
        return;
    }
    section("FILES", page);
    for (path, meaning) in FILES {
        item(path, meaning, page);
    }
}

fn see_also(command: &Command, is_whole: bool, page: &mut String) {
    section("SEE ALSO", page);
    let mut pages: Vec<String> = if is_whole {
        let shown = command.get_subcommands().filter(|it| !it.is_hide_set());
        shown.map(|it| name(it).to_owned()).collect()
    } else {
        vec!["peersnap".to_owned()]
    };
    pages.sort();
    let pages: Vec<_> = pages.iter().map(|it| format!("\\fB{}\\fR(1)", escaped(it))).collect();
    let _ = writeln!(page, "{}", pages.join(",\n"));
}

// Writing to a string does not fail.
fn section(title: &str, page: &mut String) {
    let title = if title.contains(' ') { format!("\"{title}\"") } else { title.to_owned() };
    let _ = writeln!(page, ".SH {title}");
}

fn item(name: &str, meaning: &str, page: &mut String) {
    let _ = writeln!(page, ".TP\n\\fB{}\\fR\n{}", escaped(name), escaped(meaning));
}

fn paragraphs(text: &str, page: &mut String) {
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let _ = writeln!(page, ".PP\n{}", escaped(line));
    }
}

/// The text without what the page's language takes for orders.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}

const FILES: [(&str, &str); 4] = [
    ("~/.config/peersnap/config.toml", "Options, by their long names with _ for -."),
    ("~/.local/state/peersnap/identity", "Who you are to others, from day to day: a secret."),
    ("~/.local/state/peersnap/known-peers.toml", "Whom you have met, and whom you trust."),
    ("~/.local/state/peersnap/peersnap.log", "The log, unless --log names another place."),
];
