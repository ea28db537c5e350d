//! Colours: how many the terminal has, which of them the screen uses, and for what.
//!
//! Text keeps the terminal's own colours; a few calm accents were chosen to be readable on dark
//! and on light grounds. Without colours emphasis is bold, reverse or underlined, and pictures
//! are characters of a ramp. Feed it the environment; it reads none itself.

use crate::picture::cells::Depth;
use ratatui::style::{Color, Modifier, Style};

/// The colours of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// How many there are.
    pub depth: Depth,
}

/// What a piece of text is to its reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// Read first.
    Strong,
    /// Read last.
    Faint,
    /// Belongs to the program: its name, keys, bars, the chosen photo.
    Accent,
    /// It worked; a peer is reached directly.
    Good,
    /// Asks for attention: a question, a held photo; a peer is reached over a relay.
    Warn,
    /// It did not work; a peer is not reached.
    Bad,
}

impl Theme {
    /// From what the environment says: `NO_COLOR` (whether it is set to anything), `COLORTERM`
    /// and `TERM`.
    pub fn detect(no_color: bool, colorterm: Option<&str>, term: Option<&str>) -> Self {
        let term = term.unwrap_or_default();
        let depth = if no_color || term == "dumb" {
            Depth::None
        } else if matches!(colorterm, Some("truecolor" | "24bit"))
            || TRUE_TERMS.iter().any(|known| term.contains(known))
        {
            Depth::True
        } else if MODERN_TERMS.iter().any(|known| term.contains(known)) {
            Depth::Ansi256
        } else if term.starts_with("vt") {
            Depth::None
        } else {
            Depth::Ansi16
        };
        Self { depth }
    }

    /// How text of this tone looks.
    pub(super) fn style(self, tone: Tone) -> Style {
        let colour = |indexed: u8, named: Color| match self.depth {
            Depth::True | Depth::Ansi256 => Style::new().fg(Color::Indexed(indexed)),
            Depth::Ansi16 => Style::new().fg(named),
            Depth::None => Style::new(),
        };
        match (tone, self.depth) {
            (Tone::Faint, Depth::None) => Style::new(),
            (Tone::Faint, _) => Style::new().add_modifier(Modifier::DIM),
            (Tone::Strong, _) => Style::new().add_modifier(Modifier::BOLD),
            (Tone::Accent, _) => colour(ACCENT, Color::Cyan).add_modifier(Modifier::BOLD),
            (Tone::Good, _) => colour(GOOD, Color::Green),
            (Tone::Warn, _) => colour(WARN, Color::Yellow).add_modifier(Modifier::BOLD),
            (Tone::Bad, _) => colour(BAD, Color::Red).add_modifier(Modifier::BOLD),
        }
    }
}

const ACCENT: u8 = 31;
const GOOD: u8 = 35;
const WARN: u8 = 172;
const BAD: u8 = 167;

/// Terminals that show any colour but are not told so by their own `COLORTERM`, as over SSH.
const TRUE_TERMS: [&str; 6] = ["direct", "kitty", "alacritty", "ghostty", "foot", "wezterm"];
/// Terminals that show 256: all but a few of those in use.
const MODERN_TERMS: [&str; 6] = ["256", "xterm", "screen", "tmux", "rxvt", "konsole"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_says_how_many_colours_there_are() {
        let depth = |no_color, colorterm, term| Theme::detect(no_color, colorterm, term).depth;
        assert_eq!(depth(true, Some("truecolor"), Some("xterm-kitty")), Depth::None);
        assert_eq!(depth(false, Some("truecolor"), Some("xterm-256color")), Depth::True);
        assert_eq!(depth(false, None, Some("xterm-kitty")), Depth::True);
        assert_eq!(depth(false, None, Some("screen-256color")), Depth::Ansi256);
        assert_eq!(depth(false, None, Some("linux")), Depth::Ansi16);
        assert_eq!(depth(false, None, Some("vt220")), Depth::None);
        assert_eq!(depth(false, None, Some("dumb")), Depth::None);
        assert_eq!(depth(false, None, None), Depth::Ansi16);
    }

    #[test]
    fn without_colours_there_are_none() {
        let theme = Theme { depth: Depth::None };
        for tone in [Tone::Strong, Tone::Faint, Tone::Accent, Tone::Good, Tone::Warn, Tone::Bad] {
            let style = theme.style(tone);
            assert_eq!((style.fg, style.bg), (None, None));
            assert!(!style.add_modifier.contains(Modifier::DIM));
        }
    }
}
