//! A picture as numbers of a palette's colours.

use super::palette::nearest;
use crate::picture::diffuse::{colour, diffuse, minus, plus, rgb, square};
use image::RgbImage;

/// What becomes of what a palette lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lacking {
    /// It goes on to the pixels after: looks best.
    Diffused,
    /// It is left, and so is a difference of up to so much (of 255) from the pixel before: runs
    /// of one colour are longer, and so take fewer bytes.
    Left(u8),
}

/// The number of a colour for each pixel. The palette has at least one colour, at most 256.
pub(super) fn indexed(image: &RgbImage, palette: &[[u8; 3]], lacking: Lacking) -> Vec<u8> {
    let colours: Vec<_> = palette.iter().copied().map(colour).collect();
    // Colours that are alike in six bits a channel share what was found for the first of them.
    let mut found = vec![None; 1 << 18];
    let mut number = |wanted: [u8; 3]| -> u8 {
        let [red, green, blue] = wanted.map(|value| usize::from(value >> 2));
        let found = &mut found[red << 12 | green << 6 | blue];
        *found.get_or_insert_with(|| nearest(&colours, colour(wanted)) as u8)
    };
    let (width, height) = (image.width() as usize, image.height() as usize);
    let pixels = image.as_raw().as_chunks::<3>().0;
    let mut numbers = vec![0; width * height];
    if let Lacking::Left(within) = lacking {
        let within = f32::from(within).powi(2);
        for (numbers, pixels) in numbers.chunks_mut(width).zip(pixels.chunks(width)) {
            let mut last = None;
            for (shown, &pixel) in numbers.iter_mut().zip(pixels) {
                let wanted = colour(pixel);
                let near =
                    |number: &u8| square(minus(colours[usize::from(*number)], wanted)) <= within;
                *shown = last.filter(near).unwrap_or_else(|| number(pixel));
                last = Some(*shown);
            }
        }
        return numbers;
    }
    diffuse(width, height, |x, y, carried| {
        let at = y * width + x;
        // What no colour can make up for is dropped, or it would smear over all that follows.
        let wanted = plus(colour(pixels[at]), carried).map(|value| value.clamp(0.0, 255.0));
        numbers[at] = number(rgb(wanted));
        minus(wanted, colours[usize::from(numbers[at])])
    });
    numbers
}
