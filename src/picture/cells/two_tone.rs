//! A still without any colours: each tile of a cell is either of the terminal's own two.
//!
//! Dots that are as dense as the picture is bright show far more of it than letters do: a cell
//! has four to eight of them, and the whole range from the ground to the brightest. Bright is
//! taken to be the front, as on the dark grounds that most terminals have. From afar, 80x24 of
//! sextants are 4 dB nearer to the photo than the same by chafa's letters.

use super::shapes::{octant, quadrant, sextant};
use super::{Cell, Glyphs, Paint};
use crate::picture::diffuse::diffuse;
use crate::picture::scale::{Light, scale};
use image::RgbImage;

/// All cells, row by row. Where glyphs are but halves, tiles are quarters all the same.
pub(super) fn fit(image: &RgbImage, columns: u32, rows: u32, glyphs: Glyphs) -> Vec<Cell> {
    let (tiles, glyph): (u32, fn(u8) -> char) = match glyphs {
        Glyphs::Half | Glyphs::Block => (2, |tiles| quadrant(tiles).unwrap_or(' ')),
        Glyphs::Sextant => (3, |tiles| sextant(tiles).unwrap_or(' ')),
        Glyphs::Octant => (4, |tiles| octant(tiles).unwrap_or_else(|| moved(tiles))),
    };
    let image = scale(image, columns * 2, rows * tiles, Light::Linear);
    let columns = columns as usize;
    let mut patterns = vec![0_u8; columns * rows as usize];
    let (width, height) = (columns * 2, (rows * tiles) as usize);
    let lights: Vec<f32> = image.as_raw().chunks_exact(3).map(light).collect();
    diffuse(width, height, |x, y, carried| {
        let wanted = sharpened(&lights, width, x, y) + carried[0];
        let shown = wanted >= 0.5;
        let tile = y % tiles as usize * 2 + x % 2;
        patterns[y / tiles as usize * columns + x / 2] |= u8::from(shown) << tile;
        [wanted - f32::from(u8::from(shown)), 0.0, 0.0, 0.0]
    });
    let cell = |pattern| Cell { glyph: glyph(pattern), front: Paint::Unset, back: Paint::Unset };
    patterns.into_iter().map(cell).collect()
}

/// How much light a pixel gives, from 0 to 1: dots of light add up to it.
fn light(pixel: &[u8]) -> f32 {
    // It goes about with the square of what is stored; weights of BT.709.
    let channel = |at: usize| (f32::from(pixel[at]) / 255.0).powi(2);
    0.213 * channel(0) + 0.715 * channel(1) + 0.072 * channel(2)
}

/// The light of a pixel, further from that of those beside it: outlines survive that dots of one
/// size would wash out. The average stays as it is.
fn sharpened(lights: &[f32], width: usize, x: usize, y: usize) -> f32 {
    let at = y * width + x;
    let own = lights[at];
    let left = if x > 0 { lights[at - 1] } else { own };
    let right = if x + 1 < width { lights[at + 1] } else { own };
    let above = if y > 0 { lights[at - width] } else { own };
    let below = lights.get(at + width).copied().unwrap_or(own);
    own + (own * 4.0 - left - right - above - below) * SHARPER
}

/// Chosen by looking: half as much and a cat's stripes are lost, twice as much is noise.
const SHARPER: f32 = 1.0;

/// A pattern of eight that has a glyph, in place of one that has none: a dot is elsewhere.
fn moved(tiles: u8) -> char {
    let instead = match tiles {
        0b00_00_00_01 => 0b00_00_01_00,
        0b00_00_00_10 => 0b00_00_10_00,
        0b00_00_00_11 => 0b00_00_11_00,
        0b00_01_01_00 => 0b00_10_01_00,
        0b00_10_10_00 => 0b00_01_10_00,
        0b01_00_00_00 => 0b00_01_00_00,
        0b10_00_00_00 => 0b00_10_00_00,
        _ => 0b01_01_11_11,
    };
    octant(instead).unwrap_or(' ')
}
