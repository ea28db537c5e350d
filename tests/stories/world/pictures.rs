//! Pictures to hand around, and pictures on a screen.

use image::{ImageFormat, Rgb, RgbImage};
use std::collections::HashSet;
use std::io::Cursor;
use std::ops::Range;
use vt100::{Cell, Color, Screen};

/// A small photo, of one colour.
pub fn photo(colour: [u8; 3]) -> Vec<u8> {
    encode(&RgbImage::from_pixel(64, 48, Rgb(colour)), ImageFormat::Jpeg)
}

/// A photo of this size in which each pixel has a colour of its own: of more than a byte a pixel.
pub fn grainy(width: u32, height: u32) -> Vec<u8> {
    let colour = |x: u32, y: u32| {
        let mixed = (x * height + y).wrapping_mul(0x9e37_79b1);
        Rgb([(mixed >> 24) as u8, (mixed >> 16) as u8, (mixed >> 8) as u8])
    };
    encode(&RgbImage::from_fn(width, height, colour), ImageFormat::Jpeg)
}

/// A small photo, of one colour on the left and another on the right.
pub fn halves(left: [u8; 3], right: [u8; 3]) -> Vec<u8> {
    let colour = |x, _| Rgb(if x < 32 { left } else { right });
    encode(&RgbImage::from_fn(64, 48, colour), ImageFormat::Jpeg)
}

/// A picture that is far wider than any that is shown.
pub fn endless_panorama() -> Vec<u8> {
    encode(&RgbImage::new(50_000, 1), ImageFormat::Png)
}

fn encode(image: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).expect("pictures of this size can be written");
    bytes.into_inner()
}

/// The colours that are seen in a cell of a picture: of its glyph, of what is behind, or of both.
/// None in a cell of words, which never have a ground of their own.
pub fn seen(cell: &Cell) -> Vec<Color> {
    let (front, back) = (cell.fgcolor(), cell.bgcolor());
    match cell.contents() {
        _ if cell.inverse() => Vec::new(),
        "█" => vec![front],
        "" | " " => vec![back],
        glyph if is_block(glyph) && back != Color::Default => vec![front, back],
        _ => Vec::new(),
    }
    .into_iter()
    .filter(|colour| *colour != Color::Default)
    .collect()
}

/// Whether it is one of the block elements, which pictures are made of.
pub fn is_block(glyph: &str) -> bool {
    let mut chars = glyph.chars();
    matches!((chars.next(), chars.next()), (Some('\u{2580}'..='\u{259f}'), None))
}

/// All that is seen of pictures in these columns, row by row: the cell, and its colours.
pub fn cells(screen: &Screen, columns: Range<u16>) -> Vec<Vec<(&Cell, Vec<Color>)>> {
    let row = |row| {
        let cells = columns.clone().filter_map(move |column| screen.cell(row, column));
        let seen = cells.map(|cell| (cell, seen(cell)));
        seen.filter(|(_, colours)| !colours.is_empty()).collect()
    };
    (0..screen.size().0.get()).map(row).collect()
}

/// How many different colours the pictures in these columns have, as a photo has many.
pub fn colours(screen: &Screen, columns: Range<u16>) -> usize {
    let seen = cells(screen, columns).into_iter().flatten().flat_map(|(_, seen)| seen);
    seen.map(|colour| format!("{colour:?}")).collect::<HashSet<_>>().len()
}

/// The cells of pictures in each row of the whole screen.
pub fn widths(screen: &Screen) -> Vec<usize> {
    cells(screen, 0..screen.size().1.get()).iter().map(Vec::len).collect()
}

/// All that is seen of a screen, row by row, to be compared with another: not how it was drawn, as
/// one glyph in two colours looks like its complement in the same two.
pub fn everything(screen: &Screen) -> Vec<String> {
    let row = |row| {
        let cells = (0..screen.size().1.get()).filter_map(move |column| screen.cell(row, column));
        cells.map(look).collect::<Vec<_>>().join(" ")
    };
    (0..screen.size().0.get()).map(row).collect()
}

/// The same, of pictures alone.
pub fn all(screen: &Screen) -> Vec<String> {
    let cells = cells(screen, 0..screen.size().1.get()).into_iter();
    let row = |row: Vec<(&Cell, _)>| row.iter().map(|(cell, _)| look(cell)).collect::<Vec<_>>();
    cells.map(|cells| row(cells).join(" ")).collect()
}

fn look(cell: &Cell) -> String {
    let seen = seen(cell);
    let glyph = cell.contents();
    match &seen[..] {
        [] => {
            let style = (cell.fgcolor(), cell.bold(), cell.dim(), cell.inverse());
            let blank = matches!(glyph, "" | " ") && !cell.inverse();
            if blank { String::new() } else { format!("{glyph}{style:?}") }
        }
        [one] => format!("{one:?}"),
        [front, back, ..] if front == back => format!("{front:?}"),
        [front, back, ..] => match COMPLEMENTS.iter().find(|(_, other)| *other == glyph) {
            Some((glyph, _)) => format!("{glyph}{back:?}{front:?}"),
            None => format!("{glyph}{front:?}{back:?}"),
        },
    }
}

/// What one fills, the other leaves free.
const COMPLEMENTS: [(&str, &str); 9] = [
    ("▀", "▄"),
    ("▌", "▐"),
    ("▖", "▜"),
    ("▗", "▛"),
    ("▘", "▟"),
    ("▝", "▙"),
    ("▚", "▞"),
    ("▔", "▇"),
    ("▕", "▉"),
];
