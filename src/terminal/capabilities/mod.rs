//! What the terminal can do: from the environment at once, from its answers as they come.
//!
//! Nobody waits for an answer: the first paint takes what the environment tells, and what is learned
//! later makes the next one better. [`Capabilities::of`] begins, [`Capabilities::probe`] says what to
//! ask, [`Capabilities::learn`] takes each answer. Pure: others read the environment and the terminal.

mod brand;
mod environment;
mod probe;
#[cfg(test)]
mod tests;
mod wishes;

pub use environment::{Environment, Inside};
pub use wishes::{Named, Wish, Wishes};

use crate::picture::cells::{Depth, Glyphs};
use crate::terminal::input::Reply;
use brand::{Brand, Name};

/// How stills reach the eye.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Graphics {
    /// kitty's graphics protocol.
    Kitty,
    /// iTerm2's inline images.
    Iterm2,
    /// Sixels.
    Sixel,
    /// Cells of glyphs, as everything else.
    Cells,
}

/// What the terminal can do, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// How many colours there are.
    pub depth: Depth,
    /// The finest glyphs that are drawn without gaps.
    pub glyphs: Glyphs,
    /// How stills are drawn.
    pub graphics: Graphics,
    /// Whether they go through tmux or screen, wrapped, and stand where placeholders say.
    pub passthrough: bool,
    /// Whether frames can be shown whole.
    pub synchronized: bool,
    /// The size of a cell, in pixels across and down.
    pub cell_pixels: Option<(u16, u16)>,
    /// The size of all cells together, in pixels across and down.
    pub area_pixels: Option<(u16, u16)>,
    /// Whether the ground behind text is dark.
    pub dark: Option<bool>,
    /// What there is between this program and the terminal.
    pub inside: Option<Inside>,
    known: Known,
}

/// What the above comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Known {
    environment: Environment,
    wishes: Wishes,
    brand: Option<Brand>,
    /// What it said to kitty's query; that it does not work, if it said nothing.
    kitty: Option<bool>,
    sixel: bool,
    true_colour: bool,
}

impl Capabilities {
    /// What the environment tells of, and a person says.
    pub fn of(environment: &Environment, wishes: &Wishes) -> Self {
        let known = Known {
            environment: environment.clone(),
            wishes: *wishes,
            brand: Brand::of_environment(environment),
            kitty: None,
            sixel: false,
            true_colour: false,
        };
        let mut all = Self {
            depth: Depth::None,
            glyphs: Glyphs::Half,
            graphics: Graphics::Cells,
            passthrough: false,
            synchronized: false,
            cell_pixels: None,
            area_pixels: None,
            dark: None,
            inside: environment.inside,
            known,
        };
        all.settle();
        all
    }

    /// What to ask the terminal, in one batch: at the start of a row, before the first paint, since
    /// that row is cleared. The answer to the last of it is [`Reply::Attributes`].
    pub fn probe(environment: &Environment) -> Vec<u8> {
        probe::probe(environment)
    }

    /// Takes an answer; whether anything has changed by it.
    pub fn learn(&mut self, reply: &Reply) -> bool {
        let before = self.clone();
        match reply {
            Reply::Version(text) => {
                if let Some(brand) = Brand::of_answer(text) {
                    // Over SSH, nothing else tells.
                    self.inside = match brand.name {
                        Name::Tmux => Some(Inside::Tmux),
                        Name::Screen => Some(Inside::Screen),
                        _ => self.inside,
                    };
                    self.known.brand = Some(brand);
                } else {
                    // A terminal by another name than what started it.
                    self.known.brand = None;
                }
            }
            Reply::Graphics { works } => self.known.kitty = Some(*works),
            Reply::Attributes { sixel } => {
                self.known.sixel = *sixel;
                // It came after the query, and so would its answer have come before.
                self.known.kitty = Some(self.known.kitty.unwrap_or(false));
            }
            Reply::TrueColour { works } => self.known.true_colour = *works,
            Reply::SynchronizedOutput { works } => self.synchronized = *works,
            Reply::Background(colour) => self.dark = Some(is_dark(*colour)),
            Reply::CellPixels { width, height } => self.cell_pixels = Some((*width, *height)),
            Reply::AreaPixels { width, height } => self.area_pixels = Some((*width, *height)),
            Reply::Alive => {}
        }
        self.settle();
        *self != before
    }

