//! Which terminal it is, by its own word, and what terminals of that name and version draw.
//!
//! The word is its answer to XTVERSION, or else the environment. Only what somebody has looked at
//! is claimed here; all others are asked, or drawn for with what every terminal has.

use super::{Environment, Graphics};
use crate::picture::cells::Glyphs;

/// A terminal of a version; of zeroes if it is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Brand {
    pub name: Name,
    version: [u32; 3],
}

/// The terminals that make a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    Apple,
    Contour,
    Foot,
    Ghostty,
    Iterm2,
    Kitty,
    Konsole,
    Mintty,
    Rio,
    Screen,
    St,
    Tmux,
    Vte,
    WezTerm,
    Xterm,
}

impl Brand {
    /// By the answer to XTVERSION: `foot(1.22.0)`, `ghostty 1.2.0`, `WezTerm 20240203-110809-…`.
    pub fn of_answer(text: &str) -> Option<Self> {
        let text = text.strip_prefix("GNU ").unwrap_or(text);
        // `xterm.js(5.5.0)` is no XTerm.
        let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '.');
        let end = end.unwrap_or(text.len());
        let (name, version) = text.split_at(end);
        let known = ANSWERS.iter().find(|(known, _)| name.eq_ignore_ascii_case(known));
        known.map(|(_, name)| Self { name: *name, version: numbers(version) })
    }

    /// By the environment. `TERM` goes first: others are handed down to whatever is started.
    pub fn of_environment(environment: &Environment) -> Option<Self> {
        let named = |name| Some(Self { name, version: [0; 3] });
        let Environment { term, term_program, .. } = environment;
        if term == "xterm-kitty" {
            return named(Name::Kitty);
        }
        if term == "foot" || term.starts_with("foot-") {
            return named(Name::Foot);
        }
        if term == "st" || term.starts_with("st-") {
            return named(Name::St);
        }
        let programs = PROGRAMS.iter().find(|(known, _)| term_program == known);
        if let Some((_, name)) = programs {
            let version = numbers(&environment.term_program_version);
            return Some(Self { name: *name, version });
        }
        if term == "xterm-ghostty" {
            named(Name::Ghostty)
        } else if environment.lc_terminal == "iTerm2" {
            named(Name::Iterm2)
        } else if environment.kitty_window {
            named(Name::Kitty)
        } else if !environment.konsole_version.is_empty() {
            named(Name::Konsole)
        } else if !environment.vte_version.is_empty() {
            Some(Self { name: Name::Vte, version: numbers(&environment.vte_version) })
        } else {
            None
        }
    }

    /// The finest glyphs that it draws itself, and so without gaps and in any font.
    pub fn glyphs(self) -> Option<Glyphs> {
        Some(match self.name {
            // kitty's changelog: octants added, and a fix of sextants.
            Name::Kitty if self.is_since([0, 40, 0]) => Glyphs::Octant,
            Name::Kitty if self.is_since([0, 19, 3]) => Glyphs::Sextant,
            // As notcurses has it (termdesc.c); foot's author, there, on all before octants.
            Name::Foot if self.is_since([1, 20, 0]) => Glyphs::Octant,
            Name::Foot if self.is_since([1, 7, 0]) => Glyphs::Sextant,
            // Ghostty's source: its own octants came after 1.1.0; sextants it had at first.
            Name::Ghostty if self.is_since([1, 2, 0]) => Glyphs::Octant,
            // "Good as of 2021-06-10": notcurses. Octants are in no release of WezTerm with a
            // number to go by.
            Name::WezTerm if self.is_since([20_210_611, 0, 0]) => Glyphs::Sextant,
            // notcurses: "has long enjoyed good sextant support". A VTE of this age is new enough.
            Name::Vte if self.is_since([6600, 0, 0]) => Glyphs::Sextant,
            // notcurses on Contour.
            Name::Ghostty | Name::Contour => Glyphs::Sextant,
            // Their quarters come from the font, with gaps: notcurses.
            Name::St | Name::Apple => Glyphs::Half,
            _ => return None,
        })
    }

    /// How it draws stills best, whatever else it answers to.
    pub fn graphics(self) -> Option<Graphics> {
        match self.name {
            // WezTerm draws iTerm2's images whole; of kitty's protocol a part (chafa's table has
            // none of it for WezTerm).
            Name::Iterm2 | Name::WezTerm | Name::Mintty | Name::Rio => Some(Graphics::Iterm2),
            Name::Kitty | Name::Ghostty => Some(Graphics::Kitty),
            _ => None,
        }
    }

    /// Whether its word is taken when it says that it draws kitty's pictures. Konsole draws a part
    /// of the protocol, and sixels well: chafa's table.
    pub fn draws_kitty(self) -> bool {
        self.name != Name::Konsole
    }

    /// Whether it shows any colour.
    pub fn is_true_colour(self) -> bool {
        // Some versions of Terminal.app do not. XTerm takes them and shows the nearest of its 256,
        // unless it says otherwise.
        !matches!(self.name, Name::Apple | Name::Screen | Name::Tmux | Name::Xterm)
    }

    fn is_since(self, version: [u32; 3]) -> bool {
        self.version >= version
    }
}

/// The first three numbers of a version.
fn numbers(text: &str) -> [u32; 3] {
    let mut numbers = [0; 3];
    let parts = text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
    for (number, part) in numbers.iter_mut().zip(parts) {
        *number = part.parse().unwrap_or(u32::MAX);
    }
    numbers
}

const ANSWERS: &[(&str, Name)] = &[
    ("contour", Name::Contour),
    ("foot", Name::Foot),
    ("ghostty", Name::Ghostty),
    ("iTerm2", Name::Iterm2),
    ("kitty", Name::Kitty),
    ("Konsole", Name::Konsole),
    ("mintty", Name::Mintty),
    ("Rio", Name::Rio),
    ("screen", Name::Screen),
    ("tmux", Name::Tmux),
    ("VTE", Name::Vte),
    ("WezTerm", Name::WezTerm),
    ("XTerm", Name::Xterm),
];

const PROGRAMS: &[(&str, Name)] = &[
    ("Apple_Terminal", Name::Apple),
    ("ghostty", Name::Ghostty),
    ("iTerm.app", Name::Iterm2),
    ("mintty", Name::Mintty),
    ("rio", Name::Rio),
    ("WezTerm", Name::WezTerm),
];
