//! A text as a QR code (ISO/IEC 18004), made of characters: for a phone's camera.
//!
//! Cameras expect dark modules on light ones, with a margin of four modules around (9.1 there); some
//! phones read nothing else. Where there are colours it is black on white, whatever the terminal's own
//! are; where there are none, the ground behind the text says which modules are drawn ([`Ink`]).

use qrcode::{Color, EcLevel};

/// A code, with its margin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QrCode {
    side: usize,
    colors: Vec<Color>,
}

/// Which modules are drawn, and which are left as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// The dark ones: black text on white, or any light ground.
    Dark,
    /// The light ones: any dark ground.
    Light,
}

impl QrCode {
    /// The smallest code of the text, with as much redundancy as that has room for. None if the text
    /// is too long for any.
    pub fn of(text: &str) -> Option<Self> {
        let code = |level| qrcode::QrCode::with_error_correction_level(text, level).ok();
        let smallest = code(EcLevel::L)?;
        let mut better = [EcLevel::H, EcLevel::Q, EcLevel::M].into_iter().filter_map(code);
        let best = better.find(|it| it.width() == smallest.width()).unwrap_or(smallest);
        Some(Self { side: best.width(), colors: best.to_colors() })
    }

    /// Modules from edge to edge, margins counted.
    pub fn side(&self) -> usize {
        self.side + 2 * MARGIN
    }

    /// In half-blocks: [`side`](Self::side) columns, and half as many rows. A row more than that has
    /// no modules is margin.
    pub fn halves(&self, ink: Ink) -> Vec<String> {
        let half = |x, y| self.is_drawn(x, y, ink);
        let glyph = |x, y| match (half(x, y), half(x, y + 1)) {
            (true, true) => '█',
            (true, false) => '▀',
            (false, true) => '▄',
            (false, false) => ' ',
        };
        (0..self.side())
            .step_by(2)
            .map(|y| (0..self.side()).map(|x| glyph(x, y)).collect())
            .collect()
    }

    /// In ASCII: two columns and a row for each module.
    pub fn ascii(&self, ink: Ink) -> Vec<String> {
        let module = |x, y| if self.is_drawn(x, y, ink) { "##" } else { "  " };
        (0..self.side()).map(|y| (0..self.side()).map(|x| module(x, y)).collect()).collect()
    }

    fn is_drawn(&self, x: usize, y: usize, ink: Ink) -> bool {
        self.is_dark(x, y) == (ink == Ink::Dark)
    }

    fn is_dark(&self, x: usize, y: usize) -> bool {
        let inside = |at: usize| at.checked_sub(MARGIN).filter(|at| *at < self.side);
        let at = inside(x).zip(inside(y)).map(|(x, y)| y * self.side + x);
        at.and_then(|at| self.colors.get(at)) == Some(&Color::Dark)
    }
}

/// On each side, in modules.
const MARGIN: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: &str = "http://192.168.1.5:8765/#crane-velvet-orbit-ladder-energy-quick";

    fn code() -> QrCode {
        QrCode::of(LINK).expect("it is short")
    }

    /// What a camera makes of these pixels, true where they are dark.
    fn read(side: usize, is_dark: impl Fn(usize, usize) -> bool) -> String {
        const PIXELS: usize = 4;
        let pixels = side * PIXELS;
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(pixels, pixels, |x, y| {
            if is_dark(x / PIXELS, y / PIXELS) { 0 } else { 255 }
        });
        let grids = image.detect_grids();
        grids.first().expect("a code").decode().expect("a text").1
    }

    #[test]
    fn half_blocks_of_either_ink_are_read_back() {
        let code = code();
        for (ink, drawn_is_dark) in [(Ink::Dark, true), (Ink::Light, false)] {
            let rows: Vec<Vec<char>> =
                code.halves(ink).iter().map(|row| row.chars().collect()).collect();
            assert!(rows.iter().all(|row| row.len() == code.side()));
            assert_eq!(rows.len(), code.side().div_ceil(2));
            let is_dark = |x: usize, y: usize| {
                let glyph = rows[y / 2][x];
                let drawn =
                    glyph == '█' || glyph == if y.is_multiple_of(2) { '▀' } else { '▄' };
                drawn == drawn_is_dark
            };
            assert_eq!(read(code.side(), is_dark), LINK);
        }
    }

    #[test]
    fn ascii_of_either_ink_is_read_back() {
        let code = code();
        for (ink, drawn_is_dark) in [(Ink::Dark, true), (Ink::Light, false)] {
            let rows = code.ascii(ink);
            let is_dark = |x: usize, y: usize| (&rows[y][2 * x..=2 * x] == "#") == drawn_is_dark;
            assert_eq!(read(code.side(), is_dark), LINK);
        }
    }

    #[test]
    fn a_link_fits_a_small_terminal_with_its_margin() {
        let rows = code().halves(Ink::Dark);
        assert!(rows.len() <= 23, "{} rows", rows.len());
        let (above, below) = (&rows[..2], &rows[rows.len() - 2..]);
        assert!(above.iter().chain(below).all(|row| row.trim().is_empty()));
        assert!(rows.iter().all(|row| row.starts_with("    ") && row.ends_with("    ")));
    }

    #[test]
    fn a_text_that_is_too_long_has_none() {
        assert_eq!(QrCode::of(&"a".repeat(3000)), None);
    }
}