    /// Whether the terminal has said itself that it draws kitty's graphics.
    pub fn answers_kitty(&self) -> bool {
        self.known.kitty == Some(true)
    }

    /// Whether the terminal has answered what it was asked.
    pub fn has_answered(&self) -> bool {
        self.known.kitty.is_some()
    }

    fn settle(&mut self) {
        self.depth = self.known.depth(self.inside);
        self.glyphs = self.known.glyphs(self.inside);
        self.graphics = self.known.graphics(self.inside, self.depth);
        self.passthrough = self.inside.is_some() && self.graphics == Graphics::Kitty;
    }
}

impl Known {
    fn depth(&self, inside: Option<Inside>) -> Depth {
        if let Some(wish) = self.wishes.color.and_then(Wish::this) {
            return wish;
        }
        let depth = depth_of(&self.environment);
        let told = self.true_colour || self.brand.is_some_and(Brand::is_true_colour);
        match (depth, inside) {
            // screen makes others of them, and may have been handed another's COLORTERM.
            (Depth::True, Some(Inside::Screen)) => Depth::Ansi256,
            (Depth::Ansi16 | Depth::Ansi256, None) if told => Depth::True,
            _ => depth,
        }
    }

    fn glyphs(&self, inside: Option<Inside>) -> Glyphs {
        if let Some(wish) = self.wishes.cells.and_then(Wish::this) {
            return wish;
        }
        let own = self.brand.filter(|_| inside.is_none()).and_then(Brand::glyphs);
        own.unwrap_or(if self.environment.term == "linux" { Glyphs::Half } else { Glyphs::Block })
    }

    fn graphics(&self, inside: Option<Inside>, depth: Depth) -> Graphics {
        if let Some(wish) = self.wishes.graphics.and_then(Wish::this) {
            return wish;
        }
        let draws_kitty = self.brand.is_none_or(Brand::draws_kitty);
        match self.brand.and_then(Brand::graphics) {
            _ if inside.is_some() || depth == Depth::None => Graphics::Cells,
            Some(Graphics::Kitty) if self.kitty != Some(false) => Graphics::Kitty,
            Some(own) if own != Graphics::Kitty => own,
            _ if self.kitty == Some(true) && draws_kitty => Graphics::Kitty,
            _ if self.sixel => Graphics::Sixel,
            _ => Graphics::Cells,
        }
    }
}

/// How many colours the environment tells of.
fn depth_of(environment: &Environment) -> Depth {
    let Environment { term, colorterm, no_color, .. } = environment;
    let is_of = |families: &[&str]| families.iter().any(|family| term.contains(family));
    if *no_color || term == "dumb" {
        Depth::None
    } else if matches!(colorterm.as_str(), "truecolor" | "24bit") || is_of(&TRUE_TERMS) {
        Depth::True
    } else if is_of(&MODERN_TERMS) {
        Depth::Ansi256
    } else if term.starts_with("vt") {
        Depth::None
    } else {
        Depth::Ansi16
    }
}

/// By its luma, as Rec. 601 weighs it.
fn is_dark([red, green, blue]: [u8; 3]) -> bool {
    u32::from(red) * 299 + u32::from(green) * 587 + u32::from(blue) * 114 < 128_000
}

/// Terminals that show any colour but are not told so by their own `COLORTERM`, as over SSH.
const TRUE_TERMS: [&str; 6] = ["direct", "kitty", "alacritty", "ghostty", "foot", "wezterm"];
/// Terminals that show 256: all but a few of those in use.
const MODERN_TERMS: [&str; 6] = ["256", "xterm", "screen", "tmux", "rxvt", "konsole"];
