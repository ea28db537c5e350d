//! A room's link as a QR code, in half-blocks: for a phone's camera.
//!
//! Black on white whatever the terminal's colours are, with a margin of four modules (ISO/IEC 18004,
//! 9.1): one that is white on black some phones do not read.

use qrcode::{Color, EcLevel, QrCode};
use std::fmt::Write as _;

/// The code, row by row; none if the text is too long for one.
pub fn rows(text: &str) -> Option<Vec<String>> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
    let (side, colors) = (code.width() as i32, code.to_colors());
    let is_dark = |x: i32, y: i32| {
        let inside = (0..side).contains(&x) && (0..side).contains(&y);
        inside && colors[(y * side + x) as usize] == Color::Dark
    };
    let span = -MARGIN..side + MARGIN;
    let rows = span.clone().step_by(2).map(|y| {
        let mut row = String::from(BLACK_ON_WHITE);
        for x in span.clone() {
            row.push(match (is_dark(x, y), is_dark(x, y + 1)) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            });
        }
        let _ = write!(row, "{RESET}");
        row
    });
    Some(rows.collect())
}

const MARGIN: i32 = 4;
/// Of the 256 colours: those that themes leave alone.
const BLACK_ON_WHITE: &str = "\x1b[38;5;16;48;5;231m";
const RESET: &str = "\x1b[0m";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_a_square_with_a_margin() {
        let link = "http://192.168.1.5:8765/#crane-velvet-orbit-ladder-energy-quick";
        let rows = rows(link).expect("it is short");
        let bare = |row: &String| {
            row.trim_start_matches(BLACK_ON_WHITE).trim_end_matches(RESET).to_owned()
        };
        let widths: Vec<_> = rows.iter().map(|row| bare(row).chars().count()).collect();
        assert!(widths.iter().all(|width| *width == widths[0]));
        assert_eq!(widths[0].div_ceil(2), rows.len());
        assert!(bare(&rows[0]).trim().is_empty() && bare(&rows[1]).trim().is_empty());
        // The upper left finder pattern: seven dark modules.
        assert!(bare(&rows[2]).trim_start().starts_with("█▀▀▀▀▀█"), "{}", bare(&rows[2]));
        assert!(rows.len() <= 24, "it fits a small terminal: {} rows", rows.len());
    }
}
