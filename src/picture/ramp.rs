//! Pictures as plain characters, for terminals without colours (`NO_COLOR`).

use super::halfblock::{Cell, Grid};

/// From dark to bright on a dark ground, in ASCII.
pub const ASCII: &[char] = &[' ', '.', ':', '-', '=', '+', '*', '#', '%', '@'];

/// From dark to bright on a dark ground, in shades of a block.
pub const BLOCKS: &[char] = &[' ', '░', '▒', '▓', '█'];

/// The picture as lines of text, one character a cell. Without a ramp the lines are blank.
pub fn lines(grid: &Grid, ramp: &[char]) -> Vec<String> {
    grid.iter().map(|row| row.iter().map(|&cell| character(cell, ramp)).collect()).collect()
}

/// The character of the ramp that is as bright as the cell.
pub fn character(cell: Cell, ramp: &[char]) -> char {
    let brightness = luma(cell.top) + luma(cell.bottom);
    let at = brightness as usize * ramp.len() / (2 * FULL as usize + 1);
    ramp.get(at).copied().unwrap_or(' ')
}

/// Brightness as seen, from 0 to [`FULL`] (weights of BT.709).
fn luma([red, green, blue]: [u8; 3]) -> u32 {
    u32::from(red) * 54 + u32::from(green) * 183 + u32::from(blue) * 19
}

const FULL: u32 = 255 * (54 + 183 + 19);

#[cfg(test)]
mod tests {
    use super::*;
    use image::RgbImage;
    use proptest::prelude::*;

    #[test]
    fn a_gradient_uses_the_whole_ramp_in_order() {
        let image = RgbImage::from_fn(10, 2, |x, _| image::Rgb([(x * 255 / 9) as u8; 3]));
        assert_eq!(lines(&Grid::of(&image), ASCII), [" .:-=+*#%@"]);
    }

    #[test]
    fn green_is_brighter_than_blue() {
        let cell = |rgb| Cell { top: rgb, bottom: rgb };
        assert_eq!(character(cell([0, 255, 0]), ASCII), '#');
        assert_eq!(character(cell([0, 0, 255]), ASCII), ' ');
    }

    proptest! {
        #[test]
        fn every_colour_has_a_character(top: [u8; 3], bottom: [u8; 3]) {
            let cell = Cell { top, bottom };
            for ramp in [ASCII, BLOCKS] {
                prop_assert!(ramp.contains(&character(cell, ramp)));
            }
            prop_assert_eq!(character(cell, &[]), ' ');
        }
    }
}
