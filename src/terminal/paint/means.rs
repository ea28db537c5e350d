//! What there is to paint with, as far as it is known what the terminal can do.

use super::album::{Pixels, Through};
use crate::picture::cells::{Depth, Glyphs};
use crate::terminal::capabilities::{Capabilities, Graphics, Inside};

/// What the terminal can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Means {
    /// How many colours.
    pub depth: Depth,
    /// Of stills.
    pub glyphs: Glyphs,
    /// How stills are shown in pixels, if they are.
    pub pixels: Option<Pixels>,
    /// Whether it draws what stands between two marks at once (DEC mode 2026).
    pub synchronized: bool,
}

impl From<&Capabilities> for Means {
    fn from(capabilities: &Capabilities) -> Self {
        let Capabilities { depth, glyphs, synchronized, graphics, .. } = *capabilities;
        let cell = capabilities.cell_pixels.unwrap_or(super::CELL_PIXELS);
        let through = match (capabilities.passthrough, capabilities.inside) {
            (false, _) => Some(Through::Nothing),
            (true, Some(Inside::Tmux)) => Some(Through::Tmux),
            // screen has no cells for what is to stand in them.
            (true, _) => None,
        };
        // A sixel is as large as its pixels: it has to be known how many a cell has.
        let drawn = match graphics {
            Graphics::Cells => false,
            Graphics::Sixel => capabilities.cell_pixels.is_some(),
            Graphics::Kitty | Graphics::Iterm2 => true,
        };
        let through = through.filter(|_| drawn);
        let pixels = through.map(|through| Pixels { protocol: graphics, cell, through });
        Self { depth, glyphs, pixels, synchronized }
    }
}
