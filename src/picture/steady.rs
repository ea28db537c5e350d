//! A live picture that stands still where next to nothing has changed.
//!
//! So noise does not become bytes on a slow line.

use image::RgbImage;

/// Keeps the colours of a cell until one of its halves differs by more than a threshold from what
/// comes, without its noise.
///
/// A still scene then sends nothing although its camera is noisy. Noise is what is taken from the
/// mean of the last few pictures; what differs by more than noise does is taken at once. Measured
/// (`tests/bench/live`), the mean saves a third of the bytes of a threshold alone, and is nearer.
/// Both halves change together: writing one of them writes the other.
#[derive(Clone, Debug)]
pub struct Steady {
    threshold: u8,
    /// What comes, without its noise: each value in 256 parts.
    calm: Vec<u16>,
    shown: RgbImage,
}

/// Differences up to this, of 255, in the channel that differs most, are not shown.
pub const STEADY_THRESHOLD: u8 = 4;
/// How far what comes may be from its own mean, of 255: three eighths of [`NOISE_MAX`] are made up
/// for at once.
pub const CALM_MAX: u8 = 5;
/// What differs more than this from the mean is no noise.
const NOISE_MAX: u16 = 8;

impl Steady {
    /// With nothing shown yet.
    pub fn new(threshold: u8) -> Self {
        Self { threshold, calm: Vec::new(), shown: RgbImage::new(0, 0) }
    }

    /// Takes a new picture and says whether anything of it is to be seen; a picture of another
    /// size is taken as it is.
    pub fn update(&mut self, new: RgbImage) -> bool {
        if new.dimensions() != self.shown.dimensions() {
            self.calm = new.iter().map(|&value| u16::from(value) << 8).collect();
            self.shown = new;
            return true;
        }
        for (calm, new) in self.calm.chunks_exact_mut(3).zip(new.chunks_exact(3)) {
            follow(calm, new);
        }
        let row = (new.width() as usize * 3).max(1);
        let mut changed = false;
        let cells = self.calm.chunks(row * 2).zip(self.shown.chunks_mut(row * 2));
        for (calm, shown) in cells {
            for at in (0..row.min(calm.len())).step_by(3) {
                let halves = [at, at + row].into_iter().filter(|half| *half < calm.len());
                let far = |half: usize| {
                    let pair = calm[half..half + 3].iter().zip(&shown[half..half + 3]);
                    pair.map(|(calm, shown)| rounded(*calm).abs_diff(*shown)).max()
                };
                if halves.clone().any(|half| far(half) > Some(self.threshold)) {
                    changed = true;
                    for half in halves {
                        for value in half..half + 3 {
                            shown[value] = rounded(calm[value]);
                        }
                    }
                }
            }
        }
        changed
    }

    /// This is how a pixel came to be drawn: what comes is held against that.
    pub fn settle(&mut self, x: u32, y: u32, rgb: [u8; 3]) {
        if x < self.shown.width() && y < self.shown.height() {
            self.shown.put_pixel(x, y, image::Rgb(rgb));
        }
    }

    /// Holds back more from now on, or less.
    pub fn set_threshold(&mut self, threshold: u8) {
        self.threshold = threshold;
    }

    /// What is to be shown.
    pub fn shown(&self) -> &RgbImage {
        &self.shown
    }
}

/// Takes a pixel into the mean.
fn follow(calm: &mut [u16], new: &[u8]) {
    let mut pairs = calm.iter().zip(new);
    let far = pairs.any(|(calm, new)| calm.abs_diff(u16::from(*new) << 8) > NOISE_MAX << 8);
    for (calm, &new) in calm.iter_mut().zip(new) {
        let (mean, value) = (i32::from(*calm), i32::from(new) << 8);
        *calm = if far { value } else { mean + (value - mean) * 3 / 8 } as u16;
    }
}

fn rounded(calm: u16) -> u8 {
    ((u32::from(calm) + 128) >> 8) as u8
}

impl Default for Steady {
    fn default() -> Self {
        Self::new(STEADY_THRESHOLD)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn grays(width: u32, values: &[u8]) -> RgbImage {
        let data = values.iter().flat_map(|&value| [value; 3]).collect();
        RgbImage::from_raw(width, values.len() as u32 / width, data).expect("the size fits")
    }

    #[test]
    fn noise_is_held_back_and_change_is_not() {
        let mut steady = Steady::default();
        assert!(steady.update(grays(2, &[100, 100])));
        for noise in [4, -6, 5, -3, 0, 6, -5, 2] {
            assert!(
                !steady.update(grays(2, &[100, 100].map(|v: u8| v.saturating_add_signed(noise))))
            );
        }
        assert!(steady.update(grays(2, &[120, 100])));
        assert_eq!(steady.shown().as_raw()[0], 120, "at once, and all of it");
    }

    #[test]
    fn a_cell_s_halves_change_together_and_no_other_cell_with_them() {
        let mut steady = Steady::default();
        steady.update(grays(2, &[100; 6]));
        assert!(steady.update(grays(2, &[200, 102, 104, 104, 104, 100])));
        let shown: Vec<_> = steady.shown().pixels().map(|pixel| pixel.0[0]).collect();
        assert_eq!(shown, [200, 100, 102, 100, 100, 100], "of the half below, its mean");
    }

    #[test]
    fn what_was_drawn_in_its_place_is_what_the_next_is_held_against() {
        let mut steady = Steady::default();
        steady.update(grays(1, &[100, 100]));
        steady.settle(0, 1, [103; 3]);
        assert!(!steady.update(grays(1, &[100, 100])));
        assert_eq!(steady.shown(), &grays(1, &[100, 103]));
        steady.settle(0, 1, [105; 3]);
        assert!(steady.update(grays(1, &[100, 100])));
        assert_eq!(steady.shown(), &grays(1, &[100, 100]));
    }

    #[test]
    fn a_slow_drift_is_followed() {
        let mut steady = Steady::default();
        for value in 0..=255 {
            steady.update(grays(1, &[value]));
        }
        assert!(steady.shown().as_raw()[0] >= 255 - STEADY_THRESHOLD - CALM_MAX);
    }

    #[test]
    fn another_size_is_taken_as_it_is() {
        let mut steady = Steady::default();
        steady.update(grays(2, &[100, 100]));
        assert!(steady.update(grays(1, &[101, 101])));
        assert_eq!(steady.shown(), &grays(1, &[101, 101]));
    }

    proptest! {
        #[test]
        fn what_is_shown_is_never_far_off(
            frames in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 8), 1..20),
            threshold in any::<u8>(),
        ) {
            let mut steady = Steady::new(threshold);
            for frame in frames {
                let new = grays(4, &frame);
                let before = steady.shown().clone();
                let changed = steady.update(new.clone());
                prop_assert_eq!(changed, &before != steady.shown());
                for (shown, new) in steady.shown().iter().zip(new.iter()) {
                    prop_assert!(shown.abs_diff(*new) <= threshold.saturating_add(CALM_MAX));
                }
            }
        }
    }
}
