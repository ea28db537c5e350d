//! Colours: how many the terminal has, which of them the screen uses, and for what.
//!
//! Text keeps the terminal's own colours; a few calm accents were chosen to be readable on dark
//! and on light grounds. Without colours emphasis is bold, reverse or underlined, and pictures
//! are characters of a ramp. Feed it the environment; it reads none itself.

use crate::picture::{Cell, Rgb, ramp};
use ratatui::style::{Color, Modifier, Style};

/// How many colours the terminal shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Any, as red, green and blue.
    True,
    /// The 256 of xterm.
    Ansi256,
    /// The 16 that every colour terminal names.
    Ansi16,
    /// None, or none wanted.
    None,
}

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

    /// How a cell of a picture looks: its glyph and colours.
    pub(super) fn picture(self, cell: Cell) -> (char, Style) {
        let colour = match self.depth {
            Depth::True => |[r, g, b]: Rgb| Color::Rgb(r, g, b),
            Depth::Ansi256 => |rgb| Color::Indexed(nearest_of_256(rgb)),
            Depth::Ansi16 => |rgb| NAMED[nearest_of_16(rgb)].0,
            Depth::None => return (ramp::character(cell, ramp::ASCII), Style::new()),
        };
        ('▀', Style::new().fg(colour(cell.top)).bg(colour(cell.bottom)))
    }
}

/// The nearest of xterm's 6x6x6 cube (16 to 231) and its greys (232 to 255).
fn nearest_of_256(rgb: Rgb) -> u8 {
    let step = rgb.map(|value| match value {
        0..48 => 0,
        48..115 => 1,
        _ => (value - 35) / 40,
    });
    let cube = step.map(|step| if step == 0 { 0 } else { 55 + 40 * step });
    let [red, green, blue] = rgb.map(u32::from);
    // The grey that is nearest in the weights of `distance`.
    let grey = (2 * red + 4 * green + 3 * blue) / 9;
    let shade = (grey.saturating_sub(3) / 10).min(23) as u8;
    if distance(rgb, [8 + 10 * shade; 3]) < distance(rgb, cube) {
        232 + shade
    } else {
        16 + 36 * step[0] + 6 * step[1] + step[2]
    }
}

fn nearest_of_16(rgb: Rgb) -> usize {
    (0..NAMED.len()).min_by_key(|&at| distance(rgb, NAMED[at].1)).unwrap_or_default()
}

/// Weighted as the eye weighs the channels.
fn distance(a: Rgb, b: Rgb) -> u32 {
    let square = |channel: usize| u32::from(a[channel].abs_diff(b[channel])).pow(2);
    2 * square(0) + 4 * square(1) + 3 * square(2)
}

const ACCENT: u8 = 31;
const GOOD: u8 = 35;
const WARN: u8 = 172;
const BAD: u8 = 167;

/// Terminals that show any colour but are not told so by their own `COLORTERM`, as over SSH.
const TRUE_TERMS: [&str; 6] = ["direct", "kitty", "alacritty", "ghostty", "foot", "wezterm"];
/// Terminals that show 256: all but a few of those in use.
const MODERN_TERMS: [&str; 6] = ["256", "xterm", "screen", "tmux", "rxvt", "konsole"];

/// The 16, as xterm shows them.
const NAMED: [(Color, Rgb); 16] = [
    (Color::Black, [0, 0, 0]),
    (Color::Red, [205, 0, 0]),
    (Color::Green, [0, 205, 0]),
    (Color::Yellow, [205, 205, 0]),
    (Color::Blue, [0, 0, 238]),
    (Color::Magenta, [205, 0, 205]),
    (Color::Cyan, [0, 205, 205]),
    (Color::Gray, [229, 229, 229]),
    (Color::DarkGray, [127, 127, 127]),
    (Color::LightRed, [255, 0, 0]),
    (Color::LightGreen, [0, 255, 0]),
    (Color::LightYellow, [255, 255, 0]),
    (Color::LightBlue, [92, 92, 255]),
    (Color::LightMagenta, [255, 0, 255]),
    (Color::LightCyan, [0, 255, 255]),
    (Color::White, [255, 255, 255]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
        let white = Cell { top: [255; 3], bottom: [255; 3] };
        assert_eq!(theme.picture(white), ('@', Style::new()));
    }

    fn of_256(index: u8) -> Rgb {
        let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
        match index {
            0..16 => NAMED[usize::from(index)].1,
            16..232 => {
                let cube = index - 16;
                [cube / 36, cube / 6 % 6, cube % 6].map(level)
            }
            _ => [8 + 10 * (index - 232); 3],
        }
    }

    #[test]
    fn the_256_are_their_own_nearest() {
        for index in 16..=255 {
            assert_eq!(of_256(nearest_of_256(of_256(index))), of_256(index), "{index}");
        }
    }

    proptest! {
        #[test]
        fn no_other_of_the_256_is_much_nearer(rgb: Rgb) {
            let nearest = (16..=255).map(|index| distance(rgb, of_256(index))).min();
            let chosen = distance(rgb, of_256(nearest_of_256(rgb)));
            prop_assert!(chosen <= nearest.unwrap_or(0) + 200, "{} {:?}", chosen, nearest);
        }
    }
}
