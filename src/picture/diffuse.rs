//! Error diffusion: what one place cannot show is made up for by those that come after it.
//!
//! For palettes and for two tones; places are pixels or whole cells (Floyd and Steinberg 1976,
//! every other line from the right, so that no pattern runs one way).

/// Red, green, blue, and nothing: four, so that they are reckoned with at once.
pub(super) type Colour = [f32; 4];

/// Goes over all places. `show` is told the place (column, row) and what is to be added to what
/// is wanted there, and says what it then still lacks.
pub(super) fn diffuse(
    width: usize,
    height: usize,
    mut show: impl FnMut(usize, usize, Colour) -> Colour,
) {
    // A column more at either side takes what leaves the picture.
    let mut carried = vec![[0.0; 4]; width + 2];
    let mut below = carried.clone();
    for row in 0..height {
        let mut ahead = [0.0; 4];
        for step in 1..=width {
            let (at, before, after) = if row % 2 == 0 {
                (step, step - 1, step + 1)
            } else {
                (width + 1 - step, width + 2 - step, width - step)
            };
            let lacking = show(at - 1, row, plus(carried[at], ahead));
            ahead = times(lacking, 7.0 / 16.0);
            below[before] = plus(below[before], times(lacking, 3.0 / 16.0));
            below[at] = plus(below[at], times(lacking, 5.0 / 16.0));
            below[after] = plus(below[after], times(lacking, 1.0 / 16.0));
        }
        std::mem::swap(&mut carried, &mut below);
        below.fill([0.0; 4]);
    }
}

/// A colour to reckon with.
pub(super) fn colour(rgb: [u8; 3]) -> Colour {
    let [red, green, blue] = rgb.map(f32::from);
    [red, green, blue, 0.0]
}

/// The nearest that there is.
pub(super) fn rgb(colour: Colour) -> [u8; 3] {
    let [red, green, blue, _] = colour.map(|value| value.round() as u8);
    [red, green, blue]
}

/// The sum of two colours.
pub(super) fn plus(a: Colour, b: Colour) -> Colour {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]]
}

/// What the second lacks to be the first.
pub(super) fn minus(a: Colour, b: Colour) -> Colour {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2], a[3] - b[3]]
}

/// A colour times so much.
pub(super) fn times(a: Colour, by: f32) -> Colour {
    a.map(|value| value * by)
}

/// The square of a colour's length.
pub(super) fn square(a: Colour) -> f32 {
    a[0] * a[0] + a[1] * a[1] + (a[2] * a[2] + a[3] * a[3])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_grey_becomes_as_many_dots_as_it_is_bright() {
        for eighths in 0..=8_u8 {
            let (wanted, mut dots) = (f32::from(eighths) / 8.0, 0);
            diffuse(40, 40, |_, _, carried| {
                let value = wanted + carried[0];
                let shown = if value >= 0.5 { 1.0 } else { 0.0 };
                dots += u32::from(shown > 0.0);
                [value - shown, 0.0, 0.0, 0.0]
            });
            let off = dots.abs_diff(u32::from(eighths) * 200);
            assert!(off <= 20, "{eighths} eighths: {dots} dots");
        }
    }

    proptest! {
        #[test]
        fn every_place_is_shown_once(width in 0..9_usize, height in 0..9_usize) {
            let mut seen = vec![0; width * height];
            diffuse(width, height, |column, row, carried| {
                seen[row * width + column] += 1;
                carried
            });
            prop_assert!(seen.iter().all(|times| *times == 1));
        }
    }
}
