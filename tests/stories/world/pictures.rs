//! Pictures to hand around.

use image::{ImageFormat, Rgb, RgbImage};
use std::io::Cursor;

/// A small photo, of one colour.
pub fn photo(colour: [u8; 3]) -> Vec<u8> {
    encode(&RgbImage::from_pixel(64, 48, Rgb(colour)), ImageFormat::Jpeg)
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

/// How many different colours the cells of these columns have, as a picture has many.
pub fn colours(screen: &vt100::Screen, columns: std::ops::Range<u16>) -> usize {
    let mut seen = std::collections::HashSet::new();
    for row in 0..screen.size().0.get() {
        for column in columns.clone() {
            let cell = screen.cell(row, column).filter(|cell| cell.contents() == "▀");
            if let Some(vt100::Color::Rgb(red, green, blue)) = cell.map(vt100::Cell::fgcolor) {
                seen.insert((red, green, blue));
            }
        }
    }
    seen.len()
}
