//! Pictures as plain characters, for terminals without colours (`NO_COLOR`).

use super::cells::Rgb;

/// The character that is as bright as the two halves of a cell, on a dark ground.
pub fn character(top: Rgb, bottom: Rgb) -> char {
    let brightness = luma(top) + luma(bottom);
    RAMP[brightness as usize * RAMP.len() / (2 * FULL as usize + 1)]
}

/// Brightness as seen, from 0 to [`FULL`] (weights of BT.709).
fn luma([red, green, blue]: Rgb) -> u32 {
    u32::from(red) * 54 + u32::from(green) * 183 + u32::from(blue) * 19
}

const FULL: u32 = 255 * (54 + 183 + 19);

/// From dark to bright, in ASCII.
pub const RAMP: &[char] = &[' ', '.', ':', '-', '=', '+', '*', '#', '%', '@'];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_gradient_uses_the_whole_ramp_in_order() {
        let grays = (0..10).map(|step| [(step * 255 / 9) as u8; 3]);
        let line: String = grays.map(|gray| character(gray, gray)).collect();
        assert_eq!(line, " .:-=+*#%@");
    }

    #[test]
    fn green_is_brighter_than_blue() {
        assert_eq!(character([0, 255, 0], [0, 255, 0]), '#');
        assert_eq!(character([0, 0, 255], [0, 0, 255]), ' ');
    }

    proptest! {
        #[test]
        fn every_colour_has_a_character(top: [u8; 3], bottom: [u8; 3]) {
            prop_assert!(RAMP.contains(&character(top, bottom)));
        }
    }
}
