//! A still as it is printed once, where the cursor is: into the lines of a shell.

use super::grid::Cell;
use super::pen::Pen;
use super::shade::Tolerance;
use super::studio::pixels_within;
use crate::picture::{CellShape, Light, RgbImage, cells, fit_cells, pixels, scale};
use crate::terminal::capabilities::{Capabilities, Graphics};
use data_encoding::BASE64;
use std::io::Write as _;

/// The bytes that show a picture in at most so many columns and rows, the cursor below it. Small
/// ones are not blown up.
pub fn still(image: &RgbImage, (columns, rows): (u16, u16), can: &Capabilities) -> Vec<u8> {
    let columns = u32::from(columns).min(image.width());
    let rows = u32::from(rows).min(image.height().div_ceil(2));
    let cell = can.cell_pixels.unwrap_or(super::CELL_PIXELS);
    let shape = CellShape::of_pixels(cell.0, cell.1);
    let size = fit_cells(image.dimensions(), (columns, rows), shape);
    let dots = (size.0 * u32::from(cell.0), size.1 * u32::from(cell.1));
    match can.graphics {
        Graphics::Kitty if !can.passthrough => kitty(image, size, dots),
        Graphics::Iterm2 => iterm2(image, size, dots).unwrap_or_else(|| in_cells(image, size, can)),
        Graphics::Sixel => {
            let image = scale(image, dots.0, dots.1, Light::Linear);
            let sixel = pixels::sixel(&image, usize::MAX);
            sixel.map_or_else(|| in_cells(&image, size, can), |sixel| format!("{sixel}\r\n").into())
        }
        Graphics::Kitty | Graphics::Cells => in_cells(image, size, can),
    }
}

fn in_cells(image: &RgbImage, (columns, rows): (u32, u32), can: &Capabilities) -> Vec<u8> {
    let grid = cells::still(image, columns, rows, can.glyphs, can.depth);
    let mut out = Vec::new();
    for row in grid.iter() {
        // Each on its own: it may be wrapped, cut or copied.
        let mut pen = Pen::at_start();
        for (x, cell) in row.iter().enumerate() {
            let cell = Cell::of_picture(cell);
            pen.put_picture((x as u16, 0), u16::MAX, &cell, &[], Tolerance::NONE, &mut out);
        }
        pen.reset(&mut out);
        out.extend_from_slice(b"\r\n");
    }
    out
}

fn kitty(image: &RgbImage, (columns, rows): (u32, u32), dots: (u32, u32)) -> Vec<u8> {
    let text = BASE64.encode(&pixels::palette_png(&pixels_within(image, dots)));
    let mut out = Vec::new();
    let mut pieces = text.as_bytes().chunks(PIECE_BYTES).peekable();
    let mut keys = format!("a=T,f=100,t=d,c={columns},r={rows},");
    while let Some(piece) = pieces.next() {
        let more = u8::from(pieces.peek().is_some());
        let _ = write!(out, "\x1b_G{keys}q=2,m={more};");
        out.extend_from_slice(piece);
        out.extend_from_slice(b"\x1b\\");
        keys.clear();
    }
    out.extend_from_slice(b"\r\n");
    out
}

fn iterm2(image: &RgbImage, (columns, rows): (u32, u32), dots: (u32, u32)) -> Option<Vec<u8>> {
    let jpeg = pixels::jpeg(&pixels_within(image, dots), usize::MAX)?;
    let (bytes, text) = (jpeg.len(), BASE64.encode(&jpeg));
    let place = format!("width={columns};height={rows};preserveAspectRatio=0");
    Some(format!("\x1b]1337;File=inline=1;size={bytes};{place}:{text}\x07\r\n").into())
}

/// The most that the protocol has in a command.
const PIECE_BYTES: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::capabilities::{Environment, Wish, Wishes};
    use std::num::NonZeroU16;

    fn can(graphics: Graphics) -> Capabilities {
        let term = |name: &str| match name {
            "TERM" => Some("xterm-256color".to_owned()),
            "COLORTERM" => Some("truecolor".to_owned()),
            _ => None,
        };
        let wishes = Wishes { graphics: Some(Wish::This(graphics)), ..Wishes::default() };
        Capabilities::of(&Environment::read(term), &wishes)
    }

    fn image() -> RgbImage {
        RgbImage::from_fn(200, 100, |x, y| image::Rgb([x as u8, (y * 2) as u8, 90]))
    }

    #[test]
    fn cells_are_printed_row_by_row_and_leave_the_colours_as_they_were() {
        let out = still(&image(), (40, 30), &can(Graphics::Cells));
        let size = |n| NonZeroU16::new(n).expect("a screen");
        let mut terminal = vt100::Parser::new(size(30), size(80), 0);
        terminal.process(&out);
        let screen = terminal.screen();
        assert_eq!(screen.cursor_position(), (10, 0), "below it");
        assert_eq!(screen.fgcolor(), vt100::Color::Default);
        let drawn = |row, column| {
            screen.cell(row, column).is_some_and(|cell| cell.bgcolor() != vt100::Color::Default)
        };
        assert!(drawn(0, 0) && drawn(9, 39) && !drawn(9, 40) && !drawn(10, 0));
    }

    #[test]
    fn pixels_are_printed_whole_and_in_few_bytes() {
        for (graphics, start) in [
            (Graphics::Kitty, "\x1b_Ga=T"),
            (Graphics::Iterm2, "\x1b]1337;"),
            (Graphics::Sixel, "\x1bP"),
        ] {
            let out = still(&image(), (40, 30), &can(graphics));
            assert!(out.starts_with(start.as_bytes()), "{graphics:?}");
            assert!(out.ends_with(b"\r\n") && out.len() < 120_000, "{} bytes", out.len());
        }
    }

    #[test]
    fn a_small_picture_is_not_blown_up_and_none_is_nothing() {
        let out = still(&RgbImage::new(3, 4), (80, 24), &can(Graphics::Cells));
        assert_eq!(String::from_utf8(out).expect("text").lines().count(), 2);
        assert!(still(&RgbImage::new(0, 0), (80, 24), &can(Graphics::Cells)).is_empty());
    }
}
