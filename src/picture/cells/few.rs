//! The glyph and the two colours that are nearest to what a cell shows, of few colours.
//!
//! The nearest colour alone makes skin grey or red. So two things make up for what a palette
//! lacks: the second colour of a cell is chosen to even out the first, and what the cell as a
//! whole still lacks goes on to those after it. As much care is taken of the whole as of the
//! parts, and more of brightness than of tint, whose specks are seen less.

use super::sample::{Samples, Sums};
use super::shapes::{Division, Family, Shape, families};
use super::{Cell, Depth, Glyphs, Paint, palette};
use crate::picture::diffuse::{self, Colour, diffuse, minus, plus, square, times};
use image::RgbImage;

/// All cells, row by row, in the 16 or the 256 colours.
pub(super) fn fit(
    image: &RgbImage,
    columns: u32,
    rows: u32,
    glyphs: Glyphs,
    depth: Depth,
) -> Vec<Cell> {
    let samples = Samples::new(image, columns, rows, glyphs);
    let families = families(glyphs);
    let (columns, rows) = (columns as usize, rows as usize);
    let mut cells = vec![blank(0); columns * rows];
    diffuse(columns, rows, |column, row, carried| {
        let best = best(&samples.cell(column, row), carried, families, depth);
        cells[row * columns + column] = best.cell;
        best.lacking
    });
    cells
}

/// What a cell could be.
struct Choice {
    cell: Cell,
    /// Of the cell as a whole.
    lacking: Colour,
    /// How bad it is, less what every choice has in common.
    cost: f32,
}

fn best(sums: &Sums, carried: Colour, families: &[Family], depth: Depth) -> Choice {
    let mean = sums.mean();
    let wanted = plus(mean, carried);
    let (index, shown) = nearest(wanted, depth);
    let lacking = minus(wanted, shown);
    let cost = seen(lacking) + square(lacking);
    let mut best = Choice { cell: blank(index), lacking, cost };
    for family in families {
        let deviations = sums.deviations(family.division, mean);
        let mut most = 0.0;
        for shape in &family.shapes {
            let apart = deviations.of(shape);
            let gain = seen(apart) * shape.weight;
            // Many tiles are many shapes: one is tried only if it fits better than those before.
            let fits = gain > most || !matches!(family.division, Division::Tiles(_));
            // No choice of this shape is better than a perfect one.
            if !fits || -gain >= best.cost {
                continue;
            }
            most = gain.max(most);
            for first in [First::Front, First::Back] {
                let choice = choice(shape, wanted, apart, gain, first, depth);
                if choice.cost < best.cost {
                    best = choice;
                }
            }
        }
    }
    best
}

/// Which colour is chosen first: the other makes up for it.
#[derive(Clone, Copy)]
enum First {
    Front,
    Back,
}

fn choice(
    shape: &Shape,
    wanted: Colour,
    apart: Colour,
    gain: f32,
    first: First,
    depth: Depth,
) -> Choice {
    let (covered, rest) = (shape.share, 1.0 - shape.share);
    let front = plus(wanted, times(apart, 1.0 / covered));
    let back = plus(wanted, times(apart, -1.0 / rest));
    let pair = |one: Colour, other: Colour, ratio: f32| {
        let one_shown = nearest(one, depth);
        let makes_up = times(minus(one, one_shown.1), ratio);
        (one_shown, nearest(plus(other, makes_up), depth))
    };
    let (front_shown, back_shown) = match first {
        First::Front => pair(front, back, covered / rest),
        First::Back => {
            let (back, front) = pair(back, front, rest / covered);
            (front, back)
        }
    };
    let (front_lacks, back_lacks) = (minus(front, front_shown.1), minus(back, back_shown.1));
    let lacking = plus(times(front_lacks, covered), times(back_lacks, rest));
    let parts = covered * seen(front_lacks) + rest * seen(back_lacks);
    let cell = if front_shown.0 == back_shown.0 {
        blank(back_shown.0)
    } else {
        let (front, back) = (Paint::Indexed(front_shown.0), Paint::Indexed(back_shown.0));
        Cell { glyph: shape.glyph, front, back }
    };
    Choice { cell, lacking, cost: parts + square(lacking) - gain }
}

/// The number and the colour that is nearest, in the weights of [`palette`].
fn nearest(wanted: Colour, depth: Depth) -> (u8, Colour) {
    if depth == Depth::Ansi256 {
        let index = palette::nearest_of_256(diffuse::rgb(wanted));
        return (index, diffuse::colour(palette::colour(index)));
    }
    // What is carried may be far beyond any colour. Cut to bytes, it would be forgotten in the
    // channel that needs it most: with 16 colours skin would lose its red.
    let mut best = (f32::INFINITY, 0);
    for (index, &named) in palette::NAMED.iter().enumerate() {
        let [red, green, blue, _] = minus(wanted, diffuse::colour(named));
        let apart = 2.0 * red * red + 4.0 * green * green + 3.0 * blue * blue;
        if apart < best.0 {
            best = (apart, index);
        }
    }
    (best.1 as u8, diffuse::colour(palette::NAMED[best.1]))
}

/// How much of an error is seen close by.
fn seen(error: Colour) -> f32 {
    let luma = 0.30 * error[0] + 0.59 * error[1] + 0.11 * error[2];
    let tint = [error[0] - luma, error[1] - luma, error[2] - luma, 0.0];
    3.0 * luma * luma + square(tint)
}

fn blank(index: u8) -> Cell {
    Cell { glyph: ' ', front: Paint::Indexed(index), back: Paint::Indexed(index) }
}
