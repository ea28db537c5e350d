//! A pixel to a half-cell: quick, and the same wherever the picture is the same.
//!
//! No errors are carried on: one changed pixel would change all those after it, and each change is
//! sent. With 16 colours a fixed pattern of places makes up for those that are missing (measured
//! at 80x24: 1 dB from afar, for two thirds more bytes, which are still a quarter of those of all
//! colours). With 256 the same gains .6 dB for half as many bytes again, on links that were found
//! too slow for more colours: there the nearest is taken.

use super::palette::{nearest_of_16, nearest_of_256};
use super::{Cell, Depth, Paint, Rgb};
use crate::picture::ramp;
use image::RgbImage;

/// All cells, row by row. Of an odd height, the last row of pixels fills both halves.
pub(super) fn cells(image: &RgbImage, depth: Depth) -> Vec<Cell> {
    let columns = image.width() as usize;
    let mut cells = Vec::with_capacity(columns * image.height().div_ceil(2) as usize);
    for (row, pair) in image.as_raw().chunks((columns * 6).max(1)).enumerate() {
        let (above, below) = pair.split_at(columns * 3);
        let below = if below.is_empty() { above } else { below };
        let pixel = |at: &[u8]| [at[0], at[1], at[2]];
        let halves = above.chunks_exact(3).zip(below.chunks_exact(3));
        cells.extend(halves.enumerate().map(|(column, (top, bottom))| {
            let (top, bottom) = (pixel(top), pixel(bottom));
            if depth == Depth::None {
                let glyph = ramp::character(top, bottom);
                return Cell { glyph, front: Paint::Unset, back: Paint::Unset };
            }
            let front = paint(top, column, row * 2, depth);
            let back = paint(bottom, column, row * 2 + 1, depth);
            Cell { glyph: '▀', front, back }
        }));
    }
    cells
}

fn paint(rgb: Rgb, x: usize, y: usize, depth: Depth) -> Paint {
    match depth {
        Depth::Ansi256 => Paint::Indexed(nearest_of_256(rgb)),
        Depth::Ansi16 => {
            let by = PATTERN[y % 4][x % 4];
            Paint::Indexed(nearest_of_16(rgb.map(|value| value.saturating_add_signed(by))))
        }
        Depth::True | Depth::None => Paint::Rgb(rgb),
    }
}

/// By how much a colour is changed before its nearest is looked up: each of 16 values once, far
/// from those like it (Bayer 1973), 64 from the least to the most.
const PATTERN: [[i8; 4]; 4] =
    [[-30, 2, -22, 10], [18, -14, 26, -6], [-18, 14, -26, 6], [30, -2, 22, -10]];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn two_pixels_are_a_cell_and_the_last_of_an_odd_column_fills_both_halves() {
        let image = RgbImage::from_fn(1, 3, |_, y| image::Rgb([y as u8; 3]));
        let halves = |top, bottom| Cell {
            glyph: '▀',
            front: Paint::Rgb([top; 3]),
            back: Paint::Rgb([bottom; 3]),
        };
        assert_eq!(cells(&image, Depth::True), [halves(0, 1), halves(2, 2)]);
    }

    #[test]
    fn without_colours_a_cell_is_a_character_as_bright() {
        let image = RgbImage::from_fn(2, 2, |x, _| image::Rgb([x as u8 * 255; 3]));
        let glyphs: Vec<_> = cells(&image, Depth::None).iter().map(|cell| cell.glyph).collect();
        assert_eq!(glyphs, [' ', '@']);
    }

    #[test]
    fn a_colour_that_16_lack_is_made_of_several_and_those_they_have_are_not() {
        let painted = |rgb| {
            let image = RgbImage::from_pixel(8, 8, image::Rgb(rgb));
            let mut paints: Vec<_> =
                cells(&image, Depth::Ansi16).iter().flat_map(|it| [it.front, it.back]).collect();
            paints.sort_by_key(|paint| format!("{paint:?}"));
            paints.dedup();
            paints
        };
        assert!(painted([224, 172, 140]).len() > 1);
        assert_eq!(painted([0; 3]), [Paint::Indexed(0)]);
    }

    proptest! {
        #[test]
        fn one_changed_pixel_changes_one_cell(
            pixels in proptest::collection::vec(any::<u8>(), 5 * 6 * 3),
            at in 0..30_u32, new: Rgb,
            depth in prop_oneof![
                Just(Depth::True), Just(Depth::Ansi256), Just(Depth::Ansi16), Just(Depth::None)
            ],
        ) {
            let image = RgbImage::from_raw(5, 6, pixels).expect("the size fits");
            let mut other = image.clone();
            other.put_pixel(at % 5, at / 5, image::Rgb(new));
            let (before, after) = (cells(&image, depth), cells(&other, depth));
            let place = (at / 5 / 2 * 5 + at % 5) as usize;
            for (cell, (before, after)) in before.iter().zip(&after).enumerate() {
                prop_assert!(cell == place || before == after, "{} {}", cell, place);
            }
        }
    }
}
