//! The colours that terminals number: xterm's 256, of which the first 16 have names.

use super::Rgb;

/// The 16, as xterm shows them. People choose others, so they stand in for true colours only where
/// a terminal has no more.
pub const NAMED: [Rgb; 16] = [
    [0, 0, 0],
    [205, 0, 0],
    [0, 205, 0],
    [205, 205, 0],
    [0, 0, 238],
    [205, 0, 205],
    [0, 205, 205],
    [229, 229, 229],
    [127, 127, 127],
    [255, 0, 0],
    [0, 255, 0],
    [255, 255, 0],
    [92, 92, 255],
    [255, 0, 255],
    [0, 255, 255],
    [255, 255, 255],
];

/// What a number stands for: 16 with names, a cube of 6x6x6, 24 greys.
pub fn colour(index: u8) -> Rgb {
    let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
    match index {
        0..16 => NAMED[usize::from(index)],
        16..232 => {
            let cube = index - 16;
            [cube / 36, cube / 6 % 6, cube % 6].map(level)
        }
        _ => [8 + 10 * (index - 232); 3],
    }
}

/// The nearest of the cube (16 to 231) and the greys (232 to 255): these are the same everywhere,
/// those with names are not.
pub fn nearest_of_256(rgb: Rgb) -> u8 {
    let step = rgb.map(|value| match value {
        0..48 => 0,
        48..115 => 1,
        _ => (value - 35) / 40,
    });
    let cube = step.map(|step| if step == 0 { 0 } else { 55 + 40 * step });
    let [red, green, blue] = rgb.map(u32::from);
    // The grey that is nearest in the weights of `distance`.
    let grey = (2 * red + 4 * green + 3 * blue) / 9;
    let shade = (grey.saturating_sub(3) / 10).min(23) as u8;
    if distance(rgb, [8 + 10 * shade; 3]) < distance(rgb, cube) {
        232 + shade
    } else {
        16 + 36 * step[0] + 6 * step[1] + step[2]
    }
}

/// The nearest of those with names.
pub fn nearest_of_16(rgb: Rgb) -> u8 {
    (0..16).min_by_key(|&at| distance(rgb, NAMED[usize::from(at)])).unwrap_or_default()
}

/// Weighted as the eye weighs the channels.
pub fn distance(a: Rgb, b: Rgb) -> u32 {
    let square = |channel: usize| u32::from(a[channel].abs_diff(b[channel])).pow(2);
    2 * square(0) + 4 * square(1) + 3 * square(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_in_a_palette_is_its_own_nearest() {
        for index in 16..=255 {
            assert_eq!(colour(nearest_of_256(colour(index))), colour(index), "{index}");
        }
        for index in 0..16 {
            assert_eq!(nearest_of_16(colour(index)), index);
        }
    }

    #[test]
    fn the_ends_of_the_cube_and_of_the_greys_are_where_xterm_has_them() {
        assert_eq!((colour(16), colour(231)), ([0; 3], [255; 3]));
        assert_eq!((colour(232), colour(255)), ([8; 3], [238; 3]));
        assert_eq!(colour(208), [255, 135, 0]);
    }

    proptest! {
        #[test]
        fn no_other_of_the_256_is_much_nearer(rgb: Rgb) {
            let nearest = (16..=255).map(|index| distance(rgb, colour(index))).min();
            let chosen = distance(rgb, colour(nearest_of_256(rgb)));
            prop_assert!(chosen <= nearest.unwrap_or(0) + 200, "{} {:?}", chosen, nearest);
        }
    }
}
