//! Colours: how many the terminal has, which of them the screen uses, and for what.
//!
//! Text keeps the terminal's own colours; a few calm accents were chosen to be readable on dark
//! and on light grounds. Without colours emphasis is bold, reverse or underlined, and pictures
//! are characters.

use crate::picture::CellShape;
use crate::picture::cells::Depth;
use ratatui::style::{Color, Modifier, Style};

/// The colours of the screen, and what else there is to draw with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// How many there are.
    pub depth: Depth,
    /// How wide and how high its cells are.
    pub cell: CellShape,
    /// What text stands on.
    pub ground: Ground,
}

/// The ground behind the terminal's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// As most terminals have it, and those that do not say.
    Dark,
    /// As paper is.
    Light,
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
    /// For so many colours, and cells of the usual shape.
    pub fn of(depth: Depth) -> Self {
        Self { depth, cell: CellShape::default(), ground: Ground::Dark }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colours_there_are_none() {
        let theme = Theme::of(Depth::None);
        for tone in [Tone::Strong, Tone::Faint, Tone::Accent, Tone::Good, Tone::Warn, Tone::Bad] {
            let style = theme.style(tone);
            assert_eq!((style.fg, style.bg), (None, None));
            assert!(!style.add_modifier.contains(Modifier::DIM));
        }
    }
}
