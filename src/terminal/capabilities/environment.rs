//! What the environment says of the terminal. Over SSH that is `TERM`, and no more.

/// The variables that terminals are known by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    /// `TERM`.
    pub term: String,
    /// `COLORTERM`.
    pub colorterm: String,
    /// `TERM_PROGRAM`.
    pub term_program: String,
    /// `TERM_PROGRAM_VERSION`.
    pub term_program_version: String,
    /// `LC_TERMINAL`, which iTerm2 sends over SSH.
    pub lc_terminal: String,
    /// Whether `NO_COLOR` is set to anything.
    pub no_color: bool,
    /// Whether kitty set `KITTY_WINDOW_ID`.
    pub kitty_window: bool,
    /// `KONSOLE_VERSION`, a number of six digits.
    pub konsole_version: String,
    /// `VTE_VERSION`, a number of four digits.
    pub vte_version: String,
    /// What there is between this program and the terminal.
    pub inside: Option<Inside>,
}

/// A program that draws its own screen into a terminal, and another program's into that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Inside {
    /// tmux.
    Tmux,
    /// GNU screen.
    Screen,
}

impl Environment {
    /// All that is asked for, to be handed over from where the terminal is.
    pub const VARIABLES: [&str; 11] = [
        "TERM",
        "COLORTERM",
        "TERM_PROGRAM",
        "TERM_PROGRAM_VERSION",
        "LC_TERMINAL",
        "NO_COLOR",
        "KITTY_WINDOW_ID",
        "KONSOLE_VERSION",
        "VTE_VERSION",
        "TMUX",
        "STY",
    ];

    /// What is known by these variables; `variable` looks one up.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Self {
        let text = |name: &str| variable(name).unwrap_or_default();
        let set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
        let (term, term_program) = (text("TERM"), text("TERM_PROGRAM"));
        let inside = if set("TMUX") || term_program == "tmux" || term.starts_with("tmux") {
            Some(Inside::Tmux)
        } else if set("STY") || term.starts_with("screen") {
            Some(Inside::Screen)
        } else {
            None
        };
        Self {
            colorterm: text("COLORTERM"),
            term_program_version: text("TERM_PROGRAM_VERSION"),
            lc_terminal: text("LC_TERMINAL"),
            no_color: set("NO_COLOR"),
            kitty_window: set("KITTY_WINDOW_ID"),
            konsole_version: text("KONSOLE_VERSION"),
            vte_version: text("VTE_VERSION"),
            inside,
            term,
            term_program,
        }
    }

    /// The kind of terminal, for what is remembered of it: short, and of few characters.
    pub fn kind(&self) -> String {
        let clean = |text: &str| -> String {
            let kept = text.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c));
            kept.take(KIND_CHARS_MAX).collect()
        };
        let (term, program) = (clean(&self.term), clean(&self.term_program));
        let term = if term.is_empty() { "unknown".to_owned() } else { term };
        if program.is_empty() { term } else { format!("{term} {program}") }
    }
}

/// Of each of the two parts.
const KIND_CHARS_MAX: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::collections::BTreeSet;

    #[test]
    fn the_variables_that_are_handed_over_are_those_that_are_asked_for() {
        let asked = RefCell::new(BTreeSet::new());
        Environment::read(|name| {
            asked.borrow_mut().insert(name.to_owned());
            None
        });
        let all = Environment::VARIABLES.map(str::to_owned);
        assert_eq!(asked.into_inner(), all.into_iter().collect());
    }
}
