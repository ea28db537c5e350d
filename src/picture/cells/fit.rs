//! The glyph and the two colours that are nearest to what a cell shows, for any colours.
//!
//! For every shape the best two colours are the averages under and beside it; what they leave of
//! the error follows from [`Deviations`](super::sample::Deviations) alone. The shape that leaves
//! least is taken (least squares, in values as stored: nearer to what is seen than light is).

use super::sample::{Samples, Sums};
use super::shapes::{Division, Family, families};
use super::{Cell, Glyphs, Paint};
use crate::picture::diffuse::square;
use image::RgbImage;

/// Every cell by itself, row by row.
pub(super) fn fit(image: &RgbImage, columns: u32, rows: u32, glyphs: Glyphs) -> Vec<Cell> {
    let samples = Samples::new(image, columns, rows, glyphs);
    let families = families(glyphs);
    let mut cells = Vec::with_capacity(columns as usize * rows as usize);
    for row in 0..rows as usize {
        for column in 0..columns as usize {
            let (glyph, division, parts) = best(&samples.cell(column, row), families);
            let [front, back] = samples.colours(column, row, division, parts);
            let glyph = if front == back { ' ' } else { glyph };
            // The front of a blank cell is not seen: it stays as the back, to be no change.
            let front = if glyph == ' ' { back } else { front };
            cells.push(Cell { glyph, front: Paint::Rgb(front), back: Paint::Rgb(back) });
        }
    }
    cells
}

/// The best glyph, and what it covers.
fn best(sums: &Sums, families: &[Family]) -> (char, Division, u8) {
    let mean = sums.mean();
    let mut best = (' ', Division::Rows, 0);
    let mut most = 0.0;
    for family in families {
        let deviations = sums.deviations(family.division, mean);
        for shape in &family.shapes {
            let gain = square(deviations.of(shape)) * shape.weight;
            if gain > most {
                (most, best) = (gain, (shape.glyph, family.division, shape.parts));
            }
        }
    }
    best
}
