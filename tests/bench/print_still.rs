//! `cargo bench -- print-still FILE COLUMNS ROWS HOW COLOURS`: a still as a terminal gets it.
//!
//! For `stills/measure.py`, which draws what is printed and compares it with the photo. HOW is
//! `half`, `block`, `sextant`, `octant` or `live`, and COLOURS `true`, `256`, `16` or `none`;
//! or HOW is `png`, `jpeg` or `sixel`, for bytes as they come, and COLOURS how many of these there may be.

use peersnap::picture::cells::{Cell, Depth, Glyphs, Paint, live, still};
use peersnap::picture::{Light, RgbImage, pixels, scale};
use std::fmt::Write as _;
use std::io::Write as _;

pub fn run(words: &[String]) {
    let [file, columns, rows, how, colours] = words else {
        return eprintln!("print-still FILE COLUMNS ROWS HOW COLOURS");
    };
    let image = image::open(file).expect("a picture").to_rgb8();
    let (columns, rows) = (columns.parse().expect("a number"), rows.parse().expect("a number"));
    let bytes = match how.as_str() {
        "png" | "jpeg" | "sixel" => {
            let small = scale(&image, columns * 8, rows * 16, Light::Linear);
            let bytes_max = colours.parse().expect("a number");
            match how.as_str() {
                "png" => Some(pixels::palette_png(&small)),
                "jpeg" => pixels::jpeg(&small, bytes_max),
                _ => pixels::sixel(&small, bytes_max).map(String::into_bytes),
            }
        }
        _ => in_cells(&image, columns, rows, how, colours).map(String::into_bytes),
    };
    match bytes {
        Some(bytes) => std::io::stdout().write_all(&bytes).expect("somebody reads"),
        None => eprintln!("{how} {colours}: there is none"),
    }
}

fn in_cells(image: &RgbImage, columns: u32, rows: u32, how: &str, colours: &str) -> Option<String> {
    let depth = match colours {
        "true" => Depth::True,
        "256" => Depth::Ansi256,
        "16" => Depth::Ansi16,
        "none" => Depth::None,
        _ => return None,
    };
    let glyphs = match how {
        "half" => Glyphs::Half,
        "block" => Glyphs::Block,
        "sextant" => Glyphs::Sextant,
        "octant" => Glyphs::Octant,
        _ => {
            let small = scale(image, columns, rows * 2, Light::Gamma);
            return (how == "live").then(|| text(live(&small, depth).iter()));
        }
    };
    Some(text(still(image, columns, rows, glyphs, depth).iter()))
}

fn text<'a>(lines: impl Iterator<Item = &'a [Cell]>) -> String {
    let mut text = String::new();
    for line in lines {
        let mut state = (Paint::Unset, Paint::Unset);
        for cell in line {
            write_cell(&mut text, cell, &mut state);
        }
        text.push_str("\x1b[0m\n");
    }
    text
}

/// Colours are written where they change; that of the front of a blank cell does not matter.
fn write_cell(text: &mut String, cell: &Cell, state: &mut (Paint, Paint)) {
    if cell.glyph != ' ' && cell.front != state.0 {
        state.0 = cell.front;
        write_paint(text, 3, cell.front);
    }
    if cell.back != state.1 {
        state.1 = cell.back;
        write_paint(text, 4, cell.back);
    }
    text.push(cell.glyph);
}

fn write_paint(text: &mut String, ground: u8, paint: Paint) {
    let _ = match paint {
        Paint::Unset => write!(text, "\x1b[{ground}9m"),
        Paint::Indexed(index) => write!(text, "\x1b[{ground}8;5;{index}m"),
        Paint::Rgb([red, green, blue]) => {
            write!(text, "\x1b[{ground}8;2;{red};{green};{blue}m")
        }
    };
}
